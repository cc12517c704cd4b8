"""The bridge's other calls: the visit's string, page routes, store reads with a deadline, signatures."""

from __future__ import annotations

import json
import time
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

pytestmark = pytest.mark.xdist_group("host")

FIELDS = (
    "token method url now offset country region city continent timezone ip cookie user_agent accept_language referer gpc "
    "purpose nonce page newcomer"
).split()


def visit(client, path="/", facts=None, headers={}, **task):
    owner = {} if facts is None else {"tessera-host-token": client.host.token, "tessera-host-facts": json.dumps(facts)}
    return dict(zip(FIELDS, client.task(path, do="fields", headers={**headers, **owner}, **task).json(), strict=True))


def test_what_a_visit_tells(client):
    facts = {
        "country": "US", "regionCode": "CA", "city": "Los Ángeles", "continent": "NA",
        "timezone": "America/Los_Angeles", "ip": "203.0.113.7", "now": 1796083200123,
    }
    headers = {"cookie": "a=b; c=d", "user-agent": "Test/1", "accept-language": "de", "referer": "https://r.example/", "sec-gpc": "1", "sec-purpose": "prefetch"}
    got = visit(client, "/a/b?c=%20d", facts, headers)
    assert got.pop("url") == f"{client.host.url}/a/b?c=%20d"
    assert int(got.pop("token")) > 0
    assert len(got.pop("nonce")) == len(got.pop("newcomer")) == 36
    assert got == {
        "method": "GET", "now": "1796083200123", "offset": "-480", "country": "US", "region": "CA", "city": "Los Ángeles",
        "continent": "NA", "timezone": "America/Los_Angeles", "ip": "203.0.113.7", "cookie": "a=b; c=d", "user_agent": "Test/1",
        "accept_language": "de", "referer": "https://r.example/", "gpc": "1", "purpose": "prefetch", "page": "",
    }


def test_what_is_not_known_is_empty_and_the_clock_is_the_real_one(client):
    got = visit(client, headers={"purpose": "prefetch"})
    assert abs(int(got["now"]) / 1000 - time.time()) < 60
    assert (got["cookie"], got["referer"], got["city"], got["gpc"], got["purpose"]) == ("", "", "", "", "prefetch")


def test_tokens_and_nonces_are_fresh(client):
    visits = [visit(client) for _ in range(3)]
    assert len({got["token"] for got in visits}) == 3
    assert len({got[name] for got in visits for name in ("nonce", "newcomer")}) == 6


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
    assert visit(client, facts={"timezone": zone, "now": now})["offset"] == offset


def test_separators_cannot_be_smuggled_in(client):
    got = visit(client, facts={"city": "a\x1fb\x1ec\x00\nd", "country": "N\x7fL"})
    assert (got["city"], got["country"]) == ("abcd", "NL")


ROUTES = [["home", "/"], ["product", "/p/:sku"], ["any_product", "/p/*"], ["docs", "/docs/*"], ["broken", "/(("], ["other", "https://other.example/*"]]


@pytest.mark.parametrize("path, page", [
    ("/", "home"), ("/?q=1", "home"), ("/p/abc", "product"), ("/p/abc/d", "any_product"), ("/p", ""), ("/docs/a/b", "docs"), ("/x", ""), ("/other", ""),
])
def test_pages_are_routed_by_the_first_pattern_that_fits(client, path, page):
    assert visit(client, path, bundle="b1", routes=ROUTES)["page"] == page


def test_an_unknown_bundle_has_no_pages(client):
    visit(client, bundle="b1", routes=ROUTES)
    assert visit(client, bundle="b2")["page"] == ""


def read(client, key="k", deadline=2000):
    return client.task(do="read", binding="PROFILES", key=key, deadline=deadline).body.decode()


def test_reads(client):
    client.host.admin.put_kv("PROFILES", "k", "välue\x1f2")
    assert read(client) == "ok\x1fvälue\x1f2"
    assert read(client, "absent") == "none"
    assert read(client, "x" * 600).startswith("error\x1f")


def test_a_read_that_fails_or_hangs_is_told_in_time(client):
    client.host.admin.put_kv("PROFILES", "k", "value")
    try:
        client.faults(PROFILES="throw")
        assert read(client) == "error\x1finjected fault: throw"
        client.faults(PROFILES="hang")
        started = time.monotonic()
        assert read(client, deadline=30) == "late"
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


@pytest.mark.parametrize("public, signature, message, verdict", [
    (PUBLIC, SIGNATURE, MESSAGE, True),
    (PUBLIC, SIGNATURE, MESSAGE + b"!", False),
    (PUBLIC, bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:], MESSAGE, False),
    (PUBLIC, b"", MESSAGE, False),
    (PUBLIC[:31], SIGNATURE, MESSAGE, False),
    (b"", SIGNATURE, MESSAGE, False),
    (bytes(32), bytes(64), b"", False),
])
def test_signatures(client, public, signature, message, verdict):
    parts = [b64encode(part).decode() for part in (public, signature, message)]
    assert client.task(do="verify", parts=parts).body.decode() == str(verdict)
