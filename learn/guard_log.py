"""The decision log and the log of events → what became of the visitors of the live release and of the canary.

One visitor is one trial, and counts for the side where they were first seen: page views of one visitor are alike, and would make
a single broken browser look like many. Errors, fallbacks and times are those of views of that side. DuckDB reads the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learn import logs
from learn.guard_statistics import Moments
from learn.guard_types import SESSION, Counted, Metric, Side, Trial
from learn.identity_files import BadFile

if TYPE_CHECKING:
    import duckdb

THREADS, MEMORY = 2, "4GB"
VISIT = 1800  # seconds without a sign of life after which a visit is over
_DECISIONS = {
    "id": "VARCHAR", "at": "DOUBLE", "bundle": "VARCHAR", "lane": "VARCHAR", "unit": "VARCHAR", "unit_kind": "VARCHAR", "page_status": "VARCHAR",
    "place": "VARCHAR", "fallbacks": "VARCHAR[]", "took": "DOUBLE", "inputs": 'STRUCT("request.bot" VARCHAR)',
}  # fmt: skip
_EVENTS = {"id": "VARCHAR", "event": "VARCHAR", "unit": "VARCHAR", "at": "DOUBLE", "bot": "BOOLEAN"}
LEFT_OUT = {  # why a page view does not count, at the first reason
    "another release": "views that another release decided", "forced": "views of canaries that a header asked for", "robots": "views of robots",
    "elsewhere": "views of who could not get the canary: from elsewhere, or without an id",
    "nobody": "views without a visitor's id",
}  # fmt: skip

_VIEWS = """
CREATE TEMP TABLE views AS
SELECT id, min("at") AS "at", any_value(bundle) AS bundle, any_value(lane) AS lane, max(unit) FILTER (unit_kind = 'visitor') AS unit,
    any_value(page_status) AS status, max(took) AS took, any_value(inputs."request.bot") AS bot,
    bool_or(len(fallbacks) > 0 OR starts_with(place, 'missing') OR contains(place, 'slot-')) AS fallback
FROM decisions WHERE "at" >= $since AND "at" < $until AND id IS NOT NULL GROUP BY id
"""
_JUDGED = """
CREATE TEMP TABLE judged AS
SELECT *, coalesce(status LIKE 'passed:error%' OR status LIKE 'passed:parser%', false) AS error,
    CASE WHEN list_contains($canary::VARCHAR[], bundle) AND coalesce(lane, 'canary') IN ('canary', 'header') THEN 1
         WHEN list_contains($live::VARCHAR[], bundle) AND coalesce(lane, 'control') IN ('control', 'live') THEN 0 END AS side,
    CASE WHEN side IS NULL THEN 'another release' WHEN lane = 'header' THEN 'forced' WHEN bot = 'true' THEN 'robots'
         WHEN lane = 'live' THEN 'elsewhere'
         WHEN unit IS NULL OR unit = '' THEN 'nobody' END AS why
FROM views
"""
_UNITS = """
CREATE TEMP TABLE units AS
WITH first AS (SELECT unit, arg_min(side, ("at", id)) AS side, min("at") AS "at", count(DISTINCT side) > 1 AS crossed FROM judged WHERE why IS NULL GROUP BY unit)
SELECT first.unit, first.side, first."at", any_value(first.crossed) AS crossed, count(*) AS views, bool_or(error) AS error, bool_or(fallback) AS fallback,
    arg_min(took, (judged."at", judged.id)) FILTER (took IS NOT NULL) AS took
FROM first JOIN judged ON judged.unit = first.unit AND judged.side = first.side WHERE judged.why IS NULL GROUP BY ALL
"""
_ENDS = """
WITH life AS (SELECT unit, "at" FROM judged WHERE why IS NULL UNION ALL SELECT units.unit, events."at" FROM events JOIN units ON units.unit = events.unit AND events."at" >= units."at"),
gaps AS (SELECT unit, "at", coalesce("at" - lag("at") OVER (PARTITION BY unit ORDER BY "at") > $visit, false) AS gap FROM life),
visits AS (SELECT unit, "at", sum(gap::INT) OVER (PARTITION BY unit ORDER BY "at" ROWS UNBOUNDED PRECEDING) AS visit FROM gaps)
SELECT unit, max("at") AS ends FROM visits WHERE visit = 0 GROUP BY unit
"""
_OUTCOMES = """
SELECT units.side, units.unit, count(events.id) AS times, coalesce(sum(events.value), 0) AS total FROM units
JOIN ends ON ends.unit = units.unit
JOIN events ON events.unit = units.unit AND events.event = $event AND events."at" >= units."at" AND events."at" <= ends.ends
GROUP BY ALL
"""


def count(log: Sequence[str], trial: Trial, metric: Metric | None, scratch: Path) -> Counted:
    """What the log tells of both sides.

    Args:
        log: the log's folder, or files and patterns, with decisions and events.
        scratch: where DuckDB puts what does not fit into memory.
    Raises:
        BadFile: there are no decisions, or a line is no row of the log.
    """
    with reading(log, trial.since, scratch, metric) as told:
        bounds = {"since": trial.since, "until": trial.until}
        told.execute(_VIEWS, bounds)
        told.execute(_JUDGED, {"canary": sorted(trial.canary), "live": sorted(trial.live)})
        told.execute(_UNITS)
        left_out = dict(told.execute("SELECT why, count(*) FROM judged WHERE why IS NOT NULL GROUP BY why").fetchall())
        crossed = told.execute("SELECT count(*) FROM units WHERE crossed").fetchone()[0]
        outcomes, events = _outcomes(told, metric, trial.until)
        sides = [_side(told, side, outcomes) for side in (0, 1)]
    return Counted(sides[0], sides[1], events, crossed, {why: left_out[why] for why in LEFT_OUT if why in left_out})


@contextmanager
def reading(log: Sequence[str], since: float, scratch: Path, metric: Metric | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the views `decisions` and `events` (each event once, of no robot, with `value`). Raises BadFile."""
    import duckdb

    decisions = _recent(logs.files_of(log, skipped=logs.NO_DECISIONS), since)
    try:
        found = logs.files_of(log, skipped=logs.OTHERS) if metric else []
    except BadFile:
        found = []  # a site whose visitors reported nothing yet
    events = _recent(found, since)
    told = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY, "temp_directory": str(scratch), "preserve_insertion_order": False})
    try:
        _view(told, "decisions", decisions, _DECISIONS)
        _view(told, "rows", events, _EVENTS | ({metric.sum: "DOUBLE"} if metric and metric.sum else {}))
        value = f'"{metric.sum}"' if metric and metric.sum else "NULL"
        told.execute(f'CREATE VIEW events AS SELECT id, event, unit, min("at") AS "at", any_value({value})::DOUBLE AS value FROM rows WHERE "at" IS NOT NULL AND NOT coalesce(bot, false) GROUP BY id, event, unit')
        yield told
    except duckdb.Error as error:
        raise BadFile(logs.fault([*decisions, *events], str(error).split("\n")[0])) from error
    finally:
        told.close()


def _view(told: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], columns: Mapping[str, str]) -> None:
    """The rows of these files under a name; none, where there are no files."""
    if not files:
        told.execute(f"CREATE VIEW {name} AS SELECT " + ", ".join(f'NULL::{kind} AS "{column}"' for column, kind in columns.items()) + " WHERE false")
        return
    told.read_json([str(file) for file in files], columns=dict(columns), format="newline_delimited").create_view(name)


def _recent(files: Sequence[Path], since: float) -> list[Path]:
    """The files whose day can hold rows from then on; those that tell no day, all."""
    day = (datetime.fromtimestamp(since, timezone.utc) - timedelta(days=1)).strftime("date=%Y-%m-%d")
    return [file for file in files if all(part >= day for part in file.parts if part.startswith("date="))]


def _outcomes(told: duckdb.DuckDBPyConnection, metric: Metric | None, until: float) -> tuple[dict[int, tuple[int, Moments]], int]:
    """Side → who converted, and moments of their sums; and how many such events there were at all."""
    if metric is None:
        return {}, 0
    told.execute('CREATE TEMP TABLE heard AS SELECT * FROM events WHERE "at" < $until', {"until": until})
    told.execute("DROP VIEW events; ALTER TABLE heard RENAME TO events")
    events = told.execute("SELECT count(*) FROM events WHERE event = $event", {"event": metric.event}).fetchone()[0]
    if metric.within == SESSION:
        told.execute(f"CREATE TEMP TABLE ends AS {_ENDS}", {"visit": VISIT})
    else:
        told.execute('CREATE TEMP TABLE ends AS SELECT unit, "at" + $within AS ends FROM units', {"within": metric.within})
    rows = told.execute(f"SELECT side, count(*), sum(total), sum(total * total) FROM ({_OUTCOMES}) GROUP BY side", {"event": metric.event}).fetchall()
    return {side: (converted, Moments(0, total, squares)) for side, converted, total, squares in rows}, events


def _side(told: duckdb.DuckDBPyConnection, side: int, outcomes: Mapping[int, tuple[int, Moments]]) -> Side:
    row: tuple[Any, ...] = told.execute(
        "SELECT count(*), coalesce(sum(views), 0), count(*) FILTER (error), count(*) FILTER (fallback) FROM units WHERE side = $side", {"side": side}
    ).fetchone() or ()
    units, views, errors, fallbacks = map(int, row)
    took = told.execute("SELECT took FROM units WHERE side = $side AND took >= 0 ORDER BY took", {"side": side}).fetchnumpy()["took"]
    converted, value = outcomes.get(side, (0, Moments(0, 0.0, 0.0)))
    return Side(units, views, errors, fallbacks, converted, Moments(units, value.total, value.squares), np.asarray(took, float))
