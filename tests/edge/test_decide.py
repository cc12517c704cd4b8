"""The ladder: rows of visitors and what each slot gets, with the reason; and that no visitor makes it raise."""

from dataclasses import replace
from functools import cache
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.conditions import LISTS, conditions, naive, visitors
from tests.edge.sites import (
    ALL, ALWAYS, AT, DAY, TYPES, attribute, both, bundle, call, either, experiment, ir, is_, lookup, named, no, program, ref, rule, shop, show, slot, table, vector_model, visit_of,
)  # fmt: skip
from tessera import assign
from tessera.decide import decide
from tessera.profile import permitted, read
from tessera.record import outcome
from tessera.types import Visit

SHOP = cache(lambda: bundle(shop()))


@cache
def unit(where: str) -> str:
    """An id that the shop holds out, or that is outside the layer of its ranker."""
    ids = (f"visitor-{n}" for n in range(10_000))
    held = lambda id_: assign.bucket("h1", id_) < assign.point(50_000, 1_000_000)  # noqa: E731
    outside = lambda id_: assign.bucket("reco", id_) >= assign.point(800_000, 1_000_000) and not held(id_)  # noqa: E731
    return next(filter({"held": held, "outside": outside}[where], ids)) if where in ("held", "outside") else where


def visit(row: dict) -> Visit:
    at = AT + row.get("days_later", 0) * DAY
    seen = row.get("seen") or {name: tuple(at - d * DAY for d in days) for name, days in row.get("seen_days_ago", {}).items()}
    purposes = frozenset(row["consent"]) if "consent" in row else ALL
    units = {"visitor": unit(row.get("unit", "u1"))} if purposes else {}
    return visit_of(SHOP(), row["raw"], purposes, units=units, at=at, offset=row.get("offset", 0), seen=seen, forced=row.get("arms", {}))


def told(site, seen: Visit, page: str | None = None) -> dict[str, dict]:
    return {site.slots[d.slot].name: outcome(site, d) for d in decide(site, seen, page)}


@pytest.mark.parametrize("row", **named(table("decide.yaml")))
def test_what_each_slot_gets(row):
    found = told(SHOP(), visit(row), row.get("page", "home"))
    for name, expected in row["expect"].items():
        assert {key: found[name][key] for key in expected} == expected


def test_by_taste_nothing_is_shown_that_should_not_be():
    seen = visit_of(SHOP(), {"visitor.recent": ["kenya", "huila"]}, forced={"ranker": "taste"})
    shown = told(SHOP(), seen, "product")["carousel"]["items"]
    columns, row_of = SHOP().items.columns, SHOP().items.row_of
    assert len(shown) == 2 and not {"kenya", "huila"} & set(shown)
    assert all(columns["in_stock"][row_of[i]] and columns["price"][row_of[i]] < 200 for i in shown)
    assert len({columns["category"][row_of[i]] for i in shown}) == 2


# --- why: what withheld consent may be blamed for --------------------------------------------------------------------

PLAN, HOUR = is_("visitor.plan", "pro"), is_("request.hour", 9, "ge")
TREE = call("eq", call("add", ref("visitor.age"), 1), 2)  # only a tree can say this, and it reads a stored fact
OPEN_TREE = call("eq", call("add", ref("request.hour"), 1), 2)  # a tree over the request alone
OUT = experiment("nobody", share=0, purpose=None)
ASIDE = ir.Action(variant="a", experiment="nobody", arms=(show("a"), show("b")))
WHY = [  # the ladder's rules, what the request tells, the reason without consent to personalization
    ([PLAN], {}, "consent"),
    ([HOUR], {"request.hour": 3}, "default"),
    ([both(PLAN, HOUR)], {"request.hour": 3}, "default"),
    ([both(PLAN, HOUR)], {"request.hour": 9}, "consent"),
    ([either(PLAN, HOUR)], {"request.hour": 3}, "consent"),
    ([no(PLAN)], {}, "consent"),
    ([TREE], {}, "consent"),
    ([both(TREE, HOUR)], {"request.hour": 3}, "default"),
    ([both(PLAN, OPEN_TREE)], {"request.hour": 5}, "default"),
    ([both(PLAN, OPEN_TREE)], {"request.hour": 1}, "consent"),
    ([OPEN_TREE, both(PLAN, HOUR)], {"request.hour": 5}, "default"),
    ([(ALWAYS, ASIDE), both(PLAN, HOUR)], {"request.hour": 3}, "default"),
    ([(ALWAYS, ASIDE), both(PLAN, HOUR)], {"request.hour": 9}, "consent"),
]


@pytest.mark.parametrize("whens, values, why", WHY, ids=range(len(WHY)))
def test_consent_is_blamed_exactly_where_it_could_have_mattered(whens, values, why):
    rules = [rule(f"r{i}", *(when if isinstance(when, tuple) else (when, "a"))) for i, when in enumerate(whens)]
    site = bundle(program(slot("hero", tuple(rules)), experiments=(OUT,)))
    (found,) = decide(site, Visit(values=values, purposes=frozenset({"analytics"}), units={"visitor": "u"}))
    assert (found.why, found.rule) == (why, -1)
    (found,) = decide(site, Visit(values=values, purposes=ALL, units={"visitor": "u"}))
    assert found.why == "default"


# --- tests of a unit that not every visitor has -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "units, purposes, why, arm",
    [
        ({"visitor": "u", "account": "acme.com"}, ALL, "test", True),
        ({"visitor": "u"}, ALL, "rule", False),
        ({"visitor": "u", "account": "acme.com"}, frozenset({"personalization"}), "consent", False),
        ({}, frozenset(), "consent", False),
    ],
    ids=["with an account", "without an account", "without the test's purpose", "without any consent"],
)
def test_a_test_over_accounts(units, purposes, why, arm):
    acts = ir.Action(experiment="e", arms=(show("a"), show("b")))
    site = bundle(program(slot("hero", (rule("r", HOUR, acts),)), experiments=(experiment("e", unit="account"),)))
    (found,) = decide(site, Visit(values={"request.hour": 9}, units=units, purposes=purposes))
    assert (found.why, found.experiment >= 0, found.rule) == (why, arm, 0)
    assert arm or found.variant == 0, "without being enrolled a visitor gets the first arm"


@pytest.mark.parametrize("purposes, why", [(("analytics",), "consent"), ((), "rule")])
def test_who_has_no_unit_for_want_of_an_id_did_not_refuse(purposes, why):
    trial = replace(experiment("e"), purpose=None)
    site = bundle(replace(program(slot("hero", (rule("r", HOUR, ir.Action(experiment="e", arms=(show("a"), show("b")))),)), experiments=(trial,)), purposes=purposes))
    (found,) = decide(site, Visit(values={"request.hour": 9}))
    assert found.why == why


@pytest.mark.parametrize("days, enrolled", [(-1, False), (0, True), (9.9, True), (10, False)])
def test_outside_its_run_a_test_enrols_nobody(days, enrolled):
    running = experiment("e", run=ir.Run(AT, AT + 10 * DAY, False))
    site = bundle(program(slot("hero", test=ir.Action(experiment="e", arms=(None, None)), variants=(ir.Variant("a", (("a",),) * 3), ir.Variant("b", (("b",),) * 3))), experiments=(running,)))
    (found,) = decide(site, Visit(units={"visitor": "u"}, purposes=ALL, at=AT + days * DAY))
    assert (found.experiment >= 0) is enrolled and found.variant == 1


# --- rankers that know nothing ---------------------------------------------------------------------------------------------

ITEM_IDS = tuple("abcdefgh")
COLUMNS = (("popularity", tuple(map(float, range(8)))),)


def ranking(*, otherwise: str | None) -> object:
    models = (replace(vector_model(), otherwise=otherwise), ir.Model("trending", "v2", "order", field="popularity"))
    rules = (rule("taste", ALWAYS, ir.Action(variant="a", model="affinity", take=2)), rule("next", ALWAYS, "b"))
    return bundle(program(slot("hero", rules), item_ids=ITEM_IDS, item_columns=COLUMNS, models=models))


@pytest.mark.parametrize(
    "otherwise, recent, expected",
    [
        (None, [], {"rule": "next", "reason": "rule", "model": None, "items": []}),
        (None, ["a"], {"rule": "taste", "reason": "rank", "model": "affinity", "model_version": "v1"}),
        ("trending", [], {"rule": "taste", "reason": "rank", "model": "trending", "model_version": "v2", "items": ["h", "g"], "score": 7.0}),
        ("trending", ["gone"], {"rule": "taste", "model": "trending"}),
        ("trending", ["a"], {"rule": "taste", "model": "affinity"}),
    ],
    ids=["the ladder goes on", "known", "the stand-in ranks and is named", "only what is gone", "known, with a stand-in"],
)
def test_a_model_that_knows_nothing(otherwise, recent, expected):
    site = ranking(otherwise=otherwise)
    found = told(site, visit_of(site, {"visitor.recent": recent}))["hero"]
    assert {key: found[key] for key in expected} == expected


def test_the_alternatives_are_the_next_best():
    site = ranking(otherwise="trending")
    found = told(site, visit_of(site, {}))["hero"]
    assert found["alternatives"] == [{"item": i, "score": s} for i, s in (("f", 5.0), ("e", 4.0), ("d", 3.0))]


# --- for every visitor --------------------------------------------------------------------------------------------------------


@given(st.lists(conditions, min_size=1, max_size=5), visitors)
def test_the_first_rule_that_holds_wins(whens, values):
    values.pop("request.bot", None)
    site = bundle(program(slot("hero", tuple(rule(f"r{i}", when, "a") for i, when in enumerate(whens))), lists=tuple(LISTS.items())))
    (found,) = decide(site, Visit(values=values, purposes=ALL))
    assert found.rule == next((i for i, when in enumerate(whens) if naive(when, values) is True), -1)


raws = st.one_of(
    st.dictionaries(st.sampled_from(sorted(TYPES)), hostile.values),
    visitors.map(lambda values: {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}),
)


@cache
def everything():
    """A site whose rules use every operator on every attribute that allows it."""
    whens = [is_(name, value, op) for name, value in (("visitor.plan", "a"), ("visitor.tier", "pro")) for op in ("eq", "contains", "starts_with", "ends_with")]
    whens += [call(op, ref(name), ir.Const(value, TYPES[name])) for name, value in (("visitor.age", 3), ("visitor.spend", 1.0), ("visitor.since", AT), ("visitor.app", "1.2")) for op in ("lt", "ge", "eq")]
    whens += [call("eq", call(op, ref("visitor.since")), 3) for op in ("hours", "minutes", "day_of_week", "day_of_month", "month", "year")]
    whens += [call("eq", call(op, ref("visitor.age"), 3), 1) for op in ("add", "sub", "mul", "div", "mod")]
    whens += [call("eq", call("index", ref("visitor.recent"), 1), "a"), call("eq", call("index", ref("visitor.traits"), "a"), "a"), call("in", "a", ref("visitor.recent"))]
    whens += [ir.Fold("exists", "x", ref(name), call("eq", ir.Local("x"), "a")) for name in ("visitor.recent", "visitor.tags")]
    whens += [call("eq", call(op, ref("visitor.plan")), "a") for op in ("lower_ascii", "upper_ascii", "string")]
    whens += [call("gt", call(op, ref("visitor.plan")), 1) for op in ("size", "int", "timestamp", "duration")]
    # no rule decides: each is outside its experiment, so all of them are asked
    acts = ir.Action(variant="a", experiment="nobody", arms=(show("a"), show("b")))
    taste = ir.Action(variant="a", model="affinity", take=3, where=call("lt", ir.Ref("item.price", "double"), ref("visitor.spend")), at_most=(("category", 1),))
    rules = (*(rule(f"r{i}", both(ALWAYS, when), acts) for i, when in enumerate(whens)), rule("taste", call("gt", call("size", ref("visitor.recent")), 0), taste, campaign="c"))
    return bundle(
        program(
            slot("hero", rules), slot("always", always=True),
            experiments=(OUT,), item_ids=ITEM_IDS, item_columns=(("price", (None, 1.0) * 4), ("category", ("x", None) * 4)),
            models=(vector_model(half_life=60.0),), campaigns=(ir.Campaign("c", None, (2, DAY), ref("visitor.vip")),),
            holdout=(1, "h"), lookups=(lookup([("0.0.0.0/0", ("a", "b"))]),),
        )
    )  # fmt: skip


@given(raws, st.one_of(st.none(), hostile.json_values), hostile.text, st.sets(st.sampled_from(["personalization", "analytics"])))
def test_no_visitor_makes_it_raise(raw, seen, id_, purposes):
    stored = read({"attributes": raw, "seen": {"c": seen}}, TYPES, AT)
    values, ages = permitted(everything(), stored, {}, frozenset(purposes))
    found = decide(everything(), Visit(values=values, purposes=frozenset(purposes), units={"visitor": id_}, at=AT, seen=stored.seen, ages=ages))
    assert [d.slot for d in found] == [0, 1]


@pytest.mark.parametrize("nasty", hostile.NASTY, ids=range(len(hostile.NASTY)))
def test_no_nasty_value_makes_it_raise(nasty):
    for raw in (nasty, [nasty], [{"item": "a", "at": nasty}], {"a": nasty}):
        stored = read({"attributes": dict.fromkeys(TYPES, raw), "seen": {"c": raw}}, TYPES, AT)
        values, _ = permitted(everything(), stored, {}, ALL)
        decide(everything(), Visit(values=values, purposes=ALL, units={"visitor": "u"}, at=AT, seen=stored.seen))


def test_the_same_visit_gets_the_same_decisions():
    seen = visit_of(SHOP(), {"visitor.recent": ["kenya", "huila"], "visitor.spend": 3})
    assert decide(SHOP(), seen) == decide(bundle(shop()), seen)


def test_an_attribute_without_values_costs_nothing_to_declare():
    site = bundle(program(slot("hero"), attributes=tuple(attribute(name) for name in TYPES)))
    assert [d.why for d in decide(site, Visit(at=inf))] == ["default"]
