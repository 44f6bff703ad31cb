"""
The full cube, kept counts and filters in memory, beside pandas, polars and DuckDB.

The cube: 21 measures (overall, modules, categories), seven codes, all marginals of five
dimensions. Ours starts from answers in a collection and scores them; the others get
levels that are scored already, in one plain Parquet file, count once for each measure
and roll up counts as ours does, which is faster than their own CUBE. Results are
compared before anything is timed. Ratios are CPU time within one round.

Measured with 1,000,000 contributions on two cores, nothing else running, medians of three
rounds, CPU time as a multiple of reading the answers once (0.62 s): ours from answers,
scoring included, 3.1; ours from levels 1.2; pandas 3.0, DuckDB 3.3 (7.6 unpivoted), polars
5.4, all from levels. A quarter added to eleven that are kept: 0.16 of a rescan. A filter in
memory (14 bytes for each contribution): 0.27 of a data frame; 7 ms median and 14 ms p95 of
wall time. From 100,000 to 1,000,000 8.0 times the CPU and 1.17 times the peak memory (157 to
185 MB; pandas 171 to 413 MB); measured before, 10,000,000 take 182 MB.

Run it: python -m benchmarks.cube [--n 100000] [--rounds 7] [--only cube]
polars is optional: pip install --group bench
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.collection import invented
from benchmarks.sidebyside import compare
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.store import open_collection
from pkimm_analytics.store.codes import codes_in_memory
from pkimm_analytics.store.counting import cells_of
from pkimm_analytics.store.counts import Counts, empty, from_long, ordered
from pkimm_analytics.store.increments import count_by_quarter, kept_path
from pkimm_analytics.store.measures import columns_of, measure_codes
from pkimm_analytics.store.raw import Raw

DIMENSIONS = ["sector", "size", "region", "role", "assurance"]
MEASURES = ["overall", "G", "M", "O", "R", *shipped_model("2.0.0").categories]
NAMES = {name: f"m{number}" for number, name in enumerate(MEASURES)}
"""Columns of the plain file: SQL and data frames are not made to quote dots."""


@cache
def raw(folder: Path) -> Raw:
    """Open the collection as a benchmark may, without a line in a log."""
    collection = open_collection(folder / "collection")
    return Raw(collection, collection.manifest().parts)


def prepare(folder: Path, n: int) -> None:
    """Write `n` contributions as a collection and, scored, as one plain file."""
    for start in range(0, n, 1_000_000):
        table = invented(min(1_000_000, n - start), seed=start + 1)
        open_collection(folder / "collection", create=True).append(table)
    writer = None
    for table in raw(folder).groups():
        codes = measure_codes(table, MEASURES)
        columns = {name: table.column(name) for name in DIMENSIONS}
        scored = pa.table(columns | {NAMES[m]: pa.array(c) for m, c in codes.items()})
        scored = scored.cast(pa.schema([(f.name, _plain(f.type)) for f in scored.schema]))
        writer = writer or pq.ParquetWriter(
            folder / "scored.parquet", scored.schema, compression="zstd"
        )
        writer.write_table(scored)
    assert writer is not None
    writer.close()


def _plain(kind: Any) -> Any:
    return pa.string() if pa.types.is_dictionary(kind) else kind


# --- the cube -----------------------------------------------------------------------------


def ours(folder: Path) -> Counts:
    """Read answers, score them, count them, roll up."""
    return raw(folder).count(DIMENSIONS, MEASURES).cube()


def read_once(folder: Path) -> int:
    """Read the columns that ours reads, and do nothing with them."""
    columns = list(dict.fromkeys([*DIMENSIONS, *columns_of(MEASURES)]))
    return sum(table.num_rows for table in raw(folder).groups(columns))


def ours_scored(folder: Path) -> Counts:
    """Count levels that are scored already, as the others do."""
    file = pq.ParquetFile(folder / "scored.parquet", read_dictionary=DIMENSIONS)
    long: list[tuple[Any, ...]] = []
    for number in range(file.num_row_groups):
        table = file.read_row_group(number)
        cells, place = cells_of(table, DIMENSIONS)
        counts = np.stack(
            [
                np.bincount(
                    place * 7 + table.column(NAMES[m]).to_numpy() + 1, minlength=7 * len(cells)
                )
                for m in MEASURES
            ],
            axis=1,
        )
        long.append((cells, counts))
    values = {
        d: ordered({cell[i] for cells, _ in long for cell in cells})
        for i, d in enumerate(DIMENSIONS)
    }
    total = empty(values, MEASURES)
    for cells, counts in long:
        where = tuple(
            np.array([values[d].index(cell[i]) for cell in cells]) for i, d in enumerate(DIMENSIONS)
        )
        total.counts[where] += counts.reshape(len(cells), 7, len(MEASURES)).swapaxes(1, 2)
    return total.cube()


def read_scored(folder: Path) -> int:
    """Read the columns that the others read, and do nothing with them."""
    return pq.read_table(folder / "scored.parquet").num_rows


def with_pandas(folder: Path) -> Counts:
    """One group-by for each measure, on categorical columns."""
    frame = pd.read_parquet(folder / "scored.parquet")
    for name in DIMENSIONS:
        frame[name] = frame[name].astype("category")
    shape = [len(frame[name].cat.categories) for name in DIMENSIONS]
    found = []
    for column in NAMES.values():
        code = pd.Categorical(frame[column], range(-1, 6))
        size = frame.groupby([*DIMENSIONS, code], observed=False).size()
        found.append(size.to_numpy().reshape(*shape, 7))
    values = {name: tuple(frame[name].cat.categories) for name in DIMENSIONS}
    return Counts(values, tuple(MEASURES), np.stack(found, axis=-2)).cube()


def with_polars(folder: Path) -> Counts:
    """One lazy group-by for each measure, collected together."""
    import polars as pl

    lazy = pl.scan_parquet(folder / "scored.parquet")
    asked = [
        lazy.group_by([*DIMENSIONS, column])
        .agg(pl.len().alias("n"))
        .select(*DIMENSIONS, pl.lit(m).alias("measure"), pl.col(column).alias("code"), "n")
        for m, column in NAMES.items()
    ]
    table = pl.concat(pl.collect_all(asked)).to_arrow()
    return from_long(_strings(table), DIMENSIONS, MEASURES).cube()


def with_duckdb(folder: Path) -> Counts:
    """One group-by over all measures, unpivoted."""
    import duckdb

    dims = ", ".join(DIMENSIONS)
    columns = ", ".join(NAMES.values())
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("SET threads = 1")
    table = connection.sql(
        f"SELECT {dims}, m AS measure, code, count(*) AS n FROM"  # noqa: S608  # our own names
        f" (UNPIVOT '{folder / 'scored.parquet'}' ON {columns} INTO NAME m VALUE code)"
        f" GROUP BY {dims}, m, code"
    ).to_arrow_table()
    back = {column: m for m, column in NAMES.items()}
    measure = pa.array([back[v] for v in table.column("measure").to_pylist()])
    place = table.column_names.index("measure")
    return from_long(table.set_column(place, "measure", measure), DIMENSIONS, MEASURES).cube()


def with_duckdb_each(folder: Path) -> Counts:
    """One group-by for each measure, which spares DuckDB the unpivoted rows."""
    import duckdb

    dims = ", ".join(DIMENSIONS)
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("SET threads = 1")
    tables = [
        connection.sql(
            f"SELECT {dims}, '{m}' AS measure, {column} AS code, count(*) AS n"  # noqa: S608
            f" FROM '{folder / 'scored.parquet'}' GROUP BY {dims}, {column}"
        ).to_arrow_table()
        for m, column in NAMES.items()
    ]
    return from_long(pa.concat_tables(tables), DIMENSIONS, MEASURES).cube()


def _strings(table: pa.Table) -> pa.Table:
    kinds = [
        pa.string() if n in (*DIMENSIONS, "measure") else pa.int64() for n in table.column_names
    ]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


CUBES: dict[str, Callable[[Path], Any]] = {
    "read the answers once": read_once,
    "ours, from answers": ours,
    "read the levels once": read_scored,
    "ours, from levels": ours_scored,
    "pandas, from levels": with_pandas,
    "polars, from levels": with_polars,
    "DuckDB, unpivoted": with_duckdb,
    "DuckDB, each measure": with_duckdb_each,
}


def available() -> dict[str, Callable[[Path], Any]]:
    """Return the variants whose libraries are installed."""
    import importlib.util

    missing = [n for n in ("polars", "duckdb") if importlib.util.find_spec(n) is None]
    for name in missing:
        print(f"{name} is not installed and left out")
    return {k: v for k, v in CUBES.items() if not any(m in k.lower() for m in missing)}


def cube(folder: Path, rounds: int) -> None:
    """Check that all cubes agree, then measure."""
    variants = available()
    expected = ours(folder)
    print(f"cube: {expected.counts[..., 0, 0].size:,} cells, {expected.counts.size:,} counts")
    for name, variant in variants.items():
        if not name.startswith("read"):
            found = variant(folder)
            assert found.dimensions == expected.dimensions, name
            np.testing.assert_array_equal(found.counts, expected.counts, err_msg=name)
    print("goal: from answers at most 8x reading the answers once")
    compare(
        {name: lambda v=variant: v(folder) for name, variant in variants.items()},
        reference="read the answers once",
        rounds=rounds,
    )


# --- kept counts ----------------------------------------------------------------------------


def increments(folder: Path, rounds: int) -> None:
    """Count one quarter of twelve anew, beside counting all of them."""
    dimensions = [*DIMENSIONS[:3], "quarter"]
    rows = raw(folder)
    newest = max(part.period for part in rows.parts)
    parts = [part for part in rows.parts if part.period == newest]
    inside = [name for name in dimensions if name != "quarter"]
    path = kept_path(newest, parts, inside, MEASURES)

    def append() -> Counts:
        rows.collection.storage.delete(path)
        found = count_by_quarter(rows, dimensions, MEASURES)
        assert found.fresh == 1
        return found.counts

    def rescan() -> Counts:
        return rows.count(dimensions, MEASURES)

    count_by_quarter(rows, dimensions, MEASURES)
    np.testing.assert_array_equal(append().counts, rescan().counts)
    print("goal: a quarter added to eleven that are kept costs at most 0.35x a rescan")
    compare(
        {
            "rescan": rescan,
            "one quarter of twelve": append,
            "all twelve kept": lambda: count_by_quarter(rows, dimensions, MEASURES),
        },
        reference="rescan",
        rounds=rounds,
    )


# --- filters in memory ----------------------------------------------------------------------


def filters(folder: Path, rounds: int) -> None:
    """Count all measures after a change of filter: in memory, in a data frame, from the file."""
    codes = codes_in_memory(raw(folder), DIMENSIONS, MEASURES)
    frame = pd.read_parquet(folder / "scored.parquet")
    for name in DIMENSIONS:
        frame[name] = frame[name].astype("category")
    rng = random.Random(1)  # noqa: S311  # filters of a benchmark

    def chosen() -> dict[str, set[str | None]]:
        picked = rng.sample(DIMENSIONS, rng.randint(1, 3))
        return {d: set(rng.sample(codes.dimensions[d], rng.randint(1, 2))) for d in picked}

    def in_frame(where: dict[str, set[str | None]]) -> np.ndarray:
        mask = np.ones(len(frame), bool)
        for name, values in where.items():
            mask &= frame[name].isin(values).to_numpy()
        some = frame.loc[mask, list(NAMES.values())]
        return np.stack(
            [np.bincount(some[column].to_numpy() + 1, minlength=7) for column in some.columns]
        )

    for where in [chosen() for _ in range(5)]:
        np.testing.assert_array_equal(codes.count(where).counts, in_frame(where))
    times = []
    for where in [chosen() for _ in range(200)]:
        started = time.perf_counter()
        codes.count(where)
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    print(
        f"{len(codes):,} contributions in {codes.nbytes / len(codes):.0f} bytes each: a filter"
        f" takes {statistics.median(times):.1f} ms (median), {times[189]:.1f} ms (p95); everybody"
        f" {_milliseconds(codes.count):.1f} ms. Goal: 200 ms (p95) at 1,000,000"
    )
    some = [chosen() for _ in range(10)]
    print("goal: at most 0.5x a data frame, 0.25x reading the file")
    compare(
        {
            "data frame": lambda: [in_frame(where) for where in some],
            "codes in memory": lambda: [codes.count(where) for where in some],
            "reading the levels": lambda: [read_scored(folder) for _ in some],
        },
        reference="data frame",
        rounds=rounds,
    )


def _milliseconds(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - started)


# --- growth and memory ------------------------------------------------------------------------


def growth(n: int) -> None:
    """Measure time and peak memory at a tenth of the rows and at all, in fresh processes."""
    print("goal: ten times the rows take at most 11x the CPU and 1.3x the memory")
    found = {}
    for size in (n // 10, n):
        with tempfile.TemporaryDirectory() as place:
            prepare(Path(place), size)
            raw.cache_clear()
            for step in ("ours, from answers", "pandas, from levels"):
                found[step, size] = _fresh(step, Path(place))
                cpu, peak = found[step, size]
                print(f"{size:>12,}  {step:24} {cpu:8.2f} s CPU {peak:7,.0f} MB peak")
    for step in ("ours, from answers", "pandas, from levels"):
        small, large = found[step, n // 10], found[step, n]
        print(f"{step}: {large[0] / small[0]:.1f}x CPU, {large[1] / small[1]:.2f}x memory")


def _fresh(step: str, folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cube", "--step", step, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cpu, peak = done.stdout.split()
    return float(cpu), float(peak)


def run_step(step: str, folder: Path) -> None:
    """Run one step here and print its CPU seconds and peak memory in MB."""
    started = time.process_time()
    CUBES[step](folder)
    cpu = time.process_time() - started
    status = Path("/proc/self/status").read_text("ascii")
    print(cpu, int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)


def main() -> None:
    """Make the data, check that all agree, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=["cube", "increments", "filters", "growth"])
    parser.add_argument("--step", choices=CUBES)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments.step, arguments.folder)
        return
    wanted = [arguments.only] if arguments.only else ["cube", "increments", "filters", "growth"]
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if wanted != ["growth"]:
            prepare(folder, arguments.n)
        for name, part in (("cube", cube), ("increments", increments), ("filters", filters)):
            if name in wanted:
                print(f"\n-- {name}, {arguments.n:,} contributions", flush=True)
                part(folder, arguments.rounds)
    if "growth" in wanted:
        print("\n-- growth", flush=True)
        growth(arguments.n)


if __name__ == "__main__":
    main()
