"""
Links, files and browser data of the web tool 1.0.x.
"""

from __future__ import annotations

import json

import pytest

from pkimm_analytics.assessment import Mode, not_applicable, rated
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

KEYS, CERTIFICATES = "M.key-management", "M.certificate-management"
STRATEGY = "G.strategy-and-vision"


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
        "Keys are in a drawer.": (KEYS, 1, every),
        "Certificates hang on a wall.": (CERTIFICATES, 1, every),
        "Ciphers by the dozen.": ("G.cryptography", 1, frozenset({"data-1.1.0"})),
    }
    known = {numbering.fingerprint(text): numbering.Text(*what) for text, what in texts.items()}
    monkeypatch.setattr(numbering, "official_texts", lambda: known)


def described(text, level=3):
    """Return an entry with a description."""
    return {"level": level, "description": f"{text}\n", "applicability": True}


# --- which data file -------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "file", "sixth"),
    [
        (BUNDLED, "data-1.0.0-bundled", CERTIFICATES),
        (SITE, "data-1.0.0-site", CERTIFICATES),
        (NEWER, "data-1.1.0", KEYS),
        (["G.1", "O.7"], "data-1.0.0-site", None),
        (["G.1", "R.10"], "data-1.0.0-site", None),
        (["G.1", "O.9"], "data-1.0.0-bundled", None),
        (["G.1", "R.13"], "data-1.0.0-bundled", None),
        (["G.1", "G.5"], "data-1.1.0", None),
    ],
)
def test_the_set_of_keys_or_one_deciding_key_tells_the_data_files_apart(keys, file, sixth):
    """
    M.6 is certificate management in model 1.0.0 and key management in 1.1.0.
    """
    loaded = read(ratings(keys, 3, **({"M_6": 5} if sixth else {})))
    assert loaded.assessment.source.detail == f"web tool 1.0.x, {file}"
    assert loaded.assessment.model.version == file.split("-")[1]
    assert len(loaded.assessment.answers) == len(keys)
    assert sixth is None or loaded.assessment.answers[sixth].level == 5
    assert loaded.problems == ()


@pytest.mark.parametrize(
    ("keys", "read_keys", "refused"),
    [
        # in all three data files, so only the version is assumed
        (["G.1", "G.2", "G.3", "G.4"], 4, set()),
        # may be two things, and nothing settles it
        (["G.1", "M.6"], 1, {"progress.M.6"}),
        # keys of two data files, neither complete
        (["G.1", "G.2", "O.9", "R.16", "M.8"], 4, {"progress.M.8"}),
        # a whole map, with keys of other data files and one of none
        ([*NEWER, "O.7", "M.5", "X.1"], 16, {"progress.O.7", "progress.M.5", "progress.X.1"}),
        ([*NEWER, "Acme Bank AG, Jane"], 16, {"progress, an entry whose key is no id"}),
        ([], 0, set()),
    ],
)
def test_only_what_means_the_same_in_all_data_files_is_read(keys, read_keys, refused):
    """
    The rest is refused with its place, and the version that is assumed is said.
    """
    loaded = read(ratings(keys))
    assert len(loaded.assessment.answers) == read_keys
    assert set(messages(loaded)) == refused
    assert loaded.assessment.model.version == "1.1.0"
    is_assumed = len(keys) < len(NEWER)
    assert is_assumed == ("PKIMM 1.1.0 is assumed" in str(loaded.problems[0]))


@pytest.mark.parametrize(
    ("progress", "levels", "refused", "said"),
    [
        (  # the text under M.6 settles what the keys leave open
            ratings(["G.1", "M.6", "M.8"], M_6=described("keys  ARE in a\ndrawer.")),
            {KEYS: 3, "M.infrastructure-management": 3},
            set(),
            "descriptions are those of data-1.1.0",
        ),
        (  # a map of 1.0.0 whose M.7 was changed on another page
            ratings(
                [k for k in BUNDLED if k != "M.5"], 2, M_7=described("Keys are in a drawer.", 5)
            ),
            {KEYS: 5, "M.infrastructure-management": None},
            set(),
            "read as that",
        ),
        (  # M.5 is key management by key; M.6 says so too, by its text
            ratings(BUNDLED, 2, M_6=described("Keys are in a drawer.", 5)),
            {KEYS: 2, CERTIFICATES: None},
            {"progress.M.6"},
            "another entry rates",
        ),
        (  # neither is key management by key
            ratings(
                [k for k in BUNDLED if k != "M.5"],
                2,
                M_6=described("Keys are in a drawer."),
                M_7=described("Keys are in a drawer."),
            ),
            {KEYS: None},
            {"progress.M.6", "progress.M.7"},
            "another entry rates",
        ),
        (  # cryptography came with 1.1.0
            ratings(BUNDLED, 2, G_4=described("Ciphers by the dozen.")),
            {"G.processes-and-procedures": None, "G.cryptography": None},
            {"progress.G.4"},
            "which PKIMM 1.0.0 lacks",
        ),
    ],
)
def test_a_description_names_its_category(progress, levels, refused, said, invented_texts):
    """
    It settles or contradicts the key, and says so; two claims leave the one that agrees.
    """
    loaded = read(progress)
    assert {key: loaded.assessment.answer(key).level for key in levels} == levels
    assert set(messages(loaded)) == refused
    assert any(said in problem.message for problem in loaded.problems)
    codes = {r["code"] for r in loaded.assessment.source.tool["reasons"]}
    assert codes == (set() if "descriptions" in said else {"read-elsewhere"})


def test_ratings_by_name_need_their_version():
    """
    Keys of model 2.0.0 without a dataVersion are in no data file.
    """
    with pytest.raises(SourceFormatError, match="no category of the web tool") as refused:
        read(ratings(["G.compliance", "R.awareness"]))
    assert "dataVersion" in refused.value.problems[-1].message


# --- levels and applicability ----------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "answer", "is_remarked"),
    [
        *(
            ({"level": 4, "applicability": yes}, rated(4), yes is not True)
            for yes in (True, "no", 1, [])
        ),
        *(
            ({"level": 4, "applicability": no}, not_applicable(set_aside_level=4), no is not False)
            for no in (False, None, 0, "", 0.0)
        ),
        ({"level": 4}, not_applicable(set_aside_level=4), True),
        ({"level": "4", "applicability": True}, rated(4), True),
    ],
)
def test_an_entry_is_read_as_javascript_reads_it(entry, answer, is_remarked):
    """
    The level of what does not apply is kept aside; a missing applicability is false.
    """
    loaded = read(ratings(NEWER, 3, G_1=entry))
    assert loaded.assessment.answers[STRATEGY] == answer
    assert [p.where for p in loaded.problems] == ["progress.G.1"] * is_remarked
    assert not loaded.is_partial


@pytest.mark.parametrize("level", [6, -2, 2.5, "three", "2.5", True, [3], 10**12, None])
def test_a_level_off_the_scale_is_refused_and_left_unanswered(level):
    """
    The message says what would be right; everything else is read.
    """
    loaded = read(ratings(NEWER, 3, G_1=level))
    assert len(loaded.assessment.answers) == 15
    assert "expected 1 to 5" in messages(loaded)["progress.G.1"]


def test_an_entry_that_is_no_rating_is_refused():
    """
    A bare number or text has neither level nor applicability.
    """
    loaded = read({**ratings(NEWER), "G.1": 3, "G.2": "3 - Advanced", "G.3": None})
    assert set(messages(loaded)) == {"progress.G.1", "progress.G.2", "progress.G.3"}


# --- figures of the tool ---------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "shown", "ours", "reason"),
    [
        # G weighs 5 4 2 3 5: at level 5 without the last, the tool has 70/19
        (ratings(NEWER, 5, G_5=0), 3, 5, "counts level 0"),
        (ratings(NEWER, 3, R_16={"level": 0, "applicability": False}), 3, 3, None),
        (ratings(NEWER, 3, G_1="three"), None, 3, "no whole numbers"),
        ({key: off() for key in NEWER}, 0, None, None),
    ],
)
def test_the_tool_shows_other_levels_for_a_reason(progress, shown, ours, reason):
    """
    It counts level 0 with its weight, and calculates with what is no level.
    """
    scores = score(read(progress).assessment)
    tool = tool_figures(scores)
    assert tool["modules"]["G"] == {"level": shown, "value": None}
    assert scores.modules["G"].level == ours
    assert [reason in said for said in tool["differs_because"]] == [True] * bool(reason)


def test_every_assessment_says_that_untouched_looks_like_level_1():
    """
    The wording is stronger where every single rating is level 1.
    """
    [some] = read(ratings(NEWER, 1, R_16=2)).assessment.caveats
    [fresh] = read(ratings(NEWER, 1, R_16=off())).assessment.caveats
    assert some.code == fresh.code == "untouched-is-level-1"
    assert "probably nothing was assessed" in fresh.message
    assert "probably" not in some.message


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
    assert {"%2B", "%2F"} <= {whole[i : i + 3] for i in range(len(whole))}
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
    "text",
    [
        f"{PAGE}#progress=%%%notbase64",
        f"{PAGE}#progress=e30%3D…",
        f"{PAGE}#progress=e",
        f"{PAGE}#progress=e25vdCBqc29u",
        f"{PAGE}#progress=W10%3D",
        f"{PAGE}#progress=MQ&assessmentName=",
        f"{PAGE}#progress=",
        f"{PAGE}#assessmentName=T25seSBhIG5hbWU%3D",
        PAGE,
        f"{PAGE}#progress=e30%3D&progress=W10",
        f"{PAGE}#progress=" + "A" * web_tool_link.MAX_LINK,
        f"{PAGE}#progress=" + "A" * 50_000_000,
    ],
    ids=lambda text: text[len(PAGE) :][:40],
)
def test_a_broken_link_ends_in_one_message_that_names_the_parameter(text):
    """
    Not base64, cut, not JSON, not a map, empty, missing, twice with different content, too long.
    """
    with pytest.raises(SourceFormatError) as refused:
        web_tool.read_link(text, "link")
    [problem] = refused.value.problems
    if len(text) > web_tool_link.MAX_LINK:
        assert "link is too large" in str(refused.value)
    else:
        assert "parameter progress" in problem.where
        assert "Nothing was imported" in str(refused.value)


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
    ("text", "is_link"),
    [
        (f"{PAGE}#progress=e30%3D", True),
        ("  https://tool.example/#progress=e30", True),
        ("progress=e30%3D&assessmentName=", True),
        ("#assessmentName=QQ&progress=e30", True),
        ("file:///tmp/tool.html#progress=e30", True),
        ("", False),
        ("progress:\n  G.1: {}", False),
        ('{"progress": {}}', False),
        ("key,level\nprogress,3", False),
        ("see https://tool.example/#progress=e30", False),
        ("https://tool.example/", False),
        ("C:\\files\\progress=1.yaml", False),
        ("a\tb#progress=e30", False),
    ],
)
def test_links_and_fragments_look_like_links_and_nothing_else(text, is_link):
    """
    Whatever the page is; not a YAML file, JSON, a table, a sentence, a page, a path.
    """
    assert web_tool.looks_like_link(text) is is_link


# --- YAML and browser storage ----------------------------------------------------


def test_a_yaml_file_is_read_like_the_link():
    """
    The same four keys, in UTF-8; texts that YAML could take for something else are quoted.
    """
    texts = {"assessmentName": "2024", "assessorName": "null", "useCaseDescription": "Ano 🔐"}
    text = write_yaml({"progress": ratings(SITE, 3, M_6=5), **texts})
    assert web_tool.looks_like_yaml_export(text)
    one = web_tool.read_yaml_export(b"\xef\xbb\xbf" + text.encode(), "progress.yaml").assessment
    assert one.source.kind == "web-tool-yaml-1"
    assert one.answers[CERTIFICATES].level == 5
    assert (one.use_case.name, one.assessor.name) == ("2024", "null")
    assert one.use_case.description == "Ano 🔐"


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
    "content",
    [
        *({}, {"progress": []}, {"progress": "x"}, {"assessmentData": "{oops"}),
        *({"a": 1}, {"G.1": 3}),
        *(b"", b"\xff\xfe\x00", b"progress: [1, 2", b"- progress\n- G.1", b"just text"),
        b"progress: &a {G.1: {b: *a}}",
        b"progress: " + b"{G.1: " * 60 + b"1" + b"}" * 60,
        b"progress: {G.1: {level: 3, applicability: true}, G.1: {level: 4}}",
        b"progress: {G.1: {level: 1e999, applicability: true}}",
    ],
    ids=str,
)
def test_what_is_no_record_ends_in_one_message(content):
    """
    JSON of another kind; a file that is no YAML map, too deep, or names a key twice.
    """
    is_file = isinstance(content, bytes)
    read_it = web_tool.read_yaml_export if is_file else web_tool.read_storage
    with pytest.raises(SourceFormatError) as refused:
        read_it(content, "the file")
    [problem] = refused.value.problems
    assert "the file" in problem.where


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
