"""
A view as a Word document: real headings and tables, bars drawn with table cells.

The bytes depend on the view alone: dates, ids and the times in the archive are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pkimm_analytics.render.columns import shares
from pkimm_analytics.render.drawing import draw
from pkimm_analytics.render.picture import png
from pkimm_analytics.views.view import (
    Block,
    Chart,
    Facts,
    Figure,
    Heading,
    Items,
    Row,
    Table,
    Text,
    View,
    cell_text,
    flat,
)

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def docx(view: View) -> bytes:
    """Write a view as DOCX."""
    import docx as word
    from docx.shared import Cm, Pt

    document: Any = word.Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(2)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Arial", Pt(10)
    properties = document.core_properties
    properties.title, properties.author = _clean(view.title), "pkimm_analytics"
    properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = EPOCH
    properties.revision = 1
    for section in document.sections:
        section.footer.paragraphs[0].text = _clean(view.footer)
    if view.kind:
        document.add_paragraph(_clean(view.kind.upper()), style="Subtitle")
    document.add_heading(_clean(view.title), level=0)
    document.add_paragraph(_clean(view.subtitle))
    for block in view.blocks:
        if isinstance(block, Row):
            _cards(document, block)
        else:
            for one in flat([block]):
                _add(document, one)
    out = io.BytesIO()
    document.save(out)
    return _same_bytes(out.getvalue())


def _add(document: Any, block: Block) -> None:
    """Add a block to the document, or to a cell of a table."""
    from docx.shared import Pt

    match block:
        case Heading(text, level):
            _heading(document, text, level)
        case Text(text, tone):
            style = "Intense Quote" if tone == "notice" else None
            paragraph = document.add_paragraph(_clean(text), style=style)
            paragraph.paragraph_format.space_before = Pt(6)
        case Items(items):
            for item in items:
                _item(document.add_paragraph(style="List Bullet"), item)
        case Facts(pairs):
            _grid(document, pairs, [30, 70], bold_first=True)
        case Figure():
            _figure(document, block)
        case Table():
            _shown(document, block)
        case Chart():
            _picture(document, block)


def _heading(document: Any, text: str, level: int) -> None:
    if hasattr(document, "add_heading"):
        document.add_heading(_clean(text), level=level - 1)
    else:  # a cell has none
        document.add_paragraph().add_run(_clean(text)).bold = True


def _figure(document: Any, block: Figure) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    run = paragraph.add_run(_clean(block.figure))
    run.bold, run.font.size = True, Pt(20)
    paragraph.add_run(" " + _clean(block.unit))
    for one in block.sentences:
        document.add_paragraph(_clean(one if isinstance(one, str) else one[0]))


def _shown(document: Any, block: Table) -> None:
    _caption(document, block.caption)
    rows = (block.header, *(tuple(map(cell_text, row)) for row in block.rows))
    table = _grid(document, rows, shares(block), numeric=block.numeric)
    _repeat_header(table.rows[0])
    for cell in table.rows[0].cells:
        _shade(cell, "E8EDF1")
        for run in cell.paragraphs[0].runs:
            run.bold = True


def _item(paragraph: Any, item: str | tuple[str, str]) -> None:
    lead, text = ("", item) if isinstance(item, str) else item
    paragraph.add_run(_clean(lead)).bold = True
    paragraph.add_run(_clean(f" {text}" if lead else text))


def _cards(document: Any, row: Row) -> None:
    """Cards as the cells of a table without lines."""
    widths = row.widths or (1,) * len(row.cards)
    table = _table(document, 1, [17 * width / sum(widths) for width in widths])
    for cell, card in zip(table.rows[0].cells, row.cards, strict=True):
        title = cell.paragraphs[0].add_run(_clean(card.title))
        title.bold = True
        for block in flat(card.blocks):
            _add(cell, block)


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
