"""Files of rows, Parquet or CSV, as an Arrow table."""

import re
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pyarrow import types

from hub.errors import InputError

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls the number of a row when it writes it down; nobody means to learn from it."""


def read(path: Path, *, as_text: Collection[str]) -> pa.Table:
    """Return the rows of a file, in its order.

    Args:
        path: ends with .parquet or .csv (UTF-8, a comma between cells, the first line names the columns).
        as_text: columns that are never taken for numbers in a CSV file, such as identifiers.

    Raises:
        InputError: there is no such file, it cannot be read, has no rows, or has two columns of one name.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file.", "Give a file that ends with .parquet or .csv.")
    try:
        table = _opened(path, as_text)
    except (pa.ArrowException, OSError, UnicodeDecodeError):  # the text of these may repeat a cell
        raise InputError(
            f"{path}: it cannot be read.",
            "A .parquet file must be whole; a .csv file is UTF-8 with commas, its first line names the columns, and "
            "every line has as many cells.",
        ) from None
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: more than one column is called {', '.join(twice)}.", "Rename or drop them.")
    if not all(name.strip() for name in names):
        raise InputError(
            f"{path}: a column has no name.", "Name it or drop it; pandas leaves its own out with to_csv(index=False)."
        )
    if not table.num_rows:
        raise InputError(f"{path}: it has no rows.", "Give a file with rows.")
    return plain(table)


def plain(table: pa.Table) -> pa.Table:
    """Return a table whose texts are all of one type and whose values are all written out."""
    kinds = [_written_out(field.type) for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _written_out(kind: pa.DataType) -> pa.DataType:
    kind = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_float16(kind):
        return pa.float32()
    return pa.string() if types.is_large_string(kind) or types.is_string_view(kind) else kind


def _opened(path: Path, as_text: Collection[str]) -> pa.Table:
    if path.suffix == ".parquet":
        table = pq.read_table(path, partitioning=None)
        return table.drop_columns([name for name in table.column_names if _UNNAMED_INDEX.fullmatch(name)])
    if path.suffix != ".csv":
        raise InputError(f"{path}: neither .parquet nor .csv.", "Write it as one of these.")
    options = pa_csv.ConvertOptions(column_types=dict.fromkeys(as_text, pa.string()), strings_can_be_null=True)
    return pa_csv.read_csv(path, convert_options=options)
