"""
Tables behind the charts of a benchmark, and the sentences beside them.
"""

import numpy as np
import pandas as pd
import pytest

from pkimm_analytics.benchmark import compare, sentences
from pkimm_analytics.benchmark.panels import (
    gap_table,
    group_base,
    group_table,
    has_cohort,
    level_table,
    measure_sets,
    own_ranking,
    own_table,
    picker_choices,
    quartile_table,
    records,
    step_table,
    trend_table,
)
from pkimm_analytics.benchmark.series import open_series
from pkimm_analytics.benchmark.verdicts import ABOVE, BELOW
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.synthetic import sample_history
from tests.benchmark.made import EVERYBODY, PLAN, group, made_release

CATEGORIES = ("overall", *PLAN.modules, *PLAN.categories)
FINANCE = {"sector": "finance"}


def test_choices_have_the_band_of_the_group_they_would_show(bench):
    """
    Withheld ones have none, and combinations that no table has are told apart.
    """
    choices = picker_choices(bench, FINANCE)
    assert list(choices) == list(bench.dimensions)
    found = bench.cohorts()
    for code, band in choices["region"]:
        rows = found[(found["sector"] == "finance") & (found["region"] == code)]
        rest = [d for d in bench.dimensions if d not in {"sector", "region"}]
        (row,) = rows[(rows[rest] == "*").all(axis=1)].to_dict("records")
        assert bool(band) == row["is_published"]
    assert dict(choices["role"])["internal"] == "-"
    assert not has_cohort(bench, {**FINANCE, "role": "internal"})
    assert not has_cohort(bench, {"sector": "nobody"})


def test_sets_of_measures_are_those_with_a_published_requirement(bench):
    """
    Everybody has them; finance has rows for them, all withheld.
    """
    sets = measure_sets(bench, {})
    assert sets["categories"] == CATEGORIES
    assert set(sets) == {"categories", *PLAN.categories}
    assert list(measure_sets(bench, FINANCE)) == ["categories"]


def test_words_of_a_level_say_figure_interval_and_band(bench):
    """
    As the release prints them; a withheld measure says so and nothing else.
    """
    row = level_table(bench, FINANCE, ["overall"]).iloc[0]
    assert row["words_3"].startswith(f"Overall: {row['level_3']:.0%}")
    assert "95% interval" in row["words_3"]
    assert "100-149 organizations, as of 2026Q3" in row["words_3"]
    withheld = level_table(bench, {"sector": "education"}, ["overall"]).iloc[0]
    assert withheld["words_3"] == "Overall: withheld"


def test_steps_are_the_printed_shares_of_each_published_group(bench):
    """
    A withheld group is left out; the first step is everybody.
    """
    table = step_table(bench, [FINANCE, {"sector": "education"}, {}], "overall")
    assert len(table) == 10
    (row,) = bench.figures(FINANCE, ["overall"]).to_dict("records")
    first = table.iloc[:5]
    assert first["share"].tolist() == [1, *(row[f"at_least_{k}"] for k in (2, 3, 4, 5))]
    assert first["low"].tolist() == [1, *(row[f"at_least_{k}_low"] for k in (2, 3, 4, 5))]


def test_groups_are_the_figures_of_each_code(bench):
    """
    The slow way gives the same; a base that has no such table is left out.
    """
    table = group_table(bench, "sector", {}, CATEGORIES, 3)
    for row in table.to_dict("records"):
        cohort = {} if row["group"] == "*" else {"sector": row["group"]}
        (slow,) = bench.figures(cohort, [row["measure"]]).to_dict("records")
        assert row["is_published"] == slow["is_published"]
        if slow["is_published"]:
            assert (row["share"], row["low"]) == (slow["at_least_3"], slow["at_least_3_low"])
        else:
            assert np.isnan(row["share"])
            assert row["words"].endswith("withheld")
    other = group_table(bench, "sector", {"role": "internal"}, CATEGORIES, 3)
    pd.testing.assert_frame_equal(other, table)


def test_gaps_are_ranked_by_the_share_below(bench):
    """
    What is at least 90 % above is at most 10 % below, and so are the ends of its interval.
    """
    table = gap_table(bench, FINANCE, CATEGORIES, 4)
    assert "overall" not in set(table["measure"])
    assert table["share"].is_monotonic_decreasing
    figures = bench.figures(FINANCE).set_index("measure")
    for row in table.to_dict("records"):
        slow = figures.loc[row["measure"]]
        assert row["share"] == pytest.approx(1 - slow["at_least_4"])
        assert row["high"] == pytest.approx(1 - slow["at_least_4_low"])
        mark = {"<=": "at least", ">=": "at most"}.get(slow["at_least_4_qualifier"], "")
        assert mark in row["words"]


def test_quartiles_say_only_what_is_printed(bench):
    """
    A small group has a median and no quartiles.
    """
    row = quartile_table(bench, {"sector": "health"}, ["overall"]).iloc[0]
    assert pd.isna(row["p25"])
    assert "middle half" not in row["words"]
    assert sentences.quartile_sentence(quartile_table(bench, {"sector": "health"}, CATEGORIES))


def test_a_median_that_the_shares_leave_open_is_named_by_its_levels(tmp_path):
    """
    Half are at one level and half at the next; the page says what the command says.
    """
    levels = {measure: np.array([0, 0, 20, 0, 0]) for measure in CATEGORIES}
    levels["overall"] = np.array([0, 10, 10, 0, 0])
    levels["G.compliance"] = np.array([10, 0, 10, 0, 0])
    bench = open_series(made_release(tmp_path, {EVERYBODY: levels}, tier=20)).newest
    table = quartile_table(bench, {}, CATEGORIES)
    rows = table.set_index("measure")
    assert rows["median"].isna().sum() == 2
    assert rows.loc["overall", "median_text"] == "2 or 3"
    assert rows.loc["G.compliance", "median_text"] == "1 to 3"
    assert rows.loc["M.key-management", "median_text"] == "3"
    assert rows.loc["overall", "p10_text"] == "not printed"
    assert "Overall: median level 2 or 3, middle half" in rows.loc["overall", "words"]
    assert "In 2 more the printed shares" in sentences.quartile_sentence(table)
    withheld = quartile_table(bench, {"sector": "production"}, ["overall"]).iloc[0]
    assert withheld["median_text"] == "withheld"


@pytest.fixture
def series(tmp_path, counts):
    """
    Two releases: in the second, finance was carried forward.
    """
    made_release(tmp_path, counts, quarter="2026Q2")
    shifted = {key: dict(found) for key, found in counts.items()}
    shifted[EVERYBODY]["overall"] = np.array([10, 20, 100, 300, 210])
    made_release(tmp_path, shifted, quarter="2026Q3")
    return open_series(tmp_path)


def test_a_trend_has_a_point_for_each_quarter_that_was_computed(series):
    """
    The change is beyond the intervals here, and the sentence says no doubt.
    """
    table = trend_table(series, {}, "overall")
    assert table["as_of"].tolist() == ["2026Q2"] * 4 + ["2026Q3"] * 4
    text = sentences.trend_sentence(table, 4)
    assert "not distinguishable" not in text
    assert "Who contributes may have changed" in text
    assert trend_table(series, {"sector": "education"}, "overall").empty
    assert trend_table(series, {"sector": "nobody"}, "overall").empty
    assert trend_table(series, {}, "X.unknown").empty


def test_the_newest_release_is_shown_and_a_single_one_is_a_series(series, tmp_path):
    """
    A folder without a release is an error that says what would be right.
    """
    assert series.newest.quarter == "2026Q3"
    assert not series.is_synthetic
    (one, _) = sorted(tmp_path.iterdir())
    assert [r.quarter for r in open_series(one).releases] == ["2026Q2"]
    with pytest.raises(DisclosureError, match="no release") as caught:
        open_series(tmp_path / "nothing")
    assert "pkimm release" in caught.value.problems[0].message


def test_sentences_say_where_two_figures_cannot_be_told_apart():
    """
    Intervals that touch are not distinguishable; those that do not, are.
    """
    rows = [
        {"measure": "a", "name": "A", "share": 0.6, "low": 0.5, "high": 0.7, "qualifier": "="},
        {"measure": "b", "name": "B", "share": 0.5, "low": 0.4, "high": 0.6, "qualifier": "="},
        {"measure": "c", "name": "C", "share": 0.2, "low": 0.1, "high": 0.3, "qualifier": "="},
    ]
    text = sentences.gap_sentence(pd.DataFrame(rows), 3)
    assert "A, where 60% (95% interval 50 to 70%) are below level 3" in text
    assert "Not distinguishable from it: B." in text
    cells = [
        {"measure": "m", "name": "M", "group": g, "group_name": g, "is_published": True, **row}
        for g, row in (("x", rows[0]), ("y", rows[2]))
        for row in [{k: row[k] for k in ("share", "low", "high", "qualifier")}]
    ]
    text = sentences.group_sentence(pd.DataFrame(cells), 3)
    assert "from 20% (y) to 60% (x)." in text
    cells[1] |= {"high": 0.55}
    assert "not distinguishable" in sentences.group_sentence(pd.DataFrame(cells), 3)
    cells[1] |= {"is_published": False}
    text = sentences.group_sentence(pd.DataFrame(cells), 3)
    assert "none can be compared" in text
    assert "1 of 2 groups are withheld" in text


def test_what_was_cut_off_is_said_wherever_a_share_is(tmp_path):
    """
    Everybody reaches level 2 and nobody level 5: no sentence has these as exact shares.
    """
    levels = {measure: np.array([0, 40, 40, 20, 0]) for measure in CATEGORIES}
    counts = {EVERYBODY: levels, group(sector="finance"): levels, group(sector="public"): levels}
    series = open_series(made_release(tmp_path, counts, tier=100))
    bench = series.newest
    gap = gap_table(bench, {}, CATEGORIES, 5)
    trend = trend_table(series, {}, "overall")
    groups = group_table(bench, "sector", {}, CATEGORIES, 2)
    assert set(gap["qualifier"]) == {">="}
    assert trend["qualifier"].tolist() == [">=", "=", "=", "<="]
    figures = bench.figures({}, ["overall"]).iloc[0]
    least, most = (f"at least {figures['at_least_2']:.0%}", f"at most {figures['at_least_5']:.0%}")
    level = sentences.level_sentence(level_table(bench, {}, CATEGORIES), 2)
    steps = sentences.step_sentence(step_table(bench, [{}], "overall"), "Overall")
    below = f"at least {1 - figures['at_least_5']:.0%}"
    for text, words in (
        (sentences.gap_sentence(gap, 5), below),
        (sentences.trend_sentence(trend, 2), least),
        (sentences.group_sentence(groups, 2), least),
        (level.split("Most often")[1], least),
        (steps, f"{least} at 2"),
        (steps, f"{most} at 5"),
    ):
        assert words in text


def test_groups_say_which_organizations_they_divide(bench):
    """
    Those of the peer group where the release has both together, else all of them, and why.
    """
    assert group_base(bench, "region", FINANCE) == FINANCE
    assert group_base(bench, "role", FINANCE) == group_base(bench, "sector", FINANCE) == {}
    table = group_table(bench, "region", FINANCE, CATEGORIES, 3)
    together = sentences.base_sentence("region", FINANCE, FINANCE)
    text = sentences.group_sentence(table, 3, together)
    assert text.startswith("Groups of sector: Finance and insurance. ")
    apart = sentences.base_sentence("role", FINANCE, {})
    assert "not of sector: Finance and insurance" in apart
    assert "no tables of sector and role together" in apart
    assert sentences.base_sentence("sector", FINANCE, {}) == ""


def test_sentences_of_nothing_say_that_nothing_is_published(bench):
    """
    Every kind has a sentence for an empty or withheld table.
    """
    empty = {"sector": "education"}
    assert sentences.level_sentence(level_table(bench, empty, CATEGORIES), 3) == sentences.NOTHING
    assert sentences.step_sentence(step_table(bench, [empty], "overall"), "x") == sentences.NOTHING
    assert sentences.gap_sentence(gap_table(bench, empty, CATEGORIES, 3), 3) == sentences.NOTHING
    assert "No median" in sentences.quartile_sentence(quartile_table(bench, empty, CATEGORIES))


def test_own_rankings_are_the_verdicts_of_the_comparison(bench):
    """
    Categories only, each in one list or in none.
    """
    found = compare(sample_history(3)[1], bench, {})
    table = own_table(found)
    below, above = own_ranking(found, BELOW), own_ranking(found, ABOVE)
    verdicts = {p.name: p.verdict for p in found.positions if p.kind == "category"}
    assert dict.fromkeys(below, BELOW) | dict.fromkeys(above, ABOVE) == {
        name: verdict for name, verdict in verdicts.items() if verdict in {BELOW, ABOVE}
    }
    assert set(table["kind"]) <= {"overall", "module", "category"}
    ranks = table.set_index("name")["rank"]
    assert [ranks[name] for name in below] == sorted(ranks[name] for name in below)


def test_records_are_those_of_pandas():
    """
    Only faster.
    """
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, np.nan]})
    assert str(records(table)) == str(table.to_dict("records"))
