"""Float vectors → int8 rows with a scale each, and a report of what that cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = 127


@dataclass(frozen=True, slots=True)
class Quantized:
    """`rows`: n × d int8; `scales`: n float32, so that rows × scales gives back the vectors.

    `overlap`: mean share of the ten nearest neighbours (by dot product) that stay the same; 0 to 1.
    """

    rows: np.ndarray
    scales: np.ndarray
    overlap: float


def quantize(vectors: np.ndarray) -> Quantized:
    """Symmetric int8 per row (n × d float32, finite)."""
    largest = np.abs(vectors).max(axis=1, initial=0.0).astype(np.float64)
    scales = np.where(largest > 0, largest / LEVELS, 1.0)
    rows = np.rint(vectors / scales[:, None]).astype(np.int8)
    scales = np.where(largest > 0, scales, 0.0).astype("<f4")
    return Quantized(rows, scales, _overlap(vectors, rows.astype(np.float64) * scales[:, None]))


def _overlap(exact: np.ndarray, approximate: np.ndarray, top: int = 10, sample: int = 500) -> float:
    n = len(exact)
    if n <= 1:
        return 1.0
    queries = np.linspace(0, n - 1, min(n, sample)).astype(int)
    top = min(top, n - 1)
    kept = [
        len(_nearest(exact, query, exact[query], top) & _nearest(approximate, query, approximate[query], top))
        for query in queries
    ]
    return float(sum(kept) / (top * len(queries)))


def _nearest(vectors: np.ndarray, itself: int, query: np.ndarray, top: int) -> set[int]:
    scores = vectors @ query
    order = np.lexsort((np.arange(len(scores)), -scores))
    return set(order[order != itself][:top].tolist())
