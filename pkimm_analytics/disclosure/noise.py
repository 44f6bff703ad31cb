"""
Releases with differential privacy, for collections of five thousand parents or more.

One parent has one record, and each of its levels counts once in each table. Whole noise
from the discrete Laplace distribution is added to every count, of every group and level of
the plan, whatever is in it; everything that is printed follows from the noisy counts. So
nobody learns more about one parent than the budget allows, whatever they know already.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Group
from pkimm_analytics.disclosure.plan import Family, Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import Figures, shares_of
from pkimm_analytics.disclosure.records import Records
from pkimm_analytics.disclosure.table import Block
from pkimm_analytics.errors import DisclosureError, PolicyError, Problem

LEAST_CONTRIBUTORS = 5_000
MOST_EPSILON = 1.0
"""Budget of one release at most."""
MOST_EPSILON_A_YEAR = 4.0
"""Budget of all releases of a calendar year at most."""

FAMILIES: tuple[Family, ...] = (("sector",), ("size",), ("region",))
"""Tables that are counted; the whole is the sum of that with the fewest groups."""
_WHOLE_FROM = ("size",)

Noise = Callable[[NDArray[np.int64]], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class NoisyCounts:
    """
    Counts after the noise; nothing else of the contributions is used from here on.

    Parameters
    ----------
    families : mapping of Family to array of int, shape (1 + n_codes, n_measures, 5)
        Contributors by level; place 0 is for those in no group of the table.
    epsilon, scale : float
        Budget of the release and scale of the noise of each count.
    """

    families: dict[Family, NDArray[np.int64]]
    epsilon: float
    scale: float


def check_epsilon(epsilon: float) -> None:
    """
    Refuse a budget that is no number, not positive or too large.

    Raises
    ------
    PolicyError
        If it is.
    """
    if not (math.isfinite(epsilon) and 0.01 <= epsilon <= MOST_EPSILON):
        raise PolicyError(
            "This budget cannot be used. Nothing was published.",
            [Problem("dp", f"expected an epsilon from 0.01 to {MOST_EPSILON:g}")],
        )


def exact_counts(records: Records, plan: Plan) -> dict[Family, NDArray[np.int64]]:
    """Count one record of each parent, the most preferred one, in every table."""
    rows = np.unique(records.parent, return_index=True)[1]
    measures = plan.measures(plan.tiers[0], ())
    found = {}
    for family in FAMILIES:
        cell = records.codes[family[0]][rows].astype(np.int64) + 1
        n_cells = len(plan.codes[family[0]]) + 1
        columns = []
        for measure in measures:
            if measure in records.levels:
                level = np.maximum(records.levels[measure][rows], 0)
            else:
                level = np.zeros(len(rows), np.int8)
            counts = np.bincount(cell * 6 + level, minlength=6 * n_cells)
            columns.append(counts.reshape(n_cells, 6)[:, 1:])
        found[family] = np.stack(columns, axis=1)
    return found


def sensitivity(n_measures: int) -> int:
    """How many counts one parent changes at most, by one each, by joining or leaving."""
    return len(FAMILIES) * n_measures


def laplace(scale: float) -> Noise:
    """
    Discrete Laplace noise, made of whole numbers only.

    Raises
    ------
    DisclosureError
        If OpenDP is not installed.
    """
    try:
        import opendp.prelude as dp
    except ImportError:
        raise DisclosureError(
            "Differential privacy needs OpenDP. Nothing was published."
            " Install it with: pip install 'pkimm-analytics[dp]'"
        ) from None
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    add = dp.m.make_laplace(*space, scale=scale)
    return lambda counts: np.array(add(counts.ravel().tolist()), np.int64).reshape(counts.shape)


def part_for_size(epsilon: float) -> float:
    """Part of a budget that is spent on the question whether there are enough contributors."""
    return epsilon / 20


def has_enough(records: Records, epsilon: float) -> bool:
    """
    Whether a noisy number of contributors reaches ``LEAST_CONTRIBUTORS``.

    Spends :func:`part_for_size` of the budget, whatever the answer is.
    """
    n = np.array([len(np.unique(records.parent))], np.int64)
    return bool(laplace(1 / part_for_size(epsilon))(n)[0] >= LEAST_CONTRIBUTORS)


def noisy_counts(records: Records, plan: Plan, epsilon: float) -> NoisyCounts:
    """
    Count, and add the noise.

    Parameters
    ----------
    epsilon : float
        Budget, up to ``MOST_EPSILON``, of which :func:`part_for_size` is spent already; the
        rest is divided over all counts.

    Raises
    ------
    PolicyError
        If the budget cannot be used.
    """
    check_epsilon(epsilon)
    counts = exact_counts(records, plan)
    rest = epsilon - part_for_size(epsilon)
    n_measures = counts[FAMILIES[0]].shape[1]
    scale = sensitivity(n_measures) / rest
    add = laplace(scale)
    return NoisyCounts({family: add(c) for family, c in counts.items()}, epsilon, scale)


# --- from noisy counts to figures: nothing private is read from here on -----------------


def tier_of(plan: Plan) -> Tier:
    """Tables of a release with noise: the whole, sectors, sizes, regions."""
    return Tier(plan.tiers[0].start, ((), *FAMILIES), (), 50)


def noisy_blocks(noisy: NoisyCounts, plan: Plan, policy: Policy) -> dict[Group, Block]:
    """Figures of every group whose noise leaves something to see."""
    measures = plan.measures(tier_of(plan), ())
    whole = noisy.families[_WHOLE_FROM]
    blocks = {plan.groups(())[0]: _block(whole.sum(axis=0), len(whole), measures, noisy, policy)}
    for family, counts in noisy.families.items():
        for group, own in zip(plan.groups(family), counts[1:], strict=True):
            blocks[group] = _block(own, 1, measures, noisy, policy)
    return blocks


def _block(
    counts: NDArray[np.int64],
    n_sums: int,
    measures: tuple[str, ...],
    noisy: NoisyCounts,
    policy: Policy,
) -> Block:
    found = {}
    for measure, own in zip(measures, np.maximum(counts, 0), strict=True):
        figures = _figures(own, n_sums, noisy.scale, policy)
        if figures is not None:
            found[measure] = figures
    return found


def _figures(
    counts: NDArray[np.int64], n_sums: int, scale: float, policy: Policy
) -> Figures | None:
    """
    Shares on a step that is twice the error that 95 % of them stay below.

    The sum of up to five counts has five times the variance of one, 2 x scale^2 each.
    """
    n = int(counts.sum())
    if n < policy.bands[0]:
        return None
    error = 1.96 * math.sqrt(2 * 5 * n_sums) * scale / n
    start = policy.band_start(n)
    least = policy.step(start)
    steps = [s for s in policy.steps_percent if least and s >= max(least, 200 * error)]
    if not steps:
        return None
    return Figures(start, steps[0], shares_of(counts, steps[0], policy))
