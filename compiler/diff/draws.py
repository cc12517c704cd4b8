"""Whether somebody is drawn for the same arm by two experiments."""

from __future__ import annotations

from tessera.allocation import arm_at
from tessera.assign import HASHES
from tessera.enrol import assigned
from tessera.resolved import Experiment
from tessera.types import Visit


class Draw:
    """Two experiments between the same arms. The answer for the last visitor is kept, since it is asked for again."""

    __slots__ = ("old", "new", "is_drawn_once", "_asked", "_answer")

    def __init__(self, old: Experiment, new: Experiment) -> None:
        self.old, self.new = old, new
        self.is_drawn_once = _is_drawn_once(old, new)
        self._asked: tuple[Visit, Visit] | None = None
        self._answer = False

    def is_same(self, old: Visit, new: Visit) -> bool:
        """Whether a visitor of whom both bundles know the same gets the same arm, or none, in both."""
        if self._asked is None or self._asked[0] is not old or self._asked[1] is not new:
            self._asked = (old, new)
            self._answer = self._at_once(old) if self.is_drawn_once else assigned(self.old, old).arm == assigned(self.new, new).arm
        return self._answer

    def _at_once(self, visit: Visit) -> bool:
        design = self.old.design
        unit = visit.units.get(design.unit)
        if not unit:
            return True
        bucket = HASHES[design.hash].number(self.old.salt, unit, design.buckets)
        return all(arm_at(before, bucket) == arm_at(after, bucket) for (_, before), (_, after) in zip(design.allocations, self.new.design.allocations))


def _is_drawn_once(old: Experiment, new: Experiment) -> bool:
    """Whether nothing but how the buckets are divided between the arms is another, and a unit alone decides among them."""
    ours, theirs = old.design, new.design
    gates = ours._replace(allocations=(), arms=()) == theirs._replace(allocations=(), arms=()) and old.salt == new.salt
    starts = [start for start, _ in ours.allocations] == [start for start, _ in theirs.allocations]
    return gates and starts and not (ours.sticky or ours.fallback_unit or "." in ours.unit)
