"""GrowthBook's URL targeting, on the parts of URLs that it looks at (packages/sdk-js/src/util.ts of growthbook/growthbook)."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tessera import automaton

ANY = "_____"  # what GrowthBook puts for `*`, which cannot stand in a host
_PORTS = {"https": 443, "http": 80}
_KEPT = "!$%&'()*+,/:;=@[]|~-._^\\"  # of a path, beside letters and digits; likewise in query and fragment
_KEPT_LATER = _KEPT + "?{}"


class Url(NamedTuple):
    """A URL in the parts of the browsers' own: `host` with a port that is not the usual, `path` from the slash, `query`
    without the question mark, `hash` with its sign."""

    scheme: str
    host: str
    path: str
    query: str
    hash: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def text(self) -> str:
        return f"{self.origin}{self.path}{'?' if self.query else ''}{self.query}{self.hash}"

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


def parse(text: str, base: str = "") -> Url | None:
    """An absolute URL of http or https, or one relative to the root of a host (`base`); None where it is neither."""
    text = text.strip("\t\n\r ")
    try:
        parts = urlsplit(text)
        if parts.scheme in _PORTS:
            host, port = parts.hostname or "", parts.port
        elif not parts.scheme and base:
            parts = urlsplit(f"https:{text}" if text.startswith("//") else f"https://{base}{'' if text[:1] in ('/', '?', '#', '') else '/'}{text}")
            host, port = parts.hostname or "", parts.port
        else:
            return None
    except ValueError:
        return None
    if not host:
        return None
    shown = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    fragment = _quoted(parts.fragment, _KEPT_LATER)
    return Url(parts.scheme, shown, _path(parts.path), _quoted(parts.query, _KEPT_LATER), f"#{fragment}" if fragment else "")


def _path(path: str) -> str:
    kept: list[str] = []
    parts = path.split("/")[1:] or [""]
    for number, part in enumerate(parts):
        if part in (".", ".."):
            kept = kept[:-1] if part == ".." else kept
            kept += [""] if number == len(parts) - 1 else []
        else:
            kept.append(part)
    return "/" + _quoted("/".join(kept), _KEPT)


def _quoted(text: str, kept: str) -> str:
    return quote(text, safe=kept, errors="replace")


def is_like(url: Any, pattern: Any) -> bool:
    """Whether a URL has the host, path, parameters and (if it names one) fragment of a pattern, in which `*` stands for anything.

    Without regard to case, and to a slash at the begin or end of the path; a pattern without a host fits every host.
    """
    if not isinstance(pattern, str):
        return False
    begin = pattern[: min((at for at in map(pattern.find, ":/?") if at >= 0), default=len(pattern))]
    expected = parse(("https://" if "." in begin else "") + pattern.replace("*", ANY), ANY)
    actual = parse(url if isinstance(url, str) else "", "_")
    if expected is None or actual is None:
        return False
    given = dict(reversed(actual.parameters))
    return (
        _fits(actual.host, expected.host)
        and _path_fits(actual.path, expected.path)
        and (not expected.hash or _fits(actual.hash, expected.hash))
        and all(_fits(given.get(name, ""), value) for name, value in expected.parameters)
    )


def matches(url: Any, program: Any) -> bool:
    """Whether a pattern is found in a URL, or in it without its scheme and host."""
    parsed = parse(url if isinstance(url, str) else "", "_")
    if parsed is None:
        return False
    return automaton.matches(parsed.text, program) or automaton.matches(parsed.text[len(parsed.origin) :], program)


def with_parameters(url: str, target: str) -> str:
    """The target of a redirect with those parameters of a URL that it does not have itself; as it is where either is no URL."""
    here, there = parse(url), parse(target)
    if here is None or there is None:
        return target
    has = {name for name, _ in there.parameters}
    added = {name: value for name, value in reversed(here.parameters) if name not in has}
    if not added:
        return there.text
    query = urlencode([*there.parameters, *reversed(added.items())], safe="*").replace("~", "%7E")
    return there._replace(query=query).text


def _fits(actual: str, pattern: str) -> bool:
    first, *others = pattern.lower().split(ANY)
    text = actual.lower()
    if not others:
        return text == first
    last = others.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in others:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _path_fits(actual: str, pattern: str) -> bool:
    inner = pattern.removeprefix("/").removesuffix("/")
    begins = {actual, actual.removeprefix("/")}
    return any(_fits(text, inner) for begin in begins for text in (begin, begin.removesuffix("/")))
