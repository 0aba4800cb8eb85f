"""Intake: a delivery becomes an extract: read, checked, set aside with reasons, mapped, erased people left out.

In: the files of one delivery, the partnership's declarations, the day, and what somebody confirmed.
Out: one extract, its quarantine and its report; or a refusal that says what to do.
Callers: outsiders through `ingest`; the commands of the hub.
"""
