"""
Assessments to tables: CSV, long or wide, and the rows that xlsx shares with it.

A table carries answers with their reasons, notes and evidence, the profile and the dates.
:func:`dropped_by_table` says what else an assessment holds, which only JSON does. Both
layouts list every question, so that an unanswered one can be filled in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.loaders.losses import lost
from pkimm_analytics.loaders.sheets.delimited import FORMULA
from pkimm_analytics.loaders.tabular.fields import (
    LONG,
    PROFILE,
    PROPERTIES,
    STATED,
    TEXTS,
    WORDS,
    Layout,
)
from pkimm_analytics.loaders.tabular.read import read_table
from pkimm_analytics.model import Model, model_of

Row = dict[str, str | int]

AT_ONCE = 100
"""Assessments that are written and read again together."""
MAX_CELL = 30_000
"""Longest text of a cell; spreadsheets cut off after 32,767."""

_NO_CELL_HOLDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LOOKS_LIKE_FORMULA = re.compile(rf"'*{FORMULA}")


@dataclass(frozen=True)
class Filled:
    """One assessment, ready to be written: version, digest and mode, and its properties."""

    assessment: Assessment
    model: Model
    stated: Mapping[str, str]
    properties: Mapping[str, str]

    def elements(self, *, with_headings: bool = False) -> Iterator[str]:
        """
        Yield the questions and other elements that have an answer, in the order of the model.

        `with_headings` also lists the modules, and the categories of a full assessment.
        """
        full = self.assessment.mode is Mode.FULL
        listed: dict[str, bool] = {}
        for module in self.model.modules:
            listed[module.id] = with_headings
            for category in module.categories:
                listed[category.key] = with_headings or not full
                listed |= dict.fromkeys([r.key for r in category.requirements], full)
        return (key for key, is_in in listed.items() if is_in or key in self.assessment.answers)


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
            {"assessment": one.assessment.id, **one.stated, **row}
            for one in filled
            for row in (*property_rows(one), *answer_rows(one))
        ]
    else:
        rows = [_wide_row(one) for one in filled]
        elements = dict.fromkeys(key for one in filled for key in one.elements())
        used = {column for row in rows for column in row}
        named = [name for name in PROPERTIES if name in PROFILE or name in used]
        columns = ["assessment", *STATED, *named, *elements]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(column, "")) for column in columns] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def dropped_by_table(assessments: Sequence[Assessment], layout: Layout = "long") -> list[str]:
    """Say what a table of assessments cannot hold, one phrase for each kind."""
    phrases = WORDS["lost_in_wide"] if layout == "wide" else {}
    said: list[str] = []
    for start in range(0, len(assessments), AT_ONCE):
        some = assessments[start : start + AT_ONCE]
        copies = read_table(write_csv(some, layout=layout), "table")
        for assessment, copy in zip(some, copies, strict=True):
            said += lost(assessment, copy.assessment, phrases | WORDS["lost"])
    return [*dict.fromkeys(said)]


# --- what there is to write ------------------------------------------------------


def fill(assessments: Sequence[Assessment]) -> list[Filled]:
    """Take assessments apart for writing."""
    if not assessments:
        raise AssessmentError("There is no assessment to write.")
    if len({assessment.id for assessment in assessments}) != len(assessments):
        raise AssessmentError("Two assessments have the same id; a table cannot tell them apart.")
    return [_fill(assessment) for assessment in assessments]


def _fill(assessment: Assessment) -> Filled:
    document = {**assessment.to_json(), "synthetic": "true" if assessment.synthetic else ""}
    properties: dict[str, str] = {}
    for name in PROPERTIES:
        section, _, part = name.partition(".")
        value = document.get(section, {}).get(part) if part else document.get(section)
        properties |= {name: held(value)} if isinstance(value, str) and value else {}
    edition = assessment.model
    stated = dict(zip(STATED, (edition.version, edition.digest, str(assessment.mode)), strict=True))
    return Filled(assessment, model_of(edition), stated, properties)


def property_rows(one: Filled, offered: Sequence[str] = PROFILE) -> Iterator[Row]:
    """Yield a row for each property; those `offered` are there even if they are empty."""
    for name in PROPERTIES:
        if name in one.properties or name in offered:
            yield {"element": name, "value": one.properties.get(name, "")}


def answer_rows(one: Filled, *, with_headings: bool = False) -> Iterator[Row]:
    """Yield a row for each element; see :meth:`Filled.elements`."""
    for key in one.elements(with_headings=with_headings):
        answer = one.assessment.answer(key)
        texts = {name: held(text) for name in TEXTS if (text := getattr(answer, name))}
        is_said = key in one.assessment.answers and not (texts or answer.partial)
        yield {
            "element": key,
            "native_id": one.model.native_id(key),
            "name": one.model.name(key),
            "state": str(answer.state) if answer.state is not State.UNANSWERED or is_said else "",
            "level": answer.level or "",
            "partial": "true" if answer.partial else "",
            **texts,
        }


def _wide_row(one: Filled) -> Row:
    row: Row = {"assessment": one.assessment.id, **one.stated, **one.properties}
    for key in one.elements():
        answer = one.assessment.answer(key)
        row[key] = "N/A" if answer.state is State.NOT_APPLICABLE else answer.level or ""
    return row


def held(text: str) -> str:
    """Text as a cell holds it: nothing if it is too long, blanks for control characters."""
    return "" if len(text) > MAX_CELL else _NO_CELL_HOLDS.sub(" ", text)


def to_csv_text(text: str) -> str:
    """Return text for a CSV cell: nothing that a spreadsheet would take for a formula."""
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def _csv_cell(value: str | int) -> str:
    return str(value) if isinstance(value, int) else to_csv_text(value)
