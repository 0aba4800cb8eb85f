"""`python -m features`: the commands of `sentinel features` that need this package only."""

from features.commands import cli
from hub.commands import command_line

command_line.run(cli.app, name="python -m features")
