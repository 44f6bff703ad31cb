"""Releases: what is printed, what never is, and what an attacker makes of it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.audit import Rules, attack_release
from pkimm_analytics.disclosure import load_policy, make_release
from pkimm_analytics.disclosure.protect import print_shares, quantile
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import table_bytes
from pkimm_analytics.tables import BENCHMARK
from tests.disclosure import population as invented
from tests.disclosure.population import FEW as PLAN
from tests.disclosure.population import join, rows, truth_of
from tests.examples import examples

POLICY = load_policy()
ALL = ("*",) * 6


def population(n, seed, **options):
    """Contributions with three categories and overall."""
    return invented.population(n, seed, plan=PLAN, **options)


def release(columns, **options):
    """Make a release with the shipped policy and plan."""
    options = {"quarter": "2026Q3", "policy": POLICY, "plan": PLAN} | options
    return make_release(columns, **options)


def table(candidate):
    """Bytes of the public table."""
    return table_bytes(candidate.columns)


@pytest.fixture(scope="module")
def sixty():
    """Contributions of sixty organizations and their first release."""
    columns = population(60, 1)
    return columns, release(columns)


def test_the_table_has_the_public_columns_and_every_row_of_the_plan(sixty):
    """
    The whole, four sectors, two sizes and three regions; four measures of ten statistics each.
    """
    _, candidate = sixty
    assert tuple(candidate.columns) == BENCHMARK.column_names
    assert len(candidate.columns["measure"]) == (1 + 4 + 2 + 3) * 4 * 10


def test_withheld_rows_are_all_the_same(sixty):
    """
    Nothing but the plan's own codes is left on a withheld row.
    """
    _, candidate = sixty
    names = ("value", "qualifier", "step", "n", "as_of")
    cells = zip(*(candidate.columns[n] for n in (*names, "suppressed")), strict=True)
    assert {row[:-1] for row in cells if row[-1]} == {(None,) * 5}


def test_no_attack_finds_anything(sixty):
    """
    With everything that an auditor knows.
    """
    columns, candidate = sixty
    assert attack_release(candidate.published, truth=truth_of(columns)) == []


def test_printed_shares_are_true_within_half_a_step(sixty):
    """
    The interval of every printed share holds the true one.
    """
    columns, candidate = sixty
    truth = truth_of(columns)
    printed = [(k, c) for k, c in candidate.published.cells.items() if not c.withheld]
    assert len(printed) > 5 * 4
    for (group, measure), cell in printed:
        counts = truth.level_counts(group, measure)
        assert cell.n.low <= counts.sum() <= cell.n.high
        for level, interval in cell.shares.items():
            share = counts[level - 1 :].sum() / counts.sum()
            assert interval.low - 1e-9 <= share <= interval.high + 1e-9


def test_fewer_than_ten_make_no_release():
    """
    Nine contributors are refused, ten are enough for the whole.
    """
    with pytest.raises(DisclosureError, match="fewer than 10"):
        release(population(9, 1))
    assert release(population(10, 1)).published.all_groups == (ALL,)


def test_a_parent_counts_once_however_much_it_files():
    """
    Thirty assessments of one parent and eight others are nine contributors.
    """
    columns = population(38, 1)
    columns["parent"][:30] = "parent-of-many"
    with pytest.raises(DisclosureError, match="fewer than 10"):
        release(columns)


def test_an_organization_whose_parent_changed_counts_once():
    """
    Nine organizations, one of which was bought, or had not named its parent before, are nine.
    """
    columns = population(9, 1)
    for earlier in ("another-parent", None):
        older = {name: values[:1].copy() for name, values in columns.items()}
        older["parent"][0] = earlier
        older["quarter"][0] = "2025Q4"
        with pytest.raises(DisclosureError, match="fewer than 10"):
            release(join(columns, older))


@pytest.mark.parametrize("score", [258.0, float("inf"), -3.0])
def test_scores_that_would_wrap_around_are_refused(score):
    """
    In eight bits, 258 is 2.
    """
    columns = {name: pa.array(values) for name, values in population(12, 1).items()}
    columns[PLAN.categories[0]] = pa.array([score] + [3.5] * 11)
    with pytest.raises(DisclosureError, match="not valid"):
        release(pa.table(columns))


def test_one_assessor_with_more_than_half_withholds_the_group():
    """
    Ten of eighteen are too many, nine are not.
    """
    columns = population(18, 1)
    columns["assessor"] = np.array(["assessor-1"] * 9 + [None] * 9, object)
    assert not release(columns).published.cells[ALL, "overall"].withheld
    columns["assessor"][9] = "assessor-1"
    assert release(columns).published.cells[ALL, "overall"].withheld


def test_young_and_old_assessments_change_nothing():
    """
    Level 5 planted in the quarter of the release, and in one too long ago.
    """
    columns = population(40, 1)
    for quarter in ("2026Q3", "2024Q2"):
        planted = population(30, 2, quarter=quarter)
        for measure in PLAN.categories:
            planted[measure][:] = 5
        assert table(release(join(columns, planted))) == table(release(columns))


def test_the_newest_assessment_of_a_parent_counts():
    """
    Fifteen parents at level 2 are assessed again at level 4.
    """
    columns = population(15, 1, quarter="2025Q1")
    again = {k: v.copy() for k, v in columns.items()}
    columns["overall"][:], again["overall"][:] = 2, 4
    again["quarter"][:] = "2026Q1"
    rows_ = {
        row[0]: row for row in release(join(again, columns)).published.cells[ALL, "overall"].rows
    }
    assert rows_["share_ge:4"][1:3] == (0.8, ">=")


def test_the_order_of_the_rows_does_not_matter():
    """
    Same contributions, same bytes.
    """
    columns = population(60, 1)
    again = population(30, 1)
    again["quarter"][:] = "2026Q1"
    both = join(columns, again)
    order = np.random.default_rng(0).permutation(90)
    assert table(release(both)) == table(release(rows(both, order)))


def test_a_residual_below_the_threshold_withholds_the_smallest_part():
    """
    Two sizes of 40 and 60 and four more: the 40 are withheld as well.
    """
    columns = population(104, 1)
    columns["size"] = np.array(["250-4999"] * 40 + ["up-to-249"] * 60 + ["5000+"] * 4, object)
    cells = release(columns).published.cells
    sizes = PLAN.codes["size"]
    shown = {s: not cells[("*", s, *"****"), "overall"].withheld for s in sizes}
    assert shown == {"250-4999": False, "up-to-249": True, "5000+": False}


def test_who_does_not_state_a_sector_still_counts_in_the_whole():
    """
    Null and prefer-not-to-say are in no sector, and in a broad one of a small collection.
    """
    for n, is_in_one in ((120, False), (60, True)):
        columns = population(n, 1)
        columns["sector"][: n // 2], columns["sector"][n // 2 :] = None, "prefer-not-to-say"
        cells = release(columns).published.cells
        assert not cells[ALL, "overall"].withheld
        shown = {group[0] for (group, _), cell in cells.items() if not cell.withheld} - {"*"}
        assert shown == ({"public-and-other"} if is_in_one else set())


def test_editions_that_the_plan_does_not_have_are_left_out():
    """
    Nine of edition 2.0.0 and thirty of another one are nine.
    """
    columns = population(39, 1)
    columns["edition"][:9], columns["edition"][9:] = "2.0.0", "9.9.9"
    with pytest.raises(DisclosureError, match="fewer than 10"):
        release(columns)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sector", "Bank of Somewhere", "not in the coded list"),
        ("quarter", "2026-03", "such as 2026Q3"),
        ("overall", 7, "from -1 to 5"),
        ("org", None, "empty cells"),
    ],
)
def test_contributions_that_are_not_valid_are_refused_without_repeating_them(name, value, message):
    """
    The message names the column and never the value.
    """
    columns = population(20, 1)
    columns[name][3] = value
    with pytest.raises(DisclosureError, match=message) as caught:
        release(columns)
    assert "Somewhere" not in str(caught.value)


@examples(8)
@given(
    n=st.integers(10, 90),
    seed=st.integers(0, 10_000),
    homogeneous=st.booleans(),
)
def test_nothing_is_learned_whatever_the_population(n, seed, homogeneous):
    """
    Planted groups of one level included.
    """
    columns = population(n, seed)
    if homogeneous:
        for measure in PLAN.categories:
            columns[measure][columns["sector"] == columns["sector"][0]] = 1 + seed % 5
    try:
        candidate = release(columns)
    except DisclosureError:
        return
    truth = truth_of(columns)
    assert attack_release(candidate.published, truth=truth, rules=Rules()) == []


def test_no_printed_quantile_is_wrong():
    """
    In 20,000 histograms, a quantile is the highest level that enough reach, or withheld.
    """
    rng = np.random.default_rng(17)
    sizes = np.exp(rng.uniform(np.log(10), np.log(1000), 20_000)).astype(int)
    shares = rng.dirichlet([0.8] * 5, 20_000)
    histograms = np.array([rng.multinomial(n, p) for n, p in zip(sizes, shares, strict=True)])
    histograms[0] = [11, 36, 40, 7, 0]
    at_least = np.cumsum(histograms[:, ::-1], axis=1)[:, ::-1]
    figures = [print_shares(counts, POLICY) for counts in histograms]
    for percent in (10, 25, 50, 75, 90):
        printed = np.array([quantile(one, percent) or 0 for one in figures])
        reached = 100 * at_least >= (100 - percent) * at_least[:, :1]
        true = reached.sum(axis=1)
        assert np.all((printed == 0) | (printed == true))
        assert np.mean(printed > 0) > 0.5
    assert quantile(figures[0], 10) is None
