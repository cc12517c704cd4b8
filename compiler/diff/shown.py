"""What a decision shows: the text of a place, the value of a flag, the address that a redirect leads to, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

from compiler.diff.forms import Forms, leaves
from compiler.diff.matching import Pair
from tessera.render import is_fixed, render
from tessera.resolved import Bundle
from tessera.types import Decision, Visit


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
    by_items: dict[_Key, bool] = {}

    def by_items_alone(key: _Key) -> bool:
        """Whether both contents are the same but for the items that they show."""
        _, mine, _, theirs = key
        if any(one[0] != "item" for one in leaves(old.bundle.contents[mine])) or old.field("id") != new.field("id"):
            return False
        return old.content(mine) == new.content(theirs)

    def differs(seen: Visit, then: Visit, before: Decision, after: Decision) -> bool:
        key = (before.variant, before.content, after.variant, after.content)
        try:
            answer = told[key]
        except KeyError:
            answer = told[key] = _for_everybody(old.bundle, new.bundle, moved, before, after)
            by_items[key] = answer is None and not moved and by_items_alone(key)
        if answer is not None:
            return answer
        if by_items[key] and [one.row for one in before.items] == [one.row for one in after.items]:
            return False
        return moved or shown(old.bundle, seen, before) != shown(new.bundle, then, after)

    return differs


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
