"""Columns: what is packed comes back equal and of the same types; bytes that are none are refused as the docstring says."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import effort  # noqa: F401
from tessera.columns import pack, unpack

INTEGERS = st.one_of(st.integers(0, 255), st.integers(-(2**7), 2**7), st.integers(-(2**15), 2**16), st.integers(-(2**31), 2**32), st.integers(-(2**64), 2**64))
VALUES = st.one_of(st.none(), st.booleans(), INTEGERS, st.floats(), st.text(), st.lists(st.integers(), max_size=2).map(tuple))
EDGES = [edge + by for edge in (0, 2**7, 2**8, 2**15, 2**16, 2**31, 2**32, 2**63, 2**64, -(2**7), -(2**15), -(2**31), -(2**63)) for by in (-1, 0, 1)]
HOSTILE = st.one_of(st.binary(max_size=64), st.builds(lambda kind, rest: kind + rest, st.sampled_from([bytes([b]) for b in b"BbHhIqdQfxs\0\xff"]), st.binary(max_size=64)))


def told(values):
    """Values that tell their types, 0.0 from -0.0 and a NaN from nothing."""
    return [(type(v), math.copysign(1, v), "nan" if v != v else v) if isinstance(v, float) else (type(v), v) for v in values]


@given(st.one_of(*(st.lists(kind, max_size=20) for kind in (INTEGERS, st.booleans(), st.floats(), st.text(), st.text("ab\n\0\ud800"), VALUES))))
def test_a_column_comes_back_as_it_was(values):
    assert told(unpack(pack(values))) == told(values)


@pytest.mark.parametrize("edge", EDGES)
def test_integers_at_the_edges_of_their_kinds(edge):
    for values in ([edge], [edge, 0], [edge, -1], [0, edge, 255]):
        assert told(unpack(pack(values))) == told(values)


@pytest.mark.parametrize("values", [[], [""], ["", ""], ["\n"], ["a\nb", "c"], [True, 1], [1, 1.0], [1.0, None], [-0.0], [5e-324, math.inf, -1e308], [2**64]])
def test_columns_that_are_easily_confused(values):
    assert told(unpack(pack(values))) == told(values)


@given(HOSTILE)
def test_bytes_that_are_no_column_are_refused_and_all_others_are_numbers(column):
    try:
        found = unpack(column)
    except (ValueError, struct.error):
        return
    assert all(type(value) in (int, float) for value in found) and len(found) <= len(column)


@given(st.lists(st.one_of(INTEGERS.filter(lambda v: -(2**63) <= v < 2**63), st.floats(allow_nan=False)), min_size=1, max_size=8), st.integers(1, 7))
def test_a_column_that_ends_within_a_number_is_refused(values, short):
    packed = pack(values)
    if isinstance(packed, bytes) and (len(packed) - 1 - short) % struct.calcsize(packed[:1].decode()):
        with pytest.raises(ValueError):
            unpack(packed[:-short])
