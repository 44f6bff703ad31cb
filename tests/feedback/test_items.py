"""
Question quality and reliability: figures of the textbooks, to the reference libraries.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pkimm_analytics.assessment import Assessment, Mode, UseCase, not_applicable, rated
from pkimm_analytics.feedback.items import (
    answered,
    corrected_item_total,
    item_statistics,
    newest_of_each,
    partial_correlations,
    redundancy,
)
from pkimm_analytics.feedback.reliability import omega_total, reliability, reliability_of
from pkimm_analytics.model import load_model
from tests.feedback.rounds import answers_of

MODEL = load_model("2.0.0")


def one_factor_levels(rng, n, k, loading=0.7):
    """Levels of k items that share one factor."""
    latent = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k))
    return np.clip(np.floor(3.5 + 1.1 * latent), 1, 5)


@pytest.fixture(scope="module")
def answers():
    """Two hundred assessments with gaps."""
    rng = np.random.default_rng(4)
    codes = one_factor_levels(rng, 200, len(MODEL.requirements)).astype(np.int8)
    codes[rng.random(codes.shape) < 0.1] = 0
    codes[rng.random(codes.shape) < 0.05] = -1
    return answers_of(MODEL, codes)


def test_shares_are_those_of_a_slow_count(answers):
    """
    Skipped among what applies, not applicable among what was asked, levels among the rated.
    """
    rows = item_statistics(answers)
    for place in (0, 17, 75):
        codes = answers.requirements[:, place].tolist()
        row = rows.iloc[place]
        levels = [c for c in codes if c > 0]
        assert row["skipped_share"] == pytest.approx(codes.count(0) / (200 - codes.count(-1)))
        assert row["not_applicable_share"] == codes.count(-1) / 200
        assert row["floor_share"] == levels.count(1) / len(levels)
        assert row["ceiling_share"] == levels.count(5) / len(levels)
        assert row["difficulty"] == pytest.approx((5 - np.mean(levels)) / 4)


def test_discrimination_equals_a_slow_correlation(answers):
    """
    Each item against the mean of the other rated items, assessment by assessment.
    """
    levels = answers.levels
    found, n = corrected_item_total(levels)
    for place in (0, 40):
        pairs = [
            (row[place], np.nanmean(np.delete(row, place)))
            for row in levels
            if not np.isnan(row[place])
        ]
        assert n[place] == len(pairs)
        assert found[place] == pytest.approx(np.corrcoef(np.array(pairs).T)[0, 1], abs=1e-12)


def test_partial_correlations_equal_those_of_residuals():
    """
    Take the sum of the other standardized items out of both, and correlate what is left.
    """
    rng = np.random.default_rng(6)
    x = one_factor_levels(rng, 150, 6)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    r = np.corrcoef(x, rowvar=False)
    found = partial_correlations(r)
    for i, j in ((0, 1), (2, 5)):
        rest = np.delete(z, [i, j], axis=1).sum(axis=1)
        left = [c - np.polyval(np.polyfit(rest, c, 1), rest) for c in (z[:, i], z[:, j])]
        assert found[i, j] == pytest.approx(np.corrcoef(left)[0, 1], abs=1e-9)


def test_an_item_that_never_varies_has_no_correlation():
    """
    Everybody at level 3: nothing to compare, and the others are not disturbed.
    """
    rng = np.random.default_rng(7)
    codes = one_factor_levels(rng, 60, len(MODEL.requirements)).astype(np.int8)
    codes[:, 5] = 3
    rows = item_statistics(answers_of(MODEL, codes))
    assert np.isnan(rows["discrimination"][5])
    assert rows["discrimination"].drop(5).notna().all()
    pairs = redundancy(answers_of(MODEL, codes))
    assert not {*pairs["one"], *pairs["other"]} & {list(MODEL.requirements)[5]}


def test_few_assessments_have_no_correlations():
    """
    Ten assessments say too little about two questions.
    """
    codes = np.full((10, len(MODEL.requirements)), 3, np.int8)
    assert redundancy(answers_of(MODEL, codes)).empty
    assert item_statistics(answers_of(MODEL, codes))["discrimination"].isna().all()


def test_assessments_of_an_older_edition_are_asked_what_it_has():
    """
    A question that 1.0.0 does not have was not skipped.
    """
    old = load_model("1.0.0")
    key = next(k for k in old.requirements if k in MODEL.requirements)
    assessment = Assessment(
        model=old.edition, mode=Mode.FULL, answers={key: rated(4, extra={"minutes": 12})}
    )
    found = answered([assessment], MODEL)
    keys = list(MODEL.requirements)
    assert found.requirements[0, keys.index(key)] == 4
    assert found.minutes[0, keys.index(key)] == 12
    assert found.asked.sum() == len(old.requirements.keys() & MODEL.requirements.keys())


def test_a_self_assessment_is_asked_no_requirement():
    """
    It answers categories; none of its requirements was skipped.
    """
    assessment = Assessment(
        model=MODEL.edition,
        answers={"M.key-management": rated(2), "R.sourcing": not_applicable("no")},
    )
    found = answered([assessment], MODEL)
    assert not found.asked.any()
    assert item_statistics(found)["skipped_share"].isna().all()


def test_the_newest_assessment_of_a_use_case_counts():
    """
    The same use case twice is one; without names, both are kept.
    """

    def assessment(id_, day, name):
        return Assessment(
            model=MODEL.edition, id=id_, updated=f"{day}T00:00:00Z", use_case=UseCase(name=name)
        )

    named = [assessment("b", "2026-02-01", "TLS"), assessment("a", "2026-01-01", "TLS")]
    bare = [assessment("c", "2026-01-01", ""), assessment("d", "2026-01-01", "")]
    assert sorted(a.id for a in newest_of_each([*named, *bare])) == ["b", "c", "d"]


# --- reliability -------------------------------------------------------------------------


def alpha_by_hand(x):
    """Cronbach's alpha from its definition."""
    k = x.shape[1]
    return k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1))


def test_alpha_and_omega_agree_with_the_definition_and_a_second_library():
    """
    Alpha from its formula, omega from the loadings of scikit-learn's factor analysis, to 1e-6.
    """
    from sklearn.decomposition import FactorAnalysis

    rng = np.random.default_rng(9)
    factor = rng.normal(size=(250, 1))
    x = np.clip(np.round(3 + factor * np.linspace(0.4, 1.1, 6) + rng.normal(size=(250, 6))), 1, 5)
    found = reliability_of(pd.DataFrame(x))
    assert found["alpha"] == pytest.approx(alpha_by_hand(x), abs=1e-6)
    fitted = FactorAnalysis(1, tol=1e-13, max_iter=100_000, svd_method="lapack").fit(x)
    common = float(fitted.components_[0].sum()) ** 2
    omega = common / (common + float(fitted.noise_variance_.sum()))
    assert found["omega"] == pytest.approx(omega, abs=1e-6)
    assert (found["n"], found["n_items"]) == (250, 6)


def test_alpha_agrees_with_the_published_example_of_the_library():
    """
    The data that pingouin documents after R's psych, listwise: 0.8016949152542373.
    """
    import pingouin

    from pkimm_analytics.feedback.reliability import _alpha

    data = pingouin.read_dataset("cronbach_wide_missing").dropna()
    assert _alpha(data)[0] == pytest.approx(0.8016949152542373, abs=1e-6)


def test_omega_of_known_loadings_is_the_formula():
    """
    Correlations made of loadings .9, .7, .5, .6 give back the omega of those loadings.
    """
    from pkimm_analytics.feedback.reliability import one_factor

    loadings = np.array([0.9, 0.7, 0.5, 0.6])
    correlations = np.outer(loadings, loadings)
    np.fill_diagonal(correlations, 1)
    assert one_factor(correlations, 400) == pytest.approx(loadings, abs=1e-5)


def test_two_items_identify_no_factor():
    """
    Alpha exists for two items, omega does not.
    """
    rng = np.random.default_rng(3)
    found = reliability_of(pd.DataFrame(one_factor_levels(rng, 60, 2)))
    assert found["alpha"] is not None
    assert found["omega"] is None


def test_items_that_load_alike_have_alpha_equal_to_omega():
    """
    For parallel items the lower bound is reached.
    """
    correlations = np.full((5, 5), 0.4)
    np.fill_diagonal(correlations, 1)
    rng = np.random.default_rng(1)
    raw = np.linalg.qr(rng.normal(size=(200, 5)) - 0.0)[0]
    raw = raw - raw.mean(axis=0)
    q, _ = np.linalg.qr(raw)
    x = pd.DataFrame(q @ np.linalg.cholesky(correlations).T)
    assert omega_total(x) == pytest.approx(alpha_by_hand(x.to_numpy()), abs=1e-6)


def test_reliability_of_all_groups_of_the_model(answers):
    """
    Overall, modules and categories have a row each; thin groups have no figure.
    """
    complete = answers_of(MODEL, np.where(answers.requirements > 0, answers.requirements, 3))
    found = reliability(complete).set_index("element")
    assert len(found) == 1 + 4 + len(MODEL.categories)
    assert 0.9 < found.loc["overall", "alpha"] < 1
    few = reliability(answers_of(MODEL, complete.requirements[:5]))
    assert few["alpha"].isna().all()
