"""
What a site must withstand before it is put in place.

The releases are verified and attacked, and so are the figures **as the pages hold
them**: they are read back from the scripts, must be those of the release, and nothing
may follow from them below its rules. Every file is searched for what must not leave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pkimm_analytics.audit.artifacts import scan_file
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.suite import Rules, attack_release
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.benchmark.printed import QUANTILES
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import LEVEL_BOUNDS, Release
from pkimm_analytics.site.contents import read_script
from pkimm_analytics.site.figures import WITHHELD

RELEASE, REQUIREMENTS, SERIES = (f"data/{n}.js" for n in ("release", "requirements", "series"))


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
    shown = _published(series[-1], [read_script(files[RELEASE]), read_script(files[REQUIREMENTS])])
    document = read_script(files[SERIES])
    earlier = [
        _published(bench, [{**document, **part}])
        for bench, part in zip(series[:-1], document["releases"], strict=True)
    ]
    found = _differences(shown, series[-1].published, where=RELEASE)
    for pages, bench in zip(earlier, series[:-1], strict=True):
        found += _differences(pages, bench.published, where=SERIES)
    return [*found, *attack_release(shown, rules=rules, earlier=earlier)]


def _published(bench: Benchmark, parts: Sequence[Mapping[str, Any]]) -> Release:
    """Figures of pages as the table of a release, with the rows that pages show."""
    dimensions = bench.published.dimensions
    names = [*dimensions, "measure", "statistic", "value", "qualifier", "step"]
    names += ["n", "suppressed", "as_of"]
    rows: list[tuple[Any, ...]] = []
    for part in parts:
        for key, (as_of, numbers) in part["groups"].items():
            cohort = dict(pair.split("=", 1) for pair in key.split("&") if pair)
            group = tuple(cohort.get(dimension, ALL) for dimension in dimensions)
            for measure, number in zip(part["measures"], numbers, strict=True):
                rows += [(*group, measure, *cells) for cells in _rows(part, number, as_of)]
    rows.sort(key=lambda row: row[: len(dimensions) + 2])
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return Release.from_columns(bench.id, dict(zip(names, map(list, columns), strict=True)))


def _rows(part: Mapping[str, Any], number: int, as_of: str) -> list[tuple[Any, ...]]:
    """Statistic, value, qualifier, step, n, suppressed and date of one figure."""
    shares = [f"share_ge:{level}" for level in LEVEL_BOUNDS]
    if number == WITHHELD:
        withheld = (None, None, None, None, True, None)
        return [(name, *withheld) for name in ("n", *shares, *QUANTILES)]
    n, step, numbers, quantiles, _ = part["patterns"][number]
    found: list[tuple[Any, ...]] = [("n", None, None, None, n, False, as_of)]
    for name, place in zip(shares, numbers, strict=False):
        value, *_, qualifier = part["estimates"][place]
        found.append((name, value / 1000, qualifier, step / 1000, n, False, as_of))
    for name, quantile in zip(QUANTILES, quantiles, strict=True):
        if quantile and quantile[0] is not None:
            found.append((name, float(quantile[0]), "=", None, n, False, as_of))
        else:
            found.append((name, None, None, None, None, True, None))
    return found


def _differences(pages: Release, release: Release, *, where: str) -> list[Finding]:
    """Figures that pages show otherwise than the release does, or that it does not have."""
    found = []
    for key, cell in pages.cells.items():
        group, measure = key
        if key not in release.cells:
            found.append(Finding("T31", "the release has no such figure", (group,), measure, where))
        elif not _is_same(cell.rows, release.cells[key].rows):
            found.append(Finding("T31", "not as the release prints it", (group,), measure, where))
    return found


def _is_same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(
        all(map(_is_equal, a, b)) for a, b in zip(sorted(one), sorted(other), strict=True)
    )


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-9)
    return bool(one == other)
