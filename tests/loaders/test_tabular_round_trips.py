from __future__ import annotations

import csv
import io
import warnings
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pkimm_analytics.assessment import (
    ActionPlan,
    Answer,
    Assessment,
    Caveat,
    ExtensionAnswers,
    Mode,
    Organization,
    Source,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import AssessmentError, PkimmError, SourceFormatError
from pkimm_analytics.loaders.tabular import (
    dropped_by_csv,
    is_table_workbook,
    looks_like_csv,
    read_csv,
    read_frame,
    read_table_workbook,
    workbook,
    write_csv,
    write_xlsx,
)
from pkimm_analytics.loaders.tabular.template import (
    from_csv_text,
    hold,
    release,
    to_csv_text,
    to_xlsx_text,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from tests.strategies import NASTY, assessments, texts

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
fewer = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def full_assessment() -> Assessment:
    """Return one assessment with a bit of everything."""
    model = load_model("1.1.0")
    return Assessment(
        model=model.edition,
        mode=Mode.FULL,
        id="issuing-ca",
        use_case=UseCase(name="=1+1", description="@cmd\r\nnext line"),
        organization=Organization(name="Beispiel & Söhne", sector=" padded "),
        answers={
            "M.key-management.key-inventory": rated(3, notes="-2 points", evidence="\tlist"),
            "M.key-management": not_applicable("+nothing\x00"),
            "G.compliance.compliance-policies": rated(5, partial=True, reason="half"),
            "G.compliance": Answer(),
            "R": Answer(notes="   ", set_aside_level=2, extra={"x": [1.5, None]}),
        },
        extensions=(
            ExtensionAnswers(id="pqc", version="0.1.0", answers={"G.compliance": rated(2)}),
        ),
        action_plans=(ActionPlan(element="G.compliance", tasks=("a", "=b"), target_level=4),),
        caveats=(Caveat(code="made-up", message="invented"),),
        source=Source(kind="workbook-full", tool={"overall": {"level": 3, "value": None}}),
        extra={"future": {"field": [1, "x"]}},
    )


def zipped(content: bytes) -> dict[str, bytes]:
    """Parts of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_up(parts: dict[str, bytes]) -> bytes:
    """Make a zip archive of parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def sheets(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    """Rows of each sheet of a workbook."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


# --- nothing is lost -------------------------------------------------------------


@few
@given(assessments())
def test_long_csv_gives_the_same_assessment_back(assessment):
    """
    JSON to CSV to JSON changes nothing that JSON can say, and remarks on nothing.
    """
    (loaded,) = read_csv(write_csv([assessment]), "t.csv")
    assert loaded.problems == ()
    assert loaded.assessment == assessment
    assert Assessment.loads(loaded.assessment.dumps()).to_json() == assessment.to_json()
    assert dropped_by_csv(assessment, "long") == []


@fewer
@given(assessments())
def test_xlsx_gives_the_same_assessment_back(assessment):
    """
    JSON to xlsx to JSON changes nothing either, and no cell of it is a formula.
    """
    content = write_xlsx([assessment])
    (loaded,) = read_table_workbook(content, "t.xlsx")
    assert loaded.problems == ()
    assert loaded.assessment == assessment
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n"}
    assert b"<f>" not in b"".join(zipped(content).values())


@fewer
@given(assessments(is_rich=False))
def test_wide_csv_keeps_levels_and_properties(assessment):
    """
    What is lost is said: without notes and other details nothing is lost.
    """
    (loaded,) = read_csv(write_csv([assessment], layout="wide"), "t.csv")
    bare = {
        key: Answer(state=answer.state, level=answer.level)
        for key, answer in assessment.answers.items()
        if str(answer.state) != "unanswered"
    }
    assert loaded.problems == ()
    assert loaded.assessment.answers == bare
    plain = assessment.replace(answers=bare)
    if not dropped_by_csv(plain, "wide"):
        assert loaded.assessment == plain


@fewer
@given(st.lists(assessments(), min_size=2, max_size=3, unique_by=lambda a: a.id))
def test_several_assessments_share_a_file(several):
    """
    Editions and modes may differ within a file.
    """
    loaded = read_csv(write_csv(several), "t.csv")
    assert [one.assessment for one in loaded] == several


def test_pandas_may_stand_between_writing_and_reading():
    """
    Our own CSV, read by pandas as text, is the same assessment.
    """
    assessment = full_assessment()
    frame = pd.read_csv(io.BytesIO(write_csv([assessment])), dtype=str, keep_default_na=False)
    (loaded,) = read_frame(frame)
    assert loaded.assessment.answers == assessment.answers
    assert loaded.assessment.extensions == assessment.extensions


@pytest.mark.parametrize("text", [70_000 * "x", 20_000 * "\x00é", 40_000 * "🔑", 33_000 * "="])
def test_a_text_longer_than_a_cell_goes_on_in_further_rows(text):
    """
    No cell is longer than what a spreadsheet keeps, and the text comes back whole.
    """
    plan = ActionPlan(element="G", comments=(text,))
    assessment = full_assessment().replace(
        use_case=UseCase(name=text),
        answers={"G.compliance": rated(3, notes=text, evidence="short", reason=text + "!")},
        action_plans=(plan,),
    )
    content, workbook = write_csv([assessment]), write_xlsx([assessment])
    assert read_csv(content, "t")[0].assessment == assessment
    assert read_table_workbook(workbook, "t")[0].assessment == assessment
    rows = [*csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    cells = [cell for row in rows for cell in row]
    cells += [str(c) for rows in sheets(workbook).values() for row in rows for c in row if c]
    assert max(len(cell.encode("utf-16-le")) // 2 for cell in cells) < 32_767


def test_parts_that_are_missing_or_doubled_are_left_out():
    """
    A text is whole or not there.
    """
    header = "element,level,notes,part\n"
    for part in (1, 3, "x"):
        rows = f"G.compliance,3,a,1\nG.compliance,,b,{part}\nO.automation,4,,\n"
        (loaded,) = read_csv((header + rows).encode(), "t.csv")
        assert list(loaded.assessment.answers) == ["O.automation"]
        assert "parts of" in str(loaded.problems[0])


def test_extensions_that_share_an_id_are_kept_apart():
    """
    A table cannot tell them apart, so they are written as JSON.
    """
    twins = tuple(
        ExtensionAnswers(id="pqc", version=version, answers={"G.compliance": rated(level)})
        for version, level in [("0.1.0", 2), ("0.2.0", 4)]
    )
    assessment = full_assessment().replace(extensions=twins)
    assert read_csv(write_csv([assessment]), "t")[0].assessment == assessment
    assert "all extensions" in " ".join(dropped_by_csv(assessment, "wide"))


def test_what_the_wide_layout_drops_is_listed():
    """
    Each kind of loss with its number.
    """
    dropped = dropped_by_csv(full_assessment(), "wide")
    assert dropped == [
        "2 answers' notes",
        "1 answer's evidence",
        "2 reasons",
        "1 mark of an element that applies in part",
        "1 level that was set aside",
        "1 action plan",
        "1 caveat",
        "the figures that the source's own tool showed",
        "3 further fields",
    ]


def test_answers_that_are_not_of_the_edition_are_dropped_and_counted():
    """
    A table of an edition has no row for them.
    """
    assessment = full_assessment().replace(
        answers={"G.compliance": rated(3), "G.made-up": rated(1)},
        extensions=(ExtensionAnswers(id="pqc", version="0.1.0", answers={"G.x": rated(2)}),),
    )
    assert dropped_by_csv(assessment) == ["2 answers to elements not in its edition"]
    (loaded,) = read_csv(write_csv([assessment]), "t.csv")
    assert loaded.assessment.answers == {"G.compliance": rated(3)}
    assert not loaded.is_partial


# --- what the files look like ----------------------------------------------------


def test_an_empty_assessment_is_a_template_to_fill_in():
    """
    Every question has its row, with number and name; every common property too.
    """
    empty = Assessment(model=load_model("1.0.0").edition, mode=Mode.SELF, id="new")
    rows = [*csv.DictReader(io.StringIO(write_csv([empty]).decode("utf-8-sig")))]
    assert [row["native_id"] for row in rows if row["native_id"]][:3] == ["G.1", "G.2", "G.3"]
    assert sum(bool(row["native_id"]) for row in rows) == 15
    assert {"organization.sector", "period.finish"} <= {row["element"] for row in rows}
    (loaded,) = read_csv(write_csv([empty]), "t.csv")
    assert loaded.assessment == empty
    full = empty.replace(mode=Mode.FULL)
    rows = [*csv.DictReader(io.StringIO(write_csv([full]).decode("utf-8-sig")))]
    assert sum(bool(row["native_id"]) for row in rows) == 72


@pytest.mark.parametrize("text", NASTY)
def test_no_csv_cell_starts_like_a_formula(text):
    """
    Spreadsheets run what starts with = + - @ or a tab; an apostrophe stops them.
    """
    assessment = full_assessment().replace(
        use_case=UseCase(name=text, description=text),
        answers={"G.compliance": rated(3, notes=text, reason=text, evidence=text)},
    )
    for layout in ("long", "wide"):
        content = write_csv([assessment], layout=layout).decode("utf-8-sig")
        for row in csv.reader(io.StringIO(content, newline=""), strict=True):
            for cell in row:
                assert not cell.startswith(("\t", "\r", "\n"))
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@settings(max_examples=200)
@given(texts() | st.text("_x0041F5\x01'=+-@\t\r\n a\uffff", max_size=12))
def test_a_text_survives_its_cell(text):
    """
    Apostrophes and escapes are removed exactly where they were added.
    """
    assert from_csv_text(to_csv_text(text)) == text
    assert release(hold(text)) == text
    assert release(to_xlsx_text(text)) == text
    assert "\r" not in to_xlsx_text(text)


def test_the_workbook_has_readable_sheets():
    """
    Names, weights and level names stand beside the answers; headers stay in view.
    """
    content = write_xlsx([full_assessment()])
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Read me", "Assessment", "Answers", "Scores"]
    for name in book.sheetnames[1:]:
        sheet = book[name]
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref.startswith("A1:")
        assert sheet["A1"].font.bold
        assert all(sheet.column_dimensions[cell.column_letter].width > 5 for cell in sheet[1])
    header, *rows = sheets(content)["Answers"]
    by_element = {row[header.index("element")]: dict(zip(header, row, strict=True)) for row in rows}
    row = by_element["M.key-management.key-inventory"]
    assert (row["native_id"], row["level"], row["level_name"]) == ("M.6.2", 3, "Advanced")
    assert row["weight"] == load_model("1.1.0").requirements[str(row["element"])].weight
    assert by_element["G"]["name"] == "Governance"
    assert by_element["pqc:G.compliance"]["level"] == 2


def test_the_workbook_shows_the_figures_of_the_package():
    """
    Overall, modules and categories are those that `score` gives.
    """
    assessment = full_assessment()
    header, *rows = sheets(write_xlsx([assessment]))["Scores"]
    shown = {row[header.index("area")]: row[header.index("score")] for row in rows}
    scores = score(assessment)
    assert shown["overall"] == pytest.approx(scores.overall.score)
    assert shown["G.compliance"] == pytest.approx(scores.categories["G.compliance"].score)
    assert shown["pqc: score"] == pytest.approx(float(scores.extensions["pqc"].score))
    assert shown["M.key-management"] is None


def test_a_workbook_may_be_filled_in_and_read_again():
    """
    A level typed into the Answers sheet, a day typed into the Assessment sheet.
    """
    empty = Assessment(model=load_model().edition, id="new")
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx([empty])))
    answers, properties = book["Answers"], book["Assessment"]
    columns = {cell.value: cell.column for cell in answers[1]}
    for row in answers.iter_rows(min_row=2):
        if row[columns["element"] - 1].value == "G.compliance":
            row[columns["level"] - 1].value = 4
        if row[columns["element"] - 1].value == "R":
            row[columns["level"] - 1].value = "n/a"
    for row in properties.iter_rows(min_row=2):
        if row[1].value == "period.finish":
            row[2].value = pd.Timestamp("2026-03-31").to_pydatetime()
    stream = io.BytesIO()
    book.save(stream)
    (loaded,) = read_table_workbook(stream.getvalue(), "t.xlsx")
    assert loaded.problems == ()
    assert loaded.assessment.answers == {"G.compliance": rated(4), "R": not_applicable()}
    assert loaded.assessment.period.finish == "2026-03-31"


def test_a_bad_cell_of_a_workbook_is_named_as_a_spreadsheet_does():
    """
    Sheet, column and row.
    """
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Mine"
    for row in [("model_version", "element", "level"), ("2.0.0", "G.compliance", 7), ("", "M", 3)]:
        sheet.append(row)
    sheet.append(("", "O.automation", 2, "stray"))
    stream = io.BytesIO()
    book.save(stream)
    (loaded,) = read_table_workbook(stream.getvalue(), "t.xlsx")
    places = [problem.where for problem in loaded.problems]
    assert places[:2] == ["t.xlsx, Mine!D4", "t.xlsx, Mine!C2"]
    assert loaded.assessment.source.kind == "xlsx-table"
    assert is_table_workbook(stream.getvalue())


def test_another_workbook_is_not_taken_for_ours():
    """
    A sheet without a header of the template is nothing to us.
    """
    book = openpyxl.Workbook()
    book.worksheets[0].append(["name", "level"])
    stream = io.BytesIO()
    book.save(stream)
    assert not is_table_workbook(stream.getvalue())
    with pytest.raises(SourceFormatError, match="no table of the template"):
        read_table_workbook(stream.getvalue(), "t.xlsx")


def test_a_sheet_that_claims_a_million_rows_is_not_unrolled():
    """
    The claimed size is not believed, and rows far away end the reading.
    """
    content = write_xlsx([Assessment(model=load_model().edition, id="new")])
    for claim in ('<row r="9999999999">', '<row r="2"><c r="A2"/></row><row r="900000">'):
        parts = zipped(content)
        answers = parts["xl/worksheets/sheet3.xml"]
        parts["xl/worksheets/sheet3.xml"] = answers.replace(b'<row r="3">', claim.encode(), 1)
        assert parts["xl/worksheets/sheet3.xml"] != answers
        with pytest.raises(SourceFormatError, match="too large"):
            read_table_workbook(zip_up(parts), "t.xlsx")


def test_a_workbook_that_is_too_large_is_not_called_damaged(monkeypatch):
    """
    It says the limit, and what to do.
    """
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 10_000)
    content = write_xlsx([Assessment(model=load_model().edition, id="new")])
    with pytest.raises(SourceFormatError, match="too large") as refused:
        read_table_workbook(content, "t.xlsx")
    assert "10,000 bytes; split it, or save the sheet as CSV" in str(refused.value.problems[0])


def test_there_must_be_something_to_write():
    """
    Nothing, one id twice, or what JSON cannot hold: refused before a byte is written.
    """
    one = full_assessment()
    for several in ([], [one, one], [one.replace(extra={"x": float("nan")})]):
        with pytest.raises(AssessmentError):
            write_csv(several)
        with pytest.raises(AssessmentError):
            write_xlsx(several)


# --- anything may come in --------------------------------------------------------

CELLS = st.sampled_from(
    [
        *("", "1", "3", "5", "9", "3.0", "N/A", "rated", "unanswered", "true", "full", "self", "x"),
        *("G", "G.compliance", "G.3", "M.6", "M.6.2", "pqc:G.compliance", "organization.sector"),
        *("extra", "organization.extra", "extensions", "extensions.pqc.version", "action_plans"),
        *("{}", "[]", '{"a": 1}', '[{"id": "pqc"}]', '{"version": 1}', "1.0.0", "2.0.0", "mode"),
        *("period.finish", "2026-03-31", "synthetic", "source.extra", "model_version", "caveats"),
        *('{"x": 1e999}', "[" * 500 + "]" * 500, '{"answers": 1}', "5", "a", "b", "'=1"),
    ]
)
HEADERS = st.sampled_from(
    [
        *("element", "level", "native_id", "value", "state", "partial", "notes", "extra", "part"),
        *("assessment", "model_version", "model_digest", "mode", "set_aside_level", "reason"),
        *("G.compliance", "M.6", "pqc:G.compliance", "organization.sector", "property", "", "who"),
        *("extensions.pqc.version", "extensions.pqc.extra", "source.extra", "caveats"),
    ]
)


@st.composite
def tables(draw, cells):
    """Tables that look like the template and make little sense."""
    header = draw(st.lists(HEADERS, min_size=1, max_size=6))
    if draw(st.booleans()):
        header = [*dict.fromkeys([*header, "element", "level"])]
    rows = st.lists(cells, min_size=len(header), max_size=len(header))
    return [header, *draw(st.lists(rows, max_size=6))]


def only_our_errors(action, *args):
    """Run a reader: assessments or an error of ours, nothing else, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            loaded = action(*args)
        except PkimmError:
            return
    for one in loaded:
        assert Assessment.loads(one.assessment.dumps()) == one.assessment


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(tables(CELLS | texts(8)))
def test_any_csv_is_read_or_refused(table):
    """
    Random cells below random headers never break the reader.
    """
    stream = io.StringIO()
    csv.writer(stream).writerows(table)
    only_our_errors(read_csv, stream.getvalue().encode("utf-8", "replace"), "t.csv")


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(tables(CELLS | texts(8) | st.sampled_from([None, 3, 3.0, True, 1e300, [1], b"x"])))
def test_any_frame_is_read_or_refused(table):
    """
    As for CSV, with the values that frames may hold.
    """
    header, *rows = table
    only_our_errors(read_frame, pd.DataFrame(rows, columns=header, dtype=object))


@settings(max_examples=200)
@given(st.binary(max_size=200) | texts(200).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    """
    Not even text: refused, and never taken for a workbook.
    """
    only_our_errors(read_csv, content, "t.csv")
    only_our_errors(read_table_workbook, content, "t.xlsx")
    assert not is_table_workbook(content)
    assert looks_like_csv(content.decode("latin-1")) in {True, False}


WORKBOOK = write_xlsx([full_assessment()])


@fewer
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data):
    """
    Some bytes of one part changed, cut off or repeated.
    """
    parts = zipped(WORKBOOK)
    name = data.draw(st.sampled_from(sorted(parts)))
    part = parts[name]
    start = data.draw(st.integers(0, len(part)))
    end = data.draw(st.integers(start, min(start + 40, len(part))))
    parts[name] = part[:start] + data.draw(st.binary(max_size=10)) + part[end:]
    only_our_errors(read_table_workbook, zip_up(parts), "t.xlsx")


@settings(max_examples=50)
@given(st.integers(0, len(WORKBOOK)), st.binary(max_size=8))
def test_a_workbook_that_was_cut_off_is_refused(length, tail):
    """
    A download that stopped half-way.
    """
    if length < len(WORKBOOK):
        only_our_errors(read_table_workbook, WORKBOOK[:length] + tail, "t.xlsx")
