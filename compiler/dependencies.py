"""What needs what in a site: from slots and rules down to the events, tables and requests that facts come from.

An arrow goes from what needs to what is needed; `needed_by`, followed to its end, is what breaks if something goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from compiler.diagnostics import Place

Kind = Literal["source", "attribute", "list", "field", "segment", "model", "metric", "component", "variant", "campaign", "experiment", "rule", "slot"]
# in layers from the left: where facts come from, facts, what is made of facts, what gates and tests rules, rules, slots
LAYERS: tuple[tuple[Kind, ...], ...] = (("source",), ("attribute", "list", "field"), ("segment", "model", "metric", "component", "variant"), ("campaign", "experiment"), ("rule",), ("slot",))
PLURALS: Mapping[str, str] = {
    "source": "sources", "attribute": "attributes", "list": "lists", "field": "item fields", "segment": "segments", "model": "models", "metric": "metrics",
    "component": "components", "variant": "variants", "campaign": "campaigns", "experiment": "experiments", "rule": "rules", "slot": "slots",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One thing of a site. `id` is unique (`segment.cart_left`, `rule.hero.abm`); attributes, lists and fields of items have the name
    that conditions use. `place` is None for what no file declares."""

    id: str
    kind: Kind
    place: Place | None = None

    @property
    def name(self) -> str:
        """The id without its kind, where it begins with that."""
        return self.id.removeprefix("content." if self.kind in ("component", "variant") else f"{self.kind}.")


@dataclass(frozen=True)
class Graph:
    """All things by id, and for each the ids of what it needs itself, in order."""

    nodes: Mapping[str, Node]
    needs: Mapping[str, tuple[str, ...]]

    @cached_property
    def needed_by(self) -> Mapping[str, tuple[str, ...]]:
        """For each thing the ids of what needs it itself."""
        found: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        for one, others in self.needs.items():
            for other in others:
                found[other].append(one)
        return {id_: tuple(others) for id_, others in found.items()}

    def below(self, id_: str) -> tuple[str, ...]:
        """The ids of all that a thing needs, directly or not, sorted."""
        return _reached(id_, self.needs)

    def above(self, id_: str) -> tuple[str, ...]:
        """The ids of all that needs a thing, directly or not, sorted."""
        return _reached(id_, self.needed_by)

    def around(self, id_: str) -> Graph:
        """The part of the graph that a thing needs or that needs it."""
        return self.only({id_, *self.below(id_), *self.above(id_)})

    def only(self, kept: Iterable[str]) -> Graph:
        """The part of the graph with these things alone."""
        ids = set(kept)
        return Graph({one: node for one, node in self.nodes.items() if one in ids}, {one: tuple(other for other in self.needs[one] if other in ids) for one in self.nodes if one in ids})

    def joined(self) -> Graph:
        """The same with each variant put into its component, as a picture shows it."""
        of = {id_: id_.rpartition(".")[0] if node.kind == "variant" else id_ for id_, node in self.nodes.items()}
        needs: dict[str, dict[str, None]] = {id_: {} for id_ in self.nodes if of[id_] == id_}
        for one, others in self.needs.items():
            needs[of[one]] |= {of[other]: None for other in others if of[other] != of[one]}
        return Graph({id_: node for id_, node in self.nodes.items() if of[id_] == id_}, {id_: tuple(others) for id_, others in needs.items()})

    def plain(self) -> dict[str, Any]:
        """The graph as JSON."""
        nodes = [{"id": one.id, "kind": one.kind, "file": one.place and one.place.file, "line": one.place and one.place.line} for one in self.nodes.values()]
        return {"nodes": nodes, "edges": [{"from": one, "to": other} for one, others in self.needs.items() for other in others]}


class Unknown(Exception):
    """A name that nothing in the site has, or several things have: which, and what may have been meant."""


def named(graph: Graph, name: str) -> str:
    """The id of a thing by its id, or by its name where one thing alone has it.

    Raises:
        Unknown: where nothing or more than one thing is called so.
    """
    from compiler.diagnostics import nearest

    if name in graph.nodes:
        return name
    found = [id_ for id_, node in graph.nodes.items() if name in (node.name, id_.rpartition(".")[2])]
    exact = [id_ for id_ in found if graph.nodes[id_].name == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise Unknown(f"'{name}' may be {', '.join(found[:8])}; write one of these")
    near = nearest(name, [*graph.nodes, *(node.name for node in graph.nodes.values())])
    raise Unknown(f"nothing in the site is called '{name}'" + (f"; did you mean '{near}'?" if near else ""))


def _reached(id_: str, along: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found, waiting = {id_}, [id_]
    while waiting:
        fresh = [other for other in along[waiting.pop()] if other not in found]
        found |= set(fresh)
        waiting += fresh
    return tuple(sorted(found - {id_}))


# --- in words ------------------------------------------------------------------------------------------------------------


def by_kind(graph: Graph, ids: Iterable[str]) -> dict[str, list[str]]:
    """Kind → names, in the order of the layers."""
    chosen = [graph.nodes[id_] for id_ in ids]
    kinds = [kind for layer in LAYERS for kind in layer]
    return {kind: sorted(one.name for one in chosen if one.kind == kind) for kind in kinds if any(one.kind == kind for one in chosen)}


def text_of(graph: Graph, id_: str) -> str:
    """What one thing needs, and what breaks if it goes."""
    node = graph.nodes[id_]
    place = f", {node.place.file}:{node.place.line}" if node.place else ""
    lines = [f"{node.id} ({node.kind}{place})"]
    for title, direct, whole in (("needs", graph.needs[id_], graph.below(id_)), ("if it goes, what breaks", graph.needed_by[id_], graph.above(id_))):
        lines += ["", f"{title}:"]
        if not whole:
            lines.append("  nothing")
        for kind, names in by_kind(graph, whole).items():
            own = set(by_kind(graph, direct).get(kind, ()))
            lines.append(f"  {PLURALS[kind]:<12}{', '.join(name if name in own else f'({name})' for name in names)}")
    return "\n".join([*lines, "", "In brackets: not directly, but by way of others."]) + "\n"


def text(graph: Graph) -> str:
    """What each rule needs, directly and by way of others, slot by slot."""
    lines: list[str] = []
    for slot in (node for node in graph.nodes.values() if node.kind == "slot"):
        lines.append(slot.name)
        for id_ in [slot.id, *(id_ for id_ in graph.needs[slot.id] if graph.nodes[id_].kind == "rule")]:
            node = graph.nodes[id_]
            own = [other for other in graph.needs[id_] if graph.nodes[other].kind not in ("rule", "slot")]
            whole = set().union(*(graph.below(other) for other in own)) - set(own)
            told = f"{', '.join(_said(graph, own)) or 'nothing'}{' ← ' + ', '.join(_said(graph, sorted(whole))) if whole else ''}"
            lines.append(f"  {'the slot itself' if id_ == slot.id else node.name.partition('.')[2]}: {told}")
        lines.append("")
    return "\n".join(lines)


def _said(graph: Graph, ids: Iterable[str]) -> list[str]:
    return [id_ for kind in (kind for layer in reversed(LAYERS) for kind in layer) for id_ in ids if graph.nodes[id_].kind == kind]
