"""Coverage: who answered, and which elements nobody commented on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkimm_analytics.feedback.comment import MODEL, PROCESS, ROLES
from pkimm_analytics.feedback.ratings import SCALES, of_round
from pkimm_analytics.model import Model

if TYPE_CHECKING:
    import pandas as pd

NO_ROLE = "not stated"


@dataclass(frozen=True)
class Coverage:
    """
    Who said something about what.

    Parameters
    ----------
    n_respondents, n_comments, n_texts : int
    roles : pandas.DataFrame
        One row for each role: ``role``, ``n_respondents``, ``n_comments``, ``n_texts``.
    elements : pandas.DataFrame
        One row for each element of the model, in its order, then the model as a whole
        and the process: ``element``, ``native_id``, ``kind``, ``name``,
        ``n_respondents``, ``n_ratings`` (respondents who rated anything), ``n_texts``.
    silent : tuple of str
        Categories and requirements that nobody said anything about.
    foreign : tuple of str
        Elements of comments that this edition does not have.
    """

    n_respondents: int
    n_comments: int
    n_texts: int
    roles: pd.DataFrame
    elements: pd.DataFrame
    silent: tuple[str, ...]
    foreign: tuple[str, ...]


def coverage(comments: pd.DataFrame, model: Model, *, round_: str | None = None) -> Coverage:
    """
    Count who answered and what was commented on.

    Parameters
    ----------
    comments : pandas.DataFrame
        Table ``comments``.
    model : Model
        Edition whose elements are listed.
    round_ : str, optional
        Round to look at; all rounds without it.
    """
    import pandas as pd

    said = of_round(comments, round_)
    said = said.assign(
        role=said["role"].fillna(NO_ROLE),
        rater=said["respondent"].where(said[list(SCALES)].notna().any(axis=1)),
    )
    elements = pd.DataFrame(_elements(model), columns=["element", "native_id", "kind", "name"])
    by_element = said.groupby("element").agg(
        n_respondents=("respondent", "nunique"),
        n_ratings=("rater", "nunique"),
        n_texts=("text", "count"),
    )
    numbers = by_element.reindex(elements["element"], fill_value=0).reset_index(drop=True)
    elements = pd.concat([elements, numbers], axis=1)
    by_role = said.groupby("role").agg(
        n_respondents=("respondent", "nunique"),
        n_comments=("id", "size"),
        n_texts=("text", "count"),
    )
    order = [*ROLES, NO_ROLE] if NO_ROLE in by_role.index else list(ROLES)
    asked = elements["kind"].isin(["category", "requirement"]) & (elements["n_respondents"] == 0)
    return Coverage(
        n_respondents=int(said["respondent"].nunique()),
        n_comments=len(said),
        n_texts=int(said["text"].notna().sum()),
        roles=by_role.reindex(order, fill_value=0).reset_index(),
        elements=elements,
        silent=tuple(elements["element"][asked]),
        foreign=tuple(sorted({*said["element"]} - {*elements["element"]})),
    )


def _elements(model: Model) -> list[tuple[str, str, str, str]]:
    rows = []
    for module in model.modules:
        rows.append((module.id, module.id, "module", module.name))
        for category in module.categories:
            rows.append((category.key, category.native_id, "category", category.name))
            rows += [(r.key, r.native_id, "requirement", r.title) for r in category.requirements]
    return [*rows, (MODEL, "", "model", "The model"), (PROCESS, "", "process", "The process")]
