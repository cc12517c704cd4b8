"""Who the visitor is: only what this site signed counts, and nothing that a browser sends makes it raise."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.cookies import MAX_HEADER, cookie_values
from tessera.identity import (
    COOKIE, MAX_AGE, MAX_COOKIE, SESSION, Identity, Key, answer, clear_cookie, keys, recognise, session_id, set_cookie, set_session, sign,
    verify,
)  # fmt: skip

NEW, OLD, FOREIGN = (Key(name, name.encode() * 8) for name in ("new", "old", "foreign"))
KEYS = (NEW, OLD)
NOW = 1_764_756_900
DAY = 86_400
GOOD = sign("visitor-1", NOW, NEW)
ABSENT, REJECTED = Identity(None, "absent"), Identity(None, "rejected")


def encoded(secret: bytes) -> str:
    return urlsafe_b64encode(secret).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "header, found",
    [
        ("", ABSENT),
        ("other=1", ABSENT),
        ("tessera_consent=all", ABSENT),
        (f"tessera={GOOD}", Identity("visitor-1", "known", NOW)),
        (f" a=b;tessera = {GOOD} ; c=d", Identity("visitor-1", "known", NOW)),
        (f'tessera="{GOOD}"', Identity("visitor-1", "known", NOW)),
        (f"tessera={sign('visitor-2', NOW, OLD)}", Identity("visitor-2", "known", NOW)),
        (f"tessera={sign('visitor-3', NOW, FOREIGN)}", REJECTED),
        (f"tessera={sign('visitor-3', NOW, Key('new', FOREIGN.secret))}", REJECTED),
        (f"tessera=junk; tessera={GOOD}", Identity("visitor-1", "known", NOW)),
        ("tessera=junk; " * 4 + f"tessera={GOOD}", REJECTED),
        ("tessera=", REJECTED),
        ("tessera", ABSENT),
        ("TESSERA=" + GOOD, ABSENT),
        (f"tessera={GOOD}x", REJECTED),
        (f"tessera={GOOD.replace('visitor-1', 'visitor-2')}", REJECTED),
        (f"tessera=2{GOOD[1:]}", REJECTED),
        ("tessera=1.new..0.x", REJECTED),
        ("tessera=1.new.a\ud800.0.x", REJECTED),
        ("tessera=" + "1" * 5000, REJECTED),
        ("x=" + "y" * MAX_HEADER + f"; tessera={GOOD}", ABSENT),
    ],
)
def test_recognise(header, found):
    assert recognise(header, KEYS, NOW) == found


def test_every_changed_character_is_rejected():
    for place in range(len(GOOD)):
        for other in "A.0-":
            if other != GOOD[place]:
                assert verify(GOOD[:place] + other + GOOD[place + 1 :], KEYS, NOW).id is None
    assert all(verify(GOOD[:length], KEYS, NOW) == REJECTED for length in range(len(GOOD)))


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), st.integers(0, 2**40))
def test_what_is_signed_is_verified(visitor, issued):
    value = sign(visitor, issued, OLD)
    assert verify(value, KEYS, issued) == Identity(visitor, "known", issued)
    assert verify(value, (NEW, FOREIGN), issued) == REJECTED
    assert cookie_values(f"tessera={value}", "tessera") == [value]


def test_a_cookie_ends_with_its_age_even_where_a_browser_keeps_it():
    assert verify(GOOD, KEYS, NOW + MAX_AGE).id == "visitor-1"
    assert verify(GOOD, KEYS, NOW + MAX_AGE + 1) == REJECTED


@given(hostile.text)
def test_no_cookie_makes_it_raise_or_is_believed(text):
    for header in (text, f"tessera={text}", f"tessera=1.new.{text}", f"tessera=1.new.a.{text}.b", f"tessera={GOOD[:20]}{text}"):
        assert recognise(header, KEYS, NOW).id is None
        assert all(isinstance(value, str) for value in cookie_values(header, "tessera"))
    verify(text, (), NOW)


@pytest.mark.parametrize("nasty", [v for v in hostile.NASTY if isinstance(v, str)], ids=range(sum(isinstance(v, str) for v in hostile.NASTY)))
def test_nasty_cookies_are_rejected(nasty):
    assert verify(nasty, KEYS, NOW) == REJECTED
    assert recognise(f"tessera={nasty}", KEYS, NOW) == REJECTED


@pytest.mark.parametrize(
    "header, values",
    [
        ("a=1; tessera=x; b=2; tessera=y", ["x", "y"]),
        ("tessera=a=b", ["a=b"]),
        ("tessera=;tessera", [""]),
        (";;; =;tessera=x", ["x"]),
        ("xtessera=1; tesserax=2", []),
        ("\0tessera=1", []),
    ],
)
def test_cookie_values(header, values):
    assert cookie_values(header, "tessera") == values


@pytest.mark.parametrize(
    "identity, allowed, visitor, sets",
    [
        (ABSENT, True, "fresh", "new"),
        (REJECTED, True, "fresh", "new"),
        (Identity("v", "known", NOW), True, "v", ""),
        (Identity("v", "known", NOW - DAY - 1), True, "v", "renewed"),
        (ABSENT, False, None, ""),
        (REJECTED, False, None, "cleared"),
        (Identity("v", "known", NOW), False, None, "cleared"),
    ],
)
def test_answer(identity, allowed, visitor, sets):
    expected = {"": "", "new": set_cookie("fresh", NOW, NEW), "renewed": set_cookie("v", NOW, NEW), "cleared": clear_cookie()}[sets]
    assert answer(identity, allowed, "fresh", NOW, NEW) == (visitor, expected)


@pytest.mark.parametrize("cookie, age", [(set_cookie("v", NOW + 0.5, NEW), MAX_AGE), (clear_cookie(), 0)])
def test_the_cookie_is_first_party_and_out_of_reach_of_scripts(cookie, age):
    pair, *flags = cookie.split("; ")
    assert pair.startswith("tessera=") and flags == [f"Max-Age={age}", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"]


# --- arms that are kept ----------------------------------------------------------------------------------------------

STICKY = {"headline__0": "benefit", "Früh & spät__3": "b"}
KEPT = sign("visitor-1", NOW, NEW, STICKY)


def test_a_cookie_carries_the_arms_that_are_kept():
    assert KEPT.startswith("2.new.visitor-1.") and recognise(f"tessera={KEPT}", KEYS, NOW) == Identity("visitor-1", "known", NOW, STICKY)
    assert sign("visitor-1", NOW, NEW, {}) == GOOD, "without any it is as before"


def test_every_changed_character_of_a_kept_arm_is_rejected():
    for place in range(len(KEPT)):
        for other in "A.0-":
            if other != KEPT[place]:
                assert verify(KEPT[:place] + other + KEPT[place + 1 :], KEYS, NOW) == REJECTED
    assert all(verify(KEPT[:length], KEYS, NOW) == REJECTED for length in range(len(KEPT)))
    assert verify(f"1{KEPT[1:]}", KEYS, NOW) == verify(f"2{GOOD[1:]}", KEYS, NOW) == REJECTED


def test_arms_are_neither_added_nor_taken_over_from_another_cookie():
    version, key, _, issued, arms, mac = KEPT.split(".")
    other = sign("visitor-2", NOW, NEW)
    assert verify(".".join(("2", key, "visitor-2", issued, arms, other.split(".")[-1])), KEYS, NOW) == REJECTED
    assert verify(".".join((version, key, "visitor-2", issued, arms, mac)), KEYS, NOW) == REJECTED
    assert verify(".".join(("1", key, "visitor-1", issued, mac)), KEYS, NOW) == REJECTED


@given(st.dictionaries(st.from_regex(r"[^\x1e\x1f]{1,300}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True), max_size=40))
def test_a_cookie_never_grows_too_long_and_the_newest_arms_stay(sticky):
    sticky = {key.encode("utf-8", "replace").decode(): arm for key, arm in sticky.items()}
    value = sign("v" * 64, NOW, NEW, sticky)
    assert len(value) <= MAX_COOKIE
    kept = list(verify(value, KEYS, NOW).sticky.items())
    assert kept == list(sticky.items())[len(sticky) - len(kept) :]


def test_so_many_arms_fit_as_one_expects():
    sticky = {f"experiment_{n}__0": "control" for n in range(60)}
    assert 24 <= len(verify(sign("7f0b5a52-4ad2-4f0e-9b51-2d5b1c8f8a11", NOW, NEW, sticky), KEYS, NOW).sticky) < 60


def test_a_renewed_cookie_keeps_its_arms():
    known = Identity("v", "known", NOW - DAY - 1, STICKY)
    assert answer(known, True, "fresh", NOW, NEW) == ("v", set_cookie("v", NOW, NEW, STICKY))
    assert answer(known, False, "fresh", NOW, NEW) == (None, clear_cookie())


# --- sessions --------------------------------------------------------------------------------------------------------


def test_neither_cookie_stands_for_the_other():
    session = sign("s", NOW, NEW, cookie=SESSION)
    assert recognise(f"{SESSION}={session}", KEYS, NOW, SESSION) == Identity("s", "known", NOW)
    assert recognise(f"{COOKIE}={session}", KEYS, NOW) == REJECTED
    assert recognise(f"{SESSION}={GOOD}", KEYS, NOW, SESSION) == REJECTED
    assert recognise(f"{SESSION}={session}", KEYS, NOW) == ABSENT


def test_a_sessions_id_tells_nothing_of_the_visitors():
    ids = {session_id(newcomer) for newcomer in ("a", "b", "c")}
    assert len(ids) == 3 and all(len(found) == 32 and verify(sign(found, NOW, NEW), KEYS, NOW).id == found for found in ids)
    assert session_id("a") == session_id("a") != "a"


def test_the_session_ends_with_the_browser():
    pair, *flags = set_session("s", NOW, NEW).split("; ")
    assert pair.startswith("tessera_session=1.") and flags == ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"]
    assert clear_cookie(SESSION) == "tessera_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting, names", [(f"a:{encoded(b'x' * 16)}", ["a"]), (f" a:{encoded(b'x' * 32)} ,b:{encoded(b'y' * 32)},", ["a", "b"])])
def test_keys(setting, names):
    assert [key.id for key in keys(setting)] == names


@pytest.mark.parametrize(
    "setting, says",
    [
        ("", "no cookie key is set"), (" , ", "no cookie key is set"), ("a", "'a' needs a name and at least 16 bytes"), ("a:" + encoded(b"short"), "16 bytes"),
        (":" + encoded(b"x" * 16), "needs a name"), ("a.b:" + encoded(b"x" * 16), "needs a name"), ("a:é" + encoded(b"x" * 16), "not base64url"),
        ("a:x", "not base64url"),
    ],
)  # fmt: skip
def test_broken_keys_are_named_and_never_shown(setting, says):
    with pytest.raises(ValueError, match=says) as caught:
        keys(setting)
    assert encoded(b"x" * 16) not in str(caught.value) and encoded(b"short") not in str(caught.value)


@given(hostile.text)
def test_no_setting_makes_keys_raise_anything_else(text):
    for setting in (text, f"a:{text}", f"{text}:{encoded(b'x' * 16)}"):
        try:
            keys(setting)
        except ValueError:
            pass
