"""Candidate pairs: those that enough speaks for, made in batches by Splink's `predict_between` and `predict`.

Leaves the table `candidate` (one, other, weight, block): record numbers, one < other; Splink's match weight in bits;
the name of the first block that found the pair. Every batch looks at some of the new records against all records that
are known or come before them, so each pair is looked at once, and what lies in memory at one time is bounded by
BATCH_PAIRS, whatever the number of records. Pairs among known records (linking.earlier_pairs) are only weighed again.
"""

import math
from collections.abc import Sequence
from typing import Any

import duckdb

from hub.weighing import blocks
from hub.weighing.blocks import Block

BATCH_PAIRS = 50_000_000
"""About how many pairs one batch makes at most: 16 bytes each before they are weighed."""


class Splink:
    """Splink over the table `record`, with what was learnt."""

    def __init__(self, database: Any, settings: Any, frequent: Sequence[str]) -> None:
        """Count how frequent the values of the columns `frequent` are."""
        self.database = database
        self._settings = settings
        self._records = database.register("record")
        self._frequencies: dict[str, Any] = {}
        self.finder = self._linker()
        """Finds pairs by blocks."""
        self._frequencies = {name: self.finder.table_management.compute_tf_table(name) for name in frequent}
        self._scorer: Any = None

    @property
    def scorer(self) -> Any:
        """Weighs the pairs that it is given: Splink keeps to one or the other for a Linker."""
        self._scorer = self._scorer or self._linker()
        return self._scorer

    def _linker(self) -> Any:
        from splink import Linker

        linker = Linker(self._records, self._settings, validate_settings=False, log_level=None)
        for name, table in self._frequencies.items():
            linker.table_management.register_term_frequency_lookup(table, name)
        return linker

    def frequencies(self) -> dict[str, str]:
        """Return the table that holds the frequencies of each frequent column (`column`, `tf_column`)."""
        return {name: table.physical_name for name, table in self._frequencies.items()}


_ONCE = "l.number < r.number"
# The lower number stands on the left, as in a linkage in one go, whichever record is new.


def find(
    connection: duckdb.DuckDBPyConnection,
    splink: Splink,
    chosen: Sequence[Block],
    least: float,
    batch_pairs: int = BATCH_PAIRS,
) -> int:
    """Make the table `candidate` and return in how many batches new records were looked at.

    Args:
        connection: holds the table `record`, and `earlier_pair` with pairs of its known records.
        splink: the model.
        chosen: the blocks.
        least: candidates have a match weight of at least this many bits.
        batch_pairs: about how many pairs a batch makes at most.
    """
    connection.execute("CREATE OR REPLACE TABLE candidate (one BIGINT, other BIGINT, weight DOUBLE, block VARCHAR)")
    [(records, known)] = connection.execute("SELECT count(*), count(*) FILTER (known) FROM record").fetchall()
    if known:
        _keep(connection, score(connection, splink, "earlier_pair", least), "'known before'")
    if known == records:
        return 0
    # A new record meets every record, so of all pairs a share of 1 - (known / records)^2 is made.
    made = sum(one.pairs for one in chosen) * (1 - (known / records) ** 2)
    batches: int = max(1, math.ceil(made / batch_pairs))
    names = ", ".join(f"'{name}'" for name, _, _ in blocks.used(chosen))
    block = f"[{names}][match_key::INTEGER + 1]"
    linker = splink.finder
    if batches == 1 and not known:
        _keep(connection, linker.inference.predict(threshold_match_weight=least).physical_name, block)
        return 1
    if known:
        connection.execute("CREATE OR REPLACE TABLE record_known AS FROM record WHERE known")
    for batch in range(batches):
        connection.execute(
            "CREATE OR REPLACE TABLE record_batch AS SELECT * EXCLUDE (batch) FROM ("
            f"SELECT *, ntile({batches}) OVER (ORDER BY number) AS batch FROM record WHERE NOT known"
            f") WHERE batch = {batch + 1}"
        )
        for left, right in (("record", "record_batch"), ("record_batch", "record_known"))[: 2 if known else 1]:
            found = linker.inference.predict_between(
                splink.database.register(left),
                splink.database.register(right),
                blocking_rules_to_generate_predictions=_rules(chosen),
                threshold_match_weight=least,
                warning_mode="never",
            )
            _keep(connection, found.physical_name, block)
    connection.execute("DROP TABLE record_batch")
    connection.execute("DROP TABLE IF EXISTS record_known")
    return batches


def score(connection: duckdb.DuckDBPyConnection, splink: Splink, table: str, least: float | None) -> str:
    """Return the name of a table in which Splink weighed exactly the pairs of `table` (one, other)."""
    connection.execute(
        "CREATE OR REPLACE TABLE asked_pair AS "
        f"SELECT '0' AS match_key, one AS join_key_l, other AS join_key_r FROM {table}"
    )
    linker = splink.scorer
    linker.table_management.register_blocked_pairs_for_predict(splink.database.register("asked_pair"))
    found: str = linker.inference.predict(threshold_match_weight=least).physical_name
    connection.execute("DROP TABLE asked_pair")
    return found


def _keep(connection: duckdb.DuckDBPyConnection, scored: str, block: str) -> None:
    connection.execute(f"INSERT INTO candidate SELECT number_l, number_r, match_weight, {block} FROM {scored}")
    connection.execute(f"DROP TABLE {scored}")


def _rules(chosen: Sequence[Block]) -> list[Any]:
    from splink.blocking_rule_library import CustomRule

    return [
        CustomRule(condition, arrays_to_explode=list(arrays) or None)
        for _, condition, arrays in blocks.used(chosen, _ONCE)
    ]
