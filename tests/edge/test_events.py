"""What browsers report: which events are taken, why others are refused, and what of the visitor is in the log."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import AT, attribute, bundle, ir, program, slot
from tessera import events, log
from tessera.context import Request
from tessera.events import MAX_BODY, MAX_EVENTS, Unreadable, files, parse, turn
from tessera.identity import Key, sign
from tessera.vocabulary import EITHER, EVENTS, FIELDS

VIEW = "0b5a2f6e-1c7d-4e8f-9a0b-3c4d5e6f7a8b"
KEYS = (Key("k", b"secret-secret-secret"),)
EXPOSURE = {"event": "exposure", "view": VIEW, "slot": "hero"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
SITE = bundle(
    program(
        slot("hero"),
        slot("ad", default="removed", operation="remove", component="", variants=(ir.Variant("removed", ((),)),)),
        jurisdictions=(ir.Jurisdiction("eea", None, (), False),),
    )
)


def body(*events) -> str:
    return json.dumps({"events": events})


GOOD = [
    EXPOSURE, EXPOSURE | {"ago": 0, "page": "/"}, EXPOSURE | {"ago": 1234.5}, EXPOSURE | {"ago": -40}, EXPOSURE | {"event": "undone"},
    {"event": "page_view"}, {"event": "page_view", "page": "/c/filter"}, {"event": "click", "view": VIEW, "slot": "hero", "target": "to the shop"},
    {"event": "view_item", "item": "kochere"}, {"event": "add_to_cart", "item": "kochere", "quantity": 2, "value": 13.5, "currency": "EUR"},
    {"event": "purchase", "value": 99, "currency": "USD", "order": "A-1"}, {"event": "purchase", "value": -5}, {"event": "search"}, {"event": "opt_out"},
    {"event": "scroll", "depth": 75}, {"event": "scroll", "depth": 0}, {"event": "time_on_page", "seconds": 12.5}, {"event": "form_submit", "form": "lead"},
    {"event": "form_submit", "form": "lead", "fields": {"company": "Acme & Söhne"}}, {"event": "login"}, {"event": "app_open", "channel": "mobile"}, {"event": "screen_view", "screen": "Cart"},
    {"event": "push_open", "campaign": "recovery", "channel": "push"}, {"event": "push_dismiss"}, {"event": "email_open", "campaign": "recovery"}, {"event": "email_click", "target": "shop", "item": "mug"},
    {"event": "email_unsubscribe"}, {"event": "sms_click"}, {"event": "rating", "item": "mug", "rating": 5}, {"event": "rating", "slot": "hero", "rating": 1.5}, {"event": "dismiss", "view": VIEW, "slot": "hero"},
    {"event": "dismiss", "campaign": "recovery"}, {"event": "hide", "item": "mug"}, {"event": "hide", "slot": "hero"}, {"event": "like", "item": "mug"}, {"event": "share", "target": "mail"},
    {"event": "wishlist", "item": "mug"}, {"event": "purchase", "items": ["mug", "huila"]}, {"event": "begin_checkout", "items": ["mug"], "channel": "web"}, {"event": "page_view", "channel": "ads", "campaign": "spring"},
]  # fmt: skip


@pytest.mark.parametrize("event", GOOD, ids=range(len(GOOD)))
def test_what_is_taken(event):
    assert parse(body(event)) == ([event], [])


BAD = [
    (None, "not an object"), ([], "not an object"), ("exposure", "not an object"), ({}, "`event` is none of"), ({"event": 5}, "`event` is none of"),
    ({"event": ["exposure"]}, "`event` is none of"), ({"event": "bought"}, "`event` is none of"), ({"event": "exposure", "slot": "hero"}, "exposure needs `view`"),
    ({"event": "exposure", "view": VIEW}, "exposure needs `slot`"), ({"event": "view_item"}, "view_item needs `item`"),
    ({"event": "page_view", "visitor": "me"}, "a key that it does not know"), ({"event": "search", "slot": "hero"}, "a key that it does not know"),
    (EXPOSURE | {"view": "x"}, "`view` is not"), (EXPOSURE | {"view": VIEW.upper()}, "`view` is not"), (EXPOSURE | {"view": VIEW + "0"}, "`view` is not"),
    (EXPOSURE | {"view": VIEW.replace("-", "")}, "`view` is not"), (EXPOSURE | {"view": None}, "`view` is not"), (EXPOSURE | {"slot": ""}, "`slot` is not"),
    (EXPOSURE | {"slot": "a" * 65}, "`slot` is not"), (EXPOSURE | {"slot": "<b>"}, "`slot` is not"), (EXPOSURE | {"slot": 5}, "`slot` is not"),
    (EXPOSURE | {"ago": "1"}, "`ago` is not"), (EXPOSURE | {"ago": True}, "`ago` is not"), (EXPOSURE | {"ago": 86_400_001}, "`ago` is not"),
    (EXPOSURE | {"page": "shop"}, "`page` is not"), (EXPOSURE | {"page": "/?q=me@example.com"}, "`page` is not"), (EXPOSURE | {"page": "/" + "a" * 512}, "`page` is not"),
    ({"event": "click", "target": ""}, "`target` is not"), ({"event": "click", "target": "a" * 129}, "`target` is not"), ({"event": "click", "target": "a\nb"}, "`target` is not"),
    ({"event": "click", "target": "\ud800"}, "`target` is not"), ({"event": "purchase", "value": "5"}, "`value` is not"), ({"event": "purchase", "value": True}, "`value` is not"),
    ({"event": "purchase", "value": 10**13}, "`value` is not"), ({"event": "purchase", "value": 10**400}, "`value` is not"), ({"event": "purchase", "currency": "eur"}, "`currency` is not"),
    ({"event": "purchase", "currency": "EURO"}, "`currency` is not"), ({"event": "purchase", "quantity": 1.5}, "`quantity` is not"),
    ({"event": "purchase", "quantity": -1}, "`quantity` is not"), ({"event": "purchase", "order": {}}, "`order` is not"),
    ({"event": "scroll"}, "scroll needs `depth`"), ({"event": "scroll", "depth": 100.5}, "`depth` is not"), ({"event": "scroll", "depth": -1}, "`depth` is not"), ({"event": "scroll", "depth": True}, "`depth` is not"),
    ({"event": "time_on_page", "seconds": 86_401}, "`seconds` is not"), ({"event": "time_on_page", "seconds": "9"}, "`seconds` is not"), ({"event": "form_submit"}, "form_submit needs `form`"),
    ({"event": "form_submit", "form": "f", "fields": {}}, "`fields` is not"), ({"event": "form_submit", "form": "f", "fields": {"a": 5}}, "`fields` is not"), ({"event": "form_submit", "form": "f", "fields": {"A": "x"}}, "`fields` is not"),
    ({"event": "form_submit", "form": "f", "fields": {"a": "x" * 257}}, "`fields` is not"), ({"event": "form_submit", "form": "f", "fields": {"a": "two\nlines"}}, "`fields` is not"), ({"event": "form_submit", "form": "f", "fields": ["a"]}, "`fields` is not"),
    ({"event": "form_submit", "form": "f", "fields": {f"a{n}": "x" for n in range(9)}}, "`fields` is not"), ({"event": "screen_view"}, "screen_view needs `screen`"), ({"event": "rating", "item": "mug"}, "rating needs `rating`"),
    ({"event": "rating", "rating": 5}, "rating needs `item` or `slot`"), ({"event": "rating", "item": "mug", "rating": 6}, "`rating` is not"), ({"event": "rating", "item": "mug", "rating": 0.5}, "`rating` is not"),
    ({"event": "dismiss"}, "dismiss needs `slot` or `campaign`"), ({"event": "dismiss", "item": "mug"}, "dismiss needs `slot` or `campaign`"), ({"event": "hide"}, "hide needs `item` or `slot`"), ({"event": "like"}, "like needs `item`"),
    ({"event": "page_view", "channel": "fax"}, "`channel` is not one of web"), ({"event": "page_view", "channel": ["web"]}, "`channel` is not"), ({"event": "page_view", "campaign": "A B"}, "`campaign` is not"),
    ({"event": "purchase", "items": []}, "`items` is not"), ({"event": "purchase", "items": ["a"] * 33}, "`items` is not"), ({"event": "purchase", "items": "mug"}, "`items` is not"), ({"event": "purchase", "items": ["a", 5]}, "`items` is not"),
    ({"event": "view_item", "item": "mug", "at": 5}, "a key that it does not know"),
]  # fmt: skip


@pytest.mark.parametrize("event, why", BAD, ids=range(len(BAD)))
def test_what_is_refused_and_why(event, why):
    accepted, ((refused),) = parse(body(event, EXPOSURE))
    assert accepted == [EXPOSURE] and refused["event"] == 0 and why in refused["why"]


def test_a_number_that_is_none_is_refused():
    accepted, refused = parse('{"events": [{"event": "purchase", "value": 1e400}]}')
    assert (accepted, refused[0]["why"]) == ([], "`value` is not a finite number")


UNREADABLE = [
    "", "x", "null", "[]", "{}", "5", '"events"', '{"events": {}}', '{"events": []}', '{"events": null}', '{"events": [{}], "more": 1}', "[" * 60_000,
    *(f'{{"events": [{{"event": "purchase", "value": {number}}}]}}' for number in ("NaN", "Infinity", "-Infinity")), '{"events":' * 6000, body(*[EXPOSURE] * (MAX_EVENTS + 1)), " " * MAX_BODY + body(EXPOSURE), body(EXPOSURE) + "\x1e", '{"events": [' + "9" * 60_000 + "]}",
]  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_body_that_is_none(text):
    with pytest.raises(Unreadable):
        parse(text)
    assert answer(text)[0] == "bad"


def test_nothing_of_a_refused_event_is_repeated():
    _, refused = parse(body({"event": "page_view", "<script>": 1}, {"event": "<script>"}))
    assert "script" not in json.dumps(refused)


@given(st.one_of(hostile.text, hostile.json_values.map(json.dumps), st.lists(hostile.json_values, min_size=1, max_size=4).map(lambda values: json.dumps({"events": values}))))
def test_no_body_makes_it_fail(text):
    try:
        accepted, refused = parse(text)
    except Unreadable:
        return
    assert len(accepted) + len(refused) <= MAX_EVENTS


@given(st.sampled_from(sorted(EVENTS)), st.dictionaries(st.sampled_from(sorted(FIELDS)), hostile.json_values))
def test_whatever_is_taken_has_only_known_fields_and_can_be_written(name, fields):
    try:
        accepted, _ = parse(body({"event": name, **fields}))
    except Unreadable:  # json.dumps writes NaN, which is no JSON
        return
    for event in accepted:
        needed, possible = EVENTS[name]
        assert set(event) <= {"event", *needed, *possible}
        assert len(json.dumps(event, allow_nan=False)) < 60_000


# --- who ----------------------------------------------------------------------------------------------------------------


def answer(text: str, cookie: str = "", site=SITE, **facts: str) -> list[str]:
    request = Request(**{"url": "https://shop.example/_tessera/events", "now": str(int(AT * 1000)), "nonce": "post-1", "newcomer": "fresh", "cookie": cookie, "user_agent": AGENT, **facts})
    return turn(site, KEYS, "\x1f".join(request) + "\x1enone\x1e" + text).split("\x1f")[:4]


def message(*events, **more) -> dict:
    kind, accepted, refused, text = answer(body(*events), **more)
    assert (kind, accepted, refused) == ("events", str(len(events)), "[]")
    return json.loads(text)


def known(consent: str) -> str:
    return f"tessera={sign('ana', int(AT), KEYS[0])}; tessera_consent={consent}"


ORDER = {"event": "purchase", "value": 5, "order": "A-1"}


@pytest.mark.parametrize("cookie, unit, order", [
    (known("personalization.analytics"), "ana", "A-1"), (known("analytics"), "ana", "A-1"), (known("personalization"), None, None), (known("none"), None, None),
    ("", None, None), ("tessera_consent=all", None, "A-1"), ("tessera=1.k.ana.0.forged; tessera_consent=all", None, "A-1"),
])  # fmt: skip
def test_ids_are_kept_only_with_the_logs_purpose_and_nobody_becomes_known(cookie, unit, order):
    told = message(ORDER, cookie=cookie)
    assert (told["unit"], told["unit_kind"], told["events"][0].get("order")) == (unit, "visitor" if unit else None, order)
    assert "fresh" not in json.dumps(told)


FORM = {"event": "form_submit", "form": "lead", "fields": {"company": "Acme", "size": "5", "mail": "me@example.com"}}
ASKING = bundle(
    program(
        slot("hero"),
        attributes=(attribute("visitor.company", "string", source="form.company"), attribute("visitor.size", "int", source="form.size")),
        jurisdictions=(ir.Jurisdiction("eea", None, (), False),),
    )
)


def test_of_a_form_only_what_is_asked_for_is_taken_and_that_is_said():
    kind, accepted, refused, text = answer(body(FORM, FORM | {"fields": {"mail": "x"}}, FORM | {"fields": {"size": "5"}}, FORM | {"form": "X"}), known("all"), ASKING)
    assert (kind, accepted) == ("events", "3") and "example" not in text
    assert [(each["event"], "left out" in each["why"]) for each in json.loads(refused)] == [(0, True), (1, True), (3, False)]
    assert [event.get("fields") for event in json.loads(text)["events"]] == [{"company": "Acme", "size": "5"}, None, {"size": "5"}]


@pytest.mark.parametrize("cookie, told, logged", [(known("all"), True, True), (known("personalization"), True, False), (known("none"), False, False), ("tessera_consent=all", False, False), ("", False, False)])
def test_what_a_form_told_goes_where_somebody_is_known(cookie, told, logged):
    found = message(FORM | {"fields": {"size": "5"}}, cookie=cookie, site=ASKING)
    assert (found["profile"], found["events"][0].get("fields") is not None, events.rows(found)[0]["fields"] is not None) == ("ana" if told else None, told, logged)


def test_robots_are_marked():
    assert message(EXPOSURE)["bot"] is False
    assert message(EXPOSURE, user_agent="Googlebot/2.1 (+http://www.google.com/bot.html)")["bot"] is True


def test_of_a_slot_that_is_removed_nothing_can_be_seen():
    kind, accepted, refused, text = answer(body(EXPOSURE | {"slot": "ad"}, EXPOSURE))
    assert (kind, accepted) == ("events", "1") and "takes its element away" in json.loads(refused)[0]["why"]
    assert [event["slot"] for event in json.loads(text)["events"]] == ["hero"]


def test_nothing_taken_is_no_message():
    assert answer(body({"event": "?"}))[::3] == ["events", ""]


# --- the log ------------------------------------------------------------------------------------------------------------


def test_a_row_an_event_with_every_field():
    told = message(EXPOSURE | {"ago": 2500}, ORDER | {"ago": -9}, cookie=known("all"))
    ((key, text),) = files([("m", json.dumps(told))])
    rows = [json.loads(line) for line in text.splitlines()]
    assert key.startswith("events/date=2025-12-03/") and key.endswith(".ndjson")
    columns = {"v", "id", "event", "at", "received", "bundle", "unit", "unit_kind", "purposes", "jurisdiction", "bot", *FIELDS} - {"ago"}
    assert [row.keys() for row in rows] == [columns, columns]
    assert [row["id"] for row in rows] == ["post-1-0", "post-1-1"]
    assert [row["at"] - row["received"] for row in rows] == [-2.5, 0]
    assert (rows[0]["view"], rows[0]["slot"], rows[0]["value"], rows[1]["order"], rows[1]["unit"]) == (VIEW, "hero", None, "A-1", "ana")


def test_each_log_takes_its_own_messages():
    view = ("v", json.dumps({"view": {"id": "v", "at": AT, "slots": [{"slot": "hero"}]}}))
    event = ("e", json.dumps(message(EXPOSURE)))
    both = [view, event, ("x", "nonsense"), ("y", "[]"), ("z", '{"received": 1}'), ("w", '{"received": 1, "events": 5}')]
    assert [key.split("/")[0] for key, _ in (*log.files(both), *files(both))] == ["decisions", "events"]
    assert list(files(both)) == list(files([event]))


@given(st.lists(st.tuples(st.text(max_size=5), st.one_of(hostile.text, hostile.json_values.map(json.dumps))), max_size=4))
def test_no_message_makes_the_log_fail(messages):
    list(files(messages))


# --- the document -------------------------------------------------------------------------------------------------------


def told_in_the_document(mark: str) -> list[list[str]]:
    """The cells of the table below a comment of docs/events.md."""
    text = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
    lines = text.split(f"<!-- {mark} -->\n", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def _further(name: str) -> list[str]:
    """The fields that an event may have, without those that every event may."""
    needed, possible = EVENTS[name]
    return [key for key in possible if key not in (*needed, *EITHER.get(name, ()), *EVENTS["search"][1])]


def test_the_document_names_every_event_and_every_field():
    table = {names(event)[0]: (names(needed), names(possible)) for event, needed, possible in told_in_the_document("kinds: events")}
    assert table == {name: ([*needed, *EITHER.get(name, ())], _further(name)) for name in EVENTS for needed, _ in [EVENTS[name]]}
    ((_, text),) = files([("m", json.dumps(message(EXPOSURE)))])
    assert all(set(EVENTS["search"][1]) <= set(possible) for _, possible in EVENTS.values()), "every event may also have"
    assert {names(row[0])[0] for row in told_in_the_document("fields: events")} == json.loads(text).keys()
