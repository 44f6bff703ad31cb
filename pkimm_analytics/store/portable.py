"""
The portable contract as one Ibis expression: group by profile, measure, code; count.

It runs on whatever engine Ibis speaks, here DuckDB and Spark, and gives the integers
of the NumPy kernel. What goes in are rows of codes: the scoring formula exists once,
in whole numbers, and no engine's way of dividing can round a score across a level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pkimm_analytics.store.measures import Value, measure_codes

_CODE = "code_{}"


def portable_counts(rows: Any, dimensions: Sequence[str], measures: Sequence[str]) -> Any:
    """
    Return the expression that counts.

    Parameters
    ----------
    rows : ibis.Table
        Coded rows, see :func:`coded`.
    dimensions, measures : sequence of str
        As the rows were coded with.

    Returns
    -------
    ibis.Table
        The dimensions, ``measure``, ``code`` (int32) and ``n`` (int64).
    """
    import ibis

    names = {_CODE.format(number): name for number, name in enumerate(measures)}
    long = rows.pivot_longer([*names], names_to="measure", values_to="code")
    counted = long.group_by([*dimensions, "measure", "code"]).agg(n=long.count())
    named = ibis.cases(*((counted.measure == code, name) for code, name in names.items()), else_="")
    whole = {"code": counted.code.cast("int32"), "n": counted.n.cast("int64")}
    return counted.mutate(measure=named, **whole).select(*dimensions, "measure", "code", "n")


def coded(
    table: Any, dimensions: Sequence[str], measures: Sequence[str], value: Value
) -> Iterator[Any]:
    """
    Turn rows of contributions into batches of the dimensions and a code for each measure.

    Columns of measures are called ``code_0`` and so on, because element keys hold dots.
    """
    import pyarrow as pa

    columns = {name: table.column(name).cast(pa.string()) for name in dimensions}
    codes = measure_codes(table, measures, value).values()
    columns |= {_CODE.format(number): pa.array(found) for number, found in enumerate(codes)}
    yield from pa.table(columns).to_batches()


def coded_schema(dimensions: Sequence[str], n_measures: int, value: Value) -> Any:
    """Arrow schema of coded rows."""
    import pyarrow as pa

    kind = pa.int8() if value == "level" else pa.int32()
    fields = [pa.field(name, pa.string()) for name in dimensions]
    return pa.schema([*fields, *(pa.field(_CODE.format(i), kind) for i in range(n_measures))])
