"""Reading the consortium's files: what is accepted, what is refused and how that is said."""

import copy

import pytest

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.errors import ModelError, PkimmError
from pkimm_analytics.model import (
    add_definition,
    assumed_edition,
    differences,
    fitting_editions,
    load_extension,
    load_model,
    mapping_note,
    models,
)
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.scoring import score
from pkimm_analytics.yaml_text import write_yaml


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


def with_one_more(document):
    """Add a requirement that a made-up edition has."""
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
    shipped = load_model("2.0.0")
    added = add_definition(write_yaml(with_one_more(file_2_0)).encode(), "more.yaml")
    assert added.edition.requirements == shipped.edition.requirements + 1
    assert "G.policies-and-documentation.validation" in added.notes[0]
    assert {added.digest, shipped.digest} <= {m.digest for m in models() if m.version == "2.0.0"}
    assert load_model("2.0.0", shipped.digest) == shipped


def test_an_installed_file_wins_over_the_shipped_edition_of_its_version(file_2_0):
    """
    The newest of several, and always: for new assessments and where nothing else decides.
    """
    shipped = load_model("2.0.0")
    lighter = copy.deepcopy(file_2_0)
    lighter["modules"][0]["categories"][0]["weight"] = 1
    for document in (lighter, with_one_more(file_2_0)):
        added = add_definition(write_yaml(document).encode(), "official.yaml")
        assert load_model() == load_model("2.0.0") == added
        assert fitting_editions("2.0.0", ["G.compliance"])[0] == added
    assert shipped.digest in {m.digest for m in fitting_editions("2.0.0", ["G.compliance"])}
    add_definition(write_yaml(lighter).encode(), "official.yaml")
    assert load_model().categories["G.strategy-and-vision"].weight == 1


def test_the_keys_of_a_source_choose_the_edition(file_2_0):
    """
    A key that only one edition has decides; a source that names all of its elements too.
    """
    shipped = load_model("2.0.0")
    added = add_definition(write_yaml(with_one_more(file_2_0)).encode(), "more.yaml")
    new = "G.policies-and-documentation.validation"
    assert fitting_editions("2.0.0", [new, "G.compliance"]) == (added,)
    every = [*shipped.categories, *shipped.requirements]
    assert [m.digest for m in fitting_editions("2.0.0", every, complete=True)] == [shipped.digest]
    several = fitting_editions("2.0.0", ["G.compliance"])
    remark = assumed_edition(several)
    assert not remark.refused
    assert all(model.digest[:19] in remark.message for model in several)
    assert assumed_edition(several[:1]) is None


def test_an_unknown_edition_with_stable_ids_is_mapped_by_id_and_says_so(file_2_0):
    """
    The crosswalk was not made with it.
    """
    shipped = load_model("2.0.0")
    added = add_definition(write_yaml(with_one_more(file_2_0)).encode(), "more.yaml")
    assert "stable ids" in mapping_note(shipped, added)
    assert [d.key for d in differences(shipped, added)] == [
        "G.policies-and-documentation.validation"
    ]


def test_our_words_against_official_ones_are_no_change(file_2_0):
    """
    Of two official files, other titles and texts are.
    """
    shipped, document = load_model("2.0.0"), copy.deepcopy(file_2_0)
    document["version"] = "2.0.1"
    category = document["modules"][0]["categories"][0]
    category["name"], category["description"] = "STRATEGY", "Other words."
    first = read_definition(write_yaml(document), "2.0.1.yaml")
    assert differences(shipped, first) == []
    second = read_definition(write_yaml(file_2_0), "2.0.0.yaml")
    changes = [(d.change, d.key, d.after) for d in differences(second, first)]
    key = "G.strategy-and-vision"
    assert changes == [("renamed", key, "STRATEGY"), ("reworded", key, key)]


@pytest.mark.parametrize("weights", [(0, 3), (1000, 25_000), (10**9, 7)])
def test_any_weight_that_the_official_schema_allows_is_installed(file_2_0, weights):
    """
    None at all, and large ones.
    """
    first, second = file_2_0["modules"][0]["categories"][:2]
    first["weight"] = first["requirements"][0]["weight"] = weights[0]
    second["requirements"][0]["weight"] = weights[1]
    del second["levels"][0]["description"], file_2_0["modules"][1]["categories"][0]["requirements"]
    second["levels"][0]["description"] = "Put together."
    added = add_definition(write_yaml(file_2_0).encode(), "weights.yaml")
    assert next(iter(added.categories.values())).weight == weights[0]
    assert added.categories["M.key-management"].requirements == ()
    answers = {r.key: rated(2) for r in added.categories["G.strategy-and-vision"].requirements}
    scores = score(Assessment(model=added.edition, mode=Mode.FULL, answers=answers))
    assert scores.categories["G.strategy-and-vision"].value == 2
    assert scores.overall.value == (2 if weights[0] else None)


def test_an_extension_that_names_unknown_elements_is_installed_and_says_so():
    """
    Named ids of an edition that is not at hand change nothing; numbers mean nothing.
    """
    head = {"id": "made-up", "name": "Made up", "version": "1.0.0", "compatibility": ["2.0.0"]}
    change = {"type": "addition", "addition": 1}
    categories = [{"id": "compliance", **change}, {"id": "quantum-rooms", **change}]
    file = {
        "schemaVersion": "1.0.0",
        "extension": head,
        "relevance": {},
        "overlays": {"modules": [{"id": "G", "categories": categories}]},
    }
    added = add_definition(write_yaml(file).encode(), "extension.yaml")
    assert "G.quantum-rooms" in added.notes[0]
    assert load_extension("made-up").overlays["G.compliance"].value == 1
    categories[1]["id"] = "77"
    with pytest.raises(ModelError) as caught:
        read_definition(write_yaml(file), "extension.yaml")
    assert [p.where for p in caught.value.problems] == ["G.77"]
    categories[1] = {"id": "compliance", "type": "addition", "override": 1}
    with pytest.raises(ModelError) as caught:
        read_definition(write_yaml(file), "extension.yaml")
    assert "only value" in caught.value.problems[0].message


def test_a_home_that_cannot_be_written_is_our_error(file_2_0, tmp_path, monkeypatch):
    """
    As on a full disk: nothing is installed, and the message says what to set.
    """
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="Nothing was installed") as caught:
        add_definition(write_yaml(file_2_0).encode(), "official.yaml")
    assert "PKIMM_HOME" in caught.value.problems[0].message


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
    assert "categories.0.name" in caught.value.problems[1].where


def test_repeated_ids_and_disordered_levels_are_refused(file_2_0):
    """
    What a plain schema cannot say is checked too.
    """
    twice, disordered = copy.deepcopy(file_2_0), copy.deepcopy(file_2_0)
    categories = twice["modules"][0]["categories"]
    categories[1]["id"] = categories[0]["id"]
    disordered["modules"][0]["categories"][2]["levels"].reverse()
    for document, said in ((twice, "used 2 times"), (disordered, "levels 1 to 5 in order")):
        with pytest.raises(ModelError) as caught:
            read_definition(write_yaml(document), "broken.yaml")
        assert all(said in p.message for p in caught.value.problems)


def test_nothing_is_installed_if_the_file_is_refused(tmp_path):
    """
    A refused file leaves no trace.
    """
    with pytest.raises(PkimmError):
        add_definition(b"version: 9.9.9\n", "other.yaml")
    assert not list(tmp_path.rglob("*.yaml"))
