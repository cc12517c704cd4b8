"""Implicit ALS by Spark ML: the same model as learn/models/als.py, learned where the interactions are more than one machine holds.

Spark scales the regularization by the number of a user's or an item's interactions, so a value means less there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learn.models.als import folded
from learn.models.types import Interactions, Vectors

if TYPE_CHECKING:
    from learn.engines import Spark


def fit(
    engine: Spark, interactions: Interactions, factors: int = 32, regularization: float = 0.1, alpha: float = 1.0, iterations: int = 10, seed: int = 42,
    weighted: bool = False,
) -> Vectors:  # fmt: skip
    """Item vectors; zeros for items that nobody had to do with."""
    import pyarrow
    from pyspark.ml.recommendation import ALS

    ratings = interactions.weights if weighted else np.ones(len(interactions), np.float32)
    told = pyarrow.table({"user": interactions.users, "item": interactions.items, "rating": ratings})
    frame = engine.frame("ratings", told)
    als = ALS(
        rank=factors, maxIter=iterations, regParam=regularization, alpha=alpha, implicitPrefs=True, seed=seed, userCol="user", itemCol="item",
        ratingCol="rating", numUserBlocks=4, numItemBlocks=4,
    )  # fmt: skip
    vectors = np.zeros((len(interactions.item_ids), factors), np.float32)
    for row in als.fit(frame).itemFactors.collect():
        vectors[row["id"]] = row["features"]
    return Vectors(interactions.item_ids, folded(vectors, regularization))
