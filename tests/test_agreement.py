from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.agreement import (
    STATE_DIFFERENCE,
    agreement,
    is_available,
    krippendorff_alpha,
    merge,
    weighted_kappa,
)
from pkimm_analytics.assessment import Assessment, Mode, not_applicable, rated
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import load_model
from pkimm_analytics.questionnaire import pages, questions
from tests.examples import examples

MODEL = load_model("2.0.0")
A, B, C, D, *_ = MODEL.categories
needs_libraries = pytest.mark.skipif(
    not is_available(), reason="the extra `agreement` is not installed"
)


def rater(**levels: int) -> Assessment:
    """
    Return the self-assessment of one assessor.
    """
    keys = {"a": A, "b": B, "c": C, "d": D}
    return Assessment(model=MODEL.edition, answers={keys[k]: rated(v) for k, v in levels.items()})


def plain_kappa(one: list[int], other: list[int]) -> float:
    """
    Weighted kappa written out: one minus observed over expected squared differences.
    """
    observed = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / len(one)
    pairs = list(itertools.product(one, other))
    return 1 - observed / (sum((a - b) ** 2 for a, b in pairs) / len(pairs))


OFF = not_applicable("no")
REQUIREMENT = MODEL.categories[A].requirements[0].key


@pytest.mark.parametrize(
    ("one", "other", "asked", "expected"),
    [
        (rater(a=3, b=1, c=2), rater(a=3, b=5, c=3), [A, B, C], [(B, 4), (C, 1), (A, 0)]),
        (
            rater(a=3, b=1),
            rater(b=5).replace(answers={A: OFF, B: rated(5)}),
            [B, A],
            [(A, STATE_DIFFERENCE), (B, 4)],
        ),
        (rater(a=2), rater(), [A], [(A, 0)]),
        (
            rater().replace(answers={REQUIREMENT: rated(3)}),
            rater().replace(answers={REQUIREMENT: rated(3), A: OFF}),
            [REQUIREMENT],
            [(REQUIREMENT, STATE_DIFFERENCE)],
        ),
    ],
    ids=["levels", "applicability", "no opinion", "a category takes its requirements along"],
)
def test_the_largest_differences_come_first(one, other, asked, expected) -> None:  # type: ignore[no-untyped-def]
    """
    Whether a question applies at all comes before any difference of levels.
    """
    compared = merge([one, other], asked)
    assert [(row.target, row.spread) for row in compared] == expected


@pytest.mark.parametrize(
    "assessments",
    [
        [rater(a=1)],
        [rater(a=1), rater(a=1).replace(mode=Mode.FULL)],
        [rater(a=1), rater(a=1).replace(model=load_model("1.1.0").edition)],
    ],
)
def test_only_assessments_of_the_same_questions_are_compared(
    assessments: list[Assessment],
) -> None:
    """
    One assessor, two kinds or two editions make no agreement.
    """
    with pytest.raises(AssessmentError):
        merge(assessments, questions(pages(MODEL, "self")))


@needs_libraries
@examples(30)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=12))
def test_kappa_is_one_minus_observed_over_expected_disagreement(
    pairs: list[tuple[int, int]],
) -> None:
    """
    The library and the definition give the same number, and None where there is no variation.
    """
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    if len({*one, *other}) == 1:
        assert weighted_kappa(one, other) is None
    else:
        assert weighted_kappa(one, other) == pytest.approx(plain_kappa(one, other))


@needs_libraries
def test_kappa_leaves_out_what_only_one_of_them_rated() -> None:
    """
    A question that one assessor skipped says nothing about agreement.
    """
    assert weighted_kappa([1, 2, 5, None], [1, 2, 5, 3]) == pytest.approx(1)
    assert weighted_kappa([None, 3], [2, 3]) is None


@needs_libraries
def test_alpha_of_a_worked_example() -> None:
    """
    Four observers, twelve units: ordinal alpha is 0.815.

    K. Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section D.
    """
    n = None
    ratings = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
        [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
    ]
    assert krippendorff_alpha(ratings) == pytest.approx(0.815, abs=0.0006)


@needs_libraries
def test_alpha_is_not_defined_without_variation_or_without_pairs() -> None:
    """
    Everybody said 3 everywhere: that is no evidence of agreement beyond chance.
    """
    assert krippendorff_alpha([[3, 3], [3, 3]]) is None
    assert krippendorff_alpha([[3, None], [None, 3]]) is None
    assert krippendorff_alpha([[], []]) is None


@needs_libraries
def test_agreement_counts_the_questions_that_several_rated() -> None:
    """
    Three were rated by two people, two of them alike.
    """
    compared = merge([rater(a=1, b=2, c=4, d=1), rater(a=1, b=2, c=5)], [A, B, C, D])
    found = agreement(compared)
    assert (found.n_compared, found.n_equal) == (3, 2)
    assert found.kappas[0, 1] == pytest.approx(plain_kappa([1, 2, 4], [1, 2, 5]))
    assert found.alpha is not None
    assert agreement([]).alpha is None


def test_without_the_libraries_the_figures_are_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The list of differences needs no library and still works.
    """
    monkeypatch.setattr("pkimm_analytics.agreement.is_available", lambda: False)
    compared = merge([rater(a=1), rater(a=2)], [A])
    with pytest.raises(AssessmentError, match=r"pkimm-analytics\[agreement\]"):
        agreement(compared)
