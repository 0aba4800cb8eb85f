"""Policy: the rules under which a decision is given, as one digest, so that a decision under other rules opens nothing.

    policy = policy_of(partnership, use_case, practice=False)
    policy.digest                  # in every submission, recommendation and decision, and compared at every score

It covers the panel with its quorum, the agencies, the sources that the use case reads with their gateways, the use case
with its outcome, its indicators, and whether the day of use is a demonstration's. Pure: it digests what was parsed, so
comments and the order of keys do not change it.
"""

import datetime
from dataclasses import dataclass

from features.declarations.needs import sources_read
from features.declarations.use_cases import UseCase
from hub.declarations.partnership import Partnership, Role
from hub.digests import digest_of


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules as they are declared now.

    Attributes:
        digest: of all of them.
        quorum: how many reviewers must have recommended.
        reviewers: ids of those who may recommend.
        owners: ids of those who may decide.
    """

    digest: str
    quorum: int
    reviewers: frozenset[str]
    owners: frozenset[str]


def policy_of(partnership: Partnership, use_case: UseCase, *, practice: bool) -> Policy:
    """Return the policy for a use case.

    Args:
        partnership: its files as they were parsed.
        use_case: likewise.
        practice: whether the workspace is a demonstration's.
    """
    read = sources_read(partnership, use_case)
    sources = [source for source in partnership.sources if source.name in read]
    gateways = {gateway.name: gateway for source in sources for gateway in partnership.gateways_of(source)}
    file = partnership.file
    frozen: datetime.date | None = None
    if practice and file.demonstration is not None:
        frozen = file.demonstration.delivered_on
    digest = digest_of(
        {
            "partnership": file.name,
            "agencies": list(file.agencies),
            "hub": file.hub,
            "panel": file.panel,
            "sources": sources,
            "gateways": [gateways[name] for name in sorted(gateways)],
            "use_case": use_case,
            "practice": practice,
            "day_of_use": frozen,
        }
    )
    ids = {role: frozenset(one.id for one in file.panel.people if one.role is role) for role in Role}
    return Policy(digest, file.panel.quorum, ids[Role.REVIEWER], ids[Role.OWNER])
