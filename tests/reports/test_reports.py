"""Reports: every required field, the same bytes, and text that stays text."""

import base64
import io
import json
import os
import re
import zipfile

import pytest
from hypothesis import given
from typer.testing import CliRunner

from pkimm_analytics.assessment import (
    ActionPlan,
    Assessment,
    Assessor,
    Assurance,
    Caveat,
    Environment,
    Mode,
    Organization,
    Period,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.cli import app
from pkimm_analytics.coverage import is_covered
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import load_model
from pkimm_analytics.planning.roadmap import Wish
from pkimm_analytics.render.columns import LINE, shares
from pkimm_analytics.reports import FORMATS, KINDS, ReportError, build, render, signature
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.views.view import Chart, Facts, Heading, Table, Text
from pkimm_analytics.views.words import catalogue
from tests.examples import examples
from tests.strategies import assessments

docx = pytest.importorskip("docx")
MODEL = load_model("2.0.0")

HOSTILE = "<img src=x onerror=alert(1)>|[x](javascript:alert(1))`*_=1+1\n</td><script>"


def with_pdf(form):
    """Skip the PDF where the layout library lacks its system libraries."""
    if form == "pdf":
        try:
            import weasyprint  # noqa: F401
        except (ImportError, OSError):
            pytest.skip("WeasyPrint or its Pango library is not installed")


@pytest.fixture
def full():
    """A full assessment with every field that a report shows."""
    answers = {key: rated(3, evidence="CP v2") for key in MODEL.requirements}
    answers["R.awareness"] = not_applicable("central team")
    return Assessment(
        id="a-1",
        model=MODEL.edition,
        mode=Mode.FULL,
        organization=Organization(name="Example Org"),
        use_case=UseCase(
            name="TLS", description="Web servers", components="Two CAs", out_of_scope="IoT"
        ),
        environment=Environment(high_level_design="Offline root", points_of_interaction="MDM"),
        assessor=Assessor(name="Sam Sample", position="external", company="Assessors Ltd"),
        assurance=Assurance.THIRD_PARTY,
        period=Period(start="2026-01-10", finish="2026-03-01"),
        answers=answers,
        action_plans=(
            ActionPlan(
                element="M.key-management",
                target_level=4,
                objectives=("Complete the inventory",),
                responsibility=("PKI lead",),
                schedule=("Q3",),
                resources=("10 days",),
                outputs=("Inventory",),
                tasks=("Export from HSM",),
                comments=("budgeted",),
            ),
        ),
        caveats=(Caveat(code="x", message="A caveat to read."),),
    )


@pytest.fixture
def earlier(full):
    """The same use case a year before, one level lower."""
    return full.replace(
        period=Period(finish="2025-03-01"),
        answers={key: rated(2) for key in MODEL.requirements},
    )


def labels(report):
    """Labels of the facts, headings, and captions of a report."""
    found = set()
    for block in report.blocks:
        if isinstance(block, Facts):
            found |= {label for label, _ in block.pairs}
        elif isinstance(block, Heading):
            found.add(block.text)
        elif isinstance(block, Chart):
            found.add(f"chart:{block.kind}")
    return found


REQUIRED = {
    "Date of the assessment": {"self", "assessment", "detailed", "attestation"},
    "Period of the assessment": {"assessment", "detailed"},
    "Assessor": {"assessment", "detailed", "attestation"},
    "Model and version": {"self", "assessment", "detailed", "attestation"},
    "Digest of the edition": {"self", "assessment", "detailed", "attestation"},
    "Use case": {"assessment", "detailed"},
    "Use case and scope": {"assessment", "detailed"},
    "Sampling": {"detailed"},
    "In one minute": {"self", "assessment", "detailed"},
    "Levels of modules and categories": {"self", "assessment", "detailed"},
    "chart:radar": {"assessment", "detailed"},
    "Categories and requirements": {"detailed"},
    "Recommended next steps": {"self", "assessment", "detailed"},
    "From 1 March 2025 to 1 March 2026": {"assessment", "detailed"},
    "Action plans": {"detailed"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_every_field_that_the_methodology_asks_for(full, earlier, kind):
    """
    The checklist of the reporting page, field by field.
    """
    found = labels(build(kind, full, previous=earlier))
    for field, kinds in REQUIRED.items():
        assert (field in found) == (kind in kinds), field
    text = render(build(kind, full), "md").decode()
    level = score(full).overall.level
    assert catalogue().word(f"overall.{level}").split(".")[0] in text.replace("\\", "")


def test_the_detailed_report_shows_results_and_evidence_of_each_requirement(full):
    """
    76 requirements, each with its level and its evidence.
    """
    report = build("detailed", full)
    rows = [
        row
        for block in report.blocks
        if isinstance(block, Table) and block.header[1] == "Requirement"
        for row in block.rows
    ]
    ids = {row[0] for row in rows}
    assert set(MODEL.requirements) <= ids
    assert all(row[3] == "CP v2" for row in rows if row[0] in MODEL.requirements)


def test_an_action_plan_names_all_its_parts(full):
    """
    Objectives, responsibility, schedule, resources, outputs, tasks, comments.
    """
    text = render(build("detailed", full), "html").decode()
    for part in ("Complete the inventory", "PKI lead", "Q3", "10 days", "Export from HSM"):
        assert part in text


def test_an_attestation_reveals_no_more_than_it_says(full):
    """
    No names of people, no scope, no evidence, no categories.
    """
    for form in ("html", "md"):
        text = render(build("attestation", full), form).decode()
        for private in ("Sam", "Assessors Ltd", "TLS", "Web servers", "CP v2", "Key management"):
            assert private not in text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_two_builds_are_the_same_bytes(full, earlier, kind, form):
    """
    No clock, no random id, no order of a set.
    """
    with_pdf(form)
    once, again = (render(build(kind, full, previous=earlier), form) for _ in range(2))
    assert once == again


def hostile(assessment):
    """Put markup, formulas and table ends into every text field."""
    return assessment.replace(
        organization=Organization(name=HOSTILE),
        use_case=UseCase(name=HOSTILE, description=HOSTILE, components=HOSTILE),
        assessor=Assessor(name=HOSTILE, company=HOSTILE),
        answers={key: rated(3, evidence=HOSTILE, notes=HOSTILE) for key in MODEL.requirements},
        action_plans=(ActionPlan(element="M.key-management", objectives=(HOSTILE,)),),
        caveats=(Caveat(code="x", message=HOSTILE),),
    )


def test_hostile_text_stays_text_in_html(full):
    """
    The only script is our own, and no element comes from a field.
    """
    text = render(build("detailed", hostile(full)), "html").decode()
    assert text.count("<script>") == 1
    assert "<img" not in text
    assert "default-src &#39;none&#39;" in text


def test_hostile_text_stays_text_in_markdown(full):
    """
    Every character that Markdown or HTML gives a meaning is escaped.
    """
    text = render(build("detailed", hostile(full)), "md").decode()
    assert "<img" not in text
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    rows = [line for line in text.splitlines() if line.startswith("| G\\.compliance")]
    assert rows
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(bars) == 1  # no text opened a column of its own


def test_hostile_text_stays_text_in_word(full):
    """
    The document is well-formed and holds the text as text.
    """
    from xml.etree.ElementTree import fromstring

    content = render(build("detailed", hostile(full)), "docx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml")
        assert all(entry.date_time[0] == 1980 for entry in archive.infolist())
    texts = "".join(fromstring(body).itertext())  # noqa: S314  # our own document
    assert "<img src=x onerror=alert(1)>" in texts
    assert b"<w:hyperlink" not in body


def test_hostile_text_stays_text_in_pdf(full):
    """
    Nothing is loaded and nothing is linked.
    """
    with_pdf("pdf")
    content = render(build("assessment", hostile(full)), "pdf")
    assert content.startswith(b"%PDF")
    assert b"/URI" not in content
    assert b"/JavaScript" not in content


@examples(25)
@given(assessments())
def test_any_assessment_makes_every_text_report(assessment):
    """
    Whatever is answered or missing, a report comes out.
    """
    for kind in KINDS:
        overall = score(assessment).overall
        if kind == "attestation" and (overall.level is None or not is_covered(overall)):
            with pytest.raises(ReportError):
                build(kind, assessment)
            continue
        report = build(kind, assessment, previous=assessment)
        assert render(report, "html")
        assert render(report, "md")
        assert any(isinstance(block, Text | Facts) for block in report.blocks)


def test_every_column_has_room_for_its_longest_word():
    """
    Whatever the other columns hold: a long name beside a state, a level and nothing.
    """
    table = Table(
        "Invented",
        ("Element", "Requirement", "Level", "Evidence", "Notes"),
        (("G.strategy-and-vision.sponsor", "Some long words " * 4, "not applicable", "", ""),),
    )
    widths = shares(table)
    assert sum(widths) == pytest.approx(100, abs=2)
    for share, word in zip(
        widths, ("strategy", "Requirement", "applicable", "Evidence"), strict=False
    ):
        assert share * LINE / 100 >= len(word) + 2
    assert max(widths) == widths[1]


def test_word_charts_and_tables_have_fixed_columns(full):
    """
    Some programs read the widths of columns and not those of cells: both are written.
    """
    document = docx.Document(io.BytesIO(render(build("assessment", full), "docx")))
    for table in document.tables:
        widths = [column.width for column in table.columns]
        assert widths == [cell.width for cell in table.rows[0].cells]
        assert len(widths) < 4 or len(set(widths)) > 1


def test_word_shows_the_radar_as_a_sharp_picture_of_the_same_bytes(full):
    """
    More than 250 pixels in an inch at the width of the page, with words for a screen reader.
    """
    pytest.importorskip("matplotlib")
    once, again = (render(build("assessment", full), "docx") for _ in range(2))
    assert once == again
    document = docx.Document(io.BytesIO(once))
    shapes = list(document.inline_shapes)
    for picture in document.part.package.image_parts:
        assert picture.image.px_width / (shapes[0].width / 914_400) > 250
    said = [shape._inline.docPr.get("descr") for shape in shapes]
    assert "Categories around the circle, level 5 at the rim." in said


def test_figures_are_cut_and_never_rounded_up():
    """
    2.999 is not 3.00.
    """
    assert figure_text(2.999) == "2.99"
    assert figure_text(3.0) == "3.00"
    assert figure_text(-0.126) == "-0.12"
    assert figure_text(None) == "–"


# --- signed attestations ---------------------------------------------------------


@pytest.fixture
def signed(full, tmp_path):
    """An attestation, its signature file, and the key's fingerprint."""
    pytest.importorskip("cryptography")
    key = signature.load_key(tmp_path / "key.pem")
    content = render(build("attestation", full), "html")
    document = signature.sign(content, signature.statement(score(full)), key)
    return content, document, signature.fingerprint(key.public_key().public_bytes_raw())


def test_the_recommended_steps_are_those_that_were_asked_for(full):
    """
    A budget is spent and not overspent; without a wish they lead to the next level.
    """
    (table,) = [
        block
        for block in build("assessment", full, wish=Wish(budget=7)).blocks
        if isinstance(block, Table) and block.anchor == "steps"
    ]
    assert 0 < sum(float(row[3]) for row in table.rows) <= 7
    assert build("assessment", full, wish=Wish(budget=7)) != build("assessment", full)


def test_a_signed_attestation_verifies(signed, full):
    """
    And says what it attests.
    """
    content, document, fingerprint = signed
    said = signature.verify(content, document, fingerprint)
    assert said["level"] == score(full).overall.level
    assert said["assurance"] == "third-party"
    assert "Sam" not in document.decode()


def test_every_flipped_byte_of_the_report_is_noticed(signed):
    """
    The message says that it is not the file that was signed.
    """
    content, document, _ = signed
    for place in range(0, len(content), 7):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        with pytest.raises(signature.SignatureError) as caught:
            signature.verify(bytes(broken), document)
        assert "byte for byte" in str(caught.value)


def test_every_flipped_byte_of_the_signature_file_is_noticed(signed):
    """
    Whichever it is, also the blanks between, and the message says which file it was.
    """
    content, document, _ = signed
    for place in range(len(document)):
        for bit in range(8):
            broken = bytearray(document)
            broken[place] ^= 1 << bit
            with pytest.raises(PkimmError) as caught:
                signature.verify(content, bytes(broken))
            assert "signature file" in str(caught.value)


def test_another_layout_of_the_same_signature_is_noticed(signed):
    """
    A file with a blank more says the same and is not the file.
    """
    content, document, _ = signed
    with pytest.raises(signature.SignatureError, match="layout"):
        signature.verify(content, document.replace(b": ", b":  ", 1))


def test_another_key_than_the_trusted_one_is_noticed(signed):
    """
    Anybody can sign; the fingerprint says who did.
    """
    content, document, _ = signed
    with pytest.raises(signature.SignatureError, match="expected"):
        signature.verify(content, document, "0000 " * 8)


def test_a_key_for_which_anybody_can_sign_is_noticed(signed):
    """
    For a point of small order one signature fits every eighth statement.
    """
    content, document, _ = signed
    forged = {**json.loads(document), "public_key": base64.b64encode(b"\1" + bytes(31)).decode()}
    zero = b"\1" + bytes(63)  # R is the same point, s is 0
    forged["signature"] = base64.b64encode(zero).decode()
    written = (json.dumps(forged, indent=1, ensure_ascii=False) + "\n").encode()
    with pytest.raises(signature.SignatureError, match="anybody"):
        signature.verify(content, written)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_key_that_others_can_read_signs_nothing(tmp_path):
    """
    The message says what to do.
    """
    path = tmp_path / "key.pem"
    signature.load_key(path)
    path.chmod(0o640)
    with pytest.raises(signature.SignatureError, match="chmod 600"):
        signature.load_key(path)


def test_an_attestation_is_written_with_its_signature_or_not_at_all(full, tmp_path):
    """
    And without the signer's fingerprint, verifying says that the signer is unknown.
    """
    source, target = tmp_path / "a.pkimm.json", tmp_path / "attestation.html"
    source.write_bytes(full.dumps())
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key")
    write = ["report", str(source), "--kind", "attestation"]

    def run(*words):
        return CliRunner().invoke(app, [str(w) for w in words], env={"PKIMM_HOME": str(tmp_path)})

    assert run(*write).exit_code == 1
    assert run(*write, "--out", target, "--key", wrong).exit_code == 1
    assert not list(tmp_path.glob("attestation*"))
    made = run(*write, "--out", target)
    fingerprint = made.stderr.strip().rpartition(": ")[2]
    assert run("verify", target).exit_code == 3
    assert run("verify", target, "--fingerprint", fingerprint).exit_code == 0
    assert run("verify", target, "--fingerprint", "0000 " * 8).exit_code == 1


def test_the_key_is_readable_by_its_owner_alone(tmp_path):
    """
    And the same key signs the same bytes.
    """
    pytest.importorskip("cryptography")
    path = tmp_path / "key.pem"
    one = signature.sign(b"x", {"level": 3}, signature.load_key(path))
    assert path.stat().st_mode & 0o077 == 0
    assert signature.sign(b"x", {"level": 3}, signature.load_key(path)) == one
