"""Who is in which arm of an experiment, before and after: results of a test are worth nothing where its visitors change arms."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from compiler.diff import matching
from compiler.diff.draws import Draw
from compiler.diff.plan import Plan
from compiler.diff.report import Assignment
from tessera.enrol import Assigned, assigned
from tessera.resolved import Experiment
from tessera.types import Visit

OUTSIDE = ""


class _Watched(NamedTuple):
    """A pair of experiments; `arms`: an arm of the old one → the same arm by the names of the new one; `same`: whether both give the same
    arm, by the same name, to somebody of whom both bundles know the same; `draw`: what tells it where that depends."""

    old: Experiment | None
    new: Experiment | None
    arms: dict[str, str]
    counts: Counter
    same: bool
    draw: Draw | None


class Rebucketing:
    """Counts who is enrolled where, of the experiments whose assignment may have changed.

    Who reaches a slot plays no part: an experiment is asked of every visitor who is not held out of all.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        old, new = plan.old, plan.new
        any_may = not plan.shares_visits or old.holdout != new.holdout
        self._watched = []
        for pair in matching.experiments(old, new):
            before = None if pair.old is None else old.experiments[pair.old]
            after = None if pair.new is None else new.experiments[pair.new]
            same = before is not None and after is not None and plan.old_forms.experiment(before) == plan.new_forms.experiment(after)
            if any_may or not same:
                alike = before is not None and after is not None and before.design.arms == after.design.arms
                self._watched.append(_Watched(before, after, _arms(before, after), Counter(), same and alike, plan.draw(pair.old, pair.new) if alike else None))
        self.matters = bool(self._watched)

    def add(self, old: Visit, new: Visit) -> None:
        """Count a visitor."""
        held = self._plan.held(old)
        alike = old is new and not old.forced
        held_now = held if alike and self._plan.old.holdout == self._plan.new.holdout else self._plan.held_now(new)
        for one in self._watched:
            if alike and (one.same or (held == held_now and one.draw is not None and one.draw.is_drawn_once and one.draw.is_same(old, new))):
                arm = OUTSIDE if held and held_now or one.old is None else _arm(one.old, assigned(one.old, old))
                one.counts[OUTSIDE if held else arm, OUTSIDE if held_now else arm] += 1
                continue
            before = after = OUTSIDE
            if alike and one.draw is not None and not held:
                ours, theirs = one.draw.arms(old, new)
                before, after = _arm(one.old, ours), OUTSIDE if held_now else _arm(one.new, theirs)
            else:
                if one.old is not None and not held:
                    before = _arm(one.old, assigned(one.old, old))
                if one.new is not None and not held_now:
                    after = _arm(one.new, assigned(one.new, new))
            one.counts[before, after] += 1

    def assignments(self) -> tuple[Assignment, ...]:
        """The experiments of which anybody's arm changed, or that are in one bundle alone."""
        found = (self._assignment(one) for one in self._watched)
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.name))

    def _assignment(self, one: _Watched) -> Assignment | None:
        before = after = moved = left = joined = 0
        for (old, new), many in one.counts.items():
            before += many * (old != OUTSIDE)
            after += many * (new != OUTSIDE)
            left += many * (old != OUTSIDE and new == OUTSIDE)
            joined += many * (old == OUTSIDE and new != OUTSIDE)
            moved += many * (old != OUTSIDE and new != OUTSIDE and one.arms.get(old, old) != new)
        if one.old is not None and one.new is not None and not (moved or left or joined):
            return None
        name = (one.new or one.old).name
        was = one.old.name if one.old is not None and one.old.name != name else None
        matrix = tuple((old, new, many) for (old, new), many in sorted(one.counts.items()))
        return Assignment(name, was, before, after, moved, left, joined, matrix)


def _arms(old: Experiment | None, new: Experiment | None) -> dict[str, str]:
    if old is None or new is None:
        return {}
    ours, theirs = old.design.arms, new.design.arms
    return {ours[pair.old]: theirs[pair.new] for pair in matching.arms(ours, theirs) if pair.old is not None and pair.new is not None}


def _arm(experiment: Experiment, given: Assigned) -> str:
    """The arm for which a visitor counts."""
    return experiment.design.arms[given.arm] if given.enrolled and given.arm >= 0 else OUTSIDE
