"""
Me against my peers: one assessment beside the printed figures of a release.

Everything happens in the memory of this process. Nothing is written, nothing is sent,
and the release does not learn who looked. Peers are known by their **levels** only, so
the own score is placed by its level: among the peers of the same level it may stand
anywhere, and every position is therefore an interval.

A comparison gives a verdict on twenty measures and more. They share one error rate: an
organization in the middle of its peers everywhere is called above or below anywhere in
at most 5 of 100 cases; see :mod:`.verdicts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.benchmark.ladder import Ladder, cohort_of, peer_ladder
from pkimm_analytics.benchmark.like_for_like import edition_notes, measure_note, own_figures
from pkimm_analytics.benchmark.printed import Distribution, Estimate, around, pair
from pkimm_analytics.benchmark.release import (
    Benchmark,
    figure_cells,
    interval_cells,
    kind_of,
    peers_document,
)
from pkimm_analytics.benchmark.verdicts import ALIKE, verdict
from pkimm_analytics.context import Context
from pkimm_analytics.display import Shown
from pkimm_analytics.model import Model, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.release import Interval
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "pkimm-benchmark/1"

WITHHELD, ABSENT, UNSCORED = "withheld", "not in the release", "no score of your own"
SPARSE = "too little rated"


@dataclass(frozen=True)
class Position:
    """
    One measure of an assessment among its peers.

    Parameters
    ----------
    measure, kind, name : str
    own : Fraction, optional
        Own score, like for like with the peers' edition.
    as_assessed : Fraction, optional
        Own score in the edition that was assessed.
    coverage : float, optional
        How much of it is rated, by weight.
    peers : Distribution, optional
        What is printed; None if nothing is.
    verdict : str
        ``above`` or ``below``: more than half of the organizations like the peers are at
        lower, or at higher, levels; ``not distinguishable``; or why nothing can be said.
    below, at_or_below : Interval, optional
        Share of the contributing peers at lower levels, and at the same or lower ones.
    rank : Estimate, optional
        Mid-rank percentile of the own level, 0 to 100. What is printed leaves a range, which
        is certain for the contributors: the value is its middle (qualifier ``~``), or its
        known end where the other end is 0 or 100; with its 95% interval.
    note : str
        What limits the comparison.
    """

    measure: str
    kind: str
    name: str
    own: Fraction | None
    as_assessed: Fraction | None
    peers: Distribution | None
    verdict: str
    coverage: float | None = None
    below: Interval | None = None
    at_or_below: Interval | None = None
    rank: Estimate | None = None
    note: str = ""

    @property
    def level(self) -> int | None:
        """Own level: the own score rounded down."""
        return None if self.own is None else math.floor(self.own)

    @property
    def text(self) -> str:
        """Position in a few words."""
        if self.at_or_below is None or self.peers is None:
            return self.verdict
        where = f"at or above {percent(self.at_or_below)} of peers"
        return f"{ALIKE}: {where}" if self.verdict == ALIKE else where


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """
    An assessment against a cohort of a release.

    Parameters
    ----------
    bench : Benchmark
    ladder : Ladder
        Cohort that was asked for, and the one that was found.
    edition : Model
        Edition in which the own scores were computed for the comparison.
    positions : tuple of Position
    notes : tuple of str
        What a reader has to know: combined editions, what was left out.
    scores : Scores
        Own scores in the edition that was assessed.
    beside : Comparison, optional
        The same against another cohort: a nearer one that is too small to tell anything
        apart, or a broader one that can, where the one that was asked for cannot.
    """

    VIEW = "pkimm_analytics.views.peers:comparison_view"

    bench: Benchmark
    ladder: Ladder
    edition: Model = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)
    notes: tuple[str, ...]
    scores: Scores = field(repr=False)
    beside: Comparison | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Comparison({self.bench.id}, n {self.ladder.n}, {self[OVERALL].verdict})"

    def __getitem__(self, measure: str) -> Position:
        """Position of one measure."""
        return next(one for one in self.positions if one.measure == measure)

    def context(self, measure: str = OVERALL) -> Context:
        """Everything that somebody who repeats a figure has to say with it."""
        one, own = self[measure], self.scores.figure(measure)
        return Context(
            what=one.name,
            n=one.peers.band if one.peers else "",
            coverage=own.coverage if own else None,
            coverage_by_weight=one.coverage,
            edition=str(self.edition.edition),
            digest=self.edition.digest,
            assurance=self.ladder.pooled["assurance"],
            period=one.peers.as_of if one.peers else self.bench.quarter,
            rule="level: score rounded down; position: share of peers by level",
            interval=pair(one.rank.interval) if one.rank else None,
            release=self.bench.id,
            is_synthetic=self.bench.synthetic,
        )

    @property
    def table(self) -> pd.DataFrame:
        """
        One row per measure.

        Returns
        -------
        DataFrame
            ``measure, kind, name, own_score, own_level, own_as_assessed, coverage, n,
            is_published, verdict, position, below_low, below_high, at_or_below_low,
            at_or_below_high`` (shares of the contributing peers), ``rank, rank_low,
            rank_high`` (percentile of the own level, 95% interval), ``note``, then
            the peers' figures as in :meth:`Benchmark.figures`. NaN where there is
            nothing to state.
        """
        import pandas as pd

        return pd.DataFrame([_flat(position) for position in self.positions])

    def to_json(self) -> dict[str, Any]:
        """Return what ``pkimm benchmark --json`` prints."""
        beside = self.beside
        return {
            "format": FORMAT,
            "release": self.bench.to_json(),
            "cohort": self.ladder.to_json(),
            "edition": self.edition.version,
            "context": self.context().to_json(),
            "measures": {position.measure: _document(position) for position in self.positions},
            "beside": None
            if beside is None
            else {
                "cohort": beside.ladder.to_json(),
                "measures": {p.measure: _document(p) for p in beside.positions},
            },
            "notes": list(self.notes),
        }


def compare(
    assessment: Assessment, bench: Benchmark, cohort: Mapping[str, str] | None = None
) -> Comparison:
    """
    Place one assessment among its peers. Opens no connection and writes nothing.

    Parameters
    ----------
    assessment : Assessment
    bench : Benchmark
    cohort : mapping of str to str, optional
        Peers to compare with; it is relaxed to the nearest published one, see
        :func:`peer_ladder`. Without it, those of the assessment's own profile, relaxed
        to the nearest group that is large enough to tell anything apart.

    Raises
    ------
    BenchmarkError
        If the release has no such dimension or code.
    UnknownEditionError
        If the edition of the assessment is not installed.
    """
    wanted = cohort_of(assessment) if cohort is None else cohort
    nearest = peer_ladder(bench, wanted)
    telling = peer_ladder(bench, wanted, telling=True)
    ladders = (telling, nearest) if cohort is None else (nearest, telling)
    scores = score(assessment, model_of(assessment.model))
    found, beside = (_compared(scores, bench, ladder) for ladder in ladders)
    return found if nearest.found == telling.found else replace(found, beside=beside)


def _compared(scores: Scores, bench: Benchmark, ladder: Ladder) -> Comparison:
    assessment, model = scores.assessment, scores.model
    edition, group = _edition(bench, ladder), bench.group(ladder.found)
    own, before = own_figures(assessment, edition), own_figures(assessment, model)
    mixes = len(ladder.pooled["edition"]) > 1
    positions = tuple(
        position(
            measure,
            "Overall" if measure == OVERALL else edition.name(measure),
            own.scores.get(measure),
            before.scores.get(measure),
            bench.distribution(group, measure),
            coverage=own.coverage.get(measure),
            least=bench.least_coverage,
            is_in_release=(group, measure) in bench.published.cells,
            note=measure_note(measure, model, edition, mixes=mixes),
        )
        for measure in _wanted(bench, group, edition, assessment)
    )
    notes = tuple(_notes(bench, model, edition, scores))
    return Comparison(bench, ladder, edition, positions, notes, scores)


def position(
    measure: str,
    name: str,
    own: Fraction | None,
    as_assessed: Fraction | None,
    peers: Distribution | None,
    *,
    kind: str = "",
    coverage: float | None = None,
    least: float = 0.0,
    is_in_release: bool = True,
    note: str = "",
) -> Position:
    """
    Place one score among the printed levels of a cohort.

    Parameters
    ----------
    kind : str
        Kind of the measure, as :func:`kind_of` has it, if it does not follow from its key.
    coverage, least : float
        How much of the own score is rated, and how much has to be for a comparison.
    """
    kind = kind or kind_of(measure)
    facts: dict[str, Any] = {"coverage": coverage, "note": note}
    plain = (measure, kind, name, own, as_assessed, peers)
    if peers is None:
        return Position(*plain, verdict=WITHHELD if is_in_release else ABSENT, **facts)
    if own is None:
        return Position(*plain, verdict=UNSCORED, **facts)
    if coverage is not None and coverage < least - 1e-9:
        return Position(*plain, verdict=SPARSE, **facts)
    level = math.floor(own)
    reach, above = peers.share(level).printed, peers.share(level + 1).printed
    return Position(
        *plain,
        verdict=verdict(peers, level, kind),
        below=Interval(1 - reach.high, 1 - reach.low),
        at_or_below=Interval(1 - above.high, 1 - above.low),
        rank=_rank(reach, above, peers.n),
        **facts,
    )


def _rank(reach: Interval, above: Interval, n: Interval) -> Estimate:
    """Percentile rank: below and half of the equal are 1 - (reach + above) / 2."""
    low, high = 1 - (reach.high + above.high) / 2, 1 - (reach.low + above.low) / 2
    sure = around(Interval(low, high), Interval(n.low, math.inf))
    value, qualifier = (low + high) / 2, "=" if high - low < 1e-9 else "~"
    if qualifier == "~" and (high > 1 - 1e-9 or low < 1e-9):  # cut off
        value, qualifier = (low, ">=") if high > 1 - 1e-9 else (high, "<=")
    return Estimate(100 * value, _hundred(low, high), _hundred(sure.low, sure.high), qualifier)


def _hundred(low: float, high: float) -> Interval:
    return Interval(100 * low, 100 * high)


def percent(interval: Interval) -> str:
    """
    Write an interval of shares in whole percent, rounded outward.

    Examples
    --------
    >>> percent(Interval(0.55, 0.65)), percent(Interval(1, 1))
    ('55 to 65%', '100%')
    """
    low, high = math.floor(100 * interval.low + 1e-9), math.ceil(100 * interval.high - 1e-9)
    return f"{low}%" if low == high else f"{low} to {high}%"


# --- what is compared ----------------------------------------------------------------------


def _edition(bench: Benchmark, ladder: Ladder) -> Model:
    """Edition of the cohort, or that of the release's measures where editions are combined."""
    version = ladder.found.get("edition")
    return shipped_model(version) if version in shipped_versions() else bench.edition


def _wanted(bench: Benchmark, group: Any, edition: Model, assessment: Assessment) -> Iterator[str]:
    """Measures to list: everything scored, and requirements where the cohort has them."""
    yield OVERALL
    yield from (module.id for module in edition.modules)
    yield from edition.categories
    if assessment.mode is Mode.FULL:
        yield from (key for key in edition.requirements if (group, key) in bench.published.cells)


def _notes(bench: Benchmark, own: Model, edition: Model, scores: Scores) -> Iterator[str]:
    yield from edition_notes(own, edition)
    if not set(bench.measures) & {module.id for module in edition.modules}:
        yield "This release has no figures of modules."
    if scores.extensions:
        yield "Releases have no figures of extensions; yours are not compared."
    if bench.synthetic:
        yield "Invented organizations count in this release; it is for trying things out."


# --- as plain data -----------------------------------------------------------------------


def _flat(one: Position) -> dict[str, Any]:
    def number(value: float | Fraction | None) -> float:
        return math.nan if value is None else float(value)

    return {
        "measure": one.measure,
        "kind": one.kind,
        "name": one.name,
        "own_score": number(one.own),
        "own_level": number(one.level),
        "own_as_assessed": number(one.as_assessed),
        "coverage": number(one.coverage),
        "n": "" if one.peers is None else one.peers.band,
        "is_published": one.peers is not None,
        "verdict": one.verdict,
        "position": one.text,
        **interval_cells("below", one.below),
        **interval_cells("at_or_below", one.at_or_below),
        "rank": number(one.rank.value if one.rank else None),
        **interval_cells("rank", one.rank.interval if one.rank else None),
        "note": one.note,
        **({} if one.peers is None else figure_cells(one.peers)),
    }


def _document(one: Position) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "own": {
            "score": None if one.own is None else float(one.own),
            "level": one.level,
            "as_assessed": None if one.as_assessed is None else float(one.as_assessed),
            "coverage_by_weight": one.coverage,
        },
        "peers": None if one.peers is None else peers_document(one.peers),
        "position": {
            "verdict": one.verdict,
            "text": one.text,
            "below": pair(one.below),
            "at_or_below": pair(one.at_or_below),
            "rank": None if one.rank is None else one.rank.to_json(),
        },
        "note": one.note or None,
    }
