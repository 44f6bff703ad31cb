"""
The audit of one release: how its time and memory grow with the finest table.

Each release has a table for each dimension and a finest one of more and more groups, all
that are large enough published. Each audit runs in a process of its own, against the
truth behind it (all attacks on tables, linear programs too). With few contributors to a
group more of them are withheld, and there is more to attack.

Measured on two cores, 17 measures and 20 contributors to a group: 1.7 s of processor time
and 61 MB for 30 groups, 18 s and 89 MB for 150, 170 s and 175 MB for 450, 770 s and 512 MB
for 900. Both cores were used; 900 groups took 7 minutes and 40 seconds beside another job.

Run it: python benchmarks/audit.py [--groups 30 150 450 900] [--contributors 20] [--measures 17]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import time
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from pkimm_analytics.audit import Truth, attack_release
from pkimm_analytics.disclosure import load_plan, load_policy
from pkimm_analytics.disclosure.plan import Measures, Plan, Tier
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.disclosure.table import printed_rows, table_columns
from pkimm_analytics.release import Release
from pkimm_analytics.tables import DIMENSIONS

POLICY = load_policy()


def plan_of(n_groups: int, n_measures: int) -> tuple[Plan, Tier, tuple[str, ...]]:
    """Return a plan with a finest table of so many groups, and the dimensions of that."""
    plan = load_plan()
    finest = next(
        dimensions
        for size in range(1, 1 + len(DIMENSIONS))
        for dimensions in combinations(DIMENSIONS[:5], size)
        if prod(len(plan.codes[d]) for d in dimensions) == n_groups
    )
    groups = ((), *((d,) for d in finest), finest)  # of more dimensions than a plan may have
    tier = Tier.model_construct(start=10, groups=groups, requirements=plan.tiers[0].requirements)
    measures = Measures(edition="2.0.0", categories=plan.categories[: n_measures - 1])
    settings = {"version": 1, "editions": plan.editions, "measures": measures, "tiers": (tier,)}
    return Plan.model_construct(**settings), tier, finest


def invented(plan: Plan, n: int) -> dict[str, Any]:
    """Draw profiles of skewed codes and levels that go together."""
    rng = np.random.default_rng(n)
    columns: dict[str, Any] = {}
    for dimension in DIMENSIONS:
        codes = np.array(plan.codes[dimension], object)
        weights = 1 / np.arange(1.0, len(codes) + 1) ** 0.6
        columns[dimension] = rng.choice(codes, n, p=weights / weights.sum())
    factor = rng.normal(0, 0.7, n)
    for measure in (*plan.categories, "overall"):
        latent = 2.9 + factor + rng.normal(0, 0.6, n)
        columns[measure] = np.clip(np.floor(latent + 0.5), 1, 5).astype(np.int8)
    return columns


def release_and_truth(plan: Plan, tier: Tier, columns: dict[str, Any]) -> tuple[Release, Truth]:
    """Print all groups that are large enough, and keep what is behind them."""
    n = len(columns["sector"])
    rows = {}
    for family in tier.families:
        for group in plan.groups(tier, family):
            inside = np.ones(n, bool)
            for dimension, code in zip(DIMENSIONS, group, strict=True):
                inside &= (columns[dimension] == code) if code != "*" else True
            counts = {
                m: np.bincount(columns[m][inside], minlength=6)[1:]
                for m in (*plan.categories, "overall")
            }
            large = inside.sum() >= POLICY.threshold
            printed = {m: print_shares(c, POLICY) for m, c in counts.items()} if large else {}
            rows |= {
                (group, measure): printed_rows(figures, POLICY, "2026Q3")
                for measure, figures in printed.items()
                if figures is not None
            }
    table = table_columns(plan, tier, rows)
    truth = Truth(
        parent=np.array([f"parent-{i}" for i in range(n)], object),
        dimensions={dimension: columns[dimension] for dimension in DIMENSIONS},
        levels={m: columns[m] for m in (*plan.categories, "overall")},
        assessor=np.full(n, None, object),
    )
    return Release.from_columns("benchmark", table), truth


def measured(n_groups: int, n_contributors: int, n_measures: int, answer: Any) -> None:
    """Audit one release; tell seconds of processor time and megabytes at most."""
    plan, tier, finest = plan_of(n_groups, n_measures)
    release, truth = release_and_truth(plan, tier, invented(plan, n_groups * n_contributors))
    withheld = sum(cell.withheld for cell in release.cells.values()) / len(release.cells)
    before = time.process_time()
    n_findings = len(attack_release(release, truth=truth))
    spent = time.process_time() - before
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    answer.send(json.dumps(["x".join(finest), withheld, n_findings, spent, peak]))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, nargs="+", default=[30, 150, 450, 900])
    parser.add_argument("--contributors", type=int, default=20, help="for each group, on average")
    parser.add_argument("--measures", type=int, default=17)
    chosen = parser.parse_args()
    print("| finest table | groups | cells withheld | findings | CPU | to the first | peak |")
    print("|---|---|---|---|---|---|---|")
    first = None
    for n_groups in chosen.groups:
        here, there = multiprocessing.Pipe()
        arguments = (n_groups, chosen.contributors, chosen.measures, there)
        process = multiprocessing.get_context("spawn").Process(target=measured, args=arguments)
        process.start()
        name, withheld, n_findings, spent, peak = json.loads(here.recv())
        process.join()
        first = first or spent
        cells = f"{withheld:.0%} | {n_findings} | {spent:.1f} s | {spent / first:.1f} x"
        print(f"| {name} | {n_groups} | {cells} | {peak:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
