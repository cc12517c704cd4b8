"""Which values an attribute takes in a sample: what conditions ask for, what lies around thresholds, other values, and nothing."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from compiler.diff.asked import Asked
from compiler.diff.distributions import Distribution, Range, Weights
from tessera.types import Attribute, ListedItem, coerce, parse_version

MISSING = 0.2  # of visitors nothing is known of an attribute
LISTS = 128  # different lists of one attribute: enough to differ, few enough to meet again
SPREAD = 16  # other numbers
DAY = 86_400.0
OTHERS = ("north", "south", "Ünïcode", "other")


class Pool(NamedTuple):
    """Values of the attribute's type (None: not known), and how often each comes."""

    values: tuple[Any, ...]
    weights: tuple[float, ...]


def pool(attribute: Attribute, asked: Asked, told: Distribution | None, items: Sequence[str], start: float, random: Random) -> Pool:
    """The pool of an attribute.

    Args:
        told: its distribution, where a file gives one. items: ids of the catalogue. start: epoch seconds from which on visits are.
    """
    kind = attribute.type
    if isinstance(told, Weights):
        found = [(None if value is None else coerce(attribute, value), weight) for value, weight in zip(told.values, told.weights)]
        return _pool(found)
    missing = MISSING if told is None else told.missing
    if kind.startswith("list<"):
        values: list[Any] = _lists(attribute, asked, told, items, start, random)
    elif kind.startswith("map<"):
        values = _maps(kind, asked, random)
    elif isinstance(told, Range):
        values = [_number(kind, told.low + (told.high - told.low) * random.random()) for _ in range(256)] + [_number(kind, told.low), _number(kind, told.high)]
    else:
        values = _scalars(attribute, asked, start, random)
    values = [value for value in values if value is not None]
    if not values:
        return Pool((None,), (1.0,))
    return _pool([(None, missing), *((value, (1 - missing) / len(values)) for value in values)])


def _pool(found: Sequence[tuple[Any, float]]) -> Pool:
    return Pool(tuple(value for value, _ in found), tuple(weight for _, weight in found))


def _number(kind: str, value: float) -> Any:
    return round(value) if kind == "int" else value


def _scalars(attribute: Attribute, asked: Asked, start: float, random: Random) -> list[Any]:
    kind = attribute.type
    named = [typed for value in (*asked.values, *asked.cuts) if (typed := _typed(attribute, value)) is not None]
    if kind == "enum":
        return sorted(attribute.values)
    if kind == "bool":
        return [True, False]
    if kind in ("int", "double", "duration", "timestamp"):
        return _numbers(kind, named, start, random)
    if kind == "version":
        return [*named, *(parse_version(text) for text in ("0.1.0", "1.0.0", "2.5.1", "99.0.0"))]
    if kind == "ip":
        return [*named, "192.0.2.1", "198.51.100.7", "2001:db8::1"]
    if kind == "any":
        return [*asked.values, *asked.cuts, "a", 1, True]
    if kind == "item":
        return named
    return [*named, *(f"{value}x" for value in named[:4]), *OTHERS]


def _typed(attribute: Attribute, value: Any) -> Any:
    """A constant as a value of the attribute; what is of the type already stays."""
    return coerce(attribute, value)


def _numbers(kind: str, named: Sequence[Any], start: float, random: Random) -> list[Any]:
    """Each threshold, what lies just below and above it, and others between and beyond all of them: half of each."""
    step = {"int": 1, "double": 0.01, "duration": 1.0, "timestamp": 1.0}[kind]
    near = [value for cut in named for value in (cut - step, cut, cut + step)]
    usual = {"int": (0, 12), "double": (0.0, 100.0), "duration": (0.0, DAY), "timestamp": (start - 90 * DAY, start)}[kind]
    low, high = min((*named, usual[0])), max((*named, usual[1]))
    others = [_number(kind, low + (high - low) * random.random()) for _ in range(max(SPREAD, len(near)))]
    return [value for value in (*near, *others) if kind != "int" or -(2**63) <= value < 2**63]


def _lists(attribute: Attribute, asked: Asked, told: Distribution | None, items: Sequence[str], start: float, random: Random) -> list[tuple]:
    element = attribute.type[len("list<") : -1]
    sizes = sorted({0, 1, 3, *(near for size in asked.sizes for near in (size - 1, size, size + 1) if near >= 0)})
    found = []
    for _ in range(LISTS):
        length = round(told.low + (told.high - told.low) * random.random()) if isinstance(told, Range) else random.choice(sizes)
        if element == "item":
            chosen = random.sample(range(len(items)), min(length, len(items)))
            found.append(tuple(ListedItem(items[row], start - DAY * 20 * random.random()) for row in chosen))
            continue
        others = {"int": (0, 1, 2, 7), "double": (0.0, 0.5, 1.0), "bool": (True, False)}.get(element, OTHERS)
        pick = [*asked.elements, *asked.elements, *others]
        typed = coerce(attribute, [random.choice(pick) for _ in range(length)])
        if typed is not None:
            found.append(typed)
    return found


def _maps(kind: str, asked: Asked, random: Random) -> list[dict[str, Any]]:
    """Keys that are asked for, some of them, with values around the thresholds."""
    element = kind[4:-1].split(",")[-1].strip()
    keys = [key for key in asked.elements if isinstance(key, str)] or ["a"]
    near = [value for value in asked.keyed if isinstance(value, (int, float)) and not isinstance(value, bool)]
    values: list[Any] = {"double": [*near, *(v + 0.01 for v in near), 0.5, 3.0], "int": [*near, 0, 1], "bool": [True, False]}.get(element, [*(str(v) for v in asked.keyed), "a"])
    values = [float(value) for value in values] if element == "double" else [int(value) for value in values] if element == "int" else values
    return [{key: random.choice(values) for key in keys if random.random() < 0.5} for _ in range(LISTS)]
