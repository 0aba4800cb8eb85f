"""What the cells of a person file say: the same words for nothing, and the same spaces, as in a delivery."""

from pathlib import Path

import pytest

from hub import sql
from hub.declarations.source_files import MISSING
from hub.person_files import opening, rows
from hub.person_files.mapping import FileMapping

_FIELDS = ("id", "given_name", "family_name", "date_of_birth")


def _said(folder: Path, given: str, nhs: str, *, missing: tuple[str, ...] = ()) -> tuple[str | None, str | None]:
    """Return the given name and the identifier that a row says."""
    path = folder / "people.csv"
    text = ",".join((*_FIELDS, "nhs")) + "\n" + f'1,"{given}",Lee,2010-01-02,"{nhs}"\n'
    path.write_text(text, encoding="utf-8", newline="")
    columns = {name: (name,) for name in _FIELDS}
    mapping = FileMapping(Path("m.yaml"), columns=columns, identifiers={"nhs_number": "nhs"}, missing=missing)
    with sql.connect() as connection:
        file = opening.open_rows(connection, path, "t", mapping, folder)
        rows.prepare(connection)
        rows.add(connection, file, 0, mapping, "school", own=True)
        found = connection.execute("SELECT given_name, identifiers['nhs_number'] FROM identity_row").fetchall()
    return found[0]


@pytest.mark.parametrize("name", ["Null", "Nan", "Na", "none of it"])
def test_what_somebody_is_called_is_a_name(tmp_path: Path, name: str) -> None:
    assert _said(tmp_path, name, "9434765919")[0] == name


@pytest.mark.parametrize("word", MISSING)
def test_what_programs_write_for_nothing_is_nothing(tmp_path: Path, word: str) -> None:
    given, nhs = _said(tmp_path, word, word.lower())
    assert (given, nhs or None) == (None, None)


def test_what_a_mapping_adds_is_nothing_in_every_field(tmp_path: Path) -> None:
    given, nhs = _said(tmp_path, "Unknown", "UNKNOWN", missing=("unknown",))
    assert (given, nhs or None) == (None, None)


@pytest.mark.parametrize("space", ["\u2003", "\r\n", "\t", "\u00a0", "\u200b"], ids=ascii)
def test_no_space_around_a_cell_is_a_part_of_it(tmp_path: Path, space: str) -> None:
    assert _said(tmp_path, f"{space}Ann{space}", f"{space}-{space}") == ("Ann", None)
