"""Where aggregates are computed: DuckDB on this machine, or Spark. Both are given the same Ibis expressions (learn/aggregates.py).

Whatever is computed once and used again is kept in a folder of the run, which goes with it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

THREADS = 2
DUCKDB_MEMORY = "6GB"  # what is more goes to the disk
SPARK_MEMORY = "3g"  # of the driver, which with a local master does the work
EVENT = {
    "id": "string", "event": "string", "unit": "string", "item": "string", "items": "array<string>", "order": "string",
    "at": "float64", "received": "float64", "purposes": "array<string>", "bot": "boolean",
}  # fmt: skip


class NoSpark(Exception):
    """Spark cannot run here: why, and how to mend it."""


class Unreadable(Exception):
    """Files that the engine cannot read, in its words."""


class Engine(Protocol):
    """Runs expressions over its own tables."""

    name: str

    def events(self, files: Sequence[Path]) -> ibis.Table:
        """The log of events with the columns of EVENT; absent fields are null. Raises Unreadable, at the latest where it is kept."""

    def rows(self, files: Sequence[Path]) -> ibis.Table:
        """Parquet files of one schema."""

    def put(self, name: str, table: pa.Table) -> ibis.Table:
        """A small table of ours."""

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        """Compute now, so that what is made of it does not compute it again. Raises Unreadable."""

    def fetch(self, expression: ibis.Table, by: Sequence[str]) -> pa.Table:
        """The rows, in the order of these columns, which the caller chooses so that they tell rows apart."""


class DuckDB:
    """DuckDB in this process. Its tables lie in memory, and beyond DUCKDB_MEMORY in the scratch folder."""

    name = "duckdb"

    def __init__(self, scratch: Path, threads: int = THREADS, memory: str = DUCKDB_MEMORY) -> None:
        import ibis

        self.scratch = scratch
        self.backend = ibis.duckdb.connect(threads=threads, memory_limit=memory, temp_directory=str(scratch), preserve_insertion_order=False)
        self._kept = 0

    def events(self, files: Sequence[Path]) -> ibis.Table:
        types = {"string": "VARCHAR", "float64": "DOUBLE", "boolean": "BOOLEAN", "array<string>": "VARCHAR[]"}
        with _told():
            return self.backend.read_json([str(file) for file in files], columns={name: types[kind] for name, kind in EVENT.items()}, format="newline_delimited")

    def rows(self, files: Sequence[Path]) -> ibis.Table:
        with _told():
            return self.backend.read_parquet([str(file) for file in files])

    def put(self, name: str, table: pa.Table) -> ibis.Table:
        import pyarrow.parquet

        self._kept += 1
        path = self.scratch / f"{name}_{self._kept}.parquet"
        pyarrow.parquet.write_table(table, path)
        return self.rows([path])

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        self._kept += 1  # a table that is kept anew may be read until then
        with _told():
            return self.backend.create_table(f"{name}_{self._kept}", expression, temp=True)

    def fetch(self, expression: ibis.Table, by: Sequence[str]) -> pa.Table:
        with _told():
            return expression.order_by(list(by)).to_pyarrow()


class Spark:
    """A Spark session. What is kept are Parquet files in the scratch folder, which all its workers must reach."""

    name = "spark"

    def __init__(self, scratch: Path, session: Any) -> None:
        import ibis

        self.scratch, self.session = scratch, session
        self.backend = ibis.pyspark.connect(session)
        self._kept = 0

    def events(self, files: Sequence[Path]) -> ibis.Table:
        types = {"string": "STRING", "float64": "DOUBLE", "boolean": "BOOLEAN", "array<string>": "ARRAY<STRING>"}
        schema = ", ".join(f"`{name}` {types[kind]}" for name, kind in EVENT.items())
        with _told():
            frame = self.session.read.schema(schema).option("mode", "FAILFAST").json([str(file) for file in files])
            frame.createOrReplaceTempView("told_events")
            return self.backend.table("told_events")

    def rows(self, files: Sequence[Path]) -> ibis.Table:
        with _told():
            self._kept += 1
            self.session.read.parquet(*map(str, files)).createOrReplaceTempView(f"told_rows_{self._kept}")
            return self.backend.table(f"told_rows_{self._kept}")

    def put(self, name: str, table: pa.Table) -> ibis.Table:
        return self.rows([self._written(name, table)])

    def frame(self, name: str, table: pa.Table) -> Any:
        """A table of ours as Spark's own, for what Spark alone does."""
        return self.session.read.parquet(str(self._written(name, table)))

    def _written(self, name: str, table: pa.Table) -> Path:
        import pyarrow.parquet

        path = self._path(f"{name}.parquet")
        pyarrow.parquet.write_table(table, path)
        return path

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        path = self._path(name)
        with _told():
            self.backend.to_parquet(expression, str(path))
            return self._view(name, path)

    def fetch(self, expression: ibis.Table, by: Sequence[str]) -> pa.Table:
        import pyarrow.parquet

        path = self._path("fetched")
        with _told():
            self.backend.to_parquet(expression, str(path))
        found = pyarrow.parquet.read_table(path).sort_by([(name, "ascending") for name in by])
        shutil.rmtree(path)
        return found

    def _path(self, name: str) -> Path:
        self._kept += 1  # a table that is kept anew may be read until then
        return self.scratch / f"{name}_{self._kept}"

    def _view(self, name: str, path: Path) -> ibis.Table:
        self.session.read.parquet(str(path)).createOrReplaceTempView(f"kept_{name}_{self._kept}")
        return self.backend.table(f"kept_{name}_{self._kept}")


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the engines as Unreadable, in one line."""
    import duckdb

    spark, gateway = sys.modules.get("pyspark.errors"), sys.modules.get("py4j.protocol")  # loaded where Spark runs
    errors = (duckdb.Error, *((spark.PySparkException,) if spark else ()), *((gateway.Py4JError,) if gateway else ()))
    try:
        yield
    except errors as error:
        raise Unreadable(str(error).split("\n")[0]) from error


def able() -> None:
    """Raises NoSpark where Spark or Java is missing."""
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise NoSpark("Spark is not installed; pip install 'tessera-edge[spark]', or leave --engine out") from error
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise NoSpark("Spark needs Java 17 or later, and there is no `java`; install it, or leave --engine out")


@contextmanager
def spark_session(master: str, scratch: Path, memory: str = SPARK_MEMORY, **more: str) -> Iterator[Any]:
    """A Spark session, ended at the end; the one of this process where there is one, which stays. Raises NoSpark.

    Args:
        more: settings of Spark, with `_` for each `.` of their names.
    """
    able()
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    partitions = str(2 * (os.cpu_count() or 2))
    configured = {
        "spark.driver.memory": memory, "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": partitions, "spark.default.parallelism": partitions, "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"), "spark.sql.session.timeZone": "UTC",
        **{name.replace("_", "."): value for name, value in more.items()},
    }  # fmt: skip
    builder = SparkSession.builder.master(master).appName("tessera")
    for name, value in configured.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkException as error:
        raise NoSpark(f"Spark did not start on {master}: {str(error).splitlines()[0]}") from error
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def engine(kind: str, scratch: Path, master: str = "local[2]") -> Iterator[Engine]:
    """An engine for one run, `duckdb` or `spark`. Raises NoSpark."""
    if kind == "spark":
        with spark_session(master, scratch) as session:
            yield Spark(scratch, session)
        return
    yield DuckDB(scratch)
