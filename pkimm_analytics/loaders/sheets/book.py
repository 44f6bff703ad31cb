"""From the bytes of a file to its sheets; the format is told from the content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
from pkimm_analytics.loaders.sheets.sheet import Sheet, Value
from pkimm_analytics.loaders.sheets.xlsx import XlsxBook

ZIP_MAGIC = b"PK\3\4"
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
"""Start of .xls files from before 2007, and of .xlsx files with a password."""
_BINARY = (ZIP_MAGIC, OLE_MAGIC, PARQUET_MAGIC, ARROW_MAGIC, STREAM_MAGIC)


@dataclass
class Book:
    """
    The sheets of one file.

    Parameters
    ----------
    name : str
        How the file is called in messages.
    kind : str
        ``xlsx``, ``ods``, ``csv``, ``parquet``, ``arrow`` or ``json``.
    sheet_names : tuple of str
        In the order of the file; one empty name where a file has no sheets.
    problems : sequence of Problem
        Of the file as a whole.
    application : str
        Program that a workbook says it was saved by; may be empty.
    is_1904 : bool
        Whether numbers that are days count from 1904.
    hidden : frozenset of str
        Sheets that a spreadsheet does not show.
    """

    name: str
    kind: str
    sheet_names: tuple[str, ...]
    problems: Sequence[Problem] = ()
    application: str = ""
    is_1904: bool = False
    hidden: frozenset[str] = frozenset()
    _read: Callable[[str], Sequence[Sequence[Value]]] = field(default=lambda _: (), repr=False)
    _sheets: dict[str, Sheet] = field(default_factory=dict, repr=False)

    def sheet(self, name: str) -> Sheet:
        """
        Read one sheet.

        Raises
        ------
        SourceFormatError
            If it is damaged or too large.
        """
        if name not in self._sheets:
            self._sheets[name] = Sheet(name, self._read(name), self.name)
        return self._sheets[name]

    def sheets(self) -> list[Sheet]:
        """All sheets, in the order of the file."""
        return [self.sheet(name) for name in self.sheet_names]


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
    return Book(sheet.source, kind, ("",), problems, _sheets={"": sheet})


def _workbook(content: bytes, name: str) -> Book:
    if content.startswith(OLE_MAGIC):
        reason = "password-protected, or in the .xls format from before 2007"
        raise refused(name, "", f"{reason}; save it as .xlsx without a password")
    archive = Archive(content, name)
    book: XlsxBook | OdsBook
    if "xl/workbook.xml" in archive:
        book = XlsxBook(archive)
    elif "content.xml" in archive:
        book = OdsBook(archive)
    else:
        is_binary = "xl/workbook.bin" in archive
        kind = "a binary workbook (.xlsb)" if is_binary else "a zip archive without a workbook"
        raise refused(name, "", f"{kind}; expected a workbook such as .xlsx or .ods")
    return Book(
        name,
        book.kind,
        book.sheet_names,
        application=book.application,
        is_1904=book.is_1904,
        hidden=book.hidden,
        _read=book.rows,
    )
