"""
Variants of one task, measured side by side.

Each round runs every variant once, in shuffled order; the ratio of a variant is the
median over the rounds of its CPU time divided by that of the reference in the same
round, because times on a shared machine move and ratios within a round do not.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Variant = Callable[[], Any]


def compare(variants: Mapping[str, Variant], *, reference: str, rounds: int = 7) -> None:
    """Run all variants in turns and print CPU and wall time and the ratio to one of them."""
    shuffled = list(variants)
    for name in shuffled:
        variants[name]()
    cpu: dict[str, list[float]] = {name: [] for name in variants}
    wall: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        random.shuffle(shuffled)
        for name in shuffled:
            started, started_wall = time.process_time(), time.perf_counter()
            variants[name]()
            cpu[name].append(time.process_time() - started)
            wall[name].append(time.perf_counter() - started_wall)
    width = max(map(len, variants))
    print(f"{'variant':{width}}  CPU median  wall median  CPU ratio to {reference} (min-max)")
    for name in variants:
        ratios = [mine / base for mine, base in zip(cpu[name], cpu[reference], strict=True)]
        print(
            f"{name:{width}}  {statistics.median(cpu[name]):9.4f}s"
            f"  {statistics.median(wall[name]):10.4f}s"
            f"  {statistics.median(ratios):8.2f}  ({min(ratios):.2f}-{max(ratios):.2f})"
        )
