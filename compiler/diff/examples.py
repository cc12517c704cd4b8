"""Visitors to look at: of each way in which a slot differs one, told with both outcomes and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compiler.diff.plan import Plan
from compiler.diff.report import Example, Side
from compiler.diff.shown import shown
from tessera.decide import decide_slots
from tessera.explain import explain
from tessera.record import outcome, plain, variant_name
from tessera.render import unescape_text
from tessera.resolved import Bundle
from tessera.types import Attribute, Decision, Visit

LONGEST = 160  # characters of what is shown that are told
_TAG = re.compile(r"<[^>]*>")


@dataclass(slots=True)
class Seen:
    """The first visitor for whom a slot differs in a certain way, and how many there are."""

    slot: int
    page: int
    old: Visit
    new: Visit
    before: Decision | None
    after: Decision | None
    visitors: int = 1


def examples(plan: Plan, seen: Sequence[Seen], most: int, ids: bool) -> tuple[Example, ...]:
    """The most frequent way of each slot, then the next of each, up to so many."""
    rank: dict[int, int] = {}
    ordered = []
    for one in sorted(seen, key=lambda one: -one.visitors):
        place = rank[one.slot] = rank.get(one.slot, -1) + 1
        ordered.append((place, -one.visitors, len(ordered), one))
    return tuple(_example(plan, one, ids) for _, _, _, one in sorted(ordered, key=lambda row: row[:3])[:most])


def _example(plan: Plan, one: Seen, ids: bool) -> Example:
    pair, page = plan.slots[one.slot], plan.pages[one.page]
    reads = frozenset()
    for forms, number in ((plan.old_forms, pair.old), (plan.new_forms, pair.new)):
        if number is not None:
            reads |= forms.slot(number).reads
    values = {**one.old.values, **one.new.values}
    known = tuple((name, _told(plan, name, values[name])) for name in sorted(reads) if name in values)
    visitor = (one.old.units.get("visitor") or one.new.units.get("visitor")) if ids else None
    before, after = _again(plan.old, one.old, one.before), _again(plan.new, one.new, one.after)
    return Example(
        plan.names(one.slot)[-1],
        page.new or page.old,
        visitor,
        known,
        _side(plan.old, one.old, before),
        _side(plan.new, one.new, after),
        one.visitors,
    )


def _again(bundle: Bundle, visit: Visit, decision: Decision | None) -> Decision | None:
    """The decision with its reason, which a comparison does without."""
    return None if decision is None else decide_slots(bundle, visit, (decision.slot,))[0]


def _told(plan: Plan, name: str, value: Any) -> Any:
    """A value as JSON; of items, which the catalogue knows, the ids."""
    attribute: Attribute | None = plan.new.attributes.get(name) or plan.old.attributes.get(name)
    if attribute is not None and attribute.type == "list<item>":
        return [item.id for item in value]
    return plain(value)


def _side(bundle: Bundle, visit: Visit, decision: Decision | None) -> Side | None:
    if decision is None:
        return None
    told = outcome(bundle, decision)
    return Side(variant_name(bundle, decision), told["rule"], told["reason"], _cut(shown(bundle, visit, decision)), explain(bundle, visit, decision).sentence)


def _cut(text: str | None) -> str | None:
    """What is shown as words alone."""
    if text is None:
        return None
    words = unescape_text(" ".join(_TAG.sub(" ", text).split()))
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
