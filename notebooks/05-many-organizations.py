# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Many organizations
# ---

# %% [markdown]
# # Many organizations
#
# For consultants and groups who follow many PKIs: where each stands, what really changed,
# what to do next, and what came of it.
# The organizations below are invented; nothing leaves this computer.

# %%
SEED = 7
ORGANIZATIONS = 12
TARGET = 4
START = "2026-01-01"

# %% [markdown]
# ## Portfolio
#
# One row for each use case: the latest figures, the change since the assessment before, and
# what holds it back most.
# Scores of different editions and assurances stand side by side and are not averaged.

# %%
from pkimm_analytics.progress.portfolio import portfolio_sentence, portfolio_table
from pkimm_analytics.synthetic import sample_history, simulate

sample = sample_history(SEED)
assessments = [*sample, *simulate(organizations=ORGANIZATIONS, seed=SEED).assessments]
table = portfolio_table(assessments)
portfolio_sentence(table)

# %%
table[["organization", "use_case", "date", "score", "level", "coverage", "like_for_like", "limits"]]

# %% [markdown]
# To follow your own, read a workspace instead:
#
# ```python
# from pathlib import Path
#
# from pkimm_analytics.workspace import Workspace
#
# assessments = [stored.assessment for stored in Workspace(Path("WORKSPACE")).stored()]
# ```
#
# Who fell, like for like, is a filter on the table.

# %%
table[table["like_for_like"] < 0][["organization", "use_case", "change", "like_for_like"]]

# %% [markdown]
# ## One use case over time
#
# The first five assessments are of one use case, over three editions.
# The line is dotted where the edition changed, because both ends were not asked the same.

# %%
from pkimm_analytics.charts import timeline
from pkimm_analytics.progress.timeline import timeline_table

history = sample[:5]
timeline(timeline_table(history))

# %% [markdown]
# The bridge says why a score moved; its parts add up exactly.

# %%
from pkimm_analytics.charts import waterfall
from pkimm_analytics.progress import compare
from pkimm_analytics.progress.timeline import bridge_sentence, bridge_table

step = compare(history[1], history[2])
bridge_sentence(step)

# %%
waterfall(bridge_table(step.overall), title="From one score to the next")

# %%
from pkimm_analytics.charts import heatmap
from pkimm_analytics.progress.timeline import category_timeline

heatmap(category_timeline(history))

# %% [markdown]
# ## A plan in phases
#
# The planner finds the cheapest raises that reach a target.
# A roadmap spreads them over phases; the score after each is computed from the planned answers.

# %%
from pkimm_analytics.planning import OVERALL, Effort, Target, cheapest_plan
from pkimm_analytics.planning.roadmap import Calendar, phase_table, roadmap

then = history[2]
plan = cheapest_plan(then, [Target(OVERALL, TARGET)], effort=Effort((1, 2, 3, 5)))
road = roadmap(then, plan, when=Calendar(START, months=3, phases=4))
waterfall(phase_table(road), title="Overall score after each phase")

# %% [markdown]
# ## What came of it
#
# Action plans stand in the assessment in which they were made.
# Later assessments say which of them are open, reached or overtaken.

# %%
from pkimm_analytics.planning.action_plans import action_plans, tracked, with_action_plans

followed = [with_action_plans(then, action_plans(road)), *history[3:]]
plans = tracked(followed)
len(plans)

# %%
from pkimm_analytics.planning.action_plans import action_plan_table

action_plan_table(plans)[["name", "state", "why", "target_date"]].head(8)

# %%
from pkimm_analytics.charts import burn_down
from pkimm_analytics.planning.action_plans import burn_down_table

burn_down(burn_down_table(followed))

# %% [markdown]
# They go into a spreadsheet, a calendar or an issue tracker.

# %%
from pkimm_analytics.planning.exports import to_icalendar, to_markdown

print(to_markdown(plans[:1]).decode()[:600])
len(to_icalendar(plans))

# %% [markdown]
# ## What to try next
#
# - Change `TARGET` and `START` above, or the effort of each step, and run all cells again.
# - Lock what cannot be raised with `cheapest_plan(..., locked=frozenset({"O"}))`.
# - Do the same in a terminal: `pkimm progress WORKSPACE --portfolio`,
#   `pkimm plan FILE --target 4 --phases 4 --start 2026-01-01 --export ics -o plan.ics`,
#   `pkimm plans WORKSPACE`.
# - Write a report of one assessment against the one before:
#   `pkimm report FILE --kind assessment --previous OLDER-FILE --out report.html`.
