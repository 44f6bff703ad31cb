"""
Attacks by linear programming: T5 and T11.

All rows of all linked tables hold at once. Among all populations that could have
printed them, how many contributors may a small group have, and at which levels? If
every such population gives the same answer, the answer is public. T11 plays an
attacker who has the list of participants, and so knows the number in every group.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import (
    Floats,
    Links,
    cell_bounds,
    learned_exactly,
    links_of,
)
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth, Vintage
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Cell, Group, contains, family

_MOST = 1e7
_PRIMAL = 4  # as HiGHS numbers its primal simplex
_TO_THE_END = 2**31 - 1
_STEPS = 500
_GRAIN = 1 / 200  # shares end at whole and half percents
_PATIENCE = 3
_LEVELS = np.eye(5)
_EVERYBODY = _LEVELS[0]
_AT_ONE_LEVEL = _LEVELS[:4] - _LEVELS[1:]
"""Those at a level or above less those above it, for all levels but the last."""


@dataclass(frozen=True, eq=False)
class Layout:
    """
    Variables: contributors in each cell of each widest table, at each level or above.

    Parameters
    ----------
    groups : tuple of Group
    sums : array, shape (n_groups, n_cells)
        1 where a cell is in a group.
    ties : array, shape (n_ties, n_cells)
        Differences that are 0, because widest tables share margins.
    links : Links
    """

    groups: tuple[Group, ...]
    sums: Floats
    ties: Floats
    links: Links


def layout_of(groups: tuple[Group, ...], *, is_open: bool) -> Layout:
    """Lay out the groups of a measure; in open ones, somebody may have a code of no group."""
    used = sorted({family(group) for group in groups})
    widest = [f for f in used if not any(set(f) < set(other) for other in used)]
    places = range(len(groups[0]))
    codes = [sorted({g[p] for g in groups} - {ALL}) + ["?"] * is_open for p in places]
    cells = [
        (dims, cell)
        for dims in widest
        for cell in product(*(codes[p] if p in dims else [ALL] for p in places))
    ]
    sums, ties = [], []
    for group in groups:
        margins = [
            np.array([float(dims == wide and contains(group, cell)) for dims, cell in cells])
            for wide in widest
            if set(family(group)) <= set(wide)
        ]
        sums.append(margins[0])
        ties += [margin - margins[0] for margin in margins[1:]]
    return Layout(
        groups, np.array(sums), np.array(ties).reshape(len(ties), len(cells)), links_of(groups)
    )


def programs(one: Vintage, *, knows_participants: bool = False) -> list[Finding]:
    """
    T5, or T11 with `knows_participants`: what all rows together allow.

    The truth, if known, limits the search to groups that are small. T11 needs it.

    Raises
    ------
    DisclosureError
        If HiGHS, which solves the programs, is not installed.
    """
    release = one.release
    groups_of = {
        measure: tuple(g for g in release.all_groups if (g, measure) in release.cells)
        for measure in release.measures
    }
    kinds = (True,) if knows_participants else (False, True)
    layouts = {
        groups: [layout_of(groups, is_open=is_open) for is_open in kinds]
        for groups in dict.fromkeys(groups_of.values())
    }

    def about(measure: str) -> list[Finding]:
        for date, layout in product(_dates(one, measure), layouts[groups_of[measure]]):
            targets = list(targets_of(one, measure, layout))
            if not targets:
                return []
            known = one.truth if knows_participants else None
            populations = Populations(one, measure, layout, known, date)
            ranges = ranges_of(populations, np.array([row for _, _, row in targets]))
            if ranges is not None:  # otherwise the rows contradict each other: some are in no part
                attack = "T11" if knows_participants else "T5"
                return list(_report(attack, one, measure, targets, ranges))
        return []

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # HiGHS lets other threads run
        return [finding for found in pool.map(about, release.measures) for finding in found]


def _dates(one: Vintage, measure: str) -> tuple[str, ...]:
    """All rows; and if rows of several dates contradict each other, those of the newest."""
    cells = one.release.cells.items()
    found = {cell.as_of for (_, m), cell in cells if m == measure and cell.as_of}
    return ("", max(found)) if len(found) > 1 else ("",)


def targets_of(one: Vintage, measure: str, layout: Layout) -> Iterator[tuple[str, Group, Floats]]:
    """Find what must stay unknown: withheld groups, and what is left beside published parts."""
    withheld = [one.release.cells[group, measure].withheld for group in layout.groups]

    def is_small(places: Sequence[int]) -> bool:
        if one.truth is None:
            return True
        n = sum(one.truth.n(layout.groups[place], measure) for place in places)
        return 0 < n < one.rules.threshold

    for place, group in enumerate(layout.groups):
        if withheld[place] and is_small([place]):
            yield "", group, layout.sums[place]
    for outer, parts in layout.links:
        hidden = [part for part in parts if withheld[part]]
        if hidden and not withheld[outer] and is_small(hidden):
            yield "beside its parts, ", layout.groups[outer], layout.sums[hidden].sum(0)


def _report(
    attack: str,
    one: Vintage,
    measure: str,
    targets: Sequence[tuple[str, Group, Floats]],
    ranges: Floats,
) -> Iterator[Finding]:
    for (what, group, _), (low, high) in zip(targets, ranges, strict=True):
        is_told = one.truth is not None or (low[0] >= 1 and high[0] < one.rules.threshold)
        real = None
        if one.truth is not None and not what:
            real = one.truth.level_counts(group, measure)
        learned = learned_exactly(low, high, real, is_n_known=attack == "T11")
        if learned and is_told and high[0] >= 1:
            yield Finding(attack, what + learned, (group,), measure)


class Populations:
    """
    All populations that could have printed the rows, as a linear program.

    The program is built once. The first goal is solved; from there on each other goal
    starts where the last one ended, and may stop after some steps: every step of the
    primal simplex ends in a population that could have printed the rows.

    Parameters
    ----------
    known : Truth, optional
        Numbers that the attacker knows of every group.
    date : str
        Date of the rows that count; all if empty.
    """

    def __init__(
        self, one: Vintage, measure: str, layout: Layout, known: Truth | None, date: str = ""
    ) -> None:
        self.knows_numbers = known is not None
        self._highspy = _solver()
        kinds = self._highspy.HighsModelStatus
        self._impossible = (kinds.kInfeasible, kinds.kUnboundedOrInfeasible)
        self._places = np.arange(5 * layout.sums.shape[1], dtype=np.int32)
        self._highs = self._model(*_rows(one, measure, layout, known, date))

    def _model(self, matrix: Any, low: Floats, high: Floats) -> Any:
        highspy, width = self._highspy, len(self._places)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = len(low), width
        model.col_cost_ = model.col_lower_ = np.zeros(width)
        model.col_upper_ = np.full(width, _MOST)
        model.row_lower_, model.row_upper_ = low, high
        held = model.a_matrix_
        held.format_ = highspy.MatrixFormat.kRowwise
        held.start_, held.index_, held.value_ = matrix.indptr, matrix.indices, matrix.data
        highs = highspy.Highs()
        options = {"threads": 1, "solver": "simplex", "simplex_strategy": _PRIMAL}
        for name, value in {"output_flag": False, **options}.items():
            highs.setOptionValue(name, value)
        highs.passModel(model)
        return highs

    def lowest(self, targets: Floats, goal: Floats, steps: int = _TO_THE_END) -> Floats | None:
        """
        Count what is in each target in the population in which the goal is lowest.

        Parameters
        ----------
        targets : array, shape (n_targets, n_cells)
            Sums of cells.
        goal : array, shape (n_targets, 5)
            Weight of the contributors at levels 1 to 5 or above of each target.
        steps : int
            Stop after so many, should it not be reached before.

        Returns
        -------
        array, shape (n_targets, 5), or None
            Contributors at levels 1 to 5 or above; None if no population prints the rows.

        Raises
        ------
        DisclosureError
            If the solver cannot tell.
        """
        costs = (targets.T @ goal).ravel()
        self._highs.changeColsCost(len(costs), self._places, costs)
        for limit in (steps, _TO_THE_END):  # the second time from nothing: a bad start
            self._highs.setOptionValue("simplex_iteration_limit", limit)
            self._highs.run()
            if self._is_solved(limit):
                cells = np.reshape(self._highs.getSolution().col_value, (-1, 5))
                return np.asarray(targets @ cells)
            status = self._highs.getModelStatus()
            self._highs.clearSolver()
        if status not in self._impossible:
            raise DisclosureError(
                f"The audit's solver gave up on a linear program ({status.name}), so what the"
                " tables reveal together is not known. Nothing was published."
            )
        return None

    def _is_solved(self, limit: int) -> bool:
        status, kinds = self._highs.getModelStatus(), self._highspy.HighsModelStatus
        prints_the_rows = self._highspy.SolutionStatus.kSolutionStatusFeasible
        return status == kinds.kOptimal or (
            status == kinds.kIterationLimit
            and limit < _TO_THE_END
            and self._highs.getInfo().primal_solution_status == prints_the_rows
        )


def _solver() -> Any:
    try:
        import highspy
    except ImportError:
        raise DisclosureError(
            "The audit needs highspy. Nothing was published."
            " Install it with: pip install 'pkimm-analytics[audit]'"
        ) from None
    return highspy


def _rows(
    one: Vintage, measure: str, layout: Layout, known: Truth | None, date: str
) -> tuple[Any, Floats, Floats]:
    """Matrix of the linear program, and the least and most of each of its rows."""
    from scipy import sparse

    rows: list[tuple[int, Floats, float, float]] = []
    for place, group in enumerate(layout.groups):
        cell = one.release.cells[group, measure]
        if known is not None:
            n = known.n(group, measure)
            rows.append((place, _EVERYBODY, n, n))
            if not cell.n.low <= n <= cell.n.high:  # of another date
                continue
        if not cell.withheld and date in ("", cell.as_of):
            rows += [(place, *row) for row in _printed(cell)]
    n_ties, n_cells = layout.ties.shape
    cells = sparse.vstack(
        [
            sparse.csr_array(layout.sums)[[place for place, *_ in rows]],
            sparse.csr_array(np.repeat(layout.ties, 5, axis=0)),
            sparse.csr_array(np.repeat(np.eye(n_cells), 4, axis=0)),
        ],
        format="csr",
    )
    printed = np.array([weights for _, weights, *_ in rows]).reshape(-1, 5)
    others = np.tile(_LEVELS, (n_ties, 1)), np.tile(_AT_ONE_LEVEL, (n_cells, 1))
    levels = np.concatenate([printed, *others])
    low = np.array([row[2] for row in rows] + [0.0] * (5 * n_ties + 4 * n_cells))
    high = np.array([row[3] for row in rows] + [0.0] * 5 * n_ties + [np.inf] * 4 * n_cells)
    return _times_levels(cells, levels), low, high


def _printed(cell: Cell) -> Iterator[tuple[Floats, float, float]]:
    """Tell what is printed about a group: weights of its levels, and the least and most of that."""
    least, most = cell_bounds(cell)
    for index, level in enumerate(_LEVELS):
        share = cell.share(index + 1)
        yield level, least[index], most[index]
        if share.low > 0:
            yield level - share.low * _EVERYBODY, 0, np.inf
        if share.high < 1:
            open_by = _GRAIN if share.is_open else 0.0  # whole numbers on a known grid
            yield level - share.high * _EVERYBODY, -np.inf, -open_by
    if "mean" in cell.figures:
        mean, step = cell.figures["mean"]
        yield 1 - (mean - step / 2) * _EVERYBODY, -1e-9, np.inf
        yield 1 - (mean + step / 2) * _EVERYBODY, -np.inf, 1e-9


def _times_levels(cells: Any, levels: Floats) -> Any:
    """Multiply each row of cells with a row of levels: a column for each pair."""
    from scipy import sparse

    row = np.repeat(np.arange(cells.shape[0]), np.diff(cells.indptr))
    values = (cells.data[:, None] * levels[row]).ravel()
    columns = (5 * cells.indices[:, None] + np.arange(5)).ravel()
    shape = (cells.shape[0], 5 * cells.shape[1])
    matrix = sparse.csr_array((values, columns, 5 * cells.indptr), shape)
    matrix.eliminate_zeros()
    return matrix


def ranges_of(populations: Populations, targets: Floats) -> Floats | None:
    """
    Least and most of the five counts of each target, shape (n_targets, 2, 5).

    Populations on the way to mixed goals clear most of them, many at once; only the rest
    is asked for one by one. None if no population prints the rows.
    """
    low = np.full((len(targets), 5), np.inf)
    high = -low
    left = np.ones(low.shape, bool)
    left[:, 0] = not populations.knows_numbers
    mixed = np.random.default_rng(0)
    goal, steps = left.astype(float), _TO_THE_END
    n_in_vain = 0
    while left.any() and n_in_vain < _PATIENCE:
        counts = populations.lowest(targets, goal, steps)
        if counts is None:
            return None
        low, high = np.minimum(low, counts), np.maximum(high, counts)
        is_cleared = left & ~_is_open(low, high)
        n_in_vain = 0 if is_cleared.any() else n_in_vain + 1
        left &= ~is_cleared
        goal, steps = left * mixed.choice([-1.0, 1.0], low.shape), _STEPS
    for place in zip(*np.nonzero(left), strict=True):
        for direction in (1, -1):
            goal = np.zeros(low.shape)
            goal[place] = direction
            counts = populations.lowest(targets, goal) if _is_open(low, high)[place] else None
            if counts is not None:
                low, high = np.minimum(low, counts), np.maximum(high, counts)
    return np.stack([np.ceil(low - 1e-6), np.floor(high + 1e-6)], axis=1)


def _is_open(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Not yet seen at two whole numbers: two inside what was seen are inside what is possible."""
    return np.asarray(np.ceil(low - 1e-6) >= np.floor(high + 1e-6))
