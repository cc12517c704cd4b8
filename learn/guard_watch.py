"""A watchdog for sudden drops: what visitors do now, against the same hours of the days before.

Two figures are watched: how often the metric's event happens, and how often for each visitor. Each has what is expected of
every few minutes, from the same minutes of the days before. A detector of Shiryaev and Roberts adds up, over every moment
at which a drop may have begun, the likelihood ratio of a drop since then. While nothing drops, the sum grows by one with every
bin at most, so the mean time to a false alarm is at least the bound that the sum must reach, in bins: Shin, Ramdas and Rinaldo (2023),
"E-detectors", arXiv:2203.03532. A mean over several depths of a drop is such a detector too.

What varies more than chance would have it (weekdays, campaigns) is measured on the days before, and divides the evidence. A drop
of less than `slack`, and what the days before cannot tell better, is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter1d

from learn.guard_log import reading
from learn.guard_types import Metric

DAY = 86_400
PER_WINDOW = 12  # bins
DEPTHS = (0.02, 0.25, 0.5, 0.75)  # of what is expected: the drops that the evidence is a mixture of
FEWEST_DAYS = 3  # before, or nothing can be compared
WEEKS = 21  # days before, from which on a day is compared with the same weekdays
SMOOTHED = 1800  # seconds to either side over which what is expected is averaged
DEVIATIONS = 2.0  # of the error of what is expected, beyond which a drop begins


@dataclass(frozen=True)
class Watch:
    """What is watched for. Times in seconds; `slack`: the relative drop that is none; `quiet`: the least mean time between false alarms."""

    window: float = 3600.0
    baseline: float = 7 * DAY
    slack: float = 0.1
    quiet: float = 30 * DAY

    @property
    def bin(self) -> float:
        """Seconds; so many go into a day exactly."""
        return DAY / max(1, round(DAY * PER_WINDOW / self.window))


@dataclass(frozen=True)
class Series:
    """Counts a bin, the last of which ends at `until`; the days before first. `days`: whole days before that the log covers;
    `recent`: of how many bins at the end it is asked whether they dropped."""

    events: np.ndarray
    visitors: np.ndarray
    until: float
    bin: float
    days: int
    recent: int


@dataclass(frozen=True)
class Figure:
    """One figure: whether it dropped (`alarm`), what was seen since then and what was expected. `since`: when the drop most likely began;
    without an alarm, since when it was looked at.

    `evidence` reaches `bound` in an alarm (both as logarithms). `known`: False where there is too little to compare with.
    """

    name: str
    known: bool
    alarm: bool = False
    since: float = 0.0
    seen: float = 0.0
    expected: float = 0.0
    evidence: float = 0.0
    bound: float = 0.0
    spread: float = 1.0

    @property
    def drop(self) -> float:
        """Between 0 and 1, of what was expected since then."""
        return 1 - self.seen / self.expected if self.expected else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "figure": self.name, "known": self.known, "alarm": self.alarm, "since": round(self.since), "seen": round(self.seen, 2), "expected": round(self.expected, 2),
            "drop": round(self.drop, 4), "evidence": round(self.evidence, 3), "bound": round(self.bound, 3), "spread": round(self.spread, 3),
        }  # fmt: skip


def series(log: Sequence[str], metric: Metric, watch: Watch, published: float, until: float, scratch: Path) -> Series:
    """What the log tells of the last days.

    Args:
        published: when the live release was: drops since then are looked for, of the last window at least and the last day at the most.
    Raises:
        BadFile: there are no decisions, or a line is no row of the log.
    """
    width = watch.bin
    looked = min(max(until - published, watch.window), DAY)
    recent = max(1, int(np.ceil(looked / width)))
    days = int(watch.baseline // DAY)
    total = recent + round(days * DAY / width)
    origin = until - total * width
    bounds = {"origin": origin, "until": until, "width": width, "last": total - 1}
    place = 'least(floor(("at" - $origin) / $width)::BIGINT, $last)'
    with reading(log, origin, scratch, metric) as told:
        first = told.execute('SELECT min("at") FROM decisions').fetchone()
        seen = told.execute(
            f"SELECT {place} AS bin, count(DISTINCT unit) AS count FROM decisions WHERE \"at\" >= $origin AND \"at\" < $until AND unit_kind = 'visitor' "
            "AND coalesce(lane, 'live') <> 'header' AND coalesce(inputs.\"request.bot\", 'false') <> 'true' GROUP BY bin", bounds,
        ).fetchall()  # fmt: skip
        happened = told.execute(
            f'SELECT {place} AS bin, count(*) AS count FROM events WHERE event = $event AND "at" >= $origin AND "at" < $until GROUP BY bin', bounds | {"event": metric.event}
        ).fetchall()
    begun = first[0] if first and first[0] is not None else until
    covered = int((until - recent * width - max(begun - width, origin)) // DAY)
    return Series(_filled(happened, total), _filled(seen, total), until, width, max(0, min(covered, days)), recent)


def figures(of: Series, metric: Metric, watch: Watch) -> tuple[Figure, Figure]:
    """The metric's events in a time, and for each visitor."""
    names = f"{metric.name} an hour", f"{metric.name} for each visitor"
    if of.days < FEWEST_DAYS:
        return Figure(names[0], False), Figure(names[1], False)
    day = round(DAY / of.bin)
    back = list(range(7, of.days + 1, 7)) if of.days >= WEEKS else list(range(1, of.days + 1))
    bins = len(of.events)
    now = np.arange(bins - of.recent, bins)
    reach = 2 * max(1, round(SMOOTHED / of.bin)) + 1
    smooth = (uniform_filter1d(each.astype(float), reach, mode="nearest") for each in (_before(of.events, of.recent), _before(of.visitors, of.recent)))
    events, visitors = (np.stack([each[now - days * day] for days in back]) for each in smooth)
    expected = events.mean(axis=0)
    rate = events.sum(axis=0) / np.maximum(visitors.sum(axis=0), 1e-9)
    hours = max(1, round(watch.window / of.bin))
    spreads = _spread(of, day, back, hours)
    bound = log(2 * watch.quiet / of.bin)  # there are two figures
    known = events.sum(axis=0) * reach  # events that what is expected of a bin rests on
    slacks = [np.minimum(watch.slack + DEVIATIONS * np.sqrt(spread / np.maximum(known, 1.0)), 0.9) for spread in spreads]
    seen = of.events[now]
    return (
        _figure(names[0], seen, expected, slacks[0], spreads[0], bound, of),
        _figure(names[1], seen, rate * of.visitors[now], slacks[1], spreads[1], bound, of),
    )


def detector(seen: np.ndarray, expected: np.ndarray, spread: float) -> np.ndarray:
    """The logarithm of the detector after each bin.

    Args:
        seen, expected: counts, along the last axis; where nothing drops, the mean is `expected` at least.
        spread: variance of the counts over their mean.
    """
    ratios = evidence(seen, expected, spread)
    found, sums = np.full(ratios.shape[:-1], -np.inf), np.empty(ratios.shape)
    for place in range(ratios.shape[-1]):
        found = np.logaddexp(0.0, found) + ratios[..., place]
        sums[..., place] = found
    return np.logaddexp.reduce(sums, axis=0) - log(len(DEPTHS))


def evidence(seen: np.ndarray, expected: np.ndarray, spread: float) -> np.ndarray:
    """The logarithm of each bin's likelihood ratio, for each of the DEPTHS: a mean of depth·expected against one of expected."""
    depths = np.asarray(DEPTHS).reshape(-1, *[1] * np.ndim(seen))
    return (seen * np.log(depths) + expected * (1 - depths)) / spread


def _figure(name: str, seen: np.ndarray, expected: np.ndarray, slack: np.ndarray, spread: float, bound: float, of: Series) -> Figure:
    least = expected * (1 - slack)
    found = float(detector(seen, least, spread)[-1])
    ratios = evidence(seen, least, spread)
    since = np.cumsum(ratios[:, ::-1], axis=1)[:, ::-1]  # of a drop that began with each bin
    alarm = found >= bound
    begun = int(since.max(axis=0).argmax()) if alarm else 0
    return Figure(name, True, alarm, of.until - (len(seen) - begun) * of.bin, float(seen[begun:].sum()), float(expected[begun:].sum()), found, bound, spread)


def _spread(of: Series, day: int, back: Sequence[int], hours: int) -> tuple[float, float]:
    """Variance over mean of the counts of a window among the days before, of events and of events for each visitor; 1 at least."""
    first = len(of.events) - of.recent
    windows = [np.stack([each[first - days * day : first - days * day + day][: day - day % hours].reshape(-1, hours).sum(axis=1) for days in back]) for each in (of.events, of.visitors)]
    events, visitors = windows
    rate = events.sum(axis=0) / np.maximum(visitors.sum(axis=0), 1e-9)
    found = []
    for expected in (np.broadcast_to(events.mean(axis=0), events.shape), rate * visitors):
        some = expected > 0
        freedom = some.sum() * (len(back) - 1) / len(back)
        found.append(max(1.0, float((((events - expected) ** 2)[some] / expected[some]).sum() / freedom)) if freedom else 1.0)
    return found[0], found[1]


def _before(each: np.ndarray, recent: int) -> np.ndarray:
    """The counts of the time before, so that smoothing sees nothing of what is judged."""
    return np.concatenate([each[: len(each) - recent], np.repeat(each[len(each) - recent - 1], recent)]) if recent < len(each) else each


def _filled(rows: Sequence[tuple[int, int]], total: int) -> np.ndarray:
    found = np.zeros(total)
    for place, count in rows:
        if 0 <= place < total:
            found[int(place)] = count
    return found


def words(figure: Figure) -> str:
    """What was seen and what was expected; the moment is the caller's to write."""
    told = f"{figure.name}: {figure.seen:,.0f} in place of about {figure.expected:,.0f} (± {sqrt(figure.spread * max(figure.expected, 1.0)):,.0f})"
    return f"{told}, {100 * figure.drop:.0f} % less" if figure.alarm else told
