"""`sentinel demo`: the whole journey on one partnership, from extracts to a score and the gate's refusals.

Everything is done by the same functions that the other commands call. The demonstration has the partnership's folder in
the workspace to itself: it marks the folder as its own, begins anew when it finds its mark, and touches no other.
"""

import datetime
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from audits.audit import audit as audits
from audits.audit.audit import Audit
from audits.phrases import IN_SHORT
from ethics.record.store import open_store
from features.batch import matrix
from features.declarations import use_cases
from features.rows.feature_sets import FeatureSet, LeakageFacts
from hub.commands.command_line import Place, progress, say, show_json
from hub.declarations.partnership import Demonstration, Role
from hub.errors import ConfigurationError, InputError
from hub.intake import ingest
from hub.ledger import practice
from hub.linking import linkage
from hub.linking.linkage import LinkageReport
from hub.progress import Progress
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot
from models.bundle.bundles import Bundle
from models.fitting import training
from models.matrices import floats
from models.opponents import WORDS
from service.demonstration import gate_trial
from service.demonstration.gate_trial import Trial

_MARK = ".demonstration"
_AGAINST = {
    "beats": "the model beats it",
    "does not beat": "the model does not beat it",
    "cannot tell": "one cannot tell whether the model beats it",
}


@dataclass(frozen=True, slots=True)
class Walked:
    """What the journey produced."""

    linkage: LinkageReport
    snapshot: Snapshot
    features: FeatureSet
    bundle: Bundle
    audit: Audit
    trials: list[Trial]


def run(place: Place, *, data: Path | None, children: int, seed: int, as_json: bool) -> None:
    """Walk the journey and print what came of it.

    Args:
        place: partnership and workspace.
        data: folder with the extracts; None runs the partnership's generator.
        children: how many children the generator makes.
        seed: seed of the generator, the training and the bootstraps.
        as_json: print JSON instead of a table.

    Raises:
        ConfigurationError: the partnership declares no demonstration, or the folder holds other work.
    """
    said = place.partnership.file.demonstration
    if said is None:
        raise ConfigurationError(
            f"The partnership {place.partnership.name} declares no demonstration.", "Add one to partnership.yaml."
        )
    if data is not None and not data.is_dir():
        raise InputError(f"{data}: no such folder.", "Give the folder with the extracts with --data.")
    if data is None and said.generator is None:
        raise InputError(f"{place.partnership.name} works on real extracts.", "Give their folder with --data.")
    practice.require_free(place.workspace)  # before anything is removed
    _begin_anew(place.workspace.root)
    practice.begin(place.workspace, place.partnership.name)
    with _step("Extracts"):
        folder = data or _generated(place, said, children, seed)
    walked = _walk(place, said, folder, seed)
    if as_json:
        show_json(_summary(place, walked))
    else:
        _print(place, walked)


def _walk(place: Place, said: Demonstration, folder: Path, seed: int) -> Walked:
    workspace, partnership = place.workspace, place.partnership
    use_case = use_cases.read(partnership, said.use_case)
    truth = folder / "truth" / "people.csv"
    with _step("Reading and checking extracts") as tell:
        ingest.ingest(workspace, partnership, folder, said.delivered_on, progress=tell)
    with _step("Linking people") as tell:
        linked = linkage.link(workspace, partnership, truth=truth if truth.is_file() else None, progress=tell)
    with _step("Publishing the snapshot") as tell:
        snapshot = publish.publish(workspace, partnership, progress=tell)
    with _step("Building indicators") as tell:
        features = matrix.build(
            workspace,
            snapshot,
            use_case,
            partnership=partnership,
            on=place.day_of_use,
            progress=tell,
        )
    analyst = gate_trial.people(partnership, Role.ANALYST)[0]
    with _step("Training, and simpler ways beside it") as tell:
        bundle = training.train(workspace, features, seed=seed, trained_by=analyst, progress=tell)
    with _step("Auditing") as tell:
        audit = audits.run(workspace, partnership, bundle.digest, seed=seed, by=analyst, progress=tell)
    with _step("Proposal, decision, scores and refusals over a real socket"):
        store = open_store(workspace)
        try:
            trials = gate_trial.run(place, store, bundle, audit.digest, _someone(features, bundle, snapshot))
        finally:
            store.close()
    return Walked(linked, snapshot, features, bundle, audit, trials)


def _someone(features: FeatureSet, bundle: Bundle, snapshot: Snapshot) -> str:
    """Return a person of the newest cohort whom the model would suggest for an offer of help first."""
    newest = features.use_case.newest(snapshot.known_to)
    rows = features.matrix()
    rows = rows.filter(pc.equal(rows["as_of_date"], newest))
    probabilities = bundle.load().probabilities(floats(rows, [one.name for one in features.indicators]))
    return str(rows["person_id"][int(probabilities.argmax())].as_py())


def _begin_anew(root: Path) -> None:
    if root.is_dir() and any(root.iterdir()):
        if not (root / _MARK).is_file():
            raise ConfigurationError(
                f"{root} holds work that is not a demonstration's; nothing was touched.", "Give another --workspace."
            )
        Console(stderr=True).print(f"Beginning anew: the earlier demonstration in {escape(str(root))} is removed.")
        shutil.rmtree(root)
    root.mkdir(parents=True, mode=0o700)
    (root / _MARK).touch()


def _generated(place: Place, said: Demonstration, children: int, seed: int) -> Path:
    folder = place.workspace.delivered
    program = place.partnership.folder / str(said.generator)
    command = [sys.executable, str(program), "--out", str(folder), "--children", str(children), "--seed", str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - named in partnership.yaml
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
        raise InputError(f"The generator {program} ended with {done.returncode}: {last[0]}")
    return folder


@contextmanager
def _step(label: str) -> Iterator[Progress]:
    started = datetime.datetime.now(datetime.UTC)
    with progress(label) as tell:
        yield tell
    seconds = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
    Console(stderr=True, highlight=False).print(f"[green]✓[/] {label} [dim]({seconds:.0f} s)[/]")


def _facts(walked: Walked) -> list[tuple[str, str]]:
    """Return the lines of the closing table."""
    bundle = walked.bundle
    rows = sum(walked.features.facts.rows.values())
    lines = [
        (
            "persons linked",
            f"{walked.snapshot.facts.rows.person:,} from {walked.linkage.records:,} records",
        ),
        ("how they were linked", walked.linkage.why),
        ("linkage precision", walked.linkage.precision.text(4)),
        ("linkage recall", walked.linkage.recall.text(4)),
        ("rows × indicators", f"{rows:,} × {len(walked.features.indicators)}"),
        ("leaks", _leaks(walked.features.facts.leakage)),
    ]
    for label, metric in (("AUC", "auc"), ("precision at capacity", "precision_at_capacity")):
        lines.append((f"test {label}: model", bundle.figure(metric).text()))
        lines.append((f"test {label}: simple rule", bundle.figure(metric, "simple_rule").text()))
        lines.append((f"test {label}: difference", bundle.difference(metric).text()))
    for other, says in bundle.verdicts.items():
        lines.append((f"against {WORDS[other]}", _AGAINST[says]))
    lines += [(f"audit: {group['name']}", _verdicts(group)) for group in walked.audit.document()["fairness"]["groups"]]
    lines += [(f"gate {trial.when}", f"{trial.answer}, HTTP {trial.status}") for trial in walked.trials]
    return lines


def _leaks(leakage: LeakageFacts | None) -> str:
    """Return how many leaks the build found, and by how many of its checks."""
    if leakage is None:
        return "nobody looked for them"
    done = sum(check.done for check in leakage.checks)
    found = f"{len(leakage.findings)} found" if leakage.findings else "none found"
    return f"{found} by {done} of {len(leakage.checks)} checks; docs/leakage.md says what each can see"


def _verdicts(group: Mapping[str, Any]) -> str:
    """Return the verdict on each rate of a group, rates with the same verdict together."""
    by_verdict: dict[str, list[str]] = {}
    for rate, verdict in group["by_rate"].items():
        by_verdict.setdefault(verdict, []).append(IN_SHORT[rate])
    return "; ".join(f"{verdict} ({', '.join(rates)})" for verdict, rates in by_verdict.items())


def _print(place: Place, walked: Walked) -> None:
    table = Table(title=place.partnership.file.title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _facts(walked):
        table.add_row(escape(label), escape(value))
    console = Console(highlight=False)
    console.width = max(console.width, 150)
    console.print(table)
    say(f"The audit report on {walked.bundle.use_case.people}: {walked.audit.report_path}")


def _summary(place: Place, walked: Walked) -> dict[str, Any]:
    return {
        "partnership": place.partnership.name,
        "snapshot": walked.snapshot.digest,
        "features": walked.features.digest,
        "bundle": walked.bundle.digest,
        "audit": walked.audit.digest,
        "report": str(walked.audit.report_path),
        "lines": dict(_facts(walked)),
        "trials": [asdict(trial) for trial in walked.trials],
    }
