from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pkimm_analytics import loaders
from pkimm_analytics.assessment import Assessment, rated
from pkimm_analytics.cli import app
from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders import Source, find_sources, load, tabular
from pkimm_analytics.model import load_model
from pkimm_analytics.yaml_text import read_yaml

GOOD = "element,level\nG.compliance,3\n"


def loaded(content: str | bytes, name: str = "x") -> list[Assessment]:
    """Assessments of a content."""
    raw = content.encode() if isinstance(content, str) else content
    return [one.assessment for one in load(Source(name, content=raw))]


@pytest.mark.parametrize(
    "text",
    [
        "PKI,model_version,G.compliance,O.automation\nIssuing CA,2.0.0,3,2\n",
        "PK,G.compliance,O.automation\nx,3,2\n",
        '{"Category": "Compliance", "Level": 3}\n{"Category": "Automation", "Level": 2}\n',
        '[{"element": "G.compliance", "level": 3}, {"element": "O.automation", "level": 2}]',
        (
            '{"id": 7, "answers": {"G.compliance": 3, "O.automation": {"level": 2}}}\n'
            '{"id": 8, "answers": {}}\n'
        ),
        "\ufeff\u00a0element , level\u00a0,\nG.compliance,\u00a03,\nO.automation,2,\n",
        "element\tlevel\nG.compliance\t3\nO.automation\t2\n",
    ],
)
def test_a_table_is_told_by_its_content(text: str):
    """
    A first word PK is no zip file, and a brace begins JSON lines as well.
    """
    assessment, *_ = loaded(text)
    assert {key: answer.level for key, answer in assessment.answers.items()} == {
        "G.compliance": 3,
        "O.automation": 2,
    }


def test_our_own_document_is_read_without_unknown_answers():
    """
    They are named.
    """
    answers = {"G.compliance": rated(3), "G.made-up": rated(2)}
    assessment = Assessment(model=load_model().edition, answers=answers)
    (one,) = load(Source("x", content=assessment.dumps()))
    assert [*one.assessment.answers] == ["G.compliance"]
    assert [problem.where for problem in one.problems] == ["answers.G.made-up"]


def test_our_own_documents_may_stand_in_lines():
    """
    One assessment for each line.
    """
    one = Assessment(model=load_model().edition, id="one", answers={"G.compliance": rated(3)})
    lines = [json.dumps(one.replace(id=id_).to_json()) for id_ in ("a", "b")]
    assert [a.id for a in loaded("\n".join(lines))] == ["a", "b"]


def test_one_bad_file_never_stops_a_folder(tmp_path, monkeypatch, caplog):
    """
    Whatever a loader raises is one problem of that file, logged by its kind and place.
    """

    def broken(content, name, **_):
        if name.startswith("bad"):
            raise KeyError("Example AG")
        return right(content, name)

    right = tabular.read_table
    monkeypatch.setattr(tabular, "read_table", broken)
    for name in ("bad.csv", "good.csv"):
        (tmp_path / name).write_text(GOOD)
    result = CliRunner().invoke(app, ["import", str(tmp_path), "-w", str(tmp_path / "w")])
    assert result.exit_code == 1
    assert "good.csv" in result.stdout
    assert "bad.csv" in result.stderr
    assert [record.message.split(" at ")[0] for record in caplog.records] == ["KeyError"]
    assert "Example" not in caplog.text + result.stderr


def test_an_unreadable_folder_is_named(tmp_path, monkeypatch):
    """
    The files beside it are read, and the command ends with 1.
    """
    (tmp_path / "closed").mkdir()
    (tmp_path / "good.csv").write_text(GOOD)
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert [source.name for source in find_sources(str(tmp_path))] == ["good.csv", "closed"]
    result = CliRunner().invoke(app, ["score", str(tmp_path), "--json"])
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (len(document["scores"]), len(document["refused"])) == (1, 1)
    assert "closed: Permission denied" in result.stderr


def test_a_repeated_key_in_a_large_document_is_found_at_once():
    """
    Not in quadratic time.
    """
    fields = ",".join(f'"k{number}":0' for number in range(60_000))
    start = time.process_time()
    with pytest.raises(SourceFormatError, match="twice"):
        loaded("{" + fields + ',"k59999":1}')
    assert time.process_time() - start < 5


def test_a_column_map_is_proposed_corrected_and_used(tmp_path):
    """
    By the commands: columns, score, import.
    """
    table, columns = tmp_path / "t.csv", tmp_path / "map.yaml"
    table.write_text("PKI area,Where we are\nCompliance,reached\nAutomation,2\n")
    run = CliRunner().invoke
    assert run(app, ["score", str(table)]).exit_code == 1
    table.write_text("PKI area,Level\nCompliance,reached\nAutomation,2\nAwareness,3\n")
    assert run(app, ["columns", str(table), "--out", str(columns)]).exit_code == 0
    proposed = json.loads(run(app, ["columns", str(table), "--json"]).stdout)
    assert [column["field"] for column in proposed["columns"]] == ["element", "level"]
    columns.write_text(
        columns.read_text().replace("values: {}", "") + "values: {level: {reached: '4'}}\n"
    )
    result = run(app, ["score", str(table), "--json", "--columns", str(columns)])
    assert json.loads(result.stdout)["categories"]["G.compliance"]["level"] == 4
    place = tmp_path / "w"
    command = ["import", str(table), "-w", str(place), "--columns", str(columns)]
    assert run(app, command).exit_code == 0
    assert len([*place.glob("assessments/*.json")]) == 1


def test_many_plain_rows_are_scored_as_one_by_one(tmp_path):
    """
    The same documents, whether a row takes the short way or the long one.
    """
    keys = [*load_model("2.0.0").categories]
    rows = [[str((3 * n + 5 * m) % 7) for m in range(len(keys))] for n in range(60)]
    text = ",".join(["assessment", "model_version", "mode", *keys]) + "\n"
    for number, row in enumerate(rows):
        cells = {"0": "", "6": "N/A"}
        text += ",".join([f"a{number}", "2.0.0", "self", *(cells.get(c, c) for c in row)]) + "\n"
    (tmp_path / "wide.csv").write_text(text)
    for policy in ("excluded", "zero"):
        command = ["score", str(tmp_path / "wide.csv"), "--json", "--unanswered", policy]
        fast = json.loads(CliRunner().invoke(app, command).stdout)["scores"]
        one_by_one = [*command, "--edition", "2.0.0"]
        slow = json.loads(CliRunner().invoke(app, one_by_one).stdout)["scores"]
        assert len(fast) == 60
        assert fast == slow


def test_every_sentence_is_used_and_every_code_has_one():
    """
    A code without a sentence would show only where the problem occurs.
    """
    folder = Path(loaders.__file__).parent
    sentences = {*read_yaml((folder / "sentences.yaml").read_text(), "sentences")}
    text = "\n".join(file.read_text() for file in folder.rglob("*.py"))
    assert not [code for code in sentences if f'"{code}"' not in text]
    said = {
        *re.findall(r'\W(?:sentence|NotRead)\((?:[^"()]*(?:\("[^"]*"\))?,)?\s*"([\w-]+)"', text)
    }
    assert said <= sentences
