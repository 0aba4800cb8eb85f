"""Small deliveries: a partnership with one or two sources, and the files of a delivery written from text."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub.declarations import partnership as partnerships
from hub.identity import store as identity_store
from hub.intake import ingest
from hub.staging.extract_reports import ExtractReport
from hub.workspace import Workspace

DELIVERED = datetime.date(2025, 1, 6)
SECRET = "Zaphodbeeble"  # a name that may stand in no message

PARTNERSHIP = """
name: town
title: A town
agencies:
  - {name: council, title: The council, sector: local_authority}
  - {name: police, title: The police, sector: police}
panel:
  quorum: 2
  people:
    - {id: ann, title: Analyst, role: analyst}
    - {id: bob, title: Reviewer, role: reviewer}
    - {id: cat, title: Reviewer, role: reviewer}
    - {id: dan, title: Owner, role: owner}
"""

GATEWAYS = """
gateways:
  - name: duty
    law: Children Act 2004 s10
    parties: [council, police]
    purposes: [early_help]
    regime: UK GDPR
    valid_from: 2020-01-01
    valid_to: 2099-12-31
    document: ISA-1
    owner: Head of early help
  - name: old_duty
    law: Children Act 2004 s11
    parties: [council, police]
    purposes: [early_help]
    regime: UK GDPR
    valid_from: 2020-01-01
    valid_to: 2024-12-31
    document: ISA-2
    owner: Head of early help
  - name: areas_only
    law: PCSC Act 2022 s16
    parties: [council]
    purposes: [early_help]
    regime: UK GDPR
    level: area
    valid_from: 2020-01-01
    valid_to: 2099-12-31
    document: ISA-3
    owner: Head of early help
"""

SCHOOL = """
sources:
  - name: school
    title: School rolls
    agency: council
    gateways: [duty]
    files:
      - name: pupils
        file: pupils.csv
        columns:
          pupil_id: {required: true}
          surname: {}
          birth_date: {type: date, not_before: 2000-01-01}
          sex: {allowed: [F, M]}
        unique: [pupil_id]
      - name: absences
        file: absences.csv
        columns:
          pupil_id: {required: true}
          day: {type: date, required: true}
          sessions: {type: integer, minimum: 0, maximum: 10}
          recorded_on: {type: date}
    people:
      - table: pupils
        id: pupil_id
        family_name: surname
        date_of_birth: birth_date
        sex: sex
    events:
      - type: absence
        table: absences
        person: pupil_id
        occurred_on: day
        known_from: recorded_on
        value: sessions
"""

PUPILS = "pupil_id,surname,birth_date,sex\nP1,Zaphodbeeble,2010-02-03,F\nP2,O'Brien,31/12/2011,M\nP3,Łukasz,,\n"
ABSENCES = (
    "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,2024-03-20\nP1,2024-05-06,1,\nP2,07/05/2024,?,2024-05-07\n"
)


def partnership(folder: Path, sources: str = SCHOOL, gateways: str = GATEWAYS) -> partnerships.Partnership:
    """Write the files of a partnership into `folder` and read them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("partnership", PARTNERSHIP), ("gateways", gateways), ("sources", sources)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return partnerships.read(folder)


def delivery(folder: Path, **files: str | bytes | None) -> Path:
    """Write the files of a delivery: `pupils`, `absences` and more, each as text or bytes; None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ({"pupils": PUPILS, "absences": ABSENCES} | files).items():
        if content is not None:
            (folder / f"{name}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


class Town:
    """A workspace, a partnership and a delivery in one temporary folder."""

    def __init__(self, root: Path, sources: str = SCHOOL, **files: str | bytes | None) -> None:
        self.root = root
        self.workspace = Workspace(root / "workspace")
        self.partnership = partnership(root / "partnership", sources)
        self.folder = delivery(root / "delivery", **files)

    def deliver(self, **files: str | bytes | None) -> None:
        """Replace files of the delivery."""
        delivery(self.folder, **files)

    def declare(self, sources: str) -> None:
        """Replace sources.yaml."""
        self.partnership = partnership(self.root / "partnership", sources)

    def ingest(
        self, on: datetime.date = DELIVERED, *, used_on: datetime.date | None = None, **more: Any
    ) -> list[ExtractReport]:
        """Ingest the delivery of the day `on`."""
        return ingest.ingest(self.workspace, self.partnership, self.folder, on, on=used_on, **more)

    def one(self, on: datetime.date = DELIVERED) -> ExtractReport:
        """Ingest the delivery of one source."""
        [report] = self.ingest(on)
        return report

    def identity(self, report: ExtractReport) -> list[dict[str, Any]]:
        """Return the identity rows of an extract."""
        path = identity_store.records(self.workspace, report.source, report.digest)
        return pq.read_table(path).to_pylist()

    def quarantined(self, report: ExtractReport) -> list[tuple[str | None, int | None, str | None, list[str]]]:
        """Return file, line, mapping and rules of every quarantined row of an extract."""
        rows = self.quarantine(report).to_pylist()
        return [(row["file"], row["line"], row["mapping"], row["rules"]) for row in rows]

    def quarantine(self, report: ExtractReport) -> pa.Table:
        """Return the quarantine of an extract."""
        return pq.read_table(identity_store.quarantined(self.workspace, report.source, report.digest))

    def staged(self, report: ExtractReport, table: str = "event") -> list[dict[str, Any]]:
        """Return a table of an extract."""
        return pq.read_table(report.extract.path / f"{table}.parquet").to_pylist()

    def written(self) -> list[str]:
        """Return every file in the workspace except the lock and the key."""
        paths = (path for path in self.workspace.root.rglob("*") if path.is_file())
        return sorted(
            path.relative_to(self.workspace.root).as_posix()
            for path in paths
            if path.name not in ("ingest.lock", "pseudonym.key")
        )
