"""
A release as its reader sees it: cells with intervals instead of numbers.

A printed share of 0.4 in steps of 0.1 says that the share is between 0.35 and 0.45,
and a band of 20-49 that there are 20 to 49 contributors. Attacks work on these
intervals. Reading is tolerant, so that releases of other, unsafe, styles can be
attacked too: exact numbers become intervals of no width.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Group
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.organization import ALL

DIMENSIONS = ("sector", "size", "region", "role", "assurance", "edition")
"""Dimensions of a release, in the order of its columns."""

TABLE_FILE = "benchmark.parquet"
MANIFEST_FILE = "manifest.json"
README_FILE = "README.md"
CHANGES_FILE = "CHANGES.md"

LEVEL_BOUNDS = (2, 3, 4, 5)
"""Levels L of the statistics ``share_ge:L``, the share of contributors at level L or above."""

COLUMNS = ("measure", "statistic", "value", "qualifier", "step", "n", "suppressed", "as_of")
"""Columns that follow the dimensions."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Everything from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Whether only one value is left."""
        return self.high - self.low < 1e-9


ANY_NUMBER = Interval(0, math.inf)
ANY_SHARE = Interval(0, 1)


@dataclass(frozen=True)
class Cell:
    """
    What is printed about one measure of one group.

    Parameters
    ----------
    withheld : bool
        Whether all its rows are withheld.
    n : Interval
        Contributors, as far as the table says.
    shares : mapping of int to Interval
        By level L: share of contributors at level L or above.
    figures : mapping of str to tuple of float
        Other statistics: value and rounding step (0: exact).
    as_of : str
        Release that the figures were computed for; empty if not stated.
    rows : tuple
        The printed rows, for comparison with another release.
    """

    withheld: bool
    n: Interval
    shares: Mapping[int, Interval]
    figures: Mapping[str, tuple[float, float]]
    as_of: str
    rows: tuple[tuple[Any, ...], ...]

    def share(self, level: int) -> Interval:
        """Share at a level or above; level 1 is everybody, level 6 nobody."""
        if level <= 1:
            return Interval(1, 1)
        return Interval(0, 0) if level >= 6 else self.shares.get(level, ANY_SHARE)

    def level_share(self, level: int) -> Interval:
        """Share at exactly one level, from the two shares around it."""
        this, above = self.share(level), self.share(level + 1)
        return Interval(max(0.0, this.low - above.high), min(1.0, this.high - above.low))


@dataclass(frozen=True)
class Published:
    """
    One release.

    Parameters
    ----------
    name : str
        Folder or id, for messages.
    dimensions : tuple of str
        Columns that stand before ``measure``.
    columns : mapping of str to array
        All columns as objects; None where a cell is empty.
    """

    name: str
    dimensions: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]] = field(repr=False)

    @cached_property
    def groups(self) -> NDArray[Any]:
        """Group of each row, as a tuple."""
        codes = [self.columns[dimension] for dimension in self.dimensions]
        out = np.empty(len(self.columns["measure"]), object)
        out[:] = list(zip(*codes, strict=True))
        return out

    @cached_property
    def cells(self) -> dict[tuple[Group, str], Cell]:
        """Cells by group and measure, in the order of the table."""
        rows: dict[tuple[Group, str], list[int]] = {}
        for index, key in enumerate(zip(self.groups, self.columns["measure"], strict=True)):
            rows.setdefault(key, []).append(index)
        return {key: self._cell(indices) for key, indices in rows.items()}

    @cached_property
    def all_groups(self) -> tuple[Group, ...]:
        """Every group that has a row."""
        return tuple(dict.fromkeys(self.groups))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Every measure that has a row."""
        return tuple(dict.fromkeys(self.columns["measure"]))

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        """Cells of each row in the order of ``COLUMNS``, None where a column is missing."""
        n = len(self.columns["measure"])
        return list(zip(*(self.columns.get(name, [None] * n) for name in COLUMNS), strict=True))

    def _cell(self, indices: list[int]) -> Cell:
        rows = []
        shares: dict[int, Interval] = {}
        figures: dict[str, tuple[float, float]] = {}
        n, as_of, withheld = ANY_NUMBER, "", True
        for index in indices:
            _, statistic, value, qualifier, step, stated, suppressed, quarter = self._rows[index]
            rows.append(self._rows[index][1:])
            n = _narrower(n, band(stated))
            as_of = quarter or as_of
            withheld = withheld and bool(suppressed)
            if value is None:
                continue
            value, step = float(value), float(step or 0)
            level = _LEVEL_OF.get(statistic)
            if statistic == "n":
                n = _narrower(n, Interval(value, value))
            elif level:
                shares[level] = _share(value, step, qualifier)
            else:
                figures[str(statistic)] = (value, step)
        return Cell(withheld, n, shares, figures, str(as_of), tuple(rows))


_LEVEL_OF = {f"share_ge:{level}": level for level in LEVEL_BOUNDS}


@lru_cache(maxsize=4096)
def band(text: object) -> Interval:
    """
    Interval that a band of contributors stands for; any number if it cannot be read.

    Examples
    --------
    >>> band("20-49")
    Interval(low=20.0, high=49.0)
    >>> band("5000+").low, band("< 10").high
    (5000.0, 9.0)
    """
    plain = re.sub(r"(?<=[0-9])[, ](?=[0-9]{3}(?![0-9]))|\s", "", str(text))
    match = re.fullmatch(r"([0-9]{1,12})(?:(?:-|–|to)([0-9]{1,12})|(\+))?(?:\.0)?", plain)
    if match is not None:
        low = float(match[1])
        return Interval(low, math.inf if match[3] else float(match[2] or low))
    match = re.fullmatch(r"(<=|>=|[<>≤≥])([0-9]{1,12})", plain)
    if match is None:
        return ANY_NUMBER
    end = float(match[2]) + {"<": -1, ">": 1}.get(match[1], 0)
    return Interval(end, math.inf) if match[1] in (">", ">=", "≥") else Interval(0, end)


@lru_cache(maxsize=65536)
def family(group: Group) -> tuple[int, ...]:
    """Places of the dimensions that a group uses."""
    return tuple(i for i, code in enumerate(group) if code != ALL)


def contains(outer: Group, inner: Group) -> bool:
    """Whether everybody in `inner` is in `outer`."""
    return all(code in (ALL, other) for code, other in zip(outer, inner, strict=True))


def _narrower(one: Interval, other: Interval) -> Interval:
    return Interval(max(one.low, other.low), min(one.high, other.high))


def _share(value: float, step: float, qualifier: object) -> Interval:
    low = 0.0 if qualifier == "<=" else max(0.0, value - step / 2)
    high = 1.0 if qualifier == ">=" else min(1.0, value + step / 2)
    return Interval(low, high)


# --- reading -----------------------------------------------------------------------


def from_columns(name: str, columns: Mapping[str, Any]) -> Published:
    """
    Take the columns of a release table.

    Raises
    ------
    DisclosureError
        If ``measure`` or ``statistic`` is missing, or there is no dimension before it.
    """
    names = list(columns)
    missing = [c for c in ("measure", "statistic", "value") if c not in names]
    if missing or names.index("measure") == 0:
        raise DisclosureError(
            "This is not a release table. Nothing was attacked.",
            [Problem(name, f"expected dimensions, then {', '.join(COLUMNS)}")],
        )
    dimensions = tuple(names[: names.index("measure")])
    objects = {key: _objects(value) for key, value in columns.items()}
    texts = (*dimensions, "measure", "statistic")
    problems = [
        Problem(name, f"{column}: expected {_EXPECTED.get(column, 'a text')}")
        for column, values in objects.items()
        if column in (*dimensions, *COLUMNS)
        and not all(_fits(column, v, is_key=column in texts) for v in values)
    ]
    pairs = zip(objects["statistic"], objects["value"], strict=True)
    if not problems and any(s in _LEVEL_OF and v is not None and not 0 <= v <= 1 for s, v in pairs):
        problems = [Problem(name, "value: expected a number, for a share from 0 to 1")]
    if problems:
        raise DisclosureError("This is not a release table. Nothing was attacked.", problems)
    return Published(name, dimensions, objects)


def read_release(folder: Path) -> Published:
    """
    Read the table of a release.

    Parameters
    ----------
    folder : Path
        Folder of a release, or a Parquet file.

    Raises
    ------
    DisclosureError
        If there is no table or it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / TABLE_FILE if folder.is_dir() else folder
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DisclosureError(
            "A release cannot be read. Nothing was attacked.",
            [Problem(path.name, f"not a readable Parquet file ({type(error).__name__})")],
        ) from None
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return from_columns(folder.name, columns)


_NUMBERS = ("value", "step")
_EXPECTED = {
    "value": "a number, and not a huge one",
    "step": "a number from 0, and not a huge one",
    "n": "a number or a text",
    "suppressed": "a mark or a text",
}
_LONGEST = 200
_LARGEST = 1e9


def _fits(column: str, value: object, *, is_key: bool) -> bool:
    """Whether a cell can be attacked: a plain value, and a number where one belongs."""
    if isinstance(value, str):
        return column not in _NUMBERS and len(value) <= _LONGEST
    if is_key or (column == "as_of" and value is not None):
        return False
    if isinstance(value, bool | np.bool_):
        return column not in _NUMBERS
    if isinstance(value, int | float | np.number):
        least = 0 if column in ("step", "n") else -_LARGEST
        return column != "qualifier" and bool(least <= value <= _LARGEST)
    return value is None


def _objects(values: Any) -> NDArray[Any]:
    out = np.empty(len(values), object)
    out[:] = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    return out
