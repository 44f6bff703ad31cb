"""A release that says nothing is safe and useless: how much is left."""

import numpy as np
import pytest

from pkimm_analytics.disclosure import load_policy, make_release, making
from pkimm_analytics.disclosure.contributions import read_records
from pkimm_analytics.disclosure.cube import count_family
from pkimm_analytics.disclosure.plan import published_code
from pkimm_analytics.disclosure.records import truth_of
from pkimm_analytics.synthetic import simulate
from pkimm_analytics.tables import DIMENSIONS
from tests.disclosure.population import PLAN, population, truth_table

FAMILIES = ((), (0,), (1,), (2,), (0, 1))
"""ALL, sector, size, region, sector x size: the 49 groups that T33 counts."""


def measured(columns):
    """Groups published, organizations in them, share error, and the medians with the truth."""
    found = make_release(columns, quarter="2026Q3", policy=load_policy(), plan=PLAN).published
    truth = truth_of(read_records(columns, PLAN, load_policy(), "2026Q3").table(PLAN))
    keys = [
        key
        for key, cell in found.cells.items()
        if not cell.withheld
        and tuple(i for i, c in enumerate(key[0]) if c != "*") in FAMILIES
        and key[1] in (*PLAN.categories, "overall")
    ]
    groups = {group for group, _ in keys}
    sectors = [g for g in groups if g[0] != "*" and g[1:] == ("*",) * 5]
    everybody = len(truth.members(("*",) * 6))
    covered = sum(len(truth.members(g)) for g in sectors) / everybody
    names = (found.groups, *(found.columns[c] for c in ("measure", "statistic", "value")))
    values = {key: value for *key, value in zip(*names, strict=True) for key in [tuple(key)]}
    errors, medians = [], []
    for group, measure in keys:
        counts = truth.level_counts(group, measure)
        reached = np.cumsum(counts[::-1])[::-1] / counts.sum()
        shares = [values[group, measure, f"share_ge:{level}"] for level in (2, 3, 4, 5)]
        errors += abs(np.array(shares) - reached[1:]).tolist()
        textbook = np.median(np.repeat(np.arange(1, 6), counts))
        medians.append((values[group, measure, "median"], int((reached >= 0.5).sum()), textbook))
    return len(groups), covered, np.mean(errors), np.array(medians, float)


def skewed(n):
    """Five populations of one latent maturity, with skewed sectors."""
    return [population(n, seed) for seed in range(1, 6)]


def simulated(n):
    """Three populations as ``pkimm simulate`` invents them."""
    return [truth_table(simulate(organizations=n, seed=seed)) for seed in range(1, 4)]


@pytest.mark.parametrize("populations", [skewed, simulated])
@pytest.mark.parametrize(
    ("n", "groups", "covered", "error"), [(180, 15, 0.85, 0.07), (1200, 41, 0.95, 0.04)]
)
def test_enough_is_published_to_be_of_use(n, groups, covered, error, populations, monkeypatch):
    """
    T33: the utility floor, as the mean of several populations of two kinds.

    A printed median is the highest level that half of the organizations reach, always;
    and that of the textbook nearly always. It is printed unless a share is printed as
    one half. The audit is left out, because it finds nothing in the first round; other
    tests see to that.
    """
    monkeypatch.setattr(making, "attack_release", lambda *_, **__: [])
    found = [measured(columns) for columns in populations(n)]
    n_groups, share, mean_error = (np.mean([one[i] for one in found]) for i in range(3))
    printed, reached, textbook = np.concatenate([one[3] for one in found]).T
    known = ~np.isnan(printed)
    assert n_groups >= groups
    assert share >= covered
    assert mean_error <= error
    assert known.mean() >= 0.8
    assert (printed[known] == reached[known]).all()
    assert (printed[known] == textbook[known]).mean() >= 0.95
    assert abs(printed[known] - textbook[known]).max() <= 1


@pytest.mark.parametrize("n", [3_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_all_tables_of_ninety_two_measures_are_counted(n):
    """
    T34: the cube of the largest tier, against plain counting of rows; a million by hand.

    How long it takes, and how much memory, is in ``benchmarks/collection.py``.
    """
    columns = population(n, 1)
    rng = np.random.default_rng(1)
    for requirement in PLAN.requirements:
        columns[requirement] = rng.integers(1, 6, n, dtype=np.int8)
    records = read_records(columns, PLAN, load_policy(), "2026Q3")
    tier = PLAN.tiers[-1]
    for family in tier.families:
        found = count_family(records, PLAN, tier, family, PLAN.all_measures)
        for place in {0, len(found.groups) - 1}:
            inside = np.ones(n, bool)
            for dimension, code in zip(DIMENSIONS, found.groups[place], strict=True):
                published = {v: published_code(PLAN, dimension, v) for v in set(columns[dimension])}
                if code != "*":
                    inside &= np.array([published[v] == code for v in columns[dimension]])
            for number in {0, len(found.measures) - 1}:
                levels = columns[found.measures[number]][inside]
                expected = [(levels == level).sum() for level in range(1, 6)]
                np.testing.assert_array_equal(found.counts[place, number], expected)
