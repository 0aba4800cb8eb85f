"""Why nothing is scored, and why a step is refused: each with its own `kind`, status and exit code."""

from hub.errors import SentinelError, StateError


class ApprovalError(SentinelError):
    """No approval holds, so nothing is scored. Callers that do not care why catch this one."""

    exit_code = 8
    status = 403
    kind = "no-approval"
    may_be_told = True


class NotApprovedError(ApprovalError):
    """Nobody has approved this for this purpose, or it cannot be told with certainty."""

    kind = "not-approved"


class ExpiredError(ApprovalError):
    """The approval has come to the end of its time."""

    kind = "approval-expired"


class WithdrawnError(ApprovalError):
    """The approval was withdrawn."""

    kind = "approval-withdrawn"


class SupersededError(ApprovalError):
    """What was looked at is not what holds any more: another decision or another snapshot took its place meanwhile."""

    status = 409
    kind = "approval-superseded"


class PolicyChangedError(ApprovalError):
    """The approval was given under another policy than the one that is declared now."""

    status = 409
    kind = "policy-changed"


class StaleSnapshotError(ApprovalError):
    """The newest data are older than the use case allows."""

    status = 409
    kind = "snapshot-too-old"


class NotAllowedError(StateError):
    """This step belongs to somebody else."""

    status = 403
    kind = "not-allowed"


class ConflictOfInterestError(NotAllowedError):
    """The person has a part in what they would judge."""

    kind = "conflict-of-interest"
