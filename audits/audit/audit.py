"""Audits: the evidence about one bundle as an artefact, with a page for people and the same figures for machines.

    python -m audits run BUNDLE

    made = run(workspace, partnership, bundle_digest)
    made.report_path                      # one HTML file that needs nothing else
    open_audit(workspace, made.digest)    # checked against its digest

Files: `audit.json` (canonical JSON) and `report.html`. What the manifest says is `AuditFacts`. The same bundle, feature
set and seed give the same digest.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audits.audit.audit_facts import AuditFacts as AuditFacts
from audits.audit.audit_facts import LeakageTold
from audits.audit.evidence import SCHEMA_VERSION, AuditEvidence
from audits.limits import leakage
from audits.verdicts import worst
from features.rows.feature_sets import open_feature_set
from hub import artefacts
from hub import facts as facts_of
from hub.artefacts import Artefact
from hub.declarations.partnership import Partnership
from hub.digests import canonical_json, sources_digest
from hub.errors import NotFoundError
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.trainings import trainings

KIND = "audit"
EVIDENCE_FILE = "audit.json"
REPORT_FILE = "report.html"
MLFLOW_FOLDER = "audits"
_HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Audit:
    """A published audit whose manifest was checked against its name.

    Attributes:
        artefact: the directory and its files.
        facts: what the manifest says.
        note: what became of it in MLflow, in one sentence; empty when it was only opened.
    """

    artefact: Artefact
    facts: AuditFacts
    note: str = ""

    @property
    def digest(self) -> str:
        """The audit's digest, which is its name."""
        return self.artefact.digest

    @property
    def report_path(self) -> Path:
        """The page for people."""
        return self.artefact.path / REPORT_FILE

    def document(self) -> dict[str, Any]:
        """Return the evidence, read once and checked.

        Raises:
            IntegrityError: the file has changed by a byte.
        """
        found: dict[str, Any] = json.loads(self.artefact.read(EVIDENCE_FILE))
        return found

    def verdicts_by_group(self) -> dict[str, str]:
        """Return the verdict on each group: the worst of its levels."""
        return {group: worst(levels.values()).value for group, levels in self.facts.verdicts.items()}


def run(
    workspace: Workspace,
    partnership: Partnership,
    bundle_digest: str,
    *,
    by: str = publications.OPERATOR,
    seed: int = 0,
    progress: Progress = silent,
) -> Audit:
    """Audit a bundle on its test dates, publish the evidence, and put it beside the bundle in MLflow.

    Args:
        workspace: where bundle, feature set, audit and MLflow store lie.
        partnership: for its full name and those of its agencies.
        bundle_digest: digest of the bundle, or its beginning.
        by: who runs it, an id of partnership.yaml, for the ledger.
        seed: of every resample and sample.
        progress: told of each step.

    Raises:
        NotFoundError: there is no such bundle, or its feature set is gone.
        IntegrityError: a byte of either has changed, they do not belong together, or a rate differs from Fairlearn's.
    """
    from audits.audit.evidence import gather
    from audits.report.report import render

    bundle = open_bundle(workspace, bundle_digest)
    feature_set = open_feature_set(workspace, bundle.facts.feature_set)
    feature_set.artefact.verify()
    bundle.rehearse()
    found = gather(bundle, feature_set, bundle.load(), partnership=partnership.file, seed=seed, progress=progress)
    facts = _facts(bundle, found, seed)
    made_from = {name: getattr(facts, name) for name in ("bundle", "feature_set", "snapshot")}
    recorder = publications.recorder(workspace, KIND, made_from, by=by, code=sources_digest(_HERE))
    with artefacts.publish(workspace.audits, KIND, facts.as_json(), before=recorder, apart=True) as draft:
        content = canonical_json(found.document)
        (draft.path / EVIDENCE_FILE).write_bytes(content)
        (draft.path / REPORT_FILE).write_text(render(json.loads(content)), encoding="utf-8")
    opened = open_audit(workspace, draft.digest)
    return replace(opened, note=_tell_mlflow(workspace, bundle, opened))


def open_manifest(workspace: Workspace, digest: str) -> tuple[Artefact, AuditFacts]:
    """Open an audit's manifest alone, by the audit's digest or the beginning of it; no file of it is read.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: the manifest has changed by a byte, a fact is not as declared, or it is of another schema.
    """
    artefact = artefacts.open_artefact(workspace.audits, digest, KIND)
    return artefact, facts_of.read(artefact, AuditFacts, version=SCHEMA_VERSION, remedy="Audit the bundle anew.")


def open_audit(workspace: Workspace, digest: str) -> Audit:
    """Open an audit by its digest or the beginning of it; every byte of it is checked.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: a byte has changed, a file is missing or was added, or a fact is not as declared.
    """
    artefact, facts = open_manifest(workspace, digest)
    artefact.verify()
    return Audit(artefact, facts)


def _facts(bundle: Bundle, found: AuditEvidence, seed: int) -> AuditFacts:
    return AuditFacts(
        schema_version=SCHEMA_VERSION,
        partnership=bundle.facts.partnership,
        bundle=bundle.digest,
        feature_set=bundle.facts.feature_set,
        snapshot=bundle.facts.snapshot,
        use_case_digest=bundle.facts.use_case_digest,
        purpose=bundle.facts.purpose,
        seed=seed,
        verdict=found.document["fairness"]["verdict"],
        verdicts=found.verdicts,
        leakage=LeakageTold.model_validate(leakage.in_facts(found.document["leakage"])),
    )


def _tell_mlflow(workspace: Workspace, bundle: Bundle, audit: Audit) -> str:
    """Put both files into the run of the bundle's newest training; return what was done, in one sentence."""
    from models.record import tracking

    known = trainings(workspace, bundle.digest)
    if not known:
        return "MLflow has no run of this bundle; the audit is in the workspace only."
    tags = {"audit_digest": audit.digest, "audit_verdict": audit.facts.verdict.value}
    try:
        run_id = tracking.recorded(workspace, bundle, known[-1]["run_id"])
        tracking.attach(workspace, run_id, audit.artefact.path, f"{MLFLOW_FOLDER}/{audit.digest[:12]}", tags)
    except (NotFoundError, tracking.StoreError) as error:
        return f"{error.message.rstrip('.')}; the audit is in the workspace only."
    return f"The audit is also in the MLflow run {run_id}."
