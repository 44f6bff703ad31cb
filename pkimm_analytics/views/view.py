"""
What is said and shown, before it has a medium.

A view is made once, by a pure function of results, and rendered many times: as HTML on
pages, in notebooks and reports, in a terminal, as Markdown, Word and PDF. All text is
plain text; each renderer escapes it in its own way, once, when it writes.

A view holds no private thing that its reader should not see: whoever makes it decides
for whom it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pkimm_analytics.display import Shown

Tone = Literal["plain", "good", "bad", "notice", "soft"]
"""How something is meant; words say the same, so that nothing depends on color."""


@dataclass(frozen=True, slots=True)
class Link:
    """
    Where work goes on.

    Parameters
    ----------
    text : str
    target : str
        An address within the pages, such as ``results.html?assessment=a.json``, an anchor
        (``#plan``), or an action of the page (``do:plan=4``). Documents and terminals
        leave links out; pages write actions as buttons.
    is_main : bool
        Whether it is the main thing to do.
    """

    text: str
    target: str
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 or 3; the title of the view is level 1."""

    text: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph; line breaks in it are kept."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences; a lead is set apart from what follows it."""

    items: tuple[str | tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of label and value."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """
    A cell of a table: its text, and what it stands for.

    Parameters
    ----------
    text : str
    value : float, optional
        Number behind the text, for sorting and for the picture in the cell.
    picture : {"", "level", "change", "meter", "trend"}
        ``level`` colors the cell by level 1 to 5, ``change`` by sign, ``meter`` draws
        the level as segments, ``trend`` the `points` as a line. Text says the same.
    below : str
        Second line, smaller.
    link : str
        Target, as of :class:`Link`.
    points : tuple of float
        Scores over time.
    """

    text: str
    value: float | None = None
    picture: Literal["", "level", "change", "meter", "trend"] = ""
    below: str = ""
    link: str = ""
    points: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table with a caption.

    Parameters
    ----------
    numeric : frozenset of int
        Columns that are right-aligned and never broken.
    anchor : str
        Name by which a page finds it, and by which it is saved.
    minor : frozenset of int
        Columns that a narrow place leaves out.
    is_sortable : bool
        Whether a page lets its reader sort by any column.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    anchor: str = ""
    minor: frozenset[int] = frozenset()
    is_sortable: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """
    One row, point or step of a chart, or a state in words where there is no figure.

    Parameters
    ----------
    label : str
    value : float, optional
        On the chart's scale.
    shown : str
        The value, or the state, in words.
    group : str
        Heading above it, or the series that it belongs to.
    low, middle, high : float, optional
        Quartiles of peers, or an interval around the value.
    before : float, optional
        Value of the assessment before.
    shares : tuple of (float, float)
        For ``levels`` and ``answers``: lowest and highest share of each class; both are
        the same where the share is known exactly, and a range is drawn as one.
    at : str
        Date, for ``line``.
    own : int, optional
        Class that the reader's own assessment is in, for ``levels``.
    """

    label: str
    value: float | None
    shown: str
    group: str = ""
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    before: float | None = None
    shares: tuple[tuple[float, float], ...] = ()
    at: str = ""
    own: int | None = None


ChartKind = Literal["bars", "radar", "peers", "levels", "steps", "line", "intervals"]


@dataclass(frozen=True, slots=True)
class Chart:
    """
    Marks on a scale.

    Parameters
    ----------
    kind : str
        ``bars`` and ``radar`` of scores, ``peers`` (a score on the middle half of peers),
        ``levels`` (shares of classes, stacked), ``steps`` (a sum and its parts),
        ``line`` (values over time, a series for each group), ``intervals``.
    caption : str
        Says what is shown, of how many, in which unit.
    scale : tuple of float
    legend : tuple of str
        Names of the classes of ``levels``, or of what marks stand for.
    """

    kind: ChartKind
    caption: str
    marks: tuple[Mark, ...]
    scale: tuple[float, float] = (1, 5)
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meter:
    """A small picture beside a figure: segments up to the value, or a mark on a band."""

    value: float | None
    low: float | None = None
    high: float | None = None
    scale: tuple[float, float] = (0, 5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that answers a question: ``3.18``, ``level 3 · Advanced``, and sentences below."""

    figure: str
    unit: str = ""
    meter: Meter | None = None
    sentences: tuple[str | tuple[str, Tone], ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What belongs together, with a title; a click anywhere on it follows its first link."""

    title: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Cards beside each other where there is room, below each other where there is not."""

    cards: tuple[Card, ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """What is shown when it is asked for; documents show it."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Links beside each other."""

    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """What is done and what comes next: whether it is done, its name, a sentence, a link."""

    steps: tuple[tuple[bool, str, str, Link | None], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """Place for fields of a page; other media leave it out."""

    name: str


Block = Heading | Text | Items | Facts | Table | Chart | Figure | Row | Fold | Links | Steps | Slot


@dataclass(frozen=True, slots=True, repr=False)
class View(Shown):
    """
    A title, a line below it, and blocks.

    Parameters
    ----------
    title, subtitle : str
    blocks : tuple of Block
    kind : str
        Such as the kind of a report; above the title in documents.
    language : str
        Code of the language that it is written in.
    badge : str
        Beside the title, such as ``synthetic``.
    footer : str
        At the foot of every printed page.
    """

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    kind: str = ""
    language: str = "en"
    badge: str = ""
    footer: str = ""

    VIEW = "pkimm_analytics.views.view:itself"

    def __repr__(self) -> str:
        return f"View({(self.kind or self.title)!r}, {len(self.blocks)} blocks)"


def itself(view: View) -> View:
    """Show a view."""
    return view


def flat(blocks: Sequence[Block]) -> list[Block]:
    """
    Blocks in one column, for media without cards: a card becomes a heading and its content.

    Links are left out, and what was folded is unfolded.
    """
    out: list[Block] = []
    for block in blocks:
        match block:
            case Row(cards):
                for card in cards:
                    out += [*([Heading(card.title, 3)] if card.title else []), *flat(card.blocks)]
            case Fold(title, inside):
                out += [Heading(title, 3), *flat(inside)]
            case Links() | Slot():
                pass
            case Steps(steps):
                out.append(Items(tuple((name, text) for _, name, text, _ in steps)))
            case _:
                out.append(block)
    return out


def cell_text(cell: str | Cell) -> str:
    """Text of a cell, with its second line in brackets."""
    if isinstance(cell, str):
        return cell
    return f"{cell.text} ({cell.below})" if cell.below else cell.text
