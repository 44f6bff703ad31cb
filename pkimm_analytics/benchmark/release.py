"""
A release as a benchmark: cohorts, measures and what is printed about them.

This is the public source. It is checked against its own manifest when it is opened,
and everything that it returns follows from the printed rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkimm_analytics.benchmark.printed import (
    QUANTILES,
    SMALLEST,
    Distribution,
    Estimate,
    read_distribution,
)
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import BenchmarkError, DisclosureError, Problem
from pkimm_analytics.model import LEVELS, MODULE_IDS, Model
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import ALL, ATTRIBUTES, GRAINS, profile_codes
from pkimm_analytics.release import (
    LEVEL_BOUNDS,
    MANIFEST_FILE,
    Cell,
    Group,
    Interval,
    Release,
    check_release,
    release_folders,
)
from pkimm_analytics.tables import DIMENSIONS, OVERALL

if TYPE_CHECKING:
    import pandas as pd

Cohort = Mapping[str, str]
"""Code by dimension; a dimension that is left out, or ``*``, means all."""


@dataclass(frozen=True, repr=False)
class Benchmark(Shown):
    """
    One release. Open it with :func:`open_release`.

    Parameters
    ----------
    published : Release
        Its rows.
    manifest : mapping
        What it says about itself.
    """

    VIEW = "pkimm_analytics.views.peers:release_view"

    published: Release = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return f"Benchmark({self.id}, {len(self.measures)} measures)"

    @property
    def id(self) -> str:
        """Id of the release, which is the name of its folder."""
        return str(self.manifest["release"])

    @property
    def quarter(self) -> str:
        """Quarter of the release, such as ``2026Q3``."""
        return str(self.manifest["quarter"])

    @property
    def threshold(self) -> int:
        """Fewest contributors that a group is published with."""
        return int(self.manifest["policy"]["threshold"])

    @property
    def least_coverage(self) -> float:
        """Share, by weight, that must be rated for a place among the peers."""
        return float(self.manifest["policy"].get("least_coverage", least_coverage() / 100))

    @property
    def synthetic(self) -> bool:
        """Whether invented organizations count in it."""
        return bool(self.manifest.get("synthetic"))

    @cached_property
    def edition(self) -> Model:
        """Edition whose element keys are the measures."""
        stated = str(self.manifest["plan"]["measures_of_edition"])
        return shipped_model(stated if stated in shipped_versions() else shipped_versions()[-1])

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that the plan uses: those that are not ``*`` in every group."""
        columns = zip(*self.published.all_groups, strict=True)
        used = {d: set(codes) for d, codes in zip(self.published.dimensions, columns, strict=True)}
        return tuple(d for d in DIMENSIONS if used.get(d, {ALL}) != {ALL})

    def codes(self, dimension: str) -> tuple[str, ...]:
        """
        Codes of a dimension in the order in which they are shown, withheld ones included.

        Raises
        ------
        BenchmarkError
            If the release has no such dimension.
        """
        self._check_dimension(dimension)
        place = self.published.dimensions.index(dimension)
        found = {group[place] for group in self.published.all_groups} - {ALL}
        order = self._order(dimension)
        return tuple([c for c in order if c in found] + sorted(found - set(order)))

    def _order(self, dimension: str) -> list[str]:
        if dimension in ATTRIBUTES:
            grains = (profile_codes(dimension, grain) for grain in GRAINS[1:-1])
            return list(dict.fromkeys(code for codes in grains for code in codes))
        if dimension == "assurance":
            return ["self", "independent"]
        return [str(edition["version"]) for edition in self.manifest.get("editions", ())]

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Measures that some group has: overall, modules, categories, requirements."""
        found = set(self.published.measures)
        order = [OVERALL, *MODULE_IDS, *self.edition.categories, *self.edition.requirements]
        return tuple([m for m in order if m in found] + sorted(found - set(order)))

    def to_json(self) -> dict[str, Any]:
        """Return what identifies the release."""
        return {
            "id": self.id,
            "quarter": self.quarter,
            "threshold": self.threshold,
            "synthetic": self.synthetic,
        }

    def pooled(self, cohort: Cohort | None = None) -> dict[str, tuple[str, ...]]:
        """
        Kinds of ``assurance``, and the editions (``edition``), that a cohort's figures join.

        All that the manifest lists, unless the cohort is of one of them: no row says.
        """
        editions = tuple(str(e["version"]) for e in self.manifest.get("editions", ()))
        every = {"assurance": ("self", "independent"), "edition": editions}
        stated = {d: c for d, c in (cohort or {}).items() if c != ALL}
        return {name: (stated[name],) if name in stated else kinds for name, kinds in every.items()}

    def name(self, measure: str) -> str:
        """Name of a measure, for people."""
        return "Overall" if measure == OVERALL else self.edition.name(measure)

    @cached_property
    def _measures_of(self) -> dict[Group, tuple[str, ...]]:
        found: dict[Group, set[str]] = {}
        for group, measure in self.published.cells:
            found.setdefault(group, set()).add(measure)
        return {g: tuple(m for m in self.measures if m in has) for g, has in found.items()}

    def measures_of(self, group: Group) -> tuple[str, ...]:
        """Measures that the plan has for a group, withheld or not."""
        return self._measures_of.get(group, ())

    def group(self, cohort: Cohort | None = None) -> Group:
        """
        Row key of a cohort.

        Raises
        ------
        BenchmarkError
            If a dimension or code is unknown. All problems are listed.
        """
        wanted = {d: c for d, c in (cohort or {}).items() if c != ALL}
        problems = [p for d, c in wanted.items() if (p := self._problem(d, c)) is not None]
        if problems:
            raise BenchmarkError("The release has no such cohort.", problems)
        return tuple(wanted.get(d, ALL) for d in self.published.dimensions)

    def _problem(self, dimension: str, code: str) -> Problem | None:
        if dimension not in self.dimensions:
            names = ", ".join(self.dimensions) or "no dimension at all"
            text = f"not a dimension of release {self.id}; it has {names}"
            return Problem(str(dimension)[:40], text)
        known = self.codes(dimension)
        if code not in known:
            return Problem(dimension, f"not a code; expected one of {', '.join(known)}")
        return None

    def _check_dimension(self, dimension: str) -> None:
        if dimension not in self.dimensions:
            names = ", ".join(self.dimensions) or "none"
            raise BenchmarkError(f"The release has no such dimension; it has {names}.")

    def has(self, group: Group) -> bool:
        """Whether the plan has rows for a group, withheld or not."""
        return group in self._measures_of

    def distribution(self, group: Group, measure: str) -> Distribution | None:
        """Return what is printed about one measure of one group; None if nothing is."""
        if (group, measure) not in self._read:
            cell = self.published.cells.get((group, measure))
            self._read[group, measure] = self._distribution(cell)
        return self._read[group, measure]

    def _distribution(self, cell: Cell | None) -> Distribution | None:
        return None if cell is None else read_distribution(cell, self._smallest)

    @cached_property
    def _smallest(self) -> dict[str, int]:
        """Smallest band of each quantile, from the policy in the manifest."""
        stated = self.manifest["policy"].get("quantiles", {})
        return {name: int(stated.get(_SETTINGS[name], SMALLEST[name])) for name in QUANTILES}

    @cached_property
    def _read(self) -> dict[tuple[Group, str], Distribution | None]:
        return {}

    def cohorts(self) -> pd.DataFrame:
        """
        Every group of the plan.

        Returns
        -------
        DataFrame
            One row per group: a column for each dimension (``*``: all),
            ``is_published`` (any measure), ``n`` (band of the measure overall, empty if
            withheld).
        """
        import pandas as pd

        rows = [
            {
                **{d: g[self.published.dimensions.index(d)] for d in self.dimensions},
                "is_published": any(self.distribution(g, m) for m in measures),
                "n": "" if (d := self.distribution(g, OVERALL)) is None else d.band,
            }
            for g, measures in self._measures_of.items()
        ]
        return pd.DataFrame(rows, columns=[*self.dimensions, "is_published", "n"])

    def figures(
        self, cohort: Cohort | None = None, measures: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """
        Return what is printed about a cohort, with intervals.

        Parameters
        ----------
        cohort : mapping of str to str, optional
            Everybody if left out.
        measures : sequence of str, optional
            All that the cohort has if left out.

        Returns
        -------
        DataFrame
            One row per measure: ``measure, kind, name, is_published, reason, n, n_low,
            n_high, step, as_of``, ``assurance`` and ``editions`` (what the figure pools,
            with commas); then for each of ``at_least_2`` to ``at_least_5``,
            ``level_1`` to ``level_5`` (shares, 0 to 1) and ``median, p25, p75, p10,
            p90`` (levels): the value; ``_low`` and ``_high``, the 95 % interval, which
            holds for each n of the band and for rounding and coding; ``_printed_low``
            and ``_printed_high``, what is certain about the contributors; and for
            shares ``_qualifier``. NaN where withheld or where the band is too small, and
            for a quantile that the printed shares leave open between the levels of
            its intervals; ``n_high`` is NaN for an open band.

        Raises
        ------
        BenchmarkError
            If the release has no such cohort, combination or measure.
        """
        import pandas as pd

        group = self.group(cohort)
        if not self.has(group):
            raise self._no_combination(group)
        has = self._measures_of[group]
        wanted = has if measures is None else tuple(measures)
        unknown = [m for m in wanted if m not in self.measures and m not in self._own_keys]
        if unknown:
            problems = [Problem(str(m)[:80], "not a measure of this release") for m in unknown]
            raise BenchmarkError("The release has no such measure.", problems)
        joined = {name: ", ".join(kinds) for name, kinds in self.pooled(cohort).items()}
        pools = {"assurance": joined["assurance"], "editions": joined["edition"]}
        rows = [self._row(group, measure) | pools for measure in wanted]
        return pd.DataFrame(rows, columns=FIGURE_COLUMNS)

    @cached_property
    def _own_keys(self) -> frozenset[str]:
        return self.edition.keys

    def _no_combination(self, group: Group) -> BenchmarkError:
        used = [d for d, c in zip(self.published.dimensions, group, strict=True) if c != ALL]
        text = f"the table plan has no groups by {' and '.join(used)} together"
        return BenchmarkError(
            "The release has no such cohort. The peer ladder finds the nearest one.",
            [Problem(", ".join(used), text)],
        )

    def _row(self, group: Group, measure: str) -> dict[str, Any]:
        found = self.distribution(group, measure)
        in_plan = measure in self._measures_of[group]
        row: dict[str, Any] = {
            "measure": measure,
            "kind": kind_of(measure),
            "name": self.name(measure),
            "is_published": found is not None,
            "reason": "" if found else "withheld" if in_plan else "not in the plan",
            "n": "" if found is None else found.band,
        }
        if found is None:
            return row | {"as_of": ""}
        row |= {
            "n_low": found.n.low,
            "n_high": found.n.high if math.isfinite(found.n.high) else math.nan,
            "step": found.step,
            "as_of": found.as_of,
        }
        return row | figure_cells(found)


_SETTINGS = {
    "median": "median",
    "p25": "quartiles",
    "p75": "quartiles",
    "p10": "deciles",
    "p90": "deciles",
}


def estimates(found: Distribution) -> Iterator[tuple[str, Estimate]]:
    """Name and estimate of every figure of a distribution, shares first."""
    for level in LEVEL_BOUNDS:
        yield f"at_least_{level}", found.share(level)
    for level in LEVELS:
        yield f"level_{level}", found.levels[level]
    yield from found.quantiles.items()


def figure_cells(found: Distribution) -> dict[str, Any]:
    """Every figure of a distribution with its intervals, as cells of one row."""
    row: dict[str, Any] = {}
    for name, estimate in estimates(found):
        row |= {name: estimate.value, f"{name}_qualifier": estimate.qualifier}
        row |= interval_cells(name, estimate.interval)
        row |= interval_cells(f"{name}_printed", estimate.printed)
    return row


def interval_cells(name: str, interval: Interval | None) -> dict[str, float]:
    """Both ends of an interval, NaN where there is none."""
    low, high = (math.nan, math.nan) if interval is None else (interval.low, interval.high)
    return {f"{name}_low": low, f"{name}_high": high}


_SHARES = (*(f"at_least_{k}" for k in LEVEL_BOUNDS), *(f"level_{k}" for k in LEVELS))
_ENDS = ("", "_low", "_high", "_printed_low", "_printed_high")

FIGURE_COLUMNS = [
    *("measure", "kind", "name", "is_published", "reason"),
    *("n", "n_low", "n_high", "step", "as_of", "assurance", "editions"),
    *(f"{name}{end}" for name in _SHARES for end in (*_ENDS, "_qualifier")),
    *(f"{name}{end}" for name in QUANTILES for end in _ENDS),
]
"""Columns of :meth:`Benchmark.figures`."""


def peers_table(bench: Benchmark, cohort: Cohort | None = None) -> dict[str, dict[str, Any]]:
    """
    Figures of a cohort as plain data: by measure its ``kind``, ``name`` and ``peers``.

    Raises
    ------
    BenchmarkError
        If the release has no such cohort.
    """
    group = bench.group(cohort)
    bench.figures(cohort, [])
    found = {}
    for measure in bench.measures_of(group):
        known = bench.distribution(group, measure)
        found[measure] = {
            "kind": kind_of(measure),
            "name": bench.name(measure),
            "peers": None if known is None else peers_document(known),
        }
    return found


def peers_document(found: Distribution) -> dict[str, Any]:
    """Return the printed figures of one measure as JSON."""
    return {
        "n": found.band,
        "step": found.step,
        "as_of": found.as_of,
        **{name: estimate.to_json() for name, estimate in estimates(found)},
    }


def kind_of(measure: str) -> str:
    """``overall``, ``module``, ``category`` or ``requirement``."""
    if measure == OVERALL:
        return "overall"
    return ("module", "category", "requirement")[min(measure.count("."), 2)]


def open_release(folder: Path) -> Benchmark:
    """
    Open a release, after checking it against its manifest.

    Parameters
    ----------
    folder : Path
        Folder of one release, or of several: then the one of the latest quarter.

    Raises
    ------
    DisclosureError
        If a file is missing, was changed after it was published, or the manifest does
        not fit the table.
    """
    release, wrong = check_release(_one_of(Path(folder)))
    if release is None or wrong:
        raise DisclosureError(
            "The release is not as it was published. Nothing was compared.",
            [Problem(MANIFEST_FILE, text) for text in wrong],
        )
    return Benchmark(release, release.manifest)


def _one_of(folder: Path) -> Path:
    if (folder / MANIFEST_FILE).is_file():
        return folder
    inside = release_folders(folder)
    if not inside:
        message = "expected a folder with benchmark.parquet and manifest.json, or a folder of them"
        raise DisclosureError("This is not a release.", [Problem(folder.name, message)])
    return inside[-1]
