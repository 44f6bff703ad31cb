"""
The records that a release is made from: checked, old enough, most preferred first.

One row is one contribution. A parent counts once in a group, with its most preferred
record there: the newest quarter, then the stronger assurance, then a fixed order that
does not depend on how the rows were stored. An organization whose parent changed, or was
not stated before, counts as its newest parent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.disclosure.plan import Plan, published_code
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.errors import DisclosureError, PkimmError, Problem
from pkimm_analytics.quarters import is_quarter, ordinal
from pkimm_analytics.tables import DIMENSIONS

PROFILE = ("org", "parent", "assessor", *DIMENSIONS, "quarter")
"""Columns before those of the measures. ``assessor`` may be left out."""

SYNTHETIC = "synthetic"
"""Column, which may be left out, that says which contributions are invented."""

_PSEUDONYMS = ("org", "parent", "assessor")


class Contributions(Protocol):
    """Contributions that are read piece by piece, so that memory does not hold them all."""

    def tables(self) -> Iterator[Any]:
        """Read tables of contributions, all of the same columns."""


@dataclass(frozen=True, eq=False)
class Records:
    """
    Checked records, most preferred first; arrays of shape (n_records,).

    Parameters
    ----------
    parent, assessor : array of uint64
        Short hashes of pseudonyms, the same in every release; 0 is no known assessor.
    codes : mapping of str to array of int
        By dimension: place in the plan's list of codes, -1 if it is in none.
    quarter : array of int
        Quarters since the year 0.
    levels : mapping of str to array of int8
        By measure: level 1 to 5; 0 or less where there is none.
    pseudonyms : array of uint64
        Sorted hashes of every pseudonym that was read, also of contributions that are
        left out.
    synthetic, genuine : bool
        Whether any contribution that was read is invented, and whether any is not; age
        and window make no difference.
    """

    parent: NDArray[np.uint64]
    assessor: NDArray[np.uint64]
    codes: Mapping[str, NDArray[np.int16]]
    quarter: NDArray[np.int32]
    levels: Mapping[str, NDArray[np.int8]] = field(repr=False)
    pseudonyms: NDArray[np.uint64] = field(repr=False)
    synthetic: bool = False
    genuine: bool = True

    def __len__(self) -> int:
        return len(self.parent)

    @cached_property
    def parent_code(self) -> NDArray[np.int64]:
        """Parent of each record, counted from 0."""
        return np.unique(self.parent, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def assessor_code(self) -> NDArray[np.int64]:
        """Assessor of each record, counted from 0; -1 where none is known."""
        names, codes = np.unique(self.assessor, return_inverse=True)
        return codes.astype(np.int64) - int(names[:1].tolist() == [0])

    def n_known(self, words: Collection[str]) -> int:
        """How many of some words are a pseudonym that was read."""
        candidates = sorted({word for word in words if len(word) >= 8})
        if not candidates or not len(self.pseudonyms):
            return 0
        tags = np.stack([_tags(kind, candidates) for kind in _PSEUDONYMS])
        places = np.searchsorted(self.pseudonyms, tags)  # they are sorted, and many
        hits = self.pseudonyms[np.minimum(places, len(self.pseudonyms) - 1)] == tags
        return int(hits.any(axis=0).sum())

    def table(self, plan: Plan) -> Any:
        """Return what is remembered of the records when a release is made of them."""
        import pyarrow as pa

        columns: dict[str, Any] = {"parent": self.parent, "assessor": self.assessor}
        columns |= {"quarter": self.quarter}
        for dimension, codes in self.codes.items():
            labels = pa.array(plan.codes[dimension])
            places = pa.array(codes.astype(np.int32), mask=codes < 0)
            columns[dimension] = pa.DictionaryArray.from_arrays(places, labels)
        return pa.table({**columns, **self.levels})

    @classmethod
    def of_table(cls, table: Any, plan: Plan) -> Records:
        """Take what :meth:`table` returned, with the codes of a plan."""
        codes = {d: _codes_of(table.column(d), plan.codes[d]) for d in DIMENSIONS}
        others = {"parent", "assessor", "quarter", *DIMENSIONS}
        return cls(
            parent=table.column("parent").to_numpy(),
            assessor=table.column("assessor").to_numpy(),
            codes=codes,
            quarter=table.column("quarter").to_numpy(),
            levels={m: table.column(m).to_numpy() for m in table.column_names if m not in others},
            pseudonyms=np.zeros(0, np.uint64),
        )


def truth_of(table: Any) -> Truth:
    """Tell an auditor what :meth:`Records.table` remembers."""
    import pyarrow as pa

    def texts(name: str) -> NDArray[Any]:  # of a dictionary, to_numpy gives nulls a value
        return np.asarray(table.column(name).cast(pa.string()).to_numpy(zero_copy_only=False))

    return Truth(
        parent=table.column("parent").to_numpy(),
        dimensions={d: texts(d) for d in DIMENSIONS},
        levels={
            m: table.column(m).to_numpy()
            for m in table.column_names
            if m not in {"parent", "assessor", "quarter", *DIMENSIONS}
        },
        assessor=table.column("assessor").to_numpy(),
    )


def _codes_of(column: Any, labels: Sequence[str]) -> NDArray[np.int16]:
    """Places of texts in a list; -1 where they are not in it."""
    places = {label: place for place, label in enumerate(labels)}
    found = column.combine_chunks().dictionary_encode()
    table = [places.get(label, -1) for label in found.dictionary.to_pylist()]
    indices = found.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
    return np.asarray(np.array([*table, -1], np.int16)[indices])


def quarter_ordinal(quarter: str) -> int:
    """
    Quarters since the year 0.

    Raises
    ------
    DisclosureError
        If it is not written like ``2026Q3``.
    """
    if not is_quarter(quarter):
        raise DisclosureError("A quarter is written like 2026Q3. Nothing was published.")
    return ordinal(quarter)


def read_records(contributions: Any, plan: Plan, policy: Policy, quarter: str) -> Records:
    """
    Check contributions and keep those that a release may use.

    Parameters
    ----------
    contributions : pyarrow.Table, mapping of str to array, or Contributions
        One row for each contribution: the columns ``PROFILE``, where dimensions may
        hold leaf or group codes or null, then one column of int8 for each category
        and for ``overall``, and any of the requirements. Levels are 1 to 5, 0 for
        unanswered and -1 for not applicable; null is unanswered.
    quarter : str
        Quarter of the release. Contributions of the last ``age_months`` before its
        end, and older ones than ``window_months`` before that, are left out, and so
        are editions that the plan does not have.

    Raises
    ------
    DisclosureError
        If a column is missing or holds what it should not. Values are not repeated.
    """
    newest = quarter_ordinal(quarter) - policy.age_months // 3
    window = range(newest - policy.window_months // 3 + 1, newest + 1)
    return _joined(_pieces(contributions, plan, window))


# --- from pieces to records ------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Piece:
    """Columns of the contributions of one table that a release may use."""

    columns: dict[str, NDArray[Any]]
    levels: dict[str, NDArray[np.int8]]
    pseudonyms: NDArray[np.uint64]
    synthetic: bool
    genuine: bool


def _pieces(contributions: Any, plan: Plan, window: range) -> list[_Piece]:
    import pyarrow as pa

    if isinstance(contributions, pa.Table | Mapping):
        tables = iter([contributions])
    elif hasattr(contributions, "tables"):
        tables = contributions.tables()
    else:
        raise DisclosureError("Expected a table or its columns. Nothing was published.")
    pieces: list[_Piece] = []
    problems: dict[str, Problem] = {}
    for table in tables:
        found: list[Problem] = []
        piece = _read_piece(table, plan, window, found)
        problems |= {problem.where: problem for problem in found}
        if piece is not None and not problems:
            pieces.append(piece)
    if problems:
        raise DisclosureError(
            "Contributions are not valid. Nothing was published.", list(problems.values())
        )
    if not pieces:
        raise DisclosureError("There are no contributions. Nothing was published.")
    return pieces


def _read_piece(table: Any, plan: Plan, window: range, problems: list[Problem]) -> _Piece | None:
    import pyarrow as pa

    if not isinstance(table, pa.Table):
        table = _as_table(table)
    _check_columns(table, plan)
    coded = {name: _coded(table, name) for name in PROFILE}
    codes = {d: _dimension_codes(plan, d, *coded[d], problems) for d in DIMENSIONS}
    quarters = _quarters(*coded["quarter"], problems)
    levels = {m: _levels(table, m, problems) for m in plan.all_measures if m in table.column_names}
    problems += [
        Problem(name, "empty cells; expected a value in every row")
        for name in ("org", "quarter", "assurance", "edition")
        if np.any(coded[name][0] < 0)
    ]
    if problems:
        return None
    kept = (quarters >= window[0]) & (quarters <= window[-1]) & (codes["edition"] >= 0)
    rows = np.flatnonzero(kept)
    tags = {name: _tags(name, coded[name][1]) for name in _PSEUDONYMS}
    strengths = np.array(
        [ASSURANCE_STRENGTH.get(a, 0) for a in coded["assurance"][1]] or [0], np.int8
    )
    columns: dict[str, NDArray[Any]] = {
        "org": tags["org"][coded["org"][0][rows]],
        "parent": _parents(coded, tags["parent"], rows),
        "assessor": np.append(tags["assessor"], np.uint64(0))[coded["assessor"][0][rows]],
        "strength": strengths[coded["assurance"][0][rows]],
        "record": _record_tags(levels, rows),
        "quarter": quarters[rows],
        **{f"code:{d}": column[rows] for d, column in codes.items()},
    }
    origins = {False} if table.num_rows else set()
    if SYNTHETIC in table.column_names:
        origins = set(table.column(SYNTHETIC).unique().to_pylist())
    used = [tags[name] for name in _PSEUDONYMS if coded[name][1]]
    if np.any(coded["parent"][0] < 0):
        used.append(_tags("alone", coded["org"][1]))
    return _Piece(
        columns,
        {m: column[rows] for m, column in levels.items()},
        np.concatenate(used) if used else np.zeros(0, np.uint64),
        True in origins,
        bool(origins - {True}),
    )


def _joined(pieces: list[_Piece]) -> Records:
    """Put pieces behind each other, most preferred first, one column at a time."""

    def take(name: str) -> NDArray[Any]:
        return np.concatenate([piece.columns.pop(name) for piece in pieces])

    quarter, record = take("quarter"), take("record")
    org = take("org")
    order = np.lexsort((record, org, -take("strength"), -quarter))
    parent = _newest_parents(take("parent"), org, order)
    codes = {d: take(f"code:{d}")[order] for d in DIMENSIONS}
    first = _first_of_each(parent, codes)
    kept = order[first]
    measures = list(pieces[0].levels)
    return Records(
        parent=parent[first],
        assessor=take("assessor")[kept],
        codes={d: column[first] for d, column in codes.items()},
        quarter=quarter[kept],
        levels={m: np.concatenate([p.levels.pop(m) for p in pieces])[kept] for m in measures},
        pseudonyms=np.unique(np.concatenate([piece.pseudonyms for piece in pieces])),
        synthetic=any(piece.synthetic for piece in pieces),
        genuine=any(piece.genuine for piece in pieces),
    )


def _first_of_each(
    parent: NDArray[np.uint64], codes: Mapping[str, NDArray[np.int16]]
) -> NDArray[np.intp]:
    """Find the most preferred record of each parent and profile: no other counts anywhere."""
    profile = np.zeros(len(parent), np.int64)
    for column in codes.values():
        profile = profile * 64 + column + 1
    order = np.lexsort((profile, parent))
    same = (np.diff(parent[order]) == 0) & (np.diff(profile[order]) == 0)
    return np.sort(order[np.append(np.ones(min(1, len(order)), bool), ~same)])


def _parents(
    coded: Mapping[str, tuple[NDArray[np.int64], list[Any]]],
    parent_tags: NDArray[np.uint64],
    rows: NDArray[np.intp],
) -> NDArray[np.uint64]:
    """Tag of each record's parent; without a parent, its own."""
    parent, org = coded["parent"][0][rows], coded["org"][0][rows]
    found = np.append(parent_tags, np.uint64(0))[parent]
    alone = parent < 0
    if alone.any():
        found[alone] = _tags("alone", coded["org"][1])[org[alone]]
    return found


def _newest_parents(
    parents: NDArray[np.uint64], orgs: NDArray[np.uint64], order: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """
    Parent of each record in some order: that of its organization's most preferred one.

    Whoever was bought, or did not name its parent before, would count twice.
    """
    first, place = np.unique(orgs[order], return_index=True, return_inverse=True)[1:]
    return np.asarray(parents[order][first][place])


def parent_tags(parents: Iterable[str]) -> NDArray[np.uint64]:
    """Tags that the pseudonyms of parents, or of organizations without one, may have."""
    names = list(parents)
    return np.concatenate([_tags("parent", names), _tags("alone", names)])


def _tags(kind: str, names: list[Any]) -> NDArray[np.uint64]:
    """Hash pseudonyms to 64 bits; not 0, which means nobody."""
    found = [
        int.from_bytes(hashlib.blake2b(f"{kind}\0{name}".encode(), digest_size=8).digest(), "big")
        for name in names
    ]
    return np.maximum(np.array(found or [0], np.uint64), 1)


def _record_tags(levels: Mapping[str, NDArray[np.int8]], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Hash of all levels of each record: equal levels, equal tags."""
    total = np.zeros(len(rows), np.uint64)
    for measure, column in levels.items():
        factor = int(_tags("measure", [measure])[0]) | 1
        total += np.maximum(column[rows], 0).astype(np.uint64) * np.uint64(factor)
    total ^= total >> np.uint64(31)
    total *= np.uint64(0x9E3779B97F4A7C15)
    return total ^ (total >> np.uint64(29))


# --- reading columns -------------------------------------------------------------------


def _as_table(columns: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.table({name: pa.array(_plain(values)) for name, values in columns.items()})
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DisclosureError(
            "The columns do not make a table. Nothing was published.",
            [
                Problem(
                    "", f"columns of different lengths or of mixed kinds ({type(error).__name__})"
                )
            ],
        ) from None


def _plain(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        return values
    return [None if isinstance(v, float) and np.isnan(v) else v for v in values]


def _check_columns(table: Any, plan: Plan) -> None:
    needed = [n for n in PROFILE if n != "assessor"] + [*plan.categories, "overall"]
    missing = [name for name in needed if name not in table.column_names]
    twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    problems = [Problem(name, "the column is missing") for name in missing]
    problems += [Problem(name, "the column is there twice") for name in twice]
    if problems:
        raise DisclosureError("Contributions are not valid. Nothing was published.", problems)


def _coded(table: Any, name: str) -> tuple[NDArray[np.int64], list[Any]]:
    """Values of a column as codes (-1: null) and the value of each code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in table.column_names:
        return np.full(table.num_rows, -1, np.int64), []
    column = table.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    indices = pc.fill_null(column.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    values = column.dictionary.to_pylist()
    bad = np.array([v is None or v == "" for v in values] or [False])
    if bad.any():
        indices = np.where((indices >= 0) & bad[indices], -1, indices)
    if not all(isinstance(v, str) or v is None for v in values):
        raise DisclosureError(
            "Contributions are not valid. Nothing was published.",
            [Problem(name, "expected text")],
        )
    return indices.astype(np.int64), values


def _dimension_codes(
    plan: Plan,
    dimension: str,
    indices: NDArray[np.int64],
    values: list[Any],
    problems: list[Problem],
) -> NDArray[np.int16]:
    places = {code: i for i, code in enumerate(plan.codes[dimension])}
    found = []
    n_bad = 0
    for value in values:
        try:
            code = published_code(plan, dimension, value)
        except PkimmError:
            code, n_bad = None, n_bad + 1
        found.append(-1 if code is None else places[code])
    if dimension == "assurance":
        n_bad = sum(value not in ASSURANCE_STRENGTH for value in values if value)
    if n_bad:
        problems.append(Problem(dimension, f"{n_bad} value(s) are not in the coded list"))
    return np.array([*found, -1], np.int16)[indices]


def _quarters(
    indices: NDArray[np.int64], values: list[Any], problems: list[Problem]
) -> NDArray[np.int32]:
    if not all(is_quarter(value) for value in values if value):
        problems.append(Problem("quarter", "expected quarters such as 2026Q3"))
    numbers = [ordinal(value) if is_quarter(value or "") else 0 for value in values]
    return np.array([*numbers, 0], np.int32)[indices]


def _levels(table: Any, measure: str, problems: list[Problem]) -> NDArray[np.int8]:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(measure)
    if not pa.types.is_integer(column.type):
        if not (pa.types.is_null(column.type) or _are_whole(column)):
            problems.append(Problem(measure, "expected whole levels, -1 to 5"))
            return np.zeros(table.num_rows, np.int8)
        column = column.cast(pa.int8())
    values = pc.fill_null(column, 0).to_numpy()
    if len(values) and (values.min() < -1 or values.max() > 5):
        problems.append(Problem(measure, "expected levels from -1 to 5"))
        return np.zeros(table.num_rows, np.int8)
    return np.ascontiguousarray(values, np.int8)


def _are_whole(column: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return False
    known = pc.drop_null(column).to_numpy()
    return bool(np.all(np.isfinite(known) & (known == np.floor(known)) & (abs(known) <= 5)))
