"""The floor of a score: a bare ASGI application that reads the same vector, predicts and explains, and nothing else.

    python -m tests.bench.bare_service ROOT PORT

It asks nobody, checks nothing, writes nothing: what it costs is what a score cannot cost less than.
"""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn

from features.online.vector import open_source
from hub.publishing.snapshots import open_snapshot
from models.bundle.bundles import open_bundle
from models.bundle.trainings import newest
from service.http.server import HOST
from tests.bench import clocked_service
from tests.factories import worlds


def application(root: Path) -> Any:
    """Return the application of the world in `root`."""
    workspace = worlds.place(root).workspace
    bundle = open_bundle(workspace, newest(workspace))
    snapshot = open_snapshot(workspace)
    source = open_source(workspace, snapshot, bundle.use_case)
    model, day = bundle.load(), bundle.use_case.newest(snapshot.known_to)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        asked = b""
        while True:
            message = await receive()
            asked += message.get("body", b"")
            if not message.get("more_body"):
                break
        said: dict[str, Any] = {}
        if asked:
            vector = source.vector(json.loads(asked)["person_id"], as_of_date=day).reshape(1, -1)
            said = {
                "probability": float(model.probabilities(vector)[0]),
                "contributions": model.contributions(vector)[0].tolist(),
            }
        content = json.dumps(said).encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]}
        )
        await send({"type": "http.response.body", "body": content})

    return answer


def run(root: Path, port: int) -> None:
    """Serve until the process is ended."""
    uvicorn.run(application(root), host=HOST, port=port, log_level="error", access_log=False, http="h11")


def forked(root: Path, port: int) -> int:
    """Serve in a child of this process; return its number."""
    return clocked_service.in_child(root, lambda: run(root, port))


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
