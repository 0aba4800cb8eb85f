"""One child's vector, for one scoring request: the same statements as the batch, for one person and one date."""

import datetime
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Indicator
from features.matrix import look, opened
from features.sql_form import statement
from features.use_cases import UseCase
from hub import sql
from hub.errors import NotFoundError, StateError
from hub.snapshots import Snapshot


class NotInCohortError(StateError):
    """The person is known but is not in the cohort on the date of looking."""

    kind = "not-in-cohort"


def vector(
    snapshot: Snapshot,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    person_id: str,
    *,
    as_of_date: datetime.date,
) -> NDArray[np.float64]:
    """Return the person's indicators on a date: float64, shape (number of indicators,), NaN where there is no number.

    Raises:
        NotFoundError: the snapshot holds no such person.
        NotInCohortError: the person is not in the use case's cohort on the date.
        StateError: a rule of the use case is not in force on the date.
    """
    use_case.require_in_force(as_of_date)
    with opened(snapshot, [as_of_date]) as connection:
        if not look(connection, use_case, person_id):
            known = connection.execute(
                f"SELECT 1 FROM person WHERE person_id = {sql.text(person_id)} LIMIT 1"
            ).fetchall()
            if not known:
                raise NotFoundError("The hub's snapshot holds no person with this person_id.")
            raise NotInCohortError(
                f"On {as_of_date} the person is not among those whom this use case is about: {use_case.cohort.plain}"
            )
        row = connection.execute(statement(indicators)).fetchall()[0]
    return np.array([np.nan if value is None else value for value in row[2:]], dtype=np.float64)
