# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Two models side by side
#
# Does the offer need what the police know? Two trainings for one use case, with the police's records and without:
# their figures, their lists, their reasons. Every child in it is generated.
#
# The first cell makes a small county, which `01_from_extracts_to_score` does step by step. Where you have a workspace
# with trainings, put `here = frames.here()` in its place: all that follows asks `models.frames` and nothing else.

# %%
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from features.batch import matrix
from features.declarations import use_cases
from hub.commands.command_line import Place
from hub.intake import ingest
from hub.ledger import practice
from hub.linking import linkage
from hub.publishing import publish
from hub.settings import Settings
from models.fitting import training

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "mlproject").is_file())
SEED = 7
warnings.filterwarnings("ignore", message="IProgress not found")  # plain progress is enough here
scratch = Path(tempfile.mkdtemp(prefix="sentinel-notebook-"))
county = ROOT / "partnerships" / "lancashire"
place = Place(Settings(workspace=scratch, partnership=county, anchor=scratch / "anchor" / "ledger.json"))
here, partnership = place.workspace, place.partnership
practice.begin(here, partnership.name)  # no child here is real

said = partnership.file.demonstration
generator = [sys.executable, str(county / said.generator), "--out", str(scratch / "delivered")]
subprocess.run([*generator, "--children", "500", "--seed", str(SEED)], check=True, capture_output=True)
ingest.ingest(here, partnership, scratch / "delivered", said.delivered_on)
linkage.link(here, partnership)
snapshot = publish.publish(here, partnership)

whole = use_cases.read(partnership, said.use_case)
without_police = whole.reading(one for one in whole.indicators if "police" not in one.sources)
analyst = next(person.id for person in partnership.file.panel.people if person.role == "analyst")
for use_case in (whole, without_police):
    built = matrix.build(here, snapshot, use_case, partnership=partnership, on=place.day_of_use)
    training.train(here, built, seed=SEED, trained_by=analyst)

# %% [markdown]
# ## 1. What was trained

# %%
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import RocCurveDisplay

from models.frames import frames

trained = frames.trainings(here)
trained

# %% [markdown]
# Each bundle is a classifier of scikit-learn that answers as the service would. Which is which, its indicators say.

# %%
opened = [frames.BundleClassifier(here, digest) for digest in trained.index]
fewer, all_records = sorted(opened, key=lambda model: model.n_features_in_)
models = {"with police": all_records, "without police": fewer}
{name: model.n_features_in_ for name, model in models.items()}

# %% [markdown]
# The rows that each was trained and tested on: one a child and date of looking, in the same order. Only the test dates
# count from here on; they decided nothing.

# %%
rows = {name: frames.feature_set(here, model.bundle.facts.feature_set) for name, model in models.items()}
tests = {name: one.indicators[one.part == "test"] for name, one in rows.items()}
outcome = rows["with police"].outcome[tests["with police"].index].astype("int64")
pd.crosstab(rows["with police"].part, rows["with police"].outcome.astype("string").fillna("not known yet"))

# %% [markdown]
# ## 2. Figures, with intervals that resample families

# %%
figures = pd.concat({name: frames.figures(model).loc["model"] for name, model in models.items()}, names=["training"])
figures.swaplevel().sort_index(level="metric", sort_remaining=False)

# %% [markdown]
# Two intervals that overlap do not say that two models are level. The difference on the same children does, with an
# interval of its own. Where that holds 0, one cannot tell them apart on so few children.

# %%
differences = frames.differences(models).loc[("with police", "without police")]
differences

# %%
figure, axes = plt.subplots(figsize=(8, 2.6))
shown = differences.astype({"value": float, "low": float, "high": float})
bars = [shown["value"] - shown["low"], shown["high"] - shown["value"]]
axes.errorbar(shown["value"], shown.index.str.replace("_", " "), xerr=bars, fmt="o", capsize=3)
axes.axvline(0, color="grey", linewidth=1)
axes.set_title("With police minus without: right of 0, the police's records help")
plt.tight_layout()

# %% [markdown]
# Neither is worth having unless it beats the simpler ways that stand beside every model.

# %%
pd.concat({name: frames.opponents(model) for name, model in models.items()}, names=["training"]).xs(
    "precision_at_capacity", level="metric"
)

# %%
figure, axes = plt.subplots(figsize=(4.5, 4.5))
for name, model in models.items():
    RocCurveDisplay.from_estimator(model, tests[name], outcome, name=name, ax=axes)

# %% [markdown]
# ## 3. Lists: whom the places of each date would go to

# %%
lists = {name: frames.at_capacity(model, tests[name]) for name, model in models.items()}
both = lists["with police"].index.intersection(lists["without police"].index)
on_lists = pd.DataFrame(
    {
        "places": {name: len(held) for name, held in lists.items()} | {"on both lists": len(both)},
        "with the outcome": {name: int(outcome[held.index].sum()) for name, held in lists.items()}
        | {"on both lists": int(outcome[both].sum())},
    }
)
on_lists

# %% [markdown]
# ## 4. Explanations: what moves the models
#
# Exact Shapley values in log-odds: with the base, those of a row add up to what the model says of it. They tell what moved
# the model, never what caused anything.

# %%
reasons = {name: model.explain(tests[name]) for name, model in models.items()}
for name, model in models.items():
    assert abs(reasons[name].sum(axis=1) - model.decision_function(tests[name])).max() < 1e-9
strength = pd.DataFrame({name: one.drop(columns=frames.BASE).abs().mean() for name, one in reasons.items()})
axes = (
    strength.nlargest(12, "with police")
    .iloc[::-1]
    .plot.barh(figsize=(8, 5), title="Mean distance that an indicator moves a row", xlabel="log-odds")
)
plt.tight_layout()

# %% [markdown]
# The child for whom the two differ most, on the first list. NaN: the model does not read that indicator.

# %%
first = lists["with police"]["probability"]
second = pd.Series(fewer.predict_proba(tests["without police"])[:, 1], index=tests["without police"].index)[first.index]
child = (first - second).abs().idxmax()
print(f"probability with the police's records {first[child]:.3f}, without them {second[child]:.3f}")
pd.DataFrame({name: one.loc[child] for name, one in reasons.items()}).sort_values(
    "with police", key=abs, ascending=False
).head(8)
