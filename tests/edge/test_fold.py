"""Events → profile: what each kind of attribute becomes, whatever order messages come in and however often; and what stays untouched."""

import copy
import json
import re
import sys
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.folding import HISTORIES, declared, everything, site, told, viewed
from tests.edge.sites import AT, DAY, ITEMS, named, table
from tessera import documents
from tessera.derive import derivation
from tessera.documents import MAX_PROFILE, MOST_APPLIED, MOST_SEEN, text
from tessera.events import message_of, rows
from tessera.fold import fold, newest, written
from tessera.types import Attribute, coerce

ROWS = table("fold.yaml")


def one_by_one(site_, messages, document=None):
    for message in messages:
        document = fold(site_, document, message)
    return document


# --- each kind ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", **named(ROWS))
def test_what_an_attribute_becomes(row):
    more = {key: row[key] for key in ("half_life", "most", "values") if key in row}
    site_ = site(declared("visitor.a", row["type"], row["from"], **more))
    before = {"v": 2, "attributes": {"visitor.a": row["before"]}, "updated": AT} if "before" in row else None
    messages = [told(f"m{number}", {"event": event, **fields}, at=AT + after) for number, (after, event, fields) in enumerate(row["events"])]
    value = one_by_one(site_, messages, before)["attributes"].get("visitor.a")
    if "items" in row:
        assert value == [item if at is None else {"item": item, "at": AT + at} for item, at in row["items"]]
    elif "time" in row:
        assert value == AT + row["time"]
    else:
        assert value == (pytest.approx(row["value"]) if isinstance(row["value"], (float, dict)) else row["value"])
    if value is not None:
        assert type(value) is not bool or row["type"] == "bool"
        assert coerce(site_.attributes["visitor.a"], value) is not None


# --- order, duplicates ---------------------------------------------------------------------------------------------------

EVENTS = st.one_of(
    st.fixed_dictionaries({"event": st.sampled_from(["search", "sign_up", "page_view", "email_open"])}),
    st.fixed_dictionaries({"event": st.just("view_item"), "item": st.sampled_from(ITEMS)}),
    st.fixed_dictionaries({"event": st.sampled_from(["add_to_cart", "remove_from_cart"]), "item": st.sampled_from(ITEMS), "value": st.integers(1, 5000).map(lambda n: n / 100)}),
    st.fixed_dictionaries({"event": st.just("purchase"), "value": st.integers(-5000, 50_000).map(lambda n: n / 100)}),
    st.fixed_dictionaries({"event": st.just("form_submit"), "form": st.just("f"), "fields": st.fixed_dictionaries({"company": st.sampled_from("ABC")})}),
    st.fixed_dictionaries({"event": st.just("dismiss"), "campaign": st.sampled_from(["recovery", "spring", "open", "old"])}),
    st.fixed_dictionaries({"event": st.just("exposure"), "view": st.just("v"), "slot": st.sampled_from(["hero", "ad"])}),
)
SHOWN = {"v": {"hero": "recovery", "ad": "spring"}}
OFFSETS = st.integers(0, 40 * 3600)  # within what a stay is kept for


@st.composite
def histories(draw):
    messages = []
    for number in draw(st.permutations(range(draw(st.integers(1, 7))))):  # ids are never those of another message
        at, id_ = AT + draw(OFFSETS), str(UUID(int=number << 96 | 7))
        purposes = draw(st.sampled_from([["analytics", "personalization"], ["personalization"], ["analytics"], []]))
        if draw(st.booleans()):
            slots = [{"campaign": draw(st.sampled_from([None, "spring", "recovery"]))}]
            messages.append(viewed(id_, *slots, at=at, purposes=purposes))
        else:
            found = [event | {"ago": draw(st.integers(0, 7200)) * 1000} for event in draw(st.lists(EVENTS, min_size=1, max_size=3))]
            messages.append(told(id_, *found, at=at, purposes=purposes, shown=SHOWN))
    return messages


def comparable(document):
    """What must be the same: everything, up to the rounding of decayed sums and the order of ids."""
    if document is None:
        return None
    found = copy.deepcopy(document)
    found["applied"] = sorted(found["applied"])
    for name in ("visitor.keen", "visitor.taste"):
        if name in found["attributes"]:
            found["attributes"][name] = pytest.approx(found["attributes"][name], rel=1e-9, abs=1e-9)
    return found


BASES = st.sampled_from([
    None,
    {"attributes": {"visitor": {"visits": 3, "lifecycle": "engaged", "taste": {"gear": 2.0}, "cart_value": 12.5}}, "updated": "2025-12-03T10:00:00Z"},
    {"v": 2, "attributes": {"visitor.recent": ["mug", {"item": "scale", "at": AT + 9}], "visitor.plan": "pro", "visitor.company": "A"}, "updated": AT - 5, "seen": {"recovery": 2}},
])  # fmt: skip


@settings(max_examples=HISTORIES)
@given(histories(), BASES, st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(messages, base, chance):
    straight = one_by_one(everything(), messages, base)
    shuffled = [*messages, *chance.choices(messages, k=len(messages))]
    chance.shuffle(shuffled)
    again = one_by_one(everything(), shuffled, base)
    if straight is base:
        assert again is base
        return
    mixed = copy.deepcopy(again)
    mixed["applied"] = sorted(mixed["applied"])
    assert mixed == comparable(straight)


@pytest.mark.parametrize("event", [{"event": "form_submit", "form": "f", "fields": {"company": "A"}}, {"event": "purchase", "value": 5}])
def test_what_happened_before_and_is_told_after_was_told_all_the_same(event):
    first, second = told("a", event | {"ago": 60_000}, at=AT + 9), told("b", event, at=AT)
    one, other = one_by_one(everything(), [first, second]), one_by_one(everything(), [second, first])
    assert one["updated_at"] == other["updated_at"] and one["state"] == other["state"]


@settings(max_examples=HISTORIES)
@given(histories(), BASES)
def test_what_was_given_is_not_changed(messages, base):
    kept, told_ = copy.deepcopy(base), copy.deepcopy(messages)
    document = one_by_one(everything(), messages, base)
    after = copy.deepcopy(document)
    one_by_one(everything(), messages, document)
    assert (base, messages, document) == (kept, told_, after)


def test_a_message_again_gives_the_very_document():
    message = told("m", {"event": "purchase", "value": 5}, {"event": "view_item", "item": "mug"})
    once = fold(everything(), None, message)
    assert fold(everything(), once, message) is once
    assert once["applied"] == ["m-0", "m-1"] and once["attributes"]["visitor.orders"] == 1


def test_only_so_many_ids_are_remembered():
    messages = [told(f"m{number}", *[{"event": "search"}] * 50, at=AT + number) for number in range(3)]
    document = one_by_one(everything(), messages)
    assert document["applied"] == [f"m{m}-{n}" for m in range(3) for n in range(50)][-MOST_APPLIED:]
    assert fold(everything(), document, messages[2]) is document
    assert fold(everything(), document, messages[0]) is not document, "declared: what is delivered again after that counts again"


# --- who, and with which consent -------------------------------------------------------------------------------------------

SOLD = {"event": "purchase", "value": 5}


@pytest.mark.parametrize("message", [
    told("m", SOLD, unit=None), told("m", SOLD, bot=True), told("m", SOLD, purposes=[]), told("m", SOLD, purposes=[], profile="p"),
    viewed("v", unit=None), viewed("v", purposes=[]), viewed("v", {"reason": "bot"}), viewed("v", inputs={"request.bot": True}),
], ids=range(8))  # fmt: skip
def test_of_nobody_nothing_is_stored(message):
    document = {"v": 2, "attributes": {"visitor.plan": "pro"}}
    assert fold(everything(), document, message) is document
    assert fold(everything(), None, message) is None


@pytest.mark.parametrize("document", [{"v": 2, "erased": AT}, {"erased": AT - 5}, {"v": 3, "attributes": {}}])
def test_what_was_erased_or_is_of_a_later_version_stays_as_it_is(document):
    assert fold(everything(), document, told("m", SOLD)) is document
    assert written(everything(), document, {"visitor.plan": "pro"}, AT) is document


@pytest.mark.parametrize("purposes, touched", [
    (["analytics"], {"visitor.views"}), (["personalization"], {"visitor.visits", "visitor.lifecycle"}),
    (["analytics", "personalization"], {"visitor.views", "visitor.visits", "visitor.lifecycle"}),
])  # fmt: skip
def test_an_attribute_is_changed_only_for_its_purpose(purposes, touched):
    document = fold(everything(), None, viewed("v", purposes=purposes))
    assert document["attributes"].keys() == document["updated_at"].keys() == touched
    assert (document["purposes"], document["jurisdiction"]) == (purposes, "rest")


def test_a_profile_is_kept_for_whom_only_the_log_may_not_know():
    assert fold(everything(), None, told("m", SOLD, unit=None, profile="u1", purposes=["personalization"]))["attributes"]["visitor.orders"] == 1


def test_when():
    document = fold(everything(), None, told("m", SOLD | {"ago": 60_000}, {"event": "email_open"}, at=AT))
    assert (document["updated"], document["created"], document["last"]) == (AT, AT - 60, AT - 60)
    assert document["updated_at"]["visitor.orders"] == AT and document["attributes"]["visitor.bought_last"] == AT - 60
    later = fold(everything(), document, told("n", SOLD, at=AT - 500, purposes=["personalization"]))
    assert (later["updated"], later["created"], later["last"]) == (AT, AT - 500, AT - 60)
    assert later["updated_at"]["visitor.orders"] == AT and later["purposes"] == ["analytics", "personalization"], "of the later one"


def test_what_is_older_than_its_keep_is_forgotten():
    first = fold(everything(), None, told("m", {"event": "add_to_cart", "value": 50}))
    soon = fold(everything(), first, told("n", {"event": "search"}, at=AT + 7 * DAY))
    late = fold(everything(), first, told("n", {"event": "search"}, at=AT + 7 * DAY + 1))
    anew = fold(everything(), first, told("n", {"event": "add_to_cart", "value": 4}, at=AT + 7 * DAY + 1))
    assert soon["attributes"]["visitor.cart_value"] == 50 and anew["attributes"]["visitor.cart_value"] == 4
    assert all("visitor.cart_value" not in late[part] for part in ("attributes", "updated_at", "state"))


# --- page views and caps ---------------------------------------------------------------------------------------------------

VIEW = "0b5a2f6e-1c7d-4e8f-9a0b-3c4d5e6f7a8b"


def test_a_page_view_counts_once():
    told_too = told("m", {"event": "page_view", "view": VIEW}, {"event": "page_view"})
    document = one_by_one(everything(), [viewed(VIEW), told_too, viewed(VIEW)])
    assert document["attributes"]["visitor.views"] == 2, "the edge's own, and one that it did not see"


def test_of_a_page_in_place_of_which_another_is_given_only_the_other_counts():
    document = one_by_one(everything(), [viewed("a", {"campaign": "spring"}) | {"page_status": "redirected"}, viewed("b")])
    assert (document["attributes"]["visitor.views"], document["seen"]) == (1, {"spring": [AT]})


@pytest.mark.parametrize("more", [{"profile": "a1"}, {"view": {**viewed("v")["view"], "unit": None, "profile": "a1"}}])
def test_a_page_view_says_whose_it_is(more):
    nobody = viewed("v", unit=None)
    assert fold(everything(), None, nobody) is None and fold(everything(), None, nobody | more)["attributes"]["visitor.views"] == 1


@pytest.mark.parametrize("channel, seen", [("email", [AT]), ("sms", None)])
def test_a_decision_for_another_channel_is_no_page_view_and_counts_where_the_cap_names_it(channel, seen):
    document = fold(everything(), None, viewed(VIEW, {"campaign": "spring"}, channel=channel))
    assert (document["attributes"], document.get("seen", {}).get("spring"), "last" in document) == ({}, seen, False)


@pytest.mark.parametrize("slots, seen", [
    ([{"campaign": "spring"}], {"spring": [AT]}), ([{"campaign": "spring"}, {"campaign": "spring"}], {"spring": [AT]}),
    ([{"campaign": "spring", "variant": "none"}], {}), ([{"campaign": "spring", "holdout": True}], {}), ([{"campaign": "recovery"}], {}), ([{"campaign": "gone"}], {}),
], ids=range(6))  # fmt: skip
def test_caps_that_count_what_was_decided(slots, seen):
    assert fold(everything(), None, viewed(VIEW, *slots)).get("seen", {}) == seen


@pytest.mark.parametrize("event, seen", [
    ({"event": "exposure", "view": VIEW, "slot": "hero"}, {"recovery": [AT]}), ({"event": "exposure", "view": VIEW, "slot": "ad"}, {}),
    ({"event": "exposure", "view": VIEW, "slot": "none"}, {}), ({"event": "exposure", "view": "v", "slot": "hero"}, {}),
    ({"event": "exposure", "view": "v", "slot": "hero", "campaign": "recovery"}, {"recovery": [AT]}),
    ({"event": "undone", "view": VIEW, "slot": "hero"}, {}), ({"event": "rating", "view": VIEW, "slot": "hero", "rating": 1}, {}),
    ({"event": "dismiss", "campaign": "recovery"}, {"recovery": [AT - 0.002, AT - 0.001, AT]}), ({"event": "dismiss", "view": VIEW, "slot": "hero"}, {"recovery": [AT - 0.002, AT - 0.001, AT]}),
    ({"event": "dismiss", "campaign": "spring"}, {"spring": [AT - 0.001, AT]}), ({"event": "dismiss", "campaign": "open"}, {}), ({"event": "hide", "view": VIEW, "slot": "hero"}, {}),
], ids=range(12))  # fmt: skip
def test_caps_that_count_what_was_seen(event, seen):
    document = fold(everything(), None, told("m", event, shown={VIEW: {"hero": "recovery", "ad": "spring"}}))
    assert document.get("seen", {}) == {name: pytest.approx(times, abs=1e-6) for name, times in seen.items()}


def test_seen_is_bounded_and_goes_on_from_a_count():
    document = fold(everything(), {"seen": {"recovery": 2}, "updated": AT - 9}, told("m", {"event": "exposure", "view": VIEW, "slot": "hero"}, shown={VIEW: {"hero": "recovery"}}))
    assert document["seen"]["recovery"] == pytest.approx([AT - 9.001, AT - 9, AT], abs=1e-6)
    many = [told(f"m{n}", {"event": "exposure", "view": VIEW, "slot": "hero"}, at=AT + n, shown={VIEW: {"hero": "recovery"}}) for n in range(MOST_SEEN + 9)]
    assert one_by_one(everything(), many)["seen"]["recovery"] == [AT + n for n in range(9, MOST_SEEN + 9)]


# --- the log -----------------------------------------------------------------------------------------------------------


@settings(max_examples=HISTORIES)
@given(histories())
def test_a_profile_can_be_made_again_from_the_log(messages):
    messages = [{**message, "shown": {}} for message in messages if "events" in message]
    logged = [json.loads(json.dumps(row)) for message in messages for row in rows(message)]
    before = [{key: value for key, value in row.items() if key != "v"} for row in logged]  # rows of before there was a version
    assert list(map(message_of, before)) == list(map(message_of, logged))
    assert one_by_one(everything(), map(message_of, logged)) == one_by_one(everything(), [{**m, "events": [event]} | {"first": n} for m in messages for n, event in enumerate(m["events"])])


# --- bounds ------------------------------------------------------------------------------------------------------------


def test_an_event_costs_a_bounded_number_of_calls():
    """Of Python's, which is what time at the edge is made of; the document is one that has seen a lot."""
    kinds = [{"event": "view_item", "item": "mug"}, {"event": "add_to_cart", "item": "mug", "value": 3}, {"event": "search"}, {"event": "dismiss", "campaign": "recovery"}]
    full = one_by_one(everything(), [told(f"m{n}", *[kind | {"ago": 600_000 * i} for i, kind in enumerate(kinds * 12)], at=AT + 7200 * n) for n in range(20)])
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event == "call"

    message = told("last", *(kinds * 12), at=AT + 200_000)
    sys.setprofile(counted)
    try:
        fold(everything(), full, message)
    finally:
        sys.setprofile(None)
    assert count <= 200 * len(message["events"]) + 1000


def test_documents_are_bounded():
    lists = [declared(f"visitor.l{number}", "list<item>", "events.view_item", most=256) for number in range(9)]
    site_ = site(*lists)
    messages = [told(f"m{m}", *({"event": "view_item", "item": f"{m}-{n}-".ljust(128, "é")} for n in range(50)), at=AT + m) for m in range(6)]
    document = one_by_one(site_, messages)
    assert len(text(document)) <= MAX_PROFILE and document["updated"] == AT + 5
    assert fold(site_, document, messages[-1]) is document or len(text(fold(site_, document, messages[-1]))) <= MAX_PROFILE


stored = st.one_of(
    hostile.json_values,
    st.fixed_dictionaries({}, optional={
        "v": st.sampled_from([1, 2, "2", None]), "attributes": st.dictionaries(st.sampled_from([a.name for a in everything().attributes.values()] + ["visitor", "x"]), hostile.json_values),
        "updated_at": hostile.json_values, "updated": hostile.json_values, "seen": st.dictionaries(st.sampled_from(["recovery", "x"]), hostile.json_values), "applied": hostile.json_values,
        "state": st.dictionaries(st.sampled_from([a.name for a in everything().attributes.values()]), st.dictionaries(st.sampled_from(["at", "mark", "sold", "base", "changes", "stays", "visits", "acted", "bought", "back"]), hostile.json_values)),
        "created": hostile.json_values, "last": hostile.json_values, "purposes": hostile.json_values, "jurisdiction": hostile.json_values, "sticky": hostile.json_values, "visitors": hostile.json_values, "stitched": hostile.json_values,
    }),
)  # fmt: skip
ALL_KINDS = told("m", {"event": "view_item", "item": "mug"}, {"event": "add_to_cart", "item": "mug"}, {"event": "purchase", "value": 3}, {"event": "dismiss", "campaign": "recovery"},
                 {"event": "form_submit", "form": "f", "fields": {"company": "A"}}, {"event": "search"}, {"event": "add_to_cart", "item": "huila"}, at=AT)  # fmt: skip


@settings(max_examples=HISTORIES)
@given(stored)
def test_no_stored_document_makes_folding_fail(document):
    found = fold(everything(), document, ALL_KINDS)
    if found is not document:
        assert len(json.dumps(found, allow_nan=False)) <= MAX_PROFILE * 1.2
        fold(everything(), found, viewed(VIEW, {"campaign": "spring"}, at=AT + 9000))


def test_of_a_document_that_is_far_too_large_a_choice_stays():
    document = {"v": 2, "attributes": {}, "updated": AT, "level": "default", "moved_to": "a1", "visitors": ["x" * 99] * 900, "sticky": {f"e{n}": "x" * 99 for n in range(900)}}
    found = fold(everything(), document, told("m", SOLD))
    assert len(text(found)) <= MAX_PROFILE and (found["level"], found["moved_to"], found["updated"]) == ("default", "a1", AT)


# --- the document of it ------------------------------------------------------------------------------------------------


def rows_below(mark: str) -> list[str]:
    """The rows of the table that follows a text of docs/events.md."""
    return (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8").split(mark, 1)[1].strip().split("\n\n", 1)[0].splitlines()[2:]


def test_every_part_of_a_document_is_told():
    named_ = {name for line in rows_below("<!-- parts: document -->") for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named_ == {*documents._OWN, "erased"}


def test_what_is_told_to_come_from_events_does():
    for types_, source, _ in (line.strip("|").split("|", 2) for line in rows_below("The type says what is made of them:")):
        half_life = 60.0 if "half_life" in types_ else None
        kinds = ["enum" if "enumeration" in part else part.strip().split("`")[1] for part in re.split(r"(?<=[`n]), ", types_)]
        for kind in kinds:
            attribute = Attribute("visitor.a", kind, source=source.split("`")[1], values=frozenset({"new"}), half_life=half_life)
            assert derivation(attribute) is not None


# --- documents that meet -----------------------------------------------------------------------------------------------

OLD = {"v": 2, "attributes": {"visitor.plan": "free", "visitor.visits": 3}, "updated_at": {"visitor.plan": AT, "visitor.visits": AT}, "updated": AT, "seen": {"recovery": [AT]}}
NEW = {"v": 2, "attributes": {"visitor.plan": "pro", "visitor.visits": 1, "visitor.orders": 1}, "updated_at": {"visitor.plan": AT + 1, "visitor.visits": AT, "visitor.orders": AT - 9}, "updated": AT + 1, "seen": {"recovery": [AT + 1], "spring": [AT]}}
GRAVE = {"v": 2, "erased": AT + 5}


def test_of_two_documents_the_newer_value_counts():
    found = newest(OLD, NEW)
    assert found["attributes"] == {"visitor.plan": "pro", "visitor.visits": 3, "visitor.orders": 1}
    assert found["updated_at"] == {"visitor.plan": AT + 1, "visitor.visits": AT, "visitor.orders": AT - 9}
    assert found["seen"] == {"recovery": [AT, AT + 1], "spring": [AT]} and found["updated"] == AT + 1


@pytest.mark.parametrize("stored, own, found", [
    (None, None, None), (OLD, None, OLD), (None, OLD, OLD), (OLD, {}, OLD), (GRAVE, OLD, GRAVE), (OLD, GRAVE, GRAVE), (GRAVE, GRAVE, GRAVE),
    (GRAVE, {**NEW, "updated": AT + 5}, GRAVE), (GRAVE, {**NEW, "updated": AT + 6}, {**NEW, "updated": AT + 6}), ({"v": 3}, NEW, {"v": 3}), (OLD, {"v": 3}, OLD), ({"v": 2, "erased": "x"}, NEW, {"v": 2, "erased": "x"}),
], ids=range(12))  # fmt: skip
def test_documents_of_which_one_counts_as_a_whole(stored, own, found):
    assert newest(stored, own) == found


@settings(max_examples=HISTORIES)
@given(stored, stored)
def test_no_two_documents_make_meeting_fail(one, other):
    newest(one, other)


def test_a_value_that_somebody_else_writes_is_where_events_go_on():
    first = fold(everything(), None, told("m", {"event": "add_to_cart", "value": 50}, {"event": "purchase"}, {"event": "add_to_cart", "value": 7}))
    put = written(everything(), first, {"visitor.cart_value": 20.0, "visitor.lifecycle": "lapsed", "visitor.orders": None}, AT + 60)
    assert "visitor.orders" not in put["attributes"] and put["updated_at"]["visitor.lifecycle"] == AT + 60
    after = fold(everything(), put, told("n", {"event": "add_to_cart", "value": 1}, {"event": "page_view"}, at=AT + 90))
    assert (after["attributes"]["visitor.cart_value"], after["attributes"]["visitor.lifecycle"]) == (21.0, "engaged")
