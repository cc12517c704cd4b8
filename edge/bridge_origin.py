"""Where pages come from, as edge/origin.mjs and edge/remote.mjs have it: a service binding, a site elsewhere, or the assets."""

import re

from bridge_platform import THROWN, JsException, brief, given, js, number, response, setting, within

DEADLINE = 15_000  # milliseconds until an origin that says nothing counts as failed
PAGE_METHODS = frozenset(("GET", "HEAD"))
# what the client may ask of the origin's bytes but not of a personal page
_NOT_FORWARDED = ("range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "accept-encoding")
_DOMAIN = re.compile(r";\s*domain\s*=\s*\.?([^;\s]*)[^;]*", re.IGNORECASE)
_SORRY = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Not available</title><h1>This page is not available right now</h1>"
    "<p>Please try again in a moment.</p>"
)


class OriginError(Exception):
    """There is no answer to be had from the origin. `status`: 504 where it did not answer in time, else 502."""

    def __init__(self, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


def deadline(env) -> float:
    """Milliseconds that the origin has for the beginning of an answer, and for the whole of a page."""
    return number(env, "TESSERA_ORIGIN_DEADLINE", DEADLINE)


def too_late(env) -> OriginError:
    return OriginError(f"the origin does not answer within {deadline(env):g} ms", 504)


async def fetch_origin(request, env):
    """The origin's answer to a request, as it is; a page is asked for again where the connection fails.

    Raises:
        OriginError
    """
    try:
        return await _ask(request, env)
    except JsException as error:
        if request.method not in PAGE_METHODS:
            raise OriginError(brief(error)) from error
    try:
        return await _ask(request, env)
    except JsException as error:
        raise OriginError(brief(error)) from error


async def _ask(request, env):
    controller = js.AbortController.new()
    in_time, found = await within(deadline(env), _send(request, env, controller.signal))
    if in_time:
        return found
    controller.abort()
    raise too_late(env)


async def _send(request, env, signal):
    if origin := setting(env, "ORIGIN"):
        return await origin.fetch(request, signal=signal)
    if base := setting(env, "TESSERA_ORIGIN"):
        return _answer_here(await js.fetch(_request_at(base, request), signal=signal), base, request)
    return await env.ASSETS.fetch(request)


def page_request(request, url: str):
    """The request for a page that is to be planned: whole, and not encoded."""
    headers = js.Headers.new(request.headers)
    for name in _NOT_FORWARDED:
        headers.delete(name)
    return js.Request.new(url, headers=headers, redirect="manual")


def sorry(error: OriginError):
    """What a visitor gets where the origin does not answer."""
    headers = (("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"), ("retry-after", "5"))
    return response(_SORRY, error.status, headers)


# ---- a site elsewhere ----------------------------------------------------------------------------------------------------


def _folder(url) -> str:
    return url.pathname.removesuffix("/")


def _request_at(base: str, request):
    """The same request at another site, with the visitor's cookies. As what and for whom it was asked stands in x-forwarded-*."""
    source, target = js.URL.new(request.url), js.URL.new(base)
    target.pathname = _folder(target) + source.pathname
    target.search = source.search
    headers = js.Headers.new(request.headers)
    headers.set("x-forwarded-host", source.host)
    headers.set("x-forwarded-proto", source.protocol[:-1])
    visitor = given(headers.get("cf-connecting-ip"))
    if visitor:
        headers.set("x-forwarded-for", visitor)
    else:
        headers.delete("x-forwarded-for")  # what a visitor claims is nobody's address
    headers.delete("host")
    body = None if request.method in PAGE_METHODS else given(request.body)
    return js.Request.new(target.href, method=request.method, headers=headers, body=body, redirect="manual")


def _location_here(location: str, base: str, here) -> str:
    """Where a redirect of the other site leads here; empty where it leads elsewhere, or is none."""
    try:
        there, target = js.URL.new(base), js.URL.new(location, base)
    except THROWN:
        return ""
    if not location or target.origin != there.origin:
        return ""
    folder = _folder(there)
    if folder and f"{target.pathname}/".startswith(f"{folder}/"):
        target.pathname = target.pathname[len(folder) :] or "/"
    target.protocol = here.protocol
    target.host = here.host
    return target.href


def _cookie_here(cookie: str, hostname: str) -> str:
    """A cookie of the other site's domain as one of this host: browsers refuse those of foreign domains."""
    found = _DOMAIN.search(cookie)
    domain = found[1].lower() if found else hostname
    return cookie if f".{hostname}".endswith(f".{domain}") else _DOMAIN.sub("", cookie, count=1)


def _answer_here(answer, base: str, request):
    """The other site's answer: its redirects to itself and its cookies are made this site's, all else is as it was."""
    here = js.URL.new(request.url)
    location = _location_here(given(answer.headers.get("location")) or "", base, here)
    cookies = list(answer.headers.getSetCookie())
    if not location and not any(_DOMAIN.search(cookie) for cookie in cookies):
        return answer
    copy = js.Response.new(answer.body, answer)
    if location:
        copy.headers.set("location", location)
    copy.headers.delete("set-cookie")
    for cookie in cookies:
        copy.headers.append("set-cookie", _cookie_here(cookie, here.hostname))
    return copy
