"""The attacks break what should break: eight unsafe styles of release, and some more."""

import numpy as np
import pytest

from pkimm_analytics.audit import Vintage, attack_release, attack_series
from pkimm_analytics.release import Release
from tests.audit import unsafe
from tests.audit.unsafe import attacked
from tests.disclosure.population import PLAN, join, population, rows, truth_of


@pytest.fixture(scope="module")
def truth():
    """About fifty organizations, four of which are the only large ones."""
    columns = population(60, 3)
    large = np.flatnonzero(columns["size"] == "5000+")
    return truth_of(rows(columns, np.setdiff1d(np.arange(60), large[4:])))


def names(findings):
    """Ids of the attacks that found something."""
    return {finding.attack for finding in findings}


def test_exact_numbers_with_exact_means_are_subtracted(truth):
    """
    Style 1: the sum of a withheld group is the whole minus the published parts.
    """
    release = unsafe.table(truth, unsafe.mean(0), exact_n=True)
    found = attacked("T3", release, truth)
    assert found
    assert "sum = " in found[0].learned


def test_suppression_without_complement_gives_the_withheld_group_away(truth):
    """
    Style 2: one size is too small; whole and other sizes are printed.
    """
    release = unsafe.table(truth, unsafe.shares, exact_n=True, tables=((), ("size",)))
    found = attacked("T2", release, truth)
    assert found[0].groups == (("*", "5000+", "*", "*", "*", "*"),)
    assert found[0].learned.startswith("n = 4")
    assert attacked("T2", release)[0].learned == found[0].learned
    assert names(attacked("T5", release, truth)) == {"T5"}
    assert names(attacked("T5", release)) == {"T5"}


def test_a_row_of_another_date_hides_nothing_from_who_has_the_list_of_participants(truth):
    """
    T11: a row whose band cannot be that of the participants is passed over, and not all rows.
    """
    tables = ((), ("size",), ("region",))
    release = unsafe.table(truth, unsafe.shares, exact_n=True, tables=tables)
    assert attacked("T11", release, truth)
    columns = {name: values.copy() for name, values in release.columns.items()}
    columns["n"][columns["region"] == "europe"] = "9999"
    older = Release.from_columns("older row", columns)
    assert names(attacked("T11", older, truth)) == {"T11"}


def test_counts_rounded_at_random_are_averaged():
    """
    Style 3: with all categories there are many blurred copies of one number.
    """
    truth = truth_of(population(300, 5))
    statistics = unsafe.random_rounding(1, base=3)
    release = unsafe.table(
        truth, statistics, exact_n=False, tables=((), ("sector",)), measures=tuple(truth.levels)
    )
    found = attacked("T7", release, truth)
    assert len(found) >= 2


def test_minimum_maximum_and_thin_tails_are_the_values_of_a_few(truth):
    """
    Style 4.
    """
    found = attacked("T9", unsafe.table(truth, unsafe.extremes, exact_n=False))
    learned = " ".join(f.learned for f in found)
    assert "the min is" in learned
    assert "p90" in learned


def test_exact_successive_releases_show_who_joined():
    """
    Style 5: one organization joins, and every exact figure moves by its level.
    """
    before = population(60, 3)
    after = join(before, population(1, 99))
    series = []
    for columns in (before, after):
        truth = truth_of(columns)
        series.append(Vintage(unsafe.table(truth, unsafe.shares, exact_n=True), truth))
    found = attack_series(series)
    assert {"T13", "T14"} <= names(found)
    assert any("n by +1" in f.learned for f in found)
    blind = attack_series([Vintage(v.release) for v in series])
    assert "T14" in names(blind)


def test_a_release_is_compared_with_all_before_it_and_not_only_with_the_last():
    """
    Fourteen joined and thirteen of them left again: one is between the first and the third.
    """
    columns = population(64, 3)
    releases = []
    for n in (50, 64, 51):
        truth = truth_of(rows(columns, np.arange(64) < n))
        releases.append(unsafe.table(truth, unsafe.shares, exact_n=True, tables=((),)))
    *earlier, last = releases
    assert "T14" not in names(attack_release(last, earlier=[*map(Vintage, earlier[1:])]))
    found = attack_release(last, earlier=[*map(Vintage, earlier)])
    assert any(f.attack == "T14" and "n by +1" in f.learned for f in found)
    assert "T14" in names(attack_series([Vintage(one) for one in releases]))


def test_a_homogeneous_group_tells_the_level_of_each_member():
    """
    Style 6: all of a sector are at level 2.
    """
    columns = population(60, 3)
    members = columns["sector"] == columns["sector"][0]
    columns["overall"][members] = 2
    release = unsafe.table(truth_of(columns), unsafe.shares, exact_n=False)
    found = attacked("T8", release)
    assert any(f.measure == "overall" and f.learned == "all are at level 2" for f in found)


def test_a_deviation_with_an_interval_gives_the_number(truth):
    """
    Style 7: n is the square of deviation over error.
    """
    release = unsafe.table(truth, unsafe.deviation, exact_n=False)
    found = attacked("T6", release, truth)
    assert any(f"{len(truth.parent)} contributors" in f.learned for f in found)


def test_reason_codes_tell_small_from_empty(truth):
    """
    Style 8: and so do rows that are missing.
    """
    tables = ((), ("sector", "region"))
    release = unsafe.table(truth, unsafe.shares, exact_n=False, reason=True, tables=tables)
    assert names(attacked("T10", release)) == {"T10"}
    whole = unsafe.table(truth, unsafe.shares, exact_n=False)
    keep = [i for i, s in enumerate(whole.columns["suppressed"]) if not s]
    sparse = Release.from_columns("sparse", {k: v[keep] for k, v in whole.columns.items()})
    assert any("has no row" in f.learned for f in attacked("T10", sparse))


def test_precise_means_leave_one_number_of_a_band(truth):
    """
    GRIM: a mean at three digits fits few numbers of contributors.
    """
    columns = population(14, 8)
    release = unsafe.table(
        truth_of(columns),
        unsafe.mean(0.001),
        exact_n=False,
        tables=((),),
        measures=tuple(PLAN.categories),
    )
    assert "only 14 contributors" in attacked("T6", release, truth_of(columns))[0].learned


def test_nested_groups_are_subtracted(truth):
    """
    The whole minus one large size leaves a small rest.
    """
    columns = population(24, 4)
    columns["size"][:] = "250-4999"
    columns["size"][:3] = "5000+"
    release = unsafe.table(truth_of(columns), unsafe.shares, exact_n=True, tables=((), ("size",)))
    found = attacked("T4", release, truth_of(columns))
    assert any(f.learned.startswith("difference: n = 3") for f in found)


def test_small_groups_and_leftover_figures_are_seen(truth):
    """
    A group of four is printed; another is withheld, with its number left in the row.
    """
    release = unsafe.table(truth, unsafe.shares, exact_n=True, threshold=2)
    assert names(attacked("T1", release)) == {"T1"}
    columns = dict(unsafe.table(truth, unsafe.shares, exact_n=True).columns)
    withheld = np.flatnonzero(columns["suppressed"].astype(bool))[0]
    columns["n"] = columns["n"].copy()
    columns["n"][withheld] = "4"
    found = attacked("T1", Release.from_columns("left over", columns))
    assert [f.learned for f in found] == ["a withheld row holds a figure"]


def test_an_assessor_subtracts_its_own_customers():
    """
    One assessor holds all but three records of the only group.
    """
    columns = population(20, 2)
    columns["assessor"] = np.array(["assessor-1"] * 17 + [None] * 3, object)
    truth = truth_of(columns)
    release = unsafe.table(truth, unsafe.shares, exact_n=True, tables=((),))
    found = attack_release(release, truth=truth)
    assert {"T12", "T19"} <= names(found)
