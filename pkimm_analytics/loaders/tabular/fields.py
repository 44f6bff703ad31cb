"""
The fields of a table of assessments, and how people head the columns that hold them.

Names of properties are the paths of the canonical document, such as
``organization.sector``. What a table has no field for, only JSON holds.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Literal, NamedTuple

from pkimm_analytics.loaders.cells import plain
from pkimm_analytics.yaml_text import read_yaml

Layout = Literal["long", "wide"]


class Property(NamedTuple):
    """Kind of a property (text, code, profile, day or flag), what it says, and its headers."""

    kind: str
    meaning: str
    headers: list[str]


_FILE = resources.files("pkimm_analytics.loaders.tabular") / "fields.yaml"
WORDS = read_yaml(_FILE.read_text(encoding="utf-8"), _FILE.name)

STATED = tuple(WORDS["stated"])
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
PROPERTIES = {name: Property(**about) for name, about in WORDS["properties"].items()}
"""Every property, in the order in which they are written."""
CLAIMED = frozenset({*PROPERTIES, *STATED})
"""Fields that say something about a whole assessment."""
SECTIONS = ("use_case", "organization", "assessor", "period", "environment")
"""Parts of the canonical document whose fields are properties of a table."""
IDENTITY = ("organization.name", "use_case.name", "period.finish", "period.start")
"""Properties that tell one assessment from another in a table."""
PROFILE = (
    "use_case.name",
    *(name for name, about in PROPERTIES.items() if about.kind == "profile"),
    "assurance",
    "period.finish",
)
"""Properties that are offered to fill in even where nothing is known yet."""

_OURS = frozenset({*LONG, *PROPERTIES, *SHOWN})
_HEADERS = {
    plain(header): field
    for fields in (WORDS["headers"], {name: p.headers for name, p in PROPERTIES.items()})
    for field, headers in fields.items()
    for header in headers
}


@lru_cache(maxsize=4096)
def field_of(header: str) -> tuple[str, bool]:
    """Field that a header names, empty if none, and whether in the words of our own template."""
    word = plain(header[:1000])
    name = word.replace(" ", "_").removeprefix("@")
    if name == "property":
        return "element", True
    return (name, True) if name in _OURS else (_HEADERS.get(word.rstrip(":*? "), ""), False)
