"""A table that crosses a border comes out with its schema, sorted, or not at all."""

import pyarrow as pa
import pytest

from hub.errors import IntegrityError
from hub.tables import Field, Table

TABLE = Table(
    "visit",
    "One row a visit.",
    (
        Field("person_id", pa.string(), False, "Who."),
        Field("day", pa.int32(), False, "When."),
        Field("minutes", pa.float64(), True, "How long."),
    ),
    ("person_id", "day"),
)
SORTED = {"person_id": ["a", "a", "b"], "day": [1, 2, 1], "minutes": [None, 5.0, 7.5]}


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]], ids=str)
@pytest.mark.parametrize("pieces", [1, 2])
def test_rows_come_out_sorted_in_one_piece_whatever_their_order(order: list[int], pieces: int) -> None:
    given = pa.table(SORTED).take(pa.array(order)).select(["minutes", "day", "person_id"])
    given = pa.concat_tables([given.slice(0, 1), given.slice(1)]) if pieces == 2 else given
    found = TABLE.conform(given)
    assert found.equals(pa.table(SORTED, TABLE.schema))
    assert all(column.num_chunks == 1 for column in found.columns)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"person_id": ["a"], "day": [1]}, "lacks the column minutes"),
        (SORTED | {"person_id": ["a", None, "b"]}, "does not fit"),
        (SORTED | {"day": ["one", "two", "three"]}, "does not fit"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, list[object]], said: str) -> None:
    with pytest.raises(IntegrityError, match=said):
        TABLE.conform(pa.table(given))
