"""
Row-level access to a collection: explicit, logged, one row group at a time.

Whoever analyzes works with releases. What is here serves those who make releases;
each opening leaves a line in the log that says what for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkimm_analytics.anonymize.scrubber import looks_like
from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store.collection import Collection
from pkimm_analytics.store.manifest import Part
from pkimm_analytics.store.measures import measure_codes
from pkimm_analytics.store.parts import PartGoneError, check_bytes, read_groups
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    from pkimm_analytics.store.counts import Counts
    from pkimm_analytics.store.engines import Engine

log = logging.getLogger(__name__)

PROFILE = ("sector", "size", "region", "role", "assurance", "edition", "mode", "quarter")
"""Columns of few values, which are read as codes."""

RECORD_PROFILE = (
    "org",
    "parent",
    "assessor",
    "sector",
    "size",
    "region",
    "role",
    "assurance",
    "edition",
    "quarter",
)
"""First columns of the table that a release is made from."""

_TRIES = 3


@dataclass(frozen=True)
class Raw:
    """
    The rows of a collection as they were committed when it was opened.

    Parameters
    ----------
    collection : Collection
    parts : tuple of Part
    """

    collection: Collection
    parts: tuple[Part, ...]

    def groups(
        self, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = PROFILE
    ) -> Iterator[Any]:
        """Read some thousand rows after others, each time as a table; memory does not grow."""
        kept = [name for name in dictionaries if columns is None or name in columns]
        for part in self.parts:
            yield from read_groups(self.collection.storage, part, columns, kept)

    def count(
        self,
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
        dimensions : sequence of str
            Of :data:`PROFILE`.
        measures : sequence of str
            ``overall``, modules, element keys, or relevance such as
            ``pqc:G.compliance``. Categories, modules and the whole are scored.
        engine : {"numpy", "duckdb", "spark", "spark-arrow"}
            Who counts; all give the same integers.
        session : pyspark.sql.SparkSession, optional
            To count on a cluster.

        Raises
        ------
        CollectionError
            If a dimension or measure is unknown, the engine is not installed or fails,
            or the parts are damaged.
        """
        from pkimm_analytics.store import engines

        return engines.count(self, dimensions, measures, engine, session=session)


def open_raw(collection: Collection, *, purpose: str) -> Raw:
    """
    Open the rows of a collection, and say so in the log.

    Parameters
    ----------
    collection : Collection
    purpose : str
        What for, in a few plain lower-case words without names.

    Raises
    ------
    CollectionError
        If the purpose is missing or looks like a name, or the collection is damaged.
    """
    if not re.fullmatch(r"[a-z][a-z0-9 ,-]{4,79}", purpose) or looks_like(purpose):
        raise CollectionError("State the purpose in plain lower-case words, without names.")
    manifest = collection.manifest()
    log.warning("raw contributions opened: %s (%d rows)", purpose, manifest.rows)
    return Raw(collection, manifest.parts)


def records(collection: Collection) -> Any:
    """
    Return the records that a release is made from.

    Returns
    -------
    pyarrow.Table
        One row for each contribution: ``org, parent, assessor, sector, size, region,
        role, assurance, edition, quarter``; then columns of int8 for each category and
        ``overall`` (score rounded down) and for each requirement: 1 to 5, 0 unanswered
        or not in the edition, -1 not applicable; last ``synthetic``, true if invented.

    Raises
    ------
    CollectionError
        If the collection is damaged.
    """
    import pyarrow as pa

    for attempt in range(_TRIES):
        try:
            return pa.concat_tables(record_groups(collection))
        except PartGoneError:  # a writer replaced it meanwhile
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def record_groups(collection: Collection) -> Iterator[Any]:
    """
    Read the records that a release is made from, as tables of one row group each.

    Yields
    ------
    pyarrow.Table
        As :func:`records` returns it; at least one, which may be empty.

    Raises
    ------
    CollectionError
        If the collection is damaged; a part that a writer replaced meanwhile is a
        :class:`.parts.PartGoneError`, and reading can begin anew.
    """
    from pkimm_analytics.store.rows import schema

    raw = open_raw(collection, purpose="making or checking a release")
    for part in raw.parts:
        check_bytes(collection.storage, part)
    yield scored(schema().empty_table())
    for table in raw.groups(dictionaries=()):
        yield scored(table)


def scored(table: Any) -> Any:
    """Turn rows of ``contributions`` into records: answers of categories become levels."""
    import pyarrow as pa

    known = axis()
    levels = measure_codes(table, [*known.categories, OVERALL])
    columns = {name: table.column(name) for name in RECORD_PROFILE}
    columns |= {name: pa.array(column) for name, column in levels.items()}
    columns |= {name: table.column(name) for name in known.requirements}
    return pa.table(columns | {"synthetic": table.column("synthetic")})
