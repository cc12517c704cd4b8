"""Which items an action shows: a model's order, filtered, without what the visitor has just seen."""

from __future__ import annotations

from typing import Sequence

from tessera import score
from tessera.evaluate import evaluate
from tessera.resolved import Action, Bundle, Model
from tessera.types import Items, ListedItem, Ranked, Visit


def rank(bundle: Bundle, visit: Visit, action: Action) -> tuple[int, tuple[Ranked, ...], tuple[Ranked, ...]]:
    """The model that ranked, the items an action shows, best first, and the runners-up.

    Nothing is shown where neither the model nor the one that stands in for it knows the visitor.
    """
    number, items = action.model, bundle.items
    order = _order(bundle.models[number], items, visit)
    if order is None and bundle.models[number].otherwise >= 0:
        number = bundle.models[number].otherwise
        order = _order(bundle.models[number], items, visit)
    if order is None:
        return number, (), ()
    model = bundle.models[number]
    recent = _recent(model, visit)
    recent_rows = {items.row_of.get(item.id) for item in recent}

    def keep(row: int) -> bool:
        if row in recent_rows:
            return False
        return action.where is None or evaluate(action.where, _facts(items, row, visit)) is True

    groups = [(items.columns[field], most) for field, most in action.at_most]
    best, after = score.top(order, action.take, keep, groups)
    return number, tuple(best), tuple(after)


def _recent(model: Model, visit: Visit) -> Sequence[ListedItem]:
    return visit.values.get(model.attribute) or () if model.attribute else ()


def _order(model: Model, items: Items, visit: Visit) -> Sequence[float] | None:
    if model.vectors is None:
        return model.order
    query = score.taste(model.vectors, _recent(model, visit), items.row_of, model.half_life, visit.at)
    return None if query is None else score.scores(model.vectors, query)


def _facts(items: Items, row: int, visit: Visit) -> dict:
    return {**visit.values, "item.id": items.ids[row], **{f"item.{name}": column[row] for name, column in items.columns.items()}}
