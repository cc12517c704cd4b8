"""How good a recommender's answers to questions are, how sure that is, and for whom: what model cards say and gates ask.

The definitions are those of learn/models/metrics.py. Coverage is the share of the items that anybody has had to do with, which some
question's ten best have; answered is the share of the questions that got any item.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learn.models import metrics
from learn.models.scoring import CELLS, best, scores
from learn.models.types import Lists, Order, Result

if TYPE_CHECKING:
    from learn.stages import Questions

RESAMPLES = 400  # of the bootstrap
SEGMENTS = (("new", 1, 2), ("some", 3, 9), ("regular", 10, 1 << 60))  # name, least and most items known of a visitor


@dataclass(frozen=True)
class Figure:
    """A mean, with the 95 % interval of a bootstrap over questions."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Answers:
    """What each question got: arrays of one length; `ranked` the places of the items, -1 for none."""

    ranked: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    ndcg: np.ndarray

    def means(self) -> dict[str, float]:
        return {f"{name}@10": float(each.mean()) if len(each) else 0.0 for name, each in (("recall", self.recall), ("precision", self.precision), ("ndcg", self.ndcg))}


def answers(model: Result, questions: Questions) -> Answers:
    """The ten best of each question, measured. Questions all have something to find."""
    step = max(1, CELLS // max(questions.truth.shape[1], 1))
    found = [np.zeros((0, min(metrics.TOP, questions.truth.shape[1])), np.int32)]
    for start in range(0, len(questions), step):
        some = slice(start, start + step)
        known = questions.histories[some]
        made = best(scores(model, known), questions.seen[some], positive=isinstance(model, Lists))
        if not isinstance(model, Order):
            made[np.diff(known.indptr) == 0] = -1
        found.append(made)
    ranked = np.concatenate(found)
    each = metrics.per_user(ranked, questions.truth)
    return Answers(ranked, each.recall, each.precision, each.ndcg)


def figure(each: np.ndarray, seed: int) -> Figure:
    """The mean of what questions got, and how sure it is."""
    if not len(each):
        return Figure(0.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    means = [each[rng.integers(0, len(each), len(each))].mean() for _ in range(RESAMPLES)]
    return Figure(float(each.mean()), *map(float, np.quantile(means, (0.025, 0.975))))


def lift(ours: np.ndarray, popular: np.ndarray, seed: int) -> Figure | None:
    """How many times popularity's, over the same questions; None where popularity finds nothing."""
    if not len(ours) or popular.mean() == 0:
        return None
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(ours), len(ours)) for _ in range(RESAMPLES)]
    ratios = [ours[one].mean() / popular[one].mean() for one in drawn if popular[one].mean() > 0]
    return Figure(float(ours.mean() / popular.mean()), *map(float, np.quantile(ratios, (0.025, 0.975))))


def coverage(ranked: np.ndarray, items: int) -> float:
    """The share of so many items that is recommended to anybody."""
    return min(1.0, len(np.unique(ranked[ranked >= 0])) / items) if items else 0.0


def segments(each: Answers, activity: np.ndarray, items: int) -> list[dict[str, Any]]:
    """Of visitors by how much is known of them: questions, the share that was answered, recall, and coverage."""
    told = []
    for name, least, most in SEGMENTS:
        inside = (activity >= least) & (activity <= most)
        if inside.any():
            told.append({
                "segment": name, "items_known": f"{least} to {most}" if most < 1 << 60 else f"{least} or more", "questions": int(inside.sum()),
                "answered": rounded(float((each.ranked[inside] >= 0).any(axis=1).mean())), "recall@10": rounded(float(each.recall[inside].mean())),
                "coverage": rounded(coverage(each.ranked[inside], items)),
            })  # fmt: skip
    return told


def as_json(one: Figure | None) -> dict[str, float] | None:
    return None if one is None else {name: rounded(value) for name, value in asdict(one).items()}


def rounded(value: float) -> float:
    """Six digits behind the point, as cards have them."""
    return round(value, 6)
