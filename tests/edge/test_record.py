"""The record: complete, in names, plain JSON, and without what consent does not allow."""

import json
from functools import cache

import pytest
from hypothesis import given

from tests.edge import hostile
from compiler import ir
from tests.edge.sites import ALL, AT, DAY, bundle, experiment, program, shop, show, slot, visit_of
from tessera.decide import decide
from tessera.profile import permitted, read
from tessera.record import inputs, outcome, page_view, plain, rows, text
from tessera.types import Decision, ListedItem, Ranked, Visit

SHOP = cache(lambda: bundle(shop()))
RAW = {"visitor.recent": ["kenya", {"item": "huila", "at": AT}], "visitor.spend": 80, "request.hour": 19}


def message(purposes: frozenset = ALL, **more) -> dict:
    seen = visit_of(SHOP(), RAW, purposes, served_from="store", fallbacks=("profile-late",), **more)
    decisions = decide(SHOP(), seen, "home")
    return page_view(SHOP(), seen, decisions, view="view-1", page="home")


def test_the_whole_message():
    found = message()
    assert {key: value for key, value in found.items() if key != "slots"} == {
        "v": 1, "id": "view-1", "page": "home", "channel": "web", "at": AT, "offset": 0, "bundle": SHOP().name, "unit": "u1", "unit_kind": "visitor",
        "inputs": {"request.hour": 19, "visitor.open_case": False, "visitor.recent": ["kenya", {"item": "huila", "at": AT}], "visitor.spend": 80.0},
        "ages": {"visitor.recent": 0, "visitor.spend": 0}, "sticky": {}, "seen": {}, "purposes": ["analytics", "personalization"], "jurisdiction": "rest",
        "served_from": "store", "fallbacks": ["profile-late"],
    }  # fmt: skip
    assert found["slots"][0] == {
        "slot": "hero", "variant": "case_study", "level": "cohort", "rule": "evening", "segment": None, "campaign": None, "experiment": "headline",
        "arm": "benefit", "holdout": False, "propensity": 0.5, "reason": "rule", "model": None, "model_version": None, "score": None, "items": [],
        "alternatives": [], "component": "hero",
    }  # fmt: skip
    assert [s["slot"] for s in found["slots"]] == ["hero", "banner", "notice"]


def test_rows_repeat_what_the_slots_share_and_tell_what_became_of_each():
    found = message()
    lines = rows({"view": found, "page_status": "plan-hit", "places": {"hero": "spliced", "banner": "slot-unclosed", "gone": "kept"}})
    assert [(line["slot"], line["place"]) for line in lines] == [("hero", "spliced"), ("banner", "slot-unclosed"), ("notice", None)]
    assert all(line["id"] == "view-1" and line["page_status"] == "plan-hit" and "slots" not in line for line in lines)
    assert set(lines[0]) == (set(found) - {"slots"}) | set(found["slots"][0]) | {"page_status", "lane", "took", "place"}


def test_rows_of_a_message_that_tells_nothing_of_the_page():
    assert {(line["page_status"], line["place"], line["lane"], line["took"]) for line in rows({"view": message()})} == {(None, None, "live", None)}


def test_the_text_is_the_message_as_json():
    seen = visit_of(SHOP(), RAW, ALL)
    decisions = decide(SHOP(), seen, "home")
    told = text(SHOP(), seen, decisions, view="view-1", page="home")
    assert json.loads(told) == page_view(SHOP(), seen, decisions, view="view-1", page="home")
    assert told.isascii() and told.isprintable(), "no separator of the bridge's strings can be in it"


@pytest.mark.parametrize(
    "purposes, units, unit, kind",
    [
        (ALL, {"visitor": "u1", "account": "acme.com"}, "acme.com", "account"),
        (ALL, {"visitor": "u1"}, "u1", "visitor"),
        (frozenset({"personalization"}), {"visitor": "u1", "account": "acme.com"}, None, None),
    ],
    ids=["the account's arm", "no account, no arm", "without the log's purpose"],
)
def test_a_row_has_the_unit_that_its_experiment_randomises(purposes, units, unit, kind):
    trial = experiment("e", unit="account", purpose="personalization")
    variants = tuple(ir.Variant(name, ((name,),) * 3) for name in "ab")
    test = ir.Action(experiment="e", arms=(show("a"), show("b")))
    site = bundle(program(slot("hero", test=test, variants=variants), experiments=(trial,)))
    seen = Visit(units=units, purposes=purposes, at=AT)
    (row,) = rows({"view": page_view(site, seen, decide(site, seen, "home"), view="v", page="home")})
    assert (row["unit"], row["unit_kind"]) == (unit, kind)
    assert row["experiment"] == ("e" if "account" in units else None)


@pytest.mark.parametrize(
    "purposes, unit, logged",
    [
        (ALL, "u1", {"request.hour", "visitor.open_case", "visitor.recent", "visitor.spend"}),
        (frozenset({"personalization"}), None, {"request.hour"}),
        (frozenset(), None, {"request.hour"}),
    ],
    ids=["the log's purpose is in force", "it is not", "nothing is"],
)
def test_without_the_purpose_of_the_log_no_stored_fact_is_in_it(purposes, unit, logged):
    found = message(purposes)
    assert (found["unit"], set(found["inputs"])) == (unit, logged)
    assert found["ages"] == {} or unit


def test_a_log_that_needs_no_purpose():
    from dataclasses import replace

    site = bundle(replace(shop(), log_purpose=None))
    assert "visitor.spend" in inputs(site, visit_of(site, RAW, frozenset({"personalization"})))


@pytest.mark.parametrize(
    "decision, expected",
    [
        (Decision(0, -1, "default"), {"variant": "none", "level": "default", "rule": None}),
        (Decision(1, 0, "rule", 3), {"rule": "cart_left", "campaign": "recovery", "level": "segment"}),
        (Decision(0, 1, "rule", 0), {"segment": "partner", "rule": "abm"}),
        (Decision(0, 0, "holdout", holdout=True), {"holdout": True, "reason": "holdout"}),
        (Decision(2, 0, "test", 4, 0, 1, 1, 0.5, 0, (Ranked(3, 1.5),), (Ranked(4, 0.5),)), {
            "experiment": "ranker", "arm": "taste", "model": "affinity", "model_version": "v1", "score": 1.5, "items": ["kettle"],
            "alternatives": [{"item": "scale", "score": 0.5}],
        }),
    ],
)  # fmt: skip
def test_outcome(decision, expected):
    found = outcome(SHOP(), decision)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "value, as_json",
    [
        ("a", "a"), ("a\ud800b", "a?b"), (("a", 1, True), ["a", 1, True]), ((ListedItem("a", 1.0), ListedItem("\ud800")), [{"item": "a", "at": 1.0}, "?"]), (True, True),
        ({"\ud800": "\ud800"}, {"?": "?"}), ((1, 2, 3, 1, ()), [1, 2, 3, 1, []]), (0.5, 0.5), ((), []),
    ],
)  # fmt: skip
def test_plain(value, as_json):
    assert plain(value) == as_json
    json.dumps(plain(value), ensure_ascii=False).encode("utf-8")


@given(hostile.json_values, hostile.json_values, hostile.text)
def test_whatever_a_profile_holds_the_record_is_json(raw, updated, view):
    stored = read({"attributes": {"visitor": {name: raw for name in ("plan", "age", "spend", "since", "recent", "tags", "traits", "app")}}, "updated": updated}, SHOP().attributes, AT)
    values, ages = permitted(SHOP(), stored, {}, ALL)
    seen = Visit(values=values, ages=ages, purposes=ALL, units={"visitor": "u"}, at=AT)
    found = page_view(SHOP(), seen, decide(SHOP(), seen), view="v", page=None)
    told = text(SHOP(), seen, decide(SHOP(), seen), view="v", page=None)
    assert json.loads(told) == json.loads(json.dumps(found, allow_nan=False)) == found
    assert told.isascii() and told.isprintable()


def test_ages_are_whole_seconds():
    stored = read({"attributes": {"visitor": {"spend": 3}}, "updated": AT - DAY - 0.6}, SHOP().attributes, AT)
    values, ages = permitted(SHOP(), stored, {}, ALL)
    seen = Visit(values=values, ages=ages, purposes=ALL, at=AT)
    assert page_view(SHOP(), seen, (), view="v", page=None)["ages"] == {"visitor.spend": DAY + 1}
