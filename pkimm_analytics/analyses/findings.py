"""What an analysis found: a table, how it was made, how sure it is, and that it is internal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.benchmark import MARK
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_versions

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
"""
Organizations below which an analysis states no figure but how many there are.

Intervals of fewer cover nearly the whole scale, and a mean of three invites stories.
"""

PROVISIONAL = "provisional: a definition of this software, published nowhere else"


@dataclass(frozen=True, eq=False)
class Findings:
    """
    Result of one analysis.

    Parameters
    ----------
    name, question : str
    formula : str
        What was computed, in words and symbols.
    source : str
        Where the method was published, or that it is provisional.
    n_organizations, n_assessments : int
        Independent organizations (ultimate parents) and assessments that were used.
    table : pandas.DataFrame
        Main table; NaN where too few organizations allow no figure.
    figures : mapping of str to object
        Single figures, None where there is none.
    notes : tuple of str
        What a reader has to know before he repeats a figure.
    mark : str
        Says that this did not go through disclosure control.
    """

    name: str
    question: str
    formula: str
    source: str
    n_organizations: int
    n_assessments: int
    table: pd.DataFrame = field(repr=False)
    figures: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    mark: str = MARK

    def to_json(self) -> dict[str, Any]:
        """Return a document that holds everything, with null for what does not exist."""
        rows = self.table.to_dict(orient="records")
        return {
            "format": "pkimm-analysis/1",
            "analysis": self.name,
            "mark": self.mark,
            "question": self.question,
            "formula": self.formula,
            "source": self.source,
            "n_organizations": self.n_organizations,
            "n_assessments": self.n_assessments,
            "figures": {name: plain(value) for name, value in self.figures.items()},
            "notes": list(self.notes),
            "table": [{str(k): plain(v) for k, v in row.items()} for row in rows],
        }


def plain(value: Any) -> Any:
    """Value as JSON knows it; what is not a number becomes null."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def latest(
    evidence: pd.DataFrame,
    *,
    edition: str | None = None,
    assurance: str | None = None,
) -> pd.DataFrame:
    """
    One row for each ultimate parent: the newest, then the strongest assurance.

    Raises
    ------
    CollectionError
        If there is no such edition or assurance.
    """
    check_choice(edition, shipped_versions(), "an edition")
    check_choice(assurance, ASSURANCE_STRENGTH, "an assurance")
    for name, value in (("edition", edition), ("assurance", assurance)):
        if value is not None:
            evidence = evidence[evidence[name] == value]
    return evidence.drop_duplicates("parent")


def check_choice(value: str | None, known: Iterable[str], what: str) -> None:
    """Refuse a value that is none of a list; it is not repeated."""
    if value is not None and value not in known:
        raise CollectionError(f"Expected {what} of {', '.join(known)}.")


def said(rows: pd.DataFrame, name: str) -> str:
    """How many rows have each value of a column, in words."""
    counts = rows[name].value_counts().sort_index()
    return ", ".join(f"{n} {value}" for value, n in counts.items()) or "nobody"
