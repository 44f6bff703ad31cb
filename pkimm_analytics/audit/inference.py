"""
Attacks by arithmetic on the figures of one group: T6, T7, T12.

A mean of 2.917 cannot come from ten whole numbers, so a precise figure tells how many
there were. A standard deviation beside an interval does, too. Counts blurred one by one
are many blurred copies of the same number: their average is sharp. And an assessor knows
the records of all its customers, every participant its own: what is left after taking
out what they know must not be exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import Floats, counts_of
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth, Vintage
from pkimm_analytics.release import LEVEL_BOUNDS, Cell, Group, Interval

_MOST_CANDIDATES = 100_000
_Z95 = 1.959964
_LEAST_COPIES = 8
"""Blurred copies of a number whose average is of use."""


def possible_numbers(one: Vintage) -> Iterator[Finding]:
    """T6: printed figures that only one number of contributors in its band can have."""
    for group in one.release.all_groups:
        cells = {m: one.release.cells.get((group, m)) for m in one.release.measures}
        printed = {
            m: cell for m, cell in cells.items() if cell and not (cell.withheld or cell.n.is_exact)
        }
        for measure, cell in printed.items():
            n = _by_deviation(cell)
            if n is not None and _is_right(one.truth, group, [measure], n):
                learned = f"{n} contributors, by deviation and error"
                yield Finding("T6", learned, (group,), measure)
        together = _fitting(list(printed.values()))
        if len(together) == 1 and _is_right(one.truth, group, list(printed), int(together[0])):
            learned = f"only {together[0]:g} contributors can have these figures"
            yield Finding("T6", learned, (group,))


def _fitting(cells: list[Cell]) -> Floats:
    """Numbers of contributors inside the band of all measures that are possible for each."""
    bands = {(cell.n.low, cell.n.high) for cell in cells}
    low, high = bands.pop() if len(bands) == 1 else (0.0, 0.0)
    if not 0 < high - low < _MOST_CANDIDATES:
        return np.zeros(0)
    numbers = np.arange(max(1, low), high + 1)
    for cell in cells:
        intervals = [cell.share(level) for level in LEVEL_BOUNDS]
        if "mean" in cell.figures:
            mean, step = cell.figures["mean"]
            intervals.append(Interval(mean - step / 2, mean + step / 2))
        for interval in intervals:
            least, most = interval.counts(numbers)
            numbers = numbers[least <= most]
    return numbers


def _by_deviation(cell: Cell) -> int | None:
    """Use that n is the square of standard deviation over standard error."""
    deviation, width = cell.figures.get("std", (0.0, 0.0))
    error, step = cell.figures.get("se", (0.0, 0.0))
    if "se" not in cell.figures and {"ci_low", "ci_high"} <= set(cell.figures):
        (low, step), (high, _) = cell.figures["ci_low"], cell.figures["ci_high"]
        error, step = (high - low) / 2 / _Z95, step / _Z95
    if min(error, deviation) <= 0:
        return None
    fewest = ((deviation - width / 2) / (error + step / 2)) ** 2
    most = ((deviation + width / 2) / max(1e-9, error - step / 2)) ** 2
    first = max(math.ceil(fewest - 1e-6), int(cell.n.low))
    last = min(math.floor(most + 1e-6), int(min(cell.n.high, 1e9)))
    return first if first == last else None


def _is_right(truth: Truth | None, group: Group, measures: list[str], n: int) -> bool:
    return truth is None or any(truth.n(group, measure) == n for measure in measures)


def averages(one: Vintage) -> Iterator[Finding]:
    """T7: the average of many blurred totals gives the number of contributors."""
    for group in one.release.all_groups:
        cells = (one.release.cells.get((group, m)) for m in one.release.measures)
        counts = [cell.level_counts for cell in cells if cell and cell.level_counts is not None]
        if len(counts) < _LEAST_COPIES or not any(np.any(steps > 1) for _, steps in counts):
            continue
        totals = [values.sum() for values, _ in counts]
        n, error = round(float(np.mean(totals))), float(np.std(totals) / math.sqrt(len(totals)))
        if error <= 1 and _is_right(one.truth, group, list(one.release.measures), n):
            learned = f"{n} contributors, give or take {2 * error:.1f}, by averaging"
            yield Finding("T7", learned, (group,))


# --- T12: what is left for those who took part ----------------------------------------------


def coalitions(one: Vintage) -> Iterator[Finding]:
    """T12: what assessors, and participants on their own, learn about the others."""
    for group, measure, cell in one.printed():
        if measure in one.records.levels:
            learned = _about_others(cell, *_known_records(one.records, group, measure))
            if learned:
                yield Finding("T12", learned, (group,), measure)


def _known_records(
    truth: Truth, group: Group, measure: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Contributors at levels 1 to 5, of the whole group and of each who knows some of them."""
    rows = truth.members(group)
    levels = np.maximum(truth.levels[measure][rows], 0).astype(np.int64)
    rows, levels = rows[levels > 0], levels[levels > 0]
    every = np.bincount(levels, minlength=6)[1:6]
    alone = np.eye(5, dtype=np.int64)[every > 0]
    assessors = truth.assessor_codes[rows]
    named = assessors >= 0
    counts = np.bincount(assessors[named] * 5 + levels[named] - 1)
    counts = np.pad(counts, (0, -len(counts) % 5)).reshape(-1, 5)
    return every, np.concatenate([alone, counts[counts.any(axis=1)]])


def _about_others(cell: Cell, every: NDArray[np.int64], known: NDArray[np.int64]) -> str:
    """Say what is exact about the others for the first who learns something."""
    n = int(every.sum())
    low, high = counts_of(cell, n)
    known_at_least = np.cumsum(known[:, ::-1], axis=1)[:, ::-1][:, 1:]
    rest = n - known.sum(axis=1)[:, None]
    rest_low = np.maximum(low - known_at_least, 0)
    rest_high = np.minimum(high - known_at_least, rest)
    for who, level in np.argwhere((rest_low == rest_high) & (rest > 0)):
        return (
            f"who knows {known[who].sum()} of {n} learns that {rest_low[who, level]:.0f}"
            f" of the others reach level {LEVEL_BOUNDS[level]}"
        )
    return ""
