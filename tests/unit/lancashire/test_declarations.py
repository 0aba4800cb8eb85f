"""The YAML of the partnership: it loads, its parts agree, and what it names is in the extracts."""

import datetime
import re

import duckdb
import pytest

from ethics.rules import canvas
from features.declarations import catalogue, use_cases
from features.declarations.catalogue import Direction, EventFilter, Indicator, IndicatorKind, Over
from features.declarations.measures import Measure
from hub.declarations.partnership import Role
from hub.declarations.powers import Law, Level, Sector
from tests.factories import lancashire

PARTNERSHIP = lancashire.declared()
USE_CASE = use_cases.read(PARTNERSHIP, "early_help_offer")
CATALOGUE = catalogue.read(lancashire.FOLDER).indicators
INDICATORS = USE_CASE.indicators
LEFT_OUT = {one.name for one in CATALOGUE} - set(USE_CASE.indicator_names)


COLUMNS = ("event_type", "role", "detail", "origin")


@pytest.fixture(scope="module")
def held(events: duckdb.DuckDBPyConnection) -> dict[str, set[tuple[str, ...]]]:
    """What each source holds, of people and of areas: each combination of `COLUMNS` once."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for table in ("event", "area_event"):
        statement = f"SELECT DISTINCT source, {', '.join(COLUMNS)} FROM {table}"
        for source, *values in events.execute(statement).fetchall():
            found.setdefault(source, set()).add(tuple(values))
    return found


def assert_events_exist(found: EventFilter, sources: tuple[str, ...], held: dict[str, set[tuple[str, ...]]]) -> None:
    rows = [row for source in sources for row in held[source] if row[0] in found.types]
    assert {row[0] for row in rows} == set(found.types)
    for number, wanted in enumerate((found.roles, found.details, found.origins), start=1):
        assert set(wanted or ()) <= {row[number] for row in rows}, COLUMNS[number]


@pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda one: one.name)
def test_an_indicator_reads_events_that_are_there(indicator: Indicator, held: dict[str, set[tuple[str, ...]]]) -> None:
    for found in indicator.filters():
        assert_events_exist(found, indicator.sources, held)
    for source in indicator.sources:
        types = indicator.types() or [event.type for event in PARTNERSHIP.source(source).events]
        assert {row[0] for row in held[source]} & set(types), f"{source} has none of them"


@pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda one: one.name)
def test_an_indicator_is_explained(indicator: Indicator) -> None:
    assert indicator.plain[0].isupper()
    assert not indicator.plain.endswith(".")
    assert indicator.why_fair.endswith(".")
    assert indicator.missing.endswith(".")
    assert indicator.proxy_danger.endswith(".")
    assert indicator.proxy_danger != "none known"
    said = " ".join((indicator.plain, indicator.why_fair, indicator.missing, indicator.proxy_danger)).lower()
    for word in LABELS:
        assert not re.search(rf"\b{word}", said), word
    if indicator.kind is IndicatorKind.PROTECTIVE:
        assert indicator.direction is Direction.LOWERS


LABELS = (
    *(
        "offend",
        "perpetrator",
        "high[- ]risk",
        "at[- ]risk",
        "vulnerab",
        "troubled",
        "problem",
        "dysfunction",
        "broken",
    ),
    *("failing", "refus", "disengag", "hard to reach", "non-compliant", "manipulat", "attention[- ]seeking", "truan"),
    *("abscond", r"lac\b", "placement", "chaotic", "toxic"),
)


# How the plain words say the window, and what the window then is: (window_days, recent_days).
WINDOWS = {
    r"\blast month\b": (30, None),
    r"\b(in|over) the last three months(?! than)": (90, None),
    r"\b(in|over) the last six months\b": (180, None),
    r"\b(over|in) the last two terms \(about six months\)": (190, None),
    r"\blast year\b": (365, None),
    r"\b(last two years|two years at most)\b": (730, None),
    r"\b(last three years|three years at most)\b": (1095, None),
    r"\bin the last three months than in the nine months before\b": (365, 90),
    r"\bin the last two months than in the four months before\b": (180, 60),
    r"\bover the last two terms(, compared with| than in) the year and a half before\b": (730, 190),
    r"\b(ever|as last published)\b": (None, None),
}


@pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda one: one.name)
def test_the_plain_words_say_the_window(indicator: Indicator) -> None:
    said = [window for words, window in WINDOWS.items() if re.search(words, indicator.plain)]
    assert said == [(indicator.window_days, indicator.recent_days)]
    number = re.search(r"_([0-9]+)$", indicator.name)
    assert number is None or int(number[1]) == indicator.window_days


def test_plain_words_are_never_said_twice() -> None:
    for field in ("name", "plain"):
        said = [getattr(one, field).lower() for one in CATALOGUE]
        assert len(set(said)) == len(said)
    meant = [
        one.model_dump_json(include={"sources", "events", "kinds", "spells", "window_days", "measure", "over"})
        for one in CATALOGUE
    ]
    assert len(set(meant)) == len(meant)


def test_the_catalogue_is_a_real_one() -> None:
    assert 85 <= len(CATALOGUE) <= 115
    assert {one.measure for one in CATALOGUE} == set(Measure)
    assert {one.over for one in CATALOGUE} == set(Over)


def test_each_source_has_its_coverage() -> None:
    known = {one.name: one for one in CATALOGUE if one.measure is Measure.KNOWN}
    read = {source for one in CATALOGUE if one.over is not Over.AREA for source in one.sources}
    assert set(known) == {f"known_to_{source}" for source in read}
    for one in known.values():
        assert one.sources == (one.name.removeprefix("known_to_"),)
        assert one.kind is IndicatorKind.CONTEXT


def test_strengths_stand_beside_needs_and_families_beside_children() -> None:
    assert sum(one.kind is IndicatorKind.PROTECTIVE for one in INDICATORS) >= 12
    assert sum(one.over is Over.HOUSEHOLD for one in INDICATORS) >= 8
    assert sum(one.over is Over.SIBLINGS for one in INDICATORS) >= 2
    assert {source for one in INDICATORS for source in one.sources} == {
        "attendance",
        "exclusions",
        "police",
        "children_social_care",
        "school",
        "youth_justice",
        "early_help",
    }


def test_what_is_left_out_says_why() -> None:
    assert {"free_school_meals_365", "special_needs_support_365", "police_went_looking_365"} <= LEFT_OUT
    assert not {one.name for one in CATALOGUE if one.over is Over.AREA} - LEFT_OUT, "nobody is suggested for a postcode"
    for one in CATALOGUE:
        assert ("Not used in early_help_offer." in one.why_fair) == (one.name in LEFT_OUT), one.name


def test_roles_in_police_records_are_never_mixed() -> None:
    """Harmed, seen and missing may stand together; suspected stands alone, and what officers began stands apart."""
    for one in CATALOGUE:
        for found in one.filters():
            if set(found.types) & {"police_incident", "police_disposal"}:
                assert (
                    found.roles == ("suspect",)
                    or not {"suspect"} & set(found.roles or ("suspect",))
                    or (found.origins == ("agency",) and one.name in LEFT_OUT)
                ), one.name


def test_no_figure_of_a_hospital_stands_beside_a_child() -> None:
    health = {source.name for source in PARTNERSHIP.sources if PARTNERSHIP.carried(source).sector is Sector.HEALTH}
    assert health
    assert not [one.name for one in CATALOGUE if health & set(one.sources)]


def test_cohort_and_outcome_read_events_that_are_there(held: dict[str, set[tuple[str, ...]]]) -> None:
    assert_events_exist(USE_CASE.outcome.events, ("children_social_care",), held)
    assert USE_CASE.cohort.with_recent_event is not None
    assert_events_exist(USE_CASE.cohort.with_recent_event.events, ("school",), held)
    assert USE_CASE.cohort.without_open_spell is not None
    for types in (USE_CASE.cohort.without_open_spell.starts, USE_CASE.cohort.without_open_spell.ends):
        assert set(types) <= {row[0] for row in held["children_social_care"]}


def test_every_part_of_the_split_is_complete_and_apart() -> None:
    horizon = datetime.timedelta(days=USE_CASE.horizon_days)
    parts = [
        [day for day in USE_CASE.scheduled() if part.holds(day)]
        for part in (USE_CASE.validation.train, USE_CASE.validation.choose, USE_CASE.validation.test)
    ]
    assert [len(part) for part in parts] == [4, 2, 3]
    for earlier, later in (parts[:2], parts[1:]):
        assert earlier[-1] + horizon <= later[0]
    assert parts[-1][-1] + horizon <= datetime.date.fromisoformat(lancashire.DELIVERED)


def test_groups_give_words_to_every_code(events: duckdb.DuckDBPyConnection) -> None:
    ethnicity = next(group for group in USE_CASE.groups if group.column == "person.ethnicity")
    held: set[str] = set()
    for source in PARTNERSHIP.sources:
        for people in source.people:
            if people.ethnicity:
                events.execute(f"USE {source.name}")
                statement = f"SELECT DISTINCT {people.ethnicity} FROM {people.table} AS t"
                held |= {code for (code,) in events.execute(statement).fetchall() if code is not None}
    events.execute("USE main")
    assert {"WBRI", "APKN", "AIND", "BAFR", "MWAS", "OOTH", "REFU", "NOBT"} <= held
    assert held <= set(ethnicity.labels)
    own = [ethnicity.labels[code] for code in ("REFU", "NOBT")]
    assert all(list(ethnicity.labels.values()).count(words) == 1 for words in own), "they stay groups of their own"


@pytest.mark.parametrize("field", ["given_name", "family_name", "date_of_birth", "sex", "address", "postcode", "area"])
def test_mapped_fields_of_people_have_values(field: str, events: duckdb.DuckDBPyConnection) -> None:
    mapped = 0
    for source in PARTNERSHIP.sources:
        events.execute(f"USE {source.name}")
        for people in source.people:
            expression = getattr(people, field)
            if expression is None:
                # Schools send attendance and exclusions beside the census, which has the addresses.
                assert source.name in ("attendance", "exclusions"), field
                continue
            [(share,)] = events.execute(f"SELECT count({expression}) / count(*) FROM {people.table} AS t").fetchall()
            assert share > 0.85, (source.name, field)
            mapped += 1
    events.execute("USE main")
    assert mapped == (5 if field in ("address", "area") else 7)


def test_involvements_have_teams_and_order(events: duckdb.DuckDBPyConnection) -> None:
    mapped = [(source, one) for source in PARTNERSHIP.sources for one in source.involvements]
    assert {source.name for source, _ in mapped} == {"children_social_care", "early_help", "youth_justice"}
    for source, one in mapped:
        events.execute(f"USE {source.name}")
        [(rows, wrong)] = events.execute(
            f"""SELECT count(*), count(*) FILTER (({one.valid_from}) IS NULL OR ({one.valid_to}) <= ({one.valid_from})
                OR ({one.team}) IS NULL OR ({one.role}) IS NULL OR ({one.known_from}) < ({one.valid_from}))
                FROM {one.table} AS t WHERE {one.where or "true"}"""
        ).fetchall()
        assert rows > 0, source.name
        assert wrong == 0, source.name
    events.execute("USE main")


@pytest.mark.parametrize("day", ["2021-01-01", "2025-01-06", "2030-12-31"])
def test_each_source_of_the_use_case_has_a_gateway_for_its_purpose(day: str) -> None:
    for name in {source for one in INDICATORS for source in one.sources}:
        source = PARTNERSHIP.source(name)
        gateway = PARTNERSHIP.require_gateway(name, purpose=USE_CASE.purpose, on=datetime.date.fromisoformat(day))
        assert source.agency in gateway.parties, name


def test_the_serious_violence_duty_carries_nobody() -> None:
    duty = {one.name for one in PARTNERSHIP.gateways if one.law in (Law.PCSC_ACT_2022_S16, Law.PCSC_ACT_2022_S17)}
    assert duty
    for source in PARTNERSHIP.sources:
        assert source.carries is Level.AREA or not duty & set(source.gateways), source.name
    assert {source.name for source in PARTNERSHIP.sources if duty & set(source.gateways)} == {"ae_assaults"}
    for gateway in PARTNERSHIP.gateways:
        if gateway.name in duty:
            assert gateway.level is Level.AREA
            assert not {"childrens_social_care", "early_help_service"} & set(gateway.parties)


def test_the_panel_can_meet_without_whoever_proposed() -> None:
    panel = PARTNERSHIP.file.panel
    reviewers = [one for one in panel.people if one.role is Role.REVIEWER]
    assert panel.quorum == 3
    assert len(reviewers) >= 4
    titles = " ".join(one.title for one in reviewers).lower()
    for kind in ("lived experience", "data protection", "academic", "social worker"):
        assert kind in titles


def test_the_canvas_answers_all_sections() -> None:
    answers = canvas.read(canvas.path_of(lancashire.FOLDER, "early_help_offer"))
    assert canvas.gaps(answers) == ()
    assert min(len(text.split()) for text in answers.values()) >= 60, "thought about, not ticked off"
    assert tuple(answers) == canvas.KEYS


def test_the_readme_names_each_file() -> None:
    readme = (lancashire.FOLDER / "README.md").read_text(encoding="utf-8")
    assert "No child, family, address or incident in it is real" in readme
    for path in lancashire.FOLDER.rglob("*.yaml"):
        assert path.relative_to(lancashire.FOLDER).as_posix() in readme
