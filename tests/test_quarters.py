"""
Quarters as text and as numbers.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.quarters import is_quarter, last_quarter, ordinal, running_quarter, spelled


@pytest.mark.parametrize(
    ("day", "quarter"),
    [((2026, 11, 23), "2026Q3"), ((2026, 1, 1), "2025Q4"), ((2026, 4, 1), "2026Q1")],
)
def test_the_last_quarter_is_one_that_has_ended(day, quarter):
    """
    On the first day of a quarter it is the one before.
    """
    assert last_quarter(dt.date(*day)) == quarter


def test_the_running_quarter_follows_the_last_one():
    """
    On every day of a year.
    """
    for number in range(366):
        day = dt.date(2024, 1, 1) + dt.timedelta(number)
        assert running_quarter(day) == f"2024Q{(day.month + 2) // 3}"
        begins = dt.date(2024, (day.month - 1) // 3 * 3 + 1, 1)
        assert last_quarter(day) == running_quarter(begins - dt.timedelta(1))


@given(st.integers(0, 39_999))
def test_a_number_is_spelled_as_the_quarter_it_came_from(number):
    """
    Both directions, and the next number is the next quarter.
    """
    quarter = spelled(number)
    assert is_quarter(quarter)
    assert ordinal(quarter) == number
    assert quarter < spelled(number + 1) or number == 39_999


@pytest.mark.parametrize("text", ["", "2026Q5", "2026q1", "26Q1", "2026-Q1", "2026Q1 ", "٢٠٢٦Q1"])
def test_what_is_written_otherwise_is_no_quarter(text):
    """
    Also digits of another script.
    """
    assert not is_quarter(text)
    with pytest.raises(ValueError, match="2026Q3"):
        ordinal(text)
