# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   title: Publishing
# ---

# %% [markdown]
# # Publishing
#
# From contributions to a release, and from a release to a site that needs no server.
# The organizations below are invented, and everything happens in a temporary folder.

# %%
ORGANIZATIONS = 40
SEED = 7
QUARTER = "2026Q3"

# %% [markdown]
# ## Contributions
#
# A simulation stands in for a collection; `05-many-organizations` and the guide
# `docs/guide/contribute.md` show where real ones come from.

# %%
import tempfile
from pathlib import Path

from pkimm_analytics.synthetic import simulate, write_simulation

place = Path(tempfile.mkdtemp(prefix="pkimm-publishing-"))
write_simulation(simulate(organizations=ORGANIZATIONS, seed=SEED), place / "simulation")

# %% [markdown]
# ## A release
#
# Only shares of groups of ten or more organizations pass, and only after attacks on them
# found nothing.
# The private state stays beside the collection.

# %%
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, publish

plan, policy = load_plan(), load_policy()
contributions = open_contributions(place / "simulation")
rules = {"policy": policy, "plan": plan, "quarter": QUARTER}
release = publish(contributions, out=place / "releases", private=place / "private", **rules)
release.release

# %% [markdown]
# What it says about all organizations, with intervals that hold for every number in the band:

# %%
from pkimm_analytics.benchmark import open_release

bench = open_release(release.folder)
columns = ["name", "n", "at_least_3", "at_least_3_low", "at_least_3_high", "median"]
bench.figures()[columns].head(6)

# %% [markdown]
# Which groups are published, and which are withheld:

# %%
bench.cohorts().head(8)

# %% [markdown]
# ## The site
#
# The releases are verified, the pages are made and attacked, and only then put in place.
# The same releases give the same bytes.

# %%
from pkimm_analytics.site import publish_site

site = publish_site([place / "releases"], place / "site")
print(f"{site.n_files} files, {site.n_bytes:,} bytes, manifest {site.digest[:16]}…")

# %% [markdown]
# Open `index.html` of this folder in a browser; it needs no network.

# %%
sorted(path.name for path in site.folder.iterdir())

# %%
again = publish_site([place / "releases"], place / "site")
again.is_new, again.digest == site.digest

# %% [markdown]
# ## What to try next
#
# - Raise `ORGANIZATIONS` to 120 and see which groups appear.
# - Paste a share link of the official web tool into the page, or drop what
#   `pkimm export FILE --to json` made of a workbook, and compare it with what
#   `pkimm benchmark FILE --release RELEASE` prints.
# - Change a byte in the release folder and publish again: it is refused.
# - Publish your own releases: `pkimm publish --release RELEASES --out SITE`; the guide
#   `docs/guide/publish.md` says how to host and embed the folder.
