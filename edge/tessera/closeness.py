"""How close a ranked item is to a visitor, between 0 and 1, so that it can be compared between visitors."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from typing import Sequence

from tessera import ranking, score
from tessera.resolved import Bundle, Model
from tessera.types import Decision, Ranked, Visit

LARGEST = 2**15 - 1  # a weight of an item-to-item list


def closeness(bundle: Bundle, visit: Visit, number: int, items: Sequence[Ranked]) -> list[float]:
    """Of each item, by the model that ranked it.

    By vectors it is (1 + cosine) / 2 of the item and the visitor: 1 is the same direction, 0.5 nothing in common. By item-to-item
    lists it is the share of the most that the visitor's items could have given. By a fixed order it is the share of the catalogue
    that scores no more than the item. Of what was seen lately it is its weight. By a cascade it is what the first part says that says something of the item.
    """
    if number < 0 or not items:
        return []
    model = bundle.models[number]
    if model.kind == "cascade":
        return _of_cascade(bundle, visit, model, items)
    rows = [item.row for item in items]
    if model.kind == "recent":
        return [_share(each) for each in ranking.scores(bundle, visit, number, rows) or [0.0] * len(rows)]
    if model.kind == "order":
        return _of_order(bundle, number, rows)
    if model.kind == "lists":
        most = sum(weight for _, weight in ranking.known(bundle, visit, model)) * score.WHOLE * LARGEST * model.unit
        return [_share(each / most if most else 0.0) for each in ranking.scores(bundle, visit, number, rows) or [0.0] * len(rows)]
    query = memoryview(ranking.vector(bundle, visit, model)).cast("b")
    return [_of_vectors(bundle, model, query, row) for row in rows]


def _of_cascade(bundle: Bundle, visit: Visit, model: Model, items: Sequence[Ranked]) -> list[float]:
    found = [0.0] * len(items)
    left = list(range(len(items)))
    for part in model.parts:
        scores = ranking.scores(bundle, visit, part, [items[i].row for i in left])
        if scores is None:
            continue
        told = [i for i, each in zip(left, scores) if each > 0 or bundle.models[part].kind not in ranking.SPARSE]
        for i, close in zip(told, closeness(bundle, visit, part, [items[i] for i in told])):
            found[i] = close
        left = [i for i in left if i not in told]
    return found


def of_nearest(bundle: Bundle, visit: Visit, decision: Decision) -> float | None:
    """The same of the variant that was chosen by how near it is; None where none was."""
    if not decision.nearest:
        return None
    query = memoryview(ranking.vector(bundle, visit, bundle.models[decision.model])).cast("b")
    length = sum(x * x for x in query) ** 0.5
    # the vectors of variants have the length 1 before they are quantized
    return _share((1 + decision.nearest[0].score / length) / 2) if length else 0.5


def _of_vectors(bundle: Bundle, model: Model, query: Sequence[int], row: int) -> float:
    vector = memoryview(bundle.kernel.row(model.handle, row)[0]).cast("b")
    length = (sum(x * x for x in vector) * sum(x * x for x in query)) ** 0.5
    return _share((1 + (sum(x * y for x, y in zip(query, vector)) / length if length else 0.0)) / 2)


def _of_order(bundle: Bundle, number: int, rows: Sequence[int]) -> list[float]:
    orders, model = bundle.outcomes.orders, bundle.models[number]
    n = len(bundle.items.ids)
    if number not in orders:
        raw = bundle.kernel.scores(model.handle, b"", struct.pack(f"<{n}I", *range(n)))
        orders[number] = array("d", sorted(struct.unpack(f"<{n}d", raw)))
    found = struct.unpack(f"<{len(rows)}d", bundle.kernel.scores(model.handle, b"", struct.pack(f"<{len(rows)}I", *rows)))
    return [_share(bisect_right(orders[number], each) / n) for each in found]


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 6)
