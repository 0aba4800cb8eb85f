"""One source of a delivery on its way into the workspace: read, compared with what came before, asked about, published.

    run = ExtractRun(workspace, partnership, delivered, delivered_on, key, scratch, 0)
    run.read_whole()
    run.questions()     # what somebody must confirm
    run.publish()

`hub.intake.source_run` reads; what is here knows the workspace, and which of its extracts this one replaces.
"""

import datetime
from collections.abc import Collection
from pathlib import Path
from typing import Any

from hub import artefacts
from hub.declarations import codes
from hub.declarations.partnership import Partnership
from hub.digests import digest_of
from hub.disclosing.disclosure import in_table
from hub.identity import store as identity_store
from hub.identity.pseudonyms import Key
from hub.intake import confirmations, identifier_checks, late_deliveries, tombstones
from hub.intake.confirmations import Question
from hub.intake.delivery import DeliveredSource
from hub.intake.source_run import IDENTITY, QUARANTINE, TABLES, SourceRun
from hub.ledger import publications
from hub.staging import extracts, taken_away
from hub.staging.extracts import DeliveryFacts, Extract, ExtractFacts
from hub.staging.stage import Earlier
from hub.staging.taken_away import Loss
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace

_VERSION = 1


class ExtractRun:
    """One source of a delivery: `prepare`, `load` each table, `map`, `publish`."""

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
            small=partnership.small_numbers,
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

    def compared(self) -> list[Extract]:
        """Return the extracts with which this one is compared, whichever holds; some may stand there twice."""
        which = extracts.replaced, extracts.corrected, extracts.holding_instead
        return [one for find in which for one in find(self.workspace, self.delivery, self.gone)]

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
        self._compare_with_what_holds()

    def _compare_with_what_holds(self) -> None:
        """Say which deaths are lost although this delivery, or the one of the same day that it corrects, tells them."""
        told = late_deliveries.ToldFiles(self.folder / TABLES["event"], self.folder / IDENTITY)
        self.facts["lost_deaths"] = []
        holding = extracts.holding_instead(self.workspace, self.delivery, self.gone)
        if holding:
            newest = max(one.delivered_on for one in holding).isoformat()
            found = late_deliveries.count(told, [self._told(one) for one in holding])
            self._lose(found.deaths, newest)
            if found.events:
                said = (
                    f"This delivery came late: that of {newest} holds, and {found.events:,} of the {found.of:,} events "
                    "that this one tells are not in it. They count for nothing."
                )
                self.facts["notices"].append(
                    identifier_checks.notice("late_delivery", found.events, said, "Deliver in order of days.")
                )
        for one in extracts.corrected(self.workspace, self.delivery, self.gone):
            self._lose(late_deliveries.count(self._told(one), [told]).deaths, one.delivered_on.isoformat())

    def _lose(self, deaths: Loss, delivered_on: str) -> None:
        if deaths.records:
            self.facts["lost_deaths"].append({"delivered_on": delivered_on, **deaths.as_json(self.steps.small)})

    def _told(self, extract: Extract) -> late_deliveries.ToldFiles:
        people = identity_store.records(self.workspace, self.name, extract.digest)
        return late_deliveries.ToldFiles(extract.path / TABLES["event"], people)

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
            kinds = ", ".join(f"{one['kind']} ({in_table(one['records'])} of {in_table(one['of'])})" for one in much)
            plain = f"It takes away much of what the delivery of {self.name} before it said: {kinds}."
            found.append(Question(plain, confirmations.WITHDRAW, tuple(taken_away.shown(self.name, much))))
        for one in self.facts["lost_deaths"]:
            how_many = f"{in_table(one['records'])} of {in_table(one['of'])}"
            if one["delivered_on"] == self.delivered_on.isoformat():
                plain = f"It lacks deaths that the delivery of {self.name} of the same day, which it corrects, told"
                plain = f"{plain}: {how_many}."
            else:
                plain = (
                    f"The delivery of {self.name} of {one['delivered_on']} is newer, and holds. Deaths that this one "
                    f"tells are not in it, and would count for nothing: {how_many}. If they are true, a newer delivery "
                    "must tell them."
                )
            found.append(Question(plain, confirmations.WITHDRAW, tuple(taken_away.shown(self.name, [one]))))
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
