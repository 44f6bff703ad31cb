"""
Messy tables as people make them, with what they say, written down apart from the reader.

A table is invented first as facts: which assessments there are, and what stands in the
cell of each element. Then it is laid out in one of the layouts and formats, with the
spellings, title rows and odd cells of the field. Where each cell came to stand is kept,
so that a test can compare what was read, cell by cell, without any code of the reader.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

import openpyxl

from pkimm_analytics.model import Model, load_model
from tests.loaders.invented_workbook import saved

NOT_APPLICABLE, NOTHING, BAD = "not_applicable", "", "bad"
Fact = int | str
"""Level, not applicable, nothing, or a cell that means nothing."""

SPELLINGS: dict[Fact, tuple[Any, ...]] = {
    **{
        level: (level, str(level), f"{level}.0", f" {level} ", f"\u00a0{level}", f"Level {level}")
        for level in range(1, 6)
    },
    NOT_APPLICABLE: ("N/A", "n/a", "NA", "N.A.", "not applicable", "Not Applicable "),
    NOTHING: ("", None, "  "),
    BAD: (
        *(0, 6, -1, 2.5, "three", "3 of 5", "#N/A", "x", "3 - 4", True, datetime(2026, 3, 4)),  # noqa: DTZ001
        *("=1+2", "4/5", "level", "yes", "Advanced, mostly", "1 - Optimized", "???"),
    ),
}
NAMES = {3: ("3 - {}", "{}", "{} (3)", "3: {}", "3 \u2013 {}")}

TITLES = ("PKI maturity 2026", "Overview, all units", "confidential", "Category results")
EXTRA = ("Owner", "Ticket", "Next review", "Target level", "Who knows", "RAG")
SUBJECT_HEADERS = ("element", "Category", "Kategorie", "Requirement", "question", "Element ")
LEVEL_HEADERS = ("level", "Level", "Maturity level", "Reifegrad", "rating", "Current level")
WHOSE_HEADERS = ("assessment", "Organization", "Company", "use case", "Firma")


@dataclass
class Messy:
    """
    A messy table and what it says.

    Parameters
    ----------
    content : bytes
    name : str
    model : Model
        Edition that it is about.
    facts : dict of str to dict of str to Fact
        By name of the assessment and element key.
    places : dict
        Row and column of the cell of each fact, from 1, with the sheet.
    """

    content: bytes = b""
    name: str = "messy"
    model: Model = field(default_factory=load_model)
    facts: dict[str, dict[str, Fact]] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[str, int, int]] = field(default_factory=dict)
    is_unnamed: bool = False


def messy_table(seed: int) -> Messy:
    """Invent a table."""
    random = Random(seed)  # noqa: S311  # a test repeats it
    model = load_model(random.choice(["1.0.0", "1.1.0", "2.0.0", "2.0.0", "2.0.0"]))
    table = Messy(model=model)
    layout = random.choice(["long", "wide", "matrix", "sheets"])
    n = 1 if layout == "long" and random.random() < 0.4 else random.randint(2, 5)
    keys = list(model.categories if random.random() < 0.8 else model.requirements)
    keys = random.sample(keys, random.randint(4, min(len(keys), 24)))
    oddness = random.choice([0.0, 0.0, 0.03, 0.1, 0.5])
    names = random.sample(
        ["Acme Bank", "Beta", "ca-1", "Zürich & Söhne", "Unit 7", "north", "OT PKI"], n
    )
    table.is_unnamed = layout == "long" and n == 1
    for name in names:
        table.facts[name] = {key: _fact(random, oddness) for key in keys}
        if all(fact in {NOTHING, BAD} for fact in table.facts[name].values()):
            table.facts[name][keys[0]] = 3
    naming = _Naming(random, model)
    sheets = {
        "long": _long,
        "wide": _wide,
        "matrix": _matrix,
        "sheets": _sheets,
    }[layout](random, table, keys, naming)
    kinds = ["xlsx"] if layout == "sheets" else ["csv", "csv", "xlsx", "json"]
    _write(random, table, sheets, random.choice(kinds))
    return table


def _fact(random: Random, oddness: float) -> Fact:
    if random.random() < oddness:
        return BAD
    return random.choice([1, 2, 3, 4, 5, 3, 2, NOT_APPLICABLE, NOTHING])


class _Naming:
    """How a table names elements: always the same way."""

    def __init__(self, random: Random, model: Model) -> None:
        names = [model.name(key) for key in (*model.categories, *model.requirements)]
        self._unique = {name for name in names if names.count(name) == 1}
        self._model = model
        self.kind = random.choice(["key", "title", "number", "both", "key"])
        self.states_version = self.kind in {"number", "both"} or random.random() < 0.5

    def of(self, random: Random, key: str) -> str:
        title, number = self._model.name(key), self._model.native_id(key)
        if self.kind == "title" and title in self._unique:
            return random.choice([title, title.upper(), title.replace(" ", "\u00a0"), f" {title}"])
        if self.kind == "number" and number != key:
            return random.choice([number, number.lower(), f"{number}."])
        if self.kind == "both" and number != key and title in self._unique:
            return random.choice([f"{number} {title}", f"{number}: {title}", f"{number} - {title}"])
        return random.choice([key, key.lower(), f" {key}"])


def _cell(random: Random, fact: Fact, model: Model) -> Any:
    if fact == 3 and random.random() < 0.3:
        return random.choice(NAMES[3]).format(model.level_name(3))
    return random.choice(SPELLINGS[fact])


Rows = list[list[Any]]


def _frame(random: Random, header: Sequence[Any], body: Rows) -> tuple[Rows, int]:
    """Rows with titles above, and the row of the header."""
    above: Rows = [[random.choice(TITLES)] for _ in range(random.choice([0, 0, 1, 2]))]
    above += [[] for _ in range(random.choice([0, 1]) if above else 0)]
    return [*above, [*header], *body], len(above) + 1


def _long(random: Random, table: Messy, keys: list[str], naming: _Naming) -> dict[str, Rows]:
    whose = [] if table.is_unnamed else [random.choice(WHOSE_HEADERS)]
    version = ["model_version"] if naming.states_version else []
    extra = random.sample(EXTRA, random.choice([0, 0, 1, 2]))
    header = [
        *whose,
        *version,
        random.choice(SUBJECT_HEADERS),
        random.choice(LEVEL_HEADERS),
        *extra,
    ]
    body: Rows = []
    order = [(name, key) for name in table.facts for key in keys]
    if random.random() < 0.3:
        random.shuffle(order)
    for name, key in order:
        row = [name] * len(whose) + [table.model.version] * len(version)
        row += [naming.of(random, key), _cell(random, table.facts[name][key], table.model)]
        body.append([*row, *("note" for _ in extra)])
        if random.random() < 0.05:
            body.append([])
    rows, start = _frame(random, header, body)
    column = len(whose) + len(version) + 2
    filled = [number for number, row in enumerate(rows, 1) if row and number > start]
    for number, (name, key) in zip(filled, order, strict=True):
        table.places[name, key] = ("S", number, column)
    return {"S": rows}


def _wide(random: Random, table: Messy, keys: list[str], naming: _Naming) -> dict[str, Rows]:
    version = ["model_version"] if naming.states_version else []
    header = ["assessment", *version, *(naming.of(random, key) for key in keys)]
    header += random.sample(EXTRA[:3], random.choice([0, 1]))
    body = []
    for name, facts in table.facts.items():
        cells = [_cell(random, facts[key], table.model) for key in keys]
        body.append([name, *([table.model.version] * len(version)), *cells])
    rows, start = _frame(random, header, [row + [""] * (len(header) - len(row)) for row in body])
    for number, name in enumerate(table.facts, start + 1):
        for place, key in enumerate(keys, len(version) + 2):
            table.places[name, key] = ("S", number, place)
    return {"S": rows}


def _matrix(random: Random, table: Messy, keys: list[str], naming: _Naming) -> dict[str, Rows]:
    header = [random.choice([*SUBJECT_HEADERS, "PKI area"]), *table.facts]
    body: Rows = [["model_version", *(table.model.version for _ in table.facts)]]
    for key in keys:
        cells = [_cell(random, facts[key], table.model) for facts in table.facts.values()]
        body.append([naming.of(random, key), *cells])
    rows, start = _frame(random, header, body)
    for column, name in enumerate(table.facts, 2):
        for number, key in enumerate(keys, start + 2):
            table.places[name, key] = ("S", number, column)
    return {"S": rows}


def _sheets(random: Random, table: Messy, keys: list[str], naming: _Naming) -> dict[str, Rows]:
    version = ["model_version"] if naming.states_version else []
    header = [*version, random.choice(SUBJECT_HEADERS), random.choice(LEVEL_HEADERS)]
    sheets = {}
    for name, facts in table.facts.items():
        body = [
            [
                *([table.model.version] * len(version)),
                naming.of(random, key),
                _cell(random, facts[key], table.model),
            ]
            for key in keys
        ]
        rows, start = _frame(random, header, body)
        for number, key in enumerate(keys, start + 1):
            table.places[name, key] = (name, number, len(header))
        sheets[name] = rows
    return sheets


def _write(random: Random, table: Messy, sheets: dict[str, Rows], kind: str) -> None:
    table.name = f"messy.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row, 1):
                    sheet.cell(number, column, value)
        table.content = saved(book)
        return
    (rows,) = sheets.values()
    if kind == "json":
        header = next(n for n, row in enumerate(rows) if len(row) > 1)
        width = len(rows[header])
        names = [str(name) for name in rows[header]]
        if len({*names}) == width:
            records = [
                dict(zip(names, map(_plain, row), strict=False))
                for row in rows[header + 1 :]
                if row
            ]
            table.content = "\n".join(map(json.dumps, records)).encode()
            filled = [n for n, row in enumerate(rows, 1) if n > header + 1 and row]
            moved = {number: place for place, number in enumerate(filled, 2)}
            table.places = {k: (s, moved[r], c) for k, (s, r, c) in table.places.items()}
            return
    stream = io.StringIO()
    width = max(map(len, rows))
    csv.writer(stream, delimiter=random.choice(",;\t|")).writerows(
        [*(_text(value) for value in row), *[""] * (width - len(row))]
        if len(row) > 1
        else [_text(value) for value in row]
        for row in rows
    )
    encoding = random.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    table.content = stream.getvalue().encode(encoding)
    table.name = "messy.csv"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _text(value: Any) -> str:
    return "" if value is None else str(_plain(value))
