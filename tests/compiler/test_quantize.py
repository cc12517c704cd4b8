"""Quantizing: within half a step of the vectors, the same bytes always, and what the kernels make of the bytes is exact."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import ir, model_quality
from compiler.centroids import held
from compiler.kernel import NumpyKernel
from compiler.quantize import LEVELS, NIBBLE, quantize, quantize4
from compiler.quantize_lists import heaviest, quantize_lists
from compiler.quantize_pq import quantize_pq
from tessera.kernel import PythonKernel, unpacked


def normal(n: int, d: int, seed: int, size: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(n, d)) * size).astype(np.float32)


def model_of(kind: str, vectors: np.ndarray, parts: int = 4) -> tuple[ir.Model, np.ndarray, np.ndarray]:
    """A model of a kind, and its integers and scales as they were made."""
    if kind == "pq":
        made = quantize_pq(vectors, parts)
        rows = made.books[np.arange(parts), made.codes].reshape(len(vectors), -1)
    else:
        made = (quantize if kind == "int8" else quantize4)(vectors)
        rows = made.rows
    return ir.Model("m", "1", kind, dimensions=made.dimensions, sections=made.sections(), parts_of=parts if kind == "pq" else 0), rows, made.scales


# --- int8 ----------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 40), st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_every_number_is_within_half_a_step(n, d, size, seed):
    vectors = normal(n, d, seed, size)
    found = quantize(vectors)
    assert found.rows.dtype == np.int8 and found.scales.dtype == np.dtype("<f4") and found.rows.shape == (n, d)
    assert np.abs(found.rows.astype(int)).max() <= LEVELS
    back = found.rows * found.scales[:, None].astype(np.float64)
    assert (np.abs(back - vectors) <= found.scales[:, None] * 0.5001).all()


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


@pytest.mark.parametrize("make", [quantize, quantize4, lambda vectors: quantize_pq(vectors, 2)])
def test_nothing_to_quantize(make):
    found = make(np.zeros((0, 8), dtype=np.float32))
    assert len(found.scales) == 0 and dict(found.sections())["scales"] == b""


# --- int4 ----------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 70), st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_four_bits_serve_each_row_better_than_a_plain_scale(n, d, size, seed):
    vectors = normal(n, d, seed, size)
    found = quantize4(vectors)
    assert np.abs(found.rows.astype(int)).max() <= NIBBLE and found.dimensions % 32 == 0
    plain = np.abs(vectors).max(axis=1, keepdims=True).astype(np.float64) / NIBBLE
    ours = ((found.rows * found.scales[:, None].astype(np.float64) - vectors) ** 2).sum(axis=1)
    theirs = ((np.rint(vectors / np.where(plain > 0, plain, 1)) * plain - vectors) ** 2).sum(axis=1)
    assert (ours <= theirs * 1.001 + 1e-12 * size * size).all()


def test_two_numbers_share_a_byte_the_low_nibble_first():
    found = quantize4(np.array([[7.0, -7.0, 1.0, -1.0]], dtype=np.float32))
    raw = dict(found.sections())["rows"]
    assert raw[:2] == bytes([0x97, 0xF1]) and len(raw) == 16 and not any(raw[2:])


# --- what all kinds share ----------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["int8", "int4", "pq"]), st.integers(1, 40), st.integers(4, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_kernels_score_the_bytes_exactly(kind, n, d, seed, zero):
    vectors = normal(n, d, seed)
    if zero:
        vectors[0] = 0
    model, rows, scales = model_of(kind, vectors)
    padded = np.pad(rows.astype(np.int64), ((0, 0), (0, model.dimensions - rows.shape[1])))
    query = np.random.default_rng(seed).integers(-127, 128, model.dimensions).astype(np.int8)
    wanted = (padded @ query.astype(np.int64)).astype(np.float64) * scales.astype(np.float64)
    for make in (PythonKernel, NumpyKernel):
        kernel, handle = held(model, n, make)
        found = kernel.scores(handle, query.tobytes(), struct.pack(f"<{n}I", *range(n)))
        assert found == (wanted + 0.0).tobytes() or np.array_equal(np.frombuffer(found, "<f8"), wanted)
        vector, scale = kernel.row(handle, n - 1)
        assert np.frombuffer(vector, np.int8).tolist() == padded[n - 1].tolist() and scale == scales[n - 1]


@pytest.mark.parametrize("kind, digest", [("int8", 0xFCD1_D8DE), ("int4", 0xF6C5_C02D), ("pq", 0x62BE_8579)])
def test_the_same_vectors_give_the_same_bytes(kind, digest):
    """Also where they lie otherwise in memory; and the bytes are those that every machine has made so far."""
    whole = (np.arange(700 * 24, dtype=np.int64) * 2_654_435_761 % 65_521 - 32_760).reshape(700, 24)
    vectors = (whole / 4_096).astype(np.float32)
    model, _, _ = model_of(kind, vectors)
    again, _, _ = model_of(kind, vectors.copy(order="F"))
    assert model.sections == again.sections
    assert zlib.crc32(b"".join(raw for _, raw in model.sections)) == digest


def test_product_quantization_is_exact_where_there_is_little_to_tell_apart():
    vectors = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0) * np.arange(1, 13, dtype=np.float32)[:, None]
    _, rows, scales = model_of("pq", vectors, parts=2)
    assert np.allclose(rows * scales[:, None], vectors, rtol=1e-6)


@pytest.mark.parametrize("d, parts", [(5, 2), (7, 7), (9, 4)])
def test_parts_that_are_no_even_share_are_padded(d, parts):
    model, rows, _ = model_of("pq", normal(300, d, 1), parts)
    width = -(-d // parts)
    assert model.dimensions == rows.shape[1] == parts * width and not rows[:, d:].any()


# --- lists ---------------------------------------------------------------------------------------------------------------

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.floats(-1e3, 1e3)), max_size=60, unique_by=lambda pair: pair[:2])


@given(PAIRS, st.one_of(st.none(), st.integers(1, 4)))
def test_lists_keep_the_heaviest_first_within_half_a_step(pairs, most):
    items, others, weights = (np.array([pair[i] for pair in pairs], kind) for i, kind in ((0, np.int64), (1, np.int64), (2, np.float64)))
    found = quantize_lists(9, *heaviest(9, items, others, weights, most))
    held(ir.Model("m", "1", "lists", sections=found.sections()), 9)
    assert len(found.starts) == 10 and found.starts[-1] == len(found.others) == len(found.weights)
    for item in range(9):
        ours = slice(found.starts[item], found.starts[item + 1])
        kept = sorted(((-weight, other) for one, other, weight in pairs if one == item))[:most]
        told = dict(zip(found.others[ours].tolist(), (found.weights[ours] * found.unit).tolist()))
        assert set(told) <= {other for _, other in kept}
        assert all(abs(told.get(other, 0.0) + weight) <= found.unit * 0.5001 for weight, other in kept)
        assert found.weights[ours].tolist() == sorted(found.weights[ours].tolist(), reverse=True)


# --- the report --------------------------------------------------------------------------------------------------------------


def test_the_overlap_is_that_of_the_ten_nearest():
    vectors = normal(200, 32, 3)
    model, rows, scales = model_of("int8", vectors)
    found = model_quality.of_vectors(model, vectors)
    kernel, handle = held(model, 200)

    def nearest(row: int) -> set[int]:
        query = kernel.mean(handle, struct.pack("<I", row), struct.pack("<d", 1.0))
        return {*unpacked(kernel.top(handle, query, 0, 10, 0, struct.pack("<I", row), ()))[2]}

    def exactly(row: int) -> set[int]:
        return {*sorted((i for i in range(200) if i != row), key=lambda i: (-float(vectors[i] @ vectors[row]), i))[:10]}

    kept = [len(nearest(row) & exactly(row)) / 10 for row in range(200)]
    assert found.overlap == pytest.approx(np.mean(kept), abs=1e-9)
    assert 0.9 < found.overlap <= found.recall <= 1.0 and found.sample == 200 and found.size == 200 * 36


def test_the_report_tells_how_much_each_kind_costs():
    vectors = normal(600, 32, 5)
    told = {kind: model_quality.of_vectors(model_of(kind, vectors, 8)[0], vectors) for kind in ("int8", "int4", "pq")}
    assert told["int8"].overlap > 0.97 > told["int4"].overlap > told["pq"].overlap
    assert told["int8"].spearman > 0.999 > told["int4"].spearman > told["pq"].spearman > 0.5
    assert told["int8"].kendall > told["int4"].kendall > told["pq"].kendall > 0.2
    assert told["int4"].size == 600 * 20


@pytest.mark.parametrize("values, other, rho, tau", [([1, 2, 3, 4] * 3, [1, 2, 3, 4] * 3, 1.0, 1.0), ([1, 2, 3, 4] * 3, [4, 3, 2, 1] * 3, -1.0, -1.0), ([1, 2, 3, 4] * 3, [1] * 12, 0.0, 1.0), ([1] * 12, [1, 2] * 6, 1.0, 1.0)])
def test_rank_correlations(values, other, rho, tau):
    a, b = np.array(values, float), np.array(other, float)
    assert model_quality._correlation(model_quality._ranks(a), model_quality._ranks(b)) == pytest.approx(rho)
    assert model_quality._kendall(a, b) == pytest.approx(tau)


def test_rank_correlations_are_those_of_scipy():
    from scipy import stats

    rng = np.random.default_rng(6)
    for _ in range(20):
        a, b = rng.integers(0, 20, 50).astype(float), rng.integers(0, 20, 50).astype(float)
        assert model_quality._correlation(model_quality._ranks(a), model_quality._ranks(b)) == pytest.approx(stats.spearmanr(a, b).statistic)
        assert model_quality._kendall(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)
