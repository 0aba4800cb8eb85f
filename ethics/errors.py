"""Why nothing is scored, and why a step is refused: each with its own `kind`, status and exit code."""

from hub.errors import IntegrityError, SentinelError, StateError


class ApprovalError(SentinelError):
    """No approval holds, so nothing is scored. Callers that do not care why catch this one."""

    exit_code = 8
    status = 403
    kind = "no-approval"


class NotApprovedError(ApprovalError):
    """Nobody has approved this for this purpose, or it cannot be told with certainty."""

    kind = "not-approved"


class ExpiredError(ApprovalError):
    """The approval has come to the end of its time."""

    kind = "approval-expired"


class WithdrawnError(ApprovalError):
    """The approval was withdrawn."""

    kind = "approval-withdrawn"


class NotAllowedError(StateError):
    """This step belongs to somebody else."""

    status = 403
    kind = "not-allowed"


class ConflictOfInterestError(NotAllowedError):
    """The person has a part in what they would judge."""

    kind = "conflict-of-interest"


class LedgerError(IntegrityError):
    """The ledger's chain does not hold."""

    kind = "ledger-broken"


class RecordError(SentinelError):
    """The database of the ethics record refuses or cannot be reached."""

    exit_code = 9
    status = 503
    kind = "record"
