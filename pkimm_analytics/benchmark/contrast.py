"""
One cohort against another: higher, lower, or not distinguishable.

Shares at level 2, 3, 4 and 5 or above are compared, each by an interval of their
difference, all four together with 95 %. Cohorts may share organizations, which makes
the intervals wider than they need be, never narrower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.benchmark.internal import Internal, measure_name
from pkimm_analytics.benchmark.intervals import CONFIDENCE, difference_of_shares
from pkimm_analytics.benchmark.release import Benchmark
from pkimm_analytics.benchmark.statistics import Floats, shares_at_least
from pkimm_analytics.errors import BenchmarkError
from pkimm_analytics.release import LEVEL_BOUNDS

if TYPE_CHECKING:
    import pandas as pd

HIGHER, LOWER, DIFFERENT = "higher", "lower", "different"
ALIKE = "not distinguishable"
NOBODY = "nobody"

_EACH = 1 - (1 - CONFIDENCE) / len(LEVEL_BOUNDS)
"""Confidence of each of the four intervals, so that all hold together with 95 %."""

Known = tuple[Floats, Floats, float]
"""Lowest and highest possible share at levels 2 to 5 or above, and least number behind them."""


def contrast(
    source: Benchmark | Internal,
    one: Mapping[str, str],
    other: Mapping[str, str],
    measures: Sequence[str] | None = None,
) -> pd.DataFrame:
    """
    Compare two cohorts.

    Parameters
    ----------
    source : Benchmark or Internal
        A release, or a collection that was opened for internal statistics.
    one, other : mapping of str to str
        Cohorts; empty for everybody.
    measures : sequence of str, optional
        All that both cohorts have if left out.

    Returns
    -------
    DataFrame
        One row per measure: ``measure, name, n, n_other`` (bands, or exact numbers of a
        collection), ``verdict`` (``higher``: `one` has larger shares at high levels;
        ``lower``; ``different``: larger at some levels and smaller at others; ``not
        distinguishable``; ``withheld``, or of a collection ``nobody``, if a cohort has no
        figure), then for levels 2 to 5
        ``difference_2_low``, ``difference_2_high`` and so on: the interval of the
        share of `one` minus that of `other`; NaN where withheld.

    Raises
    ------
    BenchmarkError
        If both cohorts are the same or one does not exist.
    """
    import pandas as pd

    if dict(one) == dict(other):
        raise BenchmarkError("Both cohorts are the same; there is nothing to compare.")
    look = _printed if isinstance(source, Benchmark) else _counted
    wanted = _both(source, one, other) if measures is None else measures
    nothing = "withheld" if isinstance(source, Benchmark) else NOBODY
    first, second = look(source, one, wanted), look(source, other, wanted)
    rows = []
    for measure in wanted:
        (n, known), (n_other, known_other) = first[measure], second[measure]
        row: dict[str, Any] = {"measure": measure, "name": _name(source, measure)}
        row |= {"n": n, "n_other": n_other, "verdict": nothing}
        if known is not None and known_other is not None:
            row["verdict"], low, high = verdict_of(known, known_other)
            for place, level in enumerate(LEVEL_BOUNDS):
                row[f"difference_{level}_low"] = float(low[place])
                row[f"difference_{level}_high"] = float(high[place])
        rows.append(row)
    ends = [f"difference_{level}_{end}" for level in LEVEL_BOUNDS for end in ("low", "high")]
    return pd.DataFrame(rows, columns=["measure", "name", "n", "n_other", "verdict", *ends])


def verdict_of(one: Known, other: Known) -> tuple[str, Floats, Floats]:
    """
    Tell two cohorts apart, or not.

    Parameters
    ----------
    one, other : tuple
        Lowest and highest possible share at levels 2 to 5 or above (equal if exact),
        and the least number of organizations behind them.

    Returns
    -------
    tuple of str, ndarray and ndarray
        Verdict, and lower and upper limits of the four differences.
    """
    low, high = difference_of_shares(one[:2], one[2], other[:2], other[2], confidence=_EACH)
    up, down = bool((low > 0).any()), bool((high < 0).any())
    if up and down:
        return DIFFERENT, low, high
    return (HIGHER if up else LOWER if down else ALIKE), low, high


def _both(
    source: Benchmark | Internal, one: Mapping[str, str], other: Mapping[str, str]
) -> Sequence[str]:
    """Measures that the plan has for both cohorts; of a collection, all."""
    if not isinstance(source, Benchmark):
        return source.measures
    has = [set(source.measures_of(source.group(cohort))) for cohort in (one, other)]
    return [measure for measure in source.measures if measure in has[0] & has[1]]


def _printed(
    bench: Any, cohort: Mapping[str, str], measures: Sequence[str]
) -> dict[str, tuple[str, Known | None]]:
    group = bench.group(cohort)
    bench.figures(cohort, [])  # refuses what the plan does not have
    found: dict[str, tuple[str, Known | None]] = {}
    for measure in measures:
        known = bench.distribution(group, measure)
        if known is None:
            found[measure] = "", None
            continue
        shares = [known.share(level).printed for level in LEVEL_BOUNDS]
        low, high = (np.array([getattr(s, end) for s in shares]) for end in ("low", "high"))
        found[measure] = known.band, (low, high, known.n.low)
    return found


def _counted(
    internal: Any, cohort: Mapping[str, str], measures: Sequence[str]
) -> dict[str, tuple[str, Known | None]]:
    members = internal.members(cohort)
    found: dict[str, tuple[str, Known | None]] = {}
    for measure in measures:
        counts = internal.level_counts(members, measure)
        n, shares = int(counts.sum()), shares_at_least(counts)[1:]
        found[measure] = str(n), (shares, shares, n) if n else None
    return found


def _name(source: Benchmark | Internal, measure: str) -> str:
    return source.name(measure) if isinstance(source, Benchmark) else measure_name(measure)
