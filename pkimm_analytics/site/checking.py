"""
What a site must withstand before it is put in place.

The releases are verified and attacked, and so are the figures **as the pages hold
them**: they are read back from the scripts, must be those of the release, and nothing
may follow from them below its rules. Every file is searched for what must not leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pkimm_analytics.audit import Finding, Rules, Vintage, attack_release, scan_file
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.benchmark.printed import QUANTILES
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import LEVEL_BOUNDS, Release
from pkimm_analytics.site.contents import read_script
from pkimm_analytics.site.figures import WITHHELD

FIGURES = "data/figures.js"


def scan_files(files: Mapping[str, bytes]) -> list[Finding]:
    """Search every file of a site: T23 to T27."""
    return [finding for name, content in files.items() for finding in scan_file(name, content)]


def attack_pages(
    files: Mapping[str, bytes], series: Sequence[Benchmark], rules: Rules
) -> list[Finding]:
    """
    Compare the figures of the pages with the releases, and attack them.

    Returns
    -------
    list of Finding
        Empty if the pages say what the releases say, and nothing can be learned.
    """
    data = read_script(files[FIGURES])["figures"]
    pages = [
        _published(bench, data, release)
        for bench, release in zip(series, data["releases"], strict=True)
    ]
    found = [
        finding
        for page, bench in zip(pages, series, strict=True)
        for finding in _differences(page, bench.published)
    ]
    return [*found, *attack_release(pages[-1], rules=rules, earlier=[*map(Vintage, pages[:-1])])]


def _published(bench: Benchmark, data: Mapping[str, Any], release: Mapping[str, Any]) -> Release:
    """Figures of a page as the table of a release, with the rows that pages show."""
    dimensions = bench.published.dimensions
    names = [*dimensions, "measure", "statistic", "value", "qualifier", "step"]
    names += ["n", "suppressed", "as_of"]
    rows: list[tuple[Any, ...]] = []
    for key, numbers in release["groups"].items():
        cohort = dict(pair.split("=", 1) for pair in key.split("&") if pair)
        group = tuple(cohort.get(dimension, ALL) for dimension in dimensions)
        for measure, number in zip(release["measures"], numbers, strict=False):
            rows += [(*group, measure, *cells) for cells in _rows(data, number)]
    rows.sort(key=lambda row: row[: len(dimensions) + 2])
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return Release.from_columns(bench.id, dict(zip(names, map(list, columns), strict=True)))


def _rows(data: Mapping[str, Any], number: int) -> list[tuple[Any, ...]]:
    """Statistic, value, qualifier, step, n, suppressed and date of one figure."""
    statistics = {f"at_least_{level}": f"share_ge:{level}" for level in LEVEL_BOUNDS}
    statistics |= {name: name for name in QUANTILES}
    withheld = (None, None, None, None, True, None)
    if number == WITHHELD:
        return [(name, *withheld) for name in ("n", *statistics.values())]
    n, step, as_of, numbers, _ = data["patterns"][number]
    found: list[tuple[Any, ...]] = [("n", None, None, None, n, False, as_of)]
    for key, place in zip(data["keys"], numbers, strict=True):
        name = statistics.get(key)
        value, qualifier, *_ = data["estimates"][place] if place != WITHHELD else (None, None)
        if name is not None and value is None:
            found.append((name, *withheld))
        elif name is not None:
            of_step = None if name == key else step
            found.append((name, value, qualifier, of_step, n, False, as_of))
    return found


def _differences(pages: Release, release: Release) -> list[Finding]:
    """Figures that pages show otherwise than the release does, or that it does not have."""
    found = []
    for (group, measure), cell in pages.cells.items():
        printed = release.cells.get((group, measure))
        if printed is None or set(map(_exact, cell.rows)) != set(map(_exact, printed.rows)):
            text = "the release does not print this"
            found.append(Finding("T31", text, (group,), measure, FIGURES))
    return found


def _exact(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row)
