"""
Assessments to the table template: CSV, long or wide.

The long layout loses nothing: what has no column of its own is written as JSON. The
wide layout has room for levels and plain properties only, and :func:`dropped_by_csv`
says what that leaves out. Both list every question of the assessment, so that an
unanswered one can be filled in.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.errors import AssessmentError, PkimmError
from pkimm_analytics.loaders.tabular.template import (
    LONG,
    LONG_TEXT,
    PROFILE,
    PROPERTIES,
    RARE,
    SECTIONS,
    STATED,
    Layout,
    fits_one_cell,
    is_plain,
    pieces,
    to_csv_text,
)
from pkimm_analytics.model import Model, model_of

Document = dict[str, Any]
Row = dict[str, str | int]


@dataclass(frozen=True)
class Sheet:
    """
    One assessment, ready to be written as a table.

    Parameters
    ----------
    document : dict
        The canonical document.
    plain : dict of str to str
        Properties that are the bare text of a cell, by name.
    rest : dict of str to Any
        What can only be written as JSON, by name of the property.
    answers : dict of str to dict
        Answers by element as the template names it, such as ``pqc:G.compliance``.
    n_strange : int
        Answers that are left out, because the edition has no such element.
    """

    model: Model
    document: Document
    plain: dict[str, str]
    rest: dict[str, Any]
    answers: dict[str, Document]
    n_strange: int

    @property
    def label(self) -> str:
        """Name of the assessment in the column of that name."""
        return str(self.document["id"])

    @property
    def stated(self) -> dict[str, str]:
        """Version, digest and mode, by column."""
        edition = self.document["model"]
        return dict(
            zip(STATED, (edition["version"], edition["digest"], self.document["mode"]), strict=True)
        )


def write_csv(assessments: Sequence[Assessment], *, layout: Layout = "long") -> bytes:
    """
    Write assessments as one CSV file of the template.

    Parameters
    ----------
    assessments : sequence of Assessment
        At least one, each with another id.
    layout : {"long", "wide"}
        One row per answer, lossless; or one row per assessment, levels only.

    Returns
    -------
    bytes
        UTF-8 with its mark, so that spreadsheets show accents right. No cell starts
        like a formula.

    Raises
    ------
    AssessmentError
        If there is nothing to write, two assessments share an id or one holds what
        cannot be written as JSON.
    UnknownEditionError
        If an edition is not installed.
    """
    sheets = prepare(assessments)
    if layout == "long":
        rows = [row for sheet in sheets for row in long_rows(sheet)]
        columns = [*LONG, *(column for column in RARE if any(column in row for row in rows))]
    else:
        rows = [_wide_row(sheet) for sheet in sheets]
        columns = _wide_columns(sheets, rows)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(column, "")) for column in columns] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def dropped_by_csv(assessment: Assessment, layout: Layout = "long") -> list[str]:
    """
    Say what a CSV file of an assessment cannot hold.

    Returns
    -------
    list of str
        For the reader, such as ``"12 notes"``; empty where nothing is lost.
    """
    sheet = _prepare(assessment, model_of(assessment.model))
    lost = [_count(sheet.n_strange, *_STRANGE)]
    if layout == "wide":
        lost += _dropped_by_wide(sheet)
    return [text for text in lost if text]


def _dropped_by_wide(sheet: Sheet) -> Iterator[str]:
    n = Counter(name for answer in sheet.answers.values() for name in answer)
    yield from (_count(n[name], *words) for name, words in _DROPPED.items())
    yield _count(len(sheet.rest.get("action_plans", ())), "action plan", "action plans")
    yield _count(len(sheet.rest.get("caveats", ())), "caveat", "caveats")
    if "extensions" in sheet.rest:
        yield "all extensions, because two of them share an id"
    if "tool" in sheet.rest.get("source.extra", {}):
        yield "the figures that the source's own tool showed"
    long = [name for name, text in sheet.plain.items() if not fits_one_cell(text, to_csv_text)]
    yield _count(
        len(long), "text that is too long for a cell", "texts that are too long for a cell"
    )
    rest = [name for n, part in sheet.rest.items() if n.endswith("extra") for name in part]
    further = len([name for name in rest if name != "tool"])
    further += sum(n[name] for name in n if name not in {"state", "level", *_DROPPED})
    yield _count(further, "further field", "further fields")


_STRANGE = ("answer to an element not in its edition", "answers to elements not in its edition")
_DROPPED = {
    "notes": ("answer's notes", "answers' notes"),
    "evidence": ("answer's evidence", "answers' evidence"),
    "reason": ("reason", "reasons"),
    "partial": ("mark of an element that applies in part", "marks of elements that apply in part"),
    "set_aside_level": ("level that was set aside", "levels that were set aside"),
}


def _count(n: int, one: str, many: str) -> str:
    """Return a number of things, empty for none."""
    return f"{n:,} {one if n == 1 else many}" if n else ""


# --- what there is to write ------------------------------------------------------


def prepare(assessments: Sequence[Assessment]) -> list[Sheet]:
    """Take assessments apart for writing."""
    if not assessments:
        raise AssessmentError("There is no assessment to write.")
    if len({assessment.id for assessment in assessments}) != len(assessments):
        raise AssessmentError("Two assessments have the same id; a table cannot tell them apart.")
    return [_prepare(one, model_of(one.model)) for one in assessments]


def _prepare(assessment: Assessment, model: Model) -> Sheet:
    try:
        document: Document = json.loads(assessment.dumps())
    except (PkimmError, RecursionError, TypeError, ValueError):
        message = "An assessment holds what cannot be written as JSON; nothing was written."
        raise AssessmentError(message) from None
    plain: dict[str, str] = {"source.kind": "pkimm"}
    rest: dict[str, Any] = {}
    extra: Document = {}
    for field, value in document.items():
        if field in SECTIONS:
            _take_apart(field, value, plain, rest)
        elif field in {"action_plans", "caveats"}:
            rest[field] = value
        elif field == "synthetic" and value is True:
            plain[field] = "true"
        elif is_plain(field, value):
            plain[field] = value
        elif field not in {"format", "id", "model", "mode", "answers", "extensions"}:
            extra[field] = value
    answers = dict(document["answers"])
    _extensions(document.get("extensions", []), plain, rest, answers)
    if "kind" in rest.get("source.extra", {}):
        del plain["source.kind"]
    known = {element: said for element, said in answers.items() if _is_known(element, model)}
    rest |= {"extra": extra} if extra else {}
    return Sheet(model, document, plain, rest, known, len(answers) - len(known))


def _is_known(element: str, model: Model) -> bool:
    extension, _, key = element.rpartition(":")
    return key in (model.categories if extension else model.keys)


def _take_apart(
    part: str, fields: Mapping[str, Any], plain: dict[str, str], rest: dict[str, Any]
) -> None:
    """Sort the fields of a part of the document into plain texts and the rest."""
    left = {}
    for name, value in fields.items():
        if is_plain(f"{part}.{name}", value):
            plain[f"{part}.{name}"] = value
        else:
            left[name] = value
    if left:
        rest[f"{part}.extra"] = left


def _extensions(
    extensions: Sequence[Document],
    plain: dict[str, str],
    rest: dict[str, Any],
    answers: dict[str, Document],
) -> None:
    ids = [extension["id"] for extension in extensions]
    if len(set(ids)) < len(ids):
        rest["extensions"] = extensions
        return
    for extension in extensions:
        id_, said = extension["id"], extension.get("answers", {})
        answers |= {f"{id_}:{key}": answer for key, answer in said.items()}
        fields = {name: v for name, v in extension.items() if name not in {"id", "answers"}}
        _take_apart(f"extensions.{id_}", fields, plain, rest)


# --- long ------------------------------------------------------------------------


def long_rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of one assessment: properties, answers, and what only JSON holds."""
    yield from _numbered(sheet, property_rows(sheet))
    yield from _numbered(sheet, answer_rows(sheet))


def property_rows(sheet: Sheet, offered: Sequence[str] = PROFILE) -> Iterator[Row]:
    """Yield a row for each property; those `offered` are there even if they are empty."""
    for name in PROPERTIES:
        if name in sheet.plain or name in offered:
            yield {"element": name, "value": sheet.plain.get(name, "")}
    for extension in sheet.document.get("extensions", []):
        for field in ("version", "digest", "extra"):
            name = f"extensions.{extension['id']}.{field}"
            if name in sheet.plain:
                yield {"element": name, "value": sheet.plain[name]}
            elif name in sheet.rest:
                yield {"element": name, "value": _json(sheet.rest[name])}
    for name, value in sheet.rest.items():
        if name in PROPERTIES:
            yield {"element": name, "value": _json(value)}


def answer_rows(sheet: Sheet, *, with_headings: bool = False) -> Iterator[Row]:
    """
    Yield a row for each question and for each other element that has an answer.

    Parameters
    ----------
    with_headings : bool
        Also list the modules, and the categories of a full assessment.
    """
    for element in _elements(sheet, with_headings=with_headings):
        key = element.rpartition(":")[2]
        answer = sheet.answers.get(element, {})
        yield {
            "element": element,
            "native_id": sheet.model.native_id(key),
            "name": sheet.model.name(key),
            **answer_cells(answer),
        }


def _elements(sheet: Sheet, *, with_headings: bool) -> Iterator[str]:
    """Elements in the order of the model, each followed by its extension answers."""
    full = sheet.document["mode"] == Mode.FULL
    by_key: dict[str, list[str]] = {}
    for element in sheet.answers:
        by_key.setdefault(element.rpartition(":")[2], []).append(element)
    for module in sheet.model.modules:
        keys = [(module.id, with_headings)]
        for category in module.categories:
            keys.append((category.key, with_headings or not full))
            keys += [(requirement.key, full) for requirement in category.requirements]
        for key, is_listed in keys:
            answered = by_key.get(key, [])
            if is_listed and key not in answered:
                yield key
            yield from sorted(answered, key=lambda element: ":" in element)


def answer_cells(answer: Document) -> Row:
    """Return the cells of an answer; a bare unanswered entry is marked as such."""
    if not answer:
        return {}
    cells: Row = {}
    if answer["state"] != State.UNANSWERED or len(answer) == 1:
        cells["state"] = answer["state"]
    for name in ("level", "reason", "notes", "evidence", "set_aside_level"):
        if answer.get(name) is not None:
            cells[name] = answer[name]
    if answer.get("partial"):
        cells["partial"] = "true"
    known = {"state", "partial", *cells}
    extra = {name: value for name, value in answer.items() if name not in known}
    return cells | ({"extra": _json(extra)} if extra else {})


def _numbered(sheet: Sheet, rows: Iterator[Row]) -> Iterator[Row]:
    stated = {"assessment": sheet.label, **sheet.stated}
    for row in rows:
        yield from ({**stated, **part} for part in parts(row, to_csv_text))


def parts(row: Row, encode: Callable[[str], str]) -> Iterator[Row]:
    """Yield a row, or several numbered ones where a text is too long for a cell."""
    cut = {
        column: pieces(str(row[column]), encode)
        for column in LONG_TEXT
        if not fits_one_cell(str(row.get(column, "")), encode)
    }
    if not cut:
        yield row
        return
    for index in range(max(map(len, cut.values()))):
        shared = row if index == 0 else {"element": row["element"]}
        texts = {c: texts[index] for c, texts in cut.items() if index < len(texts)}
        yield {**shared, **texts, "part": index + 1}


# --- wide ------------------------------------------------------------------------


def _wide_row(sheet: Sheet) -> Row:
    fitting = {n: v for n, v in sheet.plain.items() if fits_one_cell(v, to_csv_text)}
    row: Row = {"assessment": sheet.label, **sheet.stated, **fitting}
    for element in _elements(sheet, with_headings=False):
        answer = sheet.answers.get(element, {})
        is_out = answer.get("state") == State.NOT_APPLICABLE
        row[element] = "N/A" if is_out else answer.get("level", "")
    return row


def _wide_columns(sheets: Sequence[Sheet], rows: Sequence[Row]) -> list[str]:
    """Columns of all rows: what is stated, properties, then elements in model order."""
    used = dict.fromkeys(column for row in rows for column in row)
    head = ["assessment", *STATED]
    properties = [name for name in PROPERTIES if name in PROFILE or name in used]
    elements = dict.fromkeys(e for sheet in sheets for e in _elements(sheet, with_headings=False))
    others = [c for c in used if c not in {*head, *properties, *elements}]
    return [*head, *properties, *others, *elements]


def _csv_cell(value: str | int) -> str:
    return str(value) if isinstance(value, int) else to_csv_text(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
