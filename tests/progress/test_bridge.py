"""Progress between assessments: parts that add up, and editions that are no drop."""

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
from tests.examples import how_many

PAIRS = how_many(200, at_least=100)
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
        if step.overall.change is not None:
            assert sum(step.moved.values(), Fraction(0)) == step.overall.parts["answers"]


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
    assert parts["answers"] == parts["scope"] == parts["coverage"] == 0


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
    assert parts["edition"] == 0
    assert parts["scope"] == 0  # a category at the mean leaves the mean where it was
    assert parts["coverage"] == Fraction(5 * 2 + 2 * (52 - 2 - 3), 52 - 3) - 2
    assert parts["answers"] == Fraction(2 * 2, 52 - 3)


def all_at(level, mode, assurance=Assurance.SELF):
    """Rate everything that a kind of assessment asks at one level."""
    model = load_model("2.0.0")
    keys = model.categories if mode is Mode.SELF else model.requirements
    answers = dict.fromkeys(keys, rated(level, evidence="CP v1"))
    return Assessment(model=model.edition, mode=mode, answers=answers, assurance=assurance)


@pytest.mark.parametrize("modes", [(a, b) for a in Mode for b in Mode])
@pytest.mark.parametrize("assurances", [(a, b) for a in Assurance for b in Assurance])
def test_what_is_rated_on_both_sides_moves_by_its_answers(modes, assurances):
    """
    In every kind of assessment by whomever; what else is different is a caveat.
    """
    before, after = (all_at(n, m, a) for n, m, a in zip((2, 4), modes, assurances, strict=True))
    step = compare(before, after)
    assert step.overall.parts == {"edition": 0, "scope": 0, "coverage": 0, "answers": 2}
    assert step.moved.keys() == load_model("2.0.0").categories.keys()
    assert ("mode" in step.caveats) == (modes[0] != modes[1])
    assert ("assurance" in step.caveats) == (assurances[0] != assurances[1])


def test_what_one_kind_of_assessment_left_open_is_coverage_and_what_it_took_out_is_scope():
    """
    A category that only the full assessment rated, and one that it took out; the rest stayed.
    """
    model = load_model("2.0.0")
    before, after = all_at(3, Mode.SELF), all_at(3, Mode.FULL)
    before = before.replace(answers={k: a for k, a in before.answers.items() if k != "R.sourcing"})
    sourcing = {r.key: rated(5) for r in model.categories["R.sourcing"].requirements}
    after = after.replace(answers=after.answers | sourcing | {"G": not_applicable("elsewhere")})
    step = compare(before, after)
    moving = {name for name, part in step.overall.parts.items() if part}
    assert moving == {"coverage"}
    assert step.moved == {}
    assert step.categories["G.compliance"].change is None


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
