"""
What is asked: every element once, in the order of the model, under a label of its own.
"""

import pytest

from pkimm_analytics.model import extensions, load_model, models
from pkimm_analytics.questionnaire import labels, pages, questions

every_edition = pytest.mark.parametrize("model", models(), ids=lambda m: str(m.edition))


@every_edition
def test_everything_is_asked_once_in_the_order_of_the_model(model):
    """
    Categories by module with five levels each; requirements by category under its levels.
    """
    asked = questions(pages(model, "self"))
    assert list(asked) == list(model.categories)
    assert {len(question.levels) for question in asked.values()} == {5}
    laid_out = pages(model, "full")
    assert list(questions(laid_out)) == list(model.requirements)
    assert [page.id for page in laid_out] == list(model.categories)
    assert {len(page.levels) for page in laid_out} == {5}


@pytest.mark.parametrize("extension", extensions(), ids=lambda e: f"{e.id} {e.version}")
def test_an_extension_adds_a_page_with_its_relevance_questions(extension):
    """
    Their targets name the extension, so that they are never taken for the baseline.
    """
    model = load_model(extension.compatibility[0])
    page = pages(model, "self", [extension])[-1]
    expected = {f"{extension.id}:{key}" for key in extension.relevance}
    assert {question.target for question in page.questions} == expected
    assert {question.kind for question in page.questions} == {"relevance"}


@every_edition
def test_labels_are_unique_within_an_edition(model):
    """
    Somebody who says "go to G2.3" means one question.
    """
    short = labels(model)
    assert len(set(short.values())) == len(short)


def test_labels_are_native_numbers_where_there_are_any_and_positions_otherwise():
    """
    1.1.0 numbers its categories through; 2.0.0 has words for ids.
    """
    assert labels(load_model("1.1.0"))["M.key-management.key-inventory"].startswith("M.6.")
    newer = labels(load_model("2.0.0"))
    assert newer["G.strategy-and-vision.sponsor-support"] == "G1.1"
