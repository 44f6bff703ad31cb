# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Import a workbook
# ---

# %% [markdown]
# # Import a workbook
#
# From a file that somebody filled in to an assessment in your workspace: what was read, what
# could not be read and why, and what is kept of it.
# The workbook below is written by this notebook from invented answers.

# %%
from pathlib import Path
from tempfile import mkdtemp

SEED = 7
FOLDER = Path(mkdtemp())

# %% [markdown]
# ## A workbook to read
#
# `write_xlsx` writes assessments as a workbook with a sheet of answers that people can go on with.
# Your own file may be one of these, one of the two official workbooks, a CSV table, a share link
# or a file of the official web tool: the format is detected from the content.

# %%
from pkimm_analytics.files import write_atomically
from pkimm_analytics.loaders.tabular import write_xlsx
from pkimm_analytics.synthetic import sample_history

invented = sample_history(SEED)[4]
workbook = FOLDER / "answers.xlsx"
write_atomically(workbook, write_xlsx([invented]))

# %% [markdown]
# ## Read it
#
# `load` returns each assessment that the source holds, with every problem that was found in it.

# %%
from pkimm_analytics.loaders import find_sources, load

(source,) = find_sources(str(workbook))
(loaded,) = load(source)
loaded.assessment.source.kind, len(loaded.assessment.answers), loaded.problems

# %% [markdown]
# Nothing of the answers was lost on the way through the workbook.

# %%
print(loaded.assessment.answers == invented.answers)

# %% [markdown]
# ## What cannot be read is said
#
# A level that is no level is left out and named with its place; the other answers are read.

# %%
from openpyxl import load_workbook

book = load_workbook(workbook)
sheet = book["Answers"]

# %%
(column,) = (cell.column for cell in sheet[1] if cell.value == "level")
place = next(cell for (cell,) in sheet.iter_rows(2, min_col=column, max_col=column) if cell.value)
place.value = "three"
book.save(FOLDER / "damaged.xlsx")

# %%
(source,) = find_sources(str(FOLDER / "damaged.xlsx"))
(damaged,) = load(source)
[str(problem) for problem in damaged.problems]

# %% [markdown]
# ## Keep it
#
# A workspace keeps assessments as JSON documents, one file each.
# What could not be read wholly is kept as it was, with the reasons, in `quarantine/`.

# %%
from pkimm_analytics.workspace import Workspace

workspace = Workspace(FOLDER / "workspace")
report = workspace.import_sources(find_sources(str(FOLDER)))
[(one.source, len(one.written), len(one.problems)) for one in report.imported]

# %%
workspace

# %% [markdown]
# ## What the figures say
#
# The assessment is scored by one formula, whatever the source was.

# %%
from pkimm_analytics.scoring import score

score(loaded.assessment)

# %% [markdown]
# ## What to try next
#
# - Put the path of your own workbook, or a share link, into `find_sources("FILE-OR-LINK")`.
# - Do the same in a terminal: `pkimm score FILE`, then `pkimm import FILE --workspace workspace`.
# - Go on in the questionnaire with what you imported: `03-questionnaire-in-your-notebook`.
