"""
A view of a round of feedback: what it is made of, and the parts that all views share.

Each view is a sentence that says the main thing, one chart, and a table that says the
same in figures. Views are for analysts: they show small groups, and some of them texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pkimm_analytics.charts.look import Labels
from pkimm_analytics.feedback.items import Answered
from pkimm_analytics.feedback.ratings import of_round
from pkimm_analytics.model import Model
from pkimm_analytics.widgets.feedback_tables import element_names
from pkimm_analytics.widgets.markup import Markup, data_table, esc, joined, tag, user

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
"""Rows of a table on the page; the file has all."""


@dataclass(frozen=True)
class Setting:
    """
    What is looked at, and how.

    Parameters
    ----------
    comments : DataFrame
        Table ``comments``, all rounds.
    round_ : str, optional
        Round to look at; None is all of them.
    model : Model
    answers : Answered, optional
        Assessments, for what is said about the questions.
    choices : mapping of str to str
        What the user chose in a view, by the name of the control.
    narrow : bool
        Whether the page is as narrow as a phone.
    """

    comments: pd.DataFrame
    round_: str | None
    model: Model
    answers: Answered | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    narrow: bool = False

    @cached_property
    def said(self) -> pd.DataFrame:
        """Comments of the round."""
        return of_round(self.comments, self.round_)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the elements by key."""
        return element_names(self.model)

    @property
    def labels(self) -> Labels:
        """How much room names have."""
        return "short" if self.narrow else "names"

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        """Return what was chosen in a control, if it is still offered."""
        chosen = self.choices.get(name, default)
        return chosen if chosen in known else default


@dataclass(frozen=True)
class View:
    """
    A view: what stands above its chart, the chart, what stands below, and its tables.

    Parameters
    ----------
    top, below : Markup
    figure : plotly Figure, optional
    tables : mapping of str to DataFrame
        What can be saved, by the name of the file.
    """

    top: Markup
    below: Markup
    figure: Any = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


# --- parts of a view -----------------------------------------------------------------


def heading(title: str, sentence: str, *controls: Markup, text: bool = False) -> Markup:
    """Title, the sentence that says the main thing, and the controls of a view."""
    badge = tag("span", "analysts only", class_="pk-badge") if text else ""
    return joined(
        [
            tag("h2", title, " ", badge, id="pk-view-title", tabindex="-1"),
            tag("p", sentence),
            tag("p", *controls, class_="pk-row", style="margin-top: 0.5rem") if controls else "",
        ]
    )


def select(
    id_: str, label: str, options: Sequence[tuple[str, str]], value: str, action: str
) -> Markup:
    """Write a choice with its label; it reports `action` with the chosen value."""
    return tag(
        "span",
        tag("label", label, for_=id_),
        tag(
            "select",
            *(tag("option", text, value=v, selected=v == value) for v, text in options),
            id=id_,
            data_action=action,
        ),
        class_="pk-field",
    )


def figures_table(
    caption: str,
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    names: Mapping[str, str],
    id_: str,
) -> Markup:
    """
    Write a table of figures.

    Parameters
    ----------
    caption : str
    frame : DataFrame
    columns : mapping of str to str
        Columns of the frame and their headings; the first names the rows.
    names : mapping of str to str
        Names of element keys.
    id_ : str
        Unique on the page.
    """
    rows = [
        [_cell(row[column], names) for column in columns]
        for row in frame.head(MOST_ROWS).to_dict("records")
    ]
    more = f", the first {MOST_ROWS} of {len(frame)}" if len(frame) > MOST_ROWS else ""
    headings = list(columns.values())
    numeric = [h for c, h in columns.items() if _is_number(frame[c])]
    texts = [heading for heading in headings if heading not in numeric]
    return data_table(caption + more, headings, rows, id_=id_, numeric=numeric, texts=texts)


def save_button(name: str) -> Markup:
    """Write the button that saves a table of the view."""
    return tag(
        "p",
        tag("button", "Save this table (CSV)", type="button", data_action="save", data_value=name),
        style="margin: 0.5rem 0",
    )


def _is_number(column: pd.Series[Any]) -> bool:
    return str(column.dtype).lower().startswith(("int", "float"))


def _cell(value: Any, names: Mapping[str, str]) -> Markup:
    import pandas as pd

    if isinstance(value, bool):
        return esc("yes" if value else "no")
    if isinstance(value, tuple | list):
        return esc(", ".join(map(str, value)))
    if value is None or pd.isna(value):
        return esc("–")
    if isinstance(value, float):
        return esc(f"{value:.3g}" if abs(value) < 0.01 and value else f"{value:.2f}")
    if isinstance(value, int):
        return esc(value)
    text = str(value)
    return user(names.get(text, text))


def counted(n: int, noun: str) -> str:
    """
    Say a number of things.

    Examples
    --------
    >>> counted(1, "comment"), counted(2, "comment")
    ('1 comment', '2 comments')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
