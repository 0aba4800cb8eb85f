"""Audit: all evidence about one bundle, gathered, written and published under its digest; and made again.

In: a bundle and a seed.
Out: an audit; or what differs from what was published.
Callers: outsiders through `audit` and `rebuilding`; the commands.
"""
