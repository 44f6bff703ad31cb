"""Assessments as documents: four kinds, four formats, the same bytes for the same input."""

from __future__ import annotations

from pkimm_analytics.render.documents import FORMATS, DocumentError, render
from pkimm_analytics.reports.content import COMPARING, KINDS, ReportError, build

__all__ = [
    "COMPARING",
    "FORMATS",
    "KINDS",
    "DocumentError",
    "ReportError",
    "build",
    "render",
]
