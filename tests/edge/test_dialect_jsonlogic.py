"""JsonLogic's and flagd's functions over plain values: dialect_jsonlogic.yaml, row by row, and deterministic CBOR by its standard."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import table
from tessera.dialects import flagd, jsonlogic
from tessera.types import Attribute, coerce

FUNCTIONS = jsonlogic.FUNCTIONS | flagd.FUNCTIONS
ROWS = table("dialect_jsonlogic.yaml")


def plain(value):
    return coerce(Attribute("visitor.x", "any"), value) if isinstance(value, (list, dict)) else value


@pytest.mark.parametrize("name, arguments, expected", ROWS, ids=[f"{name}-{number}" for number, (name, _, _) in enumerate(ROWS)])
def test_functions(name, arguments, expected):
    answer, expected = FUNCTIONS[name].call(*map(plain, arguments)), plain(expected)
    if isinstance(expected, float) and math.isnan(expected):
        assert math.isnan(answer)
    else:
        assert (answer, type(answer)) == (expected, type(expected))


@pytest.mark.parametrize(
    "name, arguments, expected",
    [  # where lengths are no whole numbers, or no list's
        ("jsonlogic.substr", ["true", 1, -1.2], "r"), ("jsonlogic.substr", ["true", 0, -0.5], "tru"), ("jsonlogic.substr", ["true", -2, 1.9], "u"),
        ("jsonlogic.substr", ["true", 0, "-1"], ""), ("jsonlogic.substr", ["true", 3, -math.inf], ""),
        ("jsonlogic.missing_some", [{}, 2, "abc"], ()), ("jsonlogic.missing_some", [{}, 3, "abc"], ("abc",)),
        ("jsonlogic.missing_some", [{}, 0, {"a": 1, "b": 2}], ({"a": 1, "b": 2},)),
    ],
)  # fmt: skip
def test_odd_lengths(name, arguments, expected):
    assert FUNCTIONS[name].call(*arguments) == expected


@pytest.mark.parametrize(
    "value, encoded",
    [  # RFC 8949, appendix A; whole numbers are integers here, whatever their type
        (0, "00"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"), (1000000, "1a000f4240"), (1000000000000, "1b000000e8d4a51000"),
        (18446744073709551615, "1bffffffffffffffff"), (-1, "20"), (-100, "3863"), (-1000, "3903e7"), (0.0, "00"), (-0.0, "00"), (1.0, "01"),
        (1.1, "fb3ff199999999999a"), (1.5, "f93e00"), (65504.0, "19ffe0"), (100000.0, "1a000186a0"), (3.4028234663852886e38, "fa7f7fffff"),
        (1.0e300, "fb7e37e43c8800759c"), (5.960464477539063e-8, "f90001"), (0.00006103515625, "f90400"), (-4.1, "fbc010666666666666"),
        (math.inf, "f97c00"), (math.nan, "f97e00"), (False, "f4"), (True, "f5"), (None, "f6"), ("", "60"), ("IETF", "6449455446"), ("ü", "62c3bc"),
        ((), "80"), ((1, (2, 3)), "8201820203"), ({}, "a0"), ({"b": (2, 3), "a": 1}, "a26161016162820203"), ({"aa": 1, "z": 2}, "a2617a0262616101"),
    ],
)  # fmt: skip
def test_cbor(value, encoded):
    assert flagd.cbor(value).hex() == encoded


@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.lists(hostile.values, max_size=4))
def test_whatever_the_values_nothing_is_raised_and_a_condition_has_a_truth_value(name, values):
    function = FUNCTIONS[name]
    values = [coerce(Attribute("visitor.x", "any"), value) for value in values]
    for count in function.arity or [len(values)]:
        answer = function.call(*(values * count)[:count] if values else [None] * count)
        assert function.returns != "bool" or isinstance(answer, bool)


def test_what_is_made_does_not_grow_without_end():
    assert len(jsonlogic.cat("a" * 50_000, "b" * 50_000)) == len(jsonlogic.merge(("a",) * 50_000, ("b",) * 50_000)) == jsonlogic.LONGEST
