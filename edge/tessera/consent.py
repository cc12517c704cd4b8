"""Which purposes are in force for a visitor: their own choice, else what their jurisdiction allows without one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping

from tessera.resolved import Bundle
from tessera.evaluate import evaluate

COOKIE = "tessera_consent"
MOST_PLACES = 4096  # of which the jurisdiction is remembered
_SEPARATORS = str.maketrans({",": ".", "|": ".", "+": ".", " ": "."})


@lru_cache(maxsize=256)
def choice(cookie: str | None, known: tuple[str, ...]) -> frozenset[str] | None:
    """The purposes that a consent cookie grants; None where there is no cookie, so that no choice was made.

    `all` and `none` are understood. What cannot be read grants nothing: a damaged choice is no permission.
    """
    if cookie is None:
        return None
    if len(cookie) > 512:
        return frozenset()
    named = {name for name in cookie.lower().replace("%2c", ".").replace("%20", ".").translate(_SEPARATORS).split(".") if name}
    if named == {"all"}:
        return frozenset(known)
    return frozenset(named & set(known))


def in_force(bundle: Bundle, chosen: frozenset[str] | None, request: Mapping[str, Any]) -> tuple[frozenset[str], str]:
    """The purposes in force and the jurisdiction's name.

    The jurisdiction is the first whose condition holds *or is unknown*: where the place is not known, the stricter
    rule in front applies. Without a choice its `allow` is in force, or nothing where it denies by GPC and the signal is set.
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
    return (frozenset() if denies and request.get("request.gpc") else allowed), name


def _jurisdiction(bundle: Bundle, request: Mapping[str, Any]) -> tuple[str, frozenset[str], bool]:
    """Name, what is allowed without a choice, whether GPC denies that; where none holds, nothing is allowed."""
    for name, when, allowed, denies in bundle.jurisdictions:
        if when is None or evaluate(when, request) is not False:
            return name, allowed, denies
    return "", frozenset(), True
