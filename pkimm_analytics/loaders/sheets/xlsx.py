"""
Excel workbooks (.xlsx): sheets of values, and the cells that have none.

The library reads values. What it passes over in silence is looked up in the XML before:
errors, formulas whose result was not stored, and how far a sheet reaches, for two cells
in opposite corners would be filled up with billions between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from xml.sax.saxutils import quoteattr

from pkimm_analytics.loaders.sheets.archive import MAX_UNPACKED, Archive, fresh_archive, refused
from pkimm_analytics.loaders.sheets.calamine import open_book, values_of
from pkimm_analytics.loaders.sheets.sheet import NO_RESULT, Book, Fault, Value, column_number

MAX_SHEETS = 1_000
MAX_CELLS = 1_500_000
"""Cells of all sheets together."""
MAX_AREA = 3_000_000
"""Rows times columns of one sheet."""
MAX_TEXT = 40_000_000
"""Characters of all cells of a sheet together; one text may stand in many cells."""

# Every repetition is bounded, so that searching takes linear time whatever a file holds.
_PREFIX = rb"(?:[^\s<>/]{1,60}:)?"
_PLAIN = rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="[0-9]{1,6}")?(?: t="([a-z]{1,4})")?(/?)>'
"""A cell as nearly all programs write it; anything else takes the longer way."""
_TAG = re.compile(_PLAIN + rb"|<" + _PREFIX + rb"(row|c)(?=[\s/>])([^<>]{0,400})(>?)")
_LONG_TAG = re.compile(rb"<[^\s<>/]{61}")
_PLACE = re.compile(rb"""\sr\s{0,9}=\s{0,9}["']([A-Z]{0,3})([0-9]{1,7})["']""")
_IS_PLACED = re.compile(rb"\sr\s{0,9}=")
_KIND = re.compile(rb"""\st\s{0,9}=\s{0,9}["'](e|s|str)["']""")
_VALUE = re.compile(rb"<" + _PREFIX + rb"v(?:\s[^<>]{0,100})?>([^<]*)<")
_TEXTS = re.compile(rb"(<" + _PREFIX + rb"sst)(?=[\s>])[^<>]{0,4000}>")
_FORMULA = re.compile(rb"<" + _PREFIX + rb"f[\s/>]")
_SHARED = re.compile(rb"<" + _PREFIX + rb"si(?=[\s/>])")
_ELEMENT = re.compile(r"<(?:[\w.-]{1,60}:)?(\w{1,40})((?:\s[^<>]{0,4000})?)>")
_ATTRIBUTE = re.compile(r"""([\w.:-]{1,60})\s{0,9}=\s{0,9}(?:"([^"<>]*)"|'([^'<>]*)')""")

_SHEET = "xl/worksheets/sheet1.xml"


class XlsxBook(Book):
    """
    An opened workbook; sheets are read when they are asked for.

    Raises
    ------
    SourceFormatError
        If it is damaged or too large; also from :meth:`rows`.
    """

    kind = "xlsx"

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.name)
        self._archive = archive
        self._n_cells = 0
        workbook = [*_elements(archive.read("xl/workbook.xml"))]
        relations = {
            found["Id"]: found
            for tag, found in _elements(archive.read("xl/_rels/workbook.xml.rels"))
            if tag == "Relationship" and "Id" in found and found.get("TargetMode") != "External"
        }
        sheets = [found for tag, found in workbook if tag == "sheet"]
        self._parts = dict(_parts(sheets, relations))
        if len(sheets) > MAX_SHEETS or len({*self._parts.values()}) < len(self._parts):
            reason = f"has more than {MAX_SHEETS:,} sheets, or several on one part"
            raise refused(archive.name, "", reason)
        self.sheet_names = tuple(self._parts)
        self.application = self._application()
        self.hidden = frozenset(
            sheet.get("name", "") for sheet in sheets if sheet.get("state", "visible") != "visible"
        )
        flags = [found.get("date1904") for tag, found in workbook if tag == "workbookPr"]
        self.is_1904 = bool({*flags} & {"1", "true"})
        # How many texts there are is not believed: memory would be set aside for them.
        shared = self._part(relations, "sharedStrings", MAX_UNPACKED)
        self._shared = _TEXTS.sub(rb"\1>", shared)
        self._styles = self._part(relations, "styles")
        starts = [match.start() for match in _SHARED.finditer(self._shared)]
        ends = [*starts[1:], len(self._shared)] if starts else []
        self._sizes = [end - start for start, end in zip(starts, ends, strict=True)]

    def _application(self) -> str:
        if "docProps/app.xml" not in self._archive:
            return ""
        text = self._archive.read("docProps/app.xml").decode("utf-8", "replace")
        found = re.search(r"<(?:\w{1,60}:)?Application>([^<]{0,200})", text)
        name = re.sub(r"[^\w ./()-].*", "", unescape(found[1]), flags=re.DOTALL) if found else ""
        return " ".join(name.split())[:60]

    def rows(self, sheet: str) -> list[list[Value]]:
        """Values of one sheet; none if its part is missing."""
        part = self._parts[sheet]
        if part not in self._archive:
            return []
        content = self._archive.read(part, MAX_UNPACKED)
        faults = self._faults(content, part)
        stream = fresh_archive(self._frame() | {_SHEET: content})
        del content
        return values_of(open_book(stream, self.name), 0, self.name, faults)

    def _part(self, relations: Mapping[str, dict[str, str]], kind: str, limit: int = 0) -> bytes:
        """Content of the part of a kind that belongs to the workbook, if there is one."""
        found = [r for r in relations.values() if r.get("Type", "").endswith(f"/{kind}")]
        part = _target(found[0]) if found else f"xl/{kind}.xml"
        if part not in self._archive:
            return b""
        return self._archive.read(part, limit) if limit else self._archive.read(part)

    def _frame(self) -> dict[str, bytes]:
        """Everything of a workbook with one sheet but the sheet itself."""
        flag = "1" if self.is_1904 else "0"
        parts = {
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": _WORKBOOK.format(flag=flag).encode(),
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
        }
        parts |= {"xl/sharedStrings.xml": self._shared} if self._shared else {}
        return parts | ({"xl/styles.xml": self._styles} if self._styles else {})

    # --- what is checked before the library reads it ----------------------------------

    def _faults(self, content: bytes, part: str) -> dict[tuple[int, int], Fault]:
        """Cells that have no value; refuses a sheet that is damaged or reaches too far."""
        if _LONG_TAG.search(content):
            raise refused(self.name, part, "the part is damaged (a very long tag)")
        faults: dict[tuple[int, int], Fault] = {}
        last_row = last_column = n_characters = 0
        has_formulas = _FORMULA.search(content) is not None
        for row, column, kind, start, end in self._cells(content, part):
            last_row, last_column = max(last_row, row), max(last_column, column)
            is_formula = has_formulas and _FORMULA.search(content, start, end) is not None
            if not is_formula and kind not in {b"e", b"s"}:
                continue
            found = _VALUE.search(content, start, end)
            value = found[1].strip() if found else b""
            if kind == b"e":
                faults[row, column] = Fault(value.decode("ascii", "replace")[:20] or "#VALUE!")
            elif is_formula and not value and not (kind == b"str" and found):
                faults[row, column] = NO_RESULT
            elif kind == b"s" and value:
                if not value.isdigit() or int(value[:9]) >= len(self._sizes):
                    raise refused(self.name, part, "the part is damaged (missing text)")
                n_characters += self._sizes[int(value)]
        if last_row * last_column > MAX_AREA or n_characters > MAX_TEXT:
            reason = f"a sheet reaches over more than {MAX_AREA:,} cells or holds too much text"
            raise refused(self.name, part, f"{reason}; split it, or save it as CSV")
        return faults

    def _cells(self, content: bytes, part: str) -> Iterator[tuple[int, int, bytes, int, int]]:
        """Row, column, kind and span of each cell that has any content."""
        columns: dict[bytes, int] = {}
        row = column = 0
        before: tuple[int, int, bytes, int] | None = None
        for match in _TAG.finditer(content):
            if before:
                yield *before, match.start()
                before = None
            letters, number, kind, closed, tag, *_ = match.groups()
            if tag is not None:
                letters, number, kind, closed = self._place(match, part)
            if tag == b"row":
                row, column = int(number or row + 1), 0
                continue
            if letters:
                if letters not in columns:
                    columns[letters] = column_number(letters.decode())
                row, column = int(number), columns[letters]
            else:
                column += 1
            self._n_cells += 1
            if self._n_cells > MAX_CELLS:
                reason = f"more than {MAX_CELLS:,} cells; split it, or save the sheet as CSV"
                raise refused(self.name, part, reason)
            if not closed:
                before = (row, column, kind, match.end())
        if before:
            yield *before, len(content)

    def _place(self, tag: re.Match[bytes], part: str) -> tuple[bytes, bytes, bytes, bytes]:
        """Column, row, kind and closing slash of a tag that is written in an unusual way."""
        attributes = tag[6]
        place, kind = _PLACE.search(attributes), _KIND.search(attributes)
        is_odd = not tag[7] or attributes.count(b'"') % 2 or attributes.count(b"'") % 2
        if is_odd or len(_IS_PLACED.findall(attributes)) != (place is not None):
            raise refused(self.name, part, "the part is damaged (place of a cell)")
        letters, number = (place[1], place[2]) if place else (b"", b"")
        return (
            letters,
            number,
            kind[1] if kind else b"",
            attributes[-1:] if attributes.endswith(b"/") else b"",
        )


def _elements(content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and attributes of each element of a small part."""
    for match in _ELEMENT.finditer(content.decode("utf-8", "replace")):
        found = _ATTRIBUTE.findall(match[2])
        yield match[1], {name: unescape(double or single) for name, double, single in found}


def _parts(
    sheets: Iterable[Mapping[str, str]], relations: Mapping[str, dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """Name and part of each sheet of cells."""
    for sheet in sheets:
        id_ = next((value for name, value in sheet.items() if name.endswith(":id")), "")
        relation = relations.get(id_, {})
        if relation.get("Type", "").endswith("/worksheet"):
            yield sheet.get("name", ""), _target(relation)


def _target(relation: Mapping[str, str]) -> str:
    target = relation.get("Target", "").replace("\\", "/")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORKBOOK = (
    f"<workbook xmlns:r={quoteattr(_NAMESPACE)}>"
    '<workbookPr date1904="{flag}"/>'
    '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def _relations(kind: str, target: str) -> bytes:
    return (
        f'<Relationships><Relationship Id="r1" Type="{_NAMESPACE}/{kind}" Target="{target}"/>'
        "</Relationships>"
    ).encode()
