"""The children in need census: our schema and the shared one agree, and what is wrong is refused with its line."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from hub.declarations import adapter
from hub.errors import InputError
from tests.factories.adapter_reading import read
from tests.shared_data import FOLDER, needs

OURS = adapter.FOLDER / "cin_census.xsd"
SHARED = FOLDER / "codes" / "CIN_schema_2024.xsd"

CHILD = """<Child>
<ChildIdentifiers>
<LAchildID>{child}</LAchildID>
<UPN>A12345678901{last}</UPN>
<PersonBirthDate>2012-02-03</PersonBirthDate>
<GenderCurrent>2</GenderCurrent>
</ChildIdentifiers>
<ChildCharacteristics>
<Ethnicity>WROM</Ethnicity>
<Disabilities><Disability>AUT</Disability><Disability>LD</Disability></Disabilities>
</ChildCharacteristics>
<CINdetails>
<CINreferralDate>2023-05-02</CINreferralDate>
<ReferralSource>2A</ReferralSource>
<PrimaryNeedCode>N4</PrimaryNeedCode>
<CINclosureDate>2023-12-01</CINclosureDate>
<ReasonForClosure>RC9</ReasonForClosure>
<DateOfInitialCPC>2023-06-20</DateOfInitialCPC>
<Assessments>
<AssessmentActualStartDate>2023-05-03</AssessmentActualStartDate>
<AssessmentInternalReviewDate>2023-05-13</AssessmentInternalReviewDate>
<AssessmentAuthorisationDate>2023-06-01</AssessmentAuthorisationDate>
<FactorsIdentifiedAtAssessment>
<AssessmentFactors>3B</AssessmentFactors>
<AssessmentFactors>23A</AssessmentFactors>
<AssessmentFactors>21</AssessmentFactors>
</FactorsIdentifiedAtAssessment>
</Assessments>
<CINPlanDates><CINPlanStartDate>2023-06-02</CINPlanStartDate><CINPlanEndDate>2023-06-19</CINPlanEndDate></CINPlanDates>
<Section47>
<S47ActualStartDate>2023-06-05</S47ActualStartDate>
<InitialCPCtarget>2023-06-26</InitialCPCtarget>
<DateOfInitialCPC>2023-06-20</DateOfInitialCPC>
<ICPCnotRequired>false</ICPCnotRequired>
</Section47>
<ReferralNFA>{nothing}</ReferralNFA>
<ChildProtectionPlans>
<CPPstartDate>2023-06-20</CPPstartDate>
<CPPendDate>2023-11-20</CPPendDate>
<InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse>
<LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse>
<NumberOfPreviousCPP>1</NumberOfPreviousCPP>
<Reviews><CPPreviewDate>2023-09-20</CPPreviewDate></Reviews>
</ChildProtectionPlans>
</CINdetails>
</Child>"""


def census(*children: str) -> str:
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<Message>",
            "<Header><CollectionDetails><Collection>CIN</Collection><Year>2024</Year>"
            "<ReferenceDate>2024-03-31</ReferenceDate></CollectionDetails>"
            "<Source><SourceLevel>L</SourceLevel><LEA>888</LEA><SerialNo>001</SerialNo></Source></Header>",
            "<Children>",
            *children,
            "</Children>",
            "</Message>",
        )
    )


ONE = census(CHILD.format(child="A1", last="2", nothing="false"))


def test_a_return_becomes_dated_events_that_are_known_when_it_was_due(tmp_path: Path) -> None:
    two = census(
        CHILD.format(child="A1", last="2", nothing="false"), CHILD.format(child="A2", last="T", nothing="TRUE")
    )
    found = read("cin_census", {"CIN_2024.xml": two}, tmp_path)
    due = "2024-07-31"
    assert found.rules() == {} == found.unmapped()
    assert [row[0] for row in found.event("referral")] == ["A1", "A2"]
    assert found.event("cin_start") == [("A1", "2023-05-02", due, None, "family_stress")]
    assert found.event("cin_end") == [("A1", "2023-12-01", due, None, "early_help")]
    assert found.event("assessment_factor")[:2] == [
        ("A1", "2023-06-01", due, None, "domestic_abuse"),
        ("A1", "2023-06-01", due, None, "emotional_abuse"),
    ]
    assert len(found.event("assessment_factor")) == 4  # 21 says that there was none
    assert [row[1] for row in found.event("icpc")] == ["2023-06-20", "2023-06-20"]  # in two places, and once a child
    assert found.event("cp_plan_start")[0] == ("A1", "2023-06-20", due, None, "neglect")
    assert found.event("cp_plan_end")[0] == ("A1", "2023-11-20", due, None, None)
    first = next(row for row in found.identity if row["source_person_id"] == "A1")
    assert (first["sex"], first["gender"], first["ethnicity"]) == (None, "female", "WROM")
    assert dict(first["identifiers"]) == {"none:child_id": "A1", "upn": "A123456789012"}
    assert dict(first["attributes"]) == {"disability": "yes"}


def test_what_a_return_tells_of_an_earlier_year_is_known_when_that_return_was_due(tmp_path: Path) -> None:
    found = read(
        "cin_census", {"CIN_2024.xml": ONE.replace(">2023-06-20</CPPstart", ">2021-06-20</CPPstart")}, tmp_path
    )
    assert found.event("cp_plan_start") == [("A1", "2021-06-20", "2024-07-31", None, "neglect")]


def test_a_return_that_is_wrong_is_refused_with_the_line_and_without_the_value(tmp_path: Path) -> None:
    wrong = ONE.replace("<ReferralSource>2A<", "<ReferralSource>Grandma<")
    line = 1 + wrong[: wrong.index("Grandma")].count("\n")
    with pytest.raises(InputError) as refused:
        read("cin_census", {"CIN_2024.xml": wrong}, tmp_path)
    assert f"{line}" in str(refused.value)
    assert "ReferralSource" in str(refused.value)
    assert "Grandma" not in str(refused.value)


def changed(text: str, seed: int) -> str:
    """Return a census in which one random thing is changed: an element gone, doubled, moved, renamed, or its text new."""
    pick = random.Random(seed)
    tree = etree.fromstring(text.encode())
    elements = list(tree.iter())
    one = pick.choice(elements[1:])
    parent = one.getparent()
    assert parent is not None
    kind = pick.choice(("text", "text", "text", "gone", "doubled", "moved", "renamed", "attribute"))
    if kind == "text":
        texts = sorted({element.text.strip() for element in elements if element.text and element.text.strip()})
        extra = [
            "",
            " 2",
            "0",
            "9",
            "1",
            "UN7",
            "5D",
            "5E",
            "8A",
            "18A",
            "24A",
            "N0",
            "N10",
            "RC10",
            "MUL",
            "TRUE",
            "True",
        ]
        one = pick.choice([element for element in elements if not len(element)])
        one.text = pick.choice([*texts, *extra, "A12345678901Z", "2023-13-01", "2023-05-02Z", "DDA", "NOBT", "ARAB"])
    elif kind == "gone":
        parent.remove(one)
    elif kind == "doubled":
        parent.insert(parent.index(one), etree.fromstring(etree.tostring(one, with_tail=False)))
    elif kind == "moved":
        parent.append(one)
    elif kind == "renamed":
        one.tag = pick.choice(elements).tag
    else:
        one.set("note", "x")
    return etree.tostring(tree, encoding="unicode")


def every_code() -> Iterator[str]:
    """Return a census for each code of each list, and its neighbours, in the place where it belongs."""
    places = {
        "<ReferralSource>2A<": [f"{one}{two}" for one in range(12) for two in ("", *"ABCDEFG")],
        "<AssessmentFactors>3B<": [f"{one}{two}" for one in range(26) for two in ("", *"ABCDEFG")],
        "<PrimaryNeedCode>N4<": [f"N{one}" for one in range(12)],
        "<ReasonForClosure>RC9<": [f"RC{one}" for one in range(11)],
        "<InitialCategoryOfAbuse>NEG<": ["NEG", "PHY", "SAB", "EMO", "MUL", "neg", "OTH", ""],
        "<GenderCurrent>2<": [*"0123456789", "M", ""],
        "<ReferralNFA>false<": ["true", "false", "TRUE", "FALSE", "0", "1", "True", "yes", ""],
        "<Disability>LD<": ["NONE", "MOB", "HAND", "PC", "INC", "COMM", "LD", "HEAR", "VIS", "BEH", "CON", "AUT", "DDA", "X"],
        "<Ethnicity>WROM<": [
            *("WBRI", "WIRI", "WIRT", "WOTH", "WROM", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN", "ABAN", "AOTH"),
            *("BCRB", "BAFR", "BOTH", "CHNE", "OOTH", "REFU", "NOBT", "ARAB", "WENG", "OARA", "wbri", "BWBC", "AROM"),
        ],
        "<NumberOfPreviousCPP>1<": ["0", "1", "12", "-1", "1.0", ""],
    }  # fmt: skip
    for place, values in places.items():
        for value in values:
            yield ONE.replace(place, f"{place.split('>')[0]}>{value}<")
    for value in (*(f"UN{one}" for one in range(11)), "un1"):
        yield ONE.replace("<PersonBirthDate>", f"<UPNunknown>{value}</UPNunknown><PersonBirthDate>")


@needs("codes")
def test_our_schema_takes_and_refuses_the_same_returns_as_the_shared_one() -> None:
    parser = etree.XMLParser(remove_blank_text=False)
    ours, shared = (etree.XMLSchema(etree.parse(path, parser)) for path in (OURS, SHARED))
    taken = refused = 0
    for text in (ONE, *every_code(), *(changed(ONE, seed) for seed in range(1500))):
        tree = etree.fromstring(text.encode())
        assert ours.validate(tree) == shared.validate(tree), text
        taken, refused = taken + ours.validate(tree), refused + (not ours.validate(tree))
    assert taken > 100
    assert refused > 500
