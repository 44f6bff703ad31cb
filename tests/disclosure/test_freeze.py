"""Successive releases: what is carried forward, what is computed anew."""

import numpy as np
import pytest

from pkimm_analytics.audit import Finding
from pkimm_analytics.disclosure import load_policy, make_release, making
from pkimm_analytics.errors import DisclosureError
from tests.disclosure.population import FEW, join, population, rows

POLICY = load_policy()
EVERYBODY = ("*",) * 6


def release(columns, *history, quarter="2026Q3"):
    """Make a release of twelve to some dozen organizations."""
    earlier = [one.publication() for one in history]
    return make_release(columns, quarter=quarter, policy=POLICY, plan=FEW, history=earlier)


def date(candidate, group=EVERYBODY):
    """Quarter that a group's figures are of."""
    return candidate.published.cells[group, "overall"].as_of


@pytest.fixture(scope="module")
def first():
    """Fourteen organizations and their release."""
    columns = population(14, 1, plan=FEW)
    return columns, release(columns, quarter="2026Q2")


def newcomers(n, seed=9):
    """Organizations that join, at all levels."""
    columns = population(n, seed, plan=FEW)
    columns["assessor"][:] = None
    for place, measure in enumerate((*FEW.categories, "overall")):
        columns[measure] = ((np.arange(n) + place) % 5 + 1).astype(np.int8)
    return columns


def test_nine_newcomers_change_nothing_and_ten_do(first):
    """
    Who changed is a group like any other.
    """
    columns, before = first
    nine = release(join(columns, newcomers(9)), before)
    assert date(nine) == "2026Q2"
    assert nine.columns == before.columns
    assert date(release(join(columns, newcomers(10)), before)) == "2026Q3"


def test_newcomers_without_a_level_are_no_change_of_its_figures(first):
    """
    Changes are counted for each measure: two of twelve did not answer one category.
    """
    columns, before = first
    twelve = newcomers(12)
    twelve[FEW.categories[0]][:3] = 0
    assert release(join(columns, twelve), before).columns == before.columns
    twelve[FEW.categories[0]][0] = 3
    assert date(release(join(columns, twelve), before)) == "2026Q3"


def test_changes_add_up_over_releases(first):
    """
    Six, then four more: the second release is the one that moves.
    """
    columns, before = first
    six = release(join(columns, newcomers(6)), before)
    assert six.columns == before.columns
    ten = release(join(columns, newcomers(10)), before, six, quarter="2026Q4")
    assert date(ten) == "2026Q4"


def test_who_was_absent_and_comes_back_unchanged_changes_nothing():
    """
    Only one really joined between the first release and the third.

    Twelve of 26 are not in the second, which is made anew by twelve others.
    """
    everybody = newcomers(39)
    here = np.arange(39)
    first = release(rows(everybody, here < 26), quarter="2026Q2")
    second = release(rows(everybody, (here >= 12) & (here < 38)), first, quarter="2026Q3")
    assert date(second) == "2026Q3"
    third = release(rows(everybody, (here < 26) | (here == 38)), first, second, quarter="2026Q4")
    assert third.columns == second.columns


@pytest.mark.parametrize("planted", ["assessor", "parent"])
def test_ten_newcomers_of_one_source_are_not_ten(first, planted):
    """
    Nine submissions of one assessor and a victim, or twelve of one parent.
    """
    columns, before = first
    ten = newcomers(10)
    ten[planted][:9] = f"{planted}-of-many"
    assert release(join(columns, ten), before).columns == before.columns


def test_withdrawals_never_make_a_new_figure(first):
    """
    Twelve of fourteen leave, and one joins.
    """
    columns, before = first
    left = join(rows(columns, np.arange(14) >= 12), newcomers(11))
    left = rows(left, np.arange(len(left["org"])) < 9)
    with pytest.raises(DisclosureError, match="fewer than 10"):
        release(left, before)
    left = join(rows(columns, np.arange(14) >= 8), newcomers(5))
    assert release(left, before).columns == before.columns


def test_contributions_that_grew_too_old_count_as_changes():
    """
    Twelve of thirty leave the window; those who stay in it with another profile do not count.
    """
    columns = population(30, 1, plan=FEW)
    for place, measure in enumerate((*FEW.categories, "overall")):
        columns[measure] = ((np.arange(30) + place) % 5 + 1).astype(np.int8)
    columns["quarter"][:12] = "2024Q3"
    before = release(columns)
    assert date(release(columns, before, quarter="2026Q4")) == "2026Q4"
    moved = rows(columns, np.arange(12))
    moved["quarter"][:] = "2026Q1"
    both = join(columns, moved)
    assert date(release(both, release(both), quarter="2026Q4")) == "2026Q3"


def test_a_mover_counts_where_it_arrives_and_not_where_it_left():
    """
    Twelve organizations move from one size to another, with the same levels.
    """
    columns = newcomers(60)
    columns["size"] = np.array(["250-4999"] * 30 + ["5000+"] * 30, object)
    columns["quarter"][:12] = "2024Q3"
    moved = rows(columns, np.arange(12))
    moved["quarter"][:], moved["size"][:] = "2026Q3", "5000+"
    first = release(columns, quarter="2026Q3")
    after = release(join(columns, moved), first, quarter="2026Q4")
    small, large = (("*", size, "*", "*", "*", "*") for size in ("up-to-4999", "5000+"))
    assert date(after, small) == "2026Q3"
    assert date(after, large) == "2026Q4"
    assert date(after) == "2026Q3"


def test_the_same_levels_again_are_no_change(first):
    """
    Organizations that are assessed again with the same result.
    """
    columns, before = first
    again = rows(columns, np.arange(12))
    again["quarter"] = np.full(12, "2026Q2", object)
    assert release(join(columns, again), before).columns == before.columns


@pytest.mark.parametrize("change", ["policy", "plan"])
def test_other_rules_do_not_get_around_the_freeze(first, change):
    """
    One joins, and a new series is made by other rules: the old rows stand in it.
    """
    columns, before = first
    rules = {"policy": POLICY, "plan": FEW}
    rules[change] = rules[change].replace(version=99)
    more = join(columns, newcomers(1))
    made = make_release(more, quarter="2026Q3", history=[before.publication()], **rules)
    assert made.columns == before.columns


def test_an_earlier_quarter_is_refused(first):
    """
    Time goes one way.
    """
    columns, before = first
    with pytest.raises(DisclosureError, match="later quarter"):
        release(columns, before, quarter="2026Q1")


def test_an_audit_that_is_never_content_ends_with_the_figures_before(monkeypatch):
    """
    It always finds something about everybody, unless all figures are as they were.

    There are forty groups to change, and twenty rounds.
    """
    columns = population(300, 1, plan=FEW)
    before = release(columns, quarter="2026Q2")
    after = join(columns, population(250, 2, plan=FEW))
    finding = Finding("T35", "all went the same way", (EVERYBODY,), "overall")
    printed = {key: cell.rows for key, cell in before.published.cells.items() if not cell.withheld}

    def attack(published, **_):
        cells = published.cells.items()
        is_new = any(not cell.withheld and printed.get(key) != cell.rows for key, cell in cells)
        return [finding] if is_new else []

    monkeypatch.setattr(making, "attack_release", attack)
    made = release(after, before).published
    assert not any(cell.as_of == "2026Q3" for cell in made.cells.values())
