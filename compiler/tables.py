"""The CSV files of a site: lists of values, the catalogue of items, and look-ups by network."""

from __future__ import annotations

import csv
import io
import ipaddress
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compiler.diagnostics import Diagnostics, Place, did_you_mean
from compiler.source import Text, read_text

LARGEST_TABLE = 64 * 1024 * 1024  # bytes
MOST_REPORTS = 20  # errors of one file; the rest are likely the same

_INT = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_DOUBLE = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)

Cell = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class ListFile:
    """lists/*.csv: its values, sorted and each once; `place` is the file's first line."""

    name: str
    values: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """The catalogue, sorted by id: `rows[i]` are the values of the item `ids[i]`, in the order of `fields` (name → type).

    An empty cell is None. `lines[i]` is the line the item stands in.
    """

    ids: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    fields: Mapping[str, str]
    lines: tuple[int, ...]
    place: Place
    text: Text

    def place_of(self, position: int, cell: str) -> Place:
        """The place of a cell of the item at a position."""
        return _place(self.text, self.lines[position], cell)


@dataclass(frozen=True, slots=True)
class LookupFile:
    """A look-up by network, sorted: (network in CIDR notation, the values in the order of `fields`); an empty cell is None."""

    name: str
    key: str
    fields: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]
    place: Place


class _Table:
    """A CSV file with a header: rows with their places, and errors that stop after MOST_REPORTS."""

    def __init__(self, shown: str, content: str, diagnostics: Diagnostics) -> None:
        self.text = Text(shown, content)
        self.diagnostics = diagnostics
        self._left = MOST_REPORTS
        self._reader = csv.reader(io.StringIO(content, newline=""), strict=True)
        self.header = [column.strip() for column in self._next() or []]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line (from 1) and the cells, without white space around them, of each row that is not empty."""
        while True:
            line = self._reader.line_num + 1
            row = self._next()
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield line, [cell.strip() for cell in row]

    def place(self, line: int = 1, cell: str = "") -> Place:
        """The place of a cell in a line; of the whole line where it cannot be told."""
        return _place(self.text, line, cell)

    def error(self, line: int, message: str, fix: str, cell: str = "") -> None:
        self._left -= 1
        if self._left >= 0:
            self.diagnostics.error("E015", self.place(line, cell), message, fix)

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            self.error(max(1, self._reader.line_num), f"the CSV does not parse: {error}", 'put a value with commas or quotes in quotes, and double quotes within: "a ""b"""')
            return None


def _place(text: Text, line: int, cell: str) -> Place:
    start = text.start_of(line)
    source = text.place(start).source
    column = source.find(cell) if cell else 0
    length = len(cell) if cell and column >= 0 else len(source)
    return text.place(start + max(0, column), start + max(0, column) + length)


def _open(path: Path, shown: str, diagnostics: Diagnostics) -> _Table | None:
    content = read_text(path, shown, diagnostics, LARGEST_TABLE)
    if content is None:
        return None
    table = _Table(shown, content, diagnostics)
    if not table.header:
        table.error(1, "the file is empty", "begin it with a line of column names")
        return None
    return table


def read_list(name: str, path: Path, shown: str, diagnostics: Diagnostics) -> ListFile | None:
    """A file of one column with a header. None when it has another form; the reason is in `diagnostics`."""
    table = _open(path, shown, diagnostics)
    if table is None:
        return None
    if len(table.header) != 1:
        table.error(1, f"a list has one column, this file has {len(table.header)}", "remove the other columns, or put them in lists of their own")
        return None
    values: set[str] = set()
    for line, row in table.rows():
        if len(row) != 1:
            table.error(line, f"a list has one value a line, here are {len(row)}", 'put a value with a comma in quotes: "a, b"')
        elif row[0] in values:
            diagnostics.warning("W002", table.place(line, row[0]), f"'{row[0]}' stands in the list more than once", "remove it")
        values.update(row[:1])
    if not values:
        diagnostics.warning("W002", table.place(), f"the list '{name}' is empty: nothing is in it", "add a value a line below the header")
    return ListFile(name, tuple(sorted(values)), table.place())


def read_items(path: Path, shown: str, id_column: str, fields: Mapping[str, str], diagnostics: Diagnostics) -> Items | None:
    """The catalogue, with the columns that `fields` names. None when a column or a value is wrong."""
    table = _open(path, shown, diagnostics)
    if table is None:
        return None
    columns = _columns(table, [id_column, *fields])
    if columns is None:
        return None
    found: dict[str, tuple[int, tuple[Cell, ...]]] = {}
    for line, row in table.rows():
        if len(row) != len(table.header):
            table.error(line, f"{len(row)} values, the header has {len(table.header)} columns", "add or remove values; put one with a comma in quotes")
            continue
        key = row[columns[0]]
        if not key or key in found:
            table.error(line, f"the id '{key}' stands in line {found[key][0]} already" if key else "an item without an id", f"give each item its own {id_column}", key)
            continue
        values = (_cell(table, line, name, kind, row[column]) for (name, kind), column in zip(fields.items(), columns[1:]))
        found[key] = line, tuple(values)
    ids = tuple(sorted(found))
    return Items(ids, tuple(found[key][1] for key in ids), dict(fields), tuple(found[key][0] for key in ids), table.place(), table.text)


def read_lookup(name: str, key: str, path: Path, shown: str, diagnostics: Diagnostics) -> LookupFile | None:
    """A look-up: the column `network` and at least one other. None when it has another form."""
    table = _open(path, shown, diagnostics)
    if table is None:
        return None
    if table.header[0] != "network" or len(table.header) < 2 or len(set(table.header)) < len(table.header):
        table.error(1, "a look-up begins with the column `network`, followed by different columns of facts", "for example the header network,domain,name")
        return None
    rows: dict[tuple[int, int, int], tuple[str, tuple[str | None, ...]]] = {}
    for line, row in table.rows():
        network = _network(table, line, row[0])
        if network is None:
            continue
        at = (network.version, int(network.network_address), network.prefixlen)
        if len(row) != len(table.header):
            table.error(line, f"{len(row)} values, the header has {len(table.header)} columns", "add or remove values; put one with a comma in quotes")
        elif at in rows:
            table.error(line, f"the network {network} stands in the file more than once", "keep one of the lines", row[0])
        else:
            rows[at] = str(network), tuple(cell or None for cell in row[1:])
    return LookupFile(name, key, tuple(table.header[1:]), tuple(rows[at] for at in sorted(rows)), table.place())


def _columns(table: _Table, wanted: list[str]) -> list[int] | None:
    missing = [column for column in wanted if column not in table.header]
    for column in missing:
        table.error(1, f"the column '{column}' is missing", did_you_mean(column, table.header) or f"the columns are {', '.join(table.header)}")
    repeated = sorted({column for column in table.header if column and table.header.count(column) > 1})
    for column in repeated:
        table.error(1, f"the column '{column}' stands twice", "rename or remove one", column)
    return None if missing or repeated else [table.header.index(column) for column in wanted]


def _cell(table: _Table, line: int, name: str, kind: str, text: str) -> Cell:
    """The typed value of a cell; None for an empty one, and for one that was reported."""
    if not text:
        return None
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind == "int" and _INT.fullmatch(text):
        return int(text)
    if kind == "double" and _DOUBLE.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if kind in ("string", "image", "link"):
        return text
    wanted, example = {
        "bool": ("true or false", "true or false"),
        "int": ("a whole number", "a whole number like 12"),
        "double": ("a number", "a number with a point, like 11.50"),
    }[kind]
    table.error(line, f"'{text}' in the column '{name}' is not {wanted}", f"write {example}, or leave it empty", text)
    return None


def _network(table: _Table, line: int, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        table.error(line, f"'{text}' is not a network: {error}", "write it like 192.0.2.0/24 or 2001:db8::/32", text)
        return None
