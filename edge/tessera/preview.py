"""Preview tokens: a signed wish to see certain variants or arms, or to see with somebody's eyes, for a while.

Nobody else is affected, nothing counts. A persona's facts take the place of whatever is known of who opens the link.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Any, Mapping, NamedTuple, Sequence
from urllib.parse import parse_qs, urlsplit

from tessera import consent, profile
from tessera.context import Request, request_values
from tessera.cookies import cookie_values
from tessera.identity import Key, clear_cookie, decode
from tessera.render import escape_text
from tessera.resolved import Bundle
from tessera.types import EMPTY, Visit, coerce, parse_json

PARAMETER = "tessera_preview"  # of the query; and the cookie that carries a token on
MAX_TOKEN = 4096  # characters
NOBODY = "preview"  # the id of a persona's visitor and session: everybody who opens a link sees the same
_MAX_QUERY = 8192  # characters of a query that are searched
_MAX_OFFSET = 14 * 60  # minutes
_CONTEXT = b"tessera preview v1\0"
_LATEST = 253_370_764_800  # epoch seconds: year 9999


class Persona(NamedTuple):
    """Somebody of whom certain facts are known.

    Attributes:
        attributes: full name → value as a profile would hold it, `request.*` among them.
        purposes: what was consented to; None where nothing was chosen.
        at: epoch seconds; None for the moment of the request. offset: minutes that their clock is ahead of UTC then.
        seen: campaign → how often, or when, it was seen.
    """

    attributes: Mapping[str, Any]
    purposes: tuple[str, ...] | None = None
    at: float | None = None
    offset: int = 0
    seen: Mapping[str, Any] = EMPTY


class Wish(NamedTuple):
    """What a token asks for: experiment → arm and `slot.<name>` → variant (`none` for none); and whose eyes to see with."""

    forced: Mapping[str, str] = EMPTY
    persona: Persona | None = None


NO_WISH = Wish()


def sign(forced: Mapping[str, str], until: int, key: Key, persona: Persona | None = None) -> str:
    """A token that is good until a moment (epoch seconds); longer than MAX_TOKEN where it asks for too much."""
    asked: list[Any] = [until, dict(forced)]
    if persona is not None:
        asked.append({"a": dict(persona.attributes), "p": persona.purposes, "t": persona.at, "o": persona.offset, "s": dict(persona.seen)})
    wish = json.dumps(asked, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    payload = f"1.{key.id}.{urlsafe_b64encode(wish).rstrip(b'=').decode()}"
    return f"{payload}.{_mac(key, payload)}"


def verify(token: str, known: Sequence[Key], now: float) -> Wish:
    """What a token wishes for; nothing where it is forged, broken, oversized or outlived."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 4 or parts[0] != "1" or not token.isascii():
        return NO_WISH
    key = next((k for k in known if k.id == parts[1]), None)
    if key is None or not hmac.compare_digest(_mac(key, ".".join(parts[:3])), parts[3]):
        return NO_WISH
    try:
        until, forced, *told = parse_json(decode(parts[2]).decode(), MAX_TOKEN)
        if not now < until or len(told) > 1:
            return NO_WISH
        return Wish({str(name): str(wish) for name, wish in forced.items()}, _persona(told[0]) if told else None)
    except (Base64Error, LookupError, ValueError, TypeError, AttributeError, OverflowError):
        return NO_WISH


def _persona(told: Mapping[str, Any]) -> Persona:
    """Raises LookupError, ValueError, TypeError, AttributeError or OverflowError for what is none."""
    purposes, at, offset = told["p"], told["t"], int(told["o"])
    if not isinstance(told["a"], dict) or not isinstance(told["s"], dict) or abs(offset) > _MAX_OFFSET:
        raise ValueError("no persona")
    at = None if at is None else float(at)
    if at is not None and not 0 <= at < _LATEST:
        raise ValueError("no moment")
    return Persona(told["a"], None if purposes is None else tuple(map(str, purposes)), at, offset, told["s"])


def wish(url: str, known: Sequence[Key], now: float) -> Wish:
    """What the token in a URL's query wishes for."""
    token = _asked(url)
    return verify(token, known, now) if token else NO_WISH


def _asked(url: str) -> str:
    """The token in a URL's query; empty where there is none."""
    if PARAMETER not in url:
        return ""
    try:
        tokens = parse_qs(urlsplit(url).query[:_MAX_QUERY], max_num_fields=64).get(PARAMETER, [])
    except ValueError:
        return ""
    return tokens[0] if tokens else ""


def carried(url: str, header: str, known: Sequence[Key], now: float) -> tuple[Wish, str]:
    """What is wished for, by the URL's token or by the one that a cookie carries from page to page; and the Set-Cookie value
    that begins a preview, or ends it ("" for neither). It ends with `tessera_preview=off`, and with its token."""
    token = _asked(url)
    found = verify(token, known, now) if token else NO_WISH
    if found is not NO_WISH:
        return found, f"{PARAMETER}={token}; Path=/; HttpOnly; Secure; SameSite=Lax"
    kept = cookie_values(header, PARAMETER)
    if token != OFF:
        found = next((wish for value in kept[:2] if (wish := verify(value, known, now)) is not NO_WISH), NO_WISH)
    return found, clear_cookie(PARAMETER) if kept and found is NO_WISH else ""


def banner(forced: Mapping[str, str]) -> str:
    """What stands on a page that is a preview: that it is one, of what, and how it ends."""
    told = ", ".join(f"{name.removeprefix('slot.')}: {wish}" for name, wish in forced.items())
    return _BANNER.format(told=escape_text(f" of {told}" if told else "")[:2000], parameter=PARAMETER, off=OFF)


OFF = "off"  # the value of the parameter that ends a preview
_BANNER = (
    '<div id="tessera-preview" role="status" style="position:fixed;z-index:2147483647;left:0;right:0;bottom:0;padding:.5rem 1rem;background:#111;color:#fff;'
    'font:14px/1.4 system-ui,sans-serif;text-align:center">Preview{told} <a href="?{parameter}={off}" style="color:#fff">End preview</a></div>'
)


def wished(url: str, known: Sequence[Key], now: float) -> Mapping[str, str]:
    """The arms and variants that the token in a URL's query wishes for."""
    return wish(url, known, now).forced


def played(bundle: Bundle, request: Request, forced: Mapping[str, str], persona: Persona) -> Visit:
    """The visit as the persona would make it: their facts, consent and time, and nothing that is stored of anybody.

    What the persona does not say of the request (device, query, place…) is the request's own. Facts are taken by the same
    rules as stored ones: of their declared type, and only where their purpose is in force.
    """
    if persona.at is not None:
        request = request._replace(now=str(round(persona.at * 1000)), offset=str(persona.offset))
    facts = request_values(request, bundle.asks)
    for attribute in bundle.reads:
        if attribute.name.startswith("request.") and attribute.name in persona.attributes:
            typed = coerce(attribute, persona.attributes[attribute.name])
            if typed is not None:
                facts[attribute.name] = typed
    chosen = None if persona.purposes is None else frozenset(persona.purposes) & frozenset(bundle.purposes)
    purposes, jurisdiction = consent.in_force(bundle, chosen, facts)
    stored = profile.read({"attributes": dict(persona.attributes), "seen": dict(persona.seen)}, bundle.attributes, request.at)
    values, ages = profile.permitted(bundle, stored, facts, purposes)
    account = values.get("account.id") or values.get("account.domain")
    units = {"visitor": NOBODY, "session": NOBODY, **({"account": account} if isinstance(account, str) else {})} if purposes else {}
    return Visit(
        units=units, values=values, purposes=purposes, jurisdiction=jurisdiction, at=request.at, offset=request.minutes_ahead,
        seen=stored.seen, forced=forced, preview=True, ages=ages,
    )  # fmt: skip


def _mac(key: Key, payload: str) -> str:
    digest = hmac.digest(key.secret, _CONTEXT + payload.encode("ascii"), sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
