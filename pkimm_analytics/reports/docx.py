"""
A report as a Word document: real headings and tables, charts drawn with table cells.

The bytes depend on the report alone: dates, ids and the times in the archive are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

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
from pkimm_analytics.reports.drawing import FILL, position

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
SEGMENTS = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_docx(report: Report) -> bytes:
    """Write a report as DOCX."""
    import docx
    from docx.shared import Cm, Pt

    document: Any = docx.Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(2)
    document.styles["Normal"].font.size = Pt(10)
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
    match block:
        case Heading(text, level):
            document.add_heading(_clean(text), level=level - 1)
        case Text(text, kind):
            style = "Intense Quote" if kind == "notice" else None
            document.add_paragraph(_clean(text), style=style)
        case Facts(pairs):
            _grid(document, pairs, [30, 70], bold_first=True)
        case Table():
            document.add_paragraph().add_run(_clean(block.caption)).bold = True
            table = _grid(document, (block.header, *block.rows), columns(block))
            _repeat_header(table.rows[0])
            for cell in table.rows[0].cells:
                _shade(cell, "E8EDF1")
                for run in cell.paragraphs[0].runs:
                    run.bold = True
        case Chart():
            if block.kind == "bars":
                _bars(document, block)


def _grid(document: Any, rows: Any, shares: Any, *, bold_first: bool = False) -> Any:
    from docx.shared import Cm

    table = document.add_table(rows=len(rows), cols=len(rows[0]) if rows else 0)
    table.style = "Table Grid"
    table.autofit = False
    for row, texts in zip(table.rows, rows, strict=True):
        _keep_together(row)
        for cell, text, share in zip(row.cells, texts, shares, strict=True):
            cell.width = Cm(17 * share / 100)
            cell.text = _clean(text)
        if bold_first:
            for run in row.cells[0].paragraphs[0].runs:
                run.bold = True
    return table


def _bars(document: Any, chart: Chart) -> None:
    """Draw bars as shaded cells: sharp at any size, and readable as a table."""
    from docx.shared import Cm, Pt

    document.add_paragraph().add_run(_clean(chart.caption)).bold = True
    table = document.add_table(rows=len(chart.bars), cols=SEGMENTS + 2)
    table.autofit = False
    for row, bar in zip(table.rows, chart.bars, strict=True):
        _keep_together(row)
        cells = row.cells
        cells[0].width, cells[-1].width = Cm(5.2), Cm(4)
        cells[0].text, cells[-1].text = _clean(bar.label), _clean(bar.shown)
        filled = 0 if bar.score is None else max(1, round(SEGMENTS * position(bar.score)))
        for index, cell in enumerate(cells[1:-1]):
            cell.width = Cm(7.8 / SEGMENTS)
            _shade(cell, FILL.lstrip("#") if index < filled else "F3F5F7")
        for cell in (cells[0], cells[-1]):
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(8.5)


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
