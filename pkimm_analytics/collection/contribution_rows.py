"""
Contributions as rows of the table ``contributions``, and rows that may be stored.

The table is wide: one column of small whole numbers for each element. Every cell is
checked against the closed vocabulary before it is stored, whoever made the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pkimm_analytics.anonymize.contribution import FIELDS, Answers, Contribution
from pkimm_analytics.anonymize.vocabulary import (
    NOT_APPLICABLE,
    PSEUDONYMS,
    axis,
    contributions,
    expected,
    form,
    is_allowed,
)
from pkimm_analytics.collection.measures import COVERED, scored_measures
from pkimm_analytics.errors import CollectionError, Problem
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.scoring import SCORING_VERSION
from pkimm_analytics.tables import arrow_schema, stored_table


@dataclass(frozen=True)
class Checked:
    """
    Rows that may be stored, and what is wrong with the others.

    Parameters
    ----------
    table : pyarrow.Table
    problems : tuple of Problem
        By column; values are not repeated.
    good : ndarray of bool
        For each row that was given, whether it may be stored.
    """

    table: Any
    problems: tuple[Problem, ...]
    good: NDArray[np.bool_]


def given_schema() -> Any:
    """Arrow schema of contributions as they are given."""
    return arrow_schema(contributions())


def schema() -> Any:
    """Arrow schema of contributions as they are stored."""
    return arrow_schema(stored_table(contributions(), scored_measures(), COVERED))


def scoring() -> str:
    """Say what stored levels are made with: the scoring rules and the columns."""
    names = "\n".join(schema().names).encode()
    return f"{SCORING_VERSION}-{hashlib.sha256(names).hexdigest()[:16]}"


def to_table(found: Sequence[Contribution]) -> Any:
    """Turn contributions into a table; what only proves something is left out."""
    known = axis()
    columns: dict[str, Any] = {name: [getattr(one, name) for one in found] for name in FIELDS}
    columns |= _codes([one.answers for one in found], {key: key for key in known.keys})
    for id_, keys in known.extensions.items():
        said = [one.extensions.get(id_) for one in found]
        columns[id_] = [one and one.version for one in said]
        answers = [one.answers if one else {} for one in said]
        columns |= _codes(answers, {key: f"{id_}:{key}" for key in keys})
    arrays = [pa.array(columns[field.name], field.type) for field in given_schema()]
    return pa.Table.from_arrays(arrays, schema=given_schema())


def _codes(found: Sequence[Answers], names: Mapping[str, str]) -> dict[str, NDArray[np.int8]]:
    """Columns of codes: 1 to 5, -1 for not applicable, 0 for unanswered."""
    places = {key: place for place, key in enumerate(names)}
    codes = np.zeros((len(names), len(found)), np.int8)
    for row, answers in enumerate(found):
        for key, word in answers.items():
            codes[places[key], row] = -1 if word == NOT_APPLICABLE else word
    return dict(zip(names.values(), codes, strict=True))


def from_table(table: Any) -> list[Contribution]:
    """Turn rows back into contributions."""
    return [_from_row(row) for row in table.to_pylist()]


def _from_row(row: dict[str, Any]) -> Contribution:
    known = axis()
    extensions: Any = {
        id_: {"version": row[id_], "answers": _words(row, {f"{id_}:{k}": k for k in keys})}
        for id_, keys in known.extensions.items()
        if row[id_] is not None
    }
    answers: Any = _words(row, {key: key for key in known.keys})
    return Contribution(
        answers=answers, extensions=extensions, **{name: row[name] for name in FIELDS}
    )


def _words(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, int | str]:
    found = {key: row[name] for name, key in names.items() if row[name]}
    return {key: NOT_APPLICABLE if code < 0 else code for key, code in found.items()}


def check_rows(table: Any) -> Checked:
    """
    Check every cell against the closed vocabulary.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of ``contributions`` in any order; text may be dictionary-encoded.

    Raises
    ------
    CollectionError
        If columns are missing, unknown, repeated or of another type.
    """
    table = _with_columns(table)
    good = np.ones(table.num_rows, bool)
    problems: list[Problem] = []
    for column in contributions().columns:
        values = table.column(column.name)
        if column.type == "string":
            bad = _bad_texts(values, column.name, nullable=column.nullable)
            message = expected(column.name)
        elif column.type == "int8":
            numbers = values.to_numpy()
            bad = np.asarray((numbers < -1) | (numbers > 5))
            message = "expected a code from -1 to 5"
        else:
            continue
        _note(problems, column.name, bad, message)
        good &= ~bad
    for name, bad, message in _contradictions(table):
        _note(problems, name, bad & good, message)
        good &= ~bad
    kept = table if good.all() else table.filter(pa.array(good))
    return Checked(kept, tuple(problems), good)


def _note(problems: list[Problem], name: str, bad: NDArray[np.bool_], message: str) -> None:
    if bad.any():
        problems.append(Problem(name, f"{int(bad.sum())} row(s): {message}"))


def _with_columns(table: Any) -> Any:
    """Bring a table to the schema, or say how it differs without repeating unknown names."""
    wanted = given_schema()
    names = table.column_names
    problems = [Problem(n, "the column is missing") for n in wanted.names if n not in names]
    n_unknown = sum(name not in wanted.names for name in names) + len(names) - len(set(names))
    if n_unknown:
        problems.append(Problem("columns", f"{n_unknown} are unknown or there twice"))
    if not problems:
        try:
            table = table.select(wanted.names).cast(wanted)
        except (pa.ArrowException, ValueError):
            problems.append(Problem("columns", "of another type, or empty where they may not be"))
    if problems:
        raise CollectionError("These rows are no contributions. Nothing was added.", problems)
    return table.replace_schema_metadata(None)


def _bad_texts(values: Any, name: str, *, nullable: bool) -> NDArray[np.bool_]:

    if name in PSEUDONYMS:
        fits = pc.match_substring_regex(values, rf"\A{form(name)}\z")
    else:
        distinct = [v for v in pc.unique(values).to_pylist() if v is not None]
        allowed = [value for value in distinct if is_allowed(name, value)]
        fits = pc.is_in(values, value_set=pa.array(allowed, pa.string()))
        fits = pc.if_else(pc.is_null(values), None, fits)
    return ~np.asarray(pc.fill_null(fits, nullable).to_numpy(), bool)


def _contradictions(table: Any) -> Iterable[tuple[str, NDArray[np.bool_], str]]:
    """Rows whose cells are allowed alone and not together."""
    known = axis()
    for digest, version in known.digests.items():
        inside = pc.equal(table.column("digest"), digest).to_numpy()
        other = pc.not_equal(table.column("edition"), version).to_numpy()
        yield "digest", inside & other, "expected the digest of the edition"
        model = shipped_model(version)
        for key in [key for key in known.keys if key not in model.keys]:
            bad = inside & (table.column(key).to_numpy() != 0)
            yield key, bad, "expected no answer: the edition has no such element"
    is_self = pc.equal(table.column("mode"), "self").to_numpy()
    for key in known.requirements:
        bad = is_self & (table.column(key).to_numpy() != 0)
        yield key, bad, "expected no answer: a self-assessment has levels of categories"
    for id_, keys in known.extensions.items():
        absent = pc.is_null(table.column(id_)).to_numpy()
        for key in keys:
            bad = absent & (table.column(f"{id_}:{key}").to_numpy() != 0)
            yield f"{id_}:{key}", bad, "expected no answer without the extension's version"
