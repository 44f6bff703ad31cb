"""
Tables of many assessments: time and memory of reading and scoring, by the command.

Invents wide tables of plain levels as CSV and xlsx, and runs ``pkimm score --json`` on
each in a process of its own.

Measured on two cores that other jobs shared: 50,000 self-assessments in CSV 4.8 s of
processor time and 229 MB, of which 2.6 s are the start of the command, in xlsx 7.8 s and
331 MB; 200,000 in CSV about 16 s and 430 MB, written as they are scored.

Run it: python benchmarks/loading.py [--rows 50000 200000]
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from pkimm_analytics.model import load_model

LEVELS = ("1", "2", "3", "4", "5", "3", "", "N/A")


def wide_table(n: int) -> list[list[str]]:
    """Header and rows of a wide table."""
    keys = [*load_model().categories]
    rng = random.Random(n)  # noqa: S311  # the same table every time
    head = ["assessment", "model_version", "mode", "organization.sector", "period.finish", *keys]
    rows = [
        [f"a-{i}", "2.0.0", "self", "L-finance", f"2026-{1 + i % 12:02}-11"]
        + [rng.choice(LEVELS) for _ in keys]
        for i in range(n)
    ]
    return [head, *rows]


def write_xlsx(path: Path, rows: list[list[str]]) -> None:
    """Write a table as a workbook."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Answers")
    for row in rows:
        sheet.append([int(cell) if cell.isdigit() else cell or None for cell in row])
    book.save(path)


def measure(path: Path) -> str:
    """Score a file; show processor seconds and megabytes."""
    command = [sys.executable, "-m", "pkimm_analytics", "score", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, path
    return f"{usage.ru_utime + usage.ru_stime:6.1f}  {usage.ru_maxrss / 1000:6.0f}"


def main() -> None:
    """Print one line for each table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 200_000])
    print("rows     format  CPU s     MB")
    with tempfile.TemporaryDirectory() as folder:
        for n in parser.parse_args().rows:
            rows = wide_table(n)
            path = Path(folder, "wide.csv")
            with path.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows(rows)
            print(f"{n:<8} csv    {measure(path)}")
            if n <= 50_000:
                path = path.with_suffix(".xlsx")
                write_xlsx(path, rows)
                print(f"{n:<8} xlsx   {measure(path)}")


if __name__ == "__main__":
    main()
