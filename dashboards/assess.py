# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   leave_out:
#   - jupyterlab-plotly
#   title: Assess
# ---

# %%
from pkimm_analytics.workspace import default_workspace

workspace = default_workspace()

# %%
from pkimm_analytics.widgets.assess import Questionnaire

page = Questionnaire(workspace)

# %%
page
