"""Preview tokens: a signed wish to see certain variants or arms, for a while. Nobody else is affected, nothing counts."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from tessera.identity import Key, decode
from tessera.types import EMPTY, parse_json

PARAMETER = "tessera_preview"  # of the query
MAX_TOKEN = 2048  # characters
_MAX_QUERY = 8192  # characters of a query that are searched
_CONTEXT = b"tessera preview v1\0"


def sign(forced: Mapping[str, str], until: int, key: Key) -> str:
    """A token that is good until a moment (epoch seconds).

    Args:
        forced: experiment → arm, or `slot.<name>` → variant (`none` for none).
    """
    wish = json.dumps([until, dict(forced)], separators=(",", ":")).encode()
    payload = f"1.{key.id}.{urlsafe_b64encode(wish).rstrip(b'=').decode()}"
    return f"{payload}.{_mac(key, payload)}"


def verify(token: str, known: Sequence[Key], now: float) -> Mapping[str, str]:
    """What a token wishes for; nothing where it is forged, broken, oversized or outlived."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 4 or parts[0] != "1" or not token.isascii():
        return EMPTY
    key = next((k for k in known if k.id == parts[1]), None)
    if key is None or not hmac.compare_digest(_mac(key, ".".join(parts[:3])), parts[3]):
        return EMPTY
    try:
        until, forced = parse_json(decode(parts[2]).decode(), MAX_TOKEN)
        return {str(name): str(wish) for name, wish in forced.items()} if now < until else EMPTY
    except (Base64Error, ValueError, TypeError, AttributeError):
        return EMPTY


def wished(url: str, known: Sequence[Key], now: float) -> Mapping[str, str]:
    """What the token in a URL's query wishes for."""
    if PARAMETER not in url:
        return EMPTY
    try:
        tokens = parse_qs(urlsplit(url).query[:_MAX_QUERY], max_num_fields=64).get(PARAMETER, [])
    except ValueError:
        return EMPTY
    return verify(tokens[0], known, now) if tokens else EMPTY


def _mac(key: Key, payload: str) -> str:
    digest = hmac.digest(key.secret, _CONTEXT + payload.encode("ascii"), sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
