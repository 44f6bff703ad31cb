# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: First look
# ---

# %% [markdown]
# # First look
#
# Assessments of one invented organization: what they score, how they look, what changed,
# and what happens when they are counted differently.
# Nothing leaves this computer.

# %%
SEED = 7

# %% [markdown]
# ## Assessments
#
# An `Assessment` holds the answers for one PKI use case on one date.
# `sample_history` invents some that repeat over two years; each is marked as synthetic.

# %%
import pkimm_analytics as pk
from pkimm_analytics.synthetic import sample_history

history = sample_history(SEED)
[(one.use_case.name, one.date, one.model.version) for one in history]

# %% [markdown]
# To look at your own results instead, read a workbook, a share link or any other known format;
# what cannot be read as it stands is a warning with its place:
#
# ```python
# history = pk.load("FILE-OR-LINK")
# ```

# %% [markdown]
# ## Scores
#
# A score is a weighted mean of levels and keeps its fraction; the level is the score rounded down.
# Coverage says how much of it was answered.

# %%
scores = pk.score(history[2])
print(scores)

# %%
scores

# %% [markdown]
# Every figure is at hand, exactly, by the key of its element:

# %%
scores.categories["M.key-management"].value, scores.modules["M"].level

# %% [markdown]
# ## What changed
#
# From one assessment to the next; the parts add up to the change.

# %%
pk.what_changed(history[1], history[2])

# %% [markdown]
# ## Counted differently
#
# The official full workbook counts unanswered items as zero; we leave them out and show coverage.
# An older assessment, carried to a newer edition, has unanswered parts: the new ones.

# %%
from pkimm_analytics.assessment import carry
from pkimm_analytics.model import load_model, model_of

carried = carry(history[0], model_of(history[0].model), load_model("2.0.0"))
[caveat.message for caveat in carried.caveats]

# %%
pk.score(carried), pk.score(carried, unanswered="zero")

# %% [markdown]
# ## What to try next
#
# - Change `SEED` above and run all cells again: another invented organization.
# - Read a file of your own, as shown above.
# - Keep assessments in a folder with `pkimm import FILE --workspace FOLDER`,
#   and open the same figures in a page with `pkimm serve --workspace FOLDER`.
# - See all elements of an edition with `pkimm models show 2.0.0`.
