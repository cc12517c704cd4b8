"""The watchdog: drops that are found, drops that are none, and how often it is wrong."""

from math import log

import numpy as np
import pytest

from learn.guard_types import Metric
from learn.guard_watch import DAY, FEWEST_DAYS, Series, Watch, detector, figures, series, words
from tests.learn.guard_logs import START, event, save, view

ORDER = Metric("order", "purchase", 7 * DAY)
WATCH = Watch()
BINS = 288  # a day


def simulated(orders: float, drop: float = 0.0, since: int = 12, days: int = 7, traffic: float = 1.0, seed: int = 0, recent: int = 12) -> Series:
    """Days with quiet nights and days that differ by a tenth, at the end of which conversion (or traffic) drops for `since` bins."""
    rng = np.random.default_rng(seed)
    total = recent + days * BINS
    shape = 1 + 0.6 * np.sin(2 * np.pi * (np.arange(total) % BINS) / BINS)
    of_day = np.repeat(np.exp(rng.normal(0, 0.1, days + 2)), BINS)[:total]
    last = np.arange(total) >= total - since
    visitors = rng.poisson(orders / BINS * 20 * shape * of_day * np.where(last, traffic, 1.0))
    return Series(rng.binomial(visitors, np.where(last, 0.05 * (1 - drop), 0.05)).astype(float), visitors.astype(float), START, DAY / BINS, days, recent)


NEVER, SOMETIMES, MOSTLY, ALWAYS = (0.0, 0.0), (0.0, 0.75), (0.75, 1.0), (1.0, 1.0)


@pytest.mark.parametrize("told, an_hour, each", [
    ({"orders": 10_000}, NEVER, NEVER),
    ({"orders": 300}, NEVER, NEVER),
    ({"orders": 10_000, "drop": 0.5}, SOMETIMES, ALWAYS),
    ({"orders": 10_000, "drop": 0.9, "since": 6}, MOSTLY, ALWAYS),
    ({"orders": 2_000, "drop": 0.95}, ALWAYS, ALWAYS),
    ({"orders": 10_000, "traffic": 0.05}, ALWAYS, NEVER),  # whoever still comes converts as ever
    ({"orders": 10_000, "traffic": 1.5}, NEVER, NEVER),
    ({"orders": 10_000, "drop": 0.05}, NEVER, NEVER),  # less than `slack`
    ({"orders": 2_000, "drop": 0.4, "since": 96, "recent": 144}, SOMETIMES, ALWAYS),  # found as long as it goes on
    ({"orders": 10_000, "days": 28, "drop": 0.5}, SOMETIMES, ALWAYS),
])  # fmt: skip
def test_drops_that_are_found_and_those_that_are_none(told, an_hour, each):
    found = np.mean([[one.alarm for one in figures(simulated(seed=seed, **told), ORDER, WATCH)] for seed in range(20)], axis=0)
    assert an_hour[0] <= found[0] <= an_hour[1] and each[0] <= found[1] <= each[1]


def test_an_alarm_says_since_when_and_how_much():
    _, each = figures(simulated(20_000, drop=0.6, since=6, seed=4), ORDER, WATCH)
    assert each.alarm and abs(each.since - (START - 6 * 300)) <= 300
    assert each.drop == pytest.approx(0.6, abs=0.1) and "in place of about" in words(each)


@pytest.mark.parametrize("days, known", [(FEWEST_DAYS - 1, False), (FEWEST_DAYS, True)])
def test_a_day_or_two_are_too_few_to_compare_with(days, known):
    assert [one.known for one in figures(simulated(1000, days=days), ORDER, WATCH)] == [known, known]


def test_the_mean_time_to_a_false_alarm_is_at_least_what_is_said():
    """Bins of 2 and of 20 events, of which nothing drops; 400 runs as long as the mean time that is promised."""
    rng = np.random.default_rng(2)
    quiet = 500
    for mean, spread in ((2.0, 1.0), (20.0, 1.0), (20.0, 3.0)):
        seen = rng.poisson(mean, (400, quiet)) if spread == 1 else rng.negative_binomial(mean / (spread - 1), 1 / spread, (400, quiet))
        ever = (detector(seen, np.full(quiet, mean), spread) >= log(quiet)).any(axis=1)
        assert ever.mean() <= 1 - 1 / np.e + 0.05  # of a detector that alarms once in `quiet` bins by chance
        assert (detector(seen * 0, np.full(quiet, mean), spread)[:, 60] >= log(quiet)).all()


def test_counts_are_those_of_the_log(tmp_path):
    """Four days of a view and an order every ten minutes; on the last hour robots, headers and repeated rows do not count."""
    until = START + 4 * DAY
    moments = np.arange(START + 1, until, 600)
    decisions = [row for number, at in enumerate(moments) for row in view(f"d{number}", at, f"v{number}")]
    events = [event(f"e{number}", "purchase", at + 5, f"v{number}") for number, at in enumerate(moments)]
    decisions += view("r", until - 60, "robot", inputs={"request.bot": True}) + view("h", until - 60, "forced", lane="header") + view("again", until - 599, f"v{len(moments) - 1}") + view("n", until - 60, None)
    events += [events[-1], event("b", "purchase", until - 60, "robot", bot=True), event("c", "click", until - 60, "v1")]
    found = series([str(save(tmp_path / "log", decisions, events))], ORDER, WATCH, until - 1800, until, tmp_path)
    assert (found.recent, found.days, found.bin) == (12, 3, 300.0)
    assert found.events[-12:].tolist() == found.visitors[-12:].tolist() == [1, 0] * 6
    assert found.events.sum() == len(moments)


@pytest.mark.parametrize("ago, recent", [(60, 12), (2 * 3600, 24), (3 * DAY, 288)])
def test_it_looks_back_to_the_release_for_a_window_at_least_and_a_day_at_most(tmp_path, ago, recent):
    log_ = save(tmp_path / "log", view("a", START, "v"), [])
    assert series([str(log_)], ORDER, WATCH, START + DAY - ago, START + DAY, tmp_path).recent == recent


@pytest.mark.parametrize("window", [300.0, 3600.0, 5000.0, 86_400.0])
def test_a_day_is_so_many_bins_exactly(window):
    bins = DAY / Watch(window=window).bin
    assert bins == pytest.approx(round(bins)) and Watch(window=window).bin * 12 == pytest.approx(window, rel=0.1)
