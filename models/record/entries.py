"""What MLflow is told of a training, as plain values: parameters, metrics, the data, the signature. Nothing is written.

| of a bundle | in MLflow |
|---|---|
| seed, candidate, rounds, LightGBM's parameters | parameters; whole in `parameters.json` |
| figures with their bounds, parts, bands | metrics `test/model/auc`, `test/model/auc.low`, `train/rows` … |
| figures of each test date | metrics `test/by_date/model/auc` …, step: the date's ordinal, time: its midnight |
| figures at other numbers of places | metrics `test/at_capacity/model/precision` …, step: the places at each date |
| net benefits (decision curve) | metrics `test/net_benefit/model` …, step: the threshold in thousandths |
| calibration curve | metrics `test/calibration/observed`, step: the expected in ten thousandths |
| feature set | dataset: the first 36 signs of its digest, which is all that MLflow takes, and its columns |
| indicators in, probability out | `signature.json`, in the form of MLflow's signatures |
| each candidate that was tried | a run inside the training's run |
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models import figures
from models.bundle.bundles import Bundle, BundleFacts
from models.figures import Figure
from models.measuring.dates import ByDate
from models.measuring.smooth_calibration import Distance

LONGEST = 6000
"""The longest value of a parameter that MLflow takes, in characters."""
DIGEST_TAG = "bundle_digest"
PICTURES_FOLDER = "pictures"
PARAMETERS_FILE = "parameters.json"
SIGNATURE_FILE = "signature.json"
_SHOWN = 400
_DATASET_DIGEST = 36
_SECONDS_A_DAY = 86_400
_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate that was tried.

    Attributes:
        name: unique in its training.
        parameters: all that LightGBM was given; empty where that is not known any more.
        figures: on the `choose` dates, such as `average_precision`, and `rounds`.
        chosen: whether its trees are the bundle's.
    """

    name: str
    parameters: Mapping[str, Any]
    figures: Mapping[str, float]
    chosen: bool


@dataclass(frozen=True, slots=True)
class TrainingEntry:
    """A training as MLflow is to be told of it.

    Attributes:
        bundle: the published bundle.
        trained_by: the analyst's id.
        tried: the candidates, in the order in which they were tried.
        by_date: figures of each test date; empty where the feature set is gone.
        pictures: SVG text by file name; likewise.
        looked_at: how many models of the use case were measured on its test dates when this was told, itself too.
    """

    bundle: Bundle
    trained_by: str
    tried: Sequence[Tried]
    by_date: ByDate
    pictures: Mapping[str, str]
    looked_at: int = 1


def experiment_of(partnership: str, use_case: str) -> str:
    """Return the name of a use case's experiment."""
    return f"{partnership}/{use_case}"


def tags_of(told: TrainingEntry) -> dict[str, str]:
    """Return the tags of a training's run."""
    bundle, facts = told.bundle, told.bundle.facts
    return {
        DIGEST_TAG: bundle.digest,
        "snapshot": facts.snapshot,
        "feature_set": facts.feature_set,
        "use_case": facts.use_case,
        "use_case_digest": facts.use_case_digest,
        "purpose": facts.purpose,
        "trained_by": told.trained_by,
        "mlflow.user": told.trained_by,
        "test_dates_looked_at": str(told.looked_at),
        **_update_of(bundle),
        **{f"verdict.{other}": says for other, says in bundle.verdicts.items()},
    }


def _update_of(bundle: Bundle) -> dict[str, str]:
    """Return the tags of an update: from which bundle, which step, and whether the order of children is unchanged."""
    update, updated_from = bundle.facts.update, bundle.facts.updated_from
    if update is None or updated_from is None:
        return {}
    unchanged = "yes" if update.order.unchanged else "no"
    return {"updated_from": updated_from, "update_step": update.step.value, "order_unchanged": unchanged}


def parameters_of(bundle: Bundle) -> dict[str, str]:
    """Return the parameters of a training, each as MLflow takes it."""
    facts = bundle.facts
    calibration = {"calibration": bundle.calibration.method.value}
    return {**_texts(_chosen(facts)), **calibration, **of_algorithm(facts.algorithm, facts.parameters)}


def _chosen(facts: BundleFacts) -> dict[str, Any]:
    names = ("seed", "algorithm", "candidate", "rounds")
    return {name: getattr(facts, name) for name in names}


def of_algorithm(algorithm: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of LightGBM (or of what was fitted in its place) by MLflow's names."""
    return _texts({f"{algorithm}.{name}": value for name, value in parameters.items()})


def whole_parameters(told: TrainingEntry) -> str:
    """Return every parameter whole, those of all candidates too, as JSON text."""
    facts = told.bundle.facts
    found = {
        **_chosen(facts),
        facts.algorithm: dict(facts.parameters),
        "tried": {one.name: dict(one.parameters) for one in told.tried},
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def metrics_of(bundle: Bundle) -> dict[str, float]:
    """Return all computed numbers of a bundle by MLflow's name, such as `test/model/auc` and `test/model/auc.low`.

    A number that was not computed is left out; `metrics.json` among the bundle's files says why.
    """
    numbers = bundle.metrics
    tables = {f"test/{model}": by for model, by in numbers["figures"].items()}
    tables |= {f"test/model_minus_{other}": by for other, by in numbers["differences"]["model"].items()}
    tables |= {f"test/band/{band}": by for band, by in numbers["bands"].items()}
    found: dict[str, float] = {}
    for name, value in ((f"{table}/{key}", one) for table, by in tables.items() for key, one in by.items()):
        found |= _with_bounds(name, figures.from_json(value))
    for name, value in bundle.observed_over_expected().items():
        found |= _with_bounds(f"test/observed_over_expected/{name}", value)
    for name, far in bundle.calibration_distances().items():
        if isinstance(far, Distance):
            found |= {f"test/calibration/{name}": far.value, f"test/calibration/{name}.by_chance": far.rarely}
    for one in numbers["importance"]:
        found |= _with_bounds(f"test/importance/{one['indicator']}", figures.from_json(one["mean_size"]))
    for part, counts in bundle.metrics["parts"].items():
        found |= {f"{part}/{name}": float(count) for name, count in counts.items()}
    if (update := bundle.facts.update) is not None:
        found |= _with_bounds("update/intercept", update.intercept) | _with_bounds("update/slope", update.slope)
        found |= {f"update/p_{test.step.value}": test.p for test in update.tests}
    return found


def by_date_of(told: TrainingEntry) -> list[tuple[str, float, int, int]]:
    """Return name, value, step (the date's ordinal) and time (its midnight, in ms) of the figures of each date."""
    found = []
    for day, by_model in told.by_date.items():
        at = max(0, (day - _EPOCH).days) * _SECONDS_A_DAY * 1000
        for model, by_metric in by_model.items():
            for metric, figure in by_metric.items():
                numbers = _with_bounds(f"test/by_date/{model}/{metric}", figure)
                found += [(name, value, day.toordinal(), at) for name, value in numbers.items()]
    return found


def curves_of(bundle: Bundle) -> list[tuple[str, float, int]]:
    """Return name, value and step of the figures along an axis: places at each date, thresholds, probabilities."""
    named = [
        (f"test/at_capacity/{way}/{figure}", stated, places)
        for places, by_way in bundle.at_capacities().items()
        for way, by_figure in by_way.items()
        for figure, stated in by_figure.items()
    ]
    named += [
        (f"test/net_benefit/{way}", stated, round(1000 * threshold))
        for threshold, by_way in bundle.net_benefits().items()
        for way, stated in by_way.items()
    ]
    curve = bundle.calibration_curve()
    named += [("test/calibration/observed", stated, round(10_000 * expected)) for expected, stated in curve]
    return [(name, value, step) for whole, stated, step in named for name, value in _with_bounds(whole, stated).items()]


def dataset_of(bundle: Bundle) -> dict[str, str]:
    """Return what MLflow keeps of a dataset: `name`, `digest`, `source_type`, `source`, `schema` and `profile`."""
    facts = bundle.facts
    keys = [{"type": "string", "name": "person_id"}, {"type": "datetime", "name": "as_of_date"}]
    columns = [*keys, {"type": "integer", "name": "outcome"}, *_columns(bundle)]
    source = {"feature_set": facts.feature_set, "snapshot": facts.snapshot, "known_to": facts.known_to.isoformat()}
    counts = {part: {name: by[name] for name in ("rows", "people")} for part, by in bundle.metrics["parts"].items()}
    return {
        "name": experiment_of(facts.partnership, facts.use_case),
        "digest": facts.feature_set[:_DATASET_DIGEST],
        "source_type": "sentinel feature set",
        "source": json.dumps(source),
        "schema": json.dumps({"mlflow_colspec": [{**one, "required": True} for one in columns]}),
        "profile": json.dumps(counts),
    }


def signature_of(bundle: Bundle) -> str:
    """Return the model's signature as JSON text: the indicators in their order, and a probability."""
    inputs = [{**one, "required": True} for one in _columns(bundle)]
    outputs = [{"type": "double", "name": "probability", "required": True}]
    said = {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}
    return json.dumps(said, indent=2) + "\n"


def files_of(told: TrainingEntry) -> dict[str, str]:
    """Return the text of each file beside the bundle's own, by its name in the run."""
    pictures = {f"{PICTURES_FOLDER}/{name}": svg for name, svg in told.pictures.items()}
    return {PARAMETERS_FILE: whole_parameters(told), SIGNATURE_FILE: signature_of(told.bundle), **pictures}


def _columns(bundle: Bundle) -> list[dict[str, str]]:
    return [{"type": "double", "name": name} for name in bundle.use_case.indicator_names]


def _with_bounds(name: str, figure: figures.Stated) -> dict[str, float]:
    if not isinstance(figure, Figure):
        return {}
    return {name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high}


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _shortened(str(value)) for name, value in values.items()}


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:_SHOWN]} … ({len(text):,} characters, whole in {PARAMETERS_FILE})"
