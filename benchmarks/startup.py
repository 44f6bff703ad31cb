"""
Start of a command: its CPU time beside that of importing the libraries it cannot do without.

`pkimm --version` is compared with `import typer, rich`, `pkimm score FILE` with
`import pandas, pyarrow`. Programs of one round run one after the other, in shuffled
order; a ratio is the median over the rounds.

Run it: python benchmarks/startup.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "data/samples/self-assessment.csv"
PKIMM = [sys.executable, "-m", "pkimm_analytics"]
BESIDE_COMMANDS = [sys.executable, "-c", "import typer, rich"]
BESIDE_DATA = [sys.executable, "-c", "import pandas, pyarrow"]
CASES = {
    "--version": ([*PKIMM, "--version"], BESIDE_COMMANDS, 3.0),
    "--help": ([*PKIMM, "--help"], BESIDE_COMMANDS, None),
    "score FILE": ([*PKIMM, "score", str(SAMPLE)], BESIDE_DATA, 1.5),
    "score FILE --json": ([*PKIMM, "score", str(SAMPLE), "--json"], BESIDE_DATA, 1.5),
}


def cpu_seconds(command: list[str]) -> float:
    """CPU time of a program and what it started, in seconds."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def ratios(ours: list[str], theirs: list[str], rounds: int) -> list[float]:
    """Ratio of our CPU time to theirs in each round, after one round that warms the disk."""
    measured = []
    for place in range(rounds + 1):
        pair = [("ours", ours), ("theirs", theirs)]
        random.shuffle(pair)
        taken = {name: cpu_seconds(command) for name, command in pair}
        if place:
            measured.append(taken["ours"] / taken["theirs"])
    return measured


def main() -> int:
    """Print the ratios and return how many are above their limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    above = 0
    print("| pkimm | CPU beside | ratio, median | fastest to slowest | at most |")
    print("|---|---|---|---|---|")
    for name, (ours, theirs, limit) in CASES.items():
        found = ratios(ours, theirs, rounds)
        middle = statistics.median(found)
        above += limit is not None and middle > limit
        span = f"{min(found):.2f} to {max(found):.2f}"
        beside = f"`{theirs[-1]}`"
        print(f"| {name} | {beside} | {middle:.2f} | {span} | {limit or '-'} |", flush=True)
    return above


if __name__ == "__main__":
    raise SystemExit(main())
