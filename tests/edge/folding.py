"""Sites and messages for tests of profiles."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping

from compiler import ir
from tests.edge import effort
from tests.edge.sites import AT, COLUMNS, DAY, ITEMS, attribute, bundle, program, slot
from tessera.derive import STAGES

BOTH = ("analytics", "personalization")
HISTORIES = 3_000 if effort.NIGHTLY else 80  # histories that the property tests try


def declared(name: str, type_: str, source: str | None, **more: Any) -> ir.Attribute:
    values = tuple(more.pop("values", STAGES if type_ == "enum" else ()))
    return attribute(name, type_, source=source, values=values, **more)


def site(*attributes: ir.Attribute, **more: Any):
    return bundle(program(slot("hero"), attributes=attributes, item_ids=ITEMS, item_columns=COLUMNS, **more))


KINDS = (
    declared("visitor.orders", "int", "events.purchase"),
    declared("visitor.spent", "double", "events.purchase.value"),
    declared("visitor.keen", "double", "events.search|view_item", half_life=DAY),
    declared("visitor.bought_last", "timestamp", "events.purchase"),
    declared("visitor.recent", "list<item>", "events.view_item", most=3),
    declared("visitor.dismissed", "list<string>", "events.dismiss.campaign", most=3),
    declared("visitor.taste", "map<string, double>", "events.view_item.category", half_life=DAY),
    declared("visitor.company", "string", "form.company"),
    declared("visitor.cart_value", "double", "cart.value", keep=7 * DAY),
    declared("visitor.cart", "list<item>", "cart.items"),
    declared("visitor.visits", "int", "visits"),
    declared("visitor.lifecycle", "enum", "lifecycle"),
    declared("visitor.views", "int", "events.page_view", purpose="analytics"),
    declared("visitor.plan", "string", None),
)
CAMPAIGNS = (
    ir.Campaign("recovery", None, (3, 7 * DAY), None),
    ir.Campaign("spring", None, (2, DAY), None, "decided", ("web", "email")),
    ir.Campaign("open", None, None, None),
)


@lru_cache
def everything():
    """A site with an attribute of every kind, and campaigns."""
    return site(*KINDS, campaigns=CAMPAIGNS)


def told(id_: str, *events: Mapping[str, Any], at: float = AT, **more: Any) -> dict[str, Any]:
    """A message of EVENTS, received at that time."""
    shared = {"bundle": "b", "unit": "u1", "unit_kind": "visitor", "purposes": list(BOTH), "jurisdiction": "rest", "bot": False}
    return {"events": list(events), "id": id_, "received": at, **shared, "profile": None, "shown": {}, **more}


def viewed(id_: str, *slots: Mapping[str, Any], at: float = AT, page: str = "home", **more: Any) -> dict[str, Any]:
    """A message of DECISIONS."""
    rows = [{"slot": "hero", "campaign": None, "variant": "a", "holdout": False, "reason": "rule", **row} for row in slots]
    view = {"id": id_, "page": page, "channel": "web", "at": at, "unit": "u1", "inputs": {}, "purposes": list(BOTH), "jurisdiction": "rest", **more}
    return {"view": {**view, "slots": rows}, "page_status": "spliced", "places": {}}
