"""A plain table of interactions (CSV, TSV or Parquet, the texts also gzipped) → Parquet of user, item, at and basket.

The columns are named by the caller; a name may leave out what stands behind a colon (`user_id` for `user_id:token`). A time is
seconds or milliseconds since 1970, or a date that DuckDB reads; a time without a zone is UTC. Without a column of baskets, what
one user had to do with at the same moment is a basket.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from learn.identity_files import BadFile
from learn.identity_kinds import literal, quoted

ENDINGS = (".parquet", ".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt", ".inter")
GZIP = b"\x1f\x8b"
MILLISECONDS = 100_000_000_000  # seconds would be after the year 5000


@dataclass(frozen=True)
class Columns:
    user: str
    item: str
    time: str | None = None
    basket: str | None = None


def parquet(path: Path, columns: Columns, out: Path) -> Path:
    """Write the table to `out`. Raises BadFile: which file, which row or column, and what would do."""
    import duckdb

    connection = duckdb.connect()
    reader = _reader(path)
    try:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
        user, item, time, basket = (_column(path, name, names) for name in (columns.user, columns.item, columns.time, columns.basket))
        text = f"SELECT nullif(trim({user}::VARCHAR), '') AS user, nullif(trim({item}::VARCHAR), '') AS item, "
        text += f"{time or 'NULL'} AS told, nullif(trim({basket or 'NULL'}::VARCHAR), '') AS basket FROM {reader}"
        connection.execute(f"CREATE TEMP TABLE raw AS SELECT row_number() OVER () AS line, * FROM ({text})")
        connection.execute(f"CREATE TEMP TABLE timed AS SELECT *, {_milliseconds(connection) if time else 'NULL::BIGINT'} AS ms FROM raw")
        _timed(connection, path, columns)
        own = "CASE WHEN told IS NULL THEN NULL ELSE user || '@' || ms END" if basket is None else "basket"
        connection.execute(f"COPY (SELECT user, item, ms AS \"at\", ({own})::VARCHAR AS basket FROM timed ORDER BY line) TO {literal(str(out))} (FORMAT parquet)")
    except duckdb.Error as error:
        raise BadFile(f"{path}: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()
    return out


def _reader(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return f"read_parquet({literal(str(path))})"
    delimiter = "delim = '\t', " if path.name.removesuffix(".gz").endswith((".tsv", ".inter")) else ""
    packed = "gzip" if start[:2] == GZIP else "none"
    return f"read_csv({literal(str(path))}, header = true, {delimiter}all_varchar = true, compression = '{packed}')"


def _column(path: Path, name: str | None, names: list[str]) -> str | None:
    if name is None:
        return None
    for found in names:
        if name in (found, found.split(":")[0]):
            return quoted(found)
    raise BadFile(f"{path}:{name}: there is no such column; it has {', '.join(names)}")


def _milliseconds(connection: object) -> str:
    """SQL: the time as epoch milliseconds; null where it is none."""
    kind = connection.execute("SELECT any_value(typeof(told)) FROM raw").fetchone()[0] or "VARCHAR"
    if kind.startswith(("TIMESTAMP", "DATE")):
        return "epoch_ms(told::TIMESTAMP)"
    number = "try_cast(told AS DOUBLE)"
    return (
        f"CASE WHEN abs({number}) >= {MILLISECONDS} THEN floor({number} + 0.5)::BIGINT WHEN {number} IS NOT NULL THEN floor({number} * 1000 + 0.5)::BIGINT "
        "ELSE epoch_ms(try_cast(told::VARCHAR AS TIMESTAMP)) END"
    )


def _timed(connection: object, path: Path, columns: Columns) -> None:
    """Either every row has a time, or one is told that has none."""
    if columns.time is None:
        return
    line, told = connection.execute("SELECT min(line), min_by(told::VARCHAR, line) FROM timed WHERE ms IS NULL").fetchone()
    if line is not None:
        raise BadFile(f"{path}: row {line}: {columns.time} is {told!r}, which is no time; write seconds since 1970 or 2026-11-24T15:30:00")
