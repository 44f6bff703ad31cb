# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   leave_out:
#   - jupyterlab-plotly
#   title: Feedback form
# ---

# %%
from pkimm_analytics.widgets.feedback_form import FeedbackForm
from pkimm_analytics.workspace import default_workspace

place = default_workspace() / "feedback"

# %%
form = FeedbackForm(place)

# %%
form
