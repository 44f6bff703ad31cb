"""The two sources beside each other: a collection, and the release made from it."""

import numpy as np
import pytest

from pkimm_analytics.benchmark import open_internal, open_release
from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, publish
from tests.collection.invented import invented

SHARES = [f"at_least_{k}" for k in (2, 3, 4, 5)] + [f"level_{k}" for k in (1, 2, 3, 4, 5)]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Twenty-four contributions, really published, and their exact figures."""
    place = tmp_path_factory.mktemp("both")
    collection = Collection(place / "collection", create=True)
    collection.append(invented(24, seed=4, quarters=["2025Q4", "2026Q1", "2026Q2"]))
    plan = load_plan()
    written = publish(
        open_contributions(place / "collection"),
        out=place / "releases",
        private=place / "private",
        quarter="2026Q3",
        policy=load_policy(),
        plan=plan,
    )
    internal = open_internal(place / "collection", purpose="compare both sources", quarter="2026Q2")
    return open_release(written.folder), internal


def test_exact_figures_lie_in_the_printed_intervals_of_the_release(both):
    """
    For every published cohort and measure: n in its band, shares and median inside.
    """
    bench, internal = both
    cohorts = bench.cohorts()
    assert bench.synthetic
    assert cohorts["is_published"].sum() >= 2
    for row in cohorts[cohorts["is_published"]].to_dict("records"):
        cohort = {d: row[d] for d in bench.dimensions if row[d] != "*"}
        printed = bench.figures(cohort).set_index("measure")
        printed = printed[printed["is_published"]]
        exact = internal.figures(cohort, list(printed.index)).set_index("measure")
        for measure, one in printed.iterrows():
            known = exact.loc[measure]
            assert one["n_low"] <= known["n"] <= np.nan_to_num(one["n_high"], nan=np.inf)
            for name in SHARES:
                assert one[f"{name}_printed_low"] - 1e-9 <= known[name]
                assert known[name] <= one[f"{name}_printed_high"] + 1e-9


def test_intervals_of_the_release_hold_those_of_the_collection(both):
    """
    Whoever sees less is never surer: the public 95 % intervals hold the exact ones.
    """
    bench, internal = both
    printed = bench.figures().set_index("measure")
    exact = internal.figures({}, list(printed.index)).set_index("measure")
    for measure, one in printed[printed["is_published"]].iterrows():
        known = exact.loc[measure]
        for name in SHARES:
            assert one[f"{name}_low"] <= known[f"{name}_low"] + 1e-9
            assert one[f"{name}_high"] >= known[f"{name}_high"] - 1e-9
