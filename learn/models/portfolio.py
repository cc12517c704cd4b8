"""Which model suits some interactions: parts are fitted, blended greedily, and compared on splits of the training part alone.

A blend of item-item models is one model at the edge, because scores are sums. What is chosen on the validation splits is then fitted to
all that may be learned from. The order of the trials is fixed, so that a search with a bound on trials comes to the same end anywhere;
with a bound on time alone a slower machine may end earlier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from learn.models import als, popularity, splits
from learn.models.grams import cut
from learn.models.metrics import measure
from learn.models.recipes import PARTS, SINGLE, TIMELY, Recipe, combined, factors, fitted, neighbours, parameters, tenth
from learn.models.scoring import best, histories, rankings, scores
from learn.models.splits import SHARE, Split, Splitter
from learn.models.types import Interactions, Lists, Result

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FITTING = 0.55  # of the budget goes into fitting parts
PATIENCE = 2.0  # a search may take so many times its budget where others hold the processors

Tell = Callable[[str], None]

CELLS = 24_000_000  # of the scores of one part on one fold: 96 MB
BYTES = 8_000_000  # of a model's lists in a bundle, where nothing else is said
ENTRY = 6  # bytes of an entry of a list in a bundle
FACTORS = 64  # of vectors where lists are too short
VECTOR = FACTORS + 4  # bytes of one in a bundle
LENGTHS = (50, 100, 200, 400)
SHARES = (0.15, 0.3, 0.5)
MEMBERS = 4  # parts of a blend
PARTNERS = 7  # parts that are tried in one
GAIN = 0.002  # a more complicated model must be better by this share
ENOUGH = 0.003  # a shorter list may be worse by this share


class Clock:
    """A budget in seconds: the clock's, or those that this process got where that is less, so that a busy machine comes to the same end."""

    def __init__(self, budget: float) -> None:
        self._wall, self._own = time.monotonic(), time.process_time()
        self.ends = budget

    def now(self) -> float:
        """Seconds of the budget that are gone."""
        wall = time.monotonic() - self._wall
        return max(min(wall, time.process_time() - self._own), wall / PATIENCE)

    def over(self) -> bool:
        return self.now() > self.ends


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, and recall@10 and ndcg@10 as means over the validation splits."""

    model: str
    recall: float
    ndcg: float

    @property
    def value(self) -> float:
        return (self.recall * self.ndcg) ** 0.5  # so that a share of one counts as much as a share of the other


@dataclass(frozen=True, slots=True)
class Chosen:
    """A fitted model, what it is called, the half-life of histories (seconds, None: none), its parameters, and what was tried."""

    model: Result
    name: str
    half_life: float | None
    parameters: Mapping[str, object]
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class _Fold:
    split: Split
    users: np.ndarray
    past: csr_matrix
    truth: csr_matrix
    parts: dict[str, Lists] = field(default_factory=dict)
    scores: dict[str, np.ndarray] = field(default_factory=dict)


def single(name: str, train: Interactions, most_bytes: int = BYTES) -> Chosen:
    """One model by its name in SINGLE, with its usual parameters. Raises ValueError where it cannot be fitted to these data."""
    if name in TIMELY and train.times is None:
        raise ValueError(f"{name} needs times; name the column of the time")
    length = longest(len(train.item_ids), most_bytes)
    return Chosen(SINGLE[name](train, length), name, None, {"length": length}, ())


def longest(n: int, most_bytes: int) -> int:
    """How long lists of n items may be."""
    return max(1, min(LENGTHS[-1], most_bytes // (ENTRY * max(n, 1)), max(n - 1, 1)))


def select(
    train: Interactions, splitter: Splitter, budget: float = 60.0, trials: int | None = None, most_bytes: int = BYTES, tell: Tell = lambda step: None
) -> Chosen:
    """Choose and fit a model.

    Args:
        train: all that may be learned from. splitter: how it is split once more, for the comparison.
        budget: seconds for the search, the last fit included, as far as that can be foreseen. trials: parts at most, instead of seconds.
        most_bytes: of the model in a bundle. tell: hears what is being done.
    """
    clock = Clock(budget if trials is None else inf)
    folds = [fold for fold in map(_fold, _splits(train, splitter)) if fold.truth.nnz]
    if not folds:
        return Chosen(popularity.fit(train), "popularity", None, {}, ())
    tried = [_measured("popularity", [rankings(popularity.fit(fold.split.train), fold.past) for fold in folds], folds)]
    costs = _fit_parts(train, folds, clock, trials, tried, tell)
    if not costs:
        return Chosen(popularity.fit(train), "popularity", None, {}, tuple(tried))
    tell("blends")
    clock.ends -= _last_fit(costs, folds)
    recipe, found = _greedy(folds, list(costs), tried, clock)
    recipe, found = _boosts(recipe, found, folds, tried, train, clock)
    recipe, found = _length(recipe, folds, longest(len(train.item_ids), most_bytes), tried)
    rival = _vector_rival(folds, tried, train, most_bytes, clock)
    popular = tried[0]
    if max(found.value, rival.value if rival else 0.0) < popular.value:
        return Chosen(popularity.fit(train), "popularity", None, {}, tuple(tried))
    if rival is not None and rival.value > found.value * (1 + GAIN):
        tell("fit als")
        return Chosen(als.fit(train, factors=FACTORS), "als", None, {"factors": FACTORS}, tuple(tried))
    tell(f"fit {recipe.name}")
    return Chosen(fitted(recipe, train), recipe.name, recipe.half_life, parameters(recipe), tuple(tried))


def _splits(train: Interactions, splitter: Splitter) -> list[Split]:
    """Several where there is little to measure by."""
    small = 3 if len(train) <= 150_000 else 2 if len(train) <= 400_000 else 1
    if splitter in (splits.time, splits.basket):
        return [splitter(train, share) for share in (SHARE, 0.7, 0.6)[:small]]
    if splitter is splits.last:
        return [splits.last(train)]
    return [splits.random(train, seed) for seed in range(1, small + 1)]


def _fold(split: Split) -> _Fold:
    """A split with as many of its users as can be scored, evenly chosen; what a user has met already is not foretold."""
    truth = split.test.binary()
    past = histories(split.history)
    truth = (truth - truth.multiply(past > 0)).tocsr()
    truth.eliminate_zeros()
    users = np.flatnonzero((np.diff(truth.indptr) > 0) & (np.diff(past.indptr) > 0))
    most = max(200, CELLS // max(truth.shape[1], 1))
    users = users[np.linspace(0, len(users) - 1, min(len(users), most)).astype(int)] if len(users) else users
    return _Fold(split, users, past[users], truth[users])


def _measured(name: str, ranked: list[np.ndarray], folds: list[_Fold]) -> Trial:
    found = [measure(each, fold.truth, np.zeros(fold.truth.shape[1])) for each, fold in zip(ranked, folds)]
    return Trial(name, float(np.mean([one.recall for one in found])), float(np.mean([one.ndcg for one in found])))


def _scored(name: str, made: Callable[[_Fold], np.ndarray], folds: list[_Fold]) -> Trial:
    return _measured(name, [best(made(fold), fold.past, positive=True) for fold in folds], folds)


def _fit_parts(train: Interactions, folds: list[_Fold], clock: Clock, trials: int | None, tried: list[Trial], tell: Tell) -> dict[str, float]:
    """Fit the parts to the folds, as many as there is time for: name → seconds. What is left must do for blending and the last fit."""
    costs: dict[str, float] = {}
    most = neighbours(len(train.item_ids))
    for name, fit in PARTS.items():
        if name in TIMELY and train.times is None:
            continue
        start = clock.now()
        if len(costs) == trials or (costs and (start > FITTING * clock.ends or start + _last_fit(costs, folds) > clock.ends)):
            break
        tell(name)
        for fold in folds:
            part = fit(fold.split.train, most)
            found = scores(part, fold.past)
            fold.parts[name], fold.scores[name] = part, found / max(float(found.std()), 1e-12)
        costs[name] = clock.now() - start
        tried.append(_scored(name, lambda fold: fold.scores[name].copy(), folds))
    return costs


def _last_fit(costs: Mapping[str, float], folds: list[_Fold]) -> float:
    """Seconds that fitting the dearest of the parts to everything may take."""
    return 1.5 * sum(sorted(costs.values())[-MEMBERS:]) / len(folds)


def _greedy(folds: list[_Fold], names: list[str], tried: list[Trial], clock: Clock) -> tuple[Recipe, Trial]:
    """The best part, and what makes it better, step by step (Caruana et al. 2004, "Ensemble selection")."""
    found = max((trial for trial in tried if trial.model in names), key=lambda trial: trial.value)
    names = sorted(names, key=lambda name: -next(trial.value for trial in tried if trial.model == name))[:PARTNERS]
    shares = {found.model: 1.0}
    while len(shares) < MEMBERS and not clock.over():
        options = []
        for name in names:
            for share in SHARES if name not in shares and not clock.over() else ():
                mixed = {known: old * (1 - share) for known, old in shares.items()} | {name: share}
                options.append((_scored("+".join(mixed), lambda fold: _mixed(fold, mixed), folds), mixed))
        if not options:
            break
        trial, mixed = max(options, key=lambda option: option[0].value)
        tried.append(trial)
        if trial.value <= found.value * (1 + GAIN):
            break
        found, shares = trial, mixed
    return Recipe(MappingProxyType(dict(sorted(shares.items(), key=lambda one: -one[1])))), found


def _mixed(fold: _Fold, shares: Mapping[str, float]) -> np.ndarray:
    made = np.zeros(fold.truth.shape, np.float32)
    for name, share in shares.items():
        made += np.float32(share) * fold.scores[name]
    return made


def _boosts(recipe: Recipe, found: Trial, folds: list[_Fold], tried: list[Trial], train: Interactions, clock: Clock) -> tuple[Recipe, Trial]:
    """Try what multiplies an item's scores, and histories that fade; one after the other, each kept where it is better."""
    timed = train.times is not None and len(train) > 0
    half = tenth(train) if timed else 0.0
    options: list[dict[str, float]] = [{"liking": power} for power in (-0.1, 0.1, 0.2)]
    if timed:
        options += [{"trend": power, "trend_half_life": half * long} for long in (1.0, 0.2) for power in (0.25, 0.5, 1.0)]
        options += [{"half_life": half * long} for long in (1.0, 0.3, 0.1)]
    for option in options:
        if clock.over():
            break
        other = replace(recipe, **option)
        trial = _scored(f"{recipe.name} {_told(option)}", lambda fold: _boosted(fold, other), folds)
        tried.append(trial)
        if trial.value > found.value * (1 + GAIN):
            recipe, found = other, trial
    return recipe, found


def _told(option: Mapping[str, float]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in option.items())


def _boosted(fold: _Fold, recipe: Recipe) -> np.ndarray:
    by_item = factors(recipe, fold.split.train).astype(np.float32)
    if recipe.half_life is None:
        return _mixed(fold, recipe.shares) * by_item
    past = histories(fold.split.history, recipe.half_life)[fold.users]
    made = np.zeros(fold.truth.shape, np.float32)
    for name, share in recipe.shares.items():
        level = max(float(scores(fold.parts[name], fold.past).std()), 1e-12)
        made += scores(fold.parts[name], past) * np.float32(share / level)
    return made * by_item


def _length(recipe: Recipe, folds: list[_Fold], most: int, tried: list[Trial]) -> tuple[Recipe, Trial]:
    """The shortest lists that are nearly as good as the longest, among those that fit into the bundle."""
    options = sorted({min(length, most) for length in LENGTHS}, reverse=True)
    whole = [combined(recipe, fold.parts, fold.split.train, options[0]) for fold in folds]
    pasts = [histories(fold.split.history, recipe.half_life)[fold.users] for fold in folds]
    found = []
    for length in options:
        ranked = [rankings(cut(lists, length), past, popularity.fit(fold.split.train)) for lists, past, fold in zip(whole, pasts, folds)]
        found.append((length, _measured(f"{recipe.name} length={length}", ranked, folds)))
    tried += [trial for _, trial in found]
    wanted = max(trial.value for _, trial in found) * (1 - ENOUGH)
    length, trial = min((one for one in found if one[1].value >= wanted), key=lambda one: one[0])
    return replace(recipe, length=length), trial


def _vector_rival(folds: list[_Fold], tried: list[Trial], train: Interactions, most_bytes: int, clock: Clock) -> Trial | None:
    """ALS vectors, where lists have to be so short that vectors of the same size might be better."""
    n = len(train.item_ids)
    if most_bytes >= LENGTHS[1] * ENTRY * n or n * VECTOR > most_bytes or clock.over():
        return None
    ranked = [rankings(als.fit(fold.split.train, factors=FACTORS), fold.past, popularity.fit(fold.split.train)) for fold in folds]
    tried.append(_measured("als", ranked, folds))
    return tried[-1]
