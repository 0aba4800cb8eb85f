"""Sources that deliver by periods: periods add up, a new delivery of one replaces it, and the order changes nothing."""

import datetime
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hub.declarations.partnership import Partnership
from hub.identity import persons
from hub.identity import store as identity_store
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot
from hub.staging import extracts
from hub.staging.extract_reports import ExtractReport
from hub.workspace import Workspace
from tests.factories.deliveries import partnership
from tests.shared_data import FOLDER, needs

YEARS = (2017, 2018, 2019, 2020, 2021)
CARE = """
sources:
  - {name: care, adapter: ssda903, agency: council, gateways: [duty]}
"""
SMALL = """
sources:
  - name: care
    title: Children in care
    agency: council
    gateways: [duty]
    each_delivery: period
    period: '^(\\d{4})-'
    files:
      - name: children
        file: "*-children.csv"
        columns: {child: {required: true}, born: {type: date}, ethnicity: {}}
        unique: [child]
      - name: episodes
        file: "*-episodes.csv"
        columns: {child: {required: true}, began: {type: date}, ended: {type: date}}
    people: [{table: children, id: child, date_of_birth: born, ethnicity: ethnicity}]
    events:
      - {type: cla_start, table: episodes, person: child, occurred_on: began, episode: began}
      - {type: cla_end, table: episodes, person: child, occurred_on: ended, episode: began, where: ended IS NOT NULL}
    involvements:
      - {table: episodes, person: child, team: "'Care'", valid_from: began, valid_to: ended}
    families:
      - {table: children, person: child, family: "'f' || child", relation: "'child'"}
"""

HEADERS = {"children": "child,born,ethnicity", "episodes": "child,began,ended"}


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


class Care:
    """A workspace and a partnership with one source of periods."""

    def __init__(self, root: Path, sources: str = SMALL) -> None:
        self.workspace = Workspace(root / "workspace")
        self.partnership: Partnership = partnership(root / "partnership", sources)
        self.folders = root / "deliveries"

    def deliver(self, on: str, **years: tuple[str, str]) -> list[ExtractReport]:
        """Deliver children and episodes of each `y2020=(children, episodes)`, as lines parted by spaces."""
        folder = self.folders / on
        folder.mkdir(parents=True, exist_ok=True)
        for year, (children, episodes) in years.items():
            for name, lines in (("children", children), ("episodes", episodes)):
                (folder / f"{year[1:]}-{name}.csv").write_text("\n".join([HEADERS[name], *lines.split()]) + "\n")
        return ingest.ingest(self.workspace, self.partnership, folder, _day(on))

    def publish(self) -> Snapshot:
        """Link people and publish a snapshot."""
        linkage.link(self.workspace, self.partnership)
        return publish.publish(self.workspace, self.partnership)


def _rows(snapshot: Snapshot, table: str, *columns: str) -> list[tuple[Any, ...]]:
    found = pq.read_table(snapshot.path(table)).to_pylist()
    return sorted((tuple(row[name] for name in columns) for row in found), key=lambda row: [str(cell) for cell in row])


ONE = ("A,2010-01-02,WBRI B,2011-02-03,NOBT", "A,2020-05-01, B,2020-06-01,2020-09-01")
TWO = ("A,2010-01-02,WBRI C,2012-03-04,BCRB", "A,2020-05-01,2021-10-01 C,2021-06-01,")
BOUNDS = ("valid_from", "valid_to", "known_from", "end_known_from")


def test_periods_add_up_and_what_was_open_is_one_with_its_end(tmp_path: Path) -> None:
    care = Care(tmp_path)
    care.deliver("2021-06-30", y2020=ONE)
    care.deliver("2022-06-30", y2021=TWO)
    first, second = _day("2021-06-30"), _day("2022-06-30")
    snapshot = care.publish()
    assert [one.period for one in extracts.current_extracts(care.workspace)] == ["2020", "2021"]
    assert _rows(snapshot, "event", "event_type", "occurred_on", "known_from", "known_to") == [
        ("cla_end", _day("2020-09-01"), first, None),
        ("cla_end", _day("2021-10-01"), second, None),
        ("cla_start", _day("2020-05-01"), first, None),
        ("cla_start", _day("2020-06-01"), first, None),
        ("cla_start", _day("2021-06-01"), second, None),
    ]
    assert _rows(snapshot, "involvement", *BOUNDS) == [
        (_day("2020-05-01"), _day("2021-10-01"), first, second),
        (_day("2020-06-01"), _day("2020-09-01"), first, first),
        (_day("2021-06-01"), None, second, None),
    ]
    assert len(_rows(snapshot, "family", *BOUNDS)) == 3
    assert _rows(snapshot, "person", "ethnicity_5") == [("Black",), ("White",), ("not obtained",)]
    assert [row["periods"] for row in snapshot.artefact.facts["extracts"]] == [["2020"], ["2021"]]


def test_in_one_go_or_one_by_one_gives_the_same_people_and_events(tmp_path: Path) -> None:
    one_by_one, one_go = Care(tmp_path / "a"), Care(tmp_path / "b")
    one_by_one.deliver("2022-06-30", y2021=TWO)
    shutil.rmtree(one_by_one.folders)
    one_by_one.deliver("2022-06-30", y2020=ONE)
    one_go.workspace.identity.mkdir(parents=True, mode=0o700)
    shutil.copy(one_by_one.workspace.identity / "pseudonym.key", one_go.workspace.identity)
    one_go.deliver("2022-06-30", y2020=ONE, y2021=TWO)
    first, second = (care.publish() for care in (one_by_one, one_go))
    for table in ("person", "event", "involvement", "family"):
        assert first.path(table).read_bytes() == second.path(table).read_bytes()


def test_a_period_delivered_again_replaces_itself_and_its_wrong_rows_are_withdrawn(tmp_path: Path) -> None:
    care = Care(tmp_path)
    care.deliver("2021-06-30", y2020=ONE)
    care.deliver("2022-06-30", y2021=TWO)
    [again] = care.deliver("2023-01-31", y2020=(ONE[0], "B,2020-04-01, B,2020-06-03,"))
    assert again.extract.artefact.facts["history"]["event"]["withdrawn"] == 3
    assert [one.delivered_on.isoformat() for one in extracts.current_extracts(care.workspace)] == [
        "2022-06-30",
        "2023-01-31",
    ]
    first, second, third = _day("2021-06-30"), _day("2022-06-30"), _day("2023-01-31")
    assert _rows(care.publish(), "event", "occurred_on", "known_from", "known_to") == [
        (_day("2020-04-01"), third, None),
        (_day("2020-05-01"), first, None),  # the return of 2021 still says so
        (_day("2020-06-01"), first, third),
        (_day("2020-06-03"), third, None),
        (_day("2020-09-01"), first, third),
        (_day("2021-06-01"), second, None),
        (_day("2021-10-01"), second, None),
    ]


def test_a_later_period_never_withdraws_an_earlier_one(tmp_path: Path) -> None:
    care = Care(tmp_path)
    care.deliver("2021-06-30", y2020=ONE)
    [report] = care.deliver("2022-06-30", y2021=("C,2012-03-04,BCRB", "C,2020-05-02,"))
    assert not any(report.extract.artefact.facts["history"]["event"].values())
    assert len(_rows(care.publish(), "event", "event_id")) == 4


def _years(root: Path, years: Sequence[int], *, in_one_go: bool, key: bytes) -> tuple[Care, list[ExtractReport]]:
    care = Care(root, CARE)
    care.workspace.identity.mkdir(parents=True, mode=0o700)
    (care.workspace.identity / "pseudonym.key").write_bytes(key)
    reports = []
    for number, year in enumerate(years, 1):
        folder = root / ("all" if in_one_go else str(year))
        folder.mkdir(exist_ok=True)
        for path in (FOLDER / "ssda903").glob(f"{year}-*.csv"):
            (folder / path.name).symlink_to(path)
        if not in_one_go or year == years[-1]:
            reports += ingest.ingest(care.workspace, care.partnership, folder, datetime.date(2024, number, 1))
    return care, reports


@needs("ssda903")
@pytest.mark.prove  # in one go or one by one is always shown on few rows, and five real years are always read
@pytest.mark.parametrize("how_many", [2, 5])
def test_years_of_care_returns(tmp_path: Path, how_many: int) -> None:
    years = YEARS[-how_many:]
    care, reports = _years(tmp_path / "a", years, in_one_go=False, key=bytes(32))
    assert [report.extract.artefact.facts["people"] for report in reports] == [819, 572, 362, 226, 144][-how_many:]
    for report in reports:
        assert all(one["rows"] == one["kept"] + one["quarantined"] for one in report.extract.artefact.facts["files"])
    snapshot = care.publish()
    person_of = {record: one.person_id for record, one in persons.open_map(care.workspace).known().items()}
    seen: Counter[str] = Counter()
    for report in reports:
        path = identity_store.records(care.workspace, "care", report.digest)
        seen.update({person_of[record] for record in pq.read_table(path)["record_key"].to_pylist()})
    assert sum(times == how_many for times in seen.values()) == 144
    other, _ = _years(tmp_path / "b", years, in_one_go=True, key=bytes(32))
    again = other.publish()
    for table in ("person", "event"):
        assert snapshot.path(table).read_bytes() == again.path(table).read_bytes()
