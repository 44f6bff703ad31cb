"""Every attack of the list has a test; and those that no other file breaks something with."""

import re
from pathlib import Path

import numpy as np
import pytest

from pkimm_analytics.audit import Vintage, attack_series, from_columns
from pkimm_analytics.audit.complements import known_numbers
from pkimm_analytics.audit.rows import linkage
from tests.audit import unsafe
from tests.disclosure.population import population, rows, truth_of

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "guide" / "attacks.md"
LISTED = re.findall(r"^\| (T\d+b?) \|[^|]*\| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_lists_all_attacks():
    """
    T1 to T34, and T17b.
    """
    assert [name for name, _ in LISTED if name != "T17b"] == [f"T{i}" for i in range(1, 35)]


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
    found = known_numbers(release, 10, truth)
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
    assert {finding.attack for finding in linkage(release, truth, 10)} == {"T18"}
    named = {**release.columns, "pseudonym": release.columns["measure"]}
    found = linkage(from_columns("named", named), truth, 1)
    assert [finding.learned for finding in found] == ["the column pseudonym tells rows apart"]
