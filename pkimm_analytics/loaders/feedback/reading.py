"""
Whatever feedback arrives as, to comments: the format is told from the content.

JSON of this software is read as it is. Anything that begins like a zip archive is a
workbook; text whose first line is cut by a delimiter and answered by the lines below is
a CSV export; other text is an issue thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.feedback import Comment, Contact, read_comments
from pkimm_analytics.files import check_size
from pkimm_analytics.loaders.feedback.columns import (
    IGNORE,
    ColumnMap,
    best_grid,
    check_columns,
)
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import DELIMITERS, Grid, read_grids
from pkimm_analytics.loaders.feedback.issues import posts, read_issue
from pkimm_analytics.loaders.feedback.rows import Setting, read_rows
from pkimm_analytics.loaders.tabular.delimited import decode_text
from pkimm_analytics.loaders.tabular.rows import capped
from pkimm_analytics.model import Model


@dataclass(frozen=True)
class LoadedFeedback:
    """
    What was read of one source.

    Parameters
    ----------
    form : str
        ``json``, ``form`` or ``issue``.
    comments : tuple of Comment
    contacts : tuple of Contact
        Kept apart from everything else; nothing is done with them unless asked for.
    problems : tuple of Problem
        Refused ones name what was left out.
    columns : ColumnMap, optional
        Map that a form was read with.
    """

    form: str
    comments: tuple[Comment, ...]
    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    columns: ColumnMap | None = None


def load_feedback(
    content: bytes,
    name: str,
    *,
    model: Model,
    round_: str,
    pseudonym: Callable[[str], str],
    columns: ColumnMap | None = None,
) -> LoadedFeedback:
    """
    Read one source of feedback.

    Parameters
    ----------
    content : bytes
    name : str
        How to call it in messages.
    model : Model
        Edition that it is about, unless it says so itself.
    round_ : str
        Round that it belongs to, unless it says so itself.
    pseudonym : callable
        Pseudonym of whatever tells respondents apart; see :meth:`Feedback.pseudonym`.
    columns : ColumnMap, optional
        Corrected map of a form; without it, the proposal is used.

    Raises
    ------
    SourceFormatError
        If nothing of the source can be read; every problem is listed.
    """
    check_size(name, len(content))
    form = form_of(content)
    if form == "json":
        comments, problems = read_comments(content, name)
        return LoadedFeedback("json", tuple(comments), (), capped(problems))
    setting = Setting(round_, Elements(model), pseudonym)
    if form == "issue":
        text, comments_on = decode_text(content, name)
        read = read_issue(text, name, setting)
        found = capped([*comments_on, *read.problems])
        return LoadedFeedback("issue", tuple(read.comments), (), found)
    return _form(content, name, setting, columns)


def form_of(content: bytes) -> str:
    """Tell what a source is from its content: ``json``, ``form`` or ``issue``."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return "json"
    if start.startswith(b"PK\x03\x04") or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "form"
    text = content[:65_536].decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    cut = any(lines and lines[0].count(d) >= 2 for d in DELIMITERS)
    is_thread = any(post.author for post in posts(text))
    is_markdown = bool(lines) and lines[0].lstrip().startswith(("#", ">", "- ", "* ", "title:"))
    return "form" if cut and not is_thread and not is_markdown else "issue"


def propose(content: bytes, name: str, model: Model) -> ColumnMap:
    """
    Propose the column map of a form export.

    Parameters
    ----------
    content : bytes
        CSV or xlsx; of several sheets, the one that looks most like a form.
    name : str
        How to call it in messages.
    model : Model
        Edition whose elements the headers may name.

    Raises
    ------
    SourceFormatError
        If it is no form export.
    """
    check_size(name, len(content))
    if form_of(content) != "form":
        raise SourceFormatError(
            f"{name} is no form export; it needs no column map.",
            [Problem(name, "expected CSV or xlsx with the questions in the first row")],
        )
    return best_grid(read_grids(content, name, []), Elements(model))[1]


def _form(content: bytes, name: str, setting: Setting, columns: ColumnMap | None) -> LoadedFeedback:
    problems: list[Problem] = []
    grids = read_grids(content, name, problems)
    if columns is None:
        grid, columns = best_grid(grids, setting.elements)
    else:
        grid = _grid_of(grids, columns, name, setting)
    wrong = check_columns(columns, grid, setting.elements)
    if wrong:
        raise SourceFormatError(
            f"{name} cannot be read with this column map. Nothing was imported.",
            [Problem(f"{name}, {p.where}", p.message) for p in wrong],
        )
    problems += [
        Problem(
            grid.place(1, column.number - 1),
            "what this column holds is not known; it was left out. To read it, correct the column"
            " map",
            refused=False,
        )
        for column in columns.columns
        if column.field == IGNORE and not column.sure
    ]
    read = read_rows(grid, columns, setting)
    problems += read.problems
    if not read.comments:
        raise SourceFormatError(
            f"{name} holds no comment that could be read. Nothing was imported.",
            capped(problems) or [Problem(name, "there are no rows below the header")],
        )
    return LoadedFeedback(
        "form", tuple(read.comments), tuple(read.contacts), capped(problems), columns
    )


def _grid_of(grids: Sequence[Grid], columns: ColumnMap, name: str, setting: Setting) -> Grid:
    """Sheet that a map names; else the one that looks most like a form."""
    if not columns.sheet:
        return best_grid(grids, setting.elements)[0]
    for grid in grids:
        if grid.sheet == columns.sheet:
            return grid
    raise SourceFormatError(
        f"{name} has no sheet of the name that the column map says. Nothing was imported.",
        [Problem(name, f"it has {len(grids)} sheet(s) with a table")],
    )
