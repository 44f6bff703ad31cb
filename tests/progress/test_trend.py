"""The peer group of published releases: only what is printed, in order of its quarter."""

import numpy as np
import pytest

from pkimm_analytics.assessment import Assessment, Organization
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.progress.trend import peers_over_time
from tests.benchmark.made import EVERYBODY, group, made_release

MINE = Assessment(
    model=shipped_model("2.0.0").edition, organization=Organization(sector="L-finance")
)


@pytest.fixture
def releases(tmp_path):
    """Three releases; finance is withheld in the second, and open between two levels last."""
    everybody = {"overall": np.array([60, 100, 200, 100, 40])}
    for quarter, levels in (
        ("2025Q4", [5, 20, 30, 10, 5]),
        ("2026Q1", [1, 2, 2, 1, 0]),
        ("2026Q2", [0, 35, 35, 0, 0]),
    ):
        found = {EVERYBODY: everybody, group(sector="finance"): {"overall": np.array(levels)}}
        made_release(tmp_path / "series", found, quarter=quarter)
    return tmp_path / "series"


def test_each_quarter_has_its_printed_figures(releases):
    """
    Oldest first, of the peer group; what is withheld has no row, and an open median its ends.
    """
    trend = peers_over_time(MINE, releases)
    assert trend.ladder.found == {"sector": "finance"}
    table = trend.table
    assert list(table["as_of"]) == ["2025Q4", "2026Q2"]
    assert list(table["date"]) == ["2025-12-31", "2026-06-30"]
    assert table["median"].isna().tolist() == [False, True]
    assert table[["median_low", "median_high"]].iloc[1].tolist() == [2, 3]
    assert table["p25"].notna().all()
    assert set(table["n"]) == {"50-74"}


def test_a_release_stands_for_those_beside_it_up_to_its_quarter(releases):
    """
    A folder of releases and the newest of them say the same; an older one says less.
    """
    oldest, *_, newest = sorted(releases.iterdir())
    assert list(peers_over_time(MINE, newest).quarters) == ["2025Q4", "2026Q2"]
    assert list(peers_over_time(MINE, oldest).quarters) == ["2025Q4"]


def test_a_damaged_release_is_left_out_and_the_newest_must_be_sound(releases, tmp_path):
    """
    What lies beside it hides nothing.
    """
    (releases / "2026Q0-broken").mkdir()
    (releases / "2026Q0-broken" / "manifest.json").write_text("{")
    assert len(peers_over_time(MINE, releases).quarters) == 2
    with pytest.raises(DisclosureError):
        peers_over_time(MINE, tmp_path / "nothing")
