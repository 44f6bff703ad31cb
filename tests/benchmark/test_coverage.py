"""
How often intervals cover the truth: 2,000 samples of 10, 30 and 100 organizations.

A nominal 95 % must cover at least 93 % of them, for common and for odd distributions,
from the exact counts of a collection and from what a release prints of them.
"""

from functools import cache

import numpy as np
import pytest

from pkimm_analytics.benchmark import intervals as iv
from pkimm_analytics.benchmark.printed import QUANTILES, read_distribution
from pkimm_analytics.benchmark.statistics import LEVELS, shares, shares_at_least
from pkimm_analytics.release import Release
from tests.benchmark.made import POLICY, print_shares

N_SAMPLES = 2000
LEAST = 0.93
SIZES = (10, 30, 100)
SHAPES = {
    "usual": (0.1, 0.3, 0.35, 0.2, 0.05),
    "low and rare": (0.55, 0.35, 0.06, 0.03, 0.01),
    "nearly all at 3": (0.0, 0.03, 0.94, 0.02, 0.01),
    "two camps": (0.48, 0.02, 0.0, 0.02, 0.48),
}

every_case = pytest.mark.parametrize(
    ("shape", "n"), [(shape, n) for shape in SHAPES for n in SIZES]
)


def samples(shape, n):
    """Counts of levels of 2,000 samples, and the true shares."""
    truth = np.array(SHAPES[shape])
    rng = np.random.default_rng([n, len(shape)])
    return rng.multinomial(n, truth / truth.sum(), N_SAMPLES), truth


def population_quantile(truth, q):
    """Lowest level up to which at least `q` of the population are."""
    return float(np.argmax(np.cumsum(truth) >= q - 1e-12) + 1)


@every_case
def test_shares_of_a_collection_are_covered(shape, n):
    """
    At each level, and at each level or above.
    """
    counts, truth = samples(shape, n)
    for found, expected in (
        (shares(counts), truth),
        (shares_at_least(counts), shares_at_least(truth)),
    ):
        low, high = iv.wilson(found, n)
        covers = (low <= expected + 1e-9) & (expected - 1e-9 <= high)
        assert covers.mean(axis=0).min() >= LEAST


@every_case
def test_quantiles_of_a_collection_are_covered(shape, n):
    """
    Median, quartiles and deciles of the population lie between the order statistics.
    """
    counts, truth = samples(shape, n)
    below = np.cumsum(counts, axis=1)
    for q in QUANTILES.values():
        lower, upper = iv.order_statistics(n, q)
        low = np.where(lower < 1, 1, 1 + (below < lower).sum(axis=1))
        high = np.where(upper > n, 5, 1 + (below < upper).sum(axis=1))
        expected = population_quantile(truth, q)
        assert ((low <= expected) & (expected <= high)).mean() >= LEAST
        one = iv.quantile_interval(LEVELS, counts[0], q)
        assert one == (low[0], high[0])


@cache
def mean_interval(*counts):
    """Interval of one sample; many samples are equal."""
    return iv.mean_interval(LEVELS, counts)


@pytest.mark.parametrize("n", SIZES)
def test_the_mean_of_a_collection_is_covered(n):
    """
    For a skewed distribution with a rare high level, where a t interval fails.
    """
    counts, truth = samples("low and rare", n)
    assert _mean_coverage(counts, truth) >= LEAST


@pytest.mark.slow
@every_case
def test_the_mean_of_a_collection_is_covered_for_every_shape(shape, n):
    """
    The same for all distributions.
    """
    assert _mean_coverage(*samples(shape, n)) >= LEAST


def _mean_coverage(counts, truth):
    expected = truth @ LEVELS / truth.sum()
    limits = np.array([mean_interval(*row) for row in counts.tolist()])
    return ((limits[:, 0] <= expected) & (expected <= limits[:, 1])).mean()


@pytest.mark.parametrize("n", SIZES)
def test_the_percentile_rank_of_a_collection_is_covered(n):
    """
    Of an organization at level 2, in a population where 35 % are equal.
    """
    counts, truth = samples("low and rare", n)
    expected = 100 * (truth[0] + truth[1] / 2)

    @cache
    def limits(below, equal, above):
        return iv.rank_interval([1, 2, 3], [below, equal, above], 2)

    found = np.array([limits(a, b, c + d + e) for a, b, c, d, e in counts.tolist()])
    assert ((found[:, 0] <= expected) & (expected <= found[:, 1])).mean() >= LEAST


def printed(counts):
    """What a release prints of each sample, as if each were a sector."""
    band = {int(n): POLICY.band_start(int(n)) for n in set(counts.sum(axis=1).tolist())}
    columns = {
        name: []
        for name in (
            *("sector", "measure", "statistic", "value"),
            *("qualifier", "step", "n", "suppressed", "as_of"),
        )
    }
    for number, row in enumerate(counts):
        figures = print_shares(row, POLICY)
        assert figures.start == band[int(row.sum())]
        label = POLICY.band_label(figures.start)
        rows = [
            (f"share_ge:{level}", share / 100, sign, figures.step / 100)
            for level, (share, sign) in enumerate(figures.shares, start=2)
        ]
        rows += [(name, 3.0, "=", None) for name in QUANTILES]  # only the intervals are looked at
        for statistic, value, sign, step in rows:
            cells = (str(number), "overall", statistic, value, sign, step, label, False, "2026Q3")
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
    every = dict.fromkeys(QUANTILES, 0)  # also those that are printed for larger groups only
    return [
        read_distribution(cell, every) for cell in Release.from_columns("x", columns).cells.values()
    ]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("shape", ["usual", "low and rare"])
def test_a_release_covers_what_the_collection_would(shape, n):
    """
    Shares at each level and above, and all quantiles, from the printed rows alone.
    """
    counts, truth = samples(shape, n)
    found = printed(counts)
    for level in (1, 2, 3, 4, 5):
        exact = [one.levels[level].interval for one in found]
        above = [one.share(level).interval for one in found]
        for intervals, share in ((exact, truth[level - 1]), (above, truth[level - 1 :].sum())):
            covers = [i.low - 1e-9 <= share <= i.high + 1e-9 for i in intervals]
            assert np.mean(covers) >= LEAST
    for name, q in QUANTILES.items():
        expected = population_quantile(truth, q)
        levels = [one.quantiles[name].interval for one in found]
        assert np.mean([i.low <= expected <= i.high for i in levels]) >= LEAST


def test_two_equal_cohorts_are_rarely_called_different():
    """
    Two samples of one population: at most 7 of 100 verdicts may be wrong.
    """
    from pkimm_analytics.benchmark.contrast import verdict_of

    first, truth = samples("usual", 30)
    second = np.random.default_rng(5).multinomial(60, truth / truth.sum(), N_SAMPLES)
    one, other = shares_at_least(first)[:, 1:], shares_at_least(second)[:, 1:]
    verdicts = [verdict_of((a, a, 30.0), (b, b, 60.0))[0] for a, b in zip(one, other, strict=True)]
    wrong = np.mean([verdict != "not distinguishable" for verdict in verdicts])
    assert wrong <= 0.07
