"""
The fields of a table of assessments, and how people head the columns that hold them.

Names of properties are the paths of the canonical document, such as
``organization.sector``. What a table has no field for, only JSON holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.yaml_text import read_yaml

Kind = Literal["text", "code", "profile", "day", "flag"]
Layout = Literal["long", "wide"]

STATED = ("model_version", "model_digest", "mode")
"""Fields that say how all answers of an assessment are to be read."""

TEXTS = ("reason", "notes", "evidence")
ANSWER = ("state", "level", "partial", *TEXTS)
"""Fields of one answer."""

SUBJECT = ("element", "native_id", "name")
"""Fields that say which element an answer is about."""

LONG = ("assessment", *STATED, *SUBJECT, *ANSWER, "value")
"""Columns of a long table of ours."""

SHOWN = ("weight", "level_name", "meaning")
"""Columns for the eye, which no reader looks at."""

SECTIONS = ("use_case", "organization", "assessor", "period", "environment")
"""Parts of the canonical document whose fields are properties of a table."""

PROPERTIES: dict[str, tuple[Kind, str]] = {
    "use_case.name": ("text", "The PKI use case that is assessed"),
    "use_case.description": ("text", "What it is for"),
    "use_case.components": ("text", "Systems and services that belong to it"),
    "use_case.out_of_scope": ("text", "What was left out on purpose"),
    "organization.name": ("text", "Whose PKI it is"),
    "organization.parent": ("text", "The group it belongs to"),
    "organization.sector": ("profile", "Code of the sector"),
    "organization.size": ("profile", "Code of the size class"),
    "organization.region": ("profile", "Code of the region"),
    "organization.role": ("profile", "Code of the role in PKI"),
    "assessor.name": ("text", "Who assessed"),
    "assessor.position": ("code", "internal or external"),
    "assessor.company": ("text", "Company of the assessor"),
    "assurance": ("code", "self, formal or third-party"),
    "period.start": ("day", "First day, as 2026-01-31"),
    "period.target": ("day", "Day it should be finished"),
    "period.finish": ("day", "Day it was finished; empty while it runs"),
    "environment.high_level_design": ("text", "The PKI around the use case"),
    "environment.points_of_interaction": ("text", "Where others meet this PKI"),
    "synthetic": ("flag", "true for invented data"),
    "updated": ("code", "Time of the last change, ISO 8601"),
}
"""Kind and meaning of every property, in the order in which they are written."""

IDENTITY = ("organization.name", "use_case.name", "period.finish", "period.start")
"""Properties that tell one assessment from another in a table."""

PROFILE = (
    "use_case.name",
    *(name for name, (kind, _) in PROPERTIES.items() if kind == "profile"),
    "assurance",
    "period.finish",
)
"""Properties that are offered to fill in even where nothing is known yet."""

FIELDS = (*LONG, *PROPERTIES)
"""What a column can hold."""


def field_of(header: str) -> tuple[str | None, bool]:
    """Field that a header names, and whether in the words of our own template."""
    word = plain(header)
    name = word.replace(" ", "_").removeprefix("@")
    if name in FIELDS or name in SHOWN or name == "property":
        return ("element" if name == "property" else name), True
    return _headers().get(word.rstrip(":*? ")), False


@cache
def _headers() -> Mapping[str, str]:
    path = resources.files("pkimm_analytics.loaders.tabular") / "headers.yaml"
    words = read_yaml(path.read_text(encoding="utf-8"), path.name)
    return {plain(header): field for field, headers in words.items() for header in headers}
