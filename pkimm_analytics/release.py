"""
A release: the published table and its manifest, in the one shape that everybody reads.

The table has a row for every statistic of every group of the plan, withheld ones
included. Read back, it is cells with intervals instead of numbers: a share printed as
0.4 in steps of 0.1 was rounded half up, so it is 0.35 or more and below 0.45; a band of
20-49 stands for 20 to 49 contributors. Reading is tolerant, so that tables of other,
unsafe, styles can be attacked too: exact numbers become intervals of no width.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import DisclosureError, PkimmError, Problem
from pkimm_analytics.files import sync_folder, write_atomically
from pkimm_analytics.organization import ALL, broader_codes
from pkimm_analytics.tables import BENCHMARK, DIMENSIONS, arrow_schema

TABLE_FILE = "benchmark.parquet"
MANIFEST_FILE = "manifest.json"
README_FILE = "README.md"
CHANGES_FILE = "CHANGES.md"

LEVEL_BOUNDS = (2, 3, 4, 5)
"""Levels L of the statistics ``share_ge:L``, the share of contributors at level L or above."""

COLUMNS = BENCHMARK.column_names[len(DIMENSIONS) :]
"""Columns that follow the dimensions."""

Group = tuple[str, ...]
"""One code for each dimension of a release, ``*`` for all."""

_SLACK = 1e-7


@dataclass(frozen=True, slots=True)
class Interval:
    """Everything from `low` to `high`, without `high` itself where the end is open."""

    low: float
    high: float
    is_open: bool = field(default=False, compare=False, repr=False)

    @property
    def is_exact(self) -> bool:
        """Whether only one value is left."""
        return self.high - self.low < 1e-9

    def counts(self, n: Any) -> tuple[Any, Any]:
        """Fewest and most of `n` contributors (a number or an array) whose share lies in it."""
        most = np.asarray(self.high * n)
        most = np.ceil(most - _SLACK) - 1 if self.is_open else np.floor(most + _SLACK)
        return np.ceil(np.asarray(self.low * n) - _SLACK), most


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

    @cached_property
    def level_counts(self) -> NDArray[np.float64] | None:
        """Printed counts of levels 1 to 5 and their rounding steps, shape (2, 5), if all are."""
        names = [f"count:{level}" for level in range(1, 6)]
        if not self.figures.keys() >= set(names):
            return None
        return np.array([self.figures[name] for name in names]).T

    def level_share(self, level: int) -> Interval:
        """Share at exactly one level, from the two shares around it."""
        this, above = self.share(level), self.share(level + 1)
        return Interval(max(0.0, this.low - above.high), min(1.0, this.high - above.low))


@dataclass(frozen=True, eq=False)
class Release:
    """
    One release. Read it with :func:`read_release` or :func:`check_release`.

    Parameters
    ----------
    name : str
        Folder or id, for messages.
    dimensions : tuple of str
        Columns that stand before ``measure``.
    columns : mapping of str to array
        All columns as objects; None where a cell is empty.
    manifest : mapping
        What it says about itself; empty where it was not read.
    """

    name: str
    dimensions: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]] = field(repr=False)
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_columns(cls, name: str, columns: Mapping[str, Any]) -> Release:
        """
        Take the columns of a release table.

        Raises
        ------
        DisclosureError
            If ``measure`` or ``statistic`` is missing, there is no dimension before it, or
            a cell holds what no attack could read.
        """
        names = list(columns)
        missing = [c for c in ("measure", "statistic", "value") if c not in names]
        if missing or names.index("measure") == 0:
            wrong = [f"expected dimensions, then {', '.join(COLUMNS)}"]
            raise DisclosureError(_NO_TABLE, [Problem(name, text) for text in wrong])
        dimensions = tuple(names[: names.index("measure")])
        objects = {key: _objects(values) for key, values in columns.items()}
        wrong = _misfits(objects, (*dimensions, "measure", "statistic"))
        if wrong:
            raise DisclosureError(_NO_TABLE, [Problem(name, text) for text in wrong])
        return cls(name, dimensions, objects)

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
        n = len(self.columns["measure"])
        cells = zip(*(self.columns.get(name, [None] * n) for name in COLUMNS[1:]), strict=True)
        rows: dict[tuple[Group, str], list[tuple[Any, ...]]] = {}
        for group, measure, row in zip(self.groups, self.columns["measure"], cells, strict=True):
            rows.setdefault((group, measure), []).append(row)
        return {key: read_cell(tuple(found)) for key, found in rows.items()}

    @cached_property
    def all_groups(self) -> tuple[Group, ...]:
        """Every group that has a row."""
        return tuple(dict.fromkeys(self.groups))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Every measure that has a row."""
        return tuple(dict.fromkeys(self.columns["measure"]))


_LEVEL_OF = {f"share_ge:{level}": level for level in LEVEL_BOUNDS}


def read_cell(rows: tuple[tuple[Any, ...], ...]) -> Cell:
    """Read the rows of one measure of one group, without their key."""
    shares: dict[int, Interval] = {}
    figures: dict[str, tuple[float, float]] = {}
    n, as_of, withheld = ANY_NUMBER, "", True
    for statistic, printed, qualifier, rounding, stated, suppressed, quarter in rows:
        n = _narrower(n, band(stated))
        as_of = quarter or as_of
        withheld = withheld and bool(suppressed)
        if printed is None:
            continue
        value, step = float(printed), float(rounding or 0)
        if statistic == "n":
            n = _narrower(n, Interval(value, value))
        elif statistic in _LEVEL_OF:
            shares[_LEVEL_OF[statistic]] = printed_share(value, step, qualifier)
        else:
            figures[str(statistic)] = (value, step)
    return Cell(withheld, n, shares, figures, str(as_of), rows)


def printed_share(value: float, step: float, qualifier: object = "=") -> Interval:
    """
    Shares that are printed as a value: rounded half up to a step, then perhaps cut off.

    Examples
    --------
    Of 30 contributors, 11 to 13 are 40 percent in steps of 10; 13.5 would be 50 percent:

    >>> [int(count) for count in printed_share(0.4, 0.1).counts(30)]
    [11, 13]
    >>> [int(count) for count in printed_share(0.9, 0.1, ">=").counts(30)]
    [26, 30]
    """
    low = 0.0 if qualifier == "<=" else max(0.0, value - step / 2)
    if qualifier == ">=":
        return Interval(low, 1.0)
    return Interval(low, min(1.0, value + step / 2), is_open=step > 0 and value + step / 2 <= 1)


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


def _narrower(one: Interval, other: Interval) -> Interval:
    return Interval(max(one.low, other.low), min(one.high, other.high))


@lru_cache(maxsize=65536)
def family(group: Group) -> tuple[int, ...]:
    """Places of the dimensions that a group uses."""
    return tuple(i for i, code in enumerate(group) if code != ALL)


@lru_cache(maxsize=65536)
def contains(outer: Group, inner: Group) -> bool:
    """Whether everybody in `inner` is in `outer`, which may have broader codes."""
    names = DIMENSIONS if len(outer) == len(DIMENSIONS) else ("",) * len(outer)
    return all(
        code in (ALL, other) or code in broader_codes(name, other)
        for name, code, other in zip(names, outer, inner, strict=True)
    )


# --- cells of a table that somebody else made ----------------------------------------------

_NO_TABLE = "This is not a release table. Nothing was attacked."
_NUMBERS = ("value", "step")
_EXPECTED = {
    "value": "a number, and not a huge one",
    "step": "a number from 0, and not a huge one",
    "n": "a number or a text",
    "suppressed": "a mark or a text",
}
_LONGEST = 200
_LARGEST = 1e9


def _misfits(objects: Mapping[str, NDArray[Any]], texts: tuple[str, ...]) -> list[str]:
    """Name the columns that hold what could not be attacked, and what would be right."""
    wrong = [
        f"{column}: expected {_EXPECTED.get(column, 'a text')}"
        for column, values in objects.items()
        if column in {*texts, *COLUMNS}
        and not all(_fits(column, value, is_key=column in texts) for value in _distinct(values))
    ]
    pairs = zip(objects["statistic"], objects["value"], strict=True)
    if not wrong and any(s in _LEVEL_OF and v is not None and not 0 <= v <= 1 for s, v in pairs):
        wrong = ["value: expected a number, for a share from 0 to 1"]
    return wrong


def _distinct(values: NDArray[Any]) -> list[object]:
    """Return each value once; all of them, if some are lists."""
    try:
        return [value for _, value in {(type(value), value) for value in values}]
    except TypeError:
        return list(values)


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


# --- reading and checking ------------------------------------------------------------------


def release_folders(place: Path) -> list[Path]:
    """Folders of the releases in a folder, oldest quarter first."""
    if not place.is_dir():
        return []
    return sorted(p.parent for p in place.glob(f"*/{MANIFEST_FILE}") if p.parent.name[0] != ".")


def read_release(folder: Path) -> Release:
    """
    Read the table of a release, whatever its manifest says.

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
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise DisclosureError(
            "A release cannot be read. Nothing was attacked.",
            [Problem(path.name, f"not a readable Parquet file ({type(error).__name__})")],
        ) from None
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return Release.from_columns(folder.name, columns)


def check_release(folder: Path) -> tuple[Release | None, list[str]]:
    """
    Read a release folder once, and check it against its own manifest.

    Returns
    -------
    tuple of Release or None, and list of str
        The release with its manifest, and what is not as it was published: hashes of the
        files, the id, totals, findings. None if table or manifest cannot be read.
    """
    try:
        document = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        read = read_release(folder)
        release = Release(read.name, read.dimensions, read.columns, document)
        return release, _wrong(folder, release)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, PkimmError):
        return None, ["no readable manifest and table"]


def _wrong(folder: Path, release: Release) -> list[str]:
    document = release.manifest
    stated = {entry["name"]: entry["sha256"] for entry in document["files"]}
    actual = {p.name for p in folder.iterdir()} - {MANIFEST_FILE}
    digests = {name: _sha256((folder / name).read_bytes()) for name in sorted(actual)}
    wrong = [
        f"{name} is in the folder or the manifest, not in both"
        for name in sorted(actual ^ set(stated))
    ]
    wrong += [
        f"the hash of {name} is not that of the file"
        for name, digest in digests.items()
        if name in stated and digest != stated[name]
    ]
    if document["release"] != f"{document['quarter']}-{digests[TABLE_FILE][:12]}":
        wrong.append("the id of the release does not follow from its table")
    if document["totals"] != totals(release, document["quarter"]):
        wrong.append("totals are not those of the table")
    if document["audit"]["findings"] != 0:
        wrong.append("it was published with findings")
    return wrong


def totals(release: Release, quarter: str) -> dict[str, int]:
    """
    Count the groups of a release: in all, published, withheld, and published but carried forward.

    They follow from the public rows alone, so that stating them gives nothing away.
    """
    dates: dict[Group, set[str]] = {group: set() for group in release.all_groups}
    for (group, _), cell in release.cells.items():
        if not cell.withheld:
            dates[group].add(cell.as_of)
    published = [found for found in dates.values() if found]
    return {
        "groups": len(dates),
        "published": len(published),
        "withheld": len(dates) - len(published),
        "published_carried_forward": sum(quarter not in found for found in published),
    }


def mixed_rules(releases: Sequence[Release]) -> list[str]:
    """
    Name releases that other rules made of the contributions of the first of them.

    Their figures could be subtracted from each other, which no audit of one series sees.
    """

    def stated(release: Release, part: str, name: str) -> Any:
        return release.manifest.get(part, {}).get(name)

    rules = [(stated(r, "policy", "digest"), stated(r, "plan", "digest")) for r in releases]
    sources = [stated(release, "contributions", "collection") for release in releases]
    firsts = [rules[sources.index(source)] for source in sources]
    return [r.name for r, own, first in zip(releases, rules, firsts, strict=True) if own != first]


# --- writing -------------------------------------------------------------------------------


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def release_id(quarter: str, table: bytes) -> str:
    """Id of a release: its quarter and the beginning of its table's SHA-256."""
    return f"{quarter}-{_sha256(table)[:12]}"


def table_bytes(columns: Mapping[str, Any]) -> bytes:
    """
    Parquet file of a release table: the same bytes for the same rows.

    The Arrow table is made anew from plain values, so that nothing of what it was
    computed from can travel with it: no metadata, no index, no unused codes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(BENCHMARK)
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    table = pa.Table.from_arrays(arrays, schema=schema)
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        write_statistics=False,
        store_schema=False,
        row_group_size=max(1, table.num_rows),
    )
    return sink.getvalue()


def manifest_bytes(document: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Manifest as JSON, with every other file of the release and its hash at the end."""
    listed = [
        {"name": name, "sha256": _sha256(content), "bytes": len(content)}
        for name, content in sorted(files.items())
    ]
    text = json.dumps({**document, "files": listed}, indent=1, ensure_ascii=False)
    return (text + "\n").encode()


def write_release(out: Path, name: str, files: Mapping[str, bytes]) -> bool:
    """
    Write a release under its name, whole or not at all; False if it is there already.

    Raises
    ------
    DisclosureError
        If one of this name has another table, or what was written does not fit together.
    OSError
        If the folder cannot be written.
    """
    final, part = out / name, out / f".{name}.part"
    if final.exists():
        if (final / TABLE_FILE).read_bytes() != files[TABLE_FILE]:
            raise DisclosureError(
                "A release of this name was changed after it was published. Nothing was written.",
                [Problem(name, "restore it from where it was published")],
            )
        return False
    shutil.rmtree(part, ignore_errors=True)
    for file, content in files.items():
        write_atomically(part / file, content)
        (part / file).chmod(0o644)  # public, so a web server of another user may read it
    wrong = check_release(part)[1]
    if wrong:
        shutil.rmtree(part, ignore_errors=True)
        problems = [Problem(MANIFEST_FILE, text) for text in wrong]
        raise DisclosureError("The written files are not as they should be.", problems)
    part.rename(final)
    sync_folder(out)
    return True
