"""Single rows of an examined file, taken out of its bytes: the rest of the file is not read again.

    with csv_rows.only(file, rows) as those:
        ...  # `those` reads like the file, and holds these rows alone

The copy is personal: it lies inside the identity store, and only while it is read.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hub.formats import csv_records
from hub.formats.csv_files import CsvFile

_AT_ONCE = 1 << 16


@contextmanager
def only(file: CsvFile, rows: NDArray[np.int64]) -> Iterator[CsvFile]:
    """Give a file with some rows of `file`, which lies in its scratch folder and is gone afterwards.

    Memory is bounded, however many rows and whatever their length.

    Args:
        file: the examined file.
        rows: the numbers of its good rows, from 0, ascending and without repeats; at least one.
    """
    path = file.scratch / "rows of a file"
    with (
        file.readable.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
        path.open("wb") as out,
    ):
        marks, first = file.marks, 0
        for at in range(0, len(rows), _AT_ONCE):
            some = rows[at : at + _AT_ONCE]
            spans = csv_records.spans(content, file.delimiter, marks, some - first)
            for start, end in spans.tolist():
                out.write(content[start:end])
                out.write(b"\n")
            if len(file.marks) == 1:  # Go on where this ended, not from the beginning.
                marks, first = spans[-1, :1].copy(), some[-1]
    try:
        yield replace(file, readable=path, has_header=False, line_end="\n", lines=file.lines[rows])
    finally:
        path.unlink(missing_ok=True)
