"""A page view in one turn: the strings between the bridge and Python, and that nothing a visitor sends makes it raise."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.routed import places, shown
from tests.edge.sites import ALWAYS, AT, bundle, ir, program, rule, shop, slot
from tests.edge.test_redirect import SITE, leads, page_of
from tessera.context import Request
from tessera.identity import SEAL, Key, sign
from tessera.turn import turn

US, RS = "\x1f", "\x1e"
KEYS = (Key("k", b"secret-secret-secret"),)
SHOP = cache(lambda: bundle(shop()))
KNOWN = f"tessera={sign('visitor-1', int(AT), KEYS[0])}"
PLACE = {"country": "BR"}  # everything is allowed without a choice
FRESH = Request(url=f"{SITE}/", now=str(int(AT * 1000)), offset="0", nonce="view-1", newcomer="fresh", page="home", **PLACE)


def ask(site=None, store: str | None = None, **facts: str) -> str:
    """Python's answer; `store`: what the store told, of a second turn."""
    text = US.join(FRESH._replace(**facts))
    return turn(site or SHOP(), KEYS, text if store is None else f"{text}{RS}{store}", page_of)


def taken_apart(answer: str) -> tuple[list[str], list[str]]:
    first, *rest = answer.split(RS)
    return first.split(US), rest


def test_a_page():
    (kind, cookie, record, whose, command), fillings = taken_apart(ask(ip="192.0.2.4"))
    assert kind == "page" and cookie.startswith("tessera=1.k.fresh.")
    assert fillings[:2] == ["1<h1>acme.com</h1>", "0"]
    assert fillings[2][0] == "2" and shown(SHOP(), fillings[2]) == "<b>a</b>", "the same for everybody: only its number is told"
    told = json.loads(record)
    assert (told["id"], told["page"], told["unit"], [one["slot"] for one in told["slots"]]) == ("view-1", "home", "fresh", ["hero", "banner", "notice"])
    assert (told["served_from"], told["fallbacks"]) == ("none", [])
    assert whose == ',"profile":"fresh","visitor":"fresh"', "it completes the queue's message"
    assert command == ""


def test_a_page_without_slots():
    site = bundle(program(slot("hero", pages=("home",)), jurisdictions=(ir.Jurisdiction("rest", None, ("analytics",), False),)))
    (kind, _, record, *_), fillings = taken_apart(ask(site, page="product"))
    assert (kind, {*fillings}, json.loads(record)["slots"]) == ("page", {"0"}, [])


def test_a_redirect():
    site = bundle(program(leads("away", "/new"), slot("hero"), jurisdictions=(ir.Jurisdiction("rest", None, ("analytics",), False),)))
    (kind, where, address, cookie, record, *_), rest = taken_apart(ask(site, url=f"{SITE}/?a=1"))
    assert (kind, where, address, rest) == ("redirect", "away", "/new?a=1", [])
    assert cookie.startswith("tessera=1.k.fresh.")
    assert [one["slot"] for one in json.loads(record)["slots"]] == ["away"], "nothing else was shown"


def test_the_store_is_asked_in_a_first_turn():
    assert ask(cookie=KNOWN).split(US) == ["read", "profile:visitor-1\x1dfacts:visitor-1", str(SHOP().deadline)]


PROFILE = json.dumps({"attributes": {"visitor": {"spend": 80}}})
STATUSES = [  # what the store told → where the record says it was served from, which fallbacks were taken, what is known
    (f"ok{US}{PROFILE}", "store", [], 80.0),
    ("none", "store", [], None),
    (f"none{US}", "store", [], None),
    (f"ok{US}nonsense", "none", ["profile-broken"], None),
    (f"ok{US}", "store", [], None),
    (f"ok{US}[]", "none", ["profile-broken"], None),
    (f"ok{US}{'[' * 60_000}", "none", ["profile-broken"], None),
    (f"late{US}", "none", ["profile-late"], None),
    (f"error{US}the store is down", "none", ["profile-error"], None),
    (f"error{US}a{US}b{RS}c", "none", ["profile-error"], None),
    (f'ok{US}{{"attributes": {{"visitor": {{"spend": 80, "plan": "a{US}b{RS}c"}}}}}}', "none", ["profile-broken"], None),  # JSON has no raw controls
]


@pytest.mark.parametrize("store, served_from, fallbacks, spend", STATUSES, ids=range(len(STATUSES)))
def test_what_the_store_told(store, served_from, fallbacks, spend):
    (kind, cookie, record, *_), fillings = taken_apart(ask(cookie=KNOWN, store=store))
    told = json.loads(record)
    assert (kind, SEAL in cookie, len(fillings)) == ("page", served_from == "store", len(places(SHOP(), "home")))
    assert (told["served_from"], told["fallbacks"], told["inputs"].get("visitor.spend")) == (served_from, fallbacks, spend)


def test_a_turn_can_be_taken_again():
    for more in ({}, {"cookie": KNOWN}, {"cookie": KNOWN, "store": f"ok{US}{PROFILE}"}):
        assert ask(**more) == ask(**more)


@pytest.mark.parametrize("text", ["", "x", US.join(FRESH[:-1]), US.join((*FRESH, "")), US.join(FRESH._replace(now="soon")), US.join(FRESH._replace(offset="late"))])
def test_a_string_that_is_not_of_the_agreed_form_is_a_value_error(text):
    with pytest.raises(ValueError):
        turn(SHOP(), KEYS, text, page_of)


AGREED = ("now", "offset", "page", "nonce", "newcomer")  # the bridge's own
FACTS = st.fixed_dictionaries({}, optional={name: hostile.text.map(lambda text: text.replace(US, "").replace(RS, "")) for name in Request._fields if name not in AGREED})
STORES = st.none() | st.builds("{}\x1f{}".format, st.sampled_from(["ok", "none", "late", "error", "", "odd"]), hostile.text | hostile.json_values.map(json.dumps))


@given(FACTS, STORES, st.sampled_from(["home", "product"]), st.booleans())
def test_no_request_and_no_profile_makes_it_raise_or_breaks_the_answer(facts, store, page, known):
    answer = ask(store=store, **{**facts, "page": page, **({"cookie": KNOWN} if known else {})})
    first, fillings = taken_apart(answer)
    if first[0] == "read":
        assert len(first) == 3 and not fillings and store is None
        return
    assert first[0] == "page" and len(first) == 5
    assert len(fillings) == len(places(SHOP(), page)) and all(shown(SHOP(), filling) is None or filling[0] in "12" for filling in fillings)
    assert first[1].replace(SEAL, "").replace("\x1d", "").isprintable() and json.loads(first[2])["page"] == page


@given(st.text(), st.text())
def test_no_separator_of_a_profile_reaches_the_answer(plan, domain):
    """Stored texts may hold anything; in contents they are escaped, in the record they are JSON."""
    stored = json.dumps({"attributes": {"visitor": {"plan": plan}, "account": {"domain": domain}}})
    first, fillings = taken_apart(ask(cookie=f"{KNOWN}; tessera_consent=personalization", store=f"ok{US}{stored}", now=str(int((AT + 10 * 3600) * 1000))))
    assert len(first) == 5 and len(fillings) == len(places(SHOP(), "home")) and not any(set("\x00\x01\x02\x1d\x1e\x1f") & set(text) for text in fillings)


def test_redirects_of_rules_that_hold_for_some_are_decided_in_the_same_turn():
    there = rule("there", ir.Call("eq", (ir.Ref("request.country", "string"), ir.Const("BR", "string"))), "t0")
    site = bundle(program(leads("away", "/new", rules=(there,), default=None), slot("hero", (rule("all", ALWAYS, "a"),))))
    assert [ask(site, country=country).split(US)[0] for country in ("BR", "DE")] == ["redirect", "page"]
