"""
The releases of one place: the newest one to show, and all of them for the trend.

A folder that holds a release is a series of one. A damaged release is left out and said,
so that it hides no sound one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.benchmark.printed import Distribution
from pkimm_analytics.benchmark.release import Benchmark, Cohort, open_release
from pkimm_analytics.errors import BenchmarkError, DisclosureError, PkimmError, Problem
from pkimm_analytics.release import MANIFEST_FILE, release_folders
from pkimm_analytics.tables import OVERALL


@dataclass(frozen=True)
class Series:
    """
    Releases, oldest first.

    Parameters
    ----------
    releases : tuple of Benchmark
        At least one.
    problems : tuple of Problem
        What is wrong with releases that were left out.
    """

    releases: tuple[Benchmark, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def newest(self) -> Benchmark:
        """The release of the latest quarter."""
        return self.releases[-1]

    @property
    def is_synthetic(self) -> bool:
        """Whether invented organizations count in any of the releases."""
        return any(one.synthetic for one in self.releases)

    def over_time(self, cohort: Cohort, measure: str = OVERALL) -> dict[str, Distribution]:
        """
        Figures of a group by the quarter that they were computed for, oldest first.

        A release that repeats an earlier figure adds none, nor does one without the group.
        """
        found: dict[str, Distribution] = {}
        for bench in self.releases:
            with suppress(BenchmarkError):  # an earlier plan had no such group
                peers = bench.distribution(bench.group(cohort), measure)
                found |= {} if peers is None else {peers.as_of: peers}
        return dict(sorted(found.items()))


def default_releases() -> Path | None:
    """Place of the releases: ``PKIMM_RELEASE``, or None."""
    named = os.environ.get("PKIMM_RELEASE")
    return Path(named) if named else None


def series_state(place: Path) -> tuple[tuple[str, int, int], ...]:
    """
    Say which releases lie in a place, without opening any: another state, other releases.

    Returns
    -------
    tuple of (str, int, int)
        For each release the name of its folder, and when its manifest was written
        (nanoseconds) and its size (bytes).
    """
    found = []
    for folder in _folders(place):
        with suppress(FileNotFoundError):  # it was taken away just now
            known = (folder / MANIFEST_FILE).stat()
            found.append((folder.name, known.st_mtime_ns, known.st_size))
    return tuple(found)


def _folders(place: Path) -> list[Path]:
    return [place] if (place / MANIFEST_FILE).is_file() else release_folders(place)


def open_series(place: Path) -> Series:
    """
    Open a release, or all releases of a folder.

    Parameters
    ----------
    place : Path
        Folder of a release, or of releases.

    Raises
    ------
    DisclosureError
        If there is none, or none is sound.
    """
    folders = _folders(place)
    if not folders:
        raise DisclosureError(
            "There is no release.",
            [
                Problem(
                    place.name,
                    "expected a release, or a folder of them; make one with:"
                    " pkimm release --collection C --out RELEASES",
                )
            ],
        )
    sound: list[Benchmark] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            sound.append(open_release(folder))
        except PkimmError as error:
            texts = [str(p) for p in error.problems] or [error.message]
            problems += [Problem(folder.name, text) for text in texts]
    if not sound:
        raise DisclosureError("No release could be opened. Nothing is shown.", problems)
    earlier = {one.manifest.get("previous") for one in sound}
    sound.sort(key=lambda one: (one.quarter, one.id not in earlier, one.id))
    return Series(tuple(sound), tuple(problems))
