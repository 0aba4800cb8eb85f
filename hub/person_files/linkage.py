"""Linking files of people outside a partnership: no workspace, no key, and nothing that stays behind but the answer.

    result = link_files([Path("a.csv"), Path("b.csv")], Path("mapping.yaml"), out=Path("clusters.csv"))

Every row that can be read is in the answer: source, source_id, person_id, match_probability, in the order of the files.
Rows of one source with the same id are one record. The same files and mapping give the same bytes.
"""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub import sql
from hub.errors import ConfigurationError, InputError
from hub.linking import accuracy as linkage_quality
from hub.linking import engine, pair_counts
from hub.linking import groups as linkage_groups
from hub.linking.accuracy import NOT_MEASURED, Known, Quality
from hub.person_files import mapping_reading, nameless_files
from hub.person_files import opening as person_files
from hub.person_files import rows as file_rows
from hub.person_files.mapping import FileMapping, Mappings
from hub.progress import Progress, silent
from hub.weighing import pairs

COLUMNS = ("source", "source_id", "person_id", "match_probability")
_STEPS = ("Reading files", *engine.STEPS, "Writing")


@dataclass(frozen=True, slots=True)
class FileLinkage:
    """How the linkage of files went; never a person's value.

    Attributes:
        facts: what `as_json` says besides the figures.
        quality: precision, recall and F1 against truth, or "not computed".
    """

    facts: Mapping[str, Any]
    quality: Quality

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.facts, "quality": self.quality.as_json()}


def link_files(
    files: Sequence[Path],
    mapping: Path,
    *,
    threshold: float,
    out: Path | None = None,
    truth: Path | None = None,
    progress: Progress = silent,
) -> FileLinkage:
    """Find out which rows of the files are one person.

    Args:
        files: CSV or Parquet files; they are only read.
        mapping: see hub.person_files.mapping_reading.
        threshold: probability, in (0, 1), from which two records are linked.
        out: where the answer goes; it appears whole or not at all.
        truth: CSV with source, source_person_id, true_person; else what the mapping says of truth.
        progress: called at every step.

    Raises:
        ConfigurationError: the mapping says something that cannot be meant.
        InputError: a file cannot be read, or no file has a row.
    """
    mappings = mapping_reading.read(mapping)
    names = _names(files)
    if out is not None and not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.parent}.", "Make it, or write elsewhere.")
    scratch = Path(tempfile.mkdtemp(prefix="sentinel-link-"))  # only its owner may look in
    try:
        with sql.connect() as connection:
            connection.execute(f"SET temp_directory = {sql.text((scratch / 'spilt').as_posix())}")
            progress(_STEPS[0], 0, len(_STEPS))
            facts, once, unsaid, patterns = _read(connection, files, names, mappings, scratch)
            found = engine.find_people(
                connection,
                once,
                threshold,
                lambda step: progress(step, _STEPS.index(step), len(_STEPS)),
                perhaps_once=unsaid,
            )
            progress(_STEPS[-1], len(_STEPS) - 1, len(_STEPS))
            known = _known(connection, found.person, patterns, truth)
            groups = linkage_groups.levels(connection)
            sizes, people = np.unique(np.bincount(found.person), return_counts=True)
            report = {
                "rows_in": sum(one["rows"] for one in facts),
                "rows_out": sum(one["kept"] for one in facts),
                "quarantined": sum(one["quarantined"] for one in facts),
                "records": found.records,
                "people": found.people,
                "method": found.method,
                "why": found.why,
                "threshold": threshold,
                "refused": dict(found.refused),
                "people_by_records": {str(size): int(many) for size, many in zip(sizes, people, strict=True)},
                "files": facts,
                "pairs_by_weight": pair_counts.by_weight(connection, found.person),
                "blocks": [dict(row) for row in found.blocks],
                "groups": known.by_group(groups) if known else [],
                "without_truth": linkage_groups.without_truth(
                    found.person, found.weight, groups, pairs.bits(threshold), linkage_groups.aside(connection)
                ),
                "records_with_truth": len(known.records) if known else 0,
                "set_aside": [dict(one) for one in found.set_aside],
                "expected": dict(found.expected),
                "without_names": [
                    one.as_json() for one in nameless_files.find(connection, patterns, [one["file"] for one in facts])
                ],
                "model": {**found.model, "identifiers_that_name_nobody": found.refused_identifiers},
            }
            if out is not None:
                _write(connection, found, out, scratch)
            return FileLinkage(report, known.quality() if known else NOT_MEASURED)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _names(files: Sequence[Path]) -> list[str]:
    """Return a name for each file's source: its stem, with the folder where two stems are the same."""
    if not files:
        raise InputError("No file to link was given.", "Give one or more CSV or Parquet files.")
    seen = Counter(path.resolve() for path in files)
    twice = next((path for path in files if seen[path.resolve()] > 1), None)
    if twice is not None:
        raise InputError(f"{twice}: this file was given twice.", "Give each file once.")
    stems = Counter(path.stem for path in files)
    names = [path.stem if stems[path.stem] == 1 else f"{path.resolve().parent.name}/{path.stem}" for path in files]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in files]


def _read(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    names: Sequence[str],
    mappings: Mappings,
    scratch: Path,
) -> tuple[list[dict[str, Any]], list[str], list[str], list[FileMapping]]:
    """Fill `identity_row` and `file_row`.

    Returns:
        Each file's facts; sources with one record a person; those of which nothing is said; each file's mapping.
    """
    file_rows.prepare(connection)
    facts, used = [], []
    once: set[str] = set()
    several: set[str] = set()
    unsaid: set[str] = set()
    for number, (path, name) in enumerate(zip(files, names, strict=True)):
        mapping = mappings.of(path)
        used.append(mapping)
        opened = person_files.open_rows(connection, path, f"file_{number}", mapping, scratch)
        own = mapping is not mappings.every
        added = file_rows.add(connection, opened, number, mapping, name, own=own)
        facts.append(dict(added.facts))
        said = {True: once, False: several, None: unsaid}[mapping.one_record]
        said.update(added.facts["sources"])
    if not any(one["kept"] for one in facts):
        raise InputError(f"{files[0]}: no row to link.", "Give files with rows below their header.")
    return facts, sorted(once - several - unsaid), sorted(unsaid - several - once), used


def _known(
    connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64], used: Sequence[FileMapping], truth: Path | None
) -> Known | None:
    """Return the records whose true person is known; None when nothing says so."""
    if truth is None and not any(one.truth_pattern or "truth" in one.columns for one in used):
        return None
    rows = connection.execute(
        """
        SELECT record_key, record.source, source_id, file,
               coalesce(true_text, CASE WHEN NOT empty_id THEN source_id END), true_text IS NOT NULL
        FROM record JOIN (
            FROM file_row
            QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY true_text IS NULL, file, row) = 1
        ) file_row USING (record_key) ORDER BY number
        """
    ).fetchall()
    if truth is not None:
        said = linkage_quality.read_truth(truth, ((row[0], row[1], row[2]) for row in rows))
        return Known(person, linkage_quality.codes(said.get(row[0]) for row in rows))
    patterns = [re.compile(one.truth_pattern) if one.truth_pattern else None for one in used]
    return Known(person, linkage_quality.codes(_true(patterns[row[3]], row[4], said=row[5]) for row in rows))


def _true(pattern: re.Pattern[str] | None, text: str | None, *, said: bool) -> str | None:
    """Return the true person that a row names: in its column, or by a pattern on that column or on the id."""
    if pattern is None:
        return text if said else None
    found = pattern.search(text) if text is not None else None
    return found.group(pattern.groups) if found else None


def _write(connection: duckdb.DuckDBPyConnection, found: engine.FoundPeople, out: Path, scratch: Path) -> None:
    probability = [None if np.isnan(one) else round(pairs.probability(one), 6) for one in found.weight.tolist()]
    answer = {"number": np.arange(found.records), "person": found.person}
    connection.register("answer", pa.table({**answer, "probability": pa.array(probability, pa.float64())}))
    draft = scratch / "clusters.csv"
    connection.execute(
        f"""
        COPY (
            WITH named AS (
                SELECT record_key, probability,
                       'p' || sha256(first(record_key ORDER BY number) OVER (PARTITION BY person ORDER BY number
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))[:20] AS person_id
                FROM record JOIN answer USING (number)
            )
            SELECT source, source_id, person_id, probability AS match_probability
            FROM file_row JOIN named USING (record_key) ORDER BY file, row
        ) TO {sql.text(draft.as_posix())} (FORMAT csv, HEADER)
        """
    )
    connection.unregister("answer")
    beside = out.parent / f".{out.name}.{os.getpid()}"
    try:
        shutil.copyfile(draft, beside)
        beside.replace(out)
    except OSError as error:
        raise ConfigurationError(f"{out}: cannot be written ({type(error).__name__}).", "Write elsewhere.") from None
    finally:
        beside.unlink(missing_ok=True)
