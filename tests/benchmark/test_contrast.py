"""Two cohorts: told apart only if nothing that the rows allow makes them alike."""

import numpy as np
import pytest

from pkimm_analytics.benchmark import contrast, open_internal, open_release
from pkimm_analytics.collection import Collection
from pkimm_analytics.errors import BenchmarkError
from tests.benchmark.made import EVERYBODY, group, made_release
from tests.collection.invented import invented


@pytest.fixture(scope="module")
def camps(tmp_path_factory):
    """A release in which finance is mature, health is not, and services are split."""
    found = {
        EVERYBODY: {"overall": np.array([200, 200, 200, 200, 200])},
        group(sector="finance"): {"overall": np.array([2, 8, 30, 100, 60])},
        group(sector="health"): {"overall": np.array([60, 100, 30, 8, 2])},
        group(sector="services"): {"overall": np.array([95, 5, 0, 5, 95])},
        group(sector="public"): {"overall": np.array([40, 40, 40, 40, 40])},
        group(sector="industry"): {"overall": np.array([1, 3, 5, 3, 0])},
    }
    return open_release(made_release(tmp_path_factory.mktemp("camps"), found))


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("finance", "health", "higher"),
        ("health", "finance", "lower"),
        ("services", "public", "different"),
        ("industry", "public", "not distinguishable"),
        ("education", "public", "withheld"),
    ],
)
def test_cohorts_are_told_apart_where_they_differ(camps, one, other, verdict):
    """
    Clear differences, opposite ones, too few to tell, and nothing printed.
    """
    table = contrast(camps, {"sector": one}, {"sector": other}, ["overall"])
    assert table.iloc[0]["verdict"] == verdict


def test_differences_hold_the_true_one(camps):
    """
    Share of finance minus share of health at each level or above.
    """
    row = contrast(camps, {"sector": "finance"}, {"sector": "health"}, ["overall"]).iloc[0]
    finance, health = np.array([2, 8, 30, 100, 60]), np.array([60, 100, 30, 8, 2])
    for level in (2, 3, 4, 5):
        truth = (finance[level - 1 :].sum() - health[level - 1 :].sum()) / 200
        assert row[f"difference_{level}_low"] <= truth <= row[f"difference_{level}_high"]


def test_a_release_tells_less_apart_than_the_collection_behind_it(camps):
    """
    Every interval from printed shares holds the one from exact shares.
    """
    from pkimm_analytics.benchmark.contrast import exact_shares, verdict_of

    row = contrast(camps, {"sector": "public"}, {"sector": "health"}, ["overall"]).iloc[0]
    _, ends = verdict_of(exact_shares([40] * 5), exact_shares([60, 100, 30, 8, 2]))
    for level, (low, high) in zip((2, 3, 4, 5), ends, strict=True):
        assert row[f"difference_{level}_low"] <= low + 1e-9
        assert row[f"difference_{level}_high"] >= high - 1e-9


def test_a_cohort_is_not_compared_with_itself(camps):
    """
    Unknown cohorts are refused as well.
    """
    with pytest.raises(BenchmarkError, match="the same"):
        contrast(camps, {}, {})
    with pytest.raises(BenchmarkError, match="no such cohort"):
        contrast(camps, {"sector": "banks"}, {})


def test_cohorts_of_a_collection_are_compared_exactly(tmp_path):
    """
    With exact numbers; random levels of random organizations do not differ.
    """
    place = tmp_path / "collection"
    Collection(place, create=True).append(invented(150, seed=3, quarters=["2026Q2"]))
    internal = open_internal(place, purpose="tests of statistics")
    table = contrast(internal, {"region": "europe"}, {"region": "asia"}, ["overall", "pqc"])
    assert table["n"].astype(int).tolist()[0] > 20
    nobody = {"region": "asia", "size": "5000+", "mode": "self", "assurance": "third-party"}
    few = contrast(internal, {}, nobody, ["M.key-management.key-inventory"]).iloc[0]
    assert (few["n_other"], few["verdict"]) == ("0", "nobody")
    assert (table["verdict"] == "not distinguishable").all()
