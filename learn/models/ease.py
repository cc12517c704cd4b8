"""EASE: each item as a linear combination of all others, in closed form (Steck 2019, arXiv:1905.03375; with its denoising
penalty, Steck 2020, "Autoencoders that don't overfit towards the identity").

Small catalogues whole. Of larger ones the `most_items` items with most users, among whom nearly all interactions are; the others
get lists by co-occurrence from and to them, on the scale of the rest.
"""

from __future__ import annotations

import numpy as np

from learn.models import cooccurrence
from learn.models.grams import gram, heaviest, heaviest_sparse, scaled
from learn.models.types import Interactions, Lists

MOST_ITEMS = 8000  # the inverse takes n³ operations and two matrices of n² numbers: 0.5 GB each in single precision
DOUBLE = 5000  # so many items are inverted in double precision


def weights(
    interactions: Interactions, penalty: float = 3.0, dropout: float = 1.0, user_power: float = 0.5, item_power: float = 0.25
) -> np.ndarray:
    """Items × items; the diagonal is zero. See `fit` for the parameters."""
    made = scaled(interactions, user_power, item_power)
    # float32 keeps a matrix that is this well conditioned to four digits, which is more than lists keep
    whole = gram(made.matrix, np.float64 if made.matrix.shape[1] <= DOUBLE else np.float32)
    diagonal = whole.diagonal().copy()
    whole[np.diag_indices_from(whole)] += penalty * max(float(diagonal.mean()), 1e-9) + dropout * diagonal
    return _unscaled(solved(whole), made.factors)


def solved(regularised: np.ndarray) -> np.ndarray:
    """-P / diag(P) with a zero diagonal, of P the inverse of a symmetric positive definite matrix (which is overwritten)."""
    from scipy.linalg.lapack import get_lapack_funcs

    factor, invert = get_lapack_funcs(("potrf", "potri"), (regularised,))
    lower, failed = factor(regularised.T, lower=1, overwrite_a=1, clean=0)
    if failed:
        raise ValueError("EASE: the matrix is not positive definite; a larger penalty is wanted")
    inverse, _ = invert(lower, lower=1, overwrite_c=1)
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    inverse /= -inverse.diagonal()[None, :].copy()
    np.fill_diagonal(inverse, 0.0)
    return inverse


def fit(
    interactions: Interactions, most: int = 200, penalty: float = 3.0, dropout: float = 1.0, user_power: float = 0.5,
    item_power: float = 0.25, most_items: int = MOST_ITEMS,
) -> Lists:  # fmt: skip
    """Item lists by EASE.

    Args:
        most: entries of an item's list. penalty: of the squared weights, in means of the Gram matrix' diagonal.
        dropout: p / (1 - p) of the denoising penalty: how much heavier it is for items with more users; 0: plain EASE.
        user_power, item_power: how far users with many items, and items with many users, count less; both 0: plain EASE.
        most_items: beyond it co-occurrence stands in for items with few users.
    """
    n = len(interactions.item_ids)
    if n <= most_items:
        made = weights(interactions, penalty, dropout, user_power, item_power).astype(np.float32)
        return heaviest(interactions.item_ids, lambda start, stop: made[start:stop], most)
    head = np.sort(np.argsort(-interactions.counts(), kind="stable")[:most_items])
    place = np.full(n, -1, np.int32)
    place[head] = np.arange(len(head))
    inner = interactions.rows(place[interactions.items] >= 0)
    inner = Interactions(inner.users, place[inner.items], inner.weights, inner.times, inner.user_ids, interactions.item_ids[head])
    return _with_tail(interactions, head, fit(inner, most, penalty, dropout, user_power, item_power, most_items), most)


def _with_tail(interactions: Interactions, head: np.ndarray, lists: Lists, most: int) -> Lists:
    """The lists of the head, and those by co-occurrence wherever one of the two items is not of the head."""
    from scipy.sparse import coo_matrix

    n = len(interactions.item_ids)
    inner = lists.matrix().tocoo()
    others = cooccurrence.fit(interactions, most, "cosine").matrix().tocoo()
    is_head = np.zeros(n, bool)
    is_head[head] = True
    outer = ~(is_head[others.row] & is_head[others.col])
    level = np.abs(inner.data).mean() / max(float(others.data.mean()), 1e-9) if inner.nnz and others.nnz else 1.0
    data = np.concatenate([inner.data, others.data[outer] * level])
    rows = np.concatenate([head[inner.row], others.row[outer]])
    columns = np.concatenate([head[inner.col], others.col[outer]])
    return heaviest_sparse(interactions.item_ids, coo_matrix((data, (rows, columns)), shape=(n, n)).tocsr(), most)


def _unscaled(made: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Weights between scaled items → weights between items."""
    made *= factors[:, None]
    made /= np.where(factors > 0, factors, 1.0)[None, :]
    return made
