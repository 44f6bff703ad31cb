"""
Where contributions come from: a collection, or the truth of a simulation.

Both become tables with a level for each category and requirement and overall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.journal import note, read_journal
from pkimm_analytics.collection.manifest import NAME as MANIFEST
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.records import SYNTHETIC
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.tables import OVERALL

_EXPECTED = "expected a collection, the folder of a simulation, or a Parquet file"

TRUTH_FILE = "truth.parquet"
"""What a simulation writes beside its assessments; all of it is invented."""


class Opened:
    """Records of a collection, one file at a time; opening it leaves a line in its journal."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    def tables(self) -> Iterator[Any]:
        """Read the records as they are committed now."""
        return self.collection.open_rows(purpose="making or checking a release").records()

    @property
    def mark(self) -> str:
        """Public name of the collection: releases of the same contributions have the same."""
        return hashlib.sha256(self.collection.manifest().id.encode()).hexdigest()[:12]

    def seals(self) -> list[str]:
        """Seals of the releases that the journal of the collection knows, oldest first."""
        lines = read_journal(self.collection.place)
        return [str(line.get("seal")) for line in lines if line.get("what") == "released"]

    def note(self, release: str, seal: str) -> None:
        """Leave a line about a release in the journal."""
        with self.collection.changing():
            note(self.collection.place, "released", release=release, seal=seal)


def open_contributions(place: str | Path, plan: Plan) -> Any:
    """
    Open contributions: a collection, the folder of a simulation, or one Parquet file.

    Only what a collection's manifest names is read: nothing that was withdrawn, replaced,
    refused or left behind by a writer that was stopped. Of a simulation, ``truth.parquet``
    is read; scores are rounded down to levels, and without columns of ``overall`` and
    of modules these are computed from the categories, by the weights of each row's edition.

    Parameters
    ----------
    place : str or Path
        Folder, file, or an address of object storage such as ``s3://bucket/prefix``.

    Returns
    -------
    Contributions or pyarrow.Table
        For :func:`.records.read_records`. The column ``synthetic`` says which rows are
        invented; all of a simulation are.

    Raises
    ------
    DisclosureError
        If nothing can be read.
    CollectionError
        If the collection is damaged or of another schema.
    """
    import pyarrow as pa

    if "://" in str(place):
        return _opened(place)
    folder = Path(place)
    if (folder / MANIFEST).exists() or any(folder.glob("period=*")):
        return _opened(place)
    source = folder / TRUTH_FILE if folder.is_dir() else folder
    table = _read_file(source)
    if source.name == TRUTH_FILE and SYNTHETIC not in table.column_names:
        table = table.append_column(SYNTHETIC, pa.array([True] * table.num_rows))
    return with_levels(table, plan)


def private_folder(collection: str) -> Path:
    """
    Where the state of a collection's releases is kept: beside it.

    Raises
    ------
    DisclosureError
        If the collection is not in a folder, so that nothing is beside it.
    """
    if "://" in collection:
        raise DisclosureError(
            "The private state of releases is kept in a folder. Nothing was published.",
            [Problem("private", "name a folder for a collection on object storage: --private")],
        )
    place = Path(collection).absolute()
    return place.with_name(f"{place.name}-disclosure")


def _opened(place: str | Path) -> Opened:
    collection = Collection(place)
    collection.manifest()
    return Opened(collection)


def _read_file(source: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(source).read()
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DisclosureError(
            "There are no contributions to read. Nothing was published.",
            [Problem("collection", f"{_EXPECTED} ({type(error).__name__})")],
        ) from None


def with_levels(table: Any, plan: Plan) -> Any:
    """
    Round scores down to levels, and add ``overall`` where it is missing.

    Raises
    ------
    DisclosureError
        If a column of scores holds something else than numbers up to 5.
    """
    import pyarrow as pa

    try:
        return _with_levels(table, plan)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DisclosureError(
            "Contributions are not valid. Nothing was published.",
            [Problem("levels", f"expected numbers from -1 to 5 ({type(error).__name__})")],
        ) from None


def _with_levels(table: Any, plan: Plan) -> Any:
    import pyarrow as pa

    if "edition" not in table.column_names:
        return table
    scores = {}
    for key in (*plan.categories, *plan.requirements):
        if key in table.column_names and not pa.types.is_integer(table.schema.field(key).type):
            values = table.column(key).to_numpy().astype(float)
            if not np.all(np.isnan(values) | ((values >= -1) & (values <= 5))):
                raise ValueError
            scores[key] = values
            levels = np.nan_to_num(np.floor(values + 1e-9)).astype(np.int8)
            place = table.column_names.index(key)
            table = table.set_column(place, key, pa.array(levels))
    for measure in (m for m in (OVERALL, *plan.modules) if m not in table.column_names):
        inside = "" if measure == OVERALL else f"{measure}."
        keys = [k for k in plan.categories if k in table.column_names and k.startswith(inside)]
        table = table.append_column(measure, pa.array(_mean(table, scores, plan, keys)))
    return table


def _mean(
    table: Any, scores: dict[str, NDArray[np.float64]], plan: Plan, keys: list[str]
) -> NDArray[np.int8]:
    """Level of the whole or of a module: mean of its categories by the weights of each edition."""
    editions = np.array(table.column("edition").to_pylist(), object)
    if not keys:
        return np.zeros(table.num_rows, np.int8)
    matrix = np.stack(
        [scores.get(key, table.column(key).to_numpy().astype(float)) for key in keys], axis=1
    )
    known = matrix > 0
    mean = np.zeros(table.num_rows)
    for version in plan.codes["edition"]:
        categories = shipped_model(version).categories
        weights = np.array([categories[k].weight if k in categories else 0 for k in keys], float)
        rows = editions == version
        total = (known[rows] * weights).sum(axis=1)
        points = (np.where(known[rows], matrix[rows], 0) * weights).sum(axis=1)
        mean[rows] = np.where(total > 0, points / np.maximum(total, 1), 0)
    return np.floor(mean + 1e-9).astype(np.int8)
