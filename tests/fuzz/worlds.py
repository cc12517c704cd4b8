"""What the targets ask: sites, keys, and requests, documents and messages of which any part may be hostile."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any, Callable, Mapping, Sequence

from tests.edge import folding
from tests.edge.sites import AT, bundle, ir, program, rule, is_, shop, slot
from tests.edge.test_redirect import SITE, leads
from tests.fuzz.material import Source
from tessera import identity, preview
from tessera.context import Request
from tessera.identity import SESSION, Key, sign
from tessera.resolved import Bundle
from tessera.types import LADDER
from tessera.vocabulary import CHANNELS, EVENTS, FIELDS, wrong

US, RS = "\x1f", "\x1e"
KEYS = (Key("k", b"secret-secret-secret"), Key("old", b"older-secret-older-s"))
FOREIGN = Key("k", b"of-another-site-entirely")
VISITOR = "visitor-1"
VIEW = "0b5a2f6e-1c7d-4e8f-9a0b-3c4d5e6f7a8b"
PURPOSES = ("personalization", "analytics")

# --- sites ----------------------------------------------------------------------------------------------------------------

_CHOICES = (("personalization", (1, 3, 4), ("SaleOptOut", "Gpc")), ("analytics", (1, 8), ("TargetedAdvertisingOptOut",)))
_LOGIN = {"issuer": "https://login.shop.example", "cookie": "jwt"}
_REST = (ir.Jurisdiction("rest", None, PURPOSES, False),)


@cache
def everything() -> Bundle:
    """The small shop with channels, data for scripts, consent strings and a login; attributes of every kind come from events."""
    whole = shop()
    mail = slot("mail", (rule("lapsed", is_("visitor.plan", "lapsed"), "a"),), "b", pages=(), selector="", channel="email")
    attributes = (*(a for a in whole.attributes if a.name not in {k.name for k in folding.KINDS}), *folding.KINDS)
    names = tuple(a.name for a in attributes)
    campaigns = (*whole.campaigns, *(c for c in folding.CAMPAIGNS if c.name != "recovery"))
    told = replace(
        whole, slots=(*whole.slots, mail), attributes=attributes, reads=names, campaigns=campaigns, island=("home", "product"), choices=_CHOICES, login=tuple(_LOGIN.items())
    )  # fmt: skip
    return bundle(told)


@cache
def cookieless() -> Bundle:
    return replace(everything(), cookieless=True, login=None)


@cache
def leading() -> Bundle:
    """A site whose page leads elsewhere, on two hosts."""
    return bundle(program(leads("away", "/new"), slot("hero"), hosts=("shop.example", "*.shop.example"), jurisdictions=_REST))


SITES: Sequence[Callable[[], Bundle]] = (everything, everything, everything, everything, leading, cookieless)


def page_of(url: str) -> str:
    path = url.removeprefix(SITE).partition("#")[0].partition("?")[0].strip("/")
    return "home" if not path else "product" if path.startswith("p/") else ""


# --- requests -------------------------------------------------------------------------------------------------------------

_SIGNED = tuple(
    f"tessera={value}" for value in (
        sign(VISITOR, int(AT), KEYS[0]), sign(VISITOR, int(AT), KEYS[0]), sign(VISITOR, int(AT) - 100_000, KEYS[1], {"headline__0": "benefit", "old__2": "x"}), sign(VISITOR, 1, KEYS[0]),
        sign(VISITOR, int(AT), FOREIGN), f"{sign(VISITOR, int(AT), KEYS[0])}~1AAAA",
    )
) + (f"{SESSION}={sign('session-1', int(AT), KEYS[0], cookie=SESSION)}",)  # fmt: skip
_COOKIES = (
    "tessera_consent=", "tessera_consent=all", "tessera_consent=personalization.level-cohort", "euconsent-v2=CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA", "gpp=DBABLA~CAAZAAAAAABA.YA",
    "gpp=DBACNYA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~1YNN", "usprivacy=1YYN",
)  # fmt: skip
_URLS = ("/", "/", "/p/a", "/?utm_source=newsletter&utm_medium=email", "/?gclid=1", "/?tessera_preview=", "/new", "//evil.example/", "/a?b#c")
_PLACES: Mapping[str, Sequence[str]] = {
    "method": ("GET", "POST"), "subdivision": ("CA", "BE"), "city": ("Berlin",), "continent": ("EU",), "timezone": ("Europe/Berlin",), "ip": ("192.0.2.4", "2001:db8::1", "::ffff:1.2.3.4"),
    "user_agent": ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", "Googlebot/2.1", "curl/8"), "accept_language": ("de-DE,de;q=0.9",), "referer": ("https://www.google.com/", f"{SITE}/p/a"),
    "gpc": ("1",), "prefetch": ("prefetch",), "ch_ua": ('"Chromium";v="156", "Not A Brand";v="8"',), "ch_mobile": ("?1", "?0"), "ch_platform": ('"Windows"',), "ch_platform_version": ('"15.0.0"',), "ch_model": ('"Pixel"',),
    "postal": ("10115",), "latitude": ("52.5",), "longitude": ("13.4",), "weather": ("rain;12.5",), "account": ("ada", ""),
}  # fmt: skip
NAMES = tuple(sorted({*(a.name for a in folding.KINDS), "visitor.age", "visitor.spend", "visitor.ip", "visitor.traits", "visitor.facts", "account.domain", "request.country", "visitor", "account", "plan", "item", "at"}))
CAMPAIGNS = ("recovery", "spring", "open", "gone")


def clean(text: str) -> str:
    """A field as it gets through the bridge, at least."""
    return text.replace(US, "").replace(RS, "")


def url(s: Source) -> str:
    at = s.pick((SITE, SITE, SITE, "https://www.shop.example")) + s.pick(_URLS)
    if "tessera_preview=" in at:
        return at + token(s)
    return at + s.text() if s.chance(2) else s.pick(("http://[", "//[::1", "https://\u2100/", "https://shop.example:x]/", "")) + s.text() if s.chance(8) else at


def token(s: Source) -> str:
    """A preview's token, signed: by whom it may be, with wishes and a persona that may be anything."""
    if s.chance(4):
        return s.text()
    wishes = {s.pick(("headline", "slot.hero", "slot.banner", "ranker", "")) or s.text(): s.pick(("benefit", "none", "a", "taste")) if s.chance(2) else s.text() for _ in range(s.byte() % 4)}
    persona = preview.Persona(s.mapping(NAMES, 2), s.pick((None, PURPOSES, ("odd",))), s.pick((None, AT, 0.0, 1e300, float("nan"))), s.pick((0, 60, 10**9)), s.mapping(CAMPAIGNS, 2))
    return preview.sign(wishes, s.pick((int(AT) + 60, int(AT) - 1, 10**400)), s.pick((*KEYS, FOREIGN)), persona if s.chance(2) else None)


def cookie(s: Source) -> str:
    parts = [_SIGNED[0]] if s.chance(2) else []
    parts += [s.pick((*_COOKIES, *_SIGNED)) + (s.text() if s.chance(4) else "") if not s.chance(5) else s.text() for _ in range(s.byte() % 4)]
    if s.chance(6):
        parts.append(f"tessera_preview={token(s)}")
    return s.pick(("; ", ";", "; ", ",")).join(parts)


def request(s: Source, page: str = "") -> Request:
    """A request's facts as the bridge tells them; of the bridge's own ones alone it can be relied upon."""
    now = int(AT * 1000) + s.pick((0, 0, 3_600_000, 36_000_000, -1, 86_400_000 * 200))
    told = {"cookie": clean(cookie(s)), "url": clean(url(s)), "now": str(now), "offset": s.pick(("", "0", "60", "-840")), "nonce": VIEW, "newcomer": "fresh"}
    told["page"] = page or s.pick(("home", "product", "home", ""))
    told["snapshot"] = clean(s.pick((VISITOR, VISITOR, VISITOR, "other")) + "." + s.json(snapshot(s))) if s.chance(2) else ""
    told["country"] = clean(s.text()) if s.chance(10) else s.pick(("BR", "BR", "BR", "US", "DE", ""))
    for name, fitting in _PLACES.items():
        told[name] = clean(s.text()) if s.chance(6) else s.pick(("", *fitting))
    return Request(**told)


def snapshot(s: Source) -> Any:
    if s.chance(12):
        return s.value(NAMES)
    attributes = {s.key(NAMES): [s.value(NAMES, 2), s.byte()] if not s.chance(20) else s.value() for _ in range(s.byte() % 5)}
    seen = {s.key(CAMPAIGNS): [s.integer() for _ in range(s.byte() % 4)] if not s.chance(20) else s.value() for _ in range(s.byte() % 3)}
    shown = {s.key((VIEW[:8],)): s.mapping(("hero", "banner"), 1) for _ in range(s.byte() % 3)}
    found = [1, int(AT) - s.byte() * s.pick((1, 1, 100)), s.pick((VISITOR, VISITOR, VISITOR, "aaa")), s.pick((0, 5, 10_000)), s.pick(("", "", *LADDER)), attributes, seen, shown]
    if s.chance(10):
        found[s.byte() % len(found)] = s.value(NAMES)
    return found


# --- what stores hold, and what queues carry ------------------------------------------------------------------------------------


def moment(s: Source) -> Any:
    return AT - s.byte() * 1000 if not s.chance(6) else s.pick((0, -1, AT + 1e9, 1e300, float("nan"), "2025-12-03T10:15:00Z", "soon", None, True, 10**400))


def document(s: Source) -> dict[str, Any]:
    """What a store may hold of a visitor: nearly right, in either version, erased, of a later one, or any object."""
    if s.chance(10):
        return s.mapping(("v", "attributes", "erased", "seen", "visitors", "level", "updated"))
    form: dict[str, Any] = {
        "v": lambda s: s.pick((2, 2, 2, 2, 1, 3, True)),
        "attributes": _attributes,
        "updated_at": lambda s: {s.key(NAMES): moment(s) for _ in range(s.byte() % 5)},
        "updated": moment, "created": moment, "last": moment,
        "seen": lambda s: {s.key(CAMPAIGNS): [moment(s) for _ in range(s.byte() % 5)] for _ in range(s.byte() % 3)},
        "applied": lambda s: [s.text() for _ in range(s.byte() % 4)],
        "state": lambda s: {s.key(NAMES): s.mapping(("at", "mark", "counted", "last", "stays"), 3) for _ in range(s.byte() % 4)},
        "level": lambda s: s.pick(LADDER),
        "visitors": lambda s: [s.pick((VISITOR, "other"))], "purposes": lambda s: [*PURPOSES], "jurisdiction": "rest", "sticky": lambda s: s.mapping(("headline__0",), 1),
    }  # fmt: skip
    if s.chance(12):
        form["erased"] = moment
    return s.form(form, odd=12)


def _attributes(s: Source) -> dict[str, Any]:
    return {s.key(NAMES): s.value(NAMES, 3) for _ in range(s.byte() % 8)}


def stored(s: Source) -> str:
    """What the bridge tells of the store."""
    status = s.pick(("ok", "ok", "ok", "none", "late", "error", "", "odd"))
    texts = [clean(s.json(document(s))) if not s.chance(8) else clean(s.text()) for _ in range(s.pick((1, 1, 2, 0)))]
    return US.join((status, *texts))


_FITTING: Mapping[str, Sequence[Any]] = {
    "ago": (0, 1000, -40, 86_400_000), "view": (VIEW,), "slot": ("hero", "banner", "carousel"), "page": ("/", "/p/a"), "screen": ("Cart",), "target": ("shop",), "item": ("kenya", "mug", "gone"),
    "items": (["kenya"], ["mug", "huila"]), "quantity": (0, 1, 1_000_000), "value": (1, 13.5, -5, 1e12), "currency": ("EUR",), "order": ("A-1",), "depth": (0, 75.5), "seconds": (12.5,), "rating": (1, 5, 2.5),
    "form": ("lead",), "fields": ({"company": "Acme"}, {"company": "<b>", "other": "x"}), "campaign": CAMPAIGNS, "channel": CHANNELS,
}  # fmt: skip
_EVENTS = tuple(EVENTS)


def event(s: Source) -> Any:
    """An event as browsers report it, often a right one."""
    if s.chance(12):
        return s.value(tuple(FIELDS))
    name = s.pick(_EVENTS)
    needed, possible = EVENTS[name]
    fields = {key: s.pick(_FITTING[key]) for key in (*needed, *(key for key in possible if s.chance(3)))}
    found = {"event": name, **fields}
    if s.chance(8):
        found[s.key(tuple(FIELDS))] = s.value()
    return found


def message(s: Source, odd: int = 0) -> dict[str, Any]:
    """A message of either queue, as the edge itself writes it; with `odd`, parts of it are of another kind once in so many times."""
    who = {"profile": s.pick((VISITOR, None, "a1")), "unit": s.pick((VISITOR, None)), "purposes": s.pick((list(PURPOSES), ["analytics"], [])), "jurisdiction": "rest"}
    if s.chance(3):
        row = {"slot": "hero", "campaign": s.pick((None, *CAMPAIGNS)), "variant": s.pick(("a", "none")), "holdout": s.chance(4), "reason": s.pick(("rule", "bot"))}
        view = {"id": VIEW, "page": s.pick(("home", None)), "channel": s.pick(CHANNELS), "at": AT + s.byte() * 60, "inputs": {}, "slots": [row] * (s.byte() % 3), **who}
        told: dict[str, Any] = {"view": view, "page_status": "spliced", "places": {}}
        inner = view
    else:
        found = [one for one in (event(s) for _ in range(s.byte() % 5)) if odd or not wrong(one)]
        shown = {VIEW[:8]: {"hero": s.pick(CAMPAIGNS)}, VIEW: {"banner": "spring"}}
        told = {"events": found, "id": VIEW, "received": AT + s.byte() * 60, "bundle": "b", "unit_kind": "visitor", "bot": False, "shown": shown, **who}
        inner = told
    for _ in range(1 if odd and s.chance(odd) else 0):
        inner[s.key(tuple(inner))] = s.value(tuple(inner))
    return told


def plain(value: Any) -> Any:
    """A value as it is when it comes back from a store: JSON's."""
    return json.loads(json.dumps(value, default=str))


ISSUED = tuple(  # cookies and tokens of this site
    (identity.COOKIE, value) for value in (
        sign(VISITOR, int(AT), KEYS[0]), sign("visitor-2", int(AT) - 5, KEYS[1]), sign(VISITOR, int(AT), KEYS[0], {"headline__0": "benefit"}),
    )
) + ((SESSION, sign("session-1", int(AT), KEYS[0], cookie=SESSION)),)  # fmt: skip
TOKENS_ISSUED = (
    preview.sign({"headline": "benefit", "slot.hero": "none"}, int(AT) + 60, KEYS[0]), preview.sign({}, int(AT) + 60, KEYS[1], preview.Persona({"visitor.plan": "pro"}, PURPOSES, AT)),
)  # fmt: skip
