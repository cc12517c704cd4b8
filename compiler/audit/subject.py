"""What the finders look at: a compiled site, a moment, the conventions and, where there is one, what the log tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any, NamedTuple

from compiler import ir
from compiler.audit.conventions import DAY, Conventions
from compiler.audit.evidence import Evidence
from compiler.diagnostics import Place
from compiler.implication import World, conflict
from compiler.lower import alternatives
from compiler.pipeline import Compiled
from compiler.shape import LEVELS
from compiler.syntax import Entry, Ruleset
from tessera.context import BUILT_IN

ZONES = DAY // 2  # seconds by which a visitor's clock may be behind UTC, at most
UNREACHED = "rules above it hold wherever it does"


class PlacedRule(NamedTuple):
    """A rule, its slot, and where it is written."""

    slot: ir.Slot
    rule: ir.Rule
    entry: Entry[Any]
    path: tuple[str | int, ...]

    @property
    def name(self) -> str:
        return f"{self.slot.name}.{self.rule.name}"

    def place(self, *path: str | int) -> Place:
        return self.entry.place(*self.path, *path)


@dataclass(frozen=True)
class Subject:
    """A site under audit. `at` is in epoch seconds."""

    compiled: Compiled
    at: float
    conventions: Conventions = field(default_factory=Conventions)
    log: Evidence | None = None

    @property
    def ruleset(self) -> Ruleset:
        return self.compiled.ruleset

    @property
    def program(self) -> ir.Program:
        return self.compiled.program

    @cached_property
    def rules(self) -> tuple[PlacedRule, ...]:
        """Every rule of every slot, in the order of the ladders."""
        return tuple(self._rules())

    def _rules(self) -> Iterator[PlacedRule]:
        for slot in self.program.slots:
            entry = self.ruleset.slots[slot.name]
            paths = {spec.rule: ("ladder", level, i) for level in LEVELS for i, spec in enumerate(getattr(entry.spec.ladder, level))}
            for rule in slot.rules:
                yield PlacedRule(slot, rule, entry, paths[rule.name])

    @cached_property
    def campaigns(self) -> Mapping[str, ir.Campaign]:
        return {one.name: one for one in self.program.campaigns}

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Attribute → its kind, those of the request included."""
        return {name: kind for name, (kind, _, _) in BUILT_IN.items()} | {one.name: one.type for one in self.program.attributes}

    @cached_property
    def world(self) -> World:
        """What is known of the attributes' values."""
        members = {name: values for name, (_, values, _) in BUILT_IN.items() if values} | {one.name: one.values for one in self.program.attributes if one.values}
        return World(self.kinds, members, {name: frozenset(values) for name, values in self.program.lists})

    @cached_property
    def dead(self) -> Mapping[str, str]:
        """Rule (`slot.rule`) → why it never decides as things stand at the moment of the audit."""
        warned = {(item.code, item.place) for item in self.compiled.diagnostics.items if item.code in ("W004", "W006")}
        found = {}
        for one in self.rules:
            why = self._why_dead(one, warned)
            if why:
                found[one.name] = why
        return found

    def _why_dead(self, one: PlacedRule, warned: set[tuple[str, Place]]) -> str:
        campaign = self.campaigns.get(one.rule.campaign or "")
        if ("W004", one.place("when")) in warned:
            return "its condition is never true"
        if ("W006", one.place("when")) in warned:
            return UNREACHED
        if campaign is not None and self.over(campaign.run):
            return f"its campaign '{campaign.name}' is over"
        if campaign is not None and always(campaign.pause):
            return f"its campaign '{campaign.name}' is always paused"
        return "its dates are over" if self.expired(one.rule.conjunctions) else ""

    # --- time

    def over(self, run: ir.Run | None) -> bool:
        """Whether a run has ended, for every visitor: one whose own clock counts may be behind."""
        return run is not None and run.end is not None and run.end + ZONES * run.local <= self.at

    def begins_in(self, run: ir.Run | None) -> float:
        """Seconds until a run begins; below 0 where it has begun."""
        return -1.0 if run is None or run.start is None else run.start - self.at

    def expired(self, conjunctions: tuple[ir.Conjunction, ...]) -> bool:
        """Whether a condition that could be true once can be no more, at this moment or later."""
        return bool(conjunctions) and all(conflict(self._from_now(one), self.world) for one in conjunctions)

    def _from_now(self, one: ir.Conjunction) -> ir.Conjunction:
        return ir.Conjunction((*one.literals, ir.Literal(ir.Test(ir.Term("request.at", "", True), "ge", self.at))), one.tree)

    # --- conditions

    def possible(self, expr: ir.Expr) -> tuple[ir.Conjunction, ...]:
        """The alternatives of a condition that can hold, as far as can be told."""
        return tuple(one for one in alternatives(expr, self.kinds) if not conflict(one, self.world))


def always(expr: ir.Expr | None) -> bool:
    """Whether a condition is the constant true."""
    return isinstance(expr, ir.Const) and expr.value is True


def actions(action: ir.Action | None) -> Iterator[ir.Action]:
    """An action and those of its arms."""
    if action is not None:
        yield action
        for arm in action.arms:
            yield from actions(arm)


def day(at: float) -> str:
    """The date (UTC) of a moment, for messages."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d")


def last_day(end: float) -> str:
    """The last date of a run that ends at this moment."""
    return day(end - 1)


def some(names: list[str], most: int = 3) -> str:
    """Names in words, cut where there are many."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "none"


def times(count: int, word: str) -> str:
    """`1 day`, `12 days`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
