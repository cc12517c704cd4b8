"""Item lists by who had to do with both: counts of pairs, weighed by one of several measures.

With c the users of both items, a and b those of the item and the other, n all users:

    count        c
    conditional  c / a
    cosine       c / √(a b)
    jaccard      c / (a + b - c)
    lift         c n / (a b)
    pmi          log(c n / (a b)), where positive
    bm25         c of users weighed by their rarity, as words are: who has much to do with everything says little (k₁ = 1.2, b = 0.75)
    likelihood   Dunning's log-likelihood ratio, where the pair is more frequent than chance
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from learn.models.grams import CELLS, heaviest_sparse, joined, recent
from learn.models.types import Interactions, Lists

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Measure = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]


def _bm25(c: np.ndarray, a: np.ndarray, b: np.ndarray, n: float) -> np.ndarray:
    """`c` is of users that are weighed already, see `_weighed`; an item's length is the number of its users."""
    mean = float(np.mean(b)) if len(b) else 1.0
    return c * (2.2 / (1.2 * (0.25 + 0.75 * a / mean) + 1)) * (2.2 / (1.2 * (0.25 + 0.75 * b / mean) + 1))


def _weighed(known: csr_matrix) -> csr_matrix:
    """Each user's row times the logarithm of how rare the user is among the items, for BM25."""
    from scipy.sparse import diags

    rarity = np.log(max(known.shape[1], 1) / (1.0 + np.diff(known.indptr)) + 1.0)
    return (diags(rarity) @ known).tocsr()


def _likelihood(c: np.ndarray, a: np.ndarray, b: np.ndarray, n: float) -> np.ndarray:
    def part(seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
        return np.where(seen > 0, seen * np.log(np.maximum(seen, 1e-12) / np.maximum(expected, 1e-12)), 0.0)

    cells = ((c, a * b), (a - c, a * (n - b)), (b - c, b * (n - a)), (n - a - b + c, (n - a) * (n - b)))
    ratio = 2 * sum(part(seen, product / n) for seen, product in cells)
    return np.where(c * n > a * b, np.maximum(ratio, 0.0), 0.0)


MEASURES: Mapping[str, Measure] = MappingProxyType({
    "count": lambda c, a, b, n: c,
    "conditional": lambda c, a, b, n: c / a,
    "cosine": lambda c, a, b, n: c / np.sqrt(a * b),
    "jaccard": lambda c, a, b, n: c / (a + b - c),
    "lift": lambda c, a, b, n: c * n / (a * b),
    "pmi": lambda c, a, b, n: np.maximum(np.log(c * n / (a * b)), 0.0),
    "bm25": _bm25,
    "likelihood": _likelihood,
})  # fmt: skip


def fit(interactions: Interactions, most: int = 200, measure: str = "cosine", least: int = 1, shrink: float = 0.0) -> Lists:
    """Item lists by a measure of MEASURES.

    Args:
        least: users of both; pairs with fewer are left out. shrink: a pair's weight is multiplied by c / (c + shrink).
    """
    from scipy.sparse import csr_matrix

    known = recent(interactions).binary()
    counts = np.bincount(known.indices, minlength=known.shape[1]).astype(np.float64)
    known = _weighed(known) if measure == "bm25" else known
    transposed = known.T.tocsr()
    n_users = float(max(known.shape[0], 1))
    parts: tuple[list, list, list] = ([], [], [])
    for start, stop in blocks(known, transposed):
        pairs = (transposed[start:stop] @ known).tocoo()
        kept = (pairs.data >= (0 if measure == "bm25" else least)) & (pairs.row + start != pairs.col)
        row, column, both = pairs.row[kept], pairs.col[kept], pairs.data[kept].astype(np.float64)
        weights = MEASURES[measure](both, counts[row + start], counts[column], n_users) * (both / (both + shrink))
        rows = csr_matrix((weights, (row, column)), shape=(stop - start, known.shape[1]))
        made = heaviest_sparse(interactions.item_ids[start:stop], rows, most, start)
        for part, array in zip(parts, (np.diff(made.starts.astype(np.int64)), made.others, made.weights)):
            part.append(array)
    return joined(interactions.item_ids, *parts)


def blocks(known: csr_matrix, transposed: csr_matrix) -> list[tuple[int, int]]:
    """(start, stop) of items such that a block has at most CELLS pairs, or is one item."""
    lengths = np.diff(known.indptr).astype(np.float64)
    ones = transposed.copy()
    ones.data = np.ones_like(ones.data)
    pairs = np.cumsum(np.minimum(ones @ lengths, known.shape[1]))
    found, start, done = [], 0, 0.0
    while start < len(pairs):
        stop = max(start + 1, int(np.searchsorted(pairs, done + CELLS, side="right")))
        found.append((start, stop))
        start, done = stop, pairs[stop - 1]
    return found
