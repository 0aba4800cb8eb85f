"""Running the service: one process on the loopback address; `docs/decisions/0003-…` says why no other."""

import socket

import uvicorn

from ethics.store import open_store
from hub.command_line import Place, say
from hub.errors import ConfigurationError
from service.gate import Gate
from service.http.api import create_app
from service.scores import Scorer

HOST = "127.0.0.1"


def run(place: Place, *, port: int) -> None:
    """Serve until interrupted; print the address once the port is taken.

    Raises:
        ConfigurationError: the port cannot be taken.
    """
    store = open_store(place.workspace, place.settings.database_url)
    gate = Gate(place.workspace, place.partnership.folder, store)
    app = create_app(Scorer(gate))
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
    gate.prepare(store.now())
    say(f"Serving {place.partnership.file.title} on http://{HOST}:{listener.getsockname()[1]}")
    # No access log: an address may carry a person's identifier. The ledger is the record.
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    try:
        server.run(sockets=[listener])
    finally:
        store.close()
