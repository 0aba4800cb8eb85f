"""The quality of the person map that holds: what its linkage counted, measured against truth when that is given."""

from pathlib import Path
from typing import Any

from hub import sql
from hub.declarations.partnership import Partnership
from hub.errors import StateError
from hub.identity import persons
from hub.linking import accuracy as linkage_quality
from hub.linking import groups as linkage_groups
from hub.linking.accuracy import Known
from hub.quality import clerical_answers, quality_report
from hub.staging import extracts
from hub.staging.admitted import admitted_extracts, open_identity
from hub.staging.extracts import Extract
from hub.workspace import Workspace


def document(workspace: Workspace, partnership: Partnership, truth: Path | None = None) -> dict[str, Any]:
    """Return the quality report of the person map that holds (hub.quality.quality_report.document).

    Args:
        workspace: where the identity store lies.
        partnership: whose it is.
        truth: CSV with source, source_person_id, true_person; else what the linkage was measured against, if anything.

    Raises:
        NotFoundError: people were not linked yet.
        StateError: extracts came in since, and a truth was given.
        InputError: the file with the truth cannot be read.
    """
    person_map = persons.open_map(workspace)
    report = dict(person_map.report)
    if truth is not None:
        report |= _measured(workspace, partnership, person_map, truth)
    about = {
        "partnership": partnership.file.title,
        "linked_on": person_map.facts.linked_on.isoformat(),
        "person_map": person_map.artefact.digest,
    }
    return quality_report.document(partnership.small_numbers, report, about, clerical_answers.estimates(workspace))


def _measured(
    workspace: Workspace, partnership: Partnership, person_map: persons.PersonMap, truth: Path
) -> dict[str, Any]:
    """Return `quality` and `groups` against a truth."""
    kept = _extracts(workspace, partnership, person_map)
    with sql.connect() as connection, extracts.held(workspace, kept) as read:
        open_identity(connection, workspace, read)
        connection.execute(
            "CREATE TABLE record AS SELECT row_number() OVER (ORDER BY source, own) - 1 AS number, * FROM ("
            "SELECT record_key, any_value(source) AS source, any_value(source_person_id) AS own "
            "FROM identity_row GROUP BY record_key)"
        )
        linkage_groups.open_areas(connection, [extract.path / "area.parquet" for extract in read])
        rows = connection.execute("SELECT record_key, source, own FROM record ORDER BY number").fetchall()
        said = linkage_quality.read_truth(truth, rows)
        people = person_map.known()
        person = linkage_quality.codes(people[key].person_id for key, _, _ in rows)
        known = Known(person, linkage_quality.codes(said.get(key) for key, _, _ in rows))
        groups = known.by_group(linkage_groups.levels(connection))
    return {"quality": known.quality().as_json(), "groups": groups}


def _extracts(workspace: Workspace, partnership: Partnership, person_map: persons.PersonMap) -> list[Extract]:
    kept, _ = admitted_extracts(workspace, partnership)
    if sorted(person_map.facts.extracts) != sorted(extract.digest for extract in kept):
        raise StateError("Extracts came in since people were linked.", "Run `sentinel hub link` first.")
    return kept
