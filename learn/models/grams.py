"""What item-item models share: scaled interactions, their Gram matrix, and item × item weights → lists of the heaviest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learn.models.types import Interactions, Lists

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

HISTORY = 1000  # of a user the newest so many items count: pairs grow with the square of it
CELLS = 16_000_000  # of a dense block: 64 MB as float32


@dataclass(frozen=True, slots=True)
class Scaled:
    """Users × items: 1 / (items of the user)^user_power × 1 / (users of the item)^item_power, float32.

    `factors`: of each item the second of these (float64; 0 where nobody had to do with it).
    """

    matrix: csr_matrix
    factors: np.ndarray


def recent(interactions: Interactions, most: int = HISTORY) -> Interactions:
    """Without what lies further back in a user's history than `most` interactions."""
    places = np.arange(len(interactions))
    when = places if interactions.times is None else interactions.times
    order = np.lexsort((places, when, interactions.users))
    ends = np.cumsum(np.bincount(interactions.users, minlength=interactions.shape[0]))
    from_end = ends[interactions.users[order]] - 1 - places
    return interactions if len(places) == 0 or from_end.max() < most else interactions.rows(np.sort(order[from_end < most]))


def scaled(interactions: Interactions, user_power: float = 0.0, item_power: float = 0.0) -> Scaled:
    """A pair counts once, however often it met."""
    from scipy.sparse import diags

    matrix = recent(interactions).binary()
    of_user = np.maximum(np.diff(matrix.indptr), 1) ** -user_power
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    factors = np.where(counts > 0, np.maximum(counts, 1.0) ** -item_power, 0.0)
    made = (diags(of_user) @ matrix @ diags(factors)).tocsr().astype(np.float32)
    return Scaled(made, factors)


def gram(matrix: csr_matrix, dtype: type = np.float64) -> np.ndarray:
    """MᵀM, dense; made in blocks, so that beside it there is little."""
    n = matrix.shape[1]
    transposed = matrix.T.tocsr()
    whole = np.empty((n, n), dtype)
    step = max(1, CELLS // max(n, 1))
    for start in range(0, n, step):
        whole[start : start + step] = (transposed[start : start + step] @ matrix).toarray()
    return whole


def heaviest(item_ids: np.ndarray, blocks: Callable[[int, int], np.ndarray], most: int, reach: np.ndarray | None = None) -> Lists:
    """Lists from dense rows: of each item the `most` others of the largest absolute weight; never the item itself.

    Args:
        blocks: (start, stop) → those items' rows as float32, a column for each item, or for each of `reach`.
        reach: places of the items that may be recommended, ascending; all, where it is None.
    """
    n = len(item_ids)
    columns = np.arange(n) if reach is None else reach
    at = np.full(n, -1)
    at[columns] = np.arange(len(columns))
    step = max(1, CELLS // max(len(columns), 1))
    counts, others, weights = [], [], []
    for start in range(0, n, step):
        rows = np.array(blocks(start, min(start + step, n)), np.float32)  # a copy, as it is written to
        own = at[start : start + len(rows)]
        rows[np.flatnonzero(own >= 0), own[own >= 0]] = 0.0
        count, other, weight = _of_rows(rows, min(most, len(columns)))
        counts.append(count)
        others.append(columns[other])
        weights.append(weight)
    return joined(item_ids, counts, others, weights)


def _of_rows(rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if 0 < most < rows.shape[1]:
        chosen = np.sort(np.argpartition(-np.abs(rows), most - 1, axis=1)[:, :most], axis=1)  # among equal weights the lower place first
        order = np.argsort(-np.take_along_axis(rows, chosen, 1), axis=1, kind="stable")
        order = np.take_along_axis(chosen, order, 1)
    else:
        order = np.argsort(-rows, axis=1, kind="stable")
    weights = np.take_along_axis(rows, order, 1)
    kept = weights != 0
    return kept.sum(axis=1), order[kept], weights[kept]


def heaviest_sparse(item_ids: np.ndarray, matrix: csr_matrix, most: int, first: int = 0) -> Lists:
    """Lists from sparse rows: of each the `most` of the largest absolute weight, the item itself left out.

    `first`: which item the first row is.
    """
    matrix = matrix.tocsr().sorted_indices()  # a copy: what was given stays as it is
    coo = matrix.tocoo()
    kept = (coo.row + first != coo.col) & (coo.data != 0)
    rows, columns, weights = coo.row[kept], coo.col[kept], coo.data[kept].astype(np.float32)
    counts = np.bincount(rows, minlength=len(item_ids))
    if counts.max(initial=0) > most:
        order = _by_row(rows, columns, np.abs(weights))
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        order = order[place < most]
        rows, columns, weights = rows[order], columns[order], weights[order]
        counts = np.minimum(counts, most)
    order = _by_row(rows, columns, weights)
    return joined(item_ids, [counts], [columns[order]], [weights[order]])


def _by_row(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The order by row, then the larger weight (float32), then the earlier column; one sort of integers, which is quicker than three."""
    bits = weights.view(np.int32).astype(np.int64)
    bits = np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)  # now ordered as the floats are
    key = (rows.astype(np.int64) << 32) - bits
    if np.any((np.diff(rows) == 0) & (np.diff(columns) < 0)):
        first = np.lexsort((columns, rows))
        return first[np.argsort(key[first], kind="stable")]
    return np.argsort(key, kind="stable")


def joined(item_ids: np.ndarray, counts: list[np.ndarray], others: list[np.ndarray], weights: list[np.ndarray]) -> Lists:
    """Lists from parts: how many each item has, which, and how heavy."""
    starts = np.concatenate([[0], np.cumsum(np.concatenate(counts) if counts else [])]).astype(np.uint32)
    found = np.concatenate(others) if others else np.zeros(0)
    return Lists(item_ids, starts, found.astype(np.uint32), (np.concatenate(weights) if weights else np.zeros(0)).astype(np.float32))


def cut(lists: Lists, most: int) -> Lists:
    """Only the `most` heaviest of each item."""
    longest = int(np.diff(lists.starts.astype(np.int64)).max(initial=0))
    return lists if longest <= most else heaviest_sparse(lists.item_ids, lists.matrix(), most)
