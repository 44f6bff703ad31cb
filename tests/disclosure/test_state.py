"""Successive releases: what is carried forward, what is computed anew."""

import shutil

import numpy as np
import pytest

from pkimm_analytics.audit import Vintage, attack_series
from pkimm_analytics.disclosure import forgetting, load_policy, make_release
from pkimm_analytics.disclosure.state import read_state, write_state
from pkimm_analytics.errors import DisclosureError, PolicyError
from tests.disclosure.population import FEW, join, population, rows, truth_of

POLICY = load_policy()
ALL = ("*",) * 6


def release(columns, state=None, quarter="2026Q3"):
    """Make a release of twelve to some dozen organizations."""
    return make_release(columns, quarter=quarter, policy=POLICY, plan=FEW, state=state)


@pytest.fixture(scope="module")
def first():
    """Fourteen organizations and their release."""
    columns = population(14, 1, plan=FEW)
    return columns, release(columns)


def newcomers(n, seed=9):
    """Organizations that join, all at level 5."""
    columns = population(n, seed, plan=FEW)
    columns["assessor"][:] = None
    columns["overall"][:] = 5
    return columns


def test_four_newcomers_change_nothing_and_five_do(first):
    """
    The fifth change computes the group anew.
    """
    columns, before = first
    four = release(join(columns, newcomers(4)), before.state)
    assert four.columns == before.columns
    five = release(join(columns, newcomers(5)), before.state)
    assert five.columns != before.columns


def test_changes_add_up_over_releases(first):
    """
    Three, then two more: the second release is the one that moves.
    """
    columns, before = first
    three = release(join(columns, newcomers(3)), before.state)
    assert three.columns == before.columns
    five = release(join(columns, newcomers(5)), three.state, "2026Q4")
    assert five.as_of[ALL] == "2026Q4"


def test_five_newcomers_of_one_assessor_are_one_source(first):
    """
    Four planted submissions and a victim must not make a new figure.
    """
    columns, before = first
    planted = newcomers(5)
    planted["assessor"][:4] = "assessor-9999"
    assert release(join(columns, planted), before.state).columns == before.columns


def test_five_subsidiaries_of_one_parent_are_one_change(first):
    """
    Counted by parent.
    """
    columns, before = first
    planted = newcomers(8)
    planted["parent"][:] = "parent-of-all"
    assert release(join(columns, planted), before.state).columns == before.columns


def test_withdrawals_never_make_a_new_figure(first):
    """
    Eight of fourteen leave, and one joins.
    """
    columns, before = first
    left = join(rows(columns, np.arange(14) >= 8), newcomers(1))
    assert release(left, before.state).columns == before.columns


def test_contributions_that_grew_too_old_count_as_changes():
    """
    Six of twenty leave the window.
    """
    columns = population(20, 1, plan=FEW)
    columns["quarter"][:6] = "2024Q3"
    before = release(columns)
    after = release(columns, before.state, "2026Q4")
    assert after.as_of[ALL] == "2026Q4"


def test_the_same_levels_again_are_no_change(first):
    """
    An organization that is assessed again with the same result.
    """
    columns, before = first
    again = rows(columns, np.arange(8))
    again["quarter"] = np.full(8, "2026Q2", object)
    assert release(join(columns, again), before.state).columns == before.columns


def test_another_policy_or_plan_needs_a_new_series(first):
    """
    Different rules could be subtracted from each other.
    """
    columns, before = first

    for change in ({"policy": POLICY.replace(changes=6)}, {"plan": FEW.replace(version=2)}):
        options = {"policy": POLICY, "plan": FEW} | change
        with pytest.raises(PolicyError, match="subtracted"):
            make_release(columns, quarter="2026Q3", state=before.state, **options)


def test_an_earlier_quarter_is_refused(first):
    """
    Time goes one way.
    """
    columns, before = first
    with pytest.raises(DisclosureError, match="later quarter"):
        release(columns, before.state, "2026Q2")


def test_the_state_survives_a_round_trip_and_forgets(tmp_path, first):
    """
    A forgotten contributor leaves no hash behind.
    """
    columns, before = first
    write_state(tmp_path, before.state)
    state = read_state(tmp_path)
    assert state.blocks == before.state.blocks
    assert release(columns, state).columns == before.columns
    n = len(state.members)
    with forgetting(tmp_path) as forget:
        assert forget([columns["parent"][0]], ()) == 1
    assert len(read_state(tmp_path).members) == n - 1
    assert [p.name for p in tmp_path.glob("state-*")] == ["state-000002"]


def test_a_copy_beside_the_state_is_neither_read_nor_removed(tmp_path, first):
    """
    Whoever backs the state up may do it in the same folder.
    """
    columns, before = first
    write_state(tmp_path, before.state)
    shutil.copytree(tmp_path / "state-000001", tmp_path / "state-000001.bak")
    (tmp_path / "state-old").mkdir()
    with forgetting(tmp_path) as forget:
        assert forget([columns["parent"][0]], ()) == 1
    assert len(read_state(tmp_path).members) == len(before.state.members) - 1
    names = sorted(p.name for p in tmp_path.glob("state-*"))
    assert names == ["state-000001.bak", "state-000002", "state-old"]


def test_what_a_withdrawal_brings_to_light_is_no_change(tmp_path, first):
    """
    Eight withdraw their newest assessment; the older ones in its place renew nothing.
    """
    columns, before = first
    older = rows(columns, np.arange(8))
    older["quarter"] = np.full(8, "2025Q1", object)
    older["overall"] = (older["overall"] % 5 + 1).astype(np.int8)
    left = join(rows(columns, np.arange(14) >= 8), older)
    assert release(left, before.state).columns == before.columns
    write_state(tmp_path, before.state)
    with forgetting(tmp_path) as forget:
        assert forget((), columns["parent"][:8]) == 8
    state = read_state(tmp_path)
    assert (state.members.record == 0).sum() == 8
    older["quarter"][:] = "2026Q1"
    assert release(left, state).columns == before.columns


def test_who_is_nowhere_in_the_collection_is_forgotten_with_the_next_release(first):
    """
    Also when nobody told the state.
    """
    columns, before = first
    after = release(rows(columns, np.arange(14) >= 2), before.state)
    assert len(before.state.members) == 14
    assert len(after.state.members) == 12


def test_a_damaged_state_refuses(tmp_path, first):
    """
    Without it, the rule of five changes could not be kept.
    """
    write_state(tmp_path, first[1].state)
    path = tmp_path / "state-000001" / "members.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DisclosureError, match="state of earlier releases"):
        read_state(tmp_path)


def test_no_attack_on_a_series_finds_anything():
    """
    Four quarters, a few joining, leaving and being assessed again in each.
    """
    everybody = population(60, 4, plan=FEW)
    rng = np.random.default_rng(4)
    here = np.arange(60) < 40
    series, state = [], None
    for number, quarter in enumerate(("2026Q3", "2026Q4", "2027Q1", "2027Q2")):
        here[40 + 5 * number : 45 + 5 * number] = True
        everybody["overall"][rng.integers(0, 60, 4)] = 1 + number
        columns = rows(everybody, here)
        found = release(columns, state, quarter)
        truth = truth_of({k: v.copy() for k, v in columns.items()}, FEW)
        series.append(Vintage(found.published, truth))
        state = found.state
    assert any(v.release.cells[ALL, "overall"].as_of == "2027Q1" for v in series)
    assert attack_series(series) == []
