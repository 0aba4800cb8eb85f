"""Model bundles: artefacts that hold everything needed to score, and nothing about who trained them or when.

    bundle = open_bundle(workspace, digest)     # every byte checked against the digest, small files parsed
    model = bundle.load()                       # parses the very bytes that were checked, then the golden rows
    model.probabilities(matrix)

Files: `model.txt` (LightGBM's native text, or the terms of a sum as JSON), `calibration.json`, `thresholds.json`,
`metrics.json`, `golden.json`, `stability.json` (how far a probability would move: `models.measuring.stability`),
`use_case.json` (whole). What the manifest says is `BundleFacts`.

The same feature set, seed and libraries give the same digest. Who trained is in `trainings`.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.declarations.catalogue import Indicator
from features.declarations.use_cases import UseCase
from hub import artefacts
from hub import facts as facts_of
from hub.artefacts import Artefact
from hub.digests import digest_of, sources_digest
from hub.errors import IntegrityError, StateError
from hub.ledger import publications
from hub.workspace import Workspace
from models.bundle.bundle_facts import BundleFacts as BundleFacts
from models.bundle.model import Model as Model
from models.bundle.model_files import MODEL_FILE, StatedFigures, model_files, pretty
from models.bundle.trainings import TREES_FROM
from models.figures import NotComputed
from models.measuring.calibration import Calibration
from models.measuring.stability import LikelyRanges, ranges_from_json
from models.measuring.thresholds import Thresholds
from models.resampling import Floats

KIND = "bundle"
SCHEMA_VERSION = 4
_REHEARSAL_SECONDS = 120
_HERE = Path(__file__).parents[1]


class NoNumberError(StateError):
    """A number is missing where the model never saw one missing.

    Its text names indicators, of which whoever asks may not be allowed to know: only the log has it.
    """

    kind = "no-number"


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle."""

    facts: BundleFacts
    text: str
    calibration: Calibration
    thresholds: Thresholds
    metrics: Mapping[str, Any]
    golden: Mapping[str, Any]
    use_case: UseCase
    stability: LikelyRanges | NotComputed

    def files(self) -> dict[str, bytes]:
        """Return the bytes of each file."""
        model = model_files(self.text, self.calibration, self.thresholds, self.metrics, self.golden)
        own = {"use_case.json": self.use_case.model_dump(mode="json"), "stability.json": self.stability.as_json()}
        return {**model, **{name: pretty(value) for name, value in own.items()}}


@dataclass(frozen=True)
class Bundle(StatedFigures):
    """A published bundle whose every byte was checked when it was opened."""

    artefact: Artefact
    facts: BundleFacts
    use_case: UseCase
    calibration: Calibration
    thresholds: Thresholds
    metrics: Mapping[str, Any]
    stability: LikelyRanges | NotComputed

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators, in the order of a matrix's columns."""
        return self.use_case.indicators

    @property
    def usual(self) -> Mapping[str, tuple[float, float]]:
        """By indicator, between what numbers at least 8 in 10 looks were that it learned from."""
        return {name: (said["low"], said["high"]) for name, said in self.metrics["usual"].items()}

    @property
    def digest(self) -> str:
        """The bundle's digest, which is its name."""
        return self.artefact.digest

    def load(self) -> Model:
        """Read the model's bytes once, check them, parse those same bytes, and check the golden rows.

        Raises:
            IntegrityError: the bytes have changed (nothing was parsed), or a golden row's probability or contribution
                differs.
        """
        text = self.artefact.read(MODEL_FILE).decode("utf-8")
        model = Model.parse(text, self.use_case.indicator_names, self.calibration, self.thresholds)
        model.require_algorithm(self.facts.algorithm)
        model.check_golden(self.golden())
        return model

    def rehearse(self) -> None:
        """Do `load` in a process of its own first, so that bytes on which the parser aborts or hangs harm nobody.

        Raises:
            IntegrityError: that process did not end well within two minutes.
        """
        code = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            "from models import lightgbm_alone\nlightgbm_alone.load()\n"
            "from pathlib import Path\n"
            "from hub.workspace import Workspace\nfrom models.bundle.bundles import open_bundle\n"
            "open_bundle(Workspace(Path(sys.argv[1])), sys.argv[2]).load()\n"
        )
        root = self.artefact.path.parent.parent
        try:
            ended = subprocess.run(  # noqa: S603 - our own interpreter and code; the arguments are a path and a digest
                [sys.executable, "-c", code, str(root), self.digest],
                capture_output=True,
                timeout=_REHEARSAL_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -1
        if ended != 0:
            raise IntegrityError(
                f"bundle {self.digest[:12]}: the model does not load in a process of its own.",
                "Do not use it; train it anew.",
            )

    def require_numbers(self, values: Floats) -> None:
        """Check that rows have a number wherever every row had one that the model learned from.

        The trees would take a missing number for 0 there, which nobody said.

        Args:
            values: shape (indicators,) or (rows, indicators), NaN where there is no number.

        Raises:
            NoNumberError: it names the indicators, and of several rows it says in how many.
        """
        names, learned = self.use_case.indicator_names, {*self.facts.never_missing}
        counts = np.isnan(values).sum(axis=0) if values.ndim > 1 else np.isnan(values)
        missing = [
            f"{name} in {count:,} rows" if values.ndim > 1 else name
            for name, count in zip(names, counts, strict=True)
            if count and name in learned
        ]
        if missing:
            raise NoNumberError(
                f"No number for {', '.join(missing)}, which everybody had from whom the model learned.",
                "Nothing can be suggested by the model; what people know comes first.",
            )

    def golden_rows(self) -> int:
        """Return how many golden rows `load` checks."""
        return len(self.golden()["rows"])

    def golden(self) -> dict[str, Any]:
        """Return the golden rows and their probabilities, as they are written."""
        return dict(json.loads(self.artefact.read("golden.json")))


def publish(workspace: Workspace, contents: Contents, *, trained_by: str, run: Mapping[str, str]) -> Bundle:
    """Publish a bundle, after its model's text was parsed anew and gave the golden rows again.

    Args:
        workspace: where it is published.
        contents: what goes into it.
        trained_by: the analyst's id, for the ledger: whoever trained a model does not judge it.
        run: the MLflow run, as `run_id` and `experiment`.
    """
    names = contents.use_case.indicator_names
    Model.parse(contents.text, names, contents.calibration, contents.thresholds).check_golden(contents.golden)
    inputs = ("feature_set", "snapshot", "use_case_digest")
    made_from = {name: getattr(contents.facts, name) for name in inputs}
    if contents.facts.updated_from is not None:
        made_from["updated_from"] = contents.facts.updated_from
        if contents.facts.update is not None and contents.facts.update.earlier is not None:
            run = {**run, TREES_FROM: contents.facts.updated_from}
    recorder = publications.recorder(workspace, KIND, made_from, by=trained_by, code=sources_digest(_HERE), more=run)
    with artefacts.publish(workspace.bundles, KIND, contents.facts.as_json(), before=recorder, apart=True) as draft:
        for name, content in contents.files().items():
            (draft.path / name).write_bytes(content)
    return open_bundle(workspace, draft.digest)


def open_manifest(workspace: Workspace, digest: str) -> tuple[Artefact, BundleFacts]:
    """Open a bundle's manifest alone, by the bundle's digest or the beginning of it; no file of it is read.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: the manifest has changed by a byte, a fact is not as declared, or it is of another schema.
    """
    artefact = artefacts.open_artefact(workspace.bundles, digest, KIND)
    return artefact, facts_of.read(artefact, BundleFacts, version=SCHEMA_VERSION, remedy="Train it anew.")


def open_bundle(workspace: Workspace, digest: str) -> Bundle:
    """Open a bundle by its digest or the beginning of it; every byte of it is checked, LightGBM is not asked.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: a byte has changed, a file is missing or was added, its parts do not belong together, or it is
            of another schema version.
    """
    artefact, facts = open_manifest(workspace, digest)
    artefact.verify()
    try:
        documents = {name: json.loads(artefact.read(name)) for name in artefact.files if name.endswith(".json")}
        use_case = documents["use_case.json"]
        if digest_of(use_case) != facts.use_case_digest:
            raise IntegrityError(
                f"bundle {artefact.digest[:12]}: its use case is not the one that its facts name.", "Train it anew."
            )
        return Bundle(
            artefact,
            facts,
            UseCase.model_validate(use_case),
            Calibration.from_json(documents["calibration.json"]),
            Thresholds.from_json(documents["thresholds.json"]),
            documents["metrics.json"],
            ranges_from_json(documents["stability.json"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise IntegrityError(
            f"bundle {artefact.digest[:12]}: a file of it is not as training writes it.", "Train it anew."
        ) from None
