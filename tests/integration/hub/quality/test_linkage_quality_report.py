"""`sentinel hub quality` and `review` over a linked town: the figures, the pages, and nobody is seen in them."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner, Result

from hub.commands import cli
from hub.errors import ConfigurationError, InputError, NotFoundError, StateError
from hub.identity import persons
from hub.identity import store as identity_store
from hub.linking import linkage
from hub.quality import clerical_answers, quality_report, review, review_page
from hub.staging import admitted
from tests import browser as chromium
from tests.factories import identity
from tests.factories.counties import County

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[County, Path, dict[str, int]]:
    """Return a linked town, its truth as a file, and record key → true child."""
    folder = tmp_path_factory.mktemp("town")
    county = County(folder, {**dict.fromkeys(identity.COVERAGE, True), "police": False})
    rows, truth = identity.town(140, seed=5)
    areas = [{"source": "school", "area": f"E0{number}", "name": "A", "imd": number} for number in range(1, 11)]
    for row in rows:
        row["area_id"] = f"E0{truth[row['record_key']] % 10 + 1}" if row["source"] == "school" else None
    county.deliver(rows, areas=areas)
    path = folder / "truth.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["source", "source_person_id", "true_person"])
        writer.writerows(sorted({(row["source"], row["source_person_id"], truth[row["record_key"]]) for row in rows}))
    linkage.link(county.workspace, county.partnership, truth=path)
    county.workspace.root.rename(county.root / "county")
    county.workspace = type(county.workspace)(county.root / "county")
    true = {}
    for extract in admitted.admitted_extracts(county.workspace, county.partnership)[0]:
        records = identity_store.records(county.workspace, extract.source, extract.digest)
        for row in pq.read_table(records).to_pylist():
            true[row["record_key"]] = truth[f"{row['source']}:{row['source_person_id']}"]
    return county, path, true


@pytest.fixture(scope="module")
def run(town: tuple[County, Path, dict[str, int]]) -> Run:
    county = town[0]
    place = ["--workspace", str(county.root), "--partnership", str(county.root / "partnership")]
    return lambda *arguments: CliRunner().invoke(cli.app, [*map(str, arguments), *place])


@pytest.fixture(scope="module")
def sample(run: Run, town: tuple[County, Path, dict[str, int]]) -> review.ReviewSample:
    """Return a sample that was drawn and half of which was judged by somebody who knows the truth."""
    county, _, true = town
    assert _json(run("review", "--sample", 90, "--seed", 3, "--json"))["without_answer"] == 90
    drawn = review.open_sample(county.workspace)
    path = county.root / "answers.csv"
    words = {True: "Same", False: "different"}
    lines = [f"{pair['number']},{words[true[pair['one']] == true[pair['other']]]}" for pair in drawn.pairs[:70]]
    path.write_text("\n".join(["pair,answer", *lines, "71,?", "72,"]), encoding="utf-8")
    found = _json(run("review", "--answers", path, "--as", "jo_smith", "--json"))
    assert (found["pairs"], found["without_answer"]) == (90, 19)
    return drawn


def _json(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def _values(county: County) -> set[str]:
    """Return every name, address, postcode and birthday of the town, as somebody might search for it."""
    found = set()
    for path in (county.workspace.identity / "records").rglob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            found |= {
                str(row[name]).lower() for name in ("given_name", "family_name", "address", "postcode") if row[name]
            }
            found |= {value for _, value in row["identifiers"]} | {row["source_person_id"]}
            if row["date_of_birth"]:
                found |= {row["date_of_birth"].isoformat(), row["date_of_birth"].strftime("%d/%m/%Y")}
    return {value for value in found if len(value) > 3}


def _seen(text: str, values: set[str]) -> set[str]:
    words = set(re.findall(r"[\w'/-]+(?: [\w'/-]+){0,3}", text.lower())) | set(re.findall(r"[\w'/-]+", text.lower()))
    return {one for one in values if one in words or (" " in one and one in text.lower())}


def test_quality_against_truth_by_group(run: Run, town: tuple[County, Path, dict[str, int]]) -> None:
    found = _json(run("quality", "--truth", town[1], "--json"))
    linked_with = _json(run("quality", "--json"))
    assert found["quality"] == linked_with["quality"]
    assert found["groups"] == linked_with["groups"]
    assert found["quality"]["precision"]["value"] >= 0.98
    assert [group["group"] for group in found["groups"]] == ["source", "sex", "ethnicity", "deprivation", "name"]
    fifths = [row["level"] for row in found["groups"][3]["levels"]]
    assert fifths[0] == "1 (most deprived fifth)"
    assert len(fifths) == 6
    assert found["clerical"]["not_computed"] == quality_report.NO_SAMPLE
    linked = sum(row["linked"] for row in found["pairs_by_weight"])
    assert linked == found["quality"]["precision"]["n"]
    assert all(
        row["people"] == {"withheld": "fewer than 10"} or row["people"] >= 10 for row in found["people_by_records"]
    )
    shown = run("quality").output
    assert "recall, source police" in shown
    assert not _seen(shown + json.dumps(found), _values(town[0]))


def test_clerks_estimate_what_is_true(
    run: Run, town: tuple[County, Path, dict[str, int]], sample: review.ReviewSample
) -> None:
    found = _json(run("quality", "--truth", town[1], "--json"))
    precision, truth = found["clerical"]["precision"], found["quality"]["precision"]
    assert precision["low"] <= truth["value"] <= precision["high"]
    recall, true = found["clerical"]["recall"], found["quality"]["recall"]
    assert recall["low"] <= true["value"] + 0.02
    assert recall["high"] >= true["value"] - 0.02
    bands = found["clerical"]["bands"]
    assert sum(row["judged"] for row in bands) == 70
    assert sum(row["cannot_say"] for row in bands) == 1
    assert all(row["judged"] + row["cannot_say"] <= row["pairs"] for row in bands)
    assert "in no sample" in found["clerical"]["notes"][0]
    near = [row for row in bands if row["pairs"] >= 4]
    assert all(any(pair["stratum"] == bands.index(row) for pair in sample.pairs) for row in near)


def test_the_waterfall_adds_up_to_the_weight(sample: review.ReviewSample) -> None:
    for pair in sample.pairs:
        assert sum(step["bits"] for step in pair["waterfall"]) == pytest.approx(pair["weight"], abs=0.25)
        assert "weight in bits" in review_page.text(pair, 90)


@pytest.mark.usefixtures("sample")
def test_answers_come_into_a_new_sample_and_change_no_link(run: Run, town: tuple[County, Path, dict[str, int]]) -> None:
    county = town[0]
    before = persons.open_map(county.workspace).artefact.digest
    answered = set(clerical_answers.newest(county.workspace))
    found = _json(run("review", "--sample", 10, "--seed", 4, "--json"))
    assert found["without_answer"] == 10
    assert found["pairs"] == 10 + len(answered)
    assert persons.open_map(county.workspace).artefact.digest == before
    assert set(clerical_answers.newest(county.workspace)) == answered
    path = county.workspace.identity / "reviews" / "answers.jsonl"
    assert path.stat().st_mode & 0o077 == 0
    assert {json.loads(line)["by"] for line in path.read_text().splitlines()} == {"jo_smith"}


def test_nobody_can_be_seen_unless_a_reason_is_on_record(
    run: Run, town: tuple[County, Path, dict[str, int]], sample: review.ReviewSample
) -> None:
    county, page = town[0], town[0].root / "pairs.html"
    values = _values(county)
    shown = run("review", "--html", page)
    assert shown.exit_code == 0, shown.exception
    masked = page.read_text(encoding="utf-8")
    drawn = (county.workspace.identity / "reviews").rglob("sample.json")
    texts = "".join(review_page.text(pair, 90) for pair in sample.pairs)
    for text in (shown.output, masked, texts, *(path.read_text(encoding="utf-8") for path in drawn)):
        assert not _seen(text, values)
    assert "letters)" in masked
    assert isinstance(run("review", "--html", page, "--unmask", "curious", "--as", "jo").exception, ConfigurationError)
    assert isinstance(
        run("review", "--html", page, "--unmask", "the masked page is unclear").exception, ConfigurationError
    )
    assert run("review", "--html", page, "--unmask", "the masked page is unclear", "--as", "jo").exit_code == 0
    assert _seen(page.read_text(encoding="utf-8"), values)
    last = json.loads((county.workspace.identity / "reviews" / "answers.jsonl").read_text().splitlines()[-1])
    assert (last["unmasked"], last["by"]) == ("the masked page is unclear", "jo")


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pair,answer\n1,perhaps\n", "a.csv:2: not understood"),
        ("pair,answer\n1,same\n1,same\n", "a.csv:3: not understood"),
        ("number,answer\n1,same\n", "a.csv:1: the columns pair and answer"),
        ("pair,answer\n900,same\n", "has no pair 900"),
    ],
)
def test_wrong_answers_are_refused_by_line(
    run: Run, town: tuple[County, Path, dict[str, int]], text: str, message: str
) -> None:
    path = town[0].root / "a.csv"
    path.write_text(text, encoding="utf-8")
    result = run("review", "--answers", path, "--as", "jo")
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert isinstance(run("review", "--answers", path).exception, InputError | ConfigurationError)


def test_without_a_linkage_or_a_sample_there_is_nothing_to_show(tmp_path: Path) -> None:
    county = County(tmp_path, {"school": True, "police": False})
    with pytest.raises(NotFoundError, match="No sample was drawn"):
        review.open_sample(county.workspace)
    with pytest.raises(NotFoundError, match="Nobody was linked"):
        review.draw(county.workspace, county.partnership, 10)
    row = identity.identity_row("school", "1", given_name="Ann", family_name="Hill")
    county.deliver([row, identity.identity_row("police", "1")])
    linkage.link(county.workspace, county.partnership)
    county.deliver([row], on="2024-07-31")
    with pytest.raises(StateError, match="Extracts came in"):
        review.draw(county.workspace, county.partnership, 10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.chromium(), args=list(chromium.FLAGS))
        yield found
        found.close()


@pytest.mark.skipif(chromium.chromium() is None, reason="Chromium is not installed here")
@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("which", ["quality", "review"])
def test_the_pages_in_a_browser(
    run: Run, town: tuple[County, Path, dict[str, int]], browser: Browser, which: str
) -> None:
    path = town[0].root / f"{which}-page.html"
    assert run(which, "--html", path).exit_code == 0
    again = path.read_bytes()
    assert run(which, "--html", path).exit_code == 0
    assert path.read_bytes() == again
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    ids = re.findall(r"\bid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))
    page.close()


@pytest.mark.usefixtures("sample")
def test_an_erasure_takes_answers_about_the_person_and_the_samples(town: tuple[County, Path, dict[str, int]]) -> None:
    workspace = town[0].workspace
    said = clerical_answers.newest(workspace)
    gone = sorted(said)[0][0]
    clerical_answers.forget(workspace, [gone])
    kept = clerical_answers.newest(workspace)
    assert set(kept) == {pair for pair in said if gone not in pair}
    assert gone not in "".join(
        path.read_text(encoding="utf-8") for path in (workspace.identity / "reviews").rglob("*") if path.is_file()
    )
    with pytest.raises(NotFoundError):
        review.open_sample(workspace)
