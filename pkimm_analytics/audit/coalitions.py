"""
Attacks by those who took part: T12 and T17b.

An assessor knows the records of all its customers, and every participant knows its
own. Both may also know how many took part. What is left after taking out what they
know must not be exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import counts_of
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.release import Cell, Group, Release

_LEVELS = np.arange(2, 6)


def coalitions(release: Release, truth: Truth) -> list[Finding]:
    """T12: what assessors, and participants on their own, learn about the others."""
    found = []
    for (group, measure), cell in release.cells.items():
        if cell.withheld or measure not in truth.levels:
            continue
        rows = truth.members(group)
        levels = np.maximum(truth.levels[measure][rows], 0)
        known = _known_records(truth, rows[levels > 0], levels[levels > 0])
        found += _others(group, measure, cell, int((levels > 0).sum()), known)
    return found


def _known_records(
    truth: Truth, rows: NDArray[np.intp], levels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Level counts that somebody knows, shape (n_attackers, 5)."""
    alone = np.eye(5, dtype=np.int64)[np.bincount(levels, minlength=6)[1:6] > 0]
    assessors = truth.assessor_codes[rows]
    named = assessors >= 0
    counts = np.bincount(assessors[named] * 5 + levels[named] - 1)
    counts = np.pad(counts, (0, -len(counts) % 5)).reshape(-1, 5)
    return np.concatenate([alone, counts[counts.any(axis=1)]])


def _others(
    group: Group, measure: str, cell: Cell, n: int, known: NDArray[np.int64]
) -> list[Finding]:
    """Bounds on the others' counts, if n is known: exact ones are findings."""
    low, high = counts_of(cell, n)
    known_at_least = np.cumsum(known[:, ::-1], axis=1)[:, ::-1][:, 1:]
    rest = n - known.sum(axis=1)[:, None]
    rest_low = np.maximum(low - known_at_least, 0)
    rest_high = np.minimum(high - known_at_least, rest)
    exact = (rest_low == rest_high) & (rest > 0)
    found = []
    for attacker in np.flatnonzero(exact.any(axis=1)):
        size = int(known[attacker].sum())
        level = int(_LEVELS[np.flatnonzero(exact[attacker])[0]])
        count = int(rest_low[attacker][exact[attacker]][0])
        learned = f"who knows {size} of {n} learns that {count} of the others reach level {level}"
        found.append(Finding("T12", learned, (group,), measure))
    return found[:1]
