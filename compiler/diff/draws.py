"""Whether somebody is drawn for the same arm by two experiments."""

from __future__ import annotations

from collections.abc import Mapping

from tessera.allocation import arm_at
from tessera.assign import HASHES
from tessera.enrol import Assigned, assigned
from tessera.resolved import Experiment
from tessera.types import Visit


class Draw:
    """Two experiments between the same arms. The answers for the last visitor are kept, since they are asked for again on every page."""

    __slots__ = ("old", "new", "is_drawn_once", "is_by_units", "_units", "_answer", "_asked", "_arms")

    def __init__(self, old: Experiment, new: Experiment) -> None:
        self.old, self.new = old, new
        self.is_drawn_once = _is_drawn_once(old, new)
        self.is_by_units = not any("." in (unit or "") for one in (old, new) for unit in (one.design.unit, one.design.fallback_unit))
        self._units: Mapping[str, str] | None = None
        self._answer = False
        self._asked: tuple[Visit, Visit] | None = None
        self._arms: tuple[Assigned, Assigned] = (Assigned(-1, False), Assigned(-1, False))

    def is_same(self, old: Visit, new: Visit) -> bool:
        """Whether a visitor of whom both bundles know the same gets the same arm, or none, in both."""
        if not self.is_drawn_once:
            before, after = self.arms(old, new)
            return before.arm == after.arm
        if self._units is not old.units:  # the visits of one visitor share them, and nothing else counts
            self._units, self._answer = old.units, self._at_once(old)
        return self._answer

    def arms(self, old: Visit, new: Visit) -> tuple[Assigned, Assigned]:
        """What both give a visitor."""
        asked = self._asked
        if asked is None or not (self._is_known(asked[0], old) and self._is_known(asked[1], new)):
            self._asked, self._arms = (old, new), (assigned(self.old, old), assigned(self.new, new))
        return self._arms

    def _is_known(self, before: Visit, visit: Visit) -> bool:
        """Whether all that an arm depends on is the same in two visits."""
        if before is visit:
            return True
        same = before.units is visit.units and before.sticky is visit.sticky and before.at == visit.at and before.offset == visit.offset
        return same and self.is_by_units and before.purposes == visit.purposes and not (before.forced or visit.forced)

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
