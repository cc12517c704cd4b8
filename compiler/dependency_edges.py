"""Ruleset → Graph: every reference that a site's files make, by name. The site must have compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from compiler import templates
from compiler.conditions import EVERYTHING, Conditions, attribute_types
from compiler.cel import refs
from compiler.dependencies import Graph, Kind, Node
from compiler.diagnostics import Diagnostics, Place
from compiler.shape import LEVELS
from compiler.syntax import Entry, Ruleset
from tessera.derive import derivation
from tessera.types import Attribute

_SCOPE = (*EVERYTHING, "item", "consent")
REQUEST, ITEMS, ANY_EVENT, UNSAID = "source.request", "source.items", "event.any", "source.unsaid"
DEFAULT = "default"


def graph(ruleset: Ruleset) -> Graph:
    """What needs what in a site."""
    return _Gathering(ruleset).graph()


class _Gathering:
    """Collects the things and their needs."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.environment = Conditions(ruleset, Diagnostics()).environment
        self.asked = cache(self._asked)
        self.nodes: dict[str, Node] = {}
        self.needs: dict[str, dict[str, None]] = {}

    def graph(self) -> Graph:
        for declare in (self._tables, self._attributes, self._segments, self._models, self._metrics, self._content, self._gates, self._slots):
            declare()
        for id_ in [other for others in self.needs.values() for other in others if other not in self.nodes]:
            self._undeclared(id_)
        return Graph(self.nodes, {id_: tuple(self.needs.get(id_, ())) for id_ in self.nodes})

    def _add(self, id_: str, kind: Kind, place: Place | None, needs: Iterable[str] = ()) -> None:
        self.nodes[id_] = Node(id_, kind, place)
        self.needs[id_] = dict.fromkeys(needs)

    def _undeclared(self, id_: str) -> None:
        """What no file declares: attributes of the request, events, and the sources that a remark names."""
        space = id_.partition(".")[0]
        if id_ in self.nodes:
            return
        if space == "request":
            self._add(id_, "attribute", None, (REQUEST,))
            self.nodes.setdefault(REQUEST, Node(REQUEST, "source"))
        elif space == "item":
            self._add(id_, "field", None, (ITEMS,))
        else:
            self._add(id_, "source", None)

    def _asked(self, text: str) -> tuple[str, ...]:
        """The ids of what a condition names."""
        found = self.environment.compile(text, scope=_SCOPE)
        return tuple(_id(name) for name in refs(found) if not name.startswith("consent.")) if not isinstance(found, list) else ()

    # --- facts

    def _tables(self) -> None:
        site = self.ruleset.site
        for name in site.spec.lookups:
            self._add(f"lookup.{name}", "source", site.place("lookups", name, key=True))
        for name, file in self.ruleset.lists.items():
            self._add(f"lists.{name}", "list", file.place)
        if site.spec.items is not None:
            self._add(ITEMS, "source", site.place("items"))
            for name in ("id", *site.spec.items.fields):
                self._add(f"item.{name}", "field", site.place("items", "id") if name == "id" else site.place("items", "fields", name, key=True), (ITEMS,))

    def _attributes(self) -> None:
        site = self.ruleset.site
        for space in ("visitor", "account"):
            for name, spec in getattr(site.spec.attributes, space).items():
                self._add(f"{space}.{name}", "attribute", site.place("attributes", space, name, key=True), _sources(f"{space}.{name}", spec))

    def _segments(self) -> None:
        for name, entry in self.ruleset.segments.items():
            self._add(f"segment.{name}", "segment", entry.place(key=True), self.asked(entry.spec.when))

    def _models(self) -> None:
        for name, entry in {**self.ruleset.models, **self.ruleset.propensities}.items():
            self._add(f"model.{name}", "model", entry.place(), self._of_model(entry.spec))

    def _of_model(self, spec: Any) -> Iterator[str]:
        yield from spec.features.values()
        yield from (f"model.{part}" for part in spec.cascade)
        if spec.score is not None and spec.score.from_ is not None:
            yield spec.score.from_
        if spec.vectors is not None:
            yield from (f"item.{field}" for field in spec.vectors.cold)
        if spec.visitor is not None:
            yield spec.visitor.from_
            yield from (f"segment.{segment}" for segment in spec.visitor.segments)
            yield from (name for text in spec.visitor.segments.values() for name in self.asked(text))
            yield from [f"model.{spec.visitor.else_}"] if spec.visitor.else_ else []
        if spec.vectors is not None or spec.lists is not None or spec.score is not None and spec.score.file is not None:
            yield ITEMS

    def _metrics(self) -> None:
        for name, entry in self.ruleset.metrics.items():
            self._add(f"metric.{name}", "metric", entry.place(key=True), (f"event.{entry.spec.event}",))

    # --- content

    def _content(self) -> None:
        for name, entry in self.ruleset.contents.items():
            self._add(f"content.{name}", "component", entry.place(), _told(templates.compile_markup(entry.markup)))
            for variant, fields in entry.spec.variants.items():
                base = [f"content.{name}.{fields['extends']}"] if "extends" in fields else []
                copy = (told for field, text in fields.items() if field != "extends" for told in _copied(text, entry.spec.fields.get(field, "text")))
                self._add(f"content.{name}.{variant}", "variant", entry.place("variants", variant, key=True), (f"content.{name}", *base, *copy))

    # --- what gates and tests

    def _gates(self) -> None:
        run_in = {name: slot for slot in self.ruleset.slots.values() for name in _experiments(slot)}
        for name, entry in self.ruleset.campaigns.items():
            spec = entry.spec
            self._add(f"campaign.{name}", "campaign", entry.place(), (*(self.asked(spec.pause) if spec.pause else ()), *([f"metric.{spec.goal}"] if spec.goal else ())))
        for name, entry in self.ruleset.experiments.items():
            self._add(f"experiment.{name}", "experiment", entry.place(), self._of_experiment(entry.spec, run_in.get(name)))

    def _of_experiment(self, spec: Any, slot: Entry[Any] | None) -> Iterator[str]:
        for unit in (spec.unit, spec.fallback_unit):
            yield from self._unit(unit)
        metrics = (*([spec.hypothesis.outcome] if spec.hypothesis else []), *([spec.goal] if spec.goal else []), *spec.guard)
        yield from (f"metric.{name}" for name in metrics)
        for arm in spec.arms.values():
            yield from self._outcome(arm, slot)
            yield from (told for text in arm.set.values() for told in _copied(text, "text"))

    def _unit(self, unit: str | None) -> Iterator[str]:
        """The attributes that tell a unit."""
        if unit == "account":
            yield from (name for name in ("account.id", "account.domain") if name in attribute_types(self.ruleset))
        elif unit is not None and "." in unit:
            yield unit

    def _outcome(self, spec: Any, slot: Entry[Any] | None) -> Iterator[str]:
        """What a rule, a default or an arm needs to do what it does."""
        component = slot.spec.component if slot is not None else None
        shown = [*([spec.show] if spec.show else []), *spec.among]
        yield from (f"content.{component}.{variant}" for variant in shown if component and variant != "none")
        if spec.rank is not None:
            yield f"model.{spec.rank}"
            yield from [f"content.{component}"] if component and not spec.among else []
        if spec.test is not None:
            yield f"experiment.{spec.test}"
        for text in (*([spec.where] if spec.where else []), *(boost.when for boost in spec.boost), *spec.among.values()):
            yield from self.asked(text)
        yield from (f"item.{field}" for field in spec.at_most)
        yield from spec.without

    # --- slots

    def _slots(self) -> None:
        for name, entry in self.ruleset.slots.items():
            spec = entry.spec
            rules = [f"rule.{name}.{rule}" for rule, _, _ in _rules(entry)]
            for (_, rule, path), id_ in zip(_rules(entry), rules):
                self._add(id_, "rule", entry.place(*path), self._of_rule(rule, entry))
            self._add(f"slot.{name}", "slot", entry.place(), (*rules, *([f"experiment.{spec.test}"] if spec.test else ()), *([f"content.{spec.component}"] if spec.component else ())))

    def _of_rule(self, spec: Any, slot: Entry[Any]) -> Iterator[str]:
        if hasattr(spec, "when"):
            yield from self.asked(spec.when)
            yield from [f"campaign.{spec.campaign}"] if spec.campaign else []
            yield from self._unit(spec.unit if spec.share is not None else None)
        yield from self._outcome(spec, slot)


def _rules(entry: Entry[Any]) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    """(name, declaration, path) of the rules, top-down, and of the default."""
    for level in LEVELS:
        for position, rule in enumerate(getattr(entry.spec.ladder, level)):
            yield rule.rule, rule, ("ladder", level, position)
    yield DEFAULT, entry.spec.ladder.default, ("ladder", "default")


def _experiments(slot: Entry[Any]) -> set[str]:
    return {test for test in (slot.spec.test, *(spec.test for _, spec, _ in _rules(slot))) if test is not None}


def _id(name: str) -> str:
    """The id of what a condition names: `sticky.x` asks for the experiment x."""
    return f"experiment.{name.removeprefix('sticky.')}" if name.startswith("sticky.") else name


def _sources(name: str, spec: Any) -> tuple[str, ...]:
    """Where an attribute comes from: a look-up, a model, events (and the field of the items that they tell of), or who loads it."""
    source = spec.from_
    if source is None:
        return (UNSAID,)
    found = derivation(Attribute(name, spec.type.kind, None, spec.keep, source, None, frozenset(spec.type.members), spec.half_life, spec.most))
    if found is None:
        return (source,) if source.startswith(("lookup.", "model.", "context.")) else (f"source.{source}",)
    if found.of == "form":
        return (f"form.{found.field}",)
    return (*(f"event.{event}" for event in sorted(found.events)), *([ANY_EVENT] if not found.events else ()), *([f"item.{found.field}"] if found.of == "item" else ()))


def _told(parts: Any) -> Iterator[str]:
    """The attributes and fields of items that parts of a template name."""
    yield from (part.name for part in templates.variables(parts) if len(part.path) > 1) if not isinstance(parts, list) else ()


def _copied(text: str, kind: str) -> Iterator[str]:
    yield from _told(templates.compile_text(text, kind))
