"""An independent attacker: it breaks unsafe releases, and none of ours."""

import os

import numpy as np
import pandas as pd
import pytest

from pkimm_analytics.disclosure.plan import published_code
from tests.audit import unsafe
from tests.disclosure.attacker import DIMENSIONS, Facts, attack, attack_series
from tests.disclosure.population import PLAN, join, population, rows, truth_of
from tests.disclosure.sweep import frame_of, one_collection

COLLECTIONS = int(os.environ.get("PKIMM_SWEEP", "40"))
"""How many collections the slow sweep makes."""


def known(columns):
    """What really is, in the attacker's own words."""
    return Facts(frame_of(columns, PLAN), "2026Q3")


def unsafe_release(columns, statistics=unsafe.shares, **options):
    """Columns of a release of an unsafe style."""
    found = unsafe.table(truth_of(columns), statistics, **options)
    return {name: list(values) for name, values in found.columns.items()}


@pytest.fixture(scope="module")
def few_large():
    """About fifty organizations, four of which are large."""
    columns = population(60, 3)
    large = np.flatnonzero(columns["size"] == "5000+")
    return rows(columns, np.setdiff1d(np.arange(60), large[4:]))


def names(findings):
    """Ids of the attacks that found something."""
    return {finding.split()[0] for finding in findings}


def test_the_attacker_subtracts_exact_figures(few_large):
    """
    One size is withheld, and whole and other sizes are printed exactly.
    """
    columns = unsafe_release(few_large, exact_n=True, tables=((), ("size",)))
    assert {"T2", "T3", "T11"} <= names(attack(columns, known(few_large), "2026Q3"))


def test_the_attacker_sees_groups_of_one_level(few_large):
    """
    And shares that fit few numbers of contributors.
    """
    columns = {k: v.copy() for k, v in few_large.items()}
    columns["overall"][columns["sector"] == columns["sector"][0]] = 2
    found = names(attack(unsafe_release(columns, exact_n=False), known(columns), "2026Q3"))
    assert {"T6", "T8"} <= found


def test_the_attacker_sees_small_groups_and_missing_rows(few_large):
    """
    Four organizations are printed, and a withheld group has no row.
    """
    columns = unsafe_release(few_large, exact_n=True, threshold=2)
    columns["as_of"] = ["2026Q3"] * len(columns["as_of"])
    assert "T1" in names(attack(columns, known(few_large), "2026Q3"))
    tables = ((), ("sector",), ("sector", "size"))
    frame = pd.DataFrame(unsafe_release(few_large, exact_n=False, tables=tables))
    gone = (frame["sector"] == few_large["sector"][0]) & (frame["size"] == "*")
    sparse = frame[~gone].to_dict("list")
    assert "T10" in names(attack(sparse, known(few_large), "2026Q3"))


def test_the_attacker_sees_what_moved_with_one_newcomer():
    """
    Two exact releases, and one organization more.
    """
    before = population(60, 3)
    series = [
        (unsafe_release(columns, exact_n=True), known(columns), "2026Q3")
        for columns in (before, join(before, population(1, 99)))
    ]
    assert names(attack_series(series)) == {"T13"}


@pytest.mark.parametrize(("n", "seed"), [(24, 1), (60, 2), (130, 4)])
def test_the_attacker_finds_nothing_in_releases_of_three_quarters(n, seed):
    """
    A sector of one level, an assessor of a sector, profiles that are not stated.
    """
    n_releases, found = one_collection(n, seed, n_categories=1)
    assert n_releases == 3
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(36_000)
@pytest.mark.parametrize("seed", range(COLLECTIONS))
def test_the_attacker_finds_nothing_in_many_collections(seed):
    """
    Twenty to five thousand organizations; ``PKIMM_SWEEP`` says how many collections.
    """
    n = round(20 * 250 ** np.random.default_rng(seed + 10**6).random())
    assert one_collection(n, seed)[1] == []


def test_published_codes_are_those_of_the_plan():
    """
    The attacker's dimensions are the release's.
    """
    assert list(PLAN.codes) == DIMENSIONS
    assert published_code(PLAN, "region", "CZE") == "europe"
