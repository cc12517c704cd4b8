"""The benchmark of propensities compares equal scores, and refuses to compare others."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("lightgbm")

from benchmarks import propensity  # noqa: E402
from compiler import tree_columns  # noqa: E402
from learn.propensity_fit import Settings, fit  # noqa: E402
from tessera.trees import prepare  # noqa: E402


def test_the_rows_compare_the_same_scores(monkeypatch):
    monkeypatch.setattr(propensity, "ROUNDS", 3)
    found = propensity.rows(propensity.made_up(rows=1500))
    assert [row.peer for row in found] == ["LightGBM's predict", "scikit-learn's boosting", "the same trees, walked", "what is wanted at most"]
    assert all(row.unit == "us" and row.ours > 0 for row in found)


def test_a_score_takes_less_than_is_wanted():
    """By this thread's own time, the best of many, so that what else the machine does is not measured."""
    table = propensity.made_up(rows=1500)
    model = {**fit(table.features, table.target, Settings()).model, "calibration": None}
    asked = set(tree_columns.used(model))
    places = [place for place, feature in enumerate(table.features) if feature.name in asked]
    edge, visitors = prepare(tree_columns.body(model)), [[table.values(row)[place] for place in places] for row in range(100)]
    best = min(spent(edge.probability, visitors) for _ in range(20))
    assert len(model["trees"]) == 50 and best / len(visitors) * 1e6 < propensity.WANTED


def spent(score, visitors) -> float:
    """Seconds of this thread."""
    start = time.thread_time()
    for values in visitors:
        score(values)
    return time.thread_time() - start


def test_a_wrong_score_stops_the_benchmark(monkeypatch):
    monkeypatch.setattr(propensity, "walker", lambda model: lambda values: 2.0)
    with pytest.raises(SystemExit, match="differ"):
        propensity.rows(propensity.made_up(rows=600))
