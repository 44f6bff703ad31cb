"""
Feedback as it arrives: forms in several languages, issues, and whatever else people send.
"""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import openpyxl
import pytest

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.feedback import MAX_TEXT, dumps
from pkimm_analytics.feedback.personal import personal_data
from pkimm_analytics.loaders.feedback import load_feedback, propose, read_columns
from pkimm_analytics.loaders.feedback.cells import day_of, day_order, minutes_of
from pkimm_analytics.loaders.feedback.elements import Elements
from pkimm_analytics.loaders.feedback.reading import form_of
from pkimm_analytics.loaders.feedback.scales import Scale
from pkimm_analytics.loaders.feedback.words import value_of
from pkimm_analytics.model import load_model
from pkimm_analytics.yaml_text import write_yaml

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
        ["Email", "Which part?", "How clear? (1-5)", "Your role", "Comment"],
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
    assert problem.where == "form.csv!G3"
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
    assert [(c.number, c.column, c.field) for c in read.columns] == [
        (c.number, c.column, c.field) for c in proposed.columns
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
    assert Scale().read(text)[0] == step


@pytest.mark.parametrize("text", ["0", "6", "45", "4.5", "4%", "often", ""])
def test_what_is_no_rating_is_none(text):
    """
    A number off the scale is not bent to fit it.
    """
    assert Scale().read(text)[0] is None


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
    assert minutes_of(text, 1.0)[0] == minutes


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
    Names become pseudonyms, days are read; what stands above the first mark is no comment.
    """
    text = "Weights\n\n**jane** commented on Nov 3, 2026:\nThe weight is too high.\n\n"
    text += "bob commented 2 days ago\nI disagree, jane.\n"
    first, second = load(text, "page.md").comments
    assert (first.kind, first.received) == ("weight", "2026-11-03")
    assert second.text == "I disagree, [name]."
    assert first.respondent != second.respondent


GITHUB = {
    "number": 7,
    "title": "M.key-management is unclear",
    "author": {"login": "jane", "is_bot": False},
    "body": "What of test keys?",
    "createdAt": "2026-11-03T10:00:00Z",
    "comments": [
        {
            "author": {"login": "bob"},
            "body": "> What?\nAgreed.",
            "createdAt": "2026-11-04T10:00:00Z",
        },
        {"author": {"login": "stale", "is_bot": True}, "body": "This issue is stale."},
    ],
}


@pytest.mark.parametrize("document", [GITHUB, [GITHUB]], ids=["view", "list"])
def test_json_of_the_command_line_is_read(document):
    """
    One issue or a list of them; the title speaks for the thread.
    """
    loaded = load(json.dumps(document), "issues.json")
    assert loaded.tool == "GitHub"
    assert [c.text for c in loaded.comments] == [
        "M.key-management is unclear\n\nWhat of test keys?",
        "Agreed.",
    ]
    assert {c.element for c in loaded.comments} == {"M.key-management"}
    assert [c.received for c in loaded.comments] == ["2026-11-03", "2026-11-04"]


MAIL = """\
From: Anna Novak <anna@example.org>
To: group@example.org
Date: Tue, 03 Nov 2026 10:00:00 +0100
Subject: Weight of G.compliance
Content-Type: text/plain; charset=utf-8

The weight is too low. Call +49 30 1234567.

--\x20
Anna Novak, Example AG
"""
ANSWER = """\
From: Bob <bob@example.org>
Date: Wed, 04 Nov 2026 10:00:00 +0100
Subject: Re: Weight of G.compliance
Content-Type: text/plain; charset=utf-8

I agree with Anna.

On Tue, 3 Nov 2026 at 10:00, Anna Novak wrote:
> The weight is too low.
"""


def test_a_message_and_a_mailbox_are_read():
    """
    No headers, quotations or signatures; whoever answers speaks of the thread's element.
    """
    (comment,) = load(MAIL, "one.eml").comments
    assert comment.text == (
        "Weight of G.compliance\n\nThe weight is too low. Call [telephone number]."
    )
    mark = "From someone@example.org Tue Nov  3 10:00:00 2026\n"
    loaded = load(f"{mark}{MAIL}\n{mark}{ANSWER}", "list.mbox")
    assert [c.element for c in loaded.comments] == ["G.compliance", "G.compliance"]
    assert loaded.comments[1].text.endswith("I agree with Anna.")
    assert [c.received for c in loaded.comments] == ["2026-11-03", "2026-11-04"]


def test_an_export_of_jira_is_read():
    """
    The description is a comment of the reporter, each comment one of its author.
    """
    text = (
        "Summary,Issue key,Issue id,Reporter,Created,Description,Comment,Comment\n"
        "Key inventory unclear,PKI-1,10,anna,03/Nov/26 1:02 PM,What of M.key-management?,"
        '"04/Nov/26 9:00 AM;bob;I agree; really.",\n'
    )
    loaded = load(text, "jira.csv")
    assert loaded.tool == "Jira"
    assert [c.text.split("\n")[-1] for c in loaded.comments] == [
        "What of M.key-management?",
        "I agree; really.",
    ]
    assert [c.received for c in loaded.comments] == ["2026-11-03", "2026-11-04"]
    assert {c.element for c in loaded.comments} == {"M.key-management"}


@pytest.mark.parametrize(
    "content",
    ["The whole thing is too long.\n\nReally.", "# Title, with, commas\n\ntext", "hello", "[1, 2]"],
)
def test_what_is_not_recognized_is_refused_by_name(content):
    """
    It never becomes one comment.
    """
    with pytest.raises(SourceFormatError, match=r"mail\.txt"):
        load(content, "mail.txt")


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
        ('{"format": "x"}', "json"),
        ("PK\x03\x04", "form"),
        ("hello", ""),
        (MAIL, "mail"),
    ],
)
def test_the_format_is_told_from_the_content(content, form):
    """
    Never from the name of the file.
    """
    assert form_of(content.encode()) == form


# --- cases from the field ---------------------------------------------------------------

CASES = Path(__file__).parent / "feedback_cases"


def case(name, *, version="2.0.0", columns=None):
    """One file of the field."""
    return load((CASES / name).read_bytes(), name, version=version, columns=columns)


def test_numbers_of_two_anonymous_forms_are_six_people():
    """
    A row number identifies within its own form.
    """
    comments = [*case("F01-msforms-en.xlsx").comments, *case("F01-msforms-de.xlsx").comments]
    assert [c.clarity for c in comments] == [1, 2, 1, 5, 5, 5]
    assert len({c.respondent for c in comments}) == 6


def test_an_export_of_typeform_is_a_form():
    """
    Its first question is a hash sign, and its network ids are nobody's comment.
    """
    loaded = case("F02-typeform.csv")
    assert loaded.tool == "Typeform"
    assert [(c.role, c.clarity, c.text) for c in loaded.comments] == [
        ("operator", 4, 'Please define "key inventory".'),
        ("assessor", 2, "Weight too low for us"),
    ]


def test_the_text_of_an_issue_with_its_comments_is_three_comments():
    """
    The title belongs to its author; a head inside of code is code.
    """
    comments = case("F03-gh-issue-view.txt").comments
    assert len({c.respondent for c in comments}) == 3
    assert comments[0].text.startswith(
        "Count evidence of an audit already passed\n\nThe requirement"
    )
    assert [c.text.count("title: not a head") for c in comments] == [0, 0, 1]
    assert "association" not in "".join(c.text for c in comments)


def test_hours_are_minutes_and_the_time_of_the_form_is_no_effort():
    """
    Three hours are 180 minutes; seconds of the form tell how long it was filled in.
    """
    comments = case("F04-seconds.csv").comments
    assert [c.minutes for c in comments] == [180, 960]
    assert [c.seconds for c in comments] == [640, 1200]


def test_scales_are_turned_round_and_rescaled_and_it_is_said():
    """
    One is best, zero to ten; the question asked twice is left out by name.
    """
    loaded = case("F05-reversed.csv")
    assert [c.clarity for c in loaded.comments] == [5, 5, 4, 5]
    assert [c.relevance for c in loaded.comments] == [4, 3, 5, 2]
    assert {p.where[-2:] for p in loaded.problems} == {"D1", "E1", "F1"}


def test_boxes_that_are_ticked_are_a_comment_each():
    """
    By key, by name, and one alone.
    """
    comments = case("F06-multiselect.csv").comments
    keys = ["M.key-management", "M.certificate-management"]
    assert [c.element for c in comments] == [*keys, *keys, keys[0]]


# --- who is who -------------------------------------------------------------------------

ANONYMOUS = (
    "ID,Start time,Completion time,Email,Name,Which part?,How clear is it? (1-5){more}\n"
    "1,{day} 9:00:00,{day} 9:10:05,anonymous,,Key management,4{cell}\n"
    "2,{day} 9:30:00,{day} 9:40:05,anonymous,,Key management,4{cell}\n"
)


@pytest.mark.parametrize(
    ("day", "more", "cell"),
    [("10/25/2026", "", ""), ("2026-10-25", "", ""), ("10/25/2026", ",How relevant is it?", ",")],
    ids=["exported again", "saved by a spreadsheet", "a question more"],
)
def test_a_submission_that_comes_again_is_the_same(day, more, cell):
    """
    Form, time and number tell it.
    """
    first = load(ANONYMOUS.format(day="10/25/2026", more="", cell="")).comments
    again = load(ANONYMOUS.format(day=day, more=more, cell=cell)).comments
    assert [c.id for c in again] == [c.id for c in first]
    assert len({c.respondent for c in first}) == 2


def test_the_same_words_of_two_rows_are_two_people():
    """
    Nothing tells them apart, and one file holds both.
    """
    comments = load("Which part?,How clear?\nKey management,5\nKey management,5\n").comments
    assert len({c.respondent for c in comments}) == 2


# --- scales, units, elements --------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "cell", "step"),
    [
        ("How clear is it? (1 = very clear, 5 = not clear at all)", "1", 5),
        ("How clear is it? (1 = not at all, 5 = completely)", "1", 1),
        ("How difficult is it to understand? (1 easy - 5 very difficult)", "5", 1),
        ("How difficult is it to understand? (1 = not at all, 5 = very)", "5", 1),
        ("Wie verständlich ist es? (0-10)", "10", 5),
        ("Wie verständlich ist es? (1 = gar nicht, 7 = völlig)", "4", 3),
        ("Est-ce clair ? (1 = tout à fait, 5 = pas du tout)", "2", 4),
        ("¿Está claro? (1 = nada claro, 5 = muy claro)", "2", 2),
        ("È chiaro? (1 = molto, 5 = per niente)", "1", 5),
        ("Is het duidelijk? (1 = helemaal niet, 5 = helemaal wel)", "1", 1),
        ("Is it clear?", "Strongly agree", 5),
        ("Ist es klar?", "Stimme gar nicht zu", 1),
        ("Est-ce clair ?", "Tout à fait d'accord", 5),
        ("¿Está claro?", "En desacuerdo", 2),
        ("È chiaro?", "Completamente d'accordo", 5),
        ("Is het duidelijk?", "Helemaal mee oneens", 1),
        ("How clear is it? (1-5)", "4/5", 4),
        ("How clear is it? (1-5)", "3 von 5", 3),
        ("How clear is it? (1-5)", "⭐⭐⭐⭐", 4),
    ],
)
def test_a_rating_is_read_on_the_scale_of_its_question(question, cell, step):
    """
    Direction, range and words, in six languages.
    """
    loaded = load(xlsx(["Which part?", question], ["Key management", cell]), "form.xlsx")
    assert [c.clarity for c in loaded.comments] == [step]


@pytest.mark.parametrize(
    "cell", ["4/10", "4 out of 10", "3 von 10", "3-4", "80%", "3 to 4", "4.5", "7", "👍"]
)
def test_what_is_no_rating_of_the_scale_is_refused_with_its_cell(cell):
    """
    And the rest of the row is kept.
    """
    rows = [["Which part?", "How clear is it? (1-5)", "Comment"], ["G", cell, "so"], ["M", 4, "x"]]
    loaded = load(xlsx(*rows), "form.xlsx")
    assert [c.clarity for c in loaded.comments] == [None, 4]
    assert [p.where for p in loaded.problems if p.refused] == ["form.xlsx, Answers!B2"]


def test_a_scale_that_nobody_can_know_is_asked_for():
    """
    Numbers off 1 to 5, or ends that do not say which is better: the map has to say it.
    """
    for question, cells, fix in (
        ("How clear is it?", ["8", "3"], {"scale": [0, 10]}),
        ("How clear is it? (1 = red, 5 = green)", ["1", "5"], {"reverse": False}),
    ):
        content = f"Which part?,{question!r},Comment\n".replace("'", '"')
        content += "".join(f"G,{cell},words\n" for cell in cells)
        loaded = load(content)
        assert [c.clarity for c in loaded.comments] == [None, None]
        (problem,) = [p for p in loaded.problems if p.refused]
        assert f"{next(iter(fix))}:" in problem.message
        columns = propose(content.encode(), "form.csv", MODEL).to_json()
        columns["columns"][1] |= {"field": "clarity", **fix}
        mended = load(content, columns=read_columns(json.dumps(columns), "map"))
        assert all(c.clarity for c in mended.comments)


def test_effort_without_a_unit_is_asked_for():
    """
    45 may be minutes or hours.
    """
    content = "Which part?,How long did it take?,Comment\nG,45,x\nG,2 h,y\n"
    loaded = load(content)
    assert [c.minutes for c in loaded.comments] == [None, 120]
    columns = propose(content.encode(), "form.csv", MODEL).to_json()
    columns["columns"][1]["unit"] = "hours"
    mended = load(content, columns=read_columns(json.dumps(columns), "map"))
    assert [c.minutes for c in mended.comments] == [2700, 120]


def test_one_line_of_a_map_covers_a_matrix():
    """
    Words of the form, turned round, for each element of its own question.
    """
    content = "Who,Key management,Certificate management\na,super,bad\n"
    document = """
format: pkimm-feedback-columns/1
columns:
  - {number: 1, field: respondent}
  - {number: 2, to: 3, field: clarity, element: "*"}
values: {clarity: {super: 5, bad: 1}}
"""
    comments = load(content, columns=read_columns(document, "map")).comments
    assert [(c.element, c.clarity) for c in comments] == [
        ("M.key-management", 5),
        ("M.certificate-management", 1),
    ]


def test_a_block_that_stands_twice_is_left_out_by_name():
    """
    Nobody can tell which of two answers the second comment is about.
    """
    loaded = load("Which part?,Comment,Which part?,Comment\nKey management,one,Compliance,two\n")
    assert [(c.element, c.text) for c in loaded.comments] == [("M.key-management", "one")]
    assert {p.where for p in loaded.problems} >= {"form.csv!C1", "form.csv!D1"}


def test_general_questions_go_to_the_model():
    """
    Never to the element of another question.
    """
    content = (
        "Which part?,How clear is it?,Your comment,Anything else about the model in general?\n"
    )
    loaded = load(f"{content}Key management,4,here,there\n")
    assert [(c.element, c.text) for c in loaded.comments] == [
        ("M.key-management", "here"),
        ("model", "there"),
    ]


def test_an_option_that_is_unknown_is_named_and_the_others_are_kept():
    """
    The second of three.
    """
    content = 'Which parts?,Clear? (1-5)\n"Key management;Frobnication;Compliance;",2\n'
    loaded = load(content)
    assert [c.element for c in loaded.comments] == ["M.key-management", "G.compliance"]
    assert [p.message for p in loaded.problems if p.refused] == [
        "part 2 of the list names no element"
    ]


FORMS_MS = "ID,Start time,Completion time,Email,Name,"
MS = "1,2026-11-03 10:00:00,2026-11-03 10:04:00,anonymous,,"
KM, CM = "M.key-management", "M.certificate-management"
WORDED = [
    (
        f"{FORMS_MS}Key management,Certificate management\n{MS}Very clear,Somewhat unclear\n",
        [(KM, "clarity", 5), (CM, "clarity", 2)],
    ),
    (
        f"{FORMS_MS}Key management,Certificate management\n{MS}Wichtig,Sehr unwichtig\n",
        [(KM, "relevance", 4), (CM, "relevance", 1)],
    ),
    (
        (
            "Respondent ID,Collector ID,How clear is each category?,\n"
            ",,Key management,Certificate management\n118000001,4,Not clear,4 - Clear\n"
        ),
        [(KM, "clarity", 2), (CM, "clarity", 4)],
    ),
    (
        (
            "Id de la réponse,Date de soumission,Est-ce clair ? [Key management],"
            "Est-ce clair ? [Certificate management]\n"
            "1,2026-11-03,Plutôt clair,Pas du tout clair\n"
        ),
        [(KM, "clarity", 4), (CM, "clarity", 1)],
    ),
    (
        (
            "Which part?,How clear is it? (1 = very clear; 5 = very unclear)\n"
            "Key management,1\nCertificate management,Very clear\n"
        ),
        [(KM, "clarity", 5), (CM, "clarity", 5)],
    ),
    (
        (
            "Record ID,Which part?,Clear? (1-5),Notes,Comment\n"
            "rec12345,Key management,4,A note that is long enough to be a sentence.,ok\n"
        ),
        [(KM, "clarity", 4), (KM, "text", "A note that is long enough to be a sentence.\n\nok")],
    ),
]


@pytest.mark.parametrize(("content", "expected"), WORDED)
def test_answers_in_words_and_headers_that_name_an_element_alone(content, expected):
    """
    What the answers say decides, whichever way the numbers run; nothing is lost or bent.
    """
    comments = load(content).comments
    found = [
        (c.element, f, getattr(c, f)) for c in comments for f in ("clarity", "relevance", "text")
    ]
    assert [one for one in found if one[2] is not None] == expected


def test_likert_headers_with_plain_numbers_are_asked_for():
    """
    A name and a 4 do not say what was rated.
    """
    with pytest.raises(SourceFormatError):
        load(f"{FORMS_MS}Key management,Certificate management\n{MS}4,2\n")


@pytest.mark.parametrize("words", ["Umfragevorschau,anonymous", "0,preview", "Aperçu,anonymous"])
def test_whoever_only_tried_the_form_is_left_out(words):
    """
    In the languages of the tool, in either of the columns that say so.
    """
    loaded = load(
        "StartDate,EndDate,ResponseId,Status,DistributionChannel,Which part?,Clear? (1-5)\n"
        f"2026-11-03,2026-11-03,R_12345678,IP-Adresse,anonymous,Key management,4\n"
        f"2026-11-03,2026-11-03,R_22345678,{words},Key management,1\n"
    )
    assert [c.clarity for c in loaded.comments] == [4]


# --- personal data ------------------------------------------------------------------------


def test_names_and_addresses_of_people_are_not_stored_in_texts():
    """
    The names of respondents are known, the others are told by their form.
    """
    content = (
        "Name,Email,Which part?,Comment\n"
        "Anna Novak,anna@example.org,G,fine\n"
        "Bob,bob@example.org,G,Ask Anna Novak (anna@example.org or +420 601 123 456) or @carl.\n"
    )
    loaded = load(content)
    assert loaded.comments[1].text == (
        "Ask [name] ([mail address] or [telephone number]) or [login]."
    )
    assert loaded.personal == {"mail address": 1, "telephone number": 1, "login": 1, "name": 1}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("p.mueller at firma dot de", "mail address"),
        ("p.mueller(at)firma.example[dot]de", "mail address"),
        ("it was Hr. Müller", "name"),
        ("see FIRMA\\pmueller", "login"),
        ("on fe80::1:2 today", "network address"),
        ("Danke!\nMfG\nPeter", "name"),
    ],
)
def test_personal_data_in_odd_forms_is_found(text, kind):
    """
    Addresses that are spelled out, logins of Windows, short greetings.
    """
    assert [one[0] for one in personal_data(text)] == [kind]


@pytest.mark.parametrize(
    "text", ["from 10:00:00 to 11:30:15", "the ratio 3:4:5", "look at it dot."]
)
def test_times_and_plain_words_are_no_personal_data(text):
    """
    What only looks like it stays.
    """
    assert personal_data(text) == []


def test_the_last_name_and_the_organization_of_a_respondent_are_taken_out():
    """
    But no word that the model uses itself.
    """
    loaded = load(
        "Name,Organization,Email,Which part?,Comment\n"
        "Anna Novak,Example AG,a@b.example,G,Novak says so\n"
        "Max Management,Firma AG,b@b.example,G,The management of Example AG agrees\n"
    )
    assert [c.text for c in loaded.comments] == [
        "[name] says so",
        "The management of [name] agrees",
    ]


@pytest.mark.parametrize(
    "word",
    [
        "fe80:" * 30_000,
        "a at " * 30_000,
        "a" * 160_000,
        "a." * 80_000,
        "a@" * 80_000,
        "1 " * 9_000,
        "+1" * 9_000,
    ],
)
def test_personal_data_is_looked_for_in_linear_time(word):
    """
    A word of 160,000 letters took minutes; now a second is too long.
    """
    start = time.perf_counter()
    personal_data(word, {"Anna Novak"})
    assert time.perf_counter() - start < 2
