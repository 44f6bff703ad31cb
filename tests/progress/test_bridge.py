"""Progress between assessments: parts that add up, and editions that are no drop."""

import os
from fractions import Fraction

import numpy as np
import pytest

from pkimm_analytics.assessment import (
    Assessment,
    Assurance,
    Mode,
    carry,
    not_applicable,
    rated,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.progress import PARTS, compare, like_for_like

PAIRS = int(os.environ.get("PKIMM_EXAMPLES", "200"))
VERSIONS = ("1.0.0", "1.1.0", "2.0.0")


def random_assessment(random, version, mode):
    """Answer an edition at random, with gaps, exclusions and evidence."""
    model = load_model(version)
    keys = [*model.categories, *(model.requirements if mode is Mode.FULL else ())]
    answers = {}
    for key, level in zip(keys, random.integers(-1, 6, len(keys)), strict=True):
        if level > 0:
            evidence = "e1" if random.random() < 0.5 else "e2"
            answers[key] = rated(int(level), evidence=evidence)
        elif level < 0 and random.random() < 0.4:
            answers[key] = not_applicable("x")
    return Assessment(
        model=model.edition,
        mode=mode,
        answers=answers,
        assurance=[Assurance.SELF, Assurance.THIRD_PARTY][int(random.integers(2))],
    )


def test_the_parts_of_a_bridge_add_up_exactly():
    """
    For random pairs of all editions and both modes, in fractions.
    """
    random = np.random.default_rng(11)
    for _ in range(PAIRS):
        one, other = (
            random_assessment(random, str(random.choice(VERSIONS)), Mode(random.choice(list(Mode))))
            for _ in range(2)
        )
        step = compare(one, other)
        for bridge in (step.overall, *step.modules.values(), *step.categories.values()):
            if bridge.change is not None:
                assert sum(bridge.parts.values(), Fraction(0)) == bridge.change
                assert tuple(bridge.parts) == PARTS
            else:
                assert not bridge.parts


@pytest.mark.parametrize("older", VERSIONS)
@pytest.mark.parametrize("newer", VERSIONS)
def test_a_pure_change_of_edition_shows_nothing_under_answers(older, newer):
    """
    The same answers in another edition are neither progress nor a step back.
    """
    random = np.random.default_rng(5)
    one = random_assessment(random, older, Mode.FULL)
    other = carry(one, load_model(older), load_model(newer))
    parts = compare(one, other).overall.parts
    assert parts["answers"] == parts["scope"] == parts["coverage"] == parts["assurance"] == 0


def test_cryptography_is_new_and_no_drop():
    """
    Rated 1 in its first assessment, it shows under the edition and nowhere else.
    """
    old, new = load_model("1.0.0"), load_model("2.0.0")
    one = Assessment(model=old.edition, answers={key: rated(4) for key in old.categories})
    answers = {key: rated(4) for key in new.categories} | {"G.cryptography": rated(1)}
    step = compare(one, Assessment(model=new.edition, answers=answers))
    assert step.overall.parts["edition"] == step.overall.change < 0
    (delta,) = [d for d in step.deltas if d.key == "G.cryptography"]
    assert (delta.state_before, delta.change, delta.comparable) == ("absent", None, "no")
    assert "G.cryptography" not in step.categories
    assert [s.overall.value for s in step.like_for_like] == [4, 4]


def test_each_reason_has_its_own_part():
    """
    One category raised, one taken out of scope, one rated for the first time.
    """
    model = load_model("2.0.0")
    answers = {key: rated(2) for key in model.categories}
    del answers["O.automation"]
    one = Assessment(model=model.edition, answers=answers)
    other = one.replace(
        answers=answers
        | {
            "G.compliance": rated(4),
            "R.awareness": not_applicable("central"),
            "O.automation": rated(5),
        },
    )
    parts = compare(one, other).overall.parts
    assert parts["edition"] == parts["assurance"] == 0
    assert parts["scope"] == 0  # a category at the mean leaves the mean where it was
    assert parts["coverage"] == Fraction(5 * 2 + 2 * (52 - 2 - 3), 52 - 3) - 2
    assert parts["answers"] == Fraction(2 * 2, 52 - 3)


def test_a_level_that_moved_with_the_assurance_alone_is_not_called_progress():
    """
    Re-rated by a third party on the same evidence: it is under assurance.
    """
    model = load_model("2.0.0")
    answers = {key: rated(4, evidence="CP v1") for key in model.categories}
    one = Assessment(model=model.edition, answers=answers, assurance=Assurance.SELF)
    other = one.replace(
        assurance=Assurance.THIRD_PARTY,
        answers=answers
        | {
            "G.compliance": rated(2, evidence="CP v1"),
            "R.awareness": rated(5, evidence="campaign 2026"),
        },
    )
    parts = compare(one, other).overall.parts
    assert parts["assurance"] == Fraction(-2 * 2, 52)
    assert parts["answers"] == Fraction(3, 52)


def test_like_for_like_leaves_out_what_one_edition_lacks():
    """
    A key management score from requirements compares without the removed one.
    """
    old, new = load_model("1.0.0"), load_model("2.0.0")
    levels = dict.fromkeys(old.requirements, 3)
    levels["M.key-management.cipher-suites-and-protocols"] = 5
    one = Assessment(
        model=old.edition, mode=Mode.FULL, answers={k: rated(v) for k, v in levels.items()}
    )
    other = carry(one, old, new)
    before, after = like_for_like(one, other)
    assert before.overall.value == after.overall.value == 3


def test_without_a_score_there_is_no_bridge():
    """
    From nothing to something is no change of a score.
    """
    model = load_model("2.0.0")
    step = compare(
        Assessment(model=model.edition),
        Assessment(model=model.edition, answers={"G.compliance": rated(3)}),
    )
    assert step.overall.change is None
    assert step.overall.parts == {}
