"""Markets: whatever their conditions, decisions and contents are those of the first that holds, as a naive evaluator finds it."""

from __future__ import annotations

import struct
from typing import Any, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import ir
from compiler.emit import emit
from compiler.lower import alternatives, tree
from compiler.markets import Market, conditions_of, untrue
from tests.edge.conditions import LISTS, conditions, naive, visitors
from tests.edge.sites import AT, bundle, is_, program, rule, slot
from tessera.bundle import FORMAT, LATER_FORMAT, BundleError, load, unseal
from tessera.decide import decide
from tessera.evaluate import bind, evaluate
from tessera.markets import NAME, market_of, read, tell
from tessera.profile import permitted
from tessera.record import inputs
from tessera.render import prepare, render
from tessera.types import Items, Profile, Ranked, Visit
from tessera.visit import contents

NAMES = ("one", "two", "three", "four")
BOUND = {name: frozenset(values) for name, values in LISTS.items()}
NOTHING = Items((), {}, {})


def market(name: str, calendar: str | None = None) -> Market:
    return Market(name, None, None, calendar, (), (name,), {})


def first(whens: Mapping[str, ir.Expr | None], values: Mapping[str, Any]) -> str | None:
    """The first market of which a naive evaluator finds that it holds."""
    return next((name for name, when in whens.items() if when is None or naive(when, values) is True), None)


@st.composite
def sites(draw: Any) -> dict[str, ir.Expr | None]:
    """Up to four markets; the last may have no condition."""
    whens = draw(st.lists(conditions, min_size=1, max_size=3))
    return dict(zip(NAMES, [*whens, *([None] if draw(st.booleans()) else [])]))


@given(conditions, visitors)
def test_what_does_not_hold_is_false_or_unknown(when, values):
    """And whether it does not hold is always known."""
    assert evaluate(bind(tree(untrue(when)), BOUND), values) is (naive(when, values) is not True)


@given(sites(), st.data())
def test_one_market_holds_and_it_is_the_first(whens, data):
    here = conditions_of([market(name) for name in whens], whens)
    markets = read([(name, None if when is None else tree(when)) for name, when in whens.items()], BOUND)
    for values in data.draw(st.lists(visitors, min_size=1, max_size=4)):
        expected = first(whens, values)
        assert {name for name in whens if evaluate(bind(tree(here[f"market.{name}"]), BOUND), values) is True} == ({expected} - {None})
        assert market_of(markets, values) == market_of(markets, values) == expected


@given(sites(), st.data())
def test_deciding_and_rendering_are_those_of_each_market_alone(whens, data):
    """A rule for each market; its content has a version for each group of markets, which a ranking's block may have too."""
    here = conditions_of([market(name) for name in whens], whens)
    groups = [(f"text{n}", names) for n, names in enumerate(_groups(data.draw(st.permutations(sorted(whens))), data)) if names]
    part = ("market", tuple((tuple(names), (text, ("var", "visitor.plan", "text", "-"))) for text, names in groups), ("others",))
    shown = {name: ir.Variant(name, ((f"{name}: ", part),)) for name in (*whens, "nobody")}
    rules = tuple(rule(name, here[f"market.{name}"], name, purposes=()) for name in whens)
    site = bundle(program(slot("hero", rules, "nobody", variants=tuple(shown.values())), markets=tuple(whens.items()), lists=tuple(LISTS.items()), jurisdictions=()))
    for values in data.draw(st.lists(visitors, min_size=1, max_size=4)):
        values.pop("request.bot", None)  # robots get the default
        expected = first(whens, values)
        tell(site.markets, values)
        seen = Visit(values=values, purposes=frozenset(("personalization",)), at=AT)
        (decision,) = decide(site, seen, "home")
        text = next((text for text, names in groups if expected in names), None)
        plan = values.get("visitor.plan") or "-"
        parts = [f"{expected or 'nobody'}: ", *([text, ("var", "visitor.plan", "text", "-")] if text else ["others"])]
        assert contents(site, seen, [decision]) == [render(prepare(parts), {"visitor.plan": plan}, NOTHING)]


def _groups(names: list[str], data: Any) -> list[list[str]]:
    """Names cut into groups; the last is in none."""
    cut = data.draw(st.integers(0, len(names)))
    return [names[:cut], names[cut : cut + 1]]


COUNTRY = "request.country"
ROWS = [
    ({"one": is_(COUNTRY, "DE"), "two": None}, {COUNTRY: "DE"}, "one"),
    ({"one": is_(COUNTRY, "DE"), "two": None}, {COUNTRY: "FR"}, "two"),
    ({"one": is_(COUNTRY, "DE"), "two": None}, {}, "two"),
    ({"one": is_(COUNTRY, "DE"), "two": ir.Call("not", (is_(COUNTRY, "FR"),))}, {}, None),
    ({"one": is_(COUNTRY, "DE"), "two": is_(COUNTRY, "FR")}, {COUNTRY: "IT"}, None),
]


@pytest.mark.parametrize(("whens", "values", "expected"), ROWS)
def test_the_market_of_a_visit(whens, values, expected):
    site = bundle(program(slot("hero"), markets=tuple(whens.items())))
    for stored in (Profile(), None):
        found, _ = permitted(site, stored, {**values, NAME: "two"}, frozenset())
        assert found.get(NAME) == expected, "whatever the request says of itself"
        assert inputs(site, Visit(values=found)).get(NAME) == expected


def test_markets_by_one_attribute_are_asked_by_masks_alone():
    whens = {f"m{n}": is_(COUNTRY, str(n)) for n in range(40)}
    here = conditions_of([market(name) for name in whens], whens)
    for name in ("m0", "m39"):
        assert all(conjunction.tree is None for conjunction in alternatives(here[f"market.{name}"], {COUNTRY: "string"}))


def test_a_calendar_is_the_markets_own():
    whens = {"one": is_(COUNTRY, "DE"), "two": is_(COUNTRY, "FR")}
    here = conditions_of([market("one", "days"), market("two")], whens)
    bound = {"days": frozenset({"2026-12-25"})}

    def told(name: str, country: str, day: str | None) -> Any:
        values = {COUNTRY: country, **({"request.date": day} if day else {})}
        return evaluate(bind(tree(here[f"market.{name}"]), bound), values)

    assert [told("closed", country, "2026-12-25") for country in ("DE", "FR", "IT")] == [True, False, False]
    assert [told("open", country, "2026-12-25") for country in ("DE", "FR", "IT")] == [False, True, False]
    assert [told("open", "DE", "2026-12-24"), told("open", "FR", None), told("open", "DE", None), told("closed", "DE", None)] == [True, True, None, None]


def test_readers_take_both_formats_and_no_later_one():
    data = emit(program(slot("hero"), markets=(("one", None),)))
    assert struct.unpack_from(">I", data, 8) == (LATER_FORMAT,) and load(unseal(data)).markets is not None
    assert struct.unpack_from(">I", emit(program(slot("hero"))), 8) == (FORMAT,)
    with pytest.raises(BundleError, match="format 7, this worker reads 5 and 6; "):
        unseal(data[:8] + struct.pack(">I", 7) + data[12:])


@pytest.mark.parametrize("told", [None, 3, ["one"], {"one": 1}, ("one",), "two"])
def test_a_visit_of_no_such_market_sees_what_all_others_see(told):
    content = prepare((("market", ((("one",), ("own",)),), ("others",)),))
    assert render(content, {NAME: told}, NOTHING) == "others"


def test_a_value_that_cannot_be_remembered_is_asked_anew():
    markets = read([("one", ("eq", ("ref", "request.told"), ("const", "a")))], {})
    assert market_of(markets, {"request.told": ["a"]}) is None and market_of(markets, {"request.told": "a"}) == "one"


def test_places_are_remembered_and_not_without_end():
    markets = read([("one", tree(is_(COUNTRY, "DE")))], {})
    for number in range(3000):
        market_of(markets, {COUNTRY: str(number)})
    assert len(markets.known) == 1024 and market_of(markets, {COUNTRY: "DE"}) == "one"


def test_blocks_of_items_are_kept_apart():
    items = Items(("mug",), {"mug": 0}, {"price": (10.0,), "price_eur": (12.5,)})
    each = [("each", (("item", field, "text"),)) for field in ("price_eur", "price")]
    content = prepare((("market", ((("one",), (each[0],)),), (each[1],)),))
    shown = [Ranked(0, 1.0)]
    for _ in range(2):  # the second time as it is remembered
        assert render(content, {NAME: "one"}, items, shown) == "12.50"
        assert render(content, {}, items, shown) == "10"
