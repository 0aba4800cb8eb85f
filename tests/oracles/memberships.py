"""Who lives with whom, and who is whose sibling, on each date of `looked`, as known on it: one SELECT each.

They read `looked(person_id, as_of_date)` and the snapshot's `household` and `family`.
"""

from features.declarations.conditions import known_before
from hub.tables import EVENT

_HOLDS = """
    valid_from <= as_of_date AND known_from <= as_of_date
    AND NOT coalesce(valid_to <= as_of_date AND coalesce(end_known_from, valid_to) <= as_of_date, false)
"""
"""A stay had begun, its start was known, and it had not ended as far as was known."""


def household_statement() -> str:
    """Return the SELECT of (person_id, as_of_date, household_id, area_id): where each person lives on each date.

    Of several stays that hold, the newest counts, then the household whose pseudonym sorts first.
    """
    return f"""
        SELECT person_id, as_of_date, unnest(first(
            {{'household_id': household_id, 'area_id': area_id}} ORDER BY valid_from DESC, household_id, area_id
        ))
        FROM household, (SELECT DISTINCT as_of_date FROM looked) WHERE {_HOLDS} GROUP BY person_id, as_of_date
    """


def siblings_statement() -> str:
    """Return the SELECT of (person_id, as_of_date, other): the other children of a person's families, each once."""
    belongs = f"""
        SELECT person_id, as_of_date, family_id FROM family, (SELECT DISTINCT as_of_date FROM looked)
        WHERE {_HOLDS} AND (relation IS NULL OR relation IN ('child', 'sibling'))
    """
    return f"""
        SELECT DISTINCT one.person_id, as_of_date, other.person_id AS other
        FROM ({belongs}) AS one JOIN ({belongs}) AS other USING (as_of_date, family_id)
        WHERE other.person_id <> one.person_id
    """


def seen_statement() -> str:
    """Return the SELECT of what could be seen: `over`, person_id and as_of_date of `looked`, and the event's columns.

    It reads also `event`, `area_event`, and `lives` and `sibling` made from the two statements above. An event of an
    area has no role, origin or episode; on equal days its figures stand by type, then by all else that they say.
    """
    columns = ", ".join(field.name for field in EVENT.fields if field.name != "person_id")
    order = "occurred_on, event_type, known_from, source, detail, value"
    return f"""
        SELECT 'self' AS over, looked.person_id, as_of_date, {columns}
        FROM looked JOIN event USING (person_id) WHERE {known_before()}
        UNION ALL
        SELECT 'household', looked.person_id, as_of_date, {columns}
        FROM looked JOIN lives USING (person_id, as_of_date) JOIN lives AS other USING (as_of_date, household_id)
        JOIN event ON event.person_id = other.person_id
        WHERE other.person_id <> looked.person_id AND {known_before()}
        UNION ALL
        SELECT 'siblings', looked.person_id, as_of_date, {columns}
        FROM looked JOIN sibling USING (person_id, as_of_date) JOIN event ON event.person_id = other
        WHERE {known_before()}
        UNION ALL BY NAME
        SELECT 'area' AS over, person_id, as_of_date, numbered.* EXCLUDE (area_id)
        FROM looked JOIN lives USING (person_id, as_of_date) JOIN (
            SELECT *, format('{{:09d}}', row_number() OVER (ORDER BY {order})) AS event_id FROM area_event
        ) AS numbered USING (area_id)
        WHERE occurred_on < as_of_date AND known_from <= as_of_date
    """
