from __future__ import annotations

import io
import json
import warnings
from functools import cache
from typing import Any

import openpyxl
import pytest

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.loaders.workbook.words import slots
from pkimm_analytics.scoring import score
from tests.loaders.invented_workbook import (
    LEVELS,
    MODEL,
    full_workbook,
    levels,
    patched,
    read,
    reasons,
    saved,
    self_workbook,
    shown_overall,
)
from tests.official import CONFORMANCE, needs_shared

WORKBOOKS = CONFORMANCE / "workbook"
FULL_FILE = "PKI_Maturity_Assessment_Tool_v240318.xlsx"
SELF_FILE = "PKI_Maturity_Self_Assessment_Tool_v231220.xlsx"


@cache
def official(name: str) -> bytes:
    """Content of a file of the conformance folder."""
    return (WORKBOOKS / name).read_bytes()


def expected_of(name: str) -> dict[str, Any]:
    """What a filled workbook must give."""
    document: dict[str, Any] = json.loads((WORKBOOKS / f"{name}.expected.json").read_bytes())
    return document


FILLED = ["full_complete_excel", "full_complete_libreoffice", "full_scoped_excel"]
FILLED_SELF = ["self_complete_excel", "self_complete_libreoffice", "self_na_gaps_excel"]


def assert_scored(assessment: Assessment, expected: dict[str, Any], unanswered: Any) -> None:
    """Overall, modules and categories as the vector says, to 1e-9."""
    scores = score(assessment, unanswered=unanswered)
    pairs = [(scores.overall, expected["overall"])]
    pairs += [(scores.modules[key], figure) for key, figure in expected["modules"].items()]
    pairs += [
        (scores.categories[MODEL.native[id_]], figure)
        for id_, figure in expected["categories"].items()
        if "value" in figure
    ]
    for ours, figure in pairs:
        assert ours.score == pytest.approx(figure["value"], abs=1e-9)
        assert ours.level == figure["level"]


def assert_shown(assessment: Assessment, expected: dict[str, Any], *, has_values: bool) -> None:
    """The tool's own figures as the vector says; errors and N/A have none."""
    tool = assessment.source.tool
    assert tool is not None
    pairs = [(tool["overall"], expected["overall"])]
    pairs += [(tool["modules"][key], figure) for key, figure in expected["modules"].items()]
    for shown, figure in pairs:
        is_number = isinstance(figure["value"], int | float)
        assert shown["level"] == (figure["level"] if is_number else None)
        value = figure["value"] if is_number and has_values else None
        assert shown["value"] == pytest.approx(value, abs=1e-9)


def intended(vector: dict[str, Any]) -> dict[str, Any]:
    """Figures that the stated scope gives, with unanswered items as zero."""
    expected: dict[str, Any] = vector["expected"]
    same = expected["intended"] == "same as workbook"
    result: dict[str, Any] = expected["workbook"] if same else expected["intended"]
    return result


@needs_shared
@pytest.mark.parametrize("name", FILLED)
def test_a_filled_official_workbook_is_read_and_scored_as_documented(name: str):
    """
    Everything that the users filled in, and both figures.
    """
    loaded, document = read(official(f"{name}.xlsx")), expected_of(name)
    assert not loaded.problems
    assert_imported(loaded.assessment, document["import"])
    assert_scored(loaded.assessment, intended(document), "zero")
    assert_shown(loaded.assessment, document["expected"]["workbook"], has_values=True)


def assert_imported(assessment: Assessment, expected: dict[str, Any]) -> None:
    """Compare everything that the users filled in."""
    answers = {MODEL.native_id(key): answer for key, answer in assessment.answers.items()}
    stated = {k: v for k, v in expected["answers"].items() if v is not None}
    assert {k: v for k, v in levels(assessment).items() if v is not None} == stated
    for part in ("notes", "evidence"):
        given_ = {k: getattr(a, part) for k, a in answers.items() if getattr(a, part)}
        assert given_ == expected[part]
    scope = expected["scope"]
    out = {id_ for id_, a in answers.items() if a.state is State.NOT_APPLICABLE}
    assert out == {*scope.get("categories", {}), *scope.get("requirements", {})}
    for id_, reason in expected["reasons"].items():
        found = {a.reason for i, a in answers.items() if f"{i}.".startswith(f"{id_}.")} - {""}
        assert found == {reason}
    assert_overview(assessment, expected["overview"])
    assert [(MODEL.native_id(p.element), p.target_level) for p in assessment.action_plans] == [
        (p["category"], LEVELS.index(p["required_level"]) + 1) for p in expected["action_plans"]
    ]
    for ours, plan in zip(assessment.action_plans, expected["action_plans"], strict=True):
        for part in ("objectives", "responsibility", "schedule", "tasks", "comments"):
            assert getattr(ours, part) == ((plan[part],) if plan[part] else ())


def assert_overview(assessment: Assessment, expected: dict[str, Any]) -> None:
    """Compare the fields of the sheet Overview."""
    use_case, assessor, period = assessment.use_case, assessment.assessor, assessment.period
    ours = {
        "use_case_name": use_case.name,
        "use_case_company": assessment.organization.name,
        "starting_date": period.start,
        "target_date": period.target,
        "finish_date": period.finish,
        "assessor_position": (assessor.position or "").capitalize(),
        "assessor_company": assessor.company,
        "assessor_name": assessor.name,
        "use_case_description": use_case.description,
        "components": use_case.components,
        "out_of_scope": use_case.out_of_scope,
        "high_level_design": assessment.environment.high_level_design,
        "points_of_interaction": assessment.environment.points_of_interaction,
    }
    assert {key: value or None for key, value in ours.items()} == expected


@needs_shared
@pytest.mark.parametrize("name", FILLED_SELF)
def test_a_filled_official_self_workbook_is_read_and_scored_as_documented(name: str):
    """
    Levels, what does not apply, and the labels that the workbook shows.
    """
    loaded, document = read(official(f"{name}.xlsx")), expected_of(name)
    assert not loaded.problems
    assert loaded.assessment.caveats == ()
    assert loaded.assessment.use_case.name == document["import"]["use_case_name"]
    assert self_answers(loaded.assessment) == self_expected(document["import"]["answers"])
    assert_scored(loaded.assessment, document["expected"]["workbook"], "excluded")
    assert_shown(loaded.assessment, document["expected"]["workbook"], has_values=False)
    assert reasons(loaded.assessment) == []


def self_answers(assessment: Assessment) -> dict[str, Any]:
    """Levels, or states, by native id."""
    return {
        MODEL.native_id(key): a.level if a.state is State.RATED else str(a.state)
        for key, a in assessment.answers.items()
    }


def self_expected(answers: dict[str, int | None]) -> dict[str, Any]:
    """Levels, or states, of the codes in a file; unanswered ones are left out."""
    given_ = {id_: code for id_, code in answers.items() if code not in (None, 0, 7)}
    return {id_: "not_applicable" if code == 6 else code for id_, code in given_.items()}


@needs_shared
def test_the_reason_for_the_difference_of_the_scoped_file_is_given():
    """
    It counts O.10.1 against its scope, and the unanswered ones as zero.
    """
    assessment = read(official("full_scoped_excel.xlsx")).assessment
    assert reasons(assessment) == ["scope-wiring", "unanswered-zero"]


@needs_shared
@pytest.mark.parametrize("name", [FULL_FILE, SELF_FILE])
def test_the_published_files_are_recognized_as_examples(name: str):
    """
    They are not blank, and their own figures are reproduced.
    """
    loaded = read(official(name))
    assert [caveat.code for caveat in loaded.assessment.caveats] == ["demo-data"]
    assert not loaded.problems
    assert shown_overall(loaded.assessment)["level"] == score(loaded.assessment).overall.level == 2
    assert reasons(loaded.assessment) == []


@needs_shared
def test_the_examples_are_recognized_under_another_name():
    """
    Seventy-two answers are no coincidence.
    """
    content = official(FULL_FILE)
    renamed = read(patched(content, "xl/sharedStrings.xml", ">Cool PKI<", ">Another<")).assessment
    assert renamed.use_case.name == "Another"
    assert [caveat.code for caveat in renamed.caveats] == ["demo-data"]


@needs_shared
def test_the_slots_are_those_of_the_published_file():
    """
    Numbers, requirements and the scope cells that are really read.
    """
    layout = json.loads((WORKBOOKS / "layout_full.json").read_bytes())
    rows = sorted([*layout["requirements"], *layout["unused_slots"]], key=lambda row: row["row"])
    assert [(s.code, s.requirement, s.reads) for s in slots().values()] == [
        (row["code"], row["id"] or "", row["scope_code_actually_read"] or "") for row in rows
    ]


def vectors(name: str) -> list[dict[str, Any]]:
    """Vectors of a file; none where it is not at hand."""
    path = WORKBOOKS / name
    found: list[dict[str, Any]] = json.loads(path.read_bytes())["vectors"] if path.is_file() else []
    return found


def vector_workbook(inputs: dict[str, Any]) -> bytes:
    """Full workbook with the answers and the scope of a vector."""
    scope = inputs["scope"]
    return full_workbook(
        {k: LEVELS[v - 1] if v else None for k, v in inputs["answers"].items()},
        categories=scope.get("categories"),
        scope={**scope.get("requirements", {}), **scope.get("unused_slots", {})},
    )


@needs_shared
@pytest.mark.parametrize("vector", vectors("full_vectors.json"), ids=lambda v: v["id"])
def test_a_scoring_vector_gives_both_the_intended_figures_and_those_of_the_workbook(
    vector: dict[str, Any],
):
    """
    Through a workbook without stored results, so the defects are worked out.
    """
    assessment = read(vector_workbook(vector["inputs"])).assessment
    assert_scored(assessment, intended(vector), "zero")
    assert_shown(assessment, vector["expected"]["workbook"], has_values=True)


@needs_shared
@pytest.mark.parametrize("vector", vectors("self_vectors.json"), ids=lambda v: v["id"])
def test_a_self_scoring_vector_gives_the_figures_of_the_workbook(vector: dict[str, Any]):
    """
    Unanswered and not applicable categories are both left out.
    """
    assessment = read(self_workbook(vector["inputs"]["answers"])).assessment
    expected = vector["expected"]["workbook"]
    assert self_answers(assessment) == self_expected(vector["inputs"]["answers"])
    assert_shown(assessment, expected, has_values=False)
    if isinstance(expected["overall"]["value"], float | int):
        assert score(assessment).overall.score == pytest.approx(expected["overall"]["value"])


@pytest.fixture(scope="module")
def scoped_book() -> openpyxl.Workbook:
    """The scoped official file as openpyxl has it, which drops stored results on saving."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(official("full_scoped_excel.xlsx")))
        for sheet in book:
            sheet._images = []  # openpyxl can save pictures once only
        return book


@needs_shared
def test_an_official_file_saved_by_another_library_is_read_the_same(
    scoped_book: openpyxl.Workbook,
):
    """
    First as it is, without any stored result; then with rows inserted and sheets moved.
    """
    plain = read(official("full_scoped_excel.xlsx")).assessment
    document = expected_of("full_scoped_excel")
    book = scoped_book
    for step in ("saved", "shifted"):
        if step == "shifted":
            for name, row in (
                ("Assessment", 14),
                ("Assessment", 1),
                ("Scoping", 1),
                ("Overview", 2),
            ):
                book[name].insert_rows(row, 2)
            book["Assessment"].insert_cols(1)
            book.move_sheet("Overview", 5)
            book.move_sheet("tech", -12)
        loaded = read(saved(book))
        assert not loaded.problems
        assert loaded.assessment.answers == plain.answers
        assert_imported(loaded.assessment, document["import"])
        assert_scored(loaded.assessment, intended(document), "zero")
        assert_shown(loaded.assessment, document["expected"]["workbook"], has_values=True)
        assert reasons(loaded.assessment) == ["scope-wiring", "unanswered-zero"]


@needs_shared
def test_an_official_file_with_other_spellings_of_scope_is_read_as_it_computes():
    """
    Capitals do not matter; a blank at the end brings the category back.
    """
    content = official("full_scoped_excel.xlsx")
    lower = patched(content, "xl/sharedStrings.xml", ">OUT OF</t>", ">out of</t>")
    assert read(lower).assessment.answers == read(content).assessment.answers
    loaded = read(patched(content, "xl/sharedStrings.xml", ">OUT OF</t>", ">OUT OF </t>"))
    assert all(a.state is not State.NOT_APPLICABLE for a in loaded.assessment.answers.values())
    assert len(loaded.problems) == 7
    assert "stale-cache" in reasons(loaded.assessment)
