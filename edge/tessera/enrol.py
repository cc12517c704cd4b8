"""Which arm of an experiment a visitor gets: units, sticky arms, holdouts, layers, ramps."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from tessera import assign
from tessera.allocation import Allocation, arm_at
from tessera.resolved import Bundle, Design, Experiment
from tessera.types import Decision, Visit


class Assigned(NamedTuple):
    """An arm (-1: none, the visitor is outside the test), whether the visitor counts for it, and how probable it was."""

    arm: int
    enrolled: bool
    propensity: float = 1.0


def assigned(experiment: Experiment, visit: Visit) -> Assigned:
    """The visitor's arm.

    Without the experiment's purpose, or without a unit of its kind, the visitor gets the first arm and is not
    enrolled. An experiment that randomises by an attribute takes only those of whom the attribute is known, or who keep an
    arm of it: these are shown the arm and not enrolled.
    """
    design = experiment.design
    forced = visit.forced.get(experiment.name)
    wished = forced in design.arms
    if design.run and not (wished and visit.preview) and not design.run.holds(visit.at, visit.offset):
        return _OUTSIDE  # a preview shows an arm also before its experiment begins
    if wished:
        return Assigned(design.arms.index(forced), True)
    unit = unit_of(design.unit, visit) or (unit_of(design.fallback_unit, visit) if design.fallback_unit else None)
    if design.purpose and design.purpose not in visit.purposes:
        return Assigned(0, False)
    kept = kept_arm(experiment, visit) if design.sticky else None
    if kept == -1:
        return _OUTSIDE
    if not unit:  # who has logged out goes on with the arm, and does not count
        return Assigned(kept, False) if kept is not None else _OUTSIDE if "." in design.unit else Assigned(0, False)
    if kept is not None:
        return Assigned(kept, True, _allocation(design, visit.at).propensities[kept])
    if design.holdout and assign.bucket(design.holdout[1], unit) < design.holdout[0]:
        return _OUTSIDE
    if design.layer:
        salt, start, end = design.layer
        if not start <= assign.bucket(salt, unit) < end:
            return _OUTSIDE
    allocation = _allocation(design, visit.at)
    arm = arm_at(allocation, assign.HASHES[design.hash].number(experiment.salt, unit, design.buckets))
    return _OUTSIDE if arm < 0 else Assigned(arm, True, allocation.propensities[arm])


_OUTSIDE = Assigned(-1, False)


def unit_of(kind: str, visit: Visit) -> str | None:
    """The id that is randomised: a unit of the visit, or an attribute's value as text. None where it is not known."""
    if "." in kind:
        return assign.unit_text(visit.values.get(kind))
    unit = visit.units.get(kind)
    return unit if isinstance(unit, str) else None


def _allocation(design: Design, at: float) -> Allocation:
    """The one in force: of a ramp, the last step that has begun."""
    found = design.allocations[0][1]
    for start, allocation in design.allocations[1:]:
        if start <= at:
            found = allocation
    return found


def kept_arm(experiment: Experiment, visit: Visit) -> int | None:
    """The arm that the visitor was given before; -1 where one of a barred version keeps them out, None for neither."""
    design = experiment.design
    if any(_barred(key, experiment) for key in visit.sticky):
        return -1
    arm = visit.sticky.get(sticky_key(experiment))
    return design.arms.index(arm) if arm in design.arms else None


def _barred(key: str, experiment: Experiment) -> bool:
    """Whether a sticky key is of this experiment in a version that keeps its visitors out."""
    name, _, version = key.rpartition("__")
    return name == experiment.key and version.isdecimal() and len(version) < 10 and int(version) < experiment.design.min_version


def sticky_key(experiment: Experiment) -> str:
    """The name under which a visitor's arm is kept: the experiment's key and its version."""
    return f"{experiment.key}__{experiment.design.version}"


def given(bundle: Bundle, decisions: Sequence[Decision]) -> dict[str, str]:
    """The sticky arms that these decisions gave, by sticky key."""
    found = {}
    for decision in decisions:
        experiment = bundle.experiments[decision.experiment] if decision.experiment >= 0 else None
        if experiment is not None and experiment.design.sticky and decision.why != "preview":
            found[sticky_key(experiment)] = experiment.design.arms[decision.arm]
    return found
