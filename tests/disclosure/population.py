"""Invented organizations for tests: one latent maturity each, coarse profiles, skewed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pkimm_analytics.audit import Truth
from pkimm_analytics.disclosure import Plan, load_plan
from pkimm_analytics.disclosure.plan import published_code
from pkimm_analytics.synthetic import Simulation
from pkimm_analytics.tables import DIMENSIONS

PLAN = load_plan()


def with_categories(n: int) -> Plan:
    """Return the shipped plan with its first categories, so that tests are quick."""
    return PLAN.replace(measures={"edition": "2.0.0", "categories": PLAN.categories[:n]})


FEW = with_categories(3)
"""The shipped plan with three categories, so that tests are quick."""


def population(n: int, seed: int, *, plan: Plan = PLAN, quarter: str = "2026Q1") -> dict[str, Any]:
    """
    Draw contributions of `n` organizations, each its own parent, in leaf codes' groups.

    Maturity is one normal factor, and so are the levels given it; sectors are skewed.
    """
    rng = np.random.default_rng(seed)
    sectors, sizes, regions = (plan.codes[d] for d in ("sector", "size", "region"))
    weights = 1 / np.arange(1.0, len(sectors) + 1) ** 0.6
    sector = rng.choice(sectors, n, p=weights / weights.sum())
    factor = rng.normal(0, 0.7, n)
    columns: dict[str, Any] = {
        "org": np.array([f"organization-{seed}-{i:07d}" for i in range(n)], object),
        "parent": np.array([f"parent-{seed}-{i:07d}" for i in range(n)], object),
        "assessor": np.where(
            rng.random(n) < 0.3, np.array([f"assessor-{i % 7:04d}" for i in range(n)], object), None
        ),
        "sector": sector.astype(object),
        "size": rng.choice(sizes, n, p=[0.3, 0.45, 0.25]).astype(object),
        "region": rng.choice(regions, n, p=[0.06, 0.25, 0.16, 0.45, 0.08]).astype(object),
        "role": rng.choice(plan.codes["role"], n, p=[0.6, 0.25, 0.15]).astype(object),
        "assurance": rng.choice(["self", "formal", "third-party"], n, p=[0.6, 0.25, 0.15]).astype(
            object
        ),
        "edition": rng.choice(plan.codes["edition"], n).astype(object),
        "quarter": np.full(n, quarter, object),
    }
    for measure in (*plan.categories, "overall"):
        latent = 2.9 + factor + rng.normal(0, 0.6, n) + rng.normal(0, 0.6)
        columns[measure] = np.clip(np.floor(latent + 0.5), 1, 5).astype(np.int8)
    return columns


def truth_table(simulation: Simulation, plan: Plan = PLAN) -> Any:
    """Truth of a simulation as a release reads it."""
    columns = {k: pa.array(v) for k, v in simulation.truth.items()}
    return pa.table(columns | {"synthetic": pa.array([True] * len(simulation.truth["org"]))})


def rows(columns: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """Take some of the contributions."""
    return {name: values[chosen] for name, values in columns.items()}


def join(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Put contributions behind each other."""
    return {name: np.concatenate([one[name], other[name]]) for name in one}


def truth_of(columns: dict[str, Any], plan: Plan = PLAN) -> Truth:
    """What an auditor knows: all of it."""
    dimensions = {}
    for dimension in DIMENSIONS:
        codes = [published_code(plan, dimension, v) for v in columns[dimension]]
        dimensions[dimension] = np.array([*codes, None], object)[:-1]
    measures = [m for m in plan.all_measures if m in columns]
    return Truth(
        parent=columns["parent"],
        dimensions=dimensions,
        levels={m: columns[m] for m in measures},
        assessor=columns["assessor"],
    )
