"""Deliveries that come late, or correct one of the same day: a death that one of them tells is never lost silently."""

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hub.erasing import withdrawal
from hub.intake.confirmations import ConfirmationError
from hub.linking import linkage
from hub.publishing import publish
from hub.staging import extracts
from hub.staging.extract_reports import ExtractReport
from service.commands.cli import app
from tests.factories.deliveries import Town

CARE = """
sources:
  - name: care
    title: Children in care
    agency: council
    gateways: [duty]
    files:
      - name: children
        file: children.csv
        columns: {id: {required: true}, born: {type: date}, died: {type: date}}
    people: [{table: children, id: id, date_of_birth: born}]
    events:
      - {type: death, table: children, person: id, occurred_on: died, where: died IS NOT NULL}
      - {type: joined, table: children, person: id, occurred_on: born + 1000}
"""
RETURNS = CARE.replace(
    "    files:", "    each_delivery: period\n    period: '^children_([0-9]{4})[.]'\n    files:"
).replace("file: children.csv", "file: children_*.csv")
FIRST, LATE, NEWEST = (datetime.date(2024, month, 1) for month in (1, 2, 3))


def _children(*died: int, of: range = range(1, 21)) -> str:
    days = {number: f"2023-05-{number:02}" for number in died}
    return "id,born,died\n" + "".join(f"C{one},2010-01-{one:02},{days.get(one, '')}\n" for one in of)


def _town(folder: Path, **files: str) -> Town:
    return Town(folder, CARE, pupils=None, absences=None, **files)


def _deliver(town: Town, on: datetime.date, children: str, **flags: Any) -> ExtractReport:
    town.deliver(pupils=None, absences=None, children=children)
    [report] = town.ingest(on, **flags)
    return report


def _dead(town: Town) -> int:
    """Return how many people have died in the snapshot that is published now."""
    linkage.link(town.workspace, town.partnership)
    events = pq.read_table(publish.publish(town.workspace, town.partnership).path("event")).to_pylist()
    return len({row["person_id"] for row in events if row["event_type"] == "death" and not row["known_to"]})


def test_a_death_that_a_late_delivery_tells_is_asked_for(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, FIRST, _children(1))
    _deliver(town, NEWEST, _children(1, 2))
    before = town.written()
    # C2 has died in the newest one too; of C3 it says nothing.
    with pytest.raises(ConfirmationError, match=r"of 2024-03-01 is newer, and holds.* fewer than 10 of") as raised:
        _deliver(town, LATE, _children(1, 2, 3))
    assert "--withdraw" in raised.value.remedy
    assert "C3" not in str(raised.value)
    assert town.written() == before
    report = _deliver(town, LATE, _children(1, 2, 3), withdraw=True)
    assert (report.is_new, report.is_current) == (True, False)
    [lost] = report.facts.lost_deaths
    assert (lost.delivered_on, lost.records, lost.must_be_agreed) == (NEWEST, {"withheld": "fewer than 10"}, True)
    assert _dead(town) == 2
    # It was agreed once; what is here already is not asked for again.
    assert not _deliver(town, LATE, _children(1, 2, 3)).is_new
    # The newest one is taken back: then the late one holds, with its death.
    newest = next(one for one in extracts.current_extracts(town.workspace))
    withdrawal.withdraw(town.workspace, newest.digest, by="ann", reasons="test")
    assert _dead(town) == 3


def test_a_late_delivery_whose_deaths_the_newest_one_has_is_taken(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, NEWEST, _children(1, 2, 3).replace("2023-05-03", "2023-05-04"))  # the day was corrected
    report = _deliver(town, LATE, _children(1, 3))
    assert report.facts.lost_deaths == ()
    [notice] = [one for one in report.facts.notices if one.notice == "late_delivery"]
    assert "1 of the 22 events" in notice.said  # the death of the other day; both hold C3 for dead
    assert _dead(town) == 3


@pytest.mark.parametrize("newest", [_children(3, of=range(1, 20)), _children(of=range(1, 20))])
def test_a_death_of_somebody_whom_the_newest_one_does_not_list_is_asked_for(newest: str, tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, NEWEST, newest)
    with pytest.raises(ConfirmationError, match="count for nothing"):
        _deliver(town, LATE, _children(20))


def test_a_death_that_the_newest_one_keeps_of_somebody_whom_it_does_not_list_counts_for_nothing(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, FIRST, _children(20))
    newest = _deliver(town, NEWEST, _children(of=range(1, 20)), withdraw=True)
    assert newest.facts.history.event.absent == 2  # among them the death
    assert _dead(town) == 0
    with pytest.raises(ConfirmationError, match="count for nothing"):
        _deliver(town, LATE, _children(20))


def test_many_deaths_are_counted_out(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, NEWEST, _children(1))
    with pytest.raises(ConfirmationError, match="count for nothing: 11 of 12"):
        _deliver(town, LATE, _children(*range(1, 13)))


def test_a_late_delivery_without_deaths_says_what_counts_for_nothing(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, NEWEST, _children(of=range(1, 16)))
    report = _deliver(town, LATE, _children())
    [notice] = [one for one in report.facts.notices if one.notice == "late_delivery"]
    assert notice.said.startswith("This delivery came late: that of 2024-03-01 holds, and 5 of the 20 events")
    assert (report.facts.lost_deaths, notice.count) == ((), 5)
    in_order = _deliver(town, datetime.date(2024, 4, 1), _children())
    assert [one.notice for one in in_order.facts.notices if one.notice == "late_delivery"] == []


def test_a_correction_of_the_same_day_is_asked_about_the_deaths_that_it_lacks(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, FIRST, _children(1))
    with pytest.raises(ConfirmationError, match=r"of the same day, which it corrects, told: fewer than 10 of"):
        _deliver(town, FIRST, _children(2))
    report = _deliver(town, FIRST, _children(2), withdraw=True)
    assert (report.is_current, len(report.facts.lost_deaths)) == (True, 1)
    # What was agreed is not asked for again by the next correction, which lacks nothing of this one.
    assert _deliver(town, FIRST, _children(2, 4)).facts.lost_deaths == ()
    assert _dead(town) == 2


def test_a_withdrawn_delivery_asks_for_nothing(tmp_path: Path) -> None:
    town = _town(tmp_path)
    newest = _deliver(town, NEWEST, _children())
    withdrawal.withdraw(town.workspace, newest.digest, by="ann", reasons="test")
    assert _deliver(town, LATE, _children(1)).is_current
    assert _dead(town) == 1
    with pytest.raises(ConfirmationError, match=r"takes away much.*death"):  # now it comes in order
        _deliver(town, NEWEST, _children(), confirmed=True)


def test_each_period_is_compared_with_what_holds(tmp_path: Path) -> None:
    town = Town(tmp_path, RETURNS, pupils=None, absences=None)
    folder = town.folder

    def deliver(on: datetime.date, year: int, text: str, **flags: Any) -> ExtractReport:
        for path in folder.iterdir():
            path.unlink()
        (folder / f"children_{year}.csv").write_text(text)
        [report] = town.ingest(on, **flags)
        return report

    deliver(NEWEST, 2023, _children())
    deliver(NEWEST, 2022, _children())
    assert deliver(LATE, 2021, _children(1)).is_current  # another period: nothing is late
    # C1 is dead by the return of 2021 already, and C2 is by none.
    assert deliver(LATE, 2022, _children(1)).facts.lost_deaths == ()
    with pytest.raises(ConfirmationError, match="count for nothing"):
        deliver(FIRST, 2022, _children(2))


def test_a_death_whose_type_is_mapped_no_more_is_asked_for(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, FIRST, _children(1))
    death = next(line for line in CARE.splitlines() if "type: death" in line)
    town.declare(CARE.replace(death, death.replace("type: death", "type: died")))
    with pytest.raises(ConfirmationError, match="death"):
        _deliver(town, LATE, _children(1))
    town.declare(CARE[: CARE.index("    events:")])
    with pytest.raises(ConfirmationError, match="death"):
        _deliver(town, LATE, _children(1))
    assert _deliver(town, LATE, _children(1), withdraw=True).facts.rows.event == 0
    assert _deliver(town, NEWEST, _children(1)).is_new  # it is gone, and nobody is asked twice


def test_the_command_says_how_many_and_refuses_until_it_is_right(tmp_path: Path) -> None:
    town = _town(tmp_path, children=_children())
    places = ["--workspace", str(tmp_path / "w"), "--partnership", str(town.partnership.folder)]
    run = CliRunner().invoke
    assert run(app, ["hub", "ingest", str(town.folder), "--delivered-on", "2024-03-01", *places]).exit_code == 0
    town.deliver(pupils=None, absences=None, children=_children(*range(1, 13)))
    late = ["hub", "ingest", str(town.folder), "--delivered-on", "2024-02-01", *places]
    refused = run(app, late)
    assert isinstance(refused.exception, ConfirmationError)
    assert refused.exception.exit_code == 14
    assert "12 of 12" in refused.stderr
    [row] = json.loads(run(app, [*late, "--withdraw", "--json"]).stdout)
    assert [one["records"] for one in row["lost_deaths"]] == [12]


def test_a_delivery_that_is_taken_back_takes_no_death_with_it_unasked(tmp_path: Path) -> None:
    town = _town(tmp_path)
    _deliver(town, FIRST, _children(1))
    _deliver(town, NEWEST, _children(1, 2))
    newest = next(one for one in extracts.current_extracts(town.workspace))
    before = town.written()
    with pytest.raises(ConfirmationError, match=r"Deaths that no other delivery of care tells .*fewer than 10 of"):
        withdrawal.withdraw(town.workspace, newest.digest, by="ann", reasons="test")
    assert town.written() == before
    done = withdrawal.withdraw(town.workspace, newest.digest, by="ann", reasons="test", confirmed=True)
    assert done.deaths.records == 1
    assert _dead(town) == 1
    # The last one of a source takes all of them.
    first = next(one for one in extracts.current_extracts(town.workspace))
    with pytest.raises(ConfirmationError, match="looked at again"):
        withdrawal.withdraw(town.workspace, first.digest, by="ann", reasons="test")
