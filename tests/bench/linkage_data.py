"""Shared data sets with truth, linked by the command's own path with nothing said but which column is what."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub.figures import NotComputed
from hub.linking import linkage
from hub.person_files import linkage as file_linkage
from tests.bench import Measured, measured
from tests.shared_data import FOLDER

_FEBRL = {
    "id": "rec_id",
    "given_name": "given_name",
    "family_name": "surname",
    "date_of_birth": {"column": "date_of_birth", "format": "yyyymmdd"},
    "address": ["street_number", "address_1", "address_2"],
    "locality": "suburb",
    "postcode": "postcode",
    "identifiers": {"soc_sec_id": "soc_sec_id"},
    "truth": r"^(rec-\d+)",
}
_FAKE = {
    "id": "unique_id",
    "given_name": "first_name",
    "family_name": "surname",
    "date_of_birth": "dob",
    "locality": "city",
    "email": "email",
    "truth": "cluster",
}
SETS = {
    "febrl4_f1": (("febrl4a.csv", "febrl4b.csv"), _FEBRL | {"one_record_per_person": True}, ">= 0.998"),
    "febrl3_f1": (("febrl3.csv",), _FEBRL, ">= 0.99"),
    "fake1000_f1": (("fake_1000.csv",), _FAKE, ">= 0.90"),
}
"""Figure → its files, its mapping and its goal."""


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield F1 over pairs of records of each data set, at the default threshold."""
    folder = FOLDER / "linkage"
    for name, (files, mapping, goal) in list(SETS.items())[-1 if tiny else 0 :]:
        if not folder.is_dir():
            yield measured(name, NotComputed(0, "the shared data sets are not beside this checkout"), "of pairs", goal)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            said = Path(scratch) / "mapping.yaml"
            said.write_text(json.dumps(mapping), encoding="utf-8")  # JSON is YAML too
            paths = [folder / file for file in files]
            out = Path(scratch) / "clusters.csv"
            result = file_linkage.link_files(paths, said, out=out, threshold=linkage.THRESHOLD)
        figure = result.quality.f1
        yield measured(name, figure, f"of pairs: {figure.text(4)}", goal)
