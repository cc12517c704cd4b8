"""Arms over buckets: each gets its weight, whatever the hash; widening a share moves nobody."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.allocation import arm_at, by_ranges, by_weight
from tessera.hashes import HASHES, LINE

UNITS = 20_000
WEIGHTS = [(50, 50), (1, 1, 1), (90, 5, 5), (1, 0, 1), (7,), (999_999, 1)]
WHOLE = 1_000_000

wholes = st.sampled_from([1, 7, 100, 1000, 10_000, 100_000, LINE])
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any)
shares = st.integers(0, WHOLE)
places = st.floats(0, 1, exclude_max=True) | st.sampled_from([0.0, 1 / 3, 0.5, 1 - 2**-53])


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("name", HASHES)
def test_arms_get_their_weight_of_the_units(name, weights):
    number, buckets = HASHES[name].number, max(HASHES[name].buckets, 10_000)
    allocation = by_weight(weights, buckets, (800_000, WHOLE))
    arms = [arm_at(allocation, number("hero_headline", f"visitor-{n}", buckets)) for n in range(UNITS)]
    for arm, weight in enumerate(weights):
        expected = 0.8 * weight / sum(weights)
        assert abs(arms.count(arm) / UNITS - expected) < 5 * (max(expected, 1e-4) / UNITS) ** 0.5


@given(wholes, places, weights, shares, shares)
def test_widening_the_share_moves_nobody(whole, place, weights, one, other):
    bucket = int(Fraction(place) * whole)
    before, after = (arm_at(by_weight(weights, whole, (share, WHOLE)), bucket) for share in sorted((one, other)))
    assert before in (-1, after)


@given(wholes, weights, st.lists(shares, min_size=2, max_size=6).map(sorted))
def test_a_ramp_moves_nobody_at_any_edge(whole, weights, ramp):
    """At the buckets where a range begins or ends, and beside them: those whom a step enrols keep their arm in all that follow."""
    steps = [by_weight(weights, whole, (share, WHOLE)) for share in ramp]
    edges = {edge + by for step in steps for edge in (*step.starts, *step.ends) for by in (-1, 0, 1)}
    for bucket in (edge for edge in edges if 0 <= edge < whole):
        arms = [arm_at(step, bucket) for step in steps]
        assert arms == sorted(arms, key=lambda arm: arm >= 0) and len(set(arms) - {-1}) <= 1


@given(wholes, places, weights)
def test_the_full_share_takes_everybody_and_none_takes_nobody(whole, place, weights):
    bucket = int(Fraction(place) * whole)
    assert arm_at(by_weight(weights, whole, (1, 1)), bucket) >= 0
    assert arm_at(by_weight(weights, whole, (0, 1)), bucket) == -1


@given(wholes, places, weights, shares)
def test_the_stretches_are_those_of_exact_arithmetic(whole, place, weights, share):
    """Recomputed with fractions: arm i owns [before, before + weight × share) of the buckets."""
    bucket, arm, total, before = int(Fraction(place) * whole), -1, sum(weights), 0
    for number, weight in enumerate(weights):
        start, end = Fraction(before, total) * whole, (Fraction(before, total) + Fraction(weight * share, total * WHOLE)) * whole
        if start // 1 <= bucket < end // 1:
            arm = number
        before += weight
    found = arm_at(by_weight(weights, whole, (share, WHOLE)), bucket)
    assert found == arm
    assert found == -1 or weights[found] > 0


ranges = st.lists(st.integers(0, 40), min_size=2, max_size=12, unique=True).map(sorted)


@given(ranges, st.data())
def test_explicit_ranges_are_looked_up_as_they_stand(cuts, data):
    """Each stretch between two cuts belongs to an arm or to nobody."""
    owners = [data.draw(st.integers(-1, 3)) for _ in cuts[1:]]
    arms = [[(start, end) for start, end, owner in zip(cuts, cuts[1:], owners) if owner == arm] for arm in range(4)]
    allocation = by_ranges(arms)
    for bucket in range(-1, 42):
        expected = next((owner for start, end, owner in zip(cuts, cuts[1:], owners) if start <= bucket < end), -1)
        assert arm_at(allocation, bucket) == expected


@given(ranges)
def test_propensities_are_the_arms_parts_of_those_enrolled(cuts):
    arms = [[pair] for pair in zip(cuts, cuts[1:])]
    assert abs(sum(by_ranges(arms).propensities) - 1) < 1e-9


@pytest.mark.parametrize("arms", [[], [[]], [[], [(3, 3)]]])
def test_no_range_takes_nobody(arms):
    assert {arm_at(by_ranges(arms), bucket) for bucket in range(10)} == {-1}
