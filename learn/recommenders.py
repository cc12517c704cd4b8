"""The recommenders that `tessera train` makes: what each learns from, with which parameters, what it is asked, how the edge uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from learn import stages
from learn.models.types import Result
from learn.stages import Questions, Stage

Parameters = Mapping[str, Any]
DAY = 86_400.0


@dataclass(frozen=True)
class Recommender:
    """`fit` learns from a stage; `space`: parameter → the values that are tried, the first of each first. `ask`: the questions by
    which it is measured, given a stage that ends at the cut, the whole, and the end. `source`: of which attribute the edge makes
    the visitor's side; empty for an order. `mean`: the half-life there.
    """

    name: str
    about: str
    algorithm: str
    fit: Callable[[Stage, Parameters, int], Result]
    space: Mapping[str, Sequence[Any]]
    ask: Callable[[Stage, Stage, int | None], Questions]
    needs: str = "pairs"  # what must not be empty
    kind: str = "lists"
    source: str = "recent"
    mean: str = "30d"
    use: str = "what a visitor may like"


def _als(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import als

    return als.fit(stage.of_pairs(), seed=seed, **{**parameters, "factors": fitting(stage, parameters)})


def fitting(stage: Stage, parameters: Parameters) -> int:
    """The number of factors: of a small catalogue no more than a third of its items, or they would learn it by heart."""
    return min(parameters["factors"], max(4, len(stage.item_ids) // 3))


def _personal(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import cooccurrence, ease, hybrid

    interactions = stage.of_pairs()
    rest = {key: value for key, value in parameters.items() if key != "share"}
    learned = ease.fit(interactions, **rest)
    if not parameters["share"]:
        return learned
    near = cooccurrence.fit(interactions, measure="cosine")
    return hybrid.blended([learned, near], [1 - parameters["share"], parameters["share"]], interactions.binary())


def _similar(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import cooccurrence

    return cooccurrence.fit(stage.of_pairs(), most=50, **parameters)


def _together(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import association

    return association.fit(stage.of_baskets(), **parameters)


def _next(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import sequence

    return sequence.fit(stage.of_steps(), most=50, **parameters)


def _trending(stage: Stage, parameters: Parameters, seed: int) -> Result:
    from learn.models import trending

    return trending.fit(stage.of_events(), half_life=parameters["half_life"] * DAY, now=stage.now / 1000)


def popular(stage: Stage, parameters: Parameters | None = None, seed: int = 0) -> Result:
    """By how many visitors had to do with an item."""
    from learn.models import popularity

    return popularity.fit(stage.of_pairs())


def _of_users(past: Stage, future: Stage, end: int | None) -> Questions:
    return stages.of_users(past, future, end)


def _of_newest(past: Stage, future: Stage, end: int | None) -> Questions:
    return stages.latest(stages.of_users(past, future, end))


RECOMMENDERS: Mapping[str, Recommender] = {one.name: one for one in (
    Recommender(
        "affinity", "What is near to what the visitor had to do with: factors of implicit ALS.", "als", _als,
        {"factors": (32, 16, 64), "alpha": (1.0, 5.0, 10.0), "regularization": (0.1, 1.0), "weighted": (False, True)}, _of_users, kind="vectors",
    ),
    Recommender(
        "personal", "What visitors with a similar history had to do with: EASE, blended with co-occurrence.", "ease", _personal,
        {"penalty": (3.0, 1.0, 10.0), "dropout": (1.0, 0.5), "user_power": (0.5, 0.0), "item_power": (0.25, 0.0), "share": (0.0, 0.2)}, _of_users,
    ),
    Recommender(
        "similar", "What visitors of this item also had to do with: co-occurrence.", "cooccurrence", _similar,
        {"measure": ("cosine", "likelihood", "jaccard", "conditional"), "shrink": (5.0, 0.0, 20.0)}, _of_newest, source="page", use="what goes with the item of a page",
    ),
    Recommender(
        "together", "What is bought together: association rules over baskets.", "association", _together,
        {"confidence": (0.05, 0.01, 0.02), "least": (3, 2, 5), "lift": (1.2, 1.0), "weight": ("confidence", "lift")}, stages.of_baskets, needs="bought", source="page",
        use="what goes with the item of a page, or with the basket",
    ),
    Recommender(
        "next", "What is looked at next within a visit: transitions.", "sequence", _next,
        {"steps": (3, 1, 5), "decay": (0.7, 0.4), "popularity": (0.0, 0.25, 0.5)}, stages.of_steps, needs="steps", mean="10m", use="what a visitor may look at next",
    ),
    Recommender(
        "trending", "What is asked for of late: decayed popularity.", "trending", _trending, {"half_life": (7.0, 1.0, 3.0, 14.0)}, _of_users, needs="times",
        kind="score", source="", use="visitors of whom nothing is known",
    ),
    Recommender(
        "popular", "What most visitors had to do with.", "popularity", popular, {}, _of_users, kind="score", source="", use="visitors of whom nothing is known, as the last resort",
    ),
)}  # fmt: skip


def lacking(one: Recommender, stage: Stage) -> str:
    """Why a recommender cannot be made of a stage; empty where it can."""
    if one.needs == "bought":
        several = len(stage.bought["basket"]) - (int(stage.bought["basket"].max()) + 1 if len(stage.bought["basket"]) else 0)
        return "" if several > 0 else "no basket has two items"
    if one.needs in ("steps", "times") and not stage.now:
        return "the rows have no times"
    if one.needs == "steps":
        same = stage.steps["session"][1:] == stage.steps["session"][:-1]
        return "" if (same & (stage.steps["item"][1:] != stage.steps["item"][:-1])).any() else "no visit has two items"
    return "" if len(stage.pairs["user"]) else "there are no rows"


