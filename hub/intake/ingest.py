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
from typing import Any

from hub import artefacts
from hub.declarations import admission, codes
from hub.declarations.partnership import Partnership
from hub.digests import digest_of
from hub.identity import pseudonyms
from hub.identity import store as identity_store
from hub.identity.pseudonyms import Key
from hub.intake import confirmations, identifier_checks, spark_sources, tombstones
from hub.intake.confirmations import ConfirmationError, Question
from hub.intake.delivery import DeliveredSource, open_delivery
from hub.intake.source_run import IDENTITY, QUARANTINE, TABLES, SourceRun
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.spark import session as spark_session
from hub.staging import extracts, taken_away
from hub.staging.extracts import DeliveryFacts, Extract, ExtractFacts, ExtractReport
from hub.staging.stage import Earlier
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace

Ask = Callable[[Sequence[Question]], bool]
"""Called with what is unusual about a delivery; True says that it is right."""

_VERSION = 1


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
            _Run(workspace, partnership, one, delivered_on, key, scratch, number, gone, whole=whole)
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
        replaced = {one.digest: one for run in new for one in extracts.replaced(workspace, run.delivery, gone)}
        with extracts.held(workspace, replaced.values()):
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


class _Run:
    """One source of a delivery, on its way into the workspace: `prepare`, `load` each table, `map`, `publish`."""

    def __init__(
        self,
        workspace: Workspace,
        partnership: Partnership,
        delivered: DeliveredSource,
        delivered_on: datetime.date,
        key: Key,
        scratch: Path,
        number: int,
        gone: Collection[str] = (),
        *,
        whole: bool = False,
    ) -> None:
        source = delivered.source
        self.workspace = workspace
        self.name = source.name
        self.delivered = delivered
        self.gone = gone
        self.delivered_on = delivered_on
        self.folder = scratch / (source.name if delivered.period is None else f"{source.name} {number}")
        self.steps = SourceRun(
            delivered.declaration,
            delivered.files,
            delivered_on,
            key,
            self.folder,
            period=delivered.period,
            more_placeholders=partnership.file.placeholders.birthdays,
            whole=whole,
        )
        self.inputs = digest_of(
            {
                "version": _VERSION,
                "schema_version": SCHEMA_VERSION,
                "source": source,
                "code_lists": {name: codes.read(name) for name in source.code_lists},
                "delivered_on": delivered_on,
                "files": {
                    table: [[file.name, file.sha256] for file in files] for table, files in delivered.files.items()
                },
                "key": key.fingerprint,
                "placeholders": [day.isoformat() for day in partnership.file.placeholders.birthdays],
                **({"whole": True} if whole else {}),
            }
        )
        self.delivery = DeliveryFacts(
            source=self.name,
            delivered_on=delivered_on,
            periods=(delivered.period,) if delivered.period is not None else (),
            inputs=self.inputs,
        )
        self.partnership = partnership.name
        self.facts: dict[str, Any] = {}

    def prepare(self, *, check: bool = True) -> None:
        """Check sources.yaml against empty tables, and find the extracts that this one replaces."""
        self.steps.prepare(check=check)
        self.steps.replaced = [
            self._earlier(one) for one in extracts.replaced(self.workspace, self.delivery, self.gone)
        ]

    def load(self, table: str) -> None:
        """Read the files of one declared table."""
        self.steps.load(table)

    def map(self) -> None:
        """Run the SQL of sources.yaml and write what comes of it."""
        self.steps.erased = tombstones.read(self.workspace)
        self.steps.map()
        self.facts |= self.steps.facts
        spelt = [identifier_checks.notice("files", 1, said, "") for said in self.delivered.notices]
        self.facts["notices"] = [*spelt, *self.facts["notices"]]

    def read_whole(self) -> None:
        """Do all of it but publishing."""
        self.prepare()
        for table in self.delivered.files:
            self.load(table)
        self.map()

    def _earlier(self, extract: Extract) -> Earlier:
        """Return what this delivery is compared with: an extract that it replaces, which `ingest` holds."""
        facts = extract.facts
        identity = identity_store.records(self.workspace, self.name, extract.digest)
        return Earlier(
            facts.delivered_on,
            {"identity": identity, **{name: extract.path / file for name, file in TABLES.items()}},
            {one.mapping.split(".")[0] for one in facts.mapped},
            facts.since,
            {place.split(".")[0] for place in facts.untold},
        )

    def withdrawn_before(self) -> Question:
        """Return what is asked about a delivery that was withdrawn and comes again."""
        return Question(f"Exactly this delivery of {self.name} was withdrawn before.", confirmations.CONFIRM)

    def questions(self) -> list[Question]:
        """Return what somebody must confirm about what was read."""
        found = confirmations.of_period(self.delivered.source, self.delivered.period, self.facts["days"])
        much = [one for one in self.facts["taken_away"] if one["must_be_agreed"]]
        if much:
            kinds = ", ".join(f"{one['kind']} ({one['records']} of {one['of']})" for one in much)
            plain = f"It takes away much of what the delivery of {self.name} before it said: {kinds}."
            found.append(Question(plain, confirmations.WITHDRAW, tuple(taken_away.shown(self.name, much))))
        return found

    def publish(self) -> None:
        """Put the identity rows and the quarantine in their places, then the extract."""
        facts = ExtractFacts(
            schema_version=SCHEMA_VERSION,
            partnership=self.partnership,
            agency=self.delivered.source.agency,
            gateway=self.delivered.gateway.name,
            assumed_recording=self.delivered.source.assumed_recording,
            supersedes=tuple(extracts.superseded(self.workspace, self.delivery, self.gone)),
            **dict(self.delivery),
            **self.facts,
        )

        def place_identity(digest: str) -> None:
            identity_store.place(
                self.folder / QUARANTINE, identity_store.quarantined(self.workspace, self.name, digest)
            )
            identity_store.place(self.folder / IDENTITY, identity_store.records(self.workspace, self.name, digest))
            delivered = {"source": self.name, "delivered_on": self.delivered_on.isoformat()}
            publications.record(
                self.workspace, kind=extracts.KIND, digest=digest, inputs=delivered, by=publications.OPERATOR
            )

        parent = self.workspace.extracts
        with artefacts.publish(parent, extracts.KIND, facts.as_json(), before=place_identity) as draft:
            for name in TABLES.values():
                (self.folder / name).rename(draft.path / name)
