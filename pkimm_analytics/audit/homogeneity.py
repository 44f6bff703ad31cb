"""
Attack T8: a group whose members all have the same level.

If everybody in a published group is at level 2, then so is each of them, however
large the group is. The same goes for all but one, and nearly for nine out of ten.
"""

from __future__ import annotations

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.release import Cell, Release

TOP_SHARE = 0.9
"""Share of one level that counts as the same level for all."""


def homogeneous_groups(release: Release) -> list[Finding]:
    """T8: groups of which rows prove that all, all but one, or 90 % share a level."""
    found = []
    for (group, measure), cell in release.cells.items():
        if not cell.withheld and (learned := _learned(cell)):
            found.append(Finding("T8", learned, (group,), measure))
    return found


def _learned(cell: Cell) -> str:
    low = cell.figures.get("min", cell.figures.get("minimum"))
    high = cell.figures.get("max", cell.figures.get("maximum"))
    if low is not None and high is not None and low[0] == high[0]:
        return f"all are at level {low[0]:g}"
    if cell.figures.get("std", (1.0, 0.0)) == (0.0, 0.0):
        return "all are at the same level"
    mean = cell.figures.get("mean")
    if mean is not None and mean[0] in (1.0, 5.0) and mean[1] == 0:
        return f"all are at level {mean[0]:g}"
    for level in (1, 2, 3, 4, 5):
        share = max(cell.level_share(level).low, _by_counts(cell, level))
        if share >= 1 - 1e-9:
            return f"all are at level {level}"
        if share >= 1 - 1 / max(1.0, cell.n.high) - 1e-9:
            return f"all but one are at level {level}"
        if share >= TOP_SHARE - 1e-9:
            return f"at least {share:.0%} are at level {level}"
    return ""


def _by_counts(cell: Cell, level: int) -> float:
    """Share of a level, from printed exact counts."""
    counts = [cell.figures.get(f"count:{x}") for x in range(1, 6)]
    if any(c is None or c[1] > 0 for c in counts):
        return 0.0
    values = [c[0] for c in counts if c is not None]
    return values[level - 1] / sum(values) if sum(values) else 0.0
