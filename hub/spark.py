"""Apache Spark, for partnerships that outgrow one machine. Nothing else in Sentinel needs it.

    with session(master, scratch) as spark:
        ...

On Spark run the sources of an ingest, each in a worker (hub.intake.spark_sources), the search for candidate pairs
(linking.spark_candidates) and the joins of a publish (publishing.spark_tables). They give the same bytes as without it.
The workspace must lie where every worker can reach it. PySpark and Java 17 are not part of the ordinary installation:
`pip install .[spark]`.
"""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.errors import ConfigurationError

_SECONDS_TO_END = 60


def require() -> None:
    """Raise ConfigurationError when Spark cannot run here."""
    if importlib.util.find_spec("pyspark") is None:
        raise ConfigurationError("PySpark is not installed.", "Run `pip install .[spark]`, or leave --spark out.")
    if shutil.which("java") is None:
        raise ConfigurationError("Spark needs Java, and there is none here.", "Install a Java 17 runtime.")


@contextmanager
def session(master: str | None, scratch: Path) -> Iterator[Any]:
    """Give a Spark session that keeps what it spills in `scratch` and is stopped afterwards; None without a master.

    Inside another session with the same master that one is given, and goes on.

    Args:
        master: Spark's master, such as local[2] or spark://host:7077; None for work on this machine alone.
        scratch: folder inside the identity store.
    """
    if master is None:
        yield None
        return
    require()
    from pyspark.sql import SparkSession
    from splink.backends.spark import similarity_jar_location

    around = SparkSession.getActiveSession()
    if around is not None and around.sparkContext.master == master:
        yield around
        return
    builder = SparkSession.builder.master(master).appName("sentinel")
    if master.startswith("local"):
        builder = builder.config("spark.sql.shuffle.partitions", "4").config("spark.default.parallelism", "4")
    for name, value in {
        "spark.jars": similarity_jar_location(),
        "spark.local.dir": (scratch / "spark").as_posix(),
        "spark.driver.extraJavaOptions": "-Dlog4j2.level=ERROR",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_posix(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        if master.startswith("local"):
            spark.sparkContext.pythonExec = sys.executable  # else the workers take whatever python3 comes first
        spark.sparkContext.setCheckpointDir((scratch / "checkpoints").as_posix())
        yield spark
    finally:
        _end(spark)


def _end(spark: Any) -> None:
    """Stop the session and its Java process, which holds files in the scratch folder as long as it lives."""
    from pyspark import SparkContext

    context: Any = SparkContext
    gateway = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(_SECONDS_TO_END)
    context._gateway = context._jvm = None
