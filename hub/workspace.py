"""The workspace: where everything that Sentinel makes lies. The folder is git-ignored and holds personal data."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def utc_now() -> datetime.datetime:
    """Return the present moment in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of one workspace. Making one writes nothing; each stage makes the folders it fills.

    Shown in a notebook or a log it tells no address, which may hold a password.

    Attributes:
        root: the workspace's folder.
        database_url: SQLAlchemy's address of the ledger and the records on it; SQLite in the workspace without one.
        anchor_file: where the end of the ledger is kept outside its database; in the workspace when nothing else is
            said, which the settings never do.
        clock: what the present moment is.
        mlflow_uri: MLflow's address of the store that trainings are recorded in; the workspace's own without one.
    """

    root: Path
    database_url: str | None = field(default=None, repr=False)
    anchor_file: Path | None = None
    clock: Callable[[], datetime.datetime] = utc_now
    mlflow_uri: str | None = field(default=None, repr=False)

    @property
    def anchor(self) -> Path:
        """The ledger's anchor."""
        return self.anchor_file or self.root / "anchor" / "ledger.json"

    @property
    def identity(self) -> Path:
        """Names, dates of birth, agency identifiers, quarantined rows and the pseudonym key: only `hub` opens it."""
        return self.root / "identity"

    @property
    def delivered(self) -> Path:
        """A generated delivery: only `sentinel demo` puts one here; what agencies deliver lies elsewhere."""
        return self.root / "delivered"

    @property
    def extracts(self) -> Path:
        """One artefact for each delivered extract, under pseudonymous record keys."""
        return self.root / "extracts"

    @property
    def snapshots(self) -> Path:
        """Published snapshots; the file `current` names the newest."""
        return self.root / "snapshots"

    @property
    def features(self) -> Path:
        """Feature sets."""
        return self.root / "features"

    @property
    def online(self) -> Path:
        """What single scores read: derived from a snapshot, and deleted whole when somebody is erased."""
        return self.root / "online"

    @property
    def bundles(self) -> Path:
        """Model bundles."""
        return self.root / "bundles"

    @property
    def searches(self) -> Path:
        """The trials of searches for models, one file each; what was found on rows, and no row."""
        return self.root / "searches"

    @property
    def audits(self) -> Path:
        """Audits: report and figures."""
        return self.root / "audits"

    @property
    def mlflow(self) -> Path:
        """The workspace's own MLflow store: `mlflow.db` and `artifacts/`."""
        return self.root / "mlflow"

    @property
    def ethics(self) -> Path:
        """The ethics record and the ledger, when they are in SQLite: `ethics.db`."""
        return self.root / "ethics"
