"""A partnership with a panel, artefacts that a proposal can be about, and proposals brought to any state."""

import datetime
import json
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ethics.acts import decisions, proposals
from ethics.acts.decisions import Condition, DecisionOutcome
from ethics.acts.proposals import Recommendation
from ethics.record.store import open_store
from ethics.rules.canvas import KEYS
from features.declarations import use_cases
from features.declarations.use_cases import UseCase
from hub import artefacts
from hub.declarations import partnership
from hub.declarations.partnership import Partnership
from hub.ledger import publications
from hub.ledger.store import Store
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.workspace import Workspace
from tests.factories.audit_facts import audit_facts
from tests.factories.bundles import bundle_facts
from tests.factories.snapshots import GATEWAY, LINKAGE, snapshot_facts
from tests.factories.use_cases import files as written
from tests.factories.use_cases import indicator, use_case

START = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
PURPOSE = "early_help"
WORDS = "It was looked at from every side by the whole group."
PEOPLE = {
    "ana": "analyst",
    "tom": "analyst",
    "rita": "reviewer",
    "sam": "reviewer",
    "uma": "reviewer",
    "olga": "owner",
    "paul": "owner",
}


def answers() -> dict[str, str]:
    """Return a sufficient answer, each in words of its own, to all 15 sections."""
    return {
        key: f"For the section on {key.replace('_', ' ')} we asked families and wrote down what they told us."
        for key in KEYS
    }


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime.datetime = START

    def __call__(self) -> datetime.datetime:
        """Return the moment that was set, and let a second pass."""
        self.at += datetime.timedelta(seconds=1)
        return self.at


def write_partnership(folder: Path, *, quorum: int = 2, people: dict[str, str] = PEOPLE, **said: Any) -> UseCase:
    """Write a whole partnership; `said` goes into its one use case, which is returned."""
    found = use_case(**said)
    files = {
        "partnership.yaml": {
            "name": "example",
            "title": "Example partnership",
            "agencies": [{"name": "council", "title": "Example council", "sector": "local_authority"}],
            "panel": {
                "quorum": quorum,
                "people": [{"id": id_, "title": f"Somebody: {id_}", "role": role} for id_, role in people.items()],
            },
        },
        "gateways.yaml": {"gateways": [GATEWAY]},
        "sources.yaml": {
            "sources": [
                {
                    "name": "police",
                    "title": "Incidents",
                    "agency": "council",
                    "gateways": [GATEWAY["name"]],
                    "files": [{"name": "rows", "file": "rows.csv", "columns": {"id": {}, "day": {"type": "date"}}}],
                    "events": [
                        {"type": type_, "table": "rows", "person": "id", "occurred_on": "day"}
                        for type_ in ("incident", "cin_start")
                    ],
                }
            ]
        },
        "indicators.yaml": {"indicators": [indicator().model_dump(mode="json", exclude_defaults=True)]},
        **written(found),
        f"canvases/{found.name}.yaml": {"sections": answers()},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")  # JSON is YAML
    return found


_MORE = {"run_id": "r", "experiment": "e"}


@dataclass
class Desk:
    """A place where proposals are made: workspace, partnership, store and clock."""

    folder: Path
    workspace: Workspace
    store: Store
    clock: Clock
    bundle: str = ""
    audit: str = ""
    snapshot: str = ""
    _read: dict[bytes, Partnership] = field(default_factory=dict)

    @property
    def partnership(self) -> Partnership:
        """The partnership as its files are now; the same files are read once."""
        content = b"".join(path.read_bytes() for path in sorted(self.folder.glob("*.yaml")))
        if content not in self._read:
            self._read[content] = partnership.read(self.folder)
        return self._read[content]

    @property
    def use_case(self) -> UseCase:
        """The one use case as its file is now."""
        return use_cases.read(self.partnership, "early_help_offer")

    def publish(
        self,
        use_case: UseCase,
        *,
        seed: int = 1,
        trained_by: str | None = "tom",
        unknown: str = "",
        otherwise: str = "",
    ) -> None:
        """Publish a snapshot, a feature set, a bundle and its audit, as small as they can be.

        Args:
            use_case: what they are for.
            seed: another one makes another bundle.
            trained_by: who trained; None: the ledger is not told.
            unknown: the kind of which the ledger is not told.
            otherwise: the kind of which the ledger is told that it was made from something else.
        """

        def publish(parent: Path, kind: str, facts: dict[str, Any], by: str | None = "operator") -> str:
            inputs = {**facts, "snapshot": "0" * 64, "feature_set": "0" * 64, "bundle": "0" * 64}
            told = inputs if kind == otherwise else facts
            return self._publish(parent, kind, facts, by=None if kind == unknown else by, inputs=told)

        self.snapshot = publish(
            self.workspace.snapshots,
            SNAPSHOT,
            snapshot_facts(linkage=LINKAGE | {"records": seed, "people": seed}),
        )
        features = publish(self.workspace.features, "feature set", {"snapshot": self.snapshot})
        about = {"snapshot": self.snapshot, "use_case_digest": use_case.digest, "purpose": use_case.purpose}
        facts = bundle_facts(**about, feature_set=features, use_case=use_case.name, seed=seed)
        self.bundle = publish(self.workspace.bundles, "bundle", facts, trained_by)
        self.audit = publish(
            self.workspace.audits, "audit", audit_facts(**about, bundle=self.bundle, feature_set=features)
        )

    def _publish(
        self,
        parent: Path,
        kind: str,
        facts: dict[str, Any],
        *,
        by: str | None = "operator",
        inputs: dict[str, Any] | None = None,
    ) -> str:
        """Publish an artefact; without `by` the ledger is not told."""
        told = facts if inputs is None else inputs
        recorder = None if by is None else publications.recorder(self.workspace, kind, told, by=by, more=_MORE)
        with artefacts.publish(parent, kind, facts, before=recorder) as draft:
            (draft.path / "content.txt").write_text(kind, encoding="utf-8")
        return draft.digest

    def trained_again(self, by: str) -> None:
        """Let somebody train the same bundle once more."""
        bundle = artefacts.open_artefact(self.workspace.bundles, self.bundle, "bundle")
        publications.recorder(self.workspace, "bundle", dict(bundle.facts), by=by, more=_MORE)(self.bundle)

    def draft(self, by: str = "ana") -> int:
        """Propose what was published last."""
        return proposals.propose(
            self.store, self.workspace, self.partnership, bundle=self.bundle, audit=self.audit, by=by
        )

    def answered(self) -> int:
        """Return a draft with a complete canvas."""
        number = self.draft()
        proposals.answer(self.store, self.partnership, number, answers(), by="ana")
        return number

    def submitted(self) -> int:
        """Return a submitted proposal."""
        number = self.answered()
        proposals.submit(self.store, self.workspace, self.partnership, number, by="ana")
        return number

    def under_review(self) -> int:
        """Return a proposal under review."""
        number = self.submitted()
        proposals.start_review(self.store, self.workspace, self.partnership, number, by="rita")
        return number

    def recommended(self, members: tuple[str, ...] = ("rita", "sam")) -> int:
        """Return a proposal that the reviewers have recommended."""
        number = self.under_review()
        for member in members:
            self.recommend(number, by=member)
        return number

    def approved(self, *, days: int = 90) -> int:
        """Return an approved proposal."""
        number = self.recommended()
        due = (self.clock.at + datetime.timedelta(days=min(days, 30))).date()
        self.decide(
            number,
            expires_on=(self.clock.at + datetime.timedelta(days=days)).date(),
            conditions=(Condition("Families are told in writing", "Early help lead", due),),
        )
        return number

    def recommend(
        self, number: int, *, by: str, verdict: Recommendation = Recommendation.SUPPORT, words: str = WORDS
    ) -> int:
        """Recommend."""
        return proposals.recommend(
            self.store, self.workspace, self.partnership, number, verdict=verdict, words=words, by=by
        )

    def decide(
        self,
        number: int,
        *,
        outcome: DecisionOutcome = DecisionOutcome.APPROVED,
        by: str = "olga",
        expires_on: datetime.date | None = None,
        conditions: tuple[Condition, ...] = (),
        against_advice: str | None = None,
    ) -> int:
        """Decide; an approval without an end date gets one in 90 days."""
        if outcome is DecisionOutcome.APPROVED and expires_on is None:
            expires_on = (self.clock.at + datetime.timedelta(days=90)).date()
        return decisions.decide(
            self.store,
            self.workspace,
            self.partnership,
            number,
            outcome=outcome,
            reasons=WORDS,
            by=by,
            expires_on=expires_on,
            conditions=conditions,
            against_advice=against_advice,
        )


def unprotected(store: Store, *statements: str) -> None:
    """Change an SQLite record as somebody could who has the file: without triggers and without foreign keys."""
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in [*(f"DROP TRIGGER {name}" for (name,) in names), *statements]:
            connection.execute(statement)


@cache
def _empty_record() -> bytes:
    """Return an empty record in the present schema, so that not every test has to make the schema."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        open_store(workspace).close()
        return (workspace.ethics / "ethics.db").read_bytes()


def desk(root: Path, *, database_url: str | None = None, **said: Any) -> Desk:
    """Return a desk in the folder `root`, with something to propose already published."""
    folder, clock = root / "example", Clock()
    found = write_partnership(folder, **said)
    workspace = Workspace(root / "workspace" / "example", database_url, clock=clock)
    if database_url is None and not workspace.ethics.exists():
        workspace.ethics.mkdir(parents=True)
        (workspace.ethics / "ethics.db").write_bytes(_empty_record())
    made = Desk(folder, workspace, open_store(workspace), clock)
    made.publish(found)
    return made
