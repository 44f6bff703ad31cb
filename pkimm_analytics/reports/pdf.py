"""A report as PDF, laid out from its HTML without a browser."""

from __future__ import annotations

import hashlib
from typing import Any

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.reports.blocks import Report
from pkimm_analytics.reports.html import to_html


def to_pdf(report: Report) -> bytes:
    """
    Write a report as PDF: the same bytes for the same report on the same machine.

    Raises
    ------
    PkimmError
        If the layout library is not installed or lacks its system libraries.
    """
    try:
        import weasyprint
    except (ImportError, OSError):
        raise PkimmError(
            "A PDF needs the extra `reports` and the Pango library. The README says how to"
            " install them; HTML, DOCX and Markdown need neither."
        ) from None
    text = to_html(report, for_print=True)
    identifier = hashlib.sha256(text.encode()).digest()[:16]
    page: Any = weasyprint.HTML(string=text, url_fetcher=_refuse)
    content: bytes = page.write_pdf(pdf_identifier=identifier, presentational_hints=True)
    return content


def _refuse(_url: str, *_args: object, **_kwargs: object) -> Any:
    raise ValueError("a report loads nothing")
