# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   leave_out:
#   - jupyterlab-plotly
#   title: Benchmark
# ---

# %%
from pkimm_analytics.benchmark.series import default_releases
from pkimm_analytics.workspace import default_workspace

releases, workspace = default_releases(), default_workspace()

# %%
from pkimm_analytics.widgets.benchmark import BenchmarkPage

page = BenchmarkPage(releases, workspace)

# %%
page
