"""
What was brought to the feedback page and is not imported yet.

A form keeps its column map while the user corrects it, and is read again after each
change; nothing reaches the feedback folder before the import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import htpy as h

from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError
from pkimm_analytics.feedback import Added, Feedback
from pkimm_analytics.loaders.feedback import (
    FIELDS,
    PER_ELEMENT,
    Column,
    ColumnMap,
    LoadedFeedback,
    load_feedback,
    propose_form,
)
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.reading import form_of
from pkimm_analytics.loaders.feedback.rows import unknown_words
from pkimm_analytics.loaders.feedback.words import fold, listed
from pkimm_analytics.model import Model
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.widgets.page import button, check_box, choice, text_field

N_SAMPLES = 3
SAMPLE_LENGTH = 40
MOST_WORDS = 20
"""Unknown answers that are asked about; a column with more holds something else."""
NOTHING = LoadedFeedback("", ())


@dataclass
class Taken:
    """One source; `grid` and `columns` of a form, `words` are answers that nobody knows."""

    name: str
    content: bytes
    grid: Grid | None = None
    columns: ColumnMap | None = None
    loaded: LoadedFeedback = NOTHING
    words: list[tuple[str, str]] = field(default_factory=list)

    def samples(self, number: int) -> list[str]:
        """First distinct answers of a column, cut to what fits into a table."""
        cells = self.grid.column(number - 1) if self.grid is not None else []
        distinct = list(dict.fromkeys(cells[:100]))[:N_SAMPLES]
        return [c if len(c) <= SAMPLE_LENGTH else f"{c[:SAMPLE_LENGTH]} …" for c in distinct]


class Take:
    """
    Sources that wait for the import.

    Parameters
    ----------
    place : Feedback
        Where comments go; its key makes the pseudonyms.
    model : Model
        Edition that forms are about.
    word : callable
        Words of the page.
    """

    def __init__(self, place: Feedback, model: Model, word: Callable[..., str]) -> None:
        self._place, self.model, self.word = place, model, word
        self.clear()

    def clear(self) -> None:
        """Forget everything that was not imported."""
        self.sources: list[Taken] = []
        self.refused: list[tuple[str, tuple[Problem, ...]]] = []
        self.keeps_contacts, self.round = False, running_quarter()

    def file(self, name: str, content: bytes | None) -> None:
        """Take a file, whatever it is; what cannot be read is remembered with the reason."""
        if content is None:
            self.refuse(name, self.word("page.unreadable"))
            return
        source = Taken(name, content)
        try:
            if form_of(content) == "form":
                source.grid, source.columns = propose_form(content, name, self.model)
                self._reread(source)
            else:
                self._load(source)
        except PkimmError as error:
            self.refused.append((error.message, tuple(error.problems)))
        else:
            self.sources.append(source)

    def refuse(self, name: str, reason: str) -> None:
        """Remember that a source was not taken."""
        self.refused.append((self.word("page.not_read", name=name), (Problem(name, reason),)))

    def _load(self, source: Taken) -> None:
        source.loaded = load_feedback(
            source.content,
            source.name,
            model=self.model,
            round_=self.round,
            pseudonym=self._place.pseudonym,
            columns=source.columns,
        )

    def _reread(self, source: Taken) -> None:
        """Read again; a form that says nothing with this map waits for a better one."""
        try:
            self._load(source)
        except SourceFormatError as error:
            problems = error.problems or (Problem(source.name, error.message),)
            source.loaded = replace(NOTHING, problems=tuple(problems))
        if source.grid is not None and source.columns is not None:
            source.words = unknown_words(source.grid, source.columns)[:MOST_WORDS]

    # --- correcting ------------------------------------------------------------------------

    def change(self, where: str, value: str) -> None:
        """
        Correct a column map.

        Parameters
        ----------
        where : str
            ``source.column`` or ``source.word.number``.
        value : str
            Field of the column, or code that the word stands for.
        """
        place, _, rest = where.partition(".")
        source = self.sources[int(place)] if place in map(str, range(len(self.sources))) else None
        if source is None or source.columns is None:
            return
        kind, _, number = rest.partition(".")
        if kind == "word":
            source.columns = _with_word(source, source.columns, number, value)
        elif value in FIELDS:
            changed = (
                _holding(column, value) if str(column.number) == rest else column
                for column in source.columns.columns
            )
            source.columns = source.columns.replace(columns=tuple(changed))
        self._reread(source)

    def change_round(self, name: str) -> None:
        """Set the round of what names none."""
        self.round = name
        for source in self.sources:
            self._reread(source)

    def change_model(self, model: Model) -> None:
        """Read forms as answers about another edition."""
        self.model = model
        for source in self.sources:
            self._reread(source)

    # --- importing -------------------------------------------------------------------------

    def keep(self) -> tuple[Added, str]:
        """Add everything that was read to the feedback folder; return the newest round too."""
        loaded = [source.loaded for source in self.sources]
        comments = [comment for one in loaded for comment in one.comments]
        contacts = [c for one in loaded for c in one.contacts] if self.keeps_contacts else []
        added = self._place.append(comments)
        if contacts:
            self._place.keep_contacts(contacts)
        self.clear()
        return added, max((comment.round for comment in comments), default="")


def pending(take: Take) -> h.Node:
    """Show the sources that wait, with their column maps, and the button that imports them."""
    if not take.sources:
        return None
    word = take.word
    n = sum(len(source.loaded.comments) for source in take.sources)
    contacts = sum(len(source.loaded.contacts) for source in take.sources)
    text, is_on = word("page.keep_contacts", n=contacts), take.keeps_contacts
    box = check_box("contacts", text, is_on=is_on, action="contacts")
    go = button(word("page.import_n", n=n), "import", class_="pk-button pk-primary")
    return h.section(".pk-card", aria_label=word("page.waiting"))[
        [_source(take, place, source) for place, source in enumerate(take.sources)],
        h.div(".pk-fields")[
            text_field("take-round", word("page.round_of"), take.round, data_action="take_round"),
            box if contacts else None,
            go if n else None,
            button(word("page.forget"), "forget"),
        ],
    ]


def _source(take: Take, place: int, source: Taken) -> h.Node:
    problems, n = source.loaded.problems, len(source.loaded.comments)
    said = [h.li[str(problem)] for problem in problems[:MOST_WORDS]]
    more = len(problems) - MOST_WORDS
    said += [h.li[take.word("more", n=more)]] if more > 0 else []
    tool = f" ({source.grid.tool})" if source.grid else ""
    return [
        h.h2[take.word("page.n_comments", name=f"{source.name}{tool}", n=n)],
        h.ul[said] if said else None,
        _map(take, place, source, source.columns) if source.columns else None,
    ]


def _map(take: Take, place: int, source: Taken, columns: ColumnMap) -> h.Node:
    word = take.word
    unsure = sum(not column.sure for column in columns.columns)
    state = word("page.n_unsure", n=unsure) if unsure else word("page.recognized")
    rows = [
        h.tr[
            h.th(scope="row")[column.column, "" if column.sure else word("page.look")],
            h.td(".pk-text")[" · ".join(source.samples(column.number))],
            h.td[_choice(take, f"{place}.{column.number}", column)],
        ]
        for column in columns.columns
    ]
    head = h.tr[(h.th(scope="col")[name] for name in word("page.map.head").split(" | "))]
    label = word("page.map")
    table = h.details(id=f"pk-map-{place}", open=bool(unsure))[
        h.summary[word("page.map_state", n=len(rows), state=state)],
        h.div(".pk-scroll", tabindex="0", role="region", aria_label=label)[
            h.table(".pk-table")[h.thead[head], h.tbody[rows]]
        ],
    ]
    meanings = []
    for number, (name, answer) in enumerate(source.words):
        where = f"{place}.word.{number}"
        codes = ["", *listed("values")[name]]
        options = {f"{where}={code}": code or word("page.leave_out") for code in codes}
        chosen = f"{where}={columns.word(name, answer) or ''}"
        label = word("page.means", field=name, answer=repr(answer[:60]))
        meanings.append(choice(where, label, options, chosen, action="map"))
    return [table, meanings]


def _choice(take: Take, where: str, column: Column) -> h.Node:
    options = {f"{where}={name}": name.replace("_", " ") for name in FIELDS}
    about = f" ({column.element})" if column.element else ""
    label = take.word("page.column_holds", number=column.number)
    chosen = f"{where}={column.field}"
    return [choice(where, label, options, chosen, action="map", is_labelled=False), about]


def _holding(column: Column, name: str) -> Column:
    about = column.element if name in PER_ELEMENT else None
    return Column(number=column.number, column=column.column, field=name, element=about)


def _with_word(source: Taken, columns: ColumnMap, number: str, code: str) -> ColumnMap:
    if number not in map(str, range(len(source.words))):
        return columns
    name, answer = source.words[int(number)]
    if code and code not in listed("values")[name]:
        return columns
    words = {**columns.values.get(name, {}), fold(answer): code}
    if not code:
        del words[fold(answer)]
    return columns.replace(values={**columns.values, name: words})
