"""Tests and adjustments against SciPy, and how often they find what is not there."""

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.statistics import adjusted, group_test, paired_test


def test_holm_and_the_false_discovery_rate_are_those_of_the_books():
    """
    Holm's own four values, and SciPy's discoveries; NaN is no test.
    """
    p = [0.01, 0.04, np.nan, 0.03, 0.005]
    assert adjusted(p) == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True)
    known = [0.01, 0.04, 0.03, 0.005]
    found = adjusted(p, of="discoveries")[[0, 1, 3, 4]]
    assert found == pytest.approx(stats.false_discovery_control(known))
    assert adjusted([]).size == 0


def test_a_pair_test_takes_all_signs_of_few_pairs():
    """
    Six pairs that all rose: two of 64 ways to draw the signs are as far out.
    """
    assert paired_test(np.arange(1.0, 7)) == pytest.approx([2 / 64])
    assert paired_test(np.zeros(6)) == pytest.approx([1])
    assert np.isnan(paired_test(np.full((6, 1), np.nan))).all()


def test_a_group_test_agrees_with_scipy():
    """
    On one measure it is a permutation test like any other.
    """
    rng = np.random.default_rng(2)
    values = np.r_[rng.normal(0.8, 1, 12), rng.normal(0, 1, 15)]
    inside = np.arange(27) < 12
    expected = stats.permutation_test(
        (values[inside], values[~inside]), lambda a, b: a.mean() - b.mean(), rng=3
    ).pvalue
    assert group_test(values, inside) == pytest.approx([expected], abs=0.02)
    assert np.isnan(group_test(np.ones(27), inside)).all()


def test_a_real_difference_is_found_among_many_measures():
    """
    One of seventeen measures is a level higher in a group of ten.
    """
    rng = np.random.default_rng(5)
    values = rng.normal(3, 0.5, (60, 17))
    inside = np.arange(60) < 10
    values[inside, 4] += 1
    assert (group_test(values, inside) <= 0.05).nonzero()[0].tolist() == [4]
    values[:10, 0] = np.nan  # nobody of the group has the first
    assert np.isnan(group_test(values, inside)[0])


def nulls(n, correlated, rng, measures=17):
    """Levels of organizations where nothing is to be found."""
    common = rng.normal(size=(n, 1)) if correlated else 0
    noise = rng.normal(size=(n, measures))
    return np.clip(np.floor(3 + common + noise), 1, 5)


LONG = [
    (5, 5, False),
    (5, 200, True),
    (6, 30, True),
    (8, 8, False),
    (10, 10, True),
    (50, 500, True),
]
CASES = [
    (5, 30, False, 300),
    (5, 5, True, 300),
    (10, 60, True, 300),
    *(pytest.param(*case, 2000, marks=pytest.mark.slow) for case in LONG),
    pytest.param(600, 1000, True, 400, marks=pytest.mark.slow),
]


def at_most(wrong, runs, rate=0.055):
    """Whether a share of wrong runs is compatible with a rate, at three standard errors."""
    return wrong <= rate + 3 * (rate * (1 - rate) / runs) ** 0.5


@pytest.mark.parametrize(("n", "n_others", "correlated", "runs"), CASES)
def test_seventeen_measures_of_equal_groups_are_rarely_called_different(
    n, n_others, correlated, runs
):
    """
    In at most 5% of pairs of groups any measure is marked, from groups of five on.
    """
    rng = np.random.default_rng([n, n_others, correlated])
    inside = np.arange(n + n_others) < n
    wrong = [
        np.nanmin(group_test(nulls(len(inside), correlated, rng), inside, draws=200)) <= 0.05
        for _ in range(runs)
    ]
    assert at_most(np.mean(wrong), runs)


@pytest.mark.parametrize("n", [5, 8, 12, 40])
@pytest.mark.parametrize("correlated", [False, True])
def test_pairs_without_a_shift_are_rarely_marked(n, correlated):
    """
    Nor are seventeen measures of pairs whose differences have no direction.
    """
    rng = np.random.default_rng([n, correlated])
    wrong = []
    for _ in range(300):
        differences = nulls(n, correlated, rng) - nulls(n, correlated, rng)
        wrong.append(np.nanmin(paired_test(differences, draws=400)) <= 0.05)
    assert at_most(np.mean(wrong), 300)
