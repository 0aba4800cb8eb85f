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
# # From extracts to a score
#
# The same journey as `sentinel demo`, step by step, for an analyst. Every child in it is generated.
# Each step calls the function that the command of the same name calls, so what works here works there.

# %%
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import duckdb
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import SVG

from hub.commands.command_line import Place
from hub.ledger import practice
from hub.settings import Settings

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "mlproject").is_file())
SEED = 7
warnings.filterwarnings("ignore", message="IProgress not found")  # plain progress is enough here
scratch = Path(tempfile.mkdtemp(prefix="sentinel-notebook-"))
county = ROOT / "partnerships" / "lancashire"
place = Place(Settings(workspace=scratch, partnership=county, anchor=scratch / "anchor" / "ledger.json"))
workspace, partnership = place.workspace, place.partnership
practice.begin(workspace, partnership.name)  # no child here is real: the ledger says so first, and time stands still
partnership.file.title

# %% [markdown]
# ## 1. What the agencies deliver
#
# The generator writes the files that five agencies would send, with the faults that real ones have: spelling errors,
# rows recorded late, impossible dates, twins.

# %%
delivered = scratch / "delivered"
generator = partnership.folder / partnership.file.demonstration.generator
command = [sys.executable, str(generator), "--out", str(delivered), "--children", "1500", "--seed", str(SEED)]
subprocess.run(command, check=True, capture_output=True)
pd.DataFrame(
    {
        "rows": {
            path.name: sum(1 for _ in path.open(encoding="utf-8", errors="replace")) - 1
            for path in sorted(delivered.glob("*.csv"))
        }
    }
)

# %% [markdown]
# ## 2. The hub reads, checks and quarantines
#
# Rows that break a rule are kept aside with the reason, never dropped in silence: rows in = rows kept + quarantined.

# %%
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish

reports = ingest.ingest(workspace, partnership, delivered, partnership.file.demonstration.delivered_on)
pd.DataFrame([report.row() for report in reports]).set_index("source")

# %%
rules = [
    {"source": report.source, "file": file.file, "rule": rule, "rows": rows}
    for report in reports
    for file in report.facts.files
    for rule, rows in file.rules.items()
]
pd.DataFrame(rules).set_index(["source", "file", "rule"])

# %% [markdown]
# ## 3. Linking people
#
# Precision comes first: a false link would give a child somebody else's history. Here the truth is known.

# %%
linked = linkage.link(workspace, partnership, truth=delivered / "truth" / "people.csv")
print("precision", linked.precision.text())
print("recall   ", linked.recall.text())

# %% [markdown]
# ## 4. A snapshot without names

# %%
snapshot = publish.publish(workspace, partnership)
print(snapshot.digest)
pd.Series(dict(snapshot.facts.rows), name="rows").to_frame()

# %%
events = duckdb.sql(
    f"""
    SELECT source, date_trunc('quarter', occurred_on) AS quarter, count(DISTINCT person_id) AS children
    FROM '{snapshot.path("event")}' WHERE occurred_on >= DATE '2021-01-01' GROUP BY ALL ORDER BY ALL
    """
).df()
wide = events.pivot_table(index="quarter", columns="source", values="children", fill_value=0)
axes = wide.plot(figsize=(9, 3.5), title="Children with an event in a quarter, by source", ylabel="children", xlabel="")
axes.set_ylim(0, None)
plt.tight_layout()

# %% [markdown]
# ## 5. Indicators: what was known on the day of looking

# %%
from features.batch import matrix
from features.declarations import use_cases

use_case = use_cases.read(partnership, partnership.file.demonstration.use_case)
today = place.day_of_use
built = matrix.build(workspace, snapshot, use_case, partnership=partnership, on=today)
frame = built.matrix().to_pandas()
frame.describe().T[["count", "mean", "min", "max"]]

# %%
from models.resampling import wilson

shares = frame.dropna(subset=["outcome"]).groupby("as_of_date")["outcome"].agg(["mean", "sum", "count"])
bounds = [wilson(row["sum"], row["count"]) for _, row in shares.iterrows()]
lows = [mean - low for mean, (low, _) in zip(shares["mean"], bounds, strict=True)]
highs = [high - mean for mean, (_, high) in zip(shares["mean"], bounds, strict=True)]
figure, axes = plt.subplots(figsize=(9, 3.5))
axes.errorbar(pd.to_datetime(shares.index), shares["mean"], yerr=[lows, highs], fmt="o", capsize=3)
axes.set(title="Share with the outcome, by date of looking, with 95 % interval", ylabel="share", ylim=(0, None))
plt.tight_layout()

# %% [markdown]
# ## 6. A model, beside a simple rule and a logistic regression

# %%
from models.fitting import pictures, training
from models.fitting.fitting import fit

analyst = next(person.id for person in partnership.file.panel.people if person.role == "analyst")
bundle = training.train(workspace, built, seed=SEED, trained_by=analyst)
metrics = ["auc", "average_precision", "precision_at_capacity", "recall_at_capacity"]
print("bundle", bundle.digest)
print("the model", bundle.verdict, "the simple rule")
pd.DataFrame(
    {
        model: {metric: bundle.figure(metric, model).text() for metric in metrics}
        for model in ("model", "logistic_regression", "simple_rule")
    }
)

# %%
drawn = pictures.draw(fit(built, seed=SEED), bundle)
SVG(drawn["calibration.svg"])

# %%
SVG(drawn["precision.svg"])

# %% [markdown]
# The same inputs and the same seed give the same bundle, to the byte:

# %%
assert training.train(workspace, built, seed=SEED, trained_by=analyst).digest == bundle.digest

# %% [markdown]
# ## 7. The audit: who is missed, who is wrongly suggested, and for whom there are too few to say

# %%
from audits.audit import audit as audits

audit = audits.run(workspace, partnership, bundle.digest, seed=SEED)
print(audit.report_path)
pd.Series(audit.verdicts_by_group(), name="verdict").to_frame()

# %% [markdown]
# ## 8. The decision, and the gate
#
# A real server in its own process is asked four times: before any decision, with one, with one byte of the model changed,
# and after the approval was withdrawn.

# %%
from ethics.record.store import open_store
from hub.ledger import verification
from service.demonstration import gate_trial

newest = frame[frame["as_of_date"] == use_case.newest(snapshot.known_to)]
probabilities = bundle.load().probabilities(newest[[*use_case.indicator_names]].to_numpy(dtype="float64"))
person = newest["person_id"].iloc[int(probabilities.argmax())]
store = open_store(workspace)
trials = gate_trial.run(place, store, bundle, audit.digest, person)
pd.DataFrame([{"when": one.when, "answer": one.answer, "HTTP": one.status} for one in trials])

# %% [markdown]
# What the practitioner's system receives. A score never decides; a person does.

# %%
scored = trials[1].body
{
    name: scored[name]
    for name in ("band_in_words", "probability", "band_evidence", "reasons", "protective_factors", "caveats")
}

# %%
state = verification.verify(store)
store.close()
print(state.rows, "rows in the ledger; the chain holds:", state.holds)
assert state.holds
