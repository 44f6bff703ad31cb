"""
Assessments to tables: CSV, long or wide, and the rows that xlsx shares with it.

A table carries answers with their reasons, notes and evidence, the profile and the dates.
:func:`dropped_by_csv` says what else an assessment holds, which only JSON does. Both
layouts list every question, so that an unanswered one can be filled in.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pkimm_analytics.assessment import Answer, Assessment, Mode, State
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.loaders.sheets.delimited import FORMULA
from pkimm_analytics.loaders.tabular.fields import (
    LONG,
    PROFILE,
    PROPERTIES,
    SECTIONS,
    STATED,
    TEXTS,
    Layout,
)
from pkimm_analytics.model import Model, model_of

Row = dict[str, str | int]

MAX_CELL = 30_000
"""Longest text of a cell; spreadsheets cut off after 32,767."""

_NO_CELL_HOLDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LOOKS_LIKE_FORMULA = re.compile(rf"'*{FORMULA}")


@dataclass(frozen=True)
class Filled:
    """
    One assessment, ready to be written as a table.

    Parameters
    ----------
    stated : mapping of str to str
        Version, digest and mode, by column.
    properties : mapping of str to str
        Texts by name of the property.
    answers : mapping of str to Answer
        By element key, without elements that the edition does not have.
    """

    assessment: Assessment
    model: Model
    stated: Mapping[str, str]
    properties: Mapping[str, str]
    answers: Mapping[str, Answer]

    @property
    def label(self) -> str:
        """Name of the assessment in the column of that name."""
        return self.assessment.id


def write_csv(assessments: Sequence[Assessment], *, layout: Layout = "long") -> bytes:
    """
    Write assessments as one CSV file.

    Parameters
    ----------
    assessments : sequence of Assessment
        At least one, each with another id.
    layout : {"long", "wide"}
        One row for each answer, or one row for each assessment with levels only.

    Returns
    -------
    bytes
        UTF-8 with its mark, so that spreadsheets show accents right. No cell starts
        like a formula.

    Raises
    ------
    AssessmentError
        If there is nothing to write, or two assessments share an id.
    UnknownEditionError
        If an edition is not installed.
    """
    filled = fill(assessments)
    if layout == "long":
        columns: Sequence[str] = LONG
        rows = [
            {"assessment": one.label, **one.stated, **row}
            for one in filled
            for row in (*property_rows(one), *answer_rows(one))
        ]
    else:
        rows = [_wide_row(one) for one in filled]
        elements = dict.fromkeys(key for one in filled for key in _elements(one))
        used = {column for row in rows for column in row}
        named = [name for name in PROPERTIES if name in PROFILE or name in used]
        columns = ["assessment", *STATED, *named, *elements]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(column, "")) for column in columns] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def dropped_by_csv(assessment: Assessment, layout: Layout = "long") -> list[str]:
    """
    Say what a table of an assessment cannot hold.

    Returns
    -------
    list of str
        For the reader, such as ``"12 answers' notes"``; empty where nothing is lost.
    """
    one = _fill(assessment)
    n = Counter(
        name
        for answer in one.answers.values()
        for name in answer.to_json()
        if name not in {"state", "level"}
    )
    kept = {"partial", *TEXTS} if layout == "long" else set()
    lost = [(n[name], *words) for name, words in _DROPPED.items() if name not in kept]
    texts = [*one.properties.values()]
    texts += [getattr(a, name) for a in one.answers.values() for name in TEXTS if name in kept]
    held = [assessment, *(getattr(assessment, name) for name in SECTIONS), assessment.source]
    further = sum(len(part.extra) for part in held) + n.total() - sum(n[k] for k in _DROPPED)
    counts = [
        (
            len(assessment.answers) - len(one.answers),
            "answer to an element not in its edition",
            "answers to elements not in its edition",
        ),
        *lost,
        (len(assessment.extensions), "extension with its answers", "extensions with their answers"),
        (len(assessment.action_plans), "action plan", "action plans"),
        (len(assessment.caveats), "caveat", "caveats"),
        (
            sum(len(text) > MAX_CELL for text in texts),
            "text that is too long for a cell",
            "texts that are too long for a cell",
        ),
        (
            sum(_NO_CELL_HOLDS.search(text) is not None for text in texts),
            "text with control characters, which became blanks",
            "texts with control characters, which became blanks",
        ),
        (further, "further field", "further fields"),
    ]
    found = [f"{n:,} {one if n == 1 else many}" for n, one, many in counts if n]
    tool = ["the figures that the source's own tool showed"] if assessment.source.tool else []
    return [*found, *tool]


_DROPPED = {
    "notes": ("answer's notes", "answers' notes"),
    "evidence": ("answer's evidence", "answers' evidence"),
    "reason": ("reason", "reasons"),
    "partial": ("mark of an element that applies in part", "marks of elements that apply in part"),
    "set_aside_level": ("level that was set aside", "levels that were set aside"),
}


# --- what there is to write ------------------------------------------------------


def fill(assessments: Sequence[Assessment]) -> list[Filled]:
    """Take assessments apart for writing."""
    if not assessments:
        raise AssessmentError("There is no assessment to write.")
    if len({assessment.id for assessment in assessments}) != len(assessments):
        raise AssessmentError("Two assessments have the same id; a table cannot tell them apart.")
    return [_fill(assessment) for assessment in assessments]


def _fill(assessment: Assessment) -> Filled:
    model = model_of(assessment.model)
    document = {**assessment.to_json(), "synthetic": "true" if assessment.synthetic else ""}
    properties = {}
    for name in PROPERTIES:
        section, _, part = name.partition(".")
        value = document.get(section, {}).get(part) if part else document.get(section)
        if isinstance(value, str) and value:
            properties[name] = value
    edition = assessment.model
    stated = (edition.version, edition.digest, str(assessment.mode))
    answers = {key: a for key, a in assessment.answers.items() if key in model.keys}
    return Filled(assessment, model, dict(zip(STATED, stated, strict=True)), properties, answers)


def property_rows(one: Filled, offered: Sequence[str] = PROFILE) -> Iterator[Row]:
    """Yield a row for each property; those `offered` are there even if they are empty."""
    for name in PROPERTIES:
        if name in one.properties or name in offered:
            yield {"element": name, "value": held(one.properties.get(name, ""))}


def answer_rows(one: Filled, *, with_headings: bool = False) -> Iterator[Row]:
    """
    Yield a row for each question and for each other element that has an answer.

    Parameters
    ----------
    with_headings : bool
        Also list the modules, and the categories of a full assessment.
    """
    for key in _elements(one, with_headings=with_headings):
        row: Row = {
            "element": key,
            "native_id": one.model.native_id(key),
            "name": one.model.name(key),
        }
        answer = one.answers.get(key)
        if answer is not None:
            texts = {name: held(getattr(answer, name)) for name in TEXTS}
            said = any(texts.values()) or answer.partial
            is_shown = answer.state is not State.UNANSWERED or not said
            row |= {"state": str(answer.state)} if is_shown else {}
            row |= {"level": answer.level} if answer.level else {}
            row |= {"partial": "true"} if answer.partial else {}
            row |= {name: text for name, text in texts.items() if text}
        yield row


def _elements(one: Filled, *, with_headings: bool = False) -> Iterator[str]:
    """Elements in the order of the model."""
    full = one.assessment.mode is Mode.FULL
    for module in one.model.modules:
        listed = [(module.id, with_headings)]
        for category in module.categories:
            listed.append((category.key, with_headings or not full))
            listed += [(requirement.key, full) for requirement in category.requirements]
        yield from (key for key, is_listed in listed if is_listed or key in one.answers)


def _wide_row(one: Filled) -> Row:
    row: Row = {"assessment": one.label, **one.stated}
    row |= {name: held(text) for name, text in one.properties.items()}
    for key in _elements(one):
        answer = one.answers.get(key)
        if answer is not None:
            is_out = answer.state is State.NOT_APPLICABLE
            row[key] = "N/A" if is_out else answer.level or ""
    return row


def held(text: str) -> str:
    """Text as a cell holds it: nothing if it is too long, blanks for control characters."""
    return "" if len(text) > MAX_CELL else _NO_CELL_HOLDS.sub(" ", text)


def to_csv_text(text: str) -> str:
    """Return text for a CSV cell: nothing that a spreadsheet would take for a formula."""
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def _csv_cell(value: str | int) -> str:
    return str(value) if isinstance(value, int) else to_csv_text(value)
