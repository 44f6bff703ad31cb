# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   leave_out:
#   - jupyterlab-plotly
#   title: Feedback
# ---

# %%
from pkimm_analytics.workspace import default_feedback, default_workspace

folder, workspace = default_feedback(), default_workspace()

# %%
from pkimm_analytics.widgets.feedback import FeedbackPage

page = FeedbackPage(folder, workspace)

# %%
page
