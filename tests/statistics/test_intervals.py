"""Confidence intervals against SciPy, and how often they cover what they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from pkimm_analytics.statistics import (
    correlation_interval,
    difference_of_shares,
    mean_interval,
    median_ranks,
    printed_share_interval,
    quantile_interval,
    quantile_ranks,
    rank_interval,
    share_interval,
    student_interval,
    superiority,
)
from tests.examples import examples

LEVELS = np.arange(1.0, 6.0)
crowds = some.lists(some.integers(0, 60), min_size=5, max_size=5).filter(sum)
shares = some.floats(0, 1, allow_nan=False)
numbers = some.integers(1, 5000)


@pytest.mark.parametrize("n", [1, 2, 10, 37, 1000])
def test_the_interval_of_a_share_is_the_exact_one(n):
    """
    As SciPy has it, for every count; nobody leaves everything from 0 to 1.
    """
    for count in {0, 1, n // 3, n - 1, n}:
        expected = stats.binomtest(count, n).proportion_ci(method="exact")
        found = [float(limit) for limit in share_interval(count, n)]
        assert found == pytest.approx([expected.low, expected.high], abs=1e-9)
    assert [float(limit) for limit in share_interval(0, 0)] == [0, 1]


@pytest.mark.parametrize("n", [5, 10, 30, 100, 250, 1000])
def test_the_interval_of_a_share_covers_every_share_often_enough(n):
    """
    Exactly, not by simulation.
    """
    truth, counts = np.linspace(0.0005, 0.9995, 2001), np.arange(n + 1)
    low, high = share_interval(counts, n)
    covers = (low[:, None] <= truth) & (truth <= high[:, None])
    assert (stats.binom.pmf(counts[:, None], n, truth) * covers).sum(axis=0).min() >= 0.95 - 1e-9


@given(shares, shares, numbers, numbers)
def test_limits_of_a_share_rise_with_it_and_close_in_with_n(one, other, few, many):
    """
    That is why the ends of a printed share and of a band give an interval for all between.
    """
    (small, large), (less, more) = sorted((one, other)), sorted((few, many))
    for end in (0, 1):
        low, high = share_interval(small * less, less)[end], share_interval(large * less, less)[end]
        assert low <= high + 1e-9
    narrow, wide = share_interval(one * more, more), share_interval(one * less, less)
    assert wide[0] <= narrow[0] + 1e-9
    assert narrow[1] <= wide[1] + 1e-9


@given(some.integers(10, 60), some.integers(0, 60), shares, some.integers(0, 9))
def test_a_printed_share_has_the_interval_of_every_count_behind_it(start, width, true, step_number):
    """
    A band and a rounded share: whatever was counted, its own interval is inside.
    """
    step = (0.05, 0.1, 0.2)[step_number % 3]
    n = start + (step_number * width) // 10
    k = round(true * n)
    printed = round(k / n / step) * step
    ends = max(printed - step / 2, 0), min(printed + step / 2, 1), False
    around = printed_share_interval(ends, (start, start + width))
    low, high = share_interval(k, n)
    assert around[0] - 1e-9 <= low <= high <= around[1] + 1e-9


@examples(40)
@given(shares, shares, numbers, numbers)
def test_a_difference_turned_round_is_its_mirror(one, other, n_one, n_other):
    """
    And it holds the observed difference.
    """
    first, second = share_interval(one * n_one, n_one), share_interval(other * n_other, n_other)
    low, high = difference_of_shares((one, one), first, (other, other), second)
    back = difference_of_shares((other, other), second, (one, one), first)
    assert (float(low), float(high)) == pytest.approx((-float(back[1]), -float(back[0])))
    assert low <= one - other + 1e-9
    assert one - other - 1e-9 <= high


@pytest.mark.parametrize("n", [1, 5, 10, 30, 100, 5000])
@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_ranks_around_a_quantile_are_the_best_that_cover(n, q):
    """
    Each end misses at most 2.5%, and the next rank inward would miss more.
    """
    lower, upper = quantile_ranks(n, q)
    assert stats.binom.cdf(lower - 1, n, q) <= 0.025 + 1e-12 < stats.binom.cdf(lower, n, q) + 1e-9
    assert stats.binom.sf(upper - 1, n, q) <= 0.025 + 1e-12 < stats.binom.sf(upper - 2, n, q) + 1e-9


def test_five_values_have_no_interval_of_their_median():
    """
    The smallest and largest of five hold it in 94 of 100 cases only; six suffice.
    """
    assert median_ranks(5) is None
    assert median_ranks(6) == (1, 6)
    assert np.isnan(quantile_interval([1, 2, 3, 4, 5])).all()
    assert quantile_interval([1, 2, 3, 4, 5], scale=(1, 5)) == (1, 5)


@examples(40)
@given(crowds, some.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))
def test_means_and_quantiles_are_inside_their_intervals(counts, q):
    """
    Also if all are equal; the interval of a mean is never empty and stays on the scale.
    """
    values = np.repeat(LEVELS, counts)
    low, high = mean_interval(LEVELS, counts)
    assert 1 <= low <= values.mean() <= high <= 5
    assert low < high
    low, high = quantile_interval(values, q, scale=(1, 5))
    assert low <= np.quantile(values, q) <= high


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (1, 1), (700, 100_000)])
def test_the_interval_of_a_mean_of_yes_and_no_is_the_exact_one(count, n):
    """
    For values 0 and 1 it is that of a share; nobody leaves the whole scale.
    """
    expected = [float(limit) for limit in share_interval(count, n)]
    found = mean_interval([0, 1], [n - count, count], scale=(0.0, 1.0))
    assert found == pytest.approx(expected, abs=1e-8)
    assert mean_interval([]) == (1, 5)


def test_the_interval_of_a_mean_is_that_of_random_weights():
    """
    The integral agrees with drawing the weights a million times.
    """
    rng = np.random.default_rng(1)
    low, high = mean_interval(LEVELS, [1, 3, 4, 2, 0])
    upper = rng.dirichlet([1, 3, 4, 2, 1], 1_000_000) @ np.arange(1, 6)
    lower = rng.dirichlet([2, 3, 4, 2], 1_000_000) @ np.arange(1, 5)
    assert high == pytest.approx(np.quantile(upper, 0.975), abs=5e-3)
    assert low == pytest.approx(np.quantile(lower, 0.025), abs=5e-3)


def test_student_is_that_of_scipy_and_has_a_width_where_all_are_equal():
    """
    Ten pairs without a difference: up to three in ten of all may still differ.
    """
    values = [0.0, 1, 1, 2, -1, 0, 3]
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert student_interval(values)[1:] == pytest.approx((expected.low, expected.high))
    assert student_interval([0.0] * 10) == pytest.approx((0, -0.308, 0.308), abs=1e-3)
    assert np.isnan(student_interval([1.0])).all()


def test_a_correlation_has_the_interval_of_scipy():
    """
    Pearson's after Fisher; Spearman's is wider.
    """
    rng = np.random.default_rng(4)
    x = rng.normal(size=40)
    found = stats.pearsonr(x, x + rng.normal(size=40))
    expected = found.confidence_interval()
    low, high = correlation_interval(found.statistic, 40)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high))
    assert correlation_interval(0.5, 40, ranks=True)[0] < correlation_interval(0.5, 40)[0]


SHAPES = {
    "usual": (0.1, 0.3, 0.35, 0.2, 0.05),
    "low and rare": (0.55, 0.35, 0.06, 0.03, 0.01),
    "two camps": (0.48, 0.02, 0.0, 0.02, 0.48),
}


@pytest.mark.parametrize("n", [5, 10, 30, 100, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_cover_the_truth(shape, n):
    """
    Nominal 95% cover at least 93% of samples: quantiles, mean and rank of levels.
    """
    truth = np.array(SHAPES[shape])
    draws = np.random.default_rng(n).multinomial(n, truth, 2000 if n < 30 else 500)
    counts, times = np.unique(draws, axis=0, return_counts=True)

    def covered(intervals, expected):
        inside = [low - 1e-9 <= expected <= high + 1e-9 for low, high in intervals]
        return np.average(inside, weights=times) >= 0.93

    for q in (0.25, 0.5, 0.9):
        level = np.argmax(np.cumsum(truth) >= q - 1e-12) + 1
        rows = [quantile_interval(np.repeat(LEVELS, row), q, scale=(1, 5)) for row in counts]
        assert covered(rows, level)
    assert covered([mean_interval(LEVELS, row) for row in counts], truth @ LEVELS)
    ranks = [rank_interval(row[0], row[1], row[2:].sum()) for row in counts]
    assert covered(ranks, 100 * (truth[0] + truth[1] / 2))


@pytest.mark.parametrize(("m", "n"), [(5, 5), (5, 40), (12, 12), (60, 60)])
@pytest.mark.parametrize("shift", [0, 1])
def test_the_interval_of_a_superiority_covers_it(m, n, shift):
    """
    Levels with ties, equal or one step apart.
    """
    rng = np.random.default_rng([m, n, shift])
    low, high = rng.integers(1, 5, (1500, m)), rng.integers(1, 5, (1500, n)) + shift
    pairs = np.arange(1, 5)[:, None] - (np.arange(1, 5) + shift)
    truth = (pairs < 0).mean() + (pairs == 0).mean() / 2
    found = np.array([superiority(a, b)[1:] for a, b in zip(low, high, strict=True)])
    assert ((found[:, 0] <= truth) & (truth <= found[:, 1])).mean() >= 0.93
