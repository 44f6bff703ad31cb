from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from pkimm_analytics.errors import PkimmError, SourceFormatError
from pkimm_analytics.loaders.sheets import Fault, read_sheets, sheet_of_frame, text_of
from tests.loaders.invented_workbook import patched, saved, zipped


def ods(tables: str) -> bytes:
    """OpenDocument spreadsheet with these tables."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}"
        ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
        }
    )


def xlsx(*rows: list[object]) -> bytes:
    """Workbook with one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return saved(book)


ROWS: list[list[object]] = [["element", "level"], ["G.compliance", 3], ["R.awareness", 4]]


def _arrow(rows: list[list[object]]) -> pa.Table:
    header, *body = rows
    columns = zip(*body, strict=True)
    return pa.table({str(name): list(c) for name, c in zip(header, columns, strict=True)})


def _written(write) -> bytes:  # type: ignore[no-untyped-def]
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def _ods_cell(value: object) -> str:
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return (
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    )


SAME = {
    "csv": b"element,level\nG.compliance,3\nR.awareness,4\n",
    "csv semicolon": "element;level\r\nG.compliance;3\r\nR.awareness;4\r\n".encode("utf-8-sig"),
    "csv tab utf-16": "element\tlevel\nG.compliance\t3\nR.awareness\t4\n".encode("utf-16"),
    "csv utf-16 without mark": "element\tlevel\nG.compliance\t3\nR.awareness\t4\n".encode(
        "utf-16-le"
    ),
    "csv bar": b"element|level\nG.compliance|3\nR.awareness|4\n",
    "xlsx": xlsx(*ROWS),
    "ods": ods(
        '<table:table table:name="S">'
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}"
            '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
            for row in ROWS
        )
        + '<table:table-row table:number-rows-repeated="1048573"><table:table-cell'
        ' table:number-columns-repeated="16384"/></table:table-row></table:table>'
    ),
    "parquet": _written(lambda s: pyarrow.parquet.write_table(_arrow(ROWS), s)),
    "arrow": _written(lambda s: pyarrow.feather.write_feather(_arrow(ROWS), s)),
    "json": b'{"element": "G.compliance", "level": 3}\n{"element": "R.awareness", "level": 4}\n',
    "json list": b'[{"element":"G.compliance","level":3},{"element":"R.awareness","level":4}]',
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_table_is_read_from_every_format(kind: str):
    """
    Its format is told by its content, and its cells read the same.
    """
    book = read_sheets(SAME[kind], "answers")
    assert book.kind == kind.split(maxsplit=1)[0]
    (sheet,) = book.sheets()
    assert [[text_of(value) for value in row] for row in sheet.rows] == [
        ["element", "level"],
        ["G.compliance", "3"],
        ["R.awareness", "4"],
    ]
    assert sheet.where(2, 2).endswith("!B2")
    assert not book.problems


def test_values_keep_their_kind_and_their_place():
    """
    Days, times, truth values and texts; a sheet that begins at C3 has two empty rows first.
    """
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    time = dt.datetime.fromisoformat("2026-03-04T05:06:00")
    values = ["a\u00a0b ", True, 3.5, dt.date(2026, 3, 4), time, "#N/A"]
    for number, value in enumerate(values):
        sheet.cell(3 + number, 3, value)
    read = read_sheets(saved(book), "x").sheets()[0]
    assert [read.at(3 + n, 3) for n in range(5)] == values[:5]
    assert read.at(8, 3) == Fault("#N/A")
    assert (read.at(1, 1), read.at(99, 99), read.at(0, 0)) == ("", "", "")


def test_formulas_without_a_stored_result_and_errors_have_their_place():
    """
    The library shows them as empty, and empty they are not.
    """
    content = xlsx(["a", "=1+2"], ["b", "=1/0"], ["c", '=""'], ["d", 4])
    sheet1 = "xl/worksheets/sheet1.xml"
    content = patched(
        content, sheet1, '<c r="B2"><f>1/0</f><v></v>', '<c t="e" r="B2"><f/><v>#DIV/0!</v>'
    )
    content = patched(content, sheet1, '<c r="B3"><f>', '<c r="B3" t="str"><f>')
    sheet = read_sheets(content, "x").sheets()[0]
    assert [sheet.at(row, 2) for row in (1, 2, 3, 4)] == [Fault(), Fault("#DIV/0!"), "", 4]
    tables = (
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="2">'
        '<table:table-cell table:number-columns-repeated="3"/></table:table-row><table:table-row>'
        '<table:table-cell table:formula="of:=1"/><table:table-cell office:value-type="string"'
        ' calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell></table:table-row>'
        "</table:table>"
    )
    sheet = read_sheets(ods(tables), "x").sheets()[0]
    assert (sheet.at(3, 1), sheet.at(3, 2)) == (Fault(), Fault("error"))


def test_rows_of_a_table_are_as_wide_as_its_header():
    """
    In CSV a row of another width is named and left out; a sheet has no width.
    """
    sheet = read_sheets(b"title\n\na,b,\n1,2,\n3\n4,5,6\n,,\n", "x.csv").sheets()[0]
    rows, problems = sheet.table(3)
    assert [(number, list(row)) for number, row in rows] == [(4, ["1", "2"])]
    assert [p.where for p in problems] == ["x.csv, row 5", "x.csv, row 6"]
    sheet = read_sheets(xlsx(["a", "b"], ["1"], ["2", "3", "4"]), "x.xlsx").sheets()[0]
    rows, problems = sheet.table(1)
    assert [list(row) for _, row in rows] == [["1", ""], ["2", "3"]]
    assert [p.where for p in problems] == ["x.xlsx, Sheet!C3"]


def test_what_stands_behind_a_broken_quote_is_named():
    """
    The rows before it are there.
    """
    book = read_sheets(b'a,b\n1,2\n"3,4\n5,6\n', "x.csv")
    assert len(book.sheets()[0].rows) == 2
    assert [(p.where, p.refused) for p in book.problems] == [("x.csv, row 3", True)]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("Maturity, of all\n\nelement;level\nG.a;3,0\nG.b;4,0\n", ";"),
        ("sep=|\na|b,c\n1|2\n", "|"),
        ('a,b\n"x;y;z",2\n"p;q",3\n', ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(content: str, delimiter: str):
    """
    Commas in numbers and titles, and semicolons in texts, are none.
    """
    rows = read_sheets(content.encode(), "x").sheets()[0].rows
    assert len(rows[-1]) == 2, delimiter


def test_old_encodings_are_remarked():
    """
    Windows-1252 is a guess, and said to be one.
    """
    book = read_sheets("name,level\nZürich,3\n".encode("cp1252"), "x.csv")
    assert book.sheets()[0].at(2, 1) == "Zürich"
    assert [(p.where, p.refused) for p in book.problems] == [("x.csv, byte 13", False)]


def test_a_data_frame_is_a_sheet_with_its_columns_first():
    """
    What pandas shows as NaN is empty.
    """
    frame = pd.DataFrame({"element": ["G.compliance", None], "level": [3, float("nan")]})
    assert sheet_of_frame(frame).rows[1:] == [("G.compliance", 3.0), ("", "")]


# --- hostile files ---------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"


def corners(place: str) -> bytes:
    """Workbook with two cells, one of them at a place far away."""
    return patched(xlsx([1], [2]), SHEET, '<c r="A2"', f'<c r="{place}"')


def many_sheets() -> bytes:
    """Workbook whose many sheets are all one part."""
    one = '<sheet xmlns:r="r" name="N{n}" sheetId="{n}" state="visible" r:id="rId1"/>'
    sheets = "".join(one.format(n=n) for n in range(44_000))
    content = xlsx([1])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("xl/workbook.xml").decode()
    start = text[text.index("<sheets>") : text.index("</sheets>")]
    return patched(content, "xl/workbook.xml", start, "<sheets>" + sheets)


def one_text(size: int, n_cells: int, claim: str = "") -> bytes:
    """Workbook with one text that stands in some cells."""
    cells = "".join(f'<c r="A{n}" t="s"><v>0</v></c>' for n in range(1, n_cells + 1))
    sheet = f'<worksheet xmlns="x"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    relations = (
        '<Relationships><Relationship Id="r" Type="http://x/worksheet" Target="s.xml"/>'
        '<Relationship Id="t" Type="http://x/sharedStrings" Target="t.xml"/></Relationships>'
    )
    return zipped(
        {
            "xl/workbook.xml": b'<workbook xmlns:r="r"><sheet name="A" r:id="r"/></workbook>',
            "xl/_rels/workbook.xml.rels": relations.encode(),
            "xl/s.xml": sheet.encode(),
            "xl/t.xml": f"<sst {claim}><si><t>{'a' * size}</t></si></sst>".encode(),
        }
    )


def repeated(rows: int, columns: int) -> bytes:
    """OpenDocument spreadsheet with one cell that is repeated."""
    return ods(
        f'<table:table table:name="S"><table:table-row table:number-rows-repeated="{rows}">'
        f'<table:table-cell office:value-type="float" office:value="3"'
        f' table:number-columns-repeated="{columns}"/></table:table-row></table:table>'
    )


HOSTILE = {
    "a cell far below": lambda: corners("XFD1048576"),
    "a cell out of the grid": lambda: corners("ZZZZ1"),
    "a cell with two places": lambda: corners('A1" r="XFD1048576'),
    "a tag that hides its place": lambda: corners('A2" x=">" r="XFD1048576'),
    "a very long tag": lambda: corners("A2" + '" x="' + "y" * 500),
    "44,000 sheets on one part": many_sheets,
    "one text in many cells": lambda: one_text(40_000, 100_000),
    "another encoding": lambda: patched(xlsx([1]), SHEET, "<worksheet", "\0<worksheet"),
    "a missing text": lambda: patched(xlsx([1], [2]), SHEET, 'r="A2" t="n"', 'r="A2" t="s"'),
    "repeated cells": lambda: repeated(1_000_000, 1_000),
    "repeated empty rows before a cell": lambda: ods(
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="999999999">'
        "<table:table-cell/></table:table-row><table:table-row><table:table-cell"
        ' table:number-columns-repeated="1000"/><table:table-cell office:value-type="float"'
        ' office:value="1"/></table:table-row></table:table>'
    ),
    "a password, or a workbook from before 2007": lambda: (
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
    ),
    "a damaged table file": lambda: SAME["parquet"][:-20],
    "a table file of very many rows": lambda: _written(
        lambda s: pyarrow.parquet.write_table(pa.table({"a": pa.nulls(9_000_000)}), s)
    ),
    "a packed table file that grows": lambda: _written(
        lambda s: pyarrow.feather.write_feather(
            pa.table({"a": ["x" * 9_000_000 + str(n) for n in range(30)]}), s, compression="zstd"
        )
    ),
    "JSON that is no table": lambda: b"[1, 2]",
    "entities": lambda: patched(
        xlsx([1]), "xl/workbook.xml", "<workbook", '<!DOCTYPE x [<!ENTITY a "b">]><workbook'
    ),
    "a bomb by ratio": lambda: patched(
        xlsx([1]), SHEET, "<worksheet", "<worksheet" + " " * 5_000_000
    ),
    "a part that occurs twice": lambda: zipped({"xl/workbook.xml": b"", "xl/workbook.xml*": b""}),
    "another packing": lambda: zipped({"xl/workbook.xml": b"<a/>"}, zipfile.ZIP_BZIP2),
    "a binary workbook": lambda: zipped({"xl/workbook.bin": b"x"}),
    "broken XML": lambda: patched(xlsx([1]), SHEET, "</v>", "</w>"),
    "a truncated file": lambda: xlsx([1])[:-30],
    "another archive": lambda: zipped({"readme.txt": b"x"}),
    "no text": lambda: b"a,b\n\0\1\2,\x81\x8d\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_before_it_grows(kind: str):
    """
    With one of our errors, which names the file.
    """
    with pytest.raises(SourceFormatError) as caught:
        read_sheets(HOSTILE[kind](), "bad").sheets()
    assert "bad" in caught.value.message
    assert "Nothing was imported" in caught.value.message


def test_what_a_workbook_claims_to_hold_is_not_believed():
    """
    Memory would be set aside for four thousand million texts, and the program would end.
    """
    book = read_sheets(one_text(2, 1, 'count="4294967295" uniqueCount="4294967295"'), "x")
    assert book.sheets()[0].rows == [["aa"]]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "parquet", "arrow"])
def test_flipped_bytes_raise_nothing_but_our_errors(kind: str):
    """
    Every byte of a small file is changed in turn, in steps.
    """
    content = SAME[kind]
    for at in range(0, len(content), max(1, len(content) // 300)):
        changed = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        try:
            for sheet in read_sheets(changed, "x").sheets():
                assert len(sheet.rows) <= 65_536
        except PkimmError:
            pass
