"""The peer group of published releases: only what is printed, in order of its quarter."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.progress.trend import TrendError, cohort_trend


def release(folder: Path, name: str, rows: list[dict]) -> Path:
    """Write a release table with invented rows."""
    path = folder / name
    path.mkdir()
    columns = [
        "sector",
        "size",
        "measure",
        "statistic",
        "value",
        "qualifier",
        "step",
        "n",
        "suppressed",
        "as_of",
    ]
    full = [{"sector": "*", "size": "*", "measure": "overall", **row} for row in rows]
    table = pa.table({c: [row.get(c) for row in full] for c in columns})
    pq.write_table(table, path / "benchmark.parquet")
    return path


def printed(statistic, value, as_of, **more):
    """Return a printed row."""
    return {
        "statistic": statistic,
        "value": value,
        "n": "20-49",
        "suppressed": False,
        "as_of": as_of,
        **more,
    }


@pytest.fixture
def releases(tmp_path):
    """Return two releases; the newer one withholds its quartiles."""
    old = [
        printed("median", 2.0, "2025Q4"),
        printed("p25", 1.0, "2025Q4"),
        printed("p75", 3.0, "2025Q4"),
        printed("share_ge:3", 0.4, "2025Q4", step=0.1),
        printed("median", 4.0, "2025Q4", sector="K"),
    ]
    new = [
        printed("median", 3.0, "2026Q2"),
        {"statistic": "p25", "suppressed": True},
        printed("median", 5.0, "2026Q2", sector="K") | {"suppressed": True},
    ]
    return [release(tmp_path, "new", new), release(tmp_path, "old", old)]


def test_each_quarter_has_its_printed_figures(releases):
    """
    Oldest first; what is withheld is missing.
    """
    table = cohort_trend(releases)
    assert list(table["as_of"]) == ["2025Q4", "2026Q2"]
    assert list(table["date"]) == ["2025-12-31", "2026-06-30"]
    assert list(table["median"]) == [2.0, 3.0]
    assert table["p25"].isna().tolist() == [False, True]
    assert table["share_ge:3"][0] == pytest.approx(0.4)
    assert set(table["n"]) == {"20-49"}


def test_a_narrower_group_is_chosen_by_its_codes(releases):
    """
    Sector K was withheld in the newer release, so it has one row, whatever stands there.
    """
    table = cohort_trend(releases, cohort={"sector": "K"})
    assert list(table["median"]) == [4.0]


def test_a_row_that_was_carried_forward_counts_once(releases, tmp_path):
    """
    The third release still prints the figures of 2026Q2.
    """
    again = release(tmp_path, "again", [printed("median", 3.0, "2026Q2")])
    assert len(cohort_trend([*releases, again])) == 2


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"measure": "M.nothing"}, "M.nothing"),
        ({"cohort": {"color": "red"}}, "color"),
        ({"cohort": {"sector": "Z"}}, "cohort"),
    ],
)
def test_what_the_releases_do_not_have_is_named(releases, options, where):
    """
    Once for each release.
    """
    with pytest.raises(TrendError) as caught:
        cohort_trend(releases, **options)
    assert where in {problem.where for problem in caught.value.problems}


def test_without_a_readable_release_there_is_no_trend(tmp_path):
    """
    No release at all, and a folder without a table.
    """
    with pytest.raises(TrendError, match="no release"):
        cohort_trend([])
    with pytest.raises(DisclosureError):
        cohort_trend([tmp_path])
