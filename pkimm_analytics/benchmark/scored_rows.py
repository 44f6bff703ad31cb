"""
The rows of a collection with their exact scores: what internal statistics count.

Every row is scored by its own edition, in whole numbers, so that equal fractions are
equal values. A **support** lists the distinct scores of a measure in their order, and
each row has its place in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.benchmark.statistics import Floats
from pkimm_analytics.collection import PROFILE, Rows
from pkimm_analytics.collection.measures import COVERED
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.model import Category, Extension, Model
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model
from pkimm_analytics.scoring import NOT_APPLICABLE, Ratio, score_batch
from pkimm_analytics.tables import COVERAGE, OVERALL

PSEUDONYMS = ("parent", "org", "contribution")


@dataclass(frozen=True, eq=False)
class Support:
    """
    Distinct exact scores of one measure, ascending, and the place of each row.

    Parameters
    ----------
    numerators, denominators : ndarray of int64, shape (n_values,)
        Scores in lowest terms.
    values : ndarray of float64, shape (n_values,)
        The same as numbers.
    places : ndarray of int32, shape (n_rows,)
        -1 where a row has no score.
    """

    numerators: NDArray[np.int64]
    denominators: NDArray[np.int64]
    values: Floats
    places: NDArray[np.int32]

    def counts(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """How many of some rows have each of the values."""
        places = self.places[rows]
        found = np.bincount(places[places >= 0], minlength=len(self.values))
        return np.asarray(found, np.int64)

    @property
    def levels(self) -> NDArray[np.int64]:
        """Level of each value: rounded down, exactly."""
        return np.asarray(self.numerators // self.denominators)

    def compared(self, own: Fraction) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which values are below a score, and which are equal, decided exactly."""
        near = float(own)
        below, equal = self.values < near, np.zeros(len(self.values), bool)
        for place in np.flatnonzero(self.values == near):
            exact = Fraction(int(self.numerators[place]), int(self.denominators[place]))
            below[place], equal[place] = exact < own, exact == own
        return below, equal


def make_support(numerators: NDArray[np.int64], denominators: NDArray[np.int64]) -> Support:
    """
    Sort scores exactly.

    Parameters
    ----------
    numerators, denominators : ndarray of int64, shape (n_rows,)
        A denominator of 0 means no score. Both below 2**53.

    Examples
    --------
    >>> make_support(np.array([6, 3, 7, 0]), np.array([2, 1, 2, 0])).places.tolist()
    [0, 0, 1, -1]
    """
    has = denominators > 0
    divisor = np.gcd(numerators[has], denominators[has])
    pairs = np.stack([numerators[has] // divisor, denominators[has] // divisor], axis=1)
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    values = distinct[:, 0] / np.maximum(distinct[:, 1], 1)
    order = _exact_order(distinct, values)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    places = np.full(len(numerators), -1, np.int32)
    places[has] = rank[inverse.reshape(-1)]
    return Support(distinct[order, 0], distinct[order, 1], values[order], places)


def _exact_order(pairs: NDArray[np.int64], values: Floats) -> NDArray[np.intp]:
    """Order of fractions; a correctly rounded quotient never reverses one, but may tie."""
    order = np.argsort(values, kind="stable")
    ties = np.flatnonzero(np.diff(values[order]) == 0)
    done = -1
    for first in ties.tolist():
        if first <= done:
            continue
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        run = order[first : last + 1].tolist()
        run.sort(key=lambda i: Fraction(int(pairs[i, 0]), int(pairs[i, 1])))
        order[first : last + 1] = run
        done = last
    return order


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """
    Rows, the most preferred first: newest quarter, stronger assurance, then pseudonym.

    Parameters
    ----------
    profile : mapping of str to ndarray of int
        By column of :data:`PROFILE`: place of the value in `values`; -1 where not stated.
    values : mapping of str to tuple of str
    parent : ndarray of int, shape (n_rows,)
        Ultimate parent, or the organization itself, as a number.
    scores : mapping of str to Support
        Overall, modules and categories.
    answers : mapping of str to ndarray of int8
        Levels of requirements, and of relevance such as ``pqc:G.compliance``.
    extensions : mapping of str to ndarray of float64
        Score of each extension, by its id; NaN where there is none.
    """

    profile: Mapping[str, NDArray[np.int32]]
    values: Mapping[str, tuple[str, ...]]
    parent: NDArray[np.int64]
    scores: Mapping[str, Support]
    answers: Mapping[str, NDArray[np.int8]]
    extensions: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.parent)


def read_scored_rows(contributions: Rows, edition: str | None = None) -> ScoredRows:
    """
    Score all rows of a collection that was opened for it.

    Memory grows with the rows: about 600 bytes for each.

    Parameters
    ----------
    edition : str, optional
        Score all rows with the weights of this edition, over the elements that all
        editions share, so that rows of different editions compare like for like. Each
        row by its own edition if left out.
    """
    known = axis()
    measures = [OVERALL, "G", "M", "O", "R", *known.categories]
    parts: dict[str, list[NDArray[Any]]] = {}
    values: dict[str, dict[str, int]] = {name: {} for name in (*PROFILE, *PSEUDONYMS)}

    def keep(name: str, column: NDArray[Any]) -> None:
        parts.setdefault(name, []).append(column)

    for table in contributions.tables():
        for name in (*PROFILE, *PSEUDONYMS):
            keep(name, _numbered(table.column(name), values[name]))
        for name in (*known.requirements, *known.relevance):
            keep(name, table.column(name).to_numpy())
        for name, (numerator, denominator) in _ratios(table, measures, edition).items():
            enough: Any = 1
            if name in COVERED:  # a whole that rests on too few answers is no score
                enough = table.column(COVERAGE + name).to_numpy() >= least_coverage()
            keep(f"{name}/n", numerator)
            keep(f"{name}/d", denominator * enough)
        for name, column in extension_scores(table, edition).items():
            keep(f"{name}/score", column)
    found = {name: np.concatenate(columns) for name, columns in parts.items()}
    order = _preference(found, values) if found else np.zeros(0, np.intp)

    def take(name: str, kind: Any) -> NDArray[Any]:
        return np.asarray(found[name][order]) if name in found else np.zeros(0, kind)

    return ScoredRows(
        profile={name: take(name, np.int32) for name in PROFILE},
        values={name: tuple(values[name]) for name in PROFILE},
        parent=_parents(take("parent", np.int32), take("org", np.int32), len(values["parent"])),
        scores={
            m: make_support(take(f"{m}/n", np.int64), take(f"{m}/d", np.int64)) for m in measures
        },
        answers={n: take(n, np.int8) for n in (*known.requirements, *known.relevance)},
        extensions={n: take(f"{n}/score", np.float64) for n in known.extensions},
    )


def _numbered(column: Any, seen: dict[str, int]) -> NDArray[np.int32]:
    """Give each text of a column its number, the same in all tables; -1 where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    found = []
    for chunk in column.chunks:
        numbers = [seen.setdefault(v, len(seen)) for v in chunk.dictionary.to_pylist()]
        places = chunk.indices.fill_null(-1).to_numpy()
        found.append(np.array([*numbers, -1], np.int32)[places])
    return np.concatenate(found) if found else np.zeros(0, np.int32)


def _parents(
    parent: NDArray[np.int32], org: NDArray[np.int32], n_parents: int
) -> NDArray[np.int64]:
    """One number for each ultimate parent; an organization without one is its own."""
    return np.where(parent >= 0, parent, org.astype(np.int64) + n_parents)


def _preference(
    found: Mapping[str, NDArray[Any]], values: Mapping[str, dict[str, int]]
) -> NDArray[np.intp]:
    """Order of the rows, the most preferred first."""

    def ranks(name: str) -> NDArray[np.int64]:
        names = list(values[name])
        rank = np.zeros(len(names) + 1, np.int64)
        rank[np.argsort(np.array(names, object))] = np.arange(len(names))
        rank[-1] = -1
        return np.asarray(rank[found[name]])

    strength = np.array([*(ASSURANCE_STRENGTH.get(a, 0) for a in values["assurance"]), 0])
    keys = (ranks("contribution"), ranks("org"), -strength[found["assurance"]], -ranks("quarter"))
    return np.lexsort(keys)


# --- scores ------------------------------------------------------------------------------


def shared_by_all() -> frozenset[str]:
    """Element keys that every edition has."""
    return frozenset.intersection(*(shipped_model(v).keys for v in axis().digests.values()))


def _editions(table: Any, edition: str | None) -> Iterator[tuple[Model, bool, NDArray[np.intp]]]:
    """Rows that are scored by one edition, and whether their requirements were rated."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = axis().digests
    parts = [([d], v) for d, v in known.items()] if edition is None else [(list(known), edition)]
    for digests, version in parts:
        inside = pc.is_in(table.column("digest"), value_set=pa.array(digests))
        for mode in ("full", "self"):
            chosen = pc.and_(inside, pc.equal(table.column("mode"), mode))
            rows = np.flatnonzero(chosen.fill_null(False).to_numpy())  # noqa: FBT003  # Arrow's
            if len(rows):
                yield shipped_model(version), mode == "full", rows


def _codes(
    table: Any, keys: Sequence[str], rows: NDArray[np.intp], edition: str | None
) -> NDArray[np.int8]:
    """Answers as codes; like for like, what not all editions have does not apply."""
    codes = np.stack([table.column(key).to_numpy()[rows] for key in keys], axis=1)
    if edition is not None:
        shared = shared_by_all()
        codes[:, [key not in shared for key in keys]] = NOT_APPLICABLE
    return codes


def _ratios(
    table: Any, measures: Sequence[str], edition: str | None
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    found = {m: np.zeros((2, table.num_rows), np.int64) for m in measures}
    for model, full, rows in _editions(table, edition):
        batch = score_batch(
            model,
            requirements=_codes(table, list(model.requirements), rows, edition) if full else None,
            categories=_codes(table, list(model.categories), rows, edition),
        )
        for name, ratio in {OVERALL: batch.overall, **batch.modules, **batch.categories}.items():
            found[name][0, rows] = ratio.numerator
            found[name][1, rows] = ratio.denominator
    return {name: (pair[0], pair[1]) for name, pair in found.items()}


def extension_scores(table: Any, edition: str | None = None) -> dict[str, Floats]:
    """Score every extension of every row; see :func:`.scoring.score_extension`."""
    import pyarrow.compute as pc

    found = {name: np.full(table.num_rows, np.nan) for name in axis().extensions}
    for extension in shipped_extensions():
        stated = pc.equal(table.column(extension.id), extension.version)
        using = stated.fill_null(False).to_numpy()  # noqa: FBT003  # Arrow's signature
        if not using.any():
            continue
        for model, full, rows in _editions(table, edition):
            some = rows[using[rows]]
            if len(some):
                requirements = _codes(table, list(model.requirements), some, edition)
                categories = _codes(table, list(model.categories), some, edition)
                relevance = {
                    key: np.maximum(table.column(f"{extension.id}:{key}").to_numpy()[some], 0)
                    for key in extension.relevance
                }
                found[extension.id][some] = _one_extension(
                    extension, model, requirements if full else None, categories, relevance
                )
    return found


def _one_extension(
    extension: Extension,
    model: Model,
    requirements: NDArray[np.int8] | None,
    categories: NDArray[np.int8],
    relevance: Mapping[str, NDArray[np.int8]],
) -> Floats:
    overlaid, sums, weights = _overlaid(extension, model)
    batch = score_batch(overlaid, requirements=requirements, categories=categories)
    points, total = np.zeros(len(categories)), np.zeros(len(categories))
    for key, level in batch.categories.items():
        blended = level.score
        if key in relevance:
            asked = extension.relevance[key]
            blended = _blended(level, relevance[key], sums[key], asked.weight)
        has = ~np.isnan(blended)
        points += np.where(has, blended, 0) * float(weights[key])
        total += has * float(weights[key])
    return np.where(total > 0, points / np.where(total > 0, total, 1), np.nan)


def _blended(level: Ratio, answers: NDArray[np.int8], weight: Fraction, relevance: int) -> Floats:
    """Mean of category level and relevance; without a rated relevance, the level alone."""
    asked = np.where(answers > 0, float(relevance), 0.0)
    return (level.score * float(weight) + answers * asked) / (float(weight) + asked)


def _overlaid(
    extension: Extension, model: Model
) -> tuple[Model, dict[str, Fraction], dict[str, Fraction]]:
    """Model with overlaid requirement weights, their sums, and overlaid category weights."""

    def weight(key: str, plain: int) -> Fraction:
        overlay = extension.overlays.get(key)
        return overlay.apply(Fraction(plain)) if overlay else Fraction(plain)

    def changed(category: Category) -> Category:
        weights = [weight(r.key, r.weight) for r in category.requirements]
        scale = math.lcm(*(w.denominator for w in weights), 1)
        requirements = tuple(
            replace(r, weight=int(w * scale))
            for r, w in zip(category.requirements, weights, strict=True)
        )
        return replace(category, requirements=requirements)

    modules = tuple(
        replace(m, categories=tuple(changed(c) for c in m.categories)) for m in model.modules
    )
    sums = {
        key: sum((weight(r.key, r.weight) for r in c.requirements), Fraction(0))
        for key, c in model.categories.items()
    }
    own = {key: weight(key, c.weight) for key, c in model.categories.items()}
    return replace(model, modules=modules), sums, own
