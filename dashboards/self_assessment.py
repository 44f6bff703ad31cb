# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   leave_out:
#   - jupyterlab-plotly
#   title: Self-assessment
# ---

# %% [markdown]
# # Self-assessment
#
# One level for each category, in about fifteen minutes.
# Every answer is stored at once in your workspace, on this computer.

# %%
from pkimm_analytics.widgets.questionnaire import Questionnaire
from pkimm_analytics.workspace import default_workspace

workspace = default_workspace()

# %%
questionnaire = Questionnaire(workspace, mode="self")

# %%
questionnaire
