"""Making a bundle again: what its facts name is trained anew, and every byte compared. Nothing is written.

    made = rebuild(workspace, open_bundle(workspace, digest))
    made.same, made.differs          # True, ()

From the same rows, with the same seed and algorithm, come again: the candidates or the step of an update, calibration,
bands and every figure. A search is repeated only where that is asked for: otherwise the candidate that it chose is
trained alone with the parameters that stand in the facts, and the record of the search is taken as it stands.

Other releases of LightGBM, NumPy or SciPy may round otherwise, so those that differ are named beside what differs.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from features.rows.feature_sets import FeatureSet, open_feature_set
from hub import artefacts
from hub.digests import sources_digest
from hub.errors import NotFoundError
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.workspace import Workspace
from models.bundle import bundles
from models.bundle.bundles import Bundle, BundleFacts, Contents, open_bundle
from models.bundle.model_files import MODEL_FILE
from models.fitting import search, studies, updating
from models.fitting.candidates import COMMON, Candidate
from models.fitting.chosen import Algorithm, Candidates, GivenCandidate
from models.fitting.fitting import fit
from models.fitting.libraries import libraries
from models.fitting.search import SearchAsked
from models.fitting.updating import Asked
from models.measuring.closed_test import LadderStep

_HERE = Path(__file__).parents[1]
_NOT_ITS_OWN = {*COMMON, "seed", "monotone_constraints"}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class UnlikeFile:
    """A file, or the facts, that came out otherwise.

    Attributes:
        name: of the file; "facts" for what the manifest says.
        at: the first place that differs: a path of keys, or a line of the model's text.
        places: how many differ.
    """

    name: str
    at: str
    places: int


@dataclass(frozen=True, slots=True)
class RebuiltBundle:
    """What came of making a bundle again.

    Attributes:
        bundle: its digest.
        digest: of what came of it; the same where every byte is.
        differs: files that differ, the facts first.
        libraries: of each library with another version now, the version then and now.
        other_code: whether other code of `models` made it; None where the ledger does not say.
        searched: "repeated" or "not repeated" where its candidates were searched; else empty.
    """

    bundle: str
    digest: str
    differs: tuple[UnlikeFile, ...]
    libraries: Mapping[str, tuple[str, str]]
    other_code: bool | None
    searched: str

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return self.digest == self.bundle

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "bundle": self.bundle,
            "digest": self.digest,
            "same": self.same,
            "differs": [{"file": one.name, "at": one.at, "places": one.places} for one in self.differs],
            "libraries": {name: {"then": then, "now": now} for name, (then, now) in self.libraries.items()},
            "other_code": self.other_code,
            "search": self.searched or None,
        }


def rebuild(
    workspace: Workspace, bundle: Bundle, *, search_again: bool = False, progress: Progress = silent
) -> RebuiltBundle:
    """Make a bundle again from what its facts name, and compare. Nothing is published, and MLflow is not asked.

    Args:
        workspace: where its feature set lies, and of an update the bundle that was updated.
        bundle: what is made again.
        search_again: also search again where its candidates were searched.
        progress: told of each step.

    Raises:
        NotFoundError: its feature set, or the bundle that it is an update of, is gone.
        IntegrityError: one of them has changed by a byte.
        SentinelError: see `fitting.fit` and `updating.update`.
    """
    progress("Reading the feature set", 0, 1)
    feature_set = _feature_set_of(workspace, bundle)
    said = bundle.metrics["choice"].get("search")
    contents = _made_again(workspace, bundle, feature_set, search_again=search_again, progress=progress)
    publication = publications.read(workspace).newest(bundles.KIND, bundle.digest)
    code = None if publication is None or publication.code is None else publication.code != sources_digest(_HERE)
    return RebuiltBundle(
        bundle.digest,
        _digest_of(contents),
        tuple(_unlike(bundle, contents)),
        _other_versions(bundle.facts, said),
        code,
        "" if said is None or _keeps_trees(bundle) else ("repeated" if search_again else "not repeated"),
    )


def _feature_set_of(workspace: Workspace, bundle: Bundle) -> FeatureSet:
    try:
        found = open_feature_set(workspace, bundle.facts.feature_set)
    except NotFoundError:
        raise NotFoundError(
            f"The feature set {bundle.facts.feature_set[:12]} of the bundle {bundle.digest[:12]} is not here any more.",
            "It was erased, or made anew since: train anew.",
        ) from None
    found.artefact.verify()
    return found


def _made_again(
    workspace: Workspace, bundle: Bundle, feature_set: FeatureSet, *, search_again: bool, progress: Progress
) -> Contents:
    facts = bundle.facts
    if facts.updated_from is not None and facts.update is not None:
        try:
            old = open_bundle(workspace, facts.updated_from)
        except NotFoundError:
            raise NotFoundError(
                f"The bundle {facts.updated_from[:12]}, of which {bundle.digest[:12]} is an update, is not here.",
                "Only an update of a bundle that is here can be made again.",
            ) from None
        old.rehearse()
        step: Asked = "auto" if facts.update.asked == "auto" else LadderStep(facts.update.asked)
        return updating.update(old, feature_set, to=step, seed=facts.seed, progress=progress).contents
    tried, algorithm = _candidates_of(bundle, search_again=search_again), Algorithm(facts.algorithm)
    return fit(feature_set, algorithm=algorithm, candidates=tried, seed=facts.seed, progress=progress).contents


def _keeps_trees(bundle: Bundle) -> bool:
    """Say whether a bundle is an update that kept the trees of an earlier one, and their record with them."""
    return bundle.facts.update is not None and bundle.facts.update.earlier is not None


def _candidates_of(bundle: Bundle, *, search_again: bool) -> Candidates:
    """Return what is tried: the declared candidates, or of a search as many trials, or the one that was chosen."""
    facts, choice = bundle.facts, bundle.metrics["choice"]
    if "search" not in choice:
        return None
    if search_again:
        return SearchAsked(trials=choice["search"]["trials"])
    own = {name: value for name, value in facts.parameters.items() if name not in _NOT_ITS_OWN}
    return GivenCandidate(Candidate(facts.candidate, "the one that was chosen", own), choice)


def _digest_of(contents: Contents) -> str:
    """Return the digest that a bundle would have, in a folder that is removed again."""
    with tempfile.TemporaryDirectory(prefix="sentinel-rebuild-") as folder:
        with artefacts.publish(Path(folder), bundles.KIND, contents.facts.as_json()) as draft:
            for name, content in contents.files().items():
                (draft.path / name).write_bytes(content)
        return draft.digest


def _other_versions(facts: BundleFacts, said: Mapping[str, Any] | None) -> dict[str, tuple[str, str]]:
    then, now = dict(facts.libraries), libraries()
    if said is not None:
        then |= said["libraries"] | {"search space": str(said["space_version"])}
        now |= search.versions() | {"search space": str(studies.SPACE_VERSION)}
    return {name: (version, now[name]) for name, version in then.items() if now.get(name, version) != version}


def _unlike(bundle: Bundle, contents: Contents) -> Iterator[UnlikeFile]:
    """Yield what differs: the facts, the model's text, the figures and the other files, by name.

    Versions of libraries are told apart from the facts, and are no difference of theirs.
    """
    facts = [{**one.as_json(), "libraries": {}} for one in (bundle.facts, contents.facts)]
    yield from _unlike_values("facts", *facts)
    for name, made in contents.files().items():
        kept = bundle.artefact.read(name)
        if kept == made:
            continue
        if name == MODEL_FILE:
            yield _unlike_lines(kept.decode("utf-8"), made.decode("utf-8"))
        else:
            yield from _unlike_values(name, json.loads(kept), json.loads(made))


def _unlike_lines(kept: str, made: str) -> UnlikeFile:
    pairs = enumerate(zip_longest(kept.splitlines(), made.splitlines()), 1)
    lines = [(number, (one or other or "").split("=")[0]) for number, (one, other) in pairs if one != other]
    number, word = lines[0] if lines else (0, "line ends")
    return UnlikeFile(MODEL_FILE, f"line {number}, {word[:40]}", len(lines))


def _unlike_values(name: str, kept: Any, made: Any) -> Iterator[UnlikeFile]:
    places = [*_places(kept, made, "")]
    if places:
        yield UnlikeFile(name, places[0], len(places))


def _places(kept: Any, made: Any, at: str) -> Iterator[str]:
    """Yield the path of every place in which two JSON values differ, such as `figures.model.auc.value`."""
    if isinstance(kept, dict) and isinstance(made, dict):
        for key in sorted({*kept, *made}):
            yield from _places(kept.get(key, _ABSENT), made.get(key, _ABSENT), f"{at}.{key}" if at else key)
    elif isinstance(kept, list) and isinstance(made, list) and len(kept) == len(made):
        for number, (one, other) in enumerate(zip(kept, made, strict=True)):
            yield from _places(one, other, f"{at}[{number}]")
    elif type(kept) is not type(made) or kept != made:
        yield at or "all of it"
