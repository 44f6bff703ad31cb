"""
Rows of a collection that was opened for a purpose: tables, records, counts, a data frame.

What is here serves those who make releases and those who analyze for the working group;
everybody else works with releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.collection.contributed import Collection
from pkimm_analytics.collection.contribution_rows import schema
from pkimm_analytics.collection.counting import check, count, nobody
from pkimm_analytics.collection.engines import Engine, on_engine
from pkimm_analytics.collection.measures import (
    COVERED,
    column_of,
    scored_measures,
    scores_of,
)
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.tables import COVERAGE, DIMENSIONS, LEVEL

if TYPE_CHECKING:
    import pandas as pd

RECORD_PROFILE = ("org", "parent", "assessor", *DIMENSIONS, "quarter")
"""First columns of the table that a release is made from."""


@dataclass(frozen=True)
class Rows:
    """
    Rows of a collection; get them from :meth:`.dataset.Collection.open_rows`.

    Parameters
    ----------
    collection : Collection
    """

    collection: Collection

    def __len__(self) -> int:
        return self.collection.manifest().rows

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Read one file after the other, each as a table; at least one, which may be empty."""
        with self.collection.locked(writing=False) as manifest:
            empty = schema().empty_table()
            yield empty if columns is None else empty.select(columns)
            for path, file in manifest.files.items():
                table = self.collection.read(path, file, columns)
                yield table if columns is None else table.select(columns)

    def records(self) -> Iterator[Any]:
        """
        Read what a release is made from.

        Yields
        ------
        pyarrow.Table
            At least one, which may be empty: the columns :data:`RECORD_PROFILE`; then
            columns of int8 for ``overall``, modules and categories (score rounded down)
            and for each requirement: 1 to 5, 0 unanswered or not in the edition, -1 not
            applicable, where the least coverage is not reached also 0 for the whole and for
            modules; last ``synthetic``, true if invented, and ``is_verified``, whether it
            may count towards a threshold. Where all are invented, all may.

        Raises
        ------
        CollectionError
            If the collection is damaged.
        """
        measures = [*scored_measures(), *axis().requirements]
        marks = ["synthetic", "is_verified"]
        stored = [*RECORD_PROFILE, *map(column_of, measures), *marks]
        coverage = [COVERAGE + name for name in COVERED]
        is_invented = self.collection.manifest().is_invented
        for table in self.tables([*stored, *coverage]):
            columns = dict(zip([*RECORD_PROFILE, *measures, *marks], table.columns, strict=False))
            for name in COVERED:
                enough = pc.greater_equal(table.column(COVERAGE + name), least_coverage())
                columns[name] = pc.if_else(enough, columns[name], pa.scalar(0, pa.int8()))
            if is_invented:
                columns["is_verified"] = pa.array([True] * table.num_rows, pa.bool_())
            yield pa.table(columns)

    @contextmanager
    def on(self, engine: Engine = "duckdb", *, session: Any = None) -> Iterator[Any]:
        """
        Give an engine the rows, as an Ibis table with the columns that are stored.

        ``is_verified`` is true for all where all are invented.

        Parameters
        ----------
        engine : {"duckdb", "spark"}
        session : pyspark.sql.SparkSession, optional
            To work on a cluster; the active or a local one without it.

        Raises
        ------
        CollectionError
            If the engine is not installed, or fails.
        """
        with self.collection.locked(writing=False) as manifest:
            for path, file in manifest.files.items():
                self.collection.content(path, file)
            with on_engine(self.collection.place, list(manifest.files), engine, session) as rows:
                yield rows.mutate(is_verified=True) if manifest.is_invented else rows

    def count(
        self,
        by: Sequence[str],
        measures: Sequence[str],
        engine: Engine = "duckdb",
        *,
        least: int | None = None,
        session: Any = None,
    ) -> pd.DataFrame:
        """
        Count the contributions at each level, for each combination of profile values.

        Parameters
        ----------
        by : sequence of str
            Of :data:`.measures.PROFILE`; empty for everybody.
        measures : sequence of str
            ``overall``, modules, element keys, or relevance such as ``pqc:G.compliance``.
        engine : {"duckdb", "spark"}
            Who counts; all give the same integers.
        least : int, optional
            Percent of the weight in scope that must have been rated for the whole or a
            module to be counted; that of the policy without it.

        Returns
        -------
        DataFrame
            See :func:`.counting.count`.
        """
        check(by, measures)
        if not len(self):
            return nobody(by, measures)
        with self.on(engine, session=session) as rows:
            return count(rows, by, measures, least_coverage() if least is None else least)

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a data frame with a row for each contribution.

        Returns
        -------
        DataFrame
            Pseudonyms, profile and marks as they are stored; a column for ``overall``, each
            module and each category with its score, 1.0 to 5.0; the levels of requirements
            and relevance. Empty where there is nothing.
        """
        import pandas as pd

        frames = []
        known = {*axis().keys, *axis().relevance}
        answers = [*axis().requirements, *axis().relevance]
        for table in self.tables():
            plain = [n for n in table.column_names if n not in known and not n.startswith(LEVEL)]
            scores = pd.DataFrame(scores_of(table))
            levels = table.select(answers).to_pandas().astype("Int8")
            frame = table.select(plain).to_pandas().join(scores)
            frames.append(frame.join(levels.mask(levels <= 0)))
        found: pd.DataFrame = pd.concat(frames[1:] or frames, ignore_index=True)
        return found
