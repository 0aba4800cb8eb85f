"""A small partnership with everything up to an audited bundle, made by the real stages; tests copy it and go on."""

import datetime
import json
import random
from pathlib import Path
from typing import Any

from audits.audit import audit as audits
from features.batch.matrix import build
from features.declarations import use_cases
from hub.commands.command_line import Place
from hub.settings import Settings
from models.fitting.training import train
from tests.factories import kept as keep
from tests.factories.snapshots import GATEWAY, snapshot
from tests.factories.use_cases import files, indicator, use_case

PURPOSE = "early_help"
USE_CASE = "early_help_offer"
ANALYST, REVIEWERS, OWNER = "ana", ["rosa", "raj", "ruth", "rob"], "olive"
_KNOWN_TO = "2024-12-31"


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, default=str), encoding="utf-8")  # JSON is YAML too


def partnership(folder: Path) -> None:
    """Write a partnership's files into `folder`."""
    people = [{"id": ANALYST, "title": "Analyst", "role": "analyst"}, {"id": OWNER, "title": "Owner", "role": "owner"}]
    people += [{"id": one, "title": "Member of the group", "role": "reviewer"} for one in REVIEWERS]
    _write(
        folder / "partnership.yaml",
        {
            "name": "example",
            "title": "Example partnership",
            "agencies": [
                {"name": "council", "title": "Council", "sector": "local_authority"},
                {"name": "school", "title": "School", "sector": "education"},
            ],
            "hub": "council",
            "panel": {"quorum": 3, "people": people},
        },
    )
    _write(folder / "gateways.yaml", {"gateways": [GATEWAY]})
    source = {
        "name": "police",
        "title": "Police records",
        "agency": "council",
        "gateways": [GATEWAY["name"]],
        "files": [{"name": "incidents", "file": "incidents.csv", "columns": {"ref": {}, "day": {"type": "date"}}}],
        "events": [
            {"type": kind, "table": "incidents", "person": "ref", "occurred_on": "day"}
            for kind in ("incident", "cin_start", "club")
        ],
    }
    _write(folder / "sources.yaml", {"sources": [source]})
    indicators = [
        indicator("incidents_365d", window_days=365),
        indicator("incidents_90d", window_days=90),
        indicator("days_since_incident", measure="days_since_last", direction="lowers", unit="days"),
        indicator("club_365d", events={"types": ["club"]}, kind="protective", direction="lowers"),
    ]
    written = [one.model_dump(mode="json", exclude_none=True) for one in indicators]
    _write(folder / "indicators.yaml", {"indicators": written})
    found = use_case(
        name=USE_CASE,
        purpose=PURPOSE,
        cohort={"plain": "Children aged 4 to 17", "ages": {"from_years": 4, "below_years": 18}},
        as_of={"kind": "every_months", "first": "2022-01-01", "last": "2024-12-31", "months": 3},
        indicators=indicators,
        simple_rule={"indicator": "incidents_365d"},
        capacity=60,
        floor={"outcomes": 10},
        snapshot_days=3650,
        validation={
            "train": {"first": "2022-01-01", "until": "2023-01-01"},
            "choose": {"first": "2023-04-01", "until": "2023-07-02"},
            "test": {"first": "2023-10-01", "until": "2024-07-02"},
        },
        groups=[{"name": "sex", "plain": "Sex", "column": "person.sex", "labels": {"F": "Female", "M": "Male"}}],
    )
    for name, value in files(found).items():
        _write(folder / name, value)
    from ethics.rules.canvas import SECTIONS

    answers = {one.key: f"{one.title}: an answer of the example partnership, for the tests only." for one in SECTIONS}
    _write(folder / "canvases" / f"{USE_CASE}.yaml", {"sections": answers})


def _tables(seed: int, children: int) -> dict[str, Any]:
    chance = random.Random(seed)
    person: list[dict[str, Any]] = []
    event: list[dict[str, Any]] = []
    first = datetime.date(2021, 1, 1)
    for number in range(children):
        person_id = f"p{number:024x}"
        birth = datetime.date(2008 + number % 8, 1 + number % 12, 1)
        person.append({"person_id": person_id, "sex": "F" if number % 2 else "M", "birth_month": birth})
        need = chance.random() ** 2
        for month in range(48):
            day = first + datetime.timedelta(days=30 * month + chance.randrange(30))
            kind = chance.random()
            if kind < 0.35 * need:
                event.append({"person_id": person_id, "event_type": "incident", "occurred_on": day})
            elif kind < 0.35 * need + 0.05 * need * need:
                event.append({"person_id": person_id, "event_type": "cin_start", "occurred_on": day})
            elif kind > 0.9 + 0.09 * need:
                event.append({"person_id": person_id, "event_type": "club", "occurred_on": day})
    limit = datetime.date.fromisoformat(_KNOWN_TO)
    return {"person": person, "event": [one for one in event if one["occurred_on"] <= limit]}


def place(root: Path) -> Place:
    """Return where the world in `root` is."""
    return Place(
        Settings(workspace=root / "workspace", partnership=root / "example", anchor=root / "anchor" / "ledger.json")
    )


def make(root: Path, *, children: int = 500, seed: int = 5) -> tuple[str, str]:
    """Make the world in `root`; return the digests of its bundle and of the audit."""
    partnership(root / "example")
    here = place(root)
    published = snapshot(here.workspace, known_to=_KNOWN_TO, **_tables(seed, children))
    use_case = use_cases.read(here.partnership, USE_CASE)
    day = datetime.date(2026, 1, 1)
    built = build(here.workspace, published, use_case, partnership=here.partnership, on=day)
    bundle = train(here.workspace, built, trained_by=ANALYST)
    return bundle.digest, audits.run(here.workspace, here.partnership, bundle.digest).digest


def kept() -> Path:
    """Return the default world, made once for all tests of a run, to be copied; `world.json` names bundle and audit."""
    return keep.once("audited world", _named)


def _named(root: Path) -> None:
    bundle, audit = make(root)
    (root / "world.json").write_text(json.dumps({"bundle": bundle, "audit": audit}), encoding="utf-8")
