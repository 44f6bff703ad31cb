"""Releases of invented organizations, small enough to be attacked in a few seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pkimm_analytics.disclosure import load_policy, publish
from tests.disclosure.population import PLAN, join, population

CATEGORY = "M.key-management"
SECTORS = ("finance", "public", "industry", *PLAN.codes["sector"])
FAMILIES = ((), ("sector",), ("size",), ("assurance",), ("size", "assurance"))
TIER = {"from": 10, "groups": FAMILIES, "requirements": {"groups": [()], "at_least": 50}}
CATEGORIES = ("G.strategy-and-vision", "G.cryptography", CATEGORY)
SMALL = PLAN.replace(tiers=[TIER], measures={"edition": "2.0.0", "categories": CATEGORIES})
"""A plan of 22 groups: three categories, and two requirements of one of them."""
SMALL.__dict__ |= {  # kept values of the plan, which has either all requirements or none
    "codes": {**PLAN.codes, "sector": tuple(dict.fromkeys(SECTORS))},  # most in the first ones
    "requirements": tuple(r for r in PLAN.requirements if r.startswith(f"{CATEGORY}."))[:2],
}


def organizations(n: int, seed: int, quarter: str) -> dict[str, Any]:
    """Draw contributions with levels of the requirements too."""
    columns = population(n, seed, plan=SMALL, quarter=quarter)
    draw = np.random.default_rng(seed)
    for key in SMALL.requirements:
        near = columns[CATEGORY] + draw.integers(-1, 2, n)
        columns[key] = np.clip(near, 1, 5).astype(np.int8)
    return columns


def two_releases(folder: Path) -> Path:
    """Publish two quarters of the same series; returns the folder of the releases."""
    first = organizations(110, 1, "2026Q1")
    both = join(first, organizations(40, 2, "2026Q2"))
    for quarter, columns in (("2026Q2", first), ("2026Q3", both)):
        publish(
            pa.table({**columns, "synthetic": [True] * len(columns["org"])}),
            out=folder / "releases",
            private=folder / "private",
            quarter=quarter,
            policy=load_policy(),
            plan=SMALL,
        )
    return folder / "releases"
