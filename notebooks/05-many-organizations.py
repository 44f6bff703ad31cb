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
# ## A workspace
#
# A workspace is a folder of assessments; it shows one row for each use case.
# Scores of different editions and assurances stand beside each other and are not averaged.

# %%
from pathlib import Path
from tempfile import mkdtemp

import pkimm_analytics as pk
from pkimm_analytics.synthetic import sample_history, simulate

workspace = pk.Workspace(Path(mkdtemp()))
sample = sample_history(SEED)
invented = [*sample, *simulate(organizations=ORGANIZATIONS, seed=SEED).assessments]
paths = [workspace.save(one) for one in invented]

# %%
workspace

# %% [markdown]
# To follow your own, open your folder: `pk.Workspace("FOLDER")`.

# %% [markdown]
# ## One use case over time
#
# The first five assessments are of one use case, over three editions.

# %%
from pkimm_analytics.views.progress import timeline
from pkimm_analytics.views.scores import voice_of
from pkimm_analytics.views.view import View

history = sample[:5]
scored = [pk.score(one) for one in history]
View("Over time", "", (timeline(scored, voice_of(scored[-1])),))

# %% [markdown]
# What changed says why a score moved; its parts add up exactly.

# %%
pk.what_changed(history[1], history[2])

# %% [markdown]
# ## A plan in phases
#
# The planner finds the cheapest steps that reach a target and spreads them over phases;
# the score after each is computed from the planned answers.

# %%
then = history[2]
road = pk.plan(then, TARGET, phases=4, start=START)
road

# %% [markdown]
# ## What came of it
#
# Action plans stand in the assessment in which they were made.
# Later assessments say which of them are open, reached or superseded.

# %%
from pkimm_analytics.planning.action_plans import action_plans, tracked, with_action_plans
from pkimm_analytics.views.plan import followed

later = [with_action_plans(then, action_plans(road)), *history[3:]]
plans = tracked(later)
View("Action plans", "", tuple(followed(plans, voice_of(scored[-1]))))

# %% [markdown]
# They go into a spreadsheet, a calendar or an issue tracker.

# %%
from pkimm_analytics.planning.exports import to_icalendar, to_markdown

print(to_markdown(plans[:1]).decode()[:600])
len(to_icalendar(plans))

# %% [markdown]
# ## What to try next
#
# - Change `TARGET` and `START` above and run all cells again.
# - Do the same in a terminal: `pkimm progress WORKSPACE --portfolio`,
#   `pkimm plan FILE --target 4 --phases 4 --start 2026-01-01 --export ics -o plan.ics`,
#   `pkimm plans WORKSPACE`.
# - Write a report of one assessment against the one before:
#   `pkimm report FILE --kind assessment --previous OLDER-FILE --out report.html`.
