"""The bridge and HTTP: which pages pass, what the headers say, when a plan is used again."""

from __future__ import annotations

import gzip
import itertools
import json
import re

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()
PAGE = "<body><b>old</b></body>"
SLOT = [["slot", "b", "inner", "1", "new"]]
FILLED = b"<body><b>new</b></body>"
ORIGIN_HEADERS = {
    "etag": '"v1"',
    "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT",
    "expires": "Mon, 02 Nov 2027 10:00:00 GMT",
    "age": "7",
    "accept-ranges": "bytes",
    "cache-control": "public, max-age=600",
    "cdn-cache-control": "max-age=600",
    "cloudflare-cdn-cache-control": "max-age=600",
    "surrogate-control": "max-age=600",
    "x-frame-options": "DENY",
    "content-language": "en",
}


@pytest.fixture
def key():
    return f"http-{next(counter)}"


def seen_by_origin(reply):
    return dict(json.loads(reply.headers["x-seen"]))


def test_headers_of_a_personal_page(client, key):
    reply = client.page("/made", SLOT, origin=served(PAGE, **ORIGIN_HEADERS), key=key, cookie="t=1; Path=/", settings={"TESSERA_ENV": "development"})
    assert reply.body == FILLED
    assert set(reply.headers) & set(ORIGIN_HEADERS) == {"cache-control", "content-language", "etag", "x-frame-options"}
    assert re.fullmatch(r'W/"[0-9a-f]{32}\.[0-9a-z]+"', reply.headers["etag"]), "its own, not the origin's"
    assert reply.headers["cache-control"] == "private, no-cache"
    assert reply.headers["vary"] == "Cookie"
    assert reply.headers["set-cookie"] == "t=1; Path=/"
    assert reply.headers["server-timing"].startswith("tessera;dur=")
    assert reply.headers["content-length"] == str(len(FILLED))


@pytest.mark.parametrize("given, expected", [
    ("Accept-Encoding", "Accept-Encoding, Cookie"), ("cookie, x", "cookie, x"), ("*", "*"), ("x-cookie", "x-cookie, Cookie"),
])
def test_vary_gets_cookie_once(client, key, given, expected):
    assert client.page("/made", SLOT, origin=served(PAGE, vary=given), key=key).headers["vary"] == expected


def test_the_origins_cookies_stay_beside_ours_but_are_never_remembered(client, key):
    first = client.page("/made", SLOT, origin=served(PAGE, etag='"c"', **{"set-cookie": "sid=1"}), key=key, cookie="t=1")
    second = client.page("/made", SLOT, origin=served(PAGE, etag='"c"'), key=key)
    assert [value for name, value in first.every if name == "set-cookie"] == ["sid=1", "t=1"]
    assert second.report == "plan-hit|slot=spliced"
    assert [name for name, _ in second.every if name == "set-cookie"] == []


def test_head_has_the_headers_and_no_body(client, key):
    origin = served(PAGE, etag='"h"')
    get = client.page("/made", SLOT, origin=origin, key=key)
    head = client.page("/made", SLOT, origin=origin, key=key, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    different = {"x-report", "x-sent", "content-length", "x-seen"}
    assert {k: v for k, v in head.headers.items() if k not in different} == {k: v for k, v in get.headers.items() if k not in different}


def test_a_plan_is_validated_by_etag(client, key):
    first = client.page("/made", SLOT, origin=served(PAGE, etag='"1"'), key=key)
    again = client.page("/made", SLOT, origin=served(PAGE, etag='"1"'), key=key)
    changed = client.page("/made", SLOT, origin=served("<b>other</b><i>", etag='"2"'), key=key)
    assert [seen_by_origin(r).get("if-none-match") for r in (first, again, changed)] == [None, '"1"', '"1"']
    assert [r.report.split("|")[0] for r in (first, again, changed)] == ["planned", "plan-hit", "planned"]
    assert (again.body, changed.body) == (FILLED, b"<b>new</b><i>")
    assert again.headers["content-type"] == first.headers["content-type"]


def test_a_new_etag_on_the_same_bytes_keeps_the_plan(client, key):
    reports = [client.page("/made", SLOT, origin=served(PAGE, etag=f'"{n}"'), key=key).report for n in (1, 2, 2)]
    assert reports == ["planned|slot=spliced", "plan-hit|slot=spliced", "plan-hit|slot=spliced"]


def test_without_an_etag_the_bytes_are_compared(client, key):
    pages = [PAGE, PAGE, PAGE + "!"]
    reports = [client.page("/made", SLOT, origin=served(page), key=key).report.split("|")[0] for page in pages]
    assert reports == ["planned", "plan-hit", "planned"]


@pytest.mark.parametrize("binding, query", [("ORIGIN", "planned"), ("ASSETS", "plan-hit")])
def test_a_plan_belongs_to_its_slots_and_path_and_to_the_query_where_the_origin_may_ask_for_it(client, key, binding, query):
    ask = lambda path, slots: client.page(path, slots, origin=served(PAGE, etag='"q"') | {"binding": binding}, key=key).report.split("|")[0]
    other = [["slot", "b", "append", "1", "new"]]
    reports = [ask("/a", SLOT), ask("/a?utm_source=x", SLOT), ask("/b", SLOT), ask("/a", other), ask("/a", other)]
    assert reports == ["planned", query, "planned", "planned", "plan-hit"]


def test_ranges_conditions_and_encodings_are_not_asked_of_the_origin(client, key):
    asked = {"range": "bytes=0-3", "if-none-match": '"mine"', "if-modified-since": "Mon, 02 Nov 2026 10:00:00 GMT", "accept-encoding": "gzip"}
    reply = client.page("/made", SLOT, origin=served(PAGE, etag='"mine"'), key=key, headers=asked)
    # the page server in front of the Worker compresses for this client
    assert (reply.status, gzip.decompress(reply.body), seen_by_origin(reply)) == (200, FILLED, {})


LATIN = '<meta http-equiv="content-type" content="text/html; charset=iso-8859-1">'
PASSED = {
    "status": {**served(PAGE), "status": 404},
    "status of an error": {**served(PAGE), "status": 500},
    "type": served(PAGE, **{"content-type": "application/xhtml+xml"}),
    "type of text": served(PAGE, **{"content-type": "text/plain"}),
    "charset": served(PAGE, **{"content-type": "text/html; charset=iso-8859-1"}),
    "charset in quotes": served(PAGE, **{"content-type": 'text/html; Charset="windows-1252"'}),
    "charset in the page": served(LATIN + PAGE),
    "charset in the page, short form": served("<META charset = 'shift_jis'>" + PAGE),
    "charset by bytes": served(b"\xe9t\xe9" + PAGE.encode()),
    "charset by a cut character": served(PAGE.encode() + b"\xe2\x82"),
    "charset by a surrogate": served(b"\xed\xa0\x80" + PAGE.encode()),
    "charset by an overlong form": served(b"\xc0\xaf" + PAGE.encode()),
    "charset by utf-16": served(("\ufeff" + PAGE).encode("utf-16-le")),
    "encoding": served(gzip.compress(PAGE.encode()), **{"content-encoding": "zstd"}),  # which the runtime leaves as it is
}


@pytest.mark.parametrize("case", PASSED)
def test_a_page_that_passes(client, key, case):
    origin = PASSED[case]
    for _ in range(2):  # the second may find the verdict remembered
        reply = client.page("/made", SLOT, origin={**origin, "headers": {**origin["headers"], "etag": '"p"'}}, key=key)
        assert reply.report == f"passed:{case.split()[0]}|slot=kept"
        assert reply.status == origin.get("status", 200)
        assert reply.headers["etag"] == '"p"'
        assert "cache-control" not in reply.headers
        assert reply.headers["content-type"] == origin["headers"]["content-type"]
    plain = client.page("/made", SLOT, origin=origin, key=key)
    assert len(plain.body) == len(reply.body) > 0


ACCEPTED = {
    "no charset": {"content-type": "text/html"},
    "utf8": {"content-type": "text/html;charset=utf8"},
    "upper case": {"content-type": 'TEXT/HTML; CHARSET="UTF-8"'},
    "other parameters": {"content-type": "text/html; x=y; charset=utf-8"},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_page_that_is_personalised(client, key, case):
    assert client.page("/made", SLOT, origin=served(PAGE, **ACCEPTED[case]), key=key).body == FILLED


@pytest.mark.parametrize("page", ["\ufeff" + PAGE, '<meta charset="UTF-8">' + PAGE, "x" * 1100 + LATIN + PAGE, "\x00" + PAGE, ""])
def test_signs_of_utf8(client, key, page):
    reply = client.page("/made", SLOT, origin=served(page), key=key)
    assert reply.body.decode() == page.replace("old", "new")


LIMIT = 2 * 1024 * 1024


@pytest.mark.parametrize("extra, chunk, report", [
    (0, 0, "planned|slot=spliced"), (1, 0, "passed:size|slot=kept"), (0, 65536, "planned|slot=spliced"), (1, 65536, "passed:size|slot=kept"),
])
def test_a_page_over_the_budget_passes(client, key, extra, chunk, report):
    """The origin of this test repeats a short page, as a request header cannot hold a long one."""
    origin = {**served(PAGE), "pad": LIMIT + extra, "chunk": chunk}
    reply = client.page("/made", SLOT, origin=origin, key=key)
    assert reply.report == report
    assert len(reply.body) == LIMIT + extra


def test_a_cookie_on_a_page_that_passes(client, key):
    origin = {**served(PAGE, etag='"x"', **{"cache-control": "public"}), "status": 404}
    reply = client.page("/made", SLOT, origin=origin, key=key, cookie="t=1")
    assert (reply.status, reply.body) == (404, PAGE.encode())
    assert (reply.headers["set-cookie"], reply.headers["cache-control"]) == ("t=1", "private, no-cache")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_pass(client, key, method):
    reply = client.page("/made", SLOT, origin=served(PAGE), key=key, method=method)
    assert reply.body == PAGE.encode()
    assert "x-report" not in reply.headers and "set-cookie" not in reply.headers, "nobody decided"


def test_an_origin_that_fails_once_is_asked_again(client, key):
    reply = client.page("/made", SLOT, origin={**served(PAGE), "failures": 1}, key=key)
    assert (reply.body, reply.report, reply.headers["x-asked"]) == (FILLED, "planned|slot=spliced", "2")


def test_the_real_assets_answer_conditions(client):
    slots = [["slot", "#m", "inner", "1", "new"]]
    first, second = (client.page("/", slots, key="assets") for _ in range(2))
    assert (first.report, second.report) == ("planned|slot=spliced", "plan-hit|slot=spliced")
    assert first.body == second.body == b"<!doctype html><title>t</title><body><main id=m>new</main></body>"
    untouched = client.get("/")
    conditional = client.get("/", headers={"if-none-match": untouched.headers["etag"]})
    assert (untouched.status, conditional.status) == (200, 304)
    assert client.page("/plain.txt", slots).report == "passed:type|slot=kept"
    assert client.page("/nowhere", slots).report == "passed:status|slot=kept"


def test_the_least_used_plans_are_dropped(client, key):
    """Forty pages of 1 MB are over the budget: the first has gone, the last is there."""
    ask = lambda n: client.page(f"/many/{n}", SLOT, origin={**served(PAGE, etag='"m"'), "pad": 1024 * 1024}, key=key).report
    assert {ask(n) for n in range(40)} == {"planned|slot=spliced"}
    assert (ask(39), ask(0)) == ("plan-hit|slot=spliced", "plan-shared|slot=spliced"), "the platform's cache still has it"
