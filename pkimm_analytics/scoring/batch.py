"""
Scores of many assessments of one edition, from arrays of answer codes.

A category's score is a fraction of two small whole numbers. One matrix product adds up
both for all categories, packed into one number, and that number is looked up in a table
of scores, levels and points. Points are scores brought to a common denominator: whole
numbers, whose weighted sums give modules and the whole exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import Model

NOT_APPLICABLE = -1
UNANSWERED = 0

Unanswered = Literal["excluded", "zero"]
Codes = NDArray[np.int8]

BLOCK = 4_096
"""Rows scored at a time, so that what is worked on stays in the processor's cache."""
PRODUCT = 128
"""Rows of one matrix product: too few for its library to start threads, which cost more."""
LARGEST_TABLE = 2**20
"""Sums that a table is made of beforehand; an edition with larger weights gets its own ones."""


@dataclass(frozen=True, eq=False, slots=True)
class Ratio:
    """
    Exact scores of one element as fractions, one per row.

    Parameters
    ----------
    score : ndarray of float64
        NaN where there is nothing to score.
    level : ndarray of int8
        Scores rounded down, exactly; 0 where there is nothing to score.
    """

    score: NDArray[np.float64]
    level: NDArray[np.int8]
    _batch: BatchScores = field(repr=False)
    _place: tuple[int, int] = field(repr=False)

    @property
    def numerator(self) -> NDArray[Any]:
        """Whole numbers above the line."""
        return self._exact(0)

    @property
    def denominator(self) -> NDArray[Any]:
        """Whole numbers below the line; 0 where there is nothing to score."""
        return self._exact(1)

    @property
    def has_score(self) -> NDArray[np.bool_]:
        """Whether there is a score."""
        return ~np.isnan(self.score)

    def fraction(self, row: int = 0) -> Fraction | None:
        """Exact score of one row, None where there is nothing to score."""
        below = int(self.denominator[row])
        return Fraction(int(self.numerator[row]), below) if below else None

    def _exact(self, side: int) -> NDArray[Any]:
        part, column = self._place
        return self._batch.exact[part][side][:, column]


class BatchScores:
    """Scores of many assessments of one edition, from :func:`score_batch`."""

    def __init__(
        self, model: Model, requirements: Codes | None, categories: Codes | None, *, above: int
    ) -> None:
        self._model, self._above = model, above
        self._requirements, self._categories = requirements, categories
        self._n = _rows(model, requirements, categories)
        self._weights = _weights(
            tuple(
                tuple((c.weight, tuple(r.weight for r in c.requirements)) for c in m.categories)
                for m in model.modules
            )
        )
        widths = self._weights.totals.shape
        self._scores = [np.empty((self._n, width)) for width in widths]
        self._levels = [np.empty((self._n, width), np.int8) for width in widths]
        for rows in self._blocks():
            self._look_up(rows)

    @cached_property
    def categories(self) -> Mapping[str, Ratio]:
        """Scores by element key, in the order of the model."""
        return {key: self._ratio(0, column) for column, key in enumerate(self._model.categories)}

    @cached_property
    def modules(self) -> Mapping[str, Ratio]:
        """Scores by element key, in the order of the model."""
        return {m.id: self._ratio(1, column) for column, m in enumerate(self._model.modules)}

    @cached_property
    def overall(self) -> Ratio:
        """Scores of the whole."""
        return self._ratio(1, -1)

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """1 rated, 0 unanswered, -1 not applicable; shape (n, n_categories)."""
        return np.where(self._in_scope(), self._scores[0] > 0, NOT_APPLICABLE).astype(np.int8)

    @cached_property
    def n_rated(self) -> NDArray[np.int32]:
        """Questions rated (requirements, or the category itself); shape (n, n_categories)."""
        return self._count(UNANSWERED) * self._in_scope()

    @cached_property
    def n_in_scope(self) -> NDArray[np.int32]:
        """Questions that apply; shape (n, n_categories)."""
        return self._count(NOT_APPLICABLE) * self._in_scope()

    @cached_property
    def exact(self) -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
        """Numerators and denominators: of categories, and of modules and the whole."""
        sums = np.concatenate([self._sums(rows) for rows in self._blocks()])
        return _unpacked(sums, self._weights.shift), self._totals(*self._table_of(sums))

    def _ratio(self, part: int, column: int) -> Ratio:
        score, level = self._scores[part][:, column], self._levels[part][:, column]
        return Ratio(score, level, self, (part, column))

    def _blocks(self) -> Iterator[slice]:
        step = BLOCK if self._weights.table else max(self._n, 1)
        return (slice(start, start + step) for start in range(0, max(self._n, 1), step))

    # --- answers to sums -----------------------------------------------------------

    def _sums(self, rows: slice) -> NDArray[Any]:
        """Packed sums of the answers that count, or the level given by hand."""
        one = 1 << self._weights.shift
        hand = None if self._categories is None else self._categories[rows].astype(np.intp)
        if self._requirements is None:
            assert hand is not None  # noqa: S101  # _rows has seen to it
            return np.asarray((np.maximum(hand, 0) + one) * (hand > self._above))
        answers = np.ascontiguousarray(self._requirements[rows])
        sums = _product(_packed(answers, one, self._above), self._weights.requirements)
        sums = sums if sums.dtype == object else sums.astype(np.intp)
        if hand is None:
            return sums
        is_by_hand = (hand > 0) & (sums & (one - 1) == 0)
        return np.where(is_by_hand, hand + one, sums) * self._in_scope(rows)

    def _in_scope(self, rows: slice = slice(None)) -> NDArray[np.bool_]:
        """Whether a category applies: not taken out, and something in it applies."""
        applies = self._count(NOT_APPLICABLE, rows) > 0
        return applies if self._categories is None else applies & (self._categories[rows] >= 0)

    def _count(self, above: int, rows: slice = slice(None)) -> NDArray[np.int32]:
        """Count the questions of each category whose answer is above a code."""
        by_hand = None if self._categories is None else self._categories[rows] > above
        if self._requirements is None:
            return np.asarray(by_hand, np.int32)
        belongs = self._weights.belongs
        n_above = _product(self._requirements[rows] > above, belongs).astype(np.int32)
        is_question = ~belongs.any(axis=0)  # a category without requirements is one itself
        return n_above if by_hand is None else np.where(is_question, by_hand, n_above)

    # --- sums to scores ------------------------------------------------------------

    def _look_up(self, rows: slice) -> None:
        """Find the scores of some rows, and add them up to modules and the whole."""
        table, places = self._table_of(self._sums(rows))
        self._scores[0][rows] = table.score[places]
        self._levels[0][rows] = table.level[places]
        above, below = self._totals(table, places)
        is_nothing = below == 0
        below += is_nothing
        score = (above / below).astype(np.float64, copy=False)
        self._levels[1][rows] = score if above.dtype == np.float64 else above // below
        score[is_nothing] = np.nan
        self._scores[1][rows] = score

    def _table_of(self, sums: NDArray[Any]) -> tuple[_Table, NDArray[np.intp]]:
        """Return the table with all of the sums, and their places in it."""
        if self._weights.table is not None:
            return self._weights.table, sums
        every, places = np.unique(sums, return_inverse=True)
        return _table(every, self._weights), places.reshape(sums.shape)

    def _totals(self, table: _Table, places: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Numerators and denominators of modules and the whole."""
        weights = self._weights.totals.astype(table.points.dtype)
        above, below = _unpacked(table.points[places] @ weights, table.shift)
        return above, below * table.common


def score_batch(
    model: Model,
    *,
    requirements: Codes | None = None,
    categories: Codes | None = None,
    unanswered: Unanswered = "excluded",
) -> BatchScores:
    """
    Score many assessments of one edition at once.

    Parameters
    ----------
    model : Model
        Edition of all rows.
    requirements : ndarray of int8, shape (n, n_requirements), optional
        1 to 5 rated, 0 unanswered, -1 not applicable; columns in the order of
        ``model.requirements``. Leave it out for self-assessments.
    categories : ndarray of int8, shape (n, n_categories), optional
        Levels given by hand, with the same codes. -1 takes the whole category out;
        a level counts only where no requirement of the category is rated.
    unanswered : {"excluded", "zero"}
        Leave unanswered items out (ours), or count them as 0 with their weight (the
        convention of the official full workbook).

    Returns
    -------
    BatchScores
        Of the arrays as they are; it reads them again when counts are asked for.

    Raises
    ------
    AssessmentError
        If a shape does not fit the edition or a code is none of -1 to 5.
    """
    above = UNANSWERED if unanswered == "excluded" else NOT_APPLICABLE
    return BatchScores(model, requirements, categories, above=above)


def _rows(model: Model, requirements: Codes | None, categories: Codes | None) -> int:
    expected = {"requirements": len(model.requirements), "categories": len(model.categories)}
    n = None
    for name, codes in (("requirements", requirements), ("categories", categories)):
        if codes is None:
            continue
        if codes.ndim != 2 or codes.shape[1] != expected[name] or n not in (None, len(codes)):
            raise AssessmentError(
                f"{name} must have the shape (n, {expected[name]}) for {model.edition}."
            )
        if codes.size and (codes.min() < NOT_APPLICABLE or codes.max() > 5):
            raise AssessmentError(f"{name} may only hold -1, 0 and the levels 1 to 5.")
        n = len(codes)
    if n is None:
        raise AssessmentError("There are neither requirements nor categories to score.")
    return n


# --- the edition in numbers --------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """
    What packed sums of a category stand for.

    Parameters
    ----------
    score, level : ndarray
    points : ndarray
        Score x `common` + 2**`shift`, a whole number; 0 where there is no score. The
        weighted sum over categories packs numerator and weight again.
    """

    score: NDArray[np.float64]
    level: NDArray[np.int8]
    points: NDArray[Any]
    common: int
    shift: int


@dataclass(frozen=True, eq=False, slots=True)
class _Weights:
    """
    The weights of an edition as matrices.

    Parameters
    ----------
    shift : int
        A packed sum is numerator + 2**shift x denominator.
    requirements, belongs : ndarray, shape (n_requirements, n_categories)
        Weight of each requirement in its category, and 1 instead of the weight.
    totals : ndarray, shape (n_categories, n_modules + 1)
        Weight of each category in its module and in the whole.
    table : _Table, optional
        Of every possible sum; None where that would be too large.
    """

    shift: int
    requirements: NDArray[Any]
    belongs: NDArray[np.float32]
    totals: NDArray[Any]
    table: _Table | None = None


@lru_cache(maxsize=64)
def _weights(modules: tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]) -> _Weights:
    """Matrices of an edition: by module, the weight of each category and its requirements."""
    rows = [(m, *category) for m, module in enumerate(modules) for category in module]
    totals = np.zeros((len(rows), len(modules) + 1), object)
    requirements = np.zeros((sum(len(own) for *_, own in rows), len(rows)), object)
    belongs = np.zeros(requirements.shape, np.float32)
    first = 0
    for column, (module, weight, own) in enumerate(rows):
        inside = slice(first, first := first + len(own))
        requirements[inside, column], belongs[inside, column] = own, 1
        totals[column, [module, -1]] = weight
    largest = max(1, *requirements.sum(axis=0))
    shift = (5 * largest).bit_length()
    n_sums = (largest + 1) << shift
    kind = np.float32 if n_sums < 2**24 else np.float64 if n_sums < 2**53 else object
    weights = _Weights(shift, requirements.astype(kind), belongs, totals)
    if n_sums > LARGEST_TABLE:
        return weights
    return replace(weights, table=_table(np.arange(n_sums), weights))


def _table(sums: NDArray[Any], weights: _Weights) -> _Table:
    above, below = _unpacked(sums, weights.shift)
    is_score = (below > 0) & (above <= 5 * below)  # others do not occur
    above, below = np.where(is_score, [above, below], [[0], [1]]).astype(object)
    common = math.lcm(*set(below))
    weight = sum(weights.totals[:, -1])
    shift = (5 * common * weight).bit_length()
    largest = (weight + 1) << shift
    kind = np.float64 if largest < 2**53 else np.int64 if largest < 2**63 else object
    return _Table(
        score=np.where(is_score, above / below, np.nan).astype(np.float64),
        level=(above // below).astype(np.int8),
        points=((above * (common // below) + (1 << shift)) * is_score).astype(kind),
        common=common,
        shift=shift,
    )


# --- arithmetic --------------------------------------------------------------------


def _packed(answers: Codes, one: int, above: int) -> NDArray[Any]:
    """Level + `one` of the answers above a code, 0 of the others."""
    if one <= 128:  # bytes: -1 wraps around, and is taken out as all that does not count
        packed = answers.view(np.uint8) + np.uint8(one)
    else:
        packed = np.maximum(answers, 0).astype(np.int64 if one < 2**60 else object) + one
    packed *= answers > above
    return packed


def _unpacked(packed: NDArray[Any], shift: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numerator and denominator of numerator + 2**shift x denominator."""
    is_float = packed.dtype == np.float64
    below = np.floor(packed * 0.5**shift) if is_float else packed >> shift
    return packed - below * 2**shift, below


def _product(values: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """Multiply rows of whole numbers with a matrix, few rows at a time."""
    n, width = values.shape
    n_products = -(-n // PRODUCT)
    rows = np.empty((n_products * PRODUCT, width), matrix.dtype)
    rows[:n], rows[n:] = values, 0
    products = np.matmul(rows.reshape(n_products, PRODUCT, width), matrix)
    return np.asarray(products.reshape(-1, matrix.shape[1])[:n])
