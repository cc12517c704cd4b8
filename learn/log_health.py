"""How page views went, of a stretch of the decision log: failures, fallbacks, times, by release and lane. DuckDB reads the files.

A page view *failed open* where its `page_status` is `passed:error` or `passed:parser`, and *fell back* where it has `fallbacks`, or a
slot that was missing or could not be filled: as the guard of releases counts them (guard_log.py), here of every view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from learn.guard_log import reading
from learn.logs import rows_of

_BY_LANE = """
WITH views AS (
    SELECT id, min("at") AS "at", any_value(bundle) AS bundle, coalesce(any_value(lane), 'live') AS lane, any_value(page_status) AS status,
        max(took) FILTER (took >= 0) AS took,
        bool_or(len(fallbacks) > 0 OR starts_with(place, 'missing') OR contains(place, 'slot-')) AS fallback
    FROM decisions WHERE "at" >= $since AND "at" < $until AND id IS NOT NULL GROUP BY id
)
SELECT bundle, lane, count(*), count(*) FILTER (status LIKE 'passed:error%' OR status LIKE 'passed:parser%'), count(*) FILTER (fallback),
    count(*) FILTER (status LIKE 'passed:%'), count(*) FILTER (status LIKE 'stale:%'), quantile_disc(took, 0.5), quantile_disc(took, 0.95), max("at"), grouping(bundle)
FROM views GROUP BY GROUPING SETS ((bundle, lane), ()) ORDER BY grouping(bundle) DESC, count(*) DESC, bundle, lane
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """Page views that one bundle decided in one lane; of all of them both are None.

    Attributes:
        errors: that failed open. fallbacks: with something missing. untouched: whose page came as the origin gave it, for
            whatever reason. stale: whose page was kept, the origin being late, gone or asked behind the visitor's back.
        p50, p95: milliseconds from the request to the response; None where no row tells them.
    """

    bundle: str | None
    lane: str | None
    views: int
    errors: int = 0
    fallbacks: int = 0
    untouched: int = 0
    stale: int = 0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """A stretch of the log, from `since` up to `until` (epoch seconds). newest: when the last page view was. dead_letters: rows below dead/."""

    since: float
    until: float
    total: Lane
    lanes: tuple[Lane, ...]
    newest: float | None
    dead_letters: int


def health(log: Sequence[str], since: float, until: float, scratch: Path) -> Health:
    """Count a stretch of the log.

    Args:
        log: the log's folder, or files and patterns. scratch: where DuckDB puts what does not fit into memory.
    Raises:
        BadFile: there are no decisions, or a line is no row of the log.
    """
    with reading(log, since, scratch, None) as told:
        rows = told.execute(_BY_LANE, {"since": since, "until": until}).fetchall()
    total, newest, lanes = Lane(None, None, 0), None, []
    for bundle, lane, *figures, p50, p95, last, is_total in rows:
        one = Lane(bundle, lane, *map(int, figures), p50, p95)
        if is_total:
            total, newest = Lane(None, None, *map(int, figures), p50, p95), last
        else:
            lanes.append(one)
    return Health(since, until, total, tuple(lanes), newest, _dead(log, since, until))


def _dead(log: Sequence[str], since: float, until: float) -> int:
    """How many messages were given up in that time, of the folders among `log`."""
    day = datetime.fromtimestamp(since, timezone.utc).strftime("date=%Y-%m-%d")
    files = [file for name in log for file in sorted(Path(name).glob("dead/date=*/*.ndjson")) if file.parent.name >= day]
    return sum(since <= _at(row) < until for row in rows_of(files))


def _at(row: dict[str, object]) -> float:
    at = row.get("at")
    return at if isinstance(at, (int, float)) else -1.0
