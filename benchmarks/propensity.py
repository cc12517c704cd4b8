"""What a propensity costs at the edge: one visitor's score of 50 trees × 8 leaves, against the libraries' own and against walking.

    python -m benchmarks.propensity [--json] [--data CSV]

One row at a time, as a page view asks, on one thread: LightGBM's `predict` of a row that is an array already, scikit-learn's gradient
boosting of the same size, and the same trees walked from their roots in Python. All score the same visitors; ours, LightGBM's and
the walk's scores are compared before anything is timed. Without the data the visitors are made up.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # of one row more threads are slower, and they spin on while others are measured

import numpy as np

from benchmarks.measure import Row, cost, interleaved, report
from compiler import tree_columns
from learn.propensity import Settings, split
from learn.propensity_fit import fit, picked
from learn.propensity_table import Feature, Table, read
from tessera.trees import logistic, prepare

ROWS, ROUNDS = 200, 15
WANTED = 50.0  # µs


def made_up(rows: int = 4000, seed: int = 42) -> Table:
    """Visitors with fourteen numbers, two categories and an outcome, of about the shape of the real ones."""
    draw = np.random.default_rng(seed)
    numbers = [draw.exponential(size=rows) * 10**place for place in range(7)] + [draw.integers(0, 20, rows).astype(float) for _ in range(7)]
    texts = [tuple(f"t{place}" for place in draw.integers(0, many, rows)) for many in (10, 3)]
    odds = numbers[0] - 1 + numbers[7] / 10 + draw.normal(size=rows) + np.array([text == "t1" for text in texts[0]])
    features = [*(Feature(f"n{i}", numbers=column) for i, column in enumerate(numbers)), *(Feature(f"c{i}", texts=column) for i, column in enumerate(texts))]
    return Table(tuple(features), (odds > 1.5).astype(np.int8), None, (), "")


def walker(model: dict[str, Any]) -> Callable[[Sequence[Any]], float]:
    """The trees as nested tuples, walked: what one would write first."""

    def nested(tree: dict[str, Any], node: int) -> Any:
        if node < 0:
            return tree["leaves"][~node]
        feature, split_at = tree["feature"][node], tree["split"][node]
        texts = model["features"][feature].get("values")
        asked = frozenset(texts[place] for place in split_at) if texts is not None else split_at
        return (feature, asked, texts is not None, tree["missing"][node], nested(tree, tree["left"][node]), nested(tree, tree["right"][node]))

    roots = [nested(tree, 0 if tree["feature"] else -1) for tree in model["trees"]]

    def score(values: Sequence[Any]) -> float:
        total = 0.0
        for node in roots:
            while type(node) is tuple:
                feature, asked, is_text, missing, left, right = node
                value = values[feature]
                goes_left = missing if value is None else value in asked if is_text else value <= asked
                node = left if goes_left else right
            total += node
        return logistic(total)

    return score


def micros_each(score: Callable[[Any], Any], rows: Sequence[Any]) -> Callable[[], float]:
    def run() -> float:
        start = time.perf_counter()
        for row in rows:
            score(row)
        return (time.perf_counter() - start) / len(rows) * 1e6

    return run


def rows(table: Table) -> list[Row]:
    """The comparisons; raises SystemExit where the scores differ."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    learned, tested = split(table, 42)
    features, target = picked(table.features, learned), table.target[learned]
    fitted = fit(features, target, Settings())
    model = {**fitted.model, "calibration": None}
    edge, walk = prepare(tree_columns.body(model)), walker(model)
    asked = set(tree_columns.used(model))
    places = [place for place, feature in enumerate(table.features) if feature.name in asked]
    visitors = [table.values(row) for row in tested[:ROWS]]
    known = [[values[place] for place in places] for values in visitors]
    for ours, theirs, library in zip(map(edge.probability, known), map(walk, visitors), fitted.margins(picked(table.features, tested[:ROWS]))):
        if max(abs(ours - theirs), abs(ours - logistic(float(library)))) > 1e-9:
            raise SystemExit("the scores differ")
    codes = [{text: float(place) for place, text in enumerate(feature.get("values", ()))} for feature in model["features"]]
    matrix = np.array([[codes[i].get(value, np.nan) if codes[i] else value for i, value in enumerate(values)] for values in visitors], dtype=float)
    single = [matrix[place : place + 1] for place in range(len(matrix))]
    forest = HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=8, random_state=42)
    forest.fit(np.column_stack([one.numbers if one.numbers is not None else [codes[i].get(t, np.nan) for t in one.texts] for i, one in enumerate(features)]), target)
    ours, walked, lightgbm, sklearn = interleaved(
        ROUNDS, micros_each(edge.probability, known), micros_each(walk, visitors), micros_each(fitted.library.predict, single), micros_each(forest.predict_proba, single[:20])
    )  # fmt: skip
    case = "one score, 50 trees x 8 leaves"
    return [
        cost(case, "LightGBM's predict", ours, lightgbm, "us"), cost(case, "scikit-learn's boosting", ours, sklearn, "us"), cost(case, "the same trees, walked", ours, walked, "us"),
        cost(case, "what is wanted at most", ours, WANTED, "us"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON in the last line")
    parser.add_argument("--data", type=Path, help="online_shoppers_intention.csv")
    told = parser.parse_args()
    report(rows(read(told.data, "Revenue") if told.data else made_up()), told.json)


if __name__ == "__main__":
    main()
