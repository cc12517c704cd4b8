"""Item lists from the leading singular vectors of the scaled interactions: what a user's taste is on a few axes, and nothing finer.

An ideal low-pass filter over the graph of users and items (Shen et al. 2021, "How Powerful is Graph Convolution for
Recommendation?"). It errs in other places than EASE does, which is why the two are blended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learn.models.grams import heaviest, scaled
from learn.models.types import Interactions, Lists

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REACH = 20_000  # of larger catalogues the items with most users can be recommended
DENSE = 400  # of smaller matrices the whole decomposition is taken


def fit(interactions: Interactions, most: int = 200, factors: int = 20, user_power: float = 0.5, item_power: float = 0.25) -> Lists:
    """Item lists on `factors` axes; the powers are those of `ease.fit`."""
    made = scaled(interactions, user_power, item_power)
    axes = leading(made.matrix, factors)
    left = axes * made.factors[:, None]
    right = axes / np.where(made.factors > 0, made.factors, 1.0)[:, None]
    reach = reachable(interactions)
    columns = np.ascontiguousarray((right if reach is None else right[reach]).T.astype(np.float32))
    left = left.astype(np.float32)
    return heaviest(interactions.item_ids, lambda start, stop: left[start:stop] @ columns, most, reach)


def reachable(interactions: Interactions) -> np.ndarray | None:
    """Places of the items that lists may name, ascending; None: all."""
    if len(interactions.item_ids) <= REACH:
        return None
    return np.sort(np.argsort(-interactions.counts(), kind="stable")[:REACH])


def leading(matrix: csr_matrix, factors: int) -> np.ndarray:
    """The right singular vectors of the largest singular values: items × at most `factors`, float64; the same in every run."""
    from scipy.sparse.linalg import svds

    smaller = min(matrix.shape)
    factors = max(1, min(factors, smaller - 1)) if smaller > 1 else 1
    if smaller <= max(DENSE, 2 * factors) and matrix.shape[0] * matrix.shape[1] <= 4_000_000:
        _, values, axes = np.linalg.svd(matrix.toarray().astype(np.float64), full_matrices=False)
    else:
        start = np.random.default_rng(0).normal(size=smaller)
        _, values, axes = svds(matrix.astype(np.float64), k=factors, v0=start)
    order = np.argsort(-values, kind="stable")[:factors]
    axes = axes[order[values[order] > 1e-9]].T
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]) if axes.size else np.ones(axes.shape[1])
    return axes * signs
