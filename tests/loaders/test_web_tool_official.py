"""
The vectors that were made by running the web tool's own functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders import web_tool
from pkimm_analytics.loaders.loaded import Loaded
from pkimm_analytics.model import add_definition, load_model, model_of
from pkimm_analytics.scoring import score, tool_figures
from pkimm_analytics.yaml_text import read_yaml
from tests.official import CONFORMANCE, needs_shared

pytestmark = needs_shared

WEB_TOOL = CONFORMANCE / "webtool"
FIRST = sorted((WEB_TOOL / "v1" / "cases").glob("*"))
SECOND = sorted((WEB_TOOL / "v2" / "cases").glob("*"))
HAS_LINK = [case for case in FIRST if (case / "share-url.txt").exists()]


@pytest.fixture(scope="module", autouse=True)
def demo_extension(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install the extension that the vectors made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PKIMM_HOME", str(tmp_path_factory.mktemp("home")))
        file = WEB_TOOL / "v2" / "data" / "demo-extension-0.1.0.yaml"
        add_definition(file.read_bytes(), file.name)
        yield


def case_of(folder: Path) -> dict[str, Any]:
    """Return the vector of a folder."""
    content: dict[str, Any] = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    return content


def every_form(folder: Path) -> list[Loaded]:
    """Return a case read from its YAML, its link and its stored state."""
    file = next(folder.glob("*.yaml"))
    found = [web_tool.read_yaml_export(file.read_bytes(), file.name)]
    if (folder / "share-url.txt").exists():
        found.append(web_tool.read_link((folder / "share-url.txt").read_text(), "link"))
    return [*found, web_tool.read_storage(case_of(folder)["input"], "storage")]


def levels(figures: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return overall level and levels of the modules."""
    return figures["overall"]["level"], {k: m["level"] for k, m in figures["modules"].items()}


@pytest.mark.parametrize("folder", FIRST, ids=lambda f: f.name)
def test_every_form_of_a_1_0_case_has_the_levels_that_the_tool_showed(folder):
    """
    YAML, link and browser storage give the tool's own levels on its data file.

    A case whose keys are of another data file than the page is read with its own.
    """
    case = case_of(folder)
    shown = case["expected"]
    expected = shown["overall"]["level"], {m["id"]: m["level"] for m in shown["modules"]}
    for loaded in every_form(folder):
        source = loaded.assessment.source
        if case.get("progressKeyedBy", case["data"]) == case["data"]:
            assert levels(dict(source.tool)) == expected
        file = case.get("progressKeyedBy", case["data"]).removesuffix(".yaml")
        assert file in source.detail or not case["input"]["progress"]


@pytest.mark.parametrize("folder", FIRST, ids=lambda f: f.name)
def test_a_1_0_case_gives_a_reason_exactly_where_our_level_is_another(folder):
    """
    Level zero and levels off the scale are the only reasons among these cases.
    """
    loaded = every_form(folder)[0]
    scores = score(loaded.assessment)
    tool = tool_figures(scores)
    ours = scores.overall.level, {key: f.level for key, f in scores.modules.items()}
    overall, modules = levels(tool)
    same = (overall or None, {k: v or None for k, v in modules.items()}) == ours
    assert same == (not tool["differs_because"])
    codes = {reason["code"] for reason in loaded.assessment.source.tool["reasons"]}
    odd = {"35-level-zero": "level-zero-counts", "49-odd-level": "odd-level"}
    assert same or odd[folder.name] in codes


@pytest.mark.parametrize("folder", FIRST, ids=lambda f: f.name)
def test_the_texts_of_a_1_0_case_arrive_as_they_were_typed(folder):
    """
    Accents, emoji, and texts such as 'null' or '2024' survive every form.
    """
    given = case_of(folder)["input"]
    for loaded in every_form(folder):
        use_case = loaded.assessment.use_case
        assert use_case.name == given["assessmentName"]
        assert use_case.description == given["useCaseDescription"]
        assert loaded.assessment.assessor.name == given["assessorName"]


@pytest.mark.parametrize("folder", [*FIRST, *SECOND], ids=lambda f: f.name)
def test_the_forms_of_a_case_agree_and_our_document_holds_them(folder):
    """
    YAML, link and storage score the same, and survive a round trip through our JSON.
    """
    every = [loaded.assessment for loaded in every_form(folder)]
    for assessment in every:
        assert Assessment.loads(assessment.dumps()) == assessment
    scores = [score(assessment) for assessment in every]
    values = [[(f.value, f.state) for f in s.categories.values()] for s in scores]
    assert all(v == values[0] for v in values)
    assert all(s.overall.value == scores[0].overall.value for s in scores)


@pytest.mark.parametrize("folder", FIRST, ids=lambda f: f.name)
def test_a_1_0_case_never_keeps_the_official_description(folder):
    """
    Descriptions are the consortium's text and identify a category; they are not stored.
    """
    for loaded in every_form(folder):
        stored = json.loads(loaded.assessment.dumps())
        for entry in case_of(folder)["input"]["progress"].values():
            text = str(entry.get("description") or "").strip()
            assert not text or text not in json.dumps(stored["answers"])


def test_older_files_that_the_tool_misfiles_land_in_the_right_categories():
    """
    Every category gets the level of the key that means it in the file's own data file.
    """
    found = json.loads((WEB_TOOL / "v2" / "reads-of-v1-files.json").read_text(encoding="utf-8"))
    for misread in found["cases"]:
        folder = WEB_TOOL / "v1" / "cases" / misread["v1Case"]
        names = read_yaml((WEB_TOOL / "v1" / "data" / misread["v1Data"]).read_text(), "data")
        meant = {
            f"{module['id']}.{category.get('number', category.get('id'))}": category["name"]
            for module in names["modules"]
            for category in module["categories"]
        }
        given = case_of(folder)["input"]["progress"]
        for loaded in every_form(folder):
            model = load_model(loaded.assessment.model.version)
            right = {model.name(key): a.level for key, a in loaded.assessment.answers.items()}
            assert right == {meant[key]: entry["level"] for key, entry in given.items()}


@pytest.mark.parametrize("folder", SECOND, ids=lambda f: f.name)
def test_a_2_0_case_scores_as_the_tool_does(folder):
    """
    Categories, modules and the whole agree to 1e-9 with the tool's unrounded figures.

    The figures kept for the tool are its own to the last bit.
    """
    expected = case_of(folder)["expected"]
    for loaded in every_form(folder):
        scores = score(loaded.assessment)
        for category in expected["categories"]:
            figure = scores.categories[category["key"]]
            assert (figure.score or 0) == pytest.approx(max(category["raw"], 0), abs=1e-9)
            assert (figure.state == "not_applicable") == (category["raw"] == -1)
        tool = loaded.assessment.source.tool
        for shown in expected["modules"]:
            assert (scores.modules[shown["id"]].score or 0) == pytest.approx(shown["raw"], abs=1e-9)
            assert tool["modules"][shown["id"]] == {"level": shown["level"], "value": shown["raw"]}
        whole = expected["overall"]
        assert (scores.overall.score or 0) == pytest.approx(whole["raw"], abs=1e-9)
        assert tool["overall"] == {"level": whole["level"], "value": whole["raw"]}
        assert tool_figures(scores)["differs_because"] == []


@pytest.mark.parametrize("folder", SECOND, ids=lambda f: f.name)
def test_the_extension_figures_kept_with_a_case_are_those_of_the_tool(folder):
    """
    Blended levels and the three figures are the tool's; where ours differ, a reason says why.
    """
    for loaded in every_form(folder):
        scores = score(loaded.assessment)
        own = loaded.assessment.source.extra.get("tool_extensions", {})
        expected = case_of(folder)["expected"].get("extensions", [])
        assert set(own) == {extension["id"] for extension in expected}
        for extension in expected:
            tool, ours = own[extension["id"]], scores.extensions[extension["id"]]
            for category in extension["categories"]:
                blended = tool["categories"][category["key"]]
                assert blended == pytest.approx(category["blended"], abs=1e-12)
            shown = [tool[figure]["level"] for figure in ("overall", "floor", "weighted")]
            fields = ("extensionLevel", "floorScore", "extensionWeightedLevel")
            assert shown == [extension[field] for field in fields]
            pairs = [
                (tool["overall"]["value"], ours.score),
                (tool["floor"]["value"], ours.floor),
                (tool["weighted"]["value"], ours.weighted_baseline),
            ]
            same = all(abs(value - float(figure or 0)) <= 1e-9 for value, figure in pairs)
            assert same == (not tool["reasons"])


@pytest.mark.parametrize("folder", SECOND, ids=lambda f: f.name)
def test_an_export_is_written_back_as_it_came(folder):
    """
    YAML to assessment to YAML is the same content in the same order of fields.
    """
    original = (folder / "assessment.yaml").read_bytes()
    assessment = web_tool.read_yaml_export(original, "assessment.yaml").assessment
    stored = Assessment.loads(assessment.dumps())
    written = web_tool.write_yaml_export(stored, model_of(stored.model))
    before, after = read_yaml(original.decode(), "before"), read_yaml(written, "after")
    assert after == before
    assert list(after) == list(before)


@pytest.mark.parametrize("folder", SECOND, ids=lambda f: f.name)
def test_a_link_is_written_as_the_tool_writes_it(folder):
    """
    The parameters are the same to the last character, but for the way `full` is compressed.
    """
    original = (folder / "share-url.txt").read_text().strip()
    file = (folder / "assessment.yaml").read_bytes()
    assessment = web_tool.read_yaml_export(file, "assessment.yaml").assessment
    written = web_tool.write_link(assessment, model_of(assessment.model))
    if folder.name != "27-unknown-keys":  # entries of no element stay behind
        assert written.split("&full=")[0] == original.split("&full=")[0]
    assert ("&full=" in written) == (assessment.mode is Mode.FULL)
    again = web_tool.read_link(written, "link").assessment
    values = [f.value for f in score(assessment).categories.values()]
    assert [f.value for f in score(again).categories.values()] == values


def test_links_that_break_the_tools_page_end_in_one_message_or_are_read():
    """
    Cut links, links without ratings and links of the newer tool, as they were tried on the page.
    """
    for tried in json.loads((WEB_TOOL / "v1" / "loading.json").read_text(encoding="utf-8")):
        if tried["id"] == "newer-tool-link":
            loaded = web_tool.read_link(tried["url"], "link")
            assert loaded.assessment.source.kind == "web-tool-link-2"
            continue
        with pytest.raises(SourceFormatError, match="Nothing was imported") as refused:
            web_tool.read_link(tried["url"], "link")
        assert len(refused.value.problems) == 1


def test_a_link_whose_plus_became_a_blank_is_read_like_the_whole_one():
    """
    Some programs decode %2B to + on the way, and forms read that as a blank.
    """
    for folder in HAS_LINK:
        original = (folder / "share-url.txt").read_text().strip()
        damaged = original.replace("%2B", " ").replace("%2F", "/").replace("%3D", "")
        one, other = (web_tool.read_link(link, "link").assessment for link in (original, damaged))
        assert other.answers == one.answers
        assert other.use_case == one.use_case


@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
def test_the_official_words_are_written_where_they_are_installed(version, tmp_path, monkeypatch):
    """
    A file then has the description of each level, as the tool writes it.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    file = CONFORMANCE.parent / "pkimm" / "models" / f"pkimm-model-{version}.yaml"
    before = Assessment(model=load_model(version).edition, answers={"G.compliance": rated(2)})
    key = load_model(version).native_id("G.compliance")
    texts = []
    for _ in range(2):
        text = web_tool.write_yaml_export(before, load_model(version))
        texts.append(read_yaml(text, "yaml")["progress"][key]["description"])
        add_definition(file.read_bytes(), file.name)
    assert texts[0] == ""
    assert len(texts[1]) > 20


def test_an_edition_with_one_more_requirement_is_recognized_once_it_is_installed(
    tmp_path, monkeypatch
):
    """
    Before, its extra answer is refused and says what to install; after, it is scored.
    """
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    text = (WEB_TOOL / "v2" / "data" / "pkimm-model-2.0.0.yaml").read_text(encoding="utf-8")
    first = text.index("    - id: sponsor-support")
    second = text.index("    - id: responsible-leadership")
    more = text[first:second].replace("id: sponsor-support", "id: made-up-sponsor")
    model_file = (text[:first] + more + text[first:]).encode()
    folder = WEB_TOOL / "v2" / "cases" / "13-full-mixed"
    record = case_of(folder)["input"]
    key = "G.strategy-and-vision.made-up-sponsor"
    names = record["sourceStructure"]["byKey"]
    names[key] = names["G.strategy-and-vision.sponsor-support"]
    record["requirementProgress"][key] = {"level": 1, "applicability": True}

    before = web_tool.read_storage(record, "storage")
    assert [p.where for p in before.problems] == [f"requirementProgress.{key}"]
    assert "pkimm models add" in before.problems[0].message
    assert before.assessment.source.tool is None

    add_definition(model_file, "made-up.yaml")
    after = web_tool.read_storage(record, "storage")
    assert after.problems == ()
    assert after.assessment.model.requirements == 77
    assert after.assessment.model.digest != before.assessment.model.digest
    assert after.assessment.answers[key].level == 1
    del record["requirementProgress"][key]
    unanswered = web_tool.read_storage(record, "storage")
    assert unanswered.assessment.model == after.assessment.model
    assert tool_figures(score(after.assessment))["differs_because"] == []
