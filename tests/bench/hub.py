"""The hub: reading extracts against a bare scan of the same files, and how well people are linked."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub import figures as figures_
from hub import sql
from hub.identity import persons, spellings
from hub.staging import admitted, extracts
from hub.workspace import Workspace
from tests.bench import (
    Measured,
    Part,
    county,
    hard_linkage,
    harms,
    kills,
    linkage_data,
    measured,
    ratio,
    scale,
    validation,
)


def _ingest(tiny: bool) -> Iterator[Measured]:
    """Yield how long reading takes, beside a bare scan of the same files."""
    with tempfile.TemporaryDirectory(prefix="sentinel-ingest-") as temporary:
        root = Path(temporary) / "workspace"

        def read() -> None:
            shutil.rmtree(root, ignore_errors=True)
            county.read(Workspace(root), tiny)

        def scan() -> None:
            with sql.connect() as connection:
                for one in county.scans(county.delivered(tiny)):
                    connection.execute(f"SELECT count(DISTINCT columns(*)) FROM {one}").fetchall()

        yield ratio("ingest_ratio", read, scan, "<= 15", tiny=tiny)


def _siblings(tiny: bool) -> Iterator[Measured]:
    """Yield precision and recall on the generated county, with its brothers, sisters and twins, and by ethnic group."""
    report = json.loads((county.linked(tiny) / county.REPORT).read_text(encoding="utf-8"))
    for name, goal in (("precision", ">= 0.995"), ("recall", ">= 0.95")):
        yield _of_pairs(f"siblings_{name}", report["quality"][name], goal)
    for row in report["groups"]:
        if row["group"] == "ethnicity":
            for name in ("precision", "recall"):
                yield _of_pairs(f"siblings_{name} ({row['level']})", row[name])


def _of_pairs(name: str, said: Mapping[str, Any], goal: str | None = None) -> Measured:
    figure = figures_.from_json(said)
    return measured(name, figure, f"of pairs: {figure.text(4)}", goal)


def _kills(tiny: bool) -> Iterator[Measured]:
    """Yield what kills tore or lost."""
    found = kills.run(times=1 if tiny else 200, seed=1)
    yield measured("kills_torn", found.torn + found.lost, f"torn or lost, of {found.kills} kills", "<= 0")


def _contradictions(tiny: bool) -> Iterator[Measured]:
    """Yield how many people have two NHS numbers, or two birthdays that no slip of the pen explains."""
    workspace = Workspace(county.linked(tiny) / "workspace")
    with sql.connect() as connection:
        admitted.open_identity(connection, workspace, extracts.current_extracts(workspace))
        connection.register("map", persons.open_map(workspace).table())
        rows = connection.execute(
            f"""
            SELECT person_id, list(DISTINCT {spellings.identifier("identifiers['nhs_number']")}) AS numbers,
                   list(DISTINCT date_of_birth::VARCHAR) AS days
            FROM identity_row JOIN map USING (record_key) GROUP BY person_id
            """
        ).fetchall()
    people = len(rows)
    two_numbers = sum(_apart([one for one in numbers if one], most=1) for _, numbers, _ in rows)
    two_days = sum(len([day for day in days if day]) > 1 for *_, days in rows)
    unexplained = sum(_apart([day for day in days if day], most=2) for *_, days in rows)
    yield measured("people_with_two_nhs_numbers", two_numbers, f"of {people:,} people", "<= 0")
    slips = f"of {people:,} people: as agencies wrote them down"
    yield measured("people_with_two_birthdays", two_days, slips)
    yield measured("people_with_two_birthdays_far_apart", unexplained, slips)


def _apart(values: list[str], most: int) -> bool:
    """Say whether two values differ in more than `most` characters, and not by a swap of day and month."""
    return any(
        len(one) != len(other) or (_differing(one, other) > most and sorted(one.split("-")) != sorted(other.split("-")))
        for one, other in itertools.combinations(values, 2)
    )


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


PARTS: Mapping[str, Part] = {
    "ingest": _ingest,
    "validation": lambda tiny: validation.figures(3_000 if tiny else validation.ROWS),
    "harms": harms.figures,
    "siblings": _siblings,
    "contradictions": _contradictions,
    "linkage_data": linkage_data.figures,
    "hard_linkage": hard_linkage.figures,
    "scale": lambda tiny: scale.figures(200 if tiny else scale.RECORDS),
    "kills": _kills,
}
