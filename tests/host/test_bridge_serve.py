"""Whatever fails between the request and the answer, the visitor gets a page, and a counter tells."""

from __future__ import annotations

import itertools
import time

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()
PAGE = "<body><b>old</b></body>"
SLOT = [["slot", "b", "inner", "1", "new"]]
FILLED = b"<body><b>new</b></body>"
US, RS = "\x1f", "\x1e"
DECIDED = f"page{US}{US}{{}}{RS}1new"
READ = US.join(("read", "profile:v", "1000"))


@pytest.fixture
def key():
    return f"serve-{next(counter)}"


def counts(client) -> dict[str, int]:
    return client.task("/.well-known/tessera", do="original").json()


def test_the_counts_are_told_under_an_address_of_its_own(client):
    reply = client.task("/.well-known/tessera?x=1", do="original")
    assert (reply.status, reply.headers["content-type"], reply.headers["cache-control"]) == (200, "application/json", "no-store")
    assert client.task("/.well-known/tessera/x", do="original").status == 404
    assert client.task("/nowhere?/.well-known/tessera", do="original").status == 404


FAILURES = {  # what Python answers → the counter that rises
    "it raises": (["raise"], "fail-open"),
    "it says that it failed": ([f"failed{US}KeyError: x"], "decision-failed"),
    "nothing": ([""], "decision-failed"),
    "nonsense": (["nonsense"], "decision-failed"),
    "it wants to read again": ([READ, READ], "decision-failed"),
    "it raises when the store has told": ([READ, "raise"], "fail-open"),
    "a place too few": ([f"page{US}{US}{{}}"], "page-failed"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_decision_that_fails_leaves_the_origins_page(client, key, case):
    answers, counted = FAILURES[case]
    before = counts(client).get(counted, 0)
    reply = client.page("/made", SLOT, origin=served(PAGE, **{"x-origin": "1"}), key=key, answers=answers)
    assert (reply.status, reply.body, reply.headers["x-origin"]) == (200, PAGE.encode(), "1")
    assert "set-cookie" not in reply.headers
    assert counts(client)[counted] == before + 1
    assert client.page("/made", SLOT, origin=served(PAGE), key=key).body == FILLED, "the next page is personal again"


@pytest.mark.parametrize("mode, told, counted", [
    (None, ["ok", "value"], None), ("throw", ["error", "injected fault: throw"], "profile-error"), ("hang", ["late", ""], "profile-late"),
])  # fmt: skip
def test_the_store_is_asked_between_two_turns(client, mode, told, counted):
    client.host.admin.put_kv("PROFILES", "profile:v", "value")
    before = counts(client).get(counted, 0)
    try:
        client.faults(PROFILES=mode)
        deadline = "30" if mode == "hang" else "2000"
        asked = client.task("/", do="turns", answers=[US.join(("read", "profile:v", deadline)), DECIDED]).json()
    finally:
        client.faults(PROFILES=None)
    assert asked == [[""], told]
    assert counted is None or counts(client)[counted] == before + 1


def test_who_is_not_in_the_store(client):
    assert client.task("/", do="turns", answers=[US.join(("read", "profile:nobody", "2000")), DECIDED]).json() == [[""], ["none", ""]]


@pytest.mark.parametrize("queue, counted", [("fails", "log-lost"), ("hangs", None)])
def test_a_queue_that_fails_costs_the_record_and_not_the_page(client, key, queue, counted):
    before = counts(client).get(counted, 0)
    started = time.monotonic()
    reply = client.page("/made", SLOT, origin=served(PAGE), key=key, queue=queue)
    assert (reply.body, "x-sent" in reply.headers) == (FILLED, False)
    assert time.monotonic() - started < 5
    assert counted is None or counts(client)[counted] == before + 1


def test_an_origin_that_cannot_be_had_is_told_kindly(client, key):
    before = counts(client).get("origin-failed", 0)
    reply = client.page("/made", SLOT, origin={**served(PAGE), "failures": 99}, key=key)
    assert (reply.status, reply.headers["cache-control"], reply.headers["retry-after"]) == (502, "no-store", "5")
    assert b"not available right now" in reply.body and "set-cookie" not in reply.headers
    assert counts(client)["origin-failed"] == before + 1
    late = client.page("/made", SLOT, origin={**served(PAGE), "hangs": True}, key=key, settings={"TESSERA_ORIGIN_DEADLINE": "100"})
    assert (late.status, late.headers["cache-control"]) == (504, "no-store")


def test_what_is_no_page_costs_no_decision(client):
    reply = client.task("/plain.txt", do="original")
    assert (reply.body, "x-sent" in reply.headers, "vary" in reply.headers) == (b"text", False, False)


def test_a_page_that_passes_and_a_place_that_is_missing_are_counted(client, key):
    before = counts(client)
    client.page("/made", [["hero", "#none", "inner", "1", "x"]], origin=served(PAGE), key=key)
    client.page("/made", SLOT, origin={**served(PAGE), "status": 404}, key=key)
    after = counts(client)
    assert {name: after[name] - before.get(name, 0) for name in ("missing:hero", "passed:status")} == {"missing:hero": 1, "passed:status": 1}


# --- a release that changes while a page is decided ---

OTHER = f"other{US}/*{US}slot{US}i{US}inner"  # of the next release: as many places, elsewhere
TWO = "<body><b>old</b><i>x</i></body>"
BEGUN = b"<body><b>page 7</b><i>x</i></body>"  # by the release that it began with
FIXED = f"page{US}{US}{{}}{RS}27"  # the content with number 7 of the release that decides


@pytest.mark.parametrize("answers, task, origin", [
    ([FIXED], {}, {}), ([READ, FIXED], {"releases": True}, {}), ([FIXED], {}, {"releases": True}),
], ids=["no change", "while the store is asked", "while the origin is asked"])  # fmt: skip
def test_a_release_that_changes_meanwhile_leaves_a_page_to_the_one_that_it_began_with(client, key, answers, task, origin):
    following = [f"{key}-next", OTHER, key]
    task, origin = ({name: following for name in each} for each in (task, origin))
    reply = client.page("/made", [["slot", "b", "inner", "1", "new"]], origin=served(TWO) | origin, key=key, answers=answers, **task)
    assert reply.status == 200 and reply.body == BEGUN
