"""Bad input of every kind, through the command: one message, a place, nothing lost."""

import base64
import io
import json
import zipfile

import openpyxl
import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import Assessment, Mode, rated
from pkimm_analytics.cli import app
from pkimm_analytics.loaders import tabular
from pkimm_analytics.model import load_model


def link(progress):
    """Encode a link as the first web tool does."""
    text = progress if isinstance(progress, str) else json.dumps(progress)
    code = base64.b64encode(text.encode("latin-1")).decode()
    return f"https://example.org/#progress={code}&assessmentName=&assessorName=&useCaseDescription="


def other_workbook():
    """Make an xlsx that has nothing to do with PKIMM."""
    book = openpyxl.Workbook()
    book.active["A1"] = "Budget"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zip_bomb():
    """Make an xlsx whose sheet is 200 MB of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return out.getvalue()


def entity_bomb():
    """Make an xlsx whose XML expands without end."""
    out = io.BytesIO()
    bomb = '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;">]><workbook>&c;</workbook>'
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", bomb)
        archive.writestr("xl/workbook.xml", bomb)
    return out.getvalue()


ALIASES = "progress:\n  a: &a [x, x]\n" + "".join(
    f"  {chr(98 + n)}: &{chr(98 + n)} [{', '.join('*' + chr(97 + n) for _ in range(9))}]\n"
    for n in range(9)
)
HEAD = "assessment,model_version,element,state,level\n"

WHOLLY_BAD = {
    "truncated.xlsx": (other_workbook()[:400], "xlsx"),
    "password.xlsx": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "password"),
    "other.xlsx": (other_workbook(), "Assessment"),
    "zipbomb.xlsx": (zip_bomb(), ""),
    "entities.xlsx": (entity_bomb(), ""),
    "aliases.yaml": (ALIASES.encode(), "aliases"),
    "wrong-base64.txt": (b"https://example.org/#progress=%%%not-base64", "base64"),
    "not-json.txt": (link("not json").encode(), ""),
    "long-link.txt": (b"https://example.org/#progress=" + b"A" * 50_000_000, "large"),
    "empty.csv": (b"", "empty"),
    "mark-alone.csv": (b"\xef\xbb\xbf", ""),
    "delimiter-alone.csv": (b"sep=;\n", ""),
    "header.csv": (HEAD.encode(), ""),
    "duplicate.csv": (
        b"assessment,element,level,level,model_version\na,G.compliance,3,4,2.0.0\n",
        "level",
    ),
    "mixed.csv": (
        (HEAD + "a,2.0.0,G.compliance,rated,3\na,1.0.0,G.1,rated,3\n").encode(),
        "edition",
    ),
    "prose.txt": (b"Dear all,\n\nplease find attached nothing at all.\n", "known format"),
    "report.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "share link"),
    "latin.yaml": (b"dataVersion: 2.0.0\nname: \xe9\nprogress: {}\n", "byte 26"),
    "binary.bin": (bytes(range(256)) * 4, ""),
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", WHOLLY_BAD)
def test_a_bad_file_ends_in_one_message_with_its_place(tmp_path, name):
    """
    Status 1, no traceback, the name of the file, and nothing on standard output.
    """
    content, said = WHOLLY_BAD[name]
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(app, ["score", name])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert not result.stdout
    assert name in result.stderr
    assert said.lower() in result.stderr.lower()
    assert len(result.stderr) < 5_000


@pytest.mark.parametrize("level", ["0", "6", "three", "2.5", "NaN", "-1"])
def test_a_level_off_the_scale_is_named_with_its_row(tmp_path, level):
    """
    The other answer of the file is scored all the same.
    """
    rows = f"a,2.0.0,G.compliance,rated,{level}\na,2.0.0,R.awareness,rated,4\n"
    (tmp_path / "levels.csv").write_text(HEAD + rows)
    result = CliRunner().invoke(app, ["score", "levels.csv", "--json"])
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["categories"]["G.compliance"]["state"] == "unanswered"
    assert document["overall"]["score"] == 4
    assert "row 2" in result.stderr
    assert "1 to 5" in result.stderr


def test_unknown_ids_are_named_with_the_nearest_one(tmp_path):
    """
    A misspelled key is not dropped in silence.
    """
    rows = "a,2.0.0,G.complience,rated,3\na,2.0.0,R.awareness,rated,4\n"
    (tmp_path / "ids.csv").write_text(HEAD + rows)
    result = CliRunner().invoke(app, ["score", "ids.csv", "--json"])
    assert result.exit_code == 1
    assert "G.compliance" in result.stderr


def test_a_folder_of_good_and_bad_files_loses_nothing(tmp_path):
    """
    The good ones are stored, every bad one is in quarantine with its reasons.
    """
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    model = load_model("2.0.0")
    for n in range(3):
        assessment = Assessment(
            id=f"a-{n}", model=model.edition, answers={"G.compliance": rated(3)}
        )
        (inbox / f"good-{n}.json").write_bytes(assessment.dumps())
    (inbox / "good.csv").write_bytes(
        tabular.write_csv(
            [
                Assessment(
                    id="a-9",
                    model=model.edition,
                    mode=Mode.FULL,
                    answers={"M.key-management.key-inventory": rated(2)},
                )
            ]
        )
    )
    bad = [name for name in WHOLLY_BAD if name != "long-link.txt"]
    for name in bad:
        (inbox / name).write_bytes(WHOLLY_BAD[name][0])
    result = CliRunner().invoke(app, ["import", "inbox", "-w", "w"])
    assert result.exit_code == 1
    assert len(list((tmp_path / "w" / "assessments").glob("*.pkimm.json"))) == 4
    reasons = list((tmp_path / "w" / "quarantine").glob("*.problems.json"))
    kept = {json.loads(path.read_text("utf-8"))["source"] for path in reasons}
    assert kept == set(bad)
    assert not list((tmp_path / "w").rglob("*.part"))
