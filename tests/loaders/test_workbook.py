from __future__ import annotations

from typing import Any

import openpyxl
import pytest

from pkimm_analytics.assessment import State, UseCase
from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.scoring import score, tool_figures
from tests.loaders.invented_workbook import (
    AREAS,
    CODES,
    MODEL,
    SLOT_OF,
    full_workbook,
    levels,
    patched,
    read,
    reasons,
    self_workbook,
    shown_overall,
)

ALL_BASIC = dict.fromkeys(SLOT_OF, "Basic")


# --- the full workbook -------------------------------------------------------------


def test_a_level_lands_on_its_requirement_although_operations_has_another_order():
    """
    In the workbook 3.2. is interoperability, which the model calls O.11.
    """
    loaded = read(full_workbook({"O.11.1": "Managed", "O.10.1": "Basic", "M.6.7": "optimized"}))
    assert levels(loaded.assessment) == {"O.11.1": 4, "O.10.1": 2, "M.6.7": 5}
    assert not loaded.problems
    assert not loaded.is_partial


def test_the_overview_becomes_use_case_organization_assessor_and_period():
    """
    Every labelled field lands in its own place; days become dates.
    """
    assessment = read(full_workbook()).assessment
    assert assessment.use_case == UseCase(
        name="Door badges",
        description="Badges open doors.",
        components="One CA",
        out_of_scope="Parking lots",
    )
    assert assessment.organization.name == "Brick & Mortar"
    assert (assessment.assessor.name, assessment.assessor.company) == ("Ada", "Brick & Mortar")
    assert assessment.assessor.position == "internal"
    assert assessment.assurance is None
    assert (assessment.period.start, assessment.period.finish) == ("2023-03-15", "2023-05-14")
    assert assessment.environment.high_level_design == "Flat"
    assert assessment.environment.points_of_interaction == "Front desk"
    assert assessment.source.kind == "workbook-full"
    assert "saved by Microsoft Excel" in assessment.source.detail


def test_a_text_that_begins_like_the_next_label_is_still_a_text():
    """
    A description that starts with the words of another label hides neither.
    """
    first, *_ = AREAS
    texts = {first: "High-level design comes below.", "High-level design": "Two tiers"}
    assessment = read(full_workbook(overview=texts)).assessment
    assert assessment.use_case.description == "High-level design comes below."
    assert assessment.environment.high_level_design == "Two tiers"


@pytest.mark.parametrize("written", ["03/04/2025", "soon", "31.02.2025", 20_250_113, -3, True])
def test_a_date_that_is_none_or_has_two_meanings_is_refused(written: Any):
    """
    March or April? The place is named, and everything else is read.
    """
    loaded = read(full_workbook({"G.1.1": "Basic"}, overview={"Starting date": written}))
    assert loaded.assessment.period.start is None
    assert [p.where for p in loaded.problems] == ["Overview!D7"]
    assert loaded.is_partial
    assert levels(loaded.assessment) == {"G.1.1": 2}


def test_days_count_from_1904_where_the_workbook_says_so():
    """
    Old Macintosh files start four years later.
    """
    content = patched(
        full_workbook(), "xl/workbook.xml", "<workbookPr/>", '<workbookPr date1904="1"/>'
    )
    assert read(content).assessment.period.start == "2027-03-16"


def test_out_of_sets_a_level_aside_and_keeps_the_reason():
    """
    A requirement out of scope keeps what was entered, a category all its answers.
    """
    loaded = read(
        full_workbook(
            {"G.1.4": "Managed", "G.3.1": "Basic", "O.10.2": "Basic"},
            scope={"G.1.4": "OUT OF"},
            categories={"G.3": "out of"},
            reasons={"G.1": "Done elsewhere.", "G.3": "No laws here.", "O.10": "Later."},
        )
    )
    answers = {MODEL.native_id(k): a for k, a in loaded.assessment.answers.items()}
    assert answers["G.1.4"].state is State.NOT_APPLICABLE
    assert (answers["G.1.4"].reason, answers["G.1.4"].set_aside_level) == ("Done elsewhere.", 4)
    assert (answers["G.3"].state, answers["G.3"].reason) == (State.NOT_APPLICABLE, "No laws here.")
    assert answers["G.3.1"].level == 2
    assert (answers["O.10"].state, answers["O.10"].reason) == (State.UNANSWERED, "Later.")
    assert list(answers) == ["G.1.4", "G.3", "G.3.1", "O.10", "O.10.2"]
    assert not loaded.problems


@pytest.mark.parametrize("written", ["OUT OF ", " out of", "OUT", 0, "no"])
def test_a_scope_that_is_not_on_the_list_counts_as_in_with_a_remark(written: Any):
    """
    The workbook compares the whole text, so a blank at the end puts it back in scope.
    """
    loaded = read(full_workbook({"G.1.1": "Basic"}, scope={"G.1.1": written}))
    assert loaded.assessment.answer(MODEL.native["G.1.1"]).level == 2
    assert [(p.where, p.refused) for p in loaded.problems] == [("Scoping!K10", False)]


@pytest.mark.parametrize(
    ("written", "level"),
    [(" Basic", 2), (3, 3), (3.0, 3), ("4", 4), ("4.0", 4), ("N/A", None)],
)
def test_an_answer_with_one_meaning_is_taken_with_a_remark(written: Any, level: int | None):
    """
    The workbook itself shows an error for each of these.
    """
    loaded = read(full_workbook({**ALL_BASIC, "G.1.1": written}))
    answer = loaded.assessment.answer(MODEL.native["G.1.1"])
    assert answer.level == level
    assert (answer.state is State.NOT_APPLICABLE) == (written == "N/A")
    assert [(p.where, p.refused) for p in loaded.problems] == [("Assessment!I16", False)]
    assert shown_overall(loaded.assessment) == {"level": None, "value": None}
    assert reasons(loaded.assessment) == ["workbook-error"]


def test_a_number_that_is_none_costs_its_cell_and_not_the_file():
    """
    Some programs write NaN where a number should be.
    """
    content = full_workbook({"G.1.1": 3, "G.1.2": "Basic"})
    sheet = "xl/worksheets/sheet2.xml"
    loaded = read(patched(content, sheet, 'r="I16" t="n"><v>3</v>', 'r="I16" t="n"><v>NaN</v>'))
    assert levels(loaded.assessment) == {"G.1.2": 2}
    assert "NaN" in loaded.problems[0].message


def test_an_answer_in_a_hidden_row_is_ignored():
    """
    The published file has such answers; they belong to no requirement.
    """
    loaded = read(full_workbook({"1.2.6.": "Basic", "G.1.1": "Basic"}))
    assert levels(loaded.assessment) == {"G.1.1": 2}
    assert not loaded.problems


def _insert_rows(book: openpyxl.Workbook) -> None:
    book["Assessment"].insert_rows(1, 3)
    book["Assessment"].insert_rows(40)
    book["Assessment"].insert_cols(9)
    book["Scoping"].insert_rows(1, 2)
    book["Scoping"].insert_rows(30)
    book["Overview"].insert_rows(1)
    book["ActionPlans"].insert_rows(1)


def _reorder(book: openpyxl.Workbook) -> None:
    book["Assessment"].title = "Assessment 2025"
    book["Scoping"].title = "Umfang"
    book["Overview"].title = "OVERVIEW "
    book.move_sheet("tech", -4)


@pytest.mark.parametrize("change", [_insert_rows, _reorder])
def test_cells_are_found_by_their_labels(change: Any):
    """
    Inserted rows and columns, renamed sheets and another order change nothing.
    """
    filled = {
        "answers": {**ALL_BASIC, "R.15.4": "Managed", "G.1.1": None},
        "scope": {"R.14.5": "OUT OF"},
        "categories": {"M.7": "OUT OF"},
        "required": {"R.13": "Optimized"},
        "boxes": {1: {"Tasks": "Hire someone"}},
    }
    plain, changed = read(full_workbook(**filled)), read(full_workbook(**filled, change=change))
    assert changed.assessment.answers == plain.assessment.answers
    assert changed.assessment.period == plain.assessment.period
    assert changed.assessment.environment == plain.assessment.environment
    assert changed.assessment.action_plans == plain.assessment.action_plans
    assert changed.assessment.source.tool == plain.assessment.source.tool
    assert not changed.problems


def _swap_titles(book: openpyxl.Workbook) -> None:
    tech = book["tech"]
    tech["A125"], tech["A126"] = "3.1. INTEROPERABILITY", "3.2.  Resilience"


def test_a_workbook_that_numbers_its_categories_in_another_way_is_refused():
    """
    It is of another edition, and its answers would land on other categories.
    """
    with pytest.raises(SourceFormatError, match="another way"):
        read(full_workbook({"O.9.1": "Managed"}, change=_swap_titles))


def test_the_last_dot_of_a_number_may_be_missing():
    """
    Someone typed the numbers anew.
    """

    def trim(book: openpyxl.Workbook) -> None:
        book["Assessment"]["C16"] = " 1.1.1 "
        book["tech"]["A126"] = "3.2 Interoperability"

    loaded = read(full_workbook({"G.1.1": "Basic", "O.11.1": "Managed"}, change=trim))
    assert levels(loaded.assessment) == {"G.1.1": 2, "O.11.1": 4}
    assert not loaded.problems


def test_an_unknown_title_is_taken_by_its_number_with_a_remark():
    """
    Its number is that of the published file, and no other category claims it.
    """

    def rename(book: openpyxl.Workbook) -> None:
        book["tech"]["A117"] = "1.1. Strategie"

    loaded = read(full_workbook({"G.1.1": "Basic"}, change=rename))
    assert levels(loaded.assessment) == {"G.1.1": 2}
    assert [(p.where, p.refused) for p in loaded.problems] == [("tech", False)]


def test_a_missing_sheet_is_named_and_the_answers_are_read():
    """
    Without the sheet Scoping everything counts as in scope.
    """

    def remove(book: openpyxl.Workbook) -> None:
        for name in ("Scoping", "Overview", "ActionPlans"):
            del book[name]

    loaded = read(full_workbook(ALL_BASIC, change=remove))
    assert [p.where for p in loaded.problems] == ["Overview", "Scoping"]
    assert score(loaded.assessment).overall.score == 2


def test_a_requirement_that_occurs_twice_or_never_is_named():
    """
    Two answers to one requirement contradict each other, so it stays unanswered.
    """

    def copy_row(book: openpyxl.Workbook) -> None:
        book["Assessment"]["C17"] = "1.1.1."

    loaded = read(full_workbook({"G.1.1": "Basic", "G.1.2": "Managed"}, change=copy_row))
    assert levels(loaded.assessment) == {}
    assert [(p.where, p.refused) for p in loaded.problems] == [
        ("Assessment!I17", True),
        ("Assessment", True),
    ]


def test_a_row_that_the_model_does_not_have_is_refused():
    """
    1.1.7. is neither a requirement nor one of the hidden rows.
    """

    def add_row(book: openpyxl.Workbook) -> None:
        book["Assessment"]["C22"], book["Assessment"]["I22"] = "1.1.7.", "Basic"

    (problem,) = read(full_workbook(change=add_row)).problems
    assert problem.where == "Assessment!I22"
    assert "PKIMM 1.0.0" in problem.message


# --- action plans ------------------------------------------------------------------


def test_a_box_belongs_to_the_next_category_with_a_level_and_a_target():
    """
    A category that is not evaluated has no box, so the first box is that of M.6.
    """
    answers = {id_: level for id_, level in ALL_BASIC.items() if not id_.startswith("G.1.")}
    loaded = read(
        full_workbook(
            answers,
            required={"G.1": "Basic", "M.6": "Managed", "O.11": "Advanced"},
            boxes={1: {"Objectives": "Renew in time", "Tasks": "Buy a tool"}, 2: {"Comments": "x"}},
        )
    )
    plans = {MODEL.native_id(p.element): p for p in loaded.assessment.action_plans}
    assert {id_: p.target_level for id_, p in plans.items()} == {"G.1": 2, "M.6": 4, "O.11": 3}
    assert plans["G.1"].objectives == ()
    assert plans["M.6"].objectives == ("Renew in time",)
    assert plans["M.6"].tasks == ("Buy a tool",)
    assert plans["O.11"].comments == ("x",)
    assert not loaded.problems


def test_texts_in_a_box_without_a_category_are_refused():
    """
    They were left behind when a required level was removed.
    """
    loaded = read(full_workbook(ALL_BASIC, boxes={2: {"Tasks": "Secret plan"}}))
    assert loaded.assessment.action_plans == ()
    assert [p.where for p in loaded.problems] == ["ActionPlans!B48"]
    assert "Secret" not in str(loaded.problems)


# --- what the workbook shows itself ------------------------------------------------

NOTHING = {"level": None, "value": None}
TWO = {"level": 2, "value": 2.0}
OF_G1 = [id_ for id_ in SLOT_OF if id_.startswith("G.1.")]
ALL_BUT_G1 = [c.native_id for c in MODEL.categories.values() if c.native_id != "G.1"]
SHOWN: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing stored, nothing missing: its figure is ours": ({}, TWO, []),
    "of G.1 3 of 8 parts by weight are missing: 2 x 5/8 there, 2 here": (
        {
            "answers": dict.fromkeys(OF_G1, "Basic") | {"G.1.1": None},
            "categories": dict.fromkeys(ALL_BUT_G1, "OUT OF"),
        },
        {"level": 1, "value": 1.25},
        ["unanswered-zero"],
    ),
    "a wrong scope cell that changes nothing": ({"scope": {"O.9.1": "OUT OF"}}, TWO, []),
    "a category in scope whose requirements are not": (
        {"scope": dict.fromkeys(OF_G1, "OUT OF")},
        NOTHING,
        ["workbook-error"],
    ),
    "stored results that are right": (
        {"stored": {"overall": (2, 2.0), "G": (2, 2.0), "R": (2, 2.0)}},
        TWO,
        [],
    ),
    "stored results of other answers": (
        {"stored": {"overall": (4, 4.25)}},
        {"level": 4, "value": 4.25},
        ["stale-cache"],
    ),
    "a stored sum that ends a hair below a whole number": (
        {"stored": {"overall": (1, 1.9999999999999998)}},
        {"level": 1, "value": 2.0},
        ["rounding"],
    ),
}


@pytest.mark.parametrize("case", SHOWN)
def test_the_workbooks_own_figure_is_kept_with_the_reasons_why_it_differs(case: str):
    """
    Ours is 2 in each case, and what differs by the rule for unanswered items is explained.
    """
    filled, shown, why = SHOWN[case]
    assessment = read(full_workbook(**{"answers": ALL_BASIC, **filled})).assessment
    assert shown_overall(assessment) == shown
    assert reasons(assessment) == why
    assert score(assessment).overall.score == 2
    tool = tool_figures(score(assessment, unanswered="zero"))
    assert tool is not None
    assert len(tool["differs_because"]) == len([code for code in why if code != "unanswered-zero"])


def test_a_scope_cell_that_the_workbook_does_not_read_is_explained():
    """
    It counts O.9.1 although it is out of scope; the names are in the reason.
    """
    assessment = read(
        full_workbook({**ALL_BASIC, "O.9.1": "Optimized"}, scope={"O.9.1": "OUT OF"})
    ).assessment
    assert reasons(assessment) == ["scope-wiring"]
    assert assessment.source.tool is not None
    (reason,) = assessment.source.tool["reasons"]
    assert "34 requirements" in reason["message"]
    assert "counts O.9.1" in reason["message"]
    assert score(assessment).overall.score == 2
    assert shown_overall(assessment)["value"] > 2


def test_out_of_in_a_hidden_row_is_remarked_where_the_workbook_obeys_it():
    """
    It drops M.7.1 because of the hidden row 2.3.6.
    """
    loaded = read(full_workbook({**ALL_BASIC, "M.7.1": "Optimized"}, scope={"2.3.6.": "OUT OF"}))
    assert [(p.refused, "M.7.1" in p.message) for p in loaded.problems] == [(False, True)]
    assert shown_overall(loaded.assessment) == {"level": 2, "value": 2.0}
    assert reasons(loaded.assessment) == ["scope-wiring"]


def test_a_repaired_workbook_is_not_blamed_for_the_wrong_cells():
    """
    Its stored figures are what the stated scope gives, so only the gap explains them.
    """
    answers = {**ALL_BASIC, "O.9.1": "Optimized", "G.1.1": None}
    scope = {"O.9.1": "OUT OF"}
    scores = score(read(full_workbook(answers, scope=scope)).assessment, unanswered="zero")
    figures = {"overall": scores.overall, **scores.modules}
    stored = {key: (figure.level, figure.score) for key, figure in figures.items()}
    repaired = read(full_workbook(answers, scope=scope, stored=stored)).assessment
    assert reasons(repaired) == ["unanswered-zero"]
    assert shown_overall(repaired)["value"] == pytest.approx(scores.overall.score, abs=1e-9)


def test_a_stored_error_of_a_module_is_an_error_and_that_of_a_category_is_not():
    """
    Level and value of a module come first in its block; the first category follows.
    """

    def add_error(book: openpyxl.Workbook) -> None:
        book["Assessment"]["N13"] = "#N/A"

    stored = {"G": (2, 2.0), "M": ("#DIV/0!", "#DIV/0!")}
    assessment = read(full_workbook(ALL_BASIC, stored=stored, change=add_error)).assessment
    assert assessment.source.tool is not None
    assert assessment.source.tool["modules"]["G"] == {"level": 2, "value": 2.0}
    assert assessment.source.tool["modules"]["M"] == {"level": None, "value": None}
    assert reasons(assessment) == ["stale-cache", "workbook-error"]


def test_the_example_that_the_workbook_ships_with_is_recognized_by_its_name():
    """
    Someone filled in answers and left the use case as it was.
    """
    assessment = read(full_workbook(overview={"Use-case name": "Cool PKI"})).assessment
    assert [caveat.code for caveat in assessment.caveats] == ["demo-data"]


def test_messages_hold_neither_names_nor_texts():
    """
    Someone pasted a sentence where a level belongs.
    """
    pasted = "Brick and Mortar keeps its root key in a drawer"
    loaded = read(full_workbook({"G.1.1": pasted}, overview={"Starting date": pasted}))
    assert len(loaded.problems) == 2
    assert "drawer" not in str(loaded.problems)


# --- the self workbook -------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "level", "state"),
    [
        (1, 1, State.RATED),
        (5.0, 5, State.RATED),
        (True, 1, State.RATED),
        (6, None, State.NOT_APPLICABLE),
        (0, None, State.UNANSWERED),
        (7, None, State.UNANSWERED),
        (False, None, State.UNANSWERED),
        (None, None, State.UNANSWERED),
    ],
)
def test_a_button_is_a_level_not_applicable_or_no_answer(
    written: Any, level: int | None, state: State
):
    """
    LibreOffice saves 1 as TRUE and 0 as FALSE.
    """
    loaded = read(self_workbook({"G.2": written}))
    answer = loaded.assessment.answer(MODEL.native["G.2"])
    assert (answer.level, answer.state) == (level, state)
    assert not loaded.problems


def test_the_buttons_are_found_when_rows_and_columns_are_inserted():
    """
    Their numbers 6 and 7 stand beside them.
    """

    def shift(book: openpyxl.Workbook) -> None:
        book["Tool"].insert_rows(1, 4)
        book["Tool"].insert_rows(17)
        book["Tool"].insert_cols(1)

    answers = {"G.1": 2, "G.2": 3, "R.15": 5}
    loaded = read(self_workbook(answers, change=shift))
    assert levels(loaded.assessment) == answers
    assert loaded.assessment.use_case.name == "Door badges"
    assert not loaded.problems


def test_buttons_that_libreoffice_reset_become_a_caveat():
    """
    Most of them are stored as not chosen, and LibreOffice saved the file.
    """
    ids = [category.native_id for category in MODEL.categories.values()]
    answers = {**dict.fromkeys(ids, 0), "G.1": 3, "G.2": 4}
    reset = read(self_workbook(answers, application="LibreOffice/25.2$Linux")).assessment
    assert [caveat.code for caveat in reset.caveats] == ["libreoffice-reset"]
    assert reset.source.detail.endswith("saved by LibreOffice/25.2")
    by_excel = read(self_workbook(answers, application="Microsoft Excel")).assessment
    assert by_excel.caveats == ()


@pytest.mark.parametrize(
    ("answers", "stored", "level", "why"),
    [
        (dict.fromkeys(CODES.values(), 3), dict.fromkeys(["overall", "G", "R"], "Advanced"), 3, []),
        ({"G.1": 2}, {"overall": "Managed"}, 4, ["stale-cache"]),
        ({}, {}, None, ["workbook-error"]),
    ],
)
def test_the_self_workbook_shows_a_level_and_no_value(
    answers: dict[str, Any], stored: dict[str, str], level: int | None, why: list[str]
):
    """
    The stored one; it divides by zero where nothing is answered.
    """
    assessment = read(self_workbook(answers, stored=stored)).assessment
    assert assessment.use_case.name == "Door badges"
    assert assessment.source.kind == "workbook-self"
    assert shown_overall(assessment) == {"level": level, "value": None}
    assert reasons(assessment) == why
