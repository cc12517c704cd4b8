"""Messages of the decision queue → files of the log: one NDJSON row a slot, partitioned by date."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from hashlib import sha256
from typing import Iterable, Sequence

from tessera.record import rows

UNIT, RECORD = "\x1f", "\x1e"


def places(report: str) -> tuple[str, dict[str, str]]:
    """The bridge's report → what became of the page, and of each slot on it."""
    page, *slots = report.split(RECORD)
    return page, dict(slot.split(UNIT, 1) for slot in slots if UNIT in slot)


def files(messages: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date among the messages, given as (message id, JSON text).

    The key is made from the message ids, so a batch that the queue delivers again (in any order) overwrites its own file. A message
    that is no page view is left out.
    """
    by_date: dict[str, list[tuple[str, str]]] = {}
    for id_, text in messages:
        try:
            message = json.loads(text)
            date = datetime.fromtimestamp(message["at"], timezone.utc).strftime("%Y-%m-%d")
            lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows(message))
        except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
            continue
        by_date.setdefault(date, []).append((id_, lines))
    for date, found in sorted(by_date.items()):
        found.sort()
        name = sha256("\0".join(id_ for id_, _ in found).encode()).hexdigest()[:24]
        yield f"decisions/date={date}/{name}.ndjson", "".join(lines for _, lines in found)
