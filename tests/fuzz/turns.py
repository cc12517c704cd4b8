"""Targets: whole turns of the edge: page views, events, calls of the APIs; and where a page may lead."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Mapping, Sequence

from tests.edge.routed import places, shown
from tests.edge.sites import AT
from tests.edge.test_redirect import SITE
from tests.fuzz import worlds
from tests.fuzz.material import Source, decoded
from tests.fuzz.worlds import KEYS, NAMES, PURPOSES, RS, US, VISITOR, clean, page_of
from tessera import api, consumer, events, mine, types
from tessera.addresses import is_own
from tessera.api_call import RECORD
from tessera.api_routes import CHANNELS, RECOMMENDED, ROUTES
from tessera.context import Request
from tessera.decide import decide
from tessera.documents import MAX_PROFILE
from tessera.identity import SEAL
from tessera.turn import turn
from tessera.visit import arrive, destination, settle


def json_of(told: str) -> Any:
    """What a text says in JSON as the standard has it: JavaScript knows no NaN and no infinity in it."""
    return json.loads(told, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def a_turn(data: bytes) -> None:
    """A page view: the answer is of the agreed form, holds no separator of a visitor's, and leads to no other host."""
    s = Source(data)
    site = s.pick(worlds.SITES)()
    store = worlds.stored(s.backwards()) if s.chance(2) else None
    asked = worlds.request(s, s.pick(("home", "home", "product")))
    told = US.join(asked) if store is None else f"{US.join(asked)}{RS}{store}"
    answer = turn(site, KEYS, told, page_of)
    first, *fillings = answer.split(RS)
    kind, *fields = first.split(US)
    if kind == "read":
        assert store is None and len(fields) == 2 and not fillings
        return
    if kind == "redirect":
        where, address, *fields = fields
        assert where == "away" and is_at_home(address) and not fillings
    else:
        assert kind == "page" and len(fillings) == len(places(site, asked.page))
    cookie, record, whose, command = fields
    _cookie(cookie)
    queued = f'{{"view":{record},"page_status":"planned","places":{{}}{whose}}}'
    assert json_of(queued)["view"]["page"] == asked.page
    for sent in filter(None, (queued, command)):
        consumer.read("m", sent)
    for filling in fillings:
        assert (filling[0] == "0" or shown(site, filling) is not None) and not set("\0\x01\x1d") & set(filling)


def _cookie(joined: str) -> None:
    """Set-Cookie values: nothing in them ends the header, and what is sealed is JSON."""
    plain, sealed = joined.split(SEAL)[::2], joined.split(SEAL)[1::2]
    assert all(part.replace("\x1d", "").isprintable() for part in plain), joined
    assert all(part.isascii() and isinstance(json.loads(part), list) for part in sealed)


def a_string_of_the_bridge(data: bytes) -> None:
    """Strings that are not of the agreed form are refused as such."""
    told = decoded(data)
    for ask in (lambda: turn(worlds.everything(), KEYS, told, page_of), lambda: events.turn(worlds.everything(), KEYS, told)):
        try:
            ask()
        except ValueError:
            pass


def reported_events(data: bytes) -> None:
    """What browsers report: whatever is accepted is a message that the queue's consumer reads and folds."""
    s = Source(data)
    site = s.pick((worlds.everything, worlds.cookieless))()
    answered = worlds.stored(s.backwards()) if s.chance(2) else ""
    body = clean(s.json({"events": [worlds.event(s) for _ in range(s.pick((1, 1, 2, 3, 0, 51)))]})) if not s.chance(8) else clean(s.text())
    asked = worlds.request(s)
    kind, *fields = events.turn(site, KEYS, RS.join((US.join(asked), answered, body))).split(US)
    if kind == "bad":
        assert len(fields) == 1
    elif kind == "read":
        assert not answered
    else:
        accepted, refused, told, cookie = fields
        assert kind == "events" and isinstance(json_of(refused), list)
        _cookie(cookie)
        if int(accepted):
            found = consumer.read("m", told)
            assert not consumer.folded(site, None, [found]).refused


def a_visitor_asks(data: bytes) -> None:
    """What visitors ask of themselves."""
    s = Source(data)
    site = s.pick((worlds.everything, worlds.cookieless))()
    operation = s.pick(("preferences", "why", "forget"))
    form = {"purposes": lambda s: s.pick(([], [*PURPOSES], ["analytics"])), "level": lambda s: s.pick(types.LADDER)}
    body = s.json(s.form(form, 4)) if not s.chance(5) else s.text()
    told, method = worlds.stored(s.backwards()) if s.chance(2) else None, s.pick(("GET", "PUT", "POST"))
    asked = worlds.request(s)._replace(method=method)
    found = json_of(mine.answer(site, KEYS, json.dumps({"operation": operation, "facts": US.join(asked), "body": body, "told": told})))
    if "read" in found:
        assert told is None and operation == "why"
        return
    assert found["status"] in (200, 202, 400)
    _cookie(found["cookies"])
    if found["command"]:
        consumer.read("m", json.dumps(found["command"]))


_FAMILIES = ("v1", "v1", "v1", "ofrep")
_BODY: Mapping[str, Any] = {
    "user": lambda s: s.pick((VISITOR, "account:ada", None, s.text())), "page": lambda s: s.pick(("/", f"{SITE}/p/a", "home", s.text())), "slots": lambda s: s.pick((None, ["hero"], ["mail"])), "slot": lambda s: s.pick(("hero", "mail")),
    "context": lambda s: s.mapping((*NAMES, "targetingKey", "consent", "country", "ip"), 2), "consent": lambda s: s.pick(([*PURPOSES], None, [*PURPOSES], ["odd"], [])), "peek": lambda s: s.pick((True, False)),
    "id": lambda s: s.pick((None, "i-1", s.text())), "attributes": lambda s: s.mapping(NAMES, 3), "events": lambda s: [worlds.event(s) for _ in range(s.byte() % 4)],
    "purposes": lambda s: s.pick(([*PURPOSES], [])), "level": lambda s: s.pick(types.LADDER),
}  # fmt: skip
_KEYS_OF: Mapping[str, Sequence[str]] = {
    "write_profile": ("attributes", "consent"), "add_interactions": ("events", "consent", "id"), "write_preferences": ("purposes", "level"),
    "personalize": ("user", "page", "slots", "context", "consent", "peek"), "explain": ("user", "page", "slot", "context", "consent"), "ofrep": ("context",),
}  # fmt: skip


def an_api_call(data: bytes) -> None:
    """A call of the HTTP API, until it is answered: with JSON, and never with an error of the Worker's own."""
    s = Source(data)
    family, route = s.pick(_FAMILIES), s.pick(ROUTES)
    parts = {"{id}": s.pick((VISITOR, "account:ada", "x" * 65, s.text())), "{kind}": s.pick(RECOMMENDED), "{channel}": s.pick(tuple(CHANNELS))}
    path = [parts.get(part, part) for part in route.path] if family == "v1" else ["evaluate", "flags", *([s.pick(("hero", "mail", s.text()))] if s.chance(2) else [])]
    if s.chance(12):
        path = [s.text() for _ in range(s.byte() % 5)]
    operation = route.operation if family == "v1" else "ofrep"
    form = {name: _BODY[name] for name in (_KEYS_OF.get(operation, tuple(_BODY)) if not s.chance(6) else tuple(_BODY))}
    if operation == "ofrep":
        form = {"context": lambda s: {"targetingKey": s.pick((VISITOR, "account:ada", "", s.text())), **s.mapping((*NAMES, "consent"), 2)}}
    told = {
        "family": family, "operation": operation, "method": route.method if family == "v1" and not s.chance(12) else "POST", "path": path, "query": {s.key(("user", "limit", "page", "peek", "cursor", "where", "exclude_seen", "consent")): s.text() for _ in range(s.byte() % 4)},
        "headers": {"content-type": s.pick(("application/json", "application/json; charset=utf-8", s.text())), "if-none-match": s.text(), "idempotency-key": s.text()},
        "text": s.json(s.form(form, 10)) if not s.chance(10) else s.text(), "role": s.pick(("admin", "admin", "writer", "reader", "odd")), "subject": s.text(), "at": AT, "nonce": worlds.VIEW,
    }  # fmt: skip
    stores = s.backwards()
    for _ in range(10):
        head, *rest = api.turn(worlds.everything(), KEYS, json.dumps(told), page_of, "2025-12-01T00:00:00Z").split(RECORD)
        found = json.loads(head)
        if "need" in found:
            told |= _given(stores, found["need"])
        elif "write" in found:
            assert len(found["write"]["text"]) <= MAX_PROFILE and isinstance(json.loads(found["write"]["text"]), dict)
            told["written"] = True
        else:
            break
    else:
        raise AssertionError(f"it asks again and again: {found}")
    if "insufficient" in found:
        return
    assert 200 <= found["status"] < 500, found
    assert all(isinstance(value, str) and value.isprintable() for value in found["headers"].values())
    if rest and rest[0]:
        json.loads(rest[0])
    for queued in rest[1:]:
        queue, _, sent = queued.partition(" ")
        assert queue in ("DECISIONS", "EVENTS")
        consumer.read("m", sent)


def _given(s: Source, need: Mapping[str, Any]) -> dict[str, Any]:
    """What the stores say when they are asked."""
    if need["what"] == "reads":
        statuses = ("ok", "ok", "none", "late", "error")
        return {"reads": {key: [s.pick(statuses), json.dumps(worlds.plain(worlds.document(s))) if not s.chance(6) else s.text()] for key in need["keys"]}}
    if need["what"] == "profiles":
        return {"profiles": {key: {"text": s.pick(("", json.dumps(worlds.plain(worlds.document(s))))) if not s.chance(8) else s.text(), "etag": "e1"} for key in need["keys"]}}
    if need["what"] == "lines":
        return {"lines": {"rows": [["decisions", s.mapping(("slot", "variant", "reason", "rule"), 1)], ["events", s.mapping((), 1)]], "next": None}}
    gone = dict.fromkeys(("profile", "copy", "facts", "alias"), s.chance(2))
    return {"erased": {"log": {"read": 1, "rewritten": 0, "lines": 0}, "verified": {"lines": 0, "whole": True, "profiles": [gone]}, "sweep": AT}}


# --- where a page may lead ------------------------------------------------------------------------------------------------


def browsers_host(address: str, base: str) -> str | None:
    """The host that a browser goes to (the URL standard's parser, for a base of https); None for what is no page of the web."""
    told = address.strip("".join(map(chr, range(0x21)))).translate(dict.fromkeys(map(ord, "\t\r\n")))
    scheme, colon, rest = told.partition(":")
    if colon and scheme[:1].isascii() and scheme[:1].isalpha() and all(c.isascii() and (c.isalnum() or c in "+-.") for c in scheme):
        if scheme.lower() not in ("https", "http"):
            return None
        path = rest.replace("\\", "/")
        if scheme.lower() == "https" and not path.startswith("//"):
            return _authority(base.partition("://")[2])  # relative to the page that is looked at
        return _authority(path.lstrip("/")) + ("" if scheme.lower() == "https" else " without TLS")
    path = told.replace("\\", "/")
    return _authority(path.lstrip("/")) if path.startswith("//") else _authority(base.partition("://")[2])


def _authority(rest: str) -> str:
    for mark in "/\\?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].lower()


def is_at_home(address: str) -> bool:
    """Whether a browser that looks at a page of the site stays with it."""
    host = browsers_host(address, f"{SITE}/")
    return host is not None and f".{host.partition(':')[0]}".endswith(".shop.example")


def an_address_to_lead_to(data: bytes) -> None:
    """Whatever a bundle says of where to lead, and whatever the request is: it is another page of the site, or nothing."""
    s = Source(data)
    site = worlds.leading()
    away = site.slots[0]
    target = s.pick(("", "/", "/new", "https://shop.example", "https://www.shop.example/", "//", "https://")) + s.text()
    if is_own(target, site.hosts):
        assert is_at_home(target), target
    led = replace(site, slots=(away._replace(values=(target,)) if hasattr(away, "_replace") else replace(away, values=(target,)), *site.slots[1:]))
    asked = Request(url=worlds.url(s), now=str(int(AT * 1000)), page="home", newcomer="fresh")
    arrival = arrive(led, KEYS, asked)
    seen = settle(led, arrival, None)
    found = destination(led, arrival, seen, decide(led, seen, "home"), page_of)
    if found is not None:
        assert is_own(target, site.hosts) and is_at_home(found[1]), found[1]
        assert found[1].startswith(target.partition("#")[0])
