"""
Me against my peers: one assessment beside the printed figures of a release.

Everything happens in the memory of this process. Nothing is written, nothing is sent,
and the release does not learn who looked. Peers are known by their **levels** only, so
the own score is placed by its level: among the peers of the same level it may stand
anywhere, and every position is therefore an interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.benchmark.ladder import Ladder, cohort_of, peer_ladder
from pkimm_analytics.benchmark.like_for_like import (
    edition_notes,
    measure_note,
    measured,
    own_scores,
)
from pkimm_analytics.benchmark.printed import Distribution, Estimate, pair, sampling
from pkimm_analytics.benchmark.release import Benchmark, estimates, kind_of, peers_document
from pkimm_analytics.model import Model, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.release import Interval
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.tables import OVERALL

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "pkimm-benchmark/1"

ABOVE, BELOW, ALIKE = "above", "below", "not distinguishable"
WITHHELD, ABSENT, UNSCORED = "withheld", "not in the release", "no score of your own"


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
    peers : Distribution, optional
        What is printed; None if nothing is.
    verdict : str
        ``above`` or ``below``: surely more than half of the peers are at lower, or at
        higher, levels; ``not distinguishable``; or why nothing can be said.
    below, at_or_below : Interval, optional
        Share of the contributing peers at lower levels, and at the same or lower ones.
    rank : Estimate, optional
        Mid-rank percentile of the own level, 0 to 100, with its 95 % interval.
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


@dataclass(frozen=True)
class Comparison:
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
        What a reader has to know: pooled editions, what was left out.
    """

    bench: Benchmark
    ladder: Ladder
    edition: Model = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """
        One row per measure.

        Returns
        -------
        DataFrame
            ``measure, kind, name, own_score, own_level, own_as_assessed, n,
            is_published, verdict, position, below_low, below_high, at_or_below_low,
            at_or_below_high`` (shares of the contributing peers), ``rank, rank_low,
            rank_high`` (percentile of the own level, 95 % interval), ``note``, then
            the peers' figures as in :meth:`Benchmark.figures`. NaN where there is
            nothing to state.
        """
        import pandas as pd

        return pd.DataFrame([_flat(position) for position in self.positions])

    def to_json(self) -> dict[str, Any]:
        """Return what ``pkimm benchmark --json`` prints."""
        return {
            "format": FORMAT,
            "release": self.bench.to_json(),
            "cohort": self.ladder.to_json(),
            "edition": self.edition.version,
            "measures": {position.measure: _document(position) for position in self.positions},
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
        Peers to compare with; those of the assessment's own profile if left out. It is
        relaxed to the nearest published one; see :func:`peer_ladder`.

    Raises
    ------
    BenchmarkError
        If the release has no such dimension or code.
    UnknownEditionError
        If the edition of the assessment is not installed.
    """
    ladder = peer_ladder(bench, cohort_of(assessment) if cohort is None else cohort)
    model = model_of(assessment.model)
    edition = _edition(bench, ladder)
    original = score(assessment, model)
    group = bench.group(ladder.found)
    own, before = own_scores(assessment, edition), measured(original)
    pools = len(ladder.pooled["edition"]) > 1
    positions = tuple(
        position(
            measure,
            _name(edition, measure),
            own.get(measure),
            before.get(measure),
            bench.distribution(group, measure),
            is_in_release=bench.published.cells.get((group, measure)) is not None,
            note=measure_note(measure, model, edition, pools=pools),
        )
        for measure in _wanted(bench, ladder, edition, assessment)
    )
    notes = _notes(bench, ladder, model, edition, original)
    return Comparison(bench, ladder, edition, positions, tuple(notes))


def position(
    measure: str,
    name: str,
    own: Fraction | None,
    as_assessed: Fraction | None,
    peers: Distribution | None,
    *,
    is_in_release: bool = True,
    note: str = "",
) -> Position:
    """Place one score among the printed levels of a cohort."""
    plain = (measure, kind_of(measure), name, own, as_assessed, peers)
    if peers is None:
        return Position(*plain, verdict=WITHHELD if is_in_release else ABSENT, note=note)
    if own is None:
        return Position(*plain, verdict=UNSCORED, note=note)
    level = math.floor(own)
    reach, above = peers.share(level), peers.share(level + 1)
    verdict = ALIKE
    if reach.interval.high <= 0.5:
        verdict = ABOVE
    elif above.interval.low > 0.5:
        verdict = BELOW
    printed = Interval(
        1 - (reach.printed.high + above.printed.high) / 2,
        1 - (reach.printed.low + above.printed.low) / 2,
    )
    (around,) = sampling([printed], peers.n.low)
    return Position(
        *plain,
        verdict=verdict,
        below=Interval(1 - reach.printed.high, 1 - reach.printed.low),
        at_or_below=Interval(1 - above.printed.high, 1 - above.printed.low),
        rank=Estimate(
            100 - 50 * (reach.value + above.value),
            Interval(100 * printed.low, 100 * printed.high),
            Interval(100 * around.low, 100 * around.high),
        ),
        note=note,
    )


def percent(interval: Interval) -> str:
    """
    Write an interval of shares in whole percent, rounded outward.

    Examples
    --------
    >>> percent(Interval(0.55, 0.65)), percent(Interval(1, 1))
    ('55 to 65 %', '100 %')
    """
    low, high = math.floor(100 * interval.low + 1e-9), math.ceil(100 * interval.high - 1e-9)
    return f"{low} %" if low == high else f"{low} to {high} %"


def rank_words(value: float, interval: Interval) -> str:
    """
    Write a percentile rank and its 95 % interval in whole numbers, rounded outward.

    Examples
    --------
    >>> rank_words(37.5, Interval(9.2, 66.1))
    '38 (9 to 67)'
    """
    low, high = math.floor(interval.low + 1e-9), math.ceil(interval.high - 1e-9)
    return f"{math.floor(value + 0.5)} ({low} to {high})"


# --- what is compared ----------------------------------------------------------------------


def _edition(bench: Benchmark, ladder: Ladder) -> Model:
    """Edition of the cohort, or that of the release's measures where editions are pooled."""
    version = ladder.found.get("edition")
    return shipped_model(version) if version in shipped_versions() else bench.edition


def _wanted(
    bench: Benchmark, ladder: Ladder, edition: Model, assessment: Assessment
) -> Iterator[str]:
    """Measures to list: everything scored, and requirements where the cohort has them."""
    yield OVERALL
    yield from (module.id for module in edition.modules)
    yield from edition.categories
    if assessment.mode is Mode.FULL:
        group = bench.group(ladder.found)
        for key in edition.requirements:
            if (group, key) in bench.published.cells:
                yield key


def _name(model: Model, measure: str) -> str:
    return "Overall" if measure == OVERALL else model.name(measure)


def _notes(
    bench: Benchmark, ladder: Ladder, own: Model, edition: Model, scores: Scores
) -> Iterator[str]:
    yield ladder.sentence
    yield from edition_notes(own, edition)
    if not set(bench.measures) & {module.id for module in edition.modules}:
        yield "This release has no figures of modules."
    if scores.extensions:
        yield "Releases have no figures of extensions; yours are not compared."
    if bench.synthetic:
        yield "Invented organizations count in this release; it is for trying things out."


# --- as plain data -----------------------------------------------------------------------


def _flat(one: Position) -> dict[str, Any]:
    nan = float("nan")

    def ends(name: str, interval: Interval | None) -> dict[str, float]:
        low, high = (nan, nan) if interval is None else (interval.low, interval.high)
        return {f"{name}_low": low, f"{name}_high": high}

    row: dict[str, Any] = {
        "measure": one.measure,
        "kind": one.kind,
        "name": one.name,
        "own_score": nan if one.own is None else float(one.own),
        "own_level": nan if one.level is None else one.level,
        "own_as_assessed": nan if one.as_assessed is None else float(one.as_assessed),
        "n": "" if one.peers is None else one.peers.band,
        "is_published": one.peers is not None,
        "verdict": one.verdict,
        "position": one.text,
        **ends("below", one.below),
        **ends("at_or_below", one.at_or_below),
        "rank": nan if one.rank is None else one.rank.value,
        **ends("rank", None if one.rank is None else one.rank.interval),
        "note": one.note,
    }
    for name, estimate in [] if one.peers is None else estimates(one.peers):
        row |= {name: estimate.value, **ends(name, estimate.interval)}
        row |= ends(f"{name}_printed", estimate.printed)
    return row


def _document(one: Position) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "own": {
            "score": None if one.own is None else float(one.own),
            "level": one.level,
            "as_assessed": None if one.as_assessed is None else float(one.as_assessed),
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
