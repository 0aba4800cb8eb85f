"""Write the extracts of a county that does not exist, and the truth about them.

    python partnerships/lancashire/generator --out DIR --children 5000 --seed 1

Nothing here is about a real child. The same number of children and the same seed give the same bytes.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(
        prog="generator", description="Write generated extracts: no child in them is real."
    )
    parser.add_argument("--out", type=Path, required=True, help="Folder for the extracts; made when it is not there.")
    parser.add_argument(
        "--children", type=int, default=5000, help="How many children live in the county (1 to 500,000)."
    )
    parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same bytes.")
    given = parser.parse_args()
    if not 1 <= given.children <= 500_000:
        parser.error("--children is from 1 to 500,000")
    if given.seed < 0:
        parser.error("--seed is 0 or more")
    import county  # after the command line is known to be right: pandas takes a second

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Extracts", total=county.STEPS)
        county.generate(given.out, given.children, given.seed, advance=lambda: bar.advance(task))
    sys.stdout.write(f"{given.children:,} generated children, seed {given.seed}: {given.out}\n")


if __name__ == "__main__":
    main()
