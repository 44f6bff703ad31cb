"""Every attack of the list has a test; and those that no other file breaks something with."""

import re
from pathlib import Path

import numpy as np
import pytest

from pkimm_analytics.audit import Truth, Vintage, attack_release, attack_series
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import Release
from tests.audit import unsafe
from tests.audit.unsafe import attacked
from tests.disclosure.population import population, rows, truth_of

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "guide" / "attacks.md"
LISTED = re.findall(r"^\| (T\d+b?) \|[^|]*\| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_lists_all_attacks():
    """
    T1 to T35 without T32, which is withdrawn, and T17b.
    """
    listed = [name for name, _ in LISTED if name != "T17b"]
    assert listed == [f"T{i}" for i in range(1, 36) if i != 32]


@pytest.mark.parametrize(("attack", "test"), LISTED)
def test_the_test_of_an_attack_is_there(attack, test):
    """
    By the name on the page.
    """
    file, _, name = test.partition("::")
    text = (TESTS / file).read_text("utf-8")
    assert f"def {name}(" in text if name else "def test_" in text


def test_who_knows_the_participants_subtracts_the_rest():
    """
    T11: a whole of which at least 95 % reach a level, and a part that took all others.
    """
    columns = population(40, 3)
    columns["size"] = np.array(["250-4999"] * 20 + ["up-to-249"] * 14 + ["5000+"] * 6, object)
    columns["overall"] = np.array([2] * 20 + [1] * 14 + [2] * 6, np.int8)
    truth = truth_of(columns)
    tables = ((), ("size",))
    release = unsafe.table(truth, unsafe.shares, exact_n=False, tables=tables)
    found = attacked("T11", release, truth)
    assert any("ge:2 = 6" in f.learned and f.measure == "overall" for f in found)


def test_a_group_that_disappears_with_one_change_is_seen():
    """
    T15: ten become nine, and the row is gone.
    """
    columns = population(10, 3)
    series = []
    for kept in (columns, rows(columns, np.arange(10) > 0)):
        truth = truth_of(kept)
        release = unsafe.table(truth, unsafe.shares, exact_n=False, tables=((),))
        series.append(Vintage(release, truth))
    assert "T15" in {finding.attack for finding in attack_series(series)}


def test_a_known_profile_leads_to_a_small_group_or_a_named_row():
    """
    T18: somebody is one of four, or a column tells rows apart.
    """
    columns = population(60, 3)
    truth = truth_of(columns)
    release = unsafe.table(truth, unsafe.shares, exact_n=True, threshold=2)
    assert {finding.attack for finding in attacked("T18", release, truth)} == {"T18"}
    named = {**release.columns, "pseudonym": release.columns["measure"]}
    found = attacked("T18", Release.from_columns("named", named), truth)
    assert "the column pseudonym tells rows apart" in [finding.learned for finding in found]


def one_row(**cells):
    """A release of one row."""
    row = {"sector": "*", "measure": "overall", "statistic": "share_ge:2", "value": 0.5}
    row |= {"qualifier": "=", "step": 0.1, "n": "20-49", "suppressed": False, **cells}
    return Release.from_columns("one", {name: [value] for name, value in row.items()})


@pytest.mark.parametrize(
    "cells",
    [
        {"n": "<10"},
        {"n": "≤ 9"},
        {"n": "a few"},
        {"n": "5-14"},
        {"n": "5+"},
        {"statistic": "variance"},
        {"statistic": "share_eq:2"},
        {"exact number": 12},
    ],
)
def test_what_no_attack_can_read_is_a_finding(cells):
    """
    Numbers in words, other statistics, other columns: nobody knows what they give away.
    """
    assert {f.attack for f in attack_release(one_row(**cells))} == {"T1"}


@pytest.mark.parametrize("n", ["20-49", "20 to 49", "≥ 20", "1,000-2,499", "20+", 20])
def test_numbers_are_read_as_people_write_them(n):
    """
    Nothing is found in a row of enough contributors.
    """
    assert attack_release(one_row(n=n)) == []


@pytest.mark.parametrize(
    "cells",
    [
        {"sector": None},
        {"measure": None},
        {"statistic": 5},
        {"value": 40.0},
        {"value": -0.1},
        {"value": 1e300},
        {"step": -0.1},
        {"step": 1e300},
        {"as_of": 5},
    ],
)
def test_a_table_that_would_slip_through_is_refused(cells):
    """
    Shares in percent, huge numbers, empty codes: bounds of them contradict each other.
    """
    with pytest.raises(DisclosureError):
        one_row(**cells)


def test_measures_that_the_truth_lacks_are_no_crash():
    """
    What nobody answered is printed: that is a finding by itself.
    """
    columns = population(40, 3)
    release = one_row(measure="other")
    truth = truth_of(columns)
    truth = Truth(truth.parent, {"sector": truth.dimensions["sector"]}, truth.levels)
    assert {f.attack for f in attack_release(release, truth=truth)} == {"T19"}
