"""What rounding cannot prevent is said as it is: T17b."""

import numpy as np
import pytest

from pkimm_analytics.audit.bounds import counts_of
from pkimm_analytics.disclosure import load_policy
from pkimm_analytics.disclosure.manifest import statements
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.disclosure.table import printed_rows
from pkimm_analytics.release import printed_share, read_cell

POLICY = load_policy()
LEVELS = np.arange(2, 6)
REACHED = (np.arange(1, 6)[:, None] >= LEVELS).astype(int)


def told(counts):
    """Levels that whoever knows all other records can tell of the last one."""
    cell = read_cell(printed_rows(print_shares(counts, POLICY), POLICY, "2026Q3"))
    low, high = counts_of(cell, int(counts.sum()))
    at_least = np.cumsum(counts[::-1])[::-1][1:]
    found = np.zeros(5, bool)
    for level in np.flatnonzero(counts):
        every = at_least - REACHED[level] + REACHED
        found[level] = np.all((every >= low) & (every <= high), axis=1).sum() == 1
    return found


@pytest.mark.parametrize(("n", "times"), [(10, 200), (20, 100), (100, 30), (2000, 60)])
def test_the_limits_of_a_manifest_are_those_of_a_simulation(n, times):
    """
    Of one measure, and of at least one of 21: within five points of what is written.
    """
    rng = np.random.default_rng(1)
    of_one, of_any = [], []
    for _ in range(times):
        maturity = rng.normal(0, 0.7, n)[:, None] + rng.normal(0, 0.6, 21)
        levels = np.clip(np.floor(3.4 + maturity + rng.normal(0, 0.6, (n, 21))), 1, 5).astype(int)
        counts = [np.bincount(levels[:, m], minlength=6)[1:] for m in range(21)]
        hits = np.stack([told(c)[levels[:, m] - 1] for m, c in enumerate(counts)], axis=1)
        of_one.append(hits.mean())
        of_any.append(hits.any(axis=1).mean())
    stated = {10: (0.10, 0.87), 20: (0.19, 0.99), 100: (0.27, 1.0), 2000: (0.01, 0.17)}[n]
    assert np.mean(of_one) == pytest.approx(stated[0], abs=0.05)
    assert np.mean(of_any) == pytest.approx(stated[1], abs=0.05)
    assert f"{stated[0]:.0%} at {n:,}" in " ".join(statements()["limits"])


@pytest.mark.parametrize("n", [10, 17, 20, 33, 49, 50, 99, 100, 249, 250, 777])
def test_a_printed_share_stands_for_exactly_the_counts_that_are_printed_so(n):
    """
    Half up, cut off at both ends: neither a count more nor one less, for who knows the number.
    """
    printed = {}
    for count in range(n + 1):
        counts = np.array([n - count, 0, 0, 0, count])
        spread = np.array([n - count, *np.diff([0, count // 3, 2 * count // 3, count]), 0])
        figures = print_shares(spread if max(spread) < 0.8 * n else counts, POLICY)
        key = (*figures.shares[0], figures.step)
        printed.setdefault(key, []).append(count)
    for (share, qualifier, step), found in printed.items():
        least, most = printed_share(share / 100, step / 100, qualifier).counts(n)
        assert (least, most) == (found[0], found[-1])
