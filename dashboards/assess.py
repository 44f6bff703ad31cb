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
import os

from pkimm_analytics.workspace import default_workspace

workspace, release = default_workspace(), os.environ.get("PKIMM_RELEASE")

# %%
from pkimm_analytics.widgets.assess import Questionnaire

page = Questionnaire(workspace, release=release)

# %%
page
