"""Cookies → who the visitor is. Only a cookie that this site signed counts; anything else is ignored and replaced."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import Sequence

COOKIE = "tessera"
MAX_COOKIE = 1024  # characters of our cookie
MAX_HEADER = 16_384  # characters of a Cookie header that are read
MAX_AGE = 180 * 86_400  # seconds: how long the browser keeps it
_RENEW = 86_400  # seconds: an older cookie is signed anew, so that its age starts again
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_CONTEXT = b"tessera id v1\0"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret with its name; the first of a list signs, all of them verify (rotation)."""

    id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asked. `id` is None for the unknown; `status`: known, absent or rejected; `issued`: epoch seconds."""

    id: str | None
    status: str
    issued: int = 0


def keys(setting: str) -> tuple[Key, ...]:
    """Read `name:base64url,name:base64url`.

    Raises:
        ValueError: where a key is malformed or shorter than 16 bytes; the message names the key, never the secret.
    """
    found = []
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            secret = _decode(encoded)
        except (Base64Error, ValueError):
            raise ValueError(f"cookie key '{name[:16]}' is not base64url") from None
        if not _ID.match(name) or len(secret) < 16:
            raise ValueError(f"cookie key '{name[:16]}' needs a name and at least 16 bytes")
        found.append(Key(name, secret))
    if not found:
        raise ValueError("no cookie key is set")
    return tuple(found)


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(key: Key, payload: str) -> str:
    digest = hmac.digest(key.secret, _CONTEXT + payload.encode("ascii"), sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(visitor: str, issued: int, key: Key) -> str:
    """The cookie's value: version, key name, id, time of issue, HMAC-SHA256 over all of them."""
    payload = f"1.{key.id}.{visitor}.{issued:x}"
    return f"{payload}.{_mac(key, payload)}"


def verify(value: str, known: Sequence[Key], now: float) -> Identity:
    """The identity that a cookie proves; status `rejected` for a forged, broken, oversized, foreign or outlived one."""
    rejected = Identity(None, "rejected")
    if len(value) > MAX_COOKIE or not value.isascii():
        return rejected
    parts = value.split(".")
    if len(parts) != 5 or parts[0] != "1" or not _ID.match(parts[2]):
        return rejected
    key = next((k for k in known if k.id == parts[1]), None)
    if key is None or not hmac.compare_digest(_mac(key, ".".join(parts[:4])), parts[4]):
        return rejected
    issued = int(parts[3], 16)
    return rejected if now - issued > MAX_AGE else Identity(parts[2], "known", issued)


def cookie_values(header: str, name: str) -> list[str]:
    """All values of a cookie in a Cookie header, in order, read as tolerantly as browsers write it."""
    pairs = (pair.partition("=") for pair in header[:MAX_HEADER].split(";"))
    return [value.strip().strip('"') for key, separator, value in pairs if separator and key.strip() == name]


def recognise(header: str, known: Sequence[Key], now: float) -> Identity:
    """The first of our cookies that verifies; else `rejected` where there was one, `absent` where there was none."""
    values = cookie_values(header, COOKIE)[:4]
    for value in values:
        identity = verify(value, known, now)
        if identity.id is not None:
            return identity
    return Identity(None, "rejected" if values else "absent")


def set_cookie(visitor: str, now: float, key: Key) -> str:
    """The Set-Cookie value that gives a visitor their id."""
    return f"{COOKIE}={sign(visitor, int(now), key)}; Max-Age={MAX_AGE}; Path=/; HttpOnly; Secure; SameSite=Lax"


def clear_cookie() -> str:
    """The Set-Cookie value that takes the id away."""
    return f"{COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"


def answer(identity: Identity, allowed: bool, fresh: str, now: float, key: Key) -> tuple[str | None, str]:
    """The visitor's id from this very response on (None without consent), and the Set-Cookie value ("" for none).

    Args:
        allowed: whether a purpose is in force that lets an id be kept. fresh: a random id for a new visitor.
    """
    if not allowed:
        return None, "" if identity.status == "absent" else clear_cookie()
    if identity.id is None:
        return fresh, set_cookie(fresh, now, key)
    return identity.id, set_cookie(identity.id, now, key) if now - identity.issued > _RENEW else ""
