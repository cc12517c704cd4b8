"""The conditions of a site: compiled once, with every problem put at its place in the files."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from compiler import implication, ir, markets, patterns
from compiler.cel import Environment, refs
from compiler.diagnostics import Diagnostics, nearest
from compiler.implication import World
from compiler.lower import alternatives, inline
from compiler.passes import simplified
from compiler.syntax import Entry, Ruleset
from tessera.context import BUILT_IN

Path = tuple[str | int, ...]
EVERYTHING = ("request", "visitor", "account", "segment", "lists", "slot", "sticky")


def attribute_types(ruleset: Ruleset) -> dict[str, str]:
    """Every attribute a condition may name → its type as in site.yaml."""
    built_in = {name: f"[{', '.join(values)}]" if kind == "enum" else kind for name, (kind, values, _) in BUILT_IN.items()}
    declared = ruleset.site.spec.attributes
    own = {f"{space}.{name}": str(a.type) for space in ("visitor", "account") for name, a in getattr(declared, space).items()}
    return built_in | own


def slot_types(ruleset: Ruleset) -> dict[str, str]:
    """Slot → type of what `slot.name` gives: a flag's values, where they are of one type; of any other slot the variant's name."""
    return {name: _decided(getattr(entry.spec, "values", None)) for name, entry in ruleset.slots.items()}


def _sticky(ruleset: Ruleset) -> list[str]:
    return [name for name, entry in ruleset.experiments.items() if entry.spec.sticky]


def _decided(values: Mapping[str, Any] | None) -> str:
    if values is None:
        return "string"
    kinds = {type(value) for value in values.values()}
    one = {bool: "bool", str: "string", int: "int", float: "double"}
    if len(kinds) == 1:
        return one.get(kinds.pop(), "any")
    return "double" if kinds == {int, float} else "any"


class Conditions:
    """Compiles conditions and remembers which attributes were read.

    Attributes:
        kinds: attribute name → kind (`enum`, `int`, `list<item>`…), as lowering wants it.
        purposes: attribute name → the purpose it needs, None for none.
        read: the names of all attributes that any condition reads.
        named: everything that any condition names, segments included, whether or not it decides anything.
        within: segment → the segments that it names.
        markets: the site's markets; `in_market`: what `market.NAME` and the like stand for; none where one of them was reported.
        of_markets: market → its own condition, None where it has none.
        world: what is known of the attributes' values.
    """

    def __init__(self, ruleset: Ruleset, diagnostics: Diagnostics) -> None:
        self.ruleset, self.diagnostics = ruleset, diagnostics
        types = attribute_types(ruleset)
        fields = {"id": "string", **ruleset.items.fields} if ruleset.items else None
        items = {n: "string" if t in ("image", "link") else t for n, t in fields.items()} if fields else None
        self.environment = Environment(
            types, ruleset.segments, {name: "string" for name in ruleset.lists}, items, slots=slot_types(ruleset), sticky=_sticky(ruleset),
            purposes=ruleset.site.spec.purposes, about=_about(ruleset), markets=_of_markets(ruleset),
        )  # fmt: skip
        self.kinds = {name: self.environment.names[name].kind for name in types}
        self.purposes = _purposes(ruleset)
        members = {name: type_.members for name, type_ in self.environment.names.items() if type_.members}
        self.world = World(self.kinds, members, {name: frozenset(file.values) for name, file in ruleset.lists.items()})
        self.read: set[str] = set()
        self.named: set[str] = set()
        self.used_lists: set[str] = set()
        self.used_segments: set[str] = set()
        self.markets = markets.markets_of(ruleset)
        self.of_markets, self.in_market = self._markets()
        self.segments = self._segments()

    def compile(self, entry: Entry[Any], path: Path, text: str, scope: Iterable[str] = EVERYTHING) -> ir.Expr | None:
        """The condition at a place of the site, segments put in; None where it was reported."""
        scope = tuple(scope)
        expr = self._compiled(entry, path, text, (*scope, "market") if self.markets and "request" in scope else scope)
        if expr is None:
            return None
        names = refs(expr)
        self.used_segments |= {name[8:] for name in names if name.startswith("segment.")}
        if any(name.startswith("segment.") and name[8:] not in self.segments for name in names):
            return None  # the segment itself was reported
        if any(name.startswith("market.") and name not in self.in_market for name in names):
            return None  # a market was
        expr = simplified(inline(expr, self.segments, self.in_market))
        self._note(expr)
        return expr

    def lowered(self, expr: ir.Expr) -> tuple[tuple[ir.Conjunction, ...], str]:
        """The conjunctions that can hold; where there is none, why not."""
        found = alternatives(expr, self.kinds)
        conflicts = [implication.conflict(conjunction, self.world) for conjunction in found]
        possible = tuple(conjunction for conjunction, conflict in zip(found, conflicts) if not conflict)
        return possible, "" if possible else implication.told(conflicts)

    def _compiled(self, entry: Entry[Any], path: Path, text: str, scope: tuple[str, ...]) -> ir.Expr | None:
        found = self.environment.compile(text, scope=scope)
        if isinstance(found, list):
            self.diagnostics.problems(found, lambda offset, length: entry.text_place(path, offset, length))
            return None
        self.named |= set(refs(found))
        return self._without_patterns(found, entry, path)

    def _without_patterns(self, expr: ir.Expr, entry: Entry[Any], path: Path) -> ir.Expr | None:
        def refuse(pattern: ir.Const, reason: str) -> None:
            place = entry.text_place(path, pattern.offset, len(pattern.value) + 2)
            fix = "repeat less often, or use several tests, combined with && and ||"
            self.diagnostics.error("E032", place, f"the pattern '{pattern.value}' cannot run at the edge: {reason}", fix)

        return patterns.without(expr, refuse)

    def _note(self, expr: ir.Expr) -> None:
        names = refs(expr)
        self.read |= {name for name in names if name in self.kinds}
        self.used_lists |= {name[6:] for name in names if name.startswith("lists.")}

    def localised(self, expr: ir.Expr) -> ir.Expr:
        """A filter of items in which a field is the column of the visitor's market."""
        return markets.localised(expr, self.markets)

    def _markets(self) -> tuple[dict[str, ir.Expr | None], dict[str, ir.Expr]]:
        """The markets' own conditions, and what asks for them stands for."""
        site, whens = self.ruleset.site, dict[str, ir.Expr | None]()
        for name, spec in site.spec.markets.items():
            compiled = self._compiled(site, ("markets", name, "when"), spec.when, ("request", "lists")) if spec.when else markets.TRUE
            if compiled is None:
                return {}, {}
            whens[name] = simplified(compiled) if spec.when else None
            self._note(whens[name] or markets.TRUE)
        self.named |= {f"lists.{market.calendar}" for market in self.markets if market.calendar}
        return whens, markets.conditions_of(self.markets, whens) if whens else {}

    def _segments(self) -> dict[str, ir.Expr]:
        """Segment → condition with the markets and segments it names put in; those in a circle are reported."""
        scope = (*EVERYTHING, "market") if self.markets else EVERYTHING
        raw = {name: self._compiled(e, ("when",), e.spec.when, scope) for name, e in self.ruleset.segments.items()}
        raw = {name: expr for name, expr in raw.items() if expr is not None}
        raw = {name: expr for name, expr in raw.items() if not any(used.startswith("market.") and used not in self.in_market for used in refs(expr))}
        needs = {name: {r[8:] for r in refs(expr) if r.startswith("segment.")} for name, expr in raw.items()}
        self.within = needs
        done: dict[str, ir.Expr] = {}
        while ready := [name for name in raw if name not in done and needs[name] <= done.keys()]:
            for name in ready:
                done[name] = inline(raw[name], done, self.in_market)
        for name in sorted(raw.keys() - done.keys()):
            circular = sorted(needs[name] - done.keys() & raw.keys())
            if needs[name] <= raw.keys():
                message = f"the segment '{name}' is defined by itself, through {', '.join(f'segment.{n}' for n in circular)}"
                self.diagnostics.error("E033", self.ruleset.segments[name].place("when"), message, "take one of the references out")
        return done

    def lists_of_segments(self) -> set[str]:
        """The lists that any segment names, whether or not a rule asks for it: profiles are told their segments."""
        return {name[6:] for expr in self.segments.values() for name in refs(expr) if name.startswith("lists.")}

    def drawn(self, unit: str) -> None:
        """Note what tells a unit by which an experiment, or the share of a rule, draws."""
        told = ("account.id", "account.domain") if unit == "account" else (unit,)
        self.read |= {name for name in told if name in self.kinds}

    def needed(self, expr: ir.Expr) -> tuple[str, ...]:
        """The purposes that an expression's attributes need, sorted."""
        found = {self.purposes.get(name) for name in refs(expr)}
        return tuple(sorted(p for p in found if p is not None))

    def stored(self, expr: ir.Expr) -> list[str]:
        """What an expression reads that the request alone does not tell: attributes, other slots' decisions, kept arms."""
        return [name for name in refs(expr) if name.startswith(("slot.", "sticky.")) or name in self.kinds and not name.startswith("request.")]


def _purposes(ruleset: Ruleset) -> dict[str, str | None]:
    declared = ruleset.site.spec.attributes
    return {
        f"{space}.{name}": None if a.purpose == "none" else a.purpose
        for space in ("visitor", "account")
        for name, a in getattr(declared, space).items()
    }


def _of_markets(ruleset: Ruleset) -> tuple[str, ...]:
    """What may follow `market.` in a condition."""
    return (*ruleset.site.spec.markets, markets.CLOSED, markets.OPEN) if ruleset.site.spec.markets else ()


def _about(ruleset: Ruleset) -> Mapping[str, str]:
    declared = ruleset.site.spec.attributes
    return {name: "from the request" for name in BUILT_IN} | {
        f"{space}.{name}": f"from {a.from_}" if a.from_ else "stored"
        for space in ("visitor", "account")
        for name, a in getattr(declared, space).items()
    }


def known(
    diagnostics: Diagnostics, code: str, what: str, name: str, names: Iterable[str], entry: Entry[Any], *path: str | int, key: bool = False
) -> bool:
    """Whether a name exists; reported with the nearest one otherwise, at the value of the path or (with `key`) at its key."""
    candidates = sorted(names)
    if name in candidates:
        return True
    close = nearest(name, candidates)
    fix = f"did you mean '{close}'?" if close else f"known are {', '.join(candidates)}" if candidates else f"this site has no {what} yet"
    diagnostics.error(code, entry.place(*path, key=key), f"unknown {what} '{name}'", fix)
    return False
