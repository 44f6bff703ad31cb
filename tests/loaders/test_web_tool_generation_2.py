"""
Records, exports and links of the web tool's 2.0.0 generation.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from pkimm_analytics.assessment import (
    ActionPlan,
    Answer,
    Assessment,
    Assurance,
    ExtensionAnswers,
    Mode,
    State,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import AssessmentError, SourceFormatError, UnknownEditionError
from pkimm_analytics.loaders import web_tool
from pkimm_analytics.loaders.web_tool import elements, numbering
from pkimm_analytics.loaders.web_tool import link as web_tool_link
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score, scores_to_json, tool_figures
from pkimm_analytics.yaml_text import read_yaml, write_yaml
from tests.loaders.invented_web_tool import (
    NEWER,
    SITE,
    deflate,
    link,
    link_2,
    rating,
    ratings,
    record,
)

SPONSOR = "G.strategy-and-vision.sponsor-support"
LEADERSHIP = "G.strategy-and-vision.responsible-leadership"
STRATEGY = "G.strategy-and-vision"
KEYS = "M.key-management"
MODEL = load_model("2.0.0")


def read(progress, **fields):
    """Read an invented record as JSON."""
    return web_tool.read_storage(record(progress, **fields), "storage")


def written(assessment):
    """Return the record that the export of an assessment holds."""
    return read_yaml(web_tool.write_yaml_export(assessment, MODEL), "export")


def messages(loaded):
    """Return what was refused, by place."""
    return {p.where: p.message for p in loaded.problems if p.refused}


def remarks(loaded):
    """Return places of all problems, but for the remark that several editions are called 2.0.0."""
    return [p.where for p in loaded.problems if p.where != "dataVersion"]


# --- reading ---------------------------------------------------------------------


def test_every_field_that_has_one_of_ours_goes_there():
    """
    Names, organization, assessor, dates, environment, kind of assessment, times.
    """
    loaded = read(
        {STRATEGY: rating(3)},
        assessmentName="Device PKI",
        useCaseDescription="Certificates for routers",
        assessorName="Jo",
        assessorPosition="external",
        assessorCompany="Audit Ltd",
        organizationName="Example",
        assessmentType="third-party",
        startDate="2026-04-01",
        targetDate="2026-06-30",
        finishDate="2026-05-02",
        pkiEnvironment={
            "components": "two CAs",
            "outOfScopeConsiderations": "e-mail",
            "highLevelDesign": "offline root",
            "pointsOfInteraction": "directory",
        },
    )
    document = loaded.assessment.to_json()
    assert document.pop("source")["kind"] == "web-tool-storage-2"
    assert document.pop("web_tool")["assessmentType"] == "third-party"  # kept as it came
    assert document == {
        "format": "pkimm-assessment/1",
        "id": "3f2b1c44-0000-4000-8000-000000000001",
        "model": MODEL.edition.to_json(),
        "mode": "self",
        "use_case": {
            "name": "Device PKI",
            "description": "Certificates for routers",
            "components": "two CAs",
            "out_of_scope": "e-mail",
        },
        "organization": {"name": "Example"},
        "assessor": {"name": "Jo", "position": "external", "company": "Audit Ltd"},
        "assurance": "third-party",
        "period": {"start": "2026-04-01", "target": "2026-06-30", "finish": "2026-05-02"},
        "environment": {
            "high_level_design": "offline root",
            "points_of_interaction": "directory",
        },
        "answers": {STRATEGY: {"state": "rated", "level": 3}},
        "updated": "2026-05-02T08:00:00.000Z",
    }
    assert remarks(loaded) == []


def test_what_is_not_rated_keeps_its_words_and_level():
    """
    Level 0 is unanswered; the level of what does not apply is set aside and not scored.
    """
    outsourced = {"level": 4, "applicability": False, "applicabilityReason": "outsourced"}
    asked = rating(0, notes="ask Jo", evidence="none yet")
    one = read({STRATEGY: asked, KEYS: outsourced, "G.compliance": rating(0)}).assessment
    assert one.answers == {
        STRATEGY: Answer(notes="ask Jo", evidence="none yet"),
        KEYS: not_applicable("outsourced", set_aside_level=4),
    }
    assert score(one).overall.score is None


def test_rated_requirements_decide_and_the_level_given_by_hand_stays():
    """
    Weights 3 and 2, levels 5 and 2: 19/5; the 1 given by hand is kept and not used.
    """
    requirements = {SPONSOR: rating(5), LEADERSHIP: rating(2)}
    loaded = read({STRATEGY: rating(1), KEYS: rating(4)}, requirementProgress=requirements)
    scores = score(loaded.assessment)
    assert loaded.assessment.mode is Mode.FULL
    assert loaded.assessment.answers[STRATEGY].level == 1
    assert scores.categories[STRATEGY].score == pytest.approx(3.8)
    assert scores.categories[KEYS].by_hand
    assert tool_figures(scores)["differs_because"] == []
    assert tool_figures(scores)["modules"]["G"]["value"] == pytest.approx(3.8)


def test_a_mean_that_binary_fractions_miss_has_a_reason(monkeypatch):
    """
    The tool adds fractions and may fall short of a level by a hair; we never do.
    """
    from pkimm_analytics.loaders.web_tool import figures

    exact = figures._shown
    monkeypatch.setattr(figures, "_shown", lambda v: exact(v - 1e-15 if type(v) is float else v))
    loaded = read({STRATEGY: rating(3)})
    tool = tool_figures(score(loaded.assessment))
    assert tool["overall"]["level"] == 2
    assert "binary fractions" in tool["differs_because"][0]


@pytest.mark.parametrize("level", [9, -1, 2.5, "three", True, [1]])
def test_a_level_off_the_scale_is_refused_and_what_the_tool_makes_of_it_is_kept(level):
    """
    The rest is read. The tool calculates with 9, and never shows more than 5.
    """
    loaded = read({STRATEGY: rating(level), KEYS: rating(3)})
    assert [*messages(loaded)] == [f"progress.{STRATEGY}"]
    assert loaded.assessment.answers == {KEYS: rated(3)}
    tool = tool_figures(score(loaded.assessment))
    shown, is_other = tool["modules"]["G"], level in (9, 2.5) or level is True
    assert level != 9 or shown == {"level": 5, "value": 9}
    assert ["no whole numbers" in said for said in tool["differs_because"]] == [True] * is_other


def test_a_number_that_nothing_could_hold_refuses_the_whole():
    """
    Our document could not be written.
    """
    with pytest.raises(SourceFormatError, match="could not be read"):
        read({STRATEGY: rating(10**40), KEYS: rating(3)})


def test_only_false_switches_off_in_this_generation():
    """
    Other values are read as applicable, with a remark, because the tool does so.
    """
    for odd in (None, 0, "false"):
        loaded = read({STRATEGY: {"level": 3, "applicability": odd}})
        assert loaded.assessment.answers[STRATEGY].level == 3
        assert remarks(loaded) == [f"progress.{STRATEGY}"]
    assert remarks(read({STRATEGY: {"level": 3}})) == []


def test_unknown_keys_are_refused_kept_aside_and_written_back():
    """
    They are not scored, and nothing of the file is lost.
    """
    loaded = read(
        {STRATEGY: rating(3), "X.none": rating(5)},
        requirementProgress={"G.compliance.none": rating(5, notes="n", evidence="")},
    )
    assert set(messages(loaded)) == {
        "progress.X.none",
        "requirementProgress.G.compliance.none",
    }
    again = written(loaded.assessment)
    assert again["progress"]["X.none"] == rating(5)
    assert again["requirementProgress"]["G.compliance.none"]["notes"] == "n"


def test_fields_that_we_do_not_know_come_back():
    """
    Flags, contacts, workspace, future fields and odd values stay with their part.
    """
    fields = {
        "requirementProgress": {
            SPONSOR: rating(3, notes="", evidence="", flagged=True, pocId="p1", artifactIds=["a"])
        },
        "workspace": {"pocs": [{"id": "p1", "name": "Jo"}], "workingNotes": "later"},
        "pkiEnvironment": {"components": "CA", "colour": "blue"},
        "assessmentType": "informal",
        "startDate": "in May",
        "organizationName": "",
        "assessorPosition": 7,
        "lastView": "full",
        "someday": {"a": [1, 2.5, None, True]},
    }
    original = record({STRATEGY: rating(3, interviewDate="2026-04-04")}, **fields)
    loaded = web_tool.read_storage(original, "storage")
    assert loaded.assessment.assurance is None
    assert {p.where for p in loaded.problems} == {
        "dataVersion",  # two editions fit
        "assessmentType",
        "startDate",
        "assessorPosition",
    }
    again = written(loaded.assessment)
    for field, value in fields.items():
        assert again[field] == value
    assert again["progress"][STRATEGY]["interviewDate"] == "2026-04-04"
    assert again["meta"] == original["meta"]
    assert again["exportedAt"] == original["exportedAt"]


def test_a_label_is_written_back_only_as_long_as_the_level_stands():
    """
    After the level was changed, the old description would be wrong.
    """
    entry = rating(3, result="3 - Advanced", description="Invented text of level three.")
    assessment = read({STRATEGY: entry}).assessment
    assert written(assessment)["progress"][STRATEGY] == entry
    answers = {STRATEGY: assessment.answers[STRATEGY].replace(level=4)}
    changed = written(assessment.replace(answers=answers))["progress"][STRATEGY]
    assert changed == rating(4, result="4 - Managed", description="")


def test_only_what_was_changed_is_written_anew():
    """
    When it was made, an id of another form, and what was not touched stay.
    """
    requirements = {SPONSOR: rating(2, flagged=True), LEADERSHIP: rating(4, notes="why")}
    original = record({STRATEGY: rating(3)}, id="an id", requirementProgress=requirements)
    one = web_tool.read_storage(original, "storage").assessment
    assert written(one)["id"] == "an id"
    answers = {**one.answers, SPONSOR: rated(5), LEADERSHIP: rated(4)}
    again = written(one.replace(answers=answers, updated="2026-11-30T08:00:00.000Z"))
    assert again["requirementProgress"] == {
        SPONSOR: rating(5, flagged=True),
        LEADERSHIP: rating(4, notes=""),
    }
    assert again["meta"] == {**original["meta"], "updatedAt": "2026-11-30T08:00:00.000Z"}
    assert again["id"] == "an id"


def test_action_plans_keep_their_items():
    """
    Texts become ours; what was done, ids of another kind and contacts come back.
    """
    plan = {
        "targetLevel": 4,
        "objectives": [{"id": "x7", "text": "Know every key"}],
        "tasks": [{"itemId": "t1", "label": "Export", "done": True}],
        "outputs": "a list",
        "responsiblePocId": "p1",
        "targetDate": "2027-03-31",
        "comments": "budgeted",
    }
    older = {"schedule": "2027-01-01", "resources": ["one person", "one month"]}
    left = {"categories": {KEYS: plan, STRATEGY: older, "G.none": {}}, "note": "n"}
    loaded = read({}, actionPlans=left)
    first, second = loaded.assessment.action_plans
    assert first == ActionPlan(
        element=KEYS,
        target_level=4,
        target_date="2027-03-31",
        objectives=("Know every key",),
        tasks=("Export",),
        outputs=("a list",),
        comments=("budgeted",),
    )
    assert (second.target_date, second.resources) == ("2027-01-01", ("one person", "one month"))
    assert [*messages(loaded)] == ["actionPlans.G.none"]
    again = written(loaded.assessment)["actionPlans"]
    assert again["categories"][KEYS] == plan
    assert again["categories"][STRATEGY] == older
    assert again["categories"]["G.none"] == {}
    assert again["note"] == "n"


@pytest.mark.parametrize("plans", [[], "later", {"categories": []}, 3])
def test_action_plans_of_another_shape_are_kept_as_they_are(plans):
    """
    Refused as plans, written back all the same.
    """
    loaded = read({}, actionPlans=plans)
    assert [*messages(loaded)] == ["actionPlans"]
    assert written(loaded.assessment)["actionPlans"] == plans


# --- extensions ------------------------------------------------------------------


def test_relevance_answers_of_an_enabled_extension_are_read():
    """
    The figures that the tool shows for it are kept with the source.
    """
    loaded = read(
        {STRATEGY: rating(4), f"pqc.{STRATEGY}": rating(2, notes="pilot")},
        enabledExtensions=[{"id": "pqc", "version": "0.2.0"}],
    )
    [extension] = loaded.assessment.extensions
    assert extension.answers[STRATEGY].level == 2
    assert extension.answers[STRATEGY].notes == "pilot"
    assert extension.digest is not None
    tool = loaded.assessment.source.extra["tool_extensions"]["pqc"]
    scores = score(loaded.assessment)
    assert tool["overall"]["value"] == pytest.approx(float(scores.extensions["pqc"].score))
    assert remarks(loaded) == []


def test_an_extension_that_is_off_unknown_or_odd_is_not_scored_and_not_lost():
    """
    Ratings of one that is not enabled are remarked; the others are refused.
    """
    enabled = [
        {"id": "made-up", "version": "1.0.0", "by": "us"},
        {"id": "Ä", "version": "1"},
        {"id": "made-up", "version": "2.0.0"},
        7,
    ]
    progress = {f"made-up.{KEYS}": rating(2), f"pqc.{KEYS}": rating(1), "made-up.G.none": rating(1)}
    loaded = read(progress, enabledExtensions=enabled)
    assert set(messages(loaded)) == {
        "enabledExtensions",
        "enabledExtensions.made-up",
        "progress.made-up.G.none",
    }
    assert loaded.assessment.extensions[0].answers[KEYS].level == 2
    again = written(loaded.assessment)
    assert again["enabledExtensions"] == enabled
    for key, entry in progress.items():
        assert again["progress"][key]["level"] == entry["level"]


def test_where_the_tool_departs_from_the_published_text_there_is_a_reason():
    """
    It weighs by rated requirements only, and takes the floor over all categories.
    """
    loaded = read(
        {KEYS: rating(1), f"pqc.{STRATEGY}": rating(5)},
        requirementProgress={SPONSOR: rating(3)},
        enabledExtensions=[{"id": "pqc", "version": "0.2.0"}],
    )
    tool = loaded.assessment.source.extra["tool_extensions"]["pqc"]
    ours = score(loaded.assessment).extensions["pqc"]
    assert [r["code"] for r in tool["reasons"]] == ["rated-weights-only", "floor-over-all"]
    assert tool["floor"]["value"] == 1
    assert float(ours.floor) > 3
    assert tool["overall"]["value"] != pytest.approx(float(ours.score))
    shown = tool_figures(score(loaded.assessment))["extensions"]["pqc"]
    assert shown["differs_because"] == [r["message"] for r in tool["reasons"]]


def test_the_weights_of_an_extension_count_where_its_relevance_is_not_rated():
    """
    Overlays alone bring 3.0 down to 2.939, in the tool as here, so there is no reason.
    """
    levels = {"sponsor-support": 3, "responsible-leadership": 5}
    levels |= {"scope-and-drivers": 2, "architecture": 1}
    loaded = read(
        {},
        requirementProgress={f"{STRATEGY}.{key}": rating(n) for key, n in levels.items()},
        enabledExtensions=[{"id": "pqc", "version": "0.2.0"}],
    )
    shown = scores_to_json(score(loaded.assessment))["tool"]["extensions"]["pqc"]
    assert shown["overall"] == shown["floor"] == {"level": 2, "value": pytest.approx(97 / 33)}
    assert shown["weighted"] == {"level": 3, "value": 3}
    assert shown["differs_because"] == []


# --- editions --------------------------------------------------------------------


def test_an_unknown_version_is_refused_and_nothing_is_imported():
    """
    The message lists what is installed; of a link as of a file.
    """
    with pytest.raises(UnknownEditionError, match=r"9\.9\.9 is not installed") as refused:
        read({STRATEGY: rating(3)}, dataVersion="9.9.9")
    assert "Nothing of storage was imported" in str(refused.value)
    with pytest.raises(UnknownEditionError, match="not installed"):
        web_tool.read_link(link_2({STRATEGY: rating(3)}, version="7.0.0"), "link")


@pytest.mark.parametrize("version", [2, None, "", "two", "2.0", "2.0.0 of Acme"])
def test_a_version_that_is_none_is_refused(version):
    """
    Guessing it would be guessing the model; what stands there is not repeated.
    """
    with pytest.raises(SourceFormatError, match="Nothing was imported") as refused:
        read({STRATEGY: rating(3)}, dataVersion=version)
    assert "Acme" not in str(refused.value)


def test_a_record_without_ratings_is_refused():
    """
    A version alone is no assessment.
    """
    with pytest.raises(SourceFormatError, match="holds no assessment"):
        web_tool.read_storage({"dataVersion": "2.0.0", "meta": {}}, "storage")


def test_names_of_elements_that_the_edition_lacks_say_what_to_install():
    """
    SourceStructure lists the elements of the edition that the file was made with.
    """
    names = {key: {"moduleId": key[0]} for key in (*MODEL.categories, *MODEL.requirements)}
    more = {"byKey": {**names, "G.compliance.brand-new": {"moduleId": "G"}}}
    loaded = read({STRATEGY: rating(3)}, sourceStructure=more)
    assert [*messages(loaded)] == ["sourceStructure.G.compliance.brand-new"]
    assert "pkimm models add" in loaded.problems[0].message
    assert loaded.assessment.source.tool is None
    assert written(loaded.assessment)["sourceStructure"] == more
    names.pop(SPONSOR)
    fewer = read({STRATEGY: rating(3)}, sourceStructure={"byKey": names})
    assert "another edition" in fewer.problems[0].message
    assert not fewer.is_partial


def test_editions_that_a_record_does_not_tell_apart_are_named(monkeypatch):
    """
    The same ids with other weights: one is assumed, and the digests are said.
    """
    before = read({STRATEGY: rating(3)})
    rival = replace(MODEL, modules=(*MODEL.modules[:-1], replace(MODEL.modules[-1], id="Q")))
    monkeypatch.setattr(elements, "fitting_editions", lambda *_, **__: (MODEL, rival))
    loaded = read({STRATEGY: rating(3)})
    [remark] = [p for p in loaded.problems if p not in before.problems]
    assert rival.digest[:19] in remark.message
    assert not remark.refused


def test_shared_objects_of_a_file_are_read():
    """
    Writers of YAML put an alias where an object comes twice.
    """
    text = """
        dataVersion: 2.0.0
        progress:
          G.compliance: &same {level: 3, applicability: true, artifactIds: &ids [a, b]}
          M.key-management: *same
        requirementProgress:
          G.compliance.compliance-policies: {level: 2, applicability: true, artifactIds: *ids}
    """
    loaded = web_tool.read_yaml_export(textwrap.dedent(text).encode(), "file")
    answers = loaded.assessment.answers
    assert [answers[key].level for key in ("G.compliance", "M.key-management")] == [3, 3]
    assert messages(loaded) == {}


def test_an_older_file_in_a_newer_record_is_read_with_its_own_numbers():
    """
    The tool takes every 1.0.x file for the bundled numbering of 1.0.0.
    """
    site = read(ratings(SITE, 3, M_8=5), dataVersion="1.0.0")
    assert site.assessment.answers["M.infrastructure-management"].level == 5
    newer = read(ratings(NEWER, 3, M_6=5), dataVersion="1.0.0")
    assert newer.assessment.answers[KEYS].level == 5
    assert newer.assessment.model.version == "1.1.0"
    for loaded in (site, newer):
        assert [c.code for c in loaded.assessment.caveats] == ["migrated-by-tool"]
        assert loaded.assessment.source.tool is None
    right = read(
        ratings(NEWER, 3, M_6=5), dataVersion="1.1.0", requirementProgress={"M.6.1": rating(2)}
    )
    assert right.assessment.caveats == ()
    assert right.assessment.answers["M.key-management.key-mgmt-roles"].level == 2


def test_traces_of_a_migration_are_a_caveat(monkeypatch):
    """
    An id that it was imported from, or descriptions under the wrong category.
    """
    text = numbering.Text(KEYS, 3, frozenset({"data-1.1.0"}))
    monkeypatch.setattr(
        numbering, "official_texts", lambda: {numbering.fingerprint("Invented."): text}
    )
    wrong = rating(3, description="Invented.")
    loaded = read({"M.certificate-management": wrong}, meta={"importedFromId": "old"})
    first, second = loaded.assessment.caveats
    assert first.code == second.code == "migrated-by-tool"
    assert "M.certificate-management has the description of M.key-management" in first.message
    assert "1.0.x" in second.message
    assert read({KEYS: wrong}).assessment.caveats == ()


@pytest.mark.parametrize(
    ("fields", "instead"),
    [
        ({"kind": "pkimm-scope-template", "formatVersion": 1}, "holds no ratings"),
        ({"kind": "pkimm-assessment"}, "withdrawn"),
        ({"formatVersion": 1}, "withdrawn"),
        ({"format": "pkic-assessment-package"}, "draft"),
        ({"stateSchemaVersion": 3}, "newer"),
        ({"stateSchemaVersion": "2"}, "newer"),
    ],
)
def test_formats_that_only_look_alike_are_refused_with_what_to_do(fields, instead):
    """
    As JSON, as YAML, and without the version that makes a record.
    """
    document = record({STRATEGY: rating(3)}, **fields)
    bare = {**fields, "progress": {}}
    for attempt in (
        lambda: web_tool.read_storage(document, "file"),
        lambda: web_tool.read_storage(bare, "file"),
        lambda: web_tool.read_yaml_export(write_yaml(document).encode(), "file"),
    ):
        with pytest.raises(SourceFormatError) as refused:
            attempt()
        assert instead in refused.value.problems[0].message
    assert web_tool.looks_like_yaml_export(write_yaml({**fields, "dataVersion": "2.0.0"}))


# --- links -----------------------------------------------------------------------


def test_a_link_of_a_full_assessment_brings_its_requirements():
    """
    The category level in it is the result, so it is not taken for a level given by hand.
    """
    text = link_2(
        {STRATEGY: rating(3), KEYS: rating(4)}, {SPONSOR: rating(5), LEADERSHIP: rating(2)}
    )
    assessment = web_tool.read_link(text, "link").assessment
    assert assessment.mode is Mode.FULL
    assert STRATEGY not in assessment.answers
    assert score(assessment).categories[STRATEGY].score == pytest.approx(3.8)
    assert score(assessment).categories[KEYS].score == 4
    assert assessment.source.kind == "web-tool-link-2"


@pytest.mark.parametrize(
    "full",
    [
        b"not compressed",
        deflate(b"not json"),
        deflate(b"[]"),
        deflate(b'{"requirementProgress": 3}'),
        deflate(b'{"dataVersion": "1.1.0", "requirementProgress": {}}'),
        deflate(b'{"requirementProgress": {}}')[:-3],
    ],
)
def test_an_unreadable_full_is_refused_and_the_categories_are_used(full):
    """
    The tool ignores it and says nothing.
    """
    text = link_2({STRATEGY: rating(3)}, {})
    whole = text.rpartition("&full=")[0] + "&" + link({"full": full}).partition("#")[2]
    loaded = web_tool.read_link(whole, "link")
    assert loaded.assessment.mode is Mode.SELF
    assert loaded.assessment.answers[STRATEGY].level == 3
    assert [*messages(loaded)] == ["link, parameter full"]


def test_a_bomb_in_full_is_not_inflated():
    """
    A hundred megabytes of blanks pack into less than the longest link.
    """
    bomb = deflate(b" " * 100_000_000)
    text = link_2({STRATEGY: rating(3)}) + "&" + link({"full": bomb}).partition("#")[2]
    assert len(text) < web_tool_link.MAX_LINK
    loaded = web_tool.read_link(text, "link")
    assert "at most 2,000,000 bytes" in messages(loaded)["link, parameter full"]


def test_names_of_a_link_are_utf_8():
    """
    Latin-1 is not tried: this generation never wrote it.
    """
    assert (
        web_tool.read_link(link_2({}, name="Čeněk 🔐"), "l").assessment.use_case.name == "Čeněk 🔐"
    )
    whole = link_2({}) + "&" + link({"assessorName": b"J\xf6rg"}).partition("#")[2]
    loaded = web_tool.read_link(whole, "link")
    assert loaded.assessment.assessor.name == ""
    assert [*messages(loaded)] == ["assessorName"]


# --- writing ---------------------------------------------------------------------


@pytest.fixture
def plain():
    """A self-assessment of two categories."""
    answers = {STRATEGY: rated(3), KEYS: not_applicable("outsourced", set_aside_level=2)}
    return Assessment(model=MODEL.edition, answers=answers, use_case=UseCase(name="Routers"))


def test_an_export_has_the_fields_of_the_tool_in_its_order(plain):
    """
    All categories are there; those without an answer at level 0.
    """
    document = written(plain)
    assert [*document] == [
        "stateSchemaVersion",
        "dataVersion",
        "name",
        "id",
        "progress",
        "enabledExtensions",
        "assessmentName",
        "assessorName",
        "useCaseDescription",
        "sourceStructure",
        "meta",
        "exportedAt",
    ]
    assert document["stateSchemaVersion"] == 1
    assert [*document["progress"]] == [*MODEL.categories]
    assert document["progress"]["R.awareness"] == {
        "level": 0,
        "result": "Not Assessed",
        "description": "",
        "applicability": True,
    }
    assert document["progress"][KEYS]["result"] == "Not Applicable"
    assert document["progress"][KEYS]["applicabilityReason"] == "outsourced"
    assert document["progress"][STRATEGY]["result"] == "3 - Advanced"
    assert len(document["sourceStructure"]["byKey"]) == 16 + 77
    full = written(plain.replace(mode=Mode.FULL, answers={SPONSOR: rated(2, notes="n")}))
    assert full["stateSchemaVersion"] == 2
    assert [*full][-1] == "requirementProgress"
    assert full["requirementProgress"][SPONSOR] == rating(2, notes="n", evidence="")


def test_a_full_assessment_without_answers_stays_full(plain):
    """
    Its requirements are written at level 0, in the export and in the link.
    """
    empty = plain.replace(mode=Mode.FULL, answers={})
    text = web_tool.write_yaml_export(empty, MODEL)
    assert web_tool.read_yaml_export(text.encode(), "y").assessment.mode is Mode.FULL
    assert web_tool.read_link(web_tool.write_link(empty, MODEL), "l").assessment.mode is Mode.FULL


def test_a_module_that_does_not_apply_is_written_as_its_categories(plain):
    """
    The tool knows no answer to a module; the reason goes with each category.
    """
    answers = {"G": not_applicable("no governance here"), STRATEGY: rated(3)}
    one = plain.replace(answers=answers)
    again = web_tool.read_yaml_export(web_tool.write_yaml_export(one, MODEL).encode(), "y")
    answer = again.assessment.answers[STRATEGY]
    assert answer == not_applicable("no governance here", set_aside_level=3)
    assert score(again.assessment).modules["G"].state is State.NOT_APPLICABLE
    assert any("whole modules" in phrase for phrase in web_tool.dropped_by_yaml(one))


@pytest.mark.parametrize(("version", "key"), [("1.0.0", "M.5"), ("1.1.0", "M.6")])
def test_older_editions_are_written_as_1_0_does(plain, version, key):
    """
    One byte per character in a link, which has the numbers of the consortium's own page.
    """
    model = load_model(version)
    named = UseCase(name="Évaluation")
    one = plain.replace(model=model.edition, use_case=named)
    text = web_tool.write_link(one, model)
    assert text.startswith("https://pkic.org/wg/pkimm/1.0.0/tools/self-assessment/#progress=")
    by_page = web_tool.read_link(text, "link").assessment.source.detail
    assert by_page.endswith("data-1.0.0-site" if version == "1.0.0" else "data-1.1.0")
    assert len(web_tool.shown_otherwise(one, "link")) == (2 if version == "1.1.0" else 1)
    for loaded in (
        web_tool.read_link(text, "link"),
        web_tool.read_yaml_export(web_tool.write_yaml_export(one, model).encode(), "yaml"),
    ):
        assert loaded.assessment.source.kind.endswith("-1")
        assert loaded.assessment.model == model.edition
        assert loaded.assessment.use_case.name == "Évaluation"
        assert loaded.assessment.answers == {
            STRATEGY: rated(3),
            KEYS: not_applicable(set_aside_level=2),
        }
    document = read_yaml(web_tool.write_yaml_export(one, model), "yaml")
    assert [*document] == ["progress", "assessmentName", "assessorName", "useCaseDescription"]
    assert document["progress"][key]["level"] == 2


def test_a_link_of_1_0_refuses_characters_that_it_cannot_hold(plain):
    """
    The tool's own button does nothing then; the export to YAML holds them.
    """
    model = load_model("1.1.0")
    one = plain.replace(model=model.edition, use_case=UseCase(name="Čeněk", description="ż"))
    with pytest.raises(AssessmentError, match="export to YAML") as refused:
        web_tool.write_link(one, model)
    assert [p.where for p in refused.value.problems] == ["assessmentName", "useCaseDescription"]
    assert "Čeněk" not in str(refused.value)
    text = web_tool.write_yaml_export(one, model)
    assert web_tool.read_yaml_export(text.encode(), "y").assessment.use_case.name == "Čeněk"


def test_the_levels_of_a_full_assessment_of_an_older_edition_are_its_results(plain):
    """
    1.0.x rates categories only: 3 x 5 and 2 x 2 make 19/5, level 3.
    """
    model = load_model("1.1.0")
    answers = {SPONSOR: rated(5), LEADERSHIP: rated(2)}
    one = plain.replace(model=model.edition, mode=Mode.FULL, answers=answers)
    again = web_tool.read_link(web_tool.write_link(one, model), "link").assessment
    assert again.answers == {STRATEGY: rated(3)}
    assert "the fractions of category scores, which become levels" in web_tool.dropped_by_link(one)


def test_texts_that_yaml_could_misread_stay_text(plain):
    """
    Numbers, dates, other line ends: every reader of YAML 1.1 or 1.2 gives them back.
    """
    for text in ("1e5", "0o17", "2026-01-01", "no", "null", "~", "a\x85b\u2028c", "\ufeff", "- x"):
        one = plain.replace(use_case=UseCase(name=text, description=f"{text}\r\n"))
        again = web_tool.read_yaml_export(web_tool.write_yaml_export(one, MODEL).encode(), "y")
        assert again.assessment.use_case == one.use_case


ANSWERS = {"the answers to requirements"}
FRACTIONS = {"the fractions of category scores, which become levels"}
EDITION = {"which of several editions of its version it is of"}  # it looks like the draft's
RATINGS = {
    "the id of the assessment",
    "the reasons of what does not apply",
    "the notes",
    "the evidence",
    "the levels given by hand to categories whose requirements are rated",
    "the kind of assurance",
    "the dates",
    "the PKI environment and what is out of scope",
}
ALWAYS = {
    "the caveats",
    "the mark that the assessment is synthetic",
    "the mark that an element applies only in part",
    "levels set aside of elements that apply",
    "the answers to whole modules, written as answers to their categories",
    "the answers of extensions, or all but the first of one that comes twice",
    "action plans, or those other than one for each category",
    "the schedule of action plans",
    "the bounds between items of responsibility, resources and comments",
    "fields that the web tool's format does not know",
}


@pytest.mark.parametrize(
    ("version", "mode", "form", "lost"),
    [
        ("2.0.0", Mode.FULL, "yaml", ALWAYS),
        ("2.0.0", Mode.FULL, "link", ALWAYS | RATINGS | EDITION),
        ("2.0.0", Mode.SELF, "yaml", ALWAYS | ANSWERS),
        ("1.1.0", Mode.FULL, "yaml", ALWAYS | RATINGS | ANSWERS | FRACTIONS),
    ],
)
def test_what_is_left_out_is_said(version, mode, form, lost):
    """
    One phrase for each kind of content, and none for what a form holds.
    """
    rich = Assessment(
        model=load_model(version).edition,
        mode=mode,
        synthetic=True,
        answers={
            SPONSOR: rated(3, partial=True, notes="n", evidence="e"),
            STRATEGY: rated(2, reason="r"),
            "G": Answer(notes="n"),
            KEYS: Answer(set_aside_level=3),
        },
        extensions=(
            ExtensionAnswers(id="pqc", version="0.2.0", answers={KEYS: rated(2)}),
            ExtensionAnswers(id="pqc", version="0.1.0"),
        ),
        action_plans=(
            ActionPlan(element=KEYS, schedule=("May",), comments=("a", "b")),
            ActionPlan(element=SPONSOR),
        ),
        assurance=Assurance.FORMAL,
        updated="2026-05-01",
        use_case=UseCase(name="n", components="c"),
        extra={"future": 1},
    ).with_caveat("code", "message")
    dropped = web_tool.dropped_by_yaml if form == "yaml" else web_tool.dropped_by_link
    said = dropped(rich)
    assert set(said) - lost <= {"the notes", "the evidence"}  # of requirements of a self-assessment
    assert lost <= set(said)


def test_nothing_is_said_of_what_a_form_holds(plain):
    """
    A link has no id; what only its program wants to know is not missed.
    """
    assert web_tool.dropped_by_yaml(plain) == []
    rated_only = plain.replace(answers={STRATEGY: rated(3)})
    assert web_tool.dropped_by_link(rated_only) == ["the id of the assessment"]
    assert web_tool.shown_otherwise(rated_only, "link") == []
