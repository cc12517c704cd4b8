"""Quantizing: within half a step of the vectors, neighbours kept, and the report says how many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.quantize import LEVELS, quantize


@given(st.integers(1, 30), st.integers(1, 40), st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_every_number_is_within_half_a_step(n, d, size, seed):
    vectors = (np.random.default_rng(seed).normal(size=(n, d)) * size).astype(np.float32)
    found = quantize(vectors)
    assert found.rows.dtype == np.int8 and found.scales.dtype == np.dtype("<f4") and found.rows.shape == (n, d)
    assert np.abs(found.rows.astype(int)).max() <= LEVELS
    back = found.rows * found.scales[:, None].astype(np.float64)
    assert (np.abs(back - vectors) <= found.scales[:, None] * 0.5001).all()
    assert 0.0 <= found.overlap <= 1.0


@pytest.mark.parametrize(
    "vectors, rows, scales",
    [
        ([[0.0, 0.0]], [[0, 0]], [0.0]),
        ([[127.0, -63.5]], [[127, -64]], [1.0]),
        ([[1.0], [-2.0]], [[127], [-127]], [1 / 127, 2 / 127]),
        ([[3.0, 3.0, -3.0]], [[127, 127, -127]], [3 / 127]),
    ],
)
def test_by_hand(vectors, rows, scales):
    found = quantize(np.array(vectors, dtype=np.float32))
    assert found.rows.tolist() == rows
    assert found.scales.tolist() == np.array(scales, dtype="<f4").tolist()


def test_nothing_to_quantize():
    found = quantize(np.zeros((0, 8), dtype=np.float32))
    assert (len(found.rows), len(found.scales), found.overlap) == (0, 0, 1.0)


def test_the_overlap_is_that_of_the_ten_nearest():
    vectors = np.random.default_rng(3).normal(size=(200, 32)).astype(np.float32)
    found = quantize(vectors)
    back = found.rows * found.scales[:, None].astype(np.float64)

    def nearest(all_, query):
        order = sorted((i for i in range(200) if i != query), key=lambda i: (-float(all_[i] @ all_[query]), i))
        return set(order[:10])

    kept = [len(nearest(vectors, q) & nearest(back, q)) / 10 for q in range(200)]
    assert found.overlap == pytest.approx(np.mean(kept), abs=1e-3)
    assert found.overlap > 0.9


def test_the_same_vectors_give_the_same_bytes():
    vectors = np.random.default_rng(4).normal(size=(50, 16)).astype(np.float32)
    assert quantize(vectors).rows.tobytes() == quantize(vectors.copy(order="F")).rows.tobytes()
