"""
Who counts: the embedded kernel by default, or an engine that is asked for.

All give the same integers. An engine is imported when it is asked for, and never
before; a collection of ordinary size needs none.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pkimm_analytics.errors import CollectionError, PkimmError
from pkimm_analytics.store.counting import count_scores, count_tables, long_table
from pkimm_analytics.store.counts import Counts, empty, from_long
from pkimm_analytics.store.measures import Value, check_measures, columns_of

if TYPE_CHECKING:
    from pkimm_analytics.store.raw import Raw

Engine = Literal["numpy", "duckdb", "spark", "spark-arrow"]

ENGINES: tuple[Engine, ...] = ("numpy", "duckdb", "spark", "spark-arrow")
"""The embedded kernel; Ibis on DuckDB; Ibis on Spark; the kernel in Spark's tasks."""

_NEEDS = {"duckdb": ("ibis", "duckdb"), "spark": ("ibis", "pyspark"), "spark-arrow": ("pyspark",)}


def count(
    raw: Raw,
    dimensions: Sequence[str],
    measures: Sequence[str],
    engine: Engine = "numpy",
    *,
    session: Any = None,
) -> Counts:
    """
    Count levels in every combination of profile values.

    Parameters
    ----------
    raw : Raw
    dimensions : sequence of str
        Of :data:`~pkimm_analytics.store.raw.PROFILE`.
    measures : sequence of str
    engine : {"numpy", "duckdb", "spark", "spark-arrow"}
    session : pyspark.sql.SparkSession, optional
        To count on a cluster; the active or a local one without it.

    Raises
    ------
    CollectionError
        If a dimension or measure is unknown, the engine is not installed or fails, or
        the parts are damaged.
    """
    check(dimensions, measures, engine)
    if engine == "numpy":
        columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
        return count_tables(raw.groups(columns), dimensions, measures)
    if not raw.parts:
        return empty(dict.fromkeys(dimensions, ()), measures)
    table = _asked(raw, dimensions, measures, "level", engine, session)
    return from_long(table, dimensions, measures)


def score_counts(
    raw: Raw,
    dimensions: Sequence[str],
    measures: Sequence[str],
    engine: Engine = "numpy",
    *,
    session: Any = None,
) -> Any:
    """
    Count scores in ten-thousandths of a level, rounded down.

    Parameters and errors are those of :func:`count`.

    Returns
    -------
    pyarrow.Table
        The dimensions, ``measure``, ``code`` (-1 not applicable, 0 nothing to score,
        10,000 to 50,000) and ``n``; only what occurs, in the same order on all engines.
    """
    check(dimensions, measures, engine)
    if engine == "numpy" or not raw.parts:
        columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
        return count_scores(raw.groups(columns), dimensions, measures)
    table = _asked(raw, dimensions, measures, "score", engine, session)
    names = [*dimensions, "measure", "code", "n"]
    return long_table(dimensions, [tuple(row[n] for n in names) for row in table.to_pylist()])


def check(dimensions: Sequence[str], measures: Sequence[str], engine: str = "numpy") -> None:
    """
    Refuse what cannot be counted.

    Raises
    ------
    CollectionError
        If a dimension, measure or engine is unknown, or the engine is not installed.
    """
    from pkimm_analytics.store.raw import PROFILE

    if set(dimensions) - set(PROFILE) or len(set(dimensions)) != len(dimensions):
        raise CollectionError(f"Expected different dimensions of {', '.join(PROFILE)}.")
    check_measures(measures)
    if engine not in ENGINES:
        raise CollectionError(f"Expected an engine of {', '.join(ENGINES)}.")
    missing = [n for n in _NEEDS.get(engine, ()) if importlib.util.find_spec(n) is None]
    if missing:
        extra = engine.split("-", maxsplit=1)[0]
        raise CollectionError(
            f"The engine {engine} is not installed; add it with:"
            f" pip install 'pkimm-analytics[{extra}]'"
        )


def _asked(
    raw: Raw,
    dimensions: Sequence[str],
    measures: Sequence[str],
    value: Value,
    engine: str,
    session: Any,
) -> Any:
    """Let an engine count; its own errors may show rows or places, and are not repeated."""
    import warnings

    try:
        with warnings.catch_warnings():
            # What one engine's library thinks of another's ways is not the user's business.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            return _runner(engine)(session, raw, dimensions, measures, value)
    except PkimmError:
        raise
    except Exception as error:
        raise CollectionError(
            f"The engine {engine} could not count ({type(error).__name__}). Nothing was changed;"
            " pkimm collection verify tells whether the collection is sound."
        ) from error


def _runner(engine: str) -> Callable[..., Any]:
    if engine == "duckdb":
        return _on_duckdb
    from pkimm_analytics.store import spark

    run = spark.ibis_on_spark if engine == "spark" else spark.kernel_on_spark
    return lambda session, *rest: run(session or spark.spark_session(), *rest)


def _on_duckdb(
    _session: Any, raw: Raw, dimensions: Sequence[str], measures: Sequence[str], value: Value
) -> Any:
    """Let DuckDB count rows that are read, and coded, while it counts."""
    import ibis
    import pyarrow as pa

    from pkimm_analytics.store.portable import coded, coded_schema, portable_counts

    columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
    tables = raw.groups(columns)
    batches = (batch for table in tables for batch in coded(table, dimensions, measures, value))
    reader = pa.RecordBatchReader.from_batches(
        coded_schema(dimensions, len(measures), value), batches
    )
    connection = ibis.duckdb.connect(autoinstall_known_extensions=False)
    try:
        connection.con.register("contributions", reader)
        rows = connection.table("contributions")
        return portable_counts(rows, dimensions, measures).to_pyarrow()
    finally:
        connection.disconnect()
