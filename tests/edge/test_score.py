"""Scores against NumPy: integer dot products that agree bit for bit, and the top under constraints."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.quantize import quantize as quantize_rows
from tests.edge.sites import AT, DAY, ITEMS, VECTORS
from tessera.score import LEVELS, Vectors, quantize, scores, taste, top
from tessera.types import ListedItem, Ranked

WEEK = 7.0 * DAY
ROW_OF = {item: row for row, item in enumerate(ITEMS)}
FOUND = quantize_rows(VECTORS)


def vectors(rows: np.ndarray, scales: np.ndarray) -> Vectors:
    return Vectors(memoryview(rows.tobytes()), memoryview(scales.tobytes()), rows.shape[1])


SHOP = vectors(FOUND.rows, FOUND.scales)

finite = st.floats(-1e6, 1e6, width=32)


@given(st.lists(finite, min_size=1, max_size=16))
def test_the_edge_quantizes_as_the_compiler_does(vector):
    rows = quantize_rows(np.array([vector], dtype=np.float32))
    whole, scale = quantize(vector)
    assert whole == rows.rows[0].tolist()
    assert np.float32(scale) == rows.scales[0]


@given(st.lists(st.floats(-1e300, 1e300), max_size=16))
def test_quantized_numbers_are_int8_and_close(vector):
    whole, scale = quantize(vector)
    assert len(whole) == len(vector) and all(-LEVELS <= x <= LEVELS for x in whole)
    for exact, x in zip(vector, whole):
        assert abs(exact - x * scale) <= scale * 0.5000001 + 2.0**-999


@pytest.mark.parametrize("vector", [[], [0.0], [0.0, -0.0], [5e-324], [1e-310, -5e-324]])
def test_a_vector_of_nothing_has_no_scale(vector):
    assert quantize(vector) == ([0] * len(vector), 0.0)


@given(st.integers(1, 40), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_scores_agree_with_numpy_bit_for_bit(n, d, seed):
    random = np.random.default_rng(seed)
    rows = random.integers(-LEVELS, LEVELS + 1, size=(n, d), dtype=np.int8)
    scales = random.random(n, dtype=np.float32)
    query = random.integers(-LEVELS, LEVELS + 1, size=d)
    expected = (rows.astype(np.int64) @ query).astype(np.float64) * scales.astype(np.float64)
    assert scores(vectors(rows, scales), query.tolist()) == expected.tolist()


def numpy_taste(recent: list[ListedItem], half_life: float) -> np.ndarray | None:
    total = np.zeros(VECTORS.shape[1])
    for order, item in enumerate(recent):
        if item.id in ROW_OF:
            age = order * half_life / 8 if item.at is None else max(0.0, AT - item.at)
            row = ROW_OF[item.id]
            total = total + 0.5 ** (age / half_life) * float(FOUND.scales[row]) * FOUND.rows[row].astype(np.float64)
    largest = np.abs(total).max()
    return np.rint(total / (largest / LEVELS)).astype(int) if largest else None


recents = st.lists(st.builds(ListedItem, st.sampled_from((*ITEMS, "gone")), st.one_of(st.none(), st.floats(AT - 30 * DAY, AT + DAY))), max_size=6)


@given(recents)
def test_taste_agrees_with_numpy(recent):
    expected = numpy_taste(recent, WEEK)
    found = taste(SHOP, recent, ROW_OF, WEEK, AT)
    if expected is None:
        assert found is None
    else:
        assert found == expected.tolist()
        assert max(map(abs, found)) == LEVELS


@pytest.mark.parametrize(
    "recent, same_as",
    [
        ([ListedItem("mug")], FOUND.rows[6].tolist()),
        ([ListedItem("mug", AT)], FOUND.rows[6].tolist()),
        ([ListedItem("mug", AT + DAY)], FOUND.rows[6].tolist()),
        ([ListedItem("mug", AT - 300 * DAY)], FOUND.rows[6].tolist()),
        ([ListedItem("gone"), ListedItem("mug")], FOUND.rows[6].tolist()),
        ([ListedItem("mug", AT), ListedItem("huila", AT - 10_000 * DAY)], FOUND.rows[6].tolist()),
        ([], None),
        ([ListedItem("gone")], None),
        ([ListedItem("mug", -1e18)], None),
        ([ListedItem("mug", AT - 1073 * 7 * DAY)], None),
        ([ListedItem("mug", -1e308)], None),
    ],
    ids=["one item", "just now", "from the future", "only an old one", "one that is gone", "the old one counts for nothing", "none", "all gone", "aeons ago", "a denormal weight", "an overflow"],
)
def test_taste(recent, same_as):
    assert taste(SHOP, recent, ROW_OF, WEEK, AT) == same_as


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(60.0, 1e9))
def test_no_moment_makes_taste_raise(at, half_life):
    found = taste(SHOP, [ListedItem("mug", at), ListedItem("huila")], ROW_OF, half_life, AT)
    assert found is None or all(-LEVELS <= x <= LEVELS for x in found)


def best_by_hand(order, take, keep, groups):
    """All rows sorted, then the constraints one row at a time."""
    shown: list[int] = []
    for row in sorted((r for r in range(len(order)) if keep(r)), key=lambda r: -order[r]):
        if len(shown) < take and all(sum(values[s] == values[row] for s in shown) < most for values, most in groups):
            shown.append(row)
    return shown


@given(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0]), min_size=1, max_size=12), st.integers(0, 6), st.sets(st.integers(0, 11)), st.integers(1, 3), st.data())
def test_top_agrees_with_a_plain_sort(order, take, dropped, most, data):
    kinds = data.draw(st.lists(st.sampled_from("ab"), min_size=len(order), max_size=len(order)))
    groups = [(kinds, most)]
    best, after = top(order, take, lambda row: row not in dropped, groups)
    assert [r.row for r in best] == best_by_hand(order, take, lambda row: row not in dropped, groups)
    assert len(after) <= 3 and all(r.score == order[r.row] for r in (*best, *after))
    assert not {r.row for r in after} & ({r.row for r in best} | dropped)


def test_ties_go_to_the_earlier_row():
    best, after = top([1.0, 2.0, 2.0, 1.0], 3, lambda row: True)
    assert best == [Ranked(1, 2.0), Ranked(2, 2.0), Ranked(0, 1.0)] and after == [Ranked(3, 1.0)]


def test_the_filter_is_asked_no_further_than_needed():
    asked = []
    top([float(-n) for n in range(100)], 2, lambda row: asked.append(row) or True, spare=1)
    assert asked == [0, 1, 2]
