"""The whole journey on generated children, through the command line, a real server and a real MLflow project run."""

import json
import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from features.declarations import catalogue
from features.online.vector import open_source
from features.rows import unpublished
from features.rows.feature_sets import open_feature_set
from hub.declarations import partnership
from hub.publishing.snapshots import open_snapshot
from hub.workspace import Workspace
from tests.factories import commands
from tests.factories.streams import frame_differences
from tests.oracles import told

ROOT = Path(__file__).parents[2]
PROVE = pytest.mark.prove  # MLflow's own seconds for every entry point; one of them always


def sentinel(*words: str, workspace: Path, code: int = 0) -> str:
    """Run `sentinel` and return what it printed."""
    done = commands.run(*words, workspace=workspace)
    assert done.code == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    workspace = tmp_path_factory.mktemp("journey")
    command = [sys.executable, "-m", "service", "demo", "--children", "700", "--json"]
    done = subprocess.run(
        [*command, "--workspace", str(workspace)], capture_output=True, text=True, cwd=ROOT, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return workspace, json.loads(done.stdout)


def test_the_gate_answers_four_times(demo: tuple[Path, Mapping[str, Any]]) -> None:
    answers = [(trial["answer"], trial["status"]) for trial in demo[1]["trials"]]
    assert answers == [
        ("refused (not approved)", 403),
        ("scored", 200),
        ("refused (bundle changed)", 409),
        ("refused (withdrawn)", 403),
    ]


def test_the_closing_table_has_every_line(demo: tuple[Path, Mapping[str, Any]]) -> None:
    lines = demo[1]["lines"]
    for beginning in ("persons linked", "linkage precision", "linkage recall", "rows × indicators", "test AUC: model"):
        assert any(name.startswith(beginning) for name in lines), beginning
    for name in ("test precision at capacity: model", "test precision at capacity: simple rule"):
        assert " to " in lines[name], "an interval stands beside the figure"
        assert "n " in lines[name]
    assert {name for name in lines if name.startswith("audit: ")} >= {"audit: sex", "audit: ethnicity"}
    assert Path(demo[1]["report"]).is_file()


def test_names_and_birthdays_are_only_in_the_identity_store(demo: tuple[Path, Mapping[str, Any]]) -> None:
    root = demo[0] / "lancashire"
    rows = (root / "delivered" / "school_census_pupils.csv").read_text(encoding="utf-8-sig").splitlines()
    header = [name.strip('"') for name in rows[0].split(",")]
    sample = [dict(zip(header, row.split(","), strict=False)) for row in rows[1:400]]
    upns = {row["upn"].encode() for row in sample if len(row.get("upn", "")) >= 10}
    assert len(upns) > 100
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] not in {"identity", "delivered"}:
            content = path.read_bytes()
            assert not [upn for upn in upns if upn in content], path
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
                held = {one for name in texts for one in table[name].unique().to_pylist() if one is not None}
                assert not {upn.decode() for upn in upns} & held, path


def test_listings_print_json_and_tables(demo: tuple[Path, Mapping[str, Any]]) -> None:
    workspace, said = demo
    for words in (
        ["hub", "extracts"],
        ["hub", "snapshots"],
        ["features", "list"],
        ["models", "list"],
        ["ethics", "list"],
    ):
        assert json.loads(sentinel(*words, "--json", workspace=workspace)), words
        assert sentinel(*words, workspace=workspace).strip()
    assert said["bundle"] in sentinel("models", "list", "--json", workspace=workspace)
    sentinel("hub", "verify", workspace=workspace)


def test_the_future_does_not_show_in_the_demonstration(demo: tuple[Path, Mapping[str, Any]]) -> None:
    found = json.loads(
        sentinel("features", "lint", "--use-case", "early_help_offer", "--json", workspace=demo[0], code=0)
    )
    assert found["findings"] == []
    assert [one["kind"] for one in found["checks"] if not one["done"]] == ["value_changes"]


def test_every_number_of_the_demonstration_is_the_oracle_s(demo: tuple[Path, Mapping[str, Any]]) -> None:
    workspace = Workspace(demo[0] / "lancashire")
    built = open_feature_set(workspace, demo[1]["features"])
    snapshot, frame = open_snapshot(workspace, built.snapshot_digest), built.matrix()
    days = sorted(frame["as_of_date"].unique().to_pylist())
    assert frame_differences(snapshot, built.use_case, frame) == []
    # The use case leaves out much of the catalogue.
    whole = catalogue.read(ROOT / "partnerships" / "lancashire").indicators
    newest = unpublished.of(snapshot, built.use_case.reading(whole), days[-1:])
    assert frame_differences(snapshot, built.use_case.reading(whole), newest) == []


def test_one_child_online_is_the_row_of_the_batch_for_a_thousand_random_questions(
    demo: tuple[Path, Mapping[str, Any]],
) -> None:
    workspace = Workspace(demo[0] / "lancashire")
    built = open_feature_set(workspace, demo[1]["features"])
    snapshot = open_snapshot(workspace, built.snapshot_digest)
    source = open_source(workspace, snapshot, built.use_case)
    frame = built.matrix()
    some = frame.take(np.random.default_rng(7).choice(len(frame), 1000, replace=False))
    people, days = some["person_id"].to_pylist(), some["as_of_date"].to_pylist()
    online = [source.vector(person, as_of_date=day) for person, day in zip(people, days, strict=True)]
    source.close()
    batch = np.column_stack([some[one.name].fill_null(np.nan).to_numpy() for one in built.indicators])
    np.testing.assert_array_equal(np.array(online), batch)


@PROVE  # the bench of disclosure shows it always, in a smaller world
def test_nobody_finds_a_small_number_out_in_all_that_leaves(demo: tuple[Path, Mapping[str, Any]]) -> None:
    workspace, declared = Workspace(demo[0] / "lancashire"), partnership.read(ROOT / "partnerships" / "lancashire")
    tables = told.of(workspace, declared, Path(demo[1]["report"]).parent.name)
    assert {"quality", "hub link", "quarantine by sex", "quarantine by ethnicity", "levels", "audit"} <= {*tables}
    assert sum(len(told.attacker_of([read], 10).withheld) > 0 for read in tables.values()) >= 5, "nothing to find out"
    assert not any(told.recovered(tables, 10).values())


ENTRIES = {"link": "people", "features": "features", "train": "bundle", "audit": "audit"}
"""The entry points of `mlproject`, and what of the demonstration each must give again."""
LONG = ("train", "audit")


@pytest.mark.parametrize("entry", [pytest.param(one, marks=() if one == "features" else PROVE) for one in ENTRIES])
def test_stages_run_as_an_mlflow_project(demo: tuple[Path, Mapping[str, Any]], tmp_path: Path, entry: str) -> None:
    store = f"sqlite:///{tmp_path / 'outer.db'}"
    environment = os.environ | {"MLFLOW_TRACKING_URI": store, "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = [str(Path(sys.executable).parent / "mlflow"), "run", ".", "-e", entry, "--env-manager", "local"]
    command += ["-P", "partnership=partnerships/lancashire", "-P", f"workspace={demo[0]}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert demo[1].get(ENTRIES[entry], ENTRIES[entry])[:12] in done.stdout + done.stderr


@pytest.mark.parametrize(
    "entry", [pytest.param(one, marks=PROVE if one in ("train", "audit") else ()) for one in ENTRIES]
)
def test_the_command_of_each_entry_point_gives_the_demonstration_s_digest(
    demo: tuple[Path, Mapping[str, Any]], entry: str
) -> None:
    project = yaml.safe_load((ROOT / "mlproject").read_text(encoding="utf-8"))["entry_points"]
    assert set(project) == set(ENTRIES)
    given = {name: said["default"] for name, said in project[entry]["parameters"].items()}
    given |= {"partnership": "partnerships/lancashire", "workspace": str(demo[0])}
    python, module, package, *words = shlex.split(project[entry]["command"].format(**given))
    assert (python, module) == ("python", "-m")
    done = commands.run(*words, package=package)
    assert done.code == 0, done.stdout + done.stderr
    assert demo[1].get(ENTRIES[entry], ENTRIES[entry])[:12] in done.stdout + done.stderr


def test_ledger_verify_counts_rows_and_names_an_edited_one(demo: tuple[Path, Mapping[str, Any]]) -> None:
    workspace = demo[0]
    state = json.loads(sentinel("ledger", "verify", "--json", workspace=workspace))
    assert state["rows"] > 10
    assert str(state["rows"]) in sentinel("ledger", "verify", workspace=workspace)
    path = workspace / "lancashire" / "ethics" / "ethics.db"
    with sqlite3.connect(path) as connection:
        triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE ledger_entry SET actor = 'somebody' WHERE seq = 3")
    connection.close()
    assert "3" in sentinel("ledger", "verify", workspace=workspace, code=5)


def test_the_demonstration_never_touches_other_work(tmp_path: Path) -> None:
    mine = tmp_path / "lancashire" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("kept", encoding="utf-8")
    assert "nothing was touched" in sentinel("demo", workspace=tmp_path, code=2)
    assert mine.read_text(encoding="utf-8") == "kept"
