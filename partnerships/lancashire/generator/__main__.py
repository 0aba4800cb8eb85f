"""Write the extracts of a county that does not exist, and the truth about them.

    python partnerships/lancashire/generator --out DIR --children 5000 --seed 1
    python partnerships/lancashire/generator --out DIR --plant twins,backdated_leak --deliver-also 2025-04-07

Nothing here is about a real child. The same wishes and the same seed give the same bytes.
"""

import argparse
import datetime
import sys
from pathlib import Path

import faults
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_FIRST_DELIVERY = datetime.date(2025, 1, 6)
_DAY_0 = datetime.date(1970, 1, 1)


def main() -> None:
    """Read the command line and write the files."""
    parser = _parser()
    given = parser.parse_args()
    if given.list_faults:
        sys.stdout.write("".join(f"{one.name}: {one.plain}\n" for one in faults.FAULTS))
        return
    if given.out is None:
        parser.error("--out is needed: the folder for the extracts")
    if not 1 <= given.children <= 500_000:
        parser.error("--children is from 1 to 500,000")
    if given.seed < 0:
        parser.error("--seed is 0 or more")
    if given.deliver_also is not None and not _FIRST_DELIVERY < given.deliver_also < datetime.date(2026, 1, 1):
        parser.error("--deliver-also is a day after the first delivery of 2025-01-06, and in 2025")
    try:
        plant = faults.chosen(given.plant)
    except ValueError as error:
        parser.error(f"--plant: {error}")
    import county  # after the command line is known to be right: pandas takes a second

    if given.events < 0:
        parser.error("--events is 0 or more")
    also_on = None if given.deliver_also is None else (given.deliver_also - _DAY_0).days
    wanted = county.Wanted(given.children, given.seed, plant, also_on, given.events, given.format == "parquet")
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Extracts", total=county.steps(wanted))
        county.generate(given.out, wanted, advance=lambda: bar.advance(task))
    sys.stdout.write(f"{given.children:,} generated children, seed {given.seed}: {given.out}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="generator", description="Write generated extracts: no child in them is real."
    )
    parser.add_argument("--out", type=Path, help="Folder for the extracts; made when it is not there.")
    parser.add_argument(
        "--children", type=int, default=5000, help="How many children live in the county (1 to 500,000)."
    )
    parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same bytes.")
    parser.add_argument("--plant", help="Faults to plant, with commas between them, or all; see --list-faults.")
    parser.add_argument("--list-faults", action="store_true", help="Say which faults can be planted, and stop.")
    parser.add_argument(
        "--deliver-also",
        type=datetime.date.fromisoformat,
        metavar="DATE",
        help="Write a second delivery of this day too: late records, corrections, and one record withdrawn.",
    )
    parser.add_argument(
        "--events",
        type=int,
        default=0,
        metavar="N",
        help="Add the register of the last school days, session by session, until all files have about N rows.",
    )
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="How files are written.")
    return parser


if __name__ == "__main__":
    main()
