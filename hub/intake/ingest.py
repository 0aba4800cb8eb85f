"""Ingest: the files of a delivery become extracts.

    reports = ingest(workspace, partnership, Path("delivery"), datetime.date(2025, 1, 6))

Every source needs a legal gateway that holds on the day of delivery. All sources are checked and read before the first
one is published, and each is published in one step, its identity rows first: an error or a kill leaves every extract
either whole or not there. Running the same delivery again goes on where it stopped, and does nothing where nothing is
left to do.
"""

import datetime
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from hub import artefacts
from hub.declarations import admission
from hub.declarations.partnership import Partnership
from hub.identity import pseudonyms
from hub.identity import store as identity_store
from hub.intake import confirmations, spark_sources
from hub.intake.confirmations import ConfirmationError, Question
from hub.intake.delivery import open_delivery
from hub.intake.extract_run import ExtractRun
from hub.progress import Progress, silent
from hub.spark import session as spark_session
from hub.staging import extracts
from hub.staging.extract_reports import ExtractReport
from hub.workspace import Workspace

Ask = Callable[[Sequence[Question]], bool]
"""Called with what is unusual about a delivery; True says that it is right."""


def ingest(
    workspace: Workspace,
    partnership: Partnership,
    delivery_folder: Path,
    delivered_on: datetime.date,
    sources: Collection[str] | None = None,
    progress: Progress = silent,
    *,
    on: datetime.date | None = None,
    spark: str | None = None,
    whole: bool = False,
    confirmed: bool = False,
    withdraw: bool = False,
    ask: Ask | None = None,
) -> list[ExtractReport]:
    """Read a delivery and publish one extract for each of its sources.

    Args:
        workspace: where extracts and the identity store lie.
        partnership: declares the sources, their gateways and how they are mapped.
        delivery_folder: holds the files; they are only read.
        delivered_on: the day of delivery: gateways must hold on it, and nothing can have been known after it.
        sources: names of the sources that this delivery holds; None means all of the partnership.
        progress: called at every step.
        on: the day of use, on which gateways must hold too; None is today (`admission.day_of_use`).
        spark: Spark's master, when the sources are to be read there (hub.spark).
        whole: the delivery says that it is whole: an optional file that is not there has no rows. Else what such a file
            would say stays as the delivery before said it.
        confirmed: what is unusual about the day or the content is right; see `hub.intake.confirmations`.
        withdraw: what it takes away of what the delivery before said may go, however much it is; see
            `staging.taken_away`.
        ask: called with what is unusual and was not answered by these two; True says that it is right.

    Returns:
        One report for each source, in the order of sources.yaml; of one with periods, one for each period.

    Raises:
        GatewayError: a source has no gateway that holds; nothing was read.
        ConfigurationError: sources.yaml maps something that cannot be; nothing was read.
        InputError: a file is missing or cannot be read as declared; nothing was published.
        StateError: another ingest is at work in this workspace.
        ConfirmationError: it is unusual, or takes much away, and nobody said that this is right; nothing was published.
        IntegrityError: the key of the pseudonyms is gone or damaged, or an extract that is replaced has changed.
    """
    delivered = open_delivery(
        partnership,
        delivery_folder,
        delivered_on,
        sources,
        on=admission.day_of_use(workspace, partnership) if on is None else on,
    )
    with identity_store.working(workspace) as scratch:
        here = extracts.all_extracts(workspace)
        gone = extracts.withdrawn(workspace)
        key = pseudonyms.open_key(workspace, may_create=not artefacts.digests_in(workspace.extracts))
        runs = [
            ExtractRun(workspace, partnership, one, delivered_on, key, scratch, number, gone, whole=whole)
            for number, one in enumerate(delivered)
        ]
        known = {
            extract.facts.inputs
            for extract in here
            if extract.digest not in gone and extracts.has_identity(workspace, extract)
        }
        new = [run for run in runs if run.inputs not in known]
        taken_back = {extract.facts.inputs for extract in here if extract.digest in gone}
        questions = confirmations.of_day(delivered_on, _today(workspace, partnership)) if new else []
        questions += [run.withdrawn_before() for run in new if run.inputs in taken_back]
        _require(questions, ask, confirmed=confirmed, withdraw=withdraw)
        steps = sum(len(files) for run in new for files in run.delivered.files.values()) + 2 * len(new)
        done = 0
        compared = {one.digest: one for run in new for one in run.compared()}
        with extracts.held(workspace, compared.values()):
            if spark is not None and new:
                progress("Reading sources on Spark", done, steps)
                with spark_session(spark, scratch) as session:
                    spark_sources.read_all(session, new)
                done = steps - len(new)
            else:
                checked: set[str] = set()
                for run in new:
                    run.prepare(check=run.name not in checked)  # All periods of a source have one declaration.
                    checked.add(run.name)
                for run in new:
                    for table in run.delivered.files:
                        progress(f"Reading {table} of {run.name}", done, steps)
                        run.load(table)
                        done += len(run.delivered.files[table])
                    progress(f"Mapping {run.name}", done, steps)
                    run.map()
                    done += 1
        unusual = [question for run in new for question in run.questions()]
        _require(unusual, ask, confirmed=confirmed, withdraw=withdraw)
        for run in new:
            progress(f"Publishing {run.name}", done, steps)
            run.publish()
            done += 1
    gone = extracts.withdrawn(workspace)
    found = {one.facts.inputs: one for one in extracts.all_extracts(workspace) if one.digest not in gone}
    current = {extract.digest for extract in extracts.current_extracts(workspace, gone)}
    return [
        ExtractReport(found[run.inputs], run.inputs not in known, found[run.inputs].digest in current) for run in runs
    ]


def _today(workspace: Workspace, partnership: Partnership) -> datetime.date:
    """Return the day up to which a delivery can have come: today (UTC), or a demonstration's own day if later."""
    today = workspace.clock().astimezone(datetime.UTC).date()
    return max(today, admission.day_of_use(workspace, partnership))


def _require(questions: Sequence[Question], ask: Ask | None, *, confirmed: bool, withdraw: bool) -> None:
    """Raise ConfirmationError unless each question was answered, by a flag or by whoever is asked."""
    try:
        confirmations.require(questions, confirmed=confirmed, withdraw=withdraw)
    except ConfirmationError:
        given = {confirmations.CONFIRM: confirmed, confirmations.WITHDRAW: withdraw}
        if ask is None or not ask([one for one in questions if not given[one.flag]]):
            raise
