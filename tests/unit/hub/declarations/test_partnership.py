"""A partnership's three files agree with each other, or the message says where they do not."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.declarations import partnership
from hub.errors import ConfigurationError
from tests.factories.counties import County, gateway

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    County(tmp_path, {"school": True, "police": False})
    return tmp_path / "partnership"


def _change(folder: Path, name: str, change: Change) -> None:
    path = folder / f"{name}.yaml"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said, indent=1))


def test_a_whole_partnership_is_read(folder: Path) -> None:
    found = partnership.read(folder)
    assert (found.name, [source.name for source in found.sources]) == ("county", ["school", "police"])
    assert [one.name for one in found.gateways_of(found.source("police"))] == ["working_together"]
    assert not found.source("police").one_record_per_person


def _agency(said: dict[str, Any]) -> None:
    said["sources"][1]["agency"] = "councli"


def _gateway(said: dict[str, Any]) -> None:
    said["sources"][0]["gateways"] = ["working_togehter"]


def _party(said: dict[str, Any]) -> None:
    said["gateways"][0]["parties"].append("hospital")


def _twice(said: dict[str, Any]) -> None:
    said["gateways"].append(gateway())


def _reversed(said: dict[str, Any]) -> None:
    said["gateways"][0]["valid_to"] = "2017-01-01"


def _law(said: dict[str, Any]) -> None:
    said["gateways"][0]["law"] = "Magna Carta"


def _same_source(said: dict[str, Any]) -> None:
    said["sources"][1]["name"] = "school"


def _table(said: dict[str, Any]) -> None:
    said["sources"][0]["people"][0]["table"] = "pepole"


def _quorum(said: dict[str, Any]) -> None:
    said["panel"]["quorum"] = 9


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("sources", _agency, "sources.1.agency: there is no agency called councli. Did you mean council?"),
        ("sources", _gateway, "there is no gateway called working_togehter. Did you mean working_together?"),
        ("gateways", _party, "gateways.0.parties: there is no agency called hospital. Declare the agency"),
        ("gateways", _twice, "the gateway working_together is declared twice; rename one"),
        ("gateways", _reversed, "valid_to is before valid_from; correct one of the dates"),
        ("gateways", _law, "gateways.0.law: Input should be 'Children Act 1989 s17'"),
        ("sources", _same_source, "the source school is declared twice; rename one"),
        ("sources", _table, "the table pepole is neither a file nor derived; declare it"),
        ("partnership", _quorum, "there are fewer reviewers than the quorum; name more or lower it"),
    ],
)
def test_each_disagreement_names_file_line_and_remedy(folder: Path, name: str, change: Change, message: str) -> None:
    _change(folder, name, change)
    with pytest.raises(ConfigurationError) as refused:
        partnership.read(folder)
    path, line, _ = str(refused.value).split(":", 2)
    assert path == str(folder / f"{name}.yaml")
    assert int(line) >= 1
    assert message in str(refused.value)


def test_the_line_is_the_one_with_the_mistake(folder: Path) -> None:
    _change(folder, "sources", _agency)
    with pytest.raises(ConfigurationError) as refused:
        partnership.read(folder)
    line = int(str(refused.value).split(":", 2)[1])
    assert "councli" in (folder / "sources.yaml").read_text().splitlines()[line - 1]


@pytest.mark.parametrize("name", ["partnership.yaml", "gateways.yaml", "sources.yaml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ConfigurationError, match=f"{name}: no such file"):
        partnership.read(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere: no such folder\. Give --partnership"):
        partnership.read(tmp_path / "nowhere")


@pytest.mark.parametrize("law", ["PCSC Act 2022 s16", "PCSC Act 2022 s17", "Children Act 2004 s10", "consent"])
@pytest.mark.parametrize("sector", ["health", "social_care", "police", "local_authority"])
@pytest.mark.parametrize("level", ["person", "area"])
@pytest.mark.parametrize("of", ["agency", "source"])
def test_the_serious_violence_duty_lets_in_no_personal_data_of_health_or_social_care(
    folder: Path, law: str, sector: str, level: str, of: str
) -> None:
    def sectors(said: dict[str, Any]) -> None:
        said["agencies"][0]["sector"] = sector if of == "agency" else "police"

    def sources(said: dict[str, Any]) -> None:
        for source in said["sources"]:
            if of == "source":
                source["sector"] = sector
            if level == "area":
                for mapped in ("people", "events", "involvements"):
                    del source[mapped]

    _change(folder, "partnership", sectors)
    _change(folder, "sources", sources)
    _change(folder, "gateways", lambda said: said["gateways"][0].update(law=law))
    if not (law.startswith("PCSC") and sector in {"health", "social_care"} and level == "person"):
        assert partnership.read(folder)
        return
    with pytest.raises(ConfigurationError) as refused:
        partnership.read(folder)
    path, line, words = str(refused.value).split(":", 2)
    assert path == str(folder / "sources.yaml")
    assert "working_together" in (folder / "sources.yaml").read_text().splitlines()[int(line) - 1]
    for said in (
        f"Police, Crime, Sentencing and Courts Act 2022, {law[-3:]}",
        "Children Act 2004 s10 or s11",
        "Children Act 1989 s17 or s47",
        "Crime and Disorder Act 1998 s37 or s115",
        "consent, or vital interests",
    ):
        assert said in words


def _areas_only(said: dict[str, Any]) -> None:
    said["sources"][0]["level"] = "area"


@pytest.mark.parametrize("mapped", ["people", "events", "involvements"])
def test_a_source_for_areas_maps_nothing_about_people(folder: Path, mapped: str) -> None:
    def change(said: dict[str, Any]) -> None:
        _areas_only(said)
        for other in {"people", "events", "involvements"} - {mapped}:
            del said["sources"][0][other]

    _change(folder, "sources", change)
    with pytest.raises(
        ConfigurationError, match=rf"sources\.yaml:\d+: sources\.0: it is for areas only.*{mapped}.*A&E"
    ):
        partnership.read(folder)


@pytest.mark.parametrize(("levels", "is_refused"), [(["person"], True), (["area"], False), (["person", "area"], False)])
def test_a_source_for_areas_needs_a_gateway_for_areas(folder: Path, levels: list[str], is_refused: bool) -> None:
    def sources(said: dict[str, Any]) -> None:
        _areas_only(said)
        for mapped in ("people", "events", "involvements"):
            del said["sources"][0][mapped]
        said["sources"][0]["gateways"] = [f"gate_{level}" for level in levels]

    _change(folder, "sources", sources)
    gates = [gateway(name=f"gate_{level}", level=level) for level in levels]
    _change(folder, "gateways", lambda said: said["gateways"].extend(gates))
    if not is_refused:
        assert partnership.read(folder)
        return
    with pytest.raises(ConfigurationError, match=r"sources\.yaml:\d+: sources\.0\.gateways: .*for areas only"):
        partnership.read(folder)


def test_the_agency_that_runs_the_hub_is_one_of_the_agencies(folder: Path) -> None:
    _change(folder, "partnership", lambda said: said.update(hub="councli"))
    with pytest.raises(ConfigurationError, match=r"hub: there is no agency called councli\. Did you mean council\?"):
        partnership.read(folder)


@pytest.mark.parametrize("sector", [None, "secret_service"])
def test_every_agency_has_a_sector(folder: Path, sector: str | None) -> None:
    def change(said: dict[str, Any]) -> None:
        said["agencies"][0].pop("sector")
        if sector is not None:
            said["agencies"][0]["sector"] = sector

    _change(folder, "partnership", change)
    with pytest.raises(ConfigurationError, match=r"agencies\.0\.sector: "):
        partnership.read(folder)


def _with_ids(folder: Path, one: str, other: str) -> None:
    def change(said: dict[str, Any]) -> None:
        people = [{"id": "ana", "role": "analyst"}, {"id": "olga", "role": "owner"}, {"id": "uma", "role": "reviewer"}]
        people += [{"id": id_, "role": "reviewer"} for id_ in (one, other)]
        said["panel"] = {"quorum": 2, "people": [{"title": "Somebody", **person} for person in people]}

    _change(folder, "partnership", change)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("parent", "parent", "parent is named twice"),
        ("parent", "parent.", "taken for each other"),
        ("parent", "pa.r-e_nt", "taken for each other"),
        ("rosa", "r0sa", "taken for each other"),
        ("paul", "pau1", "taken for each other"),
        ("tom", "torn", "taken for each other"),
        ("ewa", "evva", "taken for each other"),
        ("dan", "clan", "taken for each other"),
        ("dan", "c1an", "taken for each other"),
        ("sam", "olga_", "taken for each other"),  # also across roles
        ("p\u0430rent", "parent", "use lower-case letters"),  # a Cyrillic letter
        ("\uff50arent", "parent", "use lower-case letters"),  # a letter of full width, which NFKC folds
        ("Parent", "parent", "use lower-case letters"),
        ("parent\u200b", "parent", "use lower-case letters"),
        ("parent\n", "parent", "parent is named twice"),
    ],
)
def test_ids_that_can_be_taken_for_each_other_are_refused(folder: Path, one: str, other: str, message: str) -> None:
    for first, second in ((one, other), (other, one)):
        _with_ids(folder, first, second)
        with pytest.raises(ConfigurationError, match=message):
            partnership.read(folder)


@pytest.mark.parametrize(
    ("one", "other"), [("parent", "parents"), ("rosa", "rose"), ("sam", "sara"), ("rev_a", "rev_b"), ("r2", "r3")]
)
def test_ids_that_are_told_apart_stand(folder: Path, one: str, other: str) -> None:
    _with_ids(folder, one, other)
    assert [person.id for person in partnership.read(folder).file.panel.people][-2:] == [one, other]


@pytest.mark.parametrize("practice", [False, True])
@pytest.mark.parametrize("generator", [{}, {"generator": "generator"}])
@pytest.mark.parametrize("declared", [False, True])
def test_the_day_of_use_is_today_but_in_a_workspace_with_the_mark_of_a_demonstration(
    folder: Path, declared: bool, generator: dict[str, str], practice: bool
) -> None:
    demonstration = {"use_case": "x", "delivered_on": "2025-01-06", **generator} if declared else None
    _change(folder, "partnership", lambda said: said.update(demonstration=demonstration))
    west = datetime.timezone(datetime.timedelta(hours=-5))
    now = datetime.datetime(2031, 5, 31, 22, tzinfo=west)
    day = "2025-01-06" if practice and declared else "2031-06-01"
    assert partnership.read(folder).day_of_use(now, practice=practice).isoformat() == day
