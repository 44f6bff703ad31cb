"""Assessments as documents: five kinds, four formats, the same bytes for the same input."""

from __future__ import annotations

from pkimm_analytics.render.documents import FORMATS, DocumentError, render
from pkimm_analytics.reports.content import COMPARING, KINDS, ReportError, build, portfolio

__all__ = [
    "COMPARING",
    "FORMATS",
    "KINDS",
    "DocumentError",
    "ReportError",
    "build",
    "portfolio",
    "render",
]
