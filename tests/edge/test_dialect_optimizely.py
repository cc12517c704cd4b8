"""Optimizely's comparisons: exact types, what is unknown, versions by the parts that the target has; buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.dialects.optimizely import FUNCTIONS, bucket, compare_versions

ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(max_size=3), inner))


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(ANYTHING, min_size=3, max_size=3))
def test_every_function_is_total(name, values):
    function = FUNCTIONS[name]
    assert isinstance(function.call(*values[: function.arity[0]]), (bool, int, type(None)))


@pytest.mark.parametrize(
    ("name", "value", "expected", "result"),
    [
        ("exact", "a", "a", True), ("exact", "a", "A", False), ("exact", "1", 1, None), ("exact", 1, "1", None), ("exact", None, "a", None),
        ("exact", True, True, True), ("exact", False, True, False), ("exact", 1, True, None), ("exact", True, 1, None),
        ("exact", 1, 1.0, True), ("exact", 45.5, 45.5, True), ("exact", 2, 1, False), ("exact", ("a",), "a", None), ("exact", "a", None, None),
        ("exact", 2**53, 2**53, True), ("exact", 2**53 + 1, 1, None), ("exact", float("nan"), 1, None), ("exact", 10**400, 1, None),
        ("gt", 2, 1, True), ("gt", 1, 1, False), ("gt", True, 0, None), ("gt", "2", 1, None), ("gt", 2, "1", None), ("gt", None, 1, None),
        ("ge", 1, 1.0, True), ("lt", 0.5, 1, True), ("le", 1, 1, True), ("le", float("inf"), 1, None), ("lt", -(2**53) - 2, 1, None),
        ("substring", "abc", "b", True), ("substring", "abc", "", True), ("substring", "abc", "B", False), ("substring", 5, "5", None), ("substring", "5", 5, None),
        ("qualified", ("a", "b"), "a", True), ("qualified", ("a",), "c", False), ("qualified", None, "a", False), ("qualified", "a", "a", False), ("qualified", ("a",), 1, None),
    ],
)  # fmt: skip
def test_comparisons(name, value, expected, result):
    assert FUNCTIONS[f"optimizely.{name}"].call(value, expected) is result


def test_exists_and_unknown():
    exists, unknown = FUNCTIONS["optimizely.exists"].call, FUNCTIONS["optimizely.unknown"].call
    assert (exists(None), exists(0), exists(""), exists(()), unknown()) == (False, True, True, True, None)


@pytest.mark.parametrize(
    ("version", "target", "order"),
    [
        ("2.1.7", "2.1", 0), ("2.1", "2.1.7", -1), ("2", "2.0.0", -1), ("2.10", "2.9", 1), ("2.0.0", "2", 0), ("10", "9.9.9", 1),
        ("2.0.0-beta", "2.0.0", -1), ("2.0.0", "2.0.0-beta", 1), ("2.0.0-alpha", "2.0.0-beta", -1), ("2.0.0-beta", "2.0.0-beta", 0), ("2.0.0-rc.1", "2.0.0-rc.2", -1),
        ("2.0.0+build", "2.0.0", 0), ("2.0.0", "2.0.0+build", 1), ("2.0.0+b", "2.0.0+a", 1), ("2.0.0-10", "2.0.0-9", 1), ("2.0.0-10", "2.0.0-beta", None),
        ("2.1-beta", "2.1.3", -1), ("2.1", "2.1.3-beta", 1), ("2.1.3", "2.1-beta", None),
        ("", "1", None), ("1", "", None), ("1.2.3.4", "1", None), ("1 .2", "1", None), ("one", "1", None), ("1..2", "1", None), ("v1", "1", None), ("1", "v1", None), (1, "1", None), ("1", 1, None), ("²", "1", None),
        ("9" * 5000, "1", None),
    ],
)  # fmt: skip
def test_versions(version, target, order):
    assert compare_versions(version, target) == order


def test_a_bucketing_id_that_is_a_text_takes_the_place_of_the_user():
    assert bucket(None, "ppid1", "1886780721") == bucket("ppid1", "someone", "1886780721") == bucket(5, "ppid1", "1886780721") == 5254
    assert bucket("ppid2", None, "1886780721") == 4299
    assert bucket(None, None, "1886780721") is bucket("a", "b", None) is None
