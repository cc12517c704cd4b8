"""What Python is told of a request, page routes, store reads with a deadline, signatures."""

from __future__ import annotations

import json
import time
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tessera.context import Request, parse

pytestmark = pytest.mark.xdist_group("host")


def visit(client, path="/", facts=None, headers={}, **task) -> Request:
    """What Python is told of a request, read as Python reads it."""
    owner = {} if facts is None else {"tessera-host-token": client.host.token, "tessera-host-facts": json.dumps(facts)}
    return parse("\x1f".join(client.task(path, do="fields", headers={**headers, **owner}, **task).json()))


def test_what_a_visit_tells(client):
    facts = {
        "country": "US", "regionCode": "CA", "city": "Los Ángeles", "continent": "NA", "postalCode": "90001", "latitude": "34.05", "longitude": "-118.24",
        "timezone": "America/Los_Angeles", "ip": "203.0.113.7", "now": 1796083200123,
    }
    headers = {
        "cookie": "a=b; c=d", "user-agent": "Test/1", "accept-language": "de", "referer": "https://r.example/", "sec-gpc": "1", "sec-purpose": "prefetch",
        "sec-ch-ua": '"Chromium";v="156"', "sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": '"Android"', "sec-ch-ua-platform-version": '"16"', "sec-ch-ua-model": '"Pixel"',
    }
    got = visit(client, "/a/b?c=%20d", facts, headers)
    assert len(got.nonce) == len(got.newcomer) == 36
    assert got._replace(nonce="", newcomer="") == Request(
        method="GET", url=f"{client.host.url}/a/b?c=%20d", now="1796083200123", offset="-480", country="US", subdivision="CA", city="Los Ángeles",
        continent="NA", timezone="America/Los_Angeles", ip="203.0.113.7", cookie="a=b; c=d", user_agent="Test/1", accept_language="de",
        referer="https://r.example/", gpc="1", prefetch="prefetch", ch_ua='"Chromium";v="156"', ch_mobile="?1", ch_platform='"Android"',
        ch_platform_version='"16"', ch_model='"Pixel"', postal="90001", latitude="34.05", longitude="-118.24",
    )  # fmt: skip


def test_what_is_not_known_is_empty_and_the_clock_is_the_real_one(client):
    got = visit(client, headers={"purpose": "prefetch"})
    assert abs(got.at - time.time()) < 60
    assert (got.cookie, got.referer, got.city, got.gpc, got.prefetch, got.ch_ua, got.weather) == ("", "", "", "", "prefetch", "", "")


def test_nonces_are_fresh(client):
    visits = [visit(client) for _ in range(3)]
    assert len({id_ for got in visits for id_ in (got.nonce, got.newcomer)}) == 6


@pytest.mark.parametrize("zone, now, offset", [
    ("UTC", 1796083200000, "0"),
    ("Europe/Amsterdam", 1796083200000, "60"),
    ("Europe/Amsterdam", 1782864000000, "120"),
    ("Asia/Kolkata", 1796083200000, "330"),
    ("Asia/Kathmandu", 1796083200000, "345"),
    ("Pacific/Apia", 1796083200000, "780"),
    ("America/St_Johns", 1782864000000, "-150"),
    ("Europe/Amsterdam", 1792889999000, "120"),  # the last second of summer time in 2026
    ("Europe/Amsterdam", 1792890000000, "60"),
    ("Mars/Olympus", 1796083200000, ""),
    ("", 1796083200000, ""),
])
def test_offset(client, zone, now, offset):
    assert visit(client, facts={"timezone": zone, "now": now}).offset == offset


def test_separators_cannot_be_smuggled_in(client):
    got = visit(client, facts={"city": "a\x1fb\x1ec\x00\nd", "country": "N\x7fL"})
    assert (got.city, got.country) == ("abcd", "NL")


ROUTES = [["home", "/"], ["product", "/p/:sku"], ["any_product", "/p/*"], ["docs", "/docs/*"], ["broken", "/(("], ["other", "https://other.example/*"]]


@pytest.mark.parametrize("path, page", [
    ("/", "home"), ("/?q=1", "home"), ("/p/abc", "product"), ("/p/abc/d", "any_product"), ("/docs/a/b", "docs"),
])
def test_pages_are_routed_by_the_first_pattern_that_fits(client, path, page):
    assert visit(client, path, key="b1", routes=ROUTES).page == page
    assert visit(client, path, key="b1", routes=ROUTES).page == page, "as it is remembered"


@pytest.mark.parametrize("path", ["/p", "/x", "/other", "/P/abc", f"/x?{'q' * 600}"])
def test_what_is_no_page_asks_nobody(client, path):
    assert client.task(path, do="fields", key="b1", routes=ROUTES).json() is None


def test_a_bundle_without_pages_asks_nobody(client):
    assert client.task("/", do="fields", key="b2", routes=[]).json() is None


def read(client, key="k", deadline=2000):
    return client.task(do="read", binding="PROFILES", key=key, deadline=deadline).body.decode()


def test_reads(client):
    client.host.admin.put_kv("PROFILES", "k", "välue\x1f2")
    assert read(client) == "ok\x1fvälue\x1f2"
    assert read(client, "absent") == "none\x1f"
    assert read(client, "x" * 600).startswith("error\x1f")


def test_a_read_that_fails_or_hangs_is_told_in_time(client):
    client.host.admin.put_kv("PROFILES", "k", "value")
    try:
        client.faults(PROFILES="throw")
        assert read(client) == "error\x1finjected fault: throw"
        client.faults(PROFILES="hang")
        started = time.monotonic()
        assert read(client, deadline=30) == "late\x1f"
        assert time.monotonic() - started < 5
        client.faults(PROFILES="garbage")
        assert read(client).startswith("ok\x1f\x00")
    finally:
        client.faults(PROFILES=None)
    assert read(client) == "ok\x1fvalue"


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
MESSAGE = b"bundle \x00\xff"
SIGNATURE = KEY.sign(MESSAGE)


SIGNATURES = [
    (PUBLIC, SIGNATURE, MESSAGE, True),
    (PUBLIC, SIGNATURE, MESSAGE + b"!", False),
    (PUBLIC, bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:], MESSAGE, False),
    (PUBLIC, b"", MESSAGE, False),
    (PUBLIC[:31], SIGNATURE, MESSAGE, False),
    (b"", SIGNATURE, MESSAGE, False),
    (bytes(32), bytes(64), b"", False),
]


@pytest.mark.parametrize("public, signature, message, verdict", SIGNATURES, ids=range(len(SIGNATURES)))
def test_signatures(client, public, signature, message, verdict):
    parts = [b64encode(part).decode() for part in (public, signature, message)]
    assert client.task(do="verify", parts=parts).body.decode() == str(verdict)
