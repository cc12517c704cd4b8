"""Frequently bought together: rules a → b over baskets, with support, confidence and lift.

A "user" of these interactions is a basket: an invoice, an order, a session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learn.models.cooccurrence import blocks
from learn.models.grams import heaviest_sparse, recent
from learn.models.types import Interactions, Lists

LARGEST = 200  # items of a basket that count: larger ones are a warehouse's, not a customer's


@dataclass(frozen=True, slots=True)
class Rules:
    """a → b, the highest lift first within the highest confidence; arrays of one length.

    `baskets`: with both; `support`: their share of all baskets; `confidence`: their share of those with a; `lift`:
    confidence over b's own share of all baskets.
    """

    item_ids: np.ndarray
    items: np.ndarray
    others: np.ndarray
    baskets: np.ndarray
    support: np.ndarray
    confidence: np.ndarray
    lift: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    def table(self, most: int | None = None) -> list[dict[str, object]]:
        """Rows for people: ids and figures."""
        return [
            {"item": str(self.item_ids[i]), "other": str(self.item_ids[j]), "baskets": int(n), "support": float(s), "confidence": float(c), "lift": float(f)}
            for i, j, n, s, c, f in zip(*(part[:most] for part in (self.items, self.others, self.baskets, self.support, self.confidence, self.lift)))
        ]


def rules(interactions: Interactions, least: int = 5, support: float = 0.0, confidence: float = 0.05, lift: float = 1.2) -> Rules:
    """All rules of at least so many baskets, this support, this confidence and this lift."""
    known = recent(interactions, LARGEST).binary()
    counts = np.bincount(known.indices, minlength=known.shape[1]).astype(np.float64)
    n = float(max(int((np.diff(known.indptr) > 0).sum()), 1))
    transposed = known.T.tocsr()
    found: list[tuple[np.ndarray, ...]] = [tuple(np.zeros(0, int) for _ in range(3))]
    for start, stop in blocks(known, transposed):
        pairs = (transposed[start:stop] @ known).tocoo()
        row, both = pairs.row + start, pairs.data.astype(np.float64)
        sure = both / counts[row]
        kept = (row != pairs.col) & (both >= max(least, support * n)) & (sure >= confidence) & (sure * n >= lift * counts[pairs.col])
        found.append((row[kept], pairs.col[kept], both[kept]))
    items, others, both = (np.concatenate(part) for part in zip(*found))
    sure = both / np.maximum(counts[items], 1.0)
    lifts = sure * n / np.maximum(counts[others], 1.0)
    order = np.lexsort((others, items, -lifts, -sure))
    items, others, both, sure, lifts = (part[order] for part in (items, others, both, sure, lifts))
    return Rules(interactions.item_ids, items.astype(int), others.astype(int), both.astype(int), both / n, sure, lifts)


def lists(found: Rules, most: int = 50, weight: str = "confidence") -> Lists:
    """The rules as item lists, weighed by `confidence`, `lift` or `support`."""
    from scipy.sparse import coo_matrix

    n = len(found.item_ids)
    weights = {"confidence": found.confidence, "lift": found.lift, "support": found.support}[weight]
    return heaviest_sparse(found.item_ids, coo_matrix((weights, (found.items, found.others)), shape=(n, n)), most)


def fit(
    interactions: Interactions, most: int = 50, least: int = 5, support: float = 0.0, confidence: float = 0.05, lift: float = 1.2,
    weight: str = "confidence",
) -> Lists:  # fmt: skip
    """Item lists of the rules: see `rules` for the thresholds and `lists` for the weights."""
    return lists(rules(interactions, least, support, confidence, lift), most, weight)
