"""What of an assessment is compared with its peers."""

from pkimm_analytics.assessment import Mode, not_applicable, rated
from pkimm_analytics.benchmark.like_for_like import measured
from pkimm_analytics.model import category_of, load_model
from pkimm_analytics.scoring import score
from tests.planted import planted_assessment


def test_a_requirement_of_a_category_that_does_not_apply_is_not_compared():
    """
    The category takes its requirements out, although the level of one is still there.
    """
    model = load_model("2.0.0")
    key = next(iter(model.requirements))
    answers = {key: rated(4), category_of(key): not_applicable()}
    one = planted_assessment().replace(mode=Mode.FULL, answers=answers, extensions=())
    assert key not in measured(score(one))
    assert measured(score(one.replace(answers={key: rated(4)})))[key] == 4
