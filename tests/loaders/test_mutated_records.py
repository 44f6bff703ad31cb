"""
Records of the web tool, changed at random: what is read is what they say, or it is named.

The reading to compare with is written here anew, from the published description of the
format, and shares nothing with the package. ``PKIMM_EXAMPLES=2000`` tries as many of each form.
"""

from __future__ import annotations

import copy
import os
import random
from typing import Any

import pytest

from pkimm_analytics.assessment import State
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders import web_tool
from pkimm_analytics.loaders.web_tool.numbering import data_files
from pkimm_analytics.model import load_model
from pkimm_analytics.yaml_text import write_yaml
from tests.loaders.invented_web_tool import BUNDLED, NEWER, SITE, link_1, link_2, rating, record

EXAMPLES = int(os.environ.get("PKIMM_EXAMPLES", "100"))
MODEL = load_model("2.0.0")
ODD_LEVELS = [0, 6, -1, 2.5, "3", " 4 ", "four", "", True, None, [3], {"level": 3}, 10**20]
ODD_FLAGS = [False, None, 0, 1, "false", "", "no", [], "missing"]
ODD_KEYS = ["G.1", "M.6", "O.9", "G.compliance ", "g.compliance", "pqc.G.compliance", "X.1", ""]


def said(entry: Any, *, first: bool) -> tuple[str, int | None] | None:
    """State and level that an entry plainly says; None where it is odd, so a word is due."""
    if not isinstance(entry, dict):
        return None
    level, applies = entry.get("level"), entry.get("applicability", None if first else True)
    if not isinstance(applies, bool):
        return None
    if not applies:
        return "not_applicable", None
    if (level is None and not first) or (level == 0 and type(level) is int):
        return "unanswered", None
    return ("rated", level) if type(level) is int and 1 <= level <= 5 else None


def mutated(document: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Copy of a map of ratings with a few entries changed, renamed, taken out or added."""
    changed = copy.deepcopy(document)
    for _ in range(dice.randint(1, 4)):
        key = dice.choice([*changed]) if changed else "G.1"
        entry = changed.get(key)
        action = dice.choice(["level", "flag", "entry", "rename", "drop", "add"])
        if action == "level" and isinstance(entry, dict):
            entry["level"] = dice.choice(ODD_LEVELS)
        elif action == "flag" and isinstance(entry, dict):
            entry["applicability"] = dice.choice(ODD_FLAGS)
            if entry["applicability"] == "missing":
                del entry["applicability"]
        elif action == "entry":
            changed[key] = dice.choice([3, "3", None, [], {}])
        elif action == "rename":
            changed[dice.choice(ODD_KEYS)] = changed.pop(key, None)
        elif action == "drop":
            changed.pop(key, None)
        else:
            changed[dice.choice(ODD_KEYS)] = rating(dice.randint(1, 5))
    return changed


def check(loaded: Any, ratings: dict[str, Any], meaning: dict[str, str], *, first: bool) -> None:
    """Check that every entry is read as it says, or is named."""
    answers = loaded.assessment.answers
    places = [problem.where for problem in loaded.problems]
    nameless = sum("no id" in where for where in places)
    for key, entry in ratings.items():
        plain = said(entry, first=first)
        element = meaning.get(key)
        if f"progress.{key}" in places or f"requirementProgress.{key}" in places:
            continue
        if element is None or plain is None:
            assert nameless, (key, entry)
            continue
        answer = answers.get(element)
        state, level = (answer.state, answer.level) if answer else (State.UNANSWERED, None)
        assert (str(state), level) == plain, (key, entry)
    assert len(answers) <= len(ratings)


def attempt(read: Any) -> Any:
    """Return what is read; None if the whole is refused with our own error."""
    try:
        return read()
    except PkimmError:
        return None


@pytest.mark.parametrize("form", ["storage", "yaml", "link"])
def test_nothing_of_a_changed_record_of_the_2_0_generation_is_read_otherwise_in_silence(form):
    """
    Levels of categories and requirements of a full assessment.
    """
    dice = random.Random(f"2 {form}")  # noqa: S311  # examples, no secrets
    meaning = {key: key for key in (*MODEL.categories, *MODEL.requirements)}
    n_read = 0
    for _ in range(EXAMPLES):
        progress = mutated({key: rating(dice.randint(0, 5)) for key in MODEL.categories}, dice)
        own = {key: rating(dice.randint(0, 5)) for key in MODEL.requirements}
        requirements = {} if form == "link" else mutated(own, dice)
        document = record(progress, requirementProgress=requirements)
        if form == "storage":
            loaded = attempt(lambda d=document: web_tool.read_storage(d, "storage"))
        elif form == "yaml":
            text = write_yaml(document).encode()
            loaded = attempt(lambda t=text: web_tool.read_yaml_export(t, "file"))
        else:
            link = link_2(progress)
            loaded = attempt(lambda t=link: web_tool.read_link(t, "link"))
        if loaded is not None:
            n_read += 1
            check(loaded, progress | requirements, meaning, first=False)
    assert n_read > EXAMPLES / 2


@pytest.mark.parametrize("form", ["storage", "yaml", "link"])
def test_nothing_of_a_changed_map_of_1_0_is_read_otherwise_in_silence(form):
    """
    Whichever of the three numberings it has.
    """
    dice = random.Random(f"1 {form}")  # noqa: S311  # examples, no secrets
    n_read = 0
    for _ in range(EXAMPLES):
        keys = dice.choice([BUNDLED, NEWER, SITE])
        progress = mutated({key: rating(dice.randint(1, 5)) for key in keys}, dice)
        document = {"progress": progress}
        if form == "storage":
            loaded = attempt(lambda d=document: web_tool.read_storage(d, "storage"))
        elif form == "yaml":
            text = write_yaml(document).encode()
            loaded = attempt(lambda t=text: web_tool.read_yaml_export(t, "file"))
        else:
            link = link_1(progress)
            loaded = attempt(lambda t=link: web_tool.read_link(t, "link"))
        if loaded is None:
            continue
        n_read += 1
        detail = loaded.assessment.source.detail
        if "not known" in detail or "assumed" in detail:
            continue  # which is said, and other tests hold what is read then
        names = {file.id: dict(file.keys) for file in data_files()}
        check(loaded, progress, names[detail.rsplit(", ", 1)[1]], first=True)
    assert n_read > EXAMPLES / 2
