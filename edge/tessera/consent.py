"""Which purposes are in force for a visitor: their own choice, else what their jurisdiction allows without one.

A choice is told by one of four cookies, whose names site.yaml gives: the site's own with purposes by name, a TC string, a GPP
string, a US privacy string. The first that is there counts. The first two grant, and nothing else is in force then; an opt-out
of a US state takes its purposes from what is allowed without a choice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, NamedTuple

from tessera import gpp, tcf
from tessera.bits import ConsentError
from tessera.cookies import MAX_HEADER, cookie_values
from tessera.evaluate import evaluate
from tessera.resolved import Bundle
from tessera.types import FARTHEST, LADDER

COOKIE = "tessera_consent"
MOST_PLACES = 4096  # of which the jurisdiction is remembered
MAX_OWN = 512  # characters of the site's own cookie
LEVEL = "level-"  # in that cookie, before how far the visitor lets personalisation go
_SEPARATORS = str.maketrans({",": ".", "|": ".", "+": ".", " ": "."})
_NOTHING: frozenset[str] = frozenset()


class Choice(NamedTuple):
    """What a visitor chose: the purposes that are in force (None: they did not say), those that are not (of what is allowed
    without a choice), whether they send Global Privacy Control, and the highest level of a ladder that may decide for them."""

    purposes: frozenset[str] | None = None
    denied: frozenset[str] = _NOTHING
    gpc: bool = False
    level: str = FARTHEST


NO_CHOICE = Choice()


def chosen(bundle: Bundle, header: str) -> Choice:
    """The choice that a Cookie header tells. What cannot be read grants nothing: a damaged choice is no permission."""
    told = bundle.consent
    if told["cookie"] in header and (values := cookie_values(header, told["cookie"])):
        return Choice(choice(values[0], bundle.purposes), level=level(values[0]))
    if told["tcf"] in header and (values := cookie_values(header, told["tcf"])):
        return Choice(_by_tcf(bundle, values[0]))
    if told["gpp"] in header and (values := cookie_values(header, told["gpp"])):
        return _by_gpp(bundle, values[0])
    if told["us_privacy"] in header and (values := cookie_values(header, told["us_privacy"])):
        return _by_us_privacy(bundle, values[0])
    if len(header) > MAX_HEADER:  # a choice may stand in the rest: in doubt it was no
        return Choice(_NOTHING)
    return NO_CHOICE


@lru_cache(maxsize=256)
def choice(cookie: str | None, known: tuple[str, ...]) -> frozenset[str] | None:
    """The purposes that the site's own cookie grants; None where there is no cookie, so that no choice was made.

    `all` and `none` are understood.
    """
    if cookie is None:
        return None
    if len(cookie) > MAX_OWN:
        return _NOTHING
    named = {name for name in _words(cookie) if not name.startswith(LEVEL)}
    if named == {"all"}:
        return frozenset(known)
    return frozenset(named & set(known))


@lru_cache(maxsize=256)
def level(cookie: str) -> str:
    """How far personalisation may go, as the site's own cookie says; of several the least. What is no level is the least of all."""
    if LEVEL not in cookie or len(cookie) > MAX_OWN:
        return FARTHEST
    asked = [name.removeprefix(LEVEL) for name in _words(cookie) if name.startswith(LEVEL)]
    return max((name if name in LADDER else LADDER[-1] for name in asked), key=LADDER.index, default=FARTHEST)


def _words(cookie: str) -> list[str]:
    return [word for word in cookie.lower().replace("%2c", ".").replace("%20", ".").translate(_SEPARATORS).split(".") if word]


def _by_tcf(bundle: Bundle, text: str) -> frozenset[str]:
    """The purposes that a TC string grants: those of which it grants every TCF purpose, to the site's vendor where it has a number."""
    return _granted(text, tuple(sorted(bundle.tcf.items())), bundle.consent["vendor"])


@lru_cache(maxsize=1024)
def _granted(text: str, asked: tuple[tuple[str, frozenset[int]], ...], vendor: int | None) -> frozenset[str]:
    try:
        found = tcf.choice(text)
        if vendor is not None and vendor not in found.vendors():
            return _NOTHING
    except ConsentError:
        return _NOTHING
    return frozenset(name for name, purposes in asked if purposes and purposes <= found.purposes)


def _by_gpp(bundle: Bundle, text: str) -> Choice:
    """The European section grants as a TC string does; the sections of US states deny."""
    try:
        opted_out, european = _read_gpp(text)
    except ConsentError:
        return Choice(_NOTHING)
    granted = None if european is None else _by_tcf(bundle, european)
    return Choice(granted, _denied(bundle, opted_out), gpp.GPC in opted_out)


@lru_cache(maxsize=1024)
def _read_gpp(text: str) -> tuple[frozenset[str], str | None]:
    return gpp.opted_out(text), gpp.tcf_text(text)


def _by_us_privacy(bundle: Bundle, text: str) -> Choice:
    """IAB's US privacy string, as CCPA had it: the third character says whether the sale of data is refused."""
    if len(text) != 4 or text[0] != "1" or not set(text[1:].upper()) <= set("YN-"):
        return Choice(_NOTHING)
    return Choice(None, _denied(bundle, frozenset(("SaleOptOut",)) if text[2] in "Yy" else _NOTHING))


def _denied(bundle: Bundle, opted_out: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name, by in bundle.us.items() if by & opted_out) if opted_out else _NOTHING


def in_force(
    bundle: Bundle, chosen: frozenset[str] | None, request: Mapping[str, Any], denied: frozenset[str] = _NOTHING, gpc: bool = False
) -> tuple[frozenset[str], str]:
    """The purposes in force and the jurisdiction's name.

    The jurisdiction is the first whose condition holds *or is unknown*: where the place is not known, the stricter
    rule in front applies. Without a choice its `allow` is in force but for what is denied, or nothing where it denies by
    GPC and the signal is set.
    """
    remembered = bundle.outcomes.jurisdictions
    place = tuple([request.get(name) for name in bundle.places])
    try:
        found = remembered.get(place)
        if found is None:
            found = _jurisdiction(bundle, request)
            if len(remembered) < MOST_PLACES:
                remembered[place] = found
    except TypeError:  # a value that is not hashable: of a dialect's condition
        found = _jurisdiction(bundle, request)
    name, allowed, denies = found
    if chosen is not None:
        return chosen, name
    if denies and (gpc or request.get("request.gpc")):
        return _NOTHING, name
    return (allowed - denied if denied else allowed), name


def _jurisdiction(bundle: Bundle, request: Mapping[str, Any]) -> tuple[str, frozenset[str], bool]:
    """Name, what is allowed without a choice, whether GPC denies that; where none holds, nothing is allowed."""
    for name, when, allowed, denies in bundle.jurisdictions:
        if when is None or evaluate(when, request) is not False:
            return name, allowed, denies
    return "", frozenset(), True
