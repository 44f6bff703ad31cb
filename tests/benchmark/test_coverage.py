"""
How often what a release prints covers the truth: 2,000 samples of 10, 30 and 100.

A nominal 95% must cover at least 93% of them, for common and for odd distributions.
"""

import numpy as np
import pytest

from pkimm_analytics.benchmark.printed import QUANTILES, read_distribution
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


def samples(shape, n):
    """Counts of levels of 2,000 samples, and the true shares."""
    truth = np.array(SHAPES[shape])
    rng = np.random.default_rng([n, len(shape)])
    return rng.multinomial(n, truth / truth.sum(), N_SAMPLES), truth


def population_quantile(truth, q):
    """Lowest level up to which at least `q` of the population are."""
    return float(np.argmax(np.cumsum(truth) >= q - 1e-12) + 1)


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
