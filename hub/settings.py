"""Settings: the one module that reads the environment. Every name begins with `SENTINEL_`."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.digests import digest_of


class Settings(BaseSettings):
    """What an operator may set; each flag of the command line overrules its setting."""

    model_config = SettingsConfigDict(env_prefix="SENTINEL_", extra="ignore")

    workspace: Path = Field(
        default=Path("workspace"),
        description="Folder for everything Sentinel makes: identity store, snapshots, bundles, audits, decisions.",
    )
    partnership: Path = Field(
        default=Path("partnerships/lancashire"),
        description="Folder with the partnership's YAML files.",
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy address of the ledger and the ethics record; SQLite inside the workspace when not set.",
    )
    anchor: Path | None = Field(
        default=None,
        description="File that says how far the ledger has come, sealed with a key beside it. Keep it where whoever "
        "runs the database or restores the workspace cannot write; when not set it lies in the state folder of the "
        "account (XDG_STATE_HOME, else ~/.local/state).",
    )
    mlflow: str | None = Field(
        default=None,
        description="MLflow's address of the store that trainings are recorded in, such as `https://mlflow.example` or "
        "a database; SQLite inside the workspace when not set. Bundles, figures and the names of indicators go there, "
        "never a row of a person.",
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Port of `sentinel serve` on 127.0.0.1; 0 takes a free one and prints it.",
    )

    def anchor_of(self, workspace: Path) -> Path:
        """Return the anchor of the ledger of a workspace.

        Args:
            workspace: the partnership's own folder in the workspace.
        """
        if self.anchor is not None:
            return self.anchor
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        where = digest_of([str(workspace.resolve()), self.database_url])
        return state / "sentinel" / "anchors" / f"{workspace.name}-{where[:16]}.json"

    def as_environment(self) -> dict[str, str]:
        """Return the environment in which another process has these settings."""
        said = {f"SENTINEL_{name.upper()}": value for name, value in self.model_dump().items() if value is not None}
        return {**os.environ, **{name: str(value) for name, value in said.items()}}


def keep_libraries_quiet() -> None:
    """Tell the libraries that report their use to their makers not to; call it before they are imported.

    What a command prints is not mixed with theirs. An MLflow server that does not answer is asked three times, not
    eight, unless the operator says otherwise.
    """
    os.environ.update({"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true"})
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
