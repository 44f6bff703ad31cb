"""
A report as a Word document: real headings and tables, bars drawn with table cells.

The bytes depend on the report alone: dates, ids and the times in the archive are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.reports.blocks import (
    Block,
    Chart,
    Facts,
    Heading,
    Report,
    Table,
    Text,
    columns,
)
from pkimm_analytics.reports.drawing import FILL, draw, position
from pkimm_analytics.reports.picture import png

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
SEGMENTS = 20
SEGMENT = 210 * 2.54 / 1440
"""Width in centimeters: whole twentieths of a point, so that no gap is drawn between two."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_docx(report: Report) -> bytes:
    """
    Write a report as DOCX.

    Raises
    ------
    PkimmError
        If the libraries for documents and pictures are not installed.
    """
    try:
        import docx
    except ImportError:
        raise PkimmError("A Word report needs the extra `reports`.") from None
    from docx.shared import Cm, Pt

    document: Any = docx.Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(2)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Arial", Pt(10)
    properties = document.core_properties
    properties.title, properties.author = _clean(report.title), "pkimm_analytics"
    properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = EPOCH
    properties.revision = 1
    document.add_heading(_clean(report.title), level=0)
    document.add_paragraph(_clean(report.subtitle))
    for block in report.blocks:
        _add(document, block)
    out = io.BytesIO()
    document.save(out)
    return _same_bytes(out.getvalue())


def _add(document: Any, block: Block) -> None:
    from docx.shared import Pt

    match block:
        case Heading(text, level):
            document.add_heading(_clean(text), level=level - 1)
        case Text(text, kind):
            style = "Intense Quote" if kind == "notice" else None
            paragraph = document.add_paragraph(_clean(text), style=style)
            paragraph.paragraph_format.space_before = Pt(6)
        case Facts(pairs):
            _grid(document, pairs, [30, 70], bold_first=True)
        case Table():
            _caption(document, block.caption)
            rows = (block.header, *block.rows)
            table = _grid(document, rows, columns(block), numeric=block.numeric)
            _repeat_header(table.rows[0])
            for cell in table.rows[0].cells:
                _shade(cell, "E8EDF1")
                for run in cell.paragraphs[0].runs:
                    run.bold = True
        case Chart():
            if block.kind == "bars":
                _bars(document, block)
            else:
                _picture(document, block)


def _grid(
    document: Any,
    rows: Any,
    shares: Any,
    *,
    bold_first: bool = False,
    numeric: frozenset[int] = frozenset(),
) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    widths = [17 * share / 100 for share in shares]
    table = _table(document, len(rows), widths)
    table.style = "Table Grid"
    for row, texts in zip(table.rows, rows, strict=True):
        for index, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.text = _clean(text)
            spacing = cell.paragraphs[0].paragraph_format
            spacing.space_before = spacing.space_after = Pt(1.5)
            if index in numeric:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if bold_first:
            for run in row.cells[0].paragraphs[0].runs:
                run.bold = True
    return table


def _caption(document: Any, text: str) -> None:
    """Write the name of what follows, on the same page as its beginning."""
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.add_run(_clean(text)).bold = True
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)


def _bars(document: Any, chart: Chart) -> None:
    """Draw bars as shaded cells: sharp at any size, and readable as a table."""
    from docx.shared import Pt

    _caption(document, chart.caption)
    widths = [5.6, *[SEGMENT] * SEGMENTS, 4.0]
    table = _table(document, len(chart.bars), widths)
    _set_apart(table)
    for row, bar in zip(table.rows, chart.bars, strict=True):
        cells = row.cells
        cells[0].text, cells[-1].text = _clean(bar.label), _clean(bar.shown)
        filled = 0 if bar.score is None else max(1, round(SEGMENTS * position(bar.score)))
        for index, cell in enumerate(cells[1:-1]):
            _shade(cell, FILL.lstrip("#") if index < filled else "F3F5F7")
            cell.paragraphs[0].paragraph_format.line_spacing = Pt(6)
        cells[0].paragraphs[0].paragraph_format.keep_with_next = True
        for cell in (cells[0], cells[-1]):
            cell.paragraphs[0].paragraph_format.left_indent = Pt(4)
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(8.5)


def _picture(document: Any, chart: Chart) -> None:
    """Show a drawing as wide as the text; its caption is what a screen reader says."""
    from docx.shared import Cm

    _caption(document, chart.caption)
    shown = document.add_picture(io.BytesIO(png(draw(chart))), width=Cm(17))
    shown._inline.docPr.set("descr", _clean(chart.caption))


def _table(document: Any, n_rows: int, widths: Sequence[float]) -> Any:
    """
    Add a table with columns of fixed widths in centimeters.

    Some programs read the widths of the columns and others those of the cells, so both
    are written.
    """
    from docx.shared import Cm

    table = document.add_table(rows=n_rows, cols=len(widths))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        _keep_together(row)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
    return table


def _set_apart(table: Any) -> None:
    """Leave no padding in the cells, and a white line between the bars."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    line = OxmlElement("w:insideH")
    for name, value in (("val", "single"), ("sz", "24"), ("space", "0"), ("color", "FFFFFF")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = table._tbl.tblPr
    layout = properties.find(qn("w:tblLayout"))  # the schema wants borders, layout, margins
    layout.addprevious(borders)
    layout.addnext(margins)


def _shade(cell: Any, color: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", color)):
        shading.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shading)


def _repeat_header(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_together(row: Any) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _CONTROL.sub("�", text)


def _same_bytes(content: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
