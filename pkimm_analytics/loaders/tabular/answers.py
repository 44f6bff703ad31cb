"""
From the cells of one row to an answer.

A level is 1 to 5, empty or N/A; anything else leaves its element unanswered and is
named. A message repeats what stands in a cell only where it cannot be a name that
has slipped into the wrong column.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pkimm_analytics.assessment import State
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.files import read_json
from pkimm_analytics.loaders.tabular.rows import MAX_PROBLEMS, Cell, Entry, as_text
from pkimm_analytics.loaders.tabular.template import (
    ANSWER,
    PROPERTIES,
    is_element_like,
    is_numbered,
    spelled,
)
from pkimm_analytics.model import MODULE_IDS, Model

Document = dict[str, Any]
Path = tuple[str, ...]

YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_EXTENSION = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LEVEL = re.compile(r"([1-5])(?:[.,]0{1,9})?")
_NOT_APPLICABLE = {"n/a", "not applicable", "not_applicable"}
_NUMBER = re.compile(r"[-+]?[0-9.,]{1,12}")
_HARMLESS = {
    *("zero", "one", "two", "three", "four", "five", "six", "none", "null", "nan", "na", "#n/a"),
    *("true", "false", "yes", "no", "low", "medium", "high", "inf", "-inf", "unknown", "partial"),
    *("initial", "basic", "foundational", "advanced", "managed", "optimized", "rated"),
    *_NOT_APPLICABLE,
}
"""What a message may repeat: a cell may hold a name that has slipped into it."""


class CellError(Exception):
    """A cell, or all of an assessment, that cannot be taken; caught where it is listed."""

    def __init__(self, where: str, message: str) -> None:
        self.problem = Problem(where, message)
        super().__init__(message)


class Vocabulary:
    """The keys and native ids of one edition, in any spelling of their letters."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._keys = {name.lower(): key for name, key in model.native.items()}
        self._keys |= {key.lower(): key for key in model.keys}
        self._hints: dict[str, str] = {}

    def key(self, text: str) -> str | None:
        """Element key of a key or native id, None if the edition has no such element."""
        return self._keys.get(text.lower())

    def hint(self, text: str) -> str:
        """
        Say which id comes nearest to one that does not exist.

        The search is slow, so it is made once for each text and for a few of them only.
        """
        if text not in self._hints:
            if len(self._hints) >= MAX_PROBLEMS:
                return "see: pkimm models show"
            self._hints[text] = self._hint(text)
        return self._hints[text]

    def _hint(self, text: str) -> str:
        if is_numbered(text):
            return self._nearest_number(text.upper())
        is_element = is_element_like(text)
        names = sorted(self.model.keys) if is_element else PROPERTIES
        wanted = spelled(text) if is_element else text.lower()
        close = difflib.get_close_matches(wanted[:120], names, n=1)
        return f"did you mean {close[0]}?" if close else "see: pkimm models show"

    def _nearest_number(self, text: str) -> str:
        parent, _, number = text.rpartition(".")
        numbered = [name for name in self.model.native if is_numbered(name)]
        if not numbered:
            return "it has no numbers; use keys, or state the edition that the number is of"
        beside = [name for name in numbered if name.rpartition(".")[0] == parent]
        if not beside:
            return f"it has no {parent}"
        nearest = min(beside, key=lambda name: abs(int(name.rpartition(".")[2]) - int(number)))
        return f"did you mean {nearest}?"


def read_answers(
    entries: Sequence[Entry],
    vocabulary: Vocabulary,
    problems: list[Problem],
    places: dict[Path, str],
) -> dict[str, Document]:
    """
    Read all answers of an assessment.

    Parameters
    ----------
    entries : sequence of Entry
        Rows about elements.
    vocabulary : Vocabulary
        Of the edition.
    problems, places
        What cannot be taken, and where each answer stands, are added to these.

    Returns
    -------
    dict
        By extension (empty for the model itself) and element key.
    """
    found: dict[tuple[str, str], list[tuple[Document, Entry]]] = {}
    for entry in entries:
        try:
            subject = _element(entry, vocabulary)
        except CellError as error:
            problems.append(error.problem)
            continue
        answer = _answer(entry, problems)
        if answer:
            found.setdefault(subject, []).append((answer, entry))
    answers: dict[str, Document] = {"": {}}
    for (extension, key), said in found.items():
        if _agree(said, problems):
            answer, entry = said[0]
            answers.setdefault(extension, {})[key] = answer
            places[f"extensions.{extension}" if extension else "answers", key] = entry.where()
            if key in MODULE_IDS and "level" in answer:
                message = f"{key} is a module; its level is kept, but never scored"
                problems.append(Problem(entry.where("level"), message, refused=False))
    return answers


def _agree(said: Sequence[tuple[Document, Entry]], problems: list[Problem]) -> bool:
    """Tell whether rows about one element say the same; if not, none of them counts."""
    answer, first = said[0]
    for other, entry in said[1:]:
        name = entry.text("element") or entry.text("native_id")
        if other != answer:
            message = f"{name} is answered otherwise in {first.where()}; expected one row; left out"
            problems.append(Problem(entry.where(), message))
            return False
        message = f"repeats {name} of {first.where()}; read once"
        problems.append(Problem(entry.where(), message, refused=False))
    return True


# --- which element ---------------------------------------------------------------


def _element(entry: Entry, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return extension (or nothing) and element key that a row is about."""
    text, native = entry.text("element"), entry.text("native_id")
    column = "element" if text else "native_id"
    extension, _, name = (text or native).rpartition(":")
    extension, name = extension.strip().lower(), name.strip()
    key = vocabulary.key(name)
    if key is None:
        raise CellError(entry.where(column), _no_element(name, vocabulary))
    if text and native and vocabulary.key(native) != key:
        message = (
            f"native_id is not that of {key} in PKIMM {vocabulary.model.version};"
            " expected one of them to be empty; row left out"
        )
        raise CellError(entry.where("native_id"), message)
    if extension and not (_EXTENSION.fullmatch(extension) and key in vocabulary.model.categories):
        message = "expected an extension and a category, such as pqc:G.compliance; left out"
        raise CellError(entry.where(column), message)
    return extension, key


def _no_element(name: str, vocabulary: Vocabulary) -> str:
    """Say that there is no such element; repeats the text only if it has the form of an id."""
    hint = vocabulary.hint(name)
    if is_element_like(name):
        return f"{spelled(name)} is not in {vocabulary.model.edition}; {hint}; left out"
    return f"neither an element nor a property of the template; {hint}; left out"


# --- which answer ----------------------------------------------------------------


def _answer(entry: Entry, problems: list[Problem]) -> Document:
    """Return the answer of a row, empty if the row says nothing."""
    cell = entry.cells.get("level")
    if type(cell) is str and cell in _LEVELS and entry.cells.keys() <= _LEVEL_ALONE:
        return {"state": str(State.RATED), "level": int(cell)}
    answer: Document = {}
    for reading in (_state, _texts, _partial, _set_aside, _rest):
        try:
            answer |= reading(entry)
        except CellError as error:
            problems.append(error.problem)
    return {"state": str(State.UNANSWERED), **answer} if answer else {}


_LEVELS = frozenset("12345")
_LEVEL_ALONE = frozenset({"assessment", "element", "native_id", "name", "level"})
"""Columns of the rows that most tables are made of: there is nothing to read but a level."""


def _texts(entry: Entry) -> Document:
    columns = ("reason", "notes", "evidence")
    return {c: as_text(entry.cells[c]) for c in columns if c in entry.cells}


def _partial(entry: Entry) -> Document:
    text = entry.text("partial").lower()
    if text and text not in YES_NO:
        raise CellError(entry.where("partial"), "expected true, false or empty; left out")
    return {"partial": True} if text and YES_NO[text] else {}


def _set_aside(entry: Entry) -> Document:
    cell = entry.cells.get("set_aside_level", "")
    try:
        level = read_level(cell)
    except ValueError:
        level = State.NOT_APPLICABLE
    if isinstance(level, State):
        message = f"level {shown(cell)}; expected 1 to 5 or empty; left out"
        raise CellError(entry.where("set_aside_level"), message)
    return {} if level is None else {"set_aside_level": level}


def _rest(entry: Entry) -> Document:
    if "extra" not in entry.cells:
        return {}
    where = entry.where("extra")
    value: Document = read_object(as_text(entry.cells["extra"]), where)
    check_new(value, ANSWER, where)
    return value


def _state(entry: Entry) -> Document:
    """Return state and level of a row; empty if it gives neither."""
    cell = entry.cells.get("level", "")
    try:
        level = read_level(cell)
    except ValueError:
        message = f"level {shown(cell)}; expected 1 to 5, empty, or N/A; left unanswered"
        raise CellError(entry.where("level"), message) from None
    stated = entry.text("state").lower()
    stated = str(State.NOT_APPLICABLE) if stated in _NOT_APPLICABLE else stated
    if stated not in {"", *State}:
        message = "expected rated, unanswered, not_applicable or empty; left unanswered"
        raise CellError(entry.where("state"), message)
    if isinstance(level, int) and stated in {"", State.RATED}:
        return {"state": str(State.RATED), "level": level}
    if level is State.NOT_APPLICABLE and stated in {"", State.NOT_APPLICABLE}:
        return {"state": str(State.NOT_APPLICABLE)}
    if level is None and stated != State.RATED:
        return {"state": stated} if stated else {}
    message = f"state {stated} does not go with level {shown(cell)}; left unanswered"
    raise CellError(entry.where("state"), message)


def read_level(cell: Cell) -> int | State | None:
    """
    Read a level.

    Returns
    -------
    int, State.NOT_APPLICABLE or None
        The level, 1 to 5; not applicable; or empty.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> read_level(" 3 "), read_level("3.0"), read_level("n/a"), read_level("")
    (3, 3, <State.NOT_APPLICABLE: 'not_applicable'>, None)
    """
    text = as_text(cell).strip()
    if not text:
        return None
    if text.lower() in _NOT_APPLICABLE:
        return State.NOT_APPLICABLE
    match = None if isinstance(cell, bool) else _LEVEL.fullmatch(text)
    if match is None:
        raise ValueError("no level")
    return int(match[1])


def shown(cell: Cell) -> str:
    """Show what stands in a cell, unless it may be private text."""
    text = as_text(cell).strip()
    if not text:
        return "(empty)"
    if _NUMBER.fullmatch(text) or text.lower() in _HARMLESS:
        return repr(text)
    return f"is a text of {len(text):,} characters"


# --- fields that the template has no column for ----------------------------------


def read_cell_json(text: str, where: str) -> Any:
    """Read JSON from a cell; only what can be written again is taken."""
    try:
        value = read_json(text.encode(), "JSON")
        json.dumps(value, allow_nan=False)
    except SourceFormatError as error:
        reason = "; ".join(str(problem) for problem in error.problems[:1])
        raise CellError(where, f"expected JSON ({reason}); left out") from None
    except (ValueError, RecursionError):
        message = "expected JSON (a number is too large, or it nests too deeply); left out"
        raise CellError(where, message) from None
    return value


def read_object(text: str, where: str) -> Document:
    """Read a JSON object from a cell."""
    value = read_cell_json(text, where)
    if not isinstance(value, dict):
        raise CellError(where, "expected a JSON object, as {...}; left out")
    return value


def check_new(rest: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuse rest fields that would overwrite what has a cell of its own."""
    if {*rest} & {*known}:
        raise CellError(where, "holds a field that has a cell of its own; left out")
