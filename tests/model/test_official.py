"""Reading the consortium's files: what is accepted, what is refused and how that is said."""

import copy

import pytest

from pkimm_analytics.errors import ModelError, PkimmError, SourceFormatError
from pkimm_analytics.model import (
    add_definition,
    differences,
    find_model,
    load_model,
    mapping_note,
    models,
    rival_editions,
)
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.model.yaml_text import read_yaml, write_yaml


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))


def as_file(model, *, schema="2.0.0"):
    """Write an edition in the shape of the official files, in our own words."""
    return {
        "schemaVersion": schema,
        "version": model.version,
        "modules": [
            {
                "id": m.id,
                "name": m.name,
                "description": m.description,
                "categories": [
                    {
                        "id": c.native_id.split(".")[1],
                        "weight": c.weight,
                        "name": c.name,
                        "description": c.description,
                        "levels": [
                            {"number": n, "name": model.level_name(n), "description": text}
                            for n, text in enumerate(c.levels, 1)
                        ],
                        "requirements": [
                            {
                                "id": r.native_id.split(".")[2],
                                "weight": r.weight,
                                "description": r.title,
                                "guidance": r.guidance,
                                "assessment": "\n".join(r.evidence),
                                "references": [x.id for x in r.references],
                            }
                            for r in c.requirements
                        ],
                    }
                    for c in m.categories
                ],
            }
            for m in model.modules
        ],
    }


@pytest.fixture
def file_2_0():
    """An edition 2.0.0 as a file."""
    return as_file(load_model("2.0.0"))


def with_77(document):
    """Add the requirement that the made-up edition has."""
    document = copy.deepcopy(document)
    document["modules"][0]["categories"][1]["requirements"].append(
        {"id": "validation", "weight": 2, "description": "Certificates are validated"}
    )
    return document


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
def test_a_file_of_either_generation_is_read_with_its_structure(version):
    """
    Numbered ids and named ids end up under the same keys.
    """
    model = load_model(version)
    schema = "2.0.0" if version == "2.0.0" else "1.0.0"
    read = read_definition(write_yaml(as_file(model, schema=schema)), "model.yaml")
    assert read.digest == model.digest
    assert read.notes == ()


def test_an_edition_with_one_requirement_more_is_an_edition_of_its_own(file_2_0):
    """
    Both are called 2.0.0; the digest tells them apart and the note names the addition.
    """
    added = add_definition(write_yaml(with_77(file_2_0)).encode(), "77.yaml")
    assert added.edition.requirements == 77
    assert added.digest != load_model("2.0.0").digest
    assert "G.policies-and-documentation.validation" in added.notes[0]
    assert {m.digest for m in models() if m.version == "2.0.0"} == {
        added.digest,
        load_model("2.0.0").digest,
    }


def test_an_edition_is_found_by_the_keys_of_a_source(file_2_0):
    """
    Only the larger edition has the new requirement; without it the shipped one is meant.
    """
    added = add_definition(write_yaml(with_77(file_2_0)).encode(), "77.yaml")
    new = "G.policies-and-documentation.validation"
    assert find_model("2.0.0", [new, "G.compliance"]).digest == added.digest
    assert find_model("2.0.0", ["G.compliance"]).digest == load_model("2.0.0").digest


def test_an_edition_with_the_same_elements_and_other_weights_is_a_rival(file_2_0):
    """
    Keys alone cannot choose between two such editions; an edition with more keys is no rival.
    """
    shipped = load_model("2.0.0")
    add_definition(write_yaml(with_77(file_2_0)).encode(), "77.yaml")
    assert rival_editions(shipped, ["G.compliance"]) == ()
    other = copy.deepcopy(file_2_0)
    other["modules"][0]["categories"][0]["requirements"][0]["weight"] = 5
    added = add_definition(write_yaml(other).encode(), "weights.yaml")
    assert added.digest != shipped.digest
    assert [m.digest for m in rival_editions(shipped, ["G.compliance"])] == [added.digest]


def test_a_file_of_too_many_values_is_refused_before_it_fills_the_memory():
    """
    Three megabytes of small maps would cost half a gigabyte.
    """
    text = "a:\n" + "- {b: 1}\n" * 150_000
    with pytest.raises(SourceFormatError, match="too many values"):
        read_yaml(text, "many.yaml")


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: 1\nb: " + "[" * 50])
def test_aliases_and_deep_nesting_are_named_with_their_line(text):
    """
    One problem, its place is the line, and its message is one sentence.
    """
    with pytest.raises(SourceFormatError) as refused:
        read_yaml(text, "odd.yaml")
    (problem,) = refused.value.problems
    assert problem.where == "odd.yaml, line 2"
    assert "\n" not in problem.message


def test_an_unknown_edition_with_stable_ids_is_mapped_by_id_and_says_so(file_2_0):
    """
    The crosswalk was not made with it.
    """
    added = add_definition(write_yaml(with_77(file_2_0)).encode(), "77.yaml")
    assert "stable ids" in mapping_note(load_model("2.0.0"), added)
    assert [d.key for d in differences(load_model("2.0.0"), added)] == [
        "G.policies-and-documentation.validation"
    ]


def test_the_official_words_replace_ours_once_installed(file_2_0):
    """
    Same structure, other words: the installed ones are shown.
    """
    document = copy.deepcopy(file_2_0)
    document["modules"][0]["categories"][0]["levels"][0]["description"] = "Other words."
    add_definition(write_yaml(document).encode(), "official.yaml")
    model = load_model("2.0.0")
    assert model.official
    assert model.categories["G.strategy-and-vision"].levels[0] == "Other words."


def test_every_problem_is_reported_with_its_line(file_2_0):
    """
    Two mistakes give two problems, not one.
    """
    document = copy.deepcopy(file_2_0)
    document["modules"][0]["categories"][0]["weight"] = "heavy"
    del document["modules"][1]["categories"][0]["name"]
    with pytest.raises(ModelError) as caught:
        read_definition(write_yaml(document), "broken.yaml")
    assert len(caught.value.problems) == 2
    assert all("broken.yaml, line " in p.where for p in caught.value.problems)
    assert "whole number" in caught.value.problems[0].message
    assert "'name' is missing" in caught.value.problems[1].message


def test_repeated_ids_and_disordered_levels_are_refused(file_2_0):
    """
    What a schema cannot say is checked too.
    """
    document = copy.deepcopy(file_2_0)
    categories = document["modules"][0]["categories"]
    categories[1]["id"] = categories[0]["id"]
    categories[2]["levels"].reverse()
    with pytest.raises(ModelError) as caught:
        read_definition(write_yaml(document), "broken.yaml")
    messages = " ".join(p.message for p in caught.value.problems)
    assert "used 2 times" in messages
    assert "levels 1 to 5 in order" in messages


def test_nothing_is_installed_if_the_file_is_refused(tmp_path):
    """
    A refused file leaves no trace.
    """
    with pytest.raises(PkimmError):
        add_definition(b"version: 9.9.9\n", "other.yaml")
    assert not list(tmp_path.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("a: 1\na: 2\n", "twice"),
        ("[" * 60, "nests too deeply"),
        ("a: [", "readable as YAML"),
        ("? [1]\n: 2\n", "key is not text"),
    ],
)
def test_dangerous_yaml_is_refused(text, said):
    """
    Aliases that expand, repeated keys and endless nesting end in one message.
    """
    with pytest.raises(SourceFormatError) as caught:
        read_yaml(text, "x.yaml")
    assert said in str(caught.value)


def test_words_that_older_yaml_takes_for_other_things_stay_text():
    """
    Only true, false, null and plain numbers have a type.
    """
    text = "a: no\nb: 12:30\nc: 2026-01-02\nd: true\ne: 3\nf: 1.5\ng: ~\nh: 0x1F\ni: .inf\n"
    assert read_yaml(text, "x") == {
        "a": "no",
        "b": "12:30",
        "c": "2026-01-02",
        "d": True,
        "e": 3,
        "f": 1.5,
        "g": None,
        "h": "0x1F",
        "i": ".inf",
    }
