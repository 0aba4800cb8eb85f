"""Rebuilding: a snapshot's rows, made again from the extracts and the person map that it was published from.

In: a published snapshot, and how many people are drawn from it.
Out: what differs from what was made again, or why nothing could be; never a value of anybody.
Callers: `hub verify`, put together in `service.commands`; other packages take `rebuilt` for what they own.
"""
