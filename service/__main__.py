"""`python -m service`: the whole command line, as `sentinel`."""

from service.commands import cli

cli.main()
