"""Confidence intervals against SciPy, and how often they cover what they should."""

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.benchmark import intervals as iv


@pytest.mark.parametrize("n", [1, 2, 10, 37, 1000])
@pytest.mark.parametrize("method", ["wilson", "wilsoncc"])
def test_wilson_intervals_are_those_of_scipy(n, method):
    """
    With and without the correction, for every count.
    """
    for count in {0, 1, n // 3, n - 1, n}:
        expected = stats.binomtest(count, n).proportion_ci(method=method)
        found = iv.wilson(count / n, n, corrected=method == "wilsoncc")
        assert float(found[0]) == pytest.approx(expected.low, abs=1e-9)
        assert float(found[1]) == pytest.approx(expected.high, abs=1e-9)


@pytest.mark.parametrize("n", [5, 10, 30, 100, 250])
def test_the_interval_of_a_share_covers_every_share_often_enough(n):
    """
    Exactly, not by simulation: at least 94.8 % for every true share.
    """
    truth = np.linspace(0.0005, 0.9995, 2001)
    counts = np.arange(n + 1)
    low, high = iv.wilson(counts / n, n)
    covers = (low[:, None] <= truth) & (truth <= high[:, None])
    coverage = (stats.binom.pmf(counts[:, None], n, truth) * covers).sum(axis=0)
    assert coverage.min() >= 0.948


@pytest.mark.parametrize("n", [1, 5, 10, 30, 100, 5000])
@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_order_statistics_are_the_best_that_cover(n, q):
    """
    Each end misses at most 2.5 %, and the next rank inward would miss more.
    """
    lower, upper = iv.order_statistics(n, q)
    assert stats.binom.cdf(lower - 1, n, q) <= 0.025 + 1e-12 < stats.binom.cdf(lower, n, q) + 1e-9
    assert stats.binom.sf(upper - 1, n, q) <= 0.025 + 1e-12 < stats.binom.sf(upper - 2, n, q) + 1e-9


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (1, 1), (700, 100_000)])
def test_the_interval_of_a_mean_of_yes_and_no_is_the_exact_one(count, n):
    """
    For values 0 and 1 it is the interval of Clopper and Pearson.
    """
    expected = stats.binomtest(count, n).proportion_ci(method="exact")
    found = iv.mean_interval([0, 1], [n - count, count], scale=(0.0, 1.0))
    assert found == pytest.approx((expected.low, expected.high), abs=1e-8)


def test_the_interval_of_a_mean_is_that_of_random_weights():
    """
    The integral agrees with drawing the weights a million times.
    """
    rng = np.random.default_rng(1)
    low, high = iv.mean_interval(range(1, 6), [1, 3, 4, 2, 0])
    upper = rng.dirichlet([1, 3, 4, 2, 1], 1_000_000) @ np.arange(1, 6)
    lower = rng.dirichlet([2, 3, 4, 2], 1_000_000) @ np.arange(1, 5)
    assert high == pytest.approx(np.quantile(upper, 0.975), abs=5e-3)
    assert low == pytest.approx(np.quantile(lower, 0.025), abs=5e-3)


def test_nobody_leaves_the_whole_scale():
    """
    Without anybody counted nothing is known, and nothing fails.
    """
    assert iv.mean_interval([], []) == (1, 5)
    assert iv.quantile_interval([1, 2, 3, 4, 5], [0] * 5, 0.5) == (1, 5)
    assert [float(limit) for limit in iv.wilson(0.0, 0)] == [0, 1]
