"""Clerical review: a sample of pairs by weight, drawn from a linkage, for people to judge.

    sample = draw(workspace, partnership, size=200, seed=1)

All pairs that the linkage looked at closely are weighed anew and cut into strata: bands of the weight around the
threshold, linked or not in the person map that holds. The bands near the threshold get four times as many places as
those far from it. A sample is an artefact of the identity store, `identity/reviews/DIGEST/sample.json`: strata with
their pairs, and each drawn pair with record keys, waterfall and masked rows; it holds no name and no date. Pairs judged
before come in as well, so answers survive a new linkage.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from hub import artefacts, sql
from hub.artefacts import Artefact
from hub.declarations.partnership import Partnership
from hub.digests import canonical_json
from hub.errors import NotFoundError, StateError
from hub.identity import persons
from hub.identity import store as identity_store
from hub.linking import engine
from hub.progress import Progress, silent
from hub.quality import masking, waterfall
from hub.staging import extracts
from hub.staging.admitted import admitted_extracts, open_identity
from hub.tables import SCHEMA_VERSION
from hub.weighing import pairs
from hub.workspace import Workspace

KIND = "review sample"
CURRENT = "current"
EDGES = (-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0)
"""Bands of the weight: so many bits below and above the threshold."""
_PLACES = (1, 1, 2, 4, 4, 2, 1, 1)
_STEPS = (*engine.STEPS, "Drawing pairs")


@dataclass(frozen=True, slots=True)
class ReviewSample:
    """A drawn sample."""

    artefact: Artefact
    content: Mapping[str, Any]

    @property
    def pairs(self) -> Sequence[Mapping[str, Any]]:
        """Each pair: `number, one, other` (record keys), `stratum, weight, linked, reason, waterfall, masked`."""
        found: Sequence[Mapping[str, Any]] = self.content["pairs"]
        return found

    @property
    def strata(self) -> Sequence[Mapping[str, Any]]:
        """Each stratum: `band, linked, pairs`."""
        found: Sequence[Mapping[str, Any]] = self.content["strata"]
        return found


def open_sample(workspace: Workspace) -> ReviewSample:
    """Open the newest sample.

    Raises:
        NotFoundError: no sample was drawn.
        IntegrityError: it has changed.
    """
    parent = workspace.identity / "reviews"
    try:
        digest = artefacts.pointed_at(parent / CURRENT, KIND)
    except NotFoundError:
        raise NotFoundError("No sample was drawn yet.", "Run `sentinel hub review --sample 200`.") from None
    artefact = artefacts.open_artefact(parent, digest, KIND)
    return ReviewSample(artefact, json.loads(artefact.read("sample.json")))


def allocate(sizes: Mapping[tuple[bool, int], int], size: int) -> dict[tuple[bool, int], int]:
    """Return how many pairs to draw from each stratum (linked, band): never more than it has, `size` in all.

    Places are given one by one to the stratum that has fewest for its share, so every stratum gets some.
    """
    given = dict.fromkeys(sizes, 0)
    for _ in range(min(size, sum(sizes.values()))):
        free = [one for one in given if given[one] < sizes[one]]
        given[min(free, key=lambda one: ((given[one] + 1) / _PLACES[one[1]], abs(one[1] - 3.5), one))] += 1
    return given


def draw(
    workspace: Workspace,
    partnership: Partnership,
    size: int,
    seed: int = 1,
    judged: Sequence[tuple[str, str]] = (),
    progress: Progress = silent,
) -> ReviewSample:
    """Draw a sample and make it the one that holds. The same linkage and seed give the same pairs.

    Args:
        workspace: where extracts and the identity store lie.
        partnership: declares which sources hold one record a person.
        size: how many pairs, besides those judged before.
        seed: another one draws other pairs.
        judged: record keys of pairs that have an answer, the lower one first.
        progress: called at every step.

    Raises:
        NotFoundError: people were not linked yet.
        StateError: extracts came in since, or nothing was compared.
    """
    with identity_store.working(workspace) as scratch, sql.connect() as connection, ExitStack() as stack:
        connection.execute(f"SET temp_directory = {sql.text((scratch / 'spilt').as_posix())}")
        person_map = persons.open_map(workspace)
        kept, _ = admitted_extracts(workspace, partnership)
        if sorted(person_map.facts.extracts) != sorted(extract.digest for extract in kept):
            raise StateError("Extracts came in since people were linked.", "Run `sentinel hub link`, then draw.")
        open_identity(connection, workspace, stack.enter_context(extracts.held(workspace, kept)))
        threshold = person_map.facts.threshold
        once = [source.name for source in partnership.sources if source.one_record_per_person]
        found = engine.find_people(
            connection, once, threshold, lambda step: progress(step, _STEPS.index(step), len(_STEPS))
        )
        if found.memory is None:
            raise StateError(f"There are no pairs to review: {found.why}.")
        progress(_STEPS[-1], len(_STEPS) - 1, len(_STEPS))
        bits = pairs.bits(threshold)
        _frame(connection, found, person_map, bits, judged)
        counted = connection.execute(
            "SELECT linked, band, count(*), count(*) FILTER (NOT again) FROM frame GROUP BY linked, band ORDER BY ALL"
        ).fetchall()
        sizes = {(linked, band): many for linked, band, many, _ in counted}
        _choose(connection, allocate({(linked, band): new for linked, band, _, new in counted}, size), seed)
        content = {
            "threshold": threshold,
            "seed": seed,
            "strata": [
                {"band": _band(band, bits), "linked": linked, "pairs": many} for (linked, band), many in sizes.items()
            ],
            "pairs": _chosen(connection, found, list(sizes)),
        }
        parent = identity_store.secure(workspace.identity / "reviews")
        facts = {"schema_version": SCHEMA_VERSION, "person_map": person_map.artefact.digest, "seed": seed}
        stack.close()  # what was read is looked at once more, before it is published
        with artefacts.publish(parent, KIND, facts) as draft:
            (draft.path / "sample.json").write_bytes(canonical_json(content))
        artefacts.write_pointer(parent / CURRENT, draft.digest)
    return open_sample(workspace)


def _frame(
    connection: duckdb.DuckDBPyConnection,
    found: engine.FoundPeople,
    person_map: persons.PersonMap,
    bits: float,
    judged: Sequence[tuple[str, str]],
) -> None:
    """Make the table `frame`: all pairs weighed, each with its band, and whether it is linked and was judged before."""
    connection.register("map_given", person_map.table())
    before = pa.table({name: pa.array([pair[at] for pair in judged], pa.string()) for at, name in enumerate("ab")})
    connection.register("before", before)
    bands = " + ".join(f"(weight >= {bits + edge!r})::BIGINT" for edge in EDGES)
    connection.execute(
        f"""
        CREATE TABLE frame AS
        WITH every AS (
            SELECT one, other, strangers, evidence, weight, reason FROM pair
            UNION ALL
            SELECT one, other, strangers, evidence, evidence AS weight, '' AS reason FROM (
                SELECT one, other, weight AS strangers, {waterfall.evidence(found)} AS evidence
                FROM candidate ANTI JOIN pair USING (one, other)
                JOIN record l ON l.number = one JOIN record r ON r.number = other
            )
        )
        SELECT every.*, {bands} AS band, a.person_id = b.person_id AS linked,
               l.record_key AS one_key, r.record_key AS other_key, before.a IS NOT NULL AS again
        FROM every JOIN record l ON l.number = one JOIN record r ON r.number = other
        JOIN map_given a ON a.record_key = l.record_key JOIN map_given b ON b.record_key = r.record_key
        LEFT JOIN before ON before.a = least(l.record_key, r.record_key)
             AND before.b = greatest(l.record_key, r.record_key)
        """
    )
    connection.unregister("map_given")
    connection.unregister("before")


def _choose(connection: duckdb.DuckDBPyConnection, places: Mapping[tuple[bool, int], int], seed: int) -> None:
    """Make the table `chosen`: so many pairs of each stratum as have places, and those judged before."""
    wanted = pa.table(
        {
            "linked": [linked for linked, _ in places],
            "band": pa.array([band for _, band in places], pa.int64()),
            "places": pa.array(places.values(), pa.int64()),
        }
    )
    connection.register("wanted", wanted)
    connection.execute(
        f"""
        CREATE TABLE chosen AS
        FROM frame JOIN wanted USING (linked, band)
        QUALIFY again OR places >= row_number() OVER (
            PARTITION BY linked, band, again ORDER BY md5('{int(seed)}' || one_key || ' ' || other_key)
        )
        """
    )
    connection.unregister("wanted")


def _chosen(
    connection: duckdb.DuckDBPyConnection, found: engine.FoundPeople, strata: Sequence[tuple[bool, int]]
) -> list[dict[str, Any]]:
    """Return the chosen pairs, numbered in an order that does not tell their weight."""
    levels = waterfall.levels(found)
    fields = ("given_name", "family_name", "date_of_birth", "sex", "postcodes", "identifiers", "source")
    columns = ", ".join(f"{side}.{field}" for side in "lr" for field in fields)
    alike = ", ".join(
        f"round(jaro_winkler_similarity(l.{name}, r.{name}), 2)" for name in ("given_name", "family_name")
    )
    rows = connection.execute(
        f"""
        SELECT one_key, other_key, linked, band, strangers, evidence, weight, reason,
               {", ".join(levels.values()) or "NULL"}, {columns}, {alike}
        FROM chosen JOIN record l ON l.number = one JOIN record r ON r.number = other
        ORDER BY md5(one_key || other_key)
        """
    ).fetchall()
    found_pairs = []
    for number, row in enumerate(rows, start=1):
        parts = iter(row)
        one_key, other_key, linked, band, strangers, evidence, weight, reason = itertools.islice(parts, 8)
        at = dict(zip(levels, itertools.islice(parts, max(len(levels), 1)), strict=False))
        one, other = (dict(zip(fields, itertools.islice(parts, len(fields)), strict=True)) for _ in "lr")
        similar = dict(zip(("given_name", "family_name"), parts, strict=True))
        sources = {"what": "source", "one": one["source"], "other": other["source"], "together": ""}
        found_pairs.append(
            {
                "number": number,
                "one": one_key,
                "other": other_key,
                "stratum": strata.index((linked, band)),
                "weight": weight,
                "linked": linked,
                "reason": reason,
                "waterfall": waterfall.steps(found, at, strangers, evidence, weight),
                "masked": [sources, *masking.rows(one, other, similar)],
            }
        )
    return found_pairs


def _band(band: int, bits: float) -> str:
    edges = [f"{bits + edge:.1f}".replace("-", "−") for edge in EDGES]
    if band == 0:
        return f"below {edges[0]}"
    return f"{edges[band - 1]} or more" if band == len(EDGES) else f"{edges[band - 1]} to {edges[band]}"
