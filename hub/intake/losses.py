"""Counting what a delivery takes away of what the one before it said, before anything is published.

found = count(stage)                  # [Loss(kind="death", records=9, of=10, people=9), ...]
"""

from hub import sql
from hub.staging.recorded_groups import ETHNICITY, SEX
from hub.staging.stage import Stage
from hub.staging.taken_away import DEATH, PEOPLE, Loss

_TIMES = {"involvements": "involvement", "families": "family"}
_GROUPS = ("sex", "ethnicity")


def count(stage: Stage) -> list[Loss]:
    """Count what is taken away: people first, then events by type, then times.

    It reads `#keys`, `#before event` and `#judged` (staging.history), and `#before` and `#gone` of times, where they
    are.

    Args:
        stage: a source whose tables were written, and whose connection is still open.
    """
    if not stage.replaced:
        return []
    stage.open_before("identity", "record_key, source_person_id, sex, ethnicity, known_from", name="listed")
    stage.execute(
        f"""
        CREATE TABLE "#person before" AS
        SELECT record_key, {SEX} AS sex, {ETHNICITY.replace("said", "said_ethnicity")} AS ethnicity FROM (
            SELECT record_key,
                   list(sex ORDER BY known_from DESC, sex) FILTER (sex IS NOT NULL)[1] AS said,
                   list(ethnicity ORDER BY known_from DESC, ethnicity) FILTER (ethnicity IS NOT NULL)[1]
                       AS said_ethnicity
            FROM "#before listed" GROUP BY record_key)
        """
    )
    found = []
    if stage.mapped("people") and not stage.keeps("people"):
        lost = '(SELECT record_key FROM "#person before" ANTI JOIN "#keys" USING (record_key))'
        found += _losses(stage, PEOPLE, lost, 'SELECT count(*) FROM "#person before"')
    if stage.mapped("events"):
        # Whose person is gone is counted under `people` already, and sources.yaml says which types are mapped; but a
        # death is asked for by itself, however it goes.
        lost = "(fate = 'absent' OR fate = 'left_out' AND known_to IS NULL)"
        gone = f"(fate = 'withdrawn' OR {lost} AND event_type = {sql.text(DEATH)})"
        types = stage.execute(f'SELECT DISTINCT event_type FROM "#judged" WHERE {gone} ORDER BY 1').fetchall()
        for (kind,) in types:
            of_kind = f"event_type = {sql.text(kind)}"
            lost = f'(SELECT record_key FROM "#judged" WHERE {gone} AND {of_kind})'
            found += _losses(
                stage, kind, lost, f'SELECT count(*) FROM "#before event" WHERE known_to IS NULL AND {of_kind}'
            )
    elif stage.open_before("event"):  # sources.yaml maps no event any more
        lost = f'(FROM "#before event" WHERE known_to IS NULL AND event_type = {sql.text(DEATH)})'
        found += _losses(stage, DEATH, lost, f"SELECT count(*) {lost[1:-1]}")
    for kind, what in _TIMES.items():
        if stage.mapped(kind) and not stage.keeps(kind):
            # Whose person is gone is counted under `people` already.
            lost = f'(SELECT record_key FROM {sql.name(f"#gone {what}")} SEMI JOIN "#keys" USING (record_key))'
            found += _losses(stage, kind, lost, f"SELECT count(*) FROM {sql.name(f'#before {what}')}")
    return found


def _losses(stage: Stage, kind: str, lost: str, whole: str) -> list[Loss]:
    [(records, people)] = stage.execute(f"SELECT count(*), count(DISTINCT record_key) FROM {lost}").fetchall()
    if not records:
        return []
    [(of,)] = stage.execute(whole).fetchall()
    groups: dict[str, dict[str, int]] = {}
    for by in _GROUPS:
        groups[by] = {
            str(level): int(many)
            for level, many in stage.execute(
                f"""
                SELECT level, coalesce(many, 0) FROM (SELECT DISTINCT {by} AS level FROM "#person before")
                LEFT JOIN (
                    SELECT {by} AS level, count(*) AS many FROM "#person before"
                    SEMI JOIN {lost} AS lost USING (record_key) GROUP BY 1
                ) USING (level) ORDER BY level
                """
            ).fetchall()
        }
    return [Loss(kind, int(records), int(of), int(people), groups)]
