"""What quantizing cost: the ranking by a bundle's own bytes and kernels against that by the numbers that they were made of.

Some items of the catalogue, evenly spread, stand for visitors: of each the ten nearest others (by lists: what goes with five items)
are sought exactly, and with the sections of the bundle and the exact integer scores of the kernels.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import numpy as np

from compiler import ir
from compiler.centroids import held
from compiler.kernel import NumpyKernel
from tessera.score import WHOLE

TOP = 10
NEAR = 100
MOST_PAIRS = 20_000_000  # queries × items that are scored: seconds, also for large catalogues
QUERIES = 500
FEW = 10
COMPARED = 2_000  # items whose whole order is compared
TOGETHER = 5  # items of a visitor of lists


def of_vectors(model: ir.Model, vectors: np.ndarray) -> ir.Quality:
    """Of a model with vectors. vectors: those that it was made of, n × d float32 in the order of the catalogue."""
    n = len(vectors)
    kernel, handle = held(model, n, NumpyKernel)

    def asked(row: int) -> bytes:
        return kernel.mean(handle, struct.pack("<I", row), struct.pack("<d", 1.0))

    def exact(row: int) -> np.ndarray:
        return (vectors @ vectors[row]).astype(np.float64)

    return _measured(model, n, kernel, handle, asked, exact, lambda row: [row])


def of_lists(model: ir.Model, items: np.ndarray, others: np.ndarray, weights: np.ndarray, n: int) -> ir.Quality:
    """Of a model of lists. items, others, weights: what it was made of, rows of a catalogue of n."""
    kernel, handle = held(model, n, NumpyKernel)
    order = np.argsort(items, kind="stable")
    items, others, weights = items[order], others[order], weights[order]
    starts = np.searchsorted(items, np.arange(n + 1))
    with_lists = np.flatnonzero(np.diff(starts))

    def seen(row: int) -> list[int]:
        place = int(np.searchsorted(with_lists, row))
        return [int(with_lists[(place + step * 7) % len(with_lists)]) for step in range(min(TOGETHER, len(with_lists)))]

    def asked(row: int) -> bytes:
        asked_for = seen(row)
        return struct.pack(f"<{len(asked_for)}I{len(asked_for)}i", *asked_for, *[WHOLE] * len(asked_for))

    def exact(row: int) -> np.ndarray:
        total = np.zeros(n)
        for one in seen(row):
            total[others[starts[one] : starts[one + 1]]] += weights[starts[one] : starts[one + 1]]
        return total

    return _measured(model, n, kernel, handle, asked, exact, seen, positive=True)


def _measured(
    model: ir.Model, n: int, kernel: NumpyKernel, handle: int, asked: Callable[[int], bytes], exact: Callable[[int], np.ndarray], without: Callable[[int], list[int]], positive: bool = False
) -> ir.Quality:
    """Of rows that stand for visitors: `asked` gives the kernel's query, `exact` the scores of all items, `without` what is not ranked.

    positive: whether items that score 0 or less are none.
    """
    overlap, recall, spearman, kendall = [], [], [], []
    every = np.arange(n, dtype="<u4").tobytes()
    compared = np.linspace(0, n - 1, min(n, COMPARED)).astype(np.int64)
    for row in _spread(n):
        query = asked(row)
        wanted = exact(row)
        gone = without(row)
        best = _best(wanted, gone, positive)
        if not query or not len(best):
            continue
        scores = np.frombuffer(kernel.scores(handle, query, every), "<f8")
        found, top = _best(scores, gone, positive).tolist(), best[:TOP].tolist()
        overlap.append(len({*top} & {*found[: len(top)]}) / len(top))
        recall.append(len({*top} & {*found}) / len(top))
        some = compared[wanted[compared] > 0] if positive else compared
        spearman.append(_correlation(_ranks(wanted[some]), _ranks(scores[some])))
        kendall.append(_kendall(wanted[best], scores[best]))
    size = sum(len(raw) for _, raw in model.sections)
    return ir.Quality(n, model.dimensions, size, len(overlap), *(float(np.mean(each)) if each else 1.0 for each in (overlap, recall, spearman, kendall)))


def _spread(n: int) -> Iterator[int]:
    """Rows that stand for visitors: fewer of a large catalogue."""
    count = min(n, QUERIES, max(50, MOST_PAIRS // max(n, 1)))
    return iter(np.unique(np.linspace(0, n - 1, count).astype(np.int64)).tolist()) if n > 1 else iter(())


def _best(scores: np.ndarray, gone: list[int], positive: bool) -> np.ndarray:
    """The rows of the best NEAR scores, best first, among equals the lower row first: as the kernels choose."""
    scores = scores.copy()
    scores[gone] = -np.inf
    rows = np.flatnonzero(scores > (0 if positive else -np.inf))
    if len(rows) > NEAR:
        least = -np.partition(-scores[rows], NEAR - 1)[NEAR - 1]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((rows, -scores[rows]))][:NEAR]


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[places]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's; 1 where there is nothing to tell apart on the exact side, or so little that one swap decides."""
    if len(a) < FEW or not np.ptp(a):
        return 1.0
    if not np.ptp(b):
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _kendall(a: np.ndarray, b: np.ndarray) -> float:
    """Kendall's tau-b of all pairs."""
    first, second = (np.sign(each[:, None] - each[None, :]) for each in (a, b))
    ties = np.sqrt((first != 0).sum() * float((second != 0).sum()))
    return float((first * second).sum() / ties) if ties else 1.0
