# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: On Spark
# ---

# %% [markdown]
# # On Spark
#
# The same counts on more than one computer.
# Needed only for very large collections: DuckDB, which is embedded, counts a million
# contributions in about two seconds. Here Spark runs on this computer, on invented ones.
#
# It takes `pip install 'pkimm-analytics[spark]'` and Java 17. Without them the notebook says
# so, and counts with DuckDB alone.

# %%
ORGANIZATIONS = 40
SEED = 31
DIMENSIONS = ["sector", "assurance"]
MEASURES = ["overall", "G", "M", "O", "R"]

# %%
import importlib.util
import os
import shutil

has_java = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))
has_spark = has_java and all(importlib.util.find_spec(n) for n in ("pyspark", "ibis"))
print("Spark is here" if has_spark else "Spark is skipped: pyspark, Ibis or Java is missing")

# %% [markdown]
# ## A collection
#
# A plain Parquet data set, which Spark reads by itself. It may also lie on object storage:
# `Collection("s3://bucket/prefix")`; then Spark reads it with the connector of its cluster.

# %%
import tempfile
from pathlib import Path

from pkimm_analytics.collection.simulated import collect
from pkimm_analytics.synthetic import simulate

simulation = simulate(organizations=ORGANIZATIONS, seed=SEED)
collection = collect(simulation, Path(tempfile.mkdtemp()) / "collection")
collection

# %% [markdown]
# ## Without Spark
#
# DuckDB: nothing to start.

# %%
rows = collection.open_rows(purpose="the same counts on spark")
here = rows.count(DIMENSIONS, MEASURES)
here.head()

# %% [markdown]
# ## With Spark
#
# The same Ibis expression. A session that is active is used; without one, Spark starts on
# this computer.

# %%
there = rows.count(DIMENSIONS, MEASURES, "spark") if has_spark else here

# %% [markdown]
# The integers are identical.

# %%
here.equals(there)

# %% [markdown]
# ## What follows is local
#
# Counts are small, however many contributions there are, and every statistic follows from them.

# %%
levels = [name for name in here if name.startswith("level_")]
here[here["measure"] == "overall"].groupby("assurance")[levels].sum()

# %% [markdown]
# End the session that was started for this notebook.

# %%
if has_spark:
    from pkimm_analytics.collection.engines import spark_session

    spark_session().stop()

# %% [markdown]
# ## What to try next
#
# - On a cluster: start your own session and give it as `rows.count(..., session=spark)`.
# - Ask your own questions in SQL or Ibis: `with rows.on("spark") as table: ...`.
# - Compare the engines on your data: `pkimm collection count COLLECTION --engine spark
#   --purpose "..."`.
# - Analyze own cohorts: [07-own-cohorts](07-own-cohorts.ipynb).
