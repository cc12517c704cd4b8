"""A propensity as training writes it → the columns that the edge reads (docs/format.md, "propensities").

Training writes trees as libraries do: of each question its two sides. The edge needs of a question only which leaves lie on its
left, so that trees need not be walked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.columns import pack
from tessera.trees import CATEGORY, NUMBER

MOST_LEAVES = 64  # of a tree: one bit each, in a word


def body(model: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a model as its JSON file has it.

    Raises:
        ValueError: where its trees are no trees; the message says which.
    """
    calibration = _calibration(model["calibration"])
    if model["kind"] == "trees":
        return {"trees": _trees(model["features"], model["trees"]), "calibration": calibration}
    return {"weights": _weights(model), "calibration": calibration}


def used(model: Mapping[str, Any]) -> list[str]:
    """The names of the features that the model asks about, in its order."""
    if model["kind"] != "trees":
        return [feature["name"] for feature in model["features"]]
    asked = {feature for tree in model["trees"] for feature in tree["feature"]}
    return [feature["name"] for number, feature in enumerate(model["features"]) if number in asked]


def _calibration(told: Mapping[str, Any] | None) -> list[Any] | None:
    if told is None:
        return None
    return [float(told["slope"]), float(told["intercept"])] if "slope" in told else [pack(_doubles(told["at"])), pack(_doubles(told["of"]))]


def _doubles(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]


def _trees(features: Sequence[Mapping[str, Any]], trees: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each feature that is asked about its questions, tree by tree; leaves from left to right."""
    asked: dict[int, list[tuple[int, int, int, int, Any]]] = {}
    leaves: list[float] = []
    for number, tree in enumerate(trees):
        order, left = _spread(tree, number)
        leaves += [float(tree["leaves"][leaf]) for leaf in order]
        for node, (first, count) in enumerate(left):
            asked.setdefault(tree["feature"][node], []).append((number, first, count, int(tree["missing"][node]), tree["split"][node]))
    rows = [_feature(features[feature].get("values"), asked[feature]) for feature in sorted(asked)]
    return {"sizes": pack([len(tree["leaves"]) for tree in trees]), "leaves": pack(leaves), "features": rows}


def _spread(tree: Mapping[str, Any], number: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The leaves of a tree from left to right; and of each node the first leaf on its left, and how many there are."""
    nodes = len(tree["feature"])
    order: list[int] = []
    left: list[tuple[int, int] | None] = [None] * nodes
    first: dict[int, int] = {}
    waiting: list[tuple[int, bool]] = [(0 if nodes else -1, False)]
    while waiting:
        node, is_split = waiting.pop()
        if node < 0:
            order.append(~node)
        elif is_split:  # everything on its left has been passed
            left[node] = (first[node], len(order) - first[node])
            waiting.append((tree["right"][node], False))
        else:
            if node in first:
                raise ValueError(f"in tree {number} the node {node} is reached twice")
            first[node] = len(order)
            waiting += [(node, True), (tree["left"][node], False)]
    if sorted(order) != list(range(len(tree["leaves"]))) or None in left:
        raise ValueError(f"in tree {number} not every node and leaf is reached once")
    return order, [one for one in left if one is not None]


def _feature(texts: Sequence[str] | None, questions: Sequence[tuple[int, int, int, int, Any]]) -> list[Any]:
    trees, firsts, counts, missing, splits = (list(column) for column in zip(*questions))
    where = [pack(column) for column in (trees, firsts, counts, missing)]
    if texts is None:
        thresholds = sorted({float(split) for split in splits})
        place = {threshold: i for i, threshold in enumerate(thresholds)}
        return [NUMBER, pack(thresholds), *where, pack([place[float(split)] for split in splits]), []]
    sets = sorted({tuple(sorted(split)) for split in splits})
    return [CATEGORY, pack(list(texts)), *where, pack([sets.index(tuple(sorted(split))) for split in splits]), [pack(list(one)) for one in sets]]


def _weights(model: Mapping[str, Any]) -> dict[str, Any]:
    rows = [[_weight(feature, weight), float(weight["missing"]), float(weight.get("other", 0.0))] for feature, weight in zip(model["features"], model["weights"])]
    return {"bias": float(model["bias"]), "features": rows}


def _weight(feature: Mapping[str, Any], weight: Mapping[str, Any]) -> float | dict[str, float]:
    if "values" not in feature:
        return float(weight["weight"])
    return dict(zip(feature["values"], _doubles(weight["weights"])))
