"""The answer that a visitor gets: its validator, its nonces, its cookies, another address in its place."""

from __future__ import annotations

import itertools
import json
import time

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()
PAGE = "<body><b>old</b><i>x</i></body>"
US = "\x1f"


@pytest.fixture
def key():
    return f"answer-{next(counter)}"


def sent(reply) -> list:
    """The messages of the queue, without the time that each took."""
    messages = json.loads(reply.headers["x-sent"])
    assert all(0 <= message.pop("took") < 60_000 for message in messages)
    return messages


def slots(first: str | None, second: str | None = None, operation: str = "inner") -> list:
    """Two places; None leaves one as it is."""
    return [[name, name, operation, "0" if text is None else "1", text or ""] for name, text in (("b", first), ("i", second))]


# --- the validator ---


PAGES = [  # origin's page, contents of two places, operation
    (PAGE, "1", "2", "inner"), (PAGE, "1", "2", "append"), (PAGE, "2", "1", "inner"), (PAGE, "12", None, "inner"), (PAGE, None, "12", "inner"),
    (PAGE, "1", None, "inner"), (PAGE, None, "1", "inner"), (PAGE, None, None, "inner"), (PAGE + " ", "1", "2", "inner"), (PAGE, "", "", "inner"),
    (PAGE, "", None, "inner"), (PAGE, "1", "2", "inner"), (PAGE, "ſ", "s", "inner"), (PAGE, "1" * 300, "2", "inner"), (PAGE, "1" * 300 + "x", "2", "inner"),
]  # fmt: skip


def test_validators_are_equal_where_the_bytes_are(client, key):
    found = [client.page("/made", slots(first, second, operation), origin=served(page), key=f"{key}-{operation}") for page, first, second, operation in PAGES]
    for (n, one), (m, other) in itertools.combinations(enumerate(found), 2):
        assert (one.headers["etag"] == other.headers["etag"]) == (one.body == other.body), (PAGES[n], PAGES[m])


def test_the_same_content_in_another_place_is_another_page(client, key):
    """As a new release may put it: a browser must not be told that it has that page already."""
    one, other = (client.page("/made", [["slot", selector, "inner", "1", "new"]], origin=served(PAGE), key=key) for selector in ("b", "i"))
    assert one.body != other.body and one.headers["etag"] != other.headers["etag"]


def test_a_validator_of_many_contents_stays_short(client, key):
    many = [[f"s{n}", "b" if n == 0 else f"#no-{n}", "append", "1", f"content {n}"] for n in range(40)]
    more = [*many[:-1], [*many[-1][:-1], "another"]]
    one, again, other = (client.page("/made", each, origin=served(PAGE), key=key).headers["etag"] for each in (many, many, more))
    assert one == again != other and len(one) < 100


def conditional(client, key, etag: str, **more):
    return client.page("/made", slots("1"), origin=served(PAGE), key=key, headers={"if-none-match": etag}, **more)


@pytest.mark.parametrize("form, status", [("{}", 304), ('"x", {}', 304), ("{},\t\"y\"", 304), ("*", 304), ('"x"', 200), ("", 200), ('W/"{}"', 200)])
def test_a_page_that_the_browser_has(client, key, form, status):
    etag = client.page("/made", slots("1"), origin=served(PAGE), key=key).headers["etag"]
    reply = conditional(client, key, form.format(etag))
    assert reply.status == status
    assert reply.body == (b"" if status == 304 else b"<body><b>1</b><i>x</i></body>")
    assert (reply.headers["etag"], reply.headers["cache-control"], reply.headers["vary"]) == (etag, "private, no-cache", "Cookie")
    assert reply.report.endswith("|b=spliced|i=kept"), "it was shown, so it is logged"


def test_a_cookie_is_set_on_a_whole_page_alone(client, key):
    etag = client.page("/made", slots("1"), origin=served(PAGE), key=key).headers["etag"]
    reply = conditional(client, key, etag, cookie="t=1")
    assert (reply.status, reply.headers["set-cookie"], reply.headers["etag"]) == (200, "t=1", etag)


def test_head_has_the_validator_of_the_page(client, key):
    etags = [client.page("/made", slots("1"), origin=served(PAGE), key=key, method=method).headers["etag"] for method in ("HEAD", "GET")]
    assert etags[0] == etags[1]


def test_another_content_is_sent_whole(client, key):
    etag = client.page("/made", slots("2"), origin=served(PAGE), key=key).headers["etag"]
    assert conditional(client, key, etag).status == 200


# --- cookies ---


def test_several_cookies_are_several_headers(client, key):
    reply = client.page("/made", slots("1"), origin=served(PAGE), key=key, cookie="a=1; Path=/\x1d\x1db=2")
    assert [value for name, value in reply.every if name == "set-cookie"] == ["a=1; Path=/", "b=2"]


# --- nonces ---


MARKED = '<script nonce="\x02">1</script><style nonce="\x02"></style>'
POLICY = "content-security-policy"


@pytest.mark.parametrize("policy, nonce", [
    ("script-src 'nonce-abc+/=='", "abc+/=="), ("default-src 'self'; script-src 'strict-dynamic' 'nonce-a-b_c'", "a-b_c"), ("script-src 'self'", None),
    ("script-src 'nonce-'", None), ("script-src 'nonce-\"><i>'", None), (f"script-src 'nonce-{'a' * 300}'", None), (None, None),
])  # fmt: skip
def test_scripts_of_a_content_get_the_pages_nonce(client, key, policy, nonce):
    reply = client.page("/made", slots(MARKED), origin=served(PAGE, **({POLICY: policy} if policy else {})), key=key)
    attribute = f' nonce="{nonce}"' if nonce else ""
    assert reply.body.decode() == f"<body><b><script{attribute}>1</script><style{attribute}></style></b><i>x</i></body>"
    assert reply.headers.get(POLICY) == policy


@pytest.mark.parametrize("etags, nonces", [((1, 1, 1), "one one one"), ((1, 2, 2), "one two two"), ((None, None, None), "one two three")])
def test_the_nonce_is_that_of_the_bytes(client, key, etags, nonces):
    """The page's own scripts have the nonce of the answer that they came with: an origin that says "not modified" cannot have another."""
    for etag, sent, nonce in zip(etags, ("one", "two", "three"), nonces.split()):
        validator = {} if etag is None else {"etag": f'"{etag}"'}
        reply = client.page("/made", slots(MARKED), origin=served(f"{PAGE}<!--{sent}-->", **validator, **{POLICY: f"script-src 'nonce-{sent}'"}), key=key)
        assert reply.headers[POLICY] == f"script-src 'nonce-{nonce}'"
        assert f'<script nonce="{nonce}">'.encode() in reply.body and reply.body.endswith(f"<!--{nonce}-->".encode())


def test_what_is_no_mark_stays(client, key):
    content = '\x02 nonce="\x02x" <p nonce=\x02>'
    assert client.page("/made", slots(content), origin=served(PAGE), key=key).body.decode() == f"<body><b>{content}</b><i>x</i></body>"


# --- another address ---


def redirected(client, key, **more):
    away = US.join(("redirect", "away", "/new?a=1", "t=1; Path=/\x1du=2", '{"slots":["away"]}', ',"profile":"p"'))
    return client.page("/made", slots("1"), origin=served(PAGE), key=key, answers=[away], **more)


def test_a_redirect(client, key):
    reply = redirected(client, key)
    assert (reply.status, reply.body, reply.headers["location"], reply.headers["cache-control"]) == (302, b"", "/new?a=1", "private, no-store")
    assert [value for name, value in reply.every if name == "set-cookie"] == ["t=1; Path=/", "u=2"]
    assert sent(reply) == [{"view": {"slots": ["away"]}, "page_status": "redirected", "places": {"away": "redirected"}, "lane": "live", "profile": "p"}]


@pytest.mark.parametrize("queue", ["hangs", "fails"])
def test_a_redirect_waits_for_its_record_a_little(client, key, queue):
    started = time.monotonic()
    reply = redirected(client, key, queue=queue)
    assert (reply.status, reply.headers["location"], "x-sent" in reply.headers) == (302, "/new?a=1", False)
    assert time.monotonic() - started < 3


# --- the message ---


def test_the_message_has_the_record_and_what_became_of_the_page(client, key):
    reply = client.page("/made", [*slots("1"), ["gone", "#gone", "inner", "1", "x"], ["", "body", "append", "1", "!"]], origin=served(PAGE), key=key, record='{"id":"v"}')
    assert sent(reply) == [
        {"view": {"id": "v"}, "page_status": "planned", "places": {"b": "spliced", "i": "kept", "gone": "missing"}, "lane": "live"}
    ], "a place without a name is nobody's"
    assert reply.body == b"<body><b>1</b><i>x</i>!</body>"


def test_of_a_page_that_passes_every_place_was_kept(client, key):
    reply = client.page("/made", slots("1", "2"), origin={**served(PAGE), "status": 404}, key=key)
    assert sent(reply) == [{"view": {}, "page_status": "passed:status", "places": {"b": "kept", "i": "kept"}, "lane": "live"}]
