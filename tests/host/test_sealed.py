"""The snapshot in the cookie (edge/sealed.mjs): only this site opens it, only in the cookie that it was sealed for, and nobody reads it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plain_worker import plain
from tessera import identity
from tessera.identity import Key, keys, set_cookie, sign

pytestmark = pytest.mark.xdist_group("plain")

NOW = 1_764_756_900
FIRST, SECOND = "k1:c2VjcmV0LWtleS1vZi10aGUtdGVzdHM", "k2:YW5vdGhlci1zZWNyZXQta2V5LW9mLXRlc3Rz"
TEXT = '[1,1764756900,"visitor-1",5,"",{"visitor.plan":["enterprise",60],"visitor.diagnosis":["chronic",9]},{},{}]'


@pytest.fixture(scope="module")
def worker():
    with plain() as running:
        yield running


@pytest.fixture(scope="module")
def another():
    """A Worker that has sealed nothing, and so remembers nothing: it must really decrypt."""
    with plain() as running:
        yield running


def sealed(worker, text: str = TEXT, visitor: str = "visitor-1", by: str = FIRST, **sticky: str) -> str:
    """A cookie's value, as a browser sends it back."""
    cookie = worker("seal", cookies=set_cookie(visitor, NOW, keys(by)[0], sticky, lambda room: text), keys=by)
    value, *attributes = cookie.partition("=")[2].split("; ")
    assert attributes == ["Max-Age=15552000", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"]
    return value


def opened(worker, *values: str | None, by: str = FIRST) -> list[str]:
    return worker("opened", headers=[value and f"tessera={value}" for value in values], keys=by)


def test_what_was_sealed_opens_here_and_elsewhere(worker, another):
    for value in (sealed(worker), sealed(worker, kept__2="change")):
        assert opened(worker, value) == opened(another, value) == opened(another, value) == [f"visitor-1.{TEXT}"]
    assert identity.verify(value, keys(FIRST), NOW).id == "visitor-1", "and Python reads who it is"


def test_nobody_reads_it_on_the_device(worker):
    value = sealed(worker)
    tail = value.partition("~1")[2]
    raw = value.encode() + urlsafe_b64decode(tail + "=" * (-len(tail) % 4))
    assert len(raw) > len(TEXT) and not any(word in raw for word in (b"enterprise", b"diagnosis", b"chronic", b"plan", b"visitor."))
    assert sealed(worker).partition("~")[2] != sealed(worker).partition("~")[2], "the same text never looks the same"


def test_it_opens_only_in_the_cookie_that_it_was_sealed_for(worker, another):
    mine = sealed(worker)
    tail = mine.partition("~")[2]
    others = {
        "another visitor": sign("visitor-2", NOW, keys(FIRST)[0]), "another time": sign("visitor-1", NOW + 1, keys(FIRST)[0]),
        "other arms": sign("visitor-1", NOW, keys(FIRST)[0], {"kept__2": "change"}), "another key": sign("visitor-1", NOW, Key("k1", b"x" * 16)),
    }  # fmt: skip
    assert opened(another, *(f"{signed}~{tail}" for signed in others.values())) == [""] * len(others)


def test_a_flipped_bit_anywhere_is_noticed(worker, another):
    value = sealed(worker, '[1,2]')
    head, _, tail = value.partition("~1")
    raw = urlsafe_b64decode(tail + "=" * (-len(tail) % 4))
    broken = []
    for place in range(len(raw)):
        for bit in range(8):
            flipped = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            broken.append(f"{head}~1{urlsafe_b64encode(flipped).rstrip(b'=').decode()}")
    broken += [f"{head}~1{tail[:length]}" for length in range(len(tail))]
    broken += [f"{head[:place]}{'A' if head[place] != 'A' else 'B'}{head[place + 1 :]}~1{tail}" for place in range(len(head))]
    assert opened(another, value) == ["visitor-1.[1,2]"]
    assert set(opened(another, *broken)) == {""}


def test_keys_are_rotated(worker, another):
    old = sealed(worker)
    assert opened(another, old, by=f"{SECOND},{FIRST}") == [f"visitor-1.{TEXT}"]
    new = sealed(worker, by=f"{SECOND},{FIRST}")
    assert new.split(".")[1] == "k2" and opened(another, new, by=SECOND) == [f"visitor-1.{TEXT}"]


def test_without_its_key_it_does_not_open(worker):
    value = sealed(worker)
    for by in (SECOND, "", "k1:YW5vdGhlci1zZWNyZXQta2V5LW9mLXRlc3Rz", "k1:not base64!", "k1"):
        with plain() as fresh:
            assert opened(fresh, value, by=by) == [""], by


OTHERS = [
    None, "", "~", "~1", "~1~1", "1.k1.visitor-1.69300da4.x", "1.k1.visitor-1.69300da4.x~1", "1.k1.visitor-1.69300da4.x~2AAAA", "1.k1.visitor-1.69300da4.x~1***",
    "1.k1.visitor-1.69300da4.x~1" + "A" * 2000, "~1" + "A" * 40, "1.nobody.v.0.x~1" + "A" * 60, "1.k1.v.0.x~1AAAA~1AAAA",
]  # fmt: skip


def test_a_cookie_of_an_earlier_release_and_whatever_else_has_none(another):
    assert opened(another, sign("visitor-1", NOW, keys(FIRST)[0]), sign("visitor-1", NOW, keys(FIRST)[0], {"a__0": "b"}), *OTHERS) == [""] * (2 + len(OTHERS))


def test_of_several_cookies_the_first_that_opens(worker, another):
    value = sealed(worker)
    headers = [f"tessera=x~1AAAA; tessera={value}", f"a=b; tessera={value}; tessera=x~1AAAA", f'tessera="{value}"', f" x=y;tessera={value} "]
    assert another("opened", headers=headers, keys=FIRST) == [f"visitor-1.{TEXT}"] * len(headers)


def test_other_cookies_are_sealed_past(worker):
    own = set_cookie("visitor-1", NOW, keys(FIRST)[0], {}, lambda room: TEXT)
    first, second, third = worker("seal", cookies=f"a=b; Path=/\x1d{own}\x1dtessera_session=1.k.s.0.x; Path=/", keys=FIRST).split("\x1d")
    assert (first, third) == ("a=b; Path=/", "tessera_session=1.k.s.0.x; Path=/") and "\x02" not in second and "~1" in second
    assert worker("seal", cookies="a=b; Path=/", keys=FIRST) == "a=b; Path=/"


def test_what_cannot_be_sealed_goes_without(worker):
    own = set_cookie("visitor-1", NOW, keys(FIRST)[0], {}, lambda room: TEXT)
    left = worker("seal", cookies=own, keys=SECOND)
    assert left == set_cookie("visitor-1", NOW, keys(FIRST)[0]) and worker("counted")["snapshot-not-sealed"] == 1


@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, 700), st.sampled_from(["v", "v" * 64]), st.dictionaries(st.sampled_from("abc"), st.text(max_size=120), max_size=3))
def test_the_cookie_has_at_most_1024_characters(worker, length, visitor, sticky):
    rooms = []
    own = set_cookie(visitor, NOW, keys(FIRST)[0], sticky, lambda room: rooms.append(room) or "x" * min(room, length) if room > 0 else "")
    cookie = worker("seal", cookies=own, keys=FIRST).partition(";")[0]
    assert len(cookie) <= identity.MAX_COOKIE and "\x02" not in cookie
