"""Candidate pairs on Apache Spark: Splink's Spark backend with the same settings as on DuckDB.

Splink's own SQL runs on Spark: the blocks' joins, the frequencies of names, the weights. What a level of a comparison
means is evaluated by DuckDB inside Spark's Python workers, one Arrow batch at a time: Spark's own string similarities
(the jar that comes with Splink) answer differently from DuckDB's for some pairs of names, and then two engines would
find different people. Records go in and candidate pairs come out as Parquet.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from hub import sql
from hub.weighing import blocks
from hub.weighing.blocks import Block

_FUNCTION = "sentinel_level_of_"


@dataclass(frozen=True, slots=True)
class OnSpark:
    """A Spark session (hub.spark) and a folder that its workers reach."""

    session: Any
    scratch: Path


def find(
    connection: duckdb.DuckDBPyConnection,
    spark: OnSpark,
    settings: Any,
    frequent: Sequence[str],
    chosen: Sequence[Block],
    least: float,
) -> int:
    """Make the table `candidate` (one, other, weight, block), as `linking.candidates.find`, and return 1: one batch.

    Args:
        connection: holds the table `record`.
        spark: where.
        settings: Splink's SettingsCreator.
        frequent: columns whose values' frequencies count.
        chosen: the blocks.
        least: candidates have a match weight of at least this many bits.
    """
    from splink import Linker
    from splink.backends.spark import SparkAPI

    records, pairs = spark.scratch / "record.parquet", spark.scratch / "candidates"
    connection.execute(f"COPY record TO {sql.text(records.as_posix())} (FORMAT parquet)")
    rows = spark.session.read.parquet(records.as_posix())
    said = settings.create_settings_dict("duckdb")
    said["comparisons"] = [_on_spark(spark.session, comparison) for comparison in said["comparisons"]]
    said["sql_dialect"] = "spark"
    said["blocking_rules_to_generate_predictions"] = [
        _rule(condition, arrays) for _, condition, arrays in blocks.used(chosen)
    ]
    backend: Any = SparkAPI
    database = backend(spark_session=spark.session, break_lineage_method="persist")
    linker = Linker(database.register(rows), said, log_level=None)
    for name in frequent:
        linker.table_management.compute_tf_table(name)
    found = linker.inference.predict(threshold_match_weight=least).physical_name
    spark.session.table(found).select("number_l", "number_r", "match_weight", "match_key").write.parquet(
        pairs.as_posix()
    )
    names = ", ".join(sql.text(name) for name, _, _ in blocks.used(chosen))
    connection.execute(
        "CREATE OR REPLACE TABLE candidate AS SELECT least(number_l, number_r) AS one, "
        "greatest(number_l, number_r) AS other, match_weight AS weight, "
        f"[{names}][match_key::INTEGER + 1] AS block FROM read_parquet({sql.text((pairs / '*.parquet').as_posix())})"
    )
    shutil.rmtree(pairs)
    records.unlink()
    return 1


def _rule(condition: str, arrays: Sequence[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"blocking_rule": sqlglot.transpile(condition, "duckdb", "spark")[0], "sql_dialect": "spark"}
    return rule | ({"arrays_to_explode": list(arrays)} if arrays else {})


def _on_spark(spark: Any, comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Return a comparison whose levels ask one function of Spark which of the declared levels a pair is at."""
    name = comparison["output_column_name"]
    levels = comparison["comparison_levels"]
    conditions = [level["sql_condition"] for level in levels if level["sql_condition"] != "ELSE"]
    columns = sorted({column.name for one in conditions for column in _columns(one)})
    spark.udf.register(f"{_FUNCTION}{name}", _level_function(conditions, columns))
    call = f"{_FUNCTION}{name}({', '.join(columns)})"
    # Splink must see that a level with frequencies is an exact match; that and ELSE mean the same everywhere.
    numbered = [
        level
        if level["sql_condition"] == "ELSE" or "tf_adjustment_column" in level
        else level | {"sql_condition": f"{call} = {number}"}
        for number, level in enumerate(levels)
    ]
    return {**comparison, "comparison_levels": numbered}


def _columns(condition: str) -> list[exp.Column]:
    tree = sqlglot.parse_one(condition, read="duckdb")
    bound = {name.name for found in tree.find_all(exp.Lambda) for name in found.expressions}
    return [column for column in tree.find_all(exp.Column) if column.name not in bound]


def _level_function(conditions: Sequence[str], columns: Sequence[str]) -> Any:
    """Return Spark's Arrow function of the columns: the number of the first condition that is true, else -1."""
    from pyspark.sql.pandas.functions import arrow_udf

    whens = " ".join(f"WHEN {condition} THEN {number}" for number, condition in enumerate(conditions))
    statement = f"SELECT (CASE {whens} ELSE -1 END)::INTEGER AS level FROM batch"
    names = tuple(columns)

    def level(*values: pa.Array) -> pa.Array:
        with duckdb.connect() as connection:
            connection.execute("SET threads = 1")
            connection.register("batch", pa.table(list(values), names=list(names)))
            return connection.sql(statement).to_arrow_table()["level"].combine_chunks()

    declare: Any = arrow_udf
    return declare(level, "int")
