"""Settings: the one module that reads the environment. Every name begins with `SENTINEL_`."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
        description="SQLAlchemy address of the ethics record and ledger; SQLite inside the workspace when not set.",
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Port of `sentinel serve` on 127.0.0.1; 0 takes a free one and prints it.",
    )


def keep_libraries_quiet() -> None:
    """Tell the libraries that report their use to their makers not to; call it before they are imported."""
    os.environ.update({"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true"})
