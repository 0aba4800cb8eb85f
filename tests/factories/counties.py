"""A county whose agencies each deliver one file of people and, if they like, of events, involvements and areas."""

import csv
import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.declarations import partnership
from hub.declarations.partnership import Partnership
from hub.intake import ingest
from hub.workspace import Workspace

KEY = bytes(range(32))
PEOPLE = (
    "source_person_id",
    "given_name",
    "family_name",
    "date_of_birth",
    "sex",
    "ethnicity",
    "address",
    "postcode",
    "area_id",
    "valid_from",
    "known_from",
    "upn",
    "nhs_number",
    "disability",
)
EVENTS = ("event", "person", "occurred_on", "known_from", "value", "detail")
INVOLVEMENTS = ("person", "team", "valid_from", "valid_to", "known_from", "end_known_from")
AREAS = ("area", "name", "imd")
FILLER = {"event": "filler", "person": "0", "occurred_on": "2020-01-01", "team": "filler", "valid_from": "2020-01-01"}
FILLER |= {"area": "E00"}
_DATES = ("date_of_birth", "valid_from", "known_from", "occurred_on", "valid_to", "end_known_from")


def _file(source: str, name: str, columns: Iterable[str]) -> dict[str, Any]:
    types = {column: {"type": "date"} if column in _DATES else {} for column in columns}
    if name == "events":
        types["value"] = {"type": "number"}
    return {"name": name, "file": f"{source}_{name}.csv", "columns": types}


def _source(name: str, *, once: bool, gateways: list[str]) -> dict[str, Any]:
    same = {column: column for column in PEOPLE[1:11] if column != "area_id"}
    dates = {column: column for column in ("known_from", "valid_from", "valid_to", "end_known_from")}
    return {
        "name": name,
        "title": f"Records of {name}",
        "agency": "council",
        "gateways": gateways,
        "one_record_per_person": once,
        "files": [
            _file(name, "people", PEOPLE),
            _file(name, "events", EVENTS),
            _file(name, "involvements", INVOLVEMENTS),
            _file(name, "areas", AREAS),
        ],
        "people": [
            {
                "table": "people",
                "id": "source_person_id",
                **same,
                "area": "area_id",
                "identifiers": {"upn": "upn", "nhs_number": "nhs_number"},
                "attributes": {"disability": "disability"},
            }
        ],
        "events": [
            {
                "type": "contact",
                "table": "events",
                "person": "person",
                "occurred_on": "occurred_on",
                "known_from": "known_from",
                "value": "value",
                "detail": "detail",
                "where": "event = 'contact'",
            }
        ],
        "involvements": [
            {"table": "involvements", "person": "person", "team": "team", "where": "team <> 'filler'", **dates}
        ],
        "areas": [{"table": "areas", "id": "area", "name": "name", "imd_decile": "imd::INTEGER"}],
    }


def gateway(**values: Any) -> dict[str, Any]:
    """Return a gateway as gateways.yaml holds it."""
    return {
        "name": "working_together",
        "law": "Children Act 2004 s10",
        "parties": ["council"],
        "purposes": ["early_help"],
        "regime": "UK GDPR",
        "valid_from": "2018-01-01",
        "valid_to": "2090-12-31",
        "document": "ISA-001",
        "owner": "Data protection officer",
    } | values


class County:
    """The folders of a county under `root`."""

    def __init__(self, root: Path, sources: Mapping[str, bool], *, gateways: Iterable[dict[str, Any]] = ()) -> None:
        """Write the partnership, unless `root` holds one. `sources`: name → whether it holds one record a person."""
        self.root = root
        self.workspace = Workspace(root / "workspace")
        self.sources = dict(sources)
        if not self.workspace.identity.exists():
            self.workspace.identity.mkdir(parents=True, mode=0o700)
            (self.workspace.identity / "pseudonym.key").write_bytes(KEY)
            self.declare(gateways)

    def declare(
        self,
        gateways: Iterable[dict[str, Any]] = (),
        sources: Iterable[str] | None = None,
        *,
        split: dict[str, Any] | None = None,
    ) -> None:
        """Write the partnership's files anew. `split`: a gateway of the police's own, the only one that they have."""
        folder = self.root / "partnership"
        folder.mkdir(exist_ok=True)
        held = list(gateways) or [gateway()]
        names = [one["name"] for one in held]
        people = [
            {"id": f"person_{number}", "title": "Someone", "role": role}
            for number, role in enumerate(("analyst", "owner", "reviewer", "reviewer"))
        ]
        declared = [_source(name, once=self.sources[name], gateways=names) for name in (sources or self.sources)]
        if split is not None:
            held.append(split)
            next(one for one in declared if one["name"] == "police")["gateways"] = [split["name"]]
        for name, said in (
            (
                "partnership",
                {
                    "name": "county",
                    "title": "A county",
                    "agencies": [{"name": "council", "title": "Council", "sector": "local_authority"}],
                    "panel": {"quorum": 2, "people": people},
                },
            ),
            ("gateways", {"gateways": held}),
            ("sources", {"sources": declared}),
        ):
            (folder / f"{name}.yaml").write_text(json.dumps(said), encoding="utf-8")  # JSON is YAML too

    @property
    def partnership(self) -> Partnership:
        """The partnership, read from its files."""
        return partnership.read(self.root / "partnership")

    def deliver(
        self,
        people: Iterable[Mapping[str, Any]],
        *,
        on: str = "2024-06-30",
        events: Iterable[Mapping[str, Any]] = (),
        involvements: Iterable[Mapping[str, Any]] = (),
        areas: Iterable[Mapping[str, Any]] = (),
        ingested: bool = True,
    ) -> None:
        """Write the files of a delivery and, unless told otherwise, ingest them.

        Each row says its `source`; what it leaves out is empty. An empty file is refused as a
        mistake, so a file without rows gets one that is not mapped, or a filler area.
        """
        folder = self.root / f"delivery-{on}"
        folder.mkdir()
        tables = (
            ("people", PEOPLE, people),
            ("events", EVENTS, events),
            ("involvements", INVOLVEMENTS, involvements),
            ("areas", AREAS, areas),
        )
        for name, columns, rows in tables:
            given = list(rows)
            for source in self.sources:
                with (folder / f"{source}_{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                    writer = csv.DictWriter(stream, columns, extrasaction="ignore")
                    writer.writeheader()
                    here = [_flat(row) for row in given if row["source"] == source]
                    writer.writerows(here or [FILLER])
        if ingested:
            ingest.ingest(self.workspace, self.partnership, folder, datetime.date.fromisoformat(on))


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Put identifiers and attributes beside the other cells."""
    return {**row, **row.get("identifiers", {}), **row.get("attributes", {})}
