"""MLflow's own pages for the store, on 127.0.0.1, until Ctrl-C.

They show, compare and delete runs. Nothing that is clicked there, neither an alias nor a tag, approves anything.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import killpg
from types import FrameType

from hub.errors import NotFoundError, StateError
from hub.workspace import Workspace
from models.record import stores

HOST = "127.0.0.1"
_START_SECONDS = 120
_END_SECONDS = 10


def show(workspace: Workspace, *, port: int, environment: Mapping[str, str], ready: Callable[[str], None]) -> None:
    """Serve MLflow's pages until Ctrl-C, or until somebody ends this process.

    Args:
        workspace: whose store.
        port: on 127.0.0.1; 0 takes a free one.
        environment: of the server's process.
        ready: told the pages' address once they answer.

    Raises:
        NotFoundError: there is no store yet.
        StoreError: it cannot be opened.
        StateError: the store has a server of its own, the port is taken, or MLflow's server ends by itself.
    """
    if not stores.exists(workspace):
        raise NotFoundError(f"There is no MLflow store in {workspace.mlflow} yet.", "Run `sentinel models train`.")
    if not stores.is_database(workspace):
        raise StateError(f"{stores.shown(workspace)} is no database of this workspace.", "Look at that server's pages.")
    stores.open_client(workspace)
    chosen = _free(port)
    # The address of a database may hold a password, so it is not among the words that every process may read.
    said = {"MLFLOW_BACKEND_STORE_URI": stores.address(workspace), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    words = ["server", "--host", HOST, "--port", str(chosen), "--workers", "1", "--no-serve-artifacts"]
    words += ["--default-artifact-root", stores.artifacts(workspace)]
    server = subprocess.Popen(  # noqa: S603 - our own interpreter; the words are a number and a path
        [sys.executable, "-m", "mlflow", *words],
        env={**environment, **said},
        cwd=workspace.mlflow if workspace.mlflow.is_dir() else None,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with _ended(server):
        _wait(server, chosen)
        ready(f"http://{HOST}:{chosen}")
        server.wait()
        raise StateError("MLflow's server ended by itself.", "Start it again.")


def _free(port: int) -> int:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError:
            raise StateError(f"Port {port} is taken.", "Give another --port; 0 takes a free one.") from None
        return int(one.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise StateError("MLflow's server did not start.", f"See why with `mlflow server --port {port}`.")


@contextmanager
def _ended(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the server and all of its processes when the block ends; Ctrl-C and SIGTERM end the block quietly."""
    # Both are set, since whoever starts this in the background may have had Ctrl-C ignored.
    before = {one: signal.signal(one, _interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                killpg(server.pid, how)
            with suppress(subprocess.TimeoutExpired):
                server.wait(_END_SECONDS)
                break


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
