from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

from pkimm_analytics.assessment import Answer, Assessment, Mode, State, not_applicable, rated
from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.loaders import Loaded
from pkimm_analytics.loaders.tabular import looks_like_csv, read_csv, read_frame
from pkimm_analytics.loaders.tabular.rows import MAX_PROBLEMS
from pkimm_analytics.model import load_model

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "tables.md"


def read(text: str) -> list[Loaded]:
    """Read a text as CSV."""
    return read_csv(text.encode(), "t.csv")


def read_one(text: str) -> Loaded:
    """Read a text that holds one assessment."""
    (loaded,) = read(text)
    return loaded


def levels(assessment: Assessment) -> dict[str, int | str]:
    """Level or state of each answer."""
    return {key: answer.level or str(answer.state) for key, answer in assessment.answers.items()}


def refused(loaded: Loaded) -> list[str]:
    """Problems of what was left out."""
    return [str(problem) for problem in loaded.problems if problem.refused]


def remarks(loaded: Loaded) -> list[str]:
    """Remarks on what was taken over."""
    return [str(problem) for problem in loaded.problems if not problem.refused]


def problems_of(text: str | bytes) -> list[Problem]:
    """Problems of a file of which nothing can be read."""
    with pytest.raises(SourceFormatError) as caught:
        read_csv(text.encode() if isinstance(text, str) else text, "t.csv")
    return list(caught.value.problems)


# --- the long layout -------------------------------------------------------------


def test_two_columns_are_enough():
    """
    Keys and levels make an assessment; edition and mode are inferred, and that is said.
    """
    loaded = read_one("element,level\nG.compliance,3\nM.key-management,N/A\nO.automation,\n")
    assert levels(loaded.assessment) == {"G.compliance": 3, "M.key-management": "not_applicable"}
    assert loaded.assessment.model == load_model("2.0.0").edition
    assert loaded.assessment.mode is Mode.SELF
    assert loaded.assessment.source.kind == "csv-long"
    assert len(remarks(loaded)) == 2
    assert not loaded.is_partial


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding_are_told_from_the_content(delimiter, encoding):
    """
    Commas, semicolons and tabs, UTF-8 and UTF-16: the same assessment.
    """
    rows = [["Element ", "LEVEL", "notes", "Model Version"], ["G.compliance", "3", "für", "1.0.0"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (loaded,) = read_csv(text.encode(encoding), "t.csv")
    assert loaded.assessment.answers == {"G.compliance": rated(3, notes="für")}
    assert loaded.assessment.model.version == "1.0.0"


def test_another_encoding_is_read_as_windows_1252_with_a_remark():
    """
    An old spreadsheet's accents survive, and the reader is asked to check them.
    """
    text = "element,level,notes,model_version,mode\nG.compliance,3,für,2.0.0,self\n"
    (loaded,) = read_csv(text.encode("cp1252"), "t.csv")
    assert loaded.assessment.answers["G.compliance"].notes == "für"
    assert "Windows-1252" in remarks(loaded)[0]
    assert not loaded.is_partial


def test_a_line_that_names_the_delimiter_is_skipped():
    """
    Spreadsheets write `sep=;` first; rows are still counted as they show them.
    """
    loaded = read_one("sep=;\nelement;level\nG.compliance;3\nM.key-management;9\n")
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert refused(loaded)[0].startswith("t.csv, row 4, column level")


@pytest.mark.parametrize("cell", ["3", " 3 ", "3.0", "3,0", "3.000"])
def test_a_whole_level_is_read_however_it_is_written(cell):
    """
    Blanks and zeros behind the point change nothing.
    """
    assert levels(read_one(f'element,level\nG.compliance,"{cell}"\n').assessment) == {
        "G.compliance": 3
    }


@pytest.mark.parametrize(
    "cell",
    [
        "0",
        "6",
        "-1",
        "three",
        "2.5",
        "NaN",
        "NA",
        "TRUE",
        "true",
        "3 of 5",
        "1e0",
        "٣",
        "inf",
        "#N/A",
    ],
)
def test_what_is_no_level_leaves_its_element_unanswered(cell):
    """
    The problem names row and column and says what would be right; the rest is kept.
    """
    loaded = read_one(f"element,level\nG.compliance,{cell}\nO.automation,4\n")
    assert levels(loaded.assessment) == {"O.automation": 4}
    (problem,) = refused(loaded)
    assert problem.startswith("t.csv, row 2, column level: ")
    assert "expected 1 to 5, empty, or N/A; left unanswered" in problem


def test_a_message_repeats_a_bad_level_but_never_a_name():
    """
    A number or harmless word is shown; a text that may be a name is only measured.
    """
    loaded = read_one(
        "element,level\nG.compliance,7\nR.sourcing,Three\nR.awareness,Example Corp\nM,\n"
        "O.automation,4\n"
    )
    shown = "\n".join(refused(loaded))
    assert "'7'" in shown
    assert "'Three'" in shown
    assert "Example" not in shown
    assert "a text of 12 characters" in shown


def test_all_problems_of_a_file_are_listed_at_once():
    """
    An unknown id, a bad level and a bad day: three places, one reading.
    """
    loaded = read_one(
        "element,level,value,model_version\nG.complience,3,,1.1.0\nG.compliance,9,,\n"
        "period.finish,,31.12.2025,\nO.automation,4,,\n"
    )
    assert [problem.where for problem in loaded.problems if problem.refused] == [
        "t.csv, row 2, column element",
        "t.csv, row 3, column level",
        "t.csv, row 4, column value",
    ]
    assert "did you mean G.compliance?" in refused(loaded)[0]
    assert "expected a day such as 2026-01-31" in refused(loaded)[2]
    assert levels(loaded.assessment) == {"O.automation": 4}


def test_the_list_of_problems_ends_with_how_many_more_there_are():
    """
    A thousand unknown ids are a list of two hundred and a count.
    """
    rows = "".join(f"G.nothing-{number},2.0.0,3\n" for number in range(1_000))
    found = problems_of("element,model_version,level\n" + rows)
    assert len(found) == MAX_PROBLEMS + 1
    assert str(found[-1]) == "and 800 more"


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
    assert len(refused(loaded)) == 2


def test_properties_stand_in_rows_or_in_columns():
    """
    A row for each property, or a column that repeats it: the same organization.
    """
    rows = read_one(
        "element,level,value\norganization.sector,,finance\n@assurance,,Formal\nG.compliance,3,\n"
    ).assessment
    columns = read_one(
        "element,level,organization.sector,assurance\nG.compliance,3,finance,formal\n"
        "O.automation,3,finance,formal\n"
    ).assessment
    assert rows.organization == columns.organization
    assert rows.organization.sector == "finance"
    assert rows.assurance == columns.assurance == "formal"


def test_a_property_with_two_values_is_left_out():
    """
    Neither sector is taken, and the second place is named.
    """
    loaded = read_one(
        "element,level,value\norganization.sector,,a\norganization.sector,,b\nG.compliance,3,\n"
    )
    assert loaded.assessment.organization.sector is None
    assert refused(loaded)[0].startswith("t.csv, row 3, column value: organization.sector")


def test_equal_rows_are_read_once_and_contradicting_rows_not_at_all():
    """
    One remark for the repetition, one problem for the contradiction.
    """
    loaded = read_one(
        "element,level\nG.compliance,3\nG.compliance,3\nO.automation,2\nO.automation,4\n"
    )
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert any("row 3: repeats G.compliance" in text for text in remarks(loaded))
    assert any("row 5: O.automation is answered otherwise" in text for text in refused(loaded))


def test_an_empty_row_of_the_template_does_not_contradict_a_filled_one():
    """
    A row without level and text says nothing.
    """
    loaded = read_one("element,level\nG.compliance,\nG.compliance,3\n")
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert not loaded.is_partial


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


def test_a_number_without_its_edition_is_refused():
    """
    Nobody guesses which edition a number is of.
    """
    (problem,) = problems_of("element,level\nM.6,4\n")
    assert problem.where == "t.csv, row 2, column element"
    assert "expected its edition in column model_version" in problem.message


@pytest.mark.parametrize(
    ("id_", "hint"),
    [
        ("M.6.9", "did you mean M.6."),
        ("M.1", "did you mean M.6?"),
        ("M.77.1", "it has no M.77"),
        ("G.complianc", "did you mean G.compliance?"),
        ("Q.9", "expected"),
    ],
)
def test_an_unknown_id_names_the_nearest(id_, hint):
    """
    A typing error is found by its neighbor.
    """
    loaded = read_one(f"element,level,model_version\n{id_},3,1.1.0\nG.compliance,3,1.1.0\n")
    if id_ != "Q.9":
        assert hint in refused(loaded)[0]
    assert loaded.is_partial
    assert levels(loaded.assessment) == {"G.compliance": 3}


def test_two_editions_in_one_assessment_are_refused_and_the_others_read():
    """
    The problem of the assessment that was left out stands with the first good one.
    """
    (loaded,) = read(
        "assessment,model_version,element,level\na,1.1.0,M.6,4\na,1.0.0,M.5,3\nb,1.0.0,M.6,1\n"
    )
    assert loaded.assessment.id == "b"
    assert refused(loaded)[0].startswith("t.csv, row 3, column model_version: ")
    assert "an assessment has one edition" in refused(loaded)[0]


@pytest.mark.parametrize(
    ("version", "expected"),
    [("9.9.9", "known are PKIMM 1.0.0 (72 requirements)"), ("two", "a version such as 2.0.0")],
)
def test_an_edition_that_is_not_there_is_refused_with_what_is(version, expected):
    """
    The message lists the editions at hand.
    """
    (problem,) = problems_of(f"element,level,model_version\nG.compliance,3,{version}\n")
    assert expected in problem.message


def test_a_digest_decides_the_edition():
    """
    The digest of 1.1.0 is enough; an unknown one is refused.
    """
    digest = load_model("1.1.0").digest
    loaded = read_one(f"element,level,model_digest\nG.compliance,3,{digest}\n")
    assert loaded.assessment.model.version == "1.1.0"
    strange = "sha256:" + 64 * "0"
    assert "no edition of this digest" in str(
        problems_of(f"element,level,model_digest\nG.compliance,3,{strange}\n")[0]
    )


def test_key_and_number_of_one_row_must_be_the_same_element():
    """
    A row that names two elements is left out.
    """
    loaded = read_one(
        "element,native_id,level,model_version\nG.compliance,G.1,3,1.1.0\nO.automation,O.11,2,1.1.0\n"
    )
    assert list(loaded.assessment.answers) == ["O.automation"]
    assert "native_id is not that of G.compliance" in refused(loaded)[0]


def test_extension_answers_have_its_id_in_front():
    """
    The version follows from the edition if it is not stated, with a remark.
    """
    loaded = read_one(
        "element,level,model_version\npqc:G.compliance,2,2.0.0\nG.compliance,3,2.0.0\n"
    )
    (extension,) = loaded.assessment.extensions
    assert (extension.id, extension.version) == ("pqc", "0.2.0")
    assert extension.answers == {"G.compliance": rated(2)}
    assert any("extensions.pqc.version is not stated" in text for text in remarks(loaded))


def test_an_extension_that_is_not_installed_needs_its_version():
    """
    With a version its answers are kept; without one they are left out.
    """
    kept = read_one(
        "element,level,value\nextensions.other.version,,7\nother:G.compliance,2,\nG.compliance,3,\n"
    )
    assert kept.assessment.extensions[0].version == "7"
    lost = read_one("element,level\nother:G.compliance,2\nG.compliance,3\n")
    assert lost.assessment.extensions == ()
    assert "expected extensions.other.version" in refused(lost)[0]


# --- ids -------------------------------------------------------------------------


def test_an_id_is_kept_and_a_name_becomes_the_use_case():
    """
    What cannot be an id is not lost.
    """
    one, two = read("assessment,element,level\nca-1,G.compliance,3\nMy CA,G.compliance,3\n")
    assert one.assessment.id == "ca-1"
    assert two.assessment.use_case.name == "My CA"
    assert re.fullmatch(r"[0-9a-f-]{36}", two.assessment.id)
    assert "My CA" not in "".join(map(str, two.problems))


def test_a_row_without_a_name_among_named_ones_belongs_to_nobody():
    """
    It is left out and named; a file without any names holds one assessment.
    """
    loaded = read_one("assessment,element,level\na,G.compliance,3\n,O.automation,3\n")
    assert levels(loaded.assessment) == {"G.compliance": 3}
    assert refused(loaded)[0].startswith("t.csv, row 3, column assessment: ")


def test_the_same_file_gives_the_same_ids():
    """
    Ids that are made follow from the content, and differ within a file.
    """
    text = "model_version,mode,G.compliance\n2.0.0,self,3\n2.0.0,self,3\n"
    first = [loaded.assessment.id for loaded in read(text)]
    assert first == [loaded.assessment.id for loaded in read(text)]
    assert len(set(first)) == 2


# --- the wide layout -------------------------------------------------------------


def test_each_row_of_a_wide_table_is_an_assessment():
    """
    Levels, N/A, empty cells and properties, of two editions.
    """
    one, two = read(
        "assessment,model_version,mode,period.finish,G.compliance,M.key-management,R.sourcing\n"
        "a,2.0.0,self,2026-03-31,3,,N/A\nb,1.0.0,self,,4,5,\n"
    )
    assert levels(one.assessment) == {"G.compliance": 3, "R.sourcing": "not_applicable"}
    assert one.assessment.period.finish == "2026-03-31"
    assert levels(two.assessment) == {"G.compliance": 4, "M.key-management": 5}
    assert two.assessment.model.version == "1.0.0"
    assert one.assessment.source.kind == "csv-wide"
    assert one.problems == two.problems == ()


def test_a_wide_table_is_read_as_a_plain_loop_would():
    """
    The slow obvious reader and ours see the same levels.
    """
    keys = list(load_model("2.0.0").requirements)
    rows = [[(7 * row + 3 * column) % 6 for column in range(len(keys))] for row in range(20)]
    text = ",".join(["assessment", "model_version", "mode", *keys]) + "\n"
    for number, row in enumerate(rows):
        cells = [str(level) if level else "" for level in row]
        text += ",".join([f"a{number}", "2.0.0", "full", *cells]) + "\n"
    obvious = [{k: v for k, v in zip(keys, row, strict=True) if v} for row in rows]
    assert [levels(loaded.assessment) for loaded in read(text)] == obvious


def test_a_level_beyond_the_scale_names_row_and_column_of_a_wide_table():
    """
    The place is that of the cell.
    """
    loaded = read_one("model_version,mode,G.compliance,O.automation\n2.0.0,self,9,2\n")
    assert refused(loaded)[0].startswith("t.csv, row 2, column G.compliance: level '9'")


def test_rows_of_one_name_are_one_assessment_or_none():
    """
    An exact repetition is read once; a contradiction leaves both out.
    """
    header = "assessment,model_version,mode,G.compliance\n"
    text = header + "a,2.0.0,self,3\na,2.0.0,self,{}\nb,2.0.0,self,1\n"
    same = read(text.format(3))
    assert [loaded.assessment.id for loaded in same] == ["a", "b"]
    assert not same[0].is_partial
    (other,) = read(text.format(4))
    assert other.assessment.id == "b"
    assert "t.csv, row 3, column assessment" in refused(other)[0]


# --- files that cannot be read ---------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "no content"),
        (" \n\n", "no header"),
        ("element,level\n", "no row below"),
        ("G.compliance,O.automation\n\n", "no row below"),
        ("a,b\n1,2\n", "expected a header"),
        ("element,notes\nG.compliance,x\n", "column level is missing"),
        ("element,level,Level\nG.compliance,1,2\n", "there twice"),
        ("model_version,M.6,m.6\n1.1.0,3,3\n", "there twice"),
        ("element,level,G.compliance\nG,1,2\n", "for one element beside the column element"),
        ('element,level,notes\nG.compliance,3,"x\n', "never closed"),
        ('element,level,notes\nG.compliance,3,"x"y\n', "write two of them"),
        ("element,level\nG.comp\0liance,3\n", "NUL"),
        (b"\x89PNG\x81\x8d\x8f", "neither UTF-8"),
        ("element,level\nG.compliance,3\n".encode("utf-16")[:-1], "neither UTF-8"),
        ("element,level\nG.compliance\nO.automation\n", "1 cells, while the header has 2"),
        ("element,level\nG.compliance,three\n", "expected 1 to 5"),
        ("element,level,notes\nG.compliance,3," + 200_000 * "x" + "\n", "131,072"),
        (",".join(f"c{number}" for number in range(1_000_000)), "1,000,000 columns"),
        ("model_version" + 1_000_000 * ",G.x" + "\n", "1,000,001 columns"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_file_that_cannot_be_read_says_why(content, expected):
    """
    One clear problem with its place, and nothing is imported.
    """
    assert expected in " ".join(map(str, problems_of(content)))


def test_a_row_that_does_not_fit_the_header_is_left_out_alone():
    """
    Rows before and after it are read; empty cells at its end do not matter.
    """
    loaded = read_one(
        "element,level,notes\nG.compliance,3\nO.automation,4,,,\nR.sourcing,5,a,b\nR.awareness,2,\n"
    )
    assert levels(loaded.assessment) == {"O.automation": 4, "R.awareness": 2}
    assert [text.split(":")[0] for text in refused(loaded)] == ["t.csv, row 2", "t.csv, row 4"]


def test_an_unknown_column_is_named_by_its_number():
    """
    Its header may be private; a likely typing error is pointed out.
    """
    loaded = read_one("element,level,evidense,Ask Jane\nG.compliance,3,x,y\n")
    assert any("column number 3: " in t and "did you mean evidence?" in t for t in refused(loaded))
    assert "jane" not in " ".join(map(str, loaded.problems)).lower()


def test_fields_that_have_their_own_cell_cannot_be_smuggled_in_as_json():
    """
    `extra` may not bring answers, nor a level of an answer.
    """
    loaded = read_one(
        'element,level,value,extra\nextra,,"{""answers"": {}}",\n'
        'G.compliance,,,"{""state"": ""rated"", ""level"": 5}"\nO.automation,4,,\n'
        'action_plans,,"{""element"":""G""}",\n'
        "caveats,,[1e999],\n"
    )
    assert levels(loaded.assessment) == {"O.automation": 4}
    assert len(refused(loaded)) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("element,level\n", True),
        ("\ufeffELEMENT;Level", True),
        ("sep=;\nelement;level", True),
        ("assessment\tmode\tG.compliance", True),
        ("M.6,M.7", True),
        ("native_id,level", True),
        ("element,level\nM.6,1".encode("utf-16").decode("latin-1"), True),
        ("element,level".encode("utf-8-sig").decode("latin-1"), True),
        ("name,age\nx,3", False),
        ("progress:\n  - level: 3", False),
        ('{"element": 1, "level": 2}', False),
        ("", False),
        ("\0\0\0", False),
        ("I think G.compliance, at level 3, is good", False),
    ],
)
def test_a_table_is_told_from_other_text_by_its_header(text, expected):
    """
    Only a header of the template counts.
    """
    assert looks_like_csv(text) is expected


# --- data frames -----------------------------------------------------------------


def test_a_frame_reads_as_the_same_csv():
    """
    Numbers, missing values and days of pandas, long and wide.
    """
    wide = pd.DataFrame(
        {
            "assessment": ["a", "b"],
            "model_version": "2.0.0",
            "mode": "self",
            "period.finish": pd.to_datetime(["2026-03-31", None]),
            "G.compliance": [3.0, None],
            "O.automation": pd.array([None, 2], dtype="Int64"),
            "R.sourcing": ["N/A", 5],
        }
    )
    one, two = read_frame(wide)
    assert levels(one.assessment) == {"G.compliance": 3, "R.sourcing": "not_applicable"}
    assert one.assessment.period.finish == "2026-03-31"
    assert levels(two.assessment) == {"O.automation": 2, "R.sourcing": 5}
    assert one.assessment.source.kind == "frame-wide"
    assert ["NaN" in text for text in remarks(one)] == [True]
    long = pd.DataFrame({"element": ["G.compliance", "O.automation"], "level": [4, 2]})
    (loaded,) = read_frame(long)
    assert levels(loaded.assessment) == {"G.compliance": 4, "O.automation": 2}
    assert loaded.assessment.source.kind == "frame-long"


@pytest.mark.parametrize(
    "cell",
    [True, 2.5, 0, 6, [3], {"a": 1}, object(), b"3", "\ud800", float("inf"), 10**5000],
    ids=lambda cell: type(cell).__name__,
)
def test_an_odd_value_in_a_frame_is_one_problem(cell):
    """
    The place is that of `iloc`; other cells are read.
    """
    frame = pd.DataFrame({"element": ["G.compliance", "O.automation"], "level": [4, None]})
    frame["level"] = pd.Series([4, cell], dtype=object)
    (loaded,) = read_frame(frame)
    assert levels(loaded.assessment) == {"G.compliance": 4}
    assert refused(loaded)[0].startswith("data frame.iloc[1], column level")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"element": [], "level": []}),
        pd.DataFrame([[1, 2]], columns=["G.compliance", "g.compliance"]),
        pd.DataFrame([[1, 2]]),
        pd.DataFrame([["x"] * 3_000]),
        "no frame",
    ],
)
def test_a_frame_without_an_assessment_is_refused(frame):
    """
    Empty, without rows, with a column twice, without the template, too wide, no frame.
    """
    with pytest.raises(SourceFormatError):
        read_frame(frame)


# --- the guide -------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    """Code blocks of the guide in one language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(3))
def test_each_table_of_the_guide_can_be_read(number):
    """
    Readers copy the examples, so nothing of them may be refused.
    """
    loaded = read(blocks("csv")[number])
    assert len(blocks("csv")) == 3
    assert not any(one.is_partial for one in loaded)
    assert [len(one.assessment.answers) for one in loaded] == [[3], [3], [3, 2, 2]][number]


def test_the_data_frame_of_the_guide_can_be_read():
    """
    The example runs as it is printed.
    """
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
    What the template has, the page explains.
    """
    from pkimm_analytics.loaders.tabular.template import LONG, PROPERTIES, RARE, SHOWN

    text = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_.]+)`", text))
    wanted = {*LONG, *RARE, *SHOWN, *(name for name in PROPERTIES if not name.endswith(".extra"))}
    assert wanted - named <= {"extensions"}
