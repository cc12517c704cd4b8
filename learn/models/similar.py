"""Similar items: of each vector the nearest others by cosine."""

from __future__ import annotations

import numpy as np

from learn.models.grams import heaviest
from learn.models.types import Lists, Vectors


def normalized(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1 (float32); zero rows stay."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def fit(found: Vectors, most: int = 50) -> Lists:
    """Item lists by cosine; only neighbours whose cosine is above 0."""
    rows = normalized(found.vectors)
    columns = np.ascontiguousarray(rows.T)
    return heaviest(found.item_ids, lambda start, stop: np.maximum(rows[start:stop] @ columns, 0.0), most)


def products(found: Vectors, most: int = 200, reach: np.ndarray | None = None) -> Lists:
    """Item lists by dot product, also below 0: the same scores as the vectors give, as far as the lists go."""
    columns = np.ascontiguousarray((found.vectors if reach is None else found.vectors[reach]).T)
    return heaviest(found.item_ids, lambda start, stop: found.vectors[start:stop] @ columns, most, reach)
