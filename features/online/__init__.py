"""Online: one child's vector now, from a file that was prepared for single questions.

In: a snapshot and a use case for the file; one person and one day for the vector.
Out: the child's row of the batch, bit for bit.
Callers: outsiders through `vector` and `source`; the room `rebuilding`.
"""
