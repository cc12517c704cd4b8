"""A file of interactions → Interactions: CSV, TSV, Parquet or NDJSON, plain or gzipped, known by what is in it and not by its name.

Delimiters are comma, tab, semicolon, bar and `::`. A header such as RecBole's `user_id:token` is known by either name. Rows without a user
or an item, or with a time that cannot be read, are left out and counted.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learn.models.types import Interactions

if TYPE_CHECKING:
    import duckdb

DELIMITERS = ("\t", "::", ";", "|", ",")
NOTHING = ("", "nan", "null", "none", "\\n", "<na>")
CLOCKS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # numbers beyond the first count in parts of a second: so many
ZONE = r":\d\d(?:\.\d+)?\s*([+-]\d\d:?\d\d)$"  # behind a time of day
SPELLINGS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d",
)  # fmt: skip
HEAD = 65_536  # bytes by which a file's form is told


class BadInteractions(Exception):
    """A file that cannot be used: where, what is wrong, how to mend it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns; `#1` is the first column of a file without a header. `weight`: numbers, which otherwise are all 1."""

    user: str
    item: str
    time: str | None = None
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """Interactions in the order of the file, the rows of the file, and how many were left out: reason → rows."""

    interactions: Interactions
    rows: int
    left_out: dict[str, int]


def read(path: Path, columns: Columns) -> Loaded:
    """Read a file. Raises BadInteractions."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            reader, names = _reader(connection, path, columns)
            return _loaded(connection, path, reader, names, columns)
        except duckdb.Error as error:
            raise BadInteractions(f"{path}: {str(error).strip().splitlines()[0]}") from error
        except (OSError, EOFError, zlib.error) as error:
            raise BadInteractions(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _reader(connection: duckdb.DuckDBPyConnection, path: Path, columns: Columns) -> tuple[str, list[str]]:
    """SQL that reads the file, and the names of its columns."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    name = _text(str(path))
    if head[:4] == b"PAR1":
        reader = f"read_parquet({name})"
        return reader, _names(connection, reader)
    packed = head[:2] == b"\x1f\x8b"
    if packed:
        with gzip.open(path) as file:
            head = file.read(HEAD)
    if not head.strip():
        raise BadInteractions(f"{path}: the file is empty")
    if b"\0" in head:
        raise BadInteractions(f"{path}: neither text in UTF-8 nor Parquet; save it as CSV, TSV, NDJSON or Parquet")
    compression = "gzip" if packed else "none"
    if head.lstrip()[:1] == b"{":
        reader = f"read_json({name}, format='newline_delimited', compression='{compression}')"
        return reader, _names(connection, reader)
    try:
        text, encoding = head.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        cut_off = len(head) == HEAD and error.start >= HEAD - 4  # a letter that the head ends within
        text, encoding = (head[: error.start].decode("utf-8-sig"), "utf-8") if cut_off else (head.decode("latin-1"), "latin-1")
    return _delimited(name, text, f"encoding='{encoding}', compression='{compression}'", columns)


def _delimited(name: str, text: str, options: str, columns: Columns) -> tuple[str, list[str]]:
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = max(DELIMITERS, key=lambda one: (first.count(one) * len(one), -DELIMITERS.index(one))) if any(map(first.count, DELIMITERS)) else ","
    header = not columns.user.startswith("#")
    quoting = """quote='"', escape='"'""" if delimiter != "\t" or text.count('"') % 2 == 0 else "quote='', escape=''"
    cells = first.split(delimiter) if len(delimiter) > 1 else next(csv.reader([first], delimiter=delimiter))
    names = [cell.strip() for cell in cells] if header else [f"#{place + 1}" for place in range(len(cells))]
    unique = [f"column{place}" for place in range(len(names))]
    types = "{" + ", ".join(f"{_text(one)}: 'VARCHAR'" for one in unique) + "}"
    reader = (
        f"read_csv({name}, delim={_text(delimiter)}, header={str(header).lower()}, columns={types}, auto_detect=false, {quoting}, {options}, "
        f"strict_mode=false, null_padding=true, max_line_size=4000000)"
    )
    renamed = ", ".join(f"{one} AS {_quoted(known)}" for one, known in zip(unique, _different(names)))
    return f"(SELECT {renamed} FROM {reader})", _different(names)


def _different(names: Sequence[str]) -> list[str]:
    """Names without repetition: a second `id` is `id (2)`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        found.append(name if seen[name.lower()] == 1 else f"{name} ({seen[name.lower()]})")
    return found


def _names(connection: duckdb.DuckDBPyConnection, reader: str) -> list[str]:
    return [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]


def _column(path: Path, names: Sequence[str], wanted: str, option: str) -> str:
    """The column that is meant: by its name, its name without a type behind a colon, or either in other case."""
    for same in (lambda name: name == wanted, lambda name: name.split(":")[0] == wanted, lambda name: name.split(":")[0].strip().lower() == wanted.strip().lower().split(":")[0]):
        found = [name for name in names if same(name)]
        if found:
            return found[0]
    raise BadInteractions(f"{path}:{wanted}: there is no such column; it has {', '.join(names[:20])}; name one of them with {option}")


def _loaded(connection: duckdb.DuckDBPyConnection, path: Path, reader: str, names: list[str], columns: Columns) -> Loaded:
    user, item = _column(path, names, columns.user, "--user"), _column(path, names, columns.item, "--item")
    if user == item:
        raise BadInteractions(f"{path}:{user}: users and items are in different columns; name them with --user and --item")
    time = None if columns.time is None else _column(path, names, columns.time, "--time")
    weight = None if columns.weight is None else _column(path, names, columns.weight, "--weight")
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
    selected = [f"{_id(user, types[user])} AS user_id", f"{_id(item, types[item])} AS item_id"]
    selected.append("NULL::VARCHAR AS moment" if time is None else f"{_quoted(time)} AS moment")
    selected.append("1.0 AS weight" if weight is None else f"try_cast({_quoted(weight)} AS DOUBLE) AS weight")
    connection.execute(f"CREATE TEMP TABLE raw AS SELECT {', '.join(selected)} FROM {reader}")
    rows = connection.execute("SELECT count(*) FROM raw").fetchall()[0][0]
    seconds = "NULL" if time is None else _seconds(connection, path, time, types[time])
    known = "user_id IS NOT NULL AND item_id IS NOT NULL"
    table = connection.sql(f"SELECT user_id, item_id, {seconds} AS moment, weight FROM raw WHERE {known}").to_arrow_table()
    left_out = {"without a user or an item": rows - len(table)} if len(table) < rows else {}
    kept = np.ones(len(table), bool)
    times = None
    if time is not None:
        times = np.asarray(table["moment"].to_numpy(), np.float64)
        kept &= np.isfinite(times)
        if len(table) and kept.mean() < 0.5:
            example = connection.execute("SELECT moment::VARCHAR FROM raw WHERE moment IS NOT NULL LIMIT 1").fetchall()
            raise BadInteractions(f"{path}:{time}: not times: {example[0][0] if example else 'no value at all'!r}; seconds or a date are wanted, or leave --time out")
        if not kept.all():
            left_out["without a time that can be read"] = int((~kept).sum())
    weights = np.asarray(table["weight"].to_numpy(), np.float64)
    if weight is not None and not np.isfinite(weights[kept]).all():
        left_out["without a weight that is a number"] = int((~np.isfinite(weights) & kept).sum())
        kept &= np.isfinite(weights)
    users, user_ids = _codes(table["user_id"], kept)
    items, item_ids = _codes(table["item_id"], kept)
    if not len(users):
        raise BadInteractions(f"{path}: no row has a user and an item")
    made = Interactions(users, items, weights[kept].astype(np.float32), None if times is None else times[kept], user_ids, item_ids)
    return Loaded(made, rows, left_out)


def _codes(column: Any, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the kept rows, int32, and the ids in ascending order."""
    coded = column.combine_chunks().dictionary_encode()
    codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False))[kept]
    ids = np.array(coded.dictionary.to_pylist(), dtype=str) if len(coded.dictionary) else np.zeros(0, "U1")
    used = np.unique(codes)
    order = used[np.argsort(ids[used], kind="stable")]
    place = np.full(len(ids), -1, np.int32)
    place[order] = np.arange(len(order))
    return place[codes], ids[order]


def _id(name: str, type_: str) -> str:
    """SQL: an id as text; whole numbers that a file holds as floats are written as such."""
    column = _quoted(name)
    if type_ in ("DOUBLE", "FLOAT") or type_.startswith("DECIMAL"):
        number = f"{column}::DOUBLE"
        column = f"CASE WHEN isfinite({number}) AND {number} = floor({number}) AND abs({number}) < 1e15 THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    text = f"trim(({column})::VARCHAR)"
    nothing = ", ".join(map(_text, NOTHING))
    return f"CASE WHEN lower({text}) IN ({nothing}) THEN NULL ELSE {text} END"


def _seconds(connection: duckdb.DuckDBPyConnection, path: Path, name: str, type_: str) -> str:
    """SQL: epoch seconds of the column `moment`, NULL where there is no time."""
    if type_.startswith(("TIMESTAMP", "DATE")):
        return "epoch(moment)"
    number = "try_cast(moment AS DOUBLE)"
    share, largest = connection.execute(f"SELECT count({number}) / greatest(count(moment), 1), quantile_cont(abs({number}), 0.5) FILTER (WHERE isfinite({number})) FROM raw").fetchall()[0]
    if share > 0.5:
        per = next((parts for least, parts in CLOCKS if (largest or 0.0) >= least), 1.0)
        return f"({number} / {per})"
    text = "trim(moment::VARCHAR)"
    zone = f"regexp_extract({text}, '{ZONE}', 1)"
    local = f"CASE WHEN {zone} = '' THEN {text} ELSE regexp_replace({text}, '\\s*[+-]\\d\\d:?\\d\\d$', '') END"
    local = f"regexp_replace({local}, '\\s*(Z|UTC|GMT)$', '')"
    ahead = f"(CASE WHEN {zone} = '' THEN 0 ELSE (CASE {zone}[1] WHEN '-' THEN -1 ELSE 1 END) * (3600 * {zone}[2:3]::INTEGER + 60 * right({zone}, 2)::INTEGER) END)"
    spellings = "[" + ", ".join(map(_text, _day_first(connection))) + "]"
    return f"(epoch(coalesce(try_cast({local} AS TIMESTAMP), try_strptime({local}, {spellings}))) - {ahead})"


def _day_first(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Spellings in the order in which they are tried: 12/31/2010 anywhere in the column says that all its months come first."""
    month_first = connection.execute("SELECT count(*) FROM raw WHERE regexp_matches(moment::VARCHAR, '^\\s*\\d{1,2}/(1[3-9]|2\\d|3[01])/\\d{4}')").fetchall()[0][0]
    return tuple(sorted(SPELLINGS, key=lambda one: one.startswith("%d/"))) if month_first else SPELLINGS


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
