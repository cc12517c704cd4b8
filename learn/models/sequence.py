"""Item lists by what comes next: steps from an item to those that follow it within a user's session."""

from __future__ import annotations

import numpy as np

from learn.models.grams import heaviest_sparse, recent
from learn.models.types import Interactions, Lists

BATCH = 20_000_000  # steps that are held at once


def fit(
    interactions: Interactions, most: int = 200, steps: int = 5, decay: float = 0.7, session: float | None = None, popularity: float = 0.5
) -> Lists:
    """Item lists by transitions. Without times the order of the rows is that of the events.

    Args:
        steps: how many of the items that follow count. decay: a step further weighs so much less.
        session: seconds without an event after which a session is over; None: a user has one.
        popularity: weights are divided by the other's number of events to this power: 0 prefers what is popular.
    """
    from scipy.sparse import csr_matrix

    n = len(interactions.item_ids)
    known = recent(interactions)
    items, parts = ordered(known, session)
    made = csr_matrix((n, n), dtype=np.float64)
    for step in range(1, min(steps, len(items) - 1) + 1):
        same = parts[step:] == parts[:-step]
        for start in range(0, len(same), BATCH):
            block = slice(start, start + BATCH)
            source, target = items[:-step][block][same[block]], items[step:][block][same[block]]
            made = made + csr_matrix((np.full(len(source), decay ** (step - 1)), (source, target)), shape=(n, n))
    times = np.bincount(known.items, minlength=n)
    scale = np.maximum(times, 1.0) ** -popularity
    coo = made.tocoo()
    leaving = np.maximum(times, 1.0) ** (popularity - 1.0)  # of frequent items each step says less of the one that follows
    weights = coo.data * scale[coo.col] * leaving[coo.row]
    return heaviest_sparse(interactions.item_ids, csr_matrix((weights, (coo.row, coo.col)), shape=(n, n)), most)


def ordered(interactions: Interactions, session: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Items in the order of user and time (rows of one time in the order of the source), and the number of each one's session."""
    times = np.arange(len(interactions), dtype=np.float64) if interactions.times is None else interactions.times
    order = np.lexsort((np.arange(len(times)), times, interactions.users))
    users = interactions.users[order]
    begins = np.ones(len(order), bool)
    begins[1:] = users[1:] != users[:-1]
    if session is not None and interactions.times is not None:
        begins[1:] |= np.diff(times[order]) > session
    return interactions.items[order], np.cumsum(begins)
