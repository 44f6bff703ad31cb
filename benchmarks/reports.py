"""
Reports: one detailed report in each format, and how time grows up to a portfolio of 100.

Run it: python benchmarks/reports.py [--rounds 3] [--most 100] [--formats html md docx pdf]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from sidebyside import compare

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.progress.portfolio import portfolio_table
from pkimm_analytics.reports import FORMATS, build, render
from pkimm_analytics.synthetic import sample_history, simulate


def full_assessments(n: int) -> list[Assessment]:
    """Invent full assessments until there are enough."""
    found: list[Assessment] = []
    seed = 1
    while len(found) < n:
        simulated = simulate(organizations=4 * n, seed=seed).assessments
        found += [one for one in simulated if one.mode is Mode.FULL]
        seed += 1
    return found[:n]


def write_all(assessments: Sequence[Assessment], form: str) -> int:
    """Write a detailed report of each; bytes in all."""
    return sum(len(render(build("detailed", one), form)) for one in assessments)


def main() -> None:
    """Measure one report in each format, then 1, 10 and 100 of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=100)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=["html", "md", "docx"])
    arguments = parser.parse_args()
    now, before = sample_history(7)[4], sample_history(7)[3]

    def detailed(form: str) -> bytes:
        return render(build("detailed", now, previous=before), form)

    assert detailed("html") == detailed("html")
    print("One detailed report with the comparison")
    variants = {"canonical JSON of the assessment": now.dumps}
    variants |= {form: (lambda form=form: detailed(form)) for form in FORMATS}
    compare(variants, reference="canonical JSON of the assessment", rounds=arguments.rounds)

    assessments = full_assessments(arguments.most)
    sizes = [n for n in (1, 10, 100, 1000) if n <= arguments.most]
    print(f"\nA portfolio: seconds for {sizes} detailed reports, and per report")
    for form in arguments.formats:
        cells = []
        for n in sizes:
            started = time.perf_counter()
            write_all(assessments[:n], form)
            taken = time.perf_counter() - started
            cells.append(f"{n}: {taken:.2f} s ({taken / n:.3f})")
        print(f"{form:5} " + "   ".join(cells))
    started = time.perf_counter()
    rows = len(portfolio_table(assessments))
    print(f"portfolio table of {rows} use cases: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
