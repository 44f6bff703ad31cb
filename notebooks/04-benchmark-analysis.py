# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Benchmark analysis
# ---

# %% [markdown]
# # Benchmark analysis
#
# How mature are comparable organizations, where does one of them stand, and how sure is that?
# First from a **release**, which everybody may see; then, as analysts of the working group
# do it, from the **collection** behind it.
# All organizations below are invented, and nothing leaves this computer.

# %%
import logging
import sys

logging.basicConfig(stream=sys.stdout)
ORGANIZATIONS = 80
SEED = 11
QUARTER = "2026Q3"
PEERS = {"sector": "industry", "size": "5000+"}

# %% [markdown]
# ## From assessments to a release
#
# Contributions name nobody; the release is protected and attacked before it is written.
# This takes some seconds.

# %%
import tempfile
from pathlib import Path

from pkimm_analytics.collection.simulated import collect
from pkimm_analytics.synthetic import simulate

place = Path(tempfile.mkdtemp())
simulation = simulate(organizations=ORGANIZATIONS, seed=SEED)
collect(simulation, place / "collection")

# %%
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, publish

plan = load_plan()
contributions = open_contributions(place / "collection")
folders = {"out": place / "releases", "private": place / "private"}
settings = {"quarter": QUARTER, "policy": load_policy(), "plan": plan}
written = publish(contributions, **folders, **settings)

# %% [markdown]
# ## What the release has
#
# A row for each group of the plan, withheld ones included.
# `n` is a band: the exact number is not public.

# %%
from pkimm_analytics.benchmark import open_release

bench = open_release(written.folder)
cohorts = bench.cohorts()
cohorts[cohorts["is_published"]]

# %% [markdown]
# As a picture, beside the one that a visitor of the published page sees; what is chosen
# there needs no kernel, and an assessment that is added there stays in this notebook's
# memory and in none of its states.

# %%
from pkimm_analytics.benchmark.tables import level_table
from pkimm_analytics.charts import level_shares

measures = [m for m in bench.measures if m == "overall" or m.count(".") == 1]
level_shares(level_table(bench, {}, measures), title="Levels", subtitle=f"Release {bench.quarter}")

# %%
from pkimm_analytics.widgets.benchmark import BenchmarkPage

BenchmarkPage(written.folder)

# %% [markdown]
# Each share has two intervals.
# *Printed* is certain for those who contributed; the other one is for all organizations like
# them, with 95% confidence, whatever number of the band there really are.

# %%
figures = bench.figures()
ends = ["", "_printed_low", "_printed_high", "_low", "_high"]
figures[["name", "n", *(f"at_least_3{end}" for end in ends)]].head(8)

# %% [markdown]
# ## One organization among its peers
#
# The ladder says which peers there are, and what was relaxed to find them.

# %%
from pkimm_analytics.benchmark import compare, peer_ladder
from pkimm_analytics.views.peers import group_sentence

group_sentence(bench, peer_ladder(bench, PEERS))

# %%
comparison = compare(simulation.assessment(len(simulation) - 1), bench)
columns = ["name", "own_score", "median", "position", "rank", "rank_low", "rank_high"]
comparison.table[comparison.table["is_published"]][columns]

# %%
comparison.notes

# %% [markdown]
# ## Can two cohorts be told apart?
#
# With a few dozen organizations they rarely can, and the table says so.

# %%
from pkimm_analytics.benchmark import contrast

regions = contrast(bench, {"region": "europe-and-africa"}, {"region": "elsewhere"})
regions["verdict"].value_counts()

# %% [markdown]
# ## Exact figures, for analysts only
#
# Opening the collection is logged with its purpose, and every row is marked.
# There are means with their spread, and exact scores in place of levels.

# %%
from pkimm_analytics.benchmark import open_internal

internal = open_internal(place / "collection", purpose="look at means and spread")
exact = internal.figures(measures=["overall", "G", "M", "O", "R", "pqc"])
exact[["mark", "name", "n", "mean", "mean_low", "mean_high", "std", "iqr", "median"]]

# %% [markdown]
# What is combined in them:

# %%
internal.pooled(internal.members())

# %% [markdown]
# The statistics are plain functions of numbers; any scores will do.

# %%
from pkimm_analytics.statistics import mean_interval, quantile_interval

scores = internal.scores(internal.members(), "overall")
mean_interval(scores), quantile_interval(scores, 0.5)

# %%
import shutil

shutil.rmtree(place)

# %% [markdown]
# Next: compare an assessment of your own with a real release, `pkimm benchmark
# my-assessment.pkimm.json --release FOLDER`; ask for other peers with `--cohort`; and read
# in `docs/guide/benchmark.md` how the intervals are made.
