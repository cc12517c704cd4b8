"""Requests of every kind for a run over hours: known and unknown visitors, forged and oversized cookies, other pages and methods."""

from __future__ import annotations

from random import Random
from typing import Callable

from benchmarks.page_site import SEED
from benchmarks.page_traffic import Ask

SIZE = 2000
_LONGEST = 8000  # characters of a cookie header; workerd itself refuses far longer ones
_NOT_FOUND = {"status": 404, "ending": b"not found"}


def mixed(small: list[Ask], large: list[Ask]) -> list[Ask]:
    """A mix in a fixed order, most of it known visitors on the small page.

    Args:
        small, large: a request of each visitor for the two pages.
    """
    random = Random(f"{SEED}/mix")
    kinds: dict[Callable[[Ask], Ask], int] = {
        _same: 60, _newcomer: 8, _refused: 6, _unstated: 4, _forged: 5, _oversized: 2, _broken: 2, _head: 4, _post: 2, _missing: 3,
    }  # fmt: skip
    found = []
    for _ in range(SIZE):
        (kind,) = random.choices(list(kinds), list(kinds.values()))
        found.append(kind(random.choice(large if random.random() < 0.04 else small)))
    return found


def _same(ask: Ask) -> Ask:
    return ask


def _with_cookie(ask: Ask, value: str | None) -> Ask:
    lines = [line for line in ask.request.split(b"\r\n") if not line.startswith(b"Cookie:")]
    if value is not None:
        lines.insert(1, f"Cookie: {value}".encode())
    return Ask(b"\r\n".join(lines))


def _newcomer(ask: Ask) -> Ask:
    return _with_cookie(ask, "tessera_consent=all")


def _refused(ask: Ask) -> Ask:
    return _with_cookie(ask, "tessera_consent=none")


def _unstated(ask: Ask) -> Ask:
    return _with_cookie(ask, None)


def _forged(ask: Ask) -> Ask:
    return Ask(ask.request.replace(b"tessera=1.", b"tessera=1.x", 1))


def _oversized(ask: Ask) -> Ask:
    return _with_cookie(ask, f"tessera={'A' * _LONGEST}; tessera_consent=all")


def _broken(ask: Ask) -> Ask:
    return _with_cookie(ask, 'tessera="; ;=; tessera_consent=%%%,,,; \xff')


def _head(ask: Ask) -> Ask:
    return Ask(ask.request.replace(b"GET ", b"HEAD ", 1), ending=b"")


def _post(ask: Ask) -> Ask:
    head = ask.request.replace(b"GET ", b"POST ", 1)
    return Ask(head.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\na=b&"))


def _missing(ask: Ask) -> Ask:
    return Ask(ask.request.replace(b" /", b" /no-such-page", 1), **_NOT_FOUND)
