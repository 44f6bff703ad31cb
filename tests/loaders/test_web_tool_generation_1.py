"""
Links, files and browser data of the web tool 1.0.x.
"""

from __future__ import annotations

import json

import pytest

from pkimm_analytics.assessment import Mode, State
from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders import web_tool
from pkimm_analytics.loaders.web_tool import link as web_tool_link
from pkimm_analytics.loaders.web_tool import numbering
from pkimm_analytics.scoring import score, tool_figures
from pkimm_analytics.yaml_text import write_yaml
from tests.loaders.invented_web_tool import (
    BUNDLED,
    NEWER,
    PAGE,
    SITE,
    link,
    link_1,
    off,
    ratings,
)


def read(progress):
    """Read a map of ratings from a link of 1.0.x."""
    return web_tool.read_link(link_1(progress), "link")


def messages(loaded):
    """Return what was refused, by place."""
    return {p.where: p.message for p in loaded.problems if p.refused}


@pytest.fixture
def invented_texts(monkeypatch):
    """Official descriptions, invented: three texts that name their category."""
    every = frozenset(file.id for file in numbering.data_files())
    texts = {
        "Keys are in a drawer.": ("M.key-management", 1, every),
        "Certificates hang on a wall.": ("M.certificate-management", 1, every),
        "Ciphers by the dozen.": ("G.cryptography", 1, frozenset({"data-1.1.0"})),
    }
    known = {numbering.fingerprint(text): numbering.Text(*what) for text, what in texts.items()}
    monkeypatch.setattr(numbering, "official_texts", lambda: known)


def described(text, level=3):
    """Return an entry with a description."""
    return {"level": level, "description": f"{text}\n", "applicability": True}


# --- which data file -------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "file", "version", "sixth"),
    [
        (BUNDLED, "data-1.0.0-bundled", "1.0.0", "M.certificate-management"),
        (SITE, "data-1.0.0-site", "1.0.0", "M.certificate-management"),
        (NEWER, "data-1.1.0", "1.1.0", "M.key-management"),
    ],
)
def test_the_set_of_keys_tells_the_data_files_apart(keys, file, version, sixth):
    """
    M.6 is certificate management in model 1.0.0 and key management in 1.1.0.
    """
    loaded = read(ratings(keys, 3, M_6=5))
    assert loaded.assessment.source.detail == f"web tool 1.0.x, {file}"
    assert loaded.assessment.model.version == version
    assert loaded.assessment.answers[sixth].level == 5
    assert len(loaded.assessment.answers) == len(keys)
    assert loaded.problems == ()


@pytest.mark.parametrize(
    ("key", "file"),
    [("O.7", "site"), ("R.10", "site"), ("O.9", "bundled"), ("R.13", "bundled"), ("G.5", "1.1.0")],
)
def test_one_deciding_key_settles_the_data_file(key, file):
    """
    The rest of the map may be missing.
    """
    loaded = read(ratings(["G.1", key]))
    assert loaded.assessment.source.detail.endswith(file)
    assert len(loaded.assessment.answers) == 2


def test_keys_that_mean_the_same_everywhere_are_read_and_the_version_is_named():
    """
    G.1 to G.4 are in all three data files; the version is an assumption and says so.
    """
    loaded = read(ratings(["G.1", "G.2", "G.3", "G.4"]))
    assert len(loaded.assessment.answers) == 4
    assert messages(loaded) == {}
    assert "PKIMM 1.1.0 is assumed" in loaded.problems[0].message
    assert tool_figures(score(loaded.assessment))["differs_because"] == []


def test_an_entry_that_nothing_settles_is_refused_with_its_place():
    """
    With G.1 and M.6 alone, M.6 may be two things.
    """
    loaded = read(ratings(["G.1", "M.6"], 3, M_6=5))
    assert [*loaded.assessment.answers] == ["G.strategy-and-vision"]
    refused = messages(loaded)
    assert [*refused] == ["progress.M.6"]
    assert "M.certificate-management or M.key-management" in refused["progress.M.6"]
    scores = score(loaded.assessment)
    assert scores.overall.level == 3
    assert "description" in tool_figures(scores)["differs_because"][0]


def test_a_description_settles_what_keys_leave_open(invented_texts):
    """
    The text under M.6 is that of key management, so it is the data file of 1.1.0.
    """
    loaded = read(ratings(["G.1", "M.6", "M.8"], M_6=described("keys  ARE in a\ndrawer.")))
    assert loaded.assessment.answers["M.key-management"].level == 3
    assert loaded.assessment.answers["M.infrastructure-management"].level == 3
    assert loaded.assessment.model.version == "1.1.0"
    assert "descriptions are those of data-1.1.0" in loaded.problems[0].message


def test_a_description_that_contradicts_the_key_wins_and_says_so(invented_texts):
    """
    A map of 1.0.0 whose M.7 has the text of key management was changed on another page.
    """
    progress = ratings(BUNDLED, 2, M_7=described("Keys are in a drawer.", 5))
    del progress["M.5"]
    loaded = read(progress)
    assert loaded.assessment.answers["M.key-management"].level == 5
    assert "M.infrastructure-management" not in loaded.assessment.answers
    assert [p.where for p in loaded.problems] == ["progress.M.7"]
    assert "read as that" in loaded.problems[0].message
    codes = {r["code"] for r in loaded.assessment.source.tool["reasons"]}
    assert codes == {"read-elsewhere"}


def test_two_entries_for_one_category_leave_the_one_whose_key_agrees(invented_texts):
    """
    M.5 is key management by key; M.6 says so too, by its text, and is refused.
    """
    loaded = read(ratings(BUNDLED, 2, M_6=described("Keys are in a drawer.", 5)))
    assert loaded.assessment.answers["M.key-management"].level == 2
    assert "M.certificate-management" not in loaded.assessment.answers
    assert [*messages(loaded)] == ["progress.M.6"]


def test_two_entries_that_claim_a_category_by_their_text_alone_are_both_refused(invented_texts):
    """
    Neither M.6 nor M.7 is key management by key.
    """
    text = described("Keys are in a drawer.", 5)
    progress = ratings(BUNDLED, 2, M_6=text, M_7=text)
    del progress["M.5"]
    loaded = read(progress)
    assert set(messages(loaded)) == {"progress.M.6", "progress.M.7"}
    assert "M.key-management" not in loaded.assessment.answers


def test_a_description_of_a_category_that_the_edition_lacks_is_refused(invented_texts):
    """
    Cryptography came with 1.1.0; in a map of 1.0.0 it has no place.
    """
    loaded = read(ratings(BUNDLED, 2, G_4=described("Ciphers by the dozen.")))
    assert "which PKIMM 1.0.0 lacks" in messages(loaded)["progress.G.4"]
    assert len(loaded.assessment.answers) == 14


def test_stale_and_unknown_keys_are_refused_one_by_one():
    """
    A whole map of 1.1.0 with two keys of other data files and one of none.
    """
    loaded = read(ratings([*NEWER, "O.7", "M.5", "X.1"]))
    assert loaded.assessment.model.version == "1.1.0"
    assert len(loaded.assessment.answers) == 16
    assert set(messages(loaded)) == {"progress.O.7", "progress.M.5", "progress.X.1"}


def test_a_mixture_of_two_numberings_is_not_guessed():
    """
    Keys of two data files, neither complete: only what means the same in all is read.
    """
    loaded = read(ratings(["G.1", "G.2", "O.9", "R.16", "M.8"]))
    answers = loaded.assessment.answers
    assert set(answers) == {
        "G.strategy-and-vision",
        "G.policies-and-documentation",
        "O.resilience",
        "R.awareness",
    }
    assert "progress.M.8" in messages(loaded)


def test_an_empty_map_is_an_assessment_without_answers():
    """
    There is no version in it, and the remark says which one is assumed.
    """
    loaded = read({})
    assert loaded.assessment.answers == {}
    assert loaded.assessment.model.version == "1.1.0"
    assert "PKIMM 1.1.0 is assumed" in loaded.problems[0].message
    assert not loaded.is_partial


def test_ratings_by_name_need_their_version():
    """
    Keys of model 2.0.0 without a dataVersion are in no data file.
    """
    with pytest.raises(SourceFormatError, match="no category of the web tool") as refused:
        read(ratings(["G.compliance", "R.awareness"]))
    assert "dataVersion" in refused.value.problems[-1].message


def test_a_key_that_is_free_text_is_not_repeated_in_messages():
    """
    Someone may have typed a name where a key belongs.
    """
    loaded = read(ratings([*NEWER, "Acme Bank AG, Jane"]))
    assert len(messages(loaded)) == 1
    assert "Acme" not in str(loaded.problems)


# --- levels and applicability ----------------------------------------------------


@pytest.mark.parametrize("value", [True, "false", "no", 1, -1, [], {}])
def test_what_javascript_calls_true_is_applicable(value):
    """
    Also the text "false".
    """
    loaded = read(ratings(NEWER, 3, G_1={"level": 4, "applicability": value}))
    assert loaded.assessment.answers["G.strategy-and-vision"].level == 4


@pytest.mark.parametrize("value", [False, None, 0, "", 0.0])
def test_what_javascript_calls_false_is_not_applicable(value):
    """
    The level is kept aside; the tool does not count it.
    """
    loaded = read(ratings(NEWER, 3, G_1={"level": 4, "applicability": value}))
    answer = loaded.assessment.answers["G.strategy-and-vision"]
    assert (answer.state, answer.level, answer.set_aside_level) == (State.NOT_APPLICABLE, None, 4)
    assert not loaded.is_partial


def test_an_entry_without_applicability_is_left_out_and_remarked():
    """
    That is what the tool does with it.
    """
    loaded = read(ratings(NEWER, 3, G_1={"level": 4}))
    assert loaded.assessment.answers["G.strategy-and-vision"].state is State.NOT_APPLICABLE
    assert [p.where for p in loaded.problems] == ["progress.G.1"]


@pytest.mark.parametrize("level", [6, -2, 2.5, "three", "2.5", True, [3], 10**12, None])
def test_a_level_off_the_scale_is_refused_and_left_unanswered(level):
    """
    The message says what would be right; everything else is read.
    """
    loaded = read(ratings(NEWER, 3, G_1=level))
    assert "G.strategy-and-vision" not in loaded.assessment.answers
    assert len(loaded.assessment.answers) == 15
    assert "expected 1 to 5" in messages(loaded)["progress.G.1"]


def test_a_numeric_text_is_taken_as_its_number_with_a_remark():
    """
    The tool multiplies it as a number, too.
    """
    loaded = read(ratings(NEWER, 3, G_1="4"))
    assert loaded.assessment.answers["G.strategy-and-vision"].level == 4
    assert not loaded.is_partial
    assert "read as 4" in loaded.problems[0].message


def test_an_entry_that_is_no_rating_is_refused():
    """
    A bare number or text has neither level nor applicability.
    """
    loaded = read({**ratings(NEWER), "G.1": 3, "G.2": "3 - Advanced", "G.3": None})
    assert set(messages(loaded)) == {"progress.G.1", "progress.G.2", "progress.G.3"}


# --- figures of the tool ---------------------------------------------------------


def test_the_tool_counts_level_zero_with_its_weight_and_we_do_not():
    """
    G weighs 5 4 2 3 5: at level 5 without the last, the tool has 70/19, level 3; ours is 5.
    """
    loaded = read(ratings(NEWER, 5, G_5=0))
    scores = score(loaded.assessment)
    tool = tool_figures(scores)
    assert tool["modules"]["G"] == {"level": 3, "value": None}
    assert scores.modules["G"].level == 5
    assert "counts level 0" in tool["differs_because"][0]


def test_there_is_no_reason_where_both_levels_are_the_same():
    """
    A zero that changes no level is no difference.
    """
    loaded = read(ratings(NEWER, 3, R_16={"level": 0, "applicability": False}))
    assert tool_figures(score(loaded.assessment))["differs_because"] == []


def test_the_tool_shows_no_number_for_a_level_that_is_a_word():
    """
    It calculates NaN for the module and the whole.
    """
    loaded = read(ratings(NEWER, 3, G_1="three"))
    tool = tool_figures(score(loaded.assessment))
    assert tool["overall"]["level"] is None
    assert tool["modules"]["M"]["level"] == 3
    assert "no whole numbers" in tool["differs_because"][0]


def test_everything_switched_off_is_level_zero_there_and_nothing_here():
    """
    "Not Assessed" is shown for an assessment without any applicable category.
    """
    loaded = read({key: off() for key in NEWER})
    scores = score(loaded.assessment)
    assert scores.overall.score is None
    assert tool_figures(scores)["overall"]["level"] == 0
    assert tool_figures(scores)["differs_because"] == []


# --- caveats and source ----------------------------------------------------------


def test_every_assessment_says_that_untouched_looks_like_level_1():
    """
    The wording is stronger where every single rating is level 1.
    """
    some = read(ratings(NEWER, 1, R_16=2)).assessment
    fresh = read(ratings(NEWER, 1, R_16=off())).assessment
    assert [c.code for c in some.caveats] == ["untouched-is-level-1"]
    assert [c.code for c in fresh.caveats] == ["untouched-is-level-1"]
    assert "probably nothing was assessed" in fresh.caveats[0].message
    assert "probably" not in some.caveats[0].message


def test_the_same_link_always_gets_the_same_id_and_names_its_source():
    """
    So that importing it twice does not make two assessments.
    """
    one, two = read(ratings(NEWER)).assessment, read(ratings(NEWER)).assessment
    assert one == two
    assert one.id != read(ratings(NEWER, 4)).assessment.id
    assert one.source.kind == "web-tool-link-1"
    assert one.source.digest.startswith("sha256:")
    assert one.mode is Mode.SELF


# --- links -----------------------------------------------------------------------


def test_texts_of_a_link_are_latin_1_unless_they_are_utf_8():
    """
    1.0.x writes one byte per character; a later tool may have written UTF-8.
    """
    loaded = web_tool.read_link(link_1(ratings(NEWER), "Évaluation été", "Jörg"), "link")
    assert loaded.assessment.use_case.name == "Évaluation été"
    assert loaded.assessment.assessor.name == "Jörg"
    progress = json.dumps(ratings(NEWER)).encode()
    newer = link({"progress": progress, "assessmentName": "Čeněk".encode()})
    assert web_tool.read_link(newer, "link").assessment.use_case.name == "Čeněk"


def test_a_link_survives_mail_programs():
    """
    Line breaks, blanks for plus, the other alphabet, no padding, encoded twice, no page.
    """
    # the texts make base64 with + and / in it
    whole = link_1(ratings(NEWER), "ûûûûûû>>>???~~~", "ÿÿ")
    first = web_tool.read_link(whole, "link").assessment
    fragment = whole.partition("#")[2]
    wrapped = "\r\n  ".join(whole[i : i + 70] for i in range(0, len(whole), 70))
    assert "%2B" in whole
    assert "%2F" in whole
    for changed in (
        fragment,
        "#" + fragment,
        wrapped,
        f"\n {whole} \n",
        whole.replace("%2B", " ").replace("%3D", ""),
        whole.replace("%2B", "%20"),
        whole.replace("%2B", "-").replace("%2F", "_").replace("%3D", ""),
        whole.replace("%", "%25"),
    ):
        again = web_tool.read_link(changed, "link").assessment
        assert again.answers == first.answers
        assert (again.use_case, again.assessor) == (first.use_case, first.assessor)


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        (f"{PAGE}#progress=%%%notbase64", "progress"),
        (f"{PAGE}#progress=e30%3D…", "progress"),
        (f"{PAGE}#progress=e", "progress"),
        (f"{PAGE}#progress=e25vdCBqc29u", "progress"),
        (f"{PAGE}#progress=W10%3D", "progress"),
        (f"{PAGE}#progress=MQ&assessmentName=", "progress"),
        (f"{PAGE}#progress=", "progress"),
        (f"{PAGE}#assessmentName=T25seSBhIG5hbWU%3D", "progress"),
        (PAGE, "progress"),
        (f"{PAGE}#progress=e30%3D&progress=W10", "progress"),
    ],
)
def test_a_broken_link_ends_in_one_message_that_names_the_parameter(text, parameter):
    """
    Not base64, cut, not JSON, not a map, empty, missing, or twice with different content.
    """
    with pytest.raises(SourceFormatError, match="Nothing was imported") as refused:
        web_tool.read_link(text, "link")
    assert len(refused.value.problems) == 1
    assert f"parameter {parameter}" in refused.value.problems[0].where


@pytest.mark.parametrize("n_characters", [web_tool_link.MAX_LINK, 50_000_000])
def test_a_link_that_is_too_long_is_refused_before_it_is_decoded(n_characters):
    """
    One message, also at 50 megabytes.
    """
    with pytest.raises(SourceFormatError, match="link is too large") as refused:
        web_tool.read_link(f"{PAGE}#progress=" + "A" * n_characters, "link")
    assert len(refused.value.problems) == 1


def test_a_name_that_is_not_base64_is_left_out_and_the_rest_is_read():
    """
    The tool leaves it empty as well, and says nothing.
    """
    whole = link_1(ratings(NEWER), "Name", "Jane")
    loaded = web_tool.read_link(whole.replace("assessmentName=", "assessmentName=%C2%A7"), "link")
    assert loaded.assessment.use_case.name == ""
    assert loaded.assessment.assessor.name == "Jane"
    assert [*messages(loaded)] == ["link, parameter assessmentName"]


@pytest.mark.parametrize(
    "text",
    [
        f"{PAGE}#progress=e30%3D",
        "  https://tool.example/#progress=e30",
        "progress=e30%3D&assessmentName=",
        "#assessmentName=QQ&progress=e30",
        "file:///tmp/tool.html#progress=e30",
    ],
)
def test_links_and_fragments_look_like_links(text):
    """
    Whatever the page is, and whichever parameter comes first.
    """
    assert web_tool.looks_like_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "progress:\n  G.1: {}",
        '{"progress": {}}',
        "key,level\nprogress,3",
        "see https://tool.example/#progress=e30",
        "https://tool.example/",
        "C:\\files\\progress=1.yaml",
        "a\tb#progress=e30",
    ],
)
def test_other_texts_do_not_look_like_links(text):
    """
    A YAML file, JSON, a table, a sentence, a page without a hash, a path.
    """
    assert not web_tool.looks_like_link(text)


# --- YAML and browser storage ----------------------------------------------------


def test_a_yaml_file_is_read_like_the_link():
    """
    The same four keys, in UTF-8; texts that YAML could take for something else are quoted.
    """
    texts = {"assessmentName": "2024", "assessorName": "null", "useCaseDescription": "Ano 🔐"}
    text = write_yaml({"progress": ratings(SITE, 3, M_6=5), **texts})
    assert web_tool.looks_like_yaml_export(text)
    loaded = web_tool.read_yaml_export(b"\xef\xbb\xbf" + text.encode(), "progress.yaml")
    assert loaded.assessment.source.kind == "web-tool-yaml-1"
    assert loaded.assessment.answers["M.certificate-management"].level == 5
    assert loaded.assessment.use_case.name == "2024"
    assert loaded.assessment.assessor.name == "null"
    assert loaded.assessment.use_case.description == "Ano 🔐"


def test_names_that_are_no_text_are_read_as_far_as_they_can_be():
    """
    A number typed by hand becomes text; a list is left out.
    """
    document = {"progress": ratings(NEWER), "assessmentName": 2024, "assessorName": ["x"]}
    loaded = web_tool.read_storage(document, "storage")
    assert loaded.assessment.use_case.name == "2024"
    assert loaded.assessment.assessor.name == ""
    assert [*messages(loaded)] == ["assessorName"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda progress: progress,
        lambda progress: {"progress": progress, "assessmentName": ""},
        lambda progress: {"assessmentData": {"progress": progress}},
        lambda progress: {"assessmentData": json.dumps({"progress": progress}), "theme": "dark"},
    ],
)
def test_browser_storage_is_read_in_every_wrapping(wrap):
    """
    The bare map, the stored value, and the whole storage with the value as text.
    """
    loaded = web_tool.read_storage(wrap(ratings(BUNDLED, 4)), "storage")
    assert loaded.assessment.source.kind == "web-tool-storage-1"
    assert score(loaded.assessment).overall.level == 4


@pytest.mark.parametrize(
    "document",
    [{}, {"progress": []}, {"progress": "x"}, {"assessmentData": "{oops"}, {"a": 1}, {"G.1": 3}],
)
def test_other_json_is_refused(document):
    """
    Also stored state that is not JSON, which leaves the tool's page blank.
    """
    with pytest.raises(SourceFormatError, match="Nothing was imported"):
        web_tool.read_storage(document, "storage")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"progress: [1, 2",
        b"- progress\n- G.1",
        b"progress: &a {G.1: {b: *a}}",
        b"progress: " + b"{G.1: " * 60 + b"1" + b"}" * 60,
        b"progress: {G.1: {level: 3, applicability: true}, G.1: {level: 4}}",
        b"progress: {G.1: {level: 1e999, applicability: true}}",
        b"just text",
    ],
)
def test_a_bad_yaml_file_ends_in_one_message(content):
    """
    Empty, not UTF-8, not YAML, no map, aliases, too deep, a key twice, an infinite number.
    """
    with pytest.raises(SourceFormatError) as refused:
        web_tool.read_yaml_export(content, "progress.yaml")
    assert len(refused.value.problems) == 1
    assert "progress.yaml" in refused.value.problems[0].where


# --- development builds ----------------------------------------------------------


DEVELOPED = {"progress": ratings(NEWER), "enabledExtensions": ["pqc"]}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: web_tool.read_link(link({"progress": json.dumps(DEVELOPED).encode()}), "link"),
        lambda: web_tool.read_yaml_export(write_yaml(DEVELOPED).encode(), "file"),
        lambda: web_tool.read_storage(DEVELOPED, "storage"),
    ],
)
def test_what_a_build_wrote_that_was_never_published_is_refused(attempt):
    """
    It is told by the extensions beside the ratings, which 1.0.x did not have.
    """
    with pytest.raises(SourceFormatError, match="never published"):
        attempt()
