"""Snapshots from small drawn tables, published through the real artefact code."""

import datetime
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub import artefacts
from hub.ledger import publications
from hub.publishing.snapshots import CURRENT, KIND, Snapshot, open_snapshot
from hub.tables import SCHEMA_VERSION, SNAPSHOT_TABLES, Table
from hub.workspace import Workspace

GATEWAY = {
    "name": "working_together",
    "law": "Children Act 2004 s10",
    "parties": ["council"],
    "purposes": ["early_help"],
    "regime": "UK GDPR",
    "level": "person",
    "valid_from": "2018-01-01",
    "valid_to": "2090-12-31",
    "document": "ISA-001",
    "owner": "Data protection officer",
}

_NO_TRUTH = {"not_computed": "no truth was given", "n": 0}
LINKAGE: dict[str, Any] = {
    "records": 0,
    "people": 0,
    "merged_records": 0,
    "method": "none",
    "why": "there was nothing to compare",
    "threshold": 0.95,
    "refused": {},
    "people_by_records": {},
    "quality": {"precision": _NO_TRUTH, "recall": _NO_TRUTH, "f1": _NO_TRUTH},
    "groups": [],
    "without_truth": [],
    "households": {
        "rows": 0,
        "households": 0,
        "crowded_addresses": 0,
        "crowded_rows": 0,
        "addresses_without_postcode": 0,
    },
    "left_out": [],
    "sources_left_out": {},
}
"""What a snapshot says of a linkage that found nothing to link."""


def source_facts(name: str, **said: Any) -> dict[str, Any]:
    """Return what a snapshot says of a source: one about people, which brings and told nothing but what is `said`."""
    ordinary = {
        "title": name,
        "agency": "council",
        "sector": None,
        "level": "person",
        "gateways": [GATEWAY],
        "assumed_recording": None,
        "recording_delay_days": 0,
        "types": [],
        "reported": [],
    }
    return ordinary | said


def snapshot_facts(**said: Any) -> dict[str, Any]:
    """Return what a snapshot says of itself: one without a row, and what is `said` otherwise."""
    ordinary = {
        "schema_version": SCHEMA_VERSION,
        "partnership": "example",
        "known_to": "2024-12-31",
        "rows": {table.name: 0 for table in SNAPSHOT_TABLES},
        "sources": {},
        "extracts": [],
        "linkage": LINKAGE,
    }
    return ordinary | said


def drawn(text: str) -> list[dict[str, str | None]]:
    """Read a drawn table: a header line, then one line a row, cells parted by `|`; an empty cell or `-` is None."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    return [{name: None if cell in {"", "-"} else cell for name, cell in zip(header, row, strict=True)} for row in rows]


def _value(value: Any, type_: pa.DataType) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if pa.types.is_date32(type_):
        return datetime.date.fromisoformat(value)
    if pa.types.is_floating(type_):
        return float(value)
    return int(value) if pa.types.is_integer(type_) else value


def _defaults(table: Table, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {field.name: None for field in table.fields}
    match table.name:
        case "event":
            values |= {"event_id": f"e{number:06}", "source": "police", "event_type": "incident"}
        case "area_event":
            values |= {"source": "health", "event_type": "assault"}
        case "person":
            values |= {"attributes": [], "ethnicity_19": "not recorded", "ethnicity_5": "not recorded"}
        case "household" | "family" | "involvement":
            values |= {"source": "school", "agency": "council", "team": "early help"}
    return {name: value for name, value in values.items() if name in {field.name for field in table.fields}}


def arrow(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as a table with its schema; what a row leaves out has an ordinary value; known_from = occurred_on."""
    whole = []
    for number, row in enumerate(rows):
        filled = _defaults(table, number) | row
        if table.name in {"event", "area_event"} and filled["known_from"] is None:
            filled["known_from"] = filled["occurred_on"]
        if table.name in {"household", "family", "involvement"} and filled["known_from"] is None:
            filled["known_from"] = filled["valid_from"]
        whole.append({field.name: _value(filled[field.name], field.type) for field in table.fields})
    return table.conform(pa.Table.from_pylist(whole, schema=table.schema))


OUTCOME_TYPES = {"incident", "cin_start"}
"""What the outcomes of `tests.factories.use_cases` are made of: every source brings them, also where no row says so."""


def snapshot(
    workspace: Workspace,
    *,
    known_to: str = "2024-12-31",
    facts: Mapping[str, Any] | None = None,
    reported: Mapping[str, str] | None = None,
    **tables: Any,
) -> Snapshot:
    """Publish a snapshot: each table is a drawn text or a list of rows; people named anywhere are added to `person`.

    A source has told of all days before `known_to`, or before what `reported` says of it. What `facts` say of sources,
    extracts and the linkage may leave out what is ordinary.
    """
    rows: dict[str, list[dict[str, Any]]] = {
        name: drawn(given) if isinstance(given, str) else list(given) for name, given in tables.items()
    }
    about = ("event", "household", "family", "involvement")
    people = {row["person_id"] for name in about for row in rows.get(name, [])}
    known = {row["person_id"] for row in rows.get("person", [])}
    rows["person"] = [*rows.get("person", []), *({"person_id": one} for one in sorted(people - known))]
    sources = {row.get("source", "police") for row in rows.get("event", [])} | {"police"}
    types = sorted({row.get("event_type") or "incident" for row in rows.get("event", [])} | OUTCOME_TYPES)
    said = snapshot_facts(
        known_to=known_to,
        rows={table.name: len(rows.get(table.name, [])) for table in SNAPSHOT_TABLES},
        sources={
            name: source_facts(name, types=types, reported=[[None, (reported or {}).get(name, known_to)]])
            for name in sorted(sources)
        },
    )
    said |= facts or {}
    said["sources"] = {name: source_facts(name, **one) for name, one in said["sources"].items()}
    said["extracts"] = [{"periods": [], "rows": {}} | one for one in said["extracts"]]
    said["linkage"] = LINKAGE | said["linkage"]
    recorder = publications.recorder(workspace, KIND, {}, more={"current": True})
    with artefacts.publish(workspace.snapshots, KIND, said, before=recorder) as draft:
        for table in SNAPSHOT_TABLES:
            pq.write_table(arrow(table, rows.get(table.name, [])), draft.path / f"{table.name}.parquet")
    artefacts.write_pointer(workspace.snapshots / CURRENT, draft.digest)
    return open_snapshot(workspace)
