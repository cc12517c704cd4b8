"""Stored profiles: what is read of them, for whom, and for how long; and that none of them can do harm."""

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import ALL, AT, DAY, attribute, bundle, lookup, program, shop, slot
from tessera.profile import MAX_PROFILE, document, flatten, looked_up, permitted, read
from tessera.types import EMPTY, ListedItem, Profile



def parse(text, known, at):
    """A stored text as decisions read it."""
    found, _ = document(text, known, at)
    return None if found is None else read(found, known, at)


KNOWN = ("visitor.plan", "account.plan", "account.domain", "request.country", "visitor.age")
SHOP = cache(lambda: bundle(shop()))


@pytest.mark.parametrize(
    "given_, flat",
    [
        ({"visitor": {"plan": "pro", "shoe": 42}}, {"visitor.plan": "pro", "visitor.shoe": 42}),
        ({"visitor.plan": "pro"}, {"visitor.plan": "pro"}),
        ({"plan": "pro"}, {"visitor.plan": "pro"}),
        ({"domain": "acme.com"}, {"account.domain": "acme.com"}),
        ({"country": "DE"}, {"request.country": "DE"}),
        ({"shoe": 42}, {"shoe": 42}),
        ({"visitor": "pro"}, {"visitor": "pro"}),
        ({}, {}),
        (None, {}),
        (["plan"], {}),
    ],
)
def test_flatten(given_, flat):
    assert flatten(given_, KNOWN) == flat


UPDATED = "2025-12-03T10:00:00Z"  # fifteen minutes before AT


@pytest.mark.parametrize(
    "stored, age",
    [
        ({}, 0.0),
        ({"updated": UPDATED}, 900.0),
        ({"updated": AT - 60}, 60.0),
        ({"updated": UPDATED, "updated_at": {"visitor": {"plan": AT - 5}}}, 5.0),
        ({"updated": UPDATED, "updated_at": {"plan": "2025-12-03T10:14:00Z"}}, 60.0),
        ({"updated": UPDATED, "updated_at": {"age": AT}}, 900.0),
        ({"updated": AT + 1e6}, 0.0),
        ({"updated": "yesterday"}, 0.0),
        ({"updated": float("nan")}, 0.0),
        ({"updated": float("-inf")}, 0.0),
        ({"updated": 10**400}, 0.0),
        ({"updated": True}, 0.0),
        ({"updated": None, "updated_at": "x"}, 0.0),
    ],
)
def test_ages(stored, age):
    assert read({"attributes": {"visitor": {"plan": "pro"}}, **stored}, KNOWN, AT).ages == {"visitor.plan": age}


@pytest.mark.parametrize(
    "seen, read_as",
    [
        ({"c": 3}, {"c": 3}),
        ({"c": [AT, "1970-01-02", "never", -5, True, None, float("nan"), 10**400]}, {"c": (AT, 86_400.0)}),
        ({"c": [1.0] * 100}, {"c": (1.0,) * 64}),
        ({"c": True, "d": "3", "e": None, "f": 1.5}, {}),
        ("c", {}),
        (None, {}),
    ],
)
def test_seen(seen, read_as):
    assert read({"seen": seen}, KNOWN, AT).seen == read_as


@pytest.mark.parametrize(
    "text, found",
    [
        ("{}", Profile({}, {}, EMPTY)),
        ('{"attributes": {"plan": "pro"}}', Profile({"visitor.plan": "pro"}, {"visitor.plan": 0.0}, EMPTY)),
        ("", None), ("nonsense", None), ("[]", None), ("null", None), ("1", None), ('"text"', None), ("{", None), ("[" * 60_000, None),
        ('{"a":' * 10_000, None), ("1" * 5000, None), (" " * MAX_PROFILE + "{}", None), ("\ud800", None), ("\0", None),
    ],
)  # fmt: skip
def test_parse(text, found):
    assert parse(text, KNOWN, AT) == found


@given(st.one_of(hostile.text, hostile.json_values.map(json.dumps)))
def test_no_text_makes_parse_raise(text):
    parse(text, KNOWN, AT)


profiles = st.fixed_dictionaries(
    {},
    optional={
        "attributes": st.one_of(hostile.json_values, st.dictionaries(st.sampled_from(["visitor", "account", "request", "plan"]), hostile.json_values)),
        "updated": hostile.json_values,
        "updated_at": st.one_of(hostile.json_values, st.just({"visitor": {"plan": float("nan")}})),
        "seen": st.one_of(hostile.json_values, st.dictionaries(st.just("recovery"), hostile.json_values)),
    },
)


@given(profiles)
def test_no_stored_profile_makes_reading_raise(stored):
    found = parse(json.dumps(stored), SHOP().attributes, AT)
    values, ages = permitted(SHOP(), found, {}, ALL)
    assert set(ages) <= set(values) and all(0 <= age < float("inf") for age in ages.values())
    assert set(values) <= {a.name for a in SHOP().reads}


OPEN = {"visitor.open_case": False}  # the shop's one attribute with a default


@pytest.mark.parametrize(
    "raw, age, facts, purposes, values, aged",
    [
        ({"visitor.plan": "pro"}, 0, {}, ALL, {"visitor.plan": "pro", **OPEN}, ["visitor.plan"]),
        ({"visitor.plan": "pro"}, 0, {}, frozenset(), OPEN, []),
        ({"visitor.plan": "pro"}, 0, {}, frozenset({"analytics"}), OPEN, []),
        ({"visitor.open_case": True}, 0, {}, frozenset(), {"visitor.open_case": True}, ["visitor.open_case"]),
        ({"visitor.open_case": "yes"}, 0, {}, ALL, OPEN, []),
        ({"visitor.spend": 3}, 7 * DAY, {}, ALL, {"visitor.spend": 3.0, **OPEN}, ["visitor.spend"]),
        ({"visitor.spend": 3}, 7 * DAY + 1, {}, ALL, OPEN, []),
        ({"visitor.plan": "pro"}, 400 * DAY, {}, ALL, {"visitor.plan": "pro", **OPEN}, ["visitor.plan"]),
        ({"visitor.plan": 5, "visitor.age": "7", "visitor.nobody": 1}, 0, {}, ALL, OPEN, []),
        ({"request.country": "DE"}, 0, {"request.country": "FR"}, ALL, {"request.country": "FR", **OPEN}, []),
        ({"account.domain": "old.com"}, 0, {"account.domain": "acme.com"}, ALL, {"account.domain": "acme.com", **OPEN}, []),
        ({}, 0, {"account.domain": "acme.com"}, frozenset({"analytics"}), OPEN, []),
        ({"visitor.recent": ["a", 5, {"item": "b"}]}, 0, {}, ALL, {"visitor.recent": (ListedItem("a"), ListedItem("b")), **OPEN}, ["visitor.recent"]),
    ],
    ids=["permitted", "without consent", "consent to something else", "what needs no consent", "a default for a wrong type", "just fresh", "too old", "kept without end",
         "wrong types and strangers", "the request knows better", "the look-up knows better", "a look-up needs consent too", "a list"],
)  # fmt: skip
def test_permitted(raw, age, facts, purposes, values, aged):
    profile = Profile(attributes=raw, ages=dict.fromkeys(raw, float(age)))
    assert permitted(SHOP(), profile, facts, purposes) == (values, dict.fromkeys(aged, float(age)))


@pytest.mark.parametrize("facts, values", [({}, {}), ({"account.domain": "acme.com"}, {"account.domain": "acme.com"}), ({"account.domain": 5}, {})])
def test_where_the_store_could_not_be_asked_not_even_a_default_is_known(facts, values):
    assert permitted(SHOP(), None, facts, ALL) == (values, {})


def test_an_attribute_that_nothing_reads_is_not_even_looked_at():
    site = bundle(program(slot("hero"), attributes=(attribute("visitor.plan"), attribute("visitor.age")), reads=("visitor.age",)))
    assert permitted(site, Profile(attributes={"visitor.plan": "pro", "visitor.age": 3}), {}, ALL)[0] == {"visitor.age": 3}


@pytest.mark.parametrize(
    "ip, facts",
    [
        ("192.0.2.9", {"account.domain": "acme.com"}), ("2001:db8::7", {"account.domain": "globex.com"}), ("203.0.113.9", {}), ("", {}), ("x", {}),
    ],
)  # fmt: skip
def test_looked_up(ip, facts):
    assert looked_up(SHOP(), ip) == facts


def test_an_empty_cell_is_unknown_and_so_is_a_table_that_is_not_there():
    attributes = (attribute("account.domain", source="lookup.company"), attribute("visitor.plan", source="lookup.missing"))
    site = bundle(program(slot("hero"), attributes=attributes, lookups=(lookup([("0.0.0.0/0", (None, "x"))]),)))
    assert looked_up(site, "192.0.2.1") == {}
