# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: A questionnaire in your notebook
# ---

# %% [markdown]
# # A questionnaire in your notebook
#
# Three lines put the questionnaire into a notebook of yours.
# It stores every answer at once in the folder that you name, and goes on where you stopped.

# %%
import pkimm_analytics as pk

form = pk.Questionnaire("workspace", mode="self")
form

# %% [markdown]
# `mode="full"` asks for every requirement instead of every category;
# `edition="1.1.0"` proposes another edition of the model.
#
# The answers are at hand in the cells below, as they are stored.
# Before you start or choose an assessment above, there are none.

# %%
form.assessment and len(form.assessment.answers)

# %% [markdown]
# What you see is what the package computes; score it yourself:

# %%
form.assessment and pk.score(form.assessment)

# %% [markdown]
# Next: rate a few categories, run the two cells again, then try
# `pkimm score workspace/assessments/*.json` in a terminal.
