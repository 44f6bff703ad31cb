# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Benchmark
# ---

# %% [markdown]
# # PKI maturity benchmark
#
# Published figures of groups of organizations, and where yours stands among them.

# %%
from pkimm_analytics.benchmark.series import default_releases
from pkimm_analytics.workspace import default_workspace

releases, workspace = default_releases(), default_workspace()

# %%
from pkimm_analytics.widgets.benchmark import BenchmarkPage

page = BenchmarkPage(releases, workspace)

# %%
page
