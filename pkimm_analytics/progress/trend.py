"""
The peer group of published releases over time, to stand beside one's own history.

Only what the releases print is read. What is withheld stays empty. Everything happens on
this computer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import Benchmark, Ladder, cohort_of, open_release, peer_ladder
from pkimm_analytics.benchmark.printed import Distribution
from pkimm_analytics.benchmark.series import open_series
from pkimm_analytics.release import LEVEL_BOUNDS, MANIFEST_FILE

if TYPE_CHECKING:
    import pandas as pd

_QUARTER_ENDS = {"1": "03-31", "2": "06-30", "3": "09-30", "4": "12-31"}
_QUANTILES = ("median", "p25", "p75")


@dataclass(frozen=True)
class PeerTrend:
    """
    Peers of an assessment over time.

    Parameters
    ----------
    bench : Benchmark
        The newest release.
    ladder : Ladder
        The peer group in it, and what was relaxed to find it.
    quarters : dict of str to Distribution
        By quarter that figures were computed for, oldest first; empty where nothing is
        published.
    """

    bench: Benchmark
    ladder: Ladder
    quarters: dict[str, Distribution]

    @property
    def table(self) -> pd.DataFrame:
        """
        The figures of the whole, a row for each quarter.

        Returns
        -------
        DataFrame
            ``as_of, date`` (last day of that quarter), ``n`` (band), ``median, p25, p75``
            (levels; missing where the printed shares leave them open, and then ``_low``
            and ``_high`` say between which), ``share_ge:2`` to ``share_ge:5`` (0 to 1) and
            ``step`` (rounding of the shares).
        """
        import pandas as pd

        rows = [
            {
                "as_of": as_of,
                "date": f"{as_of[:4]}-{_QUARTER_ENDS[as_of[-1]]}",
                "n": peers.band,
                **dict(_quantiles(peers)),
                **{f"share_ge:{level}": peers.share(level).value for level in LEVEL_BOUNDS},
                "step": peers.step,
            }
            for as_of, peers in self.quarters.items()
        ]
        ends = [f"{name}{end}" for name in _QUANTILES for end in ("", "_low", "_high")]
        numbers = [*ends, *(f"share_ge:{level}" for level in LEVEL_BOUNDS), "step"]
        frame = pd.DataFrame(rows, columns=["as_of", "date", "n", *numbers])
        return frame.astype(dict.fromkeys(numbers, "Float64"))


def _quantiles(peers: Distribution) -> Iterator[tuple[str, float]]:
    for name in _QUANTILES:
        found = peers.quantiles.get(name)
        if found is not None:
            yield name, found.value
            yield f"{name}_low", found.printed.low
            yield f"{name}_high", found.printed.high


def peers_over_time(assessment: Assessment, place: Path) -> PeerTrend:
    """
    Follow the peers of an assessment through the releases of a folder.

    The peer group is that of the newest release; others that do not publish it, or that
    cannot be read, are left out.

    Parameters
    ----------
    assessment : Assessment
        Whose profile is taken: the newest of its use case.
    place : Path
        Folder of releases, or of one release: then those beside it up to its quarter.

    Raises
    ------
    DisclosureError
        If the newest release, or the one that was named, cannot be read.
    """
    bench = open_release(place)
    ladder = peer_ladder(bench, cohort_of(assessment))
    is_one = (place / MANIFEST_FILE).is_file()
    series = open_series(place.resolve().parent if is_one else place)
    known = series.over_time(ladder.found) if ladder.is_published else {}
    return PeerTrend(bench, ladder, {q: p for q, p in known.items() if q <= bench.quarter})
