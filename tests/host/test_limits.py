"""How often somebody may ask (edge/limits.mjs), by the platform's own counter; and problem documents (edge/problem.mjs)."""

from __future__ import annotations

import time

import pytest

from plain_worker import plain

pytestmark = pytest.mark.xdist_group("plain")

LIMITS = {name: {"namespace_id": number, "simple": {"limit": 3, "period": 60}} for name, number in (("API_LIMIT", "1"), ("EVENTS_LIMIT", "2"))}
OVER = {"binding": "API_LIMIT", "period": 60}


@pytest.fixture(scope="module")
def worker():
    with plain(ratelimits=LIMITS) as running:
        yield running


def caller(subject: str, kind: str = "key") -> dict:
    return {"role": "reader", "subject": subject, "kind": kind}


def within_a_minute() -> None:
    """The platform counts by the minute: begin where one does not end right away."""
    if time.time() % 60 > 55:
        time.sleep(60.1 - time.time() % 60)


def test_callers_are_limited_each_by_name(worker):
    within_a_minute()
    assert worker("limited", callers=[caller("a")] * 5) == [None] * 3 + [OVER] * 2
    assert worker("limited", callers=[caller("b"), caller("a", "token"), caller("a")]) == [None, None, OVER]


def test_visitors_are_limited_by_address(worker):
    within_a_minute()
    told = worker("limited", addresses=["192.0.2.1"] * 4 + ["192.0.2.2"])
    assert [each is None for each in told] == [True] * 3 + [False, True]
    assert told[3]["binding"] == "EVENTS_LIMIT"


def test_a_network_of_ipv6_counts_as_one(worker):
    within_a_minute()
    told = worker("limited", addresses=[f"2001:db8:0:7::{n:x}" for n in range(5)] + ["2001:db8:0:8::1"])
    assert [each is None for each in told] == [True] * 3 + [False] * 2 + [True]


@pytest.mark.parametrize("address, counted", [
    ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8::1", "2001:db8:0:0"), ("2001:db8:0:0:1::", "2001:db8:0:0"),
    ("2001:0db8:000a:00b0:1:2:3:4", "2001:db8:a:b0"), ("::", "0:0:0:0"), ("::1", "0:0:0:0"), ("1::", "1:0:0:0"), ("1:2:3:4:5:6:7::", "1:2:3:4"),
    ("2001:db8::1::2", ""), ("fe80::1%eth0", ""), (":" * 65, ""), ("a" * 65, ""), ("", ""), (None, ""), (5, ""),
])  # fmt: skip
def test_what_is_counted_of_an_address(worker, address, counted):
    assert worker("addresses", addresses=[address]) == [counted]


def test_without_an_address_or_a_binding_nobody_is_limited(worker):
    assert worker("limited", addresses=[None] * 5) == [None] * 5
    absent = {"API_LIMIT": None, "EVENTS_LIMIT": None}
    assert worker("limited", callers=[caller("c")] * 5, addresses=["192.0.2.9"] * 5, settings=absent) == [None] * 10


@pytest.mark.parametrize("fault", ["throws", "rejects", "hangs"])
def test_where_counting_fails_nobody_is_limited_and_it_is_said(worker, fault):
    before = worker("counted").get("limit-failed", 0)
    started = time.monotonic()
    assert worker("limited", callers=[caller("d")], addresses=["192.0.2.8"], faults={"API_LIMIT": fault, "EVENTS_LIMIT": fault}) == [None, None]
    assert time.monotonic() - started < 1.5, "50 ms each; the rest is a busy machine's"
    assert worker("counted")["limit-failed"] == before + 2


def test_the_answer_says_when_to_come_back(worker):
    reply = worker.reply("tooMany", found=OVER)
    assert (reply.status, reply.headers["retry-after"]) == (429, "60")
    assert reply.json() == {"type": "/_tessera/problems/too-many-requests", "title": "Too many requests", "status": 429, "detail": "ask again in 60 seconds"}


def test_a_problem_document(worker):
    extra = {"errors": [{"pointer": "/a", "detail": "é"}], "status": 200, "type": "x", "title": "y"}
    reply = worker.reply("problem", given=[422, "invalid-body", "The body is not valid", "2 errors", extra, {"x-more": "1"}])
    assert (reply.status, reply.headers["content-type"], reply.headers["x-more"]) == (422, "application/problem+json; charset=utf-8", "1")
    assert reply.headers["cache-control"] == "private, no-store" and reply.headers["x-content-type-options"] == "nosniff"
    told = {"type": "/_tessera/problems/invalid-body", "title": "The body is not valid", "status": 422, "detail": "2 errors", "errors": extra["errors"]}
    assert reply.json() == told


def test_a_problem_of_which_the_status_says_all(worker):
    assert worker("problem", given=[404, "", "Not found"]) == {"type": "about:blank", "title": "Not found", "status": 404}
