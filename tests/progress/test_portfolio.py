"""Several use cases and organizations: the latest figures of each, nothing averaged."""

import pytest

from pkimm_analytics.assessment import Assessment, Organization, Period, UseCase, rated
from pkimm_analytics.model import Edition, load_model
from pkimm_analytics.progress.portfolio import portfolio_table
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.progress import portfolio
from pkimm_analytics.views.words import catalogue

MODEL = load_model("2.0.0")


def of(name, case, day, level, parent="Group"):
    """Return an assessment with one level everywhere but cryptography, which is at 1."""
    answers = dict.fromkeys(MODEL.categories, rated(level)) | {"G.cryptography": rated(1)}
    return Assessment(
        id=f"{name}{case}{day}".replace(" ", "-"),
        model=MODEL.edition,
        organization=Organization(name=name, parent=parent),
        use_case=UseCase(name=case),
        period=Period(finish=day),
        answers=answers,
    )


@pytest.fixture
def group():
    """Return two organizations, one with two use cases and a history."""
    return [
        of("B", "TLS", "2026-01-01", 3),
        of("A", "TLS", "2026-06-01", 4),
        of("A", "TLS", "2025-06-01", 3),
        of("A", "Code signing", "2026-02-01", 5),
    ]


def test_each_use_case_has_one_row_with_its_latest_assessment(group):
    """
    By organization and name, with the change since the assessment before.
    """
    table = portfolio_table(group)
    assert list(zip(table["organization"], table["use_case"], strict=True)) == [
        ("A", "Code signing"),
        ("A", "TLS"),
        ("B", "TLS"),
    ]
    tls = table.iloc[1]
    assert (tls["date"], tls["previous"], tls["n_assessments"]) == ("2026-06-01", "2025-06-01", 2)
    assert tls["change"] == tls["like_for_like"] > 0
    assert table["change"].isna().tolist() == [True, False, True]
    assert set(table["group"]) == {"Group"}


def test_what_holds_a_use_case_back_is_named(group):
    """
    Cryptography has the largest weight and the lowest level.
    """
    table = portfolio_table(group)
    assert table["limits"][1].startswith("Cryptography")
    assert table["next_level"][1] == 4


def test_an_edition_that_is_not_installed_is_a_problem_of_its_row(group):
    """
    The other rows keep their figures.
    """
    odd = group[0].replace(
        model=Edition(version="9.9.9", digest="sha256:" + "0" * 64, requirements=1)
    )
    table = portfolio_table([odd, *group[1:]])
    assert "9.9.9" in table["problem"][2]
    assert table["score"].isna().tolist() == [False, False, True]


def test_nothing_rated_has_no_score_and_no_limits():
    """
    The row stays.
    """
    table = portfolio_table([Assessment(id="x", model=MODEL.edition)])
    assert table["score"].isna().all()
    assert list(table["limits"]) == [""]
    assert portfolio_table([]).empty


def test_the_sentence_counts_and_averages_nothing(group):
    """
    Three use cases, one of which rose.
    """
    counted, table = portfolio(portfolio_table(group), Voice(catalogue()))
    assert counted.text.startswith("3 use cases, 3 with a score; like for like, 1 rose and 0 fell")
    assert len(table.rows) == 3
