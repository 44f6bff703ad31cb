"""
Feedback from the terminal: a form export becomes a meeting pack, issues and a diff.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.feedback import open_feedback
from tests.official import SHARED, needs_shared

HEADER = (
    "Timestamp,Email Address,Your role,Which part?,How clear is it?,Is the weight right?,Comment"
)
CANARY = "SECRETWORD <script>alert(1)</script> =1+1 @octocat"
ROWS = [
    f"2026-11-{1 + i % 28:02},person{i}@mail.example,Vendor,"
    f"M.key-management.key-inventory,{1 + i % 5},Too low,"
    for i in range(14)
]
FORM = "\n".join([HEADER, *ROWS, ROWS[0].replace("person0", "writer") + f'"{CANARY}"']) + "\n"


def run(*arguments):
    """Run a command and return its result."""
    return CliRunner().invoke(app, ["feedback", *map(str, arguments)])


@pytest.fixture
def form(tmp_path):
    """A small form export."""
    path = tmp_path / "form.csv"
    path.write_text(FORM, "utf-8")
    return path


@pytest.fixture
def place(tmp_path, form):
    """A feedback place with the form imported."""
    folder = tmp_path / "feedback"
    assert run("import", form, "-f", folder, "--round", "2026Q4").exit_code == 0
    return folder


def written_by(place):
    """Id of the comment that holds text."""
    comments = open_feedback(place).comments()
    return comments[comments["text"].notna()]["id"].iloc[0]


def test_the_same_form_twice_adds_nothing(place, form):
    """
    And says so, as one JSON document.
    """
    result = run("import", form, "-f", place, "--round", "2026Q4", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["sources"][0] | {"added": 0, "known": 15} == document["sources"][0]


def test_a_bad_form_is_listed_and_kept_aside_and_its_good_rows_are_added(tmp_path):
    """
    Status 1, places on standard error, no word of anybody in any message.
    """
    bad = tmp_path / "bad.csv"
    bad.write_text(FORM.replace(",1,Too low", ",17,Too low", 1), "utf-8")
    result = run("import", bad, "-f", tmp_path / "f", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["sources"][0]["added"] == 15
    assert "bad.csv!E2" in [p["where"] for p in document["problems"]]
    assert "SECRETWORD" not in result.output
    assert "mail.example" not in result.output
    kept = list((tmp_path / "f" / "private" / "quarantine").iterdir())
    assert len(kept) == 2


def test_a_file_that_is_none_of_these_is_refused_without_a_traceback(tmp_path):
    """
    Nothing is added.
    """
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04broken")
    result = run("import", bad, "-f", tmp_path / "f")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert open_feedback(tmp_path / "f").comments().empty


def test_names_are_kept_only_where_that_was_asked_for(tmp_path, form, place):
    """
    Without the option, no file of the place holds an address.
    """
    assert open_feedback(place).contacts() == []
    everything = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert b"mail.example" not in everything
    run("import", form, "-f", tmp_path / "kept", "--keep-contacts")
    assert len(open_feedback(tmp_path / "kept").contacts()) == 15


def test_a_column_map_is_proposed_corrected_and_used(tmp_path, form):
    """
    The comment is set to be ignored, so nothing is said in words.
    """
    target = tmp_path / "map.yaml"
    assert run("columns", form, "--out", target).exit_code == 0
    text = target.read_text("utf-8")
    target.write_text(text.replace("field: text", "field: ignore"), "utf-8")
    result = run("import", form, "-f", tmp_path / "f", "--columns", target)
    assert result.exit_code == 0
    assert open_feedback(tmp_path / "f").comments()["text"].isna().all()
    assert json.loads(run("columns", form, "--json").stdout)["columns"][6]["field"] == "text"


def test_a_summary_is_for_analysts_and_holds_no_text(place):
    """
    One document, without a word of any respondent.
    """
    result = run("summarize", "-f", place, "--json")
    document = json.loads(result.stdout)
    assert document["coverage"]["respondents"] == 15
    assert "SECRETWORD" not in result.output


def test_the_public_summary_withholds_and_prints_bands(place):
    """
    Fifteen respondents are a band; nothing of the text, no exact number.
    """
    result = run("summarize", "-f", place, "--public")
    document = json.loads(result.stdout)
    assert document["respondents"] == "15-19"
    element = document["elements"]["M.key-management.key-inventory"]
    assert element["clarity"]["n"] == "15-19"
    assert element["relevance"] is None
    assert "SECRETWORD" not in result.output


@pytest.mark.parametrize("form_", ["html", "md"])
def test_the_pack_quotes_and_escapes(tmp_path, place, form_):
    """
    The comment is shown as text in every format, and no page asks for anything.
    """
    target = tmp_path / f"pack.{form_}"
    result = run("pack", "-f", place, "--out", target)
    assert result.exit_code == 0, result.output
    text = target.read_text("utf-8")
    assert "SECRETWORD" in text
    assert "<script>alert" not in text
    assert "mail.example" not in text
    assert "SECRETWORD" not in result.output


def test_decisions_are_added_from_a_file_all_or_none(tmp_path, place):
    """
    The second of two is not valid, so the first is not made either.
    """
    id_ = written_by(place)
    other = open_feedback(place).comments()["id"].iloc[1]
    file = tmp_path / "decisions.json"
    file.write_text(
        json.dumps(
            [
                {"comment": id_[:10], "disposition": "accepted"},
                {"comment": other, "disposition": "rejected"},
            ]
        )
    )
    result = run("decide", "-f", place, "--file", file)
    assert result.exit_code == 1
    assert "decision 2, reason" in result.output
    assert open_feedback(place).decisions().empty
    file.write_text(json.dumps([{"comment": id_[:10], "disposition": "accepted"}]))
    assert run("decide", "-f", place, "--file", file).exit_code == 0
    assert len(open_feedback(place).decisions()) == 1


@pytest.mark.parametrize("arguments", [[], ["00000000"], ["00000000", "accepted"]])
def test_a_decision_about_nothing_is_refused(place, arguments):
    """
    No comment, no disposition, and a comment that is not there.
    """
    assert run("decide", *arguments, "-f", place).exit_code == 1


@needs_shared
def test_accepted_comments_become_issues_and_a_diff_that_applies(tmp_path, place):
    """
    From a decision to the next edition, on a copy of the official file.
    """
    id_ = written_by(place)
    other = open_feedback(place).comments()["id"].iloc[0]
    text = "Keys of test systems belong in the inventory."
    run("decide", id_[:8], "accepted", "-f", place, "--field", "guidance", "--value", text)
    run("decide", other[:8], "accepted", "-f", place, "--field", "weight", "--value", "5")
    name = "pkimm-model-2.0.0.yaml"
    copy = tmp_path / "model" / name
    copy.parent.mkdir()
    copy.write_bytes((SHARED / "pkimm" / "models" / name).read_bytes())
    out = tmp_path / "changes"
    result = run("export", "-f", place, "--out", out, "--model", copy, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["wording"], document["weights"]) == (1, 1)
    git = shutil.which("git") or "git"
    subprocess.run([git, "apply", str(out / "wording.diff")], cwd=copy.parent, check=True)
    assert text in copy.read_text("utf-8")
    issue = (out / "issues" / f"{id_[:8]}.md").read_text("utf-8")
    assert "SECRETWORD" in issue
    assert "<script>" not in issue
    assert "@octocat" not in issue
    assert text.replace(".", "\\.") in issue
    weights = (out / "weights.md").read_text("utf-8")
    assert "key\\-inventory" in weights
    done = run("decide", id_[:8], "done", "-f", place, "--edition", "2.1.0")
    assert done.exit_code == 0
    assert run("export", "-f", place, "--out", out, "--json").exit_code == 0


def test_an_empty_place_has_nothing_to_summarize(tmp_path):
    """
    Status 1 and a sentence, for analysts and for everybody.
    """
    for options in ([], ["--public"], ["--json"]):
        result = run("summarize", "-f", tmp_path / "none", *options)
        assert result.exit_code == 1
        assert "Traceback" not in result.output
