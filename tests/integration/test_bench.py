"""Every part of the bench runs, at a size that proves nothing else, so that it cannot rot."""

import importlib
import json
import math
import re

import pytest

from tests.bench.__main__ import STAGES
from tests.factories import commands

PARTS: dict[str, set[str]] = {
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
    "audits.fairness": {"fairness_ratio"},
    "service.cost": {"score_cpu_ms", "score_cpu_ratio"},
    "service.load": {"one_client", "throughput_ratio", "tail_ratio"},
    "service.start": {"ready_ratio"},
    "service.kills": {"kills_lost"},
    "service.mutants": {"mutants_served", "mutants_crashed"},
    "service.endings": {"late_scores", "unaccounted"},
    "proofs.prove": {"proofs_failed"},
}
HELD = {"kills_torn", "silent_losses", "kills_lost", "mutants_served", "late_scores", "unaccounted", "proofs_failed"}
"""Figures that must be 0 at any size; no speed is tested here."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_gives_its_figures(part: str) -> None:
    done = commands.run("--tiny", part, package="tests.bench")
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [row for row in rows if "failed" in row] == [], done.stderr
    assert {re.sub(r" [(].*", "", row["name"]) for row in rows} == PARTS[part]
    for row in rows:
        assert set(row) == {"name", "value", "unit", "goal", "met"}
        assert row["unit"]
        assert row["value"] is not None or "not computed" in row["unit"]
        assert row["value"] is None or math.isfinite(row["value"])
        assert row["goal"] is None or re.fullmatch(r"[<>]= [0-9.]+", row["goal"])
        assert (row["met"] is None) == (row["goal"] is None)
        assert row["name"] not in HELD or row["met"], row
    assert done.code == int(any(row["met"] is False for row in rows)), done.stderr


def test_no_part_of_any_stage_is_left_out() -> None:
    there = {f"{stage}.{part}" for stage in STAGES for part in importlib.import_module(f"tests.bench.{stage}").PARTS}
    assert there == set(PARTS)
