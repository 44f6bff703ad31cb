"""
A simulation: invented assessments, the truth behind them, and both as files.

The same seed and settings give the same bytes. Every assessment says that it is
synthetic, and so do the names in it.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.assessment import (
    SUFFIX,
    Answer,
    Assessment,
    Assessor,
    Assurance,
    Environment,
    ExtensionAnswers,
    Mode,
    Organization,
    Period,
    Source,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import Problem, SimulationError, WorkspaceError
from pkimm_analytics.files import raised_as, write_atomically
from pkimm_analytics.model import Model, category_of
from pkimm_analytics.quarters import ordinal, spelled
from pkimm_analytics.scoring import NOT_APPLICABLE, UNANSWERED, score_batch
from pkimm_analytics.synthetic.assumptions import ASSUMED, QUARTERS
from pkimm_analytics.synthetic.drawing import (
    ASSURANCES,
    BLOCK,
    HISTORY,
    WORDS,
    Answers,
    Organizations,
    Rounds,
    all_elements,
    draw_answers,
    draw_difficulty,
    draw_organizations,
    draw_rounds,
    stream,
)
from pkimm_analytics.tables import arrow_schema, truth_table

MOST_ORGANIZATIONS = 1_000_000

_BLOCK_SIZE = 2_000
"""Organizations drawn at a time, which bounds the memory that drawing takes."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """
    Invented assessments and the truth behind them.

    An organization has at most one assessment in a quarter. They are ordered by
    organization, then by quarter.

    Parameters
    ----------
    seed : int
        What all numbers follow from.
    """

    seed: int
    _organizations: Organizations
    _rounds: Rounds
    _answers: Answers

    def __len__(self) -> int:
        return len(self._rounds.organization)

    @property
    def assessments(self) -> Iterator[Assessment]:
        """All assessments, each built when it is asked for; every use starts anew."""
        return map(self.assessment, range(len(self)))

    @property
    def ids(self) -> list[str]:
        """Ids of all assessments, in their order."""
        return [self._id(row) for row in range(len(self))]

    @cached_property
    def truth(self) -> dict[str, NDArray[Any]]:
        """
        Columns of the table ``truth``, a row for each assessment.

        Text columns hold text. Columns of categories hold scores or levels, NaN where
        there is nothing; columns of requirements hold levels, 0 where there is nothing.
        """
        of = self._rounds.organization
        who, axis = self._organizations, all_elements()
        versions = np.array([model.version for model in axis.models], object)
        columns: dict[str, NDArray[Any]] = {
            "org": who.names[of],
            "parent": who.parents[of],
            "sector": who.sector[of],
            "size": who.size[of],
            "region": who.region[of],
            "role": who.role[of],
            "assurance": np.array([str(a) for a in ASSURANCES], object)[self._rounds.assurance],
            "edition": versions[self._rounds.edition],
            "quarter": np.array([spelled(q) for q in self._rounds.quarter.tolist()], object),
        }
        scores = _category_scores(self._rounds, self._answers)
        levels = np.maximum(self._answers.requirements, 0)
        found = dict(zip(axis.categories, scores.T, strict=True))
        found |= dict(zip(axis.requirements, levels.T, strict=True))
        return columns | {key: found[key] for key in axis.keys}

    def assessment(self, row: int) -> Assessment:
        """One assessment by its place, 0 to ``len(simulation) - 1``."""
        rounds, who = self._rounds, self._organizations
        of = int(rounds.organization[row])
        model = all_elements().models[int(rounds.edition[row])]
        assurance = ASSURANCES[int(rounds.assurance[row])]
        words = np.random.default_rng(stream(self.seed, WORDS, row))
        period, updated = _period(words, int(rounds.quarter[row]))
        name = ASSUMED.use_cases[int(who.use_cases[of, rounds.use_case[row]])]
        return Assessment(
            model=model.edition,
            mode=Mode.FULL if rounds.is_full[row] else Mode.SELF,
            id=self._id(row),
            synthetic=True,
            use_case=UseCase(name=name, description="Invented, to try the software with."),
            organization=Organization(
                name=who.names[of],
                parent="" if who.parents[of] == who.names[of] else who.parents[of],
                sector=who.sector[of],
                size=who.size[of],
                region=who.region[of],
                role=who.role[of],
            ),
            assessor=_assessor(words, assurance),
            assurance=assurance,
            period=period,
            environment=Environment(high_level_design="Invented: one root, two issuing CAs."),
            answers=self._baseline(row, model, words),
            extensions=self._extension(row, model),
            source=Source(kind="synthetic", detail=f"seed {self.seed}"),
            updated=updated,
        )

    def _id(self, row: int) -> str:
        number = int(self._rounds.organization[row]) + 1
        return f"synthetic-{self.seed}-{number:04d}-{spelled(int(self._rounds.quarter[row]))}"

    def _baseline(self, row: int, model: Model, words: np.random.Generator) -> dict[str, Answer]:
        """Answers of the model; what is unanswered has no entry."""
        axis, edition = all_elements(), int(self._rounds.edition[row])
        categories = self._answers.categories[row, axis.category_columns[edition]].tolist()
        codes = dict(zip(model.categories, categories, strict=True))
        out = {key for key, code in codes.items() if code == NOT_APPLICABLE}
        if self._rounds.is_full[row]:
            levels = self._answers.requirements[row, axis.requirement_columns[edition]].tolist()
            codes |= dict(zip(model.requirements, levels, strict=True))
        chances = words.random((len(codes), 3)).tolist()
        return {
            key: _answer(code, chance)
            for (key, code), chance in zip(codes.items(), chances, strict=True)
            if code != UNANSWERED and (key in out or category_of(key) not in out)
        }

    def _extension(self, row: int, model: Model) -> tuple[ExtensionAnswers, ...]:
        levels = self._answers.relevance[row].tolist()
        if not any(levels):
            return ()
        extension = all_elements().extension
        pairs = zip(extension.relevance, levels, strict=True)
        answers = {key: rated(level) for key, level in pairs if level and key in model.categories}
        return (
            ExtensionAnswers(
                id=extension.id,
                version=extension.version,
                digest=extension.digest,
                answers=answers,
            ),
        )


def _answer(code: int, chance: Sequence[float]) -> Answer:
    """Answer of one code, with invented words on a few."""
    which, kind, number = chance
    if code == NOT_APPLICABLE:
        return not_applicable(_pick(ASSUMED.reasons, which))
    details: dict[str, Any] = {}
    if kind < 0.02:
        details = {"partial": True, "reason": _pick(ASSUMED.partial_reasons, which)}
    elif kind > 0.95:
        details = {"evidence": f"Invented document {int(number * 900) + 100}"}
    elif kind > 0.93:
        details = {"notes": "Invented: to be discussed in the next review."}
    return rated(code, **details)


def _pick(texts: Sequence[str], chance: float) -> str:
    return texts[int(chance * len(texts))]


def _period(words: np.random.Generator, quarter: int) -> tuple[Period, str]:
    """Period of an assessment that finishes in a quarter, and when it was last changed."""
    year, first_month = quarter // 4, quarter % 4 * 3 + 1
    month = first_month + int(words.integers(3))
    day = 1 + int(words.integers(calendar.monthrange(year, month)[1]))
    finish = dt.date(year, month, day)
    start = finish - dt.timedelta(days=int(words.integers(5, 70)))
    return Period(start=str(start), finish=str(finish)), f"{finish}T16:00:00Z"


def _assessor(words: np.random.Generator, assurance: Assurance) -> Assessor:
    name = f"Synthetic Assessor {int(words.integers(1, 400)):03d}"
    external = {Assurance.SELF: 0.0, Assurance.FORMAL: 0.4, Assurance.THIRD_PARTY: 1.0}
    company = min(int(words.zipf(1.7)), 20)  # a few companies do most of the work
    if words.random() >= external[assurance]:
        return Assessor(name=name, position="internal")
    return Assessor(
        name=name, position="external", company=f"Synthetic Assurance Company {company:02d}"
    )


def _category_scores(rounds: Rounds, answers: Answers) -> NDArray[np.float64]:
    """Score of every category, or its level in a self-assessment; NaN where there is none."""
    axis = all_elements()
    scores = np.full(answers.categories.shape, np.nan)
    for edition, model in enumerate(axis.models):
        rows = np.flatnonzero(rounds.edition == edition)
        columns = axis.category_columns[edition]
        batch = score_batch(  # a self-assessment has no rated requirement: its level counts
            model,
            requirements=answers.requirements[np.ix_(rows, axis.requirement_columns[edition])],
            categories=answers.categories[np.ix_(rows, columns)],
        )
        for column, ratio in zip(columns, batch.categories.values(), strict=True):
            scores[rows, column] = ratio.score
    return scores


# --- simulating ------------------------------------------------------------------


def simulate(*, organizations: int, seed: int) -> Simulation:
    """
    Invent organizations and their assessments in :data:`.QUARTERS`.

    Parameters
    ----------
    organizations : int
        How many, 1 to 1,000,000. Each is assessed at least once.
    seed : int
        0 or more. The same seed gives the same simulation.

    Raises
    ------
    SimulationError
        If a setting cannot be used; all of them are named.
    """
    _check_settings(organizations, seed)
    ordinals = np.array([ordinal(quarter) for quarter in QUARTERS], np.int32)
    difficulty, blocks = draw_difficulty(seed), []
    for first in range(0, organizations, _BLOCK_SIZE):
        rng = np.random.default_rng(stream(seed, BLOCK, first))
        who = draw_organizations(rng, first, min(_BLOCK_SIZE, organizations - first))
        rounds = draw_rounds(rng, len(who.names), ordinals)
        answers = draw_answers(rng, who, rounds, difficulty)
        rounds = replace(rounds, organization=rounds.organization + first)
        blocks.append((who, rounds, answers))
    return Simulation(seed, *map(_joined, zip(*blocks, strict=True)))


def _joined(blocks: Sequence[Any]) -> Any:
    """Put the arrays of blocks behind each other."""
    arrays = {
        item.name: np.concatenate([getattr(block, item.name) for block in blocks])
        for item in fields(blocks[0])
    }
    return type(blocks[0])(**arrays)


def sample_history(seed: int) -> list[Assessment]:
    """
    Invent one organization with a history to look at.

    Returns
    -------
    list of Assessment
        Five assessments of one use case over three editions, from a self-assessment
        to a third party's, oldest first; then the only one of a second use case.

    Raises
    ------
    SimulationError
        If the seed is not a whole number from 0.
    """
    _check_settings(1, seed)
    rng = np.random.default_rng(stream(seed, HISTORY))
    who = draw_organizations(rng, int(rng.integers(9_000)), 1)
    who = replace(who, maturity=np.array([2.1]), rate=np.array([0.4]))  # much to improve
    quarters = ["2024Q4", "2025Q2", "2025Q4", "2026Q1", "2026Q3", "2026Q2"]
    rounds = Rounds(
        organization=np.zeros(6, np.int32),
        use_case=np.array([0, 0, 0, 0, 0, 1], np.int8),
        repetition=np.array([0, 1, 2, 3, 4, 0], np.int16),
        quarter=np.array([ordinal(quarter) for quarter in quarters], np.int32),
        edition=np.array([0, 0, 1, 2, 2, 2], np.int8),
        assurance=np.array([0, 0, 1, 1, 2, 0], np.int8),
        is_full=np.array([False, True, True, True, True, False]),
        uses_extension=np.array([False, False, False, True, True, False]),
    )
    answers = draw_answers(rng, who, rounds, draw_difficulty(seed))
    history = Simulation(seed, who, rounds, answers).assessments
    ids = [f"synthetic-history-{seed}-{quarter}" for quarter in quarters]
    return [a.replace(id=id_) for a, id_ in zip(history, ids, strict=True)]


def _check_settings(organizations: int, seed: int) -> None:
    limits = {
        "organizations": (organizations, 1, MOST_ORGANIZATIONS),
        "seed": (seed, 0, 2**63 - 1),
    }
    problems = [
        Problem(name, f"expected a whole number from {low} to {high:,}")
        for name, (value, low, high) in limits.items()
        if type(value) is not int or not low <= value <= high
    ]
    if problems:
        raise SimulationError("These settings cannot be used. Nothing was simulated.", problems)


# --- files -----------------------------------------------------------------------


def write_simulation(
    simulation: Simulation, out: Path, advance: Callable[[], object] = lambda: None
) -> None:
    """
    Write ``assessments/*.pkimm.json`` and, when all are written, ``truth.parquet``.

    Parameters
    ----------
    simulation : Simulation
    out : Path
        Folder; created if need be. A simulation that was interrupted can be written
        again to the same folder.
    advance : callable, optional
        Called after each assessment.

    Raises
    ------
    WorkspaceError
        If the folder holds other assessments, to which the truth would not belong,
        or cannot be written.
    """
    folder, truth = out / "assessments", out / "truth.parquet"
    names = [f"{id_}{SUFFIX}" for id_ in simulation.ids]
    with raised_as(WorkspaceError, "The simulation could not be written"):
        if n_others := len({path.name for path in folder.glob("*" + SUFFIX)} - {*names}):
            raise WorkspaceError(
                "The simulation needs a folder of its own. Nothing was written.",
                [Problem(folder.name, f"holds {n_others} other assessment(s)")],
            )
        truth.unlink(missing_ok=True)
        for name, assessment in zip(names, simulation.assessments, strict=True):
            write_atomically(folder / name, assessment.dumps())
            advance()
        write_atomically(truth, _truth_parquet(simulation))


def _truth_parquet(simulation: Simulation) -> bytes:
    """Return the truth as a Parquet file without metadata of pandas or Arrow."""
    import pyarrow as pa  # imported late: only this function needs it
    import pyarrow.parquet as pq

    schema = arrow_schema(truth_table(all_elements().keys))
    columns = [
        pa.array(values, type=field.type, mask=_nothing(values), from_pandas=False)
        for values, field in zip(simulation.truth.values(), schema, strict=True)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink, store_schema=False)
    return bytes(sink.getvalue())


def _nothing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a cell of the truth is empty; see :attr:`Simulation.truth`."""
    if values.dtype == object:
        return np.zeros(len(values), bool)
    return np.asarray(np.isnan(values) if values.dtype.kind == "f" else values == UNANSWERED)
