"""A page view in steps: who is recognised, what is read, what fills the places, what the bridge must know of a bundle."""

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.routed import named, places, records, shown
from tests.edge.sites import ALL, ALWAYS, AT, attribute, both, bundle, call, experiment, ir, program, rule, shop, show, slot
from tessera.context import Request
from tessera.decide import decide
from tessera.identity import SESSION, Key, clear_cookie, recognise, session_id, sign
from tests.edge.test_profile import parse
from tessera.types import Profile, Visit
from tessera.visit import arrive, cookie, fillings, settle, units, wants_profile

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
        purposes=ALL, jurisdiction="rest", at=AT, offset=-180, seen={"recovery": (AT - 90, AT - 90.001)}, ages={"visitor.spend": 90.0}, served_from="store", fallbacks=("x",),
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


def filled(facts: Request, stored: Profile = Profile(), site=None) -> dict[str, str | None]:
    """What each place of the page is filled with, by slot; None where it stays as it is."""
    site = site or SHOP()
    seen = settle(site, arrive(site, KEYS, facts), stored)
    decisions = decide(site, seen, facts.page)
    told = fillings(site, facts.page, seen, decisions)
    return {name: shown(site, filling) for name, filling in zip(places(site, facts.page), told, strict=True) if name}


def test_each_place_is_filled_or_left():
    cookie = f"{KNOWN}; tessera_consent=personalization"
    assert filled(request(**OPEN, cookie=cookie, ip="192.0.2.4")) == {"hero": "<h1>acme.com</h1>", "banner": None, "notice": "<b>a</b>"}


def test_a_ranking_is_rendered():
    found = filled(request(**OPEN, page="product"))
    assert found["carousel"] == '<a href="/p/huila">Huila 14</a><a href="/p/gift">Gift </a><a href="/p/kettle">Kettle 89</a>'


@given(st.fixed_dictionaries({}, optional={n: hostile.text for n in Request._fields if n not in ("now", "offset", "page", "newcomer")}), hostile.text, st.sampled_from(["home", "product"]))
def test_no_request_and_no_profile_makes_it_raise_or_leaves_a_place_out(headers, domain, page):
    found = filled(request(**OPEN)._replace(**headers, page=page), Profile({"account.domain": domain, "visitor.plan": domain, "visitor.recent": [domain]}))
    assert len(found) == len(SHOP().slots_of(page))


def test_a_name_with_separators_cannot_end_its_place():
    cookie = f"{KNOWN}; tessera_consent=personalization"  # outside the test, so that the variant's own copy is shown
    found = filled(request(**OPEN, cookie=cookie, now=str(int((AT + 10 * 3600) * 1000))), Profile({"account.domain": "a\x1e\x1fb<c>"}))
    assert found["hero"] == "<h1>ab&lt;c&gt;</h1>"


def test_routes_are_the_pages_with_their_places():
    found = records(SHOP())
    assert [record[:2] for record in found] == [list(page) for page in SHOP().pages]
    home, product = (named(record) for record in found[:2])
    assert home == ["hero", "#hero", "replace", "banner", "#banner", "replace", "notice", "#notice", "replace"]
    assert product[::3] == [SHOP().slots[n].name for n in SHOP().slots_of("product")]


def test_a_redirect_is_no_place():
    away = slot("away", default="t0", pages=("home",), selector="", operation="redirect", component="", variants=(ir.Variant("t0", ()),), values=("/new",))
    site = bundle(program(away, slot("hero")))
    assert named(records(site)[0]) == ["hero", "#hero", "replace"]
    assert list(filled(request(), site=site)) == ["hero"]


# --- cookies of experiments ------------------------------------------------------------------------------------------


def trials(*made: ir.Experiment, **more):
    """A site with a slot for each experiment, whose rule runs it for everybody."""
    slots = (slot(f"in_{e.name}", (rule("all", ALWAYS, ir.Action(experiment=e.name, arms=(show("a"), show("b")))),)) for e in made)
    allowed = (ir.Jurisdiction("rest", None, ("personalization", "analytics"), False),)
    return bundle(program(*slots, experiments=made, jurisdictions=allowed, **more))


def answered(site, cookies: str = "", **more: str) -> tuple[str | None, list[str]]:
    """The session, and the Set-Cookie values of a page view."""
    arrival = arrive(site, KEYS, request(cookie=cookies, **more))
    decisions = decide(site, settle(site, arrival, Profile()), "home")
    return arrival.session, [one for one in cookie(site, arrival, decisions).split("\x1d") if one]


def value(set_cookie: str) -> str:
    return set_cookie.partition(";")[0]


STICKY = experiment("kept", sticky=("kept", 2, 1))
PERSONAL = experiment("personal", sticky=("personal", 0, 0), purpose="personalization")


def test_an_arm_is_given_once_and_then_kept():
    site = trials(STICKY)
    _, (first,) = answered(site)
    arms = recognise(value(first), KEYS, AT).sticky
    assert set(arms) == {"kept__2"} and arms["kept__2"] in ("control", "change")
    assert answered(site, value(first)) == (None, [])
    other = {"control": "change", "change": "control"}[arms["kept__2"]]
    moved = f"tessera={sign('fresh', int(AT), KEYS[0], {'kept__2': other})}"
    assert answered(site, moved) == (None, []), "whatever the hash says"


def test_an_arm_that_is_new_joins_those_that_are_kept():
    _, (set_cookie,) = answered(trials(STICKY, PERSONAL), f"tessera={sign('v', int(AT), KEYS[0], {'kept__2': 'change', 'elsewhere__0': 'b'})}")
    arms = recognise(value(set_cookie), KEYS, AT).sticky
    assert list(arms) == ["kept__2", "elsewhere__0", "personal__0"] and arms["kept__2"] == "change"


def test_with_a_purpose_its_arms_are_withdrawn():
    site = trials(STICKY, PERSONAL)
    all_ = f"tessera={sign('v', int(AT), KEYS[0], {'kept__0': 'change', 'kept__2': 'change', 'personal__0': 'change', 'elsewhere__0': 'b'})}"
    _, (set_cookie,) = answered(site, f"{all_}; tessera_consent=personalization")
    assert recognise(value(set_cookie), KEYS, AT).sticky == {"personal__0": "change"}
    assert answered(site, f"{all_}; tessera_consent=none") == (None, [clear_cookie()])


def test_an_arm_below_the_least_version_keeps_out_and_is_not_replaced():
    site = trials(STICKY)
    old = f"tessera={sign('v', int(AT), KEYS[0], {'kept__0': 'change'})}"
    assert answered(site, old) == (None, [])
    (decision,) = decide(site, settle(site, arrive(site, KEYS, request(cookie=old)), Profile()), "home")
    assert decision.experiment == -1


def test_forged_arms_are_nobodys():
    forged = sign("v", int(AT), Key("k", b"another secret, yes"), {"kept__2": "change"})
    assert arrive(trials(STICKY), KEYS, request(cookie=f"tessera={forged}")).sticky == {}


SESSIONS = experiment("by_session", unit="session")


def test_a_session_begins_where_a_site_tells_them_apart():
    session, cookies = answered(trials(SESSIONS))
    assert session == session_id("fresh") and [value(one).partition("=")[0] for one in cookies] == ["tessera", SESSION]
    assert answered(trials(SESSIONS), "; ".join(map(value, cookies)), newcomer="another") == (session, [])
    assert answered(trials(STICKY))[0] is None


def test_a_session_and_a_kept_arm_are_set_together():
    _, cookies = answered(trials(SESSIONS, STICKY))
    assert [value(one).partition("=")[0] for one in cookies] == ["tessera", SESSION]
    assert set(recognise(value(cookies[0]), KEYS, AT).sticky) == {"kept__2"}


def test_a_rollout_by_session_tells_sessions_apart():
    some = call("share", ir.Const("s", "string"), ir.Ref("unit.session", "any"), 500_000)
    site = bundle(program(slot("hero", (rule("some", both(ALWAYS, some), "a"),)), jurisdictions=(ir.Jurisdiction("rest", None, ("analytics",), False),)))
    assert site.sessions and answered(site)[0] == session_id("fresh")


@pytest.mark.parametrize("site", [trials(SESSIONS), trials(STICKY)], ids=["with sessions", "without"])
def test_a_withdrawn_consent_ends_the_session(site):
    _, cookies = answered(trials(SESSIONS))
    sent = "; ".join(map(value, cookies))
    assert answered(site, f"{sent}; tessera_consent=none") == (None, [clear_cookie(), clear_cookie(SESSION)])
    assert answered(site, f"{SESSION}=forged; tessera_consent=none") == (None, [clear_cookie(SESSION)])
    assert answered(site, "tessera_consent=none") == (None, [])


def test_without_a_visitor_there_is_no_unit_of_a_session():
    assert units(None, {}, "s") == {} and units("v", {}, "s") == {"visitor": "v", "session": "s"}


@given(hostile.text)
def test_no_cookie_breaks_the_set_cookie_values(text):
    for header in (f"tessera={text}", f"{SESSION}={text}", f"tessera={KNOWN[8:]}; {SESSION}={text}", text):
        _, cookies = answered(COOKIES(), header)
        assert all(one.partition("=")[0] in ("tessera", SESSION) and one.isprintable() and one.isascii() for one in cookies)


COOKIES = cache(lambda: trials(SESSIONS, STICKY))
