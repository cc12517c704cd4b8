"""Whether a profile is possible at all: what is refused before it is stored, by whomever."""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping

from tessera.derive import Derivation
from tessera.documents import MOST_APPLIED, MOST_SEEN, VERSION, Document, is_newer, is_tombstone
from tessera.profile import MAX_PROFILE
from tessera.resolved import Bundle
from tessera.types import MAX_LIST, MAX_TEXT, Attribute, coerce, finite, moment_of

AHEAD = 86_400  # seconds that a time may be in the future: clocks differ
GREATEST = 1e15  # of numbers
_NEVER_NEGATIVE = frozenset({"count", "cart_value", "cart_count", "visits", "decayed"})
_TIMES = ("updated", "created", "last")


def problems(bundle: Bundle, document: Document, *, at: float | None = None, before: Document | None = None) -> list[str]:
    """What of a document cannot be, each in words with the name of the part; empty where it may be stored.

    Args:
        at: now, in epoch seconds. Without it the document's own `updated` is taken for now.
        before: the document that is replaced; what was wrong in that already is not told, so that an attribute that a later
            release took away stops nobody's profile.
    """
    known = frozenset(_problems(bundle, before, at)) if before is not None else frozenset()
    return [problem for problem in _problems(bundle, document, at) if problem not in known]


def _problems(bundle: Bundle, document: Any, at: float | None) -> Iterator[str]:
    if not isinstance(document, dict):
        yield "the document is no object"
        return
    if is_tombstone(document):
        return
    if is_newer(document):
        yield f"the document is of a later version than {VERSION}"
        return
    try:
        size = len(json.dumps(document, separators=(",", ":"), allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        yield "the document is not JSON, or has a number that is none"
        return
    if size > MAX_PROFILE:
        yield f"the document has {size} characters, at most {MAX_PROFILE} are stored"
    now = at if at is not None else moment_of(document.get("updated"))
    yield from _moments(document, None if now is None else now + AHEAD)
    yield from _seen(document.get("seen", {}))
    applied = document.get("applied", [])
    if not isinstance(applied, list) or len(applied) > MOST_APPLIED:
        yield f"`applied` is no list of at most {MOST_APPLIED} ids"
    attributes = document.get("attributes", {})
    if not isinstance(attributes, dict):
        yield "`attributes` is no object"
        return
    hows = {d.name: d for d in bundle.derivations}
    latest = None if now is None else now + AHEAD
    for name, value in attributes.items():
        attribute = bundle.attributes.get(name)
        if attribute is None or name.startswith("request."):
            yield f"{_brief(name)}: the site has no such attribute of visitors or accounts"
        elif why := wrong(attribute, value, hows.get(name), latest):
            yield f"{name}: {why}"


def wrong(attribute: Attribute, value: Any, d: Derivation | None = None, latest: float | None = None) -> str:
    """Why a value (JSON) cannot be the attribute's; empty where it can.

    Args:
        d: how it comes from events, None where it does not. latest: the latest moment that can have been, in epoch seconds.
    """
    read = coerce(attribute, value)
    shown = f"one of {', '.join(sorted(attribute.values))}" if attribute.type == "enum" else f"of type {attribute.type}"
    if read is None:
        return f"the value is not {shown}"
    if isinstance(read, (tuple, dict)) and isinstance(value, (list, dict)) and attribute.type != "any":
        if len(value) > MAX_LIST:
            return f"{len(value)} elements, at most {MAX_LIST} are kept"
        if len(read) < len(value):
            return f"an element is not {shown}"
    if any(len(text) > MAX_TEXT for text in _texts(value)):
        return f"a text of more than {MAX_TEXT} characters"
    numbers = read if attribute.type in ("int", "double", "timestamp", "duration") else None
    if numbers is not None and abs(numbers) > GREATEST:
        return f"the number is beyond {GREATEST:.0e}"
    if isinstance(read, dict) and any(abs(one) > GREATEST for one in read.values() if isinstance(one, float)):
        return f"a number is beyond {GREATEST:.0e}"
    if d is not None and d.how in _NEVER_NEGATIVE and read < 0:
        return "a count or an amount below 0"
    if d is not None and latest is not None and any(moment > latest for moment in _told(attribute, read)):
        return "a time that is more than a day in the future"
    return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one.get("item") if isinstance(one, dict) else one)
    elif isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
        yield from (one for one in value.values() if isinstance(one, str))


def _told(attribute: Attribute, read: Any) -> Iterator[float]:
    """The moments in a value at which something happened."""
    if attribute.type == "timestamp":
        yield read
    elif attribute.type == "list<item>":
        yield from (item.at for item in read if item.at is not None)


def _moments(document: Mapping[str, Any], latest: float | None) -> Iterator[str]:
    own = document.get("updated_at", {})
    if not isinstance(own, dict):
        yield "`updated_at` is no object"
        own = {}
    told = {**{key: document[key] for key in _TIMES if key in document}, **{f"updated_at of {_brief(name)}": at for name, at in own.items()}}
    for name, value in told.items():
        moment = moment_of(value)
        if moment is None or moment < 0:
            yield f"{name}: not a time"
        elif latest is not None and moment > latest:
            yield f"{name}: a time that is more than a day in the future"


def _seen(seen: Any) -> Iterator[str]:
    if not isinstance(seen, dict):
        yield "`seen` is no object"
        return
    for name, told in seen.items():
        if isinstance(told, int) and not isinstance(told, bool):
            if told < 0:
                yield f"seen of {_brief(name)}: a count below 0"
        elif not isinstance(told, list) or len(told) > MOST_SEEN or any((finite(one) is None or one < 0) for one in told):
            yield f"seen of {_brief(name)}: not a list of at most {MOST_SEEN} times"


def _brief(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:80]}…"
