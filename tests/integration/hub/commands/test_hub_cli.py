"""The hub's commands: what people and scripts see, and how they fail."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.commands import cli
from hub.errors import GatewayError, InputError, IntegrityError, NotFoundError, SentinelError
from hub.rebuilding import verification
from service.commands.cli import app
from tests.factories.counties import County, gateway
from tests.factories.identity import identity_row

Run = Callable[..., Result]


@pytest.fixture
def county(tmp_path: Path) -> County:
    return County(tmp_path, {"school": True, "police": False})


@pytest.fixture
def run(county: County) -> Run:
    """Run a command in a workspace whose folder for this partnership is the county's."""

    def call(*arguments: str) -> Result:
        place = ["--workspace", str(county.root), "--partnership", str(county.root / "partnership")]
        return CliRunner().invoke(app, ["hub", *arguments, *place])

    county.workspace.root.rename(county.root / "county")
    county.workspace = type(county.workspace)(county.root / "county")
    return call


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _deliver(county: County, run: Run) -> None:
    same = {"given_name": "Zaphodine", "family_name": "Hill", "address": "1 Mill Rd", "postcode": "PR1 1AA"}
    county.deliver(
        [identity_row("school", "1", **same), identity_row("police", "1", **same), identity_row("police", "2")],
        ingested=False,
    )
    found = _json(run("ingest", str(county.root / "delivery-2024-06-30"), "--delivered-on", "2024-06-30", "--json"))
    assert [(row["source"], row["people"]) for row in found] == [("school", 1), ("police", 2)]


def test_from_a_delivery_to_a_verified_snapshot(county: County, run: Run) -> None:
    _deliver(county, run)
    held = _json(run("extracts", "--json"))
    assert [(row["source"], row["holds_now"]) for row in held] == [("police", "yes"), ("school", "yes")]
    assert _json(run("quarantine", "--json")) == []
    truth = county.root / "truth.csv"
    truth.write_text("source,source_person_id,true_person\nschool,1,T1\npolice,1,T1\npolice,2,T2\n")
    report = _json(run("link", "--truth", str(truth), "--json"))
    assert (report["records"], report["people"]) == (3, 2)
    withheld = {"withheld": "withheld"}
    assert report["changes"] == {"new": withheld, "kept": withheld, "merged": 0, "split": 0}
    assert report["quality"]["recall"]["n"] == 1
    text = run("link").output
    assert "person ids" in text
    assert "not computed (n 0: no truth was given)" in text
    assert _json(run("people", "--json")) == [{"records": "any number", "people": {"withheld": "fewer than 10"}}]
    published = _json(run("publish", "--json"))
    assert published["rows"]["person"] == report["people"]
    assert "Snapshot" in run("publish").output
    [snapshot] = _json(run("snapshots", "--json"))
    assert (snapshot["snapshot"], snapshot["current"]) == (published["snapshot"], "yes")
    found = _json(run("verify", "--json"))
    assert {row["kind"] for row in found} == {"extract", "snapshot", "person map"}
    assert {row["state"] for row in found} == {verification.WHOLE}
    assert len(_json(run("verify", published["snapshot"][:10], "--json"))) == 1
    assert [row["source"] for row in _json(run("gateways", "--json"))] == ["school", "police"]
    for command in ("extracts", "quarantine", "people", "snapshots", "verify", "gateways"):
        shown = run(command)
        assert shown.exit_code == 0
        assert "zaphod" not in shown.output.lower()


def test_publish_names_a_source_whose_gateway_ended_on_standard_error_and_in_json(county: County, run: Run) -> None:
    _deliver(county, run)
    assert run("link").exit_code == 0
    county.declare(split=gateway(name="police_duty", valid_to="2024-12-31", owner="Chief superintendent"))
    result = run("publish", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)["sources_left_out"]
    assert list(said) == ["police"]
    for words in ("police", "police_duty", "2024-12-31", "Chief superintendent", "gateways.yaml"):
        assert words in result.stderr.replace("\n", " "), words
        assert words == "police" or words in said["police"]
    refused = run("publish", "--purpose", "early_help")
    assert isinstance(refused.exception, GatewayError)
    assert "The source police" in refused.exception.message


def test_verify_names_what_has_changed(county: County, run: Run) -> None:
    _deliver(county, run)
    assert run("link").exit_code == 0
    assert run("publish").exit_code == 0
    for which in ("extracts", "snapshots", "identity/records", "identity/persons"):
        path = sorted((county.workspace.root / which).rglob("*.parquet"))[0]
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        result = run("verify")
        assert isinstance(result.exception, IntegrityError), which
        assert re.match(r"1 of 4 artefacts are not what was published, first the ", result.exception.message)
        assert result.output.count("whole") == 3
        path.write_bytes(whole)
    assert run("verify").exit_code == 0


def test_a_listing_of_nothing_says_what_to_do(run: Run) -> None:
    for command, remedy in (("extracts", "hub ingest"), ("snapshots", "hub publish"), ("verify", "nothing to check")):
        result = run(command)
        assert result.exit_code == 0
        assert remedy in result.output
        assert _json(run(command, "--json")) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["link"], NotFoundError),
        (["people"], NotFoundError),
        (["publish"], NotFoundError),
        (["verify", "abcdef"], NotFoundError),
        (["ingest", "nowhere", "--delivered-on", "2024-06-30"], InputError),
        (["ingest", ".", "--delivered-on", "2001-01-01"], GatewayError),
    ],
)
def test_an_expected_error_is_a_refusal_with_a_remedy(
    run: Run, arguments: list[str], error: type[SentinelError]
) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    assert result.exception.remedy


@pytest.mark.parametrize(
    "arguments", [["ingest", ".", "--delivered-on", "30/06/2024"], ["ingest"], ["link", "--threshold", "0.2"]]
)
def test_a_wrong_flag_is_a_usage_error(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_every_command_takes_where_it_works_and_every_listing_json() -> None:
    for command in cli.app.registered_commands:
        assert command.callback is not None
        names = set(command.callback.__annotations__)
        assert {"workspace", "partnership", "as_json"} <= names, command.name
        assert command.callback.__doc__
