"""Frozen values that travel through a decision, and the coercion of hostile facts to declared types."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from ipaddress import ip_address
from itertools import islice
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Sequence

MAX_TEXT = 1024  # characters of one text value that take part in decisions
MAX_LIST = 256  # elements of one list value
MAX_DEPTH = 64  # lists and objects within each other in JSON that is read
EMPTY: Mapping[str, Any] = MappingProxyType({})
LADDER = ("individual", "segment", "cohort", "default")  # the levels of a slot's ladder, from the top
FARTHEST = LADDER[0]


class ListedItem(NamedTuple):
    """An element of a `list<item>`: an item id and, where known, when it was seen (epoch seconds)."""

    id: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A declared fact: `name` in full (`visitor.plan`), `type` as in site.yaml, `keep` in seconds (None: the session).

    Of what comes from events: `half_life` in seconds, after which it counts half; `most`, how many elements are kept.
    """

    name: str
    type: str
    purpose: str | None = None
    keep: int | None = None
    source: str | None = None
    default: Any = None
    values: frozenset[str] = frozenset()
    half_life: float | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """The catalogue: ids, their rows, and the columns by field name (items.py)."""

    ids: Sequence[str]
    row_of: Mapping[str, int]
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Profile:
    """What is stored about a visitor, still raw. `ages` maps attribute names to seconds since they were written; `most` is how
    far the visitor lets personalisation go."""

    attributes: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    ages: Mapping[str, float] = field(default_factory=lambda: EMPTY)
    seen: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    most: str = FARTHEST


class Visit(NamedTuple):
    """Everything a decision may depend on. `values` holds permitted attributes only, each of its declared type.

    Attributes:
        units: the ids that may be randomised, by kind (`visitor`, `account`…); empty without consent.
        values: attribute name → value.
        purposes: the consent purposes in force. jurisdiction: the name of the one that applies.
        at: epoch seconds; offset: minutes that the visitor's clock is ahead of UTC.
        seen: campaign → times it was seen within its period (int), or the epoch seconds of each (tuple).
        forced: experiment → arm, set by scenarios and previews. preview: whether a preview token set them.
        sticky: experiment's key and version (`checkout__0`) → the arm given before.
        served_from: store, cookie or none.
        most: the highest level of a ladder that may decide, as the visitor wishes.
        nameless: whether the units are good for this day alone, and may not be logged.
    """

    units: Mapping[str, str] = EMPTY
    values: Mapping[str, Any] = EMPTY
    purposes: frozenset[str] = frozenset()
    jurisdiction: str = ""
    at: float = 0.0
    offset: int = 0
    seen: Mapping[str, Any] = EMPTY
    forced: Mapping[str, str] = EMPTY
    preview: bool = False
    sticky: Mapping[str, str] = EMPTY
    ages: Mapping[str, float] = EMPTY
    served_from: str = "none"
    fallbacks: tuple[str, ...] = ()
    most: str = FARTHEST
    nameless: bool = False


class Ranked(NamedTuple):
    """One scored item: its row in the catalogue and its score."""

    row: int
    score: float


class Decision(NamedTuple):
    """What one slot got. Numbers are indices into the bundle (-1: none); `record` turns them into names.

    `why` is one of rule, test, rank, consent, preference, cap, paused, holdout, bot, preview, default. `arm` is the arm applied,
    `enrolled` whether it counts for the experiment. `propensity` is the probability of the choice among those enrolled. Where variants
    were ranked, `nearest` has them, the one that is shown first.
    """

    slot: int
    variant: int
    why: str
    rule: int = -1
    content: int = -1
    experiment: int = -1
    arm: int = -1
    propensity: float = 1.0
    model: int = -1
    items: tuple[Ranked, ...] = ()
    runners_up: tuple[Ranked, ...] = ()
    holdout: bool = False
    nearest: tuple[Ranked, ...] = ()


def parse_json(text: str, most: int) -> Any:
    """JSON of at most so many characters and MAX_DEPTH levels, as plain values.

    The depth is checked first: in WebAssembly a deep nesting exhausts the stack, which no exception tells and no
    interpreter survives. Brackets within texts count too. NaN and Infinity, which Python's reader knows, are no JSON.

    Raises:
        ValueError: where it is no such JSON.
    """
    if len(text) > most:
        raise ValueError(f"JSON of {len(text)} characters, at most {most} are read")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for mark in text:
            depth += (mark in "[{") - (mark in "]}")
            if depth > MAX_DEPTH:
                raise ValueError(f"JSON with more than {MAX_DEPTH} levels")
    return _decode(text)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode


# --- coercion: a wrong type is unknown (None), never an exception ----------------------------------------------------

_DURATION = re.compile(r"\d{1,9}(ms|s|m|h|d|w)\Z", re.ASCII)
_UNIT = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBERS = r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?"
_IDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBERS}(?:-({_IDS}))?(?:\+{_IDS})?\Z", re.ASCII)


def parse_time(text: str) -> float | None:
    """ISO 8601 text to epoch seconds; a time without an offset is UTC. None where it is no such time."""
    if len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def parse_duration(text: str) -> float | None:
    """`90s`, `7d`… to seconds; None where it is no duration."""
    found = _DURATION.match(text)
    return float(text[: -len(found[1])]) * _UNIT[found[1]] if found else None


def parse_version(text: str) -> tuple | None:
    """Semantic version to a tuple that sorts by precedence (semver.org 2.0.0, section 11); None where it is none."""
    found = _VERSION.match(text) if len(text) <= 128 else None
    if not found:
        return None
    major, minor, patch, pre = found.groups()
    ids = tuple(map(_precedence, pre.split("."))) if pre else ()
    return (int(major), int(minor or 0), int(patch or 0), 0 if pre else 1, ids)


def version_text(version: tuple) -> str:
    """A parsed version as text again: `parse_version` of it gives the same."""
    major, minor, patch, _, ids = version
    before = ".".join(text or str(number) for _, number, text in ids)
    return f"{major}.{minor}.{patch}{'-' if before else ''}{before}"


def _precedence(identifier: str) -> tuple[int, int, str]:
    """Numbers stand before words, by their value (of any length: first the number of digits, then the digits)."""
    digits = identifier.lstrip("0")
    return (0, len(digits), digits) if identifier.isdigit() else (1, 0, identifier)


def _text(value: Any) -> str | None:
    return value[:MAX_TEXT] if isinstance(value, str) else None


def _int(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if -(2**63) <= value < 2**63 else None


def finite(value: Any) -> float | None:
    """A number as a finite double; None for anything else, bools among it."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def moment_of(value: Any) -> float | None:
    """ISO 8601 text or a number of epoch seconds as epoch seconds; None for anything else."""
    return parse_time(value) if isinstance(value, str) else finite(value)


def _duration(value: Any) -> float | None:
    return parse_duration(value) if isinstance(value, str) else finite(value)


def is_version(value: Any) -> bool:
    """Whether a tuple is a version as parse_version makes them."""
    if not isinstance(value, tuple) or len(value) != 5 or not isinstance(value[4], tuple):
        return False
    return all(type(part) is int for part in value[:4]) and all(map(_is_identifier, value[4]))


def _is_identifier(value: Any) -> bool:
    return isinstance(value, tuple) and tuple(map(type, value)) == (int, int, str)


def _version(value: Any) -> tuple | None:
    return parse_version(value) if isinstance(value, str) else value if is_version(value) else None


def _ip(value: Any) -> str | None:
    """An IPv4 address within an IPv6 one counts as the IPv4 address."""
    try:
        address = ip_address(value) if isinstance(value, str) and len(value) <= 64 else None
    except ValueError:
        return None
    return None if address is None else str(getattr(address, "ipv4_mapped", None) or address)


def _item(value: Any) -> ListedItem | None:
    if isinstance(value, ListedItem):
        value = {"item": value.id, "at": value.at}
    if isinstance(value, str):
        return ListedItem(value[:MAX_TEXT])
    if isinstance(value, dict) and isinstance(value.get("item"), str):
        return ListedItem(value["item"][:MAX_TEXT], moment_of(value.get("at")))
    return None


def _any(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A JSON value as plain values: lists as tuples, objects as dicts. Parts that are none are unknown (None)."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else finite(value)
    if isinstance(value, float):
        return finite(value)
    if depth == 0:
        return None
    if isinstance(value, (list, tuple)):
        return tuple(_any(part, depth - 1) for part in value[:MAX_LIST])
    if isinstance(value, dict):
        return {key[:MAX_TEXT]: _any(part, depth - 1) for key, part in islice(value.items(), MAX_LIST) if isinstance(key, str)}
    return None


_SCALARS = {
    "any": _any,
    "string": _text,
    "enum": _text,
    "ip": _ip,
    "bool": lambda value: value if isinstance(value, bool) else None,
    "int": _int,
    "double": finite,
    "timestamp": moment_of,
    "duration": _duration,
    "version": _version,
    "item": _item,
}


def coerce(attribute: Attribute, value: Any) -> Any:
    """The value as the attribute's type, or None (unknown) where it is not of that type. Never raises.

    A value that is of the type already stays as it is.

    Lists become tuples of at most MAX_LIST elements without those of a wrong type; `map<…>` a dict of texts.
    """
    kind = attribute.type
    if kind.startswith("list<"):
        if not isinstance(value, (list, tuple)):
            return None
        element = _SCALARS[kind[5:-1]]
        return tuple(v for v in map(element, value[:MAX_LIST]) if v is not None)
    if kind.startswith("map<"):
        if not isinstance(value, dict):
            return None
        element = _SCALARS[kind[4:-1].split(",")[-1].strip()]
        pairs = ((_text(k), element(v)) for k, v in list(value.items())[:MAX_LIST])
        return {k: v for k, v in pairs if k is not None and v is not None}
    result = _SCALARS[kind](value)
    return None if kind == "enum" and result not in attribute.values else result
