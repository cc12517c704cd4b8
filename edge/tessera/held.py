"""What a profile holds of one attribute, and how it is read: total, since documents are written by many."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple

from tessera.types import EMPTY, MAX_TEXT, finite, moment_of


class Held(NamedTuple):
    """`value`: plain JSON, None for none. `state`: what the reduction keeps beside it. `written`: epoch seconds, 0 for never."""

    value: Any = None
    state: Mapping[str, Any] = EMPTY
    written: float = 0.0


NOTHING = Held()
GREATEST = 1e15  # of a number that is added up; what is beyond counts for as much


def count(value: Any) -> int:
    """A count that is held; 0 for none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def exact(numbers: Iterable[float]) -> float:
    """The sum in ten-thousandths, the finest that ISO 4217 has: the same in any order."""
    return sum(round(max(-GREATEST, min(GREATEST, number)) * 10_000) for number in numbers) / 10_000


def listed(value: Any, named: Mapping[str, float], most: int) -> list[Any]:
    """A `list<item>` with these items (id → when) as well: newest first, each once; after them those without a time."""
    times: dict[str, float] = {}
    untimed: dict[str, None] = {}
    for element in value if isinstance(value, list) else ():
        id_, at = _element(element)
        if id_ is not None and at is not None:
            times[id_] = max(at, times.get(id_, at))
        elif id_ is not None:
            untimed[id_] = None
    for id_, at in named.items():
        times[id_] = max(at, times.get(id_, at))
    newest = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))
    return [*({"item": id_, "at": at} for id_, at in newest), *(id_ for id_ in untimed if id_ not in times)][:most]


def _element(element: Any) -> tuple[str | None, float | None]:
    if isinstance(element, str):
        return element[:MAX_TEXT], None
    if isinstance(element, dict) and isinstance(element.get("item"), str):
        return element["item"][:MAX_TEXT], moment_of(element.get("at"))
    return None, None


def marked(value: Any, length: int) -> list[list[Any]]:
    """The rows of a state that begin with a time and a mark, and are of this length; others are left out."""
    rows = value if isinstance(value, list) else ()
    return [row for row in rows if isinstance(row, list) and len(row) == length and finite(row[0]) is not None and isinstance(row[1], str)]


def spans(value: Any) -> list[list[float]]:
    """The stretches of time of a state, [from, until]; others are left out."""
    rows = value if isinstance(value, list) else ()
    return [row for row in rows if isinstance(row, list) and len(row) == 2 and None not in map(finite, row)]
