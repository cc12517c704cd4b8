"""At a login a visitor's history becomes part of their account's: what adds up, what is newer, and that nothing does so twice."""

import copy
import json

import pytest
from hypothesis import given, settings

from tests.edge.folding import HISTORIES, declared, everything, site, told, viewed
from tests.edge.sites import AT, DAY, named, table
from tests.edge.test_fold import histories, one_by_one, stored
from tessera.documents import MAX_PROFILE
from tessera.fold import fold, merge

ROWS = table("stitch.yaml")


@pytest.mark.parametrize("row", **named(ROWS))
def test_what_two_histories_make(row):
    more = {key: row[key] for key in ("half_life", "most") if key in row}
    site_ = site(declared("visitor.a", row["type"], row["from"], **more))

    def history(name, steps):
        return one_by_one(site_, [told(f"{name}{n}", {"event": event, **fields}, at=AT + after) for n, (after, event, fields) in enumerate(steps)])

    account, visitor = history("a", row["account"]), history("v", row["visitor"])
    value = merge(site_, account, {**(visitor or {}), "visitors": ["v1"]})["attributes"].get("visitor.a")
    if "items" in row:
        assert value == [{"item": item, "at": AT + at} for item, at in row["items"]]
    else:
        assert value == (pytest.approx(row["value"]) if isinstance(row["value"], (float, dict)) else row["value"])


SOLD, LOOKED = {"event": "purchase", "value": 5.25}, {"event": "view_item", "item": "mug"}
ACCOUNT = one_by_one(everything(), [told("a", SOLD, LOOKED, at=AT), viewed("w1", {"campaign": "spring"}, at=AT)])
VISITOR = one_by_one(everything(), [told("v", SOLD, LOOKED, LOOKED, at=AT - 9000, purposes=["personalization"])]) | {"visitors": ["v1"]}


def test_the_same_history_twice_changes_nothing():
    once = merge(everything(), ACCOUNT, VISITOR)
    assert once["attributes"]["visitor.orders"] == 2 and once["visitors"] == ["v1"]
    assert merge(everything(), once, VISITOR) is once
    later = fold(everything(), once, told("n", SOLD, at=AT + 60))
    assert merge(everything(), later, VISITOR) is later
    assert merge(everything(), {**once, "visitors": []}, VISITOR)["attributes"] == once["attributes"]


def test_what_the_device_does_after_the_login_is_taken_along_at_the_next():
    once = merge(everything(), ACCOUNT, VISITOR)
    emptied = {"v": 2, "attributes": {}, "moved_to": "a1", "visitors": ["v1"]}
    assert merge(everything(), once, emptied) is once
    again = fold(everything(), emptied, told("x", SOLD, at=AT + DAY))
    twice = merge(everything(), once, again)
    assert (twice["attributes"]["visitor.orders"], twice["visitors"]) == (3, ["v1"])
    assert merge(everything(), twice, again) is twice


def test_several_visitors_are_collected():
    once = merge(everything(), merge(everything(), None, VISITOR), {**VISITOR, "visitors": ["v2"]})
    assert (once["visitors"], once["attributes"]["visitor.orders"]) == (["v1", "v2"], 2)
    assert merge(everything(), None, {"visitors": ["v3"]})["visitors"] == ["v3"]


def test_caps_times_arms_and_consent():
    account = {**ACCOUNT, "sticky": {"a__0": "control"}, "level": "segment", "seen": {"recovery": [AT - 5], "spring": [AT]}}
    visitor = {**VISITOR, "sticky": {"a__0": "change", "b__0": "change"}, "level": "default", "seen": {"recovery": [AT - 5, AT - 9]}}
    found = merge(everything(), account, visitor)
    assert found["seen"] == {"recovery": [AT - 9, AT - 5], "spring": [AT]}
    assert (found["sticky"], found["level"]) == ({"a__0": "control", "b__0": "change"}, "segment")
    assert (found["created"], found["last"], found["updated"], found["purposes"]) == (AT - 9000, AT, AT, ["analytics", "personalization"])
    assert merge(everything(), {"v": 2, "attributes": {}}, visitor)["level"] == "default"


def test_what_comes_from_no_event_is_the_newer_one():
    def plan(value, at):
        return {"v": 2, "attributes": {"visitor.plan": value}, "updated_at": {"visitor.plan": at}, "updated": at, "visitors": ["v1"]}

    assert merge(everything(), plan("free", AT), plan("pro", AT + 1))["attributes"]["visitor.plan"] == "pro"
    assert merge(everything(), plan("free", AT), plan("pro", AT))["attributes"]["visitor.plan"] == "free"


def test_only_what_is_permitted_is_taken_along():
    visitor = {**one_by_one(everything(), [viewed("w2"), told("v", SOLD)]), "visitors": ["v1"]}
    assert "visitor.views" in visitor["attributes"]
    found = merge(everything(), None, visitor, purposes={"personalization"})
    assert "visitor.views" not in found["attributes"] and found["attributes"]["visitor.orders"] == 1


@pytest.mark.parametrize("document", [{"v": 2, "erased": AT}, {"v": 3, "attributes": {}}])
def test_what_was_erased_or_is_of_a_later_version_is_not_touched(document):
    assert merge(everything(), document, VISITOR) is document
    assert merge(everything(), ACCOUNT, document) is ACCOUNT


@settings(max_examples=HISTORIES)
@given(histories(), histories())
def test_merging_is_pure_and_does_nothing_twice(one, other):
    account = one_by_one(everything(), one)
    visitor = {**(one_by_one(everything(), [*other, told("always", LOOKED)])), "visitors": ["v1"]}
    kept = copy.deepcopy((account, visitor))
    found = merge(everything(), account, visitor)
    assert (account, visitor) == kept
    assert merge(everything(), found, visitor) is found and len(json.dumps(found, allow_nan=False)) < MAX_PROFILE


@settings(max_examples=HISTORIES)
@given(stored, stored)
def test_no_two_documents_make_merging_fail(one, other):
    merge(everything(), one, {**other, "visitors": ["v1"]} if isinstance(other, dict) else other)
