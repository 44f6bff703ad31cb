# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: A feedback round
# ---

# %% [markdown]
# # A feedback round
#
# What a working group does with the answers to its form: import, look, decide, and carry
# the decisions into the next edition.
# The respondents below are invented, with truths planted to be found; nothing leaves this
# computer.

# %%
from pathlib import Path
from tempfile import mkdtemp

SEED = 1
RESPONDENTS = 300
ROUND = "2026Q4"
FOLDER = Path(mkdtemp(prefix="feedback-round-"))

# %% [markdown]
# ## Invent a round
#
# A form tool exports one row for each submission.
# The same round is written as CSV in English and as xlsx in German.

# %%
from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round

invented = simulate_feedback(respondents=RESPONDENTS, seed=SEED)
files = write_feedback_round(invented, FOLDER)
[file.name for file in files]

# %% [markdown]
# ## Import it
#
# The program proposes what each column holds.
# Correct the map where it is wrong, and give it to `load_feedback`.

# %%
from pkimm_analytics.loaders.feedback import load_feedback, propose

export = (FOLDER / "form.csv").read_bytes()
columns = propose(export, "form.csv", invented.model)
[(column.column[:40], column.field) for column in columns.columns]

# %%
from pkimm_analytics.feedback import open_feedback

place = open_feedback(FOLDER / "feedback")
about = {"model": invented.model, "round_": ROUND, "pseudonym": place.pseudonym}
loaded = load_feedback(export, "form.csv", **about)
added = place.append(loaded.comments)
added.added, added.known

# %% [markdown]
# The workbook holds the same submissions, so it adds nothing.

# %%
again = load_feedback((FOLDER / "form.xlsx").read_bytes(), "form.xlsx", **about)
place.append(again.comments).added

# %% [markdown]
# ## What stands out
#
# Alarms share one error rate: if nothing were wrong, at most one round in twenty would raise
# any.

# %%
from pkimm_analytics.feedback.alarms import alarms
from pkimm_analytics.feedback.items import answered

comments = place.comments()
answers = answered(invented.assessments(), invented.model)
alarms(comments, answers)[["kind", "element", "other", "n", "effect"]]

# %%
invented.plants

# %% [markdown]
# ## Where opinions lie
#
# A summary computes everything once; its views are the ones of the page and the pack.

# %%
from pkimm_analytics.feedback.summary import summarize
from pkimm_analytics.render.html import notebook
from pkimm_analytics.views import feedback as views
from pkimm_analytics.views.view import View

current = place.current()
summary = summarize(comments, invented.model, answers=answers, current=current)

# %%
from IPython.display import HTML

say = views.Sayings(summary)
clarity = (*views.clarity_chart(say), *views.least_clear(say))
HTML(notebook(View("How clear the model is", ROUND, clarity)))

# %% [markdown]
# A mean of 3 can be everybody in the middle or two camps; agreement tells them apart.

# %%
from pkimm_analytics.feedback.consensus import split_opinions

split_opinions(comments, "weight").head()

# %% [markdown]
# ## What the texts say
#
# For the group's analysts only.

# %%
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.themes import find_themes

find_themes(comments).themes[["theme", "n", "terms"]]

# %%
near_duplicates(comments, names=invented.model.name)

# %% [markdown]
# ## Decide
#
# A decision is added and never changed; the newest one counts.

# %%
text = comments[comments["text"].notna()].iloc[0]
change = {"field": "guidance", "value": "Say what counts as an inventory."}
place.decide(text["id"], "accepted", by="working group", **change).to_json()

# %% [markdown]
# ## For the meeting
#
# One report: what is new, where opinions split, what to decide.

# %%
from pkimm_analytics.render.documents import render

pack = render(views.pack(summary, comments), "html")
(FOLDER / "meeting-pack.html").write_bytes(pack)

# %%
from pkimm_analytics.reports.issues import issues

print(issues(comments, place.current(), invented.model)[0].to_markdown())

# %% [markdown]
# ## What to try next
#
# - Set `SEED` to another number, or invent a round without known truths with
#   `simulate_feedback(plant=False)`, and see that nothing is alarmed about.
# - Do the same in a browser: `pkimm simulate --feedback 300 --out round`, then
#   `pkimm serve --feedback group`, open *Feedback* and drop `round/form.csv` there.
# - Do the same in a terminal: `pkimm feedback import round/form.csv`, then
#   `pkimm feedback pack --out pack.html`.
# - Give your own comments with `FeedbackForm("FOLDER")` from
#   `pkimm_analytics.widgets.feedback_form`.
