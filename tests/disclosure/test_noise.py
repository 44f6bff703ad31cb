"""Releases with differential privacy: the budget holds, by the ledger and by experiment."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.audit import check_manifest
from pkimm_analytics.disclosure import load_policy, publish, publish_with_noise, read_records
from pkimm_analytics.disclosure import noise as noise_file
from pkimm_analytics.disclosure.noise import FAMILIES, exact_counts, laplace, sensitivity
from pkimm_analytics.errors import DisclosureError, PolicyError
from tests.disclosure.population import FEW, join, population, rows

POLICY = load_policy()
SMALL = replace(FEW, categories=FEW.categories[:1])
"""One category and overall: six counts of one parent."""


@pytest.fixture(scope="module")
def many():
    """Contributions of six thousand organizations."""
    return population(6000, 1, plan=SMALL)


def counted(columns):
    """All counts of the release, in a row."""
    found = exact_counts(read_records(columns, SMALL, POLICY, "2026Q3"), SMALL)
    return np.concatenate([found[family].ravel() for family in FAMILIES])


def neighbors():
    """Counts that differ between two collections, one of which has one parent more."""
    columns = population(40, 2, plan=SMALL)
    one, other = counted(rows(columns, np.arange(40) > 0)), counted(columns)
    concerned = one != other
    return one[concerned], other[concerned]


def lower_bound(epsilon, n_runs, *, scale=None):
    """
    With 95 % confidence, the mechanism's epsilon is at least this.

    The attacker sees all noisy counts that differ and decides by their likelihood, which
    is the best test there is, in half of the runs; the other half measures its error.
    """
    one, other = neighbors()
    scale = scale or sensitivity(2) / epsilon
    add = laplace(scale)

    def evidence(counts):
        runs = add(np.tile(counts, (n_runs, 1)))
        return ((abs(runs - one) - abs(runs - other)) / scale).sum(axis=1)

    for_one, for_other = evidence(one), evidence(other)
    half = n_runs // 2
    cuts = np.unique(np.concatenate([for_one[:half], for_other[:half]]))

    def ratio(cut, first, second):
        hits, misses = (second >= cut).sum(), (first >= cut).sum()
        low = stats.beta.ppf(0.025, hits, len(second) - hits + 1) if hits else 0
        high = stats.beta.ppf(0.975, misses + 1, len(first) - misses) if misses < len(first) else 1
        return math.log(low / high) if low > 0 else -math.inf

    best = max(cuts, key=lambda cut: ratio(cut, for_one[:half], for_other[:half]))
    return ratio(best, for_one[half:], for_other[half:])


def test_one_parent_changes_six_counts_by_one():
    """
    One for each measure in each table: the sensitivity that the noise is made for.
    """
    one, other = neighbors()
    assert abs(one - other).tolist() == [1] * sensitivity(2)
    assert sensitivity(2) == 6


def test_a_parent_with_many_records_counts_once():
    """
    Also in tables where its parts lie in different groups.
    """
    columns = population(30, 3, plan=SMALL)
    columns["parent"][:] = "parent-of-all"
    found = exact_counts(read_records(columns, SMALL, POLICY, "2026Q3"), SMALL)
    assert [int(found[family].sum(axis=(0, 2)).max()) for family in FAMILIES] == [1, 1, 1]


@pytest.mark.parametrize(
    "n_runs", [2_000, pytest.param(20_000, marks=(pytest.mark.slow, pytest.mark.timeout(3600)))]
)
def test_the_measured_epsilon_is_not_above_the_declared_one(n_runs):
    """
    T32: neighboring collections, the best test between them, a lower bound of 95 %.
    """
    assert lower_bound(1.0, n_runs) <= 1.0


def test_the_measurement_notices_too_little_noise():
    """
    A quarter of the noise is four times the budget.
    """
    assert lower_bound(1.0, 2_000, scale=sensitivity(2) / 4.0) > 1.0


SPENT = {"quarter": "2026Q1", "epsilon": 0.5, "release": "2026Q1-0123456789ab"}


def make(tmp_path, columns, quarter="2026Q3", epsilon=1.0, out="noisy"):
    """Publish with noise into a folder of the test."""
    return publish_with_noise(
        columns,
        epsilon=epsilon,
        out=tmp_path / out,
        private=tmp_path / "private",
        quarter=quarter,
        policy=POLICY,
        plan=SMALL,
    )


def test_a_release_with_noise_has_every_group_and_says_its_budget(tmp_path, many):
    """
    The groups follow from the plan; the shares of the whole are near the true ones.
    """
    written = make(tmp_path, many)
    assert check_manifest(written.folder) == []
    manifest = json.loads((written.folder / "manifest.json").read_text())
    assert manifest["totals"]["groups"] == 1 + 10 + 3 + 5
    assert manifest["differential_privacy"]["epsilon"] == 1.0
    assert manifest["differential_privacy"]["ledger"] == [{"quarter": "2026Q3", "epsilon": 1.0}]
    from pkimm_analytics.audit import read_release

    cell = read_release(written.folder).cells[("*",) * 6, "overall"]
    for level, interval in cell.shares.items():
        share = (many["overall"] >= level).mean()
        assert interval.low - 0.02 <= share <= interval.high + 0.02


def test_a_release_with_noise_promises_only_what_it_keeps(tmp_path, many):
    """
    No attack on its figures was run, no threshold holds, and nothing is carried forward.
    """
    written = make(tmp_path, many)
    manifest = json.loads((written.folder / "manifest.json").read_text())
    assert manifest["audit"]["attacks"] == 0
    page = (written.folder / "README.md").read_text()
    assert f"scale {manifest['differential_privacy']['scale']:.1f}" in page
    for promise in ("groups of 10 or more", "stays as it is", "carried forward"):
        assert promise not in page


def test_the_same_quarter_again_draws_no_new_noise(tmp_path, many):
    """
    It is the same release, also from other contributions and after a crash in between.
    """
    first = make(tmp_path, many)
    table = (first.folder / "benchmark.parquet").read_bytes()
    again = make(tmp_path, rows(many, np.arange(6000) < 5990), out="elsewhere")
    assert again.release == first.release
    assert (again.folder / "benchmark.parquet").read_bytes() == table


def test_a_quarter_is_published_with_noise_or_without_and_never_both(tmp_path, many):
    """
    In either order.
    """
    options = {"policy": POLICY, "plan": SMALL, "private": tmp_path / "private"}
    small = population(30, 5, plan=SMALL)
    publish(small, out=tmp_path / "plain", quarter="2026Q2", **options)
    with pytest.raises(DisclosureError, match="without noise"):
        make(tmp_path, many, "2026Q2")
    make(tmp_path, many, "2026Q3")
    with pytest.raises(DisclosureError, match="with noise"):
        publish(small, out=tmp_path / "plain", quarter="2026Q3", **options)
    with pytest.raises(DisclosureError, match="other releases in this folder"):
        make(tmp_path, many, "2026Q4", out="plain")


def test_the_budget_of_a_year_is_four(tmp_path, many, monkeypatch):
    """
    Four releases of one are all; the next year begins anew.
    """
    monkeypatch.setattr(noise_file, "LEAST_CONTRIBUTORS", 100)
    few = join(rows(many, np.arange(400)), population(1, 9, plan=SMALL))
    few["quarter"] = np.array(["2025Q4"] * 401, object)
    for quarter, epsilon in (("2026Q1", 1.0), ("2026Q2", 1.0), ("2026Q3", 1.0), ("2026Q4", 0.75)):
        make(tmp_path, few, quarter, epsilon)
    ledger = tmp_path / "private" / "privacy-ledger.json"
    ledger.write_text(ledger.read_text().replace("0.75", "1.0").replace("2026Q1", "2026Q2"))
    with pytest.raises(PolicyError, match="budget of the year"):
        make(tmp_path, few, "2026Q1", out="elsewhere")
    assert make(tmp_path, few, "2027Q1", out="elsewhere").is_new


@pytest.mark.parametrize(
    "spent",
    [None, [{"epsilon": 1}], [SPENT | {"epsilon": "1"}], [SPENT | {"epsilon": -4}],
     [SPENT | {"quarter": 5}], [SPENT | {"quarter": "2026"}]],
)  # fmt: skip
def test_a_damaged_ledger_refuses(tmp_path, many, spent):
    """
    What was spent cannot be guessed, and no line of it may give budget back.
    """
    (tmp_path / "private").mkdir()
    document = {"format": "pkimm-privacy-ledger/1", "spent": spent}
    (tmp_path / "private" / "privacy-ledger.json").write_text(json.dumps(document))
    with pytest.raises(DisclosureError, match="ledger"):
        make(tmp_path, many)


@pytest.mark.parametrize("epsilon", [0, -1, 1.1, float("nan"), float("inf")])
def test_budgets_that_cannot_be_used_are_refused(tmp_path, epsilon):
    """
    Before anything is read.
    """
    with pytest.raises(PolicyError, match="budget"):
        make(tmp_path, None, epsilon=epsilon)


def test_fewer_than_five_thousand_are_refused(tmp_path):
    """
    The question is answered with noise, too.
    """
    few = population(300, 1, plan=SMALL)
    for _ in range(2):
        with pytest.raises(DisclosureError, match="5,000 contributors"):
            make(tmp_path, few)
    assert not (tmp_path / "noisy").exists()


def test_what_a_refusal_spent_is_missing_later(tmp_path, many):
    """
    In the manifest of the next release, and in the budget of the year.
    """
    few = population(300, 1, plan=SMALL)
    for quarter in ("2026Q2", "2026Q3"):
        with pytest.raises(DisclosureError, match=r"0\.05 of the year's budget"):
            make(tmp_path, few, quarter)
    written = make(tmp_path, many, epsilon=0.5)
    manifest = json.loads((written.folder / "manifest.json").read_text())
    assert manifest["differential_privacy"]["ledger"] == [
        {"quarter": "2026Q2", "epsilon": 0.05},
        {"quarter": "2026Q3", "epsilon": 0.05},
        {"quarter": "2026Q3", "epsilon": 0.5},
    ]
    assert not make(tmp_path, many, epsilon=0.5).is_new
    ledger = tmp_path / "private" / "privacy-ledger.json"
    spent = json.loads(ledger.read_text())["spent"]
    lines = [{"quarter": "2026Q1", "epsilon": 0.05, "release": ""}] * 49 + spent
    ledger.write_text(json.dumps({"format": "pkimm-privacy-ledger/1", "spent": lines}))
    with pytest.raises(PolicyError, match="budget of the year"):
        make(tmp_path, many, "2026Q4")
    # A quarter that was refused may be published without noise.
    options = {"policy": POLICY, "plan": SMALL, "private": tmp_path / "private"}
    small = population(30, 5, plan=SMALL)
    assert publish(small, out=tmp_path / "plain", quarter="2026Q2", **options).is_new
