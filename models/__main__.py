"""`python -m models`: the commands of `sentinel models` that need this package only."""

from hub.commands import command_line
from models.commands import cli

command_line.run(cli.app, name="python -m models")
