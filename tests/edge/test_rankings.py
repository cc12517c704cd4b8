"""A ranking is what a plain loop over all items says: however its filter was split, whatever is limited, boosted, pinned or left out."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import ir
from compiler.quantize import quantize
from tests.edge.sites import AT, DAY, both, bundle, call, either, is_, program, ref, slot
from tessera.evaluate import evaluate
from tessera.ranking import known, nearest, rank, scores, vector
from tessera.resolved import Bundle
from tessera.types import ListedItem, Visit

N = 24
IDS = tuple(f"item-{n:02}" for n in range(N))
RANDOM = np.random.default_rng(3)
VECTORS = RANDOM.normal(size=(N, 6)).astype(np.float32)
COLUMNS = (
    ("category", tuple("abc"[n % 3] for n in range(N))),
    ("brand", tuple(f"brand {n % 5}" if n % 7 else None for n in range(N))),
    ("price", tuple(float(n * 7 % 40) for n in range(N))),
    ("in_stock", tuple(n % 4 != 1 for n in range(N))),
    ("market", tuple(("DE", "US", "GB")[n % 3] for n in range(N))),
    ("popularity", tuple(float(n * 5 % 11) for n in range(N))),
)


def neighbours() -> tuple[tuple[str, bytes], ...]:
    """Lists of three others each, some of them with weights below zero."""
    starts = range(0, 3 * N + 1, 3)
    others = [(n + step) % N for n in range(N) for step in (1, 5, 9)]
    weights = [int(w) for w in RANDOM.integers(-500, 3000, size=3 * N)]
    return (
        ("starts", struct.pack(f"<{N + 1}I", *starts)), ("others", struct.pack(f"<{3 * N}I", *others)), ("weights", struct.pack(f"<{3 * N}h", *weights)),
    )  # fmt: skip


FOUND = quantize(VECTORS)
MODELS = (
    ir.Model("taste", "1", "int8", "visitor.recent", 7.0 * DAY, FOUND.dimensions, FOUND.sections(), otherwise="popular"),
    ir.Model("together", "1", "lists", "visitor.recent", 7.0 * DAY, sections=neighbours(), unit=0.001, otherwise="popular"),
    ir.Model("popular", "1", "order", field="popularity"),
    ir.Model("first", "1", "cascade", parts=("together", "taste", "popular")),
    ir.Model("similar", "1", "int8", "page.sku", 0.0, FOUND.dimensions, FOUND.sections()),
    ir.Model("seen", "1", "recent", "visitor.recent", 7.0 * DAY, otherwise="popular"),
    ir.Model("again", "1", "cascade", parts=("seen", "taste")),
)
ITEM = {name: ir.Ref(f"item.{name}", "string") for name, _ in COLUMNS}
WHERES: tuple[ir.Expr | None, ...] = (
    None,
    ir.Ref("item.in_stock", "bool"),
    both(ir.Ref("item.in_stock", "bool"), call("lt", ir.Ref("item.price", "double"), 30.0)),
    call("eq", ITEM["market"], ref("request.country")),
    both(ir.Ref("item.in_stock", "bool"), call("eq", ITEM["market"], ref("request.country"))),
    either(call("lt", ir.Ref("item.price", "double"), ref("visitor.spend")), call("eq", ITEM["market"], ref("request.country"))),
    call("ne", ITEM["brand"], ref("visitor.plan")),
)
BOOSTS = ((), ((call("eq", ITEM["category"], "b"), 3.0),), ((call("eq", ITEM["category"], "a"), 0.5), (ir.Ref("item.in_stock", "bool"), 1.25)))
LIMITS = ((), (("category", 1),), (("category", 2), ("brand", 1)))

actions = st.builds(
    ir.Action,
    variant=st.just("cards"),
    model=st.sampled_from([model.name for model in MODELS]),
    take=st.integers(1, 8),
    where=st.sampled_from(WHERES),
    at_most=st.sampled_from(LIMITS),
    boost=st.sampled_from(BOOSTS),
    without=st.sampled_from([(), ("visitor.hidden",)]),
    pin=st.sampled_from([(), ("item-05", "item-02"), ("item-03",)]),
)
items = st.lists(st.builds(ListedItem, st.sampled_from((*IDS, "gone")), st.one_of(st.none(), st.just(AT - DAY))), max_size=4, unique_by=lambda item: item.id)
visits = st.builds(
    lambda recent, hidden, country, spend, plan, sku: Visit(
        values={
            name: value
            for name, value in {
                "visitor.recent": tuple(recent), "visitor.hidden": tuple(hidden), "request.country": country, "visitor.spend": spend, "visitor.plan": plan,
                "request.page": "product", "request.path": f"/p/{sku}",
            }.items()
            if value is not None
        },
        at=AT,
    ),
    items, items, st.sampled_from(["DE", "US", None]), st.sampled_from([12.0, None]), st.sampled_from(["brand 1", None]), st.sampled_from([*IDS[:6], "gone", ""]),
)  # fmt: skip


def site(action: ir.Action) -> Bundle:
    from tests.edge.sites import _CARDS

    shown = slot("c", (), action, variants=(ir.Variant("cards", (_CARDS,)),), pages=("product",))
    return bundle(program(shown, item_ids=IDS, item_columns=COLUMNS, models=MODELS, pages=(("product", "/p/:sku"),)))


def by_hand(made: Bundle, action: ir.Action, visit: Visit) -> tuple[str, list[str], list[str]]:
    """The model, the items and the runners-up, by loops that look at every item; down the models that stand in."""
    names = [model.name for model in made.models]
    name, nothing = action.model, (action.model, [], [])
    while True:
        model = made.models[names.index(name)]
        parts = [names[part] for part in model.parts] if model.kind == "cascade" else [name]
        asked = [part for part in parts if scores(made, visit, names.index(part), range(N)) is not None]
        if asked:
            found = (name, *by_models(made, action, visit, asked))
            if found[1] or model.kind not in ("lists", "recent"):
                return found
            nothing = found
        if model.otherwise < 0:
            return nothing
        name = names[model.otherwise]


def by_models(made: Bundle, action: ir.Action, visit: Visit, asked: list[str]) -> tuple[list[str], list[str]]:
    names, columns = [model.name for model in made.models], dict(COLUMNS)
    listed = {item.id for name in action.without for item in visit.values.get(name, ())}
    for part in asked:
        model = made.models[names.index(part)]
        if model.kind != "recent":
            listed |= {IDS[row] for row, _ in known(made, visit, model)}

    def admitted(row: int) -> bool:
        facts = {**visit.values, **{f"item.{name}": values[row] for name, values in columns.items()}}
        return IDS[row] not in listed and (action.where is None or evaluate(tree_of(action.where), facts) is True)

    order: list[int] = [IDS.index(item) for item in action.pin if admitted(IDS.index(item))]
    for part in asked:
        model = made.models[names.index(part)]
        if model.kind == "recent":
            order += [row for row, _ in known(made, visit, model) if admitted(row)]
            continue
        plain = scores(made, visit, names.index(part), range(N))
        boosted = []
        for row, score in enumerate(plain):
            factor = 1.0
            for when, by in action.boost:
                if evaluate(tree_of(when), {f"item.{name}": values[row] for name, values in columns.items()}) is True:
                    factor *= by
            boosted.append(score * (factor if score > 0 else 1.0 / factor))
        order += [row for row in sorted(range(N), key=lambda row: (-boosted[row], row)) if admitted(row) and (model.kind != "lists" or plain[row] > 0)]
    best: list[int] = []
    after: list[int] = []
    for row in dict.fromkeys(order):
        if len(best) == action.take:
            after.append(row)
        elif all(sum(columns[field][row] == columns[field][other] for other in best) < most for field, most in action.at_most):
            best.append(row)
    return [IDS[row] for row in best], [IDS[row] for row in after[:3]]


def tree_of(expr: ir.Expr) -> Any:
    from compiler.lower import tree

    return tree(expr)


@settings(max_examples=300, deadline=None)
@given(actions, visits)
def test_a_ranking_is_what_a_loop_over_all_items_says(action, visit):
    made = site(action)
    found = rank(made, visit, made.slots[0].default)
    told = made.models[found.model].name, [IDS[one.row] for one in found.shown], [IDS[one.row] for one in found.after]
    assert told == by_hand(made, action, visit)


@pytest.mark.parametrize(
    "path, expected",
    [("/p/item-04", "item-04"), ("/p/item-04/", "item-04"), ("/p/gone", None), ("/p/", None), ("/", None), ("", None), ("/p/" + "x" * 300, None)],
)
def test_the_item_that_the_page_is_about(path, expected):
    made = site(ir.Action("cards", "similar", 3))
    values = {"request.page": "product", "request.path": path}
    found = known(made, Visit(values=values, at=AT), made.models[4])
    assert [IDS[row] for row, _ in found] == ([expected] if expected else [])
    assert bool(vector(made, Visit(values=values, at=AT), made.models[4])) == bool(expected)


def test_a_filter_is_split_where_it_can_be():
    made = site(ir.Action("cards", "taste", 3, where=both(WHERES[4], WHERES[5])))
    action = made.slots[0].default
    assert action.plan is not None and [field for _, _, field, _ in action.tables] == ["market"] and action.where is not None


def test_a_vector_that_is_stored_is_taken_as_it_is():
    model = ir.Model("stored", "1", "int8", "visitor.tier", 0.0, FOUND.dimensions, FOUND.sections())
    made = bundle(program(slot("c"), item_ids=IDS, models=(model,)))
    taste = tuple(float(x) for x in VECTORS[7])
    query = memoryview(vector(made, Visit(values={"visitor.tier": taste}), made.models[0])).cast("b")
    assert list(query) == list(memoryview(made.kernel.row(made.models[0].handle, 7)[0]).cast("b"))
    for odd in ((1.0,) * 17, (float("nan"),) * 6, (0.0,) * 6):
        assert vector(made, Visit(values={"visitor.tier": odd}), made.models[0]) == b""


def test_of_segments_without_items_the_centroid_stands_in():
    middle = bytes([127, *[0] * (FOUND.dimensions - 1)])
    model = ir.Model("near", "1", "int8", "visitor.recent", 0.0, FOUND.dimensions, FOUND.sections(), centroids=(("lapsed", middle),))
    made = bundle(program(slot("c"), item_ids=IDS, models=(model,), segments=(("lapsed", is_("visitor.plan", "lapsed")),)))
    assert vector(made, Visit(values={"visitor.plan": "lapsed"}), made.models[0]) == middle
    assert vector(made, Visit(values={"visitor.plan": "new"}), made.models[0]) == b""
    recent = (ListedItem("item-01", None),)
    assert vector(made, Visit(values={"visitor.plan": "lapsed", "visitor.recent": recent}), made.models[0]) not in (b"", middle)


def test_variants_are_near_by_their_own_model_alone():
    rows = dict(FOUND.sections())["rows"]
    among = tuple(ir.Nearness(name, rows[row * FOUND.dimensions : (row + 1) * FOUND.dimensions], 1.0) for name, row in (("a", 1), ("b", 2)))
    other = ir.Model("other", "1", "int8", "visitor.hidden", 0.0, FOUND.dimensions, FOUND.sections())
    first = ir.Model("first", "1", "int8", "visitor.recent", 0.0, FOUND.dimensions, FOUND.sections(), otherwise="other")
    made = bundle(program(slot("c", (), ir.Action(None, "first", 1, among=among)), item_ids=IDS, models=(first, other)))
    action = made.slots[0].default
    for item, expected in (("item-01", 0), ("item-02", 1)):
        found = nearest(made, Visit(values={"visitor.recent": (ListedItem(item, None),)}, at=AT), action)
        assert [one.row for one in found.shown + found.after] == [expected, 1 - expected] and found.shown[0].score > found.after[0].score
    assert nearest(made, Visit(values={"visitor.hidden": (ListedItem("item-01", None),)}, at=AT), action) == (0, (), ())
