"""What an attacker reads in each document that leaves: its numbers, its shares, and what everybody knows of them.

Numbers that two documents tell have one name here, so that whatever is read into one attacker is attacked together.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, permutations, product
from typing import Any

from hub.figures import wilson
from tests.oracles.attacker import Attacker

Document = Mapping[str, Any]

_RATES = {
    "selection_rate": ("suggested", "looks", "people"),
    "false_negative_rate": ("missed", "with_outcome", "people_with_outcome"),
    "false_positive_rate": ("wrongly", "without_outcome", "people_without_outcome"),
    "precision": ("found", "suggested", "people_suggested"),
}
_LOOKS = ("looks", "with_outcome", "without_outcome", "suggested", "wrongly", "missed", "found", "neither")
_PEOPLE = {
    "people": "looks",
    "people_with_outcome": "with_outcome",
    "people_without_outcome": "without_outcome",
    "people_suggested": "suggested",
}
_FIXED = ("sex", "ethnicity", "disability")
"""Groups that a person is of on every date."""


def audit(attacker: Attacker, document: Document) -> None:
    """Read audit.json: fairness, dates, bands, calibration, sizes, linkage, leakage."""
    dates = document["about"]["test_dates"]
    fairness(attacker, document["fairness"], dates)
    performance(attacker, document["performance"], dates)
    for part in document["limits"]["sizes"]:
        test = part is document["limits"]["sizes"][-1]
        where = "audit: everyone" if test else f"audit: {part['part']}"
        for key, name in (("rows", "looks"), ("people", "people"), ("with_outcome", "with_outcome")):
            attacker.read(f"{where} {name}", part[key], table="audit limits")
        attacker.sum(f"{where} looks", [f"{where} with_outcome", f"{where} without_outcome"])
    linkage = document["limits"]["linkage"]
    for row in linkage["groups"]:
        for name in ("precision", "recall"):
            _pairs(attacker, row["group"], row["level"], name, row[name], "audit linkage")
    for finding in document["leakage"]["findings"]:
        evidence(attacker, leak(finding), {one["name"]: one["value"] for one in finding["evidence"]})


def fairness(attacker: Attacker, found: Document, dates: int) -> None:
    """Read the rates of everyone and of each group; nobody has more than one look a date."""
    _level(attacker, "audit: everyone", found["everyone"], "audit fairness", dates)
    for group in found["groups"]:
        where = f"audit: {group['name']}"
        own = [level for level in group["levels"] if "together" not in level]
        for level in own:
            _level(attacker, f"{where} {level['level']}", level, "audit fairness", dates)
        _parts(attacker, "audit: everyone", [f"{where} {level['level']}" for level in own], group["name"])
        for level in group["levels"]:
            if "together" in level:
                _level(attacker, f"{where} together", level, "audit fairness", dates)
                _parts(attacker, f"{where} together", [f"{where} {one}" for one in level["together"]], group["name"])
        for level in group["levels"]:
            name = f"{where} {'together' if 'together' in level else level['level']}"
            _differences(attacker, name, level)


def _level(attacker: Attacker, name: str, level: Document, table: str, dates: int) -> None:
    of = {one: attacker.number(f"{name} {one}") for one in (*_LOOKS, *_PEOPLE)}
    attacker.sum(of["with_outcome"], [of["missed"], of["found"]])
    attacker.sum(of["without_outcome"], [of["wrongly"], of["neither"]])
    attacker.sum(of["suggested"], [of["wrongly"], of["found"]])
    attacker.sum(of["looks"], [of["with_outcome"], of["without_outcome"]])
    for people, looks in _PEOPLE.items():
        attacker.at_most(of[people], of[looks])
        attacker.at_most(of[looks], of[people], dates)
        if people != "people":
            attacker.at_most(of[people], of["people"])
    attacker.read(of["people"], level["people"], table=table)
    for count in ("looks", "with_outcome", "suggested"):
        attacker.read(of[count], level.get(count, {"withheld": "withheld"}), table=table)
    for rate, (part, whole, people) in _RATES.items():
        figure = level["rates"][rate]["rate"]
        if "value" in figure:
            attacker.share(of[part], of[whole], figure["value"])
            attacker.read(of[people], figure["n"], table=table)
        elif "not_computed" in figure:
            attacker.read(of[people], figure["n"], table=table)
        else:
            attacker.read(of[part], figure, table=table, stated=False)


def _differences(attacker: Attacker, name: str, level: Document) -> None:
    """A difference tells the rate of everybody else: everyone's numbers less the level's own."""
    for rate, (part, whole, _) in _RATES.items():
        own, difference = level["rates"][rate]["rate"], level["rates"][rate]["difference"]
        if "value" in own and "value" in difference:
            rest = own["value"] - difference["value"]
            others = {f"audit: everyone {part}": 1.0, f"{name} {part}": -1.0}
            for sign in (1, -1):
                of = rest + sign * 1e-6
                row = {**others, f"audit: everyone {whole}": -of, f"{name} {whole}": of}
                attacker.relation(row, -1e-6 if sign < 0 else -float("inf"), 1e-6 if sign > 0 else float("inf"))
        elif "value" in difference:
            raise AssertionError("a difference without its rate")


def _parts(attacker: Attacker, whole: str, parts: Sequence[str], group: str) -> None:
    for looks in _LOOKS:
        attacker.sum(f"{whole} {looks}", [f"{one} {looks}" for one in parts])
    for people in _PEOPLE:
        row = {f"{whole} {people}": -1, **{f"{one} {people}": 1 for one in parts}}
        attacker.relation(row, 0, 0 if group in _FIXED else float("inf"))


def performance(attacker: Attacker, told: Document, dates: int) -> None:
    """Read the test dates, the bands and the steps of the calibration."""
    everyone = "audit: everyone"
    for one in told["dates"]:
        where = f"audit: date {one['as_of_date']}"
        attacker.read(f"{where} looks", _words(one["looks"]), table="audit dates")
        attacker.read(f"{where} with_outcome", _words(one["with_outcome"]), table="audit dates")
        attacker.sum(f"{where} looks", [f"{where} with_outcome", f"{where} without_outcome"])
    for name in ("looks", "with_outcome"):
        attacker.sum(f"{everyone} {name}", [f"audit: date {one['as_of_date']} {name}" for one in told["dates"]])
    for one in told["bands"]:
        where = f"audit: band {one['name']}"
        attacker.sum(f"{where} looks", [f"{where} with_outcome", f"{where} without_outcome"])
        attacker.read(f"{where} people", one["people"], table="audit bands")
        attacker.at_most(f"{where} people", f"{where} looks")
        attacker.at_most(f"{where} looks", f"{where} people", dates)
        if "value" in one["per_date"]:
            attacker.number(f"{where} looks", *[round(one["per_date"]["value"] * dates)] * 2)
        else:
            attacker.read(f"{where} looks", one["per_date"], table="audit bands")
        if "value" in one["with_outcome"]:
            attacker.number(f"{where} looks", *[one["with_outcome"]["n"]] * 2)
            attacker.share(f"{where} with_outcome", f"{where} looks", one["with_outcome"]["value"])
        elif "withheld" in one["with_outcome"]:
            attacker.read(f"{where} with_outcome", one["with_outcome"], table="audit bands", stated=False)
    for name in ("looks", "with_outcome"):
        attacker.sum(f"{everyone} {name}", [f"audit: band {one['name']} {name}" for one in told["bands"]])
    for name, of in (("looks", "suggested"), ("with_outcome", "found")):
        attacker.sum(f"{everyone} {of}", [f"audit: band offer_help {name}"])
    steps = [f"audit: step {at}" for at in range(len(told["calibration"]))]
    for where, step in zip(steps, told["calibration"], strict=True):
        attacker.number(f"{where} looks", step["rows"], step["rows"])
        attacker.share(f"{where} with_outcome", f"{where} looks", step["observed"]["value"])
    for name in ("looks", "with_outcome") if steps else ():
        attacker.sum(f"{everyone} {name}", [f"{where} {name}" for where in steps])


def _words(value: Any) -> Any:
    return {"withheld": value} if isinstance(value, str) else value


def leak(finding: Document) -> str:
    """Return the name of a leak: the same in an audit as where leaks are looked for."""
    return f"leak {finding['kind']} {finding['about']}: {finding['plain']}"


def evidence(attacker: Attacker, where: str, found: Mapping[str, Any]) -> None:
    """Read the numbers behind a leak."""
    wholes = ("children_with_outcome", "children_compared", "records", "new_records", "events", "children")
    parts = ("children_by_events", "children_by_household", "children_by_linkage", "children_absent", "children",
             "children_not_known_yet", "stamped_records", "records_dated_back", "events_changed")  # fmt: skip
    whole = next((name for name in wholes if name in found), None)
    told = [name for name in parts if name in found and name != whole]
    if "records_dated_back" in told:
        told.remove("children")
    if whole is None or not told:
        return
    for name in (whole, *told):
        attacker.read(f"{where} {name}", found[name], table="leak findings")
    rest = f"{where} the others"
    attacker.sum(f"{where} {whole}", [*(f"{where} {name}" for name in told), rest])
    share = found.get("share")
    if isinstance(share, Mapping) and "value" in share:
        attacker.number(f"{where} {whole}", share["n"], share["n"])
        attacker.share(f"{where} {told[0]}", f"{where} {whole}", share["value"])
    attacker.withheld.setdefault(rest, "leak findings")


def quality(attacker: Attacker, document: Document, table: str = "quality") -> None:
    """Read the linkage quality report, or what `hub link --json` says."""
    about = document.get("about", document)
    for name in ("records", "people"):
        attacker.number(f"linkage {name}", about[name], about[name])
    rows = [
        {"group": group["group"], **level} if "levels" in group else group
        for group in document["groups"]
        for level in group.get("levels", [group])
    ]
    for row in rows:
        _linked(attacker, row, table)
    for group in {row["group"] for row in rows}:
        levels = [f"linkage {group} {row['level']}" for row in rows if row["group"] == group]
        attacker.sum("linkage records", [f"{one} records" for one in levels])
        attacker.sum("linkage alone", [f"{one} alone" for one in levels])
        attacker.sum("linkage near", [f"{one} near" for one in levels])
        attacker.relation({"linkage people": -1, **{f"{one} people": 1 for one in levels}}, 0, float("inf"))
    for name in ("precision", "recall"):
        overall = document["quality"][name]
        if overall.get("n"):
            for group in {row["group"] for row in rows}:
                parts = [f"pairs {group} {row['level']} {name}" for row in rows if row["group"] == group]
                attacker.relation(dict.fromkeys(parts, 1), overall["n"], float("inf"))
    _sizes(attacker, document["people_by_records"], table)


def _linked(attacker: Attacker, row: Document, table: str) -> None:
    group, level = row["group"], row["level"]
    of = {name: f"linkage {group} {level} {name}" for name in ("records", "alone", "linked", "near", "far", "people")}
    attacker.sum(of["records"], [of["alone"], of["linked"]])
    attacker.sum(of["linked"], [of["near"], of["far"]])
    attacker.at_most(of["people"], of["records"])
    attacker.at_most(of["alone"], of["people"])
    attacker.read(of["records"], _words(row["records"]), table=table)
    for name, part, whole in (
        ("alone", "alone", "records"),
        ("near", "near", "linked"),
        ("records_a_person", "", "people"),
    ):
        figure = row[name]
        if isinstance(figure.get("n"), int) and "value" in figure:
            attacker.number(of[whole], figure["n"], figure["n"])
        if "value" in figure and part:
            attacker.share(of[part], of[whole], figure["value"])
            if isinstance(figure["n"], str) and group == "source":
                # Each record is a person's only one of a source: Wilson's interval of none or of all tells how many.
                many = _wilson_n(figure)
                if many is not None:
                    attacker.number(of[whole], many, many)
        elif "value" in figure:
            # The mean over the people of a level of all their records: at least those of the level.
            attacker.relation({of["people"]: figure["value"] + 1e-6, of["records"]: -1}, 0, float("inf"))
        elif "withheld" in figure:
            attacker.read(of[part or "people"], figure, table=table, stated=not part)
    for name in ("precision", "recall"):
        _pairs(attacker, group, level, name, row[name], table)


def _wilson_n(figure: Document) -> int | None:
    square = 1.959963984540054**2
    if figure["value"] == 0:
        return round(square / figure["high"] - square)
    return round(square * figure["low"] / (1 - figure["low"])) if figure["value"] == 1 else None


def _pairs(attacker: Attacker, group: str, level: str, name: str, figure: Document, table: str) -> None:
    code = re.search(r"\(([A-Z0-9]+)\)$", level)
    group = {"Source": "source", "Sex": "sex", "Ethnicity": "ethnicity", "Deprivation": "deprivation"}.get(group, group)
    where = f"pairs {group} {code.group(1) if code and group != 'deprivation' else level} {name}"
    if isinstance(figure.get("n"), int):
        attacker.number(where, figure["n"], figure["n"])
    elif "withheld" in figure:
        attacker.read(where, figure, table=table)


def _sizes(attacker: Attacker, rows: Any, table: str) -> None:
    """Read how many people have so many records; all of them together have all records."""
    if isinstance(rows, Mapping):
        rows = [{"records": size, "people": people} for size, people in rows.items()]
    sizes: dict[str, int] = {}
    spans = [_span(str(row["records"])) for row in rows]
    for row, (first, last) in zip(rows, spans, strict=True):
        parts = {f"people with {size} records": size for size in range(first, last + 1)}
        sizes |= parts
        where = f"people with {row['records']} records" if last > first else next(iter(parts))
        attacker.read(where, _words(row["people"]), table=table)
        if last > first:
            attacker.sum(where, parts)
            for part in parts:
                attacker.withheld.setdefault(attacker.number(part), table)
    if not sizes:
        return
    attacker.relation({"linkage people": -1, **dict.fromkeys(sizes, 1)})
    attacker.relation({"linkage records": -1, **sizes})
    if "people with 1 records" in sizes:
        attacker.sum("linkage alone", ["people with 1 records"])


def _span(words: str) -> tuple[int, int]:
    numbers = [int(one) for one in re.findall(r"\d+", words)]
    if not numbers:
        return 1, 12
    return (numbers[0], numbers[0] + 12) if "more" in words else (numbers[0], numbers[-1])


_SEXES = {"F": "female", "M": "male", "female": "female", "male": "male", "not recorded": "not recorded"}


def quarantine(
    attacker: Attacker, document: Document, totals: Mapping[tuple[str, str], int], groups: Mapping[str, str]
) -> None:
    """Read the quarantine by group.

    Args:
        attacker: who reads.
        document: what `hub quarantine --by` says.
        totals: the rows of each (source, rule), as `hub quarantine` counts them.
        groups: of each code of an ethnicity, the group; the quality report tells of codes.
    """
    by = document["by"]
    rules: dict[tuple[str, str], list[Document]] = {}
    for row in document["rows"]:
        rules.setdefault((row["source"], row["rule"]), []).append(row)
    listed: dict[str, dict[str, None]] = {}
    for (source, rule), rows in rules.items():
        total = totals[source, rule]
        parts = []
        for row in rows:
            where = f"quarantine {by} {source} {rule} {row['group']}"
            parts.append(f"{where} rows")
            attacker.read(f"{where} rows", _words(row["rows"]), table=f"quarantine by {by}")
            if row["people"] is None:
                continue
            everybody = f"listed {by} {source} {row['group']}"
            listed.setdefault(source, {})[everybody] = None
            attacker.at_most(f"{where} people", f"{where} rows")
            attacker.at_most(f"{where} rows", f"{where} people", total)
            attacker.sum(everybody, [f"{where} people", f"{where} others"])
            attacker.read(f"{where} people", _words(row["people"]), table=f"quarantine by {by}")
            attacker.read(everybody, _words(row["listed"]), table=f"quarantine by {by}")
            if "value" in row["share"]:
                attacker.number(everybody, row["share"]["n"], row["share"]["n"])
                attacker.share(f"{where} people", everybody, row["share"]["value"])
                if row["share"]["value"] == 1:
                    raise AssertionError("what is true of everybody in a group is told of each")
        attacker.relation(dict.fromkeys(parts, 1), total, total)
    for source, people in listed.items():
        attacker.sum(f"linkage source {source} records", people)
    _listed_by_all(attacker, by, listed, groups)


def _listed_by_all(attacker: Attacker, by: str, listed: Mapping[str, Iterable[str]], groups: Mapping[str, str]) -> None:
    """What all sources list of a group are the records of its codes in the quality report, if all sources are told."""
    prefix = f"linkage {by} "
    records = [name for name in attacker.numbers() if name.startswith(prefix) and name.endswith(" records")]
    sources = {name.split()[2] for name in attacker.numbers() if re.fullmatch(r"linkage source \S+ records", name)}
    if not records or not sources <= set(listed):
        return
    codes: dict[str, list[str]] = {}
    for name in records:
        code = name.removeprefix(prefix).removesuffix(" records")
        group = _SEXES.get(code, "another value") if by == "sex" else groups.get(code, code)
        codes.setdefault(group, []).append(name)
    for group, parts in codes.items():
        told = [
            f"listed {by} {source} {group}" for source in listed if f"listed {by} {source} {group}" in listed[source]
        ]
        attacker.relation({**dict.fromkeys(parts, 1), **dict.fromkeys(told, -1)})


def levels(attacker: Attacker, document: Document, sizes: Mapping[str, int]) -> None:
    """Read the outcome levels: districts, periods, totals of both.

    Args:
        attacker: who reads.
        document: what `features outcomes --json` says.
        sizes: how many children of which ages live in which district on which day, by `children`: who wants to know
            finds most of that elsewhere. Small ones nobody knows.
    """
    for name, size in sizes.items():
        if size == 0 or size >= attacker.fewest:
            attacker.number(name, size, size)
        else:
            attacker.read(name, {"withheld": "withheld"}, table="levels")
    for outcome in document["outcomes"]:
        if outcome["refused"] or not outcome["areas"]:
            continue
        periods = [one["first"] for one in outcome["periods"]]
        complete = [one["first"] for one in outcome["periods"] if one["complete"]]
        areas = [area["area"] or "county" for area in outcome["areas"]]
        ages = outcome.get("ages")
        for area in outcome["areas"]:
            place = area["area"] or "county"
            for first, cell in zip(periods, area["levels"], strict=True):
                _cell(attacker, f"{outcome['name']} {place} {first}", children(ages, place, first), cell)
            if complete:
                _whole(attacker, outcome["name"], ages, place, complete, area["all"])
        for first in periods if len(areas) > 1 else ():
            parts = [one for one in areas if one != "county"]
            attacker.sum(f"{outcome['name']} county {first}", [f"{outcome['name']} {one} {first}" for one in parts])
            attacker.sum(children(ages, "county", first), [children(ages, one, first) for one in parts])
    told = [one for one in document["outcomes"] if not one["refused"] and one["areas"]]
    _ages(attacker, told)
    for whole, part in permutations(told, 2):
        _nested(attacker, whole, [part])
    for whole, one, other in permutations(told, 3):
        if one["name"] < other["name"]:
            _nested(attacker, whole, [one, other])


def _ages(attacker: Attacker, told: Sequence[Document]) -> None:
    """Know that those below 18 are those below 4 and those from 4 on: of each year of age nobody was told."""
    years = {(ages["from_years"], ages["below_years"]) for one in told if (ages := one.get("ages")) is not None}
    edges = sorted({edge for span in years for edge in span})
    spans = list(pairwise(edges))
    where = {
        (area["area"] or "county", period["first"])
        for one in told
        for area in one["areas"]
        for period in one["periods"]
    }
    for place, first in sorted(where):
        parts = {span: f"children of {span} {place} {first}" for span in spans}
        for part in parts.values():
            attacker.read(part, {"withheld": "withheld"}, table="levels", stated=False)
        for ages in {str(one.get("ages")): one.get("ages") for one in told}.values():
            whole = children(ages, place, first)
            attacker.number(whole)
            if ages is None:
                others = attacker.number(f"children of other ages {place} {first}")
                attacker.sum(whole, [*parts.values(), others])
            else:
                first_year, below = ages["from_years"], ages["below_years"]
                inside = [name for span, name in parts.items() if first_year <= span[0] and span[1] <= below]
                attacker.sum(whole, inside)


_LISTS = ("types", "roles", "details", "origins")


def _events(outcomes: Sequence[Document]) -> list[set[tuple[str, ...]]]:
    """Return for each outcome which kinds of events it counts, of all that any of them tells apart."""
    columns = [
        sorted({"anything else", *(value for one in outcomes for value in one["events"].get(name) or ())})
        for name in _LISTS
    ]
    return [
        {
            kind
            for kind in product(*columns)
            if all(
                not one["events"].get(name) or value in one["events"][name]
                for name, value in zip(_LISTS, kind, strict=True)
            )
        }
        for one in outcomes
    ]


def _nested(attacker: Attacker, whole: Document, parts: Sequence[Document]) -> None:
    """Know who is in the whole and not in its part; and, of a whole that is two parts, who is in both of them."""
    every, *some = _events([whole, *parts])
    if any(one.get("ages") != whole.get("ages") for one in parts) or not all(one < every for one in some):
        return
    if len(parts) == 2 and (set.union(*some) != every or not set.intersection(*some) < min(some, key=len)):
        return
    names = [one["name"] for one in (whole, *parts)]
    of = [{one["first"]: one["complete"] for one in outcome["periods"]} for outcome in (whole, *parts)]
    areas = [{area["area"]: area for area in outcome["areas"]} for outcome in (whole, *parts)]
    for area in areas[0]:
        place = area or "county"
        at = (
            [*of[0], "all"]
            if all(one == of[0] for one in of[1:])
            else [first for first in of[0] if all(first in one for one in of)]
        )
        for first in at:
            hidden = f"{' less '.join(names)} {place} {first}"
            attacker.read(hidden, {"withheld": "withheld"}, table="levels", stated=False)
            if len(parts) == 1:
                attacker.sum(f"{names[0]} {place} {first}", [f"{names[1]} {place} {first}", hidden])
            else:
                attacker.relation(
                    {f"{names[0]} {place} {first}": 1, hidden: 1, **{f"{one} {place} {first}": -1 for one in names[1:]}}
                )


def children(ages: Any, place: str, first: str) -> str:
    """Return the name of how many children of these ages live there on the first day of a period."""
    return f"children {ages} {place} {first}"


def _cell(attacker: Attacker, many: str, size: str, cell: Document) -> None:
    attacker.sum(size, [many, f"{many} not"])
    if "withheld" in cell:
        attacker.read(many, cell, table="levels")
    elif "not_computed" in cell:
        attacker.number(size, 0, 0)
    else:
        attacker.number(size, cell["n"], cell["n"])
        attacker.number(many, cell["count"], cell["count"])


def _whole(attacker: Attacker, outcome: str, ages: Any, place: str, periods: Sequence[str], cell: Document) -> None:
    many, size = f"{outcome} {place} all", f"children {ages} {place} all {outcome}"
    attacker.sum(many, [f"{outcome} {place} {first}" for first in periods])
    attacker.sum(size, [children(ages, place, first) for first in periods])
    if "value" in cell:
        attacker.share(many, size, cell["value"] / 1000, digits=0.5e-9)
        low, high = wilson(cell["value"] / 1000 * cell["n"], cell["n"])
        if max(abs(low * 1000 - cell["low"]), abs(high * 1000 - cell["high"])) > 1e-5:
            raise AssertionError("an interval tells more than the numbers beside it: how often it happened to a child")
    elif "withheld" in cell:
        attacker.read(many, cell, table="levels")


def losses(attacker: Attacker, source: str, found: Iterable[Document]) -> None:
    """Read what a delivery takes away."""
    for one in found:
        where = f"loss {source} {one['kind']}"
        for name in ("records", "of", "people"):
            attacker.read(f"{where} {name}", one[name], table="losses")
        attacker.at_most(f"{where} records", f"{where} of")
        attacker.at_most(f"{where} people", f"{where} records")
        for by, levels_ in one["groups"].items():
            attacker.sum(f"{where} people", [f"{where} {by} {level}" for level in levels_])
            for level, many in levels_.items():
                attacker.read(f"{where} {by} {level}", many, table="losses")
