"""
A collection as a benchmark: exact figures for analysts, not for publication.

The same cohorts and measures as in a release, and more: exact counts and scores,
means, spread, modules and extensions. Nothing here went through disclosure control.
Opening it is logged with its purpose, and every result says what it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import statistics
from pkimm_analytics.benchmark.ladder import published_code_of
from pkimm_analytics.benchmark.like_for_like import edition_notes, measure_note, own_figures
from pkimm_analytics.benchmark.printed import QUANTILES
from pkimm_analytics.benchmark.release import kind_of
from pkimm_analytics.benchmark.scored_rows import (
    ScoredRows,
    read_scored_rows,
    shared_by_all,
)
from pkimm_analytics.benchmark.statistics import LEVELS, Floats
from pkimm_analytics.benchmark.verdicts import ABOVE, ALIKE, BELOW, ERRORS
from pkimm_analytics.collection import PROFILE, Collection
from pkimm_analytics.errors import BenchmarkError, Problem
from pkimm_analytics.model import NEWEST, Model, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import ALL, broader_codes
from pkimm_analytics.quarters import is_quarter, ordinal
from pkimm_analytics.scoring import LEAST_COVERAGE
from pkimm_analytics.statistics import (
    CONFIDENCE,
    ERROR_RATE,
    mean_interval,
    quantile_interval,
    rank_interval,
    share_interval,
)
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

MARK = "internal, not for publication"
"""What every result of this file says about itself."""

FORMAT = "pkimm-benchmark-internal/1"
WINDOW = 8
"""Quarters that count, as in a release: the newest of them and seven before."""

_SAME_SCORE = 1e-12
"""Scores of extensions are sums of floats: nearer than this, they are the same."""


@dataclass(frozen=True, eq=False)
class Internal:
    """
    Exact statistics of a collection. Open it with :func:`open_internal`.

    Parameters
    ----------
    rows : ScoredRows
        All contributions, the most preferred first.
    quarter : str
        Newest quarter that counts.
    purpose : str
        What it was opened for.
    edition : str, optional
        Edition that all rows are scored with, over what all editions share; None if
        each row is scored by its own.
    """

    rows: ScoredRows = field(repr=False)
    quarter: str
    purpose: str
    edition: str | None = None
    mark: str = MARK

    @property
    def measures(self) -> tuple[str, ...]:
        """Overall, modules, categories, requirements, extensions and their relevance."""
        return (*self.rows.scores, *self.rows.answers, *self.rows.extensions)

    def members(self, cohort: Mapping[str, str] | None = None) -> NDArray[np.intp]:
        """
        Rows of a cohort: one for each ultimate parent, the most preferred one in it.

        Parameters
        ----------
        cohort : mapping of str to str, optional
            Leaf or published code by dimension; also ``mode`` and ``quarter``.

        Raises
        ------
        BenchmarkError
            If there is no such dimension, or nobody has such a code.
        """
        chosen = self._in_window()
        problems = []
        for dimension, code in (cohort or {}).items():
            if code == ALL:
                continue
            if dimension not in PROFILE:
                problems.append(Problem(str(dimension)[:40], f"expected {', '.join(PROFILE)}"))
                continue
            known = self.rows.values[dimension]
            fits = [i for i, leaf in enumerate(known) if code in _codes_of(dimension, leaf)]
            if code in broader_codes(dimension, None):
                fits.append(-1)  # those who did not say are in one of the broad groups
            if not fits:
                codes = {published_code_of(dimension, leaf) or leaf for leaf in known}
                text = f"nobody has it; there are {', '.join(sorted(codes)) or 'no values'}"
                problems.append(Problem(dimension, text))
            chosen &= np.isin(self.rows.profile[dimension], fits)
        if problems:
            raise BenchmarkError("The collection has no such cohort.", problems)
        rows = np.flatnonzero(chosen)
        first = np.unique(self.rows.parent[rows], return_index=True)[1]
        return rows[np.sort(first)]

    def _in_window(self) -> NDArray[np.bool_]:
        newest = ordinal(self.quarter)
        age = np.array([newest - ordinal(q) for q in self.rows.values["quarter"]] or [0])
        age = age[np.maximum(self.rows.profile["quarter"], 0)] if len(self.rows) else age[:0]
        return np.asarray((age >= 0) & (age < WINDOW))

    def level_counts(self, members: NDArray[np.intp], measure: str) -> NDArray[np.int64]:
        """Return how many members are at levels 1 to 5; those without a level are left out."""
        if measure in self.rows.scores:
            support = self.rows.scores[measure]
            levels, counts = support.levels, support.counts(members)
        else:
            values, counts = self.score_counts(members, measure)
            levels = np.floor(values).astype(int)
        return np.bincount(levels, weights=counts, minlength=6)[1:6].astype(np.int64)

    def score_counts(
        self, members: NDArray[np.intp], measure: str
    ) -> tuple[Floats, NDArray[np.int64]]:
        """
        Histogram of a measure: distinct exact scores, ascending, and how many have each.

        Raises
        ------
        BenchmarkError
            If there is no such measure.
        """
        if measure in self.rows.scores:
            support = self.rows.scores[measure]
            counts = support.counts(members)
            return support.values[counts > 0], counts[counts > 0]
        if measure in self.rows.extensions:
            return statistics.histogram(np.round(self.rows.extensions[measure][members], 12))
        if measure in self.rows.answers:
            levels = self.rows.answers[measure][members]
            counts = np.bincount(levels[levels > 0], minlength=6)[1:6]
            return LEVELS[counts > 0], counts[counts > 0].astype(np.int64)
        raise BenchmarkError(
            "The collection has no such measure.",
            [Problem(str(measure)[:80], "expected overall, an element key or an extension")],
        )

    def figures(
        self, cohort: Mapping[str, str] | None = None, measures: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """
        Exact figures of a cohort, with 95 % intervals. Internal, not for publication.

        Returns
        -------
        DataFrame
            One row per measure: ``mark, measure, kind, name, n``;
            ``at_least_2`` to ``at_least_5`` and ``level_1`` to ``level_5`` (shares);
            of the exact scores ``mean``, ``std``, ``iqr`` and ``median, p25, p75, p10,
            p90`` (linear interpolation). Shares, quantiles and the mean have ``_low``
            and ``_high``. NaN where nobody has a score. Last ``assurance`` and
            ``editions``: what the figures pool, with the number of members.

        Raises
        ------
        BenchmarkError
            If there is no such dimension, code or measure.
        """
        import pandas as pd

        members = self.members(cohort)
        wanted = self.measures if measures is None else measures
        pools = self._pools(members)
        return pd.DataFrame([self._row(members, measure) | pools for measure in wanted])

    def _row(self, members: NDArray[np.intp], measure: str) -> dict[str, Any]:
        values, counts = self.score_counts(members, measure)
        levels = self.level_counts(members, measure)
        row: dict[str, Any] = {
            "mark": self.mark,
            "measure": measure,
            "kind": self._kind(measure),
            "name": measure_name(measure),
            "n": int(counts.sum()),
        }
        row |= share_cells(levels)
        row |= score_cells(values, counts)
        return row

    def _kind(self, measure: str) -> str:
        if measure in self.rows.extensions:
            return "extension"
        return "relevance" if ":" in measure else kind_of(measure)

    def pooled(self, members: NDArray[np.intp]) -> dict[str, dict[str, int]]:
        """Count the members by assurance, edition and mode: what their figures join."""
        found = {}
        for name in ("assurance", "edition", "mode"):
            codes = self.rows.profile[name][members]
            counts = np.bincount(codes[codes >= 0], minlength=len(self.rows.values[name]))
            pairs = sorted(zip(self.rows.values[name], counts.tolist(), strict=True))
            found[name] = {value: n for value, n in pairs if n}
        return found

    def _pools(self, members: NDArray[np.intp]) -> dict[str, str]:
        found = self.pooled(members)
        return {
            column: ", ".join(f"{value} {n}" for value, n in found[name].items())
            for column, name in (("assurance", "assurance"), ("editions", "edition"))
        }

    def rank(
        self,
        members: NDArray[np.intp],
        measure: str,
        own: Fraction,
        *,
        confidence: float = CONFIDENCE,
    ) -> tuple[float, float, float]:
        """
        Mid-rank percentile of an exact score among members, with its interval.

        Returns
        -------
        tuple of float
            Rank and both limits, 0 to 100; NaN and the whole scale if there is nobody.
        """
        if measure in self.rows.scores:
            support = self.rows.scores[measure]
            counts = support.counts(members)
            below, equal = support.compared(own)
            place = np.where(below, 0.0, np.where(equal, 1.0, 2.0))
        else:
            values, counts = self.score_counts(members, measure)
            apart = values - float(own)
            place = np.where(abs(apart) < 2 * _SAME_SCORE, 1.0, np.where(apart < 0, 0.0, 2.0))
        split = np.bincount(place.astype(int), weights=counts, minlength=3)
        rank = float(statistics.percentile_rank([0, 1, 2], split, 1))
        low, high = rank_interval(*split, confidence=confidence)
        return rank, low, high

    def compare(
        self, assessment: Assessment, cohort: Mapping[str, str] | None = None
    ) -> pd.DataFrame:
        """
        Place one assessment among the members of a cohort, by exact scores.

        Returns
        -------
        DataFrame
            As :meth:`figures` for each measure that the assessment has a score for,
            with ``own_score, rank, rank_low, rank_high`` (percentile, mid-rank),
            ``verdict`` (``above`` or ``below`` the middle of them, ``not
            distinguishable`` from it, or ``no peers``) and ``note`` (what limits the
            comparison between editions).
        """
        import pandas as pd

        members = self.members(cohort)
        edition, model = self._edition(cohort), model_of(assessment.model)
        shared = None if self.edition is None else shared_by_all()
        own = own_figures(assessment, edition, shared)
        mixes = self.edition is None and len(self.pooled(members)["edition"]) > 1
        rows = []
        for measure, value in own.scores.items():
            if measure not in self.measures:
                continue
            rank, low, high = self.rank(members, measure, value)
            is_extension = measure in self.rows.extensions
            verdict = self._verdict(members, measure, value)
            if own.coverage.get(measure, 1.0) < LEAST_COVERAGE - 1e-9:
                verdict = "too little rated"
            verdict = "no peers" if math.isnan(rank) else verdict
            rows.append(
                {
                    **self._row(members, measure),
                    "own_score": float(value),
                    "rank": rank,
                    "rank_low": low,
                    "rank_high": high,
                    "verdict": verdict,
                    "note": ""
                    if is_extension
                    else measure_note(measure, model, edition, mixes=mixes),
                    **self._pools(members),
                }
            )
        return pd.DataFrame(rows)

    def _verdict(self, members: NDArray[np.intp], measure: str, own: Fraction) -> str:
        """Above or below the middle, with one error rate for all measures."""
        error = ERROR_RATE * ERRORS.get(self._kind(measure), ERRORS["requirement"])
        _, low, high = self.rank(members, measure, own, confidence=1 - error)
        return ABOVE if low > 50 else BELOW if high < 50 else ALIKE

    def _edition(self, cohort: Mapping[str, str] | None) -> Model:
        """Edition that an assessment is scored in to compare."""
        version = self.edition or (cohort or {}).get("edition", ALL)
        return shipped_model(NEWEST if version == ALL else version)

    def notes(
        self, assessment: Assessment | None = None, cohort: Mapping[str, str] | None = None
    ) -> list[str]:
        """Say what a reader of a cohort's figures has to know about editions."""
        found = []
        if self.edition is not None:
            keys = shared_by_all()
            counts = [sum(key.count(".") == dots for key in keys) for dots in (1, 2)]
            found.append(
                f"All are scored with the weights of PKIMM {self.edition}, over the {counts[0]}"
                f" categories and {counts[1]} requirements that all editions share."
            )
        if assessment is not None:
            found += edition_notes(model_of(assessment.model), self._edition(cohort))
        return found

    def to_json(
        self, cohort: Mapping[str, str] | None = None, assessment: Assessment | None = None
    ) -> dict[str, Any]:
        """Return what ``pkimm benchmark --collection --json`` prints."""
        members = self.members(cohort)
        table = self.figures(cohort) if assessment is None else self.compare(assessment, cohort)
        rows = table.to_dict("records")
        return {
            "format": FORMAT,
            "mark": self.mark,
            "purpose": self.purpose,
            "quarter": self.quarter,
            "cohort": {
                "asked": dict(cohort or {}),
                "n": len(members),
                "pooled": self.pooled(members),
            },
            "edition": self.edition,
            "notes": self.notes(assessment, cohort),
            "measures": {
                str(row["measure"]): {k: _plain(v) for k, v in row.items() if k != "measure"}
                for row in rows
            },
        }


def share_cells(levels: NDArray[np.int64]) -> dict[str, float]:
    """Shares at and above each level, with their intervals."""
    n = int(levels.sum())
    at, above = statistics.shares(levels), statistics.shares_at_least(levels)
    found: dict[str, float] = {}
    pairs = [(f"at_least_{level}", above[level - 1]) for level in (2, 3, 4, 5)]
    pairs += [(f"level_{level}", at[level - 1]) for level in (1, 2, 3, 4, 5)]
    for name, share in pairs:
        low, high = (math.nan, math.nan) if n == 0 else share_interval(round(share * n), n)
        found |= {name: float(share), f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


def score_cells(values: Floats, counts: NDArray[np.int64]) -> dict[str, float]:
    """Mean, spread and quantiles of scores, with their intervals."""
    nobody = not counts.size
    low, high = (math.nan, math.nan) if nobody else mean_interval(values, counts)
    if nobody:
        values, counts = LEVELS, np.zeros(5, np.int64)
    found = {
        "mean": float(statistics.mean(values, counts)),
        "mean_low": low,
        "mean_high": high,
        "std": float(statistics.standard_deviation(values, counts)),
        "iqr": float(statistics.interquartile_range(values, counts)),
    }
    for name, q in QUANTILES.items():
        found[name] = float(statistics.quantile(values, counts, q))
        every = np.repeat(values, counts)
        low, high = (math.nan, math.nan) if nobody else quantile_interval(every, q, scale=(1, 5))
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found


def open_internal(
    collection: str | Path,
    *,
    purpose: str,
    quarter: str | None = None,
    edition: str | None = None,
) -> Internal:
    """
    Open a collection for exact statistics, and say so in the log.

    Parameters
    ----------
    collection : str or Path
    purpose : str
        What for, in a few plain lower-case words without names; it is logged.
    quarter : str, optional
        Newest quarter that counts, such as ``2026Q3``; the newest one if left out. It
        and the seven quarters before it count.
    edition : str, optional
        Score everybody with this edition, over the elements that all editions share:
        like for like. Everybody by the own edition if left out.

    Raises
    ------
    CollectionError
        If the purpose is missing or the collection cannot be read.
    BenchmarkError
        If the quarter is not written like ``2026Q3``, there is no such edition, or
        nothing was contributed.
    """
    if quarter is not None and not is_quarter(quarter):
        raise BenchmarkError("A quarter is written like 2026Q3.")
    if edition is not None and edition not in shipped_versions():
        raise BenchmarkError(f"Expected an edition of {', '.join(shipped_versions())}.")
    rows = read_scored_rows(Collection(collection).open_rows(purpose=purpose), edition)
    if not len(rows):
        raise BenchmarkError("Nothing was contributed to this collection.")
    return Internal(rows, quarter or max(rows.values["quarter"], key=ordinal), purpose, edition)


def measure_name(measure: str) -> str:
    """Name of a measure in the newest edition that has it."""
    if measure == OVERALL:
        return "Overall"
    extension, _, key = measure.rpartition(":")
    name = shipped_model(NEWEST).name(key)
    return f"{extension} relevance: {name}" if extension else name


def _codes_of(dimension: str, leaf: str) -> set[str]:
    code = published_code_of(dimension, leaf) or leaf
    return {leaf, code, *broader_codes(dimension, code)} - {ALL}


def _plain(value: Any) -> Any:
    """Value for JSON: null for NaN."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value
