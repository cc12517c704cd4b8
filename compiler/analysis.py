"""What is valid and yet hardly meant: rules that are never reached, parts that nothing uses, experiments that spoil each other.

A finding is certain: what is told never happens, whoever the visitor is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Any

from compiler import ir
from compiler.conditions import Conditions
from compiler.diagnostics import Diagnostics
from compiler.implication import World, conflict, implies
from compiler.shape import LEVELS
from compiler.syntax import Entry, Ruleset
from compiler.trials import WHOLE

MOST_COMPARISONS = 20_000  # of conjunctions in one slot; beyond it the rest of the slot is not looked at
_FEW = 8  # equalities of a conjunction whose subsets are looked up; of more only the single ones are


def report(ruleset: Ruleset, conditions: Conditions, slots: tuple[ir.Slot, ...], diagnostics: Diagnostics) -> None:
    """Warn of everything that is found in a site without errors."""
    unused(ruleset, conditions, slots, diagnostics)
    for slot in slots:
        unreached(ruleset.slots[slot.name], slot, conditions.world, diagnostics)
    running = {experiment for slot in slots for experiment in _experiments(slot)}
    arms(ruleset, running, diagnostics)
    interference(ruleset, running, slots, conditions.world, diagnostics)


# --- what nothing uses -----------------------------------------------------------------------------------------------------


def unused(ruleset: Ruleset, conditions: Conditions, slots: tuple[ir.Slot, ...], diagnostics: Diagnostics) -> None:
    """Warn of segments, lists, campaigns, models, components and variants that no slot comes to."""
    actions = [action for slot in slots for action in _actions(slot)]
    models = {action.model for action in actions}
    models |= {entry.spec.visitor.else_ for entry in ruleset.models.values() if entry.spec.visitor is not None}
    models |= {part for entry in ruleset.models.values() for part in entry.spec.cascade}
    kinds: tuple[tuple[str, Mapping[str, Any], set[Any]], ...] = (
        ("segment", ruleset.segments, _reached(conditions)),
        ("list", ruleset.lists, {name[6:] for name in conditions.named if name.startswith("lists.")}),
        ("campaign", ruleset.campaigns, {rule.campaign for slot in slots for rule in slot.rules}),
        ("model", ruleset.models, models),
        ("component", ruleset.contents, {slot.component for slot in slots}),
    )
    for what, declared, used in kinds:
        for name in declared.keys() - used:
            entry = declared[name]
            place = entry.place(key=bool(entry.path)) if isinstance(entry, Entry) else entry.place
            diagnostics.warning("W005", place, f"nothing uses the {what} '{name}'", "use it, or remove it")
    for name in {slot.component for slot in slots if slot.component}:
        _variants(ruleset.contents[name], [slot for slot in slots if slot.component == name], diagnostics)


def _reached(conditions: Conditions) -> set[str]:
    """The segments that a condition names which is no segment itself, and those that they name."""
    reached, waiting = set[str](), list(conditions.used_segments)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += conditions.within.get(name, ())
    return reached


def _variants(component: Entry[Any], slots: list[ir.Slot], diagnostics: Diagnostics) -> None:
    """Variants that no slot shows and no other variant extends."""
    declared = component.spec.variants
    if len(declared) < 2 or any(action.model is not None for slot in slots for action in _actions(slot)):
        return
    shown = {action.variant for slot in slots for action in _actions(slot)}
    shown |= {variant["extends"] for variant in declared.values() if "extends" in variant}
    for name in declared:
        if name not in shown:
            message = f"no slot shows the variant '{name}' of '{component.name}'"
            diagnostics.warning("W005", component.place("variants", name, key=True), message, f"write `show: {name}` in a rule, or remove it")


def _actions(slot: ir.Slot) -> Iterator[ir.Action]:
    """All actions of a slot, those of arms included."""
    for action in (*(rule.action for rule in slot.rules), slot.default, *((slot.test,) if slot.test else ())):
        yield action
        yield from (arm for arm in action.arms if arm is not None)


def _experiments(slot: ir.Slot) -> Iterator[str]:
    return (action.experiment for action in _actions(slot) if action.experiment is not None)


# --- rules that are never reached --------------------------------------------------------------------------------------------


class _Above:
    """The conjunctions of the rules so far that let nobody through, by the equalities they ask for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left = MOST_COMPARISONS
        self._by_equalities: dict[frozenset[tuple[Any, ...]], list[tuple[ir.Conjunction, str]]] = {}

    def add(self, rule: ir.Rule) -> None:
        for conjunction in rule.conjunctions:
            self._by_equalities.setdefault(_equalities(conjunction), []).append((conjunction, rule.name))

    def over(self, conjunction: ir.Conjunction) -> str | None:
        """A rule that holds wherever the conjunction does."""
        own = sorted(_equalities(conjunction), key=repr)
        sizes = range(len(own) + 1) if len(own) <= _FEW else (0, 1, len(own))
        for equalities in chain.from_iterable(combinations(own, size) for size in sizes):
            for other, rule in self._by_equalities.get(frozenset(equalities), ()):
                self.left -= 1
                if self.left < 0:
                    return None
                if implies(conjunction, other, self.world):
                    return rule
        return None


def _equalities(conjunction: ir.Conjunction) -> frozenset[tuple[Any, ...]]:
    tests = (literal.test for literal in conjunction.literals if literal.test.op == "eq" and not literal.negated)
    return frozenset((test.term.attribute, test.term.function, type(test.argument), test.argument) for test in tests)


def unreached(entry: Entry[Any], slot: ir.Slot, world: World, diagnostics: Diagnostics) -> None:
    """Warn of rules that hold only where one above them, that lets nobody through, holds too."""
    above = _Above(world)
    places = {rule.rule: ("ladder", level, i) for level in LEVELS for i, rule in enumerate(getattr(entry.spec.ladder, level))}
    for rule in slot.rules:
        over = [above.over(conjunction) for conjunction in rule.conjunctions]
        names = list(dict.fromkeys(name for name in over if name is not None))
        if over and None not in over:
            lost = f"; so nobody takes part in '{rule.action.experiment}'" if rule.action.experiment else ""
            held = " and ".join(f"'{name}'" for name in names)
            message = f"the rule '{rule.name}' is never reached: wherever it holds, {held} above it {'does' if len(names) == 1 else 'do'} too{lost}"
            fix = f"move it above {held}, or remove it"
            diagnostics.warning("W006", entry.place(*places[rule.name], "when"), message, fix)
        elif _lets_nobody_through(rule):
            above.add(rule)


def _lets_nobody_through(rule: ir.Rule) -> bool:
    return rule.campaign is None and rule.action.experiment is None and rule.action.model is None


# --- experiments -------------------------------------------------------------------------------------------------------------


def arms(ruleset: Ruleset, running: set[str], diagnostics: Diagnostics) -> None:
    """Warn of arms that nobody gets; an experiment of another tool has the arms that it had there."""
    for name in sorted(running):
        entry = ruleset.experiments[name]
        if entry.spec.hash != "sha256":
            continue
        if entry.spec.share == 0 and not entry.spec.ramp:
            diagnostics.warning("W007", entry.place("share"), f"nobody takes part in the experiment '{name}': its share is 0", "give it a share, for example `share: 10%`")
        for arm, spec in entry.spec.arms.items():
            if spec.weight == 0:
                diagnostics.warning("W007", entry.place("arms", arm, "weight"), f"nobody gets the arm '{arm}' of '{name}': its weight is 0", "give it a weight, or remove the arm")


def interference(ruleset: Ruleset, running: set[str], slots: tuple[ir.Slot, ...], world: World, diagnostics: Diagnostics) -> None:
    """Warn of experiments that share a draw, a layer but not a unit, or visitors whom the first of them keeps."""
    for one, other in combinations((ruleset.experiments[name] for name in sorted(running)), 2):
        same_draw = one.spec.hash == other.spec.hash == "sha256" and one.spec.unit == other.spec.unit and _salt(one) == _salt(other)
        if same_draw and not _apart(one, other):
            message = f"the experiments '{one.name}' and '{other.name}' have the same salt: one draw decides both, so their arms go together"
            diagnostics.warning("W008", other.place("salt"), message, "give each a salt of its own, or none")
        if one.spec.layer is not None and one.spec.layer == other.spec.layer and one.spec.unit != other.spec.unit:
            message = f"'{one.name}' and '{other.name}' of the layer '{one.spec.layer}' randomise {one.spec.unit} and {other.spec.unit}: they may meet all the same"
            diagnostics.warning("W008", other.place("layer"), message, "give both the same unit, or layers of their own")
    for slot in slots:
        if slot.values is None:
            _kept(ruleset, slot, world, diagnostics)


def _kept(ruleset: Ruleset, slot: ir.Slot, world: World, diagnostics: Diagnostics) -> None:
    """Rules whose experiment sees only those whom the experiment of a rule above leaves."""
    tested = [rule for rule in slot.rules if rule.action.experiment is not None]
    for first, second in combinations(tested, 2):
        one, other = (ruleset.experiments[rule.action.experiment] for rule in (first, second))
        if _apart(one, other) or one.spec.unit != other.spec.unit or not _takes_all(one) or not _meet(one, other):
            continue
        if any(_together(a, b, world) for a in first.conjunctions for b in second.conjunctions):
            message = f"'{second.name}' and '{first.name}' above it can hold for one visitor: '{one.name}' takes them all, and '{other.name}' sees none of them"
            place = ruleset.slots[slot.name].place(*_path(ruleset.slots[slot.name], second), "test")
            diagnostics.warning("W008", place, message, "put both experiments into one layer, or let the conditions exclude each other")


def _salt(entry: Entry[Any]) -> str:
    return entry.spec.salt or entry.name


def _apart(one: Entry[Any], other: Entry[Any]) -> bool:
    """Whether a layer keeps two experiments from meeting."""
    return one.spec.layer is not None and one.spec.layer == other.spec.layer and one.spec.unit == other.spec.unit


def _takes_all(entry: Entry[Any]) -> bool:
    """Whether an experiment, while it runs, leaves nobody to the rules below."""
    spec = entry.spec
    partial = spec.share != WHOLE or spec.ramp or spec.holdout or spec.layer is not None or any(arm.ranges is not None for arm in spec.arms.values())
    return not partial and "." not in spec.unit


def _meet(one: Entry[Any], other: Entry[Any]) -> bool:
    """Whether two experiments run at some time together."""
    a, b = one.spec.run, other.spec.run
    begins = max((run.start or float("-inf")) for run in (a, b) if run) if a or b else float("-inf")
    ends = min((run.end or float("inf")) for run in (a, b) if run) if a or b else float("inf")
    return begins < ends


def _together(a: ir.Conjunction, b: ir.Conjunction, world: World) -> bool:
    parts = tuple(tree for tree in (a.tree, b.tree) if tree is not None)
    return not conflict(ir.Conjunction((*a.literals, *b.literals), ir.Call("and", parts) if len(parts) > 1 else parts[0] if parts else None), world)


def _path(entry: Entry[Any], rule: ir.Rule) -> tuple[str | int, ...]:
    return next(("ladder", level, i) for level in LEVELS for i, spec in enumerate(getattr(entry.spec.ladder, level)) if spec.rule == rule.name)
