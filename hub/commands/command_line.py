"""What every command shares: where it works, how it prints, how it fails.

@app.command("list")
    def list_(workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False):
    here = place(workspace, partnership)
    show(rows, as_json, title="Extracts")
"""

import datetime
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import progress as bars
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub import private_folders
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from hub.errors import SentinelError
from hub.progress import Progress
from hub.settings import Settings
from hub.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder for what Sentinel makes (env SENTINEL_WORKSPACE).", show_default=False),
]
PartnershipOption = Annotated[
    Path | None,
    typer.Option("--partnership", help="The partnership's folder (env SENTINEL_PARTNERSHIP).", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
AsOption = Annotated[str, typer.Option("--as", help="Your id in partnership.yaml.")]
SparkOption = Annotated[
    str | None,
    typer.Option("--spark", help="Do the heavy part on Apache Spark: its master, such as local[2]; see docs/spark.md."),
]
UseCaseOption = Annotated[str, typer.Option("--use-case", help="Name of a file in use_cases/, without .yaml.")]


@dataclass(frozen=True)
class Place:
    """Where a command works."""

    settings: Settings

    @property
    def workspace(self) -> Workspace:
        """The partnership's own folder in the workspace, so that two partnerships never mix; its owner's alone.

        Raises:
            StateError: others may enter the folder, and it belongs to somebody else.
        """
        root = self.settings.workspace / self.partnership.name
        private_folders.narrow(root)
        settings = self.settings
        return Workspace(root, settings.database_url, settings.anchor_of(root), mlflow_uri=settings.mlflow)

    @cached_property
    def partnership(self) -> Partnership:
        """The partnership, read and checked when it is first asked for."""
        return partnerships.read(self.settings.partnership)

    @property
    def day_of_use(self) -> datetime.date:
        """The day on which gateways must hold: today, but for a demonstration; see `admission.day_of_use`."""
        from hub.declarations import admission

        return admission.day_of_use(self.workspace, self.partnership)


def place(workspace: Path | None, partnership: Path | None) -> Place:
    """Return where a command works: its flags first, then the environment, then the defaults."""
    given = {"workspace": workspace, "partnership": partnership}
    settings = Settings()
    return Place(settings.model_copy(update={name: value for name, value in given.items() if value is not None}))


def say(text: str) -> None:
    """Print a line for people on standard output."""
    Console(highlight=False, soft_wrap=True).print(escape(text))


def warn(text: str) -> None:
    """Print a line for people on standard error, so that scripts that read standard output are not disturbed."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]{escape(text)}[/]")


def show(rows: Sequence[Mapping[str, Any]], as_json: bool, *, title: str, empty: str = "Nothing yet.") -> None:
    """Print rows as a table for people, or as one JSON list for scripts."""
    if as_json:
        show_json(list(rows))
        return
    if not rows:
        say(empty)
        return
    wide = None if sys.stdout.isatty() else 160
    _table(Console(highlight=False, width=wide), rows, title)


def warn_rows(rows: Sequence[Mapping[str, Any]], *, title: str) -> None:
    """Print rows as a table for people on standard error."""
    _table(Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 160), rows, title)


def _table(console: Console, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    table = Table(header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if value is None else str(value)) for value in row.values()))
    console.print(f"[bold]{escape(title)}[/]")
    console.print(table)


def show_json(value: Any) -> None:
    """Print one JSON value for scripts."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show a progress bar on standard error while the block runs; silent when nobody looks.

    Gives the function that moves the bar: `tell(step, done, total)`.
    """
    console = Console(stderr=True)
    columns = (bars.SpinnerColumn(), bars.TextColumn("{task.description}"), bars.BarColumn(), bars.TimeElapsedColumn())
    with bars.Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def run(app: typer.Typer, *, name: str) -> None:
    """Run a command line: an expected error is one clear line and its exit code; `--debug` shows the traceback.

    Whatever it writes only its owner may read.
    """
    private_folders.keep_to_owner()
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app(prog_name=name)
    except SentinelError as error:
        if debug:
            raise
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(error.exit_code)
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        # The text of an unexpected error may repeat a person's value, so only its type is shown.
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[bold red]error:[/] something unexpected failed ({kind}). Run it again with --debug to see where."
        )
        sys.exit(1)
