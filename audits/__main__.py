"""`python -m audits`: the commands of `sentinel audits` that need this package only."""

from audits.commands import cli
from hub.commands import command_line

command_line.run(cli.app, name="python -m audits")
