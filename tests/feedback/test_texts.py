"""
Themes and near-duplicates: found where they are planted, the same every time.
"""

from __future__ import annotations

import numpy as np
import pytest

from pkimm_analytics.feedback.duplicates import joined, near_duplicates, similar_pairs
from pkimm_analytics.feedback.themes import find_themes
from pkimm_analytics.model import load_model
from tests.feedback.rounds import comment, table

ABOUT_KEYS = [
    "Rotating encryption keys inside tokens takes too long",
    "The rotation of keys inside tokens is missing",
    "Rotating keys kept inside hardware tokens",
    "Key rotation on tokens is never explained",
    "Rotate keys inside tokens more often",
    "Keys inside tokens: rotation period unknown",
    "Rotation of token keys deserves guidance",
]
ABOUT_TRAINING = [
    "Training courses for auditors lack budget",
    "Auditors want training courses every year",
    "Budget for training courses is never asked",
    "Courses and training for new auditors",
    "Training budget of auditors should count",
    "Yearly courses need a training budget",
    "Auditors training: courses without budget",
]


def said(texts, element="M.key-management"):
    """Comments with these texts, by one respondent each."""
    return table(*(comment(i, element, text=text) for i, text in enumerate(texts)))


def test_two_subjects_become_two_themes_with_their_words():
    """
    Seven comments on rotating keys, seven on training auditors.
    """
    comments = said(ABOUT_KEYS + ABOUT_TRAINING)
    found = find_themes(comments, 2)
    first = found.members["theme"].tolist()
    assert len({*first[:7]}) == 1
    assert len({*first[7:]}) == 1
    assert first[0] != first[-1]
    words = [" ".join(terms) for terms in found.themes["terms"]]
    assert any("rotation" in w or "tokens" in w for w in words)
    assert any("training" in w for w in words)
    assert set(found.themes["representatives"].iloc[0]) <= {*comments["id"]}


def test_the_same_comments_give_the_same_themes_in_any_process():
    """
    Nothing is left to chance.
    """
    comments = said(ABOUT_KEYS + ABOUT_TRAINING)
    one, two = find_themes(comments), find_themes(comments)
    assert one.members.equals(two.members)
    assert one.themes.equals(two.themes)


@pytest.mark.parametrize("texts", [[], ["one comment"], ["", "🔑🔑", "!!!"][1:], ["a b"] * 3])
def test_few_or_wordless_texts_have_no_themes(texts):
    """
    Nothing to group is no error.
    """
    found = find_themes(said(texts))
    assert found.themes.empty
    assert (found.members["theme"] == 0).all()


def test_the_same_in_other_words_is_one_group_and_others_stay_apart():
    """
    Two wordings of one question among comments on other matters.
    """
    texts = [
        ABOUT_TRAINING[0],
        "Please add a glossary of abbreviations.",
        "Levels four and five read alike to me.",
        "The guidance does not say whether expired test certificates belong in the list.",
        ABOUT_KEYS[0],
        "Nobody in our company rates hardware.",
        "It is not said whether test certificates that expired belong in the list; guidance?",
    ]
    comments = said(texts)
    found = near_duplicates(comments, names=load_model("2.0.0").name)
    assert found["id"].tolist() == [comments["id"][3], comments["id"][6]]
    assert found["group"].tolist() == [1, 1]


def test_pairs_equal_those_of_a_slow_comparison():
    """
    Every pair compared with every other, by dense vectors.
    """
    from pkimm_analytics.feedback import duplicates

    rng = np.random.default_rng(2)
    words = [f"word{i}" for i in range(40)]
    texts = [" ".join(rng.choice(words, 8)) for _ in range(120)]
    texts += [text + " word1" for text in texts[:10]]
    dense = duplicates._vectors(texts).toarray()
    slow = {
        (i, j): float(dense[i] @ dense[j])
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if dense[i] @ dense[j] >= 0.6
    }
    found = similar_pairs(texts, 0.6)
    assert found.keys() == slow.keys()
    assert list(found.values()) == pytest.approx([min(slow[pair], 1.0) for pair in found])


def test_short_texts_are_no_duplicates():
    """
    "Unclear" is said by many and means nothing in common.
    """
    assert near_duplicates(said(["Unclear", "unclear!", "Really unclear"])).empty


def test_what_is_joined_to_the_same_is_one_group():
    """
    A chain of three, a pair, and nothing.
    """
    assert joined({(4, 9): 1, (1, 4): 1, (2, 3): 1}) == [[1, 4, 9], [2, 3]]
    assert joined({}) == []
