"""
Rows of plain levels, which large tables are made of: to answer codes at once.

A row whose cells are levels, N/A or empty, and whose properties are in order, needs no
document: its codes are scored as they are, and the assessment is made when somebody asks
for it. Any other row takes the way of all tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pkimm_analytics.assessment import (
    UNANSWERED,
    Answer,
    Assessment,
    Mode,
    Source,
    State,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders.cells import read_level
from pkimm_analytics.loaders.loaded import ASSESSMENT_ID, Loaded
from pkimm_analytics.loaders.sentences import Problems
from pkimm_analytics.loaders.sheets import Value
from pkimm_analytics.loaders.tabular.build import Origin, build, read_properties
from pkimm_analytics.loaders.tabular.fields import PROPERTIES, STATED
from pkimm_analytics.loaders.tabular.groups import Row, Table, wide_group, wide_key
from pkimm_analytics.model import Category, Model, Requirement, load_model
from pkimm_analytics.scoring import Codes

_ANSWERS: Sequence[Answer] = (not_applicable(), UNANSWERED, *map(rated, range(1, 6)))
"""Answers by code, from -1 on."""


@dataclass
class PlainRows:
    """
    Rows of one wide table that state the same edition and mode.

    Parameters
    ----------
    model : Model
    mode : Mode
    source : Source
    keys : tuple of str
        Element of each code.
    rows : list of bytes
        Codes of each row, each plus one.
    """

    model: Model
    mode: Mode
    source: Source
    keys: tuple[str, ...]
    rows: list[bytes] = field(default_factory=list)

    @property
    def questions(self) -> Mapping[str, Requirement | Category]:
        """Elements of the edition that the mode asks about."""
        return self.model.requirements if self.mode is Mode.FULL else self.model.categories

    def codes(self, places: Sequence[int]) -> Codes:
        """Answer codes of some rows, in the order of the questions of the edition."""
        order = {key: number for number, key in enumerate(self.questions)}
        said = np.frombuffer(b"".join(self.rows[place] for place in places), np.int8)
        codes = np.zeros((len(places), len(order)), np.int8)
        codes[:, [order[key] for key in self.keys]] = said.reshape(len(places), -1) - np.int8(1)
        return codes


class PlainLoaded(Loaded):
    """One row of plain levels; its assessment is made when it is asked for."""

    __slots__ = ("_id", "_properties", "place", "rows")
    rows: PlainRows
    place: int
    _id: str
    _properties: Mapping[str, Any]

    def __init__(
        self, rows: PlainRows, place: int, id_: str, properties: Mapping[str, Any]
    ) -> None:
        made = {"rows": rows, "place": place, "_id": id_, "_properties": properties, "problems": ()}
        for name, value in made.items():
            object.__setattr__(self, name, value)  # a Loaded is frozen

    @property
    def assessment(self) -> Assessment:
        """The assessment of the row."""
        pairs = zip(self.rows.keys, self.rows.rows[self.place], strict=True)
        return Assessment(
            model=self.rows.model.edition,
            mode=self.rows.mode,
            id=self._id,
            answers={key: _ANSWERS[code] for key, code in pairs if code != 1},
            source=self.rows.source,
            **self._properties,
        )


class PlainReader:
    """
    Reads the plain rows of one wide table.

    Parameters
    ----------
    table : Table
    origin : Origin
    problems : Problems
        Takes what there is to say about all rows of an edition.
    """

    def __init__(self, table: Table, origin: Origin, problems: Problems) -> None:
        self._table, self._origin, self._problems = table, origin, problems
        self._levels = [column.number - 1 for column in table.elements]
        self._stated = [c.number - 1 for c in table.claimed if c.field in STATED]
        self._told = [c.number - 1 for c in table.claimed if c.field in PROPERTIES]
        self._by_edition: dict[tuple[Value, ...], tuple[PlainRows, _Codes] | None] = {}
        self._by_profile: dict[tuple[Value, ...], Mapping[str, Any] | None] = {}

    def read(self, number: int, row: Row) -> PlainLoaded | None:
        """Read one row; None if it is not plain."""
        if self._table.columns.values:
            return None
        edition = tuple(row[index] for index in self._stated)
        if edition not in self._by_edition:
            self._by_edition[edition] = self._edition(number, row)
        profile = tuple(row[index] for index in self._told)
        if profile not in self._by_profile:
            self._by_profile[profile] = self._profile(number, row)
        found, told = self._by_edition[edition], self._by_profile[profile]
        label, part = wide_key(self._table, number, row)
        if found is None or told is None or (label and not ASSESSMENT_ID.fullmatch(label)):
            return None
        rows, codes = found
        levels = [row[index] for index in self._levels]
        if not self._table.sheet.is_delimited and bool in {*map(type, levels)}:
            return None  # true would be found as 1
        try:
            rows.rows.append(bytes(map(codes.__getitem__, levels)))
        except (ValueError, TypeError):
            return None
        return PlainLoaded(rows, len(rows.rows) - 1, self._origin.id_of(label, part), told)

    def _edition(self, number: int, row: Row) -> tuple[PlainRows, _Codes] | None:
        """Rows of an edition, and how its levels are read; None where there is any doubt."""
        cells: list[Value] = ["" for _ in row]
        for index in self._stated:
            cells[index] = row[index]
        for index in self._levels:
            cells[index] = "1"
        loaded, _ = build(wide_group(self._table, number, cells), self._origin)
        if loaded is None or loaded.is_partial:
            return None
        assessment = loaded.assessment
        model = load_model(assessment.model.version, assessment.model.digest)
        keys = tuple(assessment.answers)
        rows = PlainRows(model, assessment.mode, assessment.source, keys)
        if len(keys) != len(self._levels) or not {*keys} <= rows.questions.keys():
            return None
        self._problems += loaded.problems
        return rows, _Codes(model.level_names)

    def _profile(self, number: int, row: Row) -> Mapping[str, Any] | None:
        """Properties of a row as parts of an assessment; None if one is not in order."""
        problems = Problems()
        claims = wide_group(self._table, number, row).claims
        document = read_properties(claims, problems, {})
        if problems:
            return None
        try:
            whole = Assessment(model=self._origin.editions[0].model.edition, **document)
        except PkimmError:
            return None
        return {name: getattr(whole, name) for name in document}


class _Codes(dict[Value, int]):
    """Codes of cells, plus one; learns each spelling of a level once."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, value: Value) -> int:
        level = read_level(value, self._names)
        code = 1 if level is None else 0 if level is State.NOT_APPLICABLE else int(level) + 1
        self[value] = code
        return code
