"""Clerks' answers about pairs, append-only: `identity/reviews/answers.jsonl`, one JSON object a line.

    {"answer": "same", "by": "jo", "on": "2026-11-22", "one": KEY, "other": KEY, "sample": DIGEST}
    {"unmasked": "the page is too faint", "by": "jo", "on": "2026-11-22", "sample": DIGEST}

The keys are record keys, so answers outlive samples and linkages. They are evidence about the linkage and nothing else:
no answer trains the model, joins two records or parts them. The newest answer about a pair counts; older ones stay.
Only an erasure removes answers: those about the person.
"""

import csv
import datetime
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import artefacts
from hub.errors import ConfigurationError, InputError, IntegrityError, NotFoundError
from hub.identity import persons
from hub.identity import store as identity_store
from hub.quality import clerical_estimates
from hub.quality.clerical_estimates import Stratum
from hub.quality.review import CURRENT, ReviewSample, open_sample
from hub.workspace import Workspace

SAME, DIFFERENT, CANNOT_SAY = "same", "different", "cannot say"
_WORDS = {
    SAME: ("same person", "s", "yes", "y", "1"),
    DIFFERENT: ("different people", "different person", "d", "no", "n", "0"),
    CANNOT_SAY: ("cannot", "unclear", "don't know", "c", "?"),
}
ANSWERS = {word: answer for answer, words in _WORDS.items() for word in (answer, *words)}
"""Every word that is understood, in lower case, and the answer that it means."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one clerk said of one pair of record keys."""

    one: str
    other: str
    answer: str
    by: str

    @property
    def pair(self) -> tuple[str, str]:
        """The two record keys, in order."""
        return (self.one, self.other) if self.one < self.other else (self.other, self.one)


def _path(workspace: Workspace) -> Path:
    return workspace.identity / "reviews" / "answers.jsonl"


def _who(by: str | None) -> str:
    if not by or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", by):
        raise ConfigurationError("An answer needs who gave it.", "Give --as with your id, such as --as jo_smith.")
    return by


def _append(workspace: Workspace, rows: Iterable[Mapping[str, Any]]) -> None:
    path = _path(workspace)
    identity_store.secure(path.parent)
    text = "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, text.encode("utf-8"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rows(workspace: Workspace) -> list[dict[str, Any]]:
    try:
        lines = _path(workspace).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    try:
        return [json.loads(line) for line in lines]
    except ValueError:
        raise IntegrityError(f"{_path(workspace)} is damaged.", "Restore it from a copy.") from None


def forget(workspace: Workspace, records: Collection[str]) -> None:
    """Remove every answer about these record keys, and the samples: an erasure needs it."""
    path = _path(workspace)
    if path.exists():
        rows = [row for row in _rows(workspace) if not {row.get("one"), row.get("other")} & set(records)]
        path.unlink()
        _append(workspace, rows)
    (path.parent / CURRENT).unlink(missing_ok=True)
    for digest in artefacts.digests_in(path.parent) if path.parent.exists() else ():
        shutil.rmtree(path.parent / digest)


def newest(workspace: Workspace) -> dict[tuple[str, str], Answer]:
    """Return the newest answer about each pair that has one."""
    said = [Answer(row["one"], row["other"], row["answer"], row["by"]) for row in _rows(workspace) if "answer" in row]
    return {one.pair: one for one in said}


def store(
    workspace: Workspace, sample: ReviewSample, said: Mapping[int, str], by: str | None, on: datetime.date
) -> int:
    """Store answers about pairs of a sample, by their numbers, and return how many.

    Raises:
        ConfigurationError: nobody says who answered.
        InputError: the sample has no pair of that number, or the answer is not understood.
    """
    numbers = {pair["number"]: pair for pair in sample.pairs}
    rows = []
    for number, answer in said.items():
        if number not in numbers:
            raise InputError(f"The sample has no pair {number}.", f"Its pairs are 1 to {len(numbers)}.")
        if answer.strip().lower() not in ANSWERS:
            raise InputError(f"The answer about pair {number} is not understood.", "Say same, different or cannot say.")
        keys = {"one": numbers[number]["one"], "other": numbers[number]["other"]}
        found = {"answer": ANSWERS[answer.strip().lower()], "by": _who(by), "on": on.isoformat()}
        rows.append({**keys, **found, "sample": sample.artefact.digest})
    _append(workspace, rows)
    return len(rows)


def unmasked(workspace: Workspace, sample: ReviewSample, reason: str, by: str | None, on: datetime.date) -> None:
    """Store that somebody looked at names, and why, before they are shown.

    Raises:
        ConfigurationError: nobody says who, or the reason is too short to be one.
    """
    if len(reason.split()) < 2:
        raise ConfigurationError("Names are shown only for a reason.", 'Say it: --unmask "the masked page is unclear".')
    row = {"unmasked": reason, "by": _who(by), "on": on.isoformat(), "sample": sample.artefact.digest}
    _append(workspace, [row])


def read(path: Path) -> dict[int, str]:
    """Return pair number → answer from a CSV file with the columns `pair` and `answer`; empty answers are left out.

    Raises:
        InputError: it cannot be read, or a line is not understood. The line is named.
    """
    said: dict[int, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not {"pair", "answer"} <= set(reader.fieldnames or ()):
                raise InputError(f"{path}:1: the columns pair and answer are needed.")
            for row in reader:
                number, answer = (row["pair"] or "").strip(), (row["answer"] or "").strip().lower()
                if not answer:
                    continue
                if not number.isdigit() or answer not in ANSWERS or int(number) in said:
                    raise InputError(
                        f"{path}:{reader.line_num}: not understood.",
                        "A line is a pair's number and same, different or cannot say; each pair once.",
                    )
                said[int(number)] = answer
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.", "Give a CSV file with the columns pair and answer.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 CSV file ({type(error).__name__}).") from None
    return said


def strata(workspace: Workspace, sample: ReviewSample) -> tuple[list[Stratum], list[str]]:
    """Return the strata of a sample with the answers given so far, and what one must know about them."""
    said = newest(workspace)
    people = {record: one.person_id for record, one in persons.open_map(workspace).known().items()}
    counted = [Counter[str]() for _ in sample.strata]
    moved = 0
    for pair in sample.pairs:
        one, other = sorted((pair["one"], pair["other"]))
        if (one, other) in said:
            counted[pair["stratum"]][said[one, other].answer] += 1
        moved += (people.get(one, one) == people.get(other, other)) != pair["linked"]
    notes = []
    if moved:
        notes.append(f"{moved:,} pairs of the sample were joined or parted since it was drawn; draw a new one.")
    answers = [row for row in _rows(workspace) if "answer" in row]
    views: dict[tuple[str, str], dict[str, str]] = {}
    for row in answers:
        one, other = sorted((row["one"], row["other"]))
        views.setdefault((one, other), {})[row["by"]] = row["answer"]
    disagreed = sum(len(set(each.values())) > 1 for each in views.values())
    if disagreed:
        notes.append(f"About {disagreed:,} pairs clerks disagree; the newest answer counts.")
    return [
        Stratum(one["band"], one["linked"], one["pairs"], found[SAME], found[DIFFERENT], found[CANNOT_SAY])
        for one, found in zip(sample.strata, counted, strict=True)
    ], notes


def estimates(workspace: Workspace) -> dict[str, Any] | None:
    """Return quality.clerical_estimates.as_json for the newest sample; None when there is none or nobody answered."""
    try:
        sample = open_sample(workspace)
    except NotFoundError:
        return None
    found, notes = strata(workspace, sample)
    if not any(one.judged or one.cannot_say for one in found):
        return None
    return clerical_estimates.as_json(found, notes)


def open_pairs(workspace: Workspace, sample: ReviewSample) -> Sequence[Mapping[str, Any]]:
    """Return the pairs of a sample that have no answer yet."""
    said = newest(workspace)
    return [pair for pair in sample.pairs if tuple(sorted((pair["one"], pair["other"]))) not in said]
