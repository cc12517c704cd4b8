"""A page view from request to answer: who is recognised, what is read, what is said to the bridge."""

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import ALL, AT, attribute, bundle, program, shop, slot
from tessera.context import Request
from tessera.decide import decide
from tessera.identity import Key, clear_cookie, sign
from tessera.profile import parse
from tessera.types import Profile, Visit
from tessera.visit import answer, arrive, contents, settle, units, wants_profile

SHOP = cache(lambda: bundle(shop()))
KEYS = (Key("k", b"secret-secret-secret"),)
KNOWN = f"tessera={sign('visitor-1', int(AT), KEYS[0])}"
OPEN, EEA = {"country": "BR"}, {"country": "DE"}


def request(**more: str) -> Request:
    return Request(**{"url": "https://shop.example/", "now": str(int(AT * 1000)), "offset": "0", "nonce": "view", "newcomer": "fresh", "page": "home", **more})


ROWS = [  # place, cookies, gpc → visitor, returning, what becomes of the cookie, purposes, jurisdiction
    (OPEN, "", "", "fresh", False, "set", ALL, "rest"),
    (OPEN, KNOWN, "", "visitor-1", True, "", ALL, "rest"),
    (OPEN, "tessera=forged", "", "fresh", False, "set", ALL, "rest"),
    (OPEN, f"{KNOWN}; tessera_consent=none", "", None, False, "cleared", frozenset(), "rest"),
    (OPEN, "tessera_consent=none", "", None, False, "", frozenset(), "rest"),
    (OPEN, f"{KNOWN}; tessera_consent=analytics", "", "visitor-1", True, "", frozenset({"analytics"}), "rest"),
    (EEA, "", "", None, False, "", frozenset(), "eea"),
    (EEA, KNOWN, "", None, False, "cleared", frozenset(), "eea"),
    (EEA, f"{KNOWN}; tessera_consent=personalization.analytics", "", "visitor-1", True, "", ALL, "eea"),
    (EEA, f"{KNOWN}; tessera_consent=telepathy", "", None, False, "cleared", frozenset(), "eea"),
    ({"country": "US", "subdivision": "CA"}, KNOWN, "1", None, False, "cleared", frozenset(), "california"),
    ({"country": "US", "subdivision": "CA"}, KNOWN, "", "visitor-1", True, "", ALL, "california"),
    ({}, KNOWN, "", None, False, "cleared", frozenset(), "eea"),
    (OPEN, "tessera_consent=none; tessera_consent=all", "", None, False, "", frozenset(), "rest"),
]


@pytest.mark.parametrize("place, cookie, gpc, visitor, returning, becomes, purposes, jurisdiction", ROWS, ids=range(len(ROWS)))
def test_arrive(place, cookie, gpc, visitor, returning, becomes, purposes, jurisdiction):
    found = arrive(SHOP(), KEYS, request(**place, cookie=cookie, gpc=gpc))
    assert (found.visitor, found.returning, found.purposes, found.jurisdiction) == (visitor, returning, purposes, jurisdiction)
    assert found.set_cookie.startswith("tessera=1.k.fresh.") if becomes == "set" else found.set_cookie == ("" if not becomes else clear_cookie())
    assert wants_profile(SHOP(), found) is returning, "the shop has stored facts that need no consent"


@pytest.mark.parametrize(
    "attributes, cookie, wanted",
    [
        ((attribute("visitor.plan"),), f"{KNOWN}; tessera_consent=personalization", True),
        ((attribute("visitor.plan"),), f"{KNOWN}; tessera_consent=analytics", False),
        ((attribute("visitor.plan", purpose=None),), f"{KNOWN}; tessera_consent=analytics", True),
        ((attribute("visitor.plan"),), "tessera_consent=personalization", False),
        ((attribute("request.hour"),), f"{KNOWN}; tessera_consent=personalization", False),
        ((), f"{KNOWN}; tessera_consent=personalization", False),
    ],
    ids=["a permitted fact", "a fact that is not permitted", "a fact that needs no consent", "a new visitor", "only the request is asked", "nothing is asked"],
)
def test_a_store_is_read_only_where_it_could_matter(attributes, cookie, wanted):
    site = bundle(program(slot("hero"), attributes=attributes))
    assert wants_profile(site, arrive(site, KEYS, request(cookie=cookie))) is wanted


def test_settle_brings_everything_together():
    arrival = arrive(SHOP(), KEYS, request(**OPEN, cookie=KNOWN, ip="192.0.2.4", offset="-180"))
    stored = parse(json.dumps({"attributes": {"visitor": {"spend": 80, "plan": 5}}, "updated": AT - 90, "seen": {"recovery": 2}}), SHOP().attributes, AT)
    assert settle(SHOP(), arrival, stored, served_from="store", fallbacks=["x"]) == Visit(
        units={"visitor": "visitor-1", "account": "acme.com"},
        values={"visitor.spend": 80.0, "visitor.open_case": False, "account.domain": "acme.com", "request.bot": False, "request.country": "BR", "request.gpc": False,
                "request.hour": 7, "request.region": "BR"},
        purposes=ALL, jurisdiction="rest", at=AT, offset=-180, seen={"recovery": 2}, ages={"visitor.spend": 90.0}, served_from="store", fallbacks=("x",),
    )  # fmt: skip


def test_where_the_store_could_not_be_asked_only_the_request_tells():
    found = settle(SHOP(), arrive(SHOP(), KEYS, request(**OPEN, cookie=KNOWN)), None)
    assert all(name.startswith("request.") for name in found.values) and (found.seen, found.ages) == ({}, {})


def test_without_consent_there_is_no_unit_and_no_stored_fact():
    arrival = arrive(SHOP(), KEYS, request(**EEA, cookie=KNOWN, ip="192.0.2.4"))
    found = settle(SHOP(), arrival, Profile({"visitor.spend": 80.0, "account.domain": "acme.com"}))
    assert found.units == {} and {n for n in found.values if not n.startswith("request.")} == {"visitor.open_case"}


@pytest.mark.parametrize(
    "visitor, values, found",
    [
        ("v", {}, {"visitor": "v"}),
        ("v", {"account.domain": "a.com"}, {"visitor": "v", "account": "a.com"}),
        ("v", {"account.domain": "a.com", "account.id": "7"}, {"visitor": "v", "account": "7"}),
        ("v", {"account.id": 7}, {"visitor": "v"}),
        (None, {"account.domain": "a.com"}, {}),
        ("", {"account.domain": "a.com"}, {}),
    ],
)
def test_units(visitor, values, found):
    assert units(visitor, values) == found


def reply(facts: Request, stored: Profile = Profile(), timing: str = "") -> list[list[str]]:
    arrival = arrive(SHOP(), KEYS, facts)
    seen = settle(SHOP(), arrival, stored)
    decisions = decide(SHOP(), seen, facts.page)
    text = answer(SHOP(), arrival, decisions, contents(SHOP(), seen, decisions), timing)
    return [record.split("\x1f") for record in text.split("\x1e")]


def test_the_answer_is_as_agreed_with_the_bridge():
    head, *slots = reply(request(**OPEN, cookie=f"{KNOWN}; tessera_consent=personalization", ip="192.0.2.4"), timing="tessera;dur=1.00")
    assert head == [f"{SHOP().name}/home", "", "tessera;dur=1.00"]
    assert slots == [
        ["hero", "#hero", "replace", "1", "<h1>acme.com</h1>"],
        ["banner", "#banner", "replace", "0", ""],
        ["notice", "#notice", "replace", "1", "<b>a</b>"],
    ]


def test_a_ranking_is_rendered():
    _, banner, carousel = reply(request(**OPEN, page="product"))
    assert carousel[3:] == ["1", '<a href="/p/huila">Huila 14</a><a href="/p/gift">Gift </a><a href="/p/kettle">Kettle 89</a>']


@given(st.fixed_dictionaries({}, optional={n: hostile.text for n in Request._fields if n not in ("now", "offset", "page", "newcomer")}), hostile.text, st.sampled_from(["home", "product"]))
def test_no_request_and_no_profile_makes_it_raise_or_breaks_the_answer(headers, domain, page):
    facts = request(**OPEN)._replace(**headers, page=page)
    head, *slots = reply(facts, Profile({"account.domain": domain, "visitor.plan": domain, "visitor.recent": [domain]}))
    assert len(head) == 3 and all(len(fields) == 5 and fields[3] in "01" for fields in slots)
    assert [fields[0] for fields in slots] == [SHOP().slots[n].name for n in SHOP().slots_of(page)]


def test_a_name_with_separators_stays_one_field():
    cookie = f"{KNOWN}; tessera_consent=personalization"  # outside the test, so that the variant's own copy is shown
    _, hero, *_ = reply(request(**OPEN, cookie=cookie, now=str(int((AT + 10 * 3600) * 1000))), Profile({"account.domain": "a\x1e\x1fb<c>"}))
    assert hero == ["hero", "#hero", "replace", "1", "<h1>ab&lt;c&gt;</h1>"]
