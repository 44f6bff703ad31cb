"""
Contributions made of random numbers, fast enough to test with many.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pkimm_analytics.anonymize import Contribution, Receipt
from pkimm_analytics.anonymize.identifiers import commitment_of
from pkimm_analytics.anonymize.vocabulary import axis, contributions
from pkimm_analytics.collection.contribution_rows import from_table, given_schema
from pkimm_analytics.model.shipped import shipped_model, shipped_versions

LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", np.uint8)
PROFILE = {
    "sector": ["finance", "public", "industry", None],
    "size": ["up-to-249", "250-4999", "5000+"],
    "region": ["europe", "asia", None],
    "role": ["internal", "trust-service"],
    "assurance": ["self", "formal", "third-party"],
    "quarter": ["2026Q1", "2026Q2", "2026Q3"],
}


def pseudonyms(rng: np.random.Generator, n: int) -> pa.Array:
    """Return random pseudonyms."""
    letters = LETTERS[rng.integers(0, 32, (n, 26))]
    return pa.array(letters.copy().view("S26").ravel().astype("U26").tolist(), pa.string())


def token_of(number: int) -> str:
    """Return the token of the invented contribution with a number."""
    return f"{number:052d}".translate(str.maketrans("0189", "ABIJ"))


def receipt_for(one: Contribution, number: int) -> Receipt:
    """Return the receipt of the invented contribution with a number."""
    return Receipt(contribution=one.id, content=one.content_digest(), token=token_of(number))


def invented_table(n: int, seed: int = 0, quarters: list[str] | None = None) -> pa.Table:
    """Return a table of `n` valid contributions; row i has the commitment of token i."""
    rng = np.random.default_rng(seed)
    profile = PROFILE | ({"quarter": quarters} if quarters else {})
    columns = {name: pseudonyms(rng, n) for name in ("contribution", "org", "parent", "use_case")}
    columns["assessor"] = pa.nulls(n, pa.string())
    for name, codes in profile.items():
        columns[name] = pa.array(np.array(codes, object)[rng.integers(0, len(codes), n)])
    version = np.array(shipped_versions(), object)[rng.integers(0, len(shipped_versions()), n)]
    columns["edition"] = pa.array(version)
    digest = {v: shipped_model(v).digest for v in shipped_versions()}
    columns["digest"] = pa.array([digest[v] for v in version])
    full = rng.random(n) < 0.6
    columns["mode"] = pa.array(np.where(full, "full", "self").tolist())
    columns["synthetic"] = pa.array(np.ones(n, bool))
    columns["scoring_version"] = pa.array(["1"] * n)
    columns["carried"] = pa.array(np.zeros(n, bool))
    columns["round"] = pa.nulls(n, pa.string())
    columns["commitment"] = pa.array([commitment_of(token_of(i)) for i in range(n)])
    for key, inside in _elements().items():
        answered = np.isin(version, inside) & (full if key.count(".") == 2 else ~full)
        columns[key] = pa.array(np.where(answered, rng.integers(-1, 6, n), 0).astype(np.int8))
    for id_, keys in axis().extensions.items():
        some = rng.random(n) < 0.2
        columns[id_] = pa.array([axis().extension_versions[id_][-1] if s else None for s in some])
        for key in keys:
            levels = np.where(some, rng.integers(1, 6, n), 0).astype(np.int8)
            columns[f"{id_}:{key}"] = pa.array(levels)
    return pa.table([columns[c.name] for c in contributions().columns], schema=given_schema())


def invented(n: int, seed: int = 0, quarters: list[str] | None = None) -> list[Contribution]:
    """Return contributions in place of a table."""
    return from_table(invented_table(n, seed, quarters))


@cache
def _elements() -> dict[str, list[str]]:
    """Return the versions that have an element, by its key."""
    return {
        key: [v for v in shipped_versions() if key in shipped_model(v).keys] for key in axis().keys
    }


def records(collection) -> pa.Table:
    """Return what a release is made from, as one table."""
    return pa.concat_tables(collection.open_rows(purpose="records for a test").records())


def every_byte(root) -> bytes:
    """Content of all files, their names included; Parquet files decompressed."""
    found = []
    for path in root.rglob("*"):
        found.append(str(path.relative_to(root)).encode())
        if path.is_file():
            found.append(path.read_bytes())
            if path.suffix == ".parquet":
                table = pq.read_table(path, partitioning=None)
                found += [str(table.to_pylist()).encode(), str(table.schema).encode()]
                found.append(str(pq.read_metadata(path).metadata).encode())
    return b"\n".join(found)
