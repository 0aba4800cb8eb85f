"""Quality: how good the linkage and the deliveries are, by group, asked of people and of the data.

In: the person map that holds, pairs that somebody judged, and rows that were set aside.
Out: figures with intervals, small ones withheld; pairs and rows to look at, masked.
Callers: the commands of the hub.
"""
