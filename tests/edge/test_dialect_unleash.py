"""Unleash's constraints and rollouts over plain values."""

import pytest
from hypothesis import given

from compiler import patterns
from tests.edge import hostile
from tessera.dialects.unleash import FUNCTIONS

NOON = 1_643_457_600.0  # 2022-01-29T12:00:00Z
LIMIT = "2022-01-29T13:00:00.000Z"


@pytest.mark.parametrize(
    "function, arguments, expected",
    [
        ("one_of", ("dev", ("dev", "prod")), True),
        ("one_of", ("Dev", ("dev",)), False),
        ("one_of", (7, ("7",)), True),
        ("one_of", (7.0, ("7",)), True),
        ("one_of", (True, ("true",)), True),
        ("one_of", (None, ("dev",)), False),
        ("one_of", ("dev", ()), False),
        ("one_of_ignore_case", ("Staging-1", ("staging-1",)), True),
        ("one_of_ignore_case", ("staging-10", ("staging-1",)), False),
        ("starts_with", ("some-string", ("other", "some")), True),
        ("starts_with", ("Some-string", ("some",)), False),
        ("starts_with_ignore_case", ("test@example.com", ("TEST",)), True),
        ("ends_with", ("a@b.com", (".com",)), True),
        ("ends_with_ignore_case", ("a@b.COM", (".com",)), True),
        ("contains", ("a@email.com", ("email",)), True),
        ("contains", (None, ("email",)), False),
        ("contains_ignore_case", ("a@EMAIL.com", ("email",)), True),
        ("num_eq", ("12.0", 12), True),
        ("num_eq", (12, 12.0), True),
        ("num_eq", ("", 0), False),
        ("num_eq", ("twelve", 12), False),
        ("num_lte", (" ", 12), False),
        ("num_lt", ("12", "Infinity"), True),
        ("num_gt", ("13", 12), True),
        ("num_gte", ("12", 12), True),
        ("num_lt", ("12", 12), False),
        ("num_lte", (None, 12), False),
        ("semver_eq", ("1.2.2", "1.2.2"), True),
        ("semver_eq", ("1.2.2+build", "1.2.2"), True),
        ("semver_eq", (" 1.2.2 ", "1.2.2"), True),
        ("semver_eq", ("v2.0.0", "2.0.0"), False),
        ("semver_eq", ("2.0", "2.0.0"), False),
        ("semver_gt", ("2.0.0-beta.1", "2.0.0-alpha.1"), True),
        ("semver_gt", ("2.0.0-alpha.10", "2.0.0-alpha.9"), True),
        ("semver_gt", ("2.0.0", "2.0.0-rc"), True),
        ("semver_lt", ("2.0.0-alpha", "2.0.0-alpha.1"), True),
        ("semver_gte", ("1.02.0", "1.0.0"), False),
        ("semver_lte", (1, "1.0.0"), False),
        ("date_after", ("2022-01-30T13:00:00.000Z", None, LIMIT), True),
        ("date_after", (LIMIT, None, LIMIT), False),
        ("date_after", ("2022-01-29T14:30:00+02:00", NOON, LIMIT), False),
        ("date_after", ("2022-01-30t13:00:00z", None, LIMIT), True),
        ("date_after", ("2022-W40-6", None, LIMIT), False),
        ("date_after", ("20220130T130000Z", None, LIMIT), False),
        ("date_after", ("2022-01-30T13:00:00,5Z", None, LIMIT), False),
        ("date_before", (None, NOON, LIMIT), True),
        ("date_before", ("", NOON, LIMIT), True),
        ("date_before", ("yesterday", NOON, LIMIT), False),
        ("date_after", (None, None, LIMIT), False),
        ("in_cidr", ("127.0.0.1", ("127.0.0.1",)), True),
        ("in_cidr", ("160.33.7.9", ("bad", "160.33.0.0/16")), True),
        ("in_cidr", ("160.34.0.1", ("160.33.0.0/16",)), False),
        ("in_cidr", ("2001:db8:0:1::42", ("2001:db8::/32",)), True),
        ("in_cidr", ("127.0.0.1", ("2001:db8::/32",)), False),
        ("in_cidr", (None, ("0.0.0.0/0",)), False),
        ("rollout", (100, "AB12A", "123"), True),
        ("rollout", (50, "AB12A", "155"), False),
        ("rollout", (10, "Feature.flexibleRollout.10", "174"), True),
        ("rollout", (10, "Feature.flexibleRollout.10", None, "174"), True),
        ("rollout", (10, "Feature.flexibleRollout.10", "", "499", "174"), False),
        ("rollout", (100, "AB12A", None), False),
    ],
)
def test_functions(function, arguments, expected):
    assert FUNCTIONS[f"unleash.{function}"].call(*arguments) is expected


@pytest.mark.parametrize("pattern, value, expected", [("^user\\d{3}$", "user123", True), ("(?i)cat", "a CAT", True), ("^1$", 1, True), (".*", None, False)])
def test_patterns(pattern, value, expected):
    assert FUNCTIONS["unleash.matches"].call(value, patterns.compile(pattern)) is expected


@pytest.mark.parametrize("name", FUNCTIONS)
@given(hostile.values, hostile.values)
def test_whatever_the_values_the_answer_is_a_truth_value(name, value, other):
    function = FUNCTIONS[name]
    for count in function.arity:
        fixed = [patterns.compile("a+")] if function.pattern else ["1.0.0"]
        assert function.call(*[value] * (count - 1), *fixed) in (True, False)
        assert function.pattern or function.call(value, *[other] * (count - 1)) in (True, False)
        assert function.pattern or function.call(value, *[(other, "1.0.0/8")] * (count - 1)) in (True, False)
