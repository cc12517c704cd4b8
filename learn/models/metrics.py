"""How good rankings are: per user, and over all users with their uncertainty.

The definitions are the usual ones over the full catalogue without what the user's history has: recall is over all test items of the
user, the ideal of ndcg has min(test items, k) of them, and means are over users with at least one test item. Gains are binary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TOP = 10


@dataclass(frozen=True, slots=True)
class PerUser:
    """Arrays over users with test items (`users`: which they are): recall, ndcg, precision, reciprocal rank, hit (0 or 1)."""

    users: np.ndarray
    recall: np.ndarray
    ndcg: np.ndarray
    precision: np.ndarray
    reciprocal: np.ndarray
    hit: np.ndarray


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over users. `coverage`: the share of the catalogue that is recommended to anybody. `novelty`: mean -log₂ of the share
    of users that know a recommended item, in bits. `recall_error`, `ndcg_error`: standard errors of the means."""

    users: int
    recall: float
    ndcg: float
    precision: float
    mrr: float
    hit_rate: float
    coverage: float
    novelty: float
    recall_error: float
    ndcg_error: float


def per_user(rankings: np.ndarray, truth: csr_matrix, top: int = TOP) -> PerUser:
    """Measure each user.

    Args:
        rankings: users × at least one item, best first; -1 where there is nothing to show.
        truth: users × items, not 0 where an item is a test item of the user.
    """
    totals = np.diff(truth.indptr)
    users = np.flatnonzero(totals > 0)
    shown = np.full((len(users), top), -1)
    shown[:, : rankings.shape[1]] = rankings[users, :top]
    n = max(truth.shape[1], 1)
    wanted = np.repeat(np.arange(truth.shape[0], dtype=np.int64), totals) * n + truth.indices
    hits = np.isin(users[:, None].astype(np.int64) * n + shown, wanted) & (shown >= 0)
    gains = 1 / np.log2(np.arange(top) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(totals[users], top)]
    found = hits.sum(axis=1)
    first = np.where(found > 0, 1 / (hits.argmax(axis=1) + 1.0), 0.0)
    return PerUser(users, found / totals[users], (hits * gains).sum(axis=1) / ideal, found / top, first, (found > 0).astype(float))


def measure(rankings: np.ndarray, truth: csr_matrix, counts: np.ndarray, top: int = TOP) -> Metrics:
    """Means over users. `counts`: of each item the users that are known to have had to do with it (for novelty)."""
    each = per_user(rankings, truth, top)
    n = len(each.users)
    if n == 0:
        return Metrics(0, *(0.0,) * 9)
    shown = rankings[each.users, :top]
    shown = shown[shown >= 0]
    share = (counts[shown] + 1.0) / (truth.shape[0] + 1.0)
    novelty = float(-np.log2(np.minimum(share, 1.0)).mean()) if len(shown) else 0.0
    coverage = len(np.unique(shown)) / max(truth.shape[1], 1)
    means = (float(part.mean()) for part in (each.recall, each.ndcg, each.precision, each.reciprocal, each.hit))
    return Metrics(n, *means, coverage, novelty, error(each.recall), error(each.ndcg))


def error(values: np.ndarray) -> float:
    """The standard error of a mean over users."""
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0


def overlap(one: np.ndarray, other: np.ndarray, top: int = TOP) -> float:
    """The mean share of the first `top` items of `one` that are among those of `other`; users without any do not count."""
    shares = [len(np.intersect1d(a[a >= 0], b[b >= 0])) / (a >= 0).sum() for a, b in zip(one[:, :top], other[:, :top]) if (a >= 0).any()]
    return float(np.mean(shares)) if shares else 1.0
