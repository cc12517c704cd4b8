"""Consent: the visitor's own choice, else what the place allows; never more."""

from functools import cache

import pytest
from hypothesis import given

from tests.edge import hostile
from tests.edge.sites import ALL, bundle, ir, is_, named, program, shop, slot, table
from tessera.consent import Choice, choice, chosen, in_force
from tessera.types import LADDER

KNOWN = ("personalization", "analytics")
SHOP = cache(lambda: bundle(shop()))


@pytest.mark.parametrize("row", **named(table("consent.yaml")))
def test_the_cookie(row):
    found = choice(row["cookie"], KNOWN)
    assert (None if found is None else sorted(found)) == row["choice"]


@pytest.mark.parametrize("row", **named(table("jurisdictions.yaml")))
def test_what_is_in_force(row):
    facts = {f"request.{name}": value for name, value in row["facts"].items()}
    chosen = frozenset(row["chosen"]) if "chosen" in row else None
    purposes, jurisdiction = in_force(SHOP(), chosen, facts)
    assert (sorted(purposes), jurisdiction) == (row["allowed"], row["jurisdiction"])


@pytest.mark.parametrize("region, allowed, name", [("EEA", ALL, "eea"), ("US-CA", frozenset(), ""), (None, ALL, "eea")])
def test_where_no_jurisdiction_holds_nothing_is_allowed(region, allowed, name):
    site = bundle(program(slot("hero"), jurisdictions=(ir.Jurisdiction("eea", is_("request.region", "EEA"), KNOWN, False),)))
    facts = {"request.region": region} if region else {}
    assert in_force(site, None, facts) == (allowed, name)


def test_a_site_without_jurisdictions_allows_nothing():
    assert in_force(bundle(program(jurisdictions=())), None, {}) == (frozenset(), "")


def test_an_oversized_cookie_grants_nothing():
    assert choice("analytics." * 60, KNOWN) == frozenset()


@given(hostile.text)
def test_no_cookie_grants_what_it_does_not_name(text):
    found = choice(text, KNOWN)
    assert found <= frozenset(KNOWN)
    for purpose in found:
        assert purpose in text.lower() or text.strip(".,|+ ").lower() == "all"


# --- the choice, by whichever cookie tells it ---------------------------------------------------------------------------------

CHOICES = (("personalization", (1, 3), ("TargetedAdvertisingOptOut",)), ("analytics", (1, 2), ("SaleOptOut", "SharingOptOut")))
BOTH = frozenset(KNOWN)
TC = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"  # purposes 1, 2, 3; vendors 2, 6, 8
CMP = "CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA"  # no purposes
EUROPE = "DBACNYA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~1YNN"
SHARING, TARGETED, SIGNAL = "DBABBg~BAkYAEBA.QA", "DBABRg~BAEAAJA", "DBABEYA~BYBA.YA"


@cache
def site(vendor: int | None = None):
    consent = (("cookie", "own"), ("gpp", "gpp"), ("tcf", "euconsent-v2"), ("us_privacy", "usprivacy"), ("vendor", vendor))
    denied = ir.Jurisdiction("colorado", is_("request.region", "US-CO"), KNOWN, True)
    places = (ir.Jurisdiction("eea", is_("request.region", "EEA"), (), False), denied, ir.Jurisdiction("rest", None, KNOWN, False))
    return bundle(program(slot("hero"), choices=CHOICES, consent=consent, jurisdictions=places))


CHOSEN = [  # Cookie header, vendor → purposes (None: no choice), those denied, whether GPC is in it, level
    ("", None, None, (), False, "individual"),
    ("tessera_consent=all", None, None, (), False, "individual"),
    ("own=analytics", None, ("analytics",), (), False, "individual"),
    ("own=analytics.level-cohort", None, ("analytics",), (), False, "cohort"),
    ("own=all.level-segment", None, KNOWN, (), False, "segment"),
    ("own=none.level-default", None, (), (), False, "default"),
    ("own=all.level-segment.level-cohort", None, KNOWN, (), False, "cohort"),
    ("own=all.level-nonsense", None, KNOWN, (), False, "default"),
    (f"own={'analytics.' * 60}", None, (), (), False, "individual"),
    (f"own=analytics; euconsent-v2={TC}", None, ("analytics",), (), False, "individual"),
    (f"euconsent-v2={TC}", None, KNOWN, (), False, "individual"),
    (f"euconsent-v2={CMP}", None, (), (), False, "individual"),
    (f"euconsent-v2={TC}", 6, KNOWN, (), False, "individual"),
    (f"euconsent-v2={TC}", 7, (), (), False, "individual"),
    (f"euconsent-v2={TC[:20]}", None, (), (), False, "individual"),
    ("euconsent-v2=", None, (), (), False, "individual"),
    (f"euconsent-v2={TC}; gpp={SHARING}", None, KNOWN, (), False, "individual"),
    (f"gpp={EUROPE}", None, (), (), False, "individual"),
    (f"gpp={SHARING}", None, None, ("analytics",), False, "individual"),
    (f"gpp={TARGETED}", None, None, ("personalization",), False, "individual"),
    (f"gpp={SIGNAL}", None, None, ("analytics",), True, "individual"),
    ("gpp=DBABJg~BAAAAEA", None, None, (), False, "individual"),
    ("gpp=nonsense", None, (), (), False, "individual"),
    (f"gpp={SHARING}; usprivacy=1YNN", None, None, ("analytics",), False, "individual"),
    ("usprivacy=1YYN", None, None, ("analytics",), False, "individual"),
    ("usprivacy=1yyn", None, None, ("analytics",), False, "individual"),
    ("usprivacy=1YNN", None, None, (), False, "individual"),
    ("usprivacy=1---", None, None, (), False, "individual"),
    ("usprivacy=2YNN", None, (), (), False, "individual"),
    ("usprivacy=1YXN", None, (), (), False, "individual"),
    ("usprivacy=", None, (), (), False, "individual"),
    ("x=" + "y" * 16_384, None, (), (), False, "individual"),
]


@pytest.mark.parametrize("header, vendor, purposes, denied, gpc, level", CHOSEN, ids=range(len(CHOSEN)))
def test_a_choice_by_any_of_the_cookies(header, vendor, purposes, denied, gpc, level):
    expected = Choice(None if purposes is None else frozenset(purposes), frozenset(denied), gpc, level)
    assert chosen(site(vendor), header) == expected


FORCE = [  # Cookie header, GPC as a header, region → purposes in force
    ("", False, "EEA", ()), ("", False, "US-CO", KNOWN), ("", True, "US-CO", ()), ("", True, "BR", KNOWN),
    (f"gpp={SHARING}", False, "US-CO", ("personalization",)), (f"gpp={SIGNAL}", False, "US-CO", ()), (f"gpp={SIGNAL}", False, "BR", ("personalization",)),
    ("usprivacy=1YYN", False, "US-CO", ("personalization",)), ("usprivacy=1YYN", True, "US-CO", ()), ("usprivacy=1YYN", False, "EEA", ()),
    (f"euconsent-v2={TC}", False, "EEA", KNOWN), (f"euconsent-v2={TC}", True, "US-CO", KNOWN), ("own=analytics", True, "US-CO", ("analytics",)),
]  # fmt: skip


@pytest.mark.parametrize("header, signal, region, purposes", FORCE, ids=range(len(FORCE)))
def test_a_choice_and_the_place_together(header, signal, region, purposes):
    told = chosen(site(), header)
    facts = {"request.region": region, **({"request.gpc": True} if signal else {})}
    assert in_force(site(), told.purposes, facts, told.denied, told.gpc)[0] == frozenset(purposes)


@given(hostile.text)
def test_no_header_makes_it_raise_or_grants_by_accident(text):
    for name in ("own", "euconsent-v2", "gpp", "usprivacy"):
        told = chosen(site(), f"{name}={text}")
        assert told.purposes is None or told.purposes <= BOTH and (name == "own" or not told.purposes or "C" in text)
        assert told.level in LADDER and told.denied <= BOTH
