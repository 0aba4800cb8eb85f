"""Leaks: what lets an indicator, a cohort or an outcome see the future, each found one a record. Pure.

    found = Leakage(findings, checks)
    found.refusing                 # those for which nothing may be built
    found.as_json()                # as feature sets keep it
    told(small, found.as_json())   # as `features lint` and audits show it, without small numbers

A check that was not done says so and why: nobody may take silence for an answer that was not asked for.
`docs/leakage.md` says in plain words what each check looks at, and what it cannot see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Self

from hub.disclosing.disclosure import WITHHELD, SmallNumbers, as_json
from hub.errors import StateError
from hub.figures import Stated, from_json, share


class LeakKind(StrEnum):
    """In which way the future can be seen."""

    READS_OUTCOME = "reads_outcome"
    AS_OF_EXTRACT = "as_of_extract"
    STAMPED_KNOWN_FROM = "stamped_known_from"
    NEAR_PERFECT = "near_perfect"
    VALUE_CHANGES = "value_changes"
    COHORT_FUTURE = "cohort_future"
    NOT_REPORTED = "not_reported"


TITLES: Mapping[LeakKind, str] = MappingProxyType(
    {
        LeakKind.READS_OUTCOME: "Indicators that read the outcome itself",
        LeakKind.AS_OF_EXTRACT: "Columns as of the day of the extract",
        LeakKind.STAMPED_KNOWN_FROM: "Dates of recording that are not true",
        LeakKind.NEAR_PERFECT: "One indicator that almost tells the outcome",
        LeakKind.VALUE_CHANGES: "Values of the past that changed between two snapshots",
        LeakKind.COHORT_FUTURE: "Cohort rules that use what came later",
        LeakKind.NOT_REPORTED: "Days of which a source has not told",
    }
)
"""Each kind's name for people."""


class Severity(StrEnum):
    """refuse: nothing is built unless somebody states why it should be. warn: somebody should look."""

    REFUSE = "refuse"
    WARN = "warn"


class LeakError(StateError):
    """A leak was found: nothing was built, or `features lint` has something to say."""

    exit_code: ClassVar[int] = 10
    kind = "leak"


@dataclass(frozen=True, slots=True)
class Finding:
    """One leak that was found, or that is likely enough to be looked at.

    Attributes:
        kind: in which way the future can be seen.
        severity: refuse or warn.
        about: name of the indicator, cohort rule, outcome or source; never of a person.
        plain: what was found, in one or two sentences for a lay reader.
        evidence: the numbers behind it: counts, or figures with n and interval.
        remedy: what to do about it.
        whole: the number of which others are parts that exclude each other; empty when none is.
        parts: those others, first the one of which the sentence and the share tell.
    """

    kind: LeakKind
    severity: Severity
    about: str
    plain: str
    evidence: Mapping[str, int | str | Stated]
    remedy: str
    whole: str = ""
    parts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "about": self.about,
            "plain": self.plain,
            "evidence": {
                name: value if isinstance(value, int | str) else value.as_json()
                for name, value in self.evidence.items()
            },
            "remedy": self.remedy,
            **({"whole": self.whole, "parts": list(self.parts)} if self.whole else {}),
        }


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one kind was looked for.

    Attributes:
        kind: the kind.
        done: False when it could not be done at all.
        looked_at: what it looked at, such as "37 indicators on 5 dates of looking"; empty when it was not done.
        why_not: why it, or a part of it, was not done; empty when all of it was.
    """

    kind: LeakKind
    done: bool
    looked_at: str = ""
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"kind": self.kind.value, "done": self.done, "looked_at": self.looked_at, "why_not": self.why_not}


@dataclass(frozen=True, slots=True)
class Leakage:
    """Everything that was looked for and found about one use case on one snapshot.

    Attributes:
        findings: those that refuse first, then by kind and by what they are about.
        checks: one a kind, in the order of `Kind`.
        earlier: digest of the earlier snapshot that the snapshot was compared with; empty when there was none.
    """

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    earlier: str = ""

    @classmethod
    def of(cls, looked: Iterable[tuple[Check, Iterable[Finding]]], *, earlier: str = "") -> Self:
        """Put together what single checks found; of one kind the checks are joined."""
        checks: dict[LeakKind, list[Check]] = {kind: [] for kind in LeakKind}
        findings: list[Finding] = []
        for check, found in looked:
            checks[check.kind].append(check)
            findings += found
        severities, kinds = list(Severity), list(LeakKind)
        findings.sort(key=lambda one: (severities.index(one.severity), kinds.index(one.kind), one.about, one.plain))
        return cls(tuple(findings), tuple(_joined(kind, several) for kind, several in checks.items()), earlier)

    @property
    def refusing(self) -> tuple[Finding, ...]:
        """The findings of severity refuse."""
        return tuple(one for one in self.findings if one.severity is Severity.REFUSE)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: `findings`, `checks`, `earlier_snapshot` (or null)."""
        return {
            "findings": [one.as_json() for one in self.findings],
            "checks": [one.as_json() for one in self.checks],
            "earlier_snapshot": self.earlier or None,
        }

    def require_none(self, *, despite: str | None = None) -> None:
        """Raise unless nothing refuses, or `despite` says why it is right to go on.

        Raises:
            LeakError: it names the kinds and what they are about.
        """
        if not self.refusing or (despite or "").strip():
            return
        named = "; ".join(dict.fromkeys(f"{one.kind.value}: {one.about}" for one in self.refusing))
        raise LeakError(
            f"Not built, because the future shows in it ({named}).",
            "Run `sentinel features lint` to see what was found and what to do, or give `--despite-leaks` with the "
            "reason why it is right to build nevertheless: it stands in the feature set and in every audit.",
        )


def _joined(kind: LeakKind, several: Iterable[Check]) -> Check:
    given = list(several)
    if not given:
        return Check(kind, False, why_not="It was not looked for.")
    looked = [one.looked_at for one in given if one.looked_at]
    why_not = [one.why_not for one in given if one.why_not]
    return Check(kind, any(one.done for one in given), "; ".join(looked), " ".join(dict.fromkeys(why_not)))


@dataclass(frozen=True, slots=True)
class Portion:
    """So many of a whole: for sentences ("12 of 40 children"), and as a figure for evidence.

    Attributes:
        many: how many.
        whole: of how many.
        what: what is counted, such as "children with the outcome".
        small: which numbers may stand in a sentence.
    """

    many: int
    whole: int
    what: str
    small: SmallNumbers
    figure: Stated = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", share(self.many, self.whole, self.what))

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval of the share (Wilson); 0 without a whole."""
        return getattr(self.figure, "low", 0.0)

    def __str__(self) -> str:
        return f"{self.small.part(self.many, self.whole)} {self.what}"


OF_PEOPLE = (
    *("children", "children_with_outcome", "children_by_events", "children_by_household", "children_by_linkage"),
    *("children_absent", "children_compared", "children_not_known_yet", "records", "stamped_records"),
    *("records_dated_back", "new_records", "events", "events_changed", "ended", "open"),
)
"""The numbers in evidence that count people, or what is somebody's; the others count dates, days and per cent."""

_OF_ROWS = "auc"
"""The figure that is no share of its n."""


def told(small: SmallNumbers, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `Leakage.as_json` says as it may be shown: without small numbers, and what would give one away."""
    return {**said, "findings": [{**one, "evidence": evidence(small, one)} for one in said["findings"]]}


def evidence(small: SmallNumbers, finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence of a finding, as JSON: what is left of the whole without its parts is a number, too."""
    given: Mapping[str, Any] = finding["evidence"]
    counts = {name: given[name] for name in OF_PEOPLE if isinstance(given.get(name), int)}
    whole, parts = finding.get("whole", ""), finding.get("parts", ())
    together = small.told()
    if whole in counts:
        places = [
            # What the sentence tells is withheld last.
            together.number(counts[name], name, people=None if at else counts[whole], most=small.most(counts[name]))
            for at, name in enumerate(parts)
        ]
        left = together.number(counts[whole] - sum(counts[name] for name in parts), None)
        together.relation(dict.fromkeys((*places, left), 1), counts[whole], counts[whole])
    hidden = together.withheld()
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in parts and small.is_small(value) and small.is_small(counts.get(whole, 0)):
            found[name] = as_json(WITHHELD)  # that there are some of each would say more of the whole
        elif name in counts:
            found[name] = as_json(small.count(value, hidden=name in hidden))
        elif isinstance(value, Mapping) and "withheld" not in value and name != _OF_ROWS:
            found[name] = as_json(WITHHELD if hidden & {*parts[:1]} else small.share(from_json(value)))
        else:
            found[name] = value
    return found
