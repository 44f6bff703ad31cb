"""
Feedback as it arrives: forms in several languages, issues, and whatever else people send.
"""

from __future__ import annotations

import io

import openpyxl
import pytest

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.feedback import MAX_TEXT, dumps
from pkimm_analytics.loaders.feedback import load_feedback, propose, read_columns
from pkimm_analytics.loaders.feedback.cells import day_of, day_order, minutes_of
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.issues import posts
from pkimm_analytics.loaders.feedback.reading import form_of
from pkimm_analytics.loaders.feedback.words import rating_of, value_of
from pkimm_analytics.model import load_model
from pkimm_analytics.model.yaml_text import write_yaml

MODEL = load_model("2.0.0")
HEADER = "Timestamp,Email,Your role,Which part?,How clear is it?,Is the weight right?,Comment"
ROW = "2026-11-25 10:00:00,a@example.org,Vendor,M.key-management,4,Too low,Fine"


def load(content, name="form.csv", *, version="2.0.0", columns=None):
    """Read a source with plain pseudonyms."""
    content = content.encode() if isinstance(content, str) else content
    return load_feedback(
        content,
        name,
        model=load_model(version),
        round_="2026Q4",
        pseudonym=lambda who: f"P{abs(hash(who)):020}",
        columns=columns,
    )


def xlsx(*rows, sheet="Answers"):
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_row_of_a_form_becomes_a_comment():
    """
    Every question finds its field, and the address becomes a pseudonym.
    """
    (comment,) = load(f"{HEADER}\n{ROW}\n").comments
    assert comment.element == "M.key-management"
    assert (comment.clarity, comment.weight, comment.role) == (4, "too-low", "vendor")
    assert (comment.received, comment.text, comment.edition) == ("2026-11-25", "Fine", "2.0.0")
    assert comment.digest == MODEL.digest
    assert "example" not in str(comment.to_json())


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Horodateur;E-mail;Votre rôle ?;Quel élément ?;Est-ce clair ?;Pondération;Commentaire",
            "2026-11-25;a@b.example;Fournisseur;Key management;4;Trop faible;Fine",
        ),
        (
            "Marca temporal;Correo;Su rol;¿Qué elemento?;¿Claridad?;¿Y el peso?;Comentario",
            "2026-11-25;a@b.example;Proveedor;Key management;4;Demasiado bajo;Fine",
        ),
        (
            "Carimbo;E-mail;Seu papel;Que elemento?;Quão claro é?;O peso está certo?;Comentário",
            "2026-11-25;a@b.example;Fornecedor;Key management;4;Muito baixo;Fine",
        ),
        (
            "タイムスタンプ;メール;役割;element;明確さ;重み;コメント",
            "2026/11/25;a@b.example;vendor;Key management;4;低すぎる;Fine",
        ),
    ],
    ids=["French", "Spanish", "Portuguese", "Japanese"],
)
def test_forms_in_other_languages_are_understood(header, row):
    """
    The proposal finds the fields, and the choices mean what they say.
    """
    (comment,) = load(f"{header}\n{row}\n").comments
    assert (comment.element, comment.clarity, comment.weight) == ("M.key-management", 4, "too-low")
    assert (comment.role, comment.received, comment.text) == ("vendor", "2026-11-25", "Fine")


def test_a_form_with_a_block_for_each_element_becomes_several_comments():
    """
    Two elements in one submission, the process as a third.
    """
    header = [
        "Key management - how clear?",
        "Key management - comment",
        "M.certificate-management clarity",
        "Minutes spent",
        "Which part is this about?",
    ]
    loaded = load(xlsx(header, [5, "good", 2, "1:30", "The assessment process"]), "form.xlsx")
    found = {r.element: r for r in loaded.comments}
    assert found["M.key-management"].clarity == 5
    assert found["M.key-management"].text == "good"
    assert found["M.certificate-management"].clarity == 2
    assert found["process"].minutes == 90
    assert len({r.respondent for r in loaded.comments}) == 1


def test_every_bad_cell_is_named_and_good_cells_are_kept():
    """
    A rating of 9, an unknown element, an unknown choice: places of all, text of none.
    """
    rows = [
        ["Email", "Which part?", "How clear?", "Your role", "Comment"],
        ["a@b.example", "M.key-management", 9, "Vendor", "keep my text"],
        ["b@b.example", "M.no-such-thing", 3, "Vendor", "SECRET words"],
        ["c@b.example", "M.key-management", 2, "Astronaut", None],
        ["d@b.example", "Key management", 5, "Vendor", None],
    ]
    loaded = load(xlsx(*rows), "form.xlsx")
    assert [r.clarity for r in loaded.comments] == [None, 2, 5]
    assert [p.where for p in loaded.problems if p.refused] == [
        "form.xlsx, Answers!C2",
        "form.xlsx, Answers!B3",
        "form.xlsx, Answers!D4",
    ]
    said = " ".join(p.message for p in loaded.problems)
    assert "SECRET" not in said
    assert "Astronaut" not in said
    assert "no-such-thing" not in said


def test_people_are_told_apart_by_address_then_by_number_and_never_by_anonymous():
    """
    A form tool numbers submissions and writes "anonymous" for everybody who did not sign in.
    """
    header = "ID,Email,Which part?,How clear is it?"
    signed = load(f"{header}\n1,a@b.example,G,3\n2,a@b.example,M,3\n")
    assert len({r.respondent for r in signed.comments}) == 1
    unsigned = load(f"{header}\n1,anonymous,G,3\n2,anonymous,M,3\n")
    assert len({r.respondent for r in unsigned.comments}) == 2
    assert unsigned.contacts == ()


def test_wrong_columns_are_refused_with_what_would_be_right():
    """
    A table that holds nothing of a comment.
    """
    with pytest.raises(SourceFormatError) as caught:
        load("Invoice,Amount,Due\n17,300 EUR,soon\n")
    assert "clarity" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "🔑🔐 ключ 鍵"]
)
def test_formulas_html_and_emoji_are_text(text):
    """
    They are kept as they came; whoever shows them escapes them.
    """
    for content, name in (
        (f'{HEADER}\n2026-11-25,a@b.example,Vendor,G,4,Too low,"{text}"\n', "f.csv"),
        (xlsx(HEADER.split(","), ["", "a@b.example", "", "G", 4, "", "'" + text]), "f.xlsx"),
    ):
        (comment,) = load(content, name).comments
        assert text in comment.text


def test_ten_megabytes_of_text_are_refused_and_the_rest_of_the_row_is_kept():
    """
    A cell of ten million characters between two good rows.
    """
    huge = ROW.replace("Fine", "x" * 10_000_000).replace("a@", "b@")
    last = ROW.replace("a@", "c@")
    loaded = load(f"{HEADER}\n{ROW}\n{huge}\n{last}\n")
    assert [r.text for r in loaded.comments] == ["Fine", None, "Fine"]
    (problem,) = loaded.problems
    assert problem.where == "form.csv, row 3, column 7"
    assert f"{MAX_TEXT:,}" in problem.message
    assert "xxx" not in problem.message


def test_rows_before_a_broken_quote_are_kept():
    """
    What follows is left out, and the row is named.
    """
    loaded = load(f"{HEADER}\n{ROW}\n{ROW.replace('Fine', chr(34) + 'never closed')}\n")
    assert len(loaded.comments) == 1
    assert "quote" in loaded.problems[0].message
    assert loaded.problems[0].where == "form.csv, row 3"


def test_a_row_that_does_not_fit_the_header_is_left_out():
    """
    Too few cells, too many cells.
    """
    loaded = load(f"{HEADER}\n{ROW}\nshort,row\n{ROW},extra\n")
    assert [p.where for p in loaded.problems] == ["form.csv, row 3", "form.csv, row 4"]
    assert len(loaded.comments) == 1


def test_windows_1252_is_read_and_commented():
    """
    Older spreadsheets write it; accents survive.
    """
    loaded = load(f"{HEADER}\n{ROW.replace('Fine', 'déjà vu')}\n".encode("cp1252"))
    assert loaded.comments[0].text == "déjà vu"
    assert any("Windows-1252" in p.message for p in loaded.problems)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"\x00\x01\x02" * 50])
def test_what_is_no_form_is_refused(content):
    """
    Empty, a broken archive, and bytes of something else.
    """
    with pytest.raises(SourceFormatError):
        load(content, "form.xlsx")


def test_a_number_of_another_edition_is_refused():
    """
    M.6 is certificate management in 1.0.0 and key management in 1.1.0; the name decides.
    """
    row = ROW.replace("M.key-management", "M.6 Key management")
    assert load(f"{HEADER}\n{row}\n", version="1.1.0").comments[0].element == "M.key-management"
    with pytest.raises(SourceFormatError, match="another edition"):
        load(f"{HEADER}\n{row}\n", version="1.0.0")


def test_a_corrected_map_is_used_as_it_stands():
    """
    The user says what a column and a choice mean; the proposal would not know.
    """
    content = f"Ding,Wieso,Wer\nM.key-management,wirklich,Chef der PKI\n{'G,hm,Chef der PKI'}\n"
    document = {
        "format": "pkimm-feedback-columns/1",
        "columns": [
            {"number": 1, "column": "Ding", "field": "element"},
            {"number": 2, "column": "Wieso", "field": "text"},
            {"number": 3, "column": "Wer", "field": "role"},
        ],
        "values": {"role": {"Chef der PKI": "operator"}},
    }
    loaded = load(content, columns=read_columns(write_yaml(document), "map.yaml"))
    assert [(r.element, r.text, r.role) for r in loaded.comments] == [
        ("M.key-management", "wirklich", "operator"),
        ("G", "hm", "operator"),
    ]


def test_a_proposal_that_is_written_and_read_back_is_the_same():
    """
    Also through YAML.
    """
    proposed = propose(f"{HEADER}\n{ROW}\n".encode(), "form.csv", MODEL)
    read = read_columns(write_yaml(proposed.to_json()), "map.yaml")
    assert [(c.number, c.header, c.field) for c in read.columns] == [
        (c.number, c.header, c.field) for c in proposed.columns
    ]


def test_a_map_of_another_form_is_refused():
    """
    Every column that is not where the map says it is.
    """
    proposed = propose(f"{HEADER}\n{ROW}\n".encode(), "form.csv", MODEL)
    with pytest.raises(SourceFormatError) as caught:
        load("Comment,Which part?,Clear?\nx,G,3\n", columns=proposed)
    assert len(caught.value.problems) >= 7


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "format: other",
        "format: pkimm-feedback-columns/1\ncolumns: 3",
        "format: pkimm-feedback-columns/1\ncolumns: [{number: 0, field: nothing}]",
        "format: pkimm-feedback-columns/1\ncolumns: [{number: 1, field: role, element: G}]",
    ],
)
def test_what_is_no_column_map_is_refused(text):
    """
    Broken YAML, another document, and fields that do not exist.
    """
    with pytest.raises(SourceFormatError):
        read_columns(text, "map.yaml")


# --- words and cells ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "step"),
    [("4", 4), ("4.0", 4), ("5 – very", 5), ("★★☆☆☆", 2), ("Strongly agree", 5), ("stimme zu", 4)],
)
def test_ratings_are_read_as_people_write_them(text, step):
    """
    Digits, stars and words.
    """
    assert rating_of(text) == step


@pytest.mark.parametrize("text", ["0", "6", "45", "4.5", "4%", "often", ""])
def test_what_is_no_rating_is_none(text):
    """
    A number off the scale is not bent to fit it.
    """
    assert rating_of(text) is None


def test_a_choice_is_not_guessed():
    """
    Known words only.
    """
    assert value_of("role", "Prüfer") == "assessor"
    assert value_of("role", "Operations wizard") is None


@pytest.mark.parametrize(
    ("texts", "order", "day"),
    [
        (["11/25/2026 13:00", "11/3/2026"], ("mdy", True), "2026-11-25"),
        (["25/11/2026", "3/11/2026"], ("dmy", True), "2026-11-25"),
        (["3.11.2026"], ("dmy", True), "2026-11-03"),
        (["3/11/2026"], ("mdy", False), "2026-03-11"),
        (["2026-11-25T10:00:00Z"], ("iso", True), "2026-11-25"),
    ],
)
def test_the_order_of_day_and_month_is_found_from_the_column(texts, order, day):
    """
    A number above twelve decides, and if none does it is said.
    """
    assert day_order(texts) == order
    assert day_of(texts[0], order[0]) == day


@pytest.mark.parametrize("text", ["2026-02-30", "31/31/2026", "soon"])
def test_a_day_that_is_none_is_none(text):
    """
    Not every number is a day of the calendar.
    """
    assert day_of(text, "any") is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("30", 30), ("2h", 120), ("1 h 15", 75), ("x", None)]
)
def test_minutes_are_read_as_people_write_them(text, minutes):
    """
    Hours become minutes, words become nothing.
    """
    assert minutes_of(text) == minutes


def test_elements_are_found_by_key_number_name_and_misspelled_name():
    """
    And by nothing else.
    """
    elements = Elements(load_model("1.1.0"))
    for text in ("M.key-management", "m.KEY-management", "M.6", "Key management", "Key managment"):
        assert elements.find(text)[0] == "M.key-management", text
    for text in ("M.77", "key", "M.6 and M.7", ""):
        assert elements.find(text)[0] is None, text


# --- issues and JSON -----------------------------------------------------------------------

THREAD = """\
title:\tKey inventory is unclear
state:\tOPEN
author:\tjane-doe
labels:\t
number:\t12
--
What does M.key-management.key-inventory ask for? Write to jane@example.org, cc @bob.
--
author:\tbob
association:\tmember
edited:\tfalse
status:\tnone
--
> What does it ask for?

I suggest to mention test systems.
--
author:\tstale[bot]
association:\tnone
--
This issue is stale.
--
"""


def test_a_thread_of_the_command_line_becomes_a_comment_for_each_comment():
    """
    The second speaks of what the first named; quotations and robots are left out.
    """
    loaded = load(THREAD, "issue.txt")
    assert loaded.form == "issue"
    assert [r.element for r in loaded.comments] == ["M.key-management.key-inventory"] * 2
    assert [r.kind for r in loaded.comments] == ["unclear", "idea"]
    text = " ".join(r.text for r in loaded.comments)
    assert "example.org" not in text
    assert "bob" not in text
    assert "ask for?\n\nI suggest" not in text
    assert len({r.respondent for r in loaded.comments}) == 2


def test_a_copied_page_is_split_at_who_commented():
    """
    Names become pseudonyms, days are read.
    """
    text = "Weights\n\n**jane** commented on Nov 3, 2026:\nThe weight is too high.\n\n"
    text += "bob commented 2 days ago\nI disagree.\n"
    found = list(posts(text))
    assert [(c.author, c.day) for c in found] == [("", None), ("jane", "2026-11-03"), ("bob", None)]
    assert [r.kind for r in load(text, "page.md").comments][1] == "weight"


def test_plain_text_is_one_comment_on_the_model():
    """
    Nobody and nothing is named.
    """
    (comment,) = load("The whole thing is too long.\n\nReally.", "mail.txt").comments
    assert (comment.element, comment.received) == ("model", None)


def test_json_of_this_software_is_read_as_it_is():
    """
    What a questionnaire hands in comes back unchanged.
    """
    comments = load(f"{HEADER}\n{ROW}\n").comments
    assert load(dumps(comments), "feedback.json").comments == comments


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (f"{HEADER}\n{ROW}", "form"),
        ("# Title, with, commas\n\ntext", "issue"),
        ('{"format": "x"}', "json"),
        ("PK\x03\x04", "form"),
        ("hello", "issue"),
    ],
)
def test_the_format_is_told_from_the_content(content, form):
    """
    Never from the name of the file.
    """
    assert form_of(content.encode()) == form
