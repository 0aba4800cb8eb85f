"""Headers of files and declared columns."""

import pytest

from hub.errors import InputError
from hub.formats import csv_headers

WHERE = "pupils.csv (source school)"


@pytest.mark.parametrize(
    ("headers", "columns", "positions"),
    [
        (["id", "sex"], ["id", "sex"], {"id": 0, "sex": 1}),
        (["sex", "more", "id"], ["id", "sex"], {"id": 2, "sex": 0}),
        (["ID", "Sex"], ["id", "sex"], {"id": 0, "sex": 1}),
        (["Pupil ID", "Born (d/m/y)"], ["pupil_id", "born_d_m_y"], {"pupil_id": 0, "born_d_m_y": 1}),
        (["UPN", "upn_"], ["upn"], {"upn": 0}),  # the exact name wins over one that is alike
        (["", "", "id"], ["id"], {"id": 2}),
    ],
)  # fmt: skip
def test_columns_are_found(headers: list[str], columns: list[str], positions: dict[str, int]) -> None:
    assert csv_headers.positions(headers, columns, WHERE) == positions


@pytest.mark.parametrize(
    ("headers", "columns", "message"),
    [
        (["id", "gender", "surnam"], ["id", "surname"], "missing: the column surname (nearest header: surnam)."),
        (["id"], ["id", "upn"], "missing: the column upn."),
        (["id"], ["id", "upn", "sex"], "missing: the column upn; the column sex."),
        (["id", "sex", "ID"], ["id"], "the header id stands in it twice."),
        (["sex!", "sex?"], ["sex"], "the header sex stands in it twice."),
        (["P1", "Zaphodbeeble"], ["id", "zaphodbeebl"], "line 1 holds none of the declared columns (id, zaphodbeebl)."),
    ],
)
def test_a_wrong_header_is_named(headers: list[str], columns: list[str], message: str) -> None:
    with pytest.raises(InputError) as raised:
        csv_headers.positions(headers, columns, WHERE)
    assert raised.value.message == f"{WHERE}: {message}"
    assert raised.value.remedy
    assert "Zaphodbeeble" not in str(raised.value)
