"""
Counting, defined once, as an Ibis expression: by profile, at each level of each measure.

It runs on whatever engine Ibis speaks, here DuckDB and Spark, and gives the same whole
numbers: levels are stored, so that no engine's way of dividing can round a score across
a level. Counts are of single contributions and internal: nothing here is for publication.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.collection.measures import COVERED, PROFILE, check_measures, column_of
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.tables import COVERAGE

if TYPE_CHECKING:
    import pandas as pd

CODES = {
    1: "level_1",
    2: "level_2",
    3: "level_3",
    4: "level_4",
    5: "level_5",
    0: "nothing_to_count",
    -1: "not_applicable",
}
"""Columns of counts by code."""


def counted(rows: Any, by: Sequence[str], measures: Sequence[str], least: int) -> Any:
    """
    Return the expression that counts.

    Parameters
    ----------
    rows : ibis.Table
        Contributions as they are stored, or some of them.
    by, measures : sequence of str
    least : int
        Percent of coverage; below it, the whole or a module is nothing to count.

    Returns
    -------
    ibis.Table
        The columns `by`, then for each measure in its order a count of each of
        :data:`CODES`, as ``0:1`` for level 1 of the first.
    """
    import ibis

    @ibis.udf.agg.builtin(name="count_if")  # type: ignore[untyped-decorator]
    def count_if(_condition: bool) -> int:  # noqa: FBT001  # a function of both engines
        raise NotImplementedError

    sums = {}
    for number, measure in enumerate(measures):
        codes = rows[column_of(measure)]
        if measure in COVERED:
            codes = (rows[COVERAGE + measure] >= least).ifelse(codes, 0)
        for code in CODES:
            sums[f"{number}:{code}"] = count_if(codes == code)
    return rows.group_by([*by]).agg(**sums) if by else rows.agg(**sums)


def count(rows: Any, by: Sequence[str], measures: Sequence[str], least: int) -> pd.DataFrame:
    """
    Count on the engine that holds the rows.

    Returns
    -------
    DataFrame
        One row for each combination that occurs and each measure, in the order of `by`
        (what is not stated last) and `measures`: the columns `by`, ``measure``, ``n`` (at
        any level) and :data:`CODES`.
    """
    import pandas as pd

    wide = counted(rows, by, measures, least).to_pyarrow().to_pandas()
    wide = wide.sort_values([*by], na_position="last", ignore_index=True) if by else wide
    counts = wide.drop(columns=[*by]).to_numpy(np.int64, na_value=0)
    counts = counts.reshape(len(wide) * len(measures), len(CODES))
    found = wide[[*by]].loc[wide.index.repeat(len(measures))].reset_index(drop=True)
    found["measure"] = np.tile(np.array(measures, object), len(wide))
    found["n"] = counts[:, :5].sum(axis=1)
    numbers = pd.DataFrame(counts, columns=[*CODES.values()])
    return pd.DataFrame(found.join(numbers))


def nobody(by: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """Return the counts of an empty collection."""
    import pandas as pd

    columns = [*by, "measure", "n", *CODES.values()]
    if by:
        return pd.DataFrame(columns=columns)
    return pd.DataFrame([{"measure": m, **dict.fromkeys(columns[1:], 0)} for m in measures])


def check(by: Sequence[str], measures: Sequence[str]) -> None:
    """
    Refuse what cannot be counted.

    Raises
    ------
    CollectionError
        If a dimension or measure is unknown or named twice.
    """
    if set(by) - set(PROFILE) or len(set(by)) != len(by):
        raise CollectionError(f"Expected different dimensions of {', '.join(PROFILE)}.")
    check_measures(measures)
