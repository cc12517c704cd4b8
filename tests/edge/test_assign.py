"""Units as text, and the ranges that other tools lay over buckets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.assign import (
    HASHES, LINE, UNIT, bucket_ranges, choose, disjoint, equal_weights, growthbook, in_buckets, in_namespace, point, query_override, unit_text,
)  # fmt: skip


@pytest.mark.parametrize("parts, whole, at", [(0, 1, 0), (1, 1, LINE), (1, 2, LINE // 2), (1, 3, LINE // 3), (50_000, 1_000_000, LINE // 20)])
def test_point(parts, whole, at):
    assert point(parts, whole) == at


# --- units --------------------------------------------------------------------------------------------------------------

UNITS = [  # value, the text that JavaScript's String() makes of it
    ("", ""), ("u1", "u1"), ("\ud800", "\ud800"), (True, "true"), (False, "false"), (0, "0"), (-0.0, "0"), (0.0, "0"), (5, "5"), (5.0, "5"), (-7, "-7"),
    (0.1, "0.1"), (1.5, "1.5"), (-123.456, "-123.456"), (0.1 + 0.2, "0.30000000000000004"), (100.0, "100"), (1e20, "100000000000000000000"),
    (1e21, "1e+21"), (1.5e21, "1.5e+21"), (-1e21, "-1e+21"), (0.000001, "0.000001"), (0.0000015, "0.0000015"), (1e-7, "1e-7"), (-1.5e-7, "-1.5e-7"),
    (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (2**53, "9007199254740992"), (2**53 + 1, "9007199254740992"),
    (2**64, "18446744073709552000"), (-(2**64), "-18446744073709552000"), (123456789012345680000, "123456789012345680000"),
]  # fmt: skip
NO_UNITS = [None, float("nan"), float("inf"), float("-inf"), 10**400, -(10**5000), [], ["a"], ("a",), {}, b"bytes"]


@pytest.mark.parametrize("value, expected", UNITS)
def test_a_unit_is_written_as_javascript_does(value, expected):
    assert unit_text(value) == expected


@pytest.mark.parametrize("value", NO_UNITS, ids=lambda value: str(value)[:10] if isinstance(value, (str, float)) else type(value).__name__)
def test_what_is_no_unit(value):
    assert unit_text(value) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back(value):
    assert float(unit_text(value)) == value


@given(hostile.values)
def test_every_value_is_a_unit_or_none(value):
    text = unit_text(value)
    assert text is None or (isinstance(text, str) and len(text) <= UNIT)


@pytest.mark.parametrize("letter", ["a", "é", "😀", "\ud800"])
def test_the_first_characters_of_a_unit_count(letter):
    assert unit_text(letter * 100_000) == letter * UNIT


# --- ranges -------------------------------------------------------------------------------------------------------------

IN_BUCKETS = [  # range of doubles, buckets, the range of buckets
    (0, 1, 1000, (0, 1000)), (0, 0.5, 10_000, (0, 5000)), (0.1, 0.3, 10, (1, 3)), (0.15, 0.25, 10, (2, 3)), (0.11, 0.19, 10, (0, 0)),
    (0.5, 0.5, 10, (0, 0)), (0.7, 0.2, 10, (0, 0)), (-1, 2, 10, (0, 10)), (0.29, 0.57, 100, (29, 57)), (float("nan"), 0.5, 10, (0, 5)),
    (0, float("nan"), 10, (0, 0)), (float("-inf"), float("inf"), 10, (0, 10)),
]  # fmt: skip


@pytest.mark.parametrize("start, end, buckets, expected", IN_BUCKETS)
def test_in_buckets(start, end, buckets, expected):
    assert in_buckets(start, end, buckets) == expected


bounds = st.floats(-0.5, 1.5) | st.integers(0, 100).map(lambda k: k / 100) | st.floats(0, 1).map(lambda x: round(x, 4))


@given(bounds, bounds, st.sampled_from([7, 100, 1000]))
def test_buckets_are_those_whose_number_is_in_the_range(start, end, buckets):
    first, last = in_buckets(start, end, buckets)
    assert [k for k in range(buckets) if first <= k < last] == [k for k in range(buckets) if start <= k / buckets < end]


DISJOINT = [  # arms' ranges, without overlaps
    ([[[0, 50]], [[50, 100]]], [[(0, 50)], [(50, 100)]]),
    ([[[0, 60]], [[40, 100]]], [[(0, 60)], [(60, 100)]]),
    ([[[40, 60]], [[0, 100]]], [[(40, 60)], [(0, 40), (60, 100)]]),
    ([[[0, 10], [10, 20]], []], [[(0, 20)], []]),
    ([[[5, 5], [7, 3]]], [[]]),
    ([], []),
]


@pytest.mark.parametrize("arms, expected", DISJOINT)
def test_disjoint(arms, expected):
    assert disjoint(arms) == expected


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4), max_size=5))
def test_without_overlaps_the_first_arm_owns_the_bucket(arms):
    found = disjoint(arms)
    assert len(found) == len(arms)
    for bucket in range(31):
        holding = [number for number, own in enumerate(arms) if any(start <= bucket < end for start, end in own)]
        assert [number for number, own in enumerate(found) for start, end in own if start <= bucket < end] == holding[:1]


# --- GrowthBook's arithmetic --------------------------------------------------------------------------------------------


def rounded(ranges: list) -> list:
    return [[round(bound, 6) for bound in pair] for pair in ranges]


RANGES = [  # arms, coverage, weights, ranges
    (2, None, None, [[0, 0.5], [0.5, 1]]), (2, 0.5, None, [[0, 0.25], [0.5, 0.75]]), (2, 1, [0.4, 0.6], [[0, 0.4], [0.4, 1]]),
    (2, 2, None, [[0, 0.5], [0.5, 1]]), (2, -1, None, [[0, 0], [0.5, 0.5]]), (2, 1, [0.4, 0.1], [[0, 0.5], [0.5, 1]]),
    (2, 1, [1], [[0, 0.5], [0.5, 1]]), (2, 1, [], [[0, 0.5], [0.5, 1]]), (2, 1, [0.4, 0.5999], [[0, 0.4], [0.4, 0.9999]]), (0, 1, None, []), (-1, 1, None, []),
]  # fmt: skip


@pytest.mark.parametrize("n, coverage, weights, expected", RANGES)
def test_bucket_ranges(n, coverage, weights, expected):
    assert rounded(bucket_ranges(n, coverage, weights)) == expected


@pytest.mark.parametrize("n, weights", [(-1, []), (0, []), (1, [1]), (4, [0.25] * 4)])
def test_equal_weights(n, weights):
    assert equal_weights(n) == weights


@pytest.mark.parametrize("n, arm", [(0, 0), (0.2, 0), (0.25, -1), (0.5, 1), (0.75, -1), (1, -1), (float("nan"), -1)])
def test_choose(n, arm):
    assert choose(n, [[0, 0.25], [0.5, 0.75]]) == arm


@given(st.floats(0, 1), st.floats(0, 1), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.floats(0, 0.999))
def test_widening_the_coverage_moves_nobody(one, other, weights, n):
    shares = [weight / sum(weights) for weight in weights]
    before, after = (choose(n, bucket_ranges(len(shares), coverage, shares)) for coverage in sorted((one, other)))
    assert before in (-1, after)


@given(hostile.text, hostile.text, st.floats(0, 1))
def test_every_unit_is_in_one_part_of_a_namespace(unit, name, at):
    assert in_namespace(unit, [name, 0, at]) + in_namespace(unit, [name, at, 1]) == 1


OVERRIDES = [  # URL, arm of five that `t` forces
    ("", None), ("https://x.example", None), ("https://x.example/?", None), ("https://x.example/?t", None), ("https://x.example/?t=", None),
    ("https://x.example/?t=1", 1), ("https://x.example/?a=b&t=1", 1), ("https://x.example/?t=4#t=2", 4), ("https://x.example/?a=b#?t=2", None),
    ("https://x.example/?t=5", None), ("https://x.example/?t=-1", None), ("https://x.example/?t=-0", 0), ("https://x.example/?t=+2", 2),
    ("https://x.example/?t=2abc", 2), ("https://x.example/?t=abc", None), ("https://x.example/?t=%31", None), ("https://x.example/?t= 3", 3),
    ("https://x.example/?t=0x3", 3), ("https://x.example/?t=0x", None), ("https://x.example/?t=2=1", 2), ("https://x.example/?t=9&t=1", None),
    ("https://x.example/?t=1?t=2", 1), ("https://x.example/?t=0001", 1), ("https://x.example/?t=" + "9" * 5000, None), ("https://x.example/?t=٣", None),
    ("https://x.example/?tt=1", None), ("https://x.example/?t=1.9", 1), ("https://x.example/?t=1e9", 1),
]  # fmt: skip


@pytest.mark.parametrize("url, arm", OVERRIDES, ids=lambda value: str(value)[:30])
def test_query_override(url, arm):
    assert query_override("t", url, 5) == arm


@given(hostile.text, hostile.text, st.integers(-3, 9))
def test_an_override_names_an_arm_or_nothing(key, query, n):
    arm = query_override(key, f"https://x.example/?{key}={query}", n)
    assert arm is None or 0 <= arm < n


GROWTHBOOK = {  # category → how its cases are asked
    "hash": lambda seed, value, version: growthbook(seed, value, version),
    "getBucketRange": lambda _, arguments: rounded(bucket_ranges(*arguments)),
    "chooseVariation": lambda _, n, ranges: choose(n, ranges),
    "getQueryStringOverride": lambda _, key, url, n: query_override(key, url, n),
    "inNamespace": lambda _, unit, namespace: in_namespace(unit, namespace),
    "getEqualWeights": lambda n: [round(weight, 8) for weight in equal_weights(n)],
}


@pytest.mark.parametrize("category", GROWTHBOOK)
def test_growthbooks_own_cases(shared, category):
    cases = json.loads((shared / "conformance/growthbook/cases.json").read_text("utf-8"))[category]
    for *arguments, expected in cases:
        assert GROWTHBOOK[category](*arguments) == expected, arguments


@pytest.mark.parametrize("version", [1, 2])
def test_growthbooks_number_is_its_bucket(version):
    scheme = HASHES[f"growthbook_v{version}"]
    for n in range(200):
        assert growthbook("seed", f"u{n}", version) == scheme.number("seed", f"u{n}", scheme.buckets) / scheme.buckets
