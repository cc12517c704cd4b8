"""A file of labelled rows → features and target: CSV, TSV (either gzipped, too) or Parquet, read by DuckDB.

A column of numbers or of true and false is a number (true is 1); one of texts is a category with few values. What is empty is
missing. Columns that are the same in every row, and dates, tell a model nothing that lasts; they are left out and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DELIMITED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
MOST_VALUES = 200  # different texts of a category; a column with more names persons or things
LONGEST_TEXT = 1024  # characters of a text that the edge compares
FEWEST = 20  # rows of each outcome without which nothing can be learned or measured
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")
_MOMENTS = ("DATE", "TIMESTAMP", "TIME", "INTERVAL")
_TRUE = ("true", "yes", "y", "1", "1.0", "t", "on")
_FALSE = ("false", "no", "n", "0", "0.0", "f", "off")


class BadTable(Exception):
    """A file that cannot be learned from: where, what is wrong, how to mend it."""


@dataclass(frozen=True)
class Feature:
    """A column: `numbers` (float64, NaN where missing), or `texts` (None where missing)."""

    name: str
    numbers: np.ndarray | None = None
    texts: tuple[str | None, ...] | None = None


@dataclass(frozen=True)
class Table:
    """What is learned from. `times`: of each row, for a split by time; `notes`: what was left out, in words."""

    features: tuple[Feature, ...]
    target: np.ndarray
    times: np.ndarray | None
    notes: tuple[str, ...]
    digest: str

    def values(self, row: int) -> list[float | str | None]:
        """A row as the edge would be told it."""
        found: list[float | str | None] = []
        for feature in self.features:
            value = feature.texts[row] if feature.texts is not None else float(feature.numbers[row])
            found.append(None if value != value else value)
        return found


def read(path: Path, target: str, drop: Collection[str] = (), time: str | None = None, categories: Collection[str] = (), positive: str | None = None) -> Table:
    """Read a file.

    Args:
        target: the column of the outcome, of two values. drop: columns that are no features. time: the column to split by.
        categories: columns of numbers that are names of things. positive: the value of the target that counts.
    Raises:
        BadTable: where it cannot be used.
    """
    import duckdb

    connection = duckdb.connect()
    try:
        connection.execute(f"CREATE TEMP TABLE told AS SELECT * FROM {_reader(path)}")
        types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE told").fetchall()}
        _known(path, types, [("--target", target), *(("--drop", name) for name in drop), *(("--time", time),) * (time is not None), *(("--category", name) for name in categories)])
        return _table(connection, path, types, target, drop, time, categories, positive)
    except duckdb.Error as error:
        raise BadTable(f"{path}: {' '.join(str(error).split())[:300]}") from error
    finally:
        connection.close()


def _reader(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    told = "'" + path.as_posix().replace("'", "''") + "'"
    suffix = Path(name).suffix.lower()
    if suffix == ".parquet":
        return f"read_parquet({told})"
    if suffix not in DELIMITED:
        raise BadTable(f"{path}: the name tells the format: .csv, .tsv (or these .gz) or .parquet")
    return f"read_csv({told}, header = true, sample_size = -1, delim = '{DELIMITED[suffix]}')"


def _known(path: Path, types: Mapping[str, str], asked: Sequence[tuple[str, str]]) -> None:
    for option, name in asked:
        if name not in types:
            raise BadTable(f"{path}: {option} {name}: there is no such column; it has {', '.join(types)}")


def _table(connection: Any, path: Path, types: Mapping[str, str], target: str, drop: Collection[str], time: str | None, categories: Collection[str], positive: str | None) -> Table:
    notes: list[str] = []
    outcome = _outcome(connection, path, target, positive)
    labelled = [row for row, one in enumerate(outcome) if one is not None]
    if len(labelled) < len(outcome):
        notes.append(f"{len(outcome) - len(labelled):,} rows without {target} are left out")
    features: list[Feature] = []
    for name, kind in types.items():
        if name == target or name == time or name in drop:
            continue
        made = _feature(connection, path, name, kind, name in categories, labelled)
        if isinstance(made, str):
            notes.append(made)
        else:
            features.append(made)
    if not features:
        raise BadTable(f"{path}: no column is left to learn from")
    import numpy as np

    target_values = np.array([outcome[row] for row in labelled], dtype=np.int8)
    for value in (0, 1):
        if (count := int((target_values == value).sum())) < FEWEST:
            raise BadTable(f"{path}: {target} is {'true' if value else 'false'} in {count} rows only; at least {FEWEST} of each outcome are needed")
    return Table(tuple(features), target_values, _times(connection, path, time, labelled), tuple(notes), hashlib.sha256(path.read_bytes()).hexdigest())


def _column(connection: Any, expression: str) -> list[Any]:
    return [row[0] for row in connection.execute(f"SELECT {expression} FROM told").fetchall()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _outcome(connection: Any, path: Path, target: str, positive: str | None) -> list[int | None]:
    """1, 0 or None (not known) for each row."""
    texts = _column(connection, f"CAST({_quoted(target)} AS VARCHAR)")
    texts = [None if text is None or not text.strip() else text.strip() for text in texts]
    found = sorted({text for text in texts if text is not None})
    if len(found) != 2:
        raise BadTable(f"{path}: {target} has {len(found)} different values ({', '.join(found[:5])}{', …' if len(found) > 5 else ''}); an outcome has two")
    if positive is not None and positive not in found:
        raise BadTable(f"{path}: --positive {positive}: {target} is {found[0]} or {found[1]}")
    if positive is None:
        positive = next((text for text in found if text.lower() in _TRUE), None)
        other = next((text for text in found if text != positive), "")
        if positive is None or other.lower() not in _FALSE:
            raise BadTable(f"{path}: {target} is {found[0]} or {found[1]}; say which of them counts, as in --positive {found[1]}")
    return [None if text is None else int(text == positive) for text in texts]


def _feature(connection: Any, path: Path, name: str, kind: str, as_texts: bool, rows: Sequence[int]) -> Feature | str:
    """The column as a feature, or in words why it is none."""
    import numpy as np

    if kind.startswith(_MOMENTS):
        return f"{name} is a time and is left out; name it with --time to split by it"
    if kind.startswith(_NUMBERS) and "[" not in kind and not as_texts:
        told = np.array(_column(connection, f"CAST({_quoted(name)} AS DOUBLE)"), dtype=np.float64)[rows]  # NULL is NaN
        if np.isinf(told).any():
            raise BadTable(f"{path}: {name} holds infinite values; the edge knows none: leave it out with --drop, or cap it")
        return f"{name} is the same in every row and is left out" if len(np.unique(told)) < 2 else Feature(name, numbers=told)
    if kind != "VARCHAR" and not as_texts:
        raise BadTable(f"{path}: {name} is a {kind}: neither numbers nor texts; leave it out with --drop")
    every = _column(connection, f"CAST({_quoted(name)} AS VARCHAR)")
    texts = tuple(every[row] for row in rows)
    different = {text for text in texts if text is not None}
    if len(different) > MOST_VALUES:
        raise BadTable(f"{path}: {name} has {len(different):,} different texts, at most {MOST_VALUES} make a category; leave it out with --drop")
    if any(len(text) > LONGEST_TEXT for text in different):
        raise BadTable(f"{path}: {name} has texts of more than {LONGEST_TEXT} characters; leave it out with --drop")
    return f"{name} is the same in every row and is left out" if len({*texts}) < 2 else Feature(name, texts=texts)


def _times(connection: Any, path: Path, time: str | None, rows: Sequence[int]) -> Any:
    """Of each row its rank in time; rows of one time have one rank."""
    import numpy as np

    if time is None:
        return None
    told = _column(connection, _quoted(time))
    known = [told[row] for row in rows]
    if any(one is None for one in known):
        raise BadTable(f"{path}: {time} is empty in {sum(one is None for one in known):,} rows; every row needs a time to split by it")
    order = {one: rank for rank, one in enumerate(sorted(set(known)))}
    return np.array([order[one] for one in known])
