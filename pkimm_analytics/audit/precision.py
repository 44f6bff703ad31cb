"""
Attacks on precision: T6 and T7.

A mean of 2.917 cannot come from ten whole numbers, so a precise figure tells how many
there were. A standard deviation beside an interval does, too. And counts blurred one
by one are many blurred copies of the same number: their average is sharp.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.release import Cell, Group, Interval, Release

_MOST_CANDIDATES = 100_000
_Z95 = 1.959964


def possible_numbers(release: Release, truth: Truth | None = None) -> list[Finding]:
    """T6: printed figures that only one number of contributors in its band can have."""
    found = []
    for group in release.all_groups:
        cells = [
            (m, release.cells[group, m]) for m in release.measures if (group, m) in release.cells
        ]
        cells = [(m, cell) for m, cell in cells if not cell.withheld and not cell.n.is_exact]
        for measure, cell in cells:
            found += _by_interval(group, measure, cell, truth)
        together = _grim(cells)
        if (
            together is not None
            and len(together) == 1
            and _is_right(truth, group, [m for m, _ in cells], float(together[0]))
        ):
            learned = f"only {together[0]:g} contributors can have these figures"
            found.append(Finding("T6", learned, (group,)))
    return found


def _grim(cells: list[tuple[str, Cell]]) -> NDArray[np.float64] | None:
    """Numbers of contributors inside the band that are possible for all measures."""
    bands = {(cell.n.low, cell.n.high) for _, cell in cells}
    if len(bands) != 1:
        return None
    low, high = bands.pop()
    if not high - low < _MOST_CANDIDATES or high <= low:
        return None
    candidates = np.arange(max(1, low), high + 1)
    for _, cell in cells:
        for level in (2, 3, 4, 5):
            share = cell.share(level)
            candidates = candidates[_fits(candidates, share)]
        if "mean" in cell.figures:
            mean, step = cell.figures["mean"]
            around = Interval(mean - step / 2, mean + step / 2)
            candidates = candidates[_fits(candidates, around)]
    return candidates


def _fits(n: NDArray[np.float64], interval: Interval) -> NDArray[np.bool_]:
    """Whether a whole number divided by n lies in an interval."""
    least, most = interval.counts(n)
    return np.asarray(least <= most)


def _by_interval(group: Group, measure: str, cell: Cell, truth: Truth | None) -> list[Finding]:
    """Use that n is the square of standard deviation over standard error."""
    error = _standard_error(cell)
    deviation = cell.figures.get("std")
    if error is None or deviation is None or min(error[0], deviation[0]) <= 0:
        return []
    low = ((deviation[0] - deviation[1] / 2) / (error[0] + error[1] / 2)) ** 2
    high = ((deviation[0] + deviation[1] / 2) / max(1e-9, error[0] - error[1] / 2)) ** 2
    first = max(math.ceil(low - 1e-6), int(cell.n.low))
    last = min(math.floor(high + 1e-6), int(min(cell.n.high, 1e9)))
    if first == last and _is_right(truth, group, [measure], first):
        return [Finding("T6", f"{first} contributors, by deviation and error", (group,), measure)]
    return []


def _standard_error(cell: Cell) -> tuple[float, float] | None:
    if "se" in cell.figures:
        return cell.figures["se"]
    if {"ci_low", "ci_high"} <= set(cell.figures):
        (low, step), (high, _) = cell.figures["ci_low"], cell.figures["ci_high"]
        return (high - low) / 2 / _Z95, step / _Z95
    return None


def _is_right(truth: Truth | None, group: Group, measures: list[str], n: float) -> bool:
    return truth is None or any(truth.n(group, measure) == n for measure in measures)


def averages(release: Release, truth: Truth | None = None) -> list[Finding]:
    """T7: the average of many blurred totals gives the number of contributors."""
    found = []
    for group in release.all_groups:
        totals = []
        blurred = False
        for measure in release.measures:
            cell = release.cells.get((group, measure))
            counts = [] if cell is None else [cell.figures.get(f"count:{x}") for x in range(1, 6)]
            if counts and all(c is not None for c in counts):
                totals.append(sum(c[0] for c in counts if c is not None))
                blurred |= any(c[1] > 1 for c in counts if c is not None)
        if len(totals) < 8 or not blurred:
            continue
        estimate, error = float(np.mean(totals)), float(np.std(totals) / math.sqrt(len(totals)))
        n = round(estimate)
        if error <= 1 and _is_right(truth, group, list(release.measures), n):
            learned = f"{n} contributors, give or take {2 * error:.1f}, by averaging"
            found.append(Finding("T7", learned, (group,)))
    return found
