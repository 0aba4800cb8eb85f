"""`sentinel`: the command line. Each package brings its own group; this module puts them together."""

from pathlib import Path
from typing import Annotated

import typer

import audits.commands.cli
import ethics.commands.cli
import ethics.commands.ledger_cli
import features.commands.catalogue_cli
import features.commands.cli
import features.commands.gaps_cli
import features.commands.lint_cli
import features.commands.outcomes_cli
import hub.commands.cli
import models.commands.cli
from hub.commands import command_line
from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, say
from service.commands import check_cli, erasure_cli, verification_cli

app = typer.Typer(
    name="sentinel",
    help="Early help for children and young people, and the proof that it is fair.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# Commands of the hub's group that also need what the hub may not know: indicators, models, approvals.
hub.commands.cli.app.add_typer(erasure_cli.app)
hub.commands.cli.app.add_typer(verification_cli.app)
# The report of gaps reads use cases, which the hub does not know; people look for it beside the gateways.
hub.commands.cli.app.add_typer(features.commands.gaps_cli.app)
app.add_typer(hub.commands.cli.app, name="hub")
features.commands.cli.app.add_typer(features.commands.lint_cli.app)
features.commands.cli.app.add_typer(features.commands.outcomes_cli.app)
features.commands.cli.app.add_typer(features.commands.catalogue_cli.app)
app.add_typer(features.commands.cli.app, name="features")
app.add_typer(models.commands.cli.app, name="models")
app.add_typer(audits.commands.cli.app, name="audits")
app.add_typer(ethics.commands.cli.app, name="ethics")
app.add_typer(ethics.commands.ledger_cli.app, name="ledger")
app.add_typer(check_cli.app)


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        say(f"sentinel {metadata.version('sentinel-partnership')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error. May stand anywhere on the line.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Early help for children and young people, and the proof that it is fair."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new partnership's folder; it must not hold anything yet.")],
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            "--adapter", help="A format that a source has, by name (`sentinel hub adapters`); may be repeated."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Write a commented starter of a partnership."""
    from service.demonstration import starter

    for written in starter.write(folder, adapter or ()):
        say(f"wrote {written}")
    say(f"Next: read {folder / 'partnership.yaml'} from the top, then `sentinel check --partnership {folder}`.")


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder with the extracts, for a partnership without a generator.")
    ] = None,
    children: Annotated[int, typer.Option("--children", min=500, help="How many children are generated.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the generator, the training and the bootstraps.")] = 7,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk the whole journey: extracts, hub, indicators, model, audit, decision, score and the gate's refusals."""
    from service.demonstration import demonstration

    demonstration.run(place(workspace, partnership), data=data, children=children, seed=seed, as_json=as_json)


@app.command()
def serve(
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Serve scores on 127.0.0.1, behind the gate."""
    from service.http import server

    here = place(workspace, partnership)
    server.run(here, port=here.settings.port if port is None else port)


def main() -> None:
    """Run `sentinel`."""
    command_line.run(app, name="sentinel")
