# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Organization
# ---

# %% [markdown]
# # Organization
#
# Results of the official tools, scored and kept in a folder of yours.

# %%
import os

from pkimm_analytics.workspace import default_workspace

workspace = default_workspace()
release = os.environ.get("PKIMM_RELEASE")

# %%
from pkimm_analytics.widgets.organization import OrganizationPage

page = OrganizationPage(workspace, release=release)

# %%
page
