"""Interactions → split → model → what the edge would show → how good that is, beside popularity and beside the model before it was quantized.

The compiler and the edge are handed in as functions (`Site`): nothing here knows them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from learn.models import popularity, portfolio, splits
from learn.models.metrics import Metrics, measure, overlap
from learn.models.scoring import histories, rankings
from learn.models.types import Interactions, Order, Result

MOST_USERS = 10_000  # that are measured; of more, evenly chosen ones
SAMPLE = 100  # users that the edge's own kernel ranks, too
Tell = Callable[[str], None]


class Unequal(AssertionError):
    """Two kernels that should agree to the last bit do not."""


class Site(Protocol):
    """A model as a site has it (compiler/trial_site.py)."""

    def bundle(self, model: Result, otherwise: Order, half_life: float | None) -> bytes: ...

    def sizes(self, data: bytes) -> dict[str, int]: ...

    def score_bundle(self, data: bytes, histories: Iterable, kernel: str) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """`split`: auto, random, time, basket or last; `model`: auto, or a name of portfolio.SINGLE; `budget`: seconds of the search, None: by the
    number of rows; `trials`: its parts at most, instead; `most_bytes`: of the model's lists."""

    split: str = "auto"
    seed: int = 42
    model: str = "auto"
    budget: float | None = None
    trials: int | None = None
    most_bytes: int = portfolio.BYTES


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`quantized`: through the bundle; `exact`: the same model in floating point; `overlap`: the share of the exact ten best that the
    bundle shows, too. `left_out`: users with something to foretell and nothing known before it. `checked`: users that the edge's own
    kernel ranked equally. `data`: the bundle."""

    split: splits.Split
    chosen: portfolio.Chosen
    quantized: Metrics
    exact: Metrics
    popularity: Metrics
    overlap: float
    sizes: dict[str, int]
    measured: int
    users: int
    left_out: int
    checked: int
    seconds: dict[str, float]
    data: bytes


def budget_of(rows: int) -> float:
    """Seconds that a search may take where nobody says."""
    return min(180.0, 35.0 + rows / 10_000)


def evaluate(interactions: Interactions, site: Site, asked: Asked = Asked(), tell: Tell = lambda step: None) -> Evaluation:
    """Train, quantize, build, score and measure. Raises ValueError where the data do not allow what is asked."""
    began = time.monotonic()
    split, splitter = splits.chosen(asked.split, interactions, asked.seed)
    if asked.model == "auto":
        budget = asked.budget if asked.budget is not None else budget_of(len(interactions))
        chosen = portfolio.select(split.train, splitter, budget, asked.trials, asked.most_bytes, tell)
    else:
        tell(f"fit {asked.model}")
        chosen = portfolio.single(asked.model, split.train, asked.most_bytes)
    trained = time.monotonic()
    popular = popularity.fit(split.train)
    tell("bundle")
    data = site.bundle(chosen.model, popular, chosen.half_life)
    past, truth = histories(split.history, chosen.half_life), foretold(split)
    able = np.flatnonzero(np.diff(truth.indptr) > 0)
    known = np.diff(past.indptr)[able] > 0
    left_out = 0 if split.kind == "random" else int((~known).sum())  # the usual protocol of a random split measures everybody
    able = able if split.kind == "random" else able[known]
    users = able[np.linspace(0, len(able) - 1, min(len(able), MOST_USERS)).astype(int)] if len(able) else able
    tell("rankings")
    newest = list(newest_first(split.history, users, chosen.half_life is not None))
    shown, shown_scores = site.score_bundle(data, newest, "numpy")
    checked = _agree(site, data, newest, shown, shown_scores)
    past, truth, counts = past[users], truth[users], split.train.counts()
    exact = _exact(chosen.model, past, popular)
    figures = (measure(each, truth, counts) for each in (shown, exact, _exact(popular, past, popular)))
    seconds = {"train": round(trained - began, 2), "score": round(time.monotonic() - trained, 2)}
    return Evaluation(split, chosen, *figures, overlap(exact, shown), site.sizes(data), len(users), len(able), left_out, checked, seconds, data)


def foretold(split: splits.Split):
    """Users × items that are to be foretold: what is in a user's history is not."""
    truth, known = split.test.binary(), split.history.binary()
    truth = (truth - truth.multiply(known)).tocsr()
    truth.eliminate_zeros()
    return truth


def newest_first(history: Interactions, users: np.ndarray, timed: bool) -> Iterable[list[tuple[int, float | None]]]:
    """Each user's items as the edge knows them: newest first, each once; without times where the model does not fade."""
    times = np.arange(len(history), dtype=np.float64) if history.times is None else history.times
    order = np.lexsort((np.arange(len(times)), times, history.users))[::-1]
    sorted_users = history.users[order][::-1]
    starts, ends = np.searchsorted(sorted_users, users, "left"), np.searchsorted(sorted_users, users, "right")
    for start, end in zip(starts, ends):
        rows = order[len(order) - end : len(order) - start]
        kept: dict[int, float | None] = {}
        for row in rows:
            kept.setdefault(int(history.items[row]), float(times[row]) if timed and history.times is not None else None)
        yield list(kept.items())


def _agree(site: Site, data: bytes, newest: list, shown: np.ndarray, shown_scores: np.ndarray) -> int:
    """Rank some users by the edge's own kernel, too. Raises Unequal."""
    sample = np.unique(np.linspace(0, len(newest) - 1, min(SAMPLE, len(newest))).astype(int)) if newest else np.zeros(0, int)
    rows, found = site.score_bundle(data, [newest[place] for place in sample], "python")
    if not (np.array_equal(rows, shown[sample]) and np.array_equal(found, shown_scores[sample], equal_nan=True)):
        raise Unequal("the kernels of the compiler and of the edge rank differently")
    return len(sample)


def _exact(model: Result, past, popular: Order) -> np.ndarray:
    return rankings(model, past, None if model is popular else popular)
