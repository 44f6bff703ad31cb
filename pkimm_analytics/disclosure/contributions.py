"""
Contributions of a collection, or the truth of a simulation, checked and brought in order.

Only verified contributions that are old enough and not too old are kept. An organization
whose parent changed, or was not stated before, counts as its newest parent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import pandas as pd

PROFILE = ("org", "parent", "assessor", *DIMENSIONS, "quarter")
"""Columns before those of the measures. ``assessor`` may be left out."""

TRUTH_FILE = "truth.parquet"
"""What a simulation writes beside its assessments; all of it is invented."""

_NEEDED = ("org", "quarter", "assurance", "edition")
_UNKNOWN = -2
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
    pieces, names, invented = list[_Piece](), list[NDArray[np.uint64]](), set[bool]()
    for table in map(_as_table, tables):
        invented |= {value is True for value in _column(table, "synthetic").unique().to_pylist()}
        if is_opened and contributions.engine and OVERALL not in table.column_names:
            texts = {name: _column(table, name).unique().to_pylist() for name in PSEUDONYMS}
            names += _tags(texts).values()
            continue
        piece = _Piece(table, plan)
        problems |= piece.problems
        if not problems:
            names += piece.tags.values()
            piece.keep(window, any_origin=policy.count_unverified)
            pieces.append(piece)
    if problems:
        raise DisclosureError(_INVALID, list(problems.values()))
    if not pieces:
        raise DisclosureError("There are no contributions. Nothing was published.")
    return _joined(pieces, np.unique(np.concatenate(names)), invented)


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


def _column(table: Any, name: str) -> Any:
    """Column of a table, or one of nulls if it is missing."""
    import pyarrow as pa

    if name in table.column_names:
        return table.column(name)
    return pa.chunked_array([pa.nulls(table.num_rows, pa.string())])


def _tags(texts: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.uint64]]:
    """Hash pseudonyms by kind, those of organizations without a parent, too."""
    found = {name: tags_of(name, texts[name]) for name in PSEUDONYMS}
    return {**found, "alone": tags_of("alone", texts["org"])}


class _Piece:
    """
    The columns of one table of contributions, and what is wrong with them.

    Texts are looked at once for each distinct value, then spread to the rows.
    """

    def __init__(self, table: Any, plan: Plan) -> None:
        self.table, self.plan = table, plan
        self.problems: dict[str, Problem] = {}
        missing = {*PROFILE, *plan.categories} - {"assessor", *table.column_names}
        if missing:
            found = [Problem(name, "the column is missing") for name in sorted(missing)]
            raise DisclosureError(_INVALID, found)
        coded = {name: self._coded(name) for name in PROFILE}
        self.places = {name: places for name, (places, _) in coded.items()}
        self.texts = {name: texts for name, (_, texts) in coded.items()}
        self.tags = _tags(self.texts)
        self.keys = self._keys()
        self.levels = self._all_levels()
        for name in _NEEDED:
            if np.any(self.places[name] < 0):
                self._refuse(name, "empty cells; expected a value in every row")

    def _refuse(self, where: str, message: str) -> None:
        self.problems[where] = Problem(where, message)

    def _coded(self, name: str) -> tuple[NDArray[np.int64], list[Any]]:
        """Place of each row's text in a list of them; -1 where it is null or empty."""
        import pyarrow as pa

        column = _column(self.table, name)
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        texts = column.dictionary.to_pylist()
        if not all(isinstance(text, str) or text is None for text in texts):
            raise DisclosureError(_INVALID, [Problem(name, "expected text")])
        own = np.array([place if text else -1 for place, text in enumerate(texts)] + [-1], np.int64)
        return own[column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)], texts

    def _spread(self, name: str, values: Iterable[Any], otherwise: int, kind: Any) -> NDArray[Any]:
        """Give each row the value that belongs to its text."""
        return np.append(np.array([*values], kind), kind(otherwise))[self.places[name]]

    def _keys(self) -> pd.DataFrame:
        """Tabulate what orders the records and tells them apart."""
        import pandas as pd

        tags = {n: self._spread(n, self.tags[n], 0, np.uint64) for n in PSEUDONYMS}
        alone = self._spread("org", self.tags["alone"], 0, np.uint64)
        strength = [ASSURANCE_STRENGTH.get(text, 0) for text in self.texts["assurance"]]
        quarters = [ordinal(q) if is_quarter(q or "") else -1 for q in self.texts["quarter"]]
        keys = {
            **tags,
            "parent": np.where(self.places["parent"] < 0, alone, tags["parent"]),
            "strength": self._spread("assurance", strength, 0, np.int8),
            "quarter": self._spread("quarter", quarters, 0, np.int32),
        }
        if np.any(keys["quarter"] < 0):
            self._refuse("quarter", "expected quarters such as 2026Q3")
        for dimension in DIMENSIONS:
            codes = [self._code(dimension, text) for text in self.texts[dimension]]
            keys[dimension] = self._spread(dimension, codes, -1, np.int16)
            n_unknown = len(np.unique(self.places[dimension][keys[dimension] == _UNKNOWN]))
            if n_unknown:
                self._refuse(dimension, f"{n_unknown} value(s) are not in the coded list")
        return pd.DataFrame(keys)

    def _code(self, dimension: str, text: str | None) -> int:
        """Place of a published code; -1 for one that is in no group."""
        try:
            code = published_code(self.plan, dimension, text)
        except PkimmError:
            return _UNKNOWN
        if dimension == "assurance" and text and text not in ASSURANCE_STRENGTH:
            return _UNKNOWN
        return -1 if code is None else self.plan.codes[dimension].index(code)

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
            rows = (self.keys["edition"] == place).to_numpy()
            weight = np.where(matrix[rows] > 0, weights, 0)
            total = weight.sum(axis=1)
            mean[rows] = (weight * matrix[rows]).sum(axis=1) / np.maximum(total, 1e-9)
        return mean

    def keep(self, window: range, *, any_origin: bool) -> None:
        """Forget the rows that a release may not use, and the table."""
        quarter, edition = (self.keys[name].to_numpy() for name in ("quarter", "edition"))
        kept = (quarter >= window[0]) & (quarter <= window[-1]) & (edition >= 0)
        if not any_origin and "is_verified" in self.table.column_names:
            verified = self.table.column("is_verified").to_pylist()
            kept &= np.array([value is True for value in verified], bool)
        rows = np.flatnonzero(kept)
        self.keys = self.keys.iloc[rows]
        self.levels = {measure: column[rows] for measure, column in self.levels.items()}
        del self.table, self.places, self.texts, self.tags


def _joined(
    pieces: Sequence[_Piece], pseudonyms: NDArray[np.uint64], invented: set[bool]
) -> Records:
    """
    Put pieces behind each other, most preferred first, one measure at a time.

    Whoever was bought, or did not name its parent before, would count twice: all records of
    an organization have the parent of its most preferred one. Of each parent and profile
    only the most preferred record counts anywhere.
    """
    import pandas as pd

    keys = pd.concat([piece.keys for piece in pieces], ignore_index=True)
    levels = {
        measure: np.concatenate([piece.levels.pop(measure) for piece in pieces])
        for measure in [*pieces[0].levels]
    }
    keys["levels"] = _record_tags(levels)
    order = {"quarter": False, "strength": False, "org": True, "levels": True}
    keys = keys.sort_values([*order], ascending=[*order.values()])
    keys["parent"] = keys.groupby("org")["parent"].transform("first")
    keys = keys.drop_duplicates(["parent", *DIMENSIONS])
    return Records(
        parent=keys["parent"].to_numpy(),
        assessor=keys["assessor"].to_numpy(),
        codes={d: keys[d].to_numpy() for d in DIMENSIONS},
        quarter=keys["quarter"].to_numpy(),
        levels={measure: levels.pop(measure)[keys.index] for measure in [*levels]},
        pseudonyms=pseudonyms,
        synthetic=True in invented,
        genuine=False in invented,
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
