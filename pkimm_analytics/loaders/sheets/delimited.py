"""
CSV and its relatives: encoding, delimiter and quotes, read without guessing in silence.

UTF-8 and UTF-16 are told by their bytes; anything else is read as Windows-1252, which
older spreadsheets write, and that is remarked. The delimiter is the one that cuts the
rows into equally many cells.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter

from pkimm_analytics.files import MAX_BYTES
from pkimm_analytics.loaders.sentences import Problems, refused_for
from pkimm_analytics.loaders.sheets.sheet import MAX_CELLS, MAX_ROWS, Sheet

DELIMITERS = ",;\t|"
MAX_DELIMITERS = 100_000
_SAMPLE = 65_536
"""Characters that are looked at to find the delimiter."""

csv.field_size_limit(MAX_BYTES)  # one for the whole process; a long text is refused by name


def read_delimited(content: bytes, name: str) -> tuple[Sheet, Problems]:
    """
    Read a text with delimiters.

    Returns
    -------
    tuple of Sheet and Problems
        A refused problem says that rows are missing behind a broken quote.

    Raises
    ------
    SourceFormatError
        If it is no text, or has too many rows.
    """
    text, problems = decode_text(content, name)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused_for(name, "is not text", "nul", f"{name}, line {line}")
    rows, is_whole = _rows(text.lstrip("\ufeff"), name)
    if not is_whole:
        problems.refuse(f"{name}, row {len(rows) + 1}", "bad-quote")
    return Sheet("", rows, name, is_delimited=True), problems


def _rows(text: str, name: str) -> tuple[list[list[str]], bool]:
    """All rows up to a broken quote, and whether there was none."""
    rows: list[list[str]] = []
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=[,;|]?\s*", first, re.IGNORECASE):  # spreadsheets understand this line
        rows, text = [[]], rest
    delimiter = delimiter_of(text)
    if max((line.count(delimiter) for line in io.StringIO(text)), default=0) > MAX_DELIMITERS:
        raise refused_for(name, "is too large", "too-large", what="delimiters", n=MAX_DELIMITERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    is_protected, n_cells = "'" in text, 0
    try:
        for row in reader:
            rows.append([_unprotected(cell) for cell in row] if is_protected else row)
            n_cells += len(row)
            if len(rows) > MAX_ROWS or n_cells > MAX_CELLS:
                raise refused_for(name, "is too large", "too-large", what="cells", n=MAX_CELLS)
    except csv.Error:
        return rows, False
    return rows, True


def decode_text(content: bytes, name: str) -> tuple[str, Problems]:
    """
    Decode a text: UTF-8, UTF-16, or Windows-1252, which is remarked.

    Raises
    ------
    SourceFormatError
        If it is none of these.
    """
    problems = Problems()
    wide = _is_utf_16(content)
    place = ""
    for encoding in [wide] if wide else ["utf-8-sig", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            place = f"{name}, byte {error.start + 1:,}"
            continue
        if place:
            problems.remark(place, "old-encoding")
        return text, problems
    raise refused_for(name, "is not text", "no-encoding", place)


def _is_utf_16(content: bytes) -> str:
    """Name of the UTF-16 that a text is in, told by its mark or by the zeros of plain letters."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:400]
    if len(start) >= 20 and not any(start[::2]) and all(start[1::2]):
        return "utf-16-be"
    return "utf-16-le" if len(start) >= 20 and not any(start[1::2]) and all(start[::2]) else ""


def delimiter_of(text: str) -> str:
    """Delimiter that cuts most rows into equally many cells; of equal ones, into most cells."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(text[:_SAMPLE], delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            widths[len(row)] += bool(row)
    except csv.Error:
        return 0, 0
    width, n = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
    return (round(n / widths.total(), 1), width) if width > 1 else (0, 0)


def _unprotected(text: str) -> str:
    """Text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text[:1] == "'" and _PROTECTED.match(text) else text


FORMULA = r"(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
"""How a text begins that spreadsheets take for a formula."""
_PROTECTED = re.compile(rf"'+{FORMULA}")
