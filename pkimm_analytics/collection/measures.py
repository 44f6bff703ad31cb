"""
Measures of a contribution, and the column that holds the code of each.

Answers are measures as they were given: requirements, and relevance such as
``pqc:G.compliance``. Categories, the modules G, M, O and R, and ``overall`` are scored,
each row by its own edition, in whole numbers; their levels are stored beside the answers
(``level:overall``), and so is the coverage of the whole and of modules
(``coverage:overall``). A code is a level 1 to 5, 0 for nothing to count, or -1 for not
applicable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import Model
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.model.structure import MODULE_IDS
from pkimm_analytics.scoring import NOT_APPLICABLE, Codes, Ratio, score_batch
from pkimm_analytics.scoring.batch import BatchScores
from pkimm_analytics.tables import COVERAGE, DIMENSIONS, LEVEL, OVERALL

PROFILE = (*DIMENSIONS, "mode", "quarter")
"""Columns of few values, by which is counted."""

COVERED = (OVERALL, *MODULE_IDS)
"""Measures that rest on enough answers only where the coverage says so."""

_BLOCK = 32_768
"""Rows scored at a time, which bounds the memory."""


def scored_measures() -> tuple[str, ...]:
    """Measures that are scored: overall, modules, categories of all published editions."""
    return (OVERALL, *MODULE_IDS, *axis().categories)


def answer_measures() -> tuple[str, ...]:
    """Measures that are answers: requirements, then relevance of extensions."""
    return (*axis().requirements, *axis().relevance)


def check_measures(measures: Sequence[str]) -> None:
    """
    Refuse what is no measure.

    Raises
    ------
    CollectionError
        If there is none, one is unknown or one occurs twice. Names are not repeated.
    """
    known = {*scored_measures(), *answer_measures()}
    if not measures or set(measures) - known or len(set(measures)) != len(measures):
        raise CollectionError(
            "Expected different measures: overall, G, M, O, R, element keys, or relevance such"
            " as pqc:G.compliance."
        )


def column_of(measure: str) -> str:
    """Column that holds the codes of a measure."""
    return LEVEL + measure if measure in scored_measures() else measure


def with_levels(table: Any) -> Any:
    """Add the columns of levels and coverage to rows of answers."""
    import pyarrow as pa

    columns = {LEVEL + name: np.zeros(table.num_rows, np.int8) for name in scored_measures()}
    columns |= {COVERAGE + name: np.zeros(table.num_rows, np.int8) for name in COVERED}
    for model, rows, answers, by_hand in _editions(table):
        batch = score_batch(model, requirements=answers, categories=by_hand)
        share, in_scope = _rated_shares(model, answers, by_hand, batch)
        for name, ratio in _by_measure(batch).items():
            columns[LEVEL + name][rows] = ratio.level
        for place, name in enumerate(model.categories):
            columns[LEVEL + name][rows[~in_scope[:, place]]] = NOT_APPLICABLE
        for name, percent in _coverage(model, share, in_scope).items():
            columns[COVERAGE + name][rows] = percent
    for name, codes in columns.items():
        table = table.append_column(pa.field(name, pa.int8(), nullable=False), pa.array(codes))
    return table


def scores_of(table: Any) -> dict[str, NDArray[np.float64]]:
    """
    Scores of rows of answers, by scored measure; NaN where there is nothing to score.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns :func:`answer_columns`.
    """
    found = {name: np.full(table.num_rows, np.nan) for name in scored_measures()}
    for model, rows, answers, by_hand in _editions(table):
        batch = score_batch(model, requirements=answers, categories=by_hand)
        for name, ratio in _by_measure(batch).items():
            found[name][rows] = ratio.score
    return found


def answer_columns() -> list[str]:
    """Columns that scores are made of."""
    return ["edition", *axis().keys]


def _by_measure(batch: BatchScores) -> Mapping[str, Ratio]:
    return {OVERALL: batch.overall, **batch.modules, **batch.categories}


def _editions(table: Any) -> Iterator[tuple[Model, NDArray[np.intp], Codes, Codes]]:
    """
    Rows of each edition, in blocks, with the codes of its requirements and categories.

    A self-assessment has no answered requirement, so that its category levels count as
    those given by hand: one formula serves both kinds.
    """
    import pyarrow.compute as pc

    for start in range(0, table.num_rows, _BLOCK):
        block = table.slice(start, _BLOCK)
        for version in axis().digests.values():
            rows = np.flatnonzero(pc.equal(block.column("edition"), version).to_numpy())
            if len(rows):
                model = shipped_model(version)
                answers = _codes(block, list(model.requirements), rows)
                yield model, start + rows, answers, _codes(block, list(model.categories), rows)


def _codes(table: Any, keys: Sequence[str], rows: NDArray[np.intp]) -> Codes:
    found = np.empty((len(keys), len(rows)), np.int8)
    for codes, key in zip(found, keys, strict=True):
        codes[:] = table.column(key).to_numpy()[rows]
    return found.T


def _rated_shares(
    model: Model, answers: Codes, by_hand: Codes, batch: BatchScores
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Share of the weight of each category that was rated, and whether the category applies."""
    every = score_batch(model, requirements=answers, categories=by_hand, unanswered="zero")
    rated, in_scope = batch.exact[0][1], every.exact[0][1]
    return rated / np.maximum(in_scope, 1), batch.states != NOT_APPLICABLE


def _coverage(
    model: Model, share: NDArray[Any], in_scope: NDArray[np.bool_]
) -> dict[str, NDArray[np.int8]]:
    """Weight that was rated of the weight in scope, in whole percent, rounded down."""
    weights = np.array(
        [
            [c.weight * (name in (OVERALL, key.split(".", maxsplit=1)[0])) for name in COVERED]
            for key, c in model.categories.items()
        ],
        np.float32,
    )
    scope = np.maximum(in_scope.astype(np.float32) @ weights, 1)
    percent = np.floor(100 * (share.astype(np.float32) @ weights) / scope + 1e-4).astype(np.int8)
    return dict(zip(COVERED, percent.T, strict=True))
