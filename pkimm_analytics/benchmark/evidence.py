"""
What exact statistics rest on: all contributions of a collection with their scores.

It is a data frame, the most preferred rows first. One organization may have several
assessments, and a parent several organizations; statistics that assume independence get
one row for each ultimate parent. Scores are quotients of whole numbers, so that equal
fractions are equal numbers and the level is the score rounded down.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.anonymize.vocabulary import axis
from pkimm_analytics.assessment import ASSURANCE_STRENGTH
from pkimm_analytics.collection.measures import (
    COVERED,
    PROFILE,
    answer_columns,
    scored_measures,
    scores_of,
)
from pkimm_analytics.coverage import least_coverage
from pkimm_analytics.model import NEWEST, Extension, Model
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model
from pkimm_analytics.quarters import ordinal
from pkimm_analytics.scoring import NOT_APPLICABLE
from pkimm_analytics.tables import COVERAGE, OVERALL

if TYPE_CHECKING:
    import pandas as pd

    from pkimm_analytics.collection import Rows

Floats = NDArray[np.float64]

PSEUDONYMS = ("contribution", "org", "parent", "use_case")
INDEPENDENT = ("formal", "third-party")
"""Kinds of assurance that are not one's own word."""


def read_evidence(rows: Rows, edition: str | None = None) -> pd.DataFrame:
    """
    Score all rows of a collection that was opened for it.

    Memory grows with the rows: about a kilobyte for each.

    Parameters
    ----------
    edition : str, optional
        Score all rows with the weights of this edition, over the elements that all
        editions share, so that rows of different editions compare like for like. Each
        row by its own edition if left out.

    Returns
    -------
    pandas.DataFrame
        As :func:`in_preference` orders it: pseudonyms, profile, a score for ``overall``,
        each module, category and extension (NaN where there is none), and a level for
        each requirement and relevance such as ``pqc:G.compliance`` (0 where there is none).
    """
    import pandas as pd

    answers, texts = [*axis().requirements, *axis().relevance], [*PSEUDONYMS, *PROFILE]
    columns = dict.fromkeys([*texts, *answer_columns(), *axis().extensions, *axis().relevance])
    columns |= dict.fromkeys(COVERAGE + name for name in COVERED)
    frames = []
    for read in rows.tables(list(columns)):
        table = read if edition is None else _like_for_like(read, edition)
        scores = scores_of(table)
        for name in COVERED:  # a whole that rests on too few answers is no score
            few = read.column(COVERAGE + name).to_numpy() < least_coverage()
            scores[name][few] = np.nan
        levels = {name: np.maximum(table.column(name).to_numpy(), 0) for name in answers}
        found = {**scores, **levels, **_extension_scores(table, scores)}
        # The profile says the edition that was assessed, whichever scores it here.
        frames.append(read.select(texts).to_pandas().join(pd.DataFrame(found)))
    return in_preference(pd.concat(frames[1:] or frames, ignore_index=True))


def in_preference(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Order rows, the most preferred first: newest, strongest assurance, then pseudonym.

    Adds ``when`` (quarters since the year 0); who has no parent is its own.
    """
    when = frame["quarter"].map(ordinal).astype("int64")
    strength = -frame["assurance"].map(ASSURANCE_STRENGTH).fillna(0).astype("int64")
    found = frame.assign(when=when, parent=frame["parent"].fillna(frame["org"]), _order=strength)
    order = ["when", "_order", "org", "contribution"]
    found = found.sort_values(order, ascending=[False, True, True, True], kind="stable")
    return found.drop(columns="_order").reset_index(drop=True)


def shared_by_all() -> frozenset[str]:
    """Element keys that every edition has."""
    return frozenset.intersection(*(shipped_model(v).keys for v in axis().digests.values()))


def measure_name(measure: str) -> str:
    """Name of a measure in the newest edition that has it."""
    if measure == OVERALL:
        return "Overall"
    extension, _, key = measure.rpartition(":")
    name = shipped_model(NEWEST).name(key)
    return f"{extension} relevance: {name}" if extension else name


def measures() -> tuple[str, ...]:
    """Overall, modules, categories, requirements, relevance and extensions."""
    known = axis()
    return (*scored_measures(), *known.requirements, *known.relevance, *known.extensions)


def _like_for_like(table: Any, edition: str) -> Any:
    """Return rows as if they were of one edition, without what not all editions have."""
    import pyarrow as pa

    shared, n = shared_by_all(), table.num_rows
    out = pa.array(np.full(n, NOT_APPLICABLE, np.int8))
    for place, name in enumerate(table.column_names):
        if name == "edition":
            table = table.set_column(place, name, pa.array([edition] * n, pa.string()))
        elif name in axis().keys and name not in shared:
            table = table.set_column(place, name, out)
    return table


# --- extensions --------------------------------------------------------------------------


def _extension_scores(table: Any, scores: dict[str, Floats]) -> dict[str, Floats]:
    """Score every extension of every row; see :func:`.scoring.score_extension`."""
    found = {name: np.full(table.num_rows, np.nan) for name in axis().extensions}
    editions = table.column("edition").to_pandas()
    for extension in shipped_extensions():
        using = table.column(extension.id).to_pandas() == extension.version
        for version in editions[using].unique():
            rows = np.flatnonzero(using & (editions == version))
            model = shipped_model(version)
            found[extension.id][rows] = _extension(extension, model, table, scores, rows)
    return found


def _extension(
    extension: Extension, model: Model, table: Any, scores: dict[str, Floats], rows: Any
) -> Floats:
    def weight(key: str, plain: int) -> float:
        overlay = extension.overlays.get(key)
        return float(overlay.apply(Fraction(plain))) if overlay else float(plain)

    points, total = np.zeros(len(rows)), np.zeros(len(rows))
    for key, category in model.categories.items():
        weights = np.array([weight(r.key, r.weight) for r in category.requirements])
        codes = np.stack([table.column(r.key).to_numpy()[rows] for r in category.requirements])
        level, rated = scores[key][rows].copy(), weights @ (codes > 0)
        is_overlaid = (rated > 0) & ~np.isnan(level)
        np.divide(weights @ np.maximum(codes, 0), rated, out=level, where=is_overlaid)
        if key in extension.relevance:
            answers = np.maximum(table.column(f"{extension.id}:{key}").to_numpy()[rows], 0)
            asked = (answers > 0) * float(extension.relevance[key].weight)
            level = (level * weights.sum() + answers * asked) / (weights.sum() + asked)
        has, share = ~np.isnan(level), weight(key, category.weight)
        points += np.where(has, level, 0) * share
        total += has * share
    return np.asarray(np.divide(points, total, out=np.full(len(rows), np.nan), where=total > 0))
