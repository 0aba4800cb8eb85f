"""Linkage at scale: `link` of many records from six sources against a bare Splink script, each in a process of its own.

    python -m tests.bench.scale 1000000

The bare script gets the finished table of records, the comparisons and the rules that Sentinel uses, and does what a
Splink user does: Splink's own u from 2 million random pairs, Splink's own EM from the two sets of pairs that Sentinel
learns from (a million each at most), predict at the threshold, connected components. `link` starts from the identity
rows of the extracts, makes the table of records, learns in its own way (hub.weighing.chance, hub.weighing.expectation)
and ends with the person map.
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub import artefacts, sql
from hub.digests import sha256_file
from hub.figures import from_json
from hub.identity import persons
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.linking import accuracy as linkage_quality
from hub.linking import linkage, records
from hub.staging.extracts import KIND, Extract, current_extracts
from hub.weighing import comparisons, pairs
from tests.bench import SMALL, Measured, child, measured, over, people
from tests.factories.counties import County
from tests.factories.identity import identity_row

RECORDS = 1_000_000
_U_PAIRS = 2_000_000
_EM_PAIRS = 1_000_000
_SEED = 1


def figures(size: int = RECORDS) -> Iterator[Measured]:
    """Yield the ratio of times, the peak of memory, and how well people were linked."""
    root = Path(tempfile.mkdtemp(prefix="sentinel-scale-"))
    try:
        prepare(root, size)
        floor, found = (child("tests.bench.scale", what, root, here=size <= SMALL) for what in ("bare", "link"))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    sys.stderr.write(f"{json.dumps({'bare': floor, 'link': found})}\n")
    ratio = over(found["processor_seconds"], floor["processor_seconds"])
    yield measured("link_1m_ratio", ratio, "x the processor time of a bare Splink script", "<= 1.3")
    yield measured("link_1m_gb", found["gigabytes"], "GB at the peak", "<= 3")
    yield measured("link_1m_precision", from_json(found["precision"]), f"of {found['linked']} pairs linked", ">= 0.995")
    yield measured("link_1m_recall", from_json(found["recall"]), f"of {found['true']} true pairs", ">= 0.95")


def county(root: Path) -> County:
    """Return the county whose sources are those of tests.bench.people."""
    return County(root, {source: source not in people.MANY for source in people.SOURCES})


def prepare(root: Path, size: int) -> None:
    """Make the extracts of a workspace as ingest leaves them, and the table of records for the bare script."""
    here = county(root)
    here.deliver([identity_row(source, "1") for source in people.SOURCES])
    with sql.connect() as connection:
        people.write(connection, size, root)
        for extract in current_extracts(here.workspace):
            _enlarge(here, extract, root / f"{extract.source}.parquet")
        paths = ", ".join(sql.text((root / f"{source}.parquet").as_posix()) for source in people.SOURCES)
        connection.execute(f"CREATE VIEW identity_row AS FROM read_parquet([{paths}])")
        records.build(connection, [source for source in people.SOURCES if source not in people.MANY])
        connection.execute(f"COPY record TO {sql.text((root / 'record.parquet').as_posix())} (FORMAT parquet)")


def _enlarge(here: County, extract: Extract, path: Path) -> None:
    """Put an extract with the people of `path` in the place of one that was ingested with a single person."""
    facts = {**extract.artefact.facts, "identity_sha256": sha256_file(path)}
    recorder = publications.recorder(here.workspace, KIND, {})
    with artefacts.publish(here.workspace.extracts, KIND, facts, before=recorder) as draft:
        for name in extract.artefact.files:
            shutil.copy(extract.path / name, draft.path / name)
    place = identity_store.records(here.workspace, extract.source, draft.digest)
    shutil.copy(path, place)
    quarantined = identity_store.quarantined(here.workspace, extract.source, extract.digest)
    shutil.copy(quarantined, quarantined.with_name(f"{draft.digest}.parquet"))
    shutil.rmtree(extract.path)


def bare(root: Path) -> dict[str, Any]:
    """Link as a Splink user would."""
    from splink import DuckDBAPI, Linker

    with sql.connect() as connection:
        connection.execute(f"SET temp_directory = {sql.text((root / 'spilt').as_posix())}")
        connection.execute(f"CREATE TABLE record AS FROM {sql.parquet(root / 'record.parquet')}")
        columns = pairs.compared(connection)
        [(size,)] = connection.execute("SELECT count(*) FROM record").fetchall()
        settings = comparisons.settings(columns, 3 / size)
        database = DuckDBAPI(connection)
        linker = Linker(database.register("record"), settings, log_level=None)
        linker.training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=_SEED)
        for rule in comparisons.LEARNT_FROM.values():
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, max_pairs=_EM_PAIRS, record_sample_proportion=0.1
            )
        bits = pairs.bits(linkage.THRESHOLD)
        predicted = linker.inference.predict(threshold_match_weight=bits)
        clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=linkage.THRESHOLD
        )
        [(found,)] = connection.execute(f"SELECT count(DISTINCT cluster_id) FROM {clustered.physical_name}").fetchall()
    return {"people": found}


def link(root: Path) -> dict[str, Any]:
    """Link as Sentinel does."""
    here = county(root)
    report = linkage.link(here.workspace, here.partnership, progress=_tell)
    return {"people": report.people}


_STARTED = time.perf_counter()


def _tell(what: str, done: int, steps: int) -> None:
    sys.stderr.write(f"{time.perf_counter() - _STARTED:8.1f} s  {done}/{steps} {what}\n")


def _quality(root: Path) -> dict[str, Any]:
    """Measure the person map against the truth."""
    with sql.connect() as connection:
        person_map = persons.open_map(county(root).workspace).artefact.path / "map.parquet"
        paths = ", ".join(sql.text((root / f"{source}.parquet").as_posix()) for source in people.SOURCES)
        [(right, linked, true)] = connection.execute(
            f"""
            WITH cell AS (
                SELECT person_id, true_person, count(*) AS n
                FROM {sql.parquet(person_map)} JOIN (
                    SELECT DISTINCT record_key, source, source_person_id FROM read_parquet([{paths}])
                ) USING (record_key) JOIN {sql.parquet(root / "truth.parquet")} USING (source, source_person_id)
                GROUP BY ALL
            ), person AS (SELECT sum(n) AS n FROM cell GROUP BY person_id),
            real AS (SELECT sum(n) AS n FROM cell GROUP BY true_person)
            SELECT (SELECT sum(n * (n - 1) / 2) FROM cell), (SELECT sum(n * (n - 1) / 2) FROM person),
                   (SELECT sum(n * (n - 1) / 2) FROM real)
            """
        ).fetchall()
    made = linkage_quality.quality(int(right), int(linked), int(true))
    values = {name: getattr(made, name).as_json() for name in ("precision", "recall")}
    return {**values, "linked": int(linked), "true": int(true)}


def main(arguments: list[str]) -> int:
    """Run one half, or measure both."""
    if arguments and arguments[0] in ("bare", "link"):
        root = Path(arguments[1])
        started, spent = time.perf_counter(), time.process_time()
        said = {"bare": bare, "link": link}[arguments[0]](root)
        said |= {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - spent}
        said["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        said |= _quality(root) if arguments[0] == "link" else {}
        sys.stdout.write(json.dumps(said) + "\n")
        return 0
    for figure in figures(int(arguments[0]) if arguments else RECORDS):
        sys.stdout.write(f"{figure}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
