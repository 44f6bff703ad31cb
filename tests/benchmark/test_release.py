"""Figures of a release: everything from the printed rows, nothing beyond them."""

import shutil

import numpy as np
import pytest

from pkimm_analytics.benchmark import open_release
from pkimm_analytics.benchmark.release import FIGURE_COLUMNS
from pkimm_analytics.errors import BenchmarkError, DisclosureError
from pkimm_analytics.model import MODULE_IDS
from pkimm_analytics.statistics import share_interval
from tests.benchmark.made import EVERYBODY, PLAN, group

SHARES = [f"at_least_{k}" for k in (2, 3, 4, 5)] + [f"level_{k}" for k in (1, 2, 3, 4, 5)]


def true_shares(levels):
    """Shares at and above each level, from exact counts."""
    n = levels.sum()
    at_least = {f"at_least_{k}": levels[k - 1 :].sum() / n for k in (2, 3, 4, 5)}
    return at_least | {f"level_{k}": levels[k - 1] / n for k in (1, 2, 3, 4, 5)}


def published(counts):
    """Every group and measure that has enough contributors."""
    return [(g, m, c) for g, found in counts.items() for m, c in found.items() if c.sum() >= 10]


def row_of(bench, key, measure):
    """Figures of one measure of one group."""
    cohort = dict(zip(bench.published.dimensions, key, strict=True))
    return bench.figures(cohort, [measure]).iloc[0]


def test_a_release_says_what_it_is(bench, release):
    """
    Id, quarter, threshold, dimensions and measures, in the order of plan and model.
    """
    assert bench.id == release.name
    assert (bench.quarter, bench.threshold, bench.synthetic) == ("2026Q3", 10, False)
    assert bench.dimensions == ("sector", "size", "region", "role", "assurance", "edition")
    assert bench.codes("size") == ("up-to-249", "250-4999", "5000+")
    assert bench.codes("assurance") == ("self", "independent")
    assert bench.measures == ("overall", *MODULE_IDS, *PLAN.categories, *PLAN.requirements)


def test_dimensions_that_the_plan_does_not_use_are_left_out(tmp_path, counts):
    """
    A small release is not broken down at all.
    """
    from tests.benchmark.made import made_release

    small = open_release(made_release(tmp_path, {EVERYBODY: counts[EVERYBODY]}, tier=12))
    assert small.dimensions == ()
    assert len(small.cohorts()) == 1
    assert len(small.measures) == 21


def test_cohorts_are_those_of_the_plan_with_their_bands(bench, counts):
    """
    Withheld groups are listed, without n.
    """
    table = bench.cohorts()
    assert len(table) == sum(len(PLAN.groups(PLAN.tier(500), f)) for f in PLAN.tier(500).families)
    assert table["is_published"].sum() == 9
    names = [*bench.dimensions]
    bands = {tuple(row[d] for d in names): row["n"] for row in table.to_dict("records")}
    assert bands[EVERYBODY] == "500-749"
    assert bands[group(sector="health")] == "10-14"
    assert bands[group(sector="public")] == ""  # only overall is withheld
    assert bands[group(sector="education")] == ""


def test_printed_intervals_hold_the_truth_of_the_contributors(bench, counts):
    """
    For each group, measure and share: rounding and coding are inside the interval.
    """
    for key, measure, levels in published(counts):
        row = row_of(bench, key, measure)
        assert row["n_low"] <= levels.sum() <= np.nan_to_num(row["n_high"], nan=np.inf)
        for name, share in true_shares(levels).items():
            assert row[f"{name}_printed_low"] - 1e-9 <= share <= row[f"{name}_printed_high"] + 1e-9
            if row[f"{name}_qualifier"] == "<=" and name.startswith("at_least"):
                assert row[f"{name}_printed_low"] == 0


def test_no_interval_is_narrower_than_what_the_rows_allow(bench, counts):
    """
    Privacy: nothing derived knows more than two printed shares and the band say.
    """
    for key, measure, _ in published(counts):
        row = row_of(bench, key, measure)
        cell = bench.published.cells[key, measure]
        for level in (2, 3, 4, 5):
            printed = cell.shares[level]
            name = f"at_least_{level}"
            assert row[f"{name}_printed_low"] == pytest.approx(printed.low)
            assert row[f"{name}_printed_high"] == pytest.approx(printed.high)
        for level in (1, 2, 3, 4, 5):
            possible = cell.level_share(level)
            assert row[f"level_{level}_printed_low"] == pytest.approx(possible.low)
            assert row[f"level_{level}_printed_high"] == pytest.approx(possible.high)


def test_intervals_hold_for_every_count_that_the_rows_allow(bench, counts):
    """
    No number of the band and no count behind a printed share has a wider one.
    """
    for key, measure, _ in published(counts)[::7]:
        row = row_of(bench, key, measure)
        top = min(row["n_high"] if np.isfinite(row["n_high"]) else 5000, 5000)
        for name in SHARES:
            ends = row[f"{name}_printed_low"], row[f"{name}_printed_high"]
            for n in np.linspace(row["n_low"], top, 12).astype(int):
                inside = np.arange(np.ceil(n * ends[0]), np.ceil(n * ends[1] - 1e-9))
                low, high = share_interval(inside, n)
                assert (low >= row[f"{name}_low"] - 1e-9).all()
                assert (high <= row[f"{name}_high"] + 1e-9).all()


def test_quantiles_are_printed_where_the_band_allows(bench, counts):
    """
    Median from 10, quartiles from 20, deciles from 50, if the printed shares decide them.
    """
    allowed = {"median": 10, "p25": 20, "p75": 20, "p10": 50, "p90": 50}
    q = {"median": 0.5, "p25": 0.25, "p75": 0.75, "p10": 0.1, "p90": 0.9}
    for key, measure, levels in published(counts):
        row = row_of(bench, key, measure)
        for name, least in allowed.items():
            assert np.isnan(row[f"{name}_low"]) == (row["n_low"] < least)
            if row["n_low"] < least:
                assert np.isnan(row[name])
                continue
            limit = 1 - q[name]
            open_ = any(
                row[f"at_least_{k}_printed_low"] < limit - 1e-9
                and row[f"at_least_{k}_printed_high"] > limit + 1e-9
                for k in (2, 3, 4, 5)
            )
            assert np.isnan(row[name]) == open_
            value = row[f"{name}_printed_high"] if open_ else row[name]
            rows = np.repeat([1, 2, 3, 4, 5], levels)
            truth = next(k for k in (1, 2, 3, 4, 5) if (rows <= k).mean() >= q[name] - 1e-12)
            assert row[f"{name}_printed_low"] <= truth <= row[f"{name}_printed_high"]
            assert row[f"{name}_low"] <= row[f"{name}_printed_low"] <= value
            assert value <= row[f"{name}_printed_high"] <= row[f"{name}_high"]


def test_shares_at_levels_add_up_and_say_how_they_were_cut(bench):
    """
    The five differences of printed shares are a distribution.
    """
    table = bench.figures()
    table = table[table["is_published"]]
    total = table[[f"level_{k}" for k in (1, 2, 3, 4, 5)]].sum(axis=1)
    assert total.to_numpy() == pytest.approx(np.ones(len(table)))
    assert set(table["level_5_qualifier"]) <= {"=", "<="}


def test_withheld_measures_have_no_figure(bench):
    """
    NaN everywhere, and one reason for whatever was the cause.
    """
    withheld = row_of(bench, group(sector="education"), "overall")
    assert not withheld["is_published"]
    assert withheld["reason"] == "withheld"
    assert withheld[["n_low", *SHARES, "median"]].isna().all()
    absent = row_of(bench, group(sector="finance", region="europe"), PLAN.requirements[0])
    assert absent["reason"] == "not in the plan"
    assert bench.figures({}, ["M"]).iloc[0]["reason"] == "withheld"  # nobody has a level of it


def test_figures_have_the_same_columns_whatever_is_withheld(bench):
    """
    A page can rely on them.
    """
    for cohort in ({}, {"sector": "education"}, {"sector": "health"}):
        assert list(bench.figures(cohort).columns) == FIGURE_COLUMNS


def test_every_row_says_what_it_pools(bench):
    """
    All kinds of assurance and editions, or the one that the cohort is of.
    """
    everybody, independent, first = (
        bench.figures(cohort, ["overall"]).iloc[0]
        for cohort in ({}, {"assurance": "independent"}, {"edition": "1.0.0"})
    )
    assert everybody["assurance"] == "self, independent"
    assert everybody["editions"] == "1.0.0, 1.1.0, 2.0.0"
    assert independent["assurance"] == "independent"
    assert (first["assurance"], first["editions"]) == ("self, independent", "1.0.0")


def test_unknown_dimensions_codes_combinations_and_measures_are_named(bench):
    """
    All problems at once, with what would be right.
    """
    with pytest.raises(BenchmarkError) as caught:
        bench.figures({"sector": "banks", "planet": "mars"})
    assert [p.where for p in caught.value.problems] == ["sector", "planet"]
    assert "finance" in caught.value.problems[0].message
    with pytest.raises(BenchmarkError, match="no groups by size and region together"):
        bench.figures({"size": "5000+", "region": "europe"})
    with pytest.raises(BenchmarkError, match="no such measure"):
        bench.figures({}, ["X.nothing"])
    with pytest.raises(BenchmarkError, match="no such dimension"):
        bench.codes("planet")


@pytest.mark.parametrize("file", ["benchmark.parquet", "manifest.json"])
def test_a_tampered_release_is_refused(tmp_path, release, file):
    """
    One changed byte in the table, or another total in the manifest.
    """
    copy = tmp_path / release.name
    shutil.copytree(release, copy)
    content = bytearray((copy / file).read_bytes())
    if file == "manifest.json":
        content = content.replace(b'"published": 9', b'"published": 8')
    else:
        content[100] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(DisclosureError, match="not as it was published"):
        open_release(copy)


def test_what_is_no_release_is_refused_with_the_way_out(tmp_path):
    """
    The message says what a release looks like.
    """
    with pytest.raises(DisclosureError, match=r"benchmark\.parquet"):
        open_release(tmp_path)
