"""
Random assessments through the web tool's forms and back, and random bytes into them.

The profile `thorough` tries a thousand assessments for each form; the default is quick.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from pkimm_analytics.assessment import Answer, Assessment, Mode, State
from pkimm_analytics.errors import AssessmentError, PkimmError
from pkimm_analytics.loaders import web_tool
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.loaders.web_tool.plans import TEXTS
from pkimm_analytics.model import Model, load_model, module_of
from pkimm_analytics.scoring import score, tool_figures
from pkimm_analytics.yaml_text import write_yaml
from tests.examples import examples
from tests.loaders.invented_web_tool import BUNDLED, NEWER, SITE, link_1, link_2, rating, record
from tests.strategies import assessments, json_values, texts

PATIENT = {"suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
slowly = examples(50, **PATIENT)
LISTS = ("objectives", "outputs", "tasks")
MODEL = load_model("2.0.0")


# --- what a form can hold --------------------------------------------------------


def effective(assessment: Assessment, key: str) -> Answer:
    """Return the answer to a category, with a module that does not apply spelled out."""
    answer = assessment.answer(key)
    module = assessment.answer(module_of(key))
    if module.state is not State.NOT_APPLICABLE:
        return answer
    aside = answer.level or answer.set_aside_level
    return Answer(
        state=State.NOT_APPLICABLE,
        reason=answer.reason or module.reason,
        notes=answer.notes,
        evidence=answer.evidence,
        set_aside_level=aside,
    )


def said(answer: Answer, *, with_texts: bool) -> tuple[Any, ...]:
    """Return what a form holds of an answer."""
    aside = answer.set_aside_level if answer.state is State.NOT_APPLICABLE else None
    words = (answer.reason, answer.notes, answer.evidence) if with_texts else ()
    return (answer.state, answer.level, aside, *words)


def categories(assessment: Assessment, model: Model, *, with_texts: bool) -> dict[str, Any]:
    """Return what is said about each category."""
    return {
        key: said(effective(assessment, key), with_texts=with_texts) for key in model.categories
    }


def requirements(assessment: Assessment, model: Model, *, with_texts: bool) -> dict[str, Any]:
    """Return what is said about each requirement of a full assessment."""
    if assessment.mode is not Mode.FULL:
        return {}
    return {key: said(assessment.answer(key), with_texts=with_texts) for key in model.requirements}


def extensions(assessment: Assessment, *, with_texts: bool) -> dict[str, Any]:
    """Return version and answers of each extension; the first of an id counts."""
    return {
        e.id: (e.version, {k: said(a, with_texts=with_texts) for k, a in e.answers.items()})
        for e in reversed(assessment.extensions)
    }


def plans(assessment: Assessment, model: Model) -> dict[str, Any]:
    """Return the first plan of each category; single texts are joined lines."""
    return {
        plan.element: (
            plan.target_level,
            plan.target_date or None,
            *(getattr(plan, part) for part in LISTS),
            *("\n".join(getattr(plan, part)) for part in TEXTS),
        )
        for plan in reversed(assessment.action_plans)
        if plan.element in model.categories
    }


def three_texts(assessment: Assessment) -> tuple[str, str, str]:
    """Return the texts that every form holds."""
    use_case = assessment.use_case
    return use_case.name, use_case.description, assessment.assessor.name


def details(assessment: Assessment) -> tuple[Any, ...]:
    """Return what the export holds beside ratings and names."""
    use_case, period = assessment.use_case, assessment.period
    return (
        (use_case.components, use_case.out_of_scope),
        (
            assessment.environment.high_level_design,
            assessment.environment.points_of_interaction,
        ),
        (assessment.organization.name, assessment.assurance),
        (assessment.assessor.position, assessment.assessor.company),
        (period.start, period.target, period.finish),
    )


def refused(loaded: Loaded) -> list[str]:
    """Return the places of refused problems, but for the extension that nobody has."""
    return [p.where for p in loaded.problems if p.refused and "made-up" not in p.where]


# --- round trips -----------------------------------------------------------------


@slowly
@given(assessments(versions=("2.0.0",)))
def test_nothing_that_the_export_can_hold_is_lost(assessment):
    """
    Assessment to YAML to assessment: answers, texts, people, dates, extensions, plans, scores.
    """
    text = web_tool.write_yaml_export(Assessment.loads(assessment.dumps()), MODEL)
    loaded = web_tool.read_yaml_export(text.encode(), "export")
    again = Assessment.loads(loaded.assessment.dumps())
    assert refused(loaded) == []
    assert (again.id, again.mode, again.model) == (assessment.id, assessment.mode, MODEL.edition)
    for part in (categories, requirements):
        assert part(again, MODEL, with_texts=True) == part(assessment, MODEL, with_texts=True)
    assert extensions(again, with_texts=True) == extensions(assessment, with_texts=True)
    assert plans(again, MODEL) == plans(assessment, MODEL)
    assert three_texts(again) == three_texts(assessment)
    assert details(again) == details(assessment)
    assert assessment.updated in (again.updated, None) or assessment.updated[:2] != "20"
    assert score(again).categories == score(assessment).categories
    assert web_tool.write_yaml_export(again, MODEL) == web_tool.write_yaml_export(
        Assessment.loads(again.dumps()), MODEL
    )


@slowly
@given(assessments(versions=("2.0.0",)))
def test_nothing_that_a_link_can_hold_is_lost(assessment):
    """
    Assessment to link to assessment: levels, applicability, extensions, three texts, scores.
    """
    loaded = web_tool.read_link(web_tool.write_link(assessment, MODEL), "link")
    again = Assessment.loads(loaded.assessment.dumps())
    assert refused(loaded) == []
    assert again.mode is assessment.mode
    if assessment.mode is Mode.SELF:
        expected = categories(assessment, MODEL, with_texts=False)
        assert categories(again, MODEL, with_texts=False) == expected
    expected = requirements(assessment, MODEL, with_texts=False)
    assert requirements(again, MODEL, with_texts=False) == expected
    assert extensions(again, with_texts=False) == extensions(assessment, with_texts=False)
    assert three_texts(again) == three_texts(assessment)
    one, other = score(again), score(assessment)
    assert one.categories == other.categories
    assert (one.modules, one.overall) == (other.modules, other.overall)
    assert tool_figures(one)["differs_because"] == []


@slowly
@given(assessments(versions=("1.0.0", "1.1.0")), st.booleans())
def test_nothing_that_a_form_of_1_0_can_hold_is_lost(assessment, as_link):
    """
    Levels and applicability of categories and three texts; results of a full assessment.
    """
    model = load_model(assessment.model.version)
    if as_link:
        try:
            loaded = web_tool.read_link(web_tool.write_link(assessment, model), "link")
        except AssessmentError:
            assert max(map(ord, "".join(three_texts(assessment)))) > 0xFF
            return
    else:
        text = web_tool.write_yaml_export(assessment, model)
        loaded = web_tool.read_yaml_export(text.encode(), "yaml")
    again = Assessment.loads(loaded.assessment.dumps())
    assert refused(loaded) == []
    assert again.model == assessment.model
    if not as_link or not _is_also_utf_8(assessment):
        assert three_texts(again) == three_texts(assessment)
    one, other = score(again), score(assessment)
    for key, figure in other.categories.items():
        assert (one.categories[key].level, one.categories[key].state) == (
            figure.level,
            figure.state,
        )
    if assessment.mode is Mode.SELF:
        expected = categories(assessment, model, with_texts=False)
        assert categories(again, model, with_texts=False) == expected


def _is_also_utf_8(assessment: Assessment) -> bool:
    """Whether the one-byte form of a text could be read as UTF-8 too."""
    for text in three_texts(assessment):
        content = text.encode("latin-1")
        try:
            if content.decode("utf-8") != text:
                return True
        except UnicodeDecodeError:
            continue
    return False


# --- anything at all -------------------------------------------------------------


def check_result(loaded: Loaded) -> None:
    """Check that what was read is sound: our document holds it, and it scores."""
    assert Assessment.loads(loaded.assessment.dumps()) == loaded.assessment
    model = load_model(loaded.assessment.model.version, loaded.assessment.model.digest)
    scores = score(loaded.assessment, model)
    tool_figures(scores)
    written = web_tool.write_yaml_export(loaded.assessment, model)
    again = web_tool.read_yaml_export(written.encode(), "again").assessment
    assert score(again, model).overall.level == scores.overall.level


def keys() -> st.SearchStrategy[str]:
    """Return keys that the tool writes, and others."""
    known = [*BUNDLED, *SITE, *NEWER, *MODEL.categories, *list(MODEL.requirements)[:9]]
    foreign = ["pqc.G.1", "pqc.G.compliance", "X.1", "", "G", "M.5.1", "pqc.x.y"]
    return st.sampled_from(known) | st.sampled_from(foreign) | texts(8)


def odd(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mostly a value as it should be, sometimes anything."""
    return st.one_of(*[value] * 9, json_values())


def entries() -> st.SearchStrategy[Any]:
    """Return ratings with odd fields."""
    levels = st.integers(-1, 6) | st.sampled_from(["3", "three", 2.5, None, True, 1e300, ""])
    return odd(
        st.fixed_dictionaries(
            {"level": odd(levels), "applicability": odd(st.booleans())},
            optional={
                "notes": odd(texts()),
                "evidence": odd(texts()),
                "applicabilityReason": odd(texts()),
                "description": odd(texts()),
                "result": odd(texts()),
                "flagged": json_values(),
            },
        )
    )


def documents() -> st.SearchStrategy[Any]:
    """Return documents that resemble records of any generation."""
    maps = odd(st.dictionaries(keys(), entries(), max_size=8))
    parts = st.sampled_from([*LISTS, *TEXTS, "schedule", "targetLevel"])
    plan = st.dictionaries(parts, odd(texts()))
    plan_maps = odd(st.dictionaries(keys(), odd(plan)))
    versions = st.sampled_from(["2.0.0", "2.0.0", "1.1.0", "1.0.0"]) | json_values()
    return st.fixed_dictionaries(
        {"progress": maps},
        optional={
            "requirementProgress": maps,
            "dataVersion": versions,
            "stateSchemaVersion": st.sampled_from([1, 2]),
            "enabledExtensions": odd(
                st.lists(
                    odd(
                        st.sampled_from(
                            ["pqc", {"id": "pqc", "version": "0.2.0"}, {"id": "pqc"}, {"id": "zz"}]
                        )
                    ),
                    max_size=3,
                )
            ),
            "id": odd(texts()),
            "name": odd(texts()),
            "assessmentName": odd(texts()),
            "organizationName": odd(texts()),
            "assessorPosition": odd(st.sampled_from(["internal", ""])),
            "startDate": odd(st.sampled_from(["2026-01-01", ""])),
            "pkiEnvironment": odd(st.dictionaries(st.sampled_from(["components", "x"]), texts())),
            "meta": odd(st.dictionaries(st.sampled_from(["updatedAt", "importedFromId"]), texts())),
            "sourceStructure": odd(st.builds(lambda m: {"byKey": m}, maps)),
            "actionPlans": odd(st.builds(lambda m: {"categories": m}, plan_maps)),
            "assessmentData": json_values(),
            "workspace": json_values(),
        },
    )


@slowly
@given(documents())
def test_only_our_errors_leave_storage_and_yaml(document):
    """
    Whatever a document holds, it is read soundly or refused with our own error.
    """
    for attempt in (
        lambda: web_tool.read_storage(document, "storage"),
        lambda: web_tool.read_yaml_export(write_yaml(document).encode(), "yaml"),
    ):
        try:
            loaded = attempt()
        except PkimmError:
            continue
        check_result(loaded)


@slowly
@given(documents(), json_values())
def test_only_our_errors_leave_links(document, full):
    """
    The same documents as content of links of each generation.
    """
    content = json.dumps(document.get("progress"))
    try_link(link_2(document.get("progress"), full, version=document.get("dataVersion")))
    try:
        text = link_1(json.loads(content))
    except UnicodeEncodeError:
        assume(False)
    try_link(text)


WHOLE = [
    link_1({key: rating(3) for key in NEWER}, "Name", "Jane"),
    link_2({"G.compliance": rating(3)}, {"G.compliance.compliance-policies": rating(2)}),
]


@examples(20, **PATIENT)
@given(
    assessments(versions=("2.0.0",)),
    st.dictionaries(st.sampled_from(["web_tool", "web_tool_aside"]), json_values()),
    st.sampled_from(["label", "meta", "actionPlans", "progress", "level", "id", "sourceStructure"]),
    json_values(),
)
def test_what_an_import_kept_may_be_edited_to_anything(assessment, extra, field, value):
    """
    Someone changed the kept fields in our document by hand; writing still works.
    """
    kept = {"web_tool": {field: value}, "web_tool_aside": {field: value}}
    for fields in (extra, kept):
        answers = {key: a.replace(extra=fields) for key, a in assessment.answers.items()}
        plans_ = tuple(plan.replace(extra=fields) for plan in assessment.action_plans)
        edited = assessment.replace(extra=fields, answers=answers, action_plans=plans_)
        text = web_tool.write_yaml_export(edited, MODEL)
        again = web_tool.read_yaml_export(text.encode(), "yaml").assessment
        assert score(again).categories == score(assessment).categories
        web_tool.write_link(edited, MODEL)
        web_tool.dropped_by_link(edited)
        web_tool.dropped_by_yaml(edited)


@slowly
@given(st.sampled_from(WHOLE), st.data())
def test_only_our_errors_leave_changed_links(whole, data):
    """
    Characters replaced, removed and inserted anywhere.
    """
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 5))
    middle = data.draw(st.text(max_size=4))
    try_link(whole[:start] + middle + whole[start + length :])


@slowly
@given(st.text(max_size=200) | st.text(max_size=60).map(lambda t: "#progress=" + t))
def test_only_our_errors_leave_any_text(text):
    """
    As a link and as detection sees it.
    """
    web_tool.looks_like_link(text)
    web_tool.looks_like_yaml_export(text)
    try_link(text)


@slowly
@given(st.data())
def test_only_our_errors_leave_changed_yaml(data):
    """
    An export with bytes replaced, and plain noise.
    """
    whole = write_yaml(record({"G.compliance": rating(3, notes="n")})).encode()
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 8))
    middle = data.draw(st.binary(max_size=6) | st.text(max_size=6).map(str.encode))
    for content in (middle, whole[:start] + middle + whole[start + length :]):
        try:
            loaded = web_tool.read_yaml_export(content, "yaml")
        except PkimmError:
            continue
        check_result(loaded)


def try_link(text: str) -> None:
    """Read a link; if that works, the result is sound."""
    try:
        loaded = web_tool.read_link(text, "link")
    except PkimmError:
        return
    check_result(loaded)


@pytest.mark.parametrize("form", ["storage", "yaml"])
def test_messages_hold_no_private_text(form):
    """
    Names, notes and free keys with mistakes around them do not show up in any message.
    """
    private = "Zanzibar Trust Bank"
    document = record(
        {
            "G.compliance": rating(private, notes=private),
            "Bank": rating(3),
            private: rating(3),
            "M.key-management": private,
        },
        requirementProgress={private: private},
        enabledExtensions=[private, {"id": private}],
        assessmentName=[private],
        assessmentType=private,
        startDate=private,
        organizationName={"name": private},
        actionPlans={"categories": {private: private, "G.compliance": {"tasks": {private: 1}}}},
        sourceStructure={"byKey": {private: {}}},
    )
    if form == "storage":
        loaded = web_tool.read_storage(document, "file")
    else:
        loaded = web_tool.read_yaml_export(write_yaml(document).encode(), "file")
    assert len(loaded.problems) >= 10
    shown = " ".join(str(problem) for problem in loaded.problems)
    caveats = " ".join(caveat.message for caveat in loaded.assessment.caveats)
    assert not re.search("Zanzibar|Trust|Bank", shown + caveats)
