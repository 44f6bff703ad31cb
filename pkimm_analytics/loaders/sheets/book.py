"""From the bytes of a file to its sheets; the format is told from the content."""

from __future__ import annotations

from collections.abc import Sequence

from pkimm_analytics.errors import Problem
from pkimm_analytics.files import check_size
from pkimm_analytics.loaders.sheets.archive import Archive, refused
from pkimm_analytics.loaders.sheets.delimited import read_delimited
from pkimm_analytics.loaders.sheets.frames import (
    ARROW_MAGIC,
    PARQUET_MAGIC,
    STREAM_MAGIC,
    read_arrow,
    read_json_rows,
)
from pkimm_analytics.loaders.sheets.ods import OdsBook
from pkimm_analytics.loaders.sheets.sheet import Book, Sheet
from pkimm_analytics.loaders.sheets.xlsx import XlsxBook

ZIP_MAGIC = b"PK\3\4"
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
"""Start of .xls files from before 2007, and of .xlsx files with a password."""
_BINARY = (ZIP_MAGIC, OLE_MAGIC, PARQUET_MAGIC, ARROW_MAGIC, STREAM_MAGIC)


def read_sheets(content: bytes, name: str) -> Book:
    """
    Open a file of sheets of any known format.

    Parameters
    ----------
    content : bytes
    name : str
        How to call the file in messages.

    Raises
    ------
    SourceFormatError
        If it is none, or damaged or too large.
    """
    check_size(name, len(content))
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return _workbook(content, name)
    if content.startswith((PARQUET_MAGIC, ARROW_MAGIC, STREAM_MAGIC)):
        kind = "parquet" if content.startswith(PARQUET_MAGIC) else "arrow"
        return _single(read_arrow(content, name), kind)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return _single(read_json_rows(content, name), "json")
    sheet, problems = read_delimited(content, name)
    return _single(sheet, "csv", problems)


def is_binary(content: bytes) -> bool:
    """Whether a content is a workbook or a table file, which no text is."""
    return content.startswith(_BINARY)


def _single(sheet: Sheet, kind: str, problems: Sequence[Problem] = ()) -> Book:
    book = Book(sheet.source, {"": sheet})
    book.kind, book.problems = kind, problems
    return book


def _workbook(content: bytes, name: str) -> Book:
    if content.startswith(OLE_MAGIC):
        reason = "password-protected, or in the .xls format from before 2007"
        raise refused(name, "", f"{reason}; save it as .xlsx without a password")
    archive = Archive(content, name)
    if "xl/workbook.xml" in archive:
        return XlsxBook(archive)
    if "content.xml" in archive:
        return OdsBook(archive)
    is_binary = "xl/workbook.bin" in archive
    kind = "a binary workbook (.xlsb)" if is_binary else "a zip archive without a workbook"
    raise refused(name, "", f"{kind}; expected a workbook such as .xlsx or .ods")
