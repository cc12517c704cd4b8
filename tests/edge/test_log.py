"""The log: one file a date, the same file for the same batch; and what is no page view is left out, whatever it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.log import files


def view(id_: str, at: object = 1_764_756_900.0, slots: object = ({"slot": "hero"}, {"slot": "banner"})) -> tuple[str, str]:
    return id_, json.dumps({"view": {"id": id_, "at": at, "slots": slots}, "page_status": "planned", "places": {"hero": "spliced"}, "lane": "control", "took": 1.5})


def test_one_row_a_slot():
    ((key, text),) = files([view("a"), view("b")])
    assert key.startswith("decisions/date=2025-12-03/") and key.endswith(".ndjson")
    assert [json.loads(line) for line in text.splitlines()] == [
        {"id": id_, "at": 1_764_756_900.0, "page_status": "planned", "lane": "control", "took": 1.5, "slot": slot, "place": place}
        for id_ in "ab"
        for slot, place in (("hero", "spliced"), ("banner", None))
    ]


def test_one_file_a_date():
    keys = [key for key, _ in files([view("a", 86_399.9), view("b", 86_400), view("c", 0), view("d", 1e9)])]
    assert [key.split("/")[1] for key in keys] == ["date=1970-01-01", "date=1970-01-02", "date=2001-09-09"]


def test_a_batch_that_comes_again_overwrites_its_own_file():
    batch = [view("a"), view("b")]
    assert list(files(batch)) == list(files(batch))
    assert next(iter(files(batch)))[0] != next(iter(files(batch[:1])))[0]


VIEWS = [
    "null", "[]", "1", "{}", '{"at": 1}', '{"at": null, "slots": []}', '{"at": "x", "slots": []}', '{"at": 1e300, "slots": []}',
    '{"at": 1e17, "slots": []}', '{"at": NaN, "slots": []}', '{"at": 1, "slots": 5}', '{"at": 1, "slots": [5]}', '{"at": 1, "slots": [null]}',
    '{"at": 1, "slots": [{}]}', '{"at": 1, "slots": [{"slot": []}]}', "[" * 100_000, '{"at":' * 50_000, "1" * 5000,
]  # fmt: skip
BROKEN = ["", "nonsense", '"view"', "\ud800", *VIEWS, *(f'{{"view": {view}}}' for view in VIEWS), '{"view": {"at": 1, "slots": [{"slot": "a"}]}, "places": 5}']


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_page_view_is_left_out_and_the_others_are_kept(text):
    ((_, kept),) = files([view("a"), ("x", text), view("b")])
    assert [json.loads(line)["id"] for line in kept.splitlines()] == ["a", "a", "b", "b"]


def test_nothing_to_write():
    assert list(files([])) == list(files([("x", "nonsense")])) == []


@given(st.lists(st.tuples(st.text(max_size=5), st.one_of(hostile.text, hostile.json_values.map(json.dumps))), max_size=4))
def test_no_message_makes_it_raise(messages):
    list(files(messages))
