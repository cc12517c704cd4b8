"""Segments of a profile: those whose condition holds by what is stored, kept and permitted."""

import json

import pytest

from compiler import ir
from tests.edge.folding import told
from tests.edge.sites import AT, DAY, attribute, bundle, is_, program, slot
from tessera.consumer import folded, read
from tessera.segments import of_document, segments_of

KEEN = ir.Call("ge", (ir.Ref("visitor.visits", "int"), ir.Const(3, "int")))
BUYER = ir.Call("eq", (ir.Ref("visitor.orders", "int"), ir.Const(1, "int")))
SITE = bundle(
    program(
        slot("hero"),
        attributes=(attribute("visitor.visits", "int", keep=7 * DAY), attribute("visitor.plan", "string", purpose="analytics")),
        segments=(("keen", KEEN), ("pro", is_("visitor.plan", "pro")), ("german", is_("request.country", "DE"))),
    )
)
STORED = {"visitor.visits": 4, "visitor.plan": "pro"}


def test_by_values():
    assert segments_of(SITE, {**STORED, "request.country": "DE"}) == ["keen", "pro", "german"]
    assert segments_of(SITE, {"visitor.visits": 2}) == segments_of(SITE, {}) == []


@pytest.mark.parametrize("document, inside", [
    ({}, ["keen", "pro"]), ({"purposes": ["analytics", "personalization"]}, ["keen", "pro"]), ({"purposes": ["analytics"]}, ["pro"]), ({"purposes": []}, []),
    ({"updated_at": {"visitor.visits": AT - 8 * DAY}}, ["pro"]), ({"attributes": {"visitor.visits": "4", "visitor.plan": "pro", "gone": 1}}, ["pro"]),
])  # fmt: skip
def test_by_a_document(document, inside):
    assert of_document(SITE, {"v": 2, "attributes": STORED, "updated": AT, **document}, AT) == inside


def test_the_consumer_writes_them_into_the_profile_and_takes_them_out_again():
    site = bundle(program(slot("hero"), attributes=(attribute("visitor.orders", "int", source="events.purchase"),), segments=(("buyer", BUYER),)))
    first = folded(site, None, [read("m1", json.dumps(told("m1", {"event": "purchase"})))]).document
    assert first["segments"] == ["buyer"]
    many = folded(site, first, [read("m2", json.dumps(told("m2", {"event": "purchase"}, at=AT + 5)))]).document
    assert many["attributes"] == {"visitor.orders": 2} and "segments" not in many
