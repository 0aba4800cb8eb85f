"""Deliveries that are not what they should be: an optional file is missing, much goes, a wrong one is taken back."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hub.declarations.partnership import Partnership
from hub.erasing import erasure, lookup, withdrawal
from hub.errors import ConfigurationError, NotFoundError, StateError
from hub.intake.confirmations import ConfirmationError, Question
from hub.ledger import publications
from hub.ledger.store import open_store
from hub.linking import linkage
from hub.publishing import publish
from hub.staging import extracts
from hub.staging.extract_reports import ExtractReport
from service.commands.cli import app
from tests.factories.deliveries import PARTNERSHIP, SECRET, Town

CARE = """
sources:
  - name: care
    title: Children in care
    agency: council
    gateways: [duty]
    files:
      - name: children
        file: children.csv
        columns: {id: {required: true}, name: {}, born: {type: date}, sex: {}}
      - name: leavers
        file: leavers.csv
        optional: true
        columns: {id: {required: true}, died: {type: date}, team: {}}
    derived:
      - name: deaths
        sql: SELECT id, died FROM leavers WHERE died IS NOT NULL
    people: [{table: children, id: id, family_name: name, date_of_birth: born, sex: sex}]
    events:
      - {type: death, table: deaths, person: id, occurred_on: died}
      - {type: joined, table: children, person: id, occurred_on: born + 1000}
    involvements:
      - {table: leavers, person: id, team: team, valid_from: "DATE '2023-01-01'"}
"""
CHILDREN = "id,name,born,sex\n" + "".join(f"C{number},Child{number},2010-01-{number:02},F\n" for number in range(1, 21))
LEAVERS = "id,died,team\n" + "".join(
    f"C{number},{f'2023-05-{number:02}' if number < 11 else ''},Care\n" for number in range(1, 16)
)


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _care(tmp_path: Path) -> Town:
    return Town(tmp_path, CARE, pupils=None, absences=None, children=CHILDREN, leavers=LEAVERS)


def _deaths(town: Town, report: ExtractReport) -> int:
    return sum(row["event_type"] == "death" and row["known_to"] is None for row in town.staged(report))


def test_an_absent_optional_file_withdraws_nothing(tmp_path: Path) -> None:
    town = _care(tmp_path)
    first = town.one(_day("2024-01-01"))
    (town.folder / "leavers.csv").unlink()
    second = town.one(_day("2024-02-01"))
    assert _deaths(town, first) == _deaths(town, second) == 10
    assert len(town.staged(second, "involvement")) == 15
    assert second.extract.artefact.facts["untold"] == ["events.0", "involvements.0"]
    assert second.extract.artefact.facts["taken_away"] == []
    town.deliver(pupils=None, absences=None, leavers=LEAVERS)
    third = town.one(_day("2024-03-01"))
    assert _deaths(town, third) == 10
    assert {row["known_from"] for row in town.staged(third) if row["event_type"] == "death"} == {_day("2024-01-01")}
    assert third.extract.artefact.facts["known_from"]["backdated"] == 0


def test_a_whole_delivery_means_what_it_lacks_and_is_asked_for(tmp_path: Path) -> None:
    town = _care(tmp_path)
    first = town.one(_day("2024-01-01"))
    (town.folder / "leavers.csv").write_text("id,died,team\nC1,2023-05-01,Care\n")
    before = town.written()
    with pytest.raises(ConfirmationError, match=r"death \(fewer than 10 of 10\)") as raised:
        town.one(_day("2024-02-01"))
    assert "--withdraw" in raised.value.remedy
    assert town.written() == before
    [second] = town.ingest(_day("2024-02-01"), withdraw=True)
    assert (_deaths(town, first), _deaths(town, second)) == (10, 1)
    kinds = {
        one["kind"]: (one["records"], one["of"], one["must_be_agreed"])
        for one in second.extract.artefact.facts["taken_away"]
    }
    assert kinds == {"death": ({"withheld": "fewer than 10"}, 10, True), "involvements": (14, 15, True)}
    (town.folder / "leavers.csv").unlink()
    with pytest.raises(ConfirmationError, match="death"):
        town.ingest(_day("2024-03-01"), whole=True)
    [third] = town.ingest(_day("2024-03-01"), whole=True, withdraw=True)
    assert _deaths(town, third) == 0
    assert town.staged(third, "involvement") == []


def test_whoever_is_asked_may_agree(tmp_path: Path) -> None:
    town = _care(tmp_path)
    town.one(_day("2024-01-01"))
    (town.folder / "leavers.csv").write_text("id,died,team\nC1,2023-05-01,Care\n")
    asked: list[str] = []

    def agree(questions: Sequence[Question]) -> bool:
        asked.extend(one.plain for one in questions)
        return bool(questions)

    [report] = town.ingest(_day("2024-02-01"), ask=agree)
    assert report.is_new
    assert len(asked) == 1


def test_children_who_are_listed_no_more_are_counted_by_group(tmp_path: Path) -> None:
    town = _care(tmp_path)
    town.one(_day("2024-01-01"))
    town.deliver(pupils=None, absences=None, children="\n".join(CHILDREN.splitlines()[:9]) + "\n", leavers=LEAVERS)
    with pytest.raises(ConfirmationError, match=r"people \(12 of 20\)"):
        town.one(_day("2024-02-01"))


def test_the_death_of_a_child_who_is_listed_no_more_is_asked_for(tmp_path: Path) -> None:
    # One of twenty people is not much, but a death is, however it would go.
    town = _care(tmp_path)
    town.one(_day("2024-01-01"))
    without = "".join(line for line in CHILDREN.splitlines(keepends=True) if not line.startswith("C3,"))
    town.deliver(pupils=None, absences=None, children=without, leavers=LEAVERS.replace("C3,2023-05-03,Care\n", ""))
    with pytest.raises(ConfirmationError, match="death"):
        town.one(_day("2024-02-01"))
    assert town.ingest(_day("2024-02-01"), withdraw=True)[0].is_new


def test_rows_about_people_who_are_not_listed_are_said_when_they_are_many(tmp_path: Path) -> None:
    town = _care(tmp_path)
    town.deliver(
        pupils=None, absences=None, children=CHILDREN, leavers=LEAVERS.replace("C", "'C").replace("'Care", "Care")
    )
    report = town.one(_day("2024-01-01"))
    said = {one["notice"]: one for one in report.extract.artefact.facts["notices"]}
    assert said["identifier_not_listed"]["count"] >= 10
    assert "apostrophe" in said["identifier_not_listed"]["remedy"]


def test_a_day_of_delivery_to_come_is_refused_unless_confirmed(tmp_path: Path) -> None:
    town = _care(tmp_path)
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    with pytest.raises(ConfirmationError, match="has not come yet"):
        town.one(tomorrow)
    assert town.ingest(tomorrow, confirmed=True)[0].is_new


def test_a_wrong_delivery_is_taken_back(tmp_path: Path) -> None:
    town = _care(tmp_path)
    right = town.one(_day("2024-01-01"))
    linkage.link(town.workspace, town.partnership)
    good = publish.publish(town.workspace, town.partnership)
    town.deliver(pupils=None, absences=None, children=CHILDREN.replace("Child", "Wrong"), leavers=LEAVERS)
    wrong = town.one(_day("2024-02-01"))
    linkage.link(town.workspace, town.partnership)
    bad = publish.publish(town.workspace, town.partnership)
    with pytest.raises(StateError, match="has taken over"):
        withdrawal.withdraw(town.workspace, right.digest, by="ann", reasons="test")
    done = withdrawal.withdraw(town.workspace, wrong.digest[:10], by="ann", reasons="another authority's")
    assert (done.extract.digest, done.snapshots, done.current) == (wrong.digest, (bad.digest,), True)
    assert done.instead is not None
    assert done.instead.digest == right.digest
    assert [one.digest for one in extracts.current_extracts(town.workspace)] == [right.digest]
    assert wrong.extract.path.is_dir()
    with pytest.raises(StateError, match="was withdrawn before"):
        withdrawal.withdraw(town.workspace, wrong.digest, by="ann", reasons="test")
    linkage.link(town.workspace, town.partnership)
    again = publish.publish(town.workspace, town.partnership)
    assert pq.read_table(again.path("event")).equals(pq.read_table(good.path("event")))
    with pytest.raises(ConfirmationError, match="was withdrawn before"):
        town.one(_day("2024-02-01"))
    [back] = town.ingest(_day("2024-02-01"), confirmed=True)
    assert (back.is_new, back.is_current, back.digest) == (True, True, wrong.digest)
    assert publications.read(town.workspace).withdrawn == frozenset()
    with pytest.raises(NotFoundError):
        withdrawal.withdraw(town.workspace, "abcd", by="ann", reasons="test")


def test_withdrawing_the_only_delivery_leaves_the_source_out(tmp_path: Path) -> None:
    town = _care(tmp_path)
    only = town.one(_day("2024-01-01"))
    with pytest.raises(ConfirmationError, match="10 of 10"):
        withdrawal.withdraw(town.workspace, only.digest, by="ann", reasons="test")
    done = withdrawal.withdraw(town.workspace, only.digest, by="ann", reasons="test", confirmed=True)
    assert done.deaths.records == 10
    assert (done.instead, done.snapshots, done.current) == (None, (), False)
    with pytest.raises(NotFoundError, match="No extract was ingested"):
        linkage.link(town.workspace, town.partnership)


def _two(scope: str, second_agency: str) -> str:
    def one(name: str, agency: str) -> str:
        return f"""
  - name: {name}
    title: Records of {name}
    agency: {agency}
    gateways: [duty]
    files: [{{name: {name}, file: {name}.csv, columns: {{id: {{required: true}}, born: {{type: date}}, sex: {{}}}}}}]
    people: [{{table: {name}, id: id, date_of_birth: born, sex: sex{scope}}}]"""

    return "sources:" + one("lists", "council") + one("returns", second_agency) + "\n"


ROWS = "id,born,sex\n" + "".join(
    f"{4000 + 7 * one},20{10 + one % 8}-0{1 + one % 9}-1{one % 10},F\n" for one in range(54)
)


@pytest.mark.parametrize(
    ("scope", "agency", "kinds", "shared"),
    [
        (", id_kind: child_id, id_scope: agency", "council", {"council:child_id"}, True),
        (", id_kind: child_id, id_scope: agency", "police", {"council:child_id", "police:child_id"}, False),
        (", id_kind: child_id, id_scope: national", "police", {"child_id"}, True),
        ("", "council", set(), False),
        (", identifiers: {case: id}, scopes: {case: source}", "council", {"lists.case", "returns.case"}, False),
        (", identifiers: {case: id}, scopes: {case: agency}", "council", {"council:case"}, True),
        (", identifiers: {case: id}", "police", {"case"}, True),
    ],
)
def test_an_identifier_joins_within_its_scope_alone(
    tmp_path: Path, scope: str, agency: str, kinds: set[str], shared: bool
) -> None:
    town = Town(tmp_path, _two(scope, agency), pupils=None, absences=None, lists=ROWS, returns=ROWS)
    reports = town.ingest()
    found = {kind for report in reports for row in town.identity(report) for kind, _ in row["identifiers"]}
    assert found == kinds
    report = linkage.link(town.workspace, town.partnership)
    assert (report.records - report.people == 54) == shared
    assert report.unlinked == ({} if shared else {"lists": 54, "returns": 54})


@pytest.mark.parametrize(("agency", "kept_out"), [("council", 1), ("police", 0)])
def test_an_erased_number_stays_out_within_its_scope_alone(tmp_path: Path, agency: str, kept_out: int) -> None:
    sources = _two(", id_kind: child_id, id_scope: agency", agency)
    town = Town(tmp_path, sources, pupils=None, absences=None, lists=ROWS)
    town.ingest(sources=["lists"])
    subject = erasure.find(town.workspace, source="lists", own_id="4000")
    erasure.erase(town.workspace, subject, on=_day("2025-02-01"), reference="test")
    town.deliver(pupils=None, absences=None, lists=ROWS, returns=ROWS)
    lists, returns = town.ingest(_day("2025-03-01"))
    assert (lists.extract.artefact.facts["people"], returns.extract.artefact.facts["people"]) == (53, 54 - kept_out)
    assert returns.extract.artefact.facts["erased"]["people"] == kept_out


def test_a_clerk_finds_a_person_and_the_look_is_recorded(tmp_path: Path) -> None:
    town = Town(tmp_path)
    clerk = PARTNERSHIP + "    - {id: eve, title: Clerk, role: clerk}\n"
    (tmp_path / "partnership" / "partnership.yaml").write_text(clerk)
    town.partnership = Partnership(
        town.partnership.folder, type(town.partnership.file).model_validate(_yaml(clerk)), town.partnership.gateways,
        town.partnership.sources,
    )  # fmt: skip
    town.one()
    linkage.link(town.workspace, town.partnership)
    found = lookup.who(town.workspace, town.partnership, source="school", own_id="P1", by="eve")
    assert len(found.person_ids) == 1
    assert found.rows() == [
        {"source": "school", "given name": "not recorded", "family name": "Z… (12 letters)", "rows": 1}
    ]
    with pytest.raises(NotFoundError):
        lookup.who(town.workspace, town.partnership, source="school", own_id="nobody", by="eve")
    with pytest.raises(StateError, match="is no clerk"):
        lookup.who(town.workspace, town.partnership, source="school", own_id="P1", by="ann")
    with pytest.raises(ConfigurationError, match="There is: school"):
        lookup.who(town.workspace, town.partnership, source="scool", own_id="P1", by="eve")
    with open_store(town.workspace) as store:
        entries = publications.read_from(store).chain.catch_up(store).entries(lookup.KIND)
    assert [(one.actor, one.read_facts()["found"]) for one in entries] == [("eve", True), ("eve", False)]
    assert not any(text in one.facts for one in entries for text in ("P1", "nobody", found.person_ids[0], SECRET))


def _yaml(text: str) -> object:
    import yaml

    return yaml.safe_load(text)


def test_the_commands_say_what_goes_and_what_came(tmp_path: Path) -> None:
    town = _care(tmp_path)
    places = ["--workspace", str(tmp_path / "w"), "--partnership", str(town.partnership.folder)]
    run = CliRunner().invoke
    assert run(app, ["hub", "ingest", str(town.folder), "--delivered-on", "2024-01-01", *places]).exit_code == 0
    (town.folder / "leavers.csv").write_text("id,died,team\nC1,2023-05-01,Care\n")
    again = ["hub", "ingest", str(town.folder), "--delivered-on", "2024-02-01", *places]
    refused = run(app, again)
    assert isinstance(refused.exception, ConfirmationError)
    assert "death" in refused.stderr
    assert "sex: female" in refused.stderr
    taken = json.loads(run(app, [*again, "--withdraw", "--json"]).stdout)
    assert [one["kind"] for one in taken[0]["taken_away"]] == ["death", "involvements"]
    listed = json.loads(run(app, ["hub", "extracts", "--json", *places]).stdout)
    assert [(one["holds_now"], one["period"], one["rules"]) for one in listed] == [("no", "", {}), ("yes", "", {})]
    digest = listed[1]["extract"]
    back = ["hub", "withdraw-delivery", digest[:12], "--as", "ann", "--reasons", "wrong", *places]
    assert isinstance(run(app, [*back[:5], *places]).exception, SystemExit)
    said = run(app, back)
    assert said.exit_code == 0
    assert "holds again" in said.stdout
    assert "No published snapshot" in said.stdout
    listed = json.loads(run(app, ["hub", "extracts", "--json", *places]).stdout)
    assert [one["holds_now"] for one in listed] == ["yes", "withdrawn"]
    verified = run(app, ["ledger", "verify", *places])
    assert verified.exit_code == 0, verified.exception


TWO_RHYTHMS = """
sources:
  - name: returns
    title: Yearly returns
    agency: council
    gateways: [duty]
    each_delivery: period
    period: '^returns_([0-9-]+)[.]'
    period_ends: 03-31
    files: [{name: returns, file: "returns_*.csv", columns: {id: {required: true}, day: {type: date}}}]
    people: [{table: returns, id: id}]
    events: [{type: moved, table: returns, person: id, occurred_on: day}]
  - name: contacts
    title: Contacts with the police
    agency: police
    gateways: [duty]
    recording_delay_days: 14
    files: [{name: contacts, file: contacts.csv, columns: {id: {required: true}, day: {type: date}}}]
    people: [{table: contacts, id: id}]
    events: [{type: contact, table: contacts, person: id, occurred_on: day}]
"""


def test_each_source_says_in_the_snapshot_of_which_days_it_has_told(tmp_path: Path) -> None:
    town = Town(tmp_path, TWO_RHYTHMS, pupils=None, absences=None, contacts="id,day\nA,2022-06-30\n")
    for name, day in (("2018-19", "2018-07-01"), ("2021", "2020-07-01")):
        (town.folder / f"returns_{name}.csv").write_text(f"id,day\nA,{day}\nB,{day}\n")
    town.ingest(_day("2022-07-01"))
    linkage.link(town.workspace, town.partnership)
    snapshot = publish.publish(town.workspace, town.partnership)
    assert snapshot.known_to == _day("2022-07-01")
    assert snapshot.reported("returns").as_json() == [["2018-04-01", "2019-04-01"], ["2020-04-01", "2021-04-01"]]
    assert snapshot.reported("contacts").as_json() == [[None, "2022-06-17"]]
    assert snapshot.reported_of(["moved", "contact"]).last == _day("2021-03-31")
    assert snapshot.reported_of(["never heard of"]).spans == ()


def test_content_of_another_year_than_the_name_is_confirmed(tmp_path: Path) -> None:
    town = Town(tmp_path, TWO_RHYTHMS, pupils=None, absences=None, contacts="id,day\nA,2022-06-30\n")
    (town.folder / "returns_2021.csv").write_text("id,day\nA,2016-07-01\nB,2016-08-01\n")
    with pytest.raises(ConfirmationError, match="the newest is of August 2016"):
        town.ingest(_day("2022-07-01"))
    assert len(town.ingest(_day("2022-07-01"), confirmed=True)) == 2


def test_what_the_name_of_a_file_dates_does_not_speak_for_the_name(tmp_path: Path) -> None:
    moved = "events: [{type: moved"
    counted = "events: [{type: counted, table: returns, person: id, occurred_on: \"DATE '2021-03-31'\"}, {type: moved"
    declared = TWO_RHYTHMS.replace(moved, counted, 1)
    assert declared != TWO_RHYTHMS
    town = Town(tmp_path, declared, pupils=None, absences=None, contacts="id,day\nA,2022-06-30\n")
    (town.folder / "returns_2021.csv").write_text("id,day\nA,2016-07-01\nB,2016-08-01\n")
    with pytest.raises(ConfirmationError, match="the newest is of August 2016"):
        town.ingest(_day("2022-07-01"))
