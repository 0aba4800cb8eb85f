"""Verification of everything: bytes, ledger, and whether what is derived is what its inputs give.

    found = verify(place, sample=Sample(seed=7), progress=progress)
    hub.rebuilding.verification.require_whole(found)

Each package makes again what it owns. What the ledger does not know is never opened further: a model, a database file
or a page that somebody put there by hand is neither parsed nor run.
"""

from collections.abc import Iterable

from audits.audit import audit as audits
from audits.audit import rebuilding as audit_rebuilding
from features.declarations import use_cases
from features.declarations.use_cases import UseCase
from features.online import source as online_source
from features.rebuilding import sets, sources
from features.rows import feature_sets
from hub.commands.command_line import Place
from hub.errors import IntegrityError, SentinelError, StateError
from hub.ledger.publications import Publications
from hub.progress import Progress
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.rebuilding import snapshots, verification
from hub.rebuilding.rebuilt import Rebuilt, Sample, not_rebuilt, unreadable
from hub.rebuilding.verification import Verified
from models.bundle import bundles
from models.bundle.bundles import open_bundle


def verify(
    place: Place, known: Publications, *, digest: str | None = None, sample: Sample | None, progress: Progress
) -> list[Verified]:
    """Check every artefact, and make what is derived again for a sample of people.

    Args:
        place: workspace and partnership.
        known: what the ledger knows.
        digest: only the one with this digest, or whose digest begins with it.
        sample: of whom rows are made again; None makes nothing again.
        progress: called as it goes on.

    Raises:
        NotFoundError: there is none with this digest.
    """
    progress("Checking bytes", 0, 1)
    found = verification.verify(place.workspace, digest, known=known)
    if sample is None:
        return found
    rehearsed: set[str] = set()
    done = []
    for one in found:
        rebuilt = _rebuilt(place, known, one, sample, rehearsed, progress) if one.published is not None else None
        if one.kind == bundles.KIND and rebuilt is not None and not rebuilt.differs:
            rehearsed.add(one.digest)
        done.append(one if rebuilt is None else one.with_rebuilt(rebuilt))
    return done


def _rebuilt(
    place: Place, known: Publications, one: Verified, sample: Sample, rehearsed: set[str], progress: Progress
) -> Rebuilt | None:
    """Make one artefact again; None where nothing can be: extracts and the person map come from deliveries."""
    workspace = place.workspace
    if not one.files:
        return None  # its bytes are not those that were published
    try:
        if one.kind == SNAPSHOT:
            return snapshots.rebuild(workspace, place.partnership, one.digest, known, sample, progress=progress)
        if one.kind == feature_sets.KIND:
            return sets.rebuild(workspace, one.digest, sample, progress=progress)
        if one.kind == online_source.KIND:
            return sources.rebuild(workspace, one.digest, _declared(place, known), sample, progress=progress)
        if one.kind == bundles.KIND:
            return _bundle(place, one.digest, progress)
        if one.kind == audits.KIND:
            code = known.require(audits.KIND, one.digest).code
            is_rehearsed = audits.open_audit(workspace, one.digest).facts.bundle in rehearsed
            return audit_rebuilding.rebuild(workspace, one.digest, code=code, rehearsed=is_rehearsed, progress=progress)
    except (IntegrityError, StateError) as error:
        return not_rebuilt(error.message.rstrip("."))
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a reader stumbles over is a fault of what it reads
        return unreadable(error)
    return None


def _bundle(place: Place, digest: str, progress: Progress) -> Rebuilt:
    """Load a bundle in a process of its own, which gives its golden rows again."""
    progress("Asking the bundle for its golden rows", 0, 1)
    try:
        bundle = open_bundle(place.workspace, digest)
        bundle.rehearse()
    except SentinelError as error:
        return Rebuilt(differs=(error.message.rstrip("."),), unit="golden rows")
    rows = bundle.golden_rows()
    return Rebuilt(rows, rows, unit="golden rows")


def _declared(place: Place, known: Publications) -> Iterable[UseCase]:
    """Yield use cases: as the partnership declares them, and as bundles and feature sets were."""
    for name in use_cases.names(place.partnership):
        try:
            yield use_cases.read(place.partnership, name)
        except SentinelError:
            continue  # its file is wrong now; the sources made for it may still be right
    for one in known.of(feature_sets.KIND):
        try:
            found = feature_sets.open_feature_set(place.workspace, one.digest)
        except SentinelError:
            continue
        yield found.use_case
