"""
Which official workbook a file is, told by what its sheets hold, and the way in.

Names of sheets are tried first; a renamed sheet is found by its content.
"""

from __future__ import annotations

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.workbook.cells import Book
from pkimm_analytics.loaders.workbook.full import assessment_sheet, read_full
from pkimm_analytics.loaders.workbook.self_tool import read_self, tool_sheet
from pkimm_analytics.loaders.workbook.words import VERSION
from pkimm_analytics.model import load_model


def sniff_workbook(content: bytes, name: str) -> str | None:
    """
    Tell which official workbook a file is.

    Parameters
    ----------
    content : bytes
        An .xlsx file.
    name : str
        How to call it in messages.

    Returns
    -------
    str or None
        ``"full"``, ``"self"``, or None for another workbook.

    Raises
    ------
    SourceFormatError
        If it is no sound .xlsx file: truncated, password-protected, too large when
        unpacked, of another kind.
    """
    return _kind(Book(content, name))


def read_workbook(content: bytes, name: str) -> Loaded:
    """
    Read an official workbook, either of the two.

    Parameters
    ----------
    content : bytes
        An .xlsx file.
    name : str
        How to call it in messages.

    Returns
    -------
    Loaded
        The assessment against edition 1.0.0, with the figures that the workbook
        shows itself, and everything that could not be taken as it stands.

    Raises
    ------
    SourceFormatError
        If it is no sound .xlsx file, or another workbook.
    """
    book = Book(content, name)
    kind = _kind(book)
    if kind is None:
        raise SourceFormatError(
            f"{name} is not an official PKIMM workbook. Nothing was imported.",
            [
                Problem(
                    name,
                    "expected the sheets Overview, Scoping and Assessment of the full tool,"
                    f" or Tool and Report of the self tool; it has {len(book.sheet_names)} other"
                    " sheets",
                )
            ],
        )
    model = load_model(VERSION)
    return (read_full if kind == "full" else read_self)(book, content, model)


def _kind(book: Book) -> str | None:
    if assessment_sheet(book) is not None:
        return "full"
    return "self" if tool_sheet(book) is not None else None
