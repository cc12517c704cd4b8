"""Hybrids, as far as the edge can hold them.

Weighted: lists blend into one model, as scores are sums. Boosted: an item's weight in all lists is multiplied. Switching and cascade stay
several models; `Switch` and `Cascade` name them, and a site file says the same (docs/recommenders.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learn.models.grams import heaviest_sparse
from learn.models.types import Lists

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SAMPLE = 1000  # histories by which the scale of lists is measured


@dataclass(frozen=True, slots=True)
class Cascade:
    """Models, asked in turn: what the first leaves free, the next fills."""

    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """One model for visitors with at least `least` recent items, another for those with fewer."""

    least: int
    known: str
    otherwise: str


def spread(lists: Lists, histories: csr_matrix) -> float:
    """The standard deviation of the scores that some visitors (rows of `histories`) give to all items; 1 where there is none."""
    n = histories.shape[0]
    sample = histories[np.linspace(0, n - 1, min(n, SAMPLE)).astype(int)] if n else histories
    scores = sample @ lists.matrix()
    cells = scores.shape[0] * scores.shape[1]
    if not cells:
        return 1.0
    mean = scores.data.sum(dtype=np.float64) / cells
    variance = float((scores.data.astype(np.float64) ** 2).sum() / cells - mean**2)
    return variance**0.5 if variance > 0 else 1.0


def blended(parts: Sequence[Lists], shares: Sequence[float], histories: csr_matrix, most: int = 200) -> Lists:
    """One model whose scores are the parts' scores, each on the scale of its own spread, times its share."""
    matrix = sum(part.matrix() * np.float32(share / spread(part, histories)) for part, share in zip(parts, shares))
    return heaviest_sparse(parts[0].item_ids, matrix, most)


def boosted(lists: Lists, factors: np.ndarray) -> Lists:
    """Each item's weight in all lists times its factor (above 0)."""
    from scipy.sparse import diags

    if np.all(factors == factors[:1]):
        return lists
    longest = int(np.diff(lists.starts.astype(np.int64)).max(initial=0))
    return heaviest_sparse(lists.item_ids, lists.matrix() @ diags(factors), longest)
