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
from pkimm_analytics.session import default_workspace

workspace = default_workspace()

# %%
from pkimm_analytics.widgets.organization import OrganizationPage

page = OrganizationPage(workspace)

# %%
page
