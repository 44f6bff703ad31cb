"""
The tables behind the charts of peer groups in notebooks: levels, groups, and the trend.

Every table is tidy and holds printed figures and their intervals only; ``words`` say a
row in plain text. What is withheld stays a row without figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.benchmark.comparison import percent
from pkimm_analytics.benchmark.ladder import code_label
from pkimm_analytics.benchmark.printed import Distribution, Estimate
from pkimm_analytics.benchmark.release import Benchmark, Cohort
from pkimm_analytics.benchmark.series import Series
from pkimm_analytics.model import LEVELS
from pkimm_analytics.release import LEVEL_BOUNDS

if TYPE_CHECKING:
    import pandas as pd


def level_table(bench: Benchmark, cohort: Cohort, measures: Sequence[str]) -> pd.DataFrame:
    """
    Return the level shares of a cohort, for :func:`.charts.level_shares`.

    Returns
    -------
    DataFrame
        The columns of :meth:`.Benchmark.figures`, and ``words_1`` to ``words_5``.
    """
    table, group = bench.figures(cohort, measures), bench.group(cohort)
    found = [bench.distribution(group, measure) for measure in measures]
    for level in LEVELS:
        table[f"words_{level}"] = [
            f"{name}: {_words(peers.levels[level], peers)} at level {level}"
            if peers
            else f"{name}: withheld"
            for name, peers in zip(table["name"], found, strict=True)
        ]
    return table


def group_table(
    bench: Benchmark, dimension: str, measures: Sequence[str], level: int
) -> pd.DataFrame:
    """
    Return one share of every code of a dimension, for :func:`.charts.groups`.

    Parameters
    ----------
    dimension : str
        Its codes become groups; the first group is all of them together.
    level : int
        2 to 5: the share at this level or above.

    Returns
    -------
    DataFrame
        One row for each measure and group: ``measure, name, group, group_name,
        is_published, share, low, high, qualifier, n, as_of, words``.
    """
    import pandas as pd

    rows = [
        {
            "measure": measure,
            "name": bench.name(measure),
            "group": code,
            "group_name": code_label(dimension, code),
            **_share(bench.distribution(bench.group({dimension: code}), measure), level),
        }
        for code in ("*", *bench.codes(dimension))
        for measure in measures
    ]
    return pd.DataFrame(rows)


def trend_table(series: Series, cohort: Cohort, measure: str) -> pd.DataFrame:
    """
    Follow one measure of a cohort through a series, for :func:`.charts.peer_trend`.

    Returns
    -------
    DataFrame
        One row for each quarter that figures were computed for, and level 2 to 5, oldest
        first: ``as_of, level, share, low, high, qualifier, n, words``. A release that
        repeats an earlier figure adds no row.
    """
    import pandas as pd

    rows = [
        {"level": level, **_share(peers, level)}
        for peers in series.over_time(cohort, measure).values()
        for level in LEVEL_BOUNDS
    ]
    columns = ["as_of", "level", "share", "low", "high", "qualifier", "n", "words"]
    return pd.DataFrame(rows, columns=columns)


def _share(peers: Distribution | None, level: int) -> dict[str, Any]:
    nan = float("nan")
    if peers is None:
        empty = {"share": nan, "low": nan, "high": nan, "qualifier": "", "n": "", "as_of": ""}
        return {"is_published": False, **empty, "words": "withheld"}
    share = peers.share(level)
    return {
        "is_published": True,
        "share": share.value,
        "low": share.interval.low,
        "high": share.interval.high,
        "qualifier": share.qualifier,
        "n": peers.band,
        "as_of": peers.as_of,
        "words": f"{_words(share, peers)} at level {level} or above",
    }


def _words(share: Estimate, peers: Distribution) -> str:
    before = {"<=": "at most ", ">=": "at least "}.get(share.qualifier, "")
    around = f"(95% interval {percent(share.interval)})"
    return f"{before}{share.value:.0%} {around} of {peers.band}, as of {peers.as_of},"
