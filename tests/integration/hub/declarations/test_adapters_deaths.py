"""What each format of social care tells of a death: from which day it is known, and that nobody dies twice in a list."""

import datetime
from pathlib import Path
from typing import Any

from hub.declarations import sources
from tests.factories import packed
from tests.factories.adapter_reading import read, read_folder, table
from tests.integration.hub.declarations.test_adapters_cin_census import CHILD, census

ON = datetime.date(2025, 12, 31)


def test_ssd_counts_a_death_as_known_when_the_row_was_entered_after_it_and_else_after_the_assumed_delay(
    tmp_path: Path,
) -> None:
    person = """
        pers_person_id | pers_dob   | pers_death_date | recorded_date
        late           | 2010-05-01 | 2023-03-01      | 2023-09-01
        before         | 2010-05-01 | 2023-03-01      | 2011-01-01
        unsaid         | 2010-05-01 | 2023-03-01      |
        alive          | 2010-05-01 |                 | 2023-09-01
    """
    found = read("ssd", {"ssd_person.csv": table(person)}, tmp_path)
    assert found.event("death") == [
        ("before", "2023-03-01", "2023-03-08", None, None),
        ("late", "2023-03-01", "2023-09-01", None, None),
        ("unsaid", "2023-03-01", "2023-03-08", None, None),
    ]


def test_ssda903_tells_of_deaths_in_care_by_the_day_and_of_deaths_after_care_by_the_year(tmp_path: Path) -> None:
    found = read(
        "ssda903",
        {
            "2023-header.csv": table("CHILD|SEX|DOB|ETHNIC|UPN\n 7|2|01/02/2010|NOBT|UN3\n 8|1|01/02/2011|WBRI|UN1"),
            "2023-episodes.csv": table(
                "CHILD|DECOM|RNE|LS|CIN|PLACE|DEC|REC\n 7|10/04/2022|S|C2|N1|U4|05/05/2022|E2\n 8|10/06/2022|S|C2|N1|U4|05/02/2023|E4A"
            ),
            "2023-oc3.csv": table("CHILD|DOB|IN_TOUCH|ACTIV|ACCOM\n 9|01/02/2003|DIED|0|0\n 10|01/02/2003|YES|F2|K1"),
        },
        tmp_path,
    )
    assert found.event("death") == [
        ("7", "2022-05-05", "2023-06-30", None, None),
        ("9", "2023-03-31", "2023-06-30", None, None),
    ]


def test_cin_census_takes_the_date_of_death_and_else_the_closure_that_says_so(tmp_path: Path) -> None:
    said = CHILD.format(child="A1", last="2", nothing="false").replace(
        "</ChildIdentifiers>", "<PersonDeathDate>2023-11-30</PersonDeathDate></ChildIdentifiers>"
    )
    closed = CHILD.format(child="A2", last="3", nothing="false").replace(">RC9<", ">RC2<")
    both = said.replace(">A1<", ">A3<").replace(">RC9<", ">RC2<")
    alive = CHILD.format(child="A4", last="4", nothing="false")
    found = read("cin_census", {"CIN_2024.xml": census(said, closed, both, alive)}, tmp_path)
    assert found.event("death") == [
        ("A1", "2023-11-30", "2024-07-31", None, None),
        ("A2", "2023-12-01", "2024-07-31", None, None),
        ("A3", "2023-11-30", "2024-07-31", None, None),
    ]


def test_annex_a_tells_of_a_death_by_why_care_or_help_ended(tmp_path: Path) -> None:
    day = datetime.date(2023, 5, 5)
    care = {"start_date": datetime.date(2022, 1, 1), "end_date": day}
    lists: dict[str, list[dict[str, Any]]] = {
        "children_in_care": [
            {"child_unique_id": "both", "reason": "c) E2 Died"} | care,
            {"child_unique_id": "home", "reason": "d) E4A Returned home"} | care,
        ],
        "children_in_need": [
            {"child_unique_id": "both", "reason": "RC2: Died"} | care | {"end_date": datetime.date(2023, 5, 9)},
            {"child_unique_id": "need", "reason": "RC2: Died"} | care,
            {"child_unique_id": "well", "reason": "RC7: Other"} | care,
        ],
    }
    other = {"child_unique_id": "other", "contact_date": day, "referral_date": day} | care
    sheets: dict[str, list[list[Any]]] = {}
    for file in sources.check_adapter("annex_a").source.files:
        rows = [*lists.get(file.name, []), other]
        headers = [column.headers[0] for column in file.columns.values()]
        sheets[str(file.sheet)] = [headers, *([row.get(name) for name in file.columns] for row in rows)]
    book = packed.workbook(tmp_path / "Annex_A.xlsx", **sheets)
    found = read_folder("annex_a", [book], tmp_path, ON)
    assert found.event("death") == [
        ("both", "2023-05-05", "2023-05-12", None, None),
        ("need", "2023-05-05", "2023-05-12", None, None),
    ]
