"""Slots that decide the same in both bundles and say something else: decided once, as after a change of texts or of a price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.diff.forms import Forms
from compiler.diff.matching import Pair
from tessera.resolved import Action, Bundle, Slot
from tessera.types import Decision


class Deciding(Forms):
    """What the slots of a bundle decide, whatever the variants say."""

    def variant(self, slot: Slot, number: int) -> Any:
        return None if number < 0 else (number, len(slot.variants[number][1]))


class Twin:
    """A slot of both bundles that decides the same; the numbers of the new one for those of the old one."""

    def __init__(self, old: int, new: int, rules: dict[int, int], contents: dict[int, dict[int, int]], experiments: dict[int, int], models: dict[int, int]) -> None:
        self._slot, self._rules, self._contents, self._experiments, self._models = new, rules, contents, experiments, models
        same = (one == other for numbers in (rules, experiments, models, *contents.values()) for one, other in numbers.items())
        self._is_identical = old == new and all(same)

    def new(self, decision: Decision) -> Decision:
        """What the new bundle decides where the old one decided so."""
        if self._is_identical:
            return decision
        content = self._contents[decision.variant][decision.content] if decision.content >= 0 else -1
        return decision._replace(
            slot=self._slot, rule=self._rules[decision.rule], content=content, experiment=self._experiments[decision.experiment], model=self._models[decision.model]
        )  # fmt: skip


def twin(old: Deciding, new: Deciding, pair: Pair) -> Twin | None:
    """The twin of a pair of slots; None where they may decide otherwise for somebody of whom both know the same."""
    if pair.old is None or pair.new is None:
        return None
    ours, theirs = old.bundle.slots[pair.old], new.bundle.slots[pair.new]
    before, after = old.slot(pair.old), new.slot(pair.new)
    if ours.needs or theirs.needs or (ours.values is None) != (theirs.values is None) or before.own != after.own:
        return None
    contents: dict[int, dict[int, int]] = {}
    for number, ((_, mine), (_, others)) in enumerate(zip(ours.variants, theirs.variants)):
        contents[number] = dict(zip(mine, others))
        if any(contents[number][one] != other for one, other in zip(mine, others)):  # patches that say the same in the old one alone
            return None
    rules, experiments, models = {-1: -1}, {-1: -1}, {-1: -1}
    pairs = [(ours.default, theirs.default), (ours.test, theirs.test)]
    for (mine, _), (other, _) in zip(before.rules, after.rules):
        rules[mine] = other
        pairs.append((old.bundle.rules[mine].action, new.bundle.rules[other].action))
    for first, second in pairs:
        for mine, other in _actions(first, second):
            experiments[mine.experiment] = other.experiment
            _models(old.bundle, new.bundle, mine.model, other.model, models)
    return Twin(pair.old, pair.new, rules, contents, experiments, models)


def _actions(old: Action | None, new: Action | None) -> Iterator[tuple[Action, Action]]:
    """An action of both, and those of its arms."""
    if old is not None and new is not None:
        yield old, new
        for one, other in zip(old.arms, new.arms):
            yield from _actions(one, other)


def _models(old: Bundle, new: Bundle, mine: int, other: int, found: dict[int, int]) -> None:
    """Note a model of both, with its parts and what stands in for it."""
    if mine in found or other < 0:
        return
    found[mine] = other
    ours, theirs = old.models[mine], new.models[other]
    for one, another in zip((*ours.parts, ours.otherwise), (*theirs.parts, theirs.otherwise)):
        _models(old, new, one, another, found)
