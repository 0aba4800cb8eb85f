"""`python -m ethics`: the commands of `sentinel ethics` that need this package only."""

from ethics.commands import cli
from hub.commands import command_line

command_line.run(cli.app, name="python -m ethics")
