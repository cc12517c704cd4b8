"""Which items an action shows, and in which order: by a model, among those that may be shown, without what the visitor has just seen."""

from __future__ import annotations

import struct
from itertools import chain
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from tessera import score
from tessera.evaluate import evaluate
from tessera.kernel import unpacked
from tessera.resolved import Action, Bundle, Model, Nearness
from tessera.types import Decision, ListedItem, Ranked, Visit

SPARE = 3  # runners-up that are told of
MOST_LENGTH = 200  # characters of an id that an address may hold
SPARSE = ("lists", "recent")  # kinds that know of few items each, and may know of none that can be shown

Places = tuple[Ranked, ...]


class Ranking(NamedTuple):
    """The model that ranked (an index), the items that are shown, best first, and the runners-up."""

    model: int
    shown: Places
    after: Places


def rank(bundle: Bundle, visit: Visit, action: Action) -> Ranking:
    """Nothing is shown where neither the model nor those that stand in for it know the visitor, or anything for them."""
    tables, hidden = _filtered(bundle, visit, action)
    empty = Ranking(action.model, (), ())
    for number in _chain(bundle, action.model):
        ranked = _by(bundle, visit, action, number, tables, hidden)
        if ranked is not None and (ranked.shown or bundle.models[number].kind not in SPARSE):
            return ranked
        empty = ranked or empty
    return empty


def nearest(bundle: Bundle, visit: Visit, action: Action) -> Ranking:
    """The variants of an action by how near they are to the visitor, as `Ranked` of their indices; none where nothing is known of them.

    What stands in for the model is not asked: the variants' vectors are this one's.
    """
    query = vector(bundle, visit, bundle.models[action.model])
    near = [Ranked(each.variant, _dot(query, each)) for each in action.among] if query else []
    near.sort(key=lambda one: -one.score)
    return Ranking(action.model, tuple(near[:1]), tuple(near[1 : 1 + SPARE]))


def vector(bundle: Bundle, visit: Visit, model: Model) -> bytes:
    """The visitor as a model with vectors sees them: int8, as long as the model's vectors; empty where nothing is known."""
    if model.kind not in ("int8", "int4", "pq"):
        return b""
    told = _told(bundle, visit, model)
    if told and isinstance(told[0], float):
        return score.quantized(told, model.dimensions)
    rows = known(bundle, visit, model)
    query = bundle.kernel.mean(model.handle, *score.rows_and_weights(rows)) if rows else b""
    if query:
        return query
    return next((each for segment, each in model.centroids if evaluate(bundle.segments[segment], visit.values) is True), b"")


def scores(bundle: Bundle, visit: Visit, number: int, rows: Sequence[int]) -> list[float] | None:
    """What a model says of some items, none of them filtered; None where it knows nothing of the visitor."""
    model = bundle.models[number]
    query = _query(bundle, visit, model)
    if query is None:
        return None
    if model.kind == "recent":
        weights = dict(known(bundle, visit, model))
        return [weights.get(row, 0.0) for row in rows]
    raw = bundle.kernel.scores(model.handle, query, struct.pack(f"<{len(rows)}I", *rows))
    return [each * model.unit for each in struct.unpack(f"<{len(rows)}d", raw)]


def action_of(bundle: Bundle, decision: Decision) -> Action | None:
    """The ranking that led to a decision; None where none did."""
    slot = bundle.slots[decision.slot]
    action = bundle.rules[decision.rule].action if decision.rule >= 0 else slot.default
    if decision.experiment >= 0:
        by_test = slot.test if slot.test is not None and slot.test.experiment == decision.experiment else action
        action = by_test.arms[decision.arm] or action
    elif action.experiment >= 0:
        action = action.arms[0] or action  # whoever is not enrolled gets the first
    return action if action.model >= 0 else None


def admitting(bundle: Bundle, visit: Visit, action: Action) -> Callable[[int], bool]:
    """Whether a row may be shown by a ranking: by its filter, and what it leaves out. What its model leaves out by itself is not asked."""
    tables, hidden = _filtered(bundle, visit, action)
    return lambda row: _is_open(bundle, action, row, tables, hidden) and _admits(bundle, visit, action, row)


def known(bundle: Bundle, visit: Visit, model: Model) -> list[tuple[int, float]]:
    """(row, weight) of the items that a model goes by."""
    return score.weighed(_told_items(bundle, visit, model), bundle.items.row_of, model.half_life, visit.at)


def _filtered(bundle: Bundle, visit: Visit, action: Action) -> tuple[tuple[tuple[int, bytes], ...], frozenset[int]]:
    """The tables of a filter, filled for a visit, and the rows that are left out."""
    facts = _facts(bundle, visit) if action.tables or action.where is not None else visit.values
    tables = tuple((section, _table(values, field, tree, facts)) for values, section, field, tree in action.tables)
    return tables, _rows(bundle, chain.from_iterable(_listed(bundle, visit, name) for name in action.without))


def _chain(bundle: Bundle, number: int) -> Iterator[int]:
    """A model and those that stand in for it, each once."""
    seen: set[int] = set()
    while number >= 0 and number not in seen:
        yield number
        seen.add(number)
        number = bundle.models[number].otherwise


# --- one ranking ----------------------------------------------------------------------------------------------------


def _by(bundle: Bundle, visit: Visit, action: Action, number: int, tables: Sequence[tuple[int, bytes]], hidden: frozenset[int]) -> Ranking | None:
    """The ranking by one model, or by the parts of a cascade; None where it knows nothing of the visitor."""
    model = bundle.models[number]
    parts = model.parts if model.kind == "cascade" else (number,)
    asked = [(part, query) for part in parts if (query := _query(bundle, visit, bundle.models[part])) is not None]
    if not asked:
        return None
    others = [bundle.models[part] for part, _ in asked if bundle.models[part].kind != "recent"]
    gone = hidden.union(*(_rows(bundle, _told_items(bundle, visit, other)) for other in others))
    if len(parts) == 1 and others and not action.pin and action.where is None:
        return _at_once(bundle, action, *asked[0], tables, gone)
    return _one_by_one(bundle, visit, action, number, asked, tables, gone)


def _at_once(bundle: Bundle, action: Action, number: int, query: bytes, tables: Sequence[tuple[int, bytes]], gone: frozenset[int]) -> Ranking:
    """Where the kernel can tell all of it."""
    model, plan = bundle.models[number], action.plan
    raw = bundle.kernel.top(model.handle, query, plan.limited if plan else 0, action.take, SPARE, _packed(gone), tables)
    best, ranked = _ranked(raw, model.unit)
    return Ranking(number, tuple(ranked[:best]), tuple(ranked[best:]))


def _one_by_one(
    bundle: Bundle, visit: Visit, action: Action, number: int, asked: Sequence[tuple[int, bytes]], tables: Sequence[tuple[int, bytes]], gone: frozenset[int]
) -> Ranking:
    """Where several models take part, items are pinned, or a part of the filter is told item by item: rows are looked at in their order."""
    limits = _Limits(action.plan.limits if action.plan else ())
    best: list[Ranked] = []
    after: list[Ranked] = []
    chosen: set[int] = set()
    for ranked in chain(_pinned(bundle, visit, action, asked, tables, gone), *(_walk(bundle, visit, action, part, query, tables, gone) for part, query in asked)):
        if ranked.row in chosen or not _admits(bundle, visit, action, ranked.row):
            continue
        if len(best) == action.take:
            after.append(ranked)
            chosen.add(ranked.row)
            if len(after) == SPARE:
                break
        elif limits.take(ranked.row):
            best.append(ranked)
            chosen.add(ranked.row)
    return Ranking(number, tuple(best), tuple(after))


class _Limits:
    """How many of one value were taken, where only so many may be."""

    def __init__(self, limits: Sequence[tuple[Sequence[Any], int]]) -> None:
        self._limits = [(values, most, {}) for values, most in limits]

    def take(self, row: int) -> bool:
        """Count a row; False, and nothing counted, where there are enough of one of its values."""
        if any(counts.get(values[row], 0) >= most for values, most, counts in self._limits):
            return False
        for values, _, counts in self._limits:
            counts[values[row]] = counts.get(values[row], 0) + 1
        return True


def _walk(bundle: Bundle, visit: Visit, action: Action, number: int, query: bytes, tables: Sequence[tuple[int, bytes]], gone: frozenset[int]) -> Iterator[Ranked]:
    """All rows that the kernel admits, best first: more of them at each step."""
    model, plan = bundle.models[number], action.plan
    if model.kind == "recent":
        yield from (Ranked(row, weight) for row, weight in known(bundle, visit, model) if _is_open(bundle, action, row, tables, gone))
        return
    size, done = 4 * (action.take + SPARE), 0
    while True:
        raw = bundle.kernel.top(model.handle, query, plan.free if plan else 0, size, 0, _packed(gone), tables)
        _, ranked = _ranked(raw, model.unit)
        yield from ranked[done:]
        if len(ranked) < size:
            return
        done, size = len(ranked), 4 * size


def _pinned(bundle: Bundle, visit: Visit, action: Action, asked: Sequence[tuple[int, bytes]], tables: Sequence[tuple[int, bytes]], gone: frozenset[int]) -> Iterator[Ranked]:
    """What comes first, where the filter admits it."""
    rows = [row for row in action.pin if _is_open(bundle, action, row, tables, gone)]
    if rows:
        yield from map(Ranked, rows, scores(bundle, visit, asked[0][0], rows) or ())


def _is_open(bundle: Bundle, action: Action, row: int, tables: Sequence[tuple[int, bytes]], gone: frozenset[int]) -> bool:
    """Whether mask and tables admit a row that is not gone."""
    mask = action.plan.mask if action.plan else None
    if row in gone or mask is not None and not mask[row >> 3] >> (row & 7) & 1:
        return False
    return all(table[bundle.items.columns[field].codes[row]] for (_, _, field, _), (_, table) in zip(action.tables, tables))


def _admits(bundle: Bundle, visit: Visit, action: Action, row: int) -> bool:
    if action.where is None:
        return True
    columns = bundle.items.columns
    facts = {**_facts(bundle, visit), "item.id": bundle.items.ids[row], **{f"item.{name}": column[row] for name, column in columns.items()}}
    return evaluate(action.where, facts) is True


# --- what is known of the visitor -----------------------------------------------------------------------------------


def _query(bundle: Bundle, visit: Visit, model: Model) -> bytes | None:
    """What the kernel asks a model by; None where the model knows nothing of the visitor."""
    if model.kind == "order":
        return b""
    if model.kind == "lists":
        return score.counted(known(bundle, visit, model)) or None
    if model.kind == "recent":
        return b"" if known(bundle, visit, model) else None
    return vector(bundle, visit, model) or None


def _told(bundle: Bundle, visit: Visit, model: Model) -> Sequence[Any]:
    """The items, or the vector, that a model goes by."""
    source = model.source
    if source is None:
        return ()
    if not source.startswith("page."):
        return visit.values.get(source) or ()
    place = bundle.params.get(visit.values.get("request.page"), {}).get(source[len("page.") :])
    segments = (visit.values.get("request.path") or "").split("/", place + 2 if place is not None else 0)
    return (ListedItem(segments[place], None),) if place is not None and place < len(segments) and len(segments[place]) <= MOST_LENGTH else ()


def _told_items(bundle: Bundle, visit: Visit, model: Model) -> Sequence[ListedItem]:
    told = _told(bundle, visit, model)
    return told if told and isinstance(told[0], ListedItem) else ()


def _listed(bundle: Bundle, visit: Visit, name: str) -> Sequence[ListedItem]:
    return visit.values.get(name) or ()


def _rows(bundle: Bundle, items: Any) -> frozenset[int]:
    row_of = bundle.items.row_of
    return frozenset(row for item in items if (row := row_of.get(item.id)) is not None)


# --- the kernel's bytes ---------------------------------------------------------------------------------------------


def _facts(bundle: Bundle, visit: Visit) -> Mapping[str, Any]:
    """What a filter may read besides the item: the visit's values, and which purposes are in force."""
    return {**visit.values, **{f"consent.{purpose}": purpose in visit.purposes for purpose in bundle.purposes}}


def _table(values: Sequence[Any], field: str, tree: tuple, facts: Mapping[str, Any]) -> bytes:
    """Of each value of a field whether a part of the filter holds."""
    name = f"item.{field}"
    return bytes(evaluate(tree, {**facts, name: value}) is True for value in values)


def _packed(rows: frozenset[int]) -> bytes:
    return struct.pack(f"<{len(rows)}I", *sorted(rows)) if rows else b""


def _ranked(raw: bytes, unit: float) -> tuple[int, list[Ranked]]:
    """How many are the best, and all of them with the runners-up."""
    best, found, rows = unpacked(raw)
    return best, [Ranked(row, each * unit) for row, each in zip(rows, found)]


def _dot(query: bytes, near: Nearness) -> float:
    return sum(x * y for x, y in zip(memoryview(query).cast("b"), memoryview(near.vector).cast("b"))) * near.scale
