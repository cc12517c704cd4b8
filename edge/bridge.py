"""The bridge in Python, for runtimes in which entry.py cannot import bridge.mjs: the same answers, headers, counts and records.

It is there to be right, not to be fast: the origin is asked for every page, nothing is shared between isolates, nothing old
stands in for a failing origin. It looks up no weather, tries no release beside the live one, and of the addresses below /_tessera/
it has none.
"""

import asyncio
import json
from functools import lru_cache
from hashlib import sha256
from time import perf_counter
from types import SimpleNamespace
from typing import NamedTuple, Sequence

import bridge_origin
from bridge_origin import PAGE_METHODS, OriginError, fetch_origin
from bridge_pages import Planned, plan_for
from bridge_platform import (
    THROWN, JsException, after_response, brief, bytes_of, count, counted, given, header, js, note, number, pairs_of, response, setting, to_js,
    within,
)  # fmt: skip
from bridge_stores import copyProfile, readAlias, readLog, readProfile, removeLog, writeAlias, writeLog, writeProfile  # noqa: F401 (for the queues' consumer)
from tessera import pages
from tessera.about import PATH, path_of
from tessera.bundle import HEADER
from tessera.page_plan import Slot, join
from tessera.pages import RECORD, UNIT
from tessera.turn import UNSEALED

API = "/_tessera/"
QUEUE_DEADLINE = 2_000  # milliseconds that the queue may take, after the response
LOG_DEADLINE = 200  # milliseconds that a redirect waits for its record to be queued
POINTER_DEADLINE = 1_000  # milliseconds that the pointer's copy may take
BUNDLE_DEADLINE = 2_000  # milliseconds that a page without any bundle waits for one
FOLLOW_DEADLINE = 5_000  # milliseconds after which it is said that the stores do not answer
POLL_SECONDS = 30
QUARTER_HOUR = 900_000  # milliseconds; time zones change on no other moments
QUIET = frozenset(("spliced", "kept", "offered"))  # places of which nothing need be counted
_HEADERS = ("cf-connecting-ip", "cookie", "user-agent", "accept-language", "referer", "sec-gpc")
_HINTS = ("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-ch-ua-platform-version", "sec-ch-ua-model")
_CONTROLS = dict.fromkeys((*range(0x20), 0x7F))


class Route(NamedTuple):
    """A page of a bundle, its URL pattern, and the places on it."""

    bundle: str
    page: str
    pattern: object
    slots: Sequence[Slot]

    @property
    def shape(self) -> str:
        """What of the places a plan depends on."""
        return RECORD.join(f"{slot.selector}{UNIT}{slot.operation}" for slot in self.slots)


class View(NamedTuple):
    """A request, the moment at which it came (milliseconds; `started` by a clock of its own, in seconds), and two fresh ids."""

    request: object
    env: object
    ctx: object
    url: str
    now: int
    started: float
    fresh: tuple[str, str]
    lane: str = "live"


class _Isolate:
    """What the bridge keeps between requests."""

    turn = follow = about = content = choose = None
    live = ""
    canary = None  # {"name", "header"} while there is one
    is_known = False  # whether any pointer was read
    routes: dict[str, Sequence[Route]] = {}
    polled = float("-inf")


_isolate = _Isolate()


# ---- what entry.py calls: named as in bridge.mjs ---------------------------------------------------------------------------


def begin(turn, follow, about, events, content, api, mine, choose, beside) -> None:
    """What the entry does for the bridge; once an isolate. Browsers' events are not taken in here."""
    _isolate.turn, _isolate.follow, _isolate.about, _isolate.content, _isolate.choose = turn, follow, about, content, choose


def adopt(name: str, text: str, settings: str) -> None:
    """Get to know a bundle that is loaded; `text` as tessera/visit.py tells its routes. Logins are not verified here."""
    routes = [_route(name, record) for record in text.split(RECORD)]
    _isolate.routes[name] = tuple(route for route in routes if route.pattern)


def point(told: str) -> None:
    """Decide as the pointer says, from the next request on: JSON as tessera/release.py tells it."""
    pointed = json.loads(told)
    _isolate.routes = {name: _isolate.routes[name] for name in pointed["bundles"]}
    _isolate.live, _isolate.canary, _isolate.is_known = pointed["live"], pointed["canary"], True


def page(bundle: str, url: str) -> str:
    """The page of a bundle that a URL is, "" for none."""
    route = _route_to(bundle, url)
    return route.page if route else ""


async def refresh(env, ctx) -> None:
    """Follow the release where it is time to, for who serves no request."""
    await _follow_release(env, ctx)


async def pointerCopy(env) -> str:
    """The copy of the release pointer for the edges (KV), "" where it cannot be had."""
    status, text = await _read(env.RELEASES, "current", POINTER_DEADLINE)
    return text if status == "ok" else ""


async def pointer(env) -> str:
    """The release pointer itself (R2), "" where there is none."""
    found = given(await env.BUNDLES.get("releases/current.json"))
    return str(await found.text()) if found else ""


async def bundleParts(env, name: str) -> SimpleNamespace | None:
    """A bundle's bytes as release.mjs gives them, None where it is not in the store; all of the body, and no kernel."""
    found = given(await env.BUNDLES.get(f"bundles/{name}.tessera"))
    if not found:
        return None
    data = bytes_of(await found.arrayBuffer())
    end = HEADER.size + (HEADER.unpack_from(data)[3] if len(data) >= HEADER.size else 0)
    return SimpleNamespace(start=data[:end], rest=data[end:], digest=sha256(data[HEADER.size : end]).digest(), size=len(data), kernel=None)


async def verify(public_key, signature, message) -> bool:
    """Whether the Ed25519 signature over the message is the key's; False for anything malformed."""
    subtle = js.crypto.subtle
    try:
        key = await subtle.importKey("raw", to_js(public_key), js.Object.fromEntries(to_js([["name", "Ed25519"]])), False, to_js(["verify"]))
        return bool(await subtle.verify("Ed25519", key, to_js(signature), to_js(message)))
    except JsException:
        return False


async def serve(request, env, ctx):
    """Answer a request. Never raises: whatever fails, the visitor gets the origin's page, or a word that there is none."""
    started = perf_counter()
    try:
        now = given(getattr(request.cf, "now", None)) if given(request.cf) else None
        fresh = str(js.crypto.randomUUID()), str(js.crypto.randomUUID())
        view = View(request, env, ctx, str(request.url), int(now or js.Date.now()), started, fresh)
        return _timed(await _answered(view), env, started)
    except OriginError as error:
        return _unavailable(error)
    except Exception as error:  # fail open, say so
        note("fail-open", why=brief(error))
    try:
        return await fetch_origin(request, env)
    except OriginError as error:
        return _unavailable(error)


# ---- the release, and every request ----------------------------------------------------------------------------------------


async def _answered(view: View):
    await _follow_release(view.env, view.ctx)
    path = path_of(view.url)
    if path == PATH:
        told = _isolate.about(json.dumps(counted()), view.now)
        return response(told, 200, (("content-type", "application/json"), ("cache-control", "no-store")))
    if path.startswith(API):
        return response('{"error":"no such address"}', 404, _API_HEADERS)
    bundle, lane = _decider(view)
    route = _route_to(bundle, view.url) if view.request.method in PAGE_METHODS else None
    return await (_page_view(view._replace(lane=lane), route) if route else fetch_origin(view.request, view.env))


def _decider(view: View) -> tuple[str, str]:
    """The name of the bundle that decides for a request, "" for none; and whether it is the live one, its control, the canary, or that by a header."""
    live, canary = _isolate.live, _isolate.canary
    if canary is None or not live:
        return live, "live"
    if canary["header"] and header(view.request.headers, canary["header"][0]) == canary["header"][1]:
        return canary["name"], "header"
    lane = _isolate.choose(_facts(view, ""))
    return canary["name"] if lane == "canary" else live, lane


_API_HEADERS = (
    ("content-type", "application/json; charset=utf-8"), ("cache-control", "private, no-store"), ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
)  # fmt: skip


async def _follow_release(env, ctx) -> None:
    """Read the pointer again where it is time to; waits only while there is no bundle."""
    now = js.Date.now()
    if now - _isolate.polled < 1000 * number(env, "TESSERA_POLL_SECONDS", POLL_SECONDS):
        return
    _isolate.polled = now
    task = asyncio.ensure_future(_isolate.follow(env))
    after_response(ctx, task)  # past the deadline it goes on for the next page
    if _isolate.is_known:
        after_response(ctx, asyncio.ensure_future(_watched(task, FOLLOW_DEADLINE)))
    else:
        await _watched(task, BUNDLE_DEADLINE)


async def _watched(task: asyncio.Future, patience: float) -> None:
    if not (await within(patience, asyncio.shield(task)))[0]:
        note("bundle-late", seconds=patience / 1000)


async def _read(namespace, key: str, deadline: float) -> tuple[str, str]:
    """A value of a KV namespace as (status, text): ok, none, late or error."""
    try:
        in_time, text = await within(deadline, namespace.get(key))
    except JsException as error:
        return "error", brief(error)
    if not in_time:
        return "late", ""
    return ("none", "") if given(text) is None else ("ok", str(text))


async def _read_all(namespace, keys: Sequence[str], deadline: float) -> tuple[str, ...]:
    """Values of a KV namespace as (status, text…): `ok` where all could be read; a value that is not there is empty."""
    found = await asyncio.gather(*(_read(namespace, key, deadline) for key in keys))
    failed = next((one for one in found if one[0] not in ("ok", "none")), None)
    if failed:
        return failed
    return ("ok", *(text for _, text in found)) if any(text for _, text in found) else ("none", "")


def _timed(answer, env, started: float):
    if setting(env, "TESSERA_ENV") != "development":
        return answer
    copy = js.Response.new(answer.body, answer)
    copy.headers.append("server-timing", f"tessera;dur={(perf_counter() - started) * 1000:.2f}")
    return copy


def _unavailable(error: OriginError):
    note("origin-failed", why=brief(error))
    return bridge_origin.sorry(error)


# ---- a request as Python reads it, and which page it asks for --------------------------------------------------------------


def _route(bundle: str, record: str) -> Route:
    name, pattern, *fields = record.split(UNIT) if record else ("", "")  # a bundle may have no pages
    slots = tuple(Slot(*fields[at : at + 3]) for at in range(0, len(fields) - 2, 3))
    try:
        compiled = js.URLPattern.new(pathname=pattern) if pattern.startswith("/") else js.URLPattern.new(pattern)
    except THROWN:
        compiled = None  # the compiler has checked it; a worker that cannot read it leaves the page alone
    return Route(bundle, name, compiled, slots)


def _route_to(bundle: str, url: str) -> Route | None:
    """The first page of a bundle whose pattern the URL fits."""
    return next((route for route in _isolate.routes.get(bundle, ()) if route.pattern.test(url)), None)


@lru_cache(maxsize=256)
def _offset(zone: str, quarter: int) -> str:
    """Minutes ahead of UTC in a time zone, "" for a name that is none."""
    try:
        told = js.Intl.DateTimeFormat.new("en-US", timeZone=zone, timeZoneName="longOffset").formatToParts(quarter * QUARTER_HOUR)
    except THROWN:
        return ""
    name = next((str(part.value) for part in told if part.type == "timeZoneName"), "")
    hours, _, minutes = name.removeprefix("GMT")[1:].partition(":")
    if not name.startswith("GMT") or not (hours + minutes).isdecimal():
        return "0" if name == "GMT" else ""
    return str((-1 if name[3] == "-" else 1) * (int(hours) * 60 + int(minutes)))


def _clean(value) -> str:
    """Text without control characters, so that none can pass for a separator."""
    return "" if given(value) is None else str(value).translate(_CONTROLS)


def _facts(view: View, page_: str) -> str:
    """The fields of a request in the order in which tessera/context.py reads them."""
    headers = view.request.headers
    cf = given(view.request.cf)

    def told(name: str):
        return None if cf is None else given(getattr(cf, name, None))

    zone = told("timezone")
    fields = [
        "", view.request.method, view.url, view.now, _offset(str(zone), view.now // QUARTER_HOUR) if zone else "",
        told("country"), told("regionCode"), told("city"), told("continent"), zone, *(headers.get(name) for name in _HEADERS),
        header(headers, "sec-purpose") or headers.get("purpose"), view.fresh[0], page_, view.fresh[1],
        *(headers.get(name) for name in _HINTS), told("postalCode"), told("latitude"), told("longitude"), "", UNSEALED,
    ]  # fmt: skip
    return UNIT.join(map(_clean, fields))


# ---- the record ------------------------------------------------------------------------------------------------------------


async def _queue(env, text: str) -> None:
    try:
        in_time, _ = await within(QUEUE_DEADLINE, env.DECISIONS.send(text, contentType="text"))
        why = "" if in_time else "the queue does not answer"
    except JsException as error:
        why = brief(error)
    if why:
        note("log-lost", why=why)


def _log(view: View, record: str, whose: str, status: str, places: dict[str, str]) -> asyncio.Future:
    """Send the page view's record, completed by what became of the page and of each place on it."""
    for slot, place in places.items():
        if place not in QUIET:
            count(f"{place}:{slot}")
    words, told = (json.dumps(each, separators=(",", ":"), ensure_ascii=False) for each in (status, places))
    took = (perf_counter() - view.started) * 1000
    task = asyncio.ensure_future(_queue(view.env, f'{{"view":{record},"page_status":{words},"places":{told},"lane":"{view.lane}","took":{took:.1f}{whose}}}'))
    after_response(view.ctx, task)
    return task


# ---- a page ----------------------------------------------------------------------------------------------------------------


async def _decided(view: View, route: Route) -> str:
    """Python's answer: in one turn, or in two where the store of profiles must be asked."""
    facts = _facts(view, route.page)
    answer = _isolate.turn(route.bundle, facts)
    if not answer.startswith("read"):
        return answer
    _, keys, deadline = answer.split(UNIT)
    told = await _read_all(view.env.PROFILES, keys.split(pages.GROUP), float(deadline))
    if told[0] not in ("ok", "none"):
        count(f"profile-{told[0]}")
    second = _isolate.turn(route.bundle, f"{facts}{RECORD}{UNIT.join(told)}")
    if '"fallbacks":["profile-broken"]' in second:
        count("profile-broken")
    return second


async def _page_view(view: View, route: Route, is_anew: bool = False):
    answer = await _decided(view, route)
    if answer.startswith("gone") and not is_anew:  # the release with which it began is no longer loaded: once more, by what decides now
        bundle, lane = _decider(view)
        now = _route_to(bundle, view.url)
        return await (_page_view(view._replace(lane=lane), now, True) if now else fetch_origin(view.request, view.env))
    if answer.startswith("redirect"):
        return await _redirected(view, answer)
    reply = pages.reply_of(answer, lambda number: _isolate.content(route.bundle, number)) if answer.startswith("page") else None  # before another release can come
    try:
        found = await plan_for(view.request, view.env, view.url, route)
        if reply and not found.why:
            return _personal(view, route, found, reply)
    except (JsException, ValueError) as error:
        note("page-failed", why=brief(error))
        found = Planned(await fetch_origin(view.request, view.env), "error")
    if reply is None:
        note("decision-failed", why=answer.partition(UNIT)[2])
        return _untouched(view, found.response, [])
    count(f"passed:{found.why}")
    _log(view, reply.record, reply.whose, f"passed:{found.why}", {slot.name: "kept" for slot in route.slots if slot.name})
    return _untouched(view, found.response, pages.cookies_of(reply.cookie))


def _personal(view: View, route: Route, found: Planned, reply: pages.Reply):
    """The page with the decided contents in their places, its headers and its validator."""
    if len(reply.contents) != len(route.slots):
        raise ValueError("there are not as many contents as places")
    headers = found.response.headers
    nonce = pages.nonce_of(header(headers, "content-security-policy"))
    contents = [pages.with_nonce(content, nonce) for content in reply.contents]
    etag = pages.validator(found.tag, contents)
    cookies = pages.cookies_of(reply.cookie)
    told = pages.personal_headers(pairs_of(headers), etag, cookies)
    named = ((slot.name, found.plan.status(at, contents[at] is not None)) for at, slot in enumerate(route.slots))
    _log(view, reply.record, reply.whose, found.status, {name: status for name, status in named if name})
    if not cookies and pages.is_known(given(view.request.headers.get("if-none-match")), etag):
        return response(None, 304, told)
    if view.request.method == "HEAD":
        return response(None, 200, told)
    encoded = [None if content is None else content.encode("utf-8", "replace") for content in contents]
    return response(join(found.page, found.plan.cuts, encoded), 200, told)


def _untouched(view: View, answer, cookies: Sequence[str]):
    """The origin's response, changed only as far as cookies must ride on it."""
    is_bodiless = view.request.method == "HEAD" and given(answer.body) is not None
    if not cookies and not is_bodiless:
        return answer
    copy = js.Response.new(None if is_bodiless else answer.body, answer)
    for cookie in cookies:
        copy.headers.append("set-cookie", cookie)
    if cookies:
        for name in pages.SHARED:
            copy.headers.delete(name)
        copy.headers.set("cache-control", pages.PERSONAL)
    return copy


async def _redirected(view: View, answer: str):
    """Another address in place of the page; its record is sent first, as the visitor is about to go elsewhere."""
    _, slot, address, cookie, record, whose, _ = answer.split(UNIT)
    await within(LOG_DEADLINE, asyncio.shield(_log(view, record, whose, "redirected", {slot: "redirected"})))
    headers = (("location", address), ("cache-control", "private, no-store"))
    return response(None, 302, (*headers, *(("set-cookie", each) for each in pages.cookies_of(cookie))))
