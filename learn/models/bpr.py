"""Bayesian personalised ranking (Rendle et al. 2009): factors that put what was chosen before what was not, by `implicit`."""

from __future__ import annotations

import numpy as np

from learn.models.als import folded, one_thread_each
from learn.models.types import Interactions, Vectors


def fit(
    interactions: Interactions, factors: int = 63, regularization: float = 0.01, learning_rate: float = 0.05, iterations: int = 100, seed: int = 42
) -> Vectors:
    """Item vectors by BPR, one dimension more than `factors` (an item's bias), made for the mean of recent items as in `als`."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    with one_thread_each():
        model = BayesianPersonalizedRanking(
            factors=factors, regularization=regularization, learning_rate=learning_rate, iterations=iterations, random_state=seed,
            num_threads=1,  # more than one races, and no two runs agree
        )  # fmt: skip
        model.fit(interactions.binary(), show_progress=False)
    return Vectors(interactions.item_ids, folded(np.asarray(model.item_factors), 1.0))
