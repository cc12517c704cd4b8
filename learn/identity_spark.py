"""The same model on Spark: records and learned weights go there, scored pairs come back as Parquet.

Weights are learned from samples, which one machine holds; it is the pairs to be scored that grow with the records.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from learn.identities import Plan, same_weights, scored

MEMORY = "2g"  # of the driver, which with a local master does the work


class NoSpark(Exception):
    """Spark cannot run here: why, and how to mend it."""


def able() -> None:
    """Raises NoSpark where Spark or Java is missing."""
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise NoSpark("Spark is not installed; pip install 'tessera-edge[spark]', or leave --engine out") from error
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise NoSpark("Spark needs Java 17 or later, and there is no `java`; install it, or leave --engine out")


@contextmanager
def session(master: str, scratch: Path) -> Iterator[Any]:
    """A Spark session with Splink's functions, ended at the end. Raises NoSpark."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
    from splink.internals.spark.jar_location import similarity_jar_location

    cores = 2 * (os.cpu_count() or 2)
    configured = {
        "spark.jars": similarity_jar_location(), "spark.driver.memory": MEMORY, "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR", "spark.sql.shuffle.partitions": str(cores),
        "spark.default.parallelism": str(cores), "spark.local.dir": str(scratch), "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }  # fmt: skip
    builder = SparkSession.builder.master(master).appName("tessera identities")
    for name, value in configured.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except PySparkException as error:
        raise NoSpark(f"Spark did not start on {master}: {str(error).splitlines()[0]}") from error
    try:
        spark.sparkContext.setCheckpointDir(str(scratch / "checkpoints"))
        yield spark
    finally:
        spark.stop()


def predicted(records: Path, plan: Plan, learned: Any, master: str, scratch: Path, tell: Callable[[str], None]) -> Path:
    """Parquet of records, and a linker that has learned the weights → a folder of Parquet files with key_l, key_r and match_probability. Raises NoSpark."""
    from splink import SparkAPI

    tell("starting Spark")
    with session(master, scratch) as spark:
        api = SparkAPI(spark_session=spark, break_lineage_method="parquet")
        linker = same_weights(api, api.register(spark.read.parquet(str(records))), plan, learned)
        pairs = scored(linker, tell).as_spark_dataframe().select("key_l", "key_r", "match_probability")
        pairs.write.parquet(str(scratch / "pairs"))
    return scratch / "pairs"
