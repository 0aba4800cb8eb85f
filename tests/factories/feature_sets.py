"""Published feature sets with made-up people: realistic enough to train, audit and serve without a hub.

    found = feature_set(workspace)                       # 1,500 people, five dates, a learnable outcome
    found = feature_set(workspace, signal=0.0)           # the indicators say nothing about the outcome
    found = feature_set(workspace, dates=(...), known_to=datetime.date(2023, 6, 1))   # later outcomes are null

Six indicators, of which `missed_days`, `incidents`, `moves` and `trusted_adults` matter and `days_since_contact` is
often missing; three audit groups, none of which moves the outcome.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.declarations.catalogue import Indicator
from features.declarations.use_cases import UseCase
from features.kernel.code import code_digest
from features.leakage.leaks import Check, Leakage, LeakKind
from features.rows.feature_sets import (
    FAMILIES_FILE,
    FOLLOWED_FILE,
    GROUPS_FILE,
    KIND,
    MATRIX_FILE,
    SCHEMA_VERSION,
    FeatureSet,
    followed_table,
    groups_table,
    matrix_table,
    open_feature_set,
)
from hub import artefacts
from hub.workspace import Workspace
from models.resampling import Floats
from tests.factories.snapshots import LINKAGE, source_facts
from tests.factories.use_cases import indicator, use_case

DATES = tuple(datetime.date.fromisoformat(day) for day in ("2021-01-01", "2021-07-01", "2022-01-01", "2022-09-01"))
"""Ordinary as-of dates: two to train on, one to choose on, one to test on."""
TEST_DATES = (datetime.date(2023, 4, 1), datetime.date(2023, 7, 1))
KNOWN_TO = datetime.date(2024, 1, 1)
LATER_DATES = tuple(
    datetime.date.fromisoformat(day)
    for day in ("2023-01-01", "2023-04-01", "2023-07-01", "2023-10-01", "2024-02-01", "2024-05-01")
)
"""Newer as-of dates, for updates: four to choose on, two to test on; see `later`."""

Drift = Callable[[datetime.date, Floats, Mapping[str, Floats]], Floats]


def indicators(extra: int = 0) -> tuple[Indicator, ...]:
    """Return six indicators, and `extra` ones that are noise."""
    ordinary = (
        indicator("missed_days", plain="Days missed at school in the last half year", unit="days"),
        indicator("incidents", plain="Incidents at which the child was a victim in the last year"),
        indicator("moves", plain="Moves of house in the last two years"),
        indicator(
            "trusted_adults",
            plain="Adults outside the family who the child says are there",
            kind="protective",
            direction="lowers",
        ),
        indicator("days_since_contact", plain="Days since a service last met the child", direction="unknown"),
        indicator("school_changes", plain="Changes of school in the last two years"),
    )
    noise = tuple(
        indicator(f"noise_{number}", plain=f"A number that says nothing ({number})", direction="unknown")
        for number in range(extra)
    )
    return (*ordinary, *noise)


def early_help(chosen: Sequence[Indicator], **said: Any) -> UseCase:
    """Return the use case that `feature_set` is built for."""
    ordinary: dict[str, Any] = {
        "as_of": {"kind": "dates", "dates": [day.isoformat() for day in (*DATES, *TEST_DATES)]},
        "indicators": list(chosen),
        "simple_rule": {"indicator": "incidents"},
        "capacity": 40,
        "validation": {
            "train": {"first": "2021-01-01", "until": "2022-06-01"},
            "choose": {"first": "2022-06-01", "until": "2023-01-01"},
            "test": {"first": "2023-01-01", "until": "2024-01-01"},
        },
        "groups": [
            {"name": "sex", "plain": "Sex", "column": "person.sex"},
            {"name": "ethnicity", "plain": "Ethnicity", "column": "person.ethnicity"},
            {"name": "age", "plain": "Age", "column": "age", "bands": [12, 16]},
        ],
    }
    return use_case(**(ordinary | said))


def feature_set(
    workspace: Workspace,
    *,
    people: int = 1500,
    dates: Sequence[datetime.date] = (*DATES, *TEST_DATES),
    known_to: datetime.date = KNOWN_TO,
    signal: float = 1.0,
    extra: int = 0,
    seed: int = 0,
    partnership: str = "lancashire",
    snapshot: str = "5" * 64,
    siblings: int = 1,
    ended: Sequence[tuple[str, datetime.date]] = (),
    drift: Drift | None = None,
    **said: Any,
) -> FeatureSet:
    """Publish a feature set and open it.

    Args:
        workspace: where.
        people: how many; about four in five are in the cohort at each date.
        dates: the as-of dates.
        known_to: last day that the (pretended) snapshot covers: outcomes of later horizons are null.
        signal: how much the indicators say about the outcome; 0 is nothing.
        extra: further indicators that say nothing.
        seed: of everything drawn.
        partnership: its name in the facts.
        snapshot: digest in the facts; no such snapshot need exist.
        siblings: how many people a family has.
        ended: looks at somebody who grows up within the horizon: who, and the as-of date.
        drift: what the log-odds of the outcome become, from the date, the log-odds and the indicators' numbers.
        said: what the use case says differently.
    """
    chosen = indicators(extra)
    case = early_help(chosen, **said)
    rows = _rows(case, chosen, people, sorted(dates), known_to, signal, np.random.default_rng(seed), drift)
    days = [day.isoformat() for day in sorted(dates)]
    as_of = [day.isoformat() for day in rows["as_of_date"].to_pylist()]
    outcomes: dict[str, int | None] = dict.fromkeys(days, 0)
    for day, outcome in zip(as_of, rows["outcome"].to_pylist(), strict=True):
        so_far = outcomes[day]
        outcomes[day] = None if outcome is None or so_far is None else so_far + outcome
    facts = {
        "schema_version": SCHEMA_VERSION,
        "partnership": partnership,
        "snapshot": snapshot,
        "known_to": known_to.isoformat(),
        "use_case": case.model_dump(mode="json"),
        "use_case_digest": case.digest,
        "code_digest": code_digest(),
        "coverage": [],
        "begins": {"police": "2015-01-01"},
        "odd_events": {},
        "not_followed": {day: {"age": many} for day, many in Counter(day.isoformat() for _, day in ended).items()},
        "rows": {day: as_of.count(day) for day in days},
        "outcomes": outcomes,
        "sources": {"police": source_facts("police", title="Police records", agency="police", gateways=[])},
        "linkage": LINKAGE | {"records": people, "people": people},
        "leakage": {
            **Leakage.of([(Check(kind, True, "everything"), []) for kind in LeakKind]).as_json(),
            "despite": None,
        },
    }
    with artefacts.publish(workspace.features, KIND, facts) as draft:
        pq.write_table(matrix_table(chosen).conform(rows), draft.path / MATRIX_FILE, compression="zstd")
        pq.write_table(groups_table(case).conform(rows), draft.path / GROUPS_FILE, compression="zstd")
        ids = rows["person_id"].combine_chunks().unique().sort()
        families = [int(one[1:]) // siblings for one in ids.to_pylist()]
        pq.write_table(pa.table({"person_id": ids, "family": families}), draft.path / FAMILIES_FILE)
        rows_ended = [{"person_id": who, "as_of_date": day, "until": day, "why": "age"} for who, day in ended]
        not_followed = pa.Table.from_pylist(rows_ended, followed_table().schema)
        pq.write_table(followed_table().conform(not_followed), draft.path / FOLLOWED_FILE)
    return open_feature_set(workspace, draft.digest)


def later(workspace: Workspace, **said: Any) -> FeatureSet:
    """Publish a newer feature set of the same use case: split moved on, outcomes known until December 2024."""
    split = {
        "train": {"first": "2021-01-01", "until": "2023-01-01"},
        "choose": {"first": "2023-01-01", "until": "2024-01-01"},
        "test": {"first": "2024-01-01", "until": "2025-01-01"},
    }
    ordinary: dict[str, Any] = {
        "dates": (*DATES, *LATER_DATES),
        "known_to": datetime.date(2024, 12, 1),
        "validation": split,
    }
    return feature_set(workspace, **(ordinary | said))


def _rows(
    case: UseCase,
    chosen: Sequence[Indicator],
    people: int,
    dates: Sequence[datetime.date],
    known_to: datetime.date,
    signal: float,
    draw: np.random.Generator,
    drift: Drift | None,
) -> pa.Table:
    """Draw one row per (person, date): numbers that drift slowly, an outcome that follows some of them."""
    need = draw.normal(size=people)
    groups = {
        "sex": draw.choice(["female", "male", "not recorded"], people, p=[0.49, 0.49, 0.02]),
        "ethnicity": draw.choice(
            ["Asian", "Black", "Mixed", "White", "not recorded"], people, p=[0.12, 0.05, 0.05, 0.7, 0.08]
        ),
        "age": draw.choice(["below 12", "12 to 15", "16 and over"], people, p=[0.5, 0.3, 0.2]),
    }
    tables = []
    for day in dates:
        here = np.flatnonzero(draw.random(people) < 0.8)
        now = need[here] + draw.normal(scale=0.5, size=len(here))
        incidents = draw.poisson(np.exp(0.7 * now - 1.2)).astype(float)
        missed = draw.poisson(np.exp(0.5 * now + 1.0)).astype(float)
        moves = draw.poisson(np.exp(0.4 * now - 1.5)).astype(float)
        adults = draw.poisson(np.exp(0.4 - 0.3 * now)).astype(float)
        contact = np.where(draw.random(len(here)) < 0.6, np.nan, draw.integers(1, 700, len(here)).astype(float))
        changes = draw.poisson(0.3, len(here)).astype(float)
        logit = -3.0 + signal * (
            0.5 * incidents + 0.12 * missed + 0.3 * moves - 0.4 * adults + 0.4 * now + 0.3 * (contact < 90)
        )
        if drift is not None:
            logit = drift(day, logit, {"incidents": incidents, "missed_days": missed, "trusted_adults": adults})
        happened = draw.random(len(here)) < 1 / (1 + np.exp(-logit))
        complete = day + datetime.timedelta(days=case.horizon_days) <= known_to
        columns = {
            "missed_days": missed,
            "incidents": incidents,
            "moves": moves,
            "trusted_adults": adults,
            "days_since_contact": contact,
            "school_changes": changes,
        }
        columns |= {one.name: draw.normal(size=len(here)).round(2) for one in chosen if one.name.startswith("noise_")}
        outcome = pa.array(happened.astype(np.int8)) if complete else pa.nulls(len(here), pa.int8())
        tables.append(
            pa.table(
                {
                    "person_id": [f"p{number:07}" for number in here],
                    "as_of_date": pa.array([day] * len(here), pa.date32()),
                    "outcome": outcome,
                    **{name: pa.array(values, from_pandas=True) for name, values in columns.items()},
                    **{name: values[here].tolist() for name, values in groups.items()},
                }
            )
        )
    return pa.concat_tables(tables)
