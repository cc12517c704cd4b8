"""Messages of the queues → files of the log: NDJSON, partitioned by date. Here the page views: one row a slot."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any, Callable, Iterable, Mapping, Sequence

from tessera.record import rows

Rows = Sequence[Mapping[str, Any]]
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError)  # what is raised by reading what is no message


def files(messages: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date among the page views, given as (message id, JSON text)."""
    return partitioned("decisions", messages, lambda message: (message["view"]["at"], rows(message)))


def partitioned(
    folder: str, messages: Sequence[tuple[str, str]], read: Callable[[Any], tuple[float, Rows]]
) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date among the messages, given as (message id, JSON text).

    The key is made from the message ids, so a batch that the queue delivers again (in any order) overwrites its own file. A
    message that cannot be read is left out.

    Args:
        read: a message's epoch seconds and its rows.
    """
    read_ones = []
    for id_, text in messages:
        try:
            read_ones.append((id_, *dated(*read(json.loads(text)))))
        except UNREADABLE:
            continue
    return gathered(folder, read_ones)


def dated(at: float, rows_: Rows) -> tuple[str, str]:
    """The date (UTC) of a moment, and rows as lines of NDJSON; one of UNREADABLE where a message is none."""
    date = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d")
    return date, "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows_)


def gathered(folder: str, messages: Iterable[tuple[str, str, str]]) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date among the messages, given as (message id, date, lines)."""
    by_date: dict[str, list[tuple[str, str]]] = {}
    for id_, date, lines in messages:
        by_date.setdefault(date, []).append((id_, lines))
    for date, found in sorted(by_date.items()):
        found.sort()
        name = sha256("\0".join(id_ for id_, _ in found).encode()).hexdigest()[:24]
        yield f"{folder}/date={date}/{name}.ndjson", "".join(lines for _, lines in found)
