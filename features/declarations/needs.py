"""What a use case reads: of each source, which indicators, rules of the cohort and groups, and whether its outcome.

    for need in needs(partnership, use_case):
        need.source, need.indicators, need.rules, need.outcome, need.groups
    sources_read(partnership, use_case)      # their names

This is the one answer: the build, the check for leaks, the report of gaps, the policy and the gate all ask here. A rule
reads a source that brings an event of a type that the rule names, whatever the filter says of roles: an event of
another role would be looked at too. Deaths are read by every use case. A group of the audit is read from every source
that maps its field, of a person or of an area; months of birth, of which ages are made, are not asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from features.declarations import outcomes
from features.declarations.catalogue import Indicator
from features.declarations.cohort import Rule
from features.declarations.use_cases import Group, UseCase
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.errors import GatewayError
from hub.publishing.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Need:
    """What one source is needed for.

    Attributes:
        source: its name.
        rules: the rules of the cohort that its events decide.
        outcome: its events are what the model estimates, or say until when that can be seen.
        groups: the names of the groups of the audit that its fields decide.
    """

    source: str
    indicators: tuple[Indicator, ...]
    rules: tuple[Rule, ...]
    outcome: bool
    groups: tuple[str, ...] = ()

    @property
    def cohort(self) -> bool:
        """Whether its events decide who is eligible."""
        return bool(self.rules)

    @property
    def words(self) -> tuple[str, ...]:
        """What it is needed for, in words: "2 indicators", "who is eligible", "the outcome" and so on."""
        count = len(self.indicators)
        found = [f"{count} indicator{'s' if count != 1 else ''}"] if count else []
        decides, deaths = (any(rule.written is written for rule in self.rules) for written in (True, False))
        found += ["who is eligible"] * decides + ["who has died"] * deaths + ["the outcome"] * self.outcome
        found += ["the groups of the audit"] * bool(self.groups)
        return tuple(found)

    def refused(self, error: GatewayError) -> GatewayError:
        """Return the refusal of its gateway with what it is read for, and what to do where it need not be."""
        needed = self.indicators or self.outcome or any(rule.written for rule in self.rules)
        fields = ["no deaths"] * self.cohort + [f"nothing for {', '.join(self.groups)}"] * bool(self.groups)
        remedy = "" if needed else f" Or let it bring {' and '.join(fields)} (sources.yaml), and ingest it anew."
        return GatewayError(f"{error.message} It is read for {', '.join(self.words)}.", f"{error.remedy}{remedy}")

    @property
    def scored(self) -> bool:
        """Whether a score of today reads it: the outcome lies in the future then, and no model sees a group."""
        return bool(self.indicators) or self.cohort


def needs(partnership: Partnership, use_case: UseCase, snapshot: Snapshot | None = None) -> tuple[Need, ...]:
    """Return what a use case needs of each source that it reads, in the order of sources.yaml.

    Args:
        partnership: declares what each source brings.
        use_case: its cohort, outcome, indicators and groups.
        snapshot: what is read; a source that brought such events when it was published is read too, even if
            sources.yaml no longer says so, and stands at the end.
    """
    chosen, rules = use_case.indicators, use_case.cohort.rules()

    def bring(types: Iterable[str]) -> set[str]:
        wanted = tuple(types)
        then = () if snapshot is None else snapshot.telling(wanted)
        return {*outcomes.sources_of(partnership, wanted), *then}

    of_rules = [(rule, bring(rule.events.types)) for rule in rules]
    of_outcome = bring(use_case.outcome_types)
    declared = [source.name for source in partnership.sources]
    of_groups = {source.name: _groups(use_case.groups, source) for source in partnership.sources}
    named = {name for one in chosen for name in one.sources}
    others = named.union(of_outcome, *(sources for _, sources in of_rules)) - {*declared}
    found = (
        Need(
            name,
            tuple(one for one in chosen if name in one.sources),
            tuple(rule for rule, sources in of_rules if name in sources),
            name in of_outcome,
            of_groups.get(name, ()),
        )
        for name in (*declared, *sorted(others))
    )
    return tuple(one for one in found if one.scored or one.outcome or one.groups)


def _groups(groups: Iterable[Group], source: Source) -> tuple[str, ...]:
    """Return the names of the groups whose field a source maps."""
    people = {
        name for one in source.people for name in ("sex", "gender", "ethnicity") if getattr(one, name) is not None
    }
    attributes = {f"attributes.{name}" for one in source.people for name in one.attributes}
    areas = {
        name for one in source.areas for name in ("imd_decile", "local_authority") if getattr(one, name) is not None
    }
    mapped = {*(f"person.{name}" for name in people | attributes), *(f"area.{name}" for name in areas)}
    if "person.ethnicity" in mapped:
        mapped |= {"person.ethnicity_5", "person.ethnicity_19"}
    return tuple(group.name for group in groups if group.column in mapped)


def sources_read(partnership: Partnership, use_case: UseCase, snapshot: Snapshot | None = None) -> tuple[str, ...]:
    """Return the names of the sources that a use case reads, sorted; see `needs`."""
    return tuple(sorted(one.source for one in needs(partnership, use_case, snapshot)))


def in_snapshot(snapshot: Snapshot, read: Iterable[Need]) -> set[str]:
    """Return which of the needed sources a snapshot must answer for.

    A source that no indicator reads, and that the snapshot never had, brings nothing to be allowed; one that was left
    out of it because its gateway had ended must be answered for.
    """
    return {one.source for one in read if one.indicators or one.source in answered_for(snapshot)}


def answered_for(snapshot: Snapshot) -> set[str]:
    """Return the sources of which a snapshot holds something, or was published without, because a gateway had ended."""
    return {*snapshot.facts.sources, *snapshot.facts.linkage.sources_left_out}
