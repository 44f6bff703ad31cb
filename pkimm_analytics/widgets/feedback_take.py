"""
What was brought to the feedback page and is not imported yet.

A form keeps its column map while the user corrects it, and is read again after each
change; nothing reaches the feedback place before the import.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import htpy as h

from pkimm_analytics.errors import PkimmError, Problem, SourceFormatError
from pkimm_analytics.feedback import Comment, Contact, Feedback
from pkimm_analytics.loaders.column_map import IGNORE
from pkimm_analytics.loaders.feedback import Column, ColumnMap, load_feedback
from pkimm_analytics.loaders.feedback.columns import (
    CHOICES,
    FIELDS,
    PER_ELEMENT,
    propose_columns,
)
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.grid import Grid, read_grids
from pkimm_analytics.loaders.feedback.reading import form_of
from pkimm_analytics.loaders.feedback.words import fold, listed, says_nothing, value_of
from pkimm_analytics.model import Model
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.widgets.page import button, check_box, choice, text_field

N_SAMPLES = 3
SAMPLE_LENGTH = 40
MOST_WORDS = 20
"""Unknown answers that are asked about; a column with more holds something else."""


@dataclass
class Taken:
    """
    One source.

    Parameters
    ----------
    name : str
    content : bytes
    round : str
        Round of what names none itself.
    grid, columns : Grid, ColumnMap, optional
        Of a form.
    comments, contacts, problems : tuple
        What was read of it.
    words : list of (str, str)
        Answers to choices that the program does not know, with their field.
    """

    name: str
    content: bytes
    round: str
    grid: Grid | None = None
    columns: ColumnMap | None = None
    comments: tuple[Comment, ...] = ()
    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    words: list[tuple[str, str]] = field(default_factory=list)

    def samples(self, number: int) -> list[str]:
        """First distinct answers of a column, cut to what fits into a table."""
        cells = self.grid.column(number - 1) if self.grid is not None else []
        distinct = list(dict.fromkeys(cells[:100]))[:N_SAMPLES]
        return [c if len(c) <= SAMPLE_LENGTH else f"{c[:SAMPLE_LENGTH]} …" for c in distinct]

    def meaning(self, name: str, word: str) -> str:
        """Return what the user said that an answer means, empty if nothing."""
        return (self.columns.word(name, word) if self.columns else None) or ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an import added, and the newest round of it."""

    added: int
    known: int
    contacts: int
    round: str | None


class Take:
    """
    Sources that wait for the import.

    Parameters
    ----------
    place : Feedback
        Where comments go; its key makes the pseudonyms.
    model : Model
        Edition that forms are about.
    """

    def __init__(self, place: Feedback, model: Model) -> None:
        self._place = place
        self.model = model
        self.sources: list[Taken] = []
        self.refused: list[tuple[str, tuple[Problem, ...]]] = []
        self.keeps_contacts = False

    def contacts(self) -> list[Contact]:
        """Contacts that respondents left; forgotten unless the user wants to keep them."""
        return [contact for source in self.sources for contact in source.contacts]

    def clear(self) -> None:
        """Forget everything that was not imported."""
        self.sources, self.refused, self.keeps_contacts = [], [], False

    # --- taking --------------------------------------------------------------------------

    def file(self, name: str, content: bytes | None) -> None:
        """Take a file, whatever it is; what cannot be read is remembered with the reason."""
        if content is None:
            self.refuse(name, "the browser could not read the file")
            return
        try:
            self.sources.append(self._read(name, content))
        except PkimmError as error:
            self.refused.append((error.message, tuple(error.problems)))

    def text(self, text: str) -> None:
        """Take what was pasted: a document, a table, or the text of an issue."""
        self.file("pasted text", text.encode("utf-8", "replace"))

    def refuse(self, name: str, reason: str) -> None:
        """Remember that a source was not taken."""
        self.refused.append((f"{name} was not read.", (Problem(name, reason),)))

    def _read(self, name: str, content: bytes) -> Taken:
        taken = Taken(name, content, running_quarter())
        if form_of(content) == "form":
            elements = Elements(self.model)
            proposed = [(g, propose_columns(g, elements)) for g in read_grids(content, name)[0]]
            taken.grid, taken.columns = max(proposed, key=lambda pair: _n_known(pair[1]))
            self._reread(taken)
        else:
            self._load(taken)
        return taken

    def _load(self, source: Taken) -> None:
        loaded = load_feedback(
            source.content,
            source.name,
            model=self.model,
            round_=source.round,
            pseudonym=self._place.pseudonym,
            columns=source.columns,
        )
        source.comments, source.contacts = loaded.comments, loaded.contacts
        source.problems = loaded.problems

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
        source = self._source(place)
        if source is None or source.columns is None:
            return
        kind, _, number = rest.partition(".")
        if kind == "word":
            source.columns = _with_word(source, number, value)
        elif value in FIELDS:
            changed = tuple(
                _holding(column, value) if str(column.number) == rest else column
                for column in source.columns.columns
            )
            source.columns = source.columns.replace(columns=changed)
        self._reread(source)

    def change_round(self, where: str, value: str) -> None:
        """Set the round of a form's rows that name none."""
        source = self._source(where)
        if source is not None:
            source.round = value.strip()
            self._reread(source)

    def change_model(self, model: Model) -> None:
        """Read forms as answers about another edition."""
        self.model = model
        for source in self.sources:
            self._reread(source)

    def _source(self, place: str) -> Taken | None:
        known = place.isdigit() and int(place) < len(self.sources)
        return self.sources[int(place)] if known else None

    def _reread(self, source: Taken) -> None:
        """Read again; a form that says nothing with this map waits for a better one."""
        try:
            self._load(source)
        except SourceFormatError as error:
            source.comments, source.contacts = (), ()
            source.problems = error.problems or (Problem(source.name, error.message),)
        source.words = _unknown(source)

    # --- importing -------------------------------------------------------------------------

    def keep(self) -> Kept:
        """Add everything that was read to the feedback place, and forget the sources."""
        comments = [comment for source in self.sources for comment in source.comments]
        contacts = self.contacts() if self.keeps_contacts else []
        added = self._place.append(comments)
        if contacts:
            self._place.keep_contacts(contacts)
        self.clear()
        newest = max((comment.round for comment in comments), default=None)
        return Kept(added.added, added.known, len(set(contacts)), newest)


def pending(take: Take) -> h.Node:
    """Show the sources that wait, with their column maps, and the button that imports them."""
    if not take.sources:
        return None
    n = sum(len(source.comments) for source in take.sources)
    sources = enumerate(take.sources)
    contacts = len(take.contacts())
    return h.section(".pk-card", aria_label="To be imported")[
        [_source(place, source) for place, source in sources],
        h.div(".pk-fields")[
            text_field("take-round", "Round", take.sources[0].round, data_action="take_round"),
            check_box(
                "contacts",
                f"Keep {contacts} contacts, apart",
                is_on=take.keeps_contacts,
                action="contacts",
            )
            if contacts
            else None,
            button(f"Import {n} comments", "import", class_="pk-button pk-primary") if n else None,
            button("Forget them", "forget"),
        ],
    ]


def _source(place: int, source: Taken) -> h.Node:
    said = [h.li[str(problem)] for problem in source.problems[:MOST_WORDS]]
    more = len(source.problems) - MOST_WORDS
    said += [h.li[f"And {more} more."]] if more > 0 else []
    tool = f" ({source.grid.tool})" if source.grid else ""
    return [
        h.h2[f"{source.name}{tool}: {len(source.comments)} comments"],
        h.ul[said] if said else None,
        _map(place, source),
        [_meaning(place, number, source, *word) for number, word in enumerate(source.words)],
    ]


def _map(place: int, source: Taken) -> h.Node:
    if source.columns is None:
        return None
    unsure = sum(not column.sure for column in source.columns.columns)
    state = f"{unsure} to look at" if unsure else "all recognized"
    rows = [
        h.tr[
            h.th(scope="row")[column.column, "" if column.sure else " – look at this"],
            h.td(".pk-text")[" · ".join(source.samples(column.number))],
            h.td[_choice(f"{place}.{column.number}", column)],
        ]
        for column in source.columns.columns
    ]
    head = h.tr[(h.th(scope="col")[name] for name in ("Column", "First answers", "Holds"))]
    return h.details(id=f"pk-map-{place}", open=bool(unsure))[
        h.summary[f"Column map: {len(rows)} columns, {state}"],
        h.div(".pk-scroll", tabindex="0", role="region", aria_label="Column map")[
            h.table(".pk-table")[h.thead[head], h.tbody[rows]]
        ],
    ]


def _choice(where: str, column: Column) -> h.Node:
    options = {f"{where}={name}": name.replace("_", " ") for name in FIELDS}
    about = f" of {column.element}" if column.element else ""
    label = f"Column {column.number} holds"
    chosen = f"{where}={column.field}"
    return [choice(where, label, options, chosen, action="map", is_labelled=False), about]


def _meaning(place: int, number: int, source: Taken, name: str, word: str) -> h.Node:
    where = f"{place}.word.{number}"
    codes = ["", *listed("values")[name]]
    options = {f"{where}={code}": code or "leave out" for code in codes}
    chosen = f"{where}={source.meaning(name, word)}"
    return choice(where, f"{name}: {word[:60]!r} means", options, chosen, action="map")


def _n_known(columns: ColumnMap) -> int:
    return sum(column.field != IGNORE for column in columns.columns)


def _holding(column: Column, field_: str) -> Column:
    about = column.element if field_ in PER_ELEMENT else None
    return Column(number=column.number, column=column.column, field=field_, element=about)


def _unknown(source: Taken) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], str] = {}
    if source.grid is None or source.columns is None:
        return []
    for column in source.columns.columns:
        if column.field not in CHOICES:
            continue
        for cell in source.grid.column(column.number - 1):
            if not says_nothing(cell) and value_of(column.field, cell) is None:
                found.setdefault((column.field, fold(cell)), cell)
            if len(found) > MOST_WORDS:
                break
    return [(name, cell) for (name, _), cell in found.items()][:MOST_WORDS]


def _with_word(source: Taken, number: str, code: str) -> ColumnMap:
    columns = source.columns
    assert columns is not None  # noqa: S101  # the caller looked
    if not number.isdigit() or int(number) >= len(source.words):
        return columns
    name, word = source.words[int(number)]
    if code and code not in listed("values")[name]:
        return columns
    words = {**columns.values.get(name, {}), fold(word): code}
    if not code:
        del words[fold(word)]
    return columns.replace(values={**columns.values, name: words})
