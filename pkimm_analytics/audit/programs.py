"""
Attacks by linear programming: T5 and T11.

All rows of all linked tables hold at once. Among all populations that could have
printed them, how many contributors may a small group have, and at which levels? If
every such population gives the same answer, the answer is public. T11 plays an
attacker who has the list of participants, and so knows the number in every group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.bounds import QUANTITIES, cell_bounds, links_of
from pkimm_analytics.audit.findings import Finding, Group
from pkimm_analytics.audit.published import Published, contains, family
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.errors import DisclosureError

_NAMES = QUANTITIES[:5]
_MOST = 1e7
_PRIMAL = 4  # as HiGHS numbers its primal simplex
_SWEEPS = 8
"""Populations that are tried before targets are solved one by one."""


@dataclass(frozen=True, eq=False)
class Layout:
    """
    Variables: contributors in each cell of each widest table, at each level.

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


def _at_least(rows: NDArray[np.float64], level: int) -> NDArray[np.float64]:
    """Rows over cells to rows over cells and levels, counting a level and those above."""
    counted = rows[..., None] * (np.arange(1, 6) >= level)
    return counted.reshape(*rows.shape[:-1], -1)


def _targets(
    release: Published, measure: str, layout: Layout, threshold: int, truth: Truth | None
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
    release: Published,
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
    layouts: dict[tuple[tuple[Group, ...], bool], Layout] = {}
    found = []
    for measure in release.measures:
        groups = tuple(g for g in release.all_groups if (g, measure) in release.cells)
        for is_open in (True,) if knows_participants else (False, True):
            if (groups, is_open) not in layouts:
                layouts[groups, is_open] = _layout(groups, is_open=is_open)
            layout = layouts[groups, is_open]
            targets = list(_targets(release, measure, layout, threshold, truth))
            if not targets:
                break
            populations = _Populations(
                release, measure, layout, truth if knows_participants else None
            )
            ranges = _ranges(populations, np.array([row for _, _, row in targets]))
            if ranges is None:
                continue  # the rows contradict each other: somebody is in no part
            found += _report(
                "T11" if knows_participants else "T5", measure, targets, ranges, threshold, truth
            )
            break
    return found


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


class _Populations:
    """
    All populations that could have printed the rows, as a linear program.

    The program is built once and solved for one goal after another, each from where the
    last one ended.

    Parameters
    ----------
    known : Truth, optional
        Numbers that the attacker knows of every group.
    """

    def __init__(
        self, release: Published, measure: str, layout: Layout, known: Truth | None
    ) -> None:
        self.knows_numbers = known is not None
        self._highspy = _solver()
        rows: list[NDArray[np.float64]] = []
        low: list[float] = []
        high: list[float] = []

        def add(row: NDArray[np.float64], least: float, most: float) -> None:
            rows.append(row)
            low.append(least)
            high.append(most)

        for place, group in enumerate(layout.groups):
            cell = release.cells[group, measure]
            base = layout.sums[place]
            n = _at_least(base, 1)
            if known is not None:
                add(n, known.n(group, measure), known.n(group, measure))
            if cell.withheld:
                continue
            least, most = cell_bounds(cell)
            for index, level in enumerate((1, 2, 3, 4, 5)):
                counted, share = _at_least(base, level), cell.share(level)
                add(counted, least[index], most[index])
                add(counted - share.low * n, 0, np.inf)
                add(counted - share.high * n, -np.inf, 0)
            if "mean" in cell.figures:
                mean, step = cell.figures["mean"]
                total = np.kron(base, np.arange(1.0, 6.0))
                add(total - (mean - step / 2) * n, -1e-9, np.inf)
                add(total - (mean + step / 2) * n, -np.inf, 1e-9)
        for tie in layout.ties:
            for level in range(1, 6):
                add(_at_least(tie, level), 0, 0)
        width = 5 * layout.sums.shape[1]
        self._places = np.arange(width, dtype=np.int32)
        self._highs = self._model(np.array(rows).reshape(len(rows), width), low, high)

    def _model(self, rows: NDArray[np.float64], low: list[float], high: list[float]) -> Any:
        highspy = self._highspy
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows.shape
        model.col_cost_ = model.col_lower_ = np.zeros(rows.shape[1])
        model.col_upper_ = np.full(rows.shape[1], _MOST)
        model.row_lower_, model.row_upper_ = np.array(low), np.array(high)
        row, column = np.nonzero(rows)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.searchsorted(row, np.arange(len(rows) + 1))
        matrix.index_, matrix.value_ = column, rows[row, column]
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)  # noqa: FBT003  # the library's signature
        highs.setOptionValue("solver", "simplex")
        highs.setOptionValue("simplex_strategy", _PRIMAL)
        highs.passModel(model)
        return highs

    def lowest(self, goal: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Find the population in which the goal is lowest; None if there is none."""
        self._highs.changeColsCost(len(self._places), self._places, goal)
        for _ in range(2):  # the second time from nothing, should the last end be a bad start
            self._highs.run()
            if self._highs.getModelStatus() == self._highspy.HighsModelStatus.kOptimal:
                return np.asarray(self._highs.getSolution().col_value)
            self._highs.clearSolver()
        return None


def _solver() -> Any:
    try:
        import highspy
    except ImportError:
        raise DisclosureError(
            "The audit needs highspy. Nothing was published."
            " Install it with: pip install 'pkimm-analytics[audit]'"
        ) from None
    return highspy


def _ranges(populations: _Populations, targets: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """
    Least and most of the five counts of each target, shape (n_targets, 2, 5).

    A few populations at the edge of what is possible clear most targets at once; only
    the rest is solved one by one.
    """
    weights = np.stack([_at_least(targets, level) for level in range(1, 6)], axis=1)
    low = np.full(weights.shape[:2], np.inf)
    high = -low
    usable = np.ones(weights.shape[:2], bool)
    usable[:, 0] = not populations.knows_numbers
    left = usable
    for number in range(_SWEEPS):
        mixed = (
            (-1.0) ** (np.arange(left.size) // (number // 2)) if number > 1 else (-1.0) ** number
        )
        goal = np.einsum(
            "tq,tqv->v", left * np.reshape(mixed, (-1, 5) if number > 1 else ()), weights
        )
        population = populations.lowest(goal)
        if population is None:
            return None
        low = np.minimum(low, weights @ population)
        high = np.maximum(high, weights @ population)
        left = usable & _is_open(low, high)
        if number and not left.any():
            break
    for target, quantity in np.argwhere(left):
        for sign, edge in ((1, low), (-1, high)):
            population = populations.lowest(sign * weights[target, quantity])
            if population is not None:
                edge[target, quantity] = weights[target, quantity] @ population
    return np.stack([np.ceil(low - 1e-6), np.floor(high + 1e-6)], axis=1)


def _is_open(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Not yet seen at two whole numbers: two inside what was seen are inside what is possible."""
    return np.asarray(np.ceil(low - 1e-6) >= np.floor(high + 1e-6))
