"""
Counts that are kept for each quarter, so that an addition is not a reason to rescan.

The counts of a quarter are kept in the collection itself, as private as its rows,
under a name made of the checksums of the quarter's parts and of what was counted. A
part never changes, so a name that fits tells that the counts do; whatever happens to a
quarter (an addition, a replacement, a withdrawal, a merge) gives it other parts, and
its counts are made anew and the old ones deleted.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pkimm_analytics.errors import CollectionError
from pkimm_analytics.scoring import SCORING_VERSION
from pkimm_analytics.store.counts import Counts, empty, from_long, merged
from pkimm_analytics.store.engines import check, count
from pkimm_analytics.store.manifest import Manifest, Part
from pkimm_analytics.store.storage import Storage
from pkimm_analytics.tables import CONTRIBUTIONS_VERSION

if TYPE_CHECKING:
    from pkimm_analytics.store.raw import Raw

log = logging.getLogger(__name__)

FOLDER = "counts/"
QUARTER = "quarter"
_VERSION = 1


@dataclass(frozen=True)
class Counted:
    """
    Counts, and how they came about.

    Parameters
    ----------
    counts : Counts
    kept, fresh : int
        Quarters whose counts were there, and quarters that were counted.
    """

    counts: Counts
    kept: int
    fresh: int


def count_by_quarter(raw: Raw, dimensions: Sequence[str], measures: Sequence[str]) -> Counted:
    """
    Count levels, and scan only the quarters that changed since they were counted last.

    Parameters
    ----------
    raw : Raw
    dimensions : sequence of str
        Of :data:`~pkimm_analytics.store.raw.PROFILE`.
    measures : sequence of str

    Returns
    -------
    Counted
        The counts of :func:`~pkimm_analytics.store.engines.count`.

    Raises
    ------
    CollectionError
        If a dimension or measure is unknown, or the parts are damaged. Kept counts that
        cannot be read or written cost time and nothing else.
    """
    check(dimensions, measures)
    storage = raw.collection.storage
    inside = [name for name in dimensions if name != QUARTER]
    quarters = _quarters(raw.parts)
    found: list[Counts] = []
    n_kept = 0
    for period, parts in quarters.items():
        path = kept_path(period, parts, inside, measures)
        n_rows = sum(part.rows for part in parts)
        counts = _read(storage, path, inside, measures, n_rows)
        n_kept += counts is not None
        if counts is None:
            counts = count(replace(raw, parts=tuple(parts)), inside, measures)
            _keep(storage, path, counts)
        found.append(_dated(counts, period) if QUARTER in dimensions else counts)
    if n_kept < len(quarters):  # a writer may have changed the collection meanwhile
        drop_stale(storage, raw.collection.manifest())
    if not found:
        return Counted(empty(dict.fromkeys(dimensions, ()), measures), 0, 0)
    total = merged(found)
    return Counted(total.over(*dimensions), n_kept, len(quarters) - n_kept)


def kept_path(
    period: str, parts: Iterable[Part], dimensions: Sequence[str], measures: Sequence[str]
) -> str:
    """
    Where the counts of a quarter are kept.

    The name also depends on the versions of what they were made with, so that other
    software makes others.
    """
    asked = {
        "counts": _VERSION,
        "contributions": CONTRIBUTIONS_VERSION,
        "scoring": SCORING_VERSION,
        "dimensions": list(dimensions),
        "measures": list(measures),
    }
    return f"{FOLDER}{period}-{_state(parts)}-{_digest(json.dumps(asked, sort_keys=True))}.parquet"


def drop_stale(storage: Storage, manifest: Manifest) -> None:
    """Delete the counts of quarters that are no longer as they were counted."""
    for path in stale(storage, manifest):
        storage.delete(path)


def stale(storage: Storage, manifest: Manifest) -> list[str]:
    """Kept counts that belong to no quarter as it is now."""
    current = {f"{p}-{_state(parts)}" for p, parts in _quarters(manifest.parts).items()}
    return [
        path
        for path in storage.files()
        if path.startswith(FOLDER) and path[len(FOLDER) :].rsplit("-", 1)[0] not in current
    ]


def _quarters(parts: Iterable[Part]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.period, []).append(part)
    return dict(sorted(found.items()))


def _state(parts: Iterable[Part]) -> str:
    """Digest of a quarter: which parts it consists of."""
    return _digest("\n".join(sorted(f"{part.path} {part.sha256}" for part in parts)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _dated(counts: Counts, period: str) -> Counts:
    values = {QUARTER: (period,), **counts.dimensions}
    return Counts(values, counts.measures, counts.counts[np.newaxis])


def _read(
    storage: Storage, path: str, dimensions: Sequence[str], measures: Sequence[str], n_rows: int
) -> Counts | None:
    """Read kept counts; None if they are not there or cannot be those of the quarter."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(storage.read(path))).read()
        counts = from_long(table, dimensions, measures)
    except (OSError, pa.ArrowException, KeyError, IndexError, ValueError):
        return None
    per_measure = counts.counts.sum(axis=(*range(len(dimensions)), -1))
    return counts if bool(np.all(per_measure == n_rows)) else None


def _keep(storage: Storage, path: str, counts: Counts) -> None:
    """Keep counts for the next time; a place that cannot be written to is no obstacle."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = counts.to_frame().astype({"code": "int32"})
    texts = {name: pa.array(frame[name], pa.string()) for name in [*counts.dimensions, "measure"]}
    numbers = {name: pa.array(frame[name].to_numpy()) for name in ("code", "n")}
    sink = pa.BufferOutputStream()
    table = pa.table({**texts, **numbers})
    pq.write_table(table, sink, compression="zstd", write_statistics=False, store_schema=False)
    try:
        storage.write(path, memoryview(sink.getvalue()))
    except (OSError, CollectionError):
        log.info("counts of a quarter could not be kept")
