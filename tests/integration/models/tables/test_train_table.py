"""`models train --matrix`: the same trainer on any table, through the command line; and where it must not go."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.declarations.use_cases import Floor
from hub import artefacts
from hub.errors import IntegrityError
from hub.progress import silent
from hub.workspace import Workspace
from models.bundle.bundles import open_bundle
from models.bundle.table_models import TableModel, open_table_model
from models.fitting import boosting
from models.fitting.learning import Task, learn
from models.fitting.table_training import TableTraining, fit_table
from models.tables.table_coding import TableCoding
from models.tables.table_columns import ColumnRoles
from models.tables.table_files import read
from models.tables.table_rows import TablePair, coded_rows, split_rows
from tests.factories import commands

ROOT = Path(__file__).parents[4]
ROLES = ColumnRoles("y", person="child", family="home", date="day", groups=("sex", "ethnicity"))
SAID = ("--outcome", "y", "--person", "child", "--family", "home", "--date", "day", "--groups", "sex, ethnicity")


def rows(people: range, days: list[str], seed: int) -> pd.DataFrame:
    """Return made-up rows, one a child and day: numbers, texts, groups and an outcome that follows some."""
    draw, count = np.random.default_rng(seed), len(people)
    found = []
    for day in days:
        need = draw.normal(size=count)
        one = pd.DataFrame({"child": [f"c{at}" for at in people], "home": [f"h{at // 2}" for at in people], "day": day})
        one["days missed (%)"] = draw.poisson(np.exp(need))
        one["moves"] = np.where(draw.random(count) < 0.2, np.nan, draw.poisson(1, count))
        one["school"] = draw.choice(["primary", "secondary", "special unit"], count, p=[0.5, 0.4, 0.1])
        one["helped"] = draw.random(count) < 0.3
        one["sex"] = draw.choice(["f", "m"], count)
        one["ethnicity"] = draw.choice(["A", "B", "Secret"], count, p=[0.7, 0.295, 0.005])
        one["y"] = (draw.random(count) < 1 / (1 + np.exp(2.2 - need - 0.5 * one["helped"]))).astype(int)
        found.append(one)
    return pd.concat(found, ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("tables")
    learn = rows(range(400), ["2021-01-01", "2021-07-01", "2022-01-01", "2022-07-01"], 0)
    learn.to_parquet(where / "train.parquet")
    rows(range(300, 600), ["2023-01-01", "2023-07-01"], 1).to_csv(where / "test.csv", index=False)
    return where


def train(folder: Path, *words: str, test: str = "test.csv", out: str = "out", **environment: str) -> commands.Done:
    """Run the command."""
    files = ("--matrix", str(folder / "train.parquet"), "--test", str(folder / test), "--out", str(folder / out))
    nowhere = {"SENTINEL_PARTNERSHIP": str(folder / "none"), "SENTINEL_WORKSPACE": str(folder / "workspace")}
    return commands.run(
        "train", *files, *words, environment=nowhere | {"COLUMNS": "200"} | environment, package="models"
    )


@pytest.fixture(scope="module")
def model(folder: Path) -> TableModel:
    done = train(folder, *SAID, "--horizon", "180", "--seed", "3", "--json")
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    said = json.loads(done.stdout)
    found = open_table_model(folder / "out", said["digest"])
    assert said["folder"] == str(found.artefact.path)
    assert said["metrics"] == found.metrics
    assert said["servable"] is False
    assert not (folder / "workspace").exists(), "no workspace is made, and none is asked for"
    return found


def test_it_is_the_same_trainer_on_the_same_rows(folder: Path, model: TableModel) -> None:
    tables = TablePair.read(folder / "train.parquet", folder / "test.csv", ROLES)
    split = split_rows(tables, horizon=180, seed=3)
    coding, matrix = coded_rows(tables, split)
    free = [0] * len(coding.names)
    train_rows, choose = (matrix.take(split.rows[name]) for name in ("train", "choose"))
    best = boosting.choose_best(train_rows, choose, free, seed=3, progress=silent).best
    assert model.artefact.read("model.txt").decode("utf-8") == best.text
    task = Task("", model.facts.capacity, None, Floor(), "", free, model.facts.capacity)
    learned = learn(matrix, split.rows, task, seed=3, progress=silent)
    for name in ("figures", "differences", "design_effect", "parts", "choice", "shift"):
        assert model.metrics[name] == learned.metrics[name]
    loaded = model.load()
    coded = TableCoding.from_json(model.columns).values(folder / "test.csv", read(folder / "test.csv", as_text=[]))
    np.testing.assert_array_equal(coded, matrix.values[split.rows["test"]])
    np.testing.assert_array_equal(loaded.probabilities(coded), learned.judged["model"].probabilities)


def test_no_group_and_no_identifier_reaches_the_model(folder: Path, model: TableModel) -> None:
    assert {one["column"] for one in model.columns} == {"days missed (%)", "moves", "school", "helped"}
    text = model.artefact.read("model.txt").decode("utf-8")
    names = next(line for line in text.splitlines() if line.startswith("feature_names="))
    assert names.removeprefix("feature_names=").split() == [one["name"] for one in model.columns]
    other = folder / "relabelled"
    other.mkdir()
    for name in ("train.parquet", "test.csv"):
        table = read(folder / name, as_text=[]).to_pandas()
        table["sex"], table["ethnicity"] = table["sex"].map({"f": "m", "m": "f"}), "A"
        table.to_parquet(other / name) if name.endswith("parquet") else table.to_csv(other / name, index=False)
    again = fit_table(TableTraining(other / "train.parquet", other / "test.csv", ROLES, horizon=180, seed=3))
    assert again.text == text


def test_figures_are_by_group_and_small_groups_are_not_named(model: TableModel) -> None:
    by = model.metrics["by_group"]
    assert set(by["sex"]) == {"f", "m"}
    assert sum(one["rows"] for one in by["sex"].values()) == model.metrics["parts"]["test"]["rows"]
    assert set(by["ethnicity"]) == {"A", "B", "groups of fewer than 10 people: 1"}
    assert "Secret" not in json.dumps(model.metrics)
    assert by["sex"]["f"]["auc"]["low"] < by["sex"]["f"]["auc"]["value"] < by["sex"]["f"]["auc"]["high"]
    assert by["sex"]["f"]["auc"]["n"] == by["sex"]["f"]["rows"]


def test_its_record_says_what_was_done(model: TableModel) -> None:
    facts = model.facts
    assert facts.resampled == "families"
    assert model.metrics["interval"]["method"] == "percentile bootstrap of families"
    assert (facts.split, facts.seed, facts.horizon_days) == (
        "by date: the dates from 2022-07-01 on are to choose on", 3, 180,
    )  # fmt: skip
    assert "100 of the 300 people of the test are also among those learned from." in facts.said
    assert facts.best_indicator == "days missed (%), highest first"
    assert facts.capacity == 30
    assert facts.train.name == "train.parquet"
    assert model.verdict in {"beats", "does not beat", "cannot tell"}


def test_the_same_files_give_the_same_digest_in_another_process(folder: Path, model: TableModel) -> None:
    words = (*SAID, "--horizon", "180", "--seed", "3", "--json", "--out", str(folder / "again"))
    files = ("--matrix", str(folder / "train.parquet"), "--test", str(folder / "test.csv"))
    done = subprocess.run(
        [sys.executable, "-m", "models", "train", *files, *words], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "5", "SENTINEL_WORKSPACE": str(folder / "workspace")},
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout)["digest"] == model.digest
    assert json.loads(train(folder, *SAID, "--seed", "4", "--json").stdout)["digest"] != model.digest


def test_people_read_figures_and_what_must_be_said(folder: Path, model: TableModel) -> None:
    done = train(folder, *SAID, "--horizon", "180", "--seed", "3")
    assert done.code == 0, done.stderr
    for words in (
        model.figure("auc").text(),
        "By group, which the model never saw",
        "100 of the 300 people of the test are also among those learned from.",
        "Intervals resample families.",
        "the service never answers with it",
        model.digest,
    ):
        assert words in done.stdout


def test_without_columns_that_say_whose_rows_they_are_it_is_said(folder: Path) -> None:
    done = train(folder, "--outcome", "y", "--groups", "sex,ethnicity,child,home", "--json")
    assert done.code == 3
    assert "the group child has" in done.stderr
    for name, write in (("train.parquet", "to_parquet"), ("test.csv", "to_csv")):
        (folder / "bare").mkdir(exist_ok=True)
        table = read(folder / name, as_text=[]).to_pandas().drop(columns=["child", "home", "day"])
        getattr(table, write)(folder / "bare" / name, index=False)
    done = train(folder / "bare", "--outcome", "y", "--groups", "sex,ethnicity", "--json")
    assert done.code == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["resampled"] == "rows"
    assert said["split"] == "by a hash of rows with the seed 0"
    assert "Without --person nobody can say whether people of the test were also learned from." in said["said"]
    assert all("people" not in part for part in said["metrics"]["parts"].values())
    assert set(said["metrics"]["observed_over_expected"]) == {"everybody"}, "nobody knows who was seen before"
    assert [one["as_of_date"] for one in said["metrics"]["offers_by_date"]] == [None]
    assert said["metrics"]["figures"]["model"]["auc"]["n"] == 600


def test_nothing_that_opens_a_bundle_opens_it(folder: Path, model: TableModel, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "lancashire")
    shutil.copytree(model.artefact.path, workspace.bundles / model.digest)
    assert artefacts.digests_in(workspace.bundles) == [model.digest]
    with pytest.raises(IntegrityError, match="is a table_model, not a bundle"):
        open_bundle(workspace, model.digest)
    done = train(folder, *SAID, out="workspace/lancashire/bundles")
    assert (done.code, done.stdout) == (7, "")
    assert "lies in the workspace" in done.stderr
    held = train(folder, *SAID, out=".")
    assert held.code == 7
    assert "holds other things" in held.stderr


def test_a_changed_byte_is_seen(model: TableModel, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(model.artefact.path, tmp_path / model.digest))
    text = (copy / "columns.json").read_bytes()
    (copy / "columns.json").write_bytes(text.replace(b"moves", b"mover"))
    with pytest.raises(IntegrityError):
        open_table_model(tmp_path, model.digest)


def wrong(folder: Path, name: str, **columns: Any) -> str:
    """Write a test file in which columns are otherwise."""
    table = read(folder / "test.csv", as_text=[]).to_pandas().assign(**columns)
    table.to_csv(folder / name, index=False)
    return name


@pytest.mark.parametrize(
    ("columns", "words", "code", "message"),
    [
        ({"y": "yes"}, (), 3, "the outcome y is not a column of 0 and 1"),
        ({"y": 2}, (), 3, "the outcome y is neither 0 nor 1 in 600 rows"),
        ({"y": 0}, (), 7, "the part test has nobody with the outcome among 600 rows"),
        ({"moves": "many"}, (), 3, "the column moves is not of numbers"),
        ({"moves": np.inf}, (), 3, "numbers without end: moves in 600 rows"),
        ({"child": "Secret"}, (), 3, "598 rows repeat a person on a date (child)"),
        ({"day": "01/02/2023"}, (), 3, "day is not a column of dates"),
        ({"helped": None}, (), 7, "there is no number for helped in 600 rows"),
        ({}, ("--outcome", "z"), 3, "there is no column z, which --outcome names. Its columns are: child, home"),
        ({}, ("--groups", "y"), 2, "The column y is named for --outcome and --groups"),
        ({}, ("--person", "sex"), 2, "The column sex is named for --person and --groups"),
        ({}, ("--use-case", "early_help_offer"), 2, "--use-case does not go with --matrix"),
        ({}, ("--horizon", "2000"), 7, "has no rows whose horizon of 2000 days ends before the next part begins"),
    ],
)
def test_a_mistake_is_one_clear_line(
    folder: Path, columns: dict[str, Any], words: tuple[str, ...], code: int, message: str
) -> None:
    done = train(folder, *SAID, *words, test=wrong(folder, "wrong.csv", **columns), out="refused")
    assert (done.code, done.stdout) == (code, ""), done.stderr
    assert message in done.stderr
    assert "Secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "refused").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--use-case is missing"),
        (("--use-case", "early_help_offer"), "--as is missing"),
        (("--use-case", "early_help_offer", "--as", "ana", "--outcome", "y"), "--outcome does not go with a use case"),
        (("--matrix", "train.parquet", "--test", "test.csv", "--outcome", "y"), "--out is missing"),
        (("--matrix", "train.parquet"), "--test is missing"),
    ],
)
def test_what_belongs_together_is_asked_for(words: tuple[str, ...], message: str) -> None:
    done = commands.run("train", *words, package="models")
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_horizon_needs_dates(folder: Path) -> None:
    done = train(folder, "--outcome", "y", "--horizon", "3", out="refused")
    assert done.code == 2
    assert "--horizon needs dates" in done.stderr


def test_a_copy_of_a_group_is_refused(folder: Path) -> None:
    (folder / "copied").mkdir()
    for name, write in (("train.parquet", "to_parquet"), ("test.csv", "to_csv")):
        table = read(folder / name, as_text=[]).to_pandas()
        getattr(table.assign(code=table["sex"].map({"f": 2, "m": 1})), write)(folder / "copied" / name, index=False)
    done = train(folder / "copied", *SAID)
    assert done.code == 3
    assert "the indicator code is the group sex under another name" in done.stderr


def test_a_column_that_nothing_can_be_learned_from_is_named(folder: Path) -> None:
    (folder / "nested").mkdir()
    table = read(folder / "train.parquet", as_text=[]).to_pandas()
    table.assign(visits=[[1, 2]] * len(table)).to_parquet(folder / "nested" / "train.parquet")
    (folder / "nested" / "test.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "test.csv").read_bytes())
    done = train(folder / "nested", *SAID)
    assert done.code == 3
    assert "the column visits is neither of numbers nor of texts" in done.stderr
    table.to_parquet(folder / "nested" / "train.parquet")
    assert train(folder / "nested", *SAID).code == 0, "the mark at the beginning of a UTF-8 file is no part of a name"


def test_too_few_with_the_outcome_need_a_reason(folder: Path) -> None:
    (folder / "few").mkdir()
    table = read(folder / "train.parquet", as_text=[]).to_pandas().groupby("day").head(70)
    table.to_parquet(folder / "few" / "train.parquet")
    shutil.copy(folder / "test.csv", folder / "few" / "test.csv")
    done = train(folder / "few", *SAID)
    assert done.code == 7
    assert "say in `--fewer-because` why fewer will do" in done.stderr
    assert train(folder / "few", *SAID, "--fewer-because", "a trial of the command").code == 0


def test_a_search_on_a_table_leaves_nothing_but_the_model(folder: Path) -> None:
    done = train(folder, *SAID, "--search", "tune", "--trials", "6", "--seed", "3", out="searched")
    assert done.code == 0, done.stderr
    assert "Searched: 6 candidates, 0 of them left early. Chosen: " in done.stdout
    assert "one fold: no interval" in done.stdout
    (digest,) = artefacts.digests_in(folder / "searched")
    assert [path.name for path in (folder / "searched").iterdir()] == [digest]
    assert not (folder / "workspace").exists()
    again = train(folder, *SAID, "--search", "tune", "--trials", "6", "--seed", "3", "--json", out="searched")
    assert json.loads(again.stdout)["digest"] == digest
    for words in (("--search", "tune", "--trials", "2"), ("--trials", "9"), ("--minutes", "1"), _LOGISTIC):
        refused = train(folder, *SAID, *words, out="refused")
        assert refused.code == 2
        assert refused.stderr.count("\n") == 1, refused.stderr
    assert not (folder / "refused").exists()


_LOGISTIC = ("--search", "tune", "--algorithm", "logistic")
