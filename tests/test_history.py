"""
What is one record, one history, and one day of it.
"""

import pytest

from pkimm_analytics.assessment import (
    Assessment,
    Assurance,
    Consensus,
    Organization,
    Period,
    UseCase,
    rated,
)
from pkimm_analytics.history import histories, is_same_record, latest_revisions, previous_assessment
from pkimm_analytics.model import load_model

EDITION = load_model("2.0.0").edition
RECORD = "c0000000-0000-4000-8000-000000000040"


def of(day, case="TLS", who="", level=3, **details):
    """Return an assessment of a use case that was finished on a day."""
    return Assessment(
        model=EDITION,
        use_case=UseCase(name=case),
        organization=Organization(name=who),
        period=Period(finish=day),
        answers={"G.compliance": rated(level)},
        **details,
    )


def days(assessments):
    """Return the days of each history."""
    return [[one.date for one in found] for found in histories(assessments).values()]


def test_names_make_a_history_whatever_their_letters():
    """
    Each history is sorted by day, and there is one for each organization and use case.
    """
    found = days([of("2026-01-01"), of("2025-01-01", " tls "), of("2024-01-01", who="Other")])
    assert found == [["2025-01-01", "2026-01-01"], ["2024-01-01"]]


def test_what_has_no_name_is_never_joined():
    """
    Two records without a name of the use case are two histories.
    """
    assert len(days([of("2026-01-01", ""), of("2026-02-01", "")])) == 2


def test_a_record_counts_once_as_it_was_changed_last():
    """
    Two downloads of one record are no progress, in whichever order they are read.
    """
    earlier = of(None, id=RECORD, updated="2026-01-10T08:00:00.000Z")
    later = of(None, id=RECORD, updated="2026-02-10T08:00:00+00:00", level=5)
    for given in ([earlier, later], [later, earlier]):
        assert latest_revisions(given) == [later]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (of("2026-01-01", id=RECORD), of("2026-02-01", "VPN", id=RECORD), True),
        (of("2026-01-01", id="1"), of("2026-01-01", id="1", level=5), True),
        (of("2026-01-01", id="1"), of("2026-02-01", id="1"), False),
        (of("2026-01-01", id="1"), of("2026-01-01", id="1", who="Other"), False),
        (of("2026-01-01", id="1"), of("2026-01-01", id="2"), False),
    ],
)
def test_the_id_of_a_program_decides_and_one_that_people_gave_needs_the_names(one, other, expected):
    """
    Rows that were numbered from one in two tables are different assessments.
    """
    assert is_same_record(one, other) is expected


def test_parallel_ratings_of_a_day_are_no_progress():
    """
    The consensus stands for the day, then the stronger assurance, then who stored last.
    """
    before = of("2025-01-01")
    rater = of("2026-01-01", level=2, updated="2026-01-02T00:00:00Z")
    formal = of("2026-01-01", level=3, assurance=Assurance.FORMAL)
    agreed = of("2026-01-01", level=4).replace(
        answers={"G.compliance": rated(4, consensus=Consensus(present="both"))}
    )
    for given, expected in (
        ([rater, agreed, formal, before], agreed),
        ([formal, rater, before], formal),
    ):
        (found,) = histories(given).values()
        assert found == [before, expected]
        assert previous_assessment(rater, given) == before


def test_the_previous_assessment_is_of_an_earlier_day_and_a_known_edition():
    """
    Not another use case, not a later one, not itself, nothing for what has no name.
    """
    unknown = EDITION.replace(digest="sha256:" + "0" * 64)
    present = of("2026-01-01")
    others = [
        of("2024-01-01"),
        of("2025-01-01", "tls "),
        of("2025-06-01", "VPN"),
        of("2025-07-01").replace(model=unknown),
        of("2027-01-01"),
        present,
    ]
    assert previous_assessment(present, others) == others[1]
    assert previous_assessment(of("2023-01-01"), others) is None
    assert previous_assessment(of("2026-01-01", ""), others) is None
