"""
Whatever feedback arrives as, to comments: what it is, is told from the content.

JSON is ours or GitHub's; a mailbox and a message begin with their headers; a thread has
marks of who wrote what; a table has rows that are cut alike. Anything else is refused by
name: it never becomes one comment.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.feedback import FORMAT, Comment, Contact, read_comments
from pkimm_analytics.feedback.personal import counted, masked
from pkimm_analytics.files import check_size, read_json
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.feedback.columns import ColumnMap, laid_on, propose_columns
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid, read_grids
from pkimm_analytics.loaders.feedback.rows import Read, Setting, read_rows
from pkimm_analytics.loaders.feedback.threads import (
    Post,
    github_posts,
    is_mail,
    jira_posts,
    mail_posts,
    read_posts,
    text_posts,
)
from pkimm_analytics.loaders.loaded import capped
from pkimm_analytics.loaders.sheets.delimited import decode_text, delimiter_of
from pkimm_analytics.model import Model

EXPECTED = (
    "expected an export of a form (CSV or xlsx, from Microsoft Forms, Google Forms, Typeform,"
    " LimeSurvey, Qualtrics, SurveyMonkey, Kobo, Airtable or any table with questions in its first"
    " row), a CSV export of Jira, an issue of GitHub as gh issue view prints it or its JSON, mail"
    " (.eml, .mbox), a thread with lines such as 'NAME wrote:', or a JSON file of the feedback form"
)


@dataclass(frozen=True)
class LoadedFeedback:
    """
    What was read of one source.

    Parameters
    ----------
    form : str
        ``json``, ``form``, ``issue`` or ``mail``.
    comments : tuple of Comment
    contacts : tuple of Contact
        Kept apart from everything else; nothing is done with them unless asked for.
    problems : tuple of Problem
        Refused ones name what was left out.
    columns : ColumnMap, optional
        Map that a form was read with; of several sheets, the first one's.
    tool : str
        Tool that it is an export of.
    personal : mapping of str to int
        How many texts hold each kind of personal data.
    """

    form: str
    comments: tuple[Comment, ...]
    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    columns: ColumnMap | None = None
    tool: str = ""
    personal: Counter[str] = field(default_factory=Counter)

    @property
    def n_respondents(self) -> int:
        """How many people it is of."""
        return len({comment.respondent for comment in self.comments})


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
    setting = Setting(round_, Elements(model), pseudonym)
    form = form_of(content)
    if form == "form":
        return _form(content, name, setting, columns)
    if form == "mail":
        return _loaded("mail", read_posts(mail_posts(content, name), setting), name)
    if form == "json":
        return _json(content, name, setting)
    if form == "issue":
        text, remarks = decode_text(content, name)
        return _loaded("issue", read_posts(text_posts(text, name), setting), name, remarks)
    raise SourceFormatError(
        f"{name} is not recognized. Nothing was imported.", [Problem(name, EXPECTED)]
    )


def form_of(content: bytes) -> str:
    """Tell what a source is: ``json``, ``mail``, ``issue``, ``form``, or empty if nothing known."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{") or (start.startswith(b"[") and b"{" in start[:80]):
        return "json"
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")):
        return "form"
    if is_mail(content):
        return "mail"
    try:
        text = decode_text(content, "")[0]
    except SourceFormatError:
        return ""
    if "\0" in text[:4096]:
        return ""
    if text_posts(text, ""):
        return "issue"
    return "form" if _is_table(text) else ""


def _is_table(text: str) -> bool:
    """Whether the rows of a text are cut alike; a title above them may be cut otherwise."""
    sample = text[:65_536]
    try:
        rows = [
            r for r in csv.reader(io.StringIO(sample), delimiter=delimiter_of(sample)) if any(r)
        ]
    except csv.Error:
        return False
    widths = Counter(map(len, rows))
    width, n = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    return width > 1 and n > 1 and n >= len(rows) / 2


def propose(content: bytes, name: str, model: Model) -> ColumnMap:
    """
    Propose the column map of a form export; of several sheets, of the one that fits best.

    Raises
    ------
    SourceFormatError
        If it is no form export.
    """
    return propose_form(content, name, model)[1]


def propose_form(content: bytes, name: str, model: Model) -> tuple[Grid, ColumnMap]:
    """Propose a column map as :func:`propose` does, and return the table that it is of."""
    check_size(name, len(content))
    if form_of(content) != "form":
        raise SourceFormatError(
            f"{name} is no form export; it needs no column map.",
            [Problem(name, "expected CSV or xlsx with the questions in the first row")],
        )
    elements = Elements(model)
    proposals = [(grid, propose_columns(grid, elements)) for grid in read_grids(content, name)[0]]
    return max(proposals, key=lambda pair: sum(c.field != IGNORE for c in pair[1].columns))


def _json(content: bytes, name: str, setting: Setting) -> LoadedFeedback:
    document = read_json(content, name)
    if isinstance(document, dict) and document.get("format") == FORMAT:
        comments, problems = read_comments(content, name)
        return _loaded("json", Read(list(comments), [], problems), name)
    posts = github_posts(document, name)
    if not posts:
        raise SourceFormatError(
            f"{name} is not recognized. Nothing was imported.", [Problem(name, EXPECTED)]
        )
    return _loaded("issue", read_posts(posts, setting), name, tool="GitHub")


def _form(content: bytes, name: str, setting: Setting, columns: ColumnMap | None) -> LoadedFeedback:
    grids, problems = read_grids(content, name)
    if grids[0].tool == "Jira":
        posts: list[Post] = [post for grid in grids for post in jira_posts(grid)]
        return _loaded("issue", read_posts(posts, setting), name, problems, tool="Jira")
    plans = [_plan(grid, columns, setting) for grid in grids if _is_meant(grid, columns)]
    fitting = [plan for plan in plans if not plan[2]]
    if not fitting:
        wrong = plans[0][2] if plans else [Problem("sheet", "the form has no sheet of this name")]
        raise SourceFormatError(
            f"{name} cannot be read with this column map. Nothing was imported."
            if columns
            else f"{name} is a table, but not one of feedback. Nothing was imported.",
            [Problem(f"{name}, {p.where}", p.message) for p in wrong],
        )
    whole = Read([], [], problems)
    for grid, plan, wrong in plans:
        if wrong:
            whole.remark(grid.where(1), "this sheet holds no answers of the form; left out")
            continue
        _say_unknown(grid, plan, whole)
        read = read_rows(grid, plan, setting)
        whole.comments += read.comments
        whole.contacts += read.contacts
        whole.problems += read.problems
        whole.names |= read.names
    grid, plan, _ = fitting[0]
    return _loaded("form", whole, name, columns=plan, tool=grid.tool)


def _is_meant(grid: Grid, columns: ColumnMap | None) -> bool:
    return columns is None or columns.sheet in {"", grid.sheet}


def _plan(
    grid: Grid, columns: ColumnMap | None, setting: Setting
) -> tuple[Grid, ColumnMap, list[Problem]]:
    wanted = columns or propose_columns(grid, setting.elements)
    return grid, *laid_on(wanted, grid, setting.elements)


def _say_unknown(grid: Grid, columns: ColumnMap, read: Read) -> None:
    for column in columns.columns:
        if column.field == IGNORE and not column.sure:
            read.remark(
                grid.where(1, column.number),
                "what this column holds is not known; it was left out. To read it, correct the"
                " column map",
            )


def _loaded(
    form: str,
    read: Read,
    name: str,
    more: Sequence[Problem] = (),
    *,
    columns: ColumnMap | None = None,
    tool: str = "",
) -> LoadedFeedback:
    """Take out who can be reached or is named, say so, and hand over."""
    problems = [*more, *read.problems]
    if not read.comments:
        raise SourceFormatError(
            f"{name} holds no comment that could be read. Nothing was imported.",
            capped(problems) or [Problem(name, "there are no rows below the header")],
        )
    texts = [comment.text for comment in read.comments if comment.text]
    personal = counted(texts, read.names)
    problems += [
        Problem(name, f"{n} text(s) held a {kind}; {_TAKEN_OUT[kind in AT_ONCE]}", refused=False)
        for kind, n in sorted(personal.items())
    ]
    comments = tuple(_nameless(comment, read.names) for comment in read.comments)
    contacts = tuple(read.contacts)
    return LoadedFeedback(form, comments, contacts, capped(problems), columns, tool, personal)


AT_ONCE = frozenset(["mail address", "telephone number", "login", "name"])
"""Kinds of personal data that are not stored in a text at all."""
_TAKEN_OUT = ("it is masked in all that is made for others", "it was taken out")


def _nameless(comment: Comment, names: set[str]) -> Comment:
    """Comment without names and addresses in its text."""
    plain = masked(comment.text, names, only=AT_ONCE) if comment.text else comment.text
    return comment if plain == comment.text else comment.replace(text=plain)
