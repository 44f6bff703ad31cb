"""
The full official workbook, read by its labels: answers, scope, overview, action plans.

Nothing is found by a fixed address, for people insert rows and columns, and nothing
that a formula computes is needed, for files written by other programs lack results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from pkimm_analytics.assessment import Answer, Source
from pkimm_analytics.errors import Problem
from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.loaded import Loaded, content_digest, content_id
from pkimm_analytics.loaders.sheets import is_empty
from pkimm_analytics.loaders.workbook.figures import Filled, full_tool
from pkimm_analytics.loaders.workbook.overview import read_overview
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.loaders.workbook.plans import read_plans
from pkimm_analytics.loaders.workbook.results import stored_results
from pkimm_analytics.loaders.workbook.words import (
    Entry,
    category_keys,
    free_text,
    full_entry,
    is_on_list,
    is_out_of_scope,
    slot_code,
    slots,
    source_detail,
    with_demo_caveat,
)
from pkimm_analytics.model import Model, category_of


def answer_page(pages: Pages, problems: list[Problem] | None = None) -> Page | None:
    """Sheet with the answers: it has the header of the requirements and their numbers."""
    return pages.find("assessment", lambda page: bool(_code_places(page)), problems)


def read_full(pages: Pages, content: bytes, model: Model) -> Loaded:
    """
    Read the full workbook.

    Parameters
    ----------
    pages : Pages
        Of a workbook that has a sheet with the answers.
    content : bytes
        The file, for the digest and the id.
    model : Model
        Edition 1.0.0.
    """
    problems: list[Problem] = []
    page = answer_page(pages, problems)
    assert page is not None  # noqa: S101  # it is told by this sheet
    assessment = read_overview(pages, model, content_id(content), problems)
    keys = category_keys(_titled(pages, page), model, problems)
    placed = {s.code: model.native[s.requirement] for s in slots().values() if s.requirement}
    scope = _read_scope(pages, problems)
    rows = _answer_rows(page, problems)
    _report_rows(rows, placed, page, model, problems)
    assessment = assessment.replace(answers=_answers(rows, scope, keys, placed, model))
    filled = Filled(
        slots={key: code for code, key in placed.items()},
        out_slots=scope.out_slots,
        n_unlisted=_n_unlisted(rows, keys),
        stored=stored_results(page, _headers(page)),
    )
    tool, levels = full_tool(assessment, model, filled)
    source = Source(
        kind="workbook-full",
        detail=source_detail("PKI Maturity Assessment Tool", pages.book.application),
        digest=content_digest(content),
        tool=tool,
    )
    plans = read_plans(pages, keys, levels, problems)
    assessment = assessment.replace(source=source, action_plans=plans)
    return Loaded(with_demo_caveat(assessment, model), tuple(problems))


def _titled(pages: Pages, page: Page) -> Iterator[Page]:
    """Sheets with the titles of the categories; `tech` has them as constants."""
    names = ["evaluation", "scoping", "actionplans", *map(plain, pages.book.sheet_names)]
    yield from chain(pages.named("tech"), [page], pages.named(*names))


# --- answers -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the sheet with the answers."""

    code: str
    where: str
    entry: Entry
    is_on_list: bool
    notes: str
    evidence: str


def _headers(page: Page) -> dict[int, dict[str, int]]:
    """Columns by label, of every row that heads a list of requirements."""
    headers = {}
    for row, texts in page.labels.items():
        columns = {text: column for column, text in reversed(texts.items())}
        if {"#", "maturity level"} <= columns.keys():
            headers[row] = columns
    return headers


def _code_places(page: Page) -> list[tuple[int, dict[str, int], str]]:
    """Row, columns of the header above, and code of every requirement row."""
    headers = _headers(page)
    places = []
    columns: dict[str, int] = {}
    for row, texts in page.labels.items():
        columns = headers.get(row, columns)
        code = slot_code(texts.get(columns.get("#", 0), ""))
        if code:
            places.append((row, columns, code))
    return places


def _answer_rows(page: Page, problems: list[Problem]) -> dict[str, _Row]:
    """Rows by code; a code that occurs again with another answer is refused."""
    rows: dict[str, _Row] = {}
    for place, columns, code in _code_places(page):
        cell = page.at(place, columns["maturity level"])
        row = _Row(
            code=code,
            where=page.where(place, columns["maturity level"]),
            entry=full_entry(cell),
            is_on_list=is_on_list(cell),
            notes=_beside(page, place, columns, "notes", problems),
            evidence=_beside(page, place, columns, "evidence", problems),
        )
        if code not in rows:
            rows[code] = row
        elif row.entry != rows[code].entry:
            note = f"{code} occurs twice, with different answers; expected once; left unanswered"
            problems.append(Problem(row.where, note))
            rows[code] = replace(rows[code], entry=Entry())
    return rows


def _beside(
    page: Page, row: int, columns: Mapping[str, int], label: str, problems: list[Problem]
) -> str:
    return free_text(page, row, columns[label], problems) if label in columns else ""


def _report_rows(
    rows: Mapping[str, _Row],
    placed: Mapping[str, str],
    page: Page,
    model: Model,
    problems: list[Problem],
) -> None:
    """Say what is odd about the answers: odd values, rows that are missing or unknown."""
    for row in rows.values():
        if row.code in placed:
            problems += row.entry.problems(row.where)
        elif row.code not in slots() and (row.entry.level or row.notes or row.evidence):
            note = f"requirement {row.code} is not in {model.edition}; left out"
            problems.append(Problem(row.where, note))
    missing = [code for code in placed if code not in rows]
    if missing:
        note = f"no row for {', '.join(missing)}; left unanswered"
        problems.append(Problem(page.name, note))


def _n_unlisted(rows: Mapping[str, _Row], keys: Mapping[str, str]) -> dict[str, int]:
    """Count the answers that the workbook does not understand, hidden rows included."""
    counts: dict[str, int] = {}
    for row in rows.values():
        key = keys.get(row.code[:4])
        if key and not row.is_on_list:
            counts[key] = counts.get(key, 0) + 1
    return counts


def _answers(
    rows: Mapping[str, _Row],
    scope: _Scope,
    keys: Mapping[str, str],
    placed: Mapping[str, str],
    model: Model,
) -> dict[str, Answer]:
    """Answers by element key, in the order of the model; scope as the user stated it."""
    reasons = {key: scope.reasons.get(code, "") for code, key in keys.items()}
    out = {keys[code] for code in scope.out_categories if code in keys}
    answers = {key: Entry().answer(reasons[key], is_out=True) for key in out}
    used = set(out)
    for code, key in placed.items():
        row = rows.get(code)
        entry, reason = row.entry if row else Entry(), reasons[category_of(key)]
        answer = entry.answer(reason, is_out=code in scope.out_slots)
        if row:
            answer = answer.replace(notes=row.notes, evidence=row.evidence)
        if answer != Answer():
            answers[key] = answer
        used |= {category_of(key)} if answer.reason else set()
    # A reason that explains nothing is kept where it was written: at the category.
    answers |= {k: Answer(reason=text) for k, text in reasons.items() if text and k not in used}
    order = [
        k for c in model.categories.values() for k in (c.key, *(r.key for r in c.requirements))
    ]
    return {key: answers[key] for key in order if key in answers}


# --- scope -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scope:
    """Categories and slots that are ``OUT OF``, and the reason given for each category."""

    out_categories: frozenset[str] = frozenset()
    out_slots: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)


def _read_scope(pages: Pages, problems: list[Problem]) -> _Scope:
    page = pages.find("scoping", lambda page: _scope_header(page) is not None, problems)
    header = _scope_header(page) if page else None
    if page is None or header is None:
        note = "no sheet with the columns Module, Category, Scope and Reason; all is taken as IN"
        problems.append(Problem("Scoping", note))
        return _Scope()
    row, columns = header
    places = _slot_rows(page, row, columns["#"], columns["slots"], problems)
    out_categories, out_slots, reasons = set(), set(), {}
    for code, place in places.items():
        if code.endswith(".1."):
            category = code[:4]
            where = page.where(place, columns["categories"])
            if is_out_of_scope(page.at(place, columns["categories"]), where, problems):
                out_categories.add(category)
            reasons[category] = free_text(page, place, columns["reason"], problems)
        where = page.where(place, columns["slots"])
        if is_out_of_scope(page.at(place, columns["slots"]), where, problems):
            out_slots.add(code)
            problems += _hidden_scope(code, where)
    return _Scope(frozenset(out_categories), frozenset(out_slots), reasons)


def _hidden_scope(code: str, where: str) -> list[Problem]:
    """Remark on ``OUT OF`` in a hidden row, where the workbook reads it for another one."""
    readers = [s.requirement for s in slots().values() if s.reads == code and s.requirement]
    if slots()[code].requirement or not readers:
        return []
    note = f"the hidden row {code} is OUT OF; ignored, while the workbook drops {readers[0]} for it"
    return [Problem(where, note, refused=False)]


def _scope_header(page: Page) -> tuple[int, dict[str, int]] | None:
    """Row and columns of the header: the first `Scope` is that of the categories."""
    for row, texts in page.labels.items():
        scopes = [column for column, text in texts.items() if text == "scope"]
        columns = {text: column for column, text in reversed(texts.items())}
        if len(scopes) >= 2 and {"module", "category", "reason"} <= columns.keys():
            numbers = columns.get("#", scopes[1] - 2)
            found = {"categories": scopes[0], "slots": scopes[1], "reason": columns["reason"]}
            return row, {**found, "#": numbers}
    return None


def _slot_rows(
    page: Page, header: int, numbers: int, scopes: int, problems: list[Problem]
) -> dict[str, int]:
    """
    Row of each slot, by code.

    The numbers are formulas. Where their results are stored they are used; otherwise
    the rows that have one stand in the order of the slots.
    """
    below = [row for row in page.rows if row > header]
    coded = {slot_code(page.words(row, numbers)): row for row in below}
    coded = {code: row for code, row in coded.items() if code in slots()}
    if len(coded) == len(slots()):
        return coded
    numbered = [row for row in below if page.at(row, numbers) != ""]
    filled = [row for row in below if not is_empty(page.at(row, scopes))]
    for rows in (numbered, filled):
        if len(rows) == len(slots()):
            return dict(zip(slots(), rows, strict=True))
    missing = [code for code in slots() if code not in coded]
    note = f"no row for {', '.join(missing)}; taken as IN"
    problems.append(Problem(page.where(header, numbers), note))
    return coded
