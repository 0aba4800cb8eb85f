"""Where an MLflow store believes its files to be. A workspace that was copied or moved takes its own files with it.

MLflow keeps the place of every run's files as an absolute address. In a copy these still name the original, and a
training there would write into it. Whoever opens the store of a workspace first calls

    settle(workspace)

which gives every address below another workspace's `mlflow/artifacts` the place where this workspace lies. The files
themselves are copied with the workspace; nothing outside it is written.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from hub.errors import StateError
from hub.workspace import Workspace

_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)


def database(workspace: Workspace) -> Path:
    """Return the SQLite file of the workspace's MLflow store."""
    return workspace.mlflow / "mlflow.db"


def artefacts(workspace: Workspace) -> str:
    """Return the address below which the files of all runs lie."""
    return (workspace.mlflow / "artifacts").absolute().as_uri()


def settle(workspace: Workspace) -> int:
    """Give all addresses in the store the place of this workspace; return how many were of another.

    Raises:
        StateError: the store is no SQLite database that MLflow wrote, or cannot be written.
    """
    path = database(workspace)
    if not path.is_file():
        return 0
    here, changed = artefacts(workspace), 0
    try:
        with closing(sqlite3.connect(path)) as connection, connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            roots = [
                address
                for (address,) in connection.execute("SELECT DISTINCT artifact_location FROM experiments")
                if address and address.endswith("/mlflow/artifacts") and address != here
            ]
            for root in roots:
                for table, column in _ADDRESSES:
                    if table in tables:
                        done = connection.execute(
                            f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                            f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                            (here, len(root) + 1, root, len(root) + 1, f"{root}/"),
                        )
                        changed += done.rowcount
    except sqlite3.Error as error:
        raise StateError(
            f"{path}: the MLflow store cannot be read or written ({type(error).__name__}).",
            "See who may write it; or move the folder mlflow away: a new store is begun, and bundles stay as they are.",
        ) from None
    return changed
