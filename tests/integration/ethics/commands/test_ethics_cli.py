"""The commands `sentinel ethics` and `sentinel ledger`, from the first draft to the withdrawal."""

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ethics.acts.decisions import valid_decision
from ethics.commands import cli, ledger_cli
from ethics.errors import NotAllowedError, NotApprovedError, WithdrawnError
from ethics.rules.workflow import MOVES
from hub.errors import ConfigurationError, InputError, LedgerError, NotFoundError, SentinelError, StateError
from hub.ledger import ledger
from hub.ledger.subjects import Subjects
from tests.factories.ethics import PURPOSE, WORDS, Desk, desk, unprotected

app = typer.Typer()
app.add_typer(cli.app, name="ethics")
app.add_typer(ledger_cli.app, name="ledger")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a desk that the environment names, as for an operator."""
    found = desk(tmp_path)
    monkeypatch.setenv("SENTINEL_WORKSPACE", str(found.workspace.root.parent))
    monkeypatch.setenv("SENTINEL_PARTNERSHIP", str(found.folder))
    monkeypatch.setenv("SENTINEL_ANCHOR", str(found.workspace.anchor))
    return found


def run(*arguments: str) -> str:
    """Run a command and return what it prints."""
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None:
        raise result.exception
    return result.output


def run_json(*arguments: str) -> Any:
    """Run a command with --json and return what it says."""
    return json.loads(run(*arguments, "--json"))


def end() -> str:
    """Return a day that is a fair end of an approval made now."""
    return str(datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30))


def to_recommended(made: Desk) -> str:
    """Bring a proposal to the owner's desk by commands, and return its number."""
    number = str(
        run_json("ethics", "propose", "--bundle", made.bundle[:12], "--audit", made.audit, "--as", "ana")["proposal"]
    )
    assert "15 sections of proposal 5 answered" in run("ethics", "canvas", "load", number, "--as", "ana")
    assert "submitted" in run("ethics", "submit", number, "--as", "ana")
    assert "under review" in run("ethics", "review", number, "--as", "rita")
    for who, verdict in (("rita", "support"), ("sam", "support_with_conditions")):
        said = run("ethics", "recommend", number, "--verdict", verdict, "--words", WORDS, "--as", who)
    assert "Proposal 5 is recommended; next: the accountable owner" in said
    return number


def test_from_the_draft_to_the_withdrawal(made: Desk) -> None:
    number = to_recommended(made)
    condition = "Families are told; in writing; Early help lead; " + end()
    said = run(
        "ethics", "decide", number, "--outcome", "approved", "--reasons", WORDS,
        "--expires-on", end(), "--condition", condition, "--as", "olga",
    )  # fmt: skip
    assert f"proposal {number} is approved. It holds until {end()} begins (UTC)." in said
    now = datetime.datetime.now(datetime.UTC)
    found = valid_decision(made.store, purpose=PURPOSE, at=now)
    assert found.conditions[0].words == "Families are told; in writing"
    assert "Nothing is scored with it from now on" in run(
        "ethics", "withdraw", number, "--reasons", WORDS, "--as", "uma"
    )
    with pytest.raises(WithdrawnError):
        valid_decision(made.store, purpose=PURPOSE, at=now)
    [line] = run_json("ethics", "list")
    assert (line["state"], line["acts_next"]) == ("withdrawn", "nobody: it is closed and kept as the record")


def test_showing_a_proposal_in_words_and_as_json(made: Desk) -> None:
    number = to_recommended(made)
    text = run("ethics", "show", number, "--as", "olga")
    unfolded = " ".join(text.split())
    for expected in (
        "State      recommended (round 1)",
        "Acts next  the accountable owner",
        "Your moves approve, decline, return",
        made.bundle,
        made.audit,
        made.snapshot,
        "Data sources: Which data is used",
        "For the section on data sources we asked families",
        "Recommendations: 2 of 2",
        "sam, ",
        "support with conditions",
    ):
        assert expected in text
    assert "What is known to be unfair or wrong in it: a referral is a service's act." in unfolded
    assert "Headline outcome: Children safe from abuse and exploitation" in unfolded
    said = run_json("ethics", "show", number)
    assert said["digests"]["bundle"] == made.bundle
    assert len(said["canvas"]) == 15
    assert "open_to_you" not in said


def test_the_canvas_alone_and_that_of_a_proposal(made: Desk) -> None:
    assert [row["section"] for row in run_json("ethics", "canvas", "show")][:2] == [
        "data_sources",
        "rights_around_data_sources",
    ]
    number = made.draft()
    assert {row["answer"] for row in run_json("ethics", "canvas", "show", str(number))} == {None}
    assert "Who decides that it happened: a social work manager." in run("ethics", "canvas", "show", str(number))


def test_loading_a_canvas_with_gaps_names_them(made: Desk, tmp_path: Path) -> None:
    number = str(made.draft())
    file = tmp_path / "some.yaml"
    file.write_text(f"sections:\n  data_sources: {WORDS}\n  your_actions: TBC\n", encoding="utf-8")
    said = run("ethics", "canvas", "load", number, "--file", str(file), "--as", "ana")
    assert "2 sections of proposal 5 answered" in said
    assert "Still needed: Your actions (" in said
    assert said.count("Still needed") == 14
    file.write_text("sections:\n  data_sauces: x\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"some\.yaml:2: sections\.data_sauces"):
        run("ethics", "canvas", "load", number, "--file", str(file), "--as", "ana")


def test_the_table_of_states(made: Desk) -> None:
    rows = run_json("ethics", "states")
    assert len(rows) == len(MOVES)
    assert {row["from"] for row in rows} == {"draft", "submitted", "under review", "recommended", "approved"}
    assert "recommended" in run("ethics", "states")
    assert made.store is not None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("decide", "5", "--outcome", "approved", "--reasons", WORDS, "--as", "ana"), NotAllowedError, "for the owner"),
        (("decide", "5", "--outcome", "approved", "--reasons", WORDS, "--as", "olga"), InputError, "--expires-on"),
        (("decide", "5", "--outcome", "declined", "--reasons", "no", "--as", "olga"), InputError, "at least 3 words"),
        (
            ("decide", "5", "--outcome", "approved", "--reasons", WORDS, "--condition", "Do it; soon", "--as", "olga"),
            InputError,
            "three parts",
        ),
        (("submit", "5", "--as", "ana"), StateError, "The proposal is recommended"),
        (("show", "99"), SentinelError, "There is no proposal 99"),
    ],
)
def test_refusals_are_one_clear_line(
    made: Desk, arguments: tuple[str, ...], error: type[SentinelError], message: str
) -> None:
    made.recommended()
    with pytest.raises(error) as caught:
        run("ethics", *arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_verifying_the_ledger_before_and_after_one_edited_row(made: Desk) -> None:
    made.approved()
    said = run("ledger", "verify")
    assert "12 rows; the chain holds, its anchor agrees, and every row of the record agrees with its entry." in said
    assert f"Anchor: {made.workspace.anchor}" in said
    assert "It cannot show who wrote an entry" in said
    head = run_json("ledger", "verify")["head"]
    assert run_json("ledger", "verify", "--noted", head)["holds"] is True
    with pytest.raises(LedgerError, match="rewritten"):
        run("ledger", "verify", "--noted", "f" * 64)
    unprotected(made.store, "UPDATE ledger_entry SET actor = 'paul' WHERE seq = 9")
    with pytest.raises(LedgerError, match="does not hold at row 9: it was changed") as caught:
        run("ledger", "verify")
    assert caught.value.exit_code == 5
    result = CliRunner().invoke(app, ["ledger", "verify", "--json"])
    assert result.exit_code == 5
    assert json.loads(result.output)["broken"] == 9


def test_listing_the_ledger(made: Desk) -> None:
    made.approved()
    rows = run_json("ledger", "list")
    assert [row["row"] for row in rows] == list(range(1, 13))
    assert rows[-1]["facts"]["bundle"] == made.bundle
    assert [row["row"] for row in run_json("ledger", "list", "--kind", "recommendation", "--last", "1")] == [10]
    assert "There are no such rows." in run("ledger", "list", "--kind", "score")
    assert "decision" in run("ledger", "list")


def test_listing_what_is_about_a_person(made: Desk) -> None:
    subjects = Subjects.open(made.workspace)
    with made.store.writing() as session:
        for person in ("p1", "p2", "p1"):
            facts = {"person": subjects.name(person)}
            ledger.append(session, kind="score", actor="local", facts=facts, at=made.clock())
    assert [row["row"] for row in run_json("ledger", "list", "--person", "p1")] == [5, 7]
    assert [row["row"] for row in run_json("ledger", "list", "--person", "p1", "--last", "1")] == [7]
    assert run_json("ledger", "list", "--person", "p3") == []
    assert "p1" not in run("ledger", "list", "--json")


def test_the_owner_takes_up_a_ledger_that_lost_its_anchor(made: Desk) -> None:
    number = made.approved()
    made.workspace.anchor.unlink()
    with pytest.raises(LedgerError, match="12 entries and no anchor"):
        run("ledger", "verify")
    with pytest.raises(LedgerError, match="12 entries and no anchor"):
        run("ethics", "withdraw", str(number), "--reasons", WORDS, "--as", "olga")
    for who, error in (("ana", NotAllowedError), ("rita", NotAllowedError), ("zoe", SentinelError)):
        with pytest.raises(error):
            run("ledger", "resume", "--reasons", WORDS, "--as", who)
    with pytest.raises(InputError, match="at least 3 words"):
        run("ledger", "resume", "--reasons", "lost", "--as", "olga")
    assert "goes on with entry 13" in run("ledger", "resume", "--reasons", WORDS, "--as", "olga")
    assert "13 rows; the chain holds" in run("ledger", "verify")
    with pytest.raises(NotApprovedError, match="before the ledger had to be taken up again"):
        valid_decision(made.store, purpose=PURPOSE, at=datetime.datetime.now(datetime.UTC))


def test_looking_at_a_ledger_that_is_not_there_makes_none(made: Desk) -> None:
    made.store.close()
    database = made.workspace.ethics / "ethics.db"
    database.unlink()
    for command in ("verify", "list"):
        with pytest.raises(LedgerError, match="The ledger is gone"):
            run("ledger", command)
    made.workspace.anchor.unlink()
    for command in ("verify", "list"):
        with pytest.raises(NotFoundError, match="There is no ledger in this workspace yet"):
            run("ledger", command)
    assert not database.exists()


def test_a_listing_of_nothing(made: Desk) -> None:
    assert run_json("ethics", "list") == []
    assert "There are no proposals yet." in run("ethics", "list")
    assert made.store is not None


def test_asking_for_help_brings_no_heavy_library_and_no_database() -> None:
    heavy = {"lightgbm", "shap", "mlflow", "splink", "sklearn", "matplotlib", "pandas", "sqlalchemy", "alembic"}
    code = f"import sys, ethics.commands.cli, ethics.commands.ledger_cli; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_command_and_option_has_its_help() -> None:
    from typer.main import get_command

    def walk(command: Any) -> None:
        assert command.help, command.name
        for parameter in command.params:
            assert getattr(parameter, "help", None) or parameter.name == "help", (command.name, parameter.name)
        for inner in getattr(command, "commands", {}).values():
            walk(inner)

    for group in (cli.app, ledger_cli.app):
        walk(get_command(group))
