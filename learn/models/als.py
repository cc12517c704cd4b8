"""Implicit ALS (Hu, Koren and Volinsky 2008): factors of users and items, by the library `implicit`.

At the edge a visitor is the mean of the vectors of the own recent items. So that this is what ALS itself would make of such a
visitor, the vectors that leave here are Y M½, with M = (YᵀY + λ I)⁻¹: the dot product of the sum of some of them with another
is the least-squares estimate for a visitor who had to do with those items.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from learn.models.types import Interactions, Vectors

ALONE = 400_000  # interactions


def fit(
    interactions: Interactions, factors: int = 32, regularization: float = 0.1, alpha: float = 1.0, iterations: int = 15, seed: int = 42,
    weighted: bool = False,
) -> Vectors:  # fmt: skip
    """Item vectors by ALS.

    Args:
        alpha: how much surer an interaction is than none. weighted: by the interactions' weights; otherwise each pair counts once.
    """
    from implicit.cpu.als import AlternatingLeastSquares

    with one_thread_each():
        threads = 1 if len(interactions) < ALONE else 0  # several wait for each other longer than a small problem takes
        model = AlternatingLeastSquares(
            factors=factors, regularization=regularization, alpha=alpha, iterations=iterations, random_state=seed, num_threads=threads
        )
        model.fit(interactions.matrix() if weighted else interactions.binary(), show_progress=False)
    return Vectors(interactions.item_ids, folded(np.asarray(model.item_factors), regularization))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """implicit has threads of its own; BLAS would start as many again in each of them."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def folded(factors: np.ndarray, regularization: float) -> np.ndarray:
    """Y M½ (float32): see above."""
    exact = np.nan_to_num(factors.astype(np.float64))
    values, axes = np.linalg.eigh(exact.T @ exact + max(regularization, 1e-6) * np.eye(exact.shape[1]))
    return (exact @ (axes * np.maximum(values, 1e-12) ** -0.5)).astype(np.float32)
