"""Rankings by a model in floating point: what selection compares, and what quantized rankings are measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learn.models.metrics import TOP
from learn.models.types import Interactions, Lists, Order, Result, Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CELLS = 8_000_000  # of a block of scores
DENSE = 6000  # item × item weights of smaller catalogues are multiplied as a dense matrix


def histories(interactions: Interactions, half_life: float | None = None) -> csr_matrix:
    """Users × items, float32: 1 where a pair met; with a half-life, half as much for each that has passed from the pair's last
    meeting to the user's newest."""
    made = interactions.binary()
    if half_life is None or interactions.times is None:
        return made
    newest = np.full(interactions.shape[0], -np.inf)
    np.maximum.at(newest, interactions.users, interactions.times)
    order = np.lexsort((interactions.times, interactions.items, interactions.users))
    users, items = interactions.users[order], interactions.items[order]
    final = np.concatenate([(users[1:] != users[:-1]) | (items[1:] != items[:-1]), [True]]) if len(order) else np.zeros(0, bool)
    made.sort_indices()
    age = newest[users[final]] - interactions.times[order][final]
    made.data[:] = 0.5 ** np.minimum(age / half_life, 40.0)
    return made


def scores(model: Result, past: csr_matrix) -> np.ndarray:
    """Users × items, float32."""
    if isinstance(model, Order):
        return np.broadcast_to(model.scores.astype(np.float32), past.shape).copy()
    if isinstance(model, Vectors):
        return ((past @ model.vectors) @ model.vectors.T).astype(np.float32)
    matrix = model.matrix()
    if matrix.shape[0] <= DENSE:
        return np.asarray(past @ matrix.toarray(), np.float32)
    return (past @ matrix).toarray().astype(np.float32)


def best(found: np.ndarray, past: csr_matrix, top: int = TOP, positive: bool = False, seen: bool = False) -> np.ndarray:
    """Of each row of scores the first items (int32, -1: none), what is in the past left out unless `seen`. Ties: the earlier item.

    `positive`: only items with a score above 0. The scores are overwritten.
    """
    if positive:
        found[found <= 0] = -np.inf
    if not seen:
        found[np.repeat(np.arange(past.shape[0]), np.diff(past.indptr)), past.indices] = -np.inf
    top = min(top, found.shape[1])
    if top == 0:
        return np.zeros((found.shape[0], 0), np.int32)
    chosen = np.sort(np.argpartition(-found, top - 1, axis=1)[:, :top], axis=1)
    values = np.take_along_axis(found, chosen, 1)
    border = values.min(axis=1, keepdims=True)
    for row in np.flatnonzero(((found >= border).sum(axis=1) > top) & (border[:, 0] > -np.inf)):  # equals at the border: the earlier items
        near = np.flatnonzero(found[row] >= border[row])
        chosen[row] = np.sort(near[np.argsort(-found[row, near], kind="stable")[:top]])
        values[row] = found[row, chosen[row]]
    order = np.argsort(-values, axis=1, kind="stable")
    rankings = np.take_along_axis(chosen, order, 1).astype(np.int32)
    rankings[np.take_along_axis(values, order, 1) == -np.inf] = -1
    return rankings


def filled(rankings: np.ndarray, order: Order, past: csr_matrix, seen: bool = False) -> np.ndarray:
    """Rankings whose empty places hold the best of an order that are not yet there: a cascade."""
    by_score = np.argsort(-order.scores, kind="stable")
    full = rankings.copy()
    for row in np.flatnonzero((rankings < 0).any(axis=1)):
        kept = full[row][full[row] >= 0]
        out = set(kept.tolist())
        if not seen:
            out |= set(past.indices[past.indptr[row] : past.indptr[row + 1]].tolist())
        more = []
        for item in by_score:
            if len(more) + len(kept) == full.shape[1]:
                break
            if item not in out:
                more.append(item)
        full[row, : len(kept) + len(more)] = [*kept, *more]
    return full


def rankings(model: Result, past: csr_matrix, otherwise: Order | None = None, top: int = TOP, seen: bool = False) -> np.ndarray:
    """Each user's first items. Lists recommend only what they have a reason for; `otherwise` fills what they leave free."""
    step = max(1, CELLS // max(past.shape[1], 1))
    found = [np.zeros((0, min(top, past.shape[1])), np.int32)]
    for start in range(0, past.shape[0], step):
        block = past[start : start + step]
        found.append(best(scores(model, block), block, top, isinstance(model, Lists), seen))
    made = np.concatenate(found)
    if not isinstance(model, Order):
        made[np.diff(past.indptr) == 0] = -1  # of a visitor without a past no model knows anything
    return made if otherwise is None else filled(made, otherwise, past, seen)
