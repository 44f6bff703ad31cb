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
from pkimm_analytics.benchmark.evidence import (
    Floats,
    measure_name,
    measures,
    read_evidence,
    shared_by_all,
)
from pkimm_analytics.benchmark.ladder import published_code_of
from pkimm_analytics.benchmark.like_for_like import edition_notes, measure_note, own_figures
from pkimm_analytics.benchmark.printed import QUANTILES
from pkimm_analytics.benchmark.release import kind_of
from pkimm_analytics.benchmark.verdicts import ABOVE, ALIKE, BELOW, ERRORS
from pkimm_analytics.collection.measures import PROFILE
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.errors import BenchmarkError, Problem
from pkimm_analytics.model import LEVELS, NEWEST, Model, model_of
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model, shipped_versions
from pkimm_analytics.organization import ALL, broader_codes
from pkimm_analytics.quarters import is_quarter, ordinal
from pkimm_analytics.statistics import (
    CONFIDENCE,
    ERROR_RATE,
    mean_interval,
    quantile_interval,
    rank_interval,
    share_interval,
)

if TYPE_CHECKING:
    import pandas as pd

MARK = "internal, not for publication"
"""What every result of this file says about itself."""

FORMAT = "pkimm-benchmark-internal/1"
WINDOW = 8
"""Quarters that count, as in a release: the newest of them and seven before."""

_SAME_SCORE = 2e-12
"""Scores of extensions are sums of floats: nearer than this, they are the same."""


@dataclass(frozen=True, eq=False)
class Internal:
    """
    Exact statistics of a collection. Open it with :func:`open_internal`.

    Parameters
    ----------
    evidence : pandas.DataFrame
        All contributions, as :func:`.read_evidence` returns them.
    quarter : str
        Newest quarter that counts.
    purpose : str
        What it was opened for.
    edition : str, optional
        Edition that all rows are scored with, over what all editions share; None if
        each row is scored by its own.
    """

    evidence: pd.DataFrame = field(repr=False)
    quarter: str
    purpose: str
    edition: str | None = None
    mark: str = MARK

    @property
    def measures(self) -> tuple[str, ...]:
        """Overall, modules, categories, requirements, extensions and their relevance."""
        return measures()

    def members(self, cohort: Mapping[str, str] | None = None) -> pd.DataFrame:
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
        age = ordinal(self.quarter) - self.evidence["when"]
        chosen = self.evidence[(age >= 0) & (age < WINDOW)]
        problems = []
        for dimension, code in (cohort or {}).items():
            if code == ALL:
                continue
            if dimension not in PROFILE:
                problems.append(Problem(str(dimension)[:40], f"expected {', '.join(PROFILE)}"))
                continue
            leaves = self.evidence[dimension].dropna().unique()
            fits: list[Any] = [leaf for leaf in leaves if code in _codes_of(dimension, leaf)]
            if code in broader_codes(dimension, None):
                fits.append(None)  # those who did not say are in one of the broad groups
            if not fits:
                codes = {published_code_of(dimension, leaf) or leaf for leaf in leaves}
                known = ", ".join(sorted(codes)) or "no values"
                problems.append(Problem(dimension, f"nobody has it; there are {known}"))
            chosen = chosen[chosen[dimension].isin(fits)]
        if problems:
            raise BenchmarkError("The collection has no such cohort.", problems)
        return chosen.drop_duplicates("parent")

    def scores(self, members: pd.DataFrame, measure: str) -> Floats:
        """
        Scores or levels of the members that have one, ascending.

        Raises
        ------
        BenchmarkError
            If there is no such measure.
        """
        if measure not in self.measures:
            raise BenchmarkError(
                "The collection has no such measure.",
                [Problem(str(measure)[:80], "expected overall, an element key or an extension")],
            )
        found = members[measure].to_numpy(np.float64)
        return np.sort(found[found > 0])

    def level_counts(self, members: pd.DataFrame, measure: str) -> NDArray[np.int64]:
        """Return how many members are at levels 1 to 5; those without a level are left out."""
        levels = np.floor(self.scores(members, measure)).astype(np.intp)
        return np.bincount(levels, minlength=6)[1:6].astype(np.int64)

    def figures(
        self, cohort: Mapping[str, str] | None = None, measures: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """
        Exact figures of a cohort, with 95% intervals. Internal, not for publication.

        Returns
        -------
        DataFrame
            One row per measure: ``mark, measure, kind, name, n``;
            ``at_least_2`` to ``at_least_5`` and ``level_1`` to ``level_5`` (shares);
            of the exact scores ``mean``, ``std``, ``iqr`` and ``median, p25, p75, p10,
            p90`` (linear interpolation). Shares, quantiles and the mean have ``_low``
            and ``_high``. NaN where nobody has a score. Last ``assurance`` and
            ``editions``: what the figures combine, with the number of members.

        Raises
        ------
        BenchmarkError
            If there is no such dimension, code or measure.
        """
        import pandas as pd

        members = self.members(cohort)
        wanted = self.measures if measures is None else measures
        kinds = self._kinds(members)
        return pd.DataFrame([self._row(members, measure) | kinds for measure in wanted])

    def _row(self, members: pd.DataFrame, measure: str) -> dict[str, Any]:
        scores = self.scores(members, measure)
        return {
            "mark": self.mark,
            "measure": measure,
            "kind": _kind(measure),
            "name": measure_name(measure),
            "n": len(scores),
            **_share_cells(self.level_counts(members, measure)),
            **_score_cells(scores),
        }

    def pooled(self, members: pd.DataFrame) -> dict[str, dict[str, int]]:
        """Count the members by assurance, edition and mode: what their figures combine."""
        return {
            name: {str(k): int(n) for k, n in members[name].value_counts().sort_index().items()}
            for name in ("assurance", "edition", "mode")
        }

    def _kinds(self, members: pd.DataFrame) -> dict[str, str]:
        found = self.pooled(members)
        return {
            column: ", ".join(f"{value} {n}" for value, n in found[name].items())
            for column, name in (("assurance", "assurance"), ("editions", "edition"))
        }

    def rank(
        self, members: pd.DataFrame, measure: str, own: Fraction, *, confidence: float = CONFIDENCE
    ) -> tuple[float, float, float]:
        """
        Mid-rank percentile of an exact score among members, with its interval.

        Returns
        -------
        tuple of float
            Rank and both limits, 0 to 100; NaN and the whole scale if there is nobody.
        """
        apart = self.scores(members, measure) - float(own)
        equal, below = np.abs(apart) < _SAME_SCORE, apart <= -_SAME_SCORE
        n, n_below, n_equal = len(apart), int(below.sum()), int(equal.sum())
        rank = 100 * (n_below + n_equal / 2) / n if n else math.nan
        return rank, *rank_interval(n_below, n_equal, n - n_below - n_equal, confidence=confidence)

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
            distinguishable`` from it, ``too little rated``, or ``no peers``; see
            :mod:`.verdicts`) and ``note`` (what limits the comparison between editions).
        """
        import pandas as pd

        members = self.members(cohort)
        edition, model = self._edition(cohort), model_of(assessment.model)
        own = own_figures(assessment, edition, None if self.edition is None else shared_by_all())
        mixes = self.edition is None and len(self.pooled(members)["edition"]) > 1
        extensions = {extension.id for extension in shipped_extensions()}
        rows = []
        for measure, value in own.scores.items():
            if measure not in self.measures:
                continue
            rank, low, high = self.rank(members, measure, value)
            is_covered = own.coverage.get(measure, 1.0) >= least_coverage() / 100 - 1e-9
            verdict = self._verdict(members, measure, value) if is_covered else "too little rated"
            note = (
                "" if measure in extensions else measure_note(measure, model, edition, mixes=mixes)
            )
            rows.append(
                {
                    **self._row(members, measure),
                    "own_score": float(value),
                    "rank": rank,
                    "rank_low": low,
                    "rank_high": high,
                    "verdict": "no peers" if math.isnan(rank) else verdict,
                    "note": note,
                    **self._kinds(members),
                }
            )
        return pd.DataFrame(rows)

    def _verdict(self, members: pd.DataFrame, measure: str, own: Fraction) -> str:
        """Above or below the middle, with one error rate for all measures."""
        error = ERROR_RATE * ERRORS.get(_kind(measure), ERRORS["requirement"])
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
                for row in table.to_dict("records")
            },
        }


def _kind(measure: str) -> str:
    if measure in {extension.id for extension in shipped_extensions()}:
        return "extension"
    return "relevance" if ":" in measure else kind_of(measure)


def _share_cells(counts: NDArray[np.int64]) -> dict[str, float]:
    """Shares at and above each level, with their intervals."""
    n = int(counts.sum())
    hits = {f"at_least_{level}": counts[level - 1 :].sum() for level in LEVELS[1:]}
    hits |= {f"level_{level}": counts[level - 1] for level in LEVELS}
    found: dict[str, float] = {}
    for name, k in hits.items():
        low, high = share_interval(k, n) if n else (math.nan, math.nan)
        share = float(k / n) if n else math.nan
        found |= {name: share, f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


def _score_cells(scores: Floats) -> dict[str, float]:
    """Mean, spread and quantiles of scores, with their intervals."""
    n, nothing = len(scores), (math.nan, math.nan)
    quantiles = [float(np.quantile(scores, q)) if n else math.nan for q in QUANTILES.values()]
    found = dict(zip(QUANTILES, quantiles, strict=True))
    low, high = mean_interval(scores) if n else nothing
    cells = {
        "mean": float(scores.mean()) if n else math.nan,
        "mean_low": low,
        "mean_high": high,
        "std": float(scores.std(ddof=1)) if n > 1 else math.nan,
        "iqr": found["p75"] - found["p25"],
    }
    for name, q in QUANTILES.items():
        low, high = quantile_interval(scores, q, scale=(1, 5)) if n else nothing
        cells |= {name: found[name], f"{name}_low": low, f"{name}_high": high}
    return cells


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
        Newest quarter that counts, such as ``2026Q3``; default: the newest one. It
        and the seven quarters before it count.
    edition : str, optional
        Score everybody with this edition, over the elements that all editions share:
        like for like. Default: everybody by the own edition.

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
    from pkimm_analytics.collection import Collection

    evidence = read_evidence(Collection(collection).open_rows(purpose=purpose), edition)
    if evidence.empty:
        raise BenchmarkError("Nothing was contributed to this collection.")
    return Internal(evidence, quarter or str(evidence["quarter"].iloc[0]), purpose, edition)


def _codes_of(dimension: str, leaf: str) -> set[str]:
    code = published_code_of(dimension, leaf) or leaf
    return {leaf, code, *broader_codes(dimension, code)} - {ALL}


def _plain(value: Any) -> Any:
    """Value for JSON: null for NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
