"""Assessments as documents: four kinds, four formats, the same bytes for the same input."""

from __future__ import annotations

from pkimm_analytics.reports.blocks import Report
from pkimm_analytics.reports.content import COMPARING, KINDS, ReportError, build

FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown",
}
"""Media type of each format."""


def render(report: Report, form: str) -> bytes:
    """
    Write a report in a format.

    Raises
    ------
    ReportError
        If the format is unknown.
    """
    if form == "html":
        from pkimm_analytics.reports.html import to_html

        return to_html(report).encode()
    if form == "md":
        from pkimm_analytics.reports.markdown import to_markdown

        return to_markdown(report).encode()
    if form == "docx":
        from pkimm_analytics.reports.docx import to_docx

        return to_docx(report)
    if form == "pdf":
        from pkimm_analytics.reports.pdf import to_pdf

        return to_pdf(report)
    raise ReportError(f"There is no format {form}. Known: {', '.join(FORMATS)}.")


__all__ = ["COMPARING", "FORMATS", "KINDS", "Report", "ReportError", "build", "render"]
