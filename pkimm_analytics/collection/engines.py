"""
Engines that read the data set: DuckDB, embedded, or Spark for what one computer cannot hold.

An engine is imported when it is asked for, and never before.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pkimm_analytics.collection.place import Place
from pkimm_analytics.errors import CollectionError, PkimmError

Engine = Literal["duckdb", "spark"]
ENGINES: tuple[Engine, ...] = ("duckdb", "spark")


@contextmanager
def on_engine(place: Place, paths: Sequence[str], engine: Engine, session: Any) -> Iterator[Any]:
    """
    Give an engine some files, as an Ibis table, while the context lasts.

    Raises
    ------
    CollectionError
        If there is no such engine, it is not installed or fails; its own words may show
        rows or places, and are not repeated.
    """
    if engine not in ENGINES:
        raise CollectionError(f"Expected an engine of {', '.join(ENGINES)}.")
    if engine == "spark" and importlib.util.find_spec("pyspark") is None:
        raise CollectionError(
            "The engine spark is not installed; add it with: pip install 'pkimm-analytics[spark]'"
        )
    reader = _duckdb(place, paths) if engine == "duckdb" else _spark(place, paths, session)
    try:
        with warnings.catch_warnings():
            # What one engine's library thinks of another's ways is not the user's business.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            with reader as rows:
                yield rows
    except PkimmError:
        raise
    except Exception as error:
        raise CollectionError(
            f"The engine {engine} could not count ({type(error).__name__}). Nothing was changed;"
            " pkimm collection verify tells whether the collection is sound."
        ) from error


@contextmanager
def _duckdb(place: Place, paths: Sequence[str]) -> Iterator[Any]:
    """Let DuckDB read a folder by itself, and object storage through pyarrow."""
    import ibis

    full = [place.full(path) for path in paths]
    connection = ibis.duckdb.connect(autoinstall_known_extensions=False)
    try:
        if place.folder:
            yield connection.read_parquet(full, hive_partitioning=False)
        else:
            from pyarrow import dataset

            connection.con.register("rows", dataset.dataset(full, filesystem=place.filesystem))
            yield connection.table("rows")
    finally:
        connection.disconnect()


@contextmanager
def _spark(place: Place, paths: Sequence[str], session: Any) -> Iterator[Any]:
    """Let Spark read by itself; object storage with the connector of its cluster."""
    import ibis

    spark = session or spark_session()
    start = "file://" if place.folder else "s3a://"
    frame = spark.read.parquet(*(start + _absolute(place, path) for path in paths))
    view = f"pkimm_{os.getpid()}"
    frame.createOrReplaceTempView(view)
    try:
        yield ibis.pyspark.connect(spark).table(view)
    finally:
        spark.catalog.dropTempView(view)


def _absolute(place: Place, path: str) -> str:
    return str((place.folder / path).resolve()) if place.folder else place.full(path)


def spark_session() -> Any:
    """Return the session that is active, or start one on this computer for nobody else."""
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.master("local[*]")
        .appName("pkimm")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", str(os.cpu_count() or 2))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.log.level", "ERROR")
        .config("spark.ui.showConsoleProgress", "false")
    )
    with _quiet():
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


@contextmanager
def _quiet() -> Iterator[None]:
    """
    Let what Java starts meanwhile write its messages to a file of its own.

    It says a dozen things about itself when it starts, and writes them to wherever this
    process writes its errors, for as long as it lives.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    log = tempfile.NamedTemporaryFile(prefix="pkimm-spark-", suffix=".log", delete=False)  # noqa: SIM115  # Java keeps writing
    try:
        os.dup2(log.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        log.close()
