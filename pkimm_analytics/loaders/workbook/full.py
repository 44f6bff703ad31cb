"""
The full official workbook, read by its labels: answers, scope, overview, action plans.

Nothing is found by a fixed address, for people insert rows and columns, and nothing
that a formula computes is needed, for files written by other programs lack results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from pkimm_analytics.assessment import Answer, Source, not_applicable
from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.loaders.loaded import Loaded, content_digest, content_id
from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.loaders.sheets import is_empty
from pkimm_analytics.loaders.workbook.figures import Filled, full_tool
from pkimm_analytics.loaders.workbook.overview import read_overview
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.loaders.workbook.plans import read_plans
from pkimm_analytics.loaders.workbook.results import stored_results
from pkimm_analytics.loaders.workbook.words import (
    Entry,
    category_keys,
    full_entry,
    is_on_list,
    is_out_of_scope,
    slot_code,
    slots,
    source_detail,
    with_demo_caveat,
)
from pkimm_analytics.model import Model

Codes = Mapping[str, str]
"""Element keys by the number in the workbook: of categories ``1.1.``, of slots ``1.1.1.``."""
HEADER = ("#", "maturity level")
"""Labels of a row that heads a list of requirements."""


def answer_page(pages: Pages, problems: Problems | None = None) -> Page | None:
    """Sheet with the answers: it has the header of the requirements and their numbers."""
    return pages.find("assessment", _code_places, problems)


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
    problems = Problems()
    page = answer_page(pages, problems)
    assert page is not None  # noqa: S101  # it is told by this sheet
    assessment = read_overview(pages, model, content_id(content), problems)
    categories = category_keys(_titled(pages, page), model, problems)
    placed = {s.code: model.native[s.requirement] for s in slots().values() if s.requirement}
    out, reasons = _read_scope(pages, problems)
    rows = _answer_rows(page, placed, model, problems)
    answers = _answers(rows, out, reasons, categories, placed)
    order = [
        k for c in model.categories.values() for k in (c.key, *[r.key for r in c.requirements])
    ]
    assessment = assessment.replace(answers={key: answers[key] for key in order if key in answers})
    filled = Filled(
        slots={key: code for code, key in placed.items()},
        out_slots=out,
        n_unlisted=Counter(
            key
            for row in rows.values()
            if row.is_unlisted and (key := categories.get(row.code[:4]))
        ),
        stored=stored_results(page, page.headers(HEADER)),
    )
    tool, levels = full_tool(assessment, model, filled)
    source = Source(
        kind="workbook-full",
        detail=source_detail("PKI Maturity Assessment Tool", pages.book.application),
        digest=content_digest(content),
        tool=tool,
    )
    plans = read_plans(pages, categories, levels, problems)
    assessment = assessment.replace(source=source, action_plans=plans)
    return Loaded(with_demo_caveat(assessment, model), tuple(problems))


def _titled(pages: Pages, page: Page) -> Iterator[Page]:
    """Sheets with the titles of the categories; `tech` has them as constants."""
    names = ["evaluation", "scoping", "actionplans", *map(plain, pages.book.sheet_names)]
    yield from chain(pages.named("tech"), [page], pages.named(*names))


# --- answers -----------------------------------------------------------------------


class _Row(NamedTuple):
    """One row of the sheet with the answers."""

    code: str = ""
    where: str = ""
    entry: Entry = Entry()
    is_unlisted: bool = False
    notes: str = ""
    evidence: str = ""


def _code_places(page: Page) -> list[tuple[int, dict[str, int], str]]:
    """Row, columns of the header above, and code of every requirement row."""
    headers = page.headers(HEADER)
    places = []
    columns: dict[str, int] = {}
    for row, texts in page.labels.items():
        columns = headers.get(row, columns)
        code = slot_code(texts.get(columns.get("#", 0), ""))
        if code:
            places.append((row, columns, code))
    return places


def _answer_rows(page: Page, placed: Codes, model: Model, problems: Problems) -> dict[str, _Row]:
    """Rows by code; a code that occurs again with another answer is refused."""
    rows: dict[str, _Row] = {}
    for place, columns, code in _code_places(page):
        cell = page.at(place, columns["maturity level"])
        where = page.where(place, columns["maturity level"])
        notes, evidence = (
            page.text(place, columns[label], problems) if label in columns else ""
            for label in ("notes", "evidence")
        )
        row = _Row(code, where, full_entry(cell), not is_on_list(cell), notes, evidence)
        if rows.setdefault(code, row).entry != row.entry:
            problems.refuse(where, "code-twice", code=code)
            rows[code] = rows[code]._replace(entry=Entry())
    for code, row in rows.items():
        if code in placed:
            row.entry.say(row.where, problems)
        elif code not in slots() and (row.entry.level or row.notes or row.evidence):
            problems.refuse(row.where, "unknown-code", code=code, edition=model.edition)
    missing = [code for code in placed if code not in rows]
    if missing:
        problems.refuse(page.name, "no-answer-rows", codes=", ".join(missing))
    return rows


def _answers(
    rows: Mapping[str, _Row],
    out: frozenset[str],
    reasons: Mapping[str, str],
    categories: Codes,
    placed: Codes,
) -> dict[str, Answer]:
    """Answers by element key; scope as the user stated it."""
    answers = {
        key: not_applicable(reasons[code]) for code, key in categories.items() if code in out
    }
    explained = {*out}
    for code, key in placed.items():
        row = rows.get(code, _Row())
        answer = row.entry.answer(reasons.get(code[:4], ""), is_out=code in out)
        answer = answer.replace(notes=row.notes, evidence=row.evidence)
        if answer != Answer():
            answers[key] = answer
        explained |= {code[:4]} if answer.reason else set()
    # A reason that explains nothing is kept where it was written: at the category.
    left = {code: text for code, text in reasons.items() if text and code not in explained}
    return answers | {categories[code]: Answer(reason=text) for code, text in left.items()}


# --- scope -------------------------------------------------------------------------


def _read_scope(pages: Pages, problems: Problems) -> tuple[frozenset[str], dict[str, str]]:
    """Codes of categories and slots that are ``OUT OF``, and the reason for each category."""
    page = pages.find("scoping", _scope_header, problems)
    header = _scope_header(page) if page else None
    if page is None or header is None:
        problems.refuse("Scoping", "no-scoping")
        return frozenset(), {}
    row, columns = header
    out: set[str] = set()
    reasons = {}
    for code, place in _slot_rows(page, row, columns, problems).items():
        if code.endswith(".1."):
            where = page.where(place, columns["categories"])
            if is_out_of_scope(page.at(place, columns["categories"]), where, problems):
                out.add(code[:4])
            reasons[code[:4]] = page.text(place, columns["reason"], problems)
        where = page.where(place, columns["slots"])
        if is_out_of_scope(page.at(place, columns["slots"]), where, problems):
            out.add(code)
            _say_if_hidden(code, where, problems)
    return frozenset(out), reasons


def _say_if_hidden(code: str, where: str, problems: Problems) -> None:
    """Remark on ``OUT OF`` in a hidden row, where the workbook reads it for another one."""
    readers = [s.requirement for s in slots().values() if s.reads == code and s.requirement]
    if readers and not slots()[code].requirement:
        problems.remark(where, "hidden-scope", code=code, requirement=readers[0])


def _scope_header(page: Page) -> tuple[int, dict[str, int]] | None:
    """Row and columns of the header: the first `Scope` is that of the categories."""
    for row, columns in page.headers(["module", "category", "reason", "scope"]).items():
        scopes = [column for column, text in page.labels[row].items() if text == "scope"]
        if len(scopes) >= 2:
            numbers = columns.get("#", scopes[1] - 2)
            return row, {**columns, "categories": scopes[0], "slots": scopes[1], "#": numbers}
    return None


def _slot_rows(
    page: Page, header: int, columns: Mapping[str, int], problems: Problems
) -> dict[str, int]:
    """
    Row of each slot, by code.

    The numbers are formulas. Where their results are stored they are used; otherwise
    the rows that have one stand in the order of the slots.
    """
    below = [row for row in page.cells if row > header]
    coded = {slot_code(page.words(row, columns["#"])): row for row in below}
    coded = {code: row for code, row in coded.items() if code in slots()}
    if len(coded) == len(slots()):
        return coded
    for column in ("#", "slots"):
        rows = [row for row in below if not is_empty(page.at(row, columns[column]))]
        if len(rows) == len(slots()):
            return dict(zip(slots(), rows, strict=True))
    missing = ", ".join(code for code in slots() if code not in coded)
    problems.refuse(page.where(header, columns["#"]), "no-scope-rows", codes=missing)
    return coded
