"""Files of rows, as feature stores write them: NDJSON (also .gz), CSV, Parquet → mappings, one after the other, with their places.

Nothing is held in memory but the row at hand. What cannot be read of one row is that row's problem; what ends the reading of
the whole file raises RowFileError.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zlib import error as ZlibError

from tessera.types import parse_json

MAX_ROW = 1_000_000  # characters of one row that are read
_AT_A_TIME = 1000  # rows fetched of a Parquet file


class RowFileError(Exception):
    """The file cannot be read on; one line that says why."""


class Row(NamedTuple):
    """A row: its number as editors count (a line, or the row of a Parquet file), its values, or why it has none.

    `position`: how much of the file is read by now, in the unit of `RowFile.size`.
    """

    number: int
    values: Mapping[str, Any] | None
    problem: str | None
    position: int


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file that can be read.

    Attributes:
        unit: what `Row.number` counts, `line` or `row`.
        columns: the names of its columns; None where each row has names of its own. structs: those that hold columns themselves.
        written: whether its values are texts (CSV) that must be read as the type that is wanted.
        size: bytes, or rows of a Parquet file.
    """

    path: Path
    kind: str
    unit: str
    columns: tuple[str, ...] | None
    written: bool
    size: int
    structs: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Row]:
        """All rows, in the file's order.

        Raises:
            RowFileError: where reading cannot go on; the rows before were good.
        """
        try:
            yield from _READERS[self.kind](self.path)
        except (OSError, EOFError, ZlibError) as error:
            raise RowFileError(f"{self.path}: {getattr(error, 'strerror', None) or error}") from None
        except csv.Error as error:
            raise RowFileError(f"{self.path}: no CSV ({error})") from None


def open_rows(path: Path) -> RowFile:
    """Look at a file: its kind is told by its name.

    Raises:
        RowFileError: of no known kind, unreadable, or without the library that reads it.
    """
    kind = next((kind for suffix, kind in _SUFFIXES.items() if path.name.lower().endswith(suffix)), None)
    if kind is None:
        raise RowFileError(f"{path}: rows are read from {', '.join(_SUFFIXES)}; rename or convert it")
    try:
        size, columns, structs = _LOOKS.get(kind, _look)(path)
    except OSError as error:
        raise RowFileError(f"{path}: {error.strerror or error}") from None
    except csv.Error as error:
        raise RowFileError(f"{path}: no CSV ({error})") from None
    twice = sorted({name for name in columns or () if columns.count(name) > 1})
    if twice:
        raise RowFileError(f"{path}: the column '{twice[0]}' stands there twice; remove one")
    return RowFile(path, kind, "row" if kind == "parquet" else "line", columns, kind == "csv", size, structs)


Look = tuple[int, tuple[str, ...] | None, frozenset[str]]  # size, columns, structs


def _look(path: Path) -> Look:
    path.open("rb").close()
    return path.stat().st_size, None, frozenset()


# --- NDJSON ----------------------------------------------------------------------------------------------------------


def _ndjson(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        yield from _lines(file, file)


def _zipped(path: Path) -> Iterator[Row]:
    with path.open("rb") as file, gzip.open(file) as lines:
        yield from _lines(lines, file)


def _lines(lines: BinaryIO, file: BinaryIO) -> Iterator[Row]:
    number = 0
    while line := lines.readline(MAX_ROW):
        number += 1
        whole = line.endswith(b"\n") or len(line) < MAX_ROW
        while not line.endswith(b"\n") and (more := lines.readline(MAX_ROW)):
            line = more  # the rest of a line that is too long is passed over
        if not whole:
            yield Row(number, None, f"longer than {MAX_ROW:,} characters", file.tell())
        elif line.strip():
            yield Row(number, *_object(line), file.tell())


def _object(text: bytes | str) -> tuple[Mapping[str, Any] | None, str | None]:
    """A JSON object and no problem, or none and why."""
    try:
        values = parse_json(text.decode("utf-8-sig").rstrip() if isinstance(text, bytes) else text, MAX_ROW)
    except UnicodeDecodeError:
        return None, "not UTF-8"
    except json.JSONDecodeError as error:
        return None, f"not JSON ({error.msg} at column {error.colno})"
    except ValueError as error:
        return None, str(error)
    return (values, None) if isinstance(values, dict) else (None, "not a JSON object")


# --- CSV -------------------------------------------------------------------------------------------------------------


def _header(path: Path) -> Look:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        return path.stat().st_size, tuple(name.strip() for name in next(csv.reader(file), ())), frozenset()


def _csv(path: Path) -> Iterator[Row]:
    with path.open("rb") as raw, open(raw.fileno(), encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=False) as file:
        reader = csv.reader(file)
        names = [name.strip() for name in next(reader, ())]
        before = reader.line_num
        for cells in reader:
            number, before = before + 1, reader.line_num
            if not cells:
                continue
            if len(cells) != len(names):
                yield Row(number, None, f"{len(cells)} cells, the header has {len(names)}", raw.tell())
            elif not all(map(_is_text, cells)):
                yield Row(number, None, "not UTF-8", raw.tell())
            else:
                yield Row(number, dict(zip(names, cells)), None, raw.tell())


def _is_text(cell: str) -> bool:
    """Whether a cell was UTF-8: other bytes were read as lone surrogates."""
    return cell.isascii() or not any("\ud800" <= character <= "\udfff" for character in cell)


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _duckdb() -> Any:
    try:
        import duckdb  # large, and needed for Parquet alone
    except ImportError:
        raise RowFileError("reading Parquet needs DuckDB: pip install 'tessera-edge[learn]', or write NDJSON or CSV") from None
    return duckdb


def _columns(path: Path) -> Look:
    path.open("rb").close()
    duckdb = _duckdb()
    with duckdb.connect() as database:
        try:
            (count,) = database.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
            columns = {name: kind for name, kind, *_ in database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()}
            return count, tuple(columns), frozenset(name for name, kind in columns.items() if kind.startswith("STRUCT"))
        except duckdb.Error as error:
            raise RowFileError(f"{path}: no Parquet ({str(error).splitlines()[0]})") from None


def _parquet(path: Path) -> Iterator[Row]:
    """Rows by way of JSON: structs, maps, moments and decimals are then what NDJSON has for them."""
    duckdb = _duckdb()
    with duckdb.connect() as database:
        number = 0
        try:
            found = database.execute("SELECT to_json(r)::VARCHAR FROM read_parquet(?) AS r", [str(path)])
            while batch := found.fetchmany(_AT_A_TIME):
                for (text,) in batch:
                    number += 1
                    yield Row(number, *_object(text), number)
        except duckdb.Error as error:
            raise RowFileError(f"{path}: row {number + 1} and those after it cannot be read ({str(error).splitlines()[0]})") from None


_SUFFIXES = {".ndjson": "ndjson", ".jsonl": "ndjson", ".ndjson.gz": "gz", ".jsonl.gz": "gz", ".csv": "csv", ".parquet": "parquet"}
_READERS = {"ndjson": _ndjson, "gz": _zipped, "csv": _csv, "parquet": _parquet}
_LOOKS = {"csv": _header, "parquet": _columns}  # of the other kinds, `_look`
