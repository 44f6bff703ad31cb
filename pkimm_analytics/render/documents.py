"""A view as a document in one of four formats: the same bytes for the same view."""

from __future__ import annotations

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.views.view import View
from pkimm_analytics.views.words import catalogue

FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown",
}
"""Media type of each format."""


class DocumentError(PkimmError, ValueError):
    """There is no such format, or what it needs is not installed."""


def render(view: View, form: str) -> bytes:
    """
    Write a view in a format.

    Raises
    ------
    DocumentError
        If the format is unknown.
    PkimmError
        If a library that it needs is not installed.
    """
    if form == "html":
        from pkimm_analytics.render.html import document

        return document(view, filter_words=catalogue(view.language).word("text.filter")).encode()
    if form == "md":
        from pkimm_analytics.render.markdown import markdown

        return markdown(view).encode()
    if form == "docx":
        from pkimm_analytics.render.docx import docx

        return docx(view)
    if form == "pdf":
        from pkimm_analytics.render.pdf import pdf

        return pdf(view)
    raise DocumentError(f"There is no format {form}. Known: {', '.join(FORMATS)}.")
