"""
One error rate for everything that a page, report or command marks.

Samples are drawn where nothing is to be found; verdicts come from exact counts, or from
what a release prints of them.
"""

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from pkimm_analytics.benchmark.contrast import exact_shares, verdict_of
from pkimm_analytics.benchmark.printed import Distribution, difference, share_estimate
from pkimm_analytics.benchmark.verdicts import ABOVE, ALIKE, BELOW, is_telling, verdict
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.release import Interval, band, printed_share
from tests.benchmark.made import POLICY

EVEN = (0.25, 0.25, 0.25, 0.25, 0.0)
"""Half are at level 3 or above: neither level 2 nor level 3 is above or below the middle."""

MEASURES = 17


@cache
def printed(*counts):
    """What a release says of exact counts of levels."""
    found = print_shares(np.array(counts), POLICY)
    label = POLICY.band_label(found.start)
    n = band(label)
    shares = {
        level: share_estimate(
            share / 100, printed_share(share / 100, found.step / 100, sign), n, sign
        )
        for level, (share, sign) in enumerate(found.shares, start=2)
    }
    return Distribution(label, n, found.step / 100, "2026Q3", shares, {}, {})


@cache
def exact(*counts):
    """The same of a collection."""
    n = Interval(sum(counts), sum(counts))
    shares = dict(enumerate(exact_shares(counts), start=2))
    return Distribution(str(sum(counts)), n, 0, "2026Q3", shares, {}, {})


def samples(n, correlated, runs, seed=0):
    """Counts of levels of 17 measures of n organizations, many times."""
    rng = np.random.default_rng([n, correlated, seed])
    common = rng.normal(size=(runs, n, 1))
    noise = rng.normal(size=(runs, n, MEASURES))
    mixed = 0.8 * common + 0.6 * noise if correlated else noise
    cuts = [-0.6744898, 0, 0.6744898]  # the quartiles, so that the shares are EVEN
    levels = 1 + np.searchsorted(cuts, mixed)
    return np.stack([(levels == level).sum(axis=1) for level in range(1, 6)], axis=-1)


def at_most(wrong, runs, rate=0.055):
    """Whether a share of wrong runs is compatible with a rate, at three standard errors."""
    return wrong <= rate + 3 * (rate * (1 - rate) / runs) ** 0.5


SHORT = [(5, True, exact), (10, False, printed), (40, True, printed), (120, False, exact)]
LONG = [
    (n, correlated, source)
    for n in (5, 10, 20, 50, 100, 200, 500, 1000)
    for correlated in (False, True)
    for source in (exact, printed)
    if source is exact or n >= 10
]
cases = pytest.mark.parametrize(
    ("n", "correlated", "source", "runs"),
    [*((*case, 300) for case in SHORT)]
    + [pytest.param(*case, 2000, marks=pytest.mark.slow) for case in LONG],
)


@cases
def test_the_middle_of_all_peers_is_rarely_called_above_or_below(n, correlated, source, runs):
    """
    In at most 5 of 100 comparisons any of 17 measures has a verdict.
    """
    kinds = ["overall", *["category"] * (MEASURES - 1)]
    for own in (2, 3):
        wrong = [
            any(
                verdict(source(*row), own, kind) != ALIKE
                for row, kind in zip(sample.tolist(), kinds, strict=True)
            )
            for sample in samples(n, correlated, runs)
        ]
        assert at_most(np.mean(wrong), runs)


@cases
def test_two_samples_of_one_population_are_rarely_told_apart(n, correlated, source, runs):
    """
    In at most 5 of 100 tables any of 17 measures is called higher, lower or different.
    """
    pairs = zip(
        samples(n, correlated, runs, seed=1), samples(2 * n, correlated, runs, seed=2), strict=True
    )
    wrong = [
        any(
            verdict_of(list(source(*a).at_least.values()), list(source(*b).at_least.values()))[0]
            != ALIKE
            for a, b in zip(one.tolist(), other.tolist(), strict=True)
        )
        for one, other in pairs
    ]
    assert at_most(np.mean(wrong), runs)


def differ(one, other):
    """Whether two shares differ by more than chance."""
    low, high = difference(one, other)
    return low > 0 or high < 0


@pytest.mark.parametrize("source", [exact, printed])
@pytest.mark.parametrize("n", [10, 60])
def test_no_measure_of_equal_ones_stands_out(n, source):
    """
    Nor do any two of 17 measures differ, which have the same shares.
    """
    wrong = [
        any(differ(a, b) for a, b in combinations([source(*r).share(3) for r in rows], 2))
        for rows in samples(n, False, 200, seed=3).tolist()
    ]
    assert at_most(np.mean(wrong), 200)


@pytest.mark.parametrize(
    ("counts", "own", "expected"),
    [
        ((2, 10, 150, 20, 18), 5, ABOVE),
        ((2, 10, 150, 20, 18), 1, BELOW),
        ((2, 10, 150, 20, 18), 3, ALIKE),
        ((13, 0, 0, 0, 0), 5, ALIKE),  # 13 peers at level 1: the shares are cut off
    ],
)
def test_a_clear_majority_decides_and_a_small_group_cannot(counts, own, expected):
    """
    A level is above if most are surely below it; of 10 to 19 nothing is sure.
    """
    assert verdict(printed(*counts), own) == expected
    assert is_telling(printed(*counts)) == (sum(counts) > 20)


def test_clear_differences_are_still_found():
    """
    A hundred against a hundred, a level apart.
    """
    one, other = printed(5, 20, 50, 20, 5), printed(0, 5, 20, 50, 25)
    shares = [list(found.at_least.values()) for found in (one, other)]
    assert verdict_of(*shares)[0] == "lower"
    assert differ(one.share(4), other.share(4))
