"""
What analyses look at: all contributions of a collection with their scores, opened and logged.

One organization may have several assessments, and a parent several organizations.
Statistics that assume independence get one row for each ultimate parent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.benchmark.scored_rows import extension_scores
from pkimm_analytics.collection import PROFILE, Rows
from pkimm_analytics.collection.measures import answer_columns, exact_scores
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import NEWEST
from pkimm_analytics.model.shipped import shipped_model, shipped_versions

if TYPE_CHECKING:
    import pandas as pd

PSEUDONYMS = ("contribution", "org", "parent", "use_case")
INDEPENDENT = ("formal", "third-party")
"""Kinds of assurance that are not one's own word."""

SCORE_UNITS = 10_000
"""Codes for one level: scores are kept as whole numbers, rounded down."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """
    Contributions with their scores.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each contribution: pseudonyms, profile, ``when`` (quarters since the
        year 0), a column for each scored measure (ten-thousandths of a level as whole
        numbers, 0 where there is no score), and for each extension its score (NaN where
        it was not answered).
    """

    frame: pd.DataFrame = field(repr=False)

    def __len__(self) -> int:
        return len(self.frame)

    def latest(
        self, *, edition: str | None = None, assurance: str | None = None, until: int | None = None
    ) -> pd.DataFrame:
        """
        One row for each ultimate parent: the newest, then the strongest assurance.

        Parameters
        ----------
        edition, assurance : str, optional
            Of the rows that count; all without it.
        until : int, optional
            Newest quarter that counts, since the year 0.

        Raises
        ------
        CollectionError
            If there is no such edition or assurance.
        """
        check_choice(edition, shipped_versions(), "an edition")
        check_choice(assurance, ASSURANCE_STRENGTH, "an assurance")
        found = self.frame
        for name, value in (("edition", edition), ("assurance", assurance)):
            if value is not None:
                found = found[found[name] == value]
        if until is not None:
            found = found[found["when"] <= until]
        return found.drop_duplicates("parent")


def read_evidence(rows: Rows) -> Evidence:
    """
    Score all rows of a collection that was opened for it.

    Memory grows with the rows: about 400 bytes for each.
    """
    import pandas as pd

    columns = [*PSEUDONYMS, *PROFILE, "digest", *answer_columns()]
    columns += _extension_columns()
    frames = []
    for table in rows.tables(list(dict.fromkeys(columns))):
        texts = {n: table.column(n).to_numpy() for n in (*PSEUDONYMS, *PROFILE)}
        scores = {name: _units(*exact) for name, exact in exact_scores(table).items()}
        frames.append(pd.DataFrame({**texts, **scores, **extension_scores(table)}))
    return evidence_of(pd.concat(frames[1:] or frames, ignore_index=True))


def _units(above: NDArray[np.int64], below: NDArray[np.int64]) -> NDArray[np.int64]:
    """Scores in ten-thousandths of a level, 0 where there is none."""
    return np.where(below > 0, above * SCORE_UNITS // np.maximum(below, 1), 0)


def evidence_of(frame: pd.DataFrame) -> Evidence:
    """Order rows, the most preferred first: newest, strongest assurance, then pseudonym."""
    quarter = frame["quarter"].astype("str")
    when = quarter.str[:4].astype("int64") * 4 + quarter.str[5:].astype("int64") - 1
    strength = -frame["assurance"].map(ASSURANCE_STRENGTH).astype("int64")
    found = frame.assign(when=when, parent=frame["parent"].fillna(frame["org"]), _order=strength)
    order = ["when", "_order", "contribution"]
    found = found.sort_values(order, ascending=[False, True, True], kind="stable")
    return Evidence(found.drop(columns="_order").reset_index(drop=True))


def scores_of(frame: pd.DataFrame, measure: str) -> Any:
    """Scores of a measure, 1.0 to 5.0, NaN where there is none; shape (n_rows,)."""
    codes = frame[measure].to_numpy(np.float64)
    return np.where(codes > 0, codes / SCORE_UNITS, np.nan)


def categories_of(edition: str) -> tuple[str, ...]:
    """Categories of an edition, in the order of the model."""
    return tuple(shipped_model(edition).categories)


def edition_or_newest(edition: str | None) -> str:
    """
    Return the edition that was asked for, the newest one without.

    Raises
    ------
    CollectionError
        If it is not a shipped one.
    """
    check_choice(edition, shipped_versions(), "an edition")
    return edition or NEWEST


def check_choice(value: str | None, known: Any, what: str) -> None:
    """Refuse a value that is none of a list; it is not repeated."""
    if value is not None and value not in known:
        raise CollectionError(f"Expected {what} of {', '.join(known)}.")


def said(frame: pd.DataFrame, name: str) -> str:
    """How many rows have each value of a column, in words."""
    counts = frame[name].value_counts().sort_index()
    return ", ".join(f"{n} {value}" for value, n in counts.items()) or "nobody"


def _extension_columns() -> list[str]:
    from pkimm_analytics.anonymize.vocabulary import axis

    return [*axis().extensions, *axis().relevance]
