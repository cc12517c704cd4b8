"""What a decision shows: the text of a place, the value of a flag, the address that a redirect leads to, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

from compiler.diff.forms import Forms, leaves
from compiler.diff.matching import Pair
from tessera.render import is_fixed, render
from tessera.resolved import Bundle
from tessera.types import Decision, Ranked, Visit


def shown(bundle: Bundle, visit: Visit, decision: Decision) -> str | None:
    """What the slot shows as a text, None for nothing; of flags and redirects the value as JSON."""
    slot = bundle.slots[decision.slot]
    if slot.values is not None:
        value = slot.values[decision.variant] if decision.variant >= 0 else None
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return None if decision.content < 0 else render(bundle.contents[decision.content], visit.values, bundle.items, decision.items)


def place(bundle: Bundle, slot: int) -> tuple[str, str, str]:
    """Where and how a slot is shown."""
    found = bundle.slots[slot]
    return (found.channel, found.selector, found.operation)


Differ = Callable[[Visit, Visit, Decision, Decision], bool]
_Key = tuple[int, int, int, int]


def judge(old: Forms, new: Forms, pair: Pair) -> Differ:
    """Whether two decisions of a slot that stands in both show something else. What depends on no visitor is told once."""
    moved = place(old.bundle, pair.old) != place(new.bundle, pair.new)
    told: dict[_Key, bool | None] = {}
    by_items: dict[_Key, Callable[[Items, Items], bool | None] | None] = {}

    def differs(seen: Visit, then: Visit, before: Decision, after: Decision) -> bool:
        key = (before.variant, before.content, after.variant, after.content)
        try:
            answer = told[key]
        except KeyError:
            answer = told[key] = _for_everybody(old.bundle, new.bundle, moved, before, after)
            by_items[key] = None if moved or answer is not None else _by_items(old, new, before.content, after.content)
        if answer is not None:
            return answer
        asked = by_items[key]
        if asked is not None and (answer := asked(before.items, after.items)) is not None:
            return answer
        return moved or shown(old.bundle, seen, before) != shown(new.bundle, then, after)

    return differs


Items = tuple[Ranked, ...]


def _by_items(old: Forms, new: Forms, mine: int, theirs: int) -> Callable[[Items, Items], bool | None] | None:
    """What tells of two contents by the items alone whether they differ, and of some items nothing; None where more than items counts."""
    ours, others = old.bundle.contents[mine], new.bundle.contents[theirs]
    if any(not isinstance(part, str) and part[0] != "each" for part in ours) or any(one[0] != "item" for one in leaves(ours)) or old.field("id") != new.field("id"):
        return None
    (bare, fields), (another, columns) = old.content(mine), new.content(theirs)
    if bare != another:
        return None
    alike = fields == columns
    is_one = sum(not isinstance(part, str) for part in ours) == 1  # a list of items, and texts around it
    rows: dict[int, bool] = {}

    def row_differs(row: int) -> bool:
        one = (Ranked(row, 0.0),)
        answer = rows[row] = render(ours, _NOBODY.values, old.bundle.items, one) != render(others, _NOBODY.values, new.bundle.items, one)
        return answer

    def differ(before: Items, after: Items) -> bool | None:
        if before is not after and [one.row for one in before] != [one.row for one in after]:
            return None
        if alike:
            return False
        found = 0
        for one in before:
            row = one.row
            found += rows[row] if row in rows else row_differs(row)
        return None if found > 1 or (found and not is_one) else bool(found)

    return differ


def _for_everybody(old: Bundle, new: Bundle, moved: bool, before: Decision, after: Decision) -> bool | None:
    """Where neither side depends on the visitor, whether they differ; None where one does."""
    sides = []
    for bundle, decision in ((old, before), (new, after)):
        slot = bundle.slots[decision.slot]
        if slot.values is None and decision.content >= 0 and not is_fixed(bundle.contents[decision.content]) and bundle.contents[decision.content]:
            sides.append(None)
        else:
            sides.append((shown(bundle, _NOBODY, decision),))
    if None in sides:
        nothing = (None,) in sides  # a personal text is never nothing
        return True if nothing else None
    return sides[0] != sides[1] or (moved and sides[0] != (None,))


_NOBODY = Visit()
