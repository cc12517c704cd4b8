"""A canary against the live release: `promote`, `hold` or `rollback`, with the figures and the reasons in sentences.

A guard is breached where its whole interval is worse than what the plan tolerates. The intervals hold at every look (see
guard_statistics), and share `alpha` among themselves and among the steps of the plan: a canary that does no harm beyond what is
tolerated is rolled back with a probability of at most `alpha` from the first step to the last, however often one looks. The
sample ratio has its own bound, SAMPLE_ALPHA a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import exp, inf, isfinite, sqrt
from typing import Any

from learn.guard_log import LEFT_OUT
from learn.guard_statistics import Interval, chi_square, difference, mean_sequence, quantile_ratio, ratio, sample_ratio
from learn.guard_types import Counted, Metric, Plan, Side

SAMPLE_ALPHA = 0.001  # below which the sample ratio is an alarm
FEWEST_SUMS = 30  # converted visitors of a side, before sums are compared: below it they are not nearly normal
FEWEST_TIMES = 20  # of a side, before times are compared
ROLLBACK, PROMOTE, HOLD = "rollback", "promote", "hold"


@dataclass(frozen=True)
class Check:
    """One guard. `state`: `breached`, `leaning` (the estimate is worse than tolerated by more than its standard error, which is not
    shown yet), `unknown` (too little to say), `open` (harm beyond what is tolerated is neither shown nor excluded), `fine`
    (it is excluded). `interval` is None where nothing could be compared. `alpha`: of this interval."""

    name: str
    state: str
    control: float
    canary: float
    interval: Interval | None
    tolerated: float
    alpha: float
    says: str
    blocks: bool = False  # whether `unknown` keeps the canary from being promoted
    p: float | None = None  # of the sample ratio, at any look

    def as_json(self) -> dict[str, Any]:
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("interval", "says", "blocks")}
        interval = None if self.interval is None else {one.name: _finite(getattr(self.interval, one.name)) for one in fields(self.interval)}
        return {**plain, "interval": interval, "says": self.says}


@dataclass(frozen=True)
class Verdict:
    """`action`; why, in sentences; `to`: the share of the next step where it is to be promoted, 1.0 for everybody."""

    action: str
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    share: float
    to: float | None
    age: float
    counted: Counted

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.action, "reasons": list(self.reasons), "share": self.share, "to": self.to, "age": round(self.age),
            "control": _side(self.counted.control), "canary": _side(self.counted.canary), "crossed": self.counted.crossed,
            "events": self.counted.events, "left_out": dict(self.counted.left_out), "checks": [one.as_json() for one in self.checks],
        }  # fmt: skip


def judge(counted: Counted, plan: Plan, share: float, age: float, metric: Metric | None, strict: bool = False) -> Verdict:
    """The verdict.

    Args:
        share: of the visitors, that the canary is to have.
        age: seconds since it has that share.
        strict: promote only what is shown to do no harm beyond what is tolerated.
    """
    control, canary = counted.control, counted.canary
    checks = checked(counted, plan, share, metric)
    to = next_step(plan, share)
    breached = [one.says for one in checks if one.state == "breached"]
    if breached:
        return Verdict(ROLLBACK, tuple(breached), checks, share, None, age, counted)
    waits = [one.says for one in checks if one.state == "leaning" or (one.state == "unknown" and one.blocks) or (strict and one.state == "open")]
    if canary.units < plan.min_visitors:
        waits.insert(0, f"the canary had {canary.units:,} of {plan.min_visitors:,} visitors")
    if control.units < min(plan.min_visitors, FEWEST_TIMES):
        waits.insert(0, f"the live release had {control.units:,} visitors: there is nothing to compare with")
    if age < plan.hold:
        waits.insert(0, f"it has had its share for {_long(age)} of {_long(plan.hold)}")
    if waits:
        return Verdict(HOLD, tuple(waits), checks, share, None, age, counted)
    where = "for everybody" if to >= 1 else f"for {_percent(to)} of the visitors"
    reasons = (f"{canary.units:,} visitors in {_long(age)}, and nothing is shown to be worse than tolerated: it goes on {where}", *(one.says for one in checks if one.state == "open"))
    return Verdict(PROMOTE, reasons, checks, share, to, age, counted)


def next_step(plan: Plan, share: float) -> float:
    """The share after this one; 1.0 after the last."""
    return min((step for step in plan.steps if step > share * (1 + 1e-9)), default=1.0)


def level(plan: Plan, guards: int) -> float:
    """The alpha of one guard at one step, so that all of them together have the plan's."""
    return plan.alpha / (guards * max(1, sum(step < 1 for step in plan.steps)))


def checked(counted: Counted, plan: Plan, share: float, metric: Metric | None) -> tuple[Check, ...]:
    """Every guard, the sample ratio first."""
    control, canary = counted.control, counted.canary
    alpha = level(plan, 3 + (metric is not None))
    found = [
        _sample(control, canary, share),
        _rate("errors", "views that failed open", control, canary, lambda side: side.errors, plan.errors, alpha),
        _rate("fallbacks", "views with a fallback or a slot that could not be filled", control, canary, lambda side: side.fallbacks, plan.fallbacks, alpha),
        _latency(control, canary, plan.latency, alpha),
    ]
    if metric is not None:
        found.append(_sums(counted, metric, plan, share, alpha) if metric.sum else _conversion(counted, metric, plan, share, alpha))
    return tuple(found)


def _sample(control: Side, canary: Side, share: float) -> Check:
    """Whether as many visitors came to the canary as were sent: what never reaches the log is lost by failing early, or by being slow."""
    both = control.units + canary.units
    seen = canary.units / both if both else 0.0
    p = sample_ratio(canary.units, both, share)
    told = f"sample ratio: {canary.units:,} of {both:,} visitors ({_percent(seen)}) are of the canary, which is to have {_percent(share)}"
    if both == 0:
        return Check("sample ratio", "unknown", 1 - share, 0.0, None, share, SAMPLE_ALPHA, "no visitor of either release is in the log", True)
    chi2, once = chi_square([canary.units, control.units], [share, 1 - share])
    state = "breached" if p < SAMPLE_ALPHA else "fine"
    more = f"; by chance so at any look with p = {p:.2g} (chi-square {chi2:.1f}, p = {once:.2g} for one look)"
    warned = ": visitors are missing on one side, so nothing else can be compared" if state == "breached" else ""
    return Check("sample ratio", state, 1 - seen, seen, None, share, SAMPLE_ALPHA, told + more + warned, p=p)


def _rate(name: str, what: str, control: Side, canary: Side, of: Callable[[Side], int], tolerated: float, alpha: float) -> Check:
    if not (control.units and canary.units):
        return Check(name, "unknown", 0.0, 0.0, None, tolerated, alpha, f"{name}: a side has no visitors yet")
    found = difference(of(canary), canary.units, of(control), control.units, alpha)
    rates = [of(side) / side.units for side in (control, canary)]
    error = sqrt(sum(rate * (1 - rate) / side.units for rate, side in zip(rates, (control, canary), strict=True)))
    state = _state(found.low > tolerated, found.estimate - tolerated > error, found.high <= tolerated)
    says = (
        f"{name}: {_percent(rates[1])} of the canary's visitors had {what}, {_percent(rates[0])} of the others: "
        f"{_points(found.estimate)} more ({_points(found.low)} to {_points(found.high)}); {_points(tolerated)} are tolerated"
    )
    return Check(name, state, rates[0], rates[1], found, tolerated, alpha, says)


def _latency(control: Side, canary: Side, tolerated: float, alpha: float) -> Check:
    if min(len(control.took), len(canary.took)) < FEWEST_TIMES:
        return Check("latency", "unknown", 0.0, 0.0, None, tolerated, alpha, f"latency: fewer than {FEWEST_TIMES} visitors of a side have a time in the log")
    found = quantile_ratio(canary.took, control.took, 0.95, alpha)
    middle = quantile_ratio(canary.took, control.took, 0.5, alpha)
    p95 = [_p95(side) for side in (control, canary)]
    state = _state(found.low > tolerated, found.estimate > tolerated, found.high <= tolerated)
    says = (
        f"latency: the p95 is {p95[1]:.1f} ms, {p95[0]:.1f} ms of the others: {found.estimate:.2f} times ({_times(found)}); "
        f"{tolerated:g} times are tolerated. The median is {middle.estimate:.2f} times ({_times(middle)})"
    )
    return Check("latency", state, p95[0], p95[1], found, tolerated, alpha, says)


def _conversion(counted: Counted, metric: Metric, plan: Plan, share: float, alpha: float) -> Check:
    control, canary = counted.control, counted.canary
    rates = [side.converted / side.units if side.units else 0.0 for side in (control, canary)]
    bound = 1 - plan.worse if metric.good == "up" else 1 + plan.worse
    if not control.converted + canary.converted:
        return Check(metric.name, "unknown", *rates, None, bound, alpha, f"{metric.name}: nobody converted yet, of {control.units + canary.units:,} visitors", True)
    found = ratio(canary.converted, canary.units, control.converted, control.units, share, alpha)
    error = exp(sqrt(sum(1 / max(side.converted, 0.5) for side in (control, canary))))
    if metric.good == "up":
        state = _state(found.high < bound, found.estimate * error < bound, found.low >= bound)
    else:
        state = _state(found.low > bound, found.estimate / error > bound, found.high <= bound)
    says = (
        f"{metric.name}: {_percent(rates[1])} of the canary's visitors converted, {_percent(rates[0])} of the others: {found.estimate:.3f} times ({_times(found)}); "
        f"{bound:.4g} times is tolerated"
    )
    return Check(metric.name, state, *rates, found, bound, alpha, says, True)


def _sums(counted: Counted, metric: Metric, plan: Plan, share: float, alpha: float) -> Check:
    control, canary = counted.control, counted.canary
    means = [control.value.mean, canary.value.mean]
    bound = -plan.worse if metric.good == "up" else plan.worse
    if min(control.converted, canary.converted) < FEWEST_SUMS or canary.units < plan.min_visitors:
        says = f"{metric.name}: {canary.converted:,} of the canary's visitors and {control.converted:,} of the others have one; sums are compared from {FEWEST_SUMS} and {plan.min_visitors:,} visitors on"
        return Check(metric.name, "unknown", *means, None, bound, alpha, says, True)
    found, _ = mean_sequence(canary.value, control.value, alpha, plan.min_visitors / share)
    error = sqrt(canary.value.variance / canary.units + control.value.variance / control.units) / means[0] if means[0] else 0.0
    if metric.good == "up":
        state = _state(found.high < bound, found.estimate + error < bound, found.low >= bound)
    else:
        state = _state(found.low > bound, found.estimate - error > bound, found.high <= bound)
    says = (
        f"{metric.name}: {means[1]:.4g} for each of the canary's visitors, {means[0]:.4g} of the others: {_relative(found.estimate)} "
        f"({_relative(found.low)} to {_relative(found.high)}); {_relative(bound)} is tolerated"
    )
    return Check(metric.name, state, *means, found, bound, alpha, says, True)


def told_left_out(counted: Counted) -> list[str]:
    """What of the log does not count, in words."""
    return [f"{counted.left_out[why]:,} {LEFT_OUT[why]}" for why in counted.left_out]


def _state(breached: bool, leaning: bool, excluded: bool) -> str:
    return "breached" if breached else "leaning" if leaning else "fine" if excluded else "open"


def _p95(side: Side) -> float:
    return float(side.took[min(len(side.took) - 1, int(0.95 * len(side.took)))])


def _side(side: Side) -> dict[str, Any]:
    times: Sequence[float] = side.took
    return {
        "visitors": side.units, "views": side.views, "errors": side.errors, "fallbacks": side.fallbacks, "converted": side.converted,
        "value": side.value.total, "p50": float(times[len(times) // 2]) if len(times) else None, "p95": _p95(side) if len(times) else None,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _points(value: float) -> str:
    return f"{100 * value:.2f} points"


def _relative(value: float) -> str:
    return f"{100 * value:+.1f} %" if isfinite(value) else "anything"


def _times(found: Interval) -> str:
    return f"{found.low:.3g} to {found.high:.3g}" if found.high < inf else f"at least {max(found.low, 0):.3g}"


def _long(seconds: float) -> str:
    """A time in words: the greatest unit that it has."""
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"
