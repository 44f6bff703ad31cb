"""A view as PDF, laid out from its HTML without a browser."""

from __future__ import annotations

import hashlib
from typing import Any

from pkimm_analytics.errors import PkimmError
from pkimm_analytics.render.html import document
from pkimm_analytics.views.view import View


def pdf(view: View) -> bytes:
    """
    Write a view as PDF: the same bytes for the same view on the same machine.

    Raises
    ------
    PkimmError
        If the layout library lacks its system libraries.
    """
    try:
        import weasyprint
    except OSError:
        raise PkimmError(
            "A PDF needs the Pango library. The README says how to install it; HTML, DOCX and"
            " Markdown do without."
        ) from None
    text = document(view, for_print=True)
    identifier = hashlib.sha256(text.encode()).digest()[:16]
    page: Any = weasyprint.HTML(string=text, url_fetcher=_refuse)
    content: bytes = page.write_pdf(pdf_identifier=identifier, presentational_hints=True)
    return content


def _refuse(_url: str, *_args: object, **_kwargs: object) -> Any:
    raise ValueError("a document loads nothing")
