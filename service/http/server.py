"""Running the service: one process on the loopback address; `docs/decisions/0003-…` says why no other.

server(create_app(scorer), Limits()).run(sockets=[listening(port)])
"""

import logging
import socket
import threading

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from ethics.record.store import open_store
from hub.commands.command_line import Place, say
from hub.errors import ConfigurationError
from models import lightgbm_alone
from service.gate.gate import Gate
from service.http import log
from service.http.api import create_app
from service.http.connections import protocol
from service.http.limits import Limits
from service.scoring.scores import Scorer

HOST = "127.0.0.1"
WAIT_SECONDS = 1.0
"""How long a request waits for the ledger's database before it is refused."""
SWEEP_SECONDS = 300.0
"""How often every byte that what is kept was parsed from is hashed again."""
_HEADERS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
_LAST_ANSWERS_SECONDS = 10


def run(place: Place, *, port: int) -> None:
    """Serve until interrupted; print the address once the port is taken.

    `/livez` answers from then on, `/readyz` once everything that is approved has been opened.

    Raises:
        ConfigurationError: the port cannot be taken.
    """
    log.start()
    lightgbm_alone.load()
    store = open_store(place.workspace, wait_seconds=WAIT_SECONDS)
    gate = Gate(place.workspace, place.partnership.folder, store)
    ready, stopped = threading.Event(), threading.Event()

    def prepare() -> None:
        try:
            refused: list[Exception] = [*gate.prepare(store.now())]
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready, and lives
            refused = [error]
        for one in refused:
            log.note(one, "opening what is approved")
        if not refused:
            ready.set()
        while not stopped.wait(SWEEP_SECONDS):
            for changed in gate.sweep():
                log.note(changed, "hashing what is kept")

    try:
        listener = listening(port)
        say(f"Serving {place.partnership.file.title} on http://{HOST}:{listener.getsockname()[1]}")
        threading.Thread(target=prepare, name="prepare", daemon=True).start()
        server(create_app(Scorer(gate), ready=ready.is_set)).run(sockets=[listener])
    finally:
        stopped.set()
        store.close()


def listening(port: int) -> socket.socket:
    """Return a socket that has taken a port of the loopback address; 0 takes a free one.

    Raises:
        ConfigurationError: the port cannot be taken.
    """
    # Named as TCP, so that asyncio sends small answers at once instead of waiting 40 ms for more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise ConfigurationError(
            f"The port {port} on {HOST} is taken.", "Give another with --port; 0 finds one."
        ) from None
    listener.listen()
    return listener


def server(app: ASGIApp, limits: Limits | None = None) -> uvicorn.Server:
    """Return the server of an application, ready to run."""
    limits = limits or Limits()
    return uvicorn.Server(
        uvicorn.Config(
            # A page of another name that resolves to this machine is refused: no browser here may be made to ask.
            TrustedHostMiddleware(app, allowed_hosts=[HOST, "localhost"], www_redirect=False),
            http=protocol(limits),
            ws="none",
            h11_max_incomplete_event_size=limits.head_bytes,
            proxy_headers=False,  # who asks is the other end of the connection, not who a header says
            timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            # No access log: an address may carry a person's identifier. The ledger is the record. And not a line for
            # each request that is none.
            access_log=False,
            log_level=logging.ERROR,
            server_header=False,
            headers=_HEADERS,
        )
    )
