"""Tests and intervals that hold however often they are looked at, of what two releases did to visitors.

All but `mean_sequence` rest on one test martingale: of n trials with probability p, k came true; the likelihood of a mixture of
probabilities (a beta distribution) over that of p. Under p it is a martingale that begins at 1, so it ever reaches 1/alpha with a
probability of at most alpha (Ville's inequality), after one look or after a million, and from the first visitor on: nothing
about it is asymptotic. The probabilities that it does not exclude are a confidence sequence.

- Robbins (1970), "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41
- Johari, Pekelis and Walsh, "Always valid inference", arXiv:1512.04922: the mixture SPRT for experiments
- Howard, Ramdas, McAuliffe and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences", arXiv:1810.08240
- Howard and Ramdas (2022), "Sequential estimation of quantiles", arXiv:1906.09712: the same for order statistics
- Lindon and Malek (2022), "Anytime-valid inference for multinomial count data", arXiv:2011.03567: sample ratios, and which arm
  the next conversion falls to
- Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory", arXiv:2103.06476: `mean_sequence`
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt

import numpy as np
from scipy.special import betaln
from scipy.stats import chi2

RATE = (0.5, 0.5)  # the mixture for a share of which nothing is known (Jeffreys)
RATIO_SPREAD = 0.4  # of conversions: relative deviations of about so much are found soonest
SAMPLE_SPREAD = 0.1  # of sample ratios, likewise
QUANTILE_TRIALS = 100.0  # how narrowly the mixture lies about a quantile's probability
_STEPS = 60  # of a bisection, to beyond what a float tells apart


@dataclass(frozen=True)
class Interval:
    """A confidence sequence at one look, and the estimate."""

    estimate: float
    low: float
    high: float


def evidence(k: np.ndarray | float, n: np.ndarray | float, p: np.ndarray | float, mixture: tuple[float, float] = RATE) -> np.ndarray:
    """The logarithm of the martingale: the evidence against p. Under p it ever reaches log(1/alpha) with at most alpha.

    Args:
        k, n: how many of how many; n may be 0.
        p: strictly between 0 and 1.
    """
    a, b = mixture
    return betaln(a + k, b + n - k) - betaln(a, b) - k * np.log(p) - (n - k) * np.log1p(-np.asarray(p))


def about(p: float, spread: float) -> tuple[float, float]:
    """A mixture with its mean at p; `spread` is its standard deviation relative to p."""
    weight = max((1 - p) / (p * spread * spread) - 1, 1.0)
    return weight * p, weight * (1 - p)


def share(k: float, n: float, alpha: float, mixture: tuple[float, float] = RATE) -> Interval:
    """Between what the probability lies, at every look, but for a probability of alpha."""
    if n <= 0:
        return Interval(0.0, 0.0, 1.0)
    middle, bound = k / n, log(1 / alpha)  # the evidence is convex, and least at k/n, which is never excluded
    low = _edge(0.0, middle, k, n, bound, mixture) if k > 0 else 0.0
    high = _edge(1.0, middle, k, n, bound, mixture) if k < n else 1.0
    return Interval(middle, low, high)


def _edge(out: float, inside: float, k: float, n: float, bound: float, mixture: tuple[float, float]) -> float:
    """Where the evidence reaches its bound, between a probability that is excluded and one that is not; the outer end."""
    for _ in range(_STEPS):
        middle = (out + inside) / 2
        if not 0.0 < middle < 1.0:
            break
        if evidence(k, n, middle, mixture) >= bound:
            out = middle
        else:
            inside = middle
    return out


def difference(k1: float, n1: float, k0: float, n0: float, alpha: float) -> Interval:
    """How much greater the first share is: each within its own sequence at half of alpha."""
    one, two = share(k1, n1, alpha / 2), share(k0, n0, alpha / 2)
    return Interval(one.estimate - two.estimate, one.low - two.high, one.high - two.low)


def ratio(k1: float, n1: float, k0: float, n0: float, allotted: float, alpha: float) -> Interval:
    """How many times as often the first arm converts: from which arm each conversion is.

    Where an arm is given independently of everything with probability `allotted`, and a visitor of the first arm converts r
    times as often, a conversion is one of the first arm with probability allotted·r / (allotted·r + 1 − allotted), whatever the
    rate is and however it changes with the hour. The estimate is that of the shares that were really seen.

    Args:
        k1, k0: visitors of each arm who converted; n1, n0: all of them.
    """
    odds = (1 - allotted) / allotted
    theta = share(k1, k1 + k0, alpha, about(allotted, RATIO_SPREAD))
    rate0 = k0 / n0 if n0 else 0.0
    return Interval(
        k1 / n1 / rate0 if n1 and rate0 else 1.0 if not k1 else inf,
        theta.low / (1 - theta.low) * odds,
        theta.high / (1 - theta.high) * odds if theta.high < 1 else inf,
    )


def sample_ratio(k1: int, n: int, allotted: float) -> float:
    """An always-valid p-value of the sample ratio: how likely so few or so many of n fall to the first arm, at any look.

    Half of the mixture lies close by, for what is lost by and by; half of it anywhere, for an arm that is gone at once.
    """
    told = np.logaddexp(evidence(k1, n, allotted, about(allotted, SAMPLE_SPREAD)), evidence(k1, n, allotted)) - log(2)
    return exp(-max(0.0, float(told)))


def chi_square(observed: list[float], weights: list[float]) -> tuple[float, float]:
    """Pearson's statistic of a sample ratio, and its p-value, which holds for one look alone."""
    expected = np.asarray(weights, float) / sum(weights) * sum(observed)
    found = float((((np.asarray(observed, float) - expected) ** 2) / expected).sum())
    return found, float(chi2.sf(found, len(observed) - 1))


def quantile(ordered: np.ndarray, p: float, alpha: float) -> Interval:
    """Between which order statistics the p-quantile lies, at every look. `ordered`: values, ascending."""
    n = len(ordered)
    if not n:
        return Interval(0.0, -inf, inf)
    counts = np.arange(n + 1, dtype=float)
    possible = np.flatnonzero(evidence(counts, float(n), p, (QUANTILE_TRIALS * p, QUANTILE_TRIALS * (1 - p))) < log(1 / alpha))
    low, high = int(possible[0]), int(possible[-1])  # so many of the values are not above the quantile
    return Interval(
        float(np.quantile(ordered, p)),
        float(ordered[low - 1]) if low else -inf,
        float(ordered[high]) if high < n else inf,
    )


def quantile_ratio(one: np.ndarray, two: np.ndarray, p: float, alpha: float) -> Interval:
    """How many times as large the p-quantile of the first values is (values ≥ 0, ascending): each within its sequence at half of alpha."""
    first, second = quantile(one, p, alpha / 2), quantile(two, p, alpha / 2)
    estimate = first.estimate / second.estimate if second.estimate > 0 else 1.0
    low = max(first.low, 0.0) / second.high if second.high > 0 else 0.0
    return Interval(estimate, low, first.high / second.low if second.low > 0 else inf)


@dataclass(frozen=True)
class Moments:
    """Of one value a visitor: how many visitors, the sum, and the sum of squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        return max(0.0, (self.squares - self.total * self.total / self.n) / (self.n - 1)) if self.n > 1 else 0.0


def mean_sequence(one: Moments, two: Moments, alpha: float, tuned: float, relative: bool = True) -> tuple[Interval, float]:
    """How much greater the first mean is, with an always-valid p-value: the asymptotic confidence sequence of arXiv:2103.06476, eq. 9.

    It rests on the central limit theorem, so the caller must not ask before there are enough values.

    Args:
        tuned: after how many visitors, of both arms, it is to be narrowest; chosen before anything is seen.
        relative: relative to the second mean, by the delta method; a mean of 0 gives all of the line.
    """
    if min(one.n, two.n) < 2 or (relative and two.mean == 0):
        return Interval(0.0, -inf, inf), 1.0
    n = one.n + two.n
    if relative:
        effect = (one.mean - two.mean) / two.mean
        variance = one.variance / one.n / two.mean**2 + two.variance / two.n * one.mean**2 / two.mean**4
    else:
        effect = one.mean - two.mean
        variance = one.variance / one.n + two.variance / two.n
    if variance <= 0:
        return Interval(effect, -inf, inf), 1.0
    rho2 = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuned
    grown = n * rho2 + 1
    half = sqrt(variance * n) * sqrt(2 * grown * log(sqrt(grown) / alpha) / (n * n * rho2))
    told = rho2 * effect * effect * n / variance / (2 * grown) - log1p(n * rho2) / 2
    return Interval(effect, effect - half, effect + half), min(1.0, exp(-told) if told > -700 else 1.0)
