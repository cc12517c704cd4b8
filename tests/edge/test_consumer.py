"""Messages of the queues and stored documents, whatever they are: read, or refused in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import replay
from tests.edge import hostile
from tests.edge.test_log import BROKEN
from tessera import consumer
from tessera.consumer import Refused, Unreadable

AT = 1_764_756_900.0
SHARED = {"received": AT, "bundle": "b", "unit": "u", "unit_kind": "visitor", "purposes": ["analytics"], "jurisdiction": "rest", "bot": False}
EVENTS = {"events": [{"event": "click", "target": "t"}, {"event": "page_view"}], "id": "m", **SHARED}
VIEW = {"view": {"id": "v", "at": AT, "unit": "u", "purposes": ["analytics"], "page": "home", "slots": [{"slot": "hero"}, {"slot": "banner"}]}, "places": {}}


@pytest.mark.parametrize("text", [*BROKEN, '{"command": "login", "profile": "a", "at": 1}', '{"command": "erase", "profile": "../x", "at": 1}', '{"command": []}', "1" * 300_000], ids=str)
def test_what_is_no_message_is_refused_in_words(text):
    with pytest.raises(Unreadable) as refused:
        consumer.read("m", text)
    assert 5 < len(str(refused.value)) < 100


@pytest.mark.parametrize("value, kind, key, lines", [
    (EVENTS, "events", "u", 2), (EVENTS | {"profile": "a1"}, "events", "a1", 2), (EVENTS | {"bot": True}, "events", None, 2),
    (EVENTS | {"purposes": []}, "events", None, 2), (EVENTS | {"replayed": True}, "events", "u", 0), (VIEW, "view", "u", 2),
    ({"command": "login", "profile": "a1", "visitor": "u", "at": AT}, "login", "a1", 0), ({"command": "erase", "profile": "u", "at": AT}, "erase", "u", 0),
])  # fmt: skip
def test_what_a_message_is(value, kind, key, lines):
    found = consumer.read("m", json.dumps(value))
    assert (found.kind, found.key, found.at, len(found.lines.splitlines())) == (kind, key, AT, lines)


def test_files_and_groups():
    found = [consumer.read(id_, json.dumps(value)) for id_, value in (("2", EVENTS), ("1", VIEW), ("3", EVENTS | {"unit": None, "received": AT + 86_400}))]
    assert [key.rpartition("/")[0] for key, _ in consumer.files(found)] == ["decisions/date=2025-12-03", "events/date=2025-12-03", "events/date=2025-12-04"]
    assert consumer.files(found) == consumer.files(reversed(found))
    assert {key: [message.id for message in group] for key, group in consumer.grouped(found).items()} == {"u": ["1", "2"]}


@pytest.mark.parametrize("text, why", [("{", "profile-broken"), ("[]", "profile-broken"), ('{"v": 3}', "profile-newer"), ("[" * 60_000, "profile-broken")])
def test_a_document_that_must_stay_as_it_is(text, why):
    with pytest.raises(Refused, match=why):
        consumer.stored(text)


def test_a_document_that_is_read():
    assert consumer.stored("") is None
    assert consumer.stored('{"attributes": {}}') == {"attributes": {}}, "of the first version"


@given(st.one_of(hostile.text, hostile.json_values.map(json.dumps)))
def test_whatever_is_stored_or_sent_is_read_or_refused(text):
    for read, refusal in ((consumer.stored, Refused), (lambda one: consumer.read("m", one), Unreadable)):
        try:
            read(text)
        except refusal:
            pass
    assert isinstance(consumer.marked(text)[1], bool) and consumer.aliases(text, {"visitors": ["v"]})[:1] in ("", "{")
    key, line = consumer.dead(text, AT, "q", text)
    assert key.startswith("dead/date=2025-12-03/") and line.endswith("\n") and json.loads(line)["queue"] == "q"


def test_a_replay_has_each_event_and_page_view_once_in_order_of_receipt():
    found = [consumer.read(id_, json.dumps(value)) for id_, value in (("1", EVENTS), ("2", VIEW | {"view": VIEW["view"] | {"at": AT - 1}}))]
    events, decisions = ([json.loads(line) for line in message.lines.splitlines()] for message in found)
    again = replay.messages([*events, *events], [*decisions, *decisions])
    assert ["view" if "view" in each else each["first"] for each in again] == ["view", 0, 1]
    assert [slot["slot"] for slot in again[0]["view"]["slots"]] == ["hero", "banner"]
    assert not any(consumer.read("m", json.dumps(each)).lines for each in again)
