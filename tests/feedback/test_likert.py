"""
Likert summaries and consensus: counts by hand, published examples, slow twins.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.consensus import agreement_a, consensus, split_opinions
from pkimm_analytics.feedback.likert import likert, weight_votes
from pkimm_analytics.feedback.ratings import ratings
from tests.feedback.rounds import comment, table

counts = st.lists(st.integers(0, 40), min_size=3, max_size=7).filter(any)


def test_counts_of_each_step_are_those_that_were_given():
    """
    Two say 1, one says 4, one says 5: half are low, half are high, the median is 1.
    """
    rows = likert(table(*(comment(i, clarity=v) for i, v in enumerate([1, 1, 4, 5]))), "clarity")
    row = rows.iloc[0]
    assert [row[f"n_{step}"] for step in range(1, 6)] == [2, 0, 0, 1, 1]
    assert (row["n"], row["mean"], row["median"]) == (4, 2.75, 1)
    assert (row["low_share"], row["high_share"]) == (0.5, 0.5)


def test_who_rates_again_has_changed_their_mind():
    """
    The later rating counts, in one round; in another round both do.
    """
    said = table(
        comment(1, clarity=1),
        comment(1, clarity=5),
        comment(1, clarity=3, round="2027Q1"),
        comment(1, text="and a comment without a rating"),
    )
    assert ratings(said, "clarity")["value"].tolist() == [5, 3]


def test_a_group_without_role_is_a_group():
    """
    Splitting by role loses nobody.
    """
    said = table(comment(1, clarity=1, role="vendor"), comment(2, clarity=2))
    assert likert(said, "clarity", by=["role"])["n"].sum() == 2


def test_counts_equal_those_of_a_slow_count():
    """
    Three hundred random ratings of four elements, counted one by one.
    """
    rng = np.random.default_rng(5)
    said = [
        comment(i, f"{m}", clarity=int(rng.integers(1, 6))) for i in range(75) for m in ("GMOR")
    ]
    slow = Counter((r.element, r.clarity) for r in said)
    for _, row in likert(table(*said), "clarity").iterrows():
        assert [row[f"n_{s}"] for s in range(1, 6)] == [
            slow[row["element"], s] for s in range(1, 6)
        ]


def test_nobody_rated_gives_an_empty_summary():
    """
    Texts alone have no shares.
    """
    said = table(comment(1, text="only words"))
    assert likert(said, "clarity").empty
    assert weight_votes(said).empty
    assert split_opinions(said, "clarity").empty


def test_votes_on_weights_lean_to_the_side_that_more_are_on():
    """
    One finds it too low, three too high, four right: half dispute it, and it leans high.
    """
    votes = ["too-low", *["too-high"] * 3, *["right"] * 4]
    row = weight_votes(table(*(comment(i, weight=v) for i, v in enumerate(votes)))).iloc[0]
    assert (row["n_too_low"], row["n_right"], row["n_too_high"]) == (1, 4, 3)
    assert (row["disputed_share"], row["lean"]) == (0.5, 0.25)


def test_a_field_that_does_not_rate_is_refused():
    """
    Text has no scale.
    """
    with pytest.raises(FeedbackError, match="does not rate"):
        likert(table(comment(1, clarity=1)), "text")


# --- consensus -------------------------------------------------------------------------


def slow_agreement(heights):
    """Van der Eijk's A as his article describes it, layer by layer."""
    heights, steps = list(heights), len(heights)
    total, result = sum(heights), 0.0
    while any(heights):
        filled = [h > 0 for h in heights]
        lowest = min(h for h in heights if h > 0)
        one_peak = gap = 0
        for i, j, k in itertools.combinations(range(steps), 3):
            triple = (filled[i], filled[j], filled[k])
            one_peak += triple in {(True, True, False), (False, True, True)}
            gap += triple == (True, False, True)
        unimodal = 1.0
        if one_peak or gap:
            top = (steps - 2) * one_peak - (steps - 1) * gap
            unimodal = top / ((steps - 2) * (one_peak + gap))
        layer = unimodal * (1 - (sum(filled) - 1) / (steps - 1))
        result += layer * lowest * sum(filled) / total
        heights = [h - lowest * f for h, f in zip(heights, filled, strict=True)]
    return result


@given(counts)
def test_agreement_equals_its_slow_twin(heights):
    """
    The vectors of all elements at once give what one distribution gives by hand.
    """
    assert float(agreement_a([heights])[0]) == pytest.approx(slow_agreement(heights), abs=1e-9)


def test_agreement_of_the_published_example():
    """
    The frequency vector that the R package agrmt documents.
    """
    assert float(agreement_a([30, 40, 210, 130, 530, 50, 10])) == pytest.approx(0.6113333, abs=1e-6)


def test_consensus_of_the_published_example():
    """
    The same vector, by the measure of Tastle and Wierman.
    """
    assert float(consensus([30, 40, 210, 130, 530, 50, 10])) == pytest.approx(0.7256876, abs=1e-6)


@pytest.mark.parametrize(
    ("heights", "agreement", "consent"),
    [([0, 0, 9, 0, 0], 1, 1), ([7, 0, 0, 0, 7], -1, 0), ([3, 3, 3, 3, 3], 0, None)],
)
def test_one_opinion_two_camps_and_an_even_spread(heights, agreement, consent):
    """
    The three cases that define the ends and the middle of the scales.
    """
    assert float(agreement_a(heights)) == pytest.approx(agreement)
    if consent is not None:
        assert float(consensus(heights)) == pytest.approx(consent)


@given(counts)
def test_consensus_does_not_care_about_direction_or_size(heights):
    """
    Mirrored or multiplied counts agree as much, and the range is kept.
    """
    for measure, low in ((agreement_a, -1), (consensus, 0)):
        value = float(measure(heights))
        assert low - 1e-9 <= value <= 1 + 1e-9
        assert float(measure(heights[::-1])) == pytest.approx(value, abs=1e-9)
        assert float(measure([3 * h for h in heights])) == pytest.approx(value, abs=1e-9)


def test_nobody_has_no_consensus():
    """
    Without a rating there is nothing to agree on.
    """
    assert math.isnan(float(agreement_a([0, 0, 0])))
    assert math.isnan(float(consensus([0, 0, 0])))


@pytest.mark.parametrize("bad", [[1, 2], [1, 2, -1], 3])
def test_counts_that_are_no_scale_are_refused(bad):
    """
    Two steps have no middle, and nothing is counted below zero.
    """
    with pytest.raises(FeedbackError, match="three steps"):
        agreement_a(bad)


def test_the_most_divided_element_stands_first():
    """
    Two camps come before one opinion.
    """
    said = [comment(i, "G", clarity=1 if i % 2 else 5) for i in range(6)]
    said += [comment(i, "M", clarity=3) for i in range(6)]
    assert split_opinions(table(*said), "clarity")["element"].tolist() == ["G", "M"]
