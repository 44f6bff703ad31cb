"""
Changes against the model's YAML: the diff applies, and nothing else changes.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.wording import Change, ModelSource
from pkimm_analytics.yaml_text import read_yaml
from tests.official import SHARED, needs_shared

MODELS = SHARED / "pkimm" / "models"
INVENTED = """\
schemaVersion: 2.0.0
version: 9.0.0
modules:
- id: G
  name: Governance # a comment stays
  description: 'It''s a module'
  categories:
  - id: strategy
    weight: 5   # of ten
    name: Strategy
    description: |
      First line: äöü 🔑.

      Third line.
    levels:
    - {number: 1, name: Initial, description: one}
    - {number: 2, name: Foundational, description: two}
    - {number: 3, name: Advanced, description: "three: \\"quoted\\""}
    - {number: 4, name: Managed, description: four}
    - {number: 5, name: Optimized, description: five}
    requirements:
    - id: vision
      weight: 3
      description: Plain title
      guidance: >
        Folded
        text.
      assessment: |-
        - no line end
      references:
      - iso-27001
"""


@pytest.fixture
def source():
    """A small model file with every way to write a text."""
    return ModelSource(INVENTED, "pkimm-model-9.0.0.yaml")


def at(text, *path):
    """Value of a YAML text at a path."""
    value = read_yaml(text, "text")
    for part in path:
        value = value[part]
    return value


CATEGORY = ("modules", 0, "categories", 0)


@pytest.mark.parametrize(
    ("element", "field", "path"),
    [
        ("G", "name", ("modules", 0, "name")),
        ("G", "description", ("modules", 0, "description")),
        ("G.strategy", "name", (*CATEGORY, "name")),
        ("G.strategy", "description", (*CATEGORY, "description")),
        ("G.strategy", "level-3", (*CATEGORY, "levels", 2, "description")),
        ("G.strategy.vision", "description", (*CATEGORY, "requirements", 0, "description")),
        ("G.strategy.vision", "guidance", (*CATEGORY, "requirements", 0, "guidance")),
        ("G.strategy.vision", "assessment", (*CATEGORY, "requirements", 0, "assessment")),
    ],
)
@pytest.mark.parametrize(
    "value",
    ["Plain words", 'A "b": c # d', "it's – 日本語 🔑", "one\n\nthree", "- x", "true", "12:30"],
)
def test_a_new_text_is_read_back_as_it_was_given(source, element, field, path, value):
    """
    Whatever the text and however the file writes it; comments elsewhere stay.
    """
    if field == "name" and "\n" in value:
        value = "no line breaks in a name"
    text = source.changed([Change(element, field, value)])
    assert at(text, *path).strip() == value
    assert "# of ten" in text
    assert text.count("\n") >= INVENTED.count("\n") - 4


def test_a_weight_is_replaced_and_its_comment_stays(source):
    """
    The number changes, the blanks and the comment behind it do not.
    """
    text = source.changed([Change("G.strategy", "weight", "4")])
    assert "    weight: 4   # of ten\n" in text
    assert text.replace("weight: 4   #", "weight: 5   #") == INVENTED


def test_what_cannot_be_changed_is_named_and_nothing_is_changed(source):
    """
    An unknown element, a field that a module lacks, and one text changed twice.
    """
    changes = [
        Change("G.none", "name", "x"),
        Change("G", "weight", "3"),
        Change("G.strategy", "name", "one"),
        Change("G.strategy", "name", "two"),
    ]
    with pytest.raises(FeedbackError) as caught:
        source.changed(changes)
    assert [p.where for p in caught.value.problems] == [
        "G.none name",
        "G weight",
        "G.strategy name",
    ]


def test_no_change_is_no_diff(source):
    """
    The text that is there already, and no change at all.
    """
    assert source.diff([]) == ""
    assert source.diff([Change("G.strategy", "name", "Strategy")]) == ""


def test_a_file_without_a_last_line_end_and_one_of_another_system_stay_so():
    """
    The diff says so, and CRLF stays CRLF.
    """
    bare = ModelSource(INVENTED.rstrip("\n").replace("      - iso-27001", "      - last"), "m.yaml")
    assert "\\ No newline" in bare.diff([Change("G.strategy.vision", "assessment", "other")])
    windows = ModelSource(INVENTED.replace("\n", "\r\n"), "m.yaml")
    text = windows.changed([Change("G.strategy", "description", "one\ntwo")])
    assert text.count("\r\n") == text.count("\n")


@needs_shared
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
def test_every_text_of_the_official_files_is_found_and_can_be_changed(version):
    """
    All names, descriptions, levels, guidance, evidence and weights of an edition at once.
    """
    name = f"pkimm-model-{version}.yaml"
    source = ModelSource((MODELS / name).read_text("utf-8"), name)
    changes = []
    for module in source.model.modules:
        changes.append(Change(module.id, "description", f"New words of {module.id}."))
        for category in module.categories:
            fields = ["name", "description", *(f"level-{n}" for n in range(1, 6))]
            changes += [Change(category.key, f, f"New {f} of {category.key}.") for f in fields]
            changes.append(Change(category.key, "weight", "7"))
            for requirement in category.requirements:
                for field in ("description", "guidance", "assessment"):
                    if source.find(requirement.key, field) is not None:
                        changes.append(Change(requirement.key, field, f"New: {requirement.key}"))
    assert len(changes) > 250
    changed = ModelSource(source.changed(changes), name)
    for change in changes:
        found = changed.find(change.element, change.field)
        assert found is not None
        assert found.value.strip() == change.value
    assert changed.model.requirements.keys() == source.model.requirements.keys()


@needs_shared
@pytest.mark.parametrize("program", [["git", "apply", "-p1"], ["patch", "-p1", "-i"]])
@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
def test_the_diff_applies_to_the_official_file(tmp_path, program, version):
    """
    On a copy, with git and with patch; afterwards the file says what was decided.
    """
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not at hand")
    name = f"pkimm-model-{version}.yaml"
    shutil.copy(MODELS / name, tmp_path / name)
    source = ModelSource((tmp_path / name).read_text("utf-8"), name)
    keys = list(source.model.requirements)
    changes = [
        Change(keys[0], "guidance", "Said anew.\n\nIn two paragraphs – with “quotes”."),
        Change(keys[-1], "description", "The last title: changed"),
        Change("M.key-management", "level-3", "Keys are listed and owned."),
    ]
    (tmp_path / "wording.diff").write_text(source.diff(changes), "utf-8")
    subprocess.run([*program, "wording.diff"], cwd=tmp_path, check=True, capture_output=True)
    applied = (tmp_path / name).read_text("utf-8")
    assert applied == source.changed(changes)
    after = ModelSource(applied, name)
    assert after.find(keys[0], "guidance").value.strip() == changes[0].value
    untouched = source.find(keys[1], "guidance").value
    assert after.find(keys[1], "guidance").value == untouched
