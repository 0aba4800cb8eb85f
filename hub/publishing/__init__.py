"""Publishing: linked people become a snapshot: persons, events, households, involvements, areas, nothing that names.

In: the extracts that count and the person map that holds.
Out: one immutable snapshot, whole or not at all; and the way to open one.
Callers: outsiders through `snapshots` and `publish`; the rooms of the hub below.
"""
