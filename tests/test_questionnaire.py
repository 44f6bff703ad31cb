from __future__ import annotations

import json

import pytest

from pkimm_analytics.model import extensions, load_extension, load_model, models
from pkimm_analytics.questionnaire import form, labels, pages, questions, relevance_target

EDITIONS = [model.version for model in models() if not model.official]


@pytest.mark.parametrize("version", EDITIONS)
def test_a_self_assessment_asks_every_category_once_in_the_order_of_the_model(version: str) -> None:
    """
    One page for each module, one question for each category, five levels to choose from.
    """
    model = load_model(version)
    asked = questions(pages(model, "self"))
    assert list(asked) == list(model.categories)
    assert all(len(question.levels) == 5 for question in asked.values())


@pytest.mark.parametrize("version", EDITIONS)
def test_a_full_assessment_asks_every_requirement_once_in_the_order_of_the_model(
    version: str,
) -> None:
    """
    One page for each category, with the five levels on the page.
    """
    model = load_model(version)
    laid_out = pages(model, "full")
    assert list(questions(laid_out)) == list(model.requirements)
    assert [page.id for page in laid_out] == list(model.categories)
    assert all(len(page.levels) == 5 for page in laid_out)


@pytest.mark.parametrize("extension", extensions(), ids=lambda e: f"{e.id} {e.version}")
def test_an_extension_adds_a_page_with_its_relevance_questions(extension) -> None:  # type: ignore[no-untyped-def]
    """
    Their targets name the extension, so that they are never taken for the baseline.
    """
    model = load_model(extension.compatibility[0])
    page = pages(model, "self", [extension])[-1]
    expected = {relevance_target(extension.id, key) for key in extension.relevance}
    assert {question.target for question in page.questions} == expected
    assert all(question.kind == "relevance" for question in page.questions)


def test_labels_are_native_numbers_where_there_are_any_and_positions_otherwise() -> None:
    """
    1.0.0 numbers its categories through; 2.0.0 has words for ids.
    """
    assert labels(load_model("1.1.0"))["M.key-management.key-inventory"].startswith("M.6.")
    newer = labels(load_model("2.0.0"))
    assert newer["G.strategy-and-vision"] == "G1"
    assert newer["G.strategy-and-vision.sponsor-support"] == "G1.1"


@pytest.mark.parametrize("version", EDITIONS)
def test_labels_are_unique_within_an_edition(version: str) -> None:
    """
    Somebody who says "go to G2.3" means one question.
    """
    short = labels(load_model(version))
    assert len(set(short.values())) == len(short)


def test_the_form_is_plain_data_with_every_question() -> None:
    """
    What the browser gets survives JSON, and empty texts are not sent.
    """
    model = load_model()
    laid_out = pages(model, "full", [load_extension("pqc", model=model.version)])
    document = form(model, laid_out)
    assert json.loads(json.dumps(document)) == document
    targets = [q["target"] for page in document["pages"] for q in page["questions"]]
    assert targets == list(questions(laid_out))
    assert "" not in document["pages"][0]["questions"][0].values()


def test_references_are_sent_with_their_title_and_address() -> None:
    """
    A reader can look the source up.
    """
    model = load_model()
    asked = [q for page in form(model, pages(model, "full"))["pages"] for q in page["questions"]]
    references = [ref for q in asked for ref in q.get("references", [])]
    assert references
    assert all(ref["title"] for ref in references)
