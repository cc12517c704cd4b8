"""Models that can be fitted by name, and recipes: blends of them with what multiplies an item's weights, as one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from learn.models import als, bpr, cooccurrence, ease, hybrid, popularity, sequence, similar, spectral, trending
from learn.models.grams import cut
from learn.models.scoring import histories
from learn.models.types import Interactions, Lists, Result

Fit = Callable[[Interactions, int], Lists]

NEIGHBOURS = 2000  # entries of a part's lists before they are blended
LEAST_NEIGHBOURS = 200
ENTRIES = 12_000_000  # of a part's lists: 100 MB


def _vectors(**parameters: float) -> Fit:
    return lambda known, most: similar.products(als.fit(known, **parameters), most, spectral.reachable(known))


# name → fit, the most promising first; those of TIMELY only with times
PARTS: Mapping[str, Fit] = MappingProxyType({
    "ease": lambda known, most: ease.fit(known, most, penalty=7.0, dropout=0.0, user_power=0.0, item_power=0.0),
    "als-20": _vectors(factors=20, regularization=1.0, alpha=5.0),
    "cosine": lambda known, most: cooccurrence.fit(known, min(most, 200), "cosine"),
    "spectral-16": lambda known, most: spectral.fit(known, most, 16),
    "sequence": lambda known, most: sequence.fit(known, min(most, 400), popularity=0.3),
    "ease-scaled": lambda known, most: ease.fit(known, most),
    "als-64": _vectors(factors=64, regularization=5.0, alpha=5.0),
    "spectral-32": lambda known, most: spectral.fit(known, most, 32),
    "conditional": lambda known, most: cooccurrence.fit(known, min(most, 200), "conditional", shrink=5.0),
    "ease-firm": lambda known, most: ease.fit(known, most, penalty=30.0, dropout=0.5, user_power=0.5, item_power=0.25),
    "spectral-100": lambda known, most: spectral.fit(known, most, 100),
})  # fmt: skip
TIMELY = ("sequence",)
SINGLE: Mapping[str, Callable[[Interactions, int], Result]] = MappingProxyType({
    "blend": lambda known, most: fitted(Recipe({"ease": 0.5, "als-20": 0.5}, length=most), known),
    "ease": PARTS["ease"],
    "als": lambda known, most: als.fit(known),
    "bpr": lambda known, most: bpr.fit(known),
    "cooccurrence": PARTS["cosine"],
    "spectral": PARTS["spectral-16"],
    "sequence": PARTS["sequence"],
    "trending": lambda known, most: trending.fit(known, tenth(known)),
    "popularity": lambda known, most: popularity.fit(known),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model that can be fitted again: shares of PARTS, powers of boosts, the length of lists, the half-life of histories."""

    shares: Mapping[str, float]
    liking: float = 0.0  # weights times (users of the other) to this power
    trend: float = 0.0  # weights times (asked for of late / on the whole) to this power
    trend_half_life: float = 0.0
    half_life: float | None = None
    length: int = 200

    @property
    def name(self) -> str:
        return "+".join(self.shares)


def parameters(recipe: Recipe) -> dict[str, object]:
    """A recipe as plain values."""
    found = {"parts": dict(recipe.shares), "length": recipe.length, "liking": recipe.liking, "trend": recipe.trend}
    return found | ({"trend_half_life": recipe.trend_half_life} if recipe.trend else {}) | ({"half_life": recipe.half_life} if recipe.half_life else {})


def fitted(recipe: Recipe, train: Interactions) -> Lists:
    """A recipe's model of some interactions."""
    most = neighbours(len(train.item_ids))
    return combined(recipe, {name: PARTS[name](train, most) for name in recipe.shares}, train, recipe.length)


def neighbours(n: int) -> int:
    """Entries of a part's lists: fewer where there are many items, so that a part stays under 100 million bytes."""
    return max(LEAST_NEIGHBOURS, min(NEIGHBOURS, ENTRIES // max(n, 1)))


def combined(recipe: Recipe, parts: Mapping[str, Lists], train: Interactions, length: int) -> Lists:
    """Fitted parts (name → lists) as one model."""
    names = list(recipe.shares)
    past = histories(train)
    made = hybrid.blended([parts[name] for name in names], [recipe.shares[name] for name in names], past, neighbours(len(train.item_ids)))
    return cut(hybrid.boosted(made, factors(recipe, train)), length)


def factors(recipe: Recipe, train: Interactions) -> np.ndarray:
    """What each item's weights are multiplied by."""
    counts = train.counts()
    made = (counts + 1.0) ** recipe.liking
    if recipe.trend:
        made = made * trending.factors(trending.fit(train, recipe.trend_half_life), counts, recipe.trend)
    return made


def tenth(train: Interactions) -> float:
    """A ninth of the time that nine tenths of the interactions take, at least one second."""
    return max(float(np.ptp(np.quantile(train.times, (0.05, 0.95)))) / 9, 1.0) if train.times is not None and len(train) else 1.0
