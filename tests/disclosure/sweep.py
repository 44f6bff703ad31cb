"""
Many generated collections, each published for several quarters, and attacked.

Half of the populations have something odd: a sector of one level, an assessor who
knows most of a sector, parents with many members, profiles that are not stated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pkimm_analytics.disclosure import load_policy, make_release
from pkimm_analytics.disclosure.plan import published_code
from pkimm_analytics.errors import DisclosureError
from tests.disclosure.attacker import DIMENSIONS, Facts, attack, attack_series
from tests.disclosure.population import population, rows, with_categories

QUARTERS = ("2026Q3", "2026Q4", "2027Q1")
ODD = ("plain", "one level", "assessor", "parents", "not stated", "plain")


def invented(n: int, seed: int, plan: Any) -> dict[str, Any]:
    """Return contributions of `n` organizations over a year, with something odd or not."""
    rng = np.random.default_rng(seed)
    columns = population(n, seed, plan=plan)
    columns["quarter"] = rng.choice(
        ["2026Q1", "2026Q2", "2026Q3", "2026Q4"], n, p=[0.5, 0.3, 0.12, 0.08]
    ).astype(object)
    odd = ODD[seed % len(ODD)]
    sector = columns["sector"] == rng.choice(columns["sector"])
    if odd == "one level":
        for measure in (*plan.categories, "overall"):
            columns[measure][sector] = 1 + seed % 5
    elif odd == "assessor":
        columns["assessor"][sector & (rng.random(n) < 0.7)] = "assessor-of-a-sector"
    elif odd == "parents":
        of_many = rng.random(n) < 0.2
        columns["parent"][of_many] = "parent-of-many"
        for name in columns.keys() - {"org", "parent"}:  # so that all its records are alike
            columns[name][of_many] = columns[name][0]
    elif odd == "not stated":
        columns["sector"][rng.random(n) < 0.1] = None
        columns["region"][rng.random(n) < 0.1] = "prefer-not-to-say"
        columns["overall"][rng.random(n) < 0.2] = 0
    return columns


def frame_of(columns: dict[str, Any], plan: Any) -> pd.DataFrame:
    """Return the same with published codes, as the attacker takes it."""
    frame = pd.DataFrame(columns)
    for dimension in DIMENSIONS:
        codes = {v: published_code(plan, dimension, v) for v in set(columns[dimension])}
        frame[dimension] = [codes[v] or "?" for v in columns[dimension]]
    return frame


def reassessed(columns: dict[str, Any], quarter: str, rng: Any, plan: Any) -> dict[str, Any]:
    """Return the contributions and new assessments of a few of the organizations."""
    n = len(columns["org"])
    chosen = (rng.random(n) < 0.08) & (columns["parent"] != "parent-of-many")
    chosen &= columns["quarter"] < quarter  # two of one quarter would be a matter of taste
    last = n - 1 - np.unique(columns["org"][::-1], return_index=True)[1]
    again = rows(columns, np.intersect1d(np.flatnonzero(chosen), last))
    again["quarter"] = np.full(len(again["org"]), quarter, object)
    for measure in (*plan.categories, "overall"):
        moved = again[measure] + rng.integers(0, 2, len(again["org"]))
        again[measure] = np.clip(moved, 1, 5).astype(np.int8)
    return {name: np.concatenate([columns[name], again[name]]) for name in columns}


def one_collection(n: int, seed: int, n_categories: int = 3) -> tuple[int, list[str]]:
    """Publish a collection of `n` organizations for three quarters; releases and findings."""
    plan, policy, rng = with_categories(n_categories), load_policy(), np.random.default_rng(seed)
    columns, series, history = invented(n, seed, plan), [], []
    found: list[str] = []
    for quarter in QUARTERS:
        try:
            made = make_release(columns, quarter=quarter, policy=policy, plan=plan, history=history)
        except DisclosureError:
            continue
        history.append(made.publication())
        facts = Facts(frame_of(columns, plan), quarter)
        found += attack(dict(made.columns), facts, quarter)
        series.append((dict(made.columns), facts, quarter))
        columns = reassessed(columns, quarter, rng, plan)
        keep = rng.random(len(columns["org"])) > 0.02  # some withdraw
        columns = rows(columns, keep)
    return len(series), [*found, *attack_series(series)]
