"""
From every kind of source to the public site: no planted word in any byte, however packed.

The search is our own and shares no code with the scan that releases pass.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import logging
import re
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pkimm_analytics.assessment import rated
from pkimm_analytics.cli import app
from pkimm_analytics.loaders.tabular import write_csv, write_xlsx
from pkimm_analytics.loaders.web_tool import write_link, write_yaml_export
from pkimm_analytics.model import load_model
from tests.loaders.invented_web_tool import BUNDLED, link_1, link_2, rating, ratings
from tests.loaders.invented_web_tool import record as web_record
from tests.loaders.invented_workbook import full_workbook, self_workbook
from tests.planted import (
    COMMENT,
    DN,
    FILE,
    HOST,
    MAIL,
    NAME,
    PARENT,
    PATH,
    PERSON,
    WORDS,
    planted_assessment,
)

OVERVIEW = {"Use-case name": HOST, "Company": NAME, "Assessor's name": PERSON,
            "Assessor's company": PARENT, "Describe the use-case to be assessed:": COMMENT,
            "List all components": DN, "Specify out-of-scope": MAIL}  # fmt: skip
TEXTS = {"assessmentName": NAME, "assessorName": PERSON, "useCaseDescription": COMMENT}
SAID = {"notes": COMMENT, "evidence": FILE, "interviewer": PERSON, "evidenceLink": PATH, MAIL: HOST}
MODEL = load_model("2.0.0")
CATEGORY = "G.strategy-and-vision"
SOUGHT = [word for word in WORDS if word != "intranet"]  # a word of the site itself


def storage():
    """A record of the web tool with a planted text in every field that it has and in others."""
    progress = {CATEGORY: rating(3, **SAID)}
    return web_record(progress, name=NAME, **TEXTS, notes=COMMENT, extra={PERSON: [MAIL]})


def self_answers():
    """Levels of a self workbook."""
    return dict.fromkeys(BUNDLED, 3)


SOURCES = {
    "pkimm.json": lambda: planted_assessment().dumps(),
    "long.csv": lambda: write_csv([planted_assessment()]),
    "wide.csv": lambda: write_csv([planted_assessment()], layout="wide"),
    "table.xlsx": lambda: write_xlsx([planted_assessment()]),
    "full.xlsx": lambda: full_workbook(
        {"O.11.1": "Managed"}, overview=OVERVIEW, notes={"O.11.1": f"{COMMENT} {MAIL}"},
        reasons={"G.2": DN},
    ),
    "self.xlsx": lambda: self_workbook(self_answers(), name=HOST),
    "link-1.txt": lambda: link_1(ratings(BUNDLED), NAME, PERSON, COMMENT).encode(),
    "link-2.txt": lambda: link_2({CATEGORY: rating(3, **SAID)}, {}, name=NAME).encode(),
    "link-out.txt": lambda: write_link(planted_assessment(), MODEL).encode(),
    "export.yaml": lambda: write_yaml_export(planted_assessment(), MODEL).encode(),
    "storage.json": lambda: json.dumps(storage()).encode(),
}  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own and give back its result."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PKIMM_PSEUDONYM_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


# --- our own search ----------------------------------------------------------------------------


def views(content, depth=0):
    """Yield a content and whatever is hidden in it: packed, encoded, in columns."""
    yield content
    if depth > 3:
        return
    inside = [content.decode(codec, "ignore").encode() for codec in ("utf-16-le", "utf-16-be")]
    for match in re.finditer(rb"[A-Za-z0-9+/_-]{12,}", content):
        text = match[0].translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):  # a run may begin with letters of something else
            try:
                inside.append(base64.b64decode(text[shift:][: len(text[shift:]) // 4 * 4]))
            except binascii.Error:
                continue
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", content):
        packed = content[match.start() :]
        try:
            wide = zlib.MAX_WBITS | (16 if packed[:1] == b"\x1f" else 0)
            inside.append(zlib.decompressobj(wide).decompress(packed))
        except zlib.error:
            continue
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside += [archive.read(name) for name in archive.namelist()]
    if content[:4] == b"PAR1":
        inside += [str(c.to_pylist()).encode() for c in pq.read_table(pa.BufferReader(content))]
        file = pq.ParquetFile(pa.BufferReader(content))
        inside.append(str(file.metadata.metadata).encode() + str(file.schema).encode())
    for one in inside:
        if one and one != content:
            yield from views(one, depth + 1 if len(one) < len(content) else 9)


def words_in(content):
    """Planted words that are in some content, however packed."""
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    return {w for view in views(content) for w in SOUGHT if w.encode() in view.lower()}


def words_below(*folders):
    """Planted words in any byte or name of the files below some folders."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            hits = words_in(str(path.relative_to(folder)))
            hits |= words_in(path.read_bytes()) if path.is_file() else set()
            if hits:
                found[path.relative_to(folder).as_posix()] = hits
    return found


@pytest.mark.parametrize("pack", [
    bytes, gzip.compress, zlib.compress, base64.b64encode, base64.urlsafe_b64encode,
    lambda b: b.decode().encode("utf-16"), lambda b: b"abc" + base64.b64encode(zlib.compress(b)),
    lambda b: parquet_of(b.decode()),
])  # fmt: skip
def test_the_search_finds_a_planted_word_however_packed(pack):
    """
    Otherwise the tests below would say nothing.
    """
    assert words_in(pack(f"It is said that {COMMENT} near {HOST}".encode()))


def parquet_of(text):
    """Parquet file with a text in a compressed column."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"sector": [text]}), sink, compression="zstd")
    return sink.getvalue()


# --- from each source -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_no_planted_word_leaves_with_a_contribution_of_any_source(run, tmp_path, caplog, name):
    """
    Neither in what leaves, nor in what is kept, nor in a message: read, damaged, or missing.
    """
    caplog.set_level(logging.DEBUG)
    content = SOURCES[name]()
    assert words_in(content)
    folder = tmp_path / NAME
    folder.mkdir()
    source = folder / f"{PARENT} {name}"
    source.write_bytes(content)
    common = (source, "--quarter", "2026Q3", "--receipts", tmp_path / "receipts")
    done = [run("contribute", *common, "-c", "c", "--out", "f.json", "--json")]
    assert done[0].exit_code == 0, done[0].output
    assert json.loads(done[0].stdout)["added"] == 1
    done.append(run("contribute", *common, "--preview-page", "p.html"))
    done.append(run("collection", "add", "other", "f.json"))
    for broken in (content[: len(content) // 2], content[:40] + b"\xff\0" + content[40:]):
        source.write_bytes(broken)
        done.append(run("contribute", *common, "-c", "c", "--json"))
        done.append(run("collection", "add", "c", source))
    source.unlink()
    done += [run("contribute", *common, "-c", "c"), run("collection", "add", "c", source)]
    places = ("c", "other", "home", "receipts")
    assert words_below(*(tmp_path / place for place in places)) == {}
    for file in ("f.json", "p.html"):
        assert words_in((tmp_path / file).read_bytes()) == set()
    assert [one.output for one in done if words_in(one.output)] == []
    assert words_in(caplog.text) == set()


def test_no_planted_word_is_in_release_report_or_site(run, tmp_path, caplog):
    """
    Twelve organizations, each with planted texts in every field; one withdraws.
    """
    caplog.set_level(logging.DEBUG)
    done = [run("collection", "open-round", "c", "--out", "invitation.json")]
    tickets = run("collection", "tickets", "c", "--number", 12).stdout.split()
    contributed = []
    for number, ticket in enumerate(tickets):
        one = planted_assessment(id=f"zorbax-{number}")
        who = one.organization.replace(name=f"{NAME} {number}", parent="")
        levels = {"G.strategy-and-vision": rated(1 + number % 5)}
        one = one.replace(organization=who, answers={**one.answers, **levels})
        source = tmp_path / f"{NAME} {number}.pkimm.json"
        source.write_bytes(one.dumps())
        invited = ("--invitation", "invitation.json", "--ticket", ticket)
        assessor = ("--assessor-id", f"Example {number}/DEU", "--quarter", "2026Q1")
        contributed.append(run("contribute", source, "-c", "c", *invited, *assessor, "--json"))
        source.unlink()
    done += contributed
    done.append(run("release", "-c", "c", "-o", "r", "--quarter", "2026Q2"))
    receipt = json.loads(contributed[0].stdout)["receipts"][0]
    done.append(run("collection", "withdraw", "c", receipt))
    done.append(run("release", "-c", "c", "-o", "r", "--quarter", "2026Q3", "--json"))
    done.append(run("audit", "r", "--truth", "c"))
    done.append(run("publish", "--release", "r", "--out", "site"))
    assert [one.output for one in done if one.exit_code] == []
    assert words_below(tmp_path) == {}
    assert [one.output for one in done if words_in(one.output)] == []
    assert words_in(caplog.text) == set()
