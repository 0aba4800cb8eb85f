"""`python -m hub`: the commands of `sentinel hub` that need this package only."""

from hub.commands import cli, command_line

command_line.run(cli.app, name="python -m hub")
