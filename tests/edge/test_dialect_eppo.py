"""Eppo's conditions and shards over plain values."""

import pytest
from hypothesis import given

from compiler import patterns
from tests.edge import hostile
from tessera.dialects.eppo import FUNCTIONS


@pytest.mark.parametrize(
    "function, arguments, expected",
    [
        ("one_of", ("US", ("US", "Canada")), True),
        ("one_of", ("us", ("US",)), False),
        ("one_of", (1, ("1",)), True),
        ("one_of", (1.0, ("1",)), True),
        ("one_of", (123456789, ("123456789",)), True),
        ("one_of", (True, ("true",)), True),
        ("one_of", (None, ("null",)), False),
        ("not_one_of", ("us", ("US",)), True),
        ("not_one_of", (False, ("false",)), False),
        ("not_one_of", (None, ("US",)), False),
        ("one_of_ignore_case", ("ios", ("iOS",)), True),
        ("not_one_of_ignore_case", ("china", ("China",)), False),
        ("gt", (26, 25), True),
        ("gt", ("26", 25), True),
        ("gte", (50, 50), True),
        ("lt", ("", 10), True),
        ("lt", ("ten", 10), False),
        ("lt", (None, 10), False),
        ("lte", (True, 1), True),
        ("gt", ("0x10", 15), True),
        ("gt", (2**53 + 1, 2**53), False),
        ("lt", (1, "Infinity"), True),
        ("semver_lt", ("1.15.0", "1.5.0"), False),
        ("semver_gte", ("1.15.0", "1.5.0"), True),
        ("semver_lte", ("v2.2.13", "2.2.13"), True),
        ("semver_gt", ("3.1", "3.0.0"), False),
        ("semver_gt", (3.1, "3.0.0"), False),
        ("semver_gt", ("1.0.202401011200", "1.0.999999999"), True),
        ("semver_lt", ("1.0.202401011200-rc.1", "1.0.202401011200"), True),
        ("semver_lte", ("9007199254740991.0.0", "9007199254740991.0.0+build"), True),
        ("semver_gt", ("9007199254740992.0.0", "1.0.0"), False),
        ("semver_gt", ("01.0.0", "0.9.0"), False),
        ("either", ("id", "subject"), "id"),
        ("either", (None, "subject"), "subject"),
        ("shard", ("split-numeric-flag-some-allocation", "1", 10_000), 8786),
        ("shard", ("split", None, 10_000), None),
        ("shard", ("split", "1", 0), None),
        ("md5", ("subject-1",), "a90ea45116d251a43da56e03d3dd7275"),
        ("md5", (None,), None),
    ],
)
def test_functions(function, arguments, expected):
    answer = FUNCTIONS[f"eppo.{function}"].call(*arguments)
    assert answer == expected and type(answer) is type(expected)


def test_the_shard_of_several_texts_is_that_of_the_texts_with_hyphens_between_them():
    shard = FUNCTIONS["eppo.shard"].call
    assert shard("assignment", "alice", "flag", 10_000) == shard("assignment-alice", "flag", 10_000) == shard("assignment", "alice-flag", 10_000)


@pytest.mark.parametrize(
    "value, matched", [("alice@example.com", True), ("alice@example_com", False), (None, None), (12, False)], ids=["found", "not", "missing", "number"]
)
def test_patterns(value, matched):
    program = patterns.compile("@example\\.com")
    assert FUNCTIONS["eppo.matches"].call(value, program) is (matched is True)
    assert FUNCTIONS["eppo.not_matches"].call(value, program) is (matched is False)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(hostile.values, hostile.values)
def test_whatever_the_values_nothing_is_raised_and_a_condition_has_a_truth_value(name, value, other):
    function = FUNCTIONS[name]
    for count in function.arity:
        last = [patterns.compile("a+")] if function.pattern else [other]
        answer = function.call(*[value] * (count - len(last)), *last)
        assert answer in (True, False) if function.returns == "bool" else True
        assert function.pattern or function.call(value, *[(other, "a")] * (count - 1)) is not Ellipsis
