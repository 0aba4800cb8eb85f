"""Rebuilding: rows of a feature set and vectors of an online source, made again for some people from their snapshot.

In: a published feature set or online source, and how many people are drawn from its snapshot.
Out: what differs from what was made again, or why nothing could be; never a value of anybody.
Callers: `hub verify`, put together in `service.commands`, through `sets` and `sources`.
"""
