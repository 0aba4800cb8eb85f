"""Commands: what people and scripts type, where they work, and how progress, answers and errors are said.

In: the words of a command line and the settings.
Out: tables for people or JSON for scripts, and an exit code.
Callers: every package's commands through `command_line`; `service.commands` through `cli`.
"""
