"""
Tables of the feedback analyses as charts and pages show them: named, ordered, in words.

Nothing is computed here: figures come from :mod:`.feedback` and get the name of their
element, the order of the model, and a summary in words beside each bar or dot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.model import Model
from pkimm_analytics.questionnaire import labels
from pkimm_analytics.widgets.feedback_words import ELEMENT_WORDS, SCALES, WEIGHT_WORDS

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
"""Answers that a bar needs; fewer are told in the table only."""

WORST = "worst"
CATEGORIES = "categories"
WHOLES = "wholes"
N_WORST = 12


def element_names(model: Model) -> dict[str, str]:
    """Label and name of every element by its key, in the order of the model."""
    short = labels(model)
    found = dict(ELEMENT_WORDS)
    for module in model.modules:
        found[module.id] = module.name
        for category in module.categories:
            found[category.key] = f"{short[category.key]} {category.name}"
            found |= {r.key: f"{short[r.key]} {r.title}" for r in category.requirements}
    return found


def group_keys(model: Model, group: str) -> list[str]:
    """
    Element keys of a group of elements.

    Parameters
    ----------
    model : Model
    group : str
        ``categories``, ``wholes`` (the model and the process), or the key of a category,
        which stands for itself and its requirements.
    """
    if group == CATEGORIES:
        return list(model.categories)
    if group == WHOLES:
        return list(ELEMENT_WORDS)
    category = model.categories.get(group)
    return [] if category is None else [group, *(r.key for r in category.requirements)]


def chosen_rows(summary: pd.DataFrame, model: Model, group: str, worst_by: str) -> pd.DataFrame:
    """
    Rows of a summary that belong to a group, in the order of the model.

    Parameters
    ----------
    summary : DataFrame
        With the columns ``element``, ``n`` and `worst_by`.
    model : Model
    group : str
        As :func:`group_keys` takes it, or ``worst``: the rows with the largest
        `worst_by` among those that enough people rated.
    worst_by : str
    """
    if group == WORST:
        rated = summary[summary["n"] >= FEWEST]
        return rated.sort_values([worst_by, "n"], ascending=False).head(N_WORST)
    keys = group_keys(model, group)
    rows = summary[summary["element"].isin(keys)]
    return rows.sort_values("element", key=lambda column: column.map(keys.index))


def in_group(rows: pd.DataFrame, model: Model, group: str) -> pd.DataFrame:
    """Rows of a table whose element belongs to a group; see :func:`group_keys`."""
    return rows[rows["element"].isin(group_keys(model, group))]


def scale_bars(rows: pd.DataFrame, field: str, names: Mapping[str, str]) -> pd.DataFrame:
    """
    Table of :func:`.charts.diverging_bars` for a rating.

    Parameters
    ----------
    rows : DataFrame
        As :func:`.feedback.likert` returns it, or a part of it.
    field : str
        Rating from 1 to 5.
    names : mapping of str to str
        Name of each row by its element.
    """
    words = SCALES[field].words
    columns = [f"n_{step}" for step in range(1, 6)]
    return _bars(rows, columns, words, names, lambda row: share_words(row, "high_share"))


def vote_bars(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Table of :func:`.charts.diverging_bars` for opinions on weights."""
    columns = ["n_too_low", "n_right", "n_too_high"]
    words = tuple(WEIGHT_WORDS.values())
    return _bars(rows, columns, words, names, lambda row: share_words(row, "disputed_share"))


def share_words(row: Any, column: str) -> str:
    """
    Say a share with its interval and the number of answers.

    Examples
    --------
    >>> share_words({"s": 0.5, "s_from": 0.4, "s_to": 0.62, "n": 80}, "s")
    '50 % (40–62), n 80'
    """
    share, low, high = (100 * row[name] for name in (column, f"{column}_from", f"{column}_to"))
    return f"{share:.0f} % ({low:.0f}–{high:.0f}), n {row['n']}"


def _bars(
    rows: pd.DataFrame,
    columns: Sequence[str],
    words: Sequence[str],
    names: Mapping[str, str],
    summary: Any,
) -> pd.DataFrame:
    import pandas as pd

    found: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        n = row["n"]
        is_shown = n >= FEWEST
        said = summary(row) if is_shown else f"n {n}, too few"
        name = names.get(row["element"], row["element"])
        found += [
            {
                "name": name,
                "answer": word,
                "n": row[column],
                "share": row[column] / n if is_shown else None,
                "summary": said,
            }
            for column, word in zip(columns, words, strict=True)
        ]
    return pd.DataFrame(found, columns=["name", "answer", "n", "share", "summary"])


def dots(
    rows: pd.DataFrame,
    names: Mapping[str, str],
    *,
    value: str,
    summary: Any,
    interval: tuple[str, str] | None = None,
    reference: str | None = None,
) -> pd.DataFrame:
    """
    Table of :func:`.charts.interval_dots`.

    Parameters
    ----------
    rows : DataFrame
        With the column ``element`` and those that are named.
    names : mapping of str to str
    value, reference : str
        Columns of the dot and of the square.
    summary : callable
        Says a row, a mapping, in a few words.
    interval : tuple of str, optional
        Columns of the ends of the interval.
    """
    import pandas as pd

    low, high = interval or (None, None)
    found = [
        {
            "name": names.get(row["element"], row["element"]),
            "value": row[value],
            "low": row[low] if low else None,
            "high": row[high] if high else None,
            "reference": row[reference] if reference else None,
            "summary": summary(row),
        }
        for row in rows.to_dict("records")
    ]
    columns = ["name", "value", "low", "high", "reference", "summary"]
    return pd.DataFrame(found, columns=columns)
