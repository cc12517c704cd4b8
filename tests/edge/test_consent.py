"""Consent: the visitor's own choice, else what the place allows; never more."""

from functools import cache

import pytest
from hypothesis import given

from tests.edge import hostile
from tests.edge.sites import ALL, bundle, ir, is_, named, program, shop, slot, table
from tessera.consent import choice, in_force

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
