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

from pkimm_analytics.audit.bounds import QUANTITIES, cell_bounds, links_of
from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import Cell, Group, Release, contains, family

_NAMES = QUANTITIES[:5]
_MOST = 1e7
_PRIMAL = 4  # as HiGHS numbers its primal simplex
_TO_THE_END = 2**31 - 1
_STEPS = 500
_GRAIN = 1 / 200  # shares end at whole and half percents
_PATIENCE = 3
_EVERYBODY = np.eye(5)[0]
_AT_ONE_LEVEL = np.eye(5)[:4] - np.eye(5)[1:]
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
    links : tuple of (int, array of int)
        Place of a group and of the parts that it consists of.
    """

    groups: tuple[Group, ...]
    sums: NDArray[np.float64]
    ties: NDArray[np.float64]
    links: tuple[tuple[int, NDArray[np.intp]], ...]


def _layout(groups: Sequence[Group], *, is_open: bool) -> Layout:
    used = sorted({family(group) for group in groups})
    widest = [f for f in used if not any(set(f) < set(other) for other in used)]
    width = len(groups[0])
    codes = [
        sorted({g[p] for g in groups} - {"*"}) + (["?"] if is_open else []) for p in range(width)
    ]
    cells: list[tuple[int, Group]] = []
    for table, dims in enumerate(widest):
        choices = [codes[p] if p in dims else ["*"] for p in range(width)]
        cells += [(table, cell) for cell in product(*choices)]
    margins: list[tuple[Group, int]] = [
        (group, table)
        for group in groups
        for table, dims in enumerate(widest)
        if set(family(group)) <= set(dims)
    ]
    rows = {
        (group, table): np.array([float(t == table and contains(group, cell)) for t, cell in cells])
        for group, table in margins
    }
    first: dict[Group, NDArray[np.float64]] = {}
    ties = []
    for (group, _), row in rows.items():
        if group in first:
            ties.append(row - first[group])
        else:
            first[group] = row
    sums = np.array([first[group] for group in groups])
    return Layout(
        tuple(groups), sums, np.array(ties).reshape(len(ties), len(cells)), links_of(groups)
    )


def _targets(
    release: Release, measure: str, layout: Layout, threshold: int, truth: Truth | None
) -> Iterator[tuple[str, Group, NDArray[np.float64]]]:
    """Find what must stay unknown: withheld groups, and what is left beside published parts."""
    withheld = [release.cells[group, measure].withheld for group in layout.groups]

    def is_small(places: Sequence[int]) -> bool:
        return (
            truth is None or 0 < sum(truth.n(layout.groups[p], measure) for p in places) < threshold
        )

    for place, group in enumerate(layout.groups):
        if withheld[place] and is_small([place]):
            yield "", group, layout.sums[place]
    for outer, parts in layout.links:
        hidden = [part for part in parts if withheld[part]]
        if hidden and not withheld[outer] and is_small(hidden):
            yield "beside its parts, ", layout.groups[outer], layout.sums[hidden].sum(0)


def programs(
    release: Release,
    threshold: int,
    truth: Truth | None = None,
    *,
    knows_participants: bool = False,
) -> list[Finding]:
    """
    T5, or T11 with `knows_participants`: what all rows together allow.

    Parameters
    ----------
    truth : Truth, optional
        Limits the search to groups that are small. Needed for T11.

    Raises
    ------
    DisclosureError
        If HiGHS, which solves the programs, is not installed.
    """
    groups_of = {
        measure: tuple(g for g in release.all_groups if (g, measure) in release.cells)
        for measure in release.measures
    }
    layouts = {
        (groups, is_open): _layout(groups, is_open=is_open)
        for groups in dict.fromkeys(groups_of.values())
        for is_open in ((True,) if knows_participants else (False, True))
    }

    def about(measure: str) -> list[Finding]:
        fitting = [one for (groups, _), one in layouts.items() if groups == groups_of[measure]]
        for date, layout in product(_dates(release, measure), fitting):
            targets = list(_targets(release, measure, layout, threshold, truth))
            if not targets:
                return []
            known = truth if knows_participants else None
            ranges = _ranges(
                _Populations(release, measure, layout, known, date),
                np.array([row for _, _, row in targets]),
            )
            if ranges is not None:  # otherwise the rows contradict each other: some are in no part
                attack = "T11" if knows_participants else "T5"
                return _report(attack, measure, targets, ranges, threshold, truth)
        return []

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # HiGHS lets other threads run
        return [finding for found in pool.map(about, release.measures) for finding in found]


def _dates(release: Release, measure: str) -> tuple[str, ...]:
    """All rows; and if rows of several dates contradict each other, those of the newest."""
    found = {c.as_of for (_, m), c in release.cells.items() if m == measure and c.as_of}
    return ("", max(found)) if len(found) > 1 else ("",)


def _report(
    attack: str,
    measure: str,
    targets: list[tuple[str, Group, NDArray[np.float64]]],
    ranges: NDArray[np.float64],
    threshold: int,
    truth: Truth | None,
) -> list[Finding]:
    found = []
    for (what, group, _), (low, high) in zip(targets, ranges, strict=True):
        if high[0] < 1 or (truth is None and (high[0] >= threshold or low[0] < 1)):
            continue
        known = [
            f"{name} = {low[i]:g}"
            for i, name in enumerate(_NAMES)
            if low[i] == high[i]
            and not (attack == "T11" and name == "n")
            and (what or truth is None or truth.quantity(group, measure, name) == low[i])
        ]
        if known:
            found.append(Finding(attack, what + ", ".join(known), (group,), measure))
    return found


class _Rows:
    """Rows of a linear program: sums over some cells and levels, and what they may be."""

    def __init__(self) -> None:
        self.columns: list[NDArray[np.intp]] = []
        self.values: list[NDArray[np.float64]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(
        self, cells: NDArray[np.float64], levels: NDArray[np.float64], least: float, most: float
    ) -> None:
        """Add a row: how often each cell counts, times how often each level does."""
        used, counted = np.flatnonzero(cells), np.flatnonzero(levels)
        self.columns.append((5 * used[:, None] + counted).ravel())
        self.values.append(np.outer(cells[used], levels[counted]).ravel())
        self.low.append(least)
        self.high.append(most)

    def add_printed(self, cells: NDArray[np.float64], cell: Cell) -> None:
        """Add what is printed about a group of these cells."""
        least, most = cell_bounds(cell)
        for index, counted in enumerate(np.eye(5)):
            share = cell.share(index + 1)
            self.add(cells, counted, least[index], most[index])
            if share.low > 0:
                self.add(cells, counted - share.low * _EVERYBODY, 0, np.inf)
            if share.high < 1:
                open_by = _GRAIN if share.is_open else 0.0  # whole numbers on a known grid
                self.add(cells, counted - share.high * _EVERYBODY, -np.inf, -open_by)
        if "mean" in cell.figures:
            mean, step = cell.figures["mean"]
            self.add(cells, 1 - (mean - step / 2) * _EVERYBODY, -1e-9, np.inf)
            self.add(cells, 1 - (mean + step / 2) * _EVERYBODY, -np.inf, 1e-9)


class _Populations:
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
        self, release: Release, measure: str, layout: Layout, known: Truth | None, date: str = ""
    ) -> None:
        self.knows_numbers = known is not None
        import highspy

        self._highspy = highspy
        kinds = self._highspy.HighsModelStatus
        self._impossible = (kinds.kInfeasible, kinds.kUnboundedOrInfeasible)
        rows = _Rows()
        for place, group in enumerate(layout.groups):
            cell = release.cells[group, measure]
            cells = layout.sums[place]
            if known is not None:
                n = known.n(group, measure)
                rows.add(cells, _EVERYBODY, n, n)
                if not cell.n.low <= n <= cell.n.high:  # of another date
                    continue
            if not cell.withheld and date in ("", cell.as_of):
                rows.add_printed(cells, cell)
        for tie in layout.ties:
            for counted in np.eye(5):
                rows.add(tie, counted, 0, 0)
        for cell_alone in np.eye(layout.sums.shape[1]):
            for counted in _AT_ONE_LEVEL:
                rows.add(cell_alone, counted, 0, np.inf)
        self._places = np.arange(5 * layout.sums.shape[1], dtype=np.int32)
        self._highs = self._model(rows)

    def _model(self, rows: _Rows) -> Any:
        highspy, width = self._highspy, len(self._places)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = len(rows.low), width
        model.col_cost_ = model.col_lower_ = np.zeros(width)
        model.col_upper_ = np.full(width, _MOST)
        model.row_lower_, model.row_upper_ = np.array(rows.low), np.array(rows.high)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *map(len, rows.columns)])
        matrix.index_, matrix.value_ = np.concatenate(rows.columns), np.concatenate(rows.values)
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)  # noqa: FBT003  # the library's signature
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("solver", "simplex")
        highs.setOptionValue("simplex_strategy", _PRIMAL)
        highs.passModel(model)
        return highs

    def lowest(
        self,
        targets: NDArray[np.float64],
        goal: NDArray[np.float64],
        steps: int = _TO_THE_END,
    ) -> NDArray[np.float64] | None:
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


def _ranges(populations: _Populations, targets: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """
    Least and most of the five counts of each target, shape (n_targets, 2, 5).

    Populations on the way to mixed goals clear most of them, many at once; only the rest
    is asked for one by one.
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


def _is_open(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Not yet seen at two whole numbers: two inside what was seen are inside what is possible."""
    return np.asarray(np.ceil(low - 1e-6) >= np.floor(high + 1e-6))
