"""
What stands out, how roles and rounds differ: exact on small cases, true to references.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from pkimm_analytics.feedback.coverage import coverage
from pkimm_analytics.feedback.outliers import EXACT_UP_TO, _normal, standing_out
from pkimm_analytics.feedback.roles import changes, role_differences
from pkimm_analytics.model import load_model
from tests.feedback.rounds import comment, table


def values(rows):
    """A table of (respondent, element, value)."""
    return pd.DataFrame(rows, columns=["respondent", "element", "value"])


def slow_p(rows, element, *, low):
    """Count all orders in which respondents could have given their own ratings."""
    people = {}
    for who, key, value in rows:
        people.setdefault(who, {})[key] = value
    people = {w: r for w, r in people.items() if len(r) > 1 and element in r}
    seen = sum(r[element] for r in people.values())
    sums = [sum(draw) for draw in itertools.product(*(list(r.values()) for r in people.values()))]
    hits = [s <= seen if low else s >= seen for s in sums]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("seed", range(4))
def test_p_values_equal_those_of_all_orders(seed):
    """
    Five respondents, four elements, some gaps: every order is tried.
    """
    rng = np.random.default_rng(seed)
    rows = [
        (who, key, int(rng.integers(1, 6)))
        for who in range(5)
        for key in "abcd"
        if rng.random() < 0.8
    ]
    for tail in ("low", "high"):
        for row in standing_out(values(rows), tail).itertuples():
            assert row.p == pytest.approx(slow_p(rows, row.element, low=tail == "low"), abs=1e-12)


def test_a_strict_respondent_is_not_a_bad_element():
    """
    One who rates everything 1 says nothing about any element.
    """
    rows = [("strict", key, 1) for key in "abc"]
    assert standing_out(values(rows), "low")["p"].tolist() == [1, 1, 1]


def test_one_element_alone_says_nothing():
    """
    A rating without another one of the same respondent is left out.
    """
    assert standing_out(values([("x", "a", 1)]), "low").empty


def test_the_normal_tail_continues_the_exact_one():
    """
    Just below the limit, both ways agree on what is likely and what is not.
    """
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(EXACT_UP_TO), 3)
    element = np.tile(np.arange(3), EXACT_UP_TO)
    x = rng.integers(1, 6, len(who))
    exact = standing_out(values(list(zip(who, element, x, strict=True))), "high")["p"]
    normal = _normal(element, who, x - x.min(), 3)
    assert normal == pytest.approx(exact.to_numpy(), abs=5e-3)


@pytest.mark.parametrize("seed", range(5))
def test_differences_between_roles_equal_those_of_scipy(seed):
    """
    H and p of ratings with many ties, to 1e-9.
    """
    from scipy.stats import kruskal

    rng = np.random.default_rng(seed)
    said, groups = [], {}
    for i, role in enumerate(["operator", "assessor", "vendor"] * 12):
        clarity = int(np.clip(rng.integers(1, 5) + (role == "vendor"), 1, 5))
        groups.setdefault(role, []).append(clarity)
        said.append(comment(i, role=role, clarity=clarity))
    row = role_differences(table(*said), ["clarity"]).iloc[0]
    h, p = kruskal(*groups.values())
    assert (row["h"], row["p"]) == pytest.approx((h, p), abs=1e-9)
    assert row["q"] == pytest.approx(p, abs=1e-9)  # one test alone
    assert row["epsilon2"] == pytest.approx(h / 35)


def test_roles_that_say_the_same_do_not_differ():
    """
    All ranks are tied, so the statistic is zero and not undefined.
    """
    said = [comment(i, role=r, clarity=2) for i, r in enumerate(["vendor", "operator"] * 6)]
    row = role_differences(table(*said), ["clarity"]).iloc[0]
    assert (row["h"], row["p"]) == (0, 1)


def test_a_role_with_few_ratings_is_not_compared():
    """
    Four vendors are too few to be a group.
    """
    said = [comment(i, role="vendor", clarity=1) for i in range(4)]
    said += [comment(i + 9, role="operator", clarity=5) for i in range(9)]
    assert role_differences(table(*said)).empty


def test_a_round_that_became_clearer_says_so():
    """
    All later ratings are higher: the chance that a later one is higher is 1.
    """
    said = [comment(i, clarity=2) for i in range(8)]
    said += [comment(i + 20, clarity=4, round="2027Q2") for i in range(8)]
    row = changes(table(*said), "2026Q4", "2027Q2").iloc[0]
    assert (row["mean_before"], row["mean_after"], row["superiority"]) == (2, 4, 1)
    assert row["q"] < 0.001


def test_changes_equal_those_of_scipy():
    """
    Superiority is the Mann-Whitney statistic over all pairs, p its tie-corrected test.
    """
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(8)
    one, two = rng.integers(1, 6, 30), rng.integers(2, 6, 25)
    said = [comment(i, clarity=int(v)) for i, v in enumerate(one)]
    said += [comment(i + 50, clarity=int(v), round="2027Q2") for i, v in enumerate(two)]
    row = changes(table(*said), "2026Q4", "2027Q2").iloc[0]
    u, p = mannwhitneyu(two, one, use_continuity=False, method="asymptotic")
    assert row["superiority"] == pytest.approx(u / (30 * 25), abs=1e-9)
    assert row["p"] == pytest.approx(p, abs=1e-9)


def test_what_the_model_changed_stands_beside_the_ratings():
    """
    Key inventory has other words or another number in 2.0.0 than in 1.1.0.
    """
    models = load_model("1.0.0"), load_model("2.0.0")
    said = [comment(i, "M.key-management", clarity=2, edition="1.0.0") for i in range(6)]
    said += [comment(i + 9, "M.key-management", clarity=4, round="2027Q2") for i in range(6)]
    row = changes(table(*said), "2026Q4", "2027Q2", models=models).iloc[0]
    assert "renumbered" in row["model_changes"]


def test_rounds_without_common_elements_have_no_changes():
    """
    Nothing is compared with nothing.
    """
    said = [comment(i, "G", clarity=2) for i in range(6)]
    assert changes(table(*said), "2026Q4", "2027Q2").empty


def test_coverage_names_what_nobody_spoke_of():
    """
    One comment on key management: everything else is silent, and a foreign key is named.
    """
    model = load_model("2.0.0")
    said = table(
        comment(1, role="vendor", clarity=3),
        comment(1, "M.old-key", role="vendor", text="gone"),
        comment(2, "process", minutes=40),
    )
    found = coverage(said, model)
    n_asked = len(model.categories) + len(model.requirements)
    assert (found.n_respondents, found.n_comments, found.n_texts) == (2, 3, 1)
    assert len(found.silent) == n_asked - 1
    assert "M.key-management" not in found.silent
    assert found.foreign == ("M.old-key",)
    roles = found.roles.set_index("role")["n_respondents"]
    assert (roles["vendor"], roles["operator"], roles["not stated"]) == (1, 0, 1)


def test_coverage_of_a_round_without_comments_is_all_silent():
    """
    Nothing said is no error.
    """
    found = coverage(table(), load_model("2.0.0"), round_="2026Q4")
    assert found.n_respondents == 0
    assert found.elements["n_respondents"].sum() == 0
