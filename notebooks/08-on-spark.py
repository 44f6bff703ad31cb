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
# Needed only for very large collections: one computer counts a million contributions in about
# two seconds of CPU. Here Spark runs on this computer, on invented contributions.
#
# It takes `pip install 'pkimm-analytics[spark]'` and Java 17. Without them the notebook says
# so, and counts with the embedded kernel alone.

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
# It may also lie on object storage: `open_collection("s3://bucket/prefix")`.
# Tasks read it through pyarrow, so Spark needs no Java library for that.

# %%
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from pkimm_analytics.anonymize import KeyStore, anonymize
from pkimm_analytics.store import open_collection, open_raw
from pkimm_analytics.synthetic import simulate

logging.basicConfig(stream=sys.stdout)
place = Path(tempfile.mkdtemp())
key = KeyStore(secrets.token_bytes(32), place / "identities.json")
assessments = simulate(organizations=ORGANIZATIONS, seed=SEED).assessments
collection = open_collection(place / "collection", create=True)

# %%
made = [anonymize(one, key).contribution for one in assessments]
collection.append(made).added

# %% [markdown]
# ## Without Spark
#
# The embedded kernel: nothing to start.

# %%
raw = open_raw(collection, purpose="the same counts on spark")
here = raw.count(DIMENSIONS, MEASURES)
here.counts.shape

# %% [markdown]
# ## With Spark
#
# `spark-arrow` runs the same kernel in each of Spark's tasks; only counts come back.
# `spark` groups and counts with one Ibis expression, which also runs on DuckDB.
# A session that is active is used; without one, Spark starts on this computer.

# %%
found = {"spark-arrow": raw.count(DIMENSIONS, MEASURES, "spark-arrow")} if has_spark else {}
list(found)

# %%
if has_spark:
    found["spark"] = raw.count(DIMENSIONS, MEASURES, "spark")

# %% [markdown]
# The integers are identical.

# %%
{name: bool((one.counts == here.counts).all()) for name, one in found.items()}

# %% [markdown]
# ## What follows is local
#
# Counts are small, however many contributions there are, and every statistic follows from them.

# %%
frame = here.over("assurance").to_frame()
overall = frame[frame["measure"] == "overall"]
overall.pivot(index="assurance", columns="code", values="n").fillna(0).astype(int)

# %% [markdown]
# End the session that was started for this notebook.

# %%
if has_spark:
    from pkimm_analytics.store.spark import spark_session

    spark_session().stop()

# %% [markdown]
# ## What to try next
#
# - On a cluster: start your own session and give it as `raw.count(..., session=spark)`; the
#   package must be installed where tasks run.
# - Count scores in place of levels: `from pkimm_analytics.store.engines import score_counts`.
# - Compare the engines on your data: `pkimm collection count COLLECTION --engine spark-arrow
#   --purpose "..."`.
# - Analyze own cohorts: [07-own-cohorts](07-own-cohorts.ipynb).
