"""Formats: one delivered file, whatever its format, becomes records of text with the line that each stood on.

In: the bytes of a file or an archive, and what its source declares of it.
Out: columns by their declared names, as text; where a record stands; what is wrong, by name, line and remedy.
Callers: the rooms `intake`, `person_files` and below; no other package.
"""
