"""
Counting on Spark: our kernel in each of Spark's tasks, or the Ibis expression.

A task is given parts by name, reads them through the storage of the collection and
hands back Arrow (``mapInArrow``), so that object storage needs no Java library. With
the kernel it hands back counts, and no row passes through the Java side; for the
expression it hands back coded rows. The package must be installed where tasks run.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.store.counting import count_scores, count_table
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.measures import Value, columns_of
from pkimm_analytics.store.parts import read_groups
from pkimm_analytics.store.portable import coded, coded_schema, portable_counts

if TYPE_CHECKING:
    from pkimm_analytics.store.raw import Raw

Batches = Iterator[Any]
Task = Callable[[Batches], Batches]


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


def ibis_on_spark(
    session: Any, raw: Raw, dimensions: Sequence[str], measures: Sequence[str], value: Value
) -> Any:
    """Code the rows in tasks, count with the Ibis expression, and return the long table."""
    import ibis

    kind = "tinyint" if value == "level" else "int"
    form = [f"{field.name} string" for field in coded_schema(dimensions, 0, value)]
    form += [f"{name} {kind}" for name in coded_schema((), len(measures), value).names]
    task = coding_task(raw, tuple(dimensions), tuple(measures), value)
    view = f"pkimm_{secrets.token_hex(8)}"
    _parts_on_spark(session, raw).mapInArrow(task, ", ".join(form)).createOrReplaceTempView(view)
    try:
        rows = ibis.pyspark.connect(session).table(view)
        return portable_counts(rows, dimensions, measures).to_pyarrow()
    finally:
        session.catalog.dropTempView(view)


def kernel_on_spark(
    session: Any, raw: Raw, dimensions: Sequence[str], measures: Sequence[str], value: Value
) -> Any:
    """Count with the kernel in each task, add on Spark, and return the long table."""
    names = [*dimensions, "measure", "code"]
    form = ", ".join([*(f"{name} string" for name in [*dimensions, "measure"]), "code int, n long"])
    task = counting_task(raw, tuple(dimensions), tuple(measures), value)
    counted = _parts_on_spark(session, raw).mapInArrow(task, form)
    return counted.groupBy(*names).sum("n").withColumnRenamed("sum(n)", "n").toArrow()


def counting_task(
    raw: Raw, dimensions: tuple[str, ...], measures: tuple[str, ...], value: Value
) -> Task:
    """Return what a task does: names of parts in, counts out."""
    storage = raw.collection.storage
    columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
    texts = [*dimensions, "edition"]

    def task(batches: Batches) -> Batches:
        for part in _named(batches):
            for table in read_groups(storage, part, columns, texts):
                if value == "score":
                    yield from count_scores([table], dimensions, measures).to_batches()
                elif table.num_rows:
                    yield _batch(table, dimensions, measures)

    return task


def coding_task(
    raw: Raw, dimensions: tuple[str, ...], measures: tuple[str, ...], value: Value
) -> Task:
    """Return what a task does for the Ibis expression: names of parts in, coded rows out."""
    storage = raw.collection.storage
    columns = list(dict.fromkeys([*dimensions, *columns_of(measures)]))
    texts = [*dimensions, "edition"]

    def task(batches: Batches) -> Batches:
        for part in _named(batches):
            for table in read_groups(storage, part, columns, texts):
                yield from coded(table, dimensions, measures, value)

    return task


def _batch(table: Any, dimensions: Sequence[str], measures: Sequence[str]) -> Any:
    """Count a table; what does not occur is left out."""
    import pyarrow as pa

    cells, counts = count_table(table, dimensions, measures)
    cell, measure, code = np.nonzero(counts)
    texts = [
        pa.array([one[i] for one in cells], pa.string()).take(pa.array(cell))
        for i in range(len(dimensions))
    ]
    texts.append(pa.array(measures, pa.string()).take(pa.array(measure)))
    numbers = [
        pa.array((code - 1).astype(np.int32)),
        pa.array(counts[cell, measure, code]),
    ]
    return pa.RecordBatch.from_arrays(
        [*texts, *numbers], names=[*dimensions, "measure", "code", "n"]
    )


def _parts_on_spark(session: Any, raw: Raw) -> Any:
    """Names of parts, one for each task."""
    rows = [(part.path, part.rows) for part in raw.parts]
    frame = session.createDataFrame(rows, "path string, rows long")
    return frame.repartition(max(len(rows), 1))


def _named(batches: Batches) -> Iterator[Part]:
    for batch in batches:
        for row in batch.to_pylist():
            yield Part(row["path"], row["rows"], 0, "")
