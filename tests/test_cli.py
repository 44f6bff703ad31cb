"""The commands as a user types them: what they print, where, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import Assessment, Mode, UseCase, rated
from pkimm_analytics.cli import app
from pkimm_analytics.model import load_model
from tests.official import CONFORMANCE, SHARED, needs_shared

KEYS = [
    "format",
    "source",
    "model",
    "mode",
    "overall",
    "modules",
    "categories",
    "extensions",
    "tool",
    "problems",
]


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run():
    """Run a command and give back its exit status and both outputs."""

    def command(*arguments, **options):
        return CliRunner().invoke(app, [str(a) for a in arguments], **options)

    return command


@pytest.fixture
def stored(tmp_path):
    """A full assessment with two answers, as a file."""
    model = load_model("2.0.0")
    assessment = Assessment(
        id="a-1",
        model=model.edition,
        mode=Mode.FULL,
        use_case=UseCase(name="=HYPERLINK(1) [red]TLS[/]"),
        answers={
            "G.compliance.compliance-policies": rated(4, notes="=1+1"),
            "M.key-management.key-inventory": rated(2, notes="<script>alert(1)</script>"),
        },
    )
    path = tmp_path / "a.pkimm.json"
    path.write_bytes(assessment.dumps())
    return path


def test_score_prints_exactly_the_published_document(run, stored):
    """
    One JSON document on standard output, and nothing else.
    """
    result = run("score", stored, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(document) == KEYS
    assert document["overall"]["score"] == pytest.approx((4 * 2 + 2 * 4) / 6)
    assert document["categories"]["R.awareness"]["state"] == "unanswered"


def test_the_table_shows_the_same_figures(run, stored):
    """
    And the user's text is printed as text, not as markup.
    """
    result = run("score", stored)
    assert result.exit_code == 0
    assert "2.66" in result.stdout
    assert "Foundational" in result.stdout


def test_a_refused_source_ends_with_status_one_and_its_place(run, tmp_path):
    """
    With --json the refusal is a document too.
    """
    (tmp_path / "x.json").write_text('{"format": "pkimm-assessment/1", "id": "a"}')
    result = run("score", "x.json", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["format"] == "pkimm-error/1"
    assert "answers: is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_no_traceback(run):
    """
    The message says what would have been right.
    """
    result = run("score", "nowhere.xlsx")
    assert result.exit_code == 1
    assert "no such file" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        "contribute {stored} --quarter 2026Q1 --collection {long}",
        "collection info {long}",
        "collection open-round c --out {long}",
        "release --collection {long} --out r",
    ],
)
def test_what_the_system_refuses_is_no_traceback(run, stored, tmp_path, command):
    """
    A name too long; nothing is left behind.
    """
    result = run(*command.format(stored=stored, long="x" * 300).split())
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "too long" in result.stderr
    assert not any((tmp_path / name).exists() for name in ("r", "c/_rounds.json"))


def test_what_cannot_be_signed_is_not_attested(run, tmp_path, monkeypatch):
    """
    A file where the folder of the key should be.
    """
    model = load_model("2.0.0")
    answers = dict.fromkeys(model.categories, rated(3))
    whole = Assessment(model=model.edition, mode=Mode.SELF, assurance="self", answers=answers)
    (tmp_path / "whole.json").write_bytes(whole.dumps())
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "whole.json"))
    wanted = ("--kind", "attestation", "--format", "html", "--out", "a.html")
    result = run("report", "whole.json", *wanted)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "irectory" in result.stderr or "exists" in result.stderr
    assert not (tmp_path / "a.html").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("command", [["models", "list"], ["schema", "assessment"]])
def test_a_full_disk_behind_the_output_is_no_traceback(command):
    """
    Neither while it is written, nor when the program ends.
    """
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-m", "pkimm_analytics", *command]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


def test_wrong_usage_ends_with_status_two(run):
    """
    An option that does not exist.
    """
    assert run("score", "--nonsense").exit_code == 2


def test_a_folder_is_scored_as_a_list(run, stored, tmp_path):
    """
    Good files are scored, bad ones listed.
    """
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "good.json").write_bytes(stored.read_bytes())
    (folder / "bad.xlsx").write_bytes(b"PK\x03\x04 cut off")
    result = run("score", folder, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert len(document["scores"]) == 1
    assert len(document["refused"]) == 1


def test_a_table_of_many_scores_as_each_of_its_rows_alone(run, tmp_path, monkeypatch):
    """
    Batches, shared answers and lines of their own change no figure and no problem.
    """
    monkeypatch.setattr("pkimm_analytics.cli.scores._AT_ONCE", 3)
    header = ["assessment", "model_version", "mode", "G", "G.compliance", "M.key-management"]
    rows = [
        *([f"full-{n}", "1.1.0", "full", "", str(n % 5 + 1), ""] for n in range(4)),
        *([f"self-{n}", "2.0.0", "self", "", "N/A", str(n % 5 + 1)] for n in range(4)),
        ["blanks", "2.0.0", "self", "", " 3 ", "3.0"],
        ["no-module", "2.0.0", "self", "n/a", "3", "2"],
        ["half-wrong", "2.0.0", "self", "", "three", "1"],
        ["no-edition", "", "", "", "3", "1"],
        ["nothing-yet", "2.0.0", "self", "", "", ""],
    ]
    text = [",".join(row) for row in [header, *rows]]
    (tmp_path / "many.csv").write_text("\n".join(text), "utf-8")
    together = run("score", tmp_path / "many.csv", "--json")
    found = json.loads(together.stdout)["scores"]
    assert together.exit_code == 1  # of a level that is none
    assert len(found) == len(rows)
    for number, document in enumerate(found, 1):
        (tmp_path / "many.csv").write_text(
            "\n".join([text[0], *[""] * (number - 1), text[number]]), "utf-8"
        )
        assert json.loads(run("score", tmp_path / "many.csv", "--json").stdout) == document


def test_an_empty_folder_prints_one_document(run, tmp_path):
    """
    Which says that there is nothing to score.
    """
    (tmp_path / "empty").mkdir()
    result = run("score", tmp_path / "empty", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["format"] == "pkimm-error/1"


def test_standard_input_is_a_source(run, stored):
    """
    A single dash.
    """
    result = run("score", "-", "--json", input=stored.read_bytes())
    assert json.loads(result.stdout)["mode"] == "full"


def test_import_stores_good_files_and_keeps_bad_ones_aside(run, stored, tmp_path):
    """
    The exit status says that something was refused.
    """
    (tmp_path / "bad.yaml").write_text("progress: [")
    result = run("import", stored, "bad.yaml", "missing.csv", "-w", "w")
    assert result.exit_code == 1
    assert len(list((tmp_path / "w" / "assessments").iterdir())) == 1
    assert len(list((tmp_path / "w" / "quarantine").glob("*.problems.json"))) == 1
    assert "missing.csv" in result.stderr


@pytest.mark.parametrize("to", ["json", "csv", "link", "yaml"])
def test_every_text_format_leads_back_to_the_same_scores(run, stored, tmp_path, to):
    """
    Exported, read again, scored: the same figures.
    """
    before = json.loads(run("score", stored, "--json").stdout)
    exported = run("export", stored, "--to", to)
    assert exported.exit_code == 0
    (tmp_path / "again").write_text(exported.stdout, encoding="utf-8")
    after = json.loads(run("score", "again", "--json").stdout)
    for part in ("overall", "modules", "categories", "model"):
        assert after[part] == before[part]


def test_what_a_format_drops_is_said(run, stored):
    """
    A link holds no notes.
    """
    result = run("export", stored, "--to", "link")
    assert "left out" in result.stderr
    assert "notes" in result.stderr.lower()


def test_an_xlsx_needs_a_file_and_holds_no_formula(run, stored, tmp_path):
    """
    Text that looks like a formula stays text.
    """
    assert run("export", stored, "--to", "xlsx").exit_code == 1
    assert run("export", stored, "--to", "xlsx", "-o", "a.xlsx").exit_code == 0
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert json.loads(run("score", "a.xlsx", "--json").stdout)["overall"]["level"] == 2


def test_answers_are_carried_to_another_edition(run, stored):
    """
    What the other edition adds is unanswered.
    """
    result = run("score", stored, "--json", "--edition", "1.1.0")
    document = json.loads(result.stdout)
    assert document["model"]["requirements"] == 78
    assert document["categories"]["G.compliance"]["native_id"] == "G.3"


def test_models_are_listed_shown_and_compared(run):
    """
    Three editions and a draft, one extension in three versions, and what 2.0.0 changed.
    """
    listed = json.loads(run("models", "list", "--json").stdout)
    assert [m["requirements"] for m in listed["models"]] == [72, 78, 76, 77]
    shown = json.loads(run("models", "show", "1.1.0", "--json").stdout)
    assert shown["modules"][1]["categories"][0]["native_id"] == "M.6"
    changes = json.loads(run("models", "diff", "1.1.0", "2.0.0", "--json").stdout)
    removed = [d["before"] for d in changes if d["change"] == "removed"]
    assert removed == ["M.6.5", "M.7.2"]
    words = run("models", "show", "--element", "G.compliance").stdout
    assert "levels" in words
    assert run("models", "show", "9.9.9").exit_code == 1


def test_what_else_lies_in_a_workspace_is_no_assessment(run, stored, tmp_path):
    """
    The feedback form keeps its answers there.
    """
    assert run("import", stored, "-w", "w").exit_code == 0
    (tmp_path / "w" / "feedback" / "private").mkdir(parents=True)
    (tmp_path / "w" / "feedback" / "private" / "contacts.jsonl").write_text('{"mail": "x"}')
    for command in ("score", "progress"):
        assert run(command, "w", "--json").exit_code == 0


def test_a_schema_is_printed(run):
    """
    The canonical document has a published schema.
    """
    assert json.loads(run("schema", "assessment").stdout)["title"] == "pkimm-assessment/1"


def test_progress_and_plan_read_files(run, tmp_path):
    """
    Two dates of one use case; then the cheapest way to level 4.
    """
    model = load_model("2.0.0")
    for day, level in (("2025-01-01", 2), ("2026-01-01", 3)):
        assessment = Assessment(
            model=model.edition,
            updated=day,
            use_case=UseCase(name="TLS"),
            answers={key: rated(level) for key in model.categories},
        )
        (tmp_path / f"{day}.json").write_bytes(assessment.dumps())
    progress = json.loads(run("progress", "2025-01-01.json", "2026-01-01.json", "--json").stdout)
    (step,) = progress["use_cases"][0]["steps"]
    assert step["overall"]["parts"]["answers"] == step["overall"]["change"] == 1
    plan = run("plan", "2026-01-01.json", "--target", "4", "--json", "-o", "planned.json")
    document = json.loads(plan.stdout)
    assert document["projected"]["overall"]["level"] == 4
    assert Assessment.loads((tmp_path / "planned.json").read_bytes()).model == model.edition
    assert run("plan", "2026-01-01.json", "--target", "nine").exit_code == 1


# --- the official cases ------------------------------------------------------------


def cases(generation):
    """Folders of the official cases of one generation of the web tool."""
    folder = CONFORMANCE / "webtool" / generation / "cases"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def near(ours, theirs):
    """Compare a figure with the tool's, which writes 0 where there is none."""
    return (ours or 0) == pytest.approx(max(theirs, 0), abs=1e-9)


@needs_shared
@pytest.mark.parametrize("folder", cases("v1"), ids=lambda folder: folder.name)
def test_the_first_web_tool(run, folder):
    """
    Levels equal the tool's, or the document says why not.
    """
    case = json.loads((folder / "case.json").read_text("utf-8"))
    expected = case["expected"]
    for file in ("progress.yaml", "share-url.txt"):
        if not (folder / file).exists():
            continue
        result = run("score", folder / file, "--json")
        document = json.loads(result.stdout)
        assert list(document) == KEYS
        ours = [document["overall"]["level"], *(m["level"] for m in document["modules"].values())]
        theirs = [expected["overall"]["level"], *(m["level"] for m in expected["modules"])]
        tool = document["tool"]
        if case["class"] == "stale-keys":  # the page had another data file than the answers
            assert document["model"]["version"] == "1.0.0"
            continue
        assert [tool["overall"]["level"], *(m["level"] for m in tool["modules"].values())] == theirs
        assert bool(tool["differs_because"]) == ([x or 0 for x in ours] != theirs)


@needs_shared
@pytest.mark.parametrize("folder", cases("v2"), ids=lambda folder: folder.name)
def test_the_second_web_tool(run, folder):
    """
    Exact figures of categories, modules and the whole.
    """
    for extension in (CONFORMANCE / "webtool" / "v2" / "data").glob("demo-*.yaml"):
        assert run("models", "add", extension).exit_code == 0
    expected = json.loads((folder / "case.json").read_text("utf-8"))["expected"]
    for file in ("assessment.yaml", "share-url.txt"):
        document = json.loads(run("score", folder / file, "--json").stdout)
        assert near(document["overall"]["score"], expected["overall"]["raw"])
        for module in expected["modules"]:
            assert near(document["modules"][module["id"]]["score"], module["raw"])
        for category in expected["categories"]:
            assert near(document["categories"][category["key"]]["score"], category["raw"])
        assert document["tool"]["differs_because"] == []


@needs_shared
def test_the_official_files_are_installed_and_recognized(run):
    """
    Both schema generations; the crosswalk knows all three editions.
    """
    for path in sorted((SHARED / "pkimm" / "models").glob("pkimm-model-*.yaml")):
        document = json.loads(run("models", "add", path, "--json").stdout)
        assert document["known_to_crosswalk"]
    for path in sorted((SHARED / "pkimm" / "extensions").glob("pqc-*.yaml")):
        assert json.loads(run("models", "add", path, "--json").stdout)["id"] == "pqc"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_output_in_an_older_encoding_says_signs_in_plain_letters(encoding, tmp_path):
    """
    As Windows keeps what is sent into a file; JSON stays whole by its own escapes.
    """
    settings = {**os.environ, "PYTHONIOENCODING": encoding, "PKIMM_HOME": str(tmp_path / "home")}
    program = [sys.executable, "-m", "pkimm_analytics"]

    def printed(*words):
        done = subprocess.run([*program, *words], env=settings, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode(encoding)

    for path in (Path(__file__).parents[1] / "data/samples/assessments").glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        document["use_case"]["name"] = "Schlüssel 鍵"
        Path(path.name).write_text(json.dumps(document))
    assert printed("import", ".", "--workspace", "workspace")
    assert "->" in printed("progress", "workspace")
    as_json = printed("progress", "workspace", "--json")
    assert "Schlüssel 鍵" in json.dumps(json.loads(as_json), ensure_ascii=False)
