"""Which slot, segment, experiment, campaign, model and page of one bundle is which of the other: by name, and those left over by what they are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from compiler.diff.forms import Forms
from tessera.resolved import Bundle, Experiment, Slot

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Pair:
    """What stands in both bundles, or in one alone (None): numbers of slots, experiments and so on, or names of pages."""

    old: Any
    new: Any


def matched(old: Sequence[One], new: Sequence[One], *ways: Callable[[One], Hashable | None]) -> list[Pair]:
    """Pairs of numbers. Each way gives a key; what has the same key is the same, unless an earlier way has taken it already, or it is None.

    In the order of the new ones, then of the old ones that are gone.
    """
    taken_old: dict[int, int] = {}
    taken_new: dict[int, int] = {}
    for way in ways:
        by_key: dict[Hashable, list[int]] = {}
        for number, one in enumerate(old):
            if number not in taken_old and (key := way(one)) is not None:
                by_key.setdefault(key, []).append(number)
        for number, one in enumerate(new):
            if number in taken_new:
                continue
            free = by_key.get(way(one)) if way(one) is not None else None
            if free:
                taken_new[number] = free.pop(0)
                taken_old[taken_new[number]] = number
    both = [Pair(taken_new.get(number), number) for number in range(len(new))]
    return both + [Pair(number, None) for number in range(len(old)) if number not in taken_old]


def pages(old: Bundle, new: Bundle) -> list[Pair]:
    """The pages' names: by name, then by address."""
    found = matched(old.pages, new.pages, lambda page: page[0], lambda page: page[1])
    return [Pair(None if pair.old is None else old.pages[pair.old][0], None if pair.new is None else new.pages[pair.new][0]) for pair in found]


def slots(old: Bundle, new: Bundle) -> list[Pair]:
    """By name, then by flag, then by the place on the page; of several in one place the first is the first."""
    return matched(old.slots, new.slots, lambda slot: slot.name, lambda slot: slot.flag, _place)


def _place(slot: Slot) -> Hashable | None:
    return (slot.channel, slot.selector, slot.operation, slot.pages) if slot.flag is None else None


def experiments(old: Bundle, new: Bundle) -> list[Pair]:
    """By name, then by key, then by salt and hash."""
    return matched(tuple(old.experiments), tuple(new.experiments), lambda one: one.name, lambda one: one.key, _draw)


def _draw(experiment: Experiment) -> Hashable:
    return (experiment.salt, experiment.design.hash, experiment.design.unit)


def arms(old: Sequence[str], new: Sequence[str]) -> list[Pair]:
    """The arms of an experiment: by name, and those left over in their order."""
    return matched(old, new, lambda arm: arm, lambda arm: "")


def segments(old: Forms, new: Forms) -> list[tuple[str | None, str | None]]:
    """The names of segments: by name, then by condition."""
    ours = [(name, old.tree(tree)) for name, tree in old.bundle.segments.items()]
    theirs = [(name, new.tree(tree)) for name, tree in new.bundle.segments.items()]
    found = matched(ours, theirs, lambda one: one[0], lambda one: one[1])
    return [(None if pair.old is None else ours[pair.old][0], None if pair.new is None else theirs[pair.new][0]) for pair in found]


def campaigns(old: Forms, new: Forms) -> list[Pair]:
    """By name, then by dates, cap and pause."""

    def form(forms: Forms) -> list[tuple[str, Any]]:
        return [(one.name, forms.campaign(one)[:-1]) for one in forms.bundle.campaigns]

    return matched(form(old), form(new), lambda one: one[0], lambda one: one[1])


def models(old: Forms, new: Forms) -> list[Pair]:
    """By name, then by version."""
    return matched(old.bundle.models, new.bundle.models, lambda one: one.name, lambda one: (one.kind, one.version))
