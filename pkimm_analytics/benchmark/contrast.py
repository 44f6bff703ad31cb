"""
One cohort against another: higher, lower, or not distinguishable.

Shares at level 2, 3, 4 and 5 or above are compared, each by an interval of their
difference that holds together with those of all other measures; see :mod:`.printed`.
Cohorts may share organizations, which makes the intervals wider than they need be, never
narrower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.benchmark.evidence import measure_name
from pkimm_analytics.benchmark.internal import Internal
from pkimm_analytics.benchmark.printed import (
    ERROR_OF_A_REQUIREMENT,
    ERROR_OF_ONE,
    Estimate,
    difference,
    share_estimate,
)
from pkimm_analytics.benchmark.release import Benchmark, kind_of
from pkimm_analytics.benchmark.verdicts import ALIKE
from pkimm_analytics.errors import BenchmarkError
from pkimm_analytics.release import LEVEL_BOUNDS, Interval

if TYPE_CHECKING:
    import pandas as pd

HIGHER, LOWER, DIFFERENT = "higher", "lower", "different"
NOBODY = "nobody"

Shares = Sequence[Estimate]
"""Share at level 2, 3, 4 and 5 or above."""


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
        figure), then for levels 2 to 5 ``difference_2_low``, ``difference_2_high`` and so
        on: the interval of the share of `one` minus that of `other`; NaN where withheld.

    Raises
    ------
    BenchmarkError
        If both cohorts are the same or one does not exist.

    Notes
    -----
    Of two samples of one population, at most 5 in 100 tables have a verdict anywhere.
    """
    import pandas as pd

    if dict(one) == dict(other):
        raise BenchmarkError("Both cohorts are the same; there is nothing to compare.")
    look = _printed if isinstance(source, Benchmark) else _counted
    wanted = _both(source, one, other) if measures is None else measures
    name = source.name if isinstance(source, Benchmark) else measure_name
    nothing = "withheld" if isinstance(source, Benchmark) else NOBODY
    rows: list[dict[str, Any]] = []
    pairs = zip(wanted, look(source, one, wanted), look(source, other, wanted), strict=True)
    for measure, (n, shares), (n_other, other_shares) in pairs:
        row: dict[str, Any] = {
            "measure": measure,
            "name": name(measure),
            "n": n,
            "n_other": n_other,
        }
        row["verdict"] = nothing
        if shares and other_shares:
            row["verdict"], ends = verdict_of(shares, other_shares, kind_of(measure))
            for level, (low, high) in zip(LEVEL_BOUNDS, ends, strict=True):
                row |= {f"difference_{level}_low": low, f"difference_{level}_high": high}
        rows.append(row)
    columns = [f"difference_{level}_{end}" for level in LEVEL_BOUNDS for end in ("low", "high")]
    return pd.DataFrame(rows, columns=["measure", "name", "n", "n_other", "verdict", *columns])


def verdict_of(
    one: Shares, other: Shares, kind: str = "overall"
) -> tuple[str, list[tuple[float, float]]]:
    """Tell two cohorts apart, or not, with the intervals of the four differences."""
    error = ERROR_OF_A_REQUIREMENT if kind == "requirement" else ERROR_OF_ONE
    ends = [difference(a, b, error) for a, b in zip(one, other, strict=True)]
    up, down = any(low > 0 for low, _ in ends), any(high < 0 for _, high in ends)
    if up and down:
        return DIFFERENT, ends
    return (HIGHER if up else LOWER if down else ALIKE), ends


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
) -> Iterator[tuple[str, Shares]]:
    group = bench.group(cohort)
    bench.figures(cohort, [])  # refuses what the plan does not have
    for measure in measures:
        found = bench.distribution(group, measure)
        yield ("", []) if found is None else (found.band, list(found.at_least.values()))


def _counted(
    internal: Any, cohort: Mapping[str, str], measures: Sequence[str]
) -> Iterator[tuple[str, Shares]]:
    members = internal.members(cohort)
    for measure in measures:
        counts = internal.level_counts(members, measure)
        n = int(counts.sum())
        yield str(n), exact_shares(counts) if n else []


def exact_shares(counts: Sequence[int]) -> Shares:
    """Shares at level 2, 3, 4 and 5 or above, of exact counts at levels 1 to 5."""
    n = float(np.sum(counts))
    shares = [float(np.sum(counts[level - 1 :])) / n for level in LEVEL_BOUNDS]
    return [share_estimate(share, Interval(share, share), Interval(n, n)) for share in shares]
