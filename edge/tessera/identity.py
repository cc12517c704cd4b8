"""Cookies → who the visitor is. Only a cookie that this site signed counts; anything else is ignored and replaced.

A cookie's value is `SIGNED~SEALED`: what is signed here, and behind it the snapshot of the visitor's profile, which the bridge
encrypts (edge/sealed.mjs) and nobody else can read. What is not sealed yet stands between two SEAL marks.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from hashlib import sha256
from typing import Callable, Mapping, NamedTuple, Sequence

from tessera.cookies import cookie_values
from tessera.types import EMPTY

COOKIE = "tessera"
SESSION = "tessera_session"  # told apart only where an experiment randomises sessions
MAX_COOKIE = 1024  # characters of our cookie, its name and all
SEAL = "\x02"
MAX_AGE = 180 * 86_400  # seconds: how long the browser keeps it
_REMEMBERED = 2048  # characters of a Cookie header of which it is remembered what it proves
_RENEW = 86_400  # seconds: an older cookie is signed anew, so that its age starts again
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_CONTEXTS = {COOKIE: b"tessera id v1\0", SESSION: b"tessera session v1\0"}  # so that neither can stand for the other
_ARM, _ARMS = "\x1f", "\x1e"  # between a sticky key and its arm, and between two of them
_SIGNATURE = 44  # characters of the signature and its dot
_MOST = MAX_COOKIE - len(COOKIE) - 1  # characters of its value
_SEALED = 28  # bytes that sealing adds: the nonce and the tag of AES-GCM
_VERSION = 1  # of how snapshots are sealed


class Key(NamedTuple):
    """A secret with its name; the first of a list signs, all of them verify (rotation)."""

    id: str
    secret: bytes


class Identity(NamedTuple):
    """Who asked. `id` is None for the unknown; `status`: known, absent or rejected; `issued`: epoch seconds.

    `sticky`: the arms that the visitor keeps, by the experiment's sticky key.
    """

    id: str | None
    status: str
    issued: int = 0
    sticky: Mapping[str, str] = EMPTY


def keys(setting: str) -> tuple[Key, ...]:
    """Read `name:base64url,name:base64url`.

    Raises:
        ValueError: where a key is malformed or shorter than 16 bytes; the message names the key, never the secret.
    """
    found = []
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            secret = decode(encoded)
        except (Base64Error, ValueError):
            raise ValueError(f"cookie key '{name[:16]}' is not base64url") from None
        if not _ID.match(name) or len(secret) < 16:
            raise ValueError(f"cookie key '{name[:16]}' needs a name and at least 16 bytes")
        found.append(Key(name, secret))
    if not found:
        raise ValueError("no cookie key is set")
    return tuple(found)


def decode(text: str) -> bytes:
    """base64url without its padding → bytes."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(key: Key, payload: str, cookie: str) -> str:
    digest = hmac.digest(key.secret, _CONTEXTS[cookie] + payload.encode("ascii"), sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(visitor: str, issued: int, key: Key, sticky: Mapping[str, str] = EMPTY, cookie: str = COOKIE) -> str:
    """The cookie's value: version, key name, id, time of issue, sticky arms if there are any, HMAC-SHA256 over it all.

    Of the sticky arms the oldest are left out where all of them would make the cookie longer than MAX_COOKIE.
    """
    kept = list(sticky.items())
    while True:
        arms = urlsafe_b64encode(_ARMS.join(map(_ARM.join, kept)).encode("utf-8", "replace")).rstrip(b"=").decode()
        payload = f"2.{key.id}.{visitor}.{issued:x}.{arms}" if kept else f"1.{key.id}.{visitor}.{issued:x}"
        if len(payload) + _SIGNATURE <= _MOST:
            return f"{payload}.{_mac(key, payload, cookie)}"
        del kept[0]


def verify(value: str, known: Sequence[Key], now: float, cookie: str = COOKIE) -> Identity:
    """The identity that a cookie proves; status `rejected` for a forged, broken, oversized, foreign or outlived one."""
    found = _identity(value, known, cookie)
    return _REJECTED if now - found.issued > MAX_AGE else found


@lru_cache(maxsize=2048)  # who looks at one page mostly looks at another, and their beacons come too
def _proven(header: str, known: tuple[Key, ...], cookie: str) -> tuple[tuple[Identity, ...], Identity]:
    """The identities that the cookies of a header prove, whatever their age; and what it is without one of them."""
    values = cookie_values(header, cookie)[:4]
    proven = tuple(identity for value in values if (identity := _identity(value, known, cookie)).id is not None)
    return proven, _REJECTED if values else _ABSENT


def _identity(value: str, known: Sequence[Key], cookie: str) -> Identity:
    """The identity that a cookie proves, whatever its age."""
    if len(value) > MAX_COOKIE or not value.isascii():
        return _REJECTED
    parts = value.partition("~")[0].split(".")
    if (len(parts), parts[0]) not in ((5, "1"), (6, "2")) or not _ID.match(parts[2]):
        return _REJECTED
    key = next((k for k in known if k.id == parts[1]), None)
    if key is None or not hmac.compare_digest(_mac(key, ".".join(parts[:-1]), cookie), parts[-1]):
        return _REJECTED
    return Identity(parts[2], "known", int(parts[3], 16), _arms(parts[4]) if parts[0] == "2" else EMPTY)


_ABSENT, _REJECTED = Identity(None, "absent"), Identity(None, "rejected")


def _arms(encoded: str) -> dict[str, str]:
    """The sticky arms of a cookie that was verified."""
    pairs = (pair.partition(_ARM) for pair in decode(encoded).decode().split(_ARMS))
    return {key: arm for key, _, arm in pairs}


def recognise(header: str, known: Sequence[Key], now: float, cookie: str = COOKIE) -> Identity:
    """The first of our cookies that verifies; else `rejected` where there was one, `absent` where there was none."""
    if cookie not in header:
        return _ABSENT
    prove = _proven if len(header) <= _REMEMBERED else _proven.__wrapped__
    found, otherwise = prove(header, tuple(known), cookie)
    for identity in found:
        if now - identity.issued <= MAX_AGE:
            return identity
    return otherwise


def set_cookie(visitor: str, now: float, key: Key, sticky: Mapping[str, str] = EMPTY, snapshot: Callable[[int], str] | None = None) -> str:
    """The Set-Cookie value that gives a visitor their id, and the arms that they keep.

    Args:
        snapshot: the number of ASCII characters there is room for → the text to be sealed, empty for none.
    """
    value = sign(visitor, int(now), key, sticky)
    text = snapshot((_MOST - len(value) - len(f"~{_VERSION}")) * 3 // 4 - _SEALED) if snapshot else ""
    sealed = f"~{_VERSION}{SEAL}{text}{SEAL}" if text else ""
    return f"{COOKIE}={value}{sealed}; Max-Age={MAX_AGE}; Path=/; HttpOnly; Secure; SameSite=Lax"


def account_key(site: str, subject: str) -> str:
    """The key under which the profile of a logged-in account is stored; it tells nothing of the account's name.

    Args:
        subject: who it is, as the site's own token says.
    """
    return "a" + sha256(f"tessera account\0{site}\0{subject}".encode("utf-8", "replace")).hexdigest()[:32]


def of_the_day(key: Key, at: float, *told: str) -> str:
    """A unit for sites without cookies: the same all day (UTC) for the same address and browser, and nothing the next day.

    Args:
        told: what a request tells of its sender. It cannot be found out from the unit, nor stored with it.
    """
    message = "\0".join((str(int(at // 86_400)), *told))
    return hmac.digest(key.secret, b"tessera day v1\0" + message.encode("utf-8", "replace"), sha256).hex()[:32]


def set_session(session: str, now: float, key: Key) -> str:
    """The Set-Cookie value that tells a session; the browser forgets it when it closes."""
    return f"{SESSION}={sign(session, int(now), key, cookie=SESSION)}; Path=/; HttpOnly; Secure; SameSite=Lax"


def session_id(newcomer: str) -> str:
    """The id of a session that begins, from the same randomness as a visitor's id, and telling nothing of it."""
    return sha256(_CONTEXTS[SESSION] + newcomer.encode()).hexdigest()[:32]


def clear_cookie(cookie: str = COOKIE) -> str:
    """The Set-Cookie value that takes an id away."""
    return f"{cookie}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"


def answer(identity: Identity, allowed: bool, fresh: str, now: float, key: Key) -> tuple[str | None, str]:
    """The visitor's id from this very response on (None without consent), and the Set-Cookie value ("" for none).

    Args:
        allowed: whether a purpose is in force that lets an id be kept. fresh: a random id for a new visitor.
    """
    if not allowed:
        return None, "" if identity.status == "absent" else clear_cookie()
    if identity.id is None:
        return fresh, set_cookie(fresh, now, key)
    return identity.id, set_cookie(identity.id, now, key, identity.sticky) if now - identity.issued > _RENEW else ""
