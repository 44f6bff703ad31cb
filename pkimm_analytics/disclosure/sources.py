"""
Where contributions come from: a collection, or the truth of a simulation.

Both become one table with a level for each category and requirement and overall.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.store import open_collection, records
from pkimm_analytics.store.manifest import NAME as COLLECTION_MANIFEST
from pkimm_analytics.tables import OVERALL

SYNTHETIC = "synthetic"
"""Column that says which contributions are invented."""
TRUTH_FILE = "truth.parquet"
"""What a simulation writes beside its assessments."""


def read_contributions(path: Path, plan: Plan) -> Any:
    """
    Read contributions from a Parquet file or a folder of them.

    A collection is read as it was committed. In another folder, files and folders whose
    names begin with ``.`` or ``_`` are left out, scores are rounded down to levels, and
    without a column ``overall``, it is computed from the categories, by the weights of
    each row's edition.

    Returns
    -------
    pyarrow.Table
        The column ``synthetic`` says which rows are invented; all of a simulation are.

    Raises
    ------
    DisclosureError
        If nothing can be read.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    if (path / COLLECTION_MANIFEST).is_file():
        return records(open_collection(path))
    is_simulated = (path / TRUTH_FILE).is_file() or path.name == TRUTH_FILE
    source = path / TRUTH_FILE if path.is_dir() and is_simulated else path
    try:
        table = ds.dataset(source, format="parquet").to_table()
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DisclosureError(
            "There are no contributions to read. Nothing was published.",
            [Problem(path.name, f"no collection or Parquet file ({type(error).__name__})")],
        ) from None
    if is_simulated and SYNTHETIC not in table.column_names:
        table = table.append_column(SYNTHETIC, pa.array([True] * table.num_rows))
    return _with_levels(table, plan)


def _with_levels(table: Any, plan: Plan) -> Any:
    import pyarrow as pa

    if "edition" not in table.column_names:
        return table
    scores = {}
    for key in (*plan.categories, *plan.requirements):
        if key in table.column_names and not pa.types.is_integer(table.schema.field(key).type):
            values = table.column(key).to_numpy().astype(float)
            scores[key] = values
            levels = np.nan_to_num(np.floor(values + 1e-9)).astype(np.int8)
            place = table.column_names.index(key)
            table = table.set_column(place, key, pa.array(levels))
    if OVERALL not in table.column_names:
        table = table.append_column(OVERALL, pa.array(_overall(table, scores, plan)))
    return table


def _overall(table: Any, scores: dict[str, NDArray[np.float64]], plan: Plan) -> NDArray[np.int8]:
    editions = np.array(table.column("edition").to_pylist(), object)
    keys = [key for key in plan.categories if key in table.column_names]
    if not keys:
        return np.zeros(table.num_rows, np.int8)
    matrix = np.stack(
        [scores.get(key, table.column(key).to_numpy().astype(float)) for key in keys], axis=1
    )
    known = matrix > 0
    overall = np.zeros(table.num_rows)
    for version in plan.codes["edition"]:
        categories = shipped_model(version).categories
        weights = np.array([categories[k].weight if k in categories else 0 for k in keys], float)
        rows = editions == version
        total = (known[rows] * weights).sum(axis=1)
        points = (np.where(known[rows], matrix[rows], 0) * weights).sum(axis=1)
        overall[rows] = np.where(total > 0, points / np.maximum(total, 1), 0)
    return np.floor(overall + 1e-9).astype(np.int8)
