"""
What is published of a round: coarse, large enough, and without a word of anybody.
"""

from __future__ import annotations

import json
import re

import pytest

from pkimm_analytics.disclosure import load_policy
from pkimm_analytics.disclosure.feedback import public_summary
from pkimm_analytics.model import load_model
from tests.feedback.rounds import comment, table

MODEL = load_model("2.0.0")
POLICY = load_policy()
KEY = "M.key-management"


def published(*comments):
    """The public summary of some comments."""
    return public_summary(table(*comments), MODEL, POLICY, "2026Q4")


def test_a_figure_below_the_threshold_is_withheld_and_one_at_it_is_not():
    """
    Nine respondents are too few, ten are enough.
    """
    nine = published(*(comment(i, clarity=3) for i in range(9)))
    ten = published(*(comment(i, clarity=3) for i in range(10)))
    assert nine["elements"][KEY]["clarity"] is None
    assert nine["respondents"] is None
    assert ten["elements"][KEY]["clarity"]["n"] == "10-14"
    assert ten["respondents"] == "10-14"


def test_one_respondent_who_rates_ten_times_is_one():
    """
    Repeating oneself does not make a group.
    """
    one = published(*(comment(1, clarity=1 + i % 5, text=f"again {i}") for i in range(30)))
    assert one["elements"][KEY]["clarity"] is None


def test_what_is_small_looks_like_what_is_empty():
    """
    Nobody can tell three ratings from none.
    """
    assert (
        published(*(comment(i, clarity=3) for i in range(3)))["elements"] == published()["elements"]
    )


@pytest.mark.parametrize("role", ["operator", "vendor"])
def test_roles_are_bands_or_nothing(role):
    """
    Twelve of one role are a band, the two others are withheld.
    """
    said = [comment(i, role=role, clarity=3) for i in range(12)]
    said += [comment(i + 50, role="assessor", clarity=3) for i in range(2)]
    roles = published(*said)["roles"]
    assert roles[role] == "10-14"
    assert roles["assessor"] is None


def test_no_text_no_id_and_no_exact_number_is_published():
    """
    Canaries in every text, thirteen respondents, and an odd effort in minutes.
    """
    said = [
        comment(
            i,
            clarity=1 + i % 5,
            role="other",
            kind="typo",
            minutes=4711,
            suggested_weight=83,
            text=f"CANARY {i}",
        )
        for i in range(13)
    ]
    text = re.sub(r"sha256:[0-9a-f]{64}", "", json.dumps(published(*said)))
    for secret in ("CANARY", "RESPONDENT", "4711", "83", "typo", *(r.id for r in said)):
        assert secret not in text
    assert '"13"' not in text
    assert ": 13" not in text


@pytest.mark.parametrize("n", [10, 13, 19, 25, 60])
def test_replacing_one_rating_moves_no_share_by_less_than_a_step(n):
    """
    Shares are on the grid of the policy, at least two respondents wide.
    """
    values = [1 + (i * 7) % 5 for i in range(n)]
    for change in range(3):
        values[change] = 5
        figure = published(*(comment(i, clarity=v) for i, v in enumerate(values)))
        clarity = figure["elements"][KEY]["clarity"]
        assert clarity["step"] * n >= 200 or clarity["step"] * 10 >= 200
        for share in clarity["at_least"]:
            on_grid = share["percent"] % clarity["step"] == 0
            assert on_grid or share["qualifier"] != "="


def test_weights_have_three_steps():
    """
    Too low, right, too high: two shares.
    """
    said = [comment(i, weight=("too-low", "right", "too-high")[i % 3]) for i in range(30)]
    assert len(published(*said)["elements"][KEY]["weight"]["at_least"]) == 2


def test_other_rounds_and_foreign_elements_are_left_out():
    """
    Only the round that was asked for, and only what the edition has.
    """
    said = [comment(i, clarity=3, round="2026Q3") for i in range(20)]
    said += [comment(i, "M.foreign", clarity=3) for i in range(20)]
    found = published(*said)
    assert found["elements"][KEY]["clarity"] is None
    assert "M.foreign" not in found["elements"]
