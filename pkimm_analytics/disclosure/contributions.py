"""
Contributions of a collection, or the truth of a simulation, checked and brought in order.

Only verified contributions that are old enough and not too old are kept. An organization
whose parent changed, or was not stated before, counts as its newest parent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.collection.engines import Engine
from pkimm_analytics.collection.journal import note, read_journal
from pkimm_analytics.collection.manifest import NAME as MANIFEST
from pkimm_analytics.collection.measures import COVERED, column_of, scored_measures
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.disclosure.plan import Plan, published_code
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import PSEUDONYMS, Records, tags_of
from pkimm_analytics.errors import DisclosureError, PkimmError, Problem
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.quarters import is_quarter, ordinal, spelled
from pkimm_analytics.tables import COVERAGE, DIMENSIONS, OVERALL

PROFILE = ("org", "parent", "assessor", *DIMENSIONS, "quarter")
"""Columns before those of the measures. ``assessor`` may be left out."""

TRUTH_FILE = "truth.parquet"
"""What a simulation writes beside its assessments; all of it is invented."""

_NEEDED = ("org", "quarter", "assurance", "edition")
_INVALID = "Contributions are not valid. Nothing was published."


class Opened:
    """
    Contributions of a collection; reading them leaves a line in its journal.

    Parameters
    ----------
    place : str or Path
    engine : {"duckdb", "spark"}, optional
        Who reads them; this program if left out. All give the same records.
    """

    def __init__(self, place: str | Path, engine: Engine | None = None) -> None:
        from pkimm_analytics.collection import Collection

        self.collection, self.engine = Collection(place), engine
        self.mark = hashlib.sha256(self.collection.manifest().id.encode()).hexdigest()[:12]
        """Public name of the collection: releases of the same contributions have the same."""

    def tables(self, window: range) -> Iterator[Any]:
        """
        Read the rows as they are committed now, part by part.

        An engine leaves rows out that no release of these quarters uses; then what they
        name follows, in a table without measures.
        """
        rows = self.collection.open_rows(purpose="making or checking a release")
        if self.engine is None:
            yield from rows.records()
            return
        with rows.on(self.engine) as table:
            yield _preferred(table, window).to_pyarrow()
            yield table.select(*PSEUDONYMS, "synthetic").distinct().to_pyarrow()

    def seals(self) -> list[str]:
        """Seals of the releases that the journal of the collection knows, oldest first."""
        lines = read_journal(self.collection.place)
        return [str(line.get("seal")) for line in lines if line.get("what") == "released"]

    def note(self, release: str, seal: str) -> None:
        """Leave a line about a release in the journal."""
        with self.collection.locked():
            note(self.collection.place, "released", release=release, seal=seal)


def _preferred(table: Any, window: range) -> Any:
    """Newest rows of the strongest assurance, of each organization with each profile."""
    import ibis

    strength = table["assurance"].cases(*ASSURANCE_STRENGTH.items(), else_=0)
    order = [ibis.desc(table["quarter"]), ibis.desc(strength)]
    place = ibis.rank().over(ibis.window(group_by=["org", *DIMENSIONS], order_by=order))
    recent = table.filter(table["quarter"].isin(list(map(spelled, window))), table["is_verified"])
    best = recent.mutate(place=place).filter(ibis._["place"] == 0)
    columns = {name: best[name] for name in (*PROFILE, "synthetic")}
    for measure in (*scored_measures(), *axis().requirements):
        levels = best[column_of(measure)]
        if measure in COVERED:
            levels = (best[COVERAGE + measure] >= least_coverage()).ifelse(levels, 0)
        columns[measure] = levels.cast("int8")
    return best.select(**columns)


def open_contributions(place: str | Path, engine: Engine | None = None) -> Any:
    """
    Open contributions: a collection, the folder of a simulation, or one Parquet file.

    Parameters
    ----------
    place : str or Path
        Folder, file, or an address of object storage such as ``s3://bucket/prefix``.
    engine : {"duckdb", "spark"}, optional
        Who reads a collection, such as one beyond one machine.

    Returns
    -------
    Opened or pyarrow.Table
        For :func:`read_records`. All rows of a simulation are invented.

    Raises
    ------
    DisclosureError
        If nothing can be read.
    CollectionError
        If the collection is damaged or of another schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(place)
    if "://" in str(place) or (folder / MANIFEST).exists() or any(folder.glob("period=*")):
        return Opened(place, engine)
    source = folder / TRUTH_FILE if folder.is_dir() else folder
    try:
        table = pq.ParquetFile(source).read()
    except (OSError, pa.ArrowException, ValueError) as error:
        expected = "expected a collection, the folder of a simulation, or a Parquet file"
        raise DisclosureError(
            "There are no contributions to read. Nothing was published.",
            [Problem("collection", f"{expected} ({type(error).__name__})")],
        ) from None
    if source.name == TRUTH_FILE and "synthetic" not in table.column_names:
        return table.append_column("synthetic", pa.array([True] * table.num_rows))
    return table


def private_folder(collection: str) -> Path:
    """
    Where the history of a collection's releases is kept: beside it.

    Raises
    ------
    DisclosureError
        If the collection is not in a folder, so that nothing is beside it.
    """
    if "://" in collection:
        raise DisclosureError(
            "The private state of releases is kept in a folder. Nothing was published.",
            [Problem("private", "name a folder for a collection on object storage: --private")],
        )
    place = Path(collection).absolute()
    return place.with_name(f"{place.name}-disclosure")


def read_records(contributions: Any, plan: Plan, policy: Policy, quarter: str) -> Records:
    """
    Check contributions and keep those that a release may use.

    Parameters
    ----------
    contributions : Opened, pyarrow.Table, or mapping of str to array
        One row for each contribution: the columns ``PROFILE``, where dimensions may hold
        leaf or group codes or null; a column for each category and any of ``overall``, the
        modules and the requirements. Levels are 1 to 5, 0 for unanswered and -1 for not
        applicable; null is unanswered, and scores are rounded down. Levels of the whole
        and of modules are computed where their column is missing. ``is_verified`` says
        which may count, all if it is missing; ``synthetic``, which are invented.
    quarter : str
        Quarter of the release. Contributions of the last ``age_months`` before its
        end, and older ones than ``window_months`` before that, are left out, and so
        are editions that the plan does not have.

    Raises
    ------
    DisclosureError
        If a column is missing or holds what it should not. Values are not repeated.
    """
    window = policy.window(quarter)
    is_opened = isinstance(contributions, Opened)
    tables = contributions.tables(window) if is_opened else [contributions]
    problems: dict[str, Problem] = {}
    pieces: list[dict[str, Any]] = []
    for table in tables:
        if is_opened and contributions.engine and OVERALL not in table.column_names:
            pieces = [{**piece, **_with_names(piece, table)} for piece in pieces]
            continue
        piece = _Piece(table, plan)
        problems |= {problem.where: problem for problem in piece.problems}
        if not problems:
            pieces.append(piece.kept(window, any_origin=policy.count_unverified))
    if problems:
        raise DisclosureError(_INVALID, list(problems.values()))
    return _joined(pieces)


class _Piece:
    """The columns of one table of contributions, and what is wrong with them."""

    def __init__(self, table: Any, plan: Plan) -> None:
        self.plan, self.problems = plan, list[Problem]()
        self.table = _as_table(table)
        missing = {*PROFILE, *plan.categories} - {"assessor", *self.table.column_names}
        if missing:
            found = [Problem(name, "the column is missing") for name in sorted(missing)]
            raise DisclosureError(_INVALID, found)
        self.coded = {name: self._coded(name) for name in PROFILE}
        self.codes = {d: self._codes(d) for d in DIMENSIONS}
        self.quarter = self._quarters()
        self.levels = self._all_levels()
        for name in _NEEDED:
            if np.any(self.coded[name][0] < 0):
                self._refuse(name, "empty cells; expected a value in every row")

    def _refuse(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))

    def _coded(self, name: str) -> tuple[NDArray[np.int64], list[Any]]:
        """Values of a column as codes (-1: null or empty) and the value of each code."""
        import pyarrow as pa

        if name not in self.table.column_names:
            return np.full(self.table.num_rows, -1, np.int64), []
        column = self.table.column(name)
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        values = column.dictionary.to_pylist()
        if not all(isinstance(v, str) or v is None for v in values):
            raise DisclosureError(_INVALID, [Problem(name, "expected text")])
        codes = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        own = np.array([place if v else -1 for place, v in enumerate(values)] + [-1], np.int64)
        return own[codes], values

    def _codes(self, dimension: str) -> NDArray[np.int16]:
        places = {code: i for i, code in enumerate(self.plan.codes[dimension])}
        indices, values = self.coded[dimension]
        found, n_bad = [], 0
        for value in values:
            try:
                code = published_code(self.plan, dimension, value)
            except PkimmError:
                code, n_bad = None, n_bad + 1
            found.append(-1 if code is None else places[code])
        if dimension == "assurance":
            n_bad = sum(value not in ASSURANCE_STRENGTH for value in values if value)
        if n_bad:
            self._refuse(dimension, f"{n_bad} value(s) are not in the coded list")
        return np.asarray(np.array([*found, -1], np.int16)[indices])

    def _quarters(self) -> NDArray[np.int32]:
        indices, values = self.coded["quarter"]
        if not all(is_quarter(value) for value in values if value):
            self._refuse("quarter", "expected quarters such as 2026Q3")
        numbers = [ordinal(value) if is_quarter(value or "") else 0 for value in values]
        return np.asarray(np.array([*numbers, 0], np.int32)[indices])

    def _all_levels(self) -> dict[str, NDArray[np.int8]]:
        stated = [m for m in self.plan.all_measures if m in self.table.column_names]
        scores = {measure: self._scores(measure) for measure in stated}
        for measure in (OVERALL, *self.plan.modules):
            if measure not in scores and not self.problems:
                scores[measure] = self._mean(scores, "" if measure == OVERALL else f"{measure}.")
        return {m: np.floor(column + 1e-9).astype(np.int8) for m, column in scores.items()}

    def _scores(self, measure: str) -> NDArray[Any]:
        """Levels, or scores, of a measure; 0 where there is none."""
        import pyarrow as pa

        column = self.table.column(measure)
        kind = pa.int8() if pa.types.is_integer(column.type) else pa.float64()
        try:
            values = np.nan_to_num(column.cast(kind).fill_null(0).to_numpy(), posinf=9)
        except (pa.ArrowException, ValueError):
            values = np.full(1, 9)
        if len(values) and (values.min() < -1 or values.max() > 5):
            self._refuse(measure, "expected levels from -1 to 5")
            return np.zeros(self.table.num_rows, np.int8)
        return np.asarray(values)

    def _mean(self, scores: Mapping[str, NDArray[Any]], inside: str) -> NDArray[np.float64]:
        """Mean of some categories, by the weights of each row's edition; 0 where there is none."""
        keys = [key for key in self.plan.categories if key.startswith(inside)]
        matrix = np.stack([scores[key].astype(float) for key in keys], axis=1)
        mean = np.zeros(len(matrix))
        for place, version in enumerate(self.plan.editions):
            known = shipped_model(version).categories
            weights = np.array([known[k].weight if k in known else 0 for k in keys], float)
            rows = self.codes["edition"] == place
            weight = np.where(matrix[rows] > 0, weights, 0)
            total = weight.sum(axis=1)
            mean[rows] = (weight * matrix[rows]).sum(axis=1) / np.maximum(total, 1e-9)
        return mean

    def _flags(self, name: str, *, otherwise: bool) -> NDArray[np.bool_]:
        if name not in self.table.column_names:
            return np.full(self.table.num_rows, otherwise)
        return np.array([value is True for value in self.table.column(name).to_pylist()], bool)

    def kept(self, window: range, *, any_origin: bool) -> dict[str, Any]:
        """Columns of those rows that a release may use, and what all rows say."""
        kept = (self.quarter >= window[0]) & (self.quarter <= window[-1])
        kept &= self.codes["edition"] >= 0
        if not any_origin:
            kept &= self._flags("is_verified", otherwise=True)
        rows = np.flatnonzero(kept)
        invented = self._flags("synthetic", otherwise=False)
        tags = {name: tags_of(name, self.coded[name][1]) for name in PSEUDONYMS}
        tags["alone"] = tags_of("alone", self.coded["org"][1])
        own = {name: self.coded[name][0][rows] for name in (*PSEUDONYMS, "assurance")}
        strength = [ASSURANCE_STRENGTH.get(a, 0) for a in self.coded["assurance"][1]]
        alone = np.append(tags["alone"], np.uint64(0))[own["org"]]
        parent = np.append(tags["parent"], np.uint64(0))[own["parent"]]
        return {
            "org": tags["org"][own["org"]],
            "parent": np.where(own["parent"] < 0, alone, parent),
            "assessor": np.append(tags["assessor"], np.uint64(0))[own["assessor"]],
            "strength": np.array([*strength, 0], np.int8)[own["assurance"]],
            "quarter": self.quarter[rows],
            "codes": {d: column[rows] for d, column in self.codes.items()},
            "levels": {m: column[rows] for m, column in self.levels.items()},
            "pseudonyms": np.concatenate(list(tags.values())),
            "synthetic": bool(invented.any()),
            "genuine": bool((~invented).any()),
        }


def _with_names(piece: dict[str, Any], table: Any) -> dict[str, Any]:
    """Return what rows say that an engine left out: their pseudonyms, and whether invented."""
    names = {kind: table.column(kind).unique().drop_null().to_pylist() for kind in PSEUDONYMS}
    tags = [tags_of(kind, found) for kind, found in names.items()]
    invented = set(table.column("synthetic").to_pylist())
    return {
        "pseudonyms": np.concatenate([piece["pseudonyms"], *tags, tags_of("alone", names["org"])]),
        "synthetic": True in invented,
        "genuine": bool(invented - {True}),
    }


def _as_table(table: Any) -> Any:
    import pyarrow as pa

    try:
        if not isinstance(table, pa.Table):
            table = pa.table({k: pa.array(v, from_pandas=True) for k, v in table.items()})
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        what = f"columns of different lengths or of mixed kinds ({type(error).__name__})"
        raise DisclosureError(
            "Expected a table or its columns. Nothing was published.", [Problem("", what)]
        ) from None
    twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    if twice:
        found = [Problem(name, "the column is there twice") for name in twice]
        raise DisclosureError(_INVALID, found)
    return table


def _joined(pieces: list[dict[str, Any]]) -> Records:
    """Put pieces behind each other, most preferred first, one column at a time."""
    if not pieces:
        raise DisclosureError("There are no contributions. Nothing was published.")

    def take(name: str, part: str = "") -> NDArray[Any]:
        return np.concatenate([(p[part] if part else p).pop(name) for p in pieces])

    quarter, org = take("quarter"), take("org")
    measures = list(pieces[0]["levels"])
    levels = {m: take(m, "levels") for m in measures}
    order = np.lexsort((_record_tags(levels), org, -take("strength"), -quarter))
    parent = _newest_parents(take("parent"), org, order)
    codes = {d: take(d, "codes")[order] for d in DIMENSIONS}
    first = _first_of_each(parent, codes)
    kept = order[first]
    return Records(
        parent=parent[first],
        assessor=take("assessor")[kept],
        codes={d: column[first] for d, column in codes.items()},
        quarter=quarter[kept],
        levels={m: levels.pop(m)[kept] for m in measures},
        pseudonyms=np.unique(take("pseudonyms")),
        synthetic=any(piece["synthetic"] for piece in pieces),
        genuine=any(piece["genuine"] for piece in pieces),
    )


def _record_tags(levels: Mapping[str, NDArray[np.int8]]) -> NDArray[np.uint64]:
    """Hash of all levels of each record, which decides between equals."""
    total = np.zeros(len(next(iter(levels.values()))), np.uint64)
    for measure, column in levels.items():
        factor = int(tags_of("measure", [measure])[0]) | 1
        total += np.maximum(column, 0).astype(np.uint64) * np.uint64(factor)
    total ^= total >> np.uint64(31)
    total *= np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(total ^ (total >> np.uint64(29)))


def _newest_parents(
    parents: NDArray[np.uint64], orgs: NDArray[np.uint64], order: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """
    Parent of each record in some order: that of its organization's most preferred one.

    Whoever was bought, or did not name its parent before, would count twice.
    """
    first, place = np.unique(orgs[order], return_index=True, return_inverse=True)[1:]
    return np.asarray(parents[order][first][place])


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
