# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Feedback of a round
# ---

# %% [markdown]
# # Feedback of a round
#
# What respondents think of the model and of the process, for the working group's analysts.
# Texts and small groups are shown here and nowhere else; nothing leaves this computer.

# %%
from pkimm_analytics.widgets.feedback import FeedbackPage
from pkimm_analytics.workspace import default_feedback, default_workspace

place, workspace = default_feedback(), default_workspace()

# %%
page = FeedbackPage(place, workspace)

# %%
page
