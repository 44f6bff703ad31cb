"""
The official self workbook: one level for each category, chosen by buttons.

The answers are the hidden cells that the buttons are linked to, two rows below the
title of each category. LibreOffice saves level 1 as TRUE, and resets most of the cells
to 0 when it opens the file.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkimm_analytics.assessment import Answer, Assessment, Mode, Source, UseCase
from pkimm_analytics.loaders.loaded import Loaded, content_digest, content_id
from pkimm_analytics.loaders.sentences import Problems, sentence
from pkimm_analytics.loaders.sheets import Fault, Value
from pkimm_analytics.loaders.workbook.figures import Shown, self_tool
from pkimm_analytics.loaders.workbook.pages import Page, Pages
from pkimm_analytics.loaders.workbook.words import (
    NAMES,
    TITLE,
    category_keys,
    self_entry,
    source_detail,
    with_demo_caveat,
)
from pkimm_analytics.model import MODULE_IDS, Model


def tool_page(pages: Pages, problems: Problems | None = None) -> Page | None:
    """Sheet with the answers: most of its titles have the numbers of the buttons below."""
    return pages.find("tool", lambda page: len(_places(page, is_strict=True)) >= 8, problems)


def read_self(pages: Pages, content: bytes, model: Model) -> Loaded:
    """
    Read the self workbook.

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
    page = tool_page(pages, problems)
    assert page is not None  # noqa: S101  # it is told by this sheet
    keys = category_keys([page], model, problems)
    cells = _answer_cells(page, keys, problems)
    entries = {key: self_entry(page.at(*place)) for key, place in cells.items()}
    for key, place in cells.items():
        entries[key].say(page.where(*place), problems)
    answers = {key: entries[key].answer() for key in model.categories if key in entries}
    assessment = Assessment(
        model=model.edition,
        mode=Mode.SELF,
        id=content_id(content),
        use_case=UseCase(name=_use_case(page, problems)),
        answers={key: answer for key, answer in answers.items() if answer != Answer()},
    )
    n_refused = sum(entry.is_refused for entry in entries.values())
    source = Source(
        kind="workbook-self",
        detail=source_detail("PKI Maturity Self-Assessment Tool", pages.book.application),
        digest=content_digest(content),
        tool=self_tool(assessment, model, _stored(pages, page), n_refused=n_refused),
    )
    assessment = with_demo_caveat(assessment.replace(source=source), model)
    if _was_reset([page.at(*place) for place in cells.values()], pages.book.application):
        assessment = assessment.with_caveat("libreoffice-reset", sentence("reset"))
    return Loaded(assessment, tuple(problems))


def _places(page: Page, *, is_strict: bool) -> dict[str, tuple[int, int]]:
    """
    Answer cell of each category, by code.

    Beside it stand the numbers 6 and 7 of the last two buttons, which find it where a
    row was inserted; `is_strict` leaves out titles without them.
    """
    places: dict[str, tuple[int, int]] = {}
    for row, texts in page.labels.items():
        for column, text in texts.items():
            match = TITLE.fullmatch(text)
            code = f"{match[1]}." if match else ""
            if not code or code in places:
                continue
            beside = column + 1
            below = [
                r
                for r in range(row + 1, row + 6)
                if (page.at(r, beside), page.at(r + 1, beside)) == (6, 7)
            ]
            if below or not is_strict:
                places[code] = (below[0] if below else row + 2, column)
    return places


def _answer_cells(
    page: Page, keys: Mapping[str, str], problems: Problems
) -> dict[str, tuple[int, int]]:
    places = _places(page, is_strict=False) | _places(page, is_strict=True)
    missing = [code for code in keys if code not in places]
    if missing:
        problems.refuse(page.name, "no-titles", codes=", ".join(missing))
    return {key: places[code] for code, key in keys.items() if code in places}


def _use_case(page: Page, problems: Problems) -> str:
    for place in page.find("assessed use-case", start=True):
        return page.text(*page.beside(*place), problems)
    return ""


def _stored(pages: Pages, page: Page) -> dict[str, Shown]:
    """Levels that the workbook stores, from its sheet Report or else from the answers' page."""
    report = pages.find("report", lambda s: s.find(_REPORT[0], start=True))
    found = _stored_on(report, *_REPORT) if report else {}
    return _stored_on(page, "overall maturity", "module maturity") | found


_REPORT = ("overall reached maturity", "reached maturity of module")


def _stored_on(page: Page, overall: str, module: str) -> dict[str, Shown]:
    places = [("overall", place) for place in page.find(overall, start=True)[:1]]
    modules = page.find(module, start=True)
    if len(modules) == len(MODULE_IDS):
        places += zip(MODULE_IDS, modules, strict=True)
    figures = {key: _near(page, *place) for key, place in places}
    return {key: figure for key, figure in figures.items() if figure is not None}


def _near(page: Page, row: int, column: int) -> Shown | None:
    """Level that is named beside a label or below it."""
    return _label_figure(page, row, column + 1) or _label_figure(page, row + 1, column)


def _label_figure(page: Page, row: int, column: int) -> Shown | None:
    """Return the level that a row names, from a column on."""
    for place, value in page.cells.get(row, {}).items():
        word = page.words(row, place)
        error = value.error if isinstance(value, Fault) else ""
        if column <= place and (error or word in _LEVELS or word == "n/a"):
            return Shown(error=error) if error else Shown(_LEVELS.get(word))
    return None


_LEVELS = {**NAMES, "not evaluated": 0}


def _was_reset(values: list[Value], application: str) -> bool:
    """Whether LibreOffice saved the file and most buttons are stored as not chosen."""
    by_libreoffice = "libreoffice" in application.casefold()
    by_libreoffice |= any(isinstance(value, bool) for value in values)
    n_reset = sum(value in (False, 0) for value in values)
    return by_libreoffice and n_reset > len(values) // 2
