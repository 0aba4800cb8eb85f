"""Models that were learned from a table: a folder like a bundle's, which no use case has and no service ever asks.

    model = open_table_model(Path("out"), digest)       # every byte checked
    model.load().probabilities(values)

Files: those of a bundle, and `columns.json` in place of `use_case.json`. The artefact's kind is another than a
bundle's: nothing that opens a bundle opens it, whatever folder it is put in, so that neither an audit, a decision nor
the gate can name it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hub import artefacts, facts
from hub.artefacts import Artefact
from hub.errors import StateError
from hub.facts import Count, Digest, Facts
from models.bundle.model import Model
from models.bundle.model_files import MODEL_FILE, StatedFigures, model_files, pretty
from models.measuring.calibration import Calibration
from models.measuring.thresholds import Thresholds

KIND = "table_model"
SCHEMA_VERSION = 3
NOT_SERVABLE = (
    "It belongs to no use case: it has no purpose, no gateway and no audit, so that nobody can approve it, and the "
    "service never answers with it."
)


class TableFacts(Facts):
    """One of the two files."""

    name: str
    """The file's own name, without its folder."""
    sha256: Digest
    rows: Count
    """Those with an outcome."""


class TableModelFacts(Facts):
    """What the manifest of such a model says."""

    schema_version: int
    servable: Literal[False]
    why_not_servable: str
    train: TableFacts
    test: TableFacts
    outcome: str
    """Its column, as are the next."""
    person: str | None
    family: str | None
    date: str | None
    groups: tuple[str, ...]
    """Figures are by them; the model never saw them."""
    resampled: str
    """What intervals draw: families, people or rows."""
    split: str
    """How the rows to learn from were divided."""
    horizon_days: Count | None
    capacity: Count
    """Places at each date."""
    best_indicator: str
    """The best single indicator that the model must beat: the column that orders the rows to choose on best."""
    seed: int
    algorithm: Literal["lightgbm", "logistic", "points"]
    candidate: str
    parameters: Mapping[str, bool | int | float | str | tuple[int, ...]]
    rounds: Count
    never_missing: tuple[str, ...]
    libraries: Mapping[str, str]
    said: tuple[str, ...]
    """What must be said of the files, in sentences."""


@dataclass(frozen=True, slots=True)
class TableContents:
    """What goes into one."""

    facts: TableModelFacts
    text: str
    calibration: Calibration
    thresholds: Thresholds
    metrics: Mapping[str, Any]
    golden: Mapping[str, Any]
    columns: Sequence[Mapping[str, Any]]

    def files(self) -> dict[str, bytes]:
        """Return the bytes of each file."""
        model = model_files(self.text, self.calibration, self.thresholds, self.metrics, self.golden)
        return {**model, "columns.json": pretty(list(self.columns))}


@dataclass(frozen=True)
class TableModel(StatedFigures):
    """A published one whose every byte was checked when it was opened."""

    artefact: Artefact
    facts: TableModelFacts
    calibration: Calibration
    thresholds: Thresholds
    metrics: Mapping[str, Any]
    columns: Sequence[Mapping[str, Any]]

    @property
    def digest(self) -> str:
        """Its digest, which is its name."""
        return self.artefact.digest

    def load(self) -> Model:
        """Read the model's bytes once, check them, parse those same bytes, and check the golden rows.

        Raises:
            IntegrityError: the bytes have changed (nothing was parsed), or a golden row's probability differs.
        """
        names = [one["name"] for one in self.columns]
        model = Model.parse(self.artefact.read(MODEL_FILE).decode("utf-8"), names, self.calibration, self.thresholds)
        model.require_algorithm(self.facts.algorithm)
        model.check_golden(json.loads(self.artefact.read("golden.json")))
        return model


def require_folder(folder: Path, *, workspace: Path) -> None:
    """Check that models of tables may be put in a folder, before anything is worked out.

    Raises:
        StateError: it lies in the workspace, or holds other things.
    """
    if folder.resolve().is_relative_to(workspace.resolve()):
        raise StateError(
            f"{folder} lies in the workspace, which holds only what belongs to a use case.", "Name another --out."
        )
    if not folder.exists():
        return
    if not folder.is_dir() or {path.name for path in folder.iterdir()} - {*artefacts.digests_in(folder)}:
        raise StateError(
            f"{folder} holds other things, and it would become its owner's alone.", "Name a new folder with --out."
        )


def publish_table_model(folder: Path, contents: TableContents) -> TableModel:
    """Publish one under its digest, after its text was parsed anew and gave the golden rows again.

    No ledger knows it: it is nobody's evidence.
    """
    names = [one["name"] for one in contents.columns]
    Model.parse(contents.text, names, contents.calibration, contents.thresholds).check_golden(contents.golden)
    with artefacts.publish(folder, KIND, contents.facts.as_json()) as draft:
        for name, content in contents.files().items():
            (draft.path / name).write_bytes(content)
    return open_table_model(folder, draft.digest)


def open_table_model(folder: Path, digest: str) -> TableModel:
    """Open one by its digest or the beginning of it; every byte of it is checked.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: a byte has changed, a file is missing or was added, or it is of another kind or schema version.
    """
    artefact = artefacts.open_artefact(folder, digest, KIND)
    found = facts.read(artefact, TableModelFacts, version=SCHEMA_VERSION, remedy="Train it anew.")
    artefact.verify()
    documents = {name: json.loads(artefact.read(name)) for name in artefact.files if name.endswith(".json")}
    return TableModel(
        artefact,
        found,
        Calibration.from_json(documents["calibration.json"]),
        Thresholds.from_json(documents["thresholds.json"]),
        documents["metrics.json"],
        documents["columns.json"],
    )
