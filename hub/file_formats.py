"""Opening one delivered file in whatever format it came: every format becomes what `hub.csv_files` describes.

file = file_formats.examine(path, "school", declared, scratch, folder)
"""

from pathlib import Path

from hub import csv_files
from hub.csv_files import CsvFile
from hub.source_files import SourceFile


def examine(path: Path, source: str, declared: SourceFile, scratch: Path, folder: Path) -> CsvFile:  # noqa: ARG001
    """Check the bytes of `path` and find its records.

    Args:
        path: the delivered file; it is only read.
        source: name of its source, for messages.
        declared: how sources.yaml, or an adapter, describes it.
        scratch: folder inside the identity store for what is unpacked and converted.
        folder: where the XML schema stands that the declaration names: beside sources.yaml, or with the adapter.

    Raises:
        InputError: it cannot be read as declared.
    """
    return csv_files.examine(path, source, declared, scratch)
