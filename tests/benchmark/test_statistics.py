"""Statistics of histograms, against NumPy and SciPy on the rows behind them."""

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.benchmark import statistics as st


def rows_and_histogram(seed, n):
    """Random levels, as rows and as counts."""
    levels = np.random.default_rng(seed).integers(1, 6, n)
    return levels, np.bincount(levels, minlength=6)[1:]


@pytest.mark.parametrize("n", [1, 2, 3, 10, 31, 1000])
def test_statistics_are_those_of_numpy_on_the_rows(n):
    """
    Mean, deviation, quantiles, range and shares agree to 1e-9.
    """
    levels, counts = rows_and_histogram(n, n)
    assert float(st.mean(st.LEVELS, counts)) == pytest.approx(levels.mean(), abs=1e-9)
    for q in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1):
        found = float(st.quantile(st.LEVELS, counts, q))
        assert found == pytest.approx(np.quantile(levels, q), abs=1e-9)
    assert float(st.interquartile_range(st.LEVELS, counts)) == pytest.approx(
        stats.iqr(levels), abs=1e-9
    )
    expected = [(levels >= level).mean() for level in range(1, 6)]
    assert st.shares_at_least(counts) == pytest.approx(expected, abs=1e-9)
    if n > 1:
        deviation = float(st.standard_deviation(st.LEVELS, counts))
        assert deviation == pytest.approx(levels.std(ddof=1), abs=1e-9)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_statistics_of_exact_scores_are_those_of_numpy_on_the_rows(n):
    """
    Values need not be levels; distinct scores are a histogram as well.
    """
    scores = np.random.default_rng(n).integers(60, 300, n) / 60
    values, counts = st.histogram(scores)
    for q in np.linspace(0, 1, 21):
        found = float(st.quantile(values, counts, q))
        assert found == pytest.approx(np.quantile(scores, q), abs=1e-9)
    assert float(st.mean(values, counts)) == pytest.approx(scores.mean(), abs=1e-9)


def test_all_axes_before_the_values_are_kept():
    """
    A cube of cohorts and measures gives a figure for each, the same as one at a time.
    """
    counts = np.random.default_rng(3).integers(0, 9, (4, 7, 5))
    for function in (st.mean, st.standard_deviation, st.interquartile_range):
        whole = function(st.LEVELS, counts)
        assert whole.shape == (4, 7)
        for place in np.ndindex(4, 7):
            one = float(function(st.LEVELS, counts[place]))
            assert whole[place] == pytest.approx(one, nan_ok=True)


def test_nobody_has_no_level():
    """
    Without anybody counted every figure is NaN, and nothing warns.
    """
    nobody = np.zeros(5, int)
    for function in (st.mean, st.standard_deviation, st.interquartile_range):
        assert np.isnan(function(st.LEVELS, nobody))
    assert np.isnan(st.shares(nobody)).all()
    assert np.isnan(st.percentile_rank(st.LEVELS, nobody, 3))


def test_one_organization_has_no_spread():
    """
    Its mean and quantiles are its level; a deviation needs two.
    """
    assert float(st.mean(st.LEVELS, [0, 0, 0, 1, 0])) == 4
    assert float(st.quantile(st.LEVELS, [0, 0, 0, 1, 0], 0.9)) == 4
    assert np.isnan(st.standard_deviation(st.LEVELS, [0, 0, 0, 1, 0]))


def test_a_percentile_rank_counts_half_of_the_equal():
    """
    As SciPy's mean method.
    """
    levels, counts = rows_and_histogram(8, 57)
    for own in (1, 2, 3.5, 5):
        expected = stats.percentileofscore(levels, own, kind="mean")
        found = float(st.percentile_rank(st.LEVELS, counts, own))
        assert found == pytest.approx(expected, abs=1e-9)
