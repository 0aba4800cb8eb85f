"""Which refusals are written to the ledger, and when.

A refusal of a well-formed request is written before it leaves. Of requests that are not as declared, one client gets a
few entries in a window of time; the rest of the window is counted, and written as one entry when the window ends, so
that nobody can fill the ledger with rubbish. That entry's problem is `urn:sentinel:problem:input:more:<count>`.
"""

import asyncio
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from service.http import log
from service.http.limits import Limits
from service.scoring import problems
from service.scoring.answers import Score, ScoreRequest
from service.scoring.problems import Problem


class Scores(Protocol):
    """What scores, and writes to the ledger; `service.scores` has it. Both calls may block."""

    def score(self, request: ScoreRequest) -> Score:
        """Return the score, which is in the ledger already."""
        ...

    def refused(self, document: Problem, request: ScoreRequest | None) -> None:
        """Write a refusal to the ledger."""
        ...


class Refusals:
    """Writes refusals. Used by the event loop only, so without a lock."""

    def __init__(self, scorer: Scores, limits: Limits) -> None:
        self._scorer, self._limits = scorer, limits
        self._malformed: dict[str, int] = {}
        self._ends: dict[str, asyncio.Task[None]] = {}

    async def write(self, document: Problem, asked: ScoreRequest | None) -> Problem:
        """Write a refusal; return it, or the problem that kept it from being written: that is told then."""
        try:
            await run_in_threadpool(self._scorer.refused, document, asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing leaves and its text is not told
            log.note(error, "writing a refusal")
            return problems.of_error(error)
        return document

    async def write_malformed(self, document: Problem, client: str) -> Problem:
        """Write or count the refusal of a request that is not as declared; return what may be told."""
        count = self._malformed[client] = self._malformed.get(client, 0) + 1
        if count == 1:
            self._ends[client] = asyncio.create_task(self._end_of_window(client))
        if count > self._limits.malformed:
            return document
        return await self.write(document, None)

    async def close(self) -> None:
        """End every window now, so that what was counted is written before the service ends."""
        windows = list(self._ends.values())
        for window in windows:
            window.cancel()
        await asyncio.gather(*windows, return_exceptions=True)
        for client in list(self._malformed):
            await self._write_count(client)

    async def _end_of_window(self, client: str) -> None:
        await asyncio.sleep(self._limits.window_seconds)
        del self._ends[client]
        await self._write_count(client)

    async def _write_count(self, client: str) -> None:
        more = self._malformed.pop(client) - self._limits.malformed
        if more > 0:
            status, detail = 422, f"{more} more requests were not as declared."
            await self.write(problems.problem(f"input:more:{more}", status, detail), None)
