"""
Editions in one round: said, counted, and combined only where they ask the same.

An element is the same in two editions if both have it under one key and the crosswalk
knows of no change but its number. Comments on the model as a whole are about one edition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.feedback.comment import PROCESS
from pkimm_analytics.model import Model, differences, load_model

if TYPE_CHECKING:
    import pandas as pd


def edition_of(comments: pd.DataFrame) -> str | None:
    """Newest edition that comments are about; None if there are no comments."""
    editions = {str(edition) for edition in comments["edition"]}
    return max(editions, key=lambda v: tuple(map(int, v.split("."))), default=None)


def combined(comments: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Comments on an edition, and those on others about elements that are the same in it."""
    same = {edition: _same(edition, model) for edition in comments["edition"].unique()}
    pairs = zip(comments["edition"], comments["element"], strict=True)
    return comments[[element in same[edition] for edition, element in pairs]]


def editions(comments: pd.DataFrame, model: Model) -> pd.DataFrame:
    """
    Count what a round holds of each edition.

    Returns
    -------
    pandas.DataFrame
        ``edition``, ``n_respondents``, ``n_comments`` and ``n_combined`` (comments on
        elements that are the same in the edition of `model`); newest edition first.
    """
    grouped = comments.groupby("edition")
    table = grouped.agg(n_respondents=("respondent", "nunique"), n_comments=("id", "size"))
    kept = combined(comments, model).groupby("edition").size()
    table["n_combined"] = kept.reindex(table.index, fill_value=0)
    return table.sort_index(ascending=False).reset_index()


def _same(edition: str, model: Model) -> frozenset[str]:
    everything = model.keys | {"model", PROCESS}
    if edition == model.version:
        return everything
    try:
        other = load_model(edition)
    except PkimmError:
        return frozenset({PROCESS})
    changed = {d.key for d in differences(other, model) if d.change != "renumbered"}
    return frozenset({*(other.keys & model.keys) - changed, PROCESS})
