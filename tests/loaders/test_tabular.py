from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pkimm_analytics.assessment import (
    ActionPlan,
    Answer,
    Assessment,
    Caveat,
    ExtensionAnswers,
    Mode,
    Organization,
    Source,
    State,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.errors import AssessmentError, Problem, SourceFormatError
from pkimm_analytics.loaders import Loaded
from pkimm_analytics.loaders.loaded import MAX_PROBLEMS
from pkimm_analytics.loaders.tabular import (
    TableColumns,
    dropped_by_table,
    propose,
    read_frame,
    read_table,
    write_csv,
    write_xlsx,
)
from pkimm_analytics.loaders.tabular.fields import LONG, PROPERTIES, SHOWN
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from tests.loaders.invented_workbook import saved
from tests.strategies import NASTY

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "tables.md"


ROWS: list[list[object]] = [["element", "level"], ["G.compliance", 3], ["R.awareness", 1]]


def read(text: str | bytes, columns: TableColumns | None = None) -> list[Loaded]:
    """Read a text as CSV."""
    content = text.encode() if isinstance(text, str) else text
    return read_table(content, "t.csv", columns=columns)


def read_one(text: str) -> Loaded:
    """Read a text that holds one assessment."""
    (loaded,) = read(text)
    return loaded


def read_book(**sheets: list[list[object]]) -> list[Loaded]:
    """Read a workbook of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    return read_table(saved(book), "t.xlsx")


def levels(assessment: Assessment) -> dict[str, int | str]:
    """Level or state of each answer."""
    return {key: answer.level or str(answer.state) for key, answer in assessment.answers.items()}


def refused(loaded: Loaded) -> list[str]:
    """Places of what was left out."""
    return [problem.where for problem in loaded.problems if problem.refused]


def said(loaded: Loaded) -> str:
    """All messages."""
    return "\n".join(map(str, loaded.problems))


def problems_of(text: str | bytes) -> list[Problem]:
    """Problems of a file of which nothing can be read."""
    with pytest.raises(SourceFormatError) as caught:
        read(text)
    return list(caught.value.problems)


# --- cells -----------------------------------------------------------------------


def test_two_columns_are_enough():
    """
    Keys and levels make an assessment; what is inferred or fits several editions is said.
    """
    loaded = read_one("element,level\nG.compliance,3\nM.key-management,N/A\nO.automation,\n")
    assert levels(loaded.assessment) == {"G.compliance": 3, "M.key-management": "not_applicable"}
    assert loaded.assessment.model == load_model().edition
    assert loaded.assessment.mode is Mode.SELF
    assert loaded.assessment.source.kind == "csv-long"
    assert [problem.refused for problem in loaded.problems] == [False, False, False]


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        *(
            (text, 3)
            for text in ("3", " 3 ", "3.0", "3,0", "Level 3", "L3", "advanced", "3=Advanced")
        ),
        *(
            (text, 3)
            for text in ("3 - Advanced", "3 \u2013 Advanced", "Advanced (3)", "\u00a03\u00a0")
        ),
        *((text, "not_applicable") for text in ("N/A", "n/a", "NA", "N.A.", "not applicable")),
        ("Not evaluated", None),
    ],
)
def test_a_level_is_read_however_it_is_written(cell: str, level: int | str | None):
    """
    What has one meaning is read.
    """
    loaded = read_one(f'element,level\nG.compliance,"{cell}"\nO.automation,4\n')
    assert levels(loaded.assessment).get("G.compliance") == level
    assert not loaded.is_partial


@pytest.mark.parametrize(
    "cell",
    [
        *("0", "6", "-1", "- 3", "three", "2.5", "NaN", "TRUE", "3 of 5", "3/5", "3%", "1e0"),
        *("\u0663", "inf", "#N/A", "3 - Managed", "2026-03-04", "3 4", "Advanced or so"),
    ],
)
def test_what_is_no_level_leaves_its_element_unanswered(cell: str):
    """
    The problem names its cell and says what would be right; the rest is kept.
    """
    loaded = read_one(f"element,level\nG.compliance,{cell}\nO.automation,4\n")
    assert levels(loaded.assessment) == {"O.automation": 4}
    assert refused(loaded) == ["t.csv!B2"]
    assert "expected 1 to 5" in said(loaded)


def test_a_message_repeats_a_bad_level_but_never_a_name():
    """
    A number or harmless word is shown; a text that may be a name is only measured.
    """
    loaded = read_one(
        "element,level\nG.compliance,7\nR.sourcing,Three\nR.awareness,Example Corp\n"
        "O.automation,4\nM.key-management,3\nO.resilience,2\n"
    )
    assert "'7'" in said(loaded)
    assert "'Three'" in said(loaded)
    assert "Example" not in said(loaded)


def test_days_in_level_cells_are_explained():
    """
    A spreadsheet has made a day of 3-4; errors and missing results are named too.
    """
    day = pd.Timestamp("2026-03-04").to_pydatetime()
    rows: list[list[object]] = [["element", "level"], ["G.compliance", day]]
    rows += [["R.awareness", "=1+1"], ["O.automation", 4], ["O.resilience", 4], ["R.sourcing", 1]]
    (loaded,) = read_book(S=rows)
    assert refused(loaded) == ["t.xlsx, S!B2", "t.xlsx, S!B3"]
    assert "spreadsheets make days" in said(loaded)
    assert "a formula without a stored result" in said(loaded)
    assert levels(loaded.assessment) == {"O.automation": 4, "O.resilience": 4, "R.sourcing": 1}


def test_states_and_levels_must_agree():
    """
    A row that says two things at once counts as unanswered.
    """
    loaded = read_one(
        "element,level,state,reason\nG.compliance,3,not_applicable,\nO.automation,,rated,\n"
        "R.sourcing,,Not applicable,bought nowhere\nR.awareness,,unanswered,\nM,N/A,,\n"
    )
    assert loaded.assessment.answers == {
        "R.sourcing": not_applicable("bought nowhere"),
        "R.awareness": Answer(state=State.UNANSWERED),
        "M": not_applicable(),
    }
    assert refused(loaded) == ["t.csv!B2", "t.csv!C3"]


def test_properties_stand_in_rows_or_in_columns():
    """
    A row for each property, or a column that repeats it: the same organization.
    """
    rows = read_one(
        "element,level,value\norganization.sector,,L-finance\n@assurance,,Formal\nG.compliance,3,\n"
    ).assessment
    columns = read_one(
        "element,level,sector,assurance\nG.compliance,3,L-finance,formal\nO.automation,3,L-finance,formal\n"
    ).assessment
    assert rows.organization == columns.organization == Organization(sector="L-finance")
    assert rows.assurance == columns.assurance == "formal"


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("organization.sector,,a\norganization.sector,,b\n", "t.csv!C3"),
        ("period.finish,,2026-02-30\n", "t.csv!C2"),
        ("period.finish,,03/04/2026\n", "t.csv!C2"),
        ("synthetic,,maybe\n", "t.csv!C2"),
        ("assurance,,certain\n", "t.csv!C2"),
    ],
)
def test_a_property_that_is_none_is_left_out(rows: str, where: str):
    """
    Two values, a day that does not exist or has two meanings, an unknown word.
    """
    loaded = read_one(f"element,level,value\n{rows}G.compliance,3,\n")
    assert refused(loaded) == [where]
    assert levels(loaded.assessment) == {"G.compliance": 3}


def test_days_are_read_as_people_write_them():
    """
    The order of day and month is plain here.
    """
    assessment = read_one(
        "element,level,value\nperiod.finish,,31.3.2026\nperiod.start,,3/31/2025\nG.compliance,3,\n"
    ).assessment
    assert (assessment.period.start, assessment.period.finish) == ("2025-03-31", "2026-03-31")


# --- elements and editions -------------------------------------------------------


def test_a_number_means_what_its_edition_says():
    """
    M.6 is certificate management in 1.0.0 and key management in 1.1.0.
    """
    one, two = read(
        "assessment,model_version,element,level\nold,1.0.0,M.6,2\nnew,1.1.0,m.6,4\nnew,,M.7.1,5\n"
    )
    assert levels(one.assessment) == {"M.certificate-management": 2}
    assert levels(two.assessment)["M.key-management"] == 4
    assert two.assessment.mode is Mode.FULL


@pytest.mark.parametrize(
    "element", ["Key management", "KEY  management", "M.key-management", "m.6."]
)
@pytest.mark.parametrize("column", ["element", "Category", "native_id", "name"])
def test_titles_and_numbers_are_read_in_any_column_of_elements(element: str, column: str):
    """
    A title that only one element has is as good as its key.
    """
    loaded = read_one(f"{column},level,model_version\n{element},3,1.1.0\nCompliance,2,1.1.0\n")
    assert levels(loaded.assessment) == {"M.key-management": 3, "G.compliance": 2}


def test_number_and_title_settle_the_edition():
    """
    Neither says it alone: the edition in which both agree is taken, with a remark.
    """
    text = "no,title,level\nM.5,Key management,3\nO.10,Automation,2\n"
    assert read_one(text).assessment.model.version == "1.0.0"
    text = "element,level\nM.6 Key management,3\nO.11: Automation,2\n"
    assert read_one(text).assessment.model.version == "1.1.0"


def test_a_number_beside_the_title_of_another_element_is_refused():
    """
    One such row is left out; where there are many, the edition is wrong, and nothing is read.
    """
    rows = "G.1,Strategy and Vision,3\nG.3,Compliance,2\nG.4,Compliance,2\n"
    loaded = read_one(
        f"model_version,native_id,name,level\n1.1.0,{rows.replace(chr(10), chr(10) + '1.1.0,', 2)}"
    )
    assert levels(loaded.assessment) == {"G.strategy-and-vision": 3, "G.compliance": 2}
    assert refused(loaded) == ["t.csv!B4"]
    old = load_model("1.0.0")
    rows = "".join(f"1.1.0,{c.native_id},{c.name},3\n" for c in old.categories.values())
    assert "another edition than it says" in str(
        problems_of("model_version,native_id,name,level\n" + rows)[-1]
    )


@pytest.mark.parametrize(
    ("id_", "hint"),
    [
        ("M.6.9", "did you mean M.6."),
        ("M.1", "did you mean M.6?"),
        ("M.77.1", "it has no M.77"),
        ("M.5 Key management", "did you mean M.6?"),
        ("G.complianc", "did you mean G.compliance?"),
        ("Key managment", "did you mean M.key-management?"),
        ("Q.9", "expected a key"),
        ("pqc:G.compliance", "JSON only"),
    ],
)
def test_an_unknown_element_names_the_nearest(id_: str, hint: str):
    """
    A typing error is found by its neighbor.
    """
    loaded = read_one(
        f"element,level,model_version\n{id_},3,1.1.0\nG.compliance,3,1.1.0\nO.automation,,1.1.0\n"
    )
    assert hint in said(loaded)
    assert refused(loaded) == ["t.csv!A2"]
    assert levels(loaded.assessment) == {"G.compliance": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("element,level\nM.6,4\n", "expected its edition in column model_version"),
        ("element,level,model_version\nG.compliance,3,9.9.9\n", "PKIMM 1.0.0 (72 requirements)"),
        ("element,level,model_version\nG.compliance,3,two\n", "expected a version"),
        (f"element,level,model_digest\nG.compliance,3,sha256:{64 * '0'}\n", "no edition of this"),
    ],
)
def test_an_edition_that_is_not_known_is_refused(text: str, expected: str):
    """
    Nobody guesses which edition a number is of.
    """
    assert expected in problems_of(text)[-1].message


@pytest.mark.parametrize("version", ["1.1.0", "1.1", "v1.1.0", "PKIMM 1.1", "version 1.1.0"])
def test_a_version_is_read_however_it_is_written(version: str):
    """
    A spreadsheet takes 1.1 for a number.
    """
    loaded = read_one(f"element,level,model_version\nM.6,3,{version}\n")
    assert levels(loaded.assessment) == {"M.key-management": 3}


def test_a_mode_that_does_not_fit_the_answers_is_remarked():
    """
    A self-assessment does not score requirements.
    """
    loaded = read_one("element,level,mode\nG.compliance.compliance-policies,3,self\n")
    assert "not scored" in said(loaded)


def test_a_digest_decides_the_edition():
    """
    The digest of 1.1.0 is enough.
    """
    digest = load_model("1.1.0").digest
    loaded = read_one(f"element,level,model_digest\nG.compliance,3,{digest}\n")
    assert loaded.assessment.model.version == "1.1.0"


# --- one assessment for each organization, use case and date, or nothing ----------------


def test_an_id_is_kept_and_a_name_becomes_the_use_case():
    """
    What cannot be an id is not lost.
    """
    one, two = read("assessment,element,level\nca-1,G.compliance,3\nMy CA,G.compliance,3\n")
    assert one.assessment.id == "ca-1"
    assert two.assessment.use_case.name == "My CA"
    assert re.fullmatch(r"[0-9a-f-]{36}", two.assessment.id)
    assert "My CA" not in said(two)


def test_rows_are_sorted_by_organization_use_case_and_date():
    """
    In other words than ours, in any order, without a column of names.
    """
    loaded = read(
        "Company,Date,Category,Maturity level\nA,2025-01-31,Compliance,1\n"
        "B,2025-01-31,Compliance,2\nA,2026-01-31,Compliance,3\nA,2025-01-31,Automation,4\n"
    )
    found = {
        (one.assessment.organization.name, one.assessment.period.finish): levels(one.assessment)
        for one in loaded
    }
    assert found == {
        ("A", "2025-01-31"): {"G.compliance": 1, "O.automation": 4},
        ("B", "2025-01-31"): {"G.compliance": 2},
        ("A", "2026-01-31"): {"G.compliance": 3},
    }


def test_a_sheet_for_each_organization_is_an_assessment_for_each():
    """
    They are named by their sheets; sheets of modules are one assessment.
    """
    rows = ROWS
    other: list[list[object]] = [["element", "level"], ["G.compliance", 2], ["R.awareness", 1]]
    one, two = read_book(Acme_Bank=rows, Beta=other)
    assert one.assessment.use_case.name == "Acme Bank"
    assert two.assessment.id == "Beta"
    assert (levels(one.assessment)["G.compliance"], levels(two.assessment)["G.compliance"]) == (
        3,
        2,
    )
    assert not one.is_partial
    (loaded,) = read_book(Governance=rows[:2], Resources=[rows[0], rows[2]])
    assert levels(loaded.assessment) == {"G.compliance": 3, "R.awareness": 1}
    assert "read as one assessment" in said(loaded)


def test_a_column_for_each_organization_is_an_assessment_for_each():
    """
    The first column holds the elements, and some properties.
    """
    one, two = read(
        "Overview of our group,,\n\nPKI area,Acme Bank,Beta,Comment\nSector,L-finance,D-energy,\n"
        "Key management,3,,\nCompliance,2 - Basic,n.a.,ask Jane\nAutomation,4,5,\n"
    )
    assert one.assessment.use_case.name == "Acme Bank"
    assert one.assessment.organization.sector == "L-finance"
    assert levels(one.assessment) == {"M.key-management": 3, "G.compliance": 2, "O.automation": 4}
    assert levels(two.assessment) == {"G.compliance": "not_applicable", "O.automation": 5}
    assert one.assessment.source.kind == "csv-matrix"


def test_a_column_or_sheet_that_is_named_by_a_day_is_of_that_day():
    """
    As where each year has its column; the day is remarked.
    """
    days = [pd.Timestamp(f"{year}-01-31").to_pydatetime() for year in (2025, 2026)]
    answers: list[list[object]] = [["Compliance", 1, 2], ["Automation", 3, 4]]
    columns = read_book(S=[["Category", *days], *answers])
    sheets = read_book(**{"31.1.2025": ROWS, "2026-01-31": ROWS})
    for found in (columns, sheets):
        assert [one.assessment.period.finish for one in found] == ["2025-01-31", "2026-01-31"]
        assert "was taken as period.finish" in said(found[1])


def test_hidden_sheets_are_left_alone_and_said_to_be():
    """
    They hold lists of choices, or older copies.
    """
    book = openpyxl.Workbook()
    for title, level in (("Answers", 3), ("Old", 1)):
        sheet = book.create_sheet(title)
        for row in (["element", "level"], ["G.compliance", level]):
            sheet.append(row)
    book["Old"].sheet_state = "hidden"
    (loaded,) = read_table(saved(book), "t.xlsx")
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert "hidden sheets were not read" in said(loaded)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("element,level\nG.compliance,3\nG.compliance,2\nO.automation,3\n", "answered otherwise"),
        ("element,level,organization.name\nG.compliance,3,A\nO.automation,2,\n", "in each row"),
        (
            "assessment,element,level,organization.name\nx,G.compliance,3,A\nx,O.automation,2,\n",
            "in each row",
        ),
        ("element,level\nG.compliance,three\nO.automation,four\nR.awareness,2\n", "2 of 3 answers"),
    ],
)
def test_there_are_no_leftovers(text: str, expected: str):
    """
    What is left of an assessment would look like one: nothing of it is read.
    """
    assert expected in " ".join(map(str, problems_of(text)))


def test_two_editions_in_one_assessment_are_refused_and_the_others_read():
    """
    The problem of the assessment that was left out stands with the first good one.
    """
    (loaded,) = read(
        "assessment,model_version,element,level\na,1.1.0,M.6,4\na,1.0.0,M.5,3\nb,1.0.0,M.6,1\n"
    )
    assert loaded.assessment.id == "b"
    assert refused(loaded) == ["t.csv!B3"]


def test_equal_rows_are_read_once():
    """
    With a remark; a row that says nothing repeats nothing.
    """
    loaded = read_one(
        "element,level\nG.compliance,3\nG.compliance,3\nO.automation,\nO.automation,2\n"
    )
    assert levels(loaded.assessment) == {"G.compliance": 3, "O.automation": 2}
    assert "repeats G.compliance of t.csv, row 2" in said(loaded)
    assert not loaded.is_partial


def test_a_row_without_a_name_among_named_ones_belongs_to_nobody():
    """
    It is left out and named.
    """
    rows = "a,G.compliance,3\na,R.awareness,3\n,O.automation,3\na,R.sourcing,1\n"
    loaded = read_one("assessment,element,level\n" + rows)
    assert [*levels(loaded.assessment)] == ["G.compliance", "R.awareness", "R.sourcing"]
    assert refused(loaded) == ["t.csv, row 4"]


# --- the wide layout -------------------------------------------------------------


def test_each_row_of_a_wide_table_is_an_assessment():
    """
    Levels, N/A, empty cells and properties, of two editions.
    """
    one, two = read(
        "assessment,model_version,mode,period.finish,G.compliance,Key management,R.sourcing\n"
        "a,2.0.0,self,2026-03-31,3,,N/A\nb,1.0.0,self,,4,5 - Optimized,\n"
    )
    assert levels(one.assessment) == {"G.compliance": 3, "R.sourcing": "not_applicable"}
    assert one.assessment.period.finish == "2026-03-31"
    assert levels(two.assessment) == {"G.compliance": 4, "M.key-management": 5}
    assert two.assessment.model.version == "1.0.0"
    assert one.assessment.source.kind == "csv-wide"
    assert not one.is_partial


def test_a_wide_table_is_read_as_a_plain_loop_would():
    """
    The slow obvious reader and ours see the same levels, at once and one by one.
    """
    keys = list(load_model("2.0.0").requirements)
    rows = [[(7 * row + 3 * column) % 6 for column in range(len(keys))] for row in range(20)]
    text = ",".join(["assessment", "model_version", "mode", *keys]) + "\n"
    for number, row in enumerate(rows):
        cells = [str(level) if level else "" for level in row]
        text += ",".join([f"a{number}", "2.0.0", "full", *cells]) + "\n"
    obvious = [{k: v for k, v in zip(keys, row, strict=True) if v} for row in rows]
    assert [levels(loaded.assessment) for loaded in read(text)] == obvious
    slow = TableColumns.read(propose(text.encode(), "t").to_json() | {"values": {"level": {}}}, "m")
    assert [one.assessment for one in read(text, slow)] == [one.assessment for one in read(text)]


def test_plain_rows_and_others_stand_in_the_order_of_the_table():
    """
    A bad level, an unknown code and a row in order.
    """
    one, two, three = read(
        "assessment,model_version,organization.sector,G.compliance,O.automation\n"
        "a,2.0.0,L-finance,3,2\nb,2.0.0,L-finance,9,2\nc,2.0.0,Banking,1,2\n"
    )
    assert [x.assessment.id for x in (one, two, three)] == ["a", "b", "c"]
    assert refused(two) == ["t.csv!D3"]
    assert "did you mean 'L-finance'?" in said(three)
    assert three.assessment.organization.sector == "Banking"


def test_rows_of_one_name_and_date_are_one_assessment_or_none():
    """
    An exact repetition is read once; a contradiction leaves both out; dates tell apart.
    """
    header = "assessment,model_version,mode,period.finish,G.compliance\n"
    text = header + "a,2.0.0,self,{},3\na,2.0.0,self,2026-01-01,{}\nb,2.0.0,self,,1\n"
    same = read(text.format("2026-01-01", 3))
    assert [loaded.assessment.id for loaded in same] == ["a", "b"]
    assert not same[0].is_partial
    (other,) = read(text.format("2026-01-01", 4))
    assert other.assessment.id == "b"
    assert refused(other) == ["t.csv!A3"]
    assert len({one.assessment.id for one in read(text.format("2025-01-01", 4))}) == 3


# --- headers and column maps ---------------------------------------------------------


def test_columns_that_are_not_known_are_mentioned():
    """
    They are not refused, and their headers, which may be private, not repeated.
    """
    loaded = read_one("element,level,Ask Jane,Target level\nG.compliance,3,x,5\n")
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert [p.where for p in loaded.problems if "not known" in p.message] == [
        "t.csv!C1",
        "t.csv!D1",
    ]
    assert not loaded.is_partial
    assert "jane" not in said(loaded).lower()


def test_a_proposal_is_corrected_and_given_back():
    """
    Two columns may hold the level; the user says which, and what a word stands for.
    """
    text = "PKI area,Rating,Answer\nCompliance,3,reached\nAutomation,4,2\nAwareness,4,3\n"
    with pytest.raises(SourceFormatError, match="pkimm columns"):
        read(text)
    text = text.replace("Rating", "Level")
    proposal = propose(text.encode(), "t.csv")
    assert [column.field for column in proposal.columns] == ["element", "level", "ignore"]
    document = proposal.to_json()
    document["columns"][1]["field"], document["columns"][2]["field"] = "ignore", "level"
    document["values"] = {"level": {"reached": "5"}}
    columns = TableColumns.read(document, "map")
    assert TableColumns.read_text(columns.to_yaml(), "map.yaml") == columns
    (loaded,) = read(text, columns)
    assert levels(loaded.assessment) == {"G.compliance": 5, "O.automation": 2, "R.awareness": 3}
    with pytest.raises(SourceFormatError, match="another header"):
        read(text.replace("Answer", "Score"), columns)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "no content"),
        (" \n\n", "expected an official workbook"),
        ("element,level\n", "no row below"),
        ("G.compliance,O.automation\n\n", "no row below"),
        ("a,b\n1,2\n", "a table with the columns element and level"),
        ("element,notes\nG.compliance,x\n", "a table with the columns element and level"),
        ("element,level,Level\nG.compliance,1,2\n", "another column for"),
        ('element,level,notes\nG.compliance,3,"x\n', "quote"),
        ("element,level\nG.comp\0liance,3\n", "NUL"),
        (b"\x89PNG\x81\x8d\x8f", "neither UTF-8"),
        ("element,level\nG.compliance\nO.automation\n", "1 cells, while the header has 2"),
        ("element,level\nG.compliance,three\n", "expected 1 to 5"),
        ("element,level" + 5_000 * ",x" + "\nG.compliance,3" + 5_000 * ",1" + "\n", "columns"),
        ("Dear all,\n\nplease find attached nothing, at level 3.\n", "expected an official"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_file_that_cannot_be_read_says_why(content: str | bytes, expected: str):
    """
    One clear problem with its place, and nothing is imported.
    """
    assert expected in " ".join(map(str, problems_of(content)))


def test_the_list_of_problems_ends_with_how_many_more_there_are():
    """
    A thousand unknown ids are a list of two hundred and a count.
    """
    rows = "".join(f"G.nothing-{number},2.0.0,3\n" for number in range(1_000))
    found = problems_of("element,model_version,level\n" + rows)
    assert len(found) == MAX_PROBLEMS + 1
    assert str(found[-1]) == "and 802 more"


def test_a_data_frame_reads_as_the_same_table():
    """
    Numbers, missing values and days of pandas; what is no value is one problem.
    """
    frame = pd.DataFrame(
        {
            "assessment": ["a", "b"],
            "model_version": "2.0.0",
            "mode": "self",
            "period.finish": pd.to_datetime(["2026-03-31", None]),
            "G.compliance": [3.0, None],
            "O.automation": pd.array([None, 2], dtype="Int64"),
            "R.sourcing": ["N/A", True],
            "R.awareness": [[3], 3],
        }
    )
    one, two = read_frame(frame)
    assert levels(one.assessment) == {"G.compliance": 3, "R.sourcing": "not_applicable"}
    assert one.assessment.period.finish == "2026-03-31"
    assert one.assessment.source.kind == "frame-wide"
    assert (refused(one), refused(two)) == (["data frame!H2"], ["data frame!G3"])


# --- what is written -------------------------------------------------------------


def full_assessment() -> Assessment:
    """Return one assessment with a bit of everything."""
    model = load_model("1.1.0")
    return Assessment(
        model=model.edition,
        mode=Mode.FULL,
        id="issuing-ca",
        use_case=UseCase(name="=1+1", description="@cmd\r\nnext line"),
        organization=Organization(name="Beispiel & Söhne", sector="L-finance"),
        answers={
            "M.key-management.key-inventory": rated(3, notes="-2 points", evidence="\tlist"),
            "M.key-management": not_applicable("+nothing"),
            "G.compliance.compliance-policies": rated(5, partial=True, reason="half"),
            "G.compliance": Answer(),
            "G.made-up": rated(1),
            "R": Answer(notes="_x0041_", set_aside_level=2, extra={"x": [1.5, None]}),
        },
        extensions=(
            ExtensionAnswers(id="pqc", version="0.1.0", answers={"G.compliance": rated(2)}),
        ),
        action_plans=(ActionPlan(element="G.compliance", tasks=("a", "=b"), target_level=4),),
        caveats=(Caveat(code="made-up", message="invented"),),
        source=Source(kind="workbook-full", tool={"overall": {"level": 3, "value": None}}),
        extra={"future": {"field": [1, "x"]}},
    )


def kept_by_tables(assessment: Assessment) -> Assessment:
    """The assessment without what only JSON holds."""
    answers = {
        key: a.replace(set_aside_level=None, extra={})
        for key, a in assessment.answers.items()
        if key in load_model(assessment.model.version).keys
    }
    return assessment.replace(
        answers=answers, extensions=(), action_plans=(), caveats=(), source=Source(), extra={}
    )


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_written_table_carries_answers_texts_profile_and_dates(write):
    """
    And says what it leaves out; nothing is refused when it is read again.
    """
    assessment = full_assessment()
    loaded = read_table(write([assessment]), "t")[0]
    assert loaded.assessment.replace(source=Source()) == kept_by_tables(assessment)
    assert not loaded.is_partial
    assert dropped_by_table([assessment]) == [
        "answers to elements that its edition does not have",
        "levels that were set aside",
        "flags, consensus and whatever else is said of an answer",
        "the answers of extensions",
        "action plans",
        "caveats",
        "what the source said beside the answers, such as the figures that its own tool showed",
        "further fields",
    ]


def test_what_the_wide_layout_drops_is_listed():
    """
    Levels, profile and dates are there; texts are counted.
    """
    assessment = full_assessment()
    assert {"the notes", "the evidence", "the reasons of what does not apply"} < {
        *dropped_by_table([assessment], "wide")
    }
    (loaded,) = read(write_csv([assessment], layout="wide"))
    assert loaded.assessment.organization == assessment.organization
    assert levels(loaded.assessment)["M.key-management.key-inventory"] == 3


def test_a_text_that_no_cell_holds_is_said():
    """
    Too long for a spreadsheet, or with control characters.
    """
    assessment = Assessment(
        model=load_model().edition,
        answers={
            "G.compliance": rated(3, notes="x" * 40_000),
            "O.automation": rated(2, notes="a\x07b"),
        },
    )
    assert dropped_by_table([assessment]) == [
        "texts too long for a cell, or control characters of texts"
    ]
    for content in (write_csv([assessment]), write_xlsx([assessment])):
        answers = read_table(content, "t")[0].assessment.answers
        assert (answers["G.compliance"].notes, answers["O.automation"].notes) == ("", "a b")


@pytest.mark.parametrize("text", NASTY)
def test_no_csv_cell_starts_like_a_formula(text: str):
    """
    Spreadsheets run what starts with = + - @ or a tab; an apostrophe stops them.
    """
    answer = rated(3, notes=text, reason=text, evidence=text)
    assessment = full_assessment().replace(
        use_case=UseCase(name=text, description=text), answers={"G.compliance": answer}
    )
    for layout in ("long", "wide"):
        content = write_csv([assessment], layout=layout).decode("utf-8-sig")
        for row in csv.reader(io.StringIO(content, newline=""), strict=True):
            for cell in row:
                assert not cell.startswith(("\t", "\r", "\n"))
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    (loaded,) = read_table(write_csv([assessment]), "t")
    blank = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", " ", text)
    assert loaded.assessment.answers["G.compliance"].notes == ("" if not blank.strip() else blank)


def test_an_empty_assessment_is_a_template_to_fill_in():
    """
    Every question has its row, with number and name; every common property too.
    """
    empty = Assessment(model=load_model("1.0.0").edition, mode=Mode.SELF, id="new")
    rows = [*csv.DictReader(io.StringIO(write_csv([empty]).decode("utf-8-sig")))]
    assert [row["native_id"] for row in rows if row["native_id"]][:3] == ["G.1", "G.2", "G.3"]
    assert {"organization.sector", "period.finish"} <= {row["element"] for row in rows}
    assert read(write_csv([empty]))[0].assessment.answers == {}
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx([empty])))
    answers, properties = book["Answers"], book["Assessment"]
    columns = {cell.value: cell.column for cell in answers[1]}
    for row in answers.iter_rows(min_row=2):
        if row[columns["element"] - 1].value == "G.compliance":
            row[columns["level"] - 1].value = 4
        if row[columns["element"] - 1].value == "R":
            row[columns["level"] - 1].value = "N/A"
    for row in properties.iter_rows(min_row=2):
        if row[1].value == "period.finish":
            row[2].value = pd.Timestamp("2026-03-31").to_pydatetime()
    (loaded,) = read_table(saved(book), "filled.xlsx")
    assert levels(loaded.assessment) == {"G.compliance": 4, "R": "not_applicable"}
    assert loaded.assessment.period.finish == "2026-03-31"
    assert not loaded.is_partial


def test_the_workbook_has_readable_sheets_with_our_figures():
    """
    Names, weights and level names stand beside the answers; headers stay in view.
    """
    assessment = full_assessment()
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx([assessment])))
    assert book.sheetnames == ["Read me", "Assessment", "Answers", "Scores"]
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes is not None
        assert book[name].auto_filter.ref.startswith("A1:")
    header, *rows = book["Answers"].iter_rows(values_only=True)
    by_element = {row[header.index("element")]: dict(zip(header, row, strict=True)) for row in rows}
    row = by_element["M.key-management.key-inventory"]
    assert (row["native_id"], row["level"], row["level_name"]) == ("M.6.2", 3, "Advanced")
    header, *rows = book["Scores"].iter_rows(values_only=True)
    shown = {row[header.index("area")]: row[header.index("score")] for row in rows}
    scores = score(assessment)
    assert shown["overall"] == pytest.approx(scores.overall.score)
    assert shown["pqc: score"] == pytest.approx(float(scores.extensions["pqc"].score))
    assert shown["M.key-management"] is None


def test_there_must_be_something_to_write():
    """
    Nothing, or one id twice: refused before a byte is written.
    """
    for assessments in ([], [full_assessment(), full_assessment()]):
        with pytest.raises(AssessmentError):
            write_csv(assessments)


# --- the guide -------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    """Code blocks of the guide in one language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_what_the_guide_shows_can_be_read():
    """
    Readers copy the examples, so nothing of them may be refused.
    """
    tables = [read(block) for block in blocks("csv")]
    assert len(tables) >= 4
    assert not any(one.is_partial for table in tables for one in table)
    (block,) = blocks("python")
    ast.parse(block)
    names: dict[str, list[Assessment]] = {}
    exec(block, names)  # noqa: S102  # our own page
    assert [levels(a) for a in names["assessments"]] == [
        {"G.compliance": 3, "M.key-management": 4},
        {"G.compliance": 2},
    ]


def test_the_guide_names_every_column_and_property():
    """
    What a table may have, the page explains.
    """
    named = set(re.findall(r"`([a-z_.]+)`", GUIDE.read_text(encoding="utf-8")))
    assert {*LONG, *SHOWN, *PROPERTIES} <= named
