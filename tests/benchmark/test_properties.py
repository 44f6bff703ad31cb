"""What must hold for every histogram, share and release."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pkimm_analytics.benchmark import statistics as st

levels = some.lists(some.integers(0, 60), min_size=5, max_size=5)
crowds = levels.filter(lambda counts: sum(counts) > 0)
shares_ = some.floats(0, 1, allow_nan=False)


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
