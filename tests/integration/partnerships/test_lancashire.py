"""The generated partnership through the product's own stages: what was planted is what is found."""

import json
import re
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.declarations import use_cases
from features.declarations.catalogue import Over
from features.kernel.vectors import Vectors
from hub.errors import SentinelError
from hub.intake.ingest import ingest
from hub.workspace import Workspace
from tests.factories import lancashire
from tests.factories.streams import looked_of

RULES = {"date": "impossible_date", "future": "future_date", "required": "missing_key", "duplicate": "repeated_row"}


@pytest.mark.parametrize("children", [200, pytest.param(700, marks=pytest.mark.prove)])
def test_ingest_quarantines_what_was_planted_and_nothing_else(tmp_path: Path, children: int) -> None:
    folder = lancashire.generate(tmp_path / "extracts", children=children, seed=3)
    planted = json.loads((folder / "truth" / "planted.json").read_text(encoding="utf-8"))
    reports = ingest(
        Workspace(tmp_path / "workspace"), lancashire.declared(), folder, date.fromisoformat(lancashire.DELIVERED)
    )
    read = {}
    for report in reports:
        facts = report.extract.artefact.facts
        for mapped in facts["mapped"]:
            assert mapped["quarantined"] == 0, mapped["title"]
        for file in facts["files"]:
            assert file["rows"] == file["kept"] + file["quarantined"] == planted["rows"][file["file"]]
            # An end stays where it is when a start is planted in the future, so it lies before its start too.
            broken = {rule: count for rule, count in file["rules"].items() if not rule.endswith(": before_start")}
            broken |= {rule: one["rows"] for rule, one in file["noticed"].items()}  # in columns that nothing uses
            found = {RULES[rule.split(": ")[-1]]: count for rule, count in broken.items()}
            read[file["file"]] = found
            bad = planted["bad_rows"].get(file["file"], {})
            assert found == {kind: count for kind, count in bad.items() if count}, file["file"]
        assert facts["people"] == planted["records"].get(facts["source"], 0), facts["source"]
    assert set(read) == set(planted["rows"])
    assert sum(bool(found) for found in read.values()) >= 12


def test_a_feed_about_patients_is_refused_without_a_value(tmp_path: Path) -> None:
    folder = lancashire.generate(tmp_path / "extracts", "--plant", "ae_person_level", children=60)
    workspace = Workspace(tmp_path / "workspace")
    delivered = date.fromisoformat(lancashire.DELIVERED)
    with pytest.raises(SentinelError) as refused:
        ingest(workspace, lancashire.declared(), folder, delivered, sources=["ae_assaults"])
    said = f"{refused.value} {refused.value.remedy}"
    assert "ae_assaults.csv" in said
    assert "NHS number" in said
    assert not re.search(r"999[0-9]{7}|[0-9]{4}-[0-9]{2}-[0-9]{2}", said.replace(lancashire.DELIVERED, ""))
    assert ingest(workspace, lancashire.declared(), folder, delivered, sources=["school"])


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The use case's matrix over true people: no link is missed, and only own indicators are read."""
    folder = lancashire.generate(tmp_path_factory.mktemp("county"), children=3000, seed=2)
    connection = lancashire.events(folder)
    partnership = lancashire.declared()
    use_case = use_cases.read(partnership, "early_help_offer")
    own = [one for one in use_case.indicators if one.over is Over.SELF]
    connection.execute(
        """CREATE TABLE looked AS SELECT true_person AS person_id, as_of_date::DATE AS as_of_date, outcome::DOUBLE AS
           outcome, need::DOUBLE AS need FROM outcome WHERE outcome IN ('0', '1')"""
    )
    table = connection.sql("FROM looked ORDER BY person_id, as_of_date").to_arrow_table()
    events = connection.sql(
        """FROM event SEMI JOIN looked USING (person_id)
           ORDER BY person_id, occurred_on, source, event_type, role, detail, known_from, episode_id, value"""
    ).to_arrow_table()
    connection.close()
    vectors = Vectors(own)
    numbers = vectors.blank(len(table))
    vectors.fill(Over.SELF, events, looked_of(table), numbers)
    found = {name: table[name].to_numpy() for name in ("outcome", "need")}
    found["rule"] = numbers[[one.name for one in own].index(use_case.simple_rule.indicator)]
    found["day"] = table["as_of_date"].to_numpy().astype("datetime64[D]")
    found["matrix"] = numbers.T
    for name in ("train", "test"):
        part = getattr(use_case.validation, name)
        found[name] = (found["day"] >= np.datetime64(part.first)) & (found["day"] < np.datetime64(part.until))
    return found


def test_a_model_finds_clearly_more_than_the_simple_rule_and_not_everything(matrix: dict[str, np.ndarray]) -> None:
    train, test = matrix["train"], matrix["test"]
    data = lightgbm.Dataset(matrix["matrix"][train], matrix["outcome"][train])
    parameters = {"objective": "binary", "num_leaves": 7, "learning_rate": 0.05, "min_data_in_leaf": 60}
    settings = {"verbose": -1, "num_threads": 1, "seed": 1, "feature_fraction": 0.6, "lambda_l2": 5.0}
    model = lightgbm.train(parameters | settings, data, 70)
    score = roc_auc_score(matrix["outcome"][test], model.predict(matrix["matrix"][test]))
    rule = roc_auc_score(matrix["outcome"][test], matrix["rule"][test])
    best = roc_auc_score(matrix["outcome"][test], matrix["need"][test])
    assert 0.70 < score < 0.88
    assert score > rule + 0.05
    assert best > score, "need itself orders children best"


def test_no_indicator_gives_the_outcome_away(matrix: dict[str, np.ndarray]) -> None:
    for column in matrix["matrix"].T:
        seen = np.nan_to_num(column, nan=-1.0)
        area = roc_auc_score(matrix["outcome"], seen)
        assert 0.2 < area < 0.8
