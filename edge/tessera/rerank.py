"""Items that somebody else chose, such as the results of a search, in an order for one visitor: what a model says of each of them,
weighed against the order in which they came."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from tessera import ranking
from tessera.decide import held_out_of_all
from tessera.resolved import Bundle, Model
from tessera.types import FARTHEST, Visit

REQUEST = "request."
PAGE = "page."  # begins the source of a model that goes by the page alone


class Placed(NamedTuple):
    """An item in its new place.

    Attributes:
        before: its place as it came, from 1. row: in the catalogue, -1 where that has none.
        score: what it stands by, from 0 to 1; None where the catalogue has none.
        reason: personal, similar (to what the page is about), popular, given (as it came) or unknown.
        model: the index of the one that says something of it, -1 for none. said: what that says, from 0 to 1.
    """

    id: str
    before: int
    row: int
    score: float | None
    reason: str
    model: int = -1
    said: float = 0.0


class Reranked(NamedTuple):
    """All items, best first; the model that ranked (-1: none, and all stay as they came)."""

    items: tuple[Placed, ...]
    model: int


def rerank(bundle: Bundle, visit: Visit, model: int, ids: Sequence[str], relevance: Sequence[float] | None, weight: float) -> Reranked:
    """Rank some items by a model, or by what stands in for it where it knows nothing of the visitor.

    An item's score is `weight` × what the model says of it + (1 - weight) × its relevance, both from 0 to 1 among these items; equal
    ones stay as they came. Items that the catalogue does not have come last, as they came. Nothing is lost, nothing is added.

    Args:
        model: an index, -1 for none. relevance: a finite number for each of the ids; the order says it where there is none.
        weight: from 0 (the relevance alone) to 1 (the model alone).
    """
    rows = [bundle.items.row_of.get(item, -1) for item in ids]
    known = [place for place, row in enumerate(rows) if row >= 0]
    given = _spread(relevance) if relevance is not None else [1.0 - place / len(ids) for place in range(len(ids))]
    asked = _asked(bundle, visit, model, [rows[place] for place in known])
    if asked is None:
        return Reranked(tuple(_stays(item, place, rows[place], given[place]) for place, item in enumerate(ids)), -1)
    number, parts = asked
    found = [
        Placed(ids[place], place + 1, rows[place], weight * said + (1.0 - weight) * given[place], _reason(bundle, part), part, said)
        for place, (part, said) in zip(known, _tiers(bundle, parts, len(known)))
    ]
    found.sort(key=lambda one: (-one.score, one.before))
    strange = [_stays(item, place, -1, 0.0) for place, item in enumerate(ids) if rows[place] < 0]
    return Reranked((*found, *strange), number)


def within(bundle: Bundle, visit: Visit) -> tuple[Visit | None, str]:
    """What of a visit may rank outside of a ladder: robots and who is held out get what everybody gets, and nobody gets more than
    they wish for.

    Returns:
        The visit, without what is above the level that the visitor wishes for, and no reason; or None and why: bot, holdout, preference.
    """
    if visit.values.get("request.bot"):
        return None, "bot"
    if held_out_of_all(bundle, visit):
        return None, "holdout"
    if visit.most == "default":
        return None, "preference"
    if visit.most == FARTHEST:
        return visit, ""
    sources = {model.source for model in bundle.models} if visit.most == "segment" else None
    kept = {name: value for name, value in visit.values.items() if name.startswith(REQUEST) or sources is not None and name not in sources}
    return visit._replace(values=kept), ""


def chain(bundle: Bundle, number: int) -> Iterator[int]:
    """A model, those that stand in for it, and the parts of those that are cascades; each once."""
    seen: set[int] = set()
    while number >= 0 and number not in seen:
        yield number
        seen.add(number)
        yield from (part for part in bundle.models[number].parts if part not in seen)
        number = bundle.models[number].otherwise


def _asked(bundle: Bundle, visit: Visit, number: int, rows: Sequence[int]) -> tuple[int, list[tuple[int, list[float]]]] | None:
    """The model that ranks, and what it (or each part of it that knows the visitor) says of the rows; None where none knows the visitor."""
    seen: set[int] = set()
    while number >= 0 and number not in seen:
        seen.add(number)
        model = bundle.models[number]
        parts = model.parts if model.kind == "cascade" else (number,)
        found = [(part, said) for part in parts if (said := ranking.scores(bundle, visit, part, rows)) is not None]
        if found:
            return number, found
        number = model.otherwise
    return None


def _tiers(bundle: Bundle, parts: Sequence[tuple[int, Sequence[float]]], count: int) -> list[tuple[int, float]]:
    """Of each of `count` items the first part that says something of it, and how much from 0 to 1; what an earlier part says
    something of comes before all that is left to a later one. (-1, 0) where none does: item-to-item lists are silent on most."""
    found = [(-1, 0.0)] * count
    left: list[int] = list(range(count))
    for place, (part, scores) in enumerate(parts):
        is_sparse = bundle.models[part].kind in ranking.SPARSE
        mine = [i for i in left if not is_sparse or scores[i] > 0]
        for i, share in zip(mine, _spread([scores[i] for i in mine], 0.0 if is_sparse else None)):
            found[i] = part, (len(parts) - 1 - place + share) / len(parts)
        left = [i for i in left if found[i][0] < 0]
    return found


def _spread(values: Sequence[float], low: float | None = None) -> list[float]:
    """Numbers from 0 for the least (or for `low`) to 1 for the greatest; 1 for all where they are equal."""
    if not values:
        return []
    least = (min(values) if low is None else low) / 2  # halved, so that no difference of finite numbers is infinite
    span = max(values) / 2 - least
    return [(value / 2 - least) / span if span > 0 else 1.0 for value in values]


def _reason(bundle: Bundle, number: int) -> str:
    if number < 0:
        return "given"
    model: Model = bundle.models[number]
    if model.kind == "order":
        return "popular"
    return "similar" if (model.source or "").startswith(PAGE) else "personal"


def _stays(item: str, place: int, row: int, given: float) -> Placed:
    return Placed(item, place + 1, row, None if row < 0 else given, "unknown" if row < 0 else "given")
