"""What is told of a linkage: nobody finds out how few people of a group there are, not with two documents either."""

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.disclosing.disclosure import SmallNumbers
from hub.figures import wilson
from hub.linking import disclosed, groups
from hub.linking.accuracy import Known
from hub.quality import quality_report, quarantine_groups
from hub.staging import recorded_groups
from tests.examples import examples
from tests.oracles import published
from tests.oracles.attacker import Attacker

SMALL = SmallNumbers()
X = {"withheld": "withheld"}


def report_of(people: list[tuple[str, str, int]]) -> dict[str, Any]:
    """Return a linkage's report on people: sex, ethnicity, and in how many of three sources they have a record."""
    rows = [(number, sex, code, source) for number, (sex, code, many) in enumerate(people) for source in range(many)]
    person = np.array([row[0] for row in rows])
    size = np.bincount(person, minlength=len(people))
    levels = {
        "sex": np.array([row[1] for row in rows], dtype=object),
        "ethnicity": np.array([row[2] for row in rows], dtype=object),
        "source": np.array([f"source_{row[3]}" for row in rows], dtype=object),
    }
    weight = np.where(size[person] > 1, np.where(person % 7 == 0, 5.0, 20.0), np.nan)
    known = Known(person, person)
    return {
        "records": len(rows),
        "people": len(people),
        "merged_records": len(rows) - len(people),
        "method": "splink",
        "why": "compared names",
        "threshold": 0.95,
        "refused": {},
        "people_by_records": {str(many): int(n) for many, n in sorted(Counter(size.tolist()).items())},
        "left_out": {},
        "quality": known.quality().as_json(),
        "groups": known.by_group(levels),
        "without_truth": groups.without_truth(person, weight, levels, 4.0, np.zeros(len(rows), bool)),
    }


_PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["F", "M", "M", "F", "X"]),
        st.sampled_from(["WBRI", "WBRI", "WIRI", "AIND", "APKN", "OOTH", "not recorded"]),
        st.sampled_from([1, 2, 2, 3]),
    ),
    min_size=12,
    max_size=90,
)


def quarantine_of(people: list[tuple[str, str, int]], by: str) -> tuple[dict[str, Any], dict[tuple[str, str], int]]:
    """Return a quarantine in which each source has one rule that rows of nobody known break: it tells whom it lists."""
    group = recorded_groups.sex if by == "sex" else recorded_groups.ethnicity
    listed: dict[str, Counter[str]] = {}
    for sex, code, many in people:
        for source in range(many):
            listed.setdefault(f"source_{source}", Counter())[group(sex if by == "sex" else code)] += 1
    counts = [
        quarantine_groups.Count(source, "id: required", level, 0, 0, many)
        for source, levels in listed.items()
        for level, many in levels.items()
    ]
    counts += [
        quarantine_groups.Count(source, "id: required", quarantine_groups.NOT_KNOWN, 30, 0, 0) for source in listed
    ]
    rows = quarantine_groups.shown(SMALL, counts, listed)
    return {"by": by, "rows": rows}, {(source, "id: required"): 30 for source in listed}


@settings(max_examples=examples(8), deadline=None)
@given(_PEOPLE)
def test_nobody_finds_a_small_number_out(people: list[tuple[str, str, int]]) -> None:
    attacker = Attacker()
    about = {"partnership": "p", "linked_on": "2025-01-01", "person_map": "0"}
    published.quality(attacker, quality_report.document(SMALL, report_of(people), about))
    assert attacker.recovered() == []


@settings(max_examples=examples(8), deadline=None)
@given(_PEOPLE, st.sampled_from(["sex", "ethnicity"]))
def test_nor_with_the_quarantine_beside_it(people: list[tuple[str, str, int]], by: str) -> None:
    attacker = Attacker()
    published.quality(attacker, disclosed.document(SMALL, report_of(people)))
    document, totals = quarantine_of(people, by)
    codes = {code: recorded_groups.ethnicity(code) for code in ("WBRI", "WIRI", "AIND", "APKN", "OOTH", "not recorded")}
    published.quarantine(attacker, document, totals, codes)
    assert attacker.recovered() == []


def test_a_figure_leaves_with_its_n_or_not_at_all() -> None:
    """The interval .901 to 1 of all of 35 tells the 35, and so the one who is left of 36."""
    people = [("F", "WBRI", 2)] * 600 + [("M", "WBRI", 2)] * 35 + [("X", "WBRI", 2)]
    rows = {row["level"]: row for row in disclosed.groups(SMALL, report_of(people)) if row["group"] == "sex"}
    assert rows["X"]["records"] == rows["M"]["records"] == X
    assert rows["M"]["alone"] == rows["M"]["near"] == X
    assert rows["F"]["records"] == 1200


def test_what_the_interval_tells_is_found_out_by_the_attacker() -> None:
    """So the attack can fail: with the figure beside the withheld number, the group of one is found."""
    attacker = Attacker()
    report = report_of([("F", "WBRI", 2)] * 600 + [("M", "WBRI", 2)] * 35)
    figure = {"value": 1.0, "low": 0.901099, "high": 1.0, "n": "withheld", "unit": ""}
    document = disclosed.document(SMALL, report)
    nothing = {"not_computed": "", "n": 0}
    same = {"group": "source", "precision": {}, "recall": {}, "near": nothing}
    document["groups"] = [
        same | {"level": "a", "records": 1200, "records_a_person": nothing | {"n": 600}, "alone": nothing},
        same | {"level": "b", "records": X, "records_a_person": X, "alone": figure},
        same | {"level": "c", "records": X, "records_a_person": X, "alone": X},
    ]
    document["records"] = 1236
    document["people_by_records"] = []
    published.quality(attacker, document)
    assert ("linkage source c records", 1, 1) in {(one.number, one.low, one.high) for one in attacker.recovered()}


def _sexes(people: list[tuple[str, str, int]]) -> dict[str, dict[str, Any]]:
    return {row["level"]: row for row in disclosed.groups(SMALL, report_of(people)) if row["group"] == "sex"}


def test_many_pairs_of_few_people_are_few() -> None:
    """Four people with three records each have twelve pairs."""
    many = [("F", "WBRI", 2)] * 600 + [("M", "WBRI", 2)] * 30
    rows = _sexes([*many, *[("X", "WBRI", 3)] * 4])
    assert rows["X"]["precision"] == rows["X"]["recall"] == X
    assert rows["F"]["precision"]["value"] == 1
    assert _sexes([*many, *[("X", "WBRI", 3)] * 12])["X"]["precision"]["n"] == 36


def test_of_how_many_people_pairs_are_is_not_worked_out_from_their_interval() -> None:
    """Thirty pairs of 30 people, or of 10 with three records, or of 20: the interval is the same."""
    many = [("F", "WBRI", 3)] * 600
    worlds: list[list[tuple[str, str, int]]] = [
        [("X", "WBRI", 2)] * 30, [("X", "WBRI", 3)] * 10, [("X", "WBRI", 2)] * 15 + [("X", "WBRI", 3)] * 5,
    ]  # fmt: skip
    told = [_sexes([*many, *world])["X"] for world in worlds]
    assert [row["precision"]["n"] for row in told] == [30, 30, 30]
    for name in ("precision", "recall"):
        assert told[0][name] == told[1][name] == told[2][name]
    assert (told[0]["recall"]["low"], told[0]["recall"]["high"]) == tuple(round(one, 6) for one in wilson(10, 10))


def test_a_linkage_of_old_does_not_say_of_how_many_people_its_pairs_are() -> None:
    report = report_of([("F", "WBRI", 2)] * 600)
    report["groups"] = [{**row, "people": None} for row in report["groups"]]
    assert all(row["recall"] == X for row in disclosed.groups(SMALL, report))


def test_sizes_are_put_together_until_nobody_can_calculate() -> None:
    sizes = {1: 207, 2: 778, 3: 1076, 4: 1208, 5: 1143, 6: 482, 7: 40, 8: 3}
    rows = disclosed.sizes(SMALL, sizes)
    # "7 or more: 43 people" would tell, with all records, that three of them have more than 7.
    assert rows[-1] == {"records": "6 or more", "people": 525}
    assert rows[0] == {"records": "1", "people": 207}
    assert disclosed.sizes(SMALL, {1: 3, 2: 4}) == [{"records": "any number", "people": {"withheld": "fewer than 10"}}]
    assert disclosed.sizes(SMALL, {1: 50, 2: 20}) == [
        {"records": "1", "people": 50},
        {"records": "2", "people": 20},
    ]
    assert disclosed.sizes(SMALL, {}) == []


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 12), st.integers(0, 40), max_size=6))
def test_people_by_size_add_up_and_are_never_few(people: dict[int, int]) -> None:
    rows = disclosed.sizes(SMALL, people)
    whole = sum(people.values())
    if whole >= 10:
        assert sum(row["people"] for row in rows) == whole
        assert all(row["people"] >= 10 for row in rows)


def test_values_set_aside_and_changes_of_ids() -> None:
    one = {"comparison": "email", "why": "many share it", "values": 2, "records": 7, "shown": []}
    many = one | {"records": 40}
    few, whole = disclosed.set_aside(SMALL, [one, many])
    assert (few["records"], few["values"]) == ({"withheld": "fewer than 10"}, X)
    assert whole == many
    assert disclosed.changes(SMALL, {"new": 3, "kept": 500, "merged": 0, "split": 2}) == {
        "new": X, "kept": X, "merged": 0, "split": {"withheld": "fewer than 10"},
    }  # fmt: skip


def test_a_source_that_links_to_nothing_is_not_told_in_a_second_place() -> None:
    """1,017 records, of which a school has 1,000: what is told of the club would tell how few the refuge has."""

    def figure(value: float, n: int) -> dict[str, Any]:
        return {"value": value, "low": 0, "high": 1, "n": n, "unit": ""}

    def row(level: str, records: int, alone: int) -> dict[str, Any]:
        near = figure(0, records) if records > alone else {"not_computed": "x", "n": 0}
        return {
            "group": "source",
            "level": level,
            "records": records,
            "alone": figure(alone / records, records),
            "near": near,
            "records_a_person": figure(1, records),
            "set_aside": figure(0, records),
        }

    report = {
        "records": 1017,
        "people": 917,
        "merged_records": 100,
        "people_by_records": {"1": 817, "2": 100},
        "quality": {name: {"not_computed": "no truth", "n": 0} for name in ("precision", "recall", "f1")},
        "groups": [],
        "without_truth": [row("school", 1000, 800), row("youth_club", 12, 12), row("refuge", 5, 5)],
        "unlinked": {"youth_club": 12, "refuge": 5},
        "set_aside": [],
    }
    told = disclosed.document(SMALL, report)
    assert {one["level"]: one["records"] for one in told["groups"]} == {"school": 1000, "youth_club": X, "refuge": X}
    assert told["unlinked"] == {"youth_club": X, "refuge": X}
