"""The plan of a page: where the platform's own parser finds its slots. As edge/plans.mjs, but every page is asked for at the
origin, and only plans are kept, by the page's bytes."""

from collections import OrderedDict
from typing import NamedTuple

from pyodide.ffi import create_proxy

from bridge_origin import deadline, fetch_origin, page_request, too_late
from bridge_platform import THROWN, JsException, brief, bytes_of, given, header, js, note, response, within
from tessera.page_closing import Watch
from tessera.page_plan import MAX_MATCHES, Found, Place, Plan, asks_attribute, needs_watch, plan, read_marks
from tessera.pages import MAX_PAGE_BYTES, is_personalisable, tag_of, unsuitable

MAX_PLANS = 256

_plans: OrderedDict[str, Plan] = OrderedDict()


class Planned(NamedTuple):
    """A page and its plan; or `why` it has none, with the response to pass on."""

    response: object
    why: str = ""
    page: bytes = b""
    plan: Plan | None = None
    tag: str = ""
    status: str = ""


async def plan_for(request, env, url: str, route) -> Planned:
    """Ask the origin for a page, and plan what it answers.

    Raises:
        OriginError: where there is no page to be had. JsException, ValueError: where the parser gives up.
    """
    asked = page_request(request, url)
    first = await fetch_origin(asked, env)
    why = unsuitable(first.status, lambda name: header(first.headers, name))
    if why:
        return Planned(first, why)
    try:
        in_time, page = await within(deadline(env), _bytes_of(first))
    except JsException as error:
        note("origin-broke-off", why=brief(error))
        return Planned(await fetch_origin(page_request(request, url), env), "broken")
    if not in_time:
        raise too_late(env)
    if page is None:
        return Planned(await fetch_origin(page_request(request, url), env), "size")
    whole = response(page, 200, first.headers.entries())
    if not is_personalisable(page):
        return Planned(whole, "charset")
    tag = tag_of(page, route.shape)
    status = "plan-hit" if tag in _plans else "planned"
    found = _plans.pop(tag, None) or await plan_of(page, route.slots)
    _plans[tag] = found
    if len(_plans) > MAX_PLANS:
        _plans.popitem(last=False)
    return Planned(whole, "", page, found, tag, status)


async def _bytes_of(answer) -> bytes | None:
    """The body; None where it is over the budget."""
    if given(answer.body) is None:
        return b""
    parts, size = [], 0
    reader = answer.body.getReader()
    while not (told := await reader.read()).done:
        parts.append(bytes_of(told.value))
        size += len(parts[-1])
        if size > MAX_PAGE_BYTES:
            await reader.cancel()
            return None
    return b"".join(parts)


# ---- the parser ------------------------------------------------------------------------------------------------------------


async def plan_of(page: bytes, slots) -> Plan:
    """Plan a page, for slots of tessera.page_plan.

    Raises:
        JsException, ValueError: where the parser gives up on the page.
    """
    found = await _read(page, slots, None)
    if needs_watch(page, slots, found.places):  # most slots surely end with their end tags; the others cost a second look
        found = await _read(page, slots, Watch())
    return plan(page, slots, found)


async def _read(page: bytes, slots, watch: Watch | None) -> Found:
    reading = Reading(slots, watch)
    try:
        whole = response(page, 200, (("content-type", "text/html; charset=utf-8"),))
        marked = bytes_of(await reading.rewriter.transform(whole).arrayBuffer())
    finally:
        reading.close()
    read_marks(marked, page, reading.nonce, reading.places)
    return Found(reading.places, reading.matches, reading.is_selector)


class Reading:
    """One reading of a page: the platform calls its handlers in the order of their registration. `close` frees them."""

    def __init__(self, slots, watch: Watch | None) -> None:
        self.places: list[Place] = []
        self.matches = [0] * len(slots)
        self.nonce = str(js.crypto.randomUUID())  # nothing that was written before it was drawn holds it
        self.rewriter = js.HTMLRewriter.new()
        self._slots, self._watch = slots, watch
        self._hits: list[int] = []
        self._proxies = []
        self.is_selector = [self._notes(slot.selector, number) for number, slot in enumerate(slots)]
        used = {slot.selector: None for slot, known in zip(slots, self.is_selector) if known}
        for selector in ("*",) if watch else used:
            self.rewriter.on(selector, element=self._proxy(self._see))

    def close(self) -> None:
        for proxy in self._proxies:
            proxy.destroy()

    def _proxy(self, function):
        self._proxies.append(create_proxy(function))
        return self._proxies[-1]

    def _notes(self, selector: str, slot: int) -> bool:
        """Let matches of the slot be noted, and tell whether its selector is one; `_see` comes after all notes about an element."""

        def match(element) -> None:
            self.matches[slot] += 1
            if self.matches[slot] <= MAX_MATCHES:
                self._hits.append(slot)

        try:
            self.rewriter.on(selector, element=self._proxy(match))
        except THROWN:
            return False
        return True

    def _see(self, element) -> None:
        hits, self._hits = self._hits, []
        watch = self._watch
        if not hits and not (watch and watch.is_busy):
            return
        tag = str(element.tagName)
        place = self._begin(element, tag, hits) if hits else None
        if watch:
            watch.see(tag)
        followed = watch.enter(tag, place is not None) if watch else None

        def ended(end) -> None:
            is_lost = watch is not None and watch.leave(followed, str(end.name))
            if place and end.name == tag and not is_lost:
                self._close(end, place)

        try:
            element.onEndTag(self._proxy(ended))
        except THROWN:  # only an element without an inside has no end tag to wait for
            if watch:
                watch.leave(followed, tag)
            if place:
                place.is_void = True
                element.after(self._mark(place, "e"), html=True)
            return
        if place:
            element.prepend(self._mark(place, "b"), html=True)

    def _mark(self, place: Place, kind: str) -> str:
        return f"{self.nonce}{place.number}{kind};"

    def _begin(self, element, tag: str, hits: list[int]) -> Place:
        attributes = [(str(name), str(value)) for name, value in element.attributes] if asks_attribute(self._slots, hits) else None
        place = Place(len(self.places), hits, tag, attributes)
        self.places.append(place)
        element.before(self._mark(place, "s"), html=True)
        return place

    def _close(self, end, place: Place) -> None:
        place.is_closed = True
        end.before(self._mark(place, "c"), html=True)
        end.after(self._mark(place, "e"), html=True)
