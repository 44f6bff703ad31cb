"""
Invented contributions for analyses: independent scores, to plant a truth into.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkimm_analytics.analyses import in_preference
from pkimm_analytics.benchmark.evidence import PSEUDONYMS
from pkimm_analytics.collection.measures import scored_measures
from pkimm_analytics.model.shipped import shipped_model

EDITION = "2.0.0"
CATEGORIES = tuple(shipped_model(EDITION).categories)
WEIGHTS = np.array([c.weight for c in shipped_model(EDITION).categories.values()], float)


def category_scores(rng, n, common=0.0):
    """Scores of `n` organizations, independent of each other but for a common part."""
    maturity = rng.normal(0, 1, (n, 1))
    noise = rng.normal(0, 1, (n, len(CATEGORIES)))
    mixed = np.sqrt(common) * maturity + np.sqrt(1 - common) * noise
    return np.clip(3 + 0.7 * mixed, 1, 5)


def rows(scores, first=0, **profile):
    """Rows of one edition with scores of its categories; what is not given is the same for all."""
    n = len(scores)
    frame = pd.DataFrame({name: [f"{name}{first + i}" for i in range(n)] for name in PSEUDONYMS})
    frame["contribution"] = [f"{profile}{first + i}" for i in range(n)]
    plain = {"sector": "finance", "size": "5000+", "region": "europe", "role": "internal"}
    plain |= {"assurance": "formal", "edition": EDITION, "mode": "full", "quarter": "2026Q2"}
    for name, value in (plain | profile).items():
        frame[name] = value
    found = {name: np.full(n, np.nan) for name in scored_measures()}
    found |= dict(zip(CATEGORIES, scores.T, strict=True))
    found["overall"] = scores @ WEIGHTS / WEIGHTS.sum()
    for module in "GMOR":
        inside = [name.startswith(f"{module}.") for name in CATEGORIES]
        found[module] = scores[:, inside].mean(axis=1)
    return pd.concat([frame, pd.DataFrame(found)], axis=1)


def evidence(*frames) -> pd.DataFrame:
    """Evidence of all rows."""
    return in_preference(pd.concat(frames, ignore_index=True))
