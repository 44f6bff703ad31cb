"""
Releases as they should not be: one function for each unsafe style.

They are written down so that the attacks can show that they work. Each takes the truth
and returns a table with its flaw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from pkimm_analytics.audit import Finding, Truth, Vintage
from pkimm_analytics.audit.suite import ON_TABLES, WITH_TRUTH
from pkimm_analytics.release import LEVEL_BOUNDS, Group, Release, band
from pkimm_analytics.tables import DIMENSIONS

MEASURES = ("G.strategy-and-vision", "G.compliance", "M.key-management", "overall")
BANDS = (10, 20, 50, 100, 250, 500, 1000)

Statistics = Callable[[np.ndarray], Iterator[tuple[str, float, float]]]


def attacked(attack: str, release: Release, truth: Truth | None = None) -> list[Finding]:
    """Run one attack on a release."""
    return [*(ON_TABLES | WITH_TRUTH)[attack](Vintage(release, truth))]


def groups_of(truth: Truth, *tables: tuple[str, ...]) -> list[Group]:
    """Groups of some tables, by the codes that occur."""
    found: list[Group] = []
    for table in tables:
        choices = [
            sorted({c for c in truth.dimensions[d] if c is not None}) if d in table else ["*"]
            for d in DIMENSIONS
        ]
        found += list(product(*choices))
    return found


def band_of(n: int) -> str:
    """Band of a number of contributors."""
    start = max(b for b in BANDS if b <= n)
    return f"{start}-{BANDS[BANDS.index(start) + 1] - 1}"


def table(
    truth: Truth,
    statistics: Statistics,
    *,
    exact_n: bool,
    threshold: int = 10,
    reason: bool = False,
    tables: tuple[tuple[str, ...], ...] = ((), ("sector",), ("size",), ("region",)),
    measures: tuple[str, ...] = MEASURES,
) -> Release:
    """Lay out a release that withholds small groups and protects nothing else."""
    lines = []
    for group in groups_of(truth, *tables):
        for measure in measures:
            counts = truth.level_counts(group, measure)
            n = int(counts.sum())
            is_small = n < threshold
            names = [(name, v, s) for name, v, s in statistics(counts)] if n else []
            for name, value, step in names or [("n", 0.0, 0.0)]:
                shown: list[Any] = [value, "=", step, str(n) if exact_n else band_of(max(n, 10))]
                code: Any = is_small
                if is_small:
                    shown = [None] * 4
                    code = ("empty" if n == 0 else "too few") if reason else True
                elif reason:
                    code = ""
                lines.append((*group, measure, name, *shown, code, None))
    names = (*DIMENSIONS, "measure", "statistic", "value", "qualifier", "step", "n")
    columns = list(zip(*lines, strict=True))
    return Release.from_columns(
        "unsafe", dict(zip((*names, "suppressed", "as_of"), columns, strict=True))
    )


def _levels(counts: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(1, 6), counts)


def mean(step: float) -> Statistics:
    """Mean level, rounded to a step."""

    def statistics(counts: np.ndarray) -> Iterator[tuple[str, float, float]]:
        value = float(_levels(counts).mean())
        yield "mean", (round(value / step) * step if step else value), step

    return statistics


def shares(counts: np.ndarray) -> Iterator[tuple[str, float, float]]:
    """Exact shares at each level or above."""
    for level in LEVEL_BOUNDS:
        yield f"share_ge:{level}", float(counts[level - 1 :].sum() / counts.sum()), 0.0


def extremes(counts: np.ndarray) -> Iterator[tuple[str, float, float]]:
    """Smallest and largest level, and a high percentile."""
    levels = _levels(counts)
    yield "min", float(levels.min()), 0.0
    yield "max", float(levels.max()), 0.0
    yield "p90", float(np.percentile(levels, 90)), 0.0


def deviation(counts: np.ndarray) -> Iterator[tuple[str, float, float]]:
    """Standard deviation, and a 95 % interval of the mean."""
    levels = _levels(counts)
    s, half = float(levels.std(ddof=1)), 1.959964 * float(levels.std(ddof=1)) / len(levels) ** 0.5
    yield "std", s, 0.0001
    yield "ci_low", float(levels.mean()) - half, 0.0001
    yield "ci_high", float(levels.mean()) + half, 0.0001


def random_rounding(seed: int, base: int = 5) -> Statistics:
    """Counts of each level, rounded up or down to a base at random."""
    rng = np.random.default_rng(seed)

    def statistics(counts: np.ndarray) -> Iterator[tuple[str, float, float]]:
        for level, count in enumerate(counts.tolist(), start=1):
            up = rng.random() < (count % base) / base
            yield f"count:{level}", float(count - count % base + base * up), float(base)

    return statistics


assert band(band_of(33)).low == 20
