"""Files of records → DuckDB's table `records`; groups → a table of aliases. CSV, TSV, NDJSON and Parquet, plain or (not Parquet) gzipped.

`nodes` has a row for each id: node (0 …, in the order of ids), file (its number), id, key (unique over all files), truth.
`records` has what is known of it: key, node, file, and a column for each kind that any file has. An id of several rows that never
contradict each other is one record; otherwise each different row is one.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from learn.identity_kinds import MONTH_FIRST, STRONG, cleaned, given_of, id_column, literal, quoted, recognised, surname_of

if TYPE_CHECKING:
    import duckdb

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".parquet": "parquet"}
WRITTEN = (".ndjson", ".csv", ".parquet")
DELIMITERS = (",", ";", "\t", "|")
COMMON_DATE = 0.002  # a date of birth of a larger share of the ids is a filler, such as 1900-01-01
COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
PLACE = re.compile(r"(?:on line:?|at line|in line|line)\s*:?\s*(\d+)", re.IGNORECASE)


class BadFile(Exception):
    """A file that cannot be used: where, what is wrong, how to mend it."""


@dataclass(frozen=True)
class Wanted:
    """What the caller says of the columns: the id's name, kind → column, and columns that are no attributes (the truth)."""

    id: str | None = None
    columns: Mapping[str, str] | None = None
    truth: str | None = None
    same_ids: bool = False  # an id is the same in all files
    most: int = 50  # a strong identifier of more ids than this names nobody


@dataclass(frozen=True)
class File:
    """A file as it was understood: its columns by kind, and those that were of no use."""

    path: Path
    id: str
    columns: Mapping[str, str]
    unused: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    files: tuple[File, ...]
    kinds: tuple[str, ...]
    ids: int
    rows: int
    notes: tuple[str, ...]


def load(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], wanted: Wanted) -> Loaded:
    """Read the files and make `nodes` and `records`. Raises BadFile."""
    files = tuple(_read(connection, number, path, wanted) for number, path in enumerate(paths))
    _all_told_columns_exist(files, wanted)
    kinds = tuple(sorted({kind for file in files for kind in _kinds(file)}))
    if not kinds:
        raise BadFile(f"{paths[0]}: no column says who somebody is; name one with --column, as in --column email={files[0].unused[0] if files[0].unused else 'mail'}")
    columns = ", ".join(["file", "id", "truth", *kinds])
    union = " UNION ALL BY NAME ".join(f"SELECT * FROM cleaned_{n}" for n in range(len(files)))
    connection.execute(f"CREATE TEMP TABLE all_rows AS SELECT {columns} FROM ({union})")
    rows = _one(connection, "SELECT count(*) FROM all_rows")
    if rows == 0:
        raise BadFile(f"{paths[0]}: there is no record in it")
    _truth_exists(connection, files, wanted)
    notes = _nodes(connection, files, wanted.same_ids)
    ids = _one(connection, "SELECT count(*) FROM nodes")
    notes += _without_fillers(connection, kinds, ids, wanted.most)
    _records(connection, kinds)
    both = {"given_name", "surname"} <= set(kinds)
    connection.execute(f"ALTER TABLE records ADD COLUMN full_name VARCHAR{'; UPDATE records SET full_name = given_name || chr(32) || surname' if both else ''}")
    return Loaded(files, kinds, ids, rows, notes)


def _read(connection: duckdb.DuckDBPyConnection, number: int, path: Path, wanted: Wanted) -> File:
    """One file into the table `cleaned_<number>`: file, id, truth and its kinds."""
    import duckdb

    reader, names = _reader(path)
    try:
        names = names or [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
        if names == ["json"] and _format(path) == "ndjson" and (found := _bad_line(path)):  # DuckDB takes what is no object as a value
            raise BadFile(found)
        by_name = {name.strip(): name for name in names}
        file = _understood(path, list(by_name), wanted)
        used = {kind: quoted(by_name[name]) + "::VARCHAR" for kind, name in file.columns.items()}
        truth = quoted(by_name[wanted.truth]) + "::VARCHAR" if wanted.truth in by_name else "NULL::VARCHAR"
        raw = ", ".join([f"trim({quoted(by_name[file.id])}::VARCHAR) AS id", f"trim({truth}) AS truth", *(f"{column} AS {quoted(kind)}" for kind, column in used.items())])
        connection.execute(f"CREATE OR REPLACE TEMP TABLE raw AS SELECT row_number() OVER () AS line, {raw} FROM {reader}")
    except duckdb.Error as error:
        raise BadFile(_said(path, str(error))) from error
    missing = connection.execute("SELECT min(line), count(*) FROM raw WHERE coalesce(id, '') = ''").fetchall()[0]
    if missing[1]:
        place = path if _format(path) == "parquet" else f"{path}:{missing[0] + (_format(path) != 'ndjson')}"
        more = f" ({missing[1]:,} records are without)" if missing[1] > 1 else ""
        raise BadFile(f"{place}: this record has no {file.id}{more}; every record needs an id: fill it in, or name another column with --id")
    day_first = "dob" not in used or not _one(connection, f"SELECT count(*) FROM raw WHERE regexp_matches(dob, {literal(MONTH_FIRST)})")
    values = {kind: cleaned(kind, quoted(kind), day_first=day_first) for kind in used if kind != "name"}
    if "name" in used and not {"given_name", "surname"} & set(used):
        values |= {"given_name": given_of('"name"'), "surname": surname_of('"name"')}
    selected = ", ".join([f"{number} AS file", "id", "nullif(truth, '') AS truth", *(f"{sql} AS {quoted(kind)}" for kind, sql in values.items())])
    connection.execute(f"CREATE TEMP TABLE cleaned_{number} AS SELECT {selected} FROM raw")
    return file


def _understood(path: Path, names: list[str], wanted: Wanted) -> File:
    """Which column is what, by name or as the caller says."""
    told = {kind: column for kind, column in (wanted.columns or {}).items() if column in names}
    identity = wanted.id or id_column([name for name in names if name not in told.values() and name != wanted.truth])
    if identity is None:
        raise BadFile(f"{path}: no column is called as ids are ({', '.join(names[:8])}{', …' if len(names) > 8 else ''}); name it with --id COLUMN")
    if identity not in names:
        raise BadFile(f"{path}:{identity}: there is no such column; it has {', '.join(names)}")
    columns = recognised(names, told, {identity, wanted.truth} if wanted.truth else {identity})
    unused = tuple(name for name in names if name not in {identity, wanted.truth, *columns.values()})
    return File(path, identity, columns, unused)


def _kinds(file: File) -> set[str]:
    whole = {"given_name", "surname"} if "name" in file.columns and not {"given_name", "surname"} & set(file.columns) else set()
    return set(file.columns) - {"name"} | whole


def _all_told_columns_exist(files: Sequence[File], wanted: Wanted) -> None:
    for kind, column in (wanted.columns or {}).items():
        if not any(file.columns.get(kind) == column for file in files):
            raise BadFile(f"{files[0].path}:{column}: there is no such column for --column {kind}={column}; unused are {', '.join(files[0].unused) or 'none'}")


def _truth_exists(connection: duckdb.DuckDBPyConnection, files: Sequence[File], wanted: Wanted) -> None:
    if wanted.truth is not None and not _one(connection, "SELECT count(truth) FROM all_rows"):
        raise BadFile(f"{files[0].path}:{wanted.truth}: there is no such column, or nothing in it; unused are {', '.join(files[0].unused) or 'none'}")


def _nodes(connection: duckdb.DuckDBPyConnection, files: Sequence[File], same_ids: bool) -> tuple[str, ...]:
    """A row for each id. Ids that several files have, and that are not the same, get the file's name before them in `key`."""
    many = "SELECT id FROM all_rows GROUP BY id HAVING count(DISTINCT file) > 1"
    shared = 0 if same_ids else _one(connection, f"SELECT count(*) FROM ({many})")
    names = [file.path.name for file in files]
    labels = " ".join(f"WHEN {n} THEN {literal(name if names.count(name) == 1 else f'{name}#{n + 1}')}" for n, name in enumerate(names))
    key = f"CASE WHEN id IN ({many}) THEN CASE file {labels} END || ':' || id ELSE id END" if shared else "id"
    grouped = "SELECT min(file) AS file, id, min(truth) AS truth FROM all_rows GROUP BY id" + ("" if same_ids else ", file")
    connection.execute(f"CREATE TEMP TABLE nodes AS SELECT row_number() OVER (ORDER BY id, file) - 1 AS node, file, id, {key} AS key, truth FROM ({grouped})")
    return (f"ids in more than one file: {shared:,}; each file's are taken for persons of their own (--same-ids if they are the same)",) if shared else ()


def _without_fillers(connection: duckdb.DuckDBPyConnection, kinds: Collection[str], ids: int, most: int) -> tuple[str, ...]:
    """Take out values that so many ids have that they name nobody. What was taken out, in words."""
    notes = []
    for kind in kinds:
        if kind not in (*STRONG, "dob"):
            continue
        limit = most if kind in STRONG else max(most, int(ids * COMMON_DATE))
        common = f"SELECT {kind} AS value, count(DISTINCT (file, id)) AS n FROM all_rows WHERE {kind} IS NOT NULL GROUP BY {kind} HAVING n > {limit}"
        found = connection.execute(f"{common} ORDER BY n DESC, value").fetchall()
        if found:
            value, times = found[0]
            others = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
            notes.append(f"{kind} {value!r} ({times:,} ids){others} names nobody and was left out: more than {limit:,} ids have it")
            connection.execute(f"UPDATE all_rows SET {kind} = NULL WHERE {kind} IN (SELECT value FROM ({common}))")
    return tuple(notes)


def _records(connection: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> None:
    columns = ", ".join(kinds)
    single = " AND ".join(f"count(DISTINCT {kind}) <= 1" for kind in kinds)
    by_file = _one(connection, "SELECT count(*) FROM (SELECT id FROM nodes GROUP BY id HAVING count(*) > 1)") > 0
    joined = f"SELECT n.node, n.file, {', '.join(f'a.{kind}' for kind in kinds)} FROM all_rows a JOIN nodes n ON n.id = a.id{' AND n.file = a.file' if by_file else ''}"
    connection.execute(f"CREATE TEMP TABLE of_nodes AS {joined}")
    merged = f"SELECT node, any_value(file) AS file, {', '.join(f'max({kind}) AS {kind}' for kind in kinds)} FROM of_nodes GROUP BY node HAVING {single}"
    several = f"SELECT DISTINCT node, file, {columns} FROM of_nodes WHERE node IN (SELECT node FROM of_nodes GROUP BY node HAVING NOT ({single}))"
    connection.execute(
        f"CREATE TABLE records AS SELECT row_number() OVER (ORDER BY node, {columns}) - 1 AS key, node, file, {columns} FROM ({merged} UNION ALL {several})"
    )


# --- formats ---------------------------------------------------------------------------------------------------------------


def _format(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    found = FORMATS.get(Path(name).suffix.lower())
    if found is None or (found == "parquet" and path.suffix == ".gz"):
        raise BadFile(f"{path}: the name tells the format: .csv, .tsv, .ndjson (each also .gz) or .parquet")
    return found


def _reader(path: Path) -> tuple[str, list[str]]:
    """DuckDB's table function for a file, and the names of its columns where they are known without it."""
    kind = _format(path)
    if kind == "parquet":
        return f"read_parquet({literal(str(path))})", []
    if kind == "ndjson":
        return f"read_json({literal(str(path))}, format = 'newline_delimited', sample_size = -1, maximum_object_size = 16777216)", []
    names, delimiter = _header(path, kind)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    text = f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', header = true, auto_detect = false, strict_mode = true"
    return f"read_csv({literal(str(path))}, {text}, columns = {{{columns}}}, compression = '{'gzip' if path.suffix == '.gz' else 'none'}')", names


def _header(path: Path, kind: str) -> tuple[list[str], str]:
    """The names in the first line, and what stands between them."""
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") if path.suffix == ".gz" else open(path, encoding="utf-8-sig", newline="") as file:
            line = file.readline(1_000_000)
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}:1: this is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from error
    delimiter = "\t" if kind == "tsv" else max(DELIMITERS, key=line.count)
    names = [name.strip() for name in next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])]
    if not names:
        raise BadFile(f"{path}:1: the first line is empty; it names the columns")
    for n, name in enumerate(names):
        if not name or name in names[:n]:
            what = f"the column {name} is there twice" if name else f"column {n + 1} has no name"
            raise BadFile(f"{path}:1: {what}; every column has a name of its own")
    return names, delimiter


def _said(path: Path, message: str) -> str:
    """DuckDB's message as one line with its place, and what to do."""
    kind = _format(path)
    if kind == "ndjson" and (found := _bad_line(path)):
        return found
    line = PLACE.search(message) if kind != "parquet" else None
    place = f"{path}{':' + line[1] if line else ''}"
    if "nicode" in message or "utf-8" in message.lower():
        return f"{place}: this is not UTF-8; save it as UTF-8"
    columns = COLUMNS.search(message)
    if columns:
        return f"{place}: {columns[2]} values where the first line names {columns[1]} columns; quote a value that holds the delimiter"
    if "quote" in message:
        return f"{place}: a quotation mark is opened and not closed as CSV has it; write a quotation mark within quotation marks twice"
    first = next((text.strip() for text in message.split("\n") if text.strip()), "cannot be read").split("Error: ", 1)[-1]
    return f"{place}: {first.rstrip('.')}; is it really {'Parquet' if kind == 'parquet' else kind.upper()}?"


def _bad_line(path: Path) -> str | None:
    """The first line of an NDJSON file that is no JSON object, in words."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not isinstance(json.loads(line), dict):
                    return f"{path}:{number}: this is no JSON object; every line is one, such as {{\"id\": \"a1\", \"email\": \"a@b.example\"}}"
    except UnicodeDecodeError:
        return f"{path}:{number}: this is not UTF-8; save it as UTF-8"
    except ValueError as error:
        return f"{path}:{number}: this is not JSON ({error}); every line is one object"
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return None


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0] or 0)


# --- the truth, and what is written -------------------------------------------------------------------------------------------


def truth_of(path: Path) -> dict[str, str]:
    """Id → person, of a CSV or TSV file with two columns (the id is first, or called as ids are). Raises BadFile."""
    kind = _format(path)
    if kind not in ("csv", "tsv"):
        raise BadFile(f"{path}: the truth is a .csv or .tsv file with two columns, id and person")
    names, delimiter = _header(path, kind)
    identity = id_column(names) or names[0]
    if len(names) != 2:
        raise BadFile(f"{path}:1: the truth has two columns, id and person; this has {len(names)}")
    at = names.index(identity)
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=delimiter))[1:]
    for line, row in enumerate(rows, 2):
        if row and len(row) != 2:
            raise BadFile(f"{path}:{line}: two values are wanted, id and person; there are {len(row)}")
    return {row[at].strip(): row[1 - at].strip() for row in rows if row}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes its place when all went well, and is gone otherwise."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def write(connection: duckdb.DuckDBPyConnection, path: Path, table: str, order: str) -> None:
    """A table of DuckDB as a file, by its suffix; whole or not at all. Raises OSError."""
    import duckdb

    kind = {".ndjson": "FORMAT json", ".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION zstd"}[path.suffix]
    with replacing(path) as temporary:
        try:
            connection.execute(f"COPY (SELECT * FROM {table} ORDER BY {order}) TO {literal(str(temporary))} ({kind})")
        except duckdb.IOException as error:
            raise OSError(5, str(error).split("\n")[0], str(path)) from error
