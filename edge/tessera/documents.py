"""The profile document: how one is opened, whatever wrote it, and held within its bounds. In words: docs/events.md, "Profiles"."""

from __future__ import annotations

import json
from typing import Any, Iterable, Mapping

from tessera.profile import MAX_PROFILE, flatten
from tessera.types import moment_of

VERSION = 2
MOST_SEEN = 64  # times of a campaign
MOST_APPLIED = 128  # ids of events
MOST_VISITORS = 64  # ids that an account collects
LONGEST_ID = 128  # characters
Document = Mapping[str, Any]


def is_tombstone(document: Any) -> bool:
    """Whether what was here was erased: nothing is ever put on it."""
    return isinstance(document, dict) and "erased" in document


def is_newer(document: Any) -> bool:
    """Whether a later version of this program wrote it, so that it is neither read nor changed here."""
    version = document.get("v", 1) if isinstance(document, dict) else 1
    return isinstance(version, int) and version > VERSION


def opened(document: Any, known: Iterable[str]) -> dict[str, Any]:
    """A document of version 2 to be changed, its parts copied; of version 1, or of nothing, the same in version 2.

    Total: parts that are of another form than agreed are left out.
    """
    stored = document if isinstance(document, dict) else {}
    updated = moment_of(stored.get("updated")) or 0.0
    attributes = flatten(stored.get("attributes"), known)
    own = flatten(stored.get("updated_at"), known)
    kept = {key: value for key, value in stored.items() if key not in _READ and isinstance(value, _FORMS.get(key, object))}
    if "purposes" in kept:
        kept["purposes"] = _texts(kept["purposes"])
    state = stored.get("state")
    return {
        "v": VERSION,
        **kept,
        "attributes": attributes,
        "updated_at": {name: updated if (at := moment_of(own.get(name))) is None else at for name in attributes},
        "updated": updated,
        "seen": _seen(stored.get("seen"), updated),
        "applied": _texts(stored.get("applied"))[-MOST_APPLIED:],
        "state": {name: dict(one) for name, one in state.items() if isinstance(one, dict)} if isinstance(state, dict) else {},
        **{key: moment for key in ("created", "last") if (moment := moment_of(stored.get(key))) is not None},
    }


_FORMS = {"purposes": list, "jurisdiction": str}  # of parts that are compared
_LEAST = ("level", "moved_to", "moving", "created", "last")  # what stays of a document of which nothing else can
_READ = frozenset({"v", "attributes", "updated_at", "updated", "seen", "applied", "state", "created", "last"})
_OWN = _READ | {*_LEAST, "purposes", "jurisdiction", "sticky", "visitors", "stitched"}


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str) and len(text) <= LONGEST_ID] if isinstance(value, list) else []


def _seen(value: Any, updated: float) -> dict[str, list[float]]:
    """Campaign → times, in order. Of a mere count it is taken that all were just before the document was written."""
    found: dict[str, list[float]] = {}
    for name, seen in value.items() if isinstance(value, dict) else ():
        if isinstance(seen, int) and not isinstance(seen, bool):
            found[name] = filled([], updated, seen)
        elif isinstance(seen, list):
            found[name] = times(m for one in seen[:1024] if (m := moment_of(one)) is not None)
    return found


def times(moments: Iterable[float]) -> list[float]:
    """The newest of several times, in order, each once."""
    return sorted({moment for moment in moments if moment >= 0})[-MOST_SEEN:]


def filled(seen: Iterable[float], at: float, many: int) -> list[float]:
    """Times of which so many are up to a moment, a millisecond apart: as good as seen so often."""
    return times([*seen, *(at - number / 1000 for number in range(min(many, MOST_SEEN)))])


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it is stored: without empty parts, and of at most MAX_PROFILE characters as JSON.

    What is too much goes in this order: ids of events, times of campaigns, the greatest attributes.
    """
    slim = trimmed(document)
    try:
        size = len(text(slim))
    except ValueError:  # a number that is none, which JSON does not have
        slim = trimmed(json.loads(json.dumps(slim), parse_constant=lambda _: None))
        size = len(text(slim))
    if size <= MAX_PROFILE:
        return slim
    slim["applied"] = slim.get("applied", [])[-MOST_APPLIED // 4 :]
    slim["seen"] = {name: seen[-MOST_SEEN // 8 :] for name, seen in slim.get("seen", {}).items()}
    slim = {key: value for key, value in slim.items() if key in _OWN}
    excess = len(text(slim)) - MAX_PROFILE
    parts = [{**slim["attributes"]}, {**slim.get("updated_at", {})}, {**slim.get("state", {})}]
    sizes = {name: sum(len(text(part[name])) for part in parts if name in part) for name in {**parts[0], **parts[2]}}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if excess <= 0:
            break
        excess -= sizes[name]
        for part in parts:
            part.pop(name, None)
    slim |= dict(zip(("attributes", "updated_at", "state"), parts))
    if excess <= 0:
        return slim
    least = {key: slim[key] for key in _LEAST if key in slim and len(text(slim[key])) <= 1024}
    return {"v": VERSION, "attributes": {}, "updated": slim.get("updated", 0.0), **least}


def trimmed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without empty parts."""
    return {key: value for key, value in document.items() if key == "attributes" or value not in ({}, [], None)}


def text(document: Any) -> str:
    """The document as JSON: ASCII, so that a character is a byte."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
