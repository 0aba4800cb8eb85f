"""What commands about models ask for in the same way: options, who may train, and which feature set is meant."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from features.rows.feature_sets import FeatureSet
    from hub.declarations.partnership import Partnership
    from hub.workspace import Workspace
    from models.fitting.search import SearchAsked


class AlgorithmChoice(StrEnum):
    """What a training fits (`models.fitting.chosen.Algorithm`, without what that imports)."""

    LIGHTGBM = "lightgbm"
    LOGISTIC = "logistic"
    POINTS = "points"


class SearchChoice(StrEnum):
    """Which candidates a training tries (`models.fitting.search.SearchKind`, likewise)."""

    QUICK = "quick"
    TUNE = "tune"


class SearchAskedFor(NamedTuple):
    """The words of a command line about a search."""

    kind: SearchChoice
    trials: int | None
    minutes: float | None

    def checked(self, algorithm: AlgorithmChoice, folder: Path | None) -> "SearchAsked | None":
        """Return what is searched, and where its trials are kept; None where only declared candidates are tried.

        Raises:
            ConfigurationError: see `search.asked_for`.
        """
        from models.fitting.search import SearchKind, asked_for

        searchable = algorithm is AlgorithmChoice.LIGHTGBM
        return asked_for(SearchKind(self.kind.value), self.trials, self.minutes, searchable=searchable, folder=folder)


SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give the same bundle.")]
FeaturesOption = Annotated[
    str | None,
    typer.Option("--features", help="Digest of the feature set; else the current snapshot's.", show_default=False),
]
AlgorithmOption = Annotated[
    AlgorithmChoice,
    typer.Option(
        "--algorithm",
        help="What is fitted: LightGBM's trees, a logistic regression, or a card of points that is added up on paper.",
    ),
]
SearchOption = Annotated[
    SearchChoice,
    typer.Option("--search", help="Which of LightGBM's candidates are tried: the declared ones, or many more."),
]
TrialsOption = Annotated[
    int | None,
    typer.Option(
        "--trials",
        help="How many candidates --search tune tries; 30 when neither this nor --minutes is given.",
        show_default=False,
    ),
]
MinutesOption = Annotated[
    float | None,
    typer.Option("--minutes", help="No candidate of --search tune is begun later than that.", show_default=False),
]
DigestArgument = Annotated[str, typer.Argument(help="Digest of a bundle, or its beginning.", show_default=False)]


def require_analyst(partnership: "Partnership", person: str) -> str:
    """Return `person` when `partnership.yaml` names them as an analyst.

    Raises:
        ConfigurationError: there is no such person.
        StateError: the person has another role; whoever judges a model does not train it.
    """
    from hub.declarations.partnership import Role
    from hub.errors import ConfigurationError, StateError

    roles = {one.id: one.role for one in partnership.file.panel.people}
    if person not in roles:
        analysts = ", ".join(name for name, role in roles.items() if role is Role.ANALYST)
        raise ConfigurationError(f"partnership.yaml names nobody with the id {person}.", f"Analysts are: {analysts}.")
    if roles[person] is not Role.ANALYST:
        raise StateError(f"{person} is {roles[person].value}; only an analyst trains models.", "Ask an analyst.")
    return person


def find_features(workspace: "Workspace", partnership: "Partnership", name: str, digest: str | None) -> "FeatureSet":
    """Return the feature set to train on: the one named, or the current snapshot's for the use case as it stands.

    Raises:
        ConfigurationError: the named one is of another use case.
        NotFoundError: there is none.
    """
    from features.declarations import use_cases
    from features.rows.feature_sets import current_feature_set, open_feature_set
    from hub.errors import ConfigurationError
    from hub.publishing.snapshots import open_snapshot

    use_case = use_cases.read(partnership, name)
    if digest is None:
        return current_feature_set(workspace, use_case, open_snapshot(workspace).digest)
    found = open_feature_set(workspace, digest)
    if found.use_case.name != name:
        raise ConfigurationError(
            f"The feature set {found.digest[:12]} is of the use case {found.use_case.name}, not {name}."
        )
    return found
