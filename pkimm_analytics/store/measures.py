"""
Measures of a contribution, and the code that each row has for each of them.

Answers are measures as they were given: requirements, and relevance such as
``pqc:G.compliance``. Categories, the modules G, M, O and R, and ``overall`` are
scored, each row by its own edition, in whole numbers. A code is a level (-1 not
applicable, 0 nothing to count, 1 to 5) or a score in ten-thousandths, rounded down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.model.structure import MODULE_IDS
from pkimm_analytics.scoring import NOT_APPLICABLE, score_batch
from pkimm_analytics.scoring.batch import BatchScores
from pkimm_analytics.tables import OVERALL

Value = Literal["level", "score"]

SCORE_UNITS = 10_000
"""Codes for one level, where scores are counted."""

N_LEVEL_CODES = 7
"""Codes of a level, -1 to 5."""


def scored_measures() -> tuple[str, ...]:
    """Measures that are scored: overall, modules, categories of all shipped editions."""
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


def columns_of(measures: Sequence[str]) -> list[str]:
    """Columns of contributions that some measures are made of."""
    answers = [name for name in measures if name in set(answer_measures())]
    if len(answers) == len(measures):
        return answers
    return list(dict.fromkeys(["edition", *axis().keys, *answers]))


def measure_codes(
    table: Any, measures: Sequence[str], value: Value = "level"
) -> dict[str, NDArray[Any]]:
    """
    Code of each row for each measure.

    Parameters
    ----------
    table : pyarrow.Table
        Rows with at least :func:`columns_of` the measures; ``edition`` may be
        dictionary-encoded.
    measures : sequence of str
    value : {"level", "score"}

    Returns
    -------
    dict of str to ndarray, shape (n_rows,)
        int8 levels, or int32 scores in ten-thousandths with -1 for not applicable
        and 0 for nothing to count.
    """
    kind: Any = np.int8 if value == "level" else np.int32
    answers = set(answer_measures())
    found: dict[str, NDArray[Any]] = {}
    for name in measures:
        if name in answers:
            codes = table.column(name).to_numpy()
            found[name] = codes if value == "level" else _in_units(codes)
        else:
            found[name] = np.zeros(table.num_rows, kind)
    scored = [name for name in measures if name not in answers]
    for version, rows in _editions(table) if scored else ():
        batch = _scores(table, version, rows)
        for name in scored:
            column = _codes(batch, version, name, value)
            if column is not None:
                found[name][rows] = column
    return found


def _in_units(codes: NDArray[np.int8]) -> NDArray[np.int32]:
    wide = codes.astype(np.int32)
    return np.where(wide > 0, wide * SCORE_UNITS, wide)


def _editions(table: Any) -> list[tuple[str, Any]]:
    """Return each edition that occurs, with its rows; all of them as a slice."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column("edition")
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        if not column.num_chunks:
            return []
        column = column.chunk(0)
    names, place = column.dictionary.to_pylist(), column.indices.to_numpy()
    known = set(axis().digests.values())
    present = [i for i, n in enumerate(np.bincount(place, minlength=len(names))) if n]
    if len(present) == 1 and names[present[0]] in known:
        return [(names[present[0]], slice(None))]
    return [(names[i], np.flatnonzero(place == i)) for i in present if names[i] in known]


def _scores(table: Any, version: str, rows: Any) -> BatchScores:
    """
    Score the rows of one edition.

    A self-assessment has no answered requirement, so that its category levels count as
    those given by hand: one formula serves both kinds.
    """
    model = shipped_model(version)

    def codes(keys: Sequence[str]) -> NDArray[np.int8]:
        found = np.empty((len(keys), table.num_rows), np.int8)
        for row, key in zip(found, keys, strict=True):
            row[:] = table.column(key).to_numpy()
        return found[:, rows].T

    return score_batch(
        model,
        requirements=codes(list(model.requirements)),
        categories=codes(list(model.categories)),
    )


def _codes(batch: BatchScores, version: str, name: str, value: Value) -> NDArray[Any] | None:
    """Codes of one scored measure, None if the edition does not have it."""
    if name == OVERALL:
        ratio = batch.overall
    elif name in batch.modules:
        ratio = batch.modules[name]
    elif name in batch.categories:
        ratio = batch.categories[name]
    else:
        return None
    if value == "level":
        codes: NDArray[Any] = ratio.level
    else:
        safe = np.where(ratio.has_score, ratio.denominator, 1).astype(np.int64)
        scaled = ratio.numerator.astype(np.int64) * SCORE_UNITS // safe
        codes = np.where(ratio.has_score, scaled, 0).astype(np.int32)
    if name in batch.categories:
        place = list(shipped_model(version).categories).index(name)
        codes = np.where(batch.states[:, place] == NOT_APPLICABLE, NOT_APPLICABLE, codes)
    return codes
