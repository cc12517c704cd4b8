"""The statistics of the guard: against other people's figures, and how often they are wrong when one looks all the time."""

from math import inf, log

import numpy as np
import pytest

from learn.guard_statistics import RATIO_SPREAD, SAMPLE_SPREAD, Moments, about, chi_square, difference, evidence, mean_sequence, quantile, quantile_ratio, ratio, sample_ratio, share


@pytest.mark.parametrize("observed, weights, statistic, p", [  # gbstats 0.8.0 check_srm, scipy 1.17.1 chisquare
    ([5012, 4988], [0.5, 0.5], 0.0576, 0.8103302566044083),
    ([10321, 9679], [0.5, 0.5], 20.6082, 5.635422090724276e-06),
    ([3333, 3370, 3297], [1, 1, 1], 0.7994, 0.6705211722168687),
    ([90234, 9766], [0.9, 0.1], 6.084, 0.01364115579496852),
    ([701, 212, 87], [0.7, 0.2, 0.1], 2.411428571428571, 0.29947801023314946),
    ([50, 50, 0], [0.4, 0.4, 0.2], 25.0, 3.7266531720786718e-06),
])  # fmt: skip
def test_the_chi_square_of_a_sample_ratio(observed, weights, statistic, p):
    assert chi_square(observed, weights) == pytest.approx((statistic, p), rel=1e-6)


def proportion(n: int, total: int) -> Moments:
    """As gbstats takes it: with the variance p(1 − p)."""
    p = total / n
    return Moments(n, total, p * (1 - p) * (n - 1) + total * total / n)


@pytest.mark.parametrize("control, treatment, relative, alpha, tuned, effect, interval, p", [  # gbstats 0.8.0 SequentialTwoSidedTTest
    (proportion(13682, 3278), proportion(13116, 3556), True, 0.05, 5000, 0.13162095543571323, (0.056838751051622824, 0.20640315981980362), 1.781118799119431e-06),
    (Moments(8269, 333818.48, 20156666.632), Moments(8682, 365137.09, 23034597.7373), True, 0.05, 5000, 0.04178664364033114, (0.006668308010855072, 0.07690497926980722), 0.007201276793701711),
    (proportion(9140, 384), proportion(8999, 435), False, 0.01, 1000, 0.0063255751976331945, (-0.005472383327860139, 0.018123533723126528), 1.0),
    (Moments(12081, 484451.36, 28918965.3928), Moments(12685, 533873.27, 33630819.6681), False, 0.05, 500, 1.9867045339765355, (0.7167507524008658, 3.256658315552205), 8.662279194980302e-06),
])  # fmt: skip
def test_the_sequence_of_means(control, treatment, relative, alpha, tuned, effect, interval, p):
    found, told = mean_sequence(treatment, control, alpha, tuned, relative)
    assert (found.estimate, found.low, found.high) == pytest.approx((effect, *interval), rel=1e-6)
    assert told == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("one, two", [(Moments(0, 0, 0), Moments(10, 5, 5)), (Moments(10, 0, 0), Moments(10, 0, 0)), (Moments(1, 1, 1), Moments(1, 1, 1))])
def test_a_sequence_of_means_says_nothing_where_there_is_nothing(one, two):
    found, p = mean_sequence(one, two, 0.05, 100)
    assert (found.low, found.high, p) == (-inf, inf, 1.0)


@pytest.mark.parametrize("k, n", [(0, 0), (0, 50), (50, 50), (1, 50), (12, 240), (240_000, 1_000_000)])
def test_what_a_share_excludes_is_what_the_evidence_excludes(k, n):
    found = share(k, n, 0.05)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    for edge, outside in ((found.low, -1), (found.high, 1)):
        if 0 < edge < 1:
            assert evidence(k, n, edge, (0.5, 0.5)) == pytest.approx(log(20), abs=1e-6)
            assert evidence(k, n, min(max(edge * (1 + outside * 1e-3), 1e-12), 1 - 1e-12), (0.5, 0.5)) > log(20)


def test_an_interval_of_every_look_is_wider_than_one_of_one_look_and_narrows():
    wilson = (0.028830303254792054, 0.0853482246926109)  # statsmodels 0.15.0, 12 of 240
    found = share(12, 240, 0.05)
    assert found.low < wilson[0] and wilson[1] < found.high
    assert share(1200, 24_000, 0.05).high - share(1200, 24_000, 0.05).low < (found.high - found.low) / 5


LOOKS, RUNS = 4000, 3000


@pytest.mark.parametrize("p, mixture, alpha", [
    (0.05, (0.5, 0.5), 0.05), (0.003, (0.5, 0.5), 0.05), (0.95, (95.0, 5.0), 0.01), (0.05, about(0.05, RATIO_SPREAD), 0.05), (0.1, about(0.1, SAMPLE_SPREAD), 0.01),
])  # fmt: skip
def test_looking_after_every_visitor_is_wrong_no_more_often_than_said(p, mixture, alpha):
    rng = np.random.default_rng(7)
    came = np.cumsum(rng.random((RUNS, LOOKS)) < p, axis=1, dtype=np.int32)
    ever = (evidence(came, np.arange(1, LOOKS + 1), p, mixture) >= log(1 / alpha)).any(axis=1)
    assert ever.mean() <= alpha + 3 * (alpha * (1 - alpha) / RUNS) ** 0.5


@pytest.mark.parametrize("times, finds", [(1.0, 0.05), (0.5, 0.95), (0.7, 0.6)])
def test_a_loss_is_found_and_none_is_not(times, finds):
    """1,500 conversions in all, a tenth of the visitors see the canary; one looks at each conversion."""
    rng = np.random.default_rng(11)
    canary = np.cumsum(rng.random((2000, 1500)) < 0.1 * times / (0.1 * times + 0.9), axis=1)
    told = evidence(canary, np.arange(1, 1501), 0.1, about(0.1, RATIO_SPREAD)) >= log(20)
    found = told.any(axis=1).mean()
    assert found <= finds if times == 1 else found >= finds


def test_means_that_are_looked_at_all_the_time():
    """Revenue, heavy-tailed and mostly nothing, of a tenth against the rest: the false alarms of fifty looks are within alpha."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(200):
        spent = np.where(rng.random(20_000) < 0.08, rng.lognormal(3.2, 0.7, 20_000), 0.0)
        arm = rng.random(20_000) < 0.1
        sums = [np.cumsum(np.stack([mask, spent * mask, spent * spent * mask]), axis=1)[:, 5_000::300] for mask in (arm, ~arm)]
        wrong += any(not (told := mean_sequence(Moments(*map(float, a)), Moments(*map(float, b)), 0.05, 5_000)[0]).low <= 0 <= told.high for a, b in zip(sums[0].T, sums[1].T, strict=True))
    assert wrong / 200 <= 0.05


def test_a_ratio_of_conversions():
    found = ratio(45, 1000, 950, 19_000, 0.05, 0.05)
    assert found.estimate == pytest.approx(0.9) and found.low < 0.9 < found.high
    assert ratio(0, 1000, 950, 19_000, 0.05, 0.05).high < 0.35
    assert ratio(3, 1000, 0, 19_000, 0.05, 0.05).high == inf


def test_a_difference_is_within_both_sequences():
    assert difference(30, 500, 10, 9500, 0.05).low > 0.01
    few = difference(0, 20, 0, 400, 0.05)
    assert few.estimate == 0 and few.low < 0 < few.high


@pytest.mark.parametrize("p", [0.5, 0.95])
def test_a_quantile_is_where_it_is_said_at_every_look(p):
    rng, wrong = np.random.default_rng(5), 0
    truth = float(np.exp(3 + 0.5 * {0.5: 0.0, 0.95: 1.6448536}[p]))
    for _ in range(150):
        values = rng.lognormal(3, 0.5, 3000)
        wrong += any(not (found := quantile(np.sort(values[:n]), p, 0.05)).low <= truth <= found.high for n in range(20, 3001, 149))
    assert wrong / 150 <= 0.05
    slow, fast = np.sort(rng.lognormal(3.6, 0.5, 2000)), np.sort(rng.lognormal(3, 0.5, 20_000))
    found = quantile_ratio(slow, fast, p, 0.01)
    assert 1.5 < found.low < found.estimate < found.high < 2.2


@pytest.mark.parametrize("k, n, allotted, alarms", [(9766, 100_000, 0.1, False), (9300, 100_000, 0.1, True), (430, 10_000, 0.05, False), (350, 10_000, 0.05, True), (0, 0, 0.05, False), (0, 200, 0.05, False), (0, 400, 0.05, True)])
def test_sample_ratios_that_are_an_alarm(k, n, allotted, alarms):
    assert (sample_ratio(k, n, allotted) < 0.001) is alarms
