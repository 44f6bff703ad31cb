"""
The peer group of published releases over time, to stand beside one's own history.

Only what the releases print is read: medians and quartiles of levels, shares with their
rounding step, the band of the number of organizations, and the quarter that a figure
was computed for. What is withheld stays empty. Everything happens on this computer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import Ladder, cohort_of, open_release, peer_ladder
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import MANIFEST_FILE, Release, read_release

STATISTICS = (
    "median",
    "p25",
    "p75",
    "share_ge:2",
    "share_ge:3",
    "share_ge:4",
    "share_ge:5",
)
_QUARTER_ENDS = {"1": "03-31", "2": "06-30", "3": "09-30", "4": "12-31"}


class TrendError(PkimmError, LookupError):
    """Releases have no such peer group or measure."""


@dataclass(frozen=True)
class PeerTrend:
    """
    Peers of an assessment over time.

    Parameters
    ----------
    ladder : Ladder
        The peer group in the newest release, and what was relaxed to find it.
    table : DataFrame
        As :func:`cohort_trend` returns it; empty where nothing is published.
    """

    ladder: Ladder
    table: pd.DataFrame


def peers_over_time(assessment: Assessment, release: Path) -> PeerTrend:
    """
    Follow the peers of an assessment through a release and the ones beside it.

    The peer group is that of `release`; releases in the same folder that do not publish
    it, or that cannot be read, are left out.

    Parameters
    ----------
    assessment : Assessment
        Whose profile is taken: the newest of its use case.
    release : Path
        Folder of the newest release.

    Raises
    ------
    DisclosureError
        If `release` itself cannot be read.
    """
    bench = open_release(release)
    ladder = peer_ladder(bench, cohort_of(assessment))
    folders = [f.parent for f in sorted(release.resolve().parent.glob(f"*/{MANIFEST_FILE}"))]
    found = [one for folder in folders if not (one := _trend_of(folder, ladder.found)).empty]
    table = pd.concat(found) if found else _frame([])
    table = table[(table["as_of"] <= bench.quarter) & ladder.is_published]
    newest = table.sort_values("as_of", kind="stable").drop_duplicates("as_of", keep="last")
    return PeerTrend(ladder, newest.reset_index(drop=True))


def _trend_of(folder: Path, cohort: Mapping[str, str]) -> pd.DataFrame:
    try:
        return cohort_trend([folder], cohort=cohort)
    except PkimmError:
        return _frame([])


def quartile_texts(row: Any) -> tuple[str, str]:
    """Median and middle half of a row of a trend in words; a dash where it is withheld."""
    median = "–" if pd.isna(row.median) else f"{row.median:g}"
    withheld = pd.isna(row.p25) or pd.isna(row.p75)
    return median, "–" if withheld else f"{row.p25:g} to {row.p75:g}"


def cohort_trend(
    releases: Iterable[Path],
    *,
    measure: str = "overall",
    cohort: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Follow one measure of a peer group through several releases.

    Parameters
    ----------
    releases : iterable of Path
        Folders of releases, in any order.
    measure : str
        ``overall`` or an element key.
    cohort : mapping of str to str, optional
        Code of each dimension that narrows the group, as the releases spell it; all
        organizations without it.

    Returns
    -------
    DataFrame
        One row for each quarter that figures were computed for, oldest first:
        ``as_of, date`` (last day of that quarter), ``n`` (band), ``median, p25, p75``
        (levels), ``share_ge:2`` to ``share_ge:5`` (0 to 1) and ``step`` (rounding of
        the shares). What is withheld is missing; a quarter that is withheld altogether
        has no row.

    Raises
    ------
    TrendError
        If a release lacks the group or measure, or there is none.
    DisclosureError
        If a release cannot be read.
    """
    read = [read_release(folder) for folder in releases]
    wanted = dict(cohort or {})
    problems = [p for one in read for p in _unknown(one, measure, wanted)]
    if problems or not read:
        raise TrendError(
            "The releases have no such peer group. Nothing was compared."
            if read
            else "There is no release to compare with.",
            problems,
        )
    rows = [row for one in read if (row := _row(one, measure, wanted))]
    by_quarter = {row["as_of"]: row for row in rows}
    ordered = [by_quarter[quarter] for quarter in sorted(by_quarter)]
    return _frame(ordered)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["as_of", "date", "n", *STATISTICS, "step"])
    return frame.astype(dict.fromkeys((*STATISTICS, "step"), "Float64"))


def _unknown(release: Release, measure: str, cohort: Mapping[str, str]) -> Iterable[Problem]:
    for dimension in cohort:
        if dimension not in release.dimensions:
            known = ", ".join(release.dimensions)
            yield Problem(dimension, f"is no dimension of {release.name}; it has {known}")
    if measure not in release.measures:
        yield Problem(measure, f"is not measured in {release.name}")
        return
    if not any(_fits(release, group, cohort) for group in release.all_groups):
        yield Problem("cohort", f"is not a group of {release.name}")


def _fits(release: Release, group: tuple[Any, ...], cohort: Mapping[str, str]) -> bool:
    pairs = zip(release.dimensions, group, strict=True)
    return all(code == cohort.get(dimension, ALL) for dimension, code in pairs)


def _row(release: Release, measure: str, cohort: Mapping[str, str]) -> dict[str, Any] | None:
    get = release.columns
    chosen = [
        index
        for index in np.flatnonzero(get["measure"] == measure)
        if _fits(release, release.groups[index], cohort) and not get["suppressed"][index]
    ]
    as_of = next((str(get["as_of"][i]) for i in chosen if get["as_of"][i]), "")
    if not chosen or not re.fullmatch(r"\d{4}Q[1-4]", as_of):
        return None
    values = {str(get["statistic"][i]): get["value"][i] for i in chosen}
    return {
        "as_of": as_of,
        "date": f"{as_of[:4]}-{_QUARTER_ENDS[as_of[-1]]}",
        "n": next((get["n"][i] for i in chosen if get["n"][i]), ""),
        **{name: values.get(name) for name in STATISTICS},
        "step": next((get["step"][i] for i in chosen if get["step"][i]), None),
    }
