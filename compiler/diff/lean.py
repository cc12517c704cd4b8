"""A bundle that decides less: only some slots, and not why consent would have mattered. What it shows is what the whole one shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from compiler.diff.forms import actions
from compiler.diff.remembering import Remembering
from tessera.evaluate import names
from tessera.kernel import Kernel
from tessera.match import Index, match
from tessera.outcomes import Outcomes
from tessera.ranking import rank
from tessera.resolved import Action, Bundle
from tessera.sound import ILL_TYPED
from tessera.types import Decision, Visit


def lean(bundle: Bundle, slots: Iterable[int], kernel: Kernel) -> Bundle:
    """The bundle for deciding these slots, and those that they need. Its decisions are the same but for the reason of a default, which is
    never `consent`. kernel: what scores items, by the bundle's numbers."""
    wanted = set(slots)
    wanted |= {parent for slot in wanted for parent in bundle.slots[slot].needs}
    mask = 0
    for slot in wanted:
        mask |= bundle.outcomes.masks[slot]
    outcomes = Outcomes(bundle.postings.conjunctions, bundle.outcomes.masks)
    front = bundle.front and bundle.front._replace(outcomes=Outcomes(len(bundle.front.place), bundle.front.outcomes.masks))
    found = replace(
        bundle,
        index=trimmed(bundle.index, mask),
        outcomes=outcomes,
        front=front,
        kernel=Remembering(kernel),
        items=replace(bundle.items, columns=_filtered_by(bundle)),
        slots=tuple(replace(slot, purposes=frozenset()) for slot in bundle.slots),
        asked=frozenset(),
    )
    for slot in wanted:
        _intern_default(found, slot)
    return found


def _filtered_by(bundle: Bundle) -> dict[str, Any]:
    """The columns that filters read, item by item; to those of the others no decision looks."""
    read: set[str] = set()
    for action in actions(bundle):
        read.update(name.removeprefix("item.") for name in names(action.where) if name.startswith("item."))
        read.update(field for _, _, field, _ in action.tables)
    return {name: column for name, column in bundle.items.columns.items() if name in read}


def _intern_default(bundle: Bundle, number: int) -> None:
    """A default that ranks the same for everybody is ranked once."""
    slot = bundle.slots[number]
    action = slot.default
    if slot.test is not None or bundle.front is not None or not is_alike_for_all(bundle, action):
        return
    model, items, after = rank(bundle, Visit(), action)
    mask = bundle.outcomes.masks[number]
    content = slot.variants[action.variant][1][0] if items and action.variant >= 0 and slot.variants[action.variant][1] else -1
    decision = Decision(number, action.variant if items else -1, "default", -1, content, model=model, items=items, runners_up=after)
    bundle.outcomes.shown[(mask & -mask).bit_length()] = decision


def is_alike_for_all(bundle: Bundle, action: Action) -> bool:
    """Whether a ranking is by one order, and filtered by nothing of the visitor's."""
    if action.model < 0 or action.among or action.where is not None or action.tables or action.without:
        return False
    return bundle.models[action.model].kind == "order"


def trimmed(index: Index, mask: int) -> Index:
    """The part of an index that tells of some conjunctions; of the others none is alive."""
    kept: dict[str, Any] = {
        "tables": tuple(row for row in index.tables if not _spares(row, mask)),
        "scales": tuple(row for row in index.scales if not _spares(row, mask)),
        "computed": tuple(row for row in index.computed if not _spares(row[2], mask)),
        "checks": tuple(row for row in index.checks if not _spares_all(row, mask)),
    }
    return replace(index, **kept, everything=index.everything & mask, untested=index.untested & mask)


def _spares(row: tuple, mask: int) -> bool:
    """Whether a table or scale lets all of these conjunctions live, whatever the value."""
    masks = (*row[1].values(), row[2]) if len(row) == 3 else (*row[2], row[3])
    return all(one & mask == mask for one in masks)


def _spares_all(row: tuple, mask: int) -> bool:
    _, _, absent, present, checks = row
    return all(one & mask == mask for one in (absent, present, *(each for check in checks for each in check[2:])))


def alive(index: Index, values: Mapping[str, Any]) -> int:
    """The conjunctions of an index that may hold; all of them where a value is not of its type."""
    if not index.everything:
        return 0
    try:
        return match(index, values)
    except ILL_TYPED:
        return index.everything
