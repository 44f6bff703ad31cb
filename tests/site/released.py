"""Releases of invented organizations, and sites that are made of them, for tests."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pkimm_analytics.disclosure import load_policy, publish, read_contributions
from pkimm_analytics.synthetic import simulate
from tests.disclosure.population import FEW, PLAN, join, population


def few_releases(folder: Path, n: int = 60) -> Path:
    """
    Publish two quarters of `n` organizations and three categories; quick.
    """
    first = population(n, 1, plan=FEW, quarter="2026Q1")
    second = join(first, population(n // 2, 2, plan=FEW, quarter="2026Q2"))
    for quarter, columns in (("2026Q2", first), ("2026Q3", second)):
        publish(
            pa.table({**columns, "synthetic": [True] * len(columns["org"])}),
            out=folder / "releases",
            private=folder / "private",
            quarter=quarter,
            policy=load_policy(),
            plan=FEW,
        )
    return folder / "releases"


def sample_releases(folder: Path, *, organizations: int = 140, quarters: int = 2) -> Path:
    """
    Publish the newest quarters of a simulation with the shipped plan.
    """
    truth = folder / "truth.parquet"
    pq.write_table(pa.table(dict(simulate(organizations=organizations, seed=3).truth)), truth)
    table = read_contributions(truth, PLAN)
    for quarter in ("2026Q1", "2026Q2", "2026Q3")[-quarters:]:
        publish(
            table,
            out=folder / "releases",
            private=folder / "private",
            quarter=quarter,
            policy=load_policy(),
            plan=PLAN,
        )
    return folder / "releases"
