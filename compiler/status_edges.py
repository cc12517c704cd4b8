"""What edges say of themselves at `/.well-known/tessera`. Whatever answers there is believed in nothing but its form."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

PATH = "/.well-known/tessera"
TIMEOUT = 5.0  # seconds for the whole answer
LARGEST = 1 << 20  # bytes of it
MOST = 200  # counts of an edge
LONGEST = 300  # characters of a text
AGAIN = 2.0  # seconds until an edge that is behind is asked once more: the first question made it look
PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What one edge said; `why` there is no answer, None where there is one.

    Attributes:
        url: scheme and host. ms: how long it took. age: seconds since its release was published. formats: of bundles, that it reads.
        canary: the bundle that some visitors get there. version: of the Worker.
    """

    url: str
    why: str | None = None
    ms: float | None = None
    serial: int | None = None
    bundle: str | None = None
    site: str | None = None
    age: float | None = None
    refused: str | None = None
    off: str | None = None
    canary: str | None = None
    version: str | None = None
    formats: tuple[int, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def place_of(url: str) -> str:
    """Scheme and host of an edge's address. Raises: ValueError, where it is none or tells a password."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{url!r} is no address of an edge; write it like https://shop.example.com")
    return f"{parts.scheme}://{parts.netloc}"


def ask_all(urls: Sequence[str], serial: int | None = None, timeout: float = TIMEOUT, again: float = AGAIN) -> list[Answer]:
    """The answers of all edges, in order.

    Args:
        urls: as `place_of` makes them. serial: of the release that is published: an edge that goes by an older one, or refused a
            newer, reads the pointer when it is asked and is therefore asked once more, `again` seconds later. None: nobody is.
    """
    if not urls:
        return []

    def settled(url: str) -> Answer:
        first = ask(url, timeout)
        if serial is None or first.why or ((first.serial or 0) >= serial and not first.refused):
            return first
        time.sleep(again)
        second = ask(url, timeout)
        return first if second.why else second

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(settled, urls))


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def ask(url: str, timeout: float = TIMEOUT) -> Answer:
    """The answer of one edge; nothing is raised."""
    started = time.monotonic()
    try:
        with build_opener(_Stay).open(Request(f"{url}{PATH}", headers={"accept": "application/json", "user-agent": "tessera-status"}), timeout=timeout) as response:
            body = _bounded(response, started + timeout)
        found = json.loads(body)
    except HTTPError as error:
        with error:
            return Answer(url, f"status {error.code}")
    except (URLError, HTTPException, OSError) as error:
        return Answer(url, _text(str(getattr(error, "reason", error))) or type(error).__name__)
    except (ValueError, RecursionError):
        return Answer(url, "what answers there is no Tessera")
    if not isinstance(found, dict) or "bundle" not in found or not isinstance(found.get("counts", {}), dict):
        return Answer(url, "what answers there is no Tessera")
    return read(url, found, round(1000 * (time.monotonic() - started), 1))


def _bounded(response: Any, until: float) -> bytes:
    """The body, at most LARGEST bytes, in time. Raises: TimeoutError, ValueError."""
    body = bytearray()
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too long")
        if time.monotonic() > until:
            raise TimeoutError("it does not come to an end")
    return bytes(body)


def read(url: str, found: Mapping[str, Any], ms: float | None = None) -> Answer:
    """The document of an edge; what is of another type than it should be is left out."""
    counts = found.get("counts") or {}
    canary = found.get("canary")
    return Answer(
        url, None, ms,
        serial=_whole(found.get("serial")),
        bundle=_text(found.get("bundle")), site=_text(found.get("site")), age=_whole(found.get("age")),
        refused=_text(found.get("refused")), off=_text(found.get("off")),
        canary=_text(canary.get("bundle")) if isinstance(canary, dict) else None,
        version=_text(found.get("tessera")),
        formats=tuple(sorted(one for one in _list(found.get("formats")) if _whole(one) is not None)),
        counts={str(_text(name)): times for name, times in list(counts.items())[:MOST] if _whole(times) and _text(name)},
    )  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value[:MOST] if isinstance(value, list) else []


def _whole(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < 2**53 else None


def _text(value: Any) -> str | None:
    """A text that may be printed, None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(one if one.isprintable() else "�" for one in value[:LONGEST])
