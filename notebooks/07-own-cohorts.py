# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Own cohorts
# ---

# %% [markdown]
# # Own cohorts
#
# A release has the groups of its plan.
# Analysts of the working group, who keep the collection, can ask about any other: large
# European banks, those assessed by a third party, this year's newcomers.
# All organizations below are invented. What is shown here is **internal, not for publication**.

# %%
ORGANIZATIONS = 90
SEED = 21
COHORT = {"sector": {"finance", "L-finance"}, "assurance": {"formal", "third-party"}}
MEASURES = ["overall", "G", "M", "O", "R"]

# %% [markdown]
# ## A collection
#
# To use your own, leave this cell out and open it with `pk.Collection("COLLECTION")`.

# %%
import tempfile
from pathlib import Path

from pkimm_analytics.collection.simulated import collect
from pkimm_analytics.synthetic import simulate

simulation = simulate(organizations=ORGANIZATIONS, seed=SEED)
collection = collect(simulation, Path(tempfile.mkdtemp()) / "collection")
collection

# %% [markdown]
# Opening the rows needs a purpose, which the journal of the collection keeps.

# %%
rows = collection.open_rows(purpose="own cohorts in a notebook")
frame = rows.to_pandas()
frame[["sector", "size", "assurance", "quarter", *MEASURES]].head().round(2)

# %% [markdown]
# ## Any cohort
#
# A data frame with scores; an organization may have several contributions in it.

# %%
cohort = frame[[*COHORT]].isin(COHORT).all(axis=1)
frame.loc[cohort, MEASURES].describe().round(2)

# %% [markdown]
# ## All combinations at once
#
# How many contributions are at each level. Counts add up, so that rows are read once.

# %%
counts = rows.count(["sector", "assurance"], MEASURES)
overall = counts[counts["measure"] == "overall"]
overall.groupby("assurance")[["n", "level_1", "level_2", "level_3", "level_4", "level_5"]].sum()

# %% [markdown]
# ## How groups differ
#
# `difference` says that a group is more mature; `relative` what it is good at, measured
# against itself. One organization has one vote here: its newest assessment.

# %%
from pkimm_analytics.analyses import peer_profile, read_evidence

evidence = read_evidence(rows)
profile = peer_profile(evidence, by="size")
columns = ["group", "measure", "n", "difference", "low", "high", "relative", "relative_q"]
profile.table[columns].sort_values("relative", ascending=False).head(8).round(2)

# %% [markdown]
# ## Did they become more mature?
#
# Or did others contribute? The parts add up exactly.

# %%
from pkimm_analytics.analyses import trend_parts

trend = trend_parts(evidence)
trend.figures

# %% [markdown]
# ## Do they rate themselves higher than others rate them?
#
# Pairs of a self-assessment and an independent one, of the same organization.

# %%
from pkimm_analytics.analyses import assurance_gap

gap = assurance_gap(evidence)
print(f"{gap.n_organizations} pairs, {gap.mark}")
gap.table[["measure", "n", "gap", "low", "high", "q"]].head(8).round(2)

# %%
print(*gap.notes, sep="\n")

# %% [markdown]
# ## Which categories go together?
#
# Nearly everything does, because mature organizations are mature in most categories.
# What goes together beyond that is left when each organization's own mean is taken off.

# %%
from pkimm_analytics.analyses.findings import latest
from pkimm_analytics.model.shipped import shipped_model

scores = latest(evidence, edition="2.0.0")[list(shipped_model("2.0.0").categories)]
own = scores.sub(scores.mean(axis=1), axis=0)
rho = own.corr(method="spearman", min_periods=10).stack()
rho[rho < 1].sort_values(ascending=False).iloc[::2].head(8).round(2)

# %% [markdown]
# ## How far do ranks depend on the weights?
#
# The weights of the model are a judgment. Two of three of these random ones stay within a
# third of it; Kendall's tau says how far the ranking stays the same.

# %%
import numpy as np
import pandas as pd

weights = np.array([c.weight for c in shipped_model("2.0.0").categories.values()])
drawn = weights * np.exp(0.3 * np.random.default_rng(0).standard_normal((200, len(weights))))
ranks = scores.dropna().to_numpy() @ np.vstack([weights, drawn]).T
taus = pd.DataFrame(ranks[:, 1:]).corrwith(pd.Series(ranks[:, 0]), method="kendall")
taus.quantile([0.05, 0.5]).round(3)

# %% [markdown]
# ## What to try next
#
# - Change `COHORT`, and run all cells again.
# - The other analyses: `from pkimm_analytics.analyses import ANALYSES`.
# - The same in a terminal: `pkimm collection count COLLECTION --by sector --purpose "..."`,
#   `pkimm analyze peer-profile COLLECTION --by size --purpose "..."`.
# - More contributions than one computer can count: [on Spark](08-on-spark.ipynb).
