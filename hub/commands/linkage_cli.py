"""`sentinel hub link, people, quality, review`: who is one person, and how well that is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    SparkOption,
    WorkspaceOption,
    place,
    progress,
    show,
    show_json,
    warn,
)
from hub.disclosing.disclosure import WITHHELD, SmallNumbers, as_json, in_table, text
from hub.errors import ConfigurationError

if TYPE_CHECKING:
    from hub.linking.accuracy import Quality
    from hub.linking.report import LinkageReport

app = typer.Typer()

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(help="CSV or Parquet files of people, outside any partnership; without them its extracts."),
]
TruthOption = Annotated[
    Path | None,
    typer.Option(
        "--truth", help="CSV with source, source_person_id, true_person, to measure precision and recall.", exists=False
    ),
]


@app.command("link")
def link(
    files: FilesArgument = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="For files: which column says what; see docs/link_files.md.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="For files: CSV to write, with source, source_id, person_id, match_probability."),
    ] = None,
    truth: TruthOption = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0.5, max=0.9999, help="Probability from which two records are linked."),
    ] = None,
    spark: SparkOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find out which records are one person: of the partnership's extracts, or of any files of people."""
    from hub.linking import disclosed, linkage

    least = threshold or linkage.THRESHOLD
    if files:
        _link_files(files, mapping, out, truth, least, as_json=as_json)
        return
    if mapping is not None or out is not None:
        raise ConfigurationError("--mapping and --out go with files.", "Name the files to link.")
    here = place(workspace, partnership)
    with progress("Linking people") as tell:
        report = linkage.link(here.workspace, here.partnership, truth, tell, threshold=least, spark=spark)
    small = here.partnership.small_numbers
    changes = disclosed.changes(small, report.changes)
    if as_json:
        told = disclosed.document(small, report.as_json())
        show_json({**told, "changes": changes, "person_map": report.map_digest})
    else:
        _show_report(report, small, changes)
    _warn_of(report.expected)


def _link_files(
    files: list[Path], mapping: Path | None, out: Path | None, truth: Path | None, threshold: float, *, as_json: bool
) -> None:
    from hub.person_files import linkage as file_linkage

    if mapping is None:
        raise ConfigurationError(
            "Files are linked by a mapping, and none was given.",
            "Write lines such as `given_name: first_name` into a file for --mapping; see docs/link_files.md.",
        )
    if out is None and not as_json:
        raise ConfigurationError("Nothing says where the answer goes.", "Give --out clusters.csv.")
    with progress("Linking files") as tell:
        found = file_linkage.link_files(files, mapping, threshold=threshold, out=out, truth=truth, progress=tell)
    if as_json:
        show_json(found.as_json())
        _warn_of(found.facts["expected"], found.facts["without_names"])
        return
    facts = found.facts
    rows = {
        "rows": f"{facts['rows_in']:,} read, {facts['quarantined']:,} set aside",
        **_people(facts["records"], facts["people"], facts["people_by_records"].get("1", 0)),
        **_how(facts["method"], facts["why"], threshold, found.quality, facts["refused"]),
        **_aside(facts["set_aside"]),
        **_expected(facts["expected"]),
    }
    for file in facts["files"]:
        for line in _noticed(file):
            rows[f"{file['file']}: {line[0]}"] = line[1]
    show([{"what": what, "result": result} for what, result in rows.items()], False, title="Linkage of files")
    _warn_of(facts["expected"], facts["without_names"])


FEW_LINKED = 12
"""Exit code of a linkage that was made and found so little that it is not to be believed as it is."""
_SHOWN_VALUES = 3


def _warn_of(expected: Mapping[str, Any], without_names: Sequence[Mapping[str, Any]] = ()) -> None:
    """Say, and tell scripts, that hardly anything was linked of what should be, or could be.

    See `hub.linking.expected_links`, and `hub.person_files.nameless_files` of files in which nobody has a name.
    """
    from hub.linking import expected_links
    from hub.person_files import nameless_files

    for one in without_names:
        warn(f"warning: {one['warning']} {nameless_files.REMEDY}")
    if expected.get("warning"):
        warn(f"warning: {expected['warning']} {expected_links.REMEDY}")
    if without_names or expected.get("warning"):
        raise typer.Exit(FEW_LINKED)


def _aside(found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Say which values were left out because they tell nobody apart."""
    rows = {}
    for one in found:
        values = "1 value" if one["values"] == 1 else f"{text(one['values'])} values"
        such = f", such as {', '.join(one['shown'][:_SHOWN_VALUES])}" if one["shown"] else ""
        name = f"set aside: {one['comparison'].replace('_', ' ')}, {one['why']}"
        rows[name] = f"{values}{such}; {text(one['records'])} records count as without it"
    return rows


def _expected(found: Mapping[str, Any]) -> dict[str, str]:
    """Say what share of the pairs of one person is expected to have been found."""
    if found.get("recall") is None:
        return {}
    return {
        "expected recall": f"{found['recall']:.3f} of about {found['true_pairs']:,} pairs of one person, by the "
        "weights; an estimate without an interval"
    }


_NOTICED = {
    "empty_id": "without an id; the row's number stands in its place",
    "repeated_id": "with the id of a row above: one record",
    "unreadable_date": "with a date of birth that cannot be read",
    "nothing_to_compare": "with nothing to compare: alone",
}
_SHOWN_LINES = 10


def _noticed(file: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [(_NOTICED[name], one["rows"], one["lines"]) for name, one in file["noticed"].items()]
    if file["quarantined"]:
        lines = [one["line"] for one in file["quarantine"]]
        rows.insert(0, ("set aside: cannot be read", file["quarantined"], lines))
    left_out = [
        ("columns without a header", f"{file['columns_without_header']} left out; no row kept has a value there")
    ]
    return (left_out if file["columns_without_header"] else []) + [
        (what, f"{many:,} rows: line {', '.join(map(str, lines[:_SHOWN_LINES]))}{' …' if many > _SHOWN_LINES else ''}")
        for what, many, lines in rows
    ]


def _people(records: int, people: int, alone: Any) -> dict[str, str]:
    return {"records": text(records), "people": text(people), "people known by one record": text(alone)}


def _how(method: str, why: str, threshold: float, quality: "Quality", refused: Mapping[str, int]) -> dict[str, str]:
    return {
        "how": why,
        "linked from": f"a probability of {threshold:g}" if method == "splink" else "nothing was compared",
        "precision": quality.precision.text(),
        "recall": quality.recall.text(),
        "F1": quality.f1.text(),
        **{f"not linked: {reason}": f"{pairs:,} pairs of records" for reason, pairs in refused.items()},
    }


def _show_report(report: "LinkageReport", small: SmallNumbers, changes: Mapping[str, Any]) -> None:
    from hub.linking import disclosed

    sizes = disclosed.sizes(small, report.people_by_records)
    alone = next((row["people"] for row in sizes if row["records"] == "1"), as_json(WITHHELD))
    facts = {
        **_people(report.records, report.people, alone),
        "person ids": ", ".join(f"{text(many)} {what}" for what, many in changes.items()),
        **_how(report.method, report.why, report.threshold, report.quality, report.refused),
        **_aside(disclosed.set_aside(small, report.set_aside)),
        **_expected(report.expected),
        **{f"left out: {source}": reason for source, reason in report.left_out.items()},
    }
    show([{"what": what, "result": result} for what, result in facts.items()], False, title="Linkage")
    for source in report.unlinked:
        warn(
            f"warning: not one record of {source} is linked to another source. Is it about the same people? See "
            "whether names, dates of birth and identifiers are mapped, and which scope identifiers have."
        )


@app.command("people")
def people_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """Count people by the number of records that they have; nobody is shown."""
    from hub.identity import persons
    from hub.linking import disclosed

    here = place(workspace, partnership)
    rows = disclosed.people_by_records(here.partnership.small_numbers, persons.open_map(here.workspace).report)
    show(
        rows if as_json else [{**row, "people": in_table(row["people"])} for row in rows],
        as_json,
        title="People by their number of records",
    )
