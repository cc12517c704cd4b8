"""Scores without walking: the same as a walk from the root, for any trees, values and missing values."""

from __future__ import annotations

import math
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import tree_columns
from tessera import trees
from tessera.propensity import predict, read
from tessera.types import Attribute

TEXTS = ("a", "b", "c", "d", "e")
FEATURES = ({"name": "n0"}, {"name": "n1"}, {"name": "c0", "values": list(TEXTS)}, {"name": "n2"})
NUMBERS = [-1e300, -7.25, -1.0, -0.0, 0.0, 1e-300, 0.1, 1.0, 2.0, 2.0000000000000004, 41.0, 1e300]


def loaded(model: dict[str, Any]) -> trees.Propensity:
    """A model as the edge has it, through a bundle's bytes."""
    packed = msgpack.packb(tree_columns.body(model), use_bin_type=True)
    return trees.prepare(msgpack.unpackb(packed, use_list=False, strict_map_key=False))


def scored(model: dict[str, Any], values: list[Any]) -> float:
    names = tree_columns.used(model)
    return loaded(model).probability([value for value, feature in zip(values, model["features"]) if feature["name"] in names])


def walked(tree: dict[str, list[Any]], values: list[Any]) -> float:
    """A leaf, found from the root down."""
    node = 0 if tree["feature"] else -1
    while node >= 0:
        feature, split = tree["feature"][node], tree["split"][node]
        value = values[feature]
        if value is None:
            left = tree["missing"][node] == 1
        elif isinstance(split, list):
            left = trees.spelled(value) in [TEXTS[place] for place in split]
        else:
            left = float(value) <= split
        node = tree["left" if left else "right"][node]
    return tree["leaves"][~node]


@st.composite
def a_tree(draw: Any, most: int) -> dict[str, list[Any]]:
    """Any shape: leaves are split at random until there are so many; their numbers are in no order."""
    leaves = draw(st.integers(1, most))
    tree: dict[str, list[Any]] = {column: [] for column in ("feature", "split", "left", "right", "missing")}
    order = draw(st.permutations(range(leaves)))
    open_ends: list[tuple[int, str] | None] = [None]  # where a subtree is to be put
    for _ in range(leaves - 1):
        at = open_ends.pop(draw(st.integers(0, len(open_ends) - 1)))
        node = len(tree["feature"])
        feature = draw(st.integers(0, len(FEATURES) - 1))
        is_text = "values" in FEATURES[feature]
        tree["feature"].append(feature)
        tree["split"].append(draw(st.lists(st.integers(0, len(TEXTS) - 1), unique=True, max_size=4)) if is_text else draw(st.sampled_from(NUMBERS)))
        tree["missing"].append(draw(st.integers(0, 1)))
        tree["left"].append(0)
        tree["right"].append(0)
        if at is not None:
            tree[at[1]][at[0]] = node
        open_ends += [(node, "left"), (node, "right")]
    for leaf, at in zip(order, open_ends):
        if at is not None:
            tree[at[1]][at[0]] = ~leaf
    tree["leaves"] = draw(st.lists(st.floats(-4, 4), min_size=leaves, max_size=leaves))
    return tree


@st.composite
def a_forest(draw: Any) -> dict[str, Any]:
    most = draw(st.sampled_from([1, 3, 8, 9, 17, 33, 64]))
    found = draw(st.lists(a_tree(most), min_size=1, max_size=4))
    return {"kind": "trees", "features": list(FEATURES), "trees": found, "calibration": None}


def some_values() -> st.SearchStrategy[list[Any]]:
    number = st.one_of(st.none(), st.sampled_from(NUMBERS), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
    text = st.one_of(st.none(), st.sampled_from(TEXTS), st.text(max_size=3), st.booleans(), st.integers(0, 3))
    return st.tuples(number, number, text, number).map(list)


@settings(max_examples=150, deadline=None)
@given(a_forest(), st.lists(some_values(), min_size=1, max_size=8))
def test_any_trees_score_as_a_walk_does(model, rows):
    for values in rows:
        margin = math.fsum(walked(tree, values) for tree in model["trees"])
        assert scored(model, values) == trees.logistic(margin)


WEIGHTED = {
    "kind": "weights", "features": [{"name": "n"}, {"name": "c", "values": ["x", "true", "3"]}], "bias": 0.25,
    "weights": [{"weight": 2.0, "missing": -1.0}, {"weights": [1.0, 3.0, 5.0], "missing": 0.5, "other": -0.5}],
}  # fmt: skip


@pytest.mark.parametrize(
    "values, margin",
    [([1.5, "x"], 4.25), ([2, True], 7.25), ([True, 3], 7.25), ([None, None], -0.25), ([0, "y"], -0.25), ([None, False], -1.25)],
)  # fmt: skip
def test_logistic_weights(values, margin):
    assert loaded({**WEIGHTED, "calibration": None}).probability(values) == trees.logistic(margin)


@pytest.mark.parametrize(
    "calibration, margin, expected",
    [
        (None, 0.0, 0.5),
        ({"slope": 2.0, "intercept": -1.0}, 0.5, 0.5),
        ({"slope": -1.0, "intercept": 0.0}, 800.0, trees.logistic(-800.0)),
        ({"at": [0.25, 0.75], "of": [0.1, 0.3]}, 0.0, 0.2),
        ({"at": [0.25, 0.75], "of": [0.1, 0.3]}, -9.0, 0.1),
        ({"at": [0.25, 0.75], "of": [0.1, 0.3]}, 9.0, 0.3),
        ({"at": [0.5], "of": [0.4]}, 0.0, 0.4),
    ],
)  # fmt: skip
def test_calibration(calibration, margin, expected):
    model = {"kind": "weights", "features": [{"name": "n"}], "bias": margin, "weights": [{"weight": 0.0, "missing": 0.0}], "calibration": calibration}
    assert loaded(model).probability([None]) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("margin", [-1e308, -745.2, -709.0, -0.0, 0.0, 709.0, 745.2, 1e308])
def test_a_probability_is_one_for_any_margin(margin):
    assert 0.0 <= trees.logistic(margin) <= 1.0


BODY = tree_columns.body({
    "kind": "trees", "features": [{"name": "n"}], "calibration": None,
    "trees": [{"feature": [0], "split": [1.0], "left": [-1], "right": [-2], "missing": [1], "leaves": [-1.0, 1.0]}],
})  # fmt: skip


@pytest.mark.parametrize(
    "row, error",
    [
        (["visitor.p", "m", "1", None, ["visitor.n"], {"trees": {**BODY["trees"], "sizes": [3]}, "calibration": None}], ValueError),
        (["visitor.p", "m", "1", None, ["visitor.n"], {"trees": {**BODY["trees"], "sizes": []}, "calibration": None}], ValueError),
        (["visitor.p", "m", "1", None, ["visitor.n", "visitor.o"], BODY], ValueError),
        (["visitor.q", "m", "1", None, ["visitor.n"], BODY], LookupError),
        (["visitor.p", "m", "1", None, ["visitor.n"], {"calibration": None}], LookupError),
        (["visitor.p"], ValueError),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused(row, error):
    with pytest.raises(error):
        read(row, {"visitor.p": Attribute("visitor.p", "double")})


def test_what_is_not_permitted_known_or_read_is_not_predicted():
    attribute = Attribute("visitor.p", "double", "personalization")
    one = read(["visitor.p", "m", "1", ["home"], ["visitor.n"], BODY], {"visitor.p": attribute})
    may = frozenset({"personalization"})
    high = trees.logistic(1.0)
    assert predict([one], {"visitor.n": 2.0}, may, "home") == predict([one], {"visitor.n": 2.0}, may, None) == {"visitor.p": high}
    for values, purposes, page in (({}, may, "home"), ({"visitor.n": 2.0}, frozenset(), "home"), ({"visitor.n": 2.0}, may, "cart"), ({"visitor.n": 2.0, "visitor.p": 0.1}, may, "home")):
        assert predict([one], values, purposes, page) == {}
