"""
Least coverage: below it nothing is attested, and what is missing is named.
"""

import pytest

from pkimm_analytics.assessment import Assessment, not_applicable, rated
from pkimm_analytics.coverage import CoveragePolicy, is_covered, least_coverage, missing
from pkimm_analytics.errors import PolicyError
from pkimm_analytics.model import load_model
from pkimm_analytics.reports import ReportError, build
from pkimm_analytics.scoring import score

MODEL = load_model("2.0.0")


def scored(n_rated, n_off=0):
    """Return the scores of sixteen categories of which some are rated and some do not apply."""
    keys = list(MODEL.categories)
    answers = dict.fromkeys(keys[:n_rated], rated(3))
    answers |= dict.fromkeys(keys[len(keys) - n_off :], not_applicable("outsourced"))
    return score(Assessment(model=MODEL.edition, answers=answers))


@pytest.mark.parametrize(
    ("n_rated", "n_off", "expected"), [(12, 0, False), (13, 0, True), (12, 1, True), (0, 16, True)]
)
def test_the_part_of_the_questions_in_scope_counts(n_rated, n_off, expected):
    """
    Of 16 questions 80% are 13; of 15 they are 12.
    """
    assert least_coverage() == 80
    assert is_covered(scored(n_rated, n_off).overall) is expected


def test_an_attestation_below_it_is_refused_with_what_is_missing():
    """
    A single 5 of sixteen questions is no level to show to customers.
    """
    scores = scored(1)
    with pytest.raises(ReportError) as caught:
        build("attestation", scores.assessment)
    assert list(caught.value.problems) == missing(scores)
    assert len(missing(scores)) == 15
    build("attestation", scored(13).assessment)


@pytest.mark.parametrize("percent", [None, -1, 101, "80", True])
def test_a_policy_that_is_not_sound_refuses(percent):
    """
    Nothing has a default in code.
    """
    settings = {"format": CoveragePolicy.FORMAT, "least_coverage_percent": percent}
    with pytest.raises(PolicyError):
        CoveragePolicy.read(settings)
