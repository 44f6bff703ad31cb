"""
What a cell of the official workbooks means: a level, a scope, a category.

The workbooks offer lists, but people paste, and other programs save what they hold
in other ways. What has one meaning is taken, with a remark where the workbook itself
would not understand it; everything else is refused, and the rest is still read.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from pkimm_analytics.assessment import Answer, Assessment, Mode, State, not_applicable, rated
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.cells import OFFICIAL_LEVELS, plain, read_level, shown
from pkimm_analytics.loaders.sentences import Problems, refused_for, sentence
from pkimm_analytics.loaders.sheets import Fault, Value
from pkimm_analytics.loaders.workbook.pages import Page
from pkimm_analytics.model import Model, category_of

VERSION = "1.0.0"
"""Edition that both workbooks implement; neither states it."""
TITLE = re.compile(r"(\d\.\d)\.? +(\S.*)")
MODULE_TITLE = re.compile(r"([1-4])\. +\S")
_CODE = re.compile(r"\d\.\d\.\d\.?")
NAMES = {name.casefold(): level for level, name in enumerate(OFFICIAL_LEVELS, 1)}


class Slot(NamedTuple):
    """
    One numbered row of the full workbook, as published.

    Parameters
    ----------
    code : str
        Number in the workbook, such as ``3.2.1.``.
    requirement : str
        Native id of the requirement in 1.0.0; empty for the 14 hidden rows without one.
    reads : str
        Slot whose scope cell decides whether the workbook counts this one; empty if
        none does. Where it is not the slot itself, the workbook is wrong.
    """

    code: str
    requirement: str
    reads: str


@cache
def slots() -> dict[str, Slot]:
    """All 86 slots by code, in the order of the workbook."""
    path = resources.files("pkimm_analytics.loaders.workbook") / "slots.csv"
    rows = csv.reader(path.read_text(encoding="utf-8").splitlines()[1:])
    return {row[0]: Slot(*row) for row in rows}


def slot_code(text: str) -> str:
    """Return the number of a slot with its last dot, which may be missing; else nothing."""
    return text.rstrip(".") + "." if _CODE.fullmatch(text) else ""


# --- levels and scope ----------------------------------------------------------------


class Entry(NamedTuple):
    """What an answer cell says; `said` is why it was not taken, or taken although unlisted."""

    level: int | State | None = None
    said: str = ""
    is_refused: bool = False

    def answer(self, reason: str = "", *, is_out: bool = False) -> Answer:
        """Answer of the cell; a level that does not count is kept beside it."""
        if is_out or self.level is State.NOT_APPLICABLE:
            kept = self.level if isinstance(self.level, int) else None
            return not_applicable(reason, set_aside_level=kept)
        return rated(int(self.level)) if self.level else Answer()

    def say(self, where: str, problems: Problems) -> None:
        """Add what there is to say about the cell."""
        if self.said:
            problems.append(Problem(where, self.said, refused=self.is_refused))


def full_entry(value: Value) -> Entry:
    """Read an answer of the full workbook: the name of a level, or nothing."""
    try:
        level = read_level(value)
    except ValueError as error:
        return Entry(None, sentence("left-unanswered", error=error), is_refused=True)
    if is_on_list(value):
        return Entry(level)
    taken = OFFICIAL_LEVELS[level - 1] if type(level) is int else str(level or "unanswered")
    return Entry(level, sentence("not-on-list", what=shown(value), taken=taken.replace("_", " ")))


def is_on_list(value: Value) -> bool:
    """Whether the full workbook itself understands an answer cell."""
    return value == "" or (isinstance(value, str) and value.casefold() in NAMES)


def self_entry(value: Value) -> Entry:
    """
    Read an answer of the self workbook: 1 to 5, 6 for not applicable, else nothing.

    LibreOffice saves level 1 as TRUE and "no button chosen" as FALSE.
    """
    number = int(value) if isinstance(value, bool) else value
    if isinstance(number, str) and plain(number) in {"0", "6", "7"}:
        number = int(plain(number))
    if isinstance(number, int | float) and number in {0, 6, 7}:
        return Entry(State.NOT_APPLICABLE if number == 6 else None)
    try:
        level = read_level(number)
    except ValueError:
        return Entry(None, sentence("no-button", what=shown(value)), is_refused=True)
    is_typed = isinstance(value, str) and level is not None
    return Entry(level, sentence("typed", what=shown(value), level=level) if is_typed else "")


def is_out_of_scope(value: Value, where: str, problems: Problems) -> bool:
    """
    Whether a scope cell says ``OUT OF``, compared as the workbook compares.

    Capitals do not matter, blanks do: ``OUT OF`` with a blank behind it counts as IN.
    """
    if isinstance(value, Fault):
        problems.refuse(where, "scope-fault", error=value)
        return False
    word = plain(value) if isinstance(value, str) else shown(value)
    if value == "" or word == "in":
        return False
    if isinstance(value, str) and value.casefold() == "out of":
        return True
    what = "OUT OF with extra blanks" if word == "out of" else f"{shown(value)} as scope"
    problems.remark(where, "scope-unlisted", what=what)
    return False


# --- categories ------------------------------------------------------------------


@cache
def _published(model: Model) -> dict[str, str]:
    """Element keys of the categories by their code in the workbook, in its order."""
    filled = (slot for slot in slots().values() if slot.requirement)
    return {slot.code[:4]: category_of(model.native[slot.requirement]) for slot in filled}


def category_keys(pages: Iterable[Page], model: Model, problems: Problems) -> dict[str, str]:
    """
    Element keys of the categories by their code in the workbook, in its order.

    Parameters
    ----------
    pages : iterable of Page
        Where their titles stand, the best first.

    Raises
    ------
    SourceFormatError
        If a code has the title of another category: it is the workbook of another edition.
    """
    keys = _published(model)
    by_title = {plain(category.name): key for key, category in model.categories.items()}
    titles: dict[str, tuple[str, str]] = {}
    for page in pages:
        for text in (text for texts in page.labels.values() for text in texts.values()):
            if match := TITLE.fullmatch(text):
                titles.setdefault(f"{match[1]}.", (match[2], page.name))
        if keys.keys() <= titles.keys():
            break
    for code, key in keys.items():
        title, where = titles.get(code, ("", page.name))
        about = {"code": code, "name": model.name(key), "edition": model.edition}
        if by_title.get(title, key) != key:
            why = "numbers its categories in another way"
            raise refused_for("The workbook", why, "other-numbering", where, **about)
        if title not in by_title:
            what = "an unknown title" if title else "no title"
            problems.remark(where, "unknown-title", what=what, **about)
    return keys


# --- the workbook as a whole -----------------------------------------------------------


def source_detail(tool: str, application: str) -> str:
    """One line about a workbook: which tool it is, and what the file says it was saved by."""
    saved = f", saved by {application}" if application else ""
    return f"{tool} (official workbook){saved}"


DEMO_ANSWERS = frozenset(
    [
        "77485bf786b25beebed61d65f789004781149f1109b0efda747570a1dfd884ed",
        "71e75f4cdae9a40a4d765571b14e50a2d973d785d290d74440a99f25e4641fd0",
    ]
)
"""SHA-256 of the answers that the two published files hold."""
DEMO_NAMES = frozenset({"cool pki", "cool pki 2023"})


def with_demo_caveat(assessment: Assessment, model: Model) -> Assessment:
    """Warn where the workbook still holds the example that it was published with."""
    keys = model.requirements if assessment.mode is Mode.FULL else model.categories
    answers = [assessment.answer(key) for key in keys]
    words = [str(a.level or a.set_aside_level or a.state) for a in answers]
    if hashlib.sha256(" ".join(words).encode()).hexdigest() in DEMO_ANSWERS:
        return assessment.with_caveat("demo-data", sentence("demo-answers"))
    if plain(assessment.use_case.name) in DEMO_NAMES:
        return assessment.with_caveat("demo-data", sentence("demo-name"))
    return assessment
