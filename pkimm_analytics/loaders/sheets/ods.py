"""
OpenDocument spreadsheets (.ods): how far their repeated cells reach, and what lacks a value.

A cell or row may say that it is repeated a million times; empty ones at the end are
harmless, all others count before the library fills them in.
"""

from __future__ import annotations

import re

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders.sheets.archive import MAX_UNPACKED, Archive, fresh_archive, refused
from pkimm_analytics.loaders.sheets.calamine import open_book, values_of
from pkimm_analytics.loaders.sheets.sheet import NO_RESULT, Book, Fault, Value
from pkimm_analytics.loaders.sheets.xlsx import MAX_AREA, MAX_CELLS, MAX_SHEETS

_TAG = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^<>]{0,40000})(>?)"
)
_REPEATED = re.compile(rb"""\stable:number-(?:columns|rows)-repeated="([0-9]{1,9})\"""")
_PARTS = {
    "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
    "META-INF/manifest.xml": (
        b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    ),
}


class OdsBook(Book):
    """
    An opened spreadsheet.

    Raises
    ------
    SourceFormatError
        If it is damaged or too large.
    """

    kind = "ods"

    def __init__(self, archive: Archive) -> None:
        content = archive.read("content.xml", MAX_UNPACKED)
        super().__init__(archive.name)
        self._faults = _faults(content, archive.name)
        self._book = open_book(fresh_archive(_PARTS | {"content.xml": content}), archive.name)
        self.sheet_names = tuple(self._book.sheet_names)

    def rows(self, sheet: str) -> list[list[Value]]:
        """Values of one sheet."""
        index = self.sheet_names.index(sheet)
        faults = self._faults[index] if index < len(self._faults) else {}
        return values_of(self._book, index, self.name, faults)


def _faults(content: bytes, name: str) -> list[dict[tuple[int, int], Fault]]:
    """Cells without a value, by sheet; refuses sheets that reach too far."""
    sheets: list[dict[tuple[int, int], Fault]] = []
    row = next_row = column = width = n_cells = 0
    for match in _TAG.finditer(content):
        tag, attributes = match[1], match[2]
        if not match[3] or attributes.count(b'"') % 2:
            raise refused(name, "content.xml", "the part is damaged (a very long tag)")
        found = _REPEATED.search(attributes)
        repeated = int(found[1]) if found else 1
        if tag == b"table":
            sheets.append({})
            row = next_row = width = 0
        elif tag == b"table-row":
            row, next_row, column = next_row, next_row + repeated, 0
        else:
            column += repeated
            n_cells += 1
            is_empty = attributes.endswith(b"/") and b"value-type" not in attributes
            if not is_empty:
                width = max(width, column)
                if next_row * width > MAX_AREA:
                    raise _too_far(name)
            fault = _fault(attributes)
            if fault and sheets:
                sheets[-1][row + 1, column] = fault
    if n_cells > MAX_CELLS or len(sheets) > MAX_SHEETS:
        raise _too_far(name)
    return sheets


def _fault(attributes: bytes) -> Fault | None:
    if b'calcext:value-type="error"' in attributes:
        return Fault("error")
    is_formula = b" table:formula=" in attributes
    return NO_RESULT if is_formula and b"value-type=" not in attributes else None


def _too_far(name: str) -> SourceFormatError:
    reason = f"a sheet reaches over more than {MAX_AREA:,} cells; split it, or save it as CSV"
    return refused(name, "content.xml", reason)
