"""Slots: names resolved, conditions compiled and lowered, every variant's content compiled for every arm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, Mapping, Sequence

from compiler import ir
from compiler.cel import refs
from compiler.centroids import VECTORS, centroid
from compiler.conditions import Conditions, known
from compiler.contents import Components
from compiler.copies import Patch
from compiler.diagnostics import Diagnostics
from compiler.model_chains import needs_history
from compiler.operations import CONTEXTS, REMOVED
from compiler.placing import Placing
from compiler.shape import LEVELS
from compiler.syntax import Entry, Ruleset
from compiler.trials import unit_checked


class Ladders:
    """Turns slot files into ir.Slot; remembers the experiments that run."""

    def __init__(
        self, ruleset: Ruleset, conditions: Conditions, components: Components, models: Sequence[ir.Model], columns: Sequence[tuple[str, tuple]], diagnostics: Diagnostics
    ) -> None:
        self.ruleset, self.conditions, self.components, self.diagnostics = ruleset, conditions, components, diagnostics
        self.models, self.columns = {model.name: model for model in models}, dict(columns)
        self.placing = Placing(ruleset, components, diagnostics)
        self.running: dict[str, str] = {}  # experiment → the slot that runs it

    def slots(self) -> tuple[ir.Slot, ...]:
        found = [self._slot(entry) for entry in self.ruleset.slots.values()]
        self.placing.apart([self.ruleset.slots[slot.name] for slot in found if slot is not None and slot.selector])
        return tuple(self._in_order([slot for slot in found if slot is not None]))

    def _slot(self, entry: Entry[Any]) -> ir.Slot | None:
        spec = entry.spec
        if spec.values is None and not self.placing.placed(entry):
            return None
        test = self._slot_test(entry)
        default = self._action(entry, ("ladder", "default"), spec.ladder.default)
        self._default_needs_nothing(entry, default)
        rules = tuple(self._rules(entry))
        holdout = self.ruleset.site.spec.holdout
        always = holdout is not None and entry.name in holdout.except_
        needs = tuple(sorted({name[5:] for rule in rules for name in refs(rule.when) if name.startswith("slot.")}))
        if spec.values is not None:
            variants = tuple(ir.Variant(name, ()) for name in spec.values)
            pages = self.placing.redirected(entry) if spec.place is not None else ()
            values, metadata = tuple(spec.values.values()), tuple((spec.metadata or {}).items())
            return ir.Slot(entry.name, pages, "", "redirect" if pages else "", "", variants, rules, default, None, always, spec.flag, values, needs, metadata)
        variants = tuple(self._variants(entry, rules, default, test)) if spec.component else (ir.Variant(REMOVED, ((),) * (1 + len(test.arms if test else ()))),)
        place = spec.place
        self.placing.addresses(entry, variants)
        operation = place.do or ("text" if place.field else "inner")
        return ir.Slot(
            entry.name, place.page, place.selector or "", operation, spec.component or "", variants, rules, default, test, always, needs=needs, channel=place.channel
        )  # fmt: skip

    def _in_order(self, slots: list[ir.Slot]) -> Iterator[ir.Slot]:
        """Each slot with all those that it needs, directly or not, in an order in which they can be decided."""
        direct = {slot.name: slot.needs for slot in slots}
        for slot in slots:
            order: list[str] = []
            if not _reach(slot.name, direct, (), order):
                entry = self.ruleset.slots[slot.name]
                message = f"the slot '{slot.name}' is decided by itself, through {', '.join(f'slot.{name}' for name in slot.needs)}"
                self.diagnostics.error("E050", entry.place("ladder"), message, "take one of the references out")
            yield replace(slot, needs=tuple(order[:-1]))

    # --- rules

    def _rules(self, entry: Entry[Any]) -> Iterator[ir.Rule]:
        names: set[str] = set()
        for level in LEVELS:
            for position, spec in enumerate(getattr(entry.spec.ladder, level)):
                path = ("ladder", level, position)
                if spec.rule in names:
                    message = f"the slot '{entry.name}' has two rules '{spec.rule}'"
                    self.diagnostics.error("E041", entry.place(*path, "rule"), message, "give one of them another name: logs and reports tell rules by it")
                names.add(spec.rule)
                rule = self._rule(entry, path, level, spec)
                if rule is not None:
                    yield rule

    def _rule(self, entry: Entry[Any], path: tuple, level: str, spec: Any) -> ir.Rule | None:
        if spec.campaign is not None:
            known(self.diagnostics, "E036", "campaign", spec.campaign, self.ruleset.campaigns, entry, *path, "campaign")
        if spec.purpose is not None:
            known(self.diagnostics, "E039", "purpose", spec.purpose, [*self.ruleset.site.spec.purposes, "none"], entry, *path, "purpose")
        action = self._action(entry, path, spec)
        when = self.conditions.compile(entry, (*path, "when"), spec.when)
        if when is None:
            return None
        stored = self.conditions.stored(when)
        when = self._rollout(entry, spec, when, path)
        if level == "cohort" and stored:
            message = f"a cohort rule reads the request alone, '{spec.rule}' reads {stored[0]}"
            self.diagnostics.error("E040", entry.place(*path, "when"), message, "move the rule to `segment:`, or ask only for request.…")
        conjunctions, reason = self.conditions.lowered(when)
        if not conjunctions:
            lost = f"; so nobody takes part in '{spec.test}'" if spec.test else ""
            self.diagnostics.warning("W004", entry.place(*path, "when"), f"the rule '{spec.rule}' can never hold: {reason}{lost}", "correct the condition, or remove the rule")
        segment = self._segment(spec.when)
        purpose = None if spec.purpose in (None, "none") else spec.purpose
        needed = tuple(sorted({*self.conditions.needed(when), *filter(None, (purpose,))}))
        return ir.Rule(spec.rule, level, when, conjunctions, action, spec.campaign, segment, needed, purpose)

    def _rollout(self, entry: Entry[Any], spec: Any, when: ir.Expr, path: tuple) -> ir.Expr:
        """The condition, for a share of the units alone where the rule has one."""
        if spec.share is None:
            return when
        name = spec.unit if "." in spec.unit else f"unit.{spec.unit}"
        unit_checked(entry, (*path, "unit"), f"the rule '{spec.rule}'", spec.unit, self.ruleset, self.diagnostics)
        self.conditions.drawn(spec.unit)
        salt = ir.Const(spec.salt or f"{entry.name}/{spec.rule}", "string")
        return ir.Call("and", (when, ir.Call("share", (salt, ir.Ref(name, "any"), ir.Const(spec.share, "int")))))

    def _segment(self, when: str) -> str | None:
        """The segment that a rule is for, where its condition is one."""
        name = when.strip().removeprefix("segment.")
        return name if when.strip() == f"segment.{name}" and name in self.ruleset.segments else None

    def _default_needs_nothing(self, entry: Entry[Any], default: ir.Action) -> None:
        """The way down must end without consent: a default may not rank or choose by what is stored."""
        path = ("ladder", "default")
        if default.experiment:
            fix = f"write `test: {default.experiment}` on the slot, so that its arms decide for everybody"
            self.diagnostics.error("E016", entry.place(*path, "test"), "a default cannot be a test", fix)
        if default.model and needs_history(self.ruleset, default.model):
            message = f"the default ranks by '{default.model}', which needs what is stored about the visitor"
            fix = "let the default show a variant, rank by a model with `score:`, or give the model an `else:` that has one"
            self.diagnostics.error("E043", entry.place(*path, "rank"), message, fix)
        purposes = self.conditions.needed(default.where) if default.where else ()
        if purposes:
            message = f"the default chooses items by what needs consent to {', '.join(purposes)}"
            self.diagnostics.error("E043", entry.place(*path, "where"), message, "ask only for item.… and request.… in the default")

    # --- actions

    def _action(self, entry: Entry[Any], path: tuple, spec: Any) -> ir.Action:
        """What a rule or a default does."""
        if spec.test is None:
            return self._simple(entry, path, spec, entry)
        if not known(self.diagnostics, "E044", "experiment", spec.test, self.ruleset.experiments, entry, *path, "test"):
            return ir.Action()
        if entry.spec.test is not None:
            message = f"the slot '{entry.name}' runs '{entry.spec.test}' and its rule '{spec.test}': a page view counts for one test alone"
            self.diagnostics.error("E063", entry.place(*path, "test"), message, "keep one of the two")
        return self._arms(entry, spec.test, entry.place(*path, "test"), patches=False)

    def _slot_test(self, entry: Entry[Any]) -> ir.Action | None:
        name = entry.spec.test
        if name is None or not known(self.diagnostics, "E044", "experiment", name, self.ruleset.experiments, entry, "test"):
            return None
        return self._arms(entry, name, entry.place("test"), patches=True)

    def _arms(self, entry: Entry[Any], name: str, place: Any, *, patches: bool) -> ir.Action:
        """An experiment's arms as actions of this slot; None for an arm that leaves the choice as it is."""
        if name in self.running and entry.spec.values is None:  # flags may share one: nobody sees them as places
            message = f"the experiment '{name}' already runs in '{self.running[name]}'"
            self.diagnostics.error("E064", place, message, "use an experiment in one place, or make a second one in the same layer")
        self.running[name] = entry.name
        experiment = self.ruleset.experiments[name]
        for unit in filter(None, (experiment.spec.unit, experiment.spec.fallback_unit)):
            self.conditions.drawn(unit)
        arms: list[ir.Action | None] = []
        for arm, spec in experiment.spec.arms.items():
            path = ("arms", arm)
            self._check_set(entry, experiment, path, spec)
            shows = spec.show is not None or spec.rank is not None
            if not shows and not patches:
                message = f"the arm '{arm}' of '{name}' neither shows nor ranks, and its rule in '{entry.name}' shows nothing itself"
                self.diagnostics.error("E061", experiment.place(*path, key=True), message, "give the arm `show: …` or `rank: …`, or put the test on the slot")
            arms.append(self._simple(experiment, path, spec, entry) if shows else None)
        return ir.Action(experiment=name, arms=tuple(arms))

    def _check_set(self, entry: Entry[Any], experiment: Entry[Any], path: tuple, spec: Any) -> None:
        fields = self.ruleset.contents[entry.spec.component].spec.fields if entry.spec.component in self.ruleset.contents else {}
        for field in spec.set:
            known(self.diagnostics, "E060", "field", field, fields, experiment, *path, "set", field, key=True)
        for key, texts in spec.in_.items():
            for field in texts:
                known(self.diagnostics, "E060", "field", field, fields, experiment, *path, "in", key, field, key=True)

    def _simple(self, entry: Entry[Any], path: tuple, spec: Any, slot: Entry[Any]) -> ir.Action:
        """`show` or `rank`; `entry` and `path` are where it is written, `slot` the slot it is for."""
        if spec.rank is None:
            return self._show(entry, path, spec.show, slot)
        if not known(self.diagnostics, "E037", "model", spec.rank, self.ruleset.models, entry, *path, "rank"):
            return ir.Action()
        if spec.among:
            return self._among(entry, path, spec, slot)
        if slot.spec.component in self.ruleset.contents and not self.components.ranks(slot.spec.component):
            message = f"the component '{slot.spec.component}' has no block {{{{#items}}}}…{{{{/items}}}} for ranked items"
            self.diagnostics.error("E084", entry.place(*path, "rank"), message, "add the block to its markup, or show a variant")
        else:
            self._one_copy(entry, path, slot)
        for field in spec.at_most:
            fields = self.ruleset.items.fields if self.ruleset.items else {}
            known(self.diagnostics, "E031", "item field", field, fields, entry, *path, "at_most", field, key=True)
        where = None
        if spec.where is not None:
            where = self.conditions.compile(entry, (*path, "where"), spec.where, ("item", "request", "visitor", "account", "consent"))
            where = None if where is None else self.conditions.localised(where)
        for position, name in enumerate(spec.without):
            self._listed(entry, (*path, "without", position), name)
        items = self.ruleset.items.ids if self.ruleset.items else ()
        for position, item in enumerate(spec.pin):
            known(self.diagnostics, "E082", "item", item, items, entry, *path, "pin", position)
        boosts = [(self.conditions.compile(entry, (*path, "boost", i, "when"), one.when, ("item",)), one.by) for i, one in enumerate(spec.boost)]
        boost = tuple((when, by) for when, by in boosts if when is not None)
        return ir.Action(spec.rank, spec.rank, spec.take, where, tuple(spec.at_most.items()), boost, spec.without, spec.pin)

    def _listed(self, entry: Entry[Any], path: tuple, name: str) -> None:
        """An attribute whose items are not shown must hold items."""
        if not known(self.diagnostics, "E021", "attribute", name, self.conditions.kinds, entry, *path):
            return
        kind = self.conditions.kinds[name]
        if kind != "list<item>":
            self.diagnostics.error("E082", entry.place(*path), f"'{name}' is {kind}; what is not shown again is a list<item>", "name an attribute of the type list<item>")
        self.conditions.read.add(name)

    def _among(self, entry: Entry[Any], path: tuple, spec: Any, slot: Entry[Any]) -> ir.Action:
        """The variants, each with the centroid of the items that it stands for."""
        model = self.models.get(spec.rank)
        if model is not None and model.kind not in VECTORS:
            message = f"'{spec.rank}' has no vectors, by which variants could be near to a visitor"
            self.diagnostics.error("E082", entry.place(*path, "rank"), message, "name a model with `vectors:`")
            return ir.Action()
        near = []
        for variant, text in spec.among.items():
            self._show(entry, (*path, "among"), variant, slot)
            when = self.conditions.compile(entry, (*path, "among", variant), text, ("item",))
            if when is None or model is None:
                continue
            vector = centroid(model, when, self.ruleset.items.ids, self.columns)
            if vector is None:
                message = f"no item is what the variant '{variant}' stands for: {text}"
                self.diagnostics.error("E084", entry.place(*path, "among", variant), message, "change the condition so that some items hold")
                continue
            near.append(ir.Nearness(variant, *vector))
        return ir.Action(None, spec.rank, 1, among=tuple(near))

    def _one_copy(self, entry: Entry[Any], path: tuple, slot: Entry[Any]) -> None:
        """A ranking shows the component's one variant around the items."""
        component = self.ruleset.contents.get(slot.spec.component)
        count = len(component.spec.variants) if component is not None else 1
        if component is not None and component.spec.fields and count != 1:
            message = f"the component '{component.name}' has {count} variants: whose copy stands around the ranked items?"
            self.diagnostics.error("E084", entry.place(*path, "rank"), message, "keep one variant, or make a component of its own for the ranking")

    def _show(self, entry: Entry[Any], path: tuple, variant: str | None, slot: Entry[Any]) -> ir.Action:
        if variant in (None, "none"):
            return ir.Action()
        if slot.spec.values is not None:
            names = slot.spec.values
        elif slot.spec.component is None:
            names = (REMOVED,)
        else:
            names = self.ruleset.contents[slot.spec.component].spec.variants if slot.spec.component in self.ruleset.contents else {}
        where = path if path == ("ladder", "default") and isinstance(entry.node.plain["ladder"].get("default"), str) else (*path, "show")
        known(self.diagnostics, "E045", "variant", variant, [*names, "none"], entry, *where)
        return ir.Action(variant)

    # --- content

    def _variants(self, entry: Entry[Any], rules: tuple[ir.Rule, ...], default: ir.Action, test: ir.Action | None) -> Iterator[ir.Variant]:
        """Each variant that some action of the slot shows, compiled without a patch and for each arm of the slot's test."""
        component = entry.spec.component
        declared = self.ruleset.contents[component].spec.variants
        patches = self._patches(test)
        for name, ranked in sorted(_shown((*(rule.action for rule in rules), default, *((test,) if test else ())))):
            own = name if not ranked and name in declared else next(iter(declared)) if len(declared) == 1 else None
            if own is None and not ranked:
                continue  # reported as unknown
            place = entry.spec.place
            preloads = tuple(self.components.value(component, own, place.preload, "url", patch) for patch in patches) if place.preload and own else ()
            if place.field is None:
                contents = tuple(self.components.compile(component, own, patch) for patch in patches)
            else:
                contents = tuple(self.components.value(component, own, place.field, CONTEXTS[place.do or "text"], patch) for patch in patches)
            yield ir.Variant(name, contents, preloads)

    def _patches(self, test: ir.Action | None) -> list[Patch | None]:
        if test is None or test.experiment is None:
            return [None]
        experiment = self.ruleset.experiments[test.experiment]
        return [None, *(Patch(arm.set, arm.in_, experiment, ("arms", name)) for name, arm in experiment.spec.arms.items())]


def _reach(name: str, direct: Mapping[str, tuple[str, ...]], path: tuple[str, ...], order: list[str]) -> bool:
    """Append what a slot needs and then the slot itself; False where the slot needs itself."""
    if name in order:
        return True
    if name in path:
        return name != path[0]
    whole = all(_reach(other, direct, (*path, name), order) for other in direct.get(name, ()))
    order.append(name)
    return whole


def _shown(actions: tuple[ir.Action, ...]) -> set[tuple[str, bool]]:
    """(variant, whether it is ranked) of all actions, arms included."""
    found: set[tuple[str, bool]] = set()
    for action in actions:
        if action.variant is not None:
            found.add((action.variant, action.model is not None))
        found |= {(near.variant, False) for near in action.among}
        found |= _shown(tuple(arm for arm in action.arms if arm is not None))
    return found
