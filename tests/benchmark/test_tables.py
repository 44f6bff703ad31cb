"""Tables behind the charts of peer groups."""

import numpy as np
import pytest

from pkimm_analytics.benchmark.series import open_series
from pkimm_analytics.benchmark.tables import group_table, level_table, trend_table
from pkimm_analytics.errors import DisclosureError
from tests.benchmark.made import EVERYBODY, PLAN, made_release

CATEGORIES = ("overall", *PLAN.categories)
FINANCE = {"sector": "finance"}


def test_words_of_a_level_say_figure_interval_and_band(bench):
    """
    As the release prints them; a withheld measure says so and nothing else.
    """
    row = level_table(bench, FINANCE, ["overall"]).iloc[0]
    assert f"{row['level_3']:.0%} (95% interval" in row["words_3"]
    assert "of 100-149, as of 2026Q3" in row["words_3"]
    withheld = level_table(bench, {"sector": "education"}, ["overall"]).iloc[0]
    assert withheld["words_3"] == "Overall: withheld"


def test_groups_are_the_figures_of_each_code(bench):
    """
    The slow way gives the same.
    """
    table = group_table(bench, "sector", CATEGORIES, 3)
    for row in table.to_dict("records"):
        cohort = {} if row["group"] == "*" else {"sector": row["group"]}
        (slow,) = bench.figures(cohort, [row["measure"]]).to_dict("records")
        assert row["is_published"] == slow["is_published"]
        if slow["is_published"]:
            assert (row["share"], row["low"]) == (slow["at_least_3"], slow["at_least_3_low"])
        else:
            assert np.isnan(row["share"])


def test_a_trend_has_a_point_for_each_quarter_that_was_computed(tmp_path, counts):
    """
    A group without figures has none, and one release is a series.
    """
    made_release(tmp_path, counts, quarter="2026Q2")
    shifted = {key: dict(found) for key, found in counts.items()}
    shifted[EVERYBODY]["overall"] = np.array([10, 20, 100, 300, 210])
    made_release(tmp_path, shifted, quarter="2026Q3")
    series = open_series(tmp_path)
    table = trend_table(series, {}, "overall")
    assert table["as_of"].tolist() == ["2026Q2"] * 4 + ["2026Q3"] * 4
    for cohort, measure in (
        ({"sector": "education"}, "overall"),
        ({"sector": "nobody"}, "overall"),
        ({}, "X.unknown"),
    ):
        assert trend_table(series, cohort, measure).empty
    assert series.newest.quarter == "2026Q3"
    (one, _) = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    assert [release.quarter for release in open_series(one).releases] == ["2026Q2"]
    with pytest.raises(DisclosureError, match="no release") as caught:
        open_series(tmp_path / "nothing")
    assert "pkimm release" in caught.value.problems[0].message
