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
# ## What to try next
#
# - Change `COHORT`, and run all cells again.
# - The other analyses: `from pkimm_analytics.analyses import ANALYSES`.
# - The same in a terminal: `pkimm collection count COLLECTION --by sector --purpose "..."`,
#   `pkimm analyze peer-profile COLLECTION --by size --purpose "..."`.
# - More contributions than one computer can count: [on Spark](08-on-spark.ipynb).
