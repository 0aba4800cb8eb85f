"""Commands of the hub's group that need more than the hub: what they do, and what their lines say.

In: a place to work in, and what somebody gave on the command line.
Out: tables for people or JSON for scripts.
Callers: `service.commands.cli`, which hangs them into the groups where people look for them.
"""
