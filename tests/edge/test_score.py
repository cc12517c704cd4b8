"""The visitor's side of a ranking: weights that fade alike everywhere, and int8 vectors as the compiler makes them."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.quantize import quantize as quantize_rows
from tests.edge.sites import AT, DAY, ITEMS, bundle, program, slot, vector_model
from tessera.kernel import LEVELS, quantize
from tessera.ranking import vector
from tessera.score import counted, faded, quantized, weighed
from tessera.types import ListedItem, Visit

WEEK = 7.0 * DAY
ROW_OF = {item: row for row, item in enumerate(ITEMS)}
SHOP = bundle(program(slot("c"), item_ids=ITEMS, models=(vector_model(),)))
MUG = SHOP.kernel.row(SHOP.models[0].handle, ROW_OF["mug"])[0]

finite = st.floats(-1e6, 1e6, width=32)


def taste(recent: list[ListedItem]) -> bytes:
    return vector(SHOP, Visit(values={"visitor.recent": tuple(recent)}, at=AT), SHOP.models[0])


@given(st.lists(finite, min_size=1, max_size=16))
def test_the_edge_quantizes_as_the_compiler_does(values):
    rows = dict(quantize_rows(np.array([values], dtype=np.float32)).sections())
    whole, scale = quantize(values)
    assert struct.pack(f"{len(whole)}b", *whole) == rows["rows"][: len(whole)] and np.float32(scale).tobytes() == rows["scales"]
    assert quantized(values, 16) == (rows["rows"] if scale else b"")


@given(st.lists(st.floats(-1e300, 1e300), max_size=16))
def test_quantized_numbers_are_int8_and_close(vector):
    whole, scale = quantize(vector)
    assert len(whole) == len(vector) and all(-LEVELS <= x <= LEVELS for x in whole)
    for exact, x in zip(vector, whole):
        assert abs(exact - x * scale) <= scale * 0.5000001 + 2.0**-999


@pytest.mark.parametrize("vector", [[], [0.0], [0.0, -0.0], [5e-324], [1e-310, -5e-324]])
def test_a_vector_of_nothing_has_no_scale(vector):
    assert quantize(vector) == ([0] * len(vector), 0.0)


@pytest.mark.parametrize("values", [[0.0] * 3, [float("nan"), 1.0], [float("inf")], [1.0] * 17, []])
def test_what_is_no_vector_is_none(values):
    assert quantized(values, 16) == b""


@given(st.floats(0, 1e12), st.floats(60.0, 1e9))
def test_a_weight_fades_by_halves(age, half_life):
    weight = faded(age, half_life)
    assert 0.0 <= weight <= 1.0 and faded(age + half_life, half_life) <= weight
    if age / half_life < 900:
        assert 0.5 ** (age / half_life) <= weight * 1.0000001 <= 0.5 ** (age / half_life) * 1.0110


@pytest.mark.parametrize("age, expected", [(0.0, 1.0), (WEEK, 0.5), (2 * WEEK, 0.25), (WEEK / 2, 0.70710678118), (WEEK * 5000, 0.0), (float("inf"), 0.0)])
def test_known_weights(age, expected):
    assert faded(age, WEEK) == pytest.approx(expected, abs=1e-11)
    assert faded(age, 0.0) == 1.0


def test_items_of_the_catalogue_weigh_by_their_age():
    recent = [ListedItem("mug", AT), ListedItem("gone", AT), ListedItem("huila"), ListedItem("kettle", AT - WEEK)]
    assert weighed(recent, ROW_OF, WEEK, AT) == [(6, 1.0), (1, faded(2 * WEEK / 8, WEEK)), (3, 0.5)]
    assert struct.unpack("<4i", counted([(6, 1.0), (3, 0.5), (1, 1e-9)])) == (6, 3, 1024, 512)
    assert counted([(1, 1e-9)]) == b""


@pytest.mark.parametrize(
    "recent, same_as",
    [
        ([ListedItem("mug")], MUG),
        ([ListedItem("mug", AT)], MUG),
        ([ListedItem("mug", AT + DAY)], MUG),
        ([ListedItem("mug", AT - 300 * DAY)], MUG),
        ([ListedItem("gone"), ListedItem("mug")], MUG),
        ([ListedItem("mug", AT), ListedItem("huila", AT - 10_000 * DAY)], MUG),
        ([], b""),
        ([ListedItem("gone")], b""),
        ([ListedItem("mug", -1e18)], b""),
        ([ListedItem("mug", AT - 1073 * 7 * DAY)], b""),
        ([ListedItem("mug", -1e308)], b""),
    ],
    ids=["one item", "just now", "from the future", "only an old one", "one that is gone", "the old one counts for nothing", "none", "all gone", "aeons ago", "a denormal weight", "an overflow"],
)
def test_taste(recent, same_as):
    assert taste(recent) == same_as


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_moment_makes_taste_raise(at):
    found = taste([ListedItem("mug", at), ListedItem("huila")])
    assert all(-LEVELS <= x <= LEVELS for x in memoryview(found).cast("b"))
