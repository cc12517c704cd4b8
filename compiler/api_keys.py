"""Keys of the HTTP API: made here, shown once; the Worker knows their digests alone (edge/api_keys.mjs reads the setting)."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

ROLES = ("reader", "writer", "admin")
_ID = re.compile(r"[A-Za-z0-9-]{1,32}")


class ApiKeyError(ValueError):
    """What was asked for is no key; one line."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its holder sends it, and its entry in TESSERA_API_KEYS, which does not tell it."""

    text: str
    entry: str


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def fresh_id() -> str:
    """A name for a key nobody named: 8 characters."""
    return secrets.token_hex(4)


def generate(role: str, name: str, expires: date | None = None) -> ApiKey:
    """Make a key with 256 random bits.

    Args:
        name: up to 32 letters, digits and dashes; logs and limits call the caller by it. Two keys of one name are one
            caller: so a key is exchanged without a gap.
        expires: the last day, in UTC, on which it is good.
    Raises:
        ApiKeyError: an unknown role, or a name of another form.
    """
    if role not in ROLES:
        raise ApiKeyError(f"'{role}' is no role; choose one of {', '.join(ROLES)}")
    if not _ID.fullmatch(name):
        raise ApiKeyError(f"'{name}' cannot name a key; use up to 32 letters, digits and dashes")
    secret = _encoded(secrets.token_bytes(32))
    parts = [name, role, _encoded(sha256(secret.encode()).digest()), *([expires.isoformat()] if expires else [])]
    return ApiKey(f"tsr_{name}_{secret}", ":".join(parts))
