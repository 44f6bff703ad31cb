"""The shipped editions: their structure is pinned, their words are there."""

import hashlib
import json

import pytest
import yaml

from pkimm_analytics.model import (
    LEVELS,
    comparability,
    counted_edition,
    differences,
    load_extension,
    load_model,
)
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model, shipped_versions
from tests.official import SHARED, needs_shared

STRUCTURE = {
    # version: categories, requirements, weight of all categories, digest of the structure
    "1.0.0": (15, 72, 47),
    "1.1.0": (16, 78, 52),
    "2.0.0": (16, 77, 52),
    "2.0.0-draft": (16, 76, 52),
}

PINNED = {
    "1.0.0": "4bbd339e941ec27b",
    "1.1.0": "005807ad000d45e9",
    "2.0.0": "b4cae80a54106728",
    "2.0.0-draft": "9c5b0e447600d8a3",
}

SHORTENED = {
    "G.compliance.compliance-monitoring",
    "G.compliance.compliance-responsibilities",
    "G.compliance.regulatory-inventory",
    "G.policies-and-documentation.policy-scope",
    "G.processes-and-procedures.process-scope",
    "M.change-management-and-agility.change-policy",
    "M.key-management.cipher-suites-and-protocols",
    "M.key-management.key-lifecycle",
    "M.key-management.key-mgmt-roles",
    "O.monitoring-and-auditing.critical-event-alerting",
    "O.monitoring-and-auditing.logging-requirements",
}


@pytest.mark.parametrize("version", STRUCTURE)
def test_an_edition_has_the_published_number_of_elements(version):
    """
    Fifteen or sixteen categories, 72, 78 or 77 requirements; a draft of 2.0.0 has 76.
    """
    model = shipped_model(version)
    assert (
        len(model.categories),
        len(model.requirements),
        sum(c.weight for c in model.categories.values()),
    ) == STRUCTURE[version]


@pytest.mark.parametrize("version", STRUCTURE)
def test_ids_keys_weights_and_names_are_pinned(version):
    """
    A change of any id, key, weight or name changes this digest.
    """
    model = shipped_model(version)
    rows = [
        (
            native,
            key,
            model.name(key),
            getattr(model.categories.get(key) or model.requirements.get(key), "weight", 0),
        )
        for native, key in model.native.items()
    ]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
    assert digest == PINNED[version]


@needs_shared
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0-draft"])
def test_the_structure_equals_the_official_file(version):
    """
    Same ids, same order, same weights; names too, but for the long titles we shortened.
    """
    text = (SHARED / "pkimm" / "models" / f"pkimm-model-{version[:5]}.yaml").read_text(
        encoding="utf-8"
    )
    official = read_definition(text, version)
    shipped = shipped_model(version)
    assert official.digest == shipped.digest
    differing = {k for k in shipped.keys if shipped.name(k) != official.name(k)}
    assert differing <= SHORTENED
    assert official.level_names == shipped.level_names
    assert list(yaml.safe_load(text))  # the file is the one that was meant


@needs_shared
@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("model-2.0.0-77.yaml", load_model("2.0.0")),
        ("extension-pqc-0.6.0-structure.yaml", load_extension("pqc", "0.6.0")),
    ],
)
def test_what_was_released_later_has_its_structure(name, shipped):
    """
    Ids, order, weights and overlays, without the words.
    """
    text = (SHARED / "field-cases" / "models" / name).read_text(encoding="utf-8")
    assert read_definition(text, name).digest == shipped.digest


def test_the_released_edition_adds_one_requirement_to_its_draft():
    """
    Its weight awaits confirmation, and the edition says so; nothing else differs.
    """
    draft, released = shipped_model("2.0.0-draft"), shipped_model("2.0.0")
    assert draft.is_archived
    assert [(d.change, d.key) for d in differences(draft, released)] == [
        ("added", "G.policies-and-documentation.validation-requirements")
    ]
    assert "awaits confirmation" in released.notes[0]
    assert comparability("G.policies-and-documentation", draft, released)[0] == "with care"
    assert comparability("G.compliance", draft, released) == ("yes", "")
    assert counted_edition(draft) == (released, draft.keys)
    assert counted_edition(released) == (released, released.keys)


@needs_shared
@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_the_pqc_extension_equals_the_official_file(version):
    """
    Same relevance weights and overlays in both published versions.
    """
    path = SHARED / "pkimm" / "extensions" / f"pqc-extension-{version}.yaml"
    official = read_definition(path.read_text(encoding="utf-8"), path.name)
    assert official.digest == load_extension("pqc", version).digest


@pytest.mark.parametrize("version", STRUCTURE)
def test_every_category_has_five_different_level_texts(version):
    """
    An assessor can tell the levels apart.
    """
    for category in shipped_model(version).categories.values():
        assert len(set(category.levels)) == len(LEVELS)
        assert all(len(text) > 40 for text in category.levels)


@pytest.mark.parametrize("version", STRUCTURE)
def test_every_requirement_has_guidance_and_evidence(version):
    """
    No requirement stands there with its title alone.
    """
    for requirement in shipped_model(version).requirements.values():
        assert len(requirement.guidance) > 80, requirement.key
        assert len(requirement.evidence) >= 2, requirement.key


def test_no_two_requirements_share_their_guidance():
    """
    The texts are written for the requirement, not filled in.
    """
    model = load_model("1.1.0")
    texts = [r.guidance for r in model.requirements.values()]
    assert len(set(texts)) == len(texts)


def test_the_extension_describes_every_level_of_every_relevance():
    """
    Each covered category has five texts and questions to ask.
    """
    for extension in shipped_extensions():
        for relevance in extension.relevance.values():
            assert len(relevance.levels) == 5
            assert relevance.questions


def test_every_version_is_shipped_with_its_source():
    """
    Each definition states where its facts come from.
    """
    for version in shipped_versions():
        assert "PKI Consortium" in shipped_model(version).source
