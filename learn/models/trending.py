"""The order by popularity of late: each interaction counts half as much after every half-life."""

from __future__ import annotations

import numpy as np

from learn.models.types import Interactions, Order

DAY = 86_400.0


def fit(interactions: Interactions, half_life: float = 7 * DAY, now: float | None = None) -> Order:
    """Scores: decayed interactions.

    Args:
        half_life: seconds. now: epoch seconds; None: the time of the newest interaction, so that equal data give equal scores.
    Raises:
        ValueError: without times there is nothing to decay by.
    """
    if interactions.times is None:
        raise ValueError("what is trending cannot be told without times; name the column of the time")
    now = float(interactions.times.max(initial=0.0)) if now is None else now
    fresh = 0.5 ** (np.maximum(now - interactions.times, 0.0) / half_life)
    return Order(interactions.item_ids, np.bincount(interactions.items, weights=fresh, minlength=len(interactions.item_ids)))


def factors(order: Order, counts: np.ndarray, power: float) -> np.ndarray:
    """How much more an item is asked for now than on the whole, to a power; 1 on average: factors of `hybrid.boosted`."""
    now = order.scores + 1e-3 * max(float(order.scores.mean()), 1e-12)
    ratio = (now / (counts + 1.0)) ** power
    return ratio / max(float(ratio.mean()), 1e-12)
