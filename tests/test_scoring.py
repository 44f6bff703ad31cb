"""The scoring formula: worked examples, edges, the official vectors, and a slow obvious twin."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import (
    Assessment,
    Caveat,
    ExtensionAnswers,
    Mode,
    Source,
    State,
    carry,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.model import (
    Category,
    Extension,
    Model,
    Module,
    Overlay,
    Relevance,
    Requirement,
    load_model,
    module_of,
)
from pkimm_analytics.scoring import (
    answer_codes,
    category_score,
    score,
    score_all,
    score_batch,
    score_extension,
    scores_to_json,
)
from pkimm_analytics.synthetic import sample_history
from tests.examples import examples
from tests.official import CONFORMANCE, needs_shared


@pytest.fixture
def model_1_0():
    """The first edition."""
    return load_model("1.0.0")


@pytest.fixture
def model_2_0():
    """The released edition 2.0.0."""
    return load_model("2.0.0")


def made(*categories):
    """Build an edition of one module: (weight, weights of requirements) of each category."""
    return Model(
        version="9.0.0",
        level_names=("Initial", "Foundational", "Advanced", "Managed", "Optimized"),
        modules=(
            Module(
                "G",
                "Governance",
                categories=tuple(
                    Category(
                        key := f"G.c{n}",
                        key,
                        f"Category {n}",
                        weight,
                        requirements=tuple(
                            Requirement(f"{key}.r{i}", f"{key}.r{i}", f"r{i}", w)
                            for i, w in enumerate(own, 1)
                        ),
                    )
                    for n, (weight, own) in enumerate(categories, 1)
                ),
            ),
        ),
    )


def small_model(*weights, categories=1):
    """Build an edition whose categories all have requirements of the given weights."""
    return made((4, weights), *[(3, weights)] * (categories - 1))


def full(model, answers):
    """Full assessment; numbers are levels, None does not apply, keys are without ``G.``."""
    given = {
        f"G.{key}": not_applicable() if level is None else rated(level)
        for key, level in answers.items()
    }
    return Assessment(model=model.edition, mode=Mode.FULL, answers=given)


def of_categories(model, levels, **more):
    """Self-assessment with the levels of categories."""
    answers = {key: rated(level) for key, level in levels.items()}
    return Assessment(model=model.edition, answers=answers, **more)


def extended(assessment, model, **parts):
    """Score an extension made of parts, with relevance 2 of the first category."""
    extension = Extension(
        id="example",
        name="Example",
        version="1.0.0",
        relevance={"G.c1": Relevance("G.c1", 2)},
        **parts,
    )
    relevance = ExtensionAnswers(id="example", version="1.0.0", answers={"G.c1": rated(2)})
    figures = score(assessment, model).categories
    return score_extension(extension, relevance, assessment, model, figures)


def test_a_heavier_requirement_pulls_the_score_toward_its_level():
    """
    Three parts of level 4 and one part of level 2 make three and a half.
    """
    assert category_score([4, 2], weights=[3, 1]) == pytest.approx(3.5)


def test_nothing_to_score_is_not_a_low_score():
    """
    An empty category has no score at all.
    """
    assert math.isnan(category_score([], weights=[]))


@pytest.mark.parametrize(
    ("levels", "weights"),
    [([1, 2], [1]), ([0], [1]), ([6], [1]), ([2.5], [1]), ([3], [0]), ([3], [-1])],
)
def test_levels_and_weights_off_the_scale_are_refused(levels, weights):
    """
    Levels are 1 to 5 and whole, weights positive, one for each level.
    """
    with pytest.raises(AssessmentError):
        category_score(levels, weights)


def test_the_published_example_of_extension_scoring():
    """
    3.73 by the overlaid weights, blended to 3.37; with 4.10 of weight 3 it makes 3.64.

    The second category of the example is given with its figure; 4.10 is reached here
    with requirements of level 4 and 5.
    """
    model = made((4, (3, 2, 1)), (3, (9, 1)))
    overlays = {
        "G.c1.r1": Overlay("multiplier", Fraction("1.5")),
        "G.c1": Overlay("multiplier", Fraction("1.25")),
        "G.c2": Overlay("addition", Fraction(0)),
    }
    one = full(model, {"c1.r1": 4, "c1.r2": 3, "c1.r3": 4, "c2.r1": 4, "c2.r2": 5})
    result = extended(one, model, overlays=overlays, floor_score=True)
    assert round(category_score([4, 3, 4], weights=[4.5, 2, 1]), 2) == 3.73
    assert round(float(result.categories["G.c1"]), 2) == 3.37
    assert result.categories["G.c2"] == Fraction("4.1")
    assert round(float(result.score), 2) == 3.64
    assert round(float(result.floor), 2) == 3.37
    assert score(one, model).categories["G.c1"].value == Fraction(22, 6)  # untouched


def test_an_extension_blends_a_level_given_by_hand_with_all_weights(model_2_0):
    """
    Level 4 with weight 7.5 and relevance 2 with weight 2 make 34 / 9.5.

    Where relevance is not rated, nothing is blended.
    """
    model = small_model(3, 2, 1)
    overlays = {"G.c1.r1": Overlay("multiplier", Fraction("1.5"))}
    result = extended(of_categories(model, {"G.c1": 4}), model, overlays=overlays)
    assert result.categories["G.c1"] == Fraction(34) / Fraction("9.5")
    assert result.floor is None  # this extension does not ask for one
    pqc = (ExtensionAnswers(id="pqc", version="0.2.0"),)
    levels = dict.fromkeys(model_2_0.categories, 3)
    unrated = score(of_categories(model_2_0, levels, extensions=pqc)).extensions["pqc"]
    assert unrated.score == unrated.floor == 3


def test_the_crosswalk_vector(model_1_0):
    """
    All at 3 but key management 5, certificate management 1, infrastructure 5.
    """
    levels = dict.fromkeys(model_1_0.categories, 3)
    levels |= {"M.key-management": 5, "M.certificate-management": 1}
    one = of_categories(model_1_0, levels | {"M.infrastructure-management": 5})
    assert score(one).overall.value == Fraction(145, 47)
    assert score(one).modules["M"].value == Fraction(43, 13)
    carried = carry(one, model_1_0, load_model("1.1.0"))
    assert score(carried).categories["G.cryptography"].state is State.UNANSWERED
    assert score(carried).overall.value == Fraction(145, 47)
    assert any("Cryptography" in caveat.message for caveat in carried.caveats)


def test_what_the_newer_edition_dropped_is_named(model_1_0, model_2_0):
    """
    Cipher suites have no counterpart in 2.0.0.
    """
    answers = {
        "M.key-management.cipher-suites-and-protocols": rated(5),
        "M.key-management.key-inventory": rated(2),
    }
    assessment = Assessment(model=model_1_0.edition, mode=Mode.FULL, answers=answers)
    carried = carry(assessment, model_1_0, model_2_0)
    assert list(carried.answers) == ["M.key-management.key-inventory"]
    assert any("M.5.5" in caveat.message for caveat in carried.caveats)


def test_a_level_is_the_score_rounded_down_exactly():
    """
    Fractions that meet a whole number never end up below it; 2.99 is level 2.
    """
    model = small_model(1, 2, 3, categories=7)
    levels = dict.fromkeys(range(1, 6), (3, 3, 3)) | {6: (2, 2, 4), 7: (4, 4, 2)}
    answers = {f"c{n}.r{i}": x for n, row in levels.items() for i, x in enumerate(row, 1)}
    overall = score(full(model, answers), model).overall
    assert (overall.value, overall.level) == (3, 3)
    below = score(full(model := small_model(99, 1), {"c1.r1": 3, "c1.r2": 2}), model).overall
    assert below.level == 2
    assert (below.score, below.progress) == pytest.approx((2.99, 0.99))


@pytest.mark.parametrize(
    ("answers", "value", "zero", "coverage"),
    [
        ({"c1.r1": 4, "c1.r2": None}, 4, Fraction(4, 7), 1 / 5),
        ({"c1.r1": None, "c1.r2": None, "c1.r3": None, "c2.r1": 2}, 2, Fraction(1, 3), 1 / 3),
        # a level given by hand counts where no requirement is rated
        ({"c1": 5, "c1.r1": 2, "c2": 4}, Fraction(20, 7), Fraction(40, 21), 1 / 6),
        ({"c1": None, "c2.r1": 3}, 3, Fraction(1, 2), 1 / 3),
    ],
)
def test_unanswered_and_not_applicable_add_neither_level_nor_weight(answers, value, zero, coverage):
    """
    Coverage says how much was rated; the official workbook counts unanswered items as 0.
    """
    model = small_model(1, 2, 3, categories=2)
    overall = score(full(model, answers), model).overall
    assert (overall.value, overall.coverage) == (value, pytest.approx(coverage))
    counted = score(full(model, answers), model, unanswered="zero").overall
    assert (counted.value, counted.coverage) == (zero, pytest.approx(coverage))


def test_what_a_category_rests_on_is_told():
    """
    Not applicable if nothing in it applies; by hand if no requirement of it is rated.
    """
    model = small_model(1, categories=3)
    answers = {"c1.r1": None, "c2": 5, "c2.r1": 2, "c3": 4}
    first, second, third = score(full(model, answers), model).categories.values()
    assert (first.state, first.value) == (State.NOT_APPLICABLE, None)
    assert (second.value, second.by_hand) == (2, False)
    assert (third.value, third.by_hand, third.coverage) == (4, True, 0)


def test_a_module_that_does_not_apply_takes_everything_in_it_out(model_2_0):
    """
    Its answers stay in the document and out of the score.
    """
    levels = {key: 4 if module_of(key) == "M" else 2 for key in model_2_0.categories}
    one = of_categories(model_2_0, levels)
    scores = score(one.replace(answers={**one.answers, "M": not_applicable("by a provider")}))
    assert scores.overall.value == 2
    assert scores.modules["M"].state is State.NOT_APPLICABLE
    assert scores.modules["M"].coverage is None


def test_an_assessment_without_answers_has_no_score(model_2_0):
    """
    Null everywhere, never 0.
    """
    document = scores_to_json(score(Assessment(model=model_2_0.edition)))
    assert document["overall"] == {
        "score": None,
        "level": None,
        "name": None,
        "percentage": None,
        "coverage": 0.0,
    }
    assert document["categories"]["G.compliance"]["state"] == "unanswered"


def test_the_printed_document_has_exactly_the_published_keys(model_1_0):
    """
    Programs of other people rely on them.
    """
    assessment = Assessment(
        model=model_1_0.edition,
        answers={"G.compliance": rated(3)},
        caveats=(Caveat(code="x", message="A caveat."),),
    )
    document = scores_to_json(score(assessment))
    assert list(document) == [
        "format", "source", "model", "mode", "overall", "modules", "categories",
        "extensions", "tool", "problems",
    ]  # fmt: skip
    assert list(document["modules"]) == ["G", "M", "O", "R"]
    category = document["categories"]["G.compliance"]
    assert category == {
        "native_id": "G.3",
        "state": "rated",
        "score": 3.0,
        "level": 3,
        "name": "Advanced",
        "percentage": 60.0,
        "coverage": 1.0,
    }
    assert document["tool"] is None
    assert document["problems"] == [{"where": "assessment", "message": "A caveat."}]


@pytest.mark.parametrize(
    ("overall", "is_other"),
    [({"level": 1, "value": 1.5}, True), ({"level": 3, "value": 3.0}, False), (None, True)],
)
def test_a_tools_own_figure_is_shown_with_the_reason_where_it_differs(model_1_0, overall, is_other):
    """
    Equal figures need no reason; a figure may be null.
    """
    reasons = [{"code": "unanswered-zero", "message": "Unanswered items count as 0 there."}]
    tool = {"overall": overall, "modules": {"G": {"level": 3}}, "reasons": reasons}
    one = of_categories(model_1_0, {"G.compliance": 3}, source=Source(tool=tool))
    document = scores_to_json(score(one))["tool"]
    assert document["overall"] == overall
    assert document["differs_because"] == ["Unanswered items count as 0 there."] * is_other


def test_an_edition_that_no_crosswalk_knows_says_how_it_is_matched():
    """
    By its stable ids, as a remark that refuses nothing.
    """
    model = small_model(1)
    (problem,) = score(full(model, {"c1.r1": 3}), model).problems
    assert "stable ids" in problem.message
    assert not problem.refused


# --- the batch --------------------------------------------------------------------


def twin(model, requirement_row, category_row, *, zero=False):
    """Score one row slowly, with fractions, straight from the published formula."""
    codes = dict(zip(model.requirements, map(int, requirement_row), strict=True))
    hand = dict(zip(model.categories, map(int, category_row), strict=True))
    values = {}
    for key, category in model.categories.items():
        scope = [r for r in category.requirements if codes[r.key] >= 0]
        answered = [r for r in scope if codes[r.key] > 0]
        if hand[key] < 0 or not scope:
            continue
        if answered or (zero and not hand[key]):
            counted = scope if zero else answered
            values[key] = Fraction(
                sum(max(codes[r.key], 0) * r.weight for r in counted),
                sum(r.weight for r in counted),
            )
        elif hand[key] > 0:
            values[key] = Fraction(int(hand[key]))

    def mean(keys):
        keys = [k for k in keys if k in values]
        weight = sum(model.categories[k].weight for k in keys)
        total = sum((values[k] * model.categories[k].weight for k in keys), Fraction(0))
        return total / weight if keys else None

    modules = {m.id: mean([c.key for c in m.categories]) for m in model.modules}
    return values, modules, mean(model.categories)


@examples(60)
@given(
    seed=st.integers(0, 2**32 - 1),
    version=st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]),
    zero=st.booleans(),
)
def test_the_batch_equals_the_slow_twin(seed, version, zero):
    """
    Exact fractions of categories, modules and the whole, for every kind of answer.
    """
    model = load_model(version)
    random = np.random.default_rng(seed)
    requirements = random.integers(-1, 6, (6, len(model.requirements))).astype(np.int8)
    requirements[0] = np.minimum(requirements[0], 0)
    requirements[1] = 3
    categories = random.integers(-1, 6, (6, len(model.categories))).astype(np.int8)
    categories[1] = 0
    batch = score_batch(
        model,
        requirements=requirements,
        categories=categories,
        unanswered="zero" if zero else "excluded",
    )
    for row in range(6):
        values, modules, overall = twin(model, requirements[row], categories[row], zero=zero)
        for key, ratio in batch.categories.items():
            assert ratio.fraction(row) == values.get(key), key
        for key, ratio in batch.modules.items():
            assert ratio.fraction(row) == modules[key]
        assert batch.overall.fraction(row) == overall
        level = 0 if overall is None else math.floor(overall)
        assert batch.overall.level[row] == level
        assert batch.overall.score[row] == pytest.approx(
            math.nan if overall is None else float(overall), nan_ok=True
        )


def test_one_assessment_is_a_batch_of_one(model_2_0):
    """
    The same answers give the same fraction alone and among others.
    """
    random = np.random.default_rng(7)
    rows = random.integers(0, 6, (50, len(model_2_0.requirements))).astype(np.int8)
    batch = score_batch(model_2_0, requirements=rows)
    answers = {
        key: rated(int(code))
        for key, code in zip(model_2_0.requirements, rows[17], strict=True)
        if code
    }
    alone = Assessment(model=model_2_0.edition, mode=Mode.FULL, answers=answers)
    assert score(alone).overall.value == batch.overall.fraction(17)
    np.testing.assert_array_equal(answer_codes(alone, model_2_0)[0], rows[17])


@pytest.mark.parametrize(
    "weights",
    [(3, 1, 2), (20, 9, 5), (40, 41, 1), (97, 89, 83, 79), (10**6, 7, 1), (10**17, 1)],
    ids=["bytes", "whole numbers", "long numbers", "primes", "millions", "any"],
)
def test_scores_are_exact_for_any_weights(weights):
    """
    Sums stay whole numbers, from single bytes to more than 64 bits.
    """
    model = small_model(*weights, categories=3)
    rows = np.random.default_rng(5).integers(-1, 6, (40, 3 * len(weights))).astype(np.int8)
    batch = score_batch(model, requirements=rows)
    for place, row in enumerate(rows):
        values, _, overall = twin(model, row, [0, 0, 0])
        assert batch.overall.fraction(place) == overall
        assert batch.categories["G.c1"].fraction(place) == values.get("G.c1")
        assert batch.overall.level[place] == (math.floor(overall) if overall else 0)


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
def test_every_level_is_the_fraction_rounded_down(version):
    """
    Of some thousand random assessments, where many means are whole numbers.
    """
    model = load_model(version)
    rows = np.random.default_rng(11).integers(-1, 6, (9_000, len(model.requirements)))
    rows[3_000:6_000] = np.maximum(rows[3_000:6_000], 2)
    batch = score_batch(model, requirements=rows.astype(np.int8))
    for ratio in (*batch.categories.values(), *batch.modules.values(), batch.overall):
        above, below = (side.astype(object) for side in (ratio.numerator, ratio.denominator))
        np.testing.assert_array_equal(ratio.level, above // np.where(below, below, 1))
        np.testing.assert_array_equal(ratio.has_score, below > 0)


def test_a_weight_of_zero_and_a_category_without_requirements():
    """
    The first moves no score; the second is rated itself, in a full assessment too.
    """
    model = made((4, (0, 2)), (3, (0, 2)), (3, ()))
    scores = score(full(model, {"c1.r1": 1, "c1.r2": 4, "c2.r1": 5, "c3": 2}), model)
    assert [f.value for f in scores.categories.values()] == [4, None, 2]
    assert [f.n_rated for f in scores.categories.values()] == [2, 1, 1]
    assert not scores.categories["G.c3"].by_hand
    assert scores.overall.value == Fraction(4 * 4 + 3 * 2, 7)


@pytest.mark.parametrize(("n_columns", "code"), [(5, 0), (77, 6), (77, -2)])
def test_a_batch_that_does_not_fit_the_edition_is_refused(model_2_0, n_columns, code):
    """
    Wrong number of columns, or codes off the scale.
    """
    with pytest.raises(AssessmentError, match="requirements"):
        score_batch(model_2_0, requirements=np.full((1, n_columns), code, np.int8))


@needs_shared
def test_the_official_workbook_vectors(model_1_0):
    """
    With unanswered items counted as 0, all figures equal the intended ones.
    """
    vectors = json.loads((CONFORMANCE / "workbook" / "full_vectors.json").read_text("utf-8"))
    for vector in vectors["vectors"]:
        scope = vector["inputs"]["scope"]
        answers = {
            model_1_0.native[key]: rated(level)
            for key, level in vector["inputs"]["answers"].items()
            if level
        }
        for native, said in {
            **scope.get("categories", {}),
            **scope.get("requirements", {}),
        }.items():
            if said == "OUT OF":
                answers[model_1_0.native[native]] = not_applicable()
        scores = score(
            Assessment(model=model_1_0.edition, mode=Mode.FULL, answers=answers), unanswered="zero"
        )
        expected = vector["expected"]["intended"]
        if expected == "same as workbook":
            expected = vector["expected"]["workbook"]
        pairs = [(scores.overall, expected["overall"])]
        pairs += [(scores.modules[key], figure) for key, figure in expected["modules"].items()]
        pairs += [
            (scores.categories[model_1_0.native[key]], figure)
            for key, figure in expected["categories"].items()
        ]
        for ours, theirs in pairs:
            assert ours.score == pytest.approx(theirs["value"], abs=1e-9), vector["id"]
            if theirs["value"] is not None:
                assert ours.level == theirs["level"], vector["id"]


@needs_shared
def test_the_official_self_assessment_vectors(model_1_0):
    """
    Not applicable and unanswered are both left out there, as here.
    """
    vectors = json.loads((CONFORMANCE / "workbook" / "self_vectors.json").read_text("utf-8"))
    for vector in vectors["vectors"]:
        answers = {
            model_1_0.native[key]: not_applicable() if code == 6 else rated(code)
            for key, code in vector["inputs"]["answers"].items()
            if code and code <= 6
        }
        scores = score(Assessment(model=model_1_0.edition, answers=answers))
        expected = vector["expected"]["workbook"]
        for key, figure in expected["modules"].items():
            assert scores.modules[key].score == pytest.approx(figure["value"], abs=1e-9)
        value = expected["overall"]["value"]
        if isinstance(value, float):
            assert scores.overall.score == pytest.approx(value, abs=1e-9)
            assert scores.overall.level == expected["overall"]["level"]
        else:
            assert scores.overall.score is None


def test_extension_scores_of_a_whole_history_are_exact():
    """
    No machine integer sneaks into a fraction, where it would overflow in silence.
    """
    for assessment in sample_history(18):
        for extension in score(assessment).extensions.values():
            assert 1 <= extension.score <= 5
            assert type(extension.score.numerator) is int


def test_many_assessments_are_scored_as_each_of_them_alone():
    """
    Of several editions, both modes and with extensions, in the order in which they were given.
    """
    mixed = [*sample_history(3), *sample_history(7), sample_history(3)[0]]
    for unanswered in ("excluded", "zero"):
        together = score_all(mixed, unanswered=unanswered)
        assert together == [score(one, unanswered=unanswered) for one in mixed]
    assert score_all([]) == []
