"""The keys of an issuer (edge/jwks.mjs): fetched over HTTP from a server that answers, changes its keys, fails or is slow."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from plain_worker import issuer as running_issuer
from plain_worker import plain
from tokens import NOW, ec_key, jwk, token, trust

pytestmark = pytest.mark.xdist_group("plain")

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
OLD, NEW = jwk(ec_key(), kid="old"), jwk(ec_key("other"), kid="new")


@pytest.fixture(scope="module")
def worker():
    with plain() as running:
        yield running


@pytest.fixture(scope="module")
def server():
    with running_issuer() as running:
        yield running


class Site:
    """Trusts an issuer whose keys are at an address of its own, so that each test begins without any."""

    number = 0

    def __init__(self, worker, server) -> None:
        Site.number += 1
        self.worker, self.trust = worker, trust("ES256", jwks=server.address(f"/{Site.number}"), development=True)

    def verify(self, after: int = 0, kid: str = "old", patience: float = 30, **claims) -> str:
        """`ok`, or why not, so many milliseconds after the beginning; a token that was never seen. `patience`: seconds."""
        signed = token("ES256", ec_key("other" if kid == "new" else "first"), {"kid": kid}, exp=NOW // 1000 + 200_000, at=after, **claims)
        (told,) = self.worker("verify", tokens=[signed], trust=self.trust, now=NOW + after, waiting=True, patience=patience)
        return "ok" if told["ok"] else told["why"]


@pytest.fixture
def site(worker, server):
    server.answers({"keys": [OLD]})
    return Site(worker, server)


def test_keys_are_fetched_once_and_good_for_ten_minutes(site, server):
    assert [site.verify(after) for after in (0, SECOND, 9 * MINUTE)] == ["ok"] * 3
    assert server.asked == 1
    assert site.verify(10 * MINUTE) == "ok"
    assert server.asked == 2


def test_an_unknown_key_asks_again_at_most_once_a_minute(site, server):
    site.verify()
    server.answers({"keys": [OLD, NEW]})
    assert [site.verify(after, "new") for after in (10 * SECOND, 59 * SECOND)] == ["unknown-key"] * 2 and server.asked == 0
    assert [site.verify(after, "new") for after in (60 * SECOND, 61 * SECOND)] == ["ok"] * 2 and server.asked == 1
    assert [site.verify(61 * SECOND + n, f"made-up-{n}") for n in range(20)] == ["unknown-key"] * 20 and server.asked == 1


def test_a_token_that_would_not_do_anyway_fetches_nothing(site, server):
    assert [site.verify(iss="https://evil.example/"), site.verify(aud="x"), site.verify(nbf=NOW)] == ["issuer", "audience", "times"]
    assert server.asked == 0


def test_a_key_that_is_withdrawn_is_no_longer_good(site, server):
    assert site.verify() == "ok"
    server.answers({"keys": [NEW]})
    assert [site.verify(10 * MINUTE), site.verify(10 * MINUTE, "new")] == ["unknown-key", "ok"]
    server.answers({"keys": []})
    assert site.verify(20 * MINUTE, "new") == "unknown-key"


FAILURES = [
    ({}, {"status": 500}), (b"", {}), (b"not JSON", {}), ({"keys": {}}, {}), ([], {}), (None, {}), (b'{"keys": [' + b" " * 65_536 + b"]}", {}),
    ({"keys": [OLD]}, {"status": 203}), ({"keys": [OLD]}, {"status": 302, "headers": {"location": "/elsewhere"}}),
    ({"keys": [OLD]}, {"headers": {"content-length": "9999"}}), ({"keys": [OLD]}, {"delay": 1.5}),
]  # fmt: skip


@pytest.mark.parametrize("body, how", FAILURES, ids=map(str, range(len(FAILURES))))
def test_where_asking_fails_the_last_keys_stand_in_for_a_day(site, server, body, how):
    assert site.verify() == "ok"
    server.answers(body, **how)
    started = time.monotonic()
    assert [site.verify(10 * MINUTE), site.verify(10 * MINUTE + SECOND)] == ["ok", "ok"]
    assert server.asked == 1, "it is asked again a minute later, and a redirect is not followed"
    assert time.monotonic() - started < 1.4 + 2, "one wait of a second; the rest is a busy machine's"
    server.answers(b"", 500)
    assert [site.verify(23 * HOUR), site.verify(24 * HOUR)] == ["ok", "keys-unavailable"]
    server.answers({"keys": [OLD]})
    assert site.verify(24 * HOUR + MINUTE) == "ok"


def test_without_any_keys_it_is_tried_again_after_seconds(worker, server):
    site = Site(worker, server)
    server.answers(b"", 503)
    assert [site.verify(after) for after in (0, SECOND)] == ["keys-unavailable"] * 2 and server.asked == 1
    server.answers({"keys": [OLD]})
    assert [site.verify(4_999), site.verify(5 * SECOND)] == ["keys-unavailable", "ok"] and server.asked == 1


def test_nobody_there(worker, server):
    site = Site(worker, server)
    site.trust["jwks"] = "http://127.0.0.1:1/nobody"
    assert site.verify() == "keys-unavailable"


def test_one_fetch_at_a_time_for_all_who_wait(site, server):
    server.answers({"keys": [OLD]}, delay=0.4)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(site.verify, range(8))) == {"ok"}
    assert server.asked == 1


def test_what_else_is_in_a_set_does_not_matter(site, server):
    server.answers({"keys": [None, 5, [], "x", {}, {"kty": "EC", "kid": "old", "crv": "P-256", "use": "enc"}, {"kty": "OKP", "kid": "old"}, OLD], "more": 1})
    assert site.verify() == "ok"


def test_whoever_leaves_while_keys_are_fetched_takes_them_from_nobody(site, server):
    server.answers({"keys": [OLD]}, delay=0.5)
    with pytest.raises(TimeoutError):
        site.verify(patience=0.2)
    assert site.verify(1) == "ok"
    assert server.asked == 1


def test_failures_are_counted(worker):
    assert worker("counted")["jwks-failed"] >= len(FAILURES)
