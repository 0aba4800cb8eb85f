"""Trying the gate from outside: a real server in its own process, asked over a real socket.

Four requests for the same person: before any decision, with one, with a byte of the bundle changed, after withdrawal.
"""

import datetime
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from ethics.acts import decisions, proposals
from ethics.acts.approvals import Condition
from ethics.acts.decisions import DecisionOutcome
from ethics.acts.proposals import Recommendation
from ethics.rules import canvas
from hub.commands.command_line import Place
from hub.declarations.partnership import Partnership, Role
from hub.errors import SentinelError
from hub.ledger.store import Store
from models.bundle.bundles import Bundle
from service.http.api import READY, SCORES

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Trial:
    """One request and what the server answered.

    Attributes:
        when: what had been done before the request.
        answer: "scored" or "refused (why)".
        status: the HTTP status.
        body: the JSON that came back.
    """

    when: str
    answer: str
    status: int
    body: dict[str, Any]


_WHY = {
    "not-approved": "not approved",
    "changed": "bundle changed",
    "approval-withdrawn": "withdrawn",
    "approval-expired": "expired",
}


def run(place: Place, store: Store, bundle: Bundle, audit: str, person_id: str) -> list[Trial]:
    """Ask four times, with the steps of the ethics group between, and return the answers."""
    workspace, partnership = place.workspace, place.partnership
    purpose = bundle.use_case.purpose
    with serving(place) as address, httpx2.Client(base_url=address, timeout=60) as client:

        def ask(when: str) -> Trial:
            response = client.post(SCORES, json={"person_id": person_id, "purpose": purpose})
            body = response.json()
            kind = str(body.get("type", "")).rsplit(":", 1)[-1]
            answer = "scored" if response.status_code == 200 else f"refused ({_WHY.get(kind, kind)})"
            return Trial(when, answer, response.status_code, body)

        trials = [ask("before any decision")]
        number = approve(store, place, bundle, audit)
        trials.append(ask("after the owner's approval"))
        with _one_byte_changed(workspace.bundles / bundle.digest / "model.txt"):
            trials.append(ask("with one byte of the model changed"))
        reasons = "The demonstration shows that stopping works at once."
        decisions.withdraw(store, partnership, number, reasons=reasons, by=people(partnership, Role.OWNER)[0])
        trials.append(ask("after the approval was withdrawn"))
    return trials


def people(partnership: Partnership, role: Role) -> list[str]:
    """Return the ids of the panel's people with a role, in the order of partnership.yaml."""
    return [person.id for person in partnership.file.panel.people if person.role is role]


def approve(store: Store, place: Place, bundle: Bundle, audit: str) -> int:
    """Walk a proposal from the analyst to the owner's approval, with the canvas that the partnership brings.

    Returns:
        The proposal's number.
    """
    workspace, partnership = place.workspace, place.partnership
    analyst, reviewers, owner = (people(partnership, role) for role in (Role.ANALYST, Role.REVIEWER, Role.OWNER))
    number = proposals.propose(store, workspace, partnership, bundle=bundle.digest, audit=audit, by=analyst[0])
    answers = canvas.read(canvas.path_of(partnership.folder, bundle.use_case.name))
    proposals.answer(store, partnership, number, answers, by=analyst[0])
    proposals.submit(store, workspace, partnership, number, by=analyst[0])
    proposals.start_review(store, workspace, partnership, number, by=reviewers[0])
    for reviewer in reviewers[: partnership.file.panel.quorum]:
        proposals.recommend(
            store,
            workspace,
            partnership,
            number,
            verdict=Recommendation.SUPPORT_WITH_CONDITIONS,
            words="For the demonstration: the report was read, and the condition below is asked for.",
            by=reviewer,
        )
    today = store.now().date()
    decisions.decide(
        store,
        workspace,
        partnership,
        number,
        outcome=DecisionOutcome.APPROVED,
        reasons="For the demonstration: the group recommends it for a short time.",
        by=owner[0],
        expires_on=today + datetime.timedelta(days=min(30, bundle.use_case.approval_days)),
        conditions=[
            Condition(
                "Look again at the groups for whom there are too few to say.",
                "Analyst of the partnership",
                today + datetime.timedelta(days=14),
            )
        ],
    )
    return number


@contextmanager
def serving(place: Place) -> Iterator[str]:
    """Start `sentinel serve` on a free port in a process of its own; give its address; end it afterwards.

    What it logs stands in `service.log` in the workspace.

    Raises:
        SentinelError: the server did not come up.
    """
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    command += ["--workspace", str(place.settings.workspace), "--partnership", str(place.settings.partnership)]
    with (
        (place.workspace.root / "service.log").open("a", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - our own interpreter and code
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            env=place.settings.as_environment(),
        ) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = line.rsplit(" ", 1)[-1].strip()
            if not address.startswith("http://"):
                raise SentinelError("The service did not start.", "Run `sentinel serve` to see why.")
            _wait_until_ready(process, address)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[str], address: str) -> None:
    """Wait until the server has opened what is approved.

    Raises:
        SentinelError: it ended, or it was not ready in time.
    """
    last = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < last:
        if httpx2.get(f"{address}{READY}", timeout=_START_SECONDS).is_success:
            return
        time.sleep(0.05)
    raise SentinelError("The service did not become ready.", "Run `sentinel serve` to see why.")


@contextmanager
def _one_byte_changed(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    try:
        yield
    finally:
        path.write_bytes(content)
