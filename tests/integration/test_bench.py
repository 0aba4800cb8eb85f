"""Every part of the bench runs, at a size that proves nothing else, so that it cannot rot."""

import importlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests import bench
from tests.bench import proofs
from tests.bench.__main__ import STAGES
from tests.factories import commands

PARTS: dict[str, set[str]] = {
    "generator.county": {"generate_350k_ratio", "generate_350k_gb"},
    "hub.ingest": {"ingest_ratio"},
    "hub.validation": {"validate_ratio", "validate_gb"},
    "hub.harms": {"silent_losses"},
    "hub.siblings": {"siblings_precision", "siblings_recall"},
    "hub.contradictions": {
        "people_with_two_nhs_numbers",
        "people_with_two_birthdays",
        "people_with_two_birthdays_far_apart",
    },
    "hub.linkage_data": {"fake1000_f1"},
    "hub.hard_linkage": {
        "placeholder_precision",
        "placeholder_recall_loss",
        "inexact_recall",
        "inexact_precision",
        "hard_precision",
        "hard_recall",
    },
    "hub.scale": {"link_1m_ratio", "link_1m_gb", "link_1m_precision", "link_1m_recall"},
    "hub.kills": {"kills_torn"},
    "features.build": {"build_ratio", "build_gb"},
    "features.growth": {"growth_ratio", "build_50m_gb"},
    "features.sql": {"sql_ratio"},
    "features.household": {"household_build_ratio"},
    "features.online": {"online_ratio", "online_p99_ratio", "online_prepare_ratio"},
    "models.training": {"train_ratio"},
    "models.coverage": {"coverage_min", "coverage_max"},
    "models.ladder": {"ladder_right", "ladder_too_far", "ladder_too_far_strangers"},
    "models.known_function": {"auc_gap", "shuffled_beats"},
    "models.instability": {
        "refits_in_10_minutes",
        "ranges_others_min",
        "ranges_others_max",
        "ranges_around_the_model",
        "ranges_truth",
        "ranges_kept",
    },
    "models.districts": {"district_found", "district_beside", "district_false"},
    "models.contributions": {
        "shap_row_ratio",
        "shap_row_small",
        "shap_batch_ratio",
        "shap_batch_small",
        "shap_first_call_s",
        "shap_max_diff",
        "shap_additivity",
    },
    "models.searching": {"fit_ratio", "fit_gb_ratio", "search_ratio", "search_pruned"},
    "audits.fairness": {"fairness_ratio"},
    "audits.disclosure": {"cells_recovered"},
    "service.cost": {"score_cpu_ratio"},
    "service.load": {"throughput_ratio", "tail_ratio"},
    "service.start": {"ready_ratio"},
    "service.kills": {"kills_lost"},
    "service.mutants": {"mutants_served", "mutants_crashed"},
    "service.endings": {"late_scores", "unaccounted"},
    "proofs.prove": {"proofs_failed"},
}
FORKING = [part for part in PARTS if part.startswith("service.") or part == "hub.kills"]
"""Parts that fork, so nothing may have run before them in their process: they come from the command."""
HELD = {
    "cells_recovered",
    "kills_torn",
    "silent_losses",
    "kills_lost",
    "mutants_served",
    "late_scores",
    "unaccounted",
    "proofs_failed",
    "shap_max_diff",
    "shap_additivity",
}
"""Figures that meet their goal at any size; no speed is tested here."""


def _check(part: str, rows: list[dict[str, Any]]) -> None:
    assert {re.sub(r" [(].*", "", row["name"]) for row in rows} == PARTS[part], rows
    for row in rows:
        assert set(row) == {"name", "value", "unit", "goal", "met", "reason"}
        assert row["unit"]
        assert (row["value"] is None) == bool(row["reason"]), row
        assert row["goal"] is None or re.fullmatch(r"[<>]= [0-9.]+", row["goal"])
        assert (row["met"] is None) == (row["goal"] is None)
        assert row["name"] not in HELD or row["met"], row


@pytest.mark.parametrize("part", [part for part in PARTS if part not in FORKING])
def test_a_part_gives_its_figures(part: str) -> None:
    stage, name = part.split(".")
    only = {name: importlib.import_module(f"tests.bench.{stage}").PARTS[name]}
    _check(part, [asdict(row) for row in bench.figures(stage, only, tiny=True)])


@pytest.mark.parametrize("part", FORKING)
def test_a_part_that_forks_gives_its_figures(part: str) -> None:
    done = commands.run("--tiny", part, package="tests.bench")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    _check(part, rows)
    assert done.code == int(any(row["met"] is False for row in rows)), done.stderr


def test_no_part_of_any_stage_is_left_out() -> None:
    there = {f"{stage}.{part}" for stage in STAGES for part in importlib.import_module(f"tests.bench.{stage}").PARTS}
    assert there == set(PARTS)


@pytest.mark.parametrize(("body", "failed", "unit"), [("assert True", 0, "1 passed"), ("assert False", 1, "0 passed")])
def test_a_proof_that_fails_is_counted(tmp_path: Path, body: str, failed: int, unit: str) -> None:
    short = f"import pytest\n\n\n@pytest.mark.prove\ndef test_it() -> None:\n    {body}\n"
    (tmp_path / "test_short.py").write_text(short, encoding="utf-8")
    row = proofs.proved(["-p", "no:xdist", "--rootdir", str(tmp_path), str(tmp_path)], tmp_path / "report.xml")
    assert (row.value, row.met) == (failed, not failed)
    assert unit in row.unit


def test_no_proof_at_all_is_no_proof_that_holds(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not one proof"):
        proofs.proved(["-p", "no:xdist", "--rootdir", str(tmp_path), str(tmp_path)], tmp_path / "report.xml")
