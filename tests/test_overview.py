"""
The tables that pages, charts and notebooks show.
"""

from __future__ import annotations

import csv
import io

import pandas as pd
from hypothesis import given, settings

from pkimm_analytics.assessment import (
    Assessment,
    ExtensionAnswers,
    Mode,
    Source,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.model import Edition, load_extension, load_model
from pkimm_analytics.overview import (
    category_table,
    extension_table,
    extension_totals,
    findings_table,
    percent_text,
    table_csv,
    total_table,
    workspace_table,
)
from pkimm_analytics.scoring import figure_text, score
from tests.strategies import assessments

MODEL = load_model("2.0.0")
PARTLY = Assessment(
    id="partly",
    model=MODEL.edition,
    mode=Mode.FULL,
    use_case=UseCase(name="Invented use case"),
    updated="2026-01-31T10:00:00Z",
    answers={
        "G.compliance.compliance-policies": rated(4),
        "M.key-management": rated(2),
        "O": not_applicable("Nothing is operated"),
        "R.awareness": not_applicable("Nobody to tell"),
    },
)


def by_key(table: pd.DataFrame) -> pd.DataFrame:
    """
    Return a table with its element keys as the index.
    """
    return table.set_index("key")


def test_each_category_says_its_state_and_only_a_rated_one_has_a_score() -> None:
    """
    Unanswered and not applicable are words, and their figures are missing, never 0.
    """
    table = by_key(category_table(score(PARTLY)))
    assert len(table) == 16
    assert table.loc["G.compliance", "score"] == 4.0
    assert table.loc["G.compliance", "n_in_scope"] == 4
    assert table.loc["G.compliance", "coverage"] == 0.25
    assert table.loc["G.cryptography", "state"] == "unanswered"
    assert table.loc["R.awareness", "state"] == "not applicable"
    assert table.loc[["G.cryptography", "R.awareness"], ["score", "level"]].isna().all(axis=None)


def test_a_level_given_by_hand_is_marked() -> None:
    """
    Nothing of key management was rated, so the level of the category counts and says so.
    """
    table = by_key(category_table(score(PARTLY)))
    assert table.loc["M.key-management", "by_hand"]
    assert table.loc["M.key-management", "score"] == 2.0
    assert not table.loc["G.compliance", "by_hand"]


def test_the_reason_of_a_module_reaches_its_categories() -> None:
    """
    Whoever reads a category sees why it does not apply, wherever that was said.
    """
    table = by_key(category_table(score(PARTLY)))
    assert table.loc["O.resilience", "reason"] == "Nothing is operated"
    assert table.loc["R.awareness", "reason"] == "Nobody to tell"
    assert table.loc["G.compliance", "reason"] == ""


def test_the_whole_comes_before_the_modules() -> None:
    """
    Compliance has weight 2 and level 4, key management 4 and 2: together 16/6.
    """
    table = total_table(score(PARTLY))
    assert list(table["key"]) == ["overall", "G", "M", "O", "R"]
    assert table["score"].iloc[0] == 16 / 6
    assert table["level_name"].iloc[0] == "Foundational"
    assert table["state"].iloc[3] == "not applicable"


def test_counting_unanswered_items_as_zero_changes_the_list_too() -> None:
    """
    The list and the assessment below it follow the same convention.
    """
    excluded = workspace_table([PARTLY])
    zero = workspace_table([PARTLY], unanswered="zero")
    assert excluded["score"].iloc[0] == 16 / 6
    assert zero["score"].iloc[0] < 1


def test_an_edition_that_is_not_installed_is_named_in_its_row() -> None:
    """
    One assessment that cannot be scored does not hide the others.
    """
    unknown = PARTLY.replace(
        model=Edition(version="9.9.9", digest="sha256:" + "0" * 64, requirements=1)
    )
    table = workspace_table([unknown, PARTLY])
    assert "not installed" in table["problem"].iloc[0]
    assert pd.isna(table["score"].iloc[0])
    assert table["problem"].iloc[1] == ""


def test_an_extension_shows_the_score_without_and_with_it() -> None:
    """
    Compliance at level 4, blended with relevance 1, is lower; the tool's levels stay beside.
    """
    pqc = load_extension("pqc")
    relevance = ExtensionAnswers(id="pqc", version=pqc.version, answers={"G.compliance": rated(1)})
    tool = {"pqc": {"overall": {"level": 3, "value": 3.2}, "categories": {"G.compliance": 3.5}}}
    source = Source(kind="web-tool-link-2", extra={"tool_extensions": tool})
    scores = score(PARTLY.replace(extensions=(relevance,), source=source))
    row = by_key(extension_table(scores, "pqc")).loc["G.compliance"]
    assert (row["baseline"], row["relevance"], row["covered"]) == (4.0, 1, True)
    assert 1 < row["blended"] < 4
    assert row["tool_blended"] == 3.5
    totals = extension_totals(scores, "pqc").set_index("figure")
    assert totals.loc["Floor score", "score"] == row["blended"]
    assert totals.loc["Score", "tool_level"] == 3
    assert pd.isna(totals.loc["Floor score", "tool_level"])


def test_what_an_unknown_program_wrote_into_the_source_breaks_nothing() -> None:
    """
    Figures of a tool that are no figures are left out.
    """
    pqc = load_extension("pqc")
    relevance = ExtensionAnswers(id="pqc", version=pqc.version)
    for odd in ([], {"pqc": 3}, {"pqc": {"overall": 3, "categories": [1], "reasons": "x"}}):
        source = Source(extra={"tool_extensions": odd})
        scores = score(PARTLY.replace(extensions=(relevance,), source=source))
        assert extension_totals(scores, "pqc")["tool_level"].isna().all()
        assert len(findings_table(scores)) == 0


def test_a_caveat_is_a_finding() -> None:
    """
    What a reader has to know is a row of its own.
    """
    table = findings_table(score(PARTLY.with_caveat("c", "Read with care.")))
    assert table[["kind", "message"]].to_numpy().tolist() == [["caveat", "Read with care."]]


def test_figures_are_cut_so_that_no_level_is_shown_too_early() -> None:
    """
    2.999 is level 2 and 99.9 percent is not all.
    """
    assert figure_text(2.999) == "2.99"
    assert figure_text(0.1 + 0.2) == "0.30"
    assert figure_text(pd.NA) == "–"
    assert percent_text(0.999) == "99 %"


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    """
    A name that begins like a formula gets an apostrophe; numbers stay numbers.
    """
    table = workspace_table([PARTLY.replace(use_case=UseCase(name='=HYPERLINK("x")'))])
    text = table_csv(table).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["use_case"].startswith("'=")
    assert float(row["score"]) == 16 / 6
    assert row["problem"] == ""


@settings(max_examples=60)
@given(assessment=assessments())
def test_every_valid_assessment_has_its_tables(assessment: Assessment) -> None:
    """
    No answer, text or foreign field of an assessment keeps it from being shown.
    """
    scores = score(assessment)
    for table in (
        workspace_table([assessment]),
        category_table(scores),
        total_table(scores),
        findings_table(scores),
        *(extension_table(scores, key) for key in scores.extensions),
        *(extension_totals(scores, key) for key in scores.extensions),
    ):
        rows = list(csv.reader(io.StringIO(table_csv(table).decode("utf-8-sig"), newline="")))
        assert len(rows) == len(table) + 1
