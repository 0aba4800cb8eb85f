"""Districts in which an outcome happened to so many children."""

import datetime
from pathlib import Path

from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot

CHILD = {"birth_month": "2012-05-01"}
STAY = {"household_id": "h", "valid_from": "2015-01-01"}


def town(root: Path, counts: list[list[int]], size: int, *, days: int = 0) -> Snapshot:
    """Publish a snapshot of districts (rows) in which so many children had it in the years from 2022 on (columns).

    Each district has `size` children, the same ones every year; the hub knew each event `days` later.
    """
    person, household, event = [], [], []
    late = datetime.timedelta(days=days)
    for row, line in enumerate(counts):
        for number in range(size):
            name = f"{row}-{number:03}"
            person.append({"person_id": name} | CHILD)
            household.append({"person_id": name, "area_id": f"d{row}"} | STAY)
            event += [
                {"person_id": name, "event_type": "cin_start", "occurred_on": day, "known_from": day + late}
                for column, many in enumerate(line)
                for day in [datetime.date(2022 + column, 6, 1)]
                if number < many
            ]
    area = [{"area_id": f"d{row}", "local_authority": f"District {row}"} for row in range(len(counts))]
    return snapshot(Workspace(root), person=person, household=household, event=event, area=area)
