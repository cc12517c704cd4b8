"""A canary's verdict: what of the log counts, what becomes of it, and how often it is wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest

from learn.guard import HOLD, PROMOTE, ROLLBACK, judge, level, next_step
from learn.guard_log import count
from learn.guard_statistics import Moments
from learn.guard_types import SESSION, Counted, Metric, Plan, Side, Trial
from learn.identity_files import BadFile
from tests.learn.guard_logs import CANARY, LIVE, START, Behaviour, event, save, view, visitors

DAY, HOUR = 86_400, 3600.0
ORDER = Metric("order", "purchase", 7 * DAY)
REVENUE = Metric("revenue", "purchase", 14 * DAY, "value")
TRIAL = Trial(frozenset({LIVE}), frozenset({CANARY}), 0.1, START, START + 4 * HOUR)
PLAN = Plan(metric="order", steps=(0.1, 0.5, 1.0))
USUAL = Behaviour()


@pytest.mark.parametrize("canary, metric, number, action, says", [
    (USUAL, ORDER, 12_000, PROMOTE, "nothing is shown to be worse than tolerated: it goes on for 50 % of the visitors"),
    (USUAL, None, 12_000, PROMOTE, "nothing is shown to be worse"),
    (USUAL, REVENUE, 12_000, PROMOTE, "nothing is shown to be worse"),
    (USUAL, ORDER, 3_000, HOLD, "of 500 visitors"),
    (Behaviour(converts=0.02), ORDER, 12_000, ROLLBACK, "order:"),
    (Behaviour(spends=6.0), REVENUE, 20_000, ROLLBACK, "revenue:"),
    (Behaviour(spends=6.0), ORDER, 12_000, PROMOTE, "nothing"),
    (Behaviour(errors=0.06), ORDER, 6_000, ROLLBACK, "errors:"),
    (Behaviour(fallbacks=0.08), ORDER, 6_000, ROLLBACK, "fallbacks:"),
    (Behaviour(took=80.0), ORDER, 6_000, ROLLBACK, "latency: the p95"),
    (Behaviour(took=44.0), ORDER, 12_000, PROMOTE, "nothing"),
    (Behaviour(lost=0.4), ORDER, 6_000, ROLLBACK, "sample ratio:"),
    (Behaviour(lost=0.999), ORDER, 3_000, ROLLBACK, "sample ratio:"),
    (Behaviour(converts=0.0), ORDER, 3_000, ROLLBACK, "order: 0 %"),
    (Behaviour(converts=0.055), ORDER, 7_000, HOLD, "order:"),  # leaning
])  # fmt: skip
def test_what_becomes_of_a_canary(tmp_path, canary, metric, number, action, says):
    log = save(tmp_path / "log", *visitors(number, 0.1, USUAL, canary))
    verdict = judge(count([str(log)], TRIAL, metric, tmp_path), replace(PLAN, metric=metric and metric.name), 0.1, 4 * HOUR, metric)
    assert (verdict.action, verdict.to) == (action, 0.5 if action == PROMOTE else None)
    assert says in verdict.reasons[0]


def test_nothing_goes_on_before_its_time(tmp_path):
    log = save(tmp_path / "log", *visitors(12_000, 0.1, USUAL, USUAL))
    counted = count([str(log)], TRIAL, ORDER, tmp_path)
    verdict = judge(counted, PLAN, 0.1, 0.5 * HOUR, ORDER)
    assert (verdict.action, verdict.reasons) == (HOLD, ("it has had its share for 30 min of 1 h",))
    assert judge(counted, PLAN, 0.1, 2 * HOUR, ORDER).action == PROMOTE
    strict = judge(counted, PLAN, 0.1, 2 * HOUR, ORDER, strict=True)
    assert strict.action == HOLD and any(why.startswith("order:") for why in strict.reasons)


@pytest.mark.parametrize("share, to", [(0.05, 0.1), (0.1, 0.5), (0.5, 1.0), (0.7, 1.0)])
def test_the_next_step(share, to):
    assert next_step(PLAN, share) == to


def seen(at: float, unit: str | None, side: str, **told):
    bundle, lane = {"live": (LIVE, "control"), "elsewhere": (LIVE, "live"), "canary": (CANARY, "canary"), "old": (LIVE, None), "forced": (CANARY, "header"), "gone": ("9" * 64, "live")}[side]
    return view(f"{unit}-{at}-{side}", START + at, unit, bundle=bundle, lane=lane, **told)


@pytest.mark.parametrize("rows, control, canary, left_out", [
    (seen(1, "a", "live") + seen(2, "b", "canary"), 1, 1, {}),
    (seen(1, "a", "old"), 1, 0, {}),  # from before there were lanes
    (seen(1, "a", "live") + seen(2, "a", "live"), 1, 0, {}),
    (seen(1, "a", "live") + seen(2, "a", "canary"), 1, 0, {}),  # counts where it was first seen
    (seen(1, "a", "canary") + seen(2, "a", "live"), 0, 1, {}),
    (seen(1, "a", "forced"), 0, 0, {"forced": 1}),
    (seen(1, "a", "gone"), 0, 0, {"another release": 1}),
    (seen(1, None, "live"), 0, 0, {"nobody": 1}),
    (seen(-1, "a", "live") + seen(4 * HOUR, "b", "live"), 0, 0, {}),
    (seen(1, "a", "elsewhere"), 0, 0, {"elsewhere": 1}),
    (seen(1, "a", "live", inputs={"request.bot": True}), 0, 0, {"robots": 1}),
    (seen(1, "a", "live", inputs={}), 1, 0, {}),
    (seen(1, "a", "live") + seen(1, "a", "live"), 1, 0, {}),  # delivered twice
    (seen(1, "a", "live") + [seen(1, "a", "live")[0] | {"slot": "banner", "unit": "acme", "unit_kind": "account"}], 1, 0, {}),
])  # fmt: skip
def test_who_counts_on_which_side(tmp_path, rows, control, canary, left_out):
    log = save(tmp_path / "log", rows, [])
    found = count([str(log)], TRIAL, ORDER, tmp_path)
    assert (found.control.units, found.canary.units, found.left_out) == (control, canary, left_out)


@pytest.mark.parametrize("told, errors, fallbacks", [
    ({}, 0, 0), ({"page_status": "passed:error", "place": "kept"}, 1, 0), ({"page_status": "passed:status"}, 0, 0), ({"page_status": "passed:parser"}, 1, 0),
    ({"fallbacks": ["profile-late"]}, 0, 1), ({"place": "missing"}, 0, 1), ({"place": "spliced:2 slot-unclosed:1"}, 0, 1), ({"place": None, "page_status": None}, 0, 0),
])  # fmt: skip
def test_what_is_an_error_and_what_a_fallback(tmp_path, told, errors, fallbacks):
    found = count([str(save(tmp_path / "log", seen(1, "a", "canary", **told) + seen(5, "a", "canary"), []))], TRIAL, None, tmp_path)
    assert (found.canary.errors, found.canary.fallbacks) == (errors, fallbacks)


@pytest.mark.parametrize("metric, events, converted, total", [
    (ORDER, [("purchase", 60, {})], 1, 0.0),
    (ORDER, [("purchase", -60, {})], 0, 0.0),  # before the canary
    (ORDER, [("click", 60, {})], 0, 0.0),
    (ORDER, [("purchase", 60, {"bot": True})], 0, 0.0),
    (ORDER, [("purchase", 60, {}), ("purchase", 90, {})], 1, 0.0),
    (REVENUE, [("purchase", 60, {"value": 20.5}), ("purchase", 90, {"value": 4.5})], 1, 25.0),
    (replace(ORDER, within=30), [("purchase", 60, {})], 0, 0.0),
    (replace(ORDER, within=SESSION), [("purchase", 1700, {})], 1, 0.0),
    (replace(ORDER, within=SESSION), [("purchase", 1900, {})], 0, 0.0),
    (replace(ORDER, within=SESSION), [("click", 1500, {}), ("purchase", 3000, {})], 1, 0.0),
])  # fmt: skip
def test_when_a_visitor_converts(tmp_path, metric, events, converted, total):
    rows = [event(f"e{number}", name, START + at, "a", **told) for number, (name, at, told) in enumerate(events)]
    log = save(tmp_path / "log", seen(1, "a", "canary"), [*rows, *rows[:1], event("other", "purchase", START + 50, "stranger", value=9.0)])
    found = count([str(log)], TRIAL, metric, tmp_path)
    assert (found.canary.converted, found.control.converted) == (converted, 0)
    assert found.canary.value.total == pytest.approx(total if metric.sum else 0.0)


def test_the_log_is_read_from_the_day_on(tmp_path):
    log = save(tmp_path / "log", seen(1, "a", "live"), [])
    old = log / "decisions" / "date=2020-01-01" / "0.ndjson"
    old.parent.mkdir()
    old.write_text("broken")
    shadow = log / "shadow" / "date=2026-09-21" / "0.ndjson"
    shadow.parent.mkdir(parents=True)
    shadow.write_text("broken too")
    assert count([str(log)], TRIAL, ORDER, tmp_path).control.units == 1
    (log / "decisions" / "date=2026-09-21" / "1.ndjson").write_text('{"id": "x", "at": 1}\n{"id": "y", "at": "soon"}\n')
    with pytest.raises(BadFile, match=r"1\.ndjson:2: `at` is \"soon\"; it is a number of seconds"):
        count([str(log)], TRIAL, ORDER, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match="the folder has no file"):
        count([str(tmp_path / "empty")], TRIAL, ORDER, tmp_path)


def side(rng, arm, converted, errors, fallbacks, took, upto) -> Side:
    mine = arm[:upto]
    units = int(mine.sum())
    return Side(units, units, *(int((each[:upto] & mine).sum()) for each in (errors, fallbacks, converted)), Moments(units, 0.0, 0.0), np.sort(took[:upto][mine]))


def peeked(seed: int, loss: float = 1.0, visitors: int = 12_000, every: int = 400) -> str:
    """A canary that is looked at again and again, until it is rolled back or the visitors have come."""
    rng = np.random.default_rng(seed)
    arm, share = rng.random(visitors) < 0.1, 0.1
    converted = rng.random(visitors) < np.where(arm, 0.08 * loss, 0.08)
    errors, fallbacks, took = rng.random(visitors) < 0.004, rng.random(visitors) < 0.01, rng.lognormal(3.5, 0.5, visitors)
    for upto in range(every, visitors + 1, every):
        counted = Counted(*(side(rng, who, converted, errors, fallbacks, took, upto) for who in (~arm, arm)), int(converted[:upto].sum()), 0, {})
        if judge(counted, replace(PLAN, worse=0.0), share, 2 * HOUR, ORDER).action == ROLLBACK:
            return ROLLBACK
    return HOLD


def test_a_canary_that_does_no_harm_is_rarely_taken_back_however_often_one_looks():
    assert sum(peeked(seed) == ROLLBACK for seed in range(100)) / 100 <= PLAN.alpha


def test_a_canary_that_halves_conversion_is_nearly_always_taken_back():
    assert sum(peeked(1000 + seed, loss=0.5) == ROLLBACK for seed in range(25)) / 25 >= 0.9


def test_the_guards_and_the_steps_share_the_plans_alpha():
    assert level(PLAN, 4) * 4 * 2 == pytest.approx(PLAN.alpha)


def test_figures_are_plain_json(tmp_path):
    log = save(tmp_path / "log", seen(1, "a", "live"), [])
    told = judge(count([str(log)], TRIAL, ORDER, tmp_path), PLAN, 0.1, 1.0, ORDER).as_json()
    assert json.loads(json.dumps(told, allow_nan=False))["verdict"] == HOLD
    assert [check["name"] for check in told["checks"]] == ["sample ratio", "errors", "fallbacks", "latency", "order"]
