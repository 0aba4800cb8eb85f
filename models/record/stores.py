"""Where the MLflow store lies: the workspace's own, or the one that `SENTINEL_MLFLOW` names.

The workspace's own store is SQLite, `mlflow/mlflow.db`, with files in `mlflow/artifacts`. MLflow writes down where
files lie with their whole path: in the experiment, in each run, in each version of a registered model. So a copied or
moved workspace would go on to write into the folder that it was copied from. Whoever opens the store through this
module has it settled first: every location of the store that begins with another `…/mlflow/artifacts` is made to begin
with where the store lies now, in one transaction.

| the store that is opened | then |
|---|---|
| lies where its locations say | nothing is changed |
| was copied or moved whole | its locations are made true; where it was copied from is not touched |
| was copied without its `artifacts` | refused: its runs would be without their files |
| is, or holds, a link to another place (`cp -s`, `cp -l`) | refused: what is written here would be written there |
"""

import logging
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub import private_folders
from hub.errors import NotFoundError, RecordError
from hub.settings import keep_libraries_quiet
from hub.workspace import Workspace

ARTIFACTS = "artifacts"
DATABASE = "mlflow.db"
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
"""Beginnings of an address behind which MLflow's own code opens a database, without a server."""

_OURS = f"/mlflow/{ARTIFACTS}"
"""How the location of every experiment ends that was made by a workspace."""
_SECONDS = 20
# As many numbers as MLflow takes in one batch.
_MOST_AT_ONCE = 1000
_REMEDY = "Mend it as MLflow says, or name another store (SENTINEL_MLFLOW)."


class StoreError(RecordError):
    """The MLflow store cannot be read or written, or what is written to it would go into another workspace."""


def address(workspace: Workspace) -> str:
    """Return MLflow's address of the store: what the settings name, else SQLAlchemy's of the workspace's own."""
    if workspace.mlflow_uri is not None:
        return workspace.mlflow_uri
    path = (workspace.mlflow / DATABASE).absolute().as_posix()
    # Only what an address gives a meaning to is quoted: MLflow makes a stray folder for any other quoted sign.
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def is_database(workspace: Workspace) -> bool:
    """Return whether the store is a database that is opened without a server."""
    return address(workspace).split(":")[0].split("+")[0] in DATABASES


def artifacts(workspace: Workspace) -> str:
    """Return the location, as an address, of what new runs of this workspace keep in files."""
    return (workspace.mlflow / ARTIFACTS).resolve().as_uri()


def exists(workspace: Workspace) -> bool:
    """Return whether there is a store: one that the settings name is taken to be there."""
    return workspace.mlflow_uri is not None or (workspace.mlflow / DATABASE).exists()


def in_another(workspace: Workspace, location: str | None) -> bool:
    """Return whether files at a location would lie in another workspace than this one."""
    said, here = str(location or ""), artifacts(workspace)
    local = urlsplit(said).scheme in ("", "file")
    return local and f"{_OURS}/" in f"{said}/" and said != here and not said.startswith(f"{here}/")


@contextmanager
def refusing(workspace: Workspace) -> Iterator[None]:
    """Say what MLflow, its database or the disk refuses as one clear error that names the store.

    Raises:
        StoreError: whatever of these the block raised.
    """
    failures = kinds_of_failure()
    try:
        yield
    except failures as error:
        raise StoreError(f"The MLflow store {shown(workspace)} cannot be used: {reason(error)}", _REMEDY) from error


def kinds_of_failure() -> tuple[type[Exception], ...]:
    """Return what a store raises when it cannot be used."""
    keep_libraries_quiet()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return (MlflowException, SQLAlchemyError, sqlite3.Error, OSError)


def reason(error: BaseException) -> str:
    """Return the first line of an error, without what an address may hold before its host.

    Of a database's error that is its own words, which SQLAlchemy and MLflow wrap in theirs.
    """
    innermost: BaseException | None = error
    while innermost is not None and not hasattr(innermost, "orig"):
        innermost = innermost.__cause__ or innermost.__context__
    said = str(error if innermost is None else innermost.orig).strip()
    first = (said or type(error).__name__).splitlines()[0]
    words = [_without_secret(word) if "://" in word else word for word in first[:400].split(" ")]
    return " ".join(words).rstrip(".") + "."


def shown(workspace: Workspace) -> str:
    """Return where the store is as people may read it: a folder, or an address without a password."""
    return str(workspace.mlflow) if workspace.mlflow_uri is None else _without_secret(workspace.mlflow_uri)


def open_client(workspace: Workspace) -> Any:
    """Return a client of the store, settled where it lies; MLflow reports nothing to anyone and keeps quiet.

    Raises:
        StoreError: it cannot be opened, is of another version of MLflow, or shares files with another workspace.
    """
    with refusing(workspace):
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        if workspace.mlflow_uri is None:
            private_folders.make(workspace.mlflow)
            settle(workspace)
        found = MlflowClient(tracking_uri=address(workspace), registry_uri=address(workspace))
        found.get_experiment("0") if is_database(workspace) else None  # opens the database, and looks at its version
        return found


def require_writable(workspace: Workspace) -> None:
    """Check that the workspace's own store, where there is one already, can be written.

    Raises:
        StoreError: the database or the folder refuses.
    """
    if not exists(workspace):
        return
    with refusing(workspace):
        settle(workspace)  # first: what is linked to another place is not even tried
        with closing(_open(workspace.mlflow / DATABASE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        with tempfile.TemporaryFile(dir=private_folders.make(workspace.mlflow / ARTIFACTS)):
            pass


def settle(workspace: Workspace) -> None:
    """Make the locations in the workspace's own store true of where it lies; see the table above.

    Raises:
        StoreError: it is linked to another place, or was copied without its files.
    """
    folder, here = workspace.mlflow, artifacts(workspace)
    if not (folder / DATABASE).exists():
        return
    _refuse_links(workspace)
    with closing(_open(folder / DATABASE)) as connection:
        before = _roots(connection) - {here}
        if not before:
            return
        if not (folder / ARTIFACTS).is_dir():
            raise StoreError(
                f"{folder} was copied or moved without its folder {ARTIFACTS}, in which the files of its runs lie.",
                f"Copy that too; or make an empty folder {ARTIFACTS} there, if they are not wanted.",
            )
        connection.execute("BEGIN IMMEDIATE")
        for root in before:
            _move(connection, root, here)
        connection.execute("COMMIT")


def find_experiment(workspace: Workspace, client: Any, name: str) -> str:
    """Return the id of an experiment, which is made when there is none and restored when it was deleted.

    Raises:
        StoreError: the store refuses, or the experiment's files lie in another workspace.
    """
    with refusing(workspace):
        found = client.get_experiment_by_name(name)
        if found is None:
            location = artifacts(workspace) if is_database(workspace) else None
            return str(client.create_experiment(name, artifact_location=location))
        if in_another(workspace, found.artifact_location):
            raise StoreError(
                f"The experiment {name} in {shown(workspace)} keeps its files in another workspace.",
                "Name a store of this workspace's own (SENTINEL_MLFLOW), or an MLflow server that keeps the files.",
            )
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)


def log_metrics(client: Any, run_id: str, metrics: Sequence[Any]) -> None:
    """Write metrics, however many, in as few batches as MLflow takes."""
    for first in range(0, len(metrics), _MOST_AT_ONCE):
        client.log_batch(run_id, metrics=metrics[first : first + _MOST_AT_ONCE])


def files_of(workspace: Workspace, run: Any) -> Any:
    """Return MLflow's repository of a run's files, where the store says that they lie.

    MLflow's client is not asked: it remembers in each process where the files of a run lay when it first met the run's
    id, in whichever store that was.

    Raises:
        NotFoundError: what is added would be written into another workspace.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    location = run.info.artifact_uri
    if in_another(workspace, location):
        raise NotFoundError(f"The files of the MLflow run {run.info.run_id} lie in another workspace.")
    return get_artifact_repository(location, tracking_uri=address(workspace))


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=_SECONDS, isolation_level=None)


def _refuse_links(workspace: Workspace) -> None:
    folder = workspace.mlflow
    database = folder / DATABASE
    linked = [one for one in (folder, database, folder / ARTIFACTS) if one.is_symlink()]
    if database.is_file() and database.stat().st_nlink > 1:
        linked.append(database)
    if linked:
        raise StoreError(
            f"{linked[0]} is linked to another place, so that what is recorded here would be written there too.",
            "Copy the workspace whole (`cp -a`), or name a store that others may share (SENTINEL_MLFLOW).",
        )


def _roots(connection: sqlite3.Connection) -> set[str]:
    """Return the locations of all experiments that a workspace made, wherever it lay then."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
        return set()
    query = "SELECT DISTINCT artifact_location FROM experiments WHERE artifact_location LIKE ?"
    return {str(location) for (location,) in connection.execute(query, (f"file:%{_OURS}",))}


def _move(connection: sqlite3.Connection, before: str, now: str) -> None:
    """Let every text of the database that begins with one location begin with another, in whichever column it is."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    for table in tables:
        for _, column, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            if kind.upper().startswith(("VARCHAR", "TEXT")):
                connection.execute(
                    f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?) '
                    f'WHERE "{column}" = ? OR substr("{column}", 1, ?) = ?',
                    (now, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )


def _without_secret(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    host = rest.split("/")[0]
    return uri.replace(host, "…@" + host.rpartition("@")[2], 1) if "@" in host and scheme else uri
