"""What of the log and of stored profiles has outlived its period, and what is left of them without it. Pure.

The log is kept by whole days, as its names tell them: the period of a day's rows begins with the end of that day (UTC). A value of
an attribute that may be kept for less than the log is blanked in its rows: `null` in their inputs, as if it had been unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

from compiler import ir
from compiler.register import CHOICES, logged_for, longest_keep

DAY = 86_400
FOLDERS = ("decisions", "events", "shadow", "dead")
MARKS = "retried/"  # what the consumer remembers of messages that come again: of no visitor, and it forgets them itself
_NAME = re.compile(r"(?P<folder>[a-z]+)/date=(?P<date>\d{4}-\d{2}-\d{2})/[^/]+", re.ASCII)
_FORM = "form."
_CHOSEN = ("level", "moving", "moved_to")


class Logged(NamedTuple):
    """A file of the log: its folder, and the epoch second at which its day ended."""

    folder: str
    ended: float


def logged(name: str) -> Logged | None:
    """What a name in the log's store tells; None for one that is not the log's."""
    found = _NAME.fullmatch(name)
    if not found or found["folder"] not in FOLDERS:
        return None
    try:
        day = date.fromisoformat(found["date"])
    except ValueError:
        return None
    return Logged(found["folder"], datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp() + DAY)


@dataclass(frozen=True)
class Blank:
    """What is to be blanked in a file: attributes by full name, and fields of forms."""

    attributes: frozenset[str]
    fields: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.attributes or self.fields)


@dataclass(frozen=True)
class Plan:
    """Which files go, which lose values, and which names are not the log's."""

    delete: tuple[str, ...]
    blank: Mapping[str, Blank]
    foreign: tuple[str, ...]


def plan(names: Iterable[str], program: ir.Program, now: float) -> Plan:
    """What is due among the files of the log."""
    delete, blank, foreign = [], {}, []
    for name in sorted(names):
        file = logged(name)
        if file is None:
            foreign += [] if name.startswith(MARKS) else [name]
        elif file.ended + program.log_keep <= now:
            delete.append(name)
        elif due := _due(program, now - file.ended):
            blank[name] = due
    return Plan(tuple(delete), blank, tuple(foreign))


def _due(program: ir.Program, age: float) -> Blank:
    over = [one for one in program.attributes if not one.name.startswith("request.") and logged_for(one, program) <= age]
    named = {(one.source or "").removeprefix(_FORM) for one in program.attributes if (one.source or "").startswith(_FORM)}
    kept = {(one.source or "").removeprefix(_FORM) for one in program.attributes if one not in over}
    return Blank(frozenset(one.name for one in over), frozenset(named - kept))


def blanked(text: str, folder: str, due: Blank) -> str | None:
    """The file without the values that are due; None where it holds none of them. A line that cannot be read stays as it is."""
    lines = text.splitlines(keepends=True)
    fresh = [_line(line, folder, due) for line in lines]
    return None if fresh == lines else "".join(fresh)


def _line(line: str, folder: str, due: Blank) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(row, dict):
        return line
    changed = False
    for part in _parts(row, folder):
        for key, names in (("inputs", due.attributes), ("fields", due.fields)):
            values = part.get(key)
            for name in names & values.keys() if isinstance(values, dict) else ():
                changed |= values[name] is not None
                values[name] = None
        ages = part.get("ages")
        for name in due.attributes & ages.keys() if isinstance(ages, dict) else ():
            del ages[name]
            changed = True
    return json.dumps(row, separators=(",", ":")) + "\n" if changed else line


def _parts(row: dict[str, Any], folder: str) -> Iterable[dict[str, Any]]:
    """The parts of a row that may hold values: itself, or of a message that was given up its view or its events."""
    if folder != "dead":
        return [row]
    message = row.get("message")
    if not isinstance(message, dict):
        return []
    events = message.get("events")
    return [part for part in (message.get("view"), *(events if isinstance(events, list) else ())) if isinstance(part, dict)]


# --- stored profiles -------------------------------------------------------------------------------------------------


def outlived(document: Mapping[str, Any], program: ir.Program, now: float) -> dict[str, Any] | None:
    """What is left of a stored profile without what may not be kept any longer; None where nothing is, and it is to be removed.

    A document that this version cannot judge (a newer one, or one that is damaged) is left as it is.
    """
    if document.get("v", 1) != 2 or not isinstance(document.get("attributes", {}), dict):
        return dict(document)
    if "erased" in document:
        return None if _moment(document["erased"], now) + max(CHOICES, longest_keep(program)) <= now else dict(document)
    updated = _moment(document.get("updated"), now)
    written = document.get("updated_at") if isinstance(document.get("updated_at"), dict) else {}
    keep = {one.name: one.keep for one in program.attributes}
    over = {
        name for name in document.get("attributes", {})
        if (keep.get(name) or longest_keep(program)) + _moment(written.get(name), updated) <= now
    }  # fmt: skip
    left = {**document}
    for part in ("attributes", "updated_at", "state"):
        if isinstance(left.get(part), dict):
            left[part] = {name: value for name, value in left[part].items() if name not in over}
    left.update(_seen(document, program, now))
    period = max(CHOICES, longest_keep(program)) if any(left.get(key) for key in _CHOSEN) else longest_keep(program)
    last = max(updated, _moment(document.get("last"), updated))
    return None if not left.get("attributes") and not left.get("seen") and last + period <= now else left


def _seen(document: Mapping[str, Any], program: ir.Program, now: float) -> dict[str, Any]:
    """The times that campaigns were seen, as long as their caps ask for them."""
    seen = document.get("seen")
    if not isinstance(seen, dict):
        return {}
    period = {one.name: one.cap[1] for one in program.campaigns if one.cap}
    kept = {
        name: [at for at in times if _moment(at, now) + period.get(name, 0) > now] if isinstance(times, list) else times
        for name, times in seen.items()
    }  # fmt: skip
    return {"seen": {name: times for name, times in kept.items() if times}}


def _moment(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
