"""Assignment: the published formula, recomputed here from its text; evenly spread, independent, and stable when a share grows."""

from fractions import Fraction
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.assign import LINE, arm_of, bucket, point, unit_of, within

UNITS = 100_000

VECTORS = [  # salt, unit, the first eight bytes of SHA-256 over salt, NUL, unit (as any shell computes them)
    ("hero_headline", "u1", "printf 'hero_headline\\0u1' | sha256sum"),
    ("h2-2026", "visitor-é", "UTF-8"),
    ("s", "", "an empty unit"),
    ("s", "\ud800", "a lone surrogate"),
    ("a", "b\0c", "a NUL in the unit"),
]


@pytest.mark.parametrize("salt, unit, about", VECTORS, ids=[about for _, _, about in VECTORS])
def test_the_published_formula(salt, unit, about):
    recomputed = sha256(salt.encode() + b"\0" + unit.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    assert bucket(salt, unit) == int(recomputed, 16)


def test_known_points():
    assert bucket("hero_headline", "u1") == 0xc3452fc6bdb837f4
    assert bucket("h2-2026", "visitor-é") == 0x4023238a3ce4965a


@given(hostile.text, hostile.text)
def test_a_bucket_is_a_point_of_the_line(salt, unit):
    assert 0 <= bucket(salt, unit) < LINE


def test_the_parts_are_separated():
    assert bucket("ab", "c") != bucket("a", "bc")


@cache
def _points(salt: str) -> np.ndarray:
    return np.array([bucket(salt, f"visitor-{n}") / LINE for n in range(UNITS)])


def chi_square(observed: np.ndarray, expected: np.ndarray) -> float:
    return float(((observed - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("salt", ["hero_headline", "h2-2026"])
def test_uniform(salt):
    counts, _ = np.histogram(_points(salt), bins=100, range=(0, 1))
    assert chi_square(counts, np.full(100, UNITS / 100)) < 148.2  # 99 degrees of freedom, p = 0.001


def test_two_salts_are_independent():
    first, second = ((_points(salt) * 10).astype(int) for salt in ("hero_headline", "h2-2026"))
    together = np.zeros((10, 10))
    np.add.at(together, (first, second), 1)
    assert chi_square(together, np.outer(together.sum(1), together.sum(0)) / UNITS) < 126.1  # 81 degrees of freedom, p = 0.001


def test_similar_salts_are_independent():
    first, second = ((_points(salt) * 2).astype(int) for salt in ("test", "test2"))
    agree = int((first == second).sum())
    assert abs(agree - UNITS / 2) < 4 * (UNITS**0.5) / 2


WEIGHTS = [(50, 50), (1, 1, 1), (90, 5, 5), (1, 0, 1), (7,), (999_999, 1)]
SHARES = [(0, 1_000_000), (1, 1_000_000), (100_000, 1_000_000), (800_000, 1_000_000), (1_000_000, 1_000_000)]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_arms_get_their_weight_of_the_units(weights):
    arms = [arm_of(int(p * LINE), weights, (800_000, 1_000_000)) for p in _points("hero_headline")[:20_000]]
    for arm, weight in enumerate(weights):
        expected = 0.8 * weight / sum(weights)
        assert abs(arms.count(arm) / 20_000 - expected) < 5 * (max(expected, 1e-4) / 20_000) ** 0.5


points = st.one_of(st.integers(0, LINE - 1), st.sampled_from([0, 1, LINE // 3, LINE // 3 + 1, LINE // 2 - 1, LINE // 2, LINE - 2, LINE - 1]))
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any)


@given(points, weights, st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_widening_the_share_moves_nobody(at, weights, one, other):
    narrow, wide = sorted((one, other))
    before, after = (arm_of(at, weights, (share, 1_000_000)) for share in (narrow, wide))
    assert before in (-1, after)


@given(points, weights)
def test_the_full_share_takes_everybody_and_none_takes_nobody(at, weights):
    assert arm_of(at, weights, (1, 1)) >= 0
    assert arm_of(at, weights, (0, 1)) == -1


@given(points, weights, st.integers(0, 1_000_000))
def test_an_arm_of_no_weight_is_never_drawn(at, weights, share):
    arm = arm_of(at, weights, (share, 1_000_000))
    assert arm == -1 or weights[arm] > 0


@given(points, weights, st.integers(0, 1_000_000))
def test_the_stretches_are_those_of_exact_arithmetic(at, weights, share):
    """Recomputed with fractions: arm i owns [before, before + weight × share) of the line."""
    arm, total, before = -1, sum(weights), 0
    for number, weight in enumerate(weights):
        start, end = Fraction(before, total) * LINE, (Fraction(before, total) + Fraction(weight * share, total * 1_000_000)) * LINE
        if start // 1 <= at < end // 1:
            arm = number
        before += weight
    assert arm_of(at, weights, (share, 1_000_000)) == arm


@pytest.mark.parametrize("parts, whole, at", [(0, 1, 0), (1, 1, LINE), (1, 2, LINE // 2), (1, 3, LINE // 3), (50_000, 1_000_000, LINE // 20)])
def test_point(parts, whole, at):
    assert point(parts, whole) == at


@given(st.integers(0, 1000), st.integers(0, 1000), points)
def test_layers_that_touch_do_not_overlap(a, b, at):
    low, high = sorted((a, b))
    slices = [(point(s, 1000), point(e, 1000)) for s, e in ((0, low), (low, high), (high, 1000))]
    assert sum(within(at, *part) for part in slices) == 1


@pytest.mark.parametrize(
    "units, kind, unit", [({"visitor": "u"}, "visitor", "u"), ({"visitor": "u"}, "account", None), ({"visitor": ""}, "visitor", None), ({}, "visitor", None)]
)
def test_unit_of(units, kind, unit):
    assert unit_of(units, kind) == unit
