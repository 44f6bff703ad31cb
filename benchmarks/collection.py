"""
The collection beside plain pandas: append, verify, count, release.

``python -m benchmarks.collection --n 1000000``. Peak memory is that of a fresh
process for each step.

Measured with 1,000,000 contributions on two cores that others used as well, CPU time and
peak memory, and what it was before levels were stored, in the same hour:

==========================  ========  =======  =======================
append, with scoring          11.2 s  1330 MB  (6.3 s, 785 MB, unscored)
verify, with scoring           6.1 s   500 MB  (2.3 s, 247 MB, unscored)
count                          2.6 s   253 MB  (0.6 s, 173 MB)
pandas: count                  3.4 s   407 MB
==========================  ========  =======  =======================

Counting with DuckDB takes a second to import Ibis and to plan, and 1.1 s to count 76
measures in 105 groups; Spark on this computer 40 s of wall time. A contribution takes 118
bytes on disk.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.sidebyside import compare
from pkimm_analytics.anonymize.vocabulary import axis, contributions
from pkimm_analytics.collection import Collection, Rows, verify
from pkimm_analytics.collection.contribution_rows import given_schema
from pkimm_analytics.collection.counting import CODES
from pkimm_analytics.model.shipped import shipped_model

DIMENSIONS = ("sector", "size", "region")
PROFILE = {
    "sector": ["finance", "public", "industry", "health", "education", "services", "transport"],
    "size": ["up-to-249", "250-4999", "5000+"],
    "region": ["europe", "asia", "americas", "africa", "oceania"],
    "role": ["internal", "trust-service", "special-purpose"],
    "assurance": ["self", "formal", "third-party"],
    "quarter": [f"{year}Q{quarter}" for year in (2024, 2025, 2026) for quarter in (1, 2, 3, 4)],
}
_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", np.uint8)


def _pseudonyms(rng: np.random.Generator, n: int) -> pa.Array:
    letters = _LETTERS[rng.integers(0, 32, n * 26, dtype=np.uint8)]
    offsets = np.arange(0, (n + 1) * 26, 26, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(letters))


def invented(n: int, seed: int = 1) -> pa.Table:
    """Return `n` full assessments of 2.0.0 with correlated answers."""
    rng = np.random.default_rng(seed)
    model = shipped_model("2.0.0")
    columns: dict[str, pa.Array] = {}
    for name in ("contribution", "org", "parent", "use_case", "commitment"):
        columns[name] = _pseudonyms(rng, n)
    columns["assessor"] = pa.nulls(n, pa.string())
    for name, codes in PROFILE.items():
        columns[name] = pa.array(codes).take(pa.array(rng.integers(0, len(codes), n)))
    constant = {"edition": "2.0.0", "digest": model.digest, "mode": "full", "scoring_version": "1"}
    for name, value in constant.items():
        columns[name] = pa.array([value]).take(pa.array(np.zeros(n, np.int64)))
    columns["synthetic"] = pa.array(np.ones(n, bool))
    columns["carried"] = pa.array(np.zeros(n, bool))
    columns["round"] = pa.nulls(n, pa.string())
    maturity = rng.normal(2.8, 0.9, n).astype(np.float32)
    for key in axis().keys:
        levels = np.zeros(n, np.int8)
        if key in model.requirements:
            noise = rng.standard_normal(n, dtype=np.float32)
            levels = np.clip(np.rint(maturity + noise), 1, 5).astype(np.int8)
            levels[rng.random(n, dtype=np.float32) < 0.05] = -1
        columns[key] = pa.array(levels)
    for id_, keys in axis().extensions.items():
        columns[id_] = pa.nulls(n, pa.string())
        for key in keys:
            columns[f"{id_}:{key}"] = pa.array(np.zeros(n, np.int8))
    return pa.table([columns[c.name] for c in contributions().columns], schema=given_schema())


def count(folder: Path, engine: str = "duckdb") -> np.ndarray:
    """Count every requirement in every combination, without a line in the journal."""
    keys = list(shipped_model("2.0.0").requirements)
    counts = Rows(Collection(folder / "collection")).count(DIMENSIONS, keys, engine)
    codes = counts[[CODES[code] for code in range(-1, 6)]].to_numpy()
    shape = [counts[name].nunique() for name in DIMENSIONS]
    return codes.reshape(*shape, len(keys), 7)


def pandas_count(folder: Path) -> np.ndarray:
    """Count the same with one pandas group-by for each requirement."""
    keys = list(shipped_model("2.0.0").requirements)
    frame = pd.read_parquet(folder / "plain.parquet", columns=[*DIMENSIONS, *keys])
    for name in DIMENSIONS:
        frame[name] = frame[name].astype("category")
    found = [
        frame.groupby(
            [*DIMENSIONS, pd.Categorical(frame[key], range(-1, 6))], observed=False
        ).size()
        for key in keys
    ]
    columns = [one.to_numpy().reshape(-1, 7) for one in found]
    shape = [len(frame[name].cat.categories) for name in DIMENSIONS]
    return np.stack(columns, axis=1).reshape(*shape, len(keys), 7)


def append(folder: Path) -> None:
    """Append all rows of the plain file in one call."""
    import pyarrow.parquet as pq

    Collection(folder / "collection", create=True).append(pq.read_table(folder / "plain.parquet"))


STEPS: dict[str, Callable[[Path], object]] = {
    "append": append,
    "verify": lambda folder: verify(Collection(folder / "collection")),
    "count": count,
    "count on Spark": lambda folder: count(folder, "spark"),
    "release: read, protect": lambda folder: _releases().candidate(folder),
    "release: audit, write too": lambda folder: _releases().whole(folder),
    "pandas: count": pandas_count,
    "pandas: shares": lambda folder: _releases().in_pandas(folder),
}


def _releases() -> ModuleType:
    from benchmarks import releases

    return releases


def measure(step: str, folder: Path) -> None:
    """Run one step in a fresh process and print its time and peak memory."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.collection",
        "--step",
        step,
        "--folder",
        str(folder),
    ]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(f"{step:26} {found.strip()}", flush=True)


def run(step: str, folder: Path) -> None:
    """Run one step in this process."""
    started, started_cpu = time.perf_counter(), time.process_time()
    found = STEPS[step](folder)
    wall, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024
    print(f"{wall:8.2f} s wall {cpu:8.2f} s CPU {peak:7,} MB peak", end="  ")
    print(found if isinstance(found, str) else "")


def main() -> None:
    """Write the collection, check that both ways agree, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.step:
        run(arguments.step, arguments.folder)
        return
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pq.write_table(invented(arguments.n), folder / "plain.parquet", compression="zstd")
        for step in STEPS:
            measure(step, folder)
        info = Collection(folder / "collection").info()
        print(
            f"{info.bytes / info.contributions:.1f} bytes for each contribution, {info.parts} parts"
        )
        np.testing.assert_array_equal(count(folder), pandas_count(folder))
        print(f"{_releases().check_agreement(folder):,} printed shares agree with those of pandas")
        started = time.perf_counter()
        result = Collection(folder / "collection").append(invented(10, 2))
        print(f"10 more: {time.perf_counter() - started:.2f} s, {result.added} added")
        compare(
            {"count": lambda: count(folder), "pandas": lambda: pandas_count(folder)},
            reference="count",
            rounds=arguments.rounds,
        )


if __name__ == "__main__":
    main()
