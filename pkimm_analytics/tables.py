"""
The columns, types and units of every table that is stored or exported.

A table is described once, in ``tables.md``, for people and for programs; readers,
writers and Arrow schemas follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

OVERALL = "overall"
"""What the column ``element`` holds for the score of the whole PKI."""

CONTRIBUTIONS_VERSION = 2
"""Version of the table ``contributions``; columns of new editions do not change it."""

LEVEL, COVERAGE = "level:", "coverage:"
"""How columns of stored levels and of coverage begin."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

    Parameters
    ----------
    name : str
    type : str
        ``string``, ``bool``, ``int8``, ``int32``, ``float64`` or ``date``.
    description : str
        One sentence, with the values of closed lists.
    unit : str
        Unit or range; empty for text.
    nullable : bool
        Whether a cell may be empty.
    """

    name: str
    type: str
    description: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table.

    Parameters
    ----------
    name : str
    description : str
        What one row is, and who may see the table.
    columns : tuple of Column
        In the order in which they are stored.
    key : tuple of str
        Columns that no two rows share all values of.
    patterns : mapping of str to Column
        Columns that there are many of, by the name in angle brackets.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    patterns: Mapping[str, Column]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    def with_columns(self, named: Iterable[tuple[str, str]]) -> Table:
        """Return the table with further columns: the pattern and the name of each."""
        added = (replace(self.patterns[pattern], name=name) for pattern, name in named)
        return replace(self, columns=(*self.columns, *added))


@cache
def tables() -> Mapping[str, Table]:
    """Every table by name, in the order of ``tables.md``."""
    page = resources.files("pkimm_analytics") / "tables.md"
    _, *sections = page.read_text(encoding="utf-8").split("\n## ")
    return {table.name: table for table in map(_table, sections)}


def _table(section: str) -> Table:
    heading, *lines = section.strip().splitlines()
    key = next(line for line in lines if line.startswith("Key: "))
    rows = [re.split(r" *\| *", line[1:-1].strip()) for line in lines if line.startswith("| `")]
    columns = [
        Column(n.strip("`"), t, says, unit, empty == "yes") for n, t, unit, empty, says in rows
    ]
    return Table(
        name=heading.strip("`"),
        description=" ".join(lines[1 : lines.index(key)]),
        columns=tuple(column for column in columns if "<" not in column.name),
        key=tuple(re.findall("`([^`]+)`", key)),
        patterns={column.name: column for column in columns if "<" in column.name},
    )


ANSWERS, SCORES, TRUTH, CONTRIBUTIONS, BENCHMARK, COMMENTS, DECISIONS = tables().values()

VOUCHING = tuple(c for c in CONTRIBUTIONS.columns if c.name in ("ticket", "is_verified"))
"""Columns of contributions that the collection adds, with who vouches for them."""

DIMENSIONS = BENCHMARK.key[:-2]
"""Dimensions of a release, in the order of its columns."""


def truth_table(keys: Iterable[str]) -> Table:
    """
    Describe the table ``truth`` with a column for each category and requirement.

    Parameters
    ----------
    keys : iterable of str
        Element keys of categories (``M.key-management``) and requirements
        (``M.key-management.key-inventory``), in the order of the columns.
    """
    return TRUTH.with_columns(
        ("<category>" if key.count(".") == 1 else "<requirement>", key) for key in keys
    )


def contributions_table(
    keys: Iterable[str], extensions: Mapping[str, Iterable[str]] | None = None
) -> Table:
    """
    Describe the table ``contributions`` as it is given, with its columns of answers.

    Parameters
    ----------
    keys : iterable of str
        Element keys of categories and requirements, in the order of the columns.
    extensions : mapping of str to iterable of str
        By id of the extension: element keys of the categories that it asks about.
    """
    given = tuple(column for column in CONTRIBUTIONS.columns if column not in VOUCHING)
    table = replace(CONTRIBUTIONS, columns=given).with_columns(("<element>", key) for key in keys)
    for id_, categories in (extensions or {}).items():
        relevance = [("<extension>:<category>", f"{id_}:{category}") for category in categories]
        table = table.with_columns([("<extension>", id_), *relevance])
    return table


def stored_table(table: Table, scored: Iterable[str], covered: Iterable[str]) -> Table:
    """
    Describe the table ``contributions`` as a collection stores it.

    Parameters
    ----------
    table : Table
        Contributions as they are given.
    scored, covered : iterable of str
        Measures with a stored level, and with a stored coverage.
    """
    levels = [(f"{LEVEL}<measure>", LEVEL + name) for name in scored]
    vouched = replace(table, columns=(*table.columns, *VOUCHING))
    return vouched.with_columns(
        [*levels, *((f"{COVERAGE}<measure>", COVERAGE + name) for name in covered)]
    )


def arrow_schema(table: Table) -> Any:
    """Return the pyarrow schema of a table, without metadata."""
    import pyarrow as pa  # imported late: it is heavy, and descriptions are not

    types = {
        "string": pa.string(),
        "bool": pa.bool_(),
        "int8": pa.int8(),
        "int32": pa.int32(),
        "float64": pa.float64(),
        "date": pa.date32(),
    }
    return pa.schema([pa.field(c.name, types[c.type], nullable=c.nullable) for c in table.columns])
