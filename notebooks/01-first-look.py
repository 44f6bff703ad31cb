# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: A first look
# ---

# %% [markdown]
# # A first look
#
# Six assessments of one invented organization: what they score, how they look,
# and what changes when they are counted differently.
# Everything below is a call of a public function; nothing leaves this computer.

# %%
SEED = 7
EDITION = "2.0.0"

# %% [markdown]
# ## Assessments
#
# An `Assessment` holds the answers for one PKI use case on one date.
# `sample_history` invents some that repeat over two years; each is marked as synthetic.

# %%
from pkimm_analytics.overview import workspace_table
from pkimm_analytics.synthetic import sample_history

history = sample_history(SEED)
workspace_table(history)

# %% [markdown]
# To look at your own results instead, read a workbook, a share link or any other known format:
#
# ```python
# from pkimm_analytics.loaders import find_sources, load
#
# sources = find_sources("FILE-OR-LINK")
# history = [loaded.assessment for source in sources for loaded in load(source)]
# ```

# %% [markdown]
# ## Scores
#
# A score is a weighted mean of levels and keeps its fraction; the level is the score rounded down.
# Coverage says how much of it was answered.

# %%
from pkimm_analytics.scoring import score

assessment = history[2]
scores = score(assessment)
print(f"{float(scores.overall.value):.3f}: level {scores.overall.level}")

# %%
from pkimm_analytics.overview import category_table, total_table

total_table(scores)

# %%
categories = category_table(scores)
categories[["native_id", "name", "weight", "state", "score", "level_name", "coverage"]]

# %% [markdown]
# ## Charts
#
# A chart takes one of these tables and draws it; it filters and averages nothing.
# What was not answered or does not apply has no point and no bar.

# %%
from pkimm_analytics.charts import bars, radar

radar(categories)

# %%
bars(categories, level_names=scores.model.level_names)

# %% [markdown]
# Several tables of the same edition make one radar with several lines.
# `carry` brings an older assessment to a newer edition;
# what that edition adds stays unanswered, and a caveat says so.

# %%
import pandas as pd

from pkimm_analytics.assessment import carry
from pkimm_analytics.model import load_model, model_of

target = load_model(EDITION)
carried = [carry(one, model_of(one.model), target) for one in (history[0], history[4])]
radar(pd.concat([category_table(score(one)) for one in carried]), labels="short")

# %%
[caveat.message for caveat in carried[0].caveats]

# %% [markdown]
# ## Counted differently
#
# The official full workbook counts unanswered items as zero; we leave them out and show coverage.
# The first assessment, carried to the newer edition, has one unanswered category.

# %%
excluded, zero = score(carried[0]), score(carried[0], unanswered="zero")
float(excluded.overall.value), float(zero.overall.value)

# %% [markdown]
# ## What to try next
#
# - Change `SEED` above and run all cells again: another invented organization.
# - Read a file of your own, as shown above.
# - Keep assessments in a folder with `pkimm import FILE --workspace FOLDER`,
#   and open the same figures in a page with `pkimm serve --workspace FOLDER`.
# - See all elements of an edition with `pkimm models show 2.0.0`.
