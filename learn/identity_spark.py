"""The same model on Spark: records and learned weights go there, scored pairs come back as Parquet.

Weights are learned from samples, which one machine holds; it is the pairs to be scored that grow with the records.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from learn.engines import spark_session
from learn.identities import Plan, same_weights, scored

MEMORY = "2g"  # of the driver, which with a local master does the work


def predicted(records: Path, plan: Plan, learned: Any, master: str, scratch: Path, tell: Callable[[str], None]) -> Path:
    """Parquet of records, and a linker that has learned the weights → a folder of Parquet files with key_l, key_r and match_probability. Raises NoSpark."""
    from splink import SparkAPI
    from splink.internals.spark.jar_location import similarity_jar_location

    tell("starting Spark")
    with spark_session(master, scratch, MEMORY, spark_jars=similarity_jar_location()) as spark:
        spark.sparkContext.setCheckpointDir(str(scratch / "checkpoints"))
        api = SparkAPI(spark_session=spark, break_lineage_method="parquet")
        linker = same_weights(api, api.register(spark.read.parquet(str(records))), plan, learned)
        pairs = scored(linker, tell).as_spark_dataframe().select("key_l", "key_r", "match_probability")
        pairs.write.parquet(str(scratch / "pairs"))
    return scratch / "pairs"
