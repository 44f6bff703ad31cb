"""
What a red team did to releases of honest and less honest contributors, quarter by quarter.

Each scenario finds nothing on releases as they are made, and finds something when the
rule that it is about is switched off. The attacker shares no code with the audit.
"""

import os

import numpy as np
import pytest

from pkimm_analytics.audit import suite
from pkimm_analytics.disclosure import load_policy, make_release
from pkimm_analytics.errors import DisclosureError
from tests.disclosure.attacker import Facts
from tests.disclosure.informed import customers, learned
from tests.disclosure.population import join, population, rows, with_categories
from tests.disclosure.sweep import frame_of

PLAN = with_categories(2)
MEASURES = [*PLAN.categories, "overall"]
POLICY = load_policy()
FIVE = POLICY.replace(
    changes=5,
    override={"reason": "The rule of five changes, as it was before.", "approved_by": "tests"},
)
QUARTERS = ("2026Q2", "2026Q3", "2026Q4", "2027Q1")
SEEN = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")
THOROUGH = int(os.environ.get("PKIMM_RED_TEAM", "60"))


def size_of(seed, most=1200):
    """Organizations of a collection: 20 to many, few of them large."""
    return round(20 * (most / 20) ** np.random.default_rng(seed).random())


def joiners(n):
    """So many join one size, whose levels are much alike."""

    def change(columns, quarter, rng):
        new = population(n, int(rng.integers(10**6)), plan=PLAN, quarter=quarter)
        new["size"][:], new["assessor"][:] = "250-4999", None
        for measure in MEASURES:
            new[measure][:] = rng.integers(3, 6)
        return join(columns, new)

    return change


def newest(columns):
    """Places of the newest contribution of each organization."""
    n = len(columns["org"])
    return n - 1 - np.unique(columns["org"][::-1], return_index=True)[1]


def four_quarters(columns, quarter, rng):
    """Some join, and some are assessed again, a little better."""
    n = len(columns["org"])
    new = population(12 + n // 10, int(rng.integers(10**6)), plan=PLAN, quarter=quarter)
    again = rows(columns, rng.choice(newest(columns), n // 8, replace=False))
    again["quarter"][:] = quarter
    for measure in MEASURES:
        again[measure] = np.minimum(5, again[measure] + rng.integers(0, 2)).astype(np.int8)
    return join(join(columns, new), again)


def movers(columns, quarter, rng):
    """Six grow, and are assessed again as large ones, at level 4."""
    last = newest(columns)
    small = last[columns["size"][last] == "up-to-249"]
    again = rows(columns, rng.choice(small, min(len(small), 6), replace=False))
    again["size"][:], again["quarter"][:] = "5000+", quarter
    for measure in MEASURES:
        again[measure][:] = 4
    return join(columns, again)


def published(n, seed, change, policy=POLICY, *, remembers=True):
    """Publish a collection of `n` for four quarters; each with the records of its time."""
    rng = np.random.default_rng(seed)
    columns = population(n, seed, plan=PLAN)
    history, series = [], []
    for number, (quarter, seen) in enumerate(zip(QUARTERS, SEEN, strict=True)):
        columns = change(columns, seen, rng) if number else columns
        made = make_release(
            columns, quarter=quarter, policy=policy, plan=PLAN, history=history * remembers
        )
        history.append(made.publication())
        series.append((made.published, Facts(frame_of(columns, PLAN), quarter)))
    return series


@pytest.fixture
def unattacked(monkeypatch):
    """Releases are made as before T35 and exact rounding."""
    monkeypatch.setitem(suite.ON_SERIES, "T35", lambda *_, **__: [])


LONG = [pytest.mark.slow, pytest.mark.timeout(36_000)]
CHANGES = {
    "five join": joiners(5),
    "twelve join": joiners(12),
    "many change": four_quarters,
    "some move": movers,
}
SHORT = (1, 2, 3)
SEEDS = pytest.mark.parametrize(
    "seed",
    [pytest.param(s, marks=[] if s in SHORT else LONG) for s in range(THOROUGH)],
)
"""Three collections in every run, and 60 by hand: ``pytest -m slow``."""


@SEEDS
@pytest.mark.parametrize("change", CHANGES)
def test_who_knows_the_participants_learns_nothing_over_four_quarters(change, seed):
    """
    Whoever joins, is assessed again or moves; of 20 to 1,200 organizations, or 120 in every run.
    """
    n = size_of(seed, 120 if seed in SHORT else 1200)
    assert learned(published(n, seed, CHANGES[change]), MEASURES) == []


@pytest.mark.parametrize("change", CHANGES)
def test_it_does_with_the_rule_of_five_changes(change, unattacked):
    """
    The scenarios break what they should break.
    """
    found = (learned(published(n, n, CHANGES[change], FIVE), MEASURES) for n in (20, 25, 30, 40))
    assert any(found)


def test_more_who_change_are_not_enough(unattacked):
    """
    With twelve that are alike, the rule of ten changes is kept, and all of them are told.
    """
    found = (learned(published(n, n, CHANGES["twelve join"]), MEASURES) for n in (20, 25, 30, 40))
    assert any(found)


def two_series(seed, *, remembers):
    """One joins, and all is published anew by another policy."""
    n = size_of(seed, 120)
    before = population(n, seed, plan=PLAN)
    after, history = join(before, population(1, seed + 77, plan=PLAN)), []
    series = []
    for number, (columns, quarter) in enumerate([(before, "2026Q2"), (after, "2026Q3")]):
        made = make_release(
            columns,
            quarter=quarter,
            policy=POLICY.replace(version=1 + number),
            plan=PLAN,
            history=history * remembers,
        )
        history.append(made.publication())
        series.append((made.published, Facts(frame_of(columns, PLAN), quarter)))
    return learned(series, MEASURES)


@SEEDS
def test_a_new_series_is_no_way_around_the_freeze(seed):
    """
    Nothing follows from both.
    """
    assert two_series(seed, remembers=True) == []


def test_it_would_be_if_releases_were_not_remembered():
    """
    What was published before is left out.
    """
    assert any(two_series(seed, remembers=False) for seed in range(12))


def half_of_a_group(n, seed):
    """Contributions of `n` in one size, half of them of one assessor, who takes the better."""
    columns = population(n, seed, plan=PLAN)
    columns["size"][:] = "250-4999"
    order = np.argsort(columns["overall"], kind="stable")
    columns["assessor"][:] = None
    columns["assessor"][order[n - n // 2 :]] = "assessor-of-half"
    return columns


def assessors(seed):
    """What the assessor of half of a group learns about the other half."""
    columns = half_of_a_group(10 + seed % 11, seed)
    try:
        made = make_release(columns, quarter="2026Q2", policy=POLICY, plan=PLAN)
    except DisclosureError:
        return []
    return customers(made.published, Facts(frame_of(columns, PLAN), "2026Q2"), MEASURES)


@SEEDS
def test_an_assessor_of_half_of_a_group_learns_nothing_about_the_others(seed):
    """
    Shares are read as they were rounded, half up.
    """
    assert assessors(seed) == []


def test_it_would_without_the_attack_of_assessors(monkeypatch):
    """
    Without T12.
    """
    monkeypatch.setitem(suite.WITH_TRUTH, "T12", lambda _: [])
    assert any(assessors(seed) for seed in range(12))


def finance_of_ten(seed):
    """Contributions of forty to a hundred, ten of them in one sector that has nobody else."""
    columns = population(40 + seed, seed, plan=PLAN)
    columns["sector"][:], columns["assessor"][:] = "public", None
    columns["sector"][:10] = "finance"
    return columns


def is_printed(columns, policy=POLICY):
    """Whether a release says anything about that sector."""
    made = make_release(columns, quarter="2026Q2", policy=policy, plan=PLAN)
    cells = made.published.cells
    return any(g[0] == "finance-and-trade" and not c.withheld for (g, _), c in cells.items())


@SEEDS
def test_subsidiaries_of_one_parent_are_one_voice(seed):
    """
    Ten of a sector that state the same parent.
    """
    columns = finance_of_ten(seed)
    columns["parent"][:10] = "parent-of-ten"
    assert not is_printed(columns)


def test_they_would_be_ten_if_nobody_knew():
    """
    Ten keys for one parent: what a round is for.
    """
    assert any(is_printed(finance_of_ten(seed)) for seed in SHORT)


LOOSE = POLICY.replace(
    count_unverified=True,
    assessor_percent=100,
    override={"reason": "Whatever comes is counted, to see why not.", "approved_by": "tests"},
)


def nine_chosen(seed):
    """Nine that nobody vouches for, all at level 1, beside one real at level 5."""
    columns = finance_of_ten(seed)
    columns["assessor"][:9] = "whoever chose them"
    columns["is_verified"] = np.arange(len(columns["org"])) >= 9
    for measure in MEASURES:
        columns[measure][:9], columns[measure][9] = 1, 5
    return columns


@SEEDS
def test_chosen_contributions_do_not_read_the_one_beside_them(seed):
    """
    They count towards no threshold.
    """
    assert not is_printed(nine_chosen(seed))


def test_they_would_if_contributions_without_a_ticket_counted():
    """
    With a policy that says so, and why.
    """
    assert any(is_printed(nine_chosen(seed), LOOSE) for seed in SHORT)
