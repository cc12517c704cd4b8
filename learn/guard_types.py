"""What a guard judges by, and what it counted: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from learn.guard_statistics import Moments

SESSION = 0  # `within: session` of a metric: until nothing was heard of the visitor for half an hour


@dataclass(frozen=True)
class Metric:
    """A metric of the site. `within`: seconds after a visitor was first seen, SESSION for the visit. `sum`: the field that is added up."""

    name: str
    event: str
    within: int
    sum: str | None = None
    good: str = "up"


@dataclass(frozen=True)
class Plan:
    """How a canary is judged, as release.yaml has it; shares and tolerances as fractions, `hold` in seconds."""

    metric: str | None = None
    steps: tuple[float, ...] = (0.05, 0.25, 1.0)
    min_visitors: int = 500
    alpha: float = 0.05
    worse: float = 0.02
    errors: float = 0.005
    fallbacks: float = 0.01
    latency: float = 1.3
    hold: float = 3600.0


@dataclass(frozen=True)
class Trial:
    """Whose rows are compared: names of the bundles of each side (one a format), the canary's share, and from when to when
    (epoch seconds)."""

    live: frozenset[str]
    canary: frozenset[str]
    share: float
    since: float
    until: float


@dataclass(frozen=True)
class Side:
    """Visitors of one side. `errors`, `fallbacks`, `converted`: of how many visitors at least one view had that; `value`: of the
    metric's sums; `took`: milliseconds of each visitor's first view that has any, ascending."""

    units: int = 0
    views: int = 0
    errors: int = 0
    fallbacks: int = 0
    converted: int = 0
    value: Moments = Moments(0, 0.0, 0.0)
    took: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Counted:
    """`events`: how many of the metric's event were read at all. `left_out`: why → how many page views. `crossed`: visitors who
    saw both sides; they count where they were first seen."""

    control: Side
    canary: Side
    events: int
    crossed: int
    left_out: Mapping[str, int]
