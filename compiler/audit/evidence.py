"""What the decision log tells an audit: what was shown, which segments somebody was in, what was known of anybody.

A million rows are read by DuckDB where it is installed (`tessera-edge[learn]`), else one by one. Either way a segment is asked of
distinct values alone, and no more once somebody is in it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tessera.evaluate import evaluate, names
from tessera.resolved import Bundle
from tessera.types import coerce

DAY = 86_400


class LogError(Exception):
    """A log that cannot be read: which file, where and why, in one line."""


class Shown(NamedTuple):
    """What one slot got; None where it does not apply."""

    slot: str
    variant: str
    rule: str | None
    experiment: str | None
    arm: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A log in short.

    Attributes:
        rows: how many there are, one a slot and page view. first, last: epoch seconds of the earliest and the latest.
        shown: how often what was shown. met: the segments that somebody was in. known: the attributes that anybody had a value of.
    """

    rows: int
    first: float
    last: float
    shown: Mapping[Shown, int]
    met: frozenset[str]
    known: frozenset[str]

    @property
    def days(self) -> int:
        return int((self.last - self.first) // DAY) + 1

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(one.slot for one in self.shown)


class _Segments:
    """The segments that nobody was in so far, by the attributes that they ask about."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.met: set[str] = set()
        self.open: dict[tuple[str, ...], dict[str, tuple]] = {}
        for name, when in bundle.segments.items():
            asked = tuple(sorted(names(when)))
            if set(asked) <= bundle.attributes.keys():  # what other slots decided is not among a row's inputs
                self.open.setdefault(asked, {})[name] = when

    def try_on(self, asked: tuple[str, ...], texts: Sequence[str | None]) -> None:
        """Ask the segments of these attributes of a visitor with these values, each as JSON."""
        typed = {name: coerce(self.bundle.attributes[name], json.loads(text)) for name, text in zip(asked, texts) if text is not None}
        values = {name: value for name, value in typed.items() if value is not None}
        group = self.open[asked]
        for name in [name for name, when in group.items() if evaluate(when, values) is True]:
            self.met.add(name)
            del group[name]


def read_log(folder: Path, bundle: Bundle) -> Evidence:
    """The rows of decisions below a folder, in short.

    Raises:
        LogError: where there are none, or one cannot be read.
    """
    from learn.identity_files import BadFile
    from learn.logs import NO_DECISIONS, files_of

    try:
        files = files_of([str(folder)], skipped={*NO_DECISIONS, "shadow"})
    except BadFile as error:
        raise LogError(str(error)) from None
    segments = _Segments(bundle)
    try:
        import duckdb  # noqa: F401
    except ImportError:
        found = _read_plain(files, segments)
    else:
        found = _read_by_duckdb(files, segments)
    if not found.rows:
        raise LogError(f"{folder}: there are no decisions in the log; it is the folder that holds decisions/date=…")
    return found


# --- by DuckDB -------------------------------------------------------------------------------------------------------------

_COLUMNS = {"at": "DOUBLE", "slot": "VARCHAR", "variant": "VARCHAR", "rule": "VARCHAR", "experiment": "VARCHAR", "arm": "VARCHAR", "inputs": "JSON"}
_BATCH = 1000


def _read_by_duckdb(files: Sequence[Path], segments: _Segments) -> Evidence:
    import duckdb

    from learn.logs import fault

    with duckdb.connect() as database:
        try:
            database.execute("SET memory_limit = '2GB'")
            told = "CREATE TEMP TABLE log AS SELECT * FROM read_json($files, format = 'newline_delimited', columns = $columns) WHERE slot IS NOT NULL"
            database.execute(told, {"files": [str(file) for file in files], "columns": _COLUMNS})
        except duckdb.Error as error:
            raise LogError(fault(files, str(error).split("\n")[0])) from None
        counted = database.execute("SELECT slot, coalesce(variant, 'none'), rule, experiment, arm, count(*), min(\"at\"), max(\"at\") FROM log GROUP BY ALL").fetchall()
        database.execute("CREATE TEMP TABLE inputs AS SELECT DISTINCT inputs FROM log WHERE json_type(inputs) = 'OBJECT'")
        known = {name for (name,) in database.execute("SELECT DISTINCT unnest(json_keys(inputs)) FROM inputs").fetchall()}
        for asked in list(segments.open):
            _ask(database, asked, segments)
    times = [at for row in counted for at in row[6:8] if at is not None]
    shown = {Shown(*row[:5]): row[5] for row in counted}
    return Evidence(sum(shown.values()), min(times, default=0.0), max(times, default=0.0), shown, frozenset(segments.met), frozenset(known))


def _ask(database: Any, asked: tuple[str, ...], segments: _Segments) -> None:
    """Ask the segments of some attributes of all distinct values of them, until somebody is in each."""
    if not asked:
        segments.try_on((), ())
        return
    columns = ", ".join(f"json_extract(inputs, '$.\"{name}\"')" for name in asked)  # names of attributes: letters, digits, _ and one dot
    distinct = database.execute(f"SELECT DISTINCT {columns} FROM inputs")
    while segments.open[asked] and (rows := distinct.fetchmany(_BATCH)):
        for row in rows:
            segments.try_on(asked, row)


# --- row by row ------------------------------------------------------------------------------------------------------------


def _read_plain(files: Iterable[Path], segments: _Segments) -> Evidence:
    shown: Counter[Shown] = Counter()
    known: set[str] = set()
    asked_before: dict[tuple[str, ...], set[tuple]] = {asked: set() for asked in segments.open}
    first, last, before = float("inf"), float("-inf"), None
    for row in _rows(files):
        at, inputs = row.get("at"), row.get("inputs")
        if isinstance(at, (int, float)):
            first, last = min(first, at), max(last, at)
        shown[Shown(row["slot"], row.get("variant") or "none", row.get("rule"), row.get("experiment"), row.get("arm"))] += 1
        if isinstance(inputs, dict) and inputs != before:  # the rows of one page view stand together
            before = inputs
            known.update(inputs)
            for asked, seen in asked_before.items():
                if segments.open[asked]:
                    texts = tuple(json.dumps(inputs[name]) if name in inputs else None for name in asked)
                    if texts not in seen:
                        seen.add(texts)
                        segments.try_on(asked, texts)
    rows = sum(shown.values())
    return Evidence(rows, first if rows else 0.0, last if rows else 0.0, shown, frozenset(segments.met), frozenset(known))


def _rows(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in files:
        try:
            with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        try:
                            row = json.loads(line)
                        except ValueError as error:
                            raise LogError(f"{path}:{number}: this is not JSON ({error}); every line is one row") from None
                        if not isinstance(row, dict):
                            raise LogError(f"{path}:{number}: this is no JSON object; every line is one row")
                        if isinstance(row.get("slot"), str):
                            yield row
        except (OSError, EOFError) as error:
            raise LogError(f"{path}: {getattr(error, 'strerror', None) or error}; is it whole?") from None
