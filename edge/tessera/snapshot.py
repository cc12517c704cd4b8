"""The copy of a visitor's profile that travels in their cookie, so that a returning visitor needs no store to be read.

The text is JSON, one list, in which moments are seconds before the snapshot was last compared with the store; those at which
an attribute was written in whole seconds where they were before that, and rather too early, so that of the same value in the store
and in a snapshot the store's is never the older one. When a campaign was seen is told to the millisecond, so that the store and a
snapshot that tell of the same time count it once:

    [version, compared (epoch seconds), key of the profile, last activity, level, {attribute: [value, written]}, {campaign: [seen]},
     {page view: {slot: campaign}}]

Behind the two of an attribute that is a list of items with times stands a 1, and its items are [item, seen].

The bridge seals it; nothing is read that was not sealed by this site, for this visitor's id. Reading is total all the same:
what an older or newer Worker wrote must not stand in the way.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from math import isfinite
from typing import Any, Mapping, NamedTuple

from tessera.types import EMPTY, finite, parse_json

VERSION = 1
MAX_TEXT = 4096  # characters that are read; what is written fits a cookie
MOST_VIEWS = 2  # page views of which it is remembered which campaigns they showed
VIEW = 8  # characters of a page view's id that are kept: enough to tell one visitor's views apart
MOST_SEEN = 16  # times of a campaign
_LISTS = (256, 24, 12, 8, 5, 3)  # elements of lists and maps that are kept, tried in this order


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Snapshot(NamedTuple):
    """A profile as it was when it was last compared with the store, and what happened on this device since.

    Attributes:
        document: as stored (docs/format.md). at: epoch seconds when it was compared. key: of the profile.
        shown: page view (the first VIEW characters of its id) → slot → the campaign that it showed.
    """

    document: Mapping[str, Any]
    at: float
    key: str
    shown: Mapping[str, Mapping[str, str]] = EMPTY


def read(text: str, visitor: str) -> Snapshot | None:
    """What the bridge unsealed: the id that it was sealed for, a dot, the snapshot. None where it is of another visitor, or none."""
    owner, _, body = text.partition(".")
    return _parsed(body) if owner == visitor and body else None


@lru_cache(maxsize=2048)  # as many visitors as the bridge remembers cookies of
def _parsed(text: str) -> Snapshot | None:
    try:
        version, at, key, last, level, attributes, seen, shown = parse_json(text, MAX_TEXT)
        if version != VERSION or finite(at) is None or not isinstance(key, str):
            return None
        _demand_numbers([last, *[written for _, written, *_ in attributes.values()], *chain(*seen.values())])
        document: dict[str, Any] = {
            "v": 2,
            "attributes": {name: _widened(value, at) if timed else value for name, (value, _, *timed) in attributes.items()},
            "updated_at": {name: round(at - written, 3) for name, (_, written, *_) in attributes.items()},
            "updated": at,
            "seen": {campaign: [round(at - before, 3) for before in moments] for campaign, moments in seen.items()},
            "last": round(at - last, 3),
        }
        if level:
            document["level"] = level
        return Snapshot(document, at, key, {view: _texts(slots) for view, slots in shown.items()})
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return None


def _texts(slots: Mapping[str, Any]) -> dict[str, str]:
    return {slot: campaign for slot, campaign in slots.items() if isinstance(campaign, str)}


def _demand_numbers(values: list[Any]) -> None:
    """ValueError or OverflowError where one of them is no finite number."""
    if not {*map(type, values)} <= {int, float} or not isfinite(sum(values)):
        raise ValueError("no moment")


def write(snapshot: Snapshot, names: frozenset[str], room: int) -> str:
    """The text to be sealed; empty where there is no room for it, even with lists cut down to their first elements.

    Args:
        names: the attributes to keep: those that decisions read, and that may be kept. room: ASCII characters.
    """
    document, at = snapshot.document, int(snapshot.at)
    written, updated = document.get("updated_at", EMPTY), document.get("updated", at)
    kept = [
        (name, value, _before(at - (written[name] if name in written else updated)))
        for name, value in sorted(document.get("attributes", EMPTY).items())
        if name in names
    ]
    seen = {campaign: [round(at - moment, 3) for moment in moments[-MOST_SEEN:]] for campaign, moments in document.get("seen", EMPTY).items()}
    shown = dict(list(snapshot.shown.items())[-MOST_VIEWS:])
    last = _before(at - document.get("last", at))
    for most in _LISTS:
        attributes = {name: [value, before] if type(value) in _PLAIN else _narrowed(value, before, at, most) for name, value, before in kept}
        text = _encode([VERSION, at, snapshot.key, last, document.get("level", ""), attributes, seen, shown])
        if len(text) <= room:
            return text
    return ""


_PLAIN = {str, int, bool, type(None)}


def _narrowed(value: Any, before: float, at: float, most: int) -> list[Any]:
    """A value with at most so many elements, of a map the greatest values; when it was written; and 1 where items have times."""
    if isinstance(value, list):
        return [[_item(element, at) for element in value[:most]], before, 1] if _is_timed(value) else [value[:most], before]
    if isinstance(value, dict):
        ranked = sorted(value.items(), key=lambda pair: -(finite(pair[1]) or 0.0))
        return [{key: round(number, 3) if isinstance(number, float) else number for key, number in ranked[:most]}, before]
    return [round(value, 6) if isinstance(value, float) else value, before]


def _is_timed(value: list[Any]) -> bool:
    """Whether items of a list may have the times at which they were seen, and nothing in it could be taken for one of them."""
    return any([isinstance(element, dict) for element in value]) and not any([isinstance(element, list) for element in value])


def _before(seconds: float) -> float:
    return round(seconds, 3) if seconds < 0 else -int(-seconds // 1)


def _item(element: Any, at: float) -> Any:
    if isinstance(element, dict) and set(element) == {"item", "at"} and finite(element["at"]) is not None:
        return [element["item"], _before(at - element["at"])]
    return element


def _widened(value: list[Any], at: float) -> list[Any]:
    return [{"item": each[0], "at": at - each[1]} if isinstance(each, list) else each for each in value]
