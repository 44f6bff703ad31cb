"""
How much a first release tells, by the number of contributors.

Collections are invented, 20 of each size, and published as ever, attacks included; from
600 contributors on without linear programs, which find nothing there. The table of
``docs/guide/disclosure.md`` is what this prints.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pkimm_analytics.audit import suite
from pkimm_analytics.disclosure import load_plan, load_policy, make_release, read_records
from pkimm_analytics.disclosure.records import truth_of
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.organization import broader_codes
from pkimm_analytics.synthetic import simulate
from pkimm_analytics.tables import DIMENSIONS, OVERALL

PLAN, POLICY, QUARTER = load_plan(), load_policy(), "2026Q3"
SIZES = (20, 30, 45, 60, 100, 180, 600, 1200, 5000)
COLUMNS = ("sector", "size", "region", "size or region", "a pair", "figures", "share off by")


def contributors(n: int, seed: int) -> Any:
    """Invent contributions of so many parents that are neither too old nor too young."""
    found = simulate(organizations=round(1.3 * n) + 10, seed=seed).truth
    table = pa.table({k: pa.array(v) for k, v in found.items()})
    recent = table.filter(pc.is_in(table["quarter"], pa.array(["2026Q1", "2026Q2"])))
    parents = pc.unique(recent["parent"]).slice(0, n)
    return table.filter(pc.is_in(table["parent"], parents))


def told(table: Any) -> list[float]:
    """Return parts of the contributors who find groups of theirs, and how good figures are."""
    records = read_records(table, PLAN, POLICY, QUARTER)
    release = make_release(records, quarter=QUARTER, policy=POLICY, plan=PLAN).published
    truth = truth_of(records.table(PLAN))
    shown = {
        g for (g, measure), c in release.cells.items() if measure == OVERALL and not c.withheld
    }
    rows = truth.members(("*",) * 6)
    finds = {d: np.zeros(len(rows), bool) for d in (*DIMENSIONS[:3], "pair")}
    for place, row in enumerate(rows):
        profile = [truth.dimensions[d][row] for d in DIMENSIONS]
        names = [
            broader_codes(d, code) | {code} for d, code in zip(DIMENSIONS, profile, strict=True)
        ]
        for group in shown:
            used = [d for d, code in zip(DIMENSIONS, group, strict=True) if code != "*"]
            if all(code in own for code, own in zip(group, names, strict=True)):
                if len(used) == 1 and used[0] in finds:
                    finds[used[0]][place] = True
                if set(used) in [set(p) for p in combinations(DIMENSIONS[:3], 2)]:
                    finds["pair"][place] = True
    errors = []
    for (group, measure), cell in release.cells.items():
        for level in cell.shares:
            counts = truth.level_counts(group, measure)
            real = counts[level - 1 :].sum() / counts.sum()
            printed = next(r[1] for r in cell.rows if r[0] == f"share_ge:{level}")
            errors.append(abs(printed - real))
    cells = [c for (_, measure), c in release.cells.items() if measure.count(".") < 2]
    either = (finds["size"] | finds["region"]).mean()
    means = [finds[d].mean() for d in DIMENSIONS[:3]]
    return [
        *means,
        either,
        finds["pair"].mean(),
        np.mean([not c.withheld for c in cells]),
        np.mean(errors),
    ]


def main() -> None:
    """Print a row of means for each number of contributors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contributors", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seeds", type=int, default=20)
    chosen = parser.parse_args()
    print("| contributors | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for n in chosen.contributors:
        if n >= 600:
            suite.ON_TABLES["T5"] = suite.QUICKLY["T5"]
            suite.WITH_TRUTH["T11"] = suite.QUICKLY["T11"]
        rows, refused = [], 0
        for seed in range(chosen.seeds):
            try:
                rows.append(told(contributors(n, seed)))
            except DisclosureError:
                refused += 1
        means = np.mean(rows, axis=0)
        cells = [f"{100 * m:.0f}%" for m in means[:-1]] + [f"{100 * means[-1]:.1f} points"]
        note = f" ({refused} refused)" if refused else ""
        print(f"| {n:,}{note} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
