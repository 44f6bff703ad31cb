"""What must hold for every histogram, share and release."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pkimm_analytics.benchmark import intervals as iv
from pkimm_analytics.benchmark import statistics as st

levels = some.lists(some.integers(0, 60), min_size=5, max_size=5)
crowds = levels.filter(lambda counts: sum(counts) > 0)
shares_ = some.floats(0, 1, allow_nan=False)
numbers = some.integers(1, 5000)


@given(crowds, crowds)
def test_counts_add_up(one, other):
    """
    The mean of two crowds together is their weighted mean.
    """
    both = np.add(one, other)
    weights = [sum(one), sum(other)]
    means = [float(st.mean(st.LEVELS, crowd)) for crowd in (one, other)]
    assert float(st.mean(st.LEVELS, both)) == pytest.approx(np.average(means, weights=weights))


@given(crowds, some.integers(2, 9))
def test_copies_change_no_share_and_no_mean(counts, times):
    """
    Twice as many of everybody are the same distribution.
    """
    more = np.multiply(counts, times)
    assert st.shares_at_least(more) == pytest.approx(st.shares_at_least(counts))
    assert float(st.mean(st.LEVELS, more)) == pytest.approx(float(st.mean(st.LEVELS, counts)))


@given(crowds, shares_, shares_)
def test_quantiles_rise_and_stay_among_the_values(counts, one, other):
    """
    A higher quantile is never lower, and none leaves the occupied levels.
    """
    low, high = (float(st.quantile(st.LEVELS, counts, q)) for q in sorted((one, other)))
    used = st.LEVELS[np.array(counts) > 0]
    assert used.min() <= low <= high <= used.max()


@given(crowds)
def test_ranks_of_all_levels_average_to_one_half(counts):
    """
    The mean mid-rank of everybody is 50.
    """
    ranks = [float(st.percentile_rank(st.LEVELS, counts, level)) for level in st.LEVELS]
    assert np.average(ranks, weights=counts) == pytest.approx(50)


@given(shares_, shares_, numbers, numbers)
def test_limits_of_a_share_rise_with_it_and_close_in_with_n(one, other, few, many):
    """
    That is why the ends of a printed share and of a band give an interval for all between.
    """
    small, large = sorted((one, other))
    less, more = sorted((few, many))
    assert iv.wilson(small, less)[0] <= iv.wilson(large, less)[0] + 1e-12
    assert iv.wilson(small, less)[1] <= iv.wilson(large, less)[1] + 1e-12
    assert iv.wilson(one, less)[0] <= iv.wilson(one, more)[0] + 1e-12
    assert iv.wilson(one, less)[1] >= iv.wilson(one, more)[1] - 1e-12


@given(shares_, numbers)
def test_an_interval_holds_the_share_and_mirrors(share, n):
    """
    The share is inside; that of the others is the mirror image.
    """
    low, high = iv.wilson(share, n)
    assert low <= share <= high
    mirrored = iv.wilson(1 - share, n)
    assert (1 - high, 1 - low) == pytest.approx((float(mirrored[0]), float(mirrored[1])), abs=1e-9)


@settings(max_examples=40)
@given(crowds)
def test_the_interval_of_a_mean_holds_it_and_stays_on_the_scale(counts):
    """
    It is never empty, also if all are equal.
    """
    low, high = iv.mean_interval(st.LEVELS, counts)
    mean = float(st.mean(st.LEVELS, counts))
    assert 1 <= low <= mean <= high <= 5
    assert low < high


@settings(max_examples=40)
@given(crowds, some.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))
def test_the_interval_of_a_quantile_holds_it(counts, q):
    """
    The sample's own quantile lies between the order statistics.
    """
    low, high = iv.quantile_interval(st.LEVELS, counts, q)
    assert low <= float(st.quantile(st.LEVELS, counts, q)) <= high


@settings(max_examples=40)
@given(shares_, shares_, numbers, numbers)
def test_a_difference_turned_round_is_its_mirror(one, other, n_one, n_other):
    """
    And it holds the observed difference.
    """
    low, high = iv.difference_of_shares((one, one), n_one, (other, other), n_other)
    back = iv.difference_of_shares((other, other), n_other, (one, one), n_one)
    assert (float(low), float(high)) == pytest.approx((-float(back[1]), -float(back[0])))
    assert low <= one - other <= high
