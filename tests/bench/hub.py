"""The hub: reading extracts against a bare scan of the same files, and how well people are linked."""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub import figures as figures_
from hub import sql
from hub.identity import persons, spellings
from hub.linking import linkage
from hub.staging import admitted, extracts
from hub.workspace import Workspace
from tests.bench import Measured, Part, county, hard_linkage, harms, linkage_data, measured, ratio, scale, validation


def _ingest(tiny: bool) -> Iterator[Measured]:
    """Yield how long reading takes, beside a bare scan of the same files."""
    folder, fresh = county.delivered(tiny), Workspace(county.workspace(tiny).root / "again")

    def read() -> None:
        shutil.rmtree(fresh.root, ignore_errors=True)
        county.read(fresh, tiny)

    def scan() -> None:
        with sql.connect() as connection:
            for path in sorted(folder.glob("*.csv")):
                encoding = "utf-8" if _is_utf8(path) else "latin-1"
                table = f"read_csv({sql.text(path.as_posix())}, all_varchar = true, encoding = '{encoding}')"
                connection.execute(f"SELECT count(DISTINCT columns(*)) FROM {table}").fetchall()

    yield ratio("ingest_ratio", read, scan, "<= 15", runs=1 if tiny else 3)


def _siblings(tiny: bool) -> Iterator[Measured]:
    """Yield precision and recall on the generated county, with its brothers, sisters and twins, and by ethnic group."""
    county.snapshot(tiny)
    truth = county.delivered(tiny) / "truth" / "people.csv"
    report = linkage.link(county.workspace(tiny), county.partnership(), truth=truth)
    for name, figure, goal in (
        ("siblings_precision", report.precision, ">= 0.995"),
        ("siblings_recall", report.recall, ">= 0.95"),
    ):
        yield measured(name, getattr(figure, "value", None), f"of pairs: {figure.text(4)}", goal)
    for row in report.groups:
        if row["group"] == "ethnicity":
            for name in ("precision", "recall"):
                figure = figures_.from_json(row[name])
                said = f"of pairs: {figure.text(4)}"
                yield measured(f"siblings_{name} ({row['level']})", getattr(figure, "value", None), said)


def _kills(tiny: bool) -> Iterator[Measured]:
    """Yield what kills tore or lost, in a process of its own: it forks, so it must not have run anything else."""
    command = [sys.executable, "-m", "tests.bench.kills", "--times", "2" if tiny else "200", "--seed", "1"]
    found = json.loads(subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout)
    yield measured("kills_torn", found["torn"] + found["lost"], f"torn or lost, of {found['kills']} kills", "<= 0")


def _is_utf8(path: Path) -> bool:
    """Say whether a file is in UTF-8; an agency's may be in another encoding, which a bare scan must be told."""
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _contradictions(tiny: bool) -> Iterator[Measured]:
    """Yield how many people have two NHS numbers, or two birthdays that no slip of the pen explains."""
    county.snapshot(tiny)
    workspace = county.workspace(tiny)
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
