"""What is learned from, what is known of a visitor, and what is to be foretold. No split lets the second see the third.

`random`: each row is of the training part with probability 0.8; the usual protocol of files without times. `time`: one moment
divides all rows, so that nothing from afterwards is learned; users who come later are followed as a site would: the first half
of what they do is their history, the second is to be foretold. `basket`: what a user buys next after that moment. `last`: the last
fifth of each user's own rows, for files whose users do not overlap in time; what others do later is learned from there, which
flatters all models alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from learn.models.types import Interactions

SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that a model may learn from; rows that are a visitor's past when asked; rows that are to be foretold.

    `cut`: the moment that divides them, epoch seconds, where there is one.
    """

    kind: str
    train: Interactions
    history: Interactions
    test: Interactions
    cut: float | None = None


Splitter = Callable[[Interactions], Split]


def random(interactions: Interactions, seed: int = 42, share: float = SHARE) -> Split:
    """`default_rng(seed).random(rows) < share`, in the order of the rows."""
    chosen = np.random.default_rng(seed).random(len(interactions)) < share
    train = interactions.rows(chosen)
    return Split("random", train, train, interactions.rows(~chosen))


def time(interactions: Interactions, share: float = SHARE) -> Split:
    """Rows before the moment at which `share` of all have happened, and rows from then on. Raises ValueError without times."""
    times = _times(interactions)
    cut = float(np.quantile(times, share)) if len(times) else 0.0
    before = times < cut
    known = np.bincount(interactions.users[before], minlength=interactions.shape[0]) > 0
    new = ~before & ~known[interactions.users]
    past = before.copy()
    past[_first_half(interactions, new)] = True
    return Split("time", interactions.rows(before), interactions.rows(past), interactions.rows(~past), cut)


def last(interactions: Interactions, share: float = SHARE) -> Split:
    """The last 1 - share of each user's rows, at least one where there are two. Raises ValueError without times."""
    order, place, count = _in_order(interactions, np.ones(len(interactions), bool))
    train = np.zeros(len(interactions), bool)
    keep = np.where(count > 1, np.minimum(np.ceil(count * share), count - 1), 1)
    train[order] = place < keep
    chosen = interactions.rows(train)
    return Split("last", chosen, chosen, interactions.rows(~train))


def basket(interactions: Interactions, share: float = SHARE, baskets: np.ndarray | None = None) -> Split:
    """As `time`, but of each user the first basket from the cut on is to be foretold, and everything before the cut is the history.

    `baskets`: of each row the code of its basket; None: the rows of a user at one moment are one, as the lines of an invoice are.
    """
    times = _times(interactions)
    if baskets is None:
        moments = np.unique(times, return_inverse=True)[1].astype(np.int64)
        baskets = np.unique(interactions.users * (moments.max(initial=0) + 1) + moments, return_inverse=True)[1]
    begin = np.full(int(baskets.max(initial=-1)) + 1, np.inf)
    np.minimum.at(begin, baskets, times)
    began = begin[baskets]  # a basket is whole, also where the cut goes through it
    cut = float(np.quantile(times, share)) if len(times) else 0.0
    later = began >= cut
    first = np.full(interactions.shape[0], np.inf)
    np.minimum.at(first, interactions.users[later], began[later])
    train = interactions.rows(~later & (times < cut))
    return Split("basket", train, train, interactions.rows(later & (began == first[interactions.users])), cut)


def chosen(kind: str, interactions: Interactions, seed: int = 42) -> tuple[Split, Splitter]:
    """A split by name, and the same once more for what is chosen within its training part.

    `auto` is `time` where times are known and at least MEASURABLE users can be measured by it; `last` otherwise; without times `random`.
    """
    if kind == "auto" and interactions.times is None:
        kind = "random"
    if kind == "auto":
        made = time(interactions)
        kind = "time" if measurable(made) >= min(MEASURABLE, interactions.shape[0] / 4) and len(made.train) >= len(interactions) / 2 else "last"
    splitter: Splitter = partial(random, seed=seed) if kind == "random" else {"time": time, "last": last, "basket": basket}[kind]
    return splitter(interactions), splitter


MEASURABLE = 50


def measurable(split: Split) -> int:
    """Users with something to foretell and a past to foretell it from."""
    return len(np.intersect1d(split.test.users, split.history.users))


def _times(interactions: Interactions) -> np.ndarray:
    if interactions.times is None:
        raise ValueError("a split by time needs times; name the column of the time")
    return interactions.times


def _in_order(interactions: Interactions, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Some rows by user and time, each one's place among the user's own, and how many those are."""
    times = _times(interactions)
    places = np.flatnonzero(rows)
    order = places[np.lexsort((places, times[places], interactions.users[places]))]
    users = interactions.users[order]
    counts = np.bincount(users, minlength=interactions.shape[0])
    place = np.arange(len(order)) - (np.cumsum(counts) - counts)[users]
    return order, place, counts[users]


def _first_half(interactions: Interactions, rows: np.ndarray) -> np.ndarray:
    """Of each user the earlier half of these rows (of an odd number the smaller). Rows of one moment stay together."""
    order, place, count = _in_order(interactions, rows)
    early = place < count // 2
    times, users = interactions.times[order], interactions.users[order]
    key = np.cumsum(np.concatenate([[True], (users[1:] != users[:-1]) | (times[1:] != times[:-1])])) if len(order) else np.zeros(0, int)
    broken = np.unique(key[~early])
    return order[early & ~np.isin(key, broken)]
