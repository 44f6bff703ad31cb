"""What there is to see over time: rows that add up, and marks for what does not compare."""

from fractions import Fraction

import numpy as np
import pytest

from pkimm_analytics.assessment import Assessment, Mode, Period, not_applicable, rated
from pkimm_analytics.model import Edition, load_model
from pkimm_analytics.progress import PARTS, Bridge, compare
from pkimm_analytics.progress.timeline import (
    bridge_sentence,
    bridge_table,
    category_timeline,
    delta_table,
    timeline_table,
    usable,
)
from pkimm_analytics.synthetic import sample_history

MODEL = load_model("2.0.0")
UNKNOWN = Edition(version="9.9.9", digest="sha256:" + "0" * 64, requirements=1)


@pytest.fixture(scope="module")
def five():
    """Return five assessments over three editions."""
    return sample_history(3)[:5]


def on(day, **answers):
    """Return an assessment of a day with everything at 3 but some answers."""
    levels = dict.fromkeys(MODEL.categories, rated(3)) | answers
    return Assessment(id=day, model=MODEL.edition, period=Period(finish=day), answers=levels)


def test_the_shown_parts_add_up_to_the_shown_scores():
    """
    For 2,000 random bridges, in hundredths, and a part of zero stays zero.
    """
    random = np.random.default_rng(8)
    for _ in range(2000):
        parts = {
            name: Fraction(int(random.integers(-300, 300)), int(random.integers(100, 999)))
            * int(random.integers(0, 2))
            for name in PARTS
        }
        before = Fraction(int(random.integers(500, 1500)), 301)
        table = bridge_table(Bridge(before, before + sum(parts.values()), parts))
        shown = [Fraction(text.replace("−", "-")) for text in table["shown"]]
        assert sum(shown[:-1]) == shown[-1]
        zero = table[(table["kind"] == "part") & (table["value"] == 0)]
        assert set(zero["shown"]) <= {"0.00"} or not any(parts.values())


def test_each_bar_begins_where_the_one_before_ended(five):
    """
    From the score before to the score after.
    """
    table = bridge_table(compare(five[1], five[2]).overall)
    assert list(table["kind"]) == ["before", *["part"] * 5, "after"]
    assert [*table["start"]][1:-1] == pytest.approx([*table["end"]][:-2])
    assert table["end"].iloc[-2] == pytest.approx(table["end"].iloc[-1])


def test_without_a_score_there_is_nothing_to_draw():
    """
    An empty table, and a sentence that says so.
    """
    step = compare(Assessment(id="a", model=MODEL.edition), on("2026-01-01"))
    assert bridge_table(step.overall).empty
    assert "no overall score" in bridge_sentence(step)


def test_the_sentence_names_each_part_that_moved():
    """
    One category taken out, one raised.
    """
    later = on("2026-06-01", **{"R.awareness": rated(5), "G.compliance": not_applicable("x")})
    words = bridge_sentence(compare(on("2026-01-01"), later))
    assert "from 3.00 to 3.12" in words
    assert "levels that changed +0.12" in words
    assert "edition" not in words.split(".")[0]


def test_the_timeline_has_the_change_and_the_same_like_for_like(five):
    """
    Missing in the first row; equal where the edition is the same.
    """
    table = timeline_table(five)
    assert table["change"].isna().tolist() == [True, False, False, False, False]
    assert table["like_for_like"].isna().tolist() == [True, False, False, False, False]
    assert table["change"][1] == pytest.approx(table["like_for_like"][1])
    assert table["change"][2] != pytest.approx(table["like_for_like"][2])


def test_an_unknown_edition_is_said_and_left_out(five):
    """
    The timeline keeps the row with its problem; what can be scored is the rest.
    """
    odd = five[2].replace(model=UNKNOWN)
    table = timeline_table([five[1], odd, five[3]])
    assert "9.9.9" in table["problem"][1]
    assert table["change"].isna().all()
    assert usable([five[1], odd, five[3]]) == [five[1], five[3]]
    assert timeline_table([]).empty


def test_categories_over_time_mark_what_does_not_compare(five):
    """
    Cryptography is absent from 1.0.0, and its 1.1.0 score does not compare.
    """
    table = category_timeline(five)
    rows = table[table["key"] == "G.cryptography"].sort_values("place")
    assert list(rows["state"])[:2] == ["not in this edition"] * 2
    assert rows["score"].isna().tolist()[:2] == [True, True]
    assert list(rows["comparable"])[3:] == ["yes", "yes"]
    assert len(table) == len(set(table["key"])) * 5


def test_what_has_no_score_is_missing_and_never_zero():
    """
    Unanswered and not applicable keep their states.
    """
    one = on("2026-01-01", **{"R.awareness": not_applicable("x")})
    answers = {k: a for k, a in one.answers.items() if k != "G.compliance"}
    table = category_timeline([one.replace(answers=answers)])
    empty = table[table["score"].isna()]
    assert dict(zip(empty["key"], empty["state"], strict=True)) == {
        "G.compliance": "unanswered",
        "R.awareness": "not applicable",
    }


def test_the_changes_say_the_state_that_was_answered(five):
    """
    A category that is new in an edition was rated there, although it does not compare.
    """
    table = delta_table(compare(five[1], five[2]))
    (row,) = table[table["key"] == "G.cryptography"].to_dict("records")
    assert (row["state_before"], row["state_after"]) == ("not in this edition", "rated")
    assert row["comparable"] == "no"


def test_new_evidence_is_a_change_of_its_own():
    """
    The level stays, the evidence differs.
    """
    one = on("2026-01-01", **{"R.awareness": rated(3, evidence="2025")})
    other = on("2026-06-01", **{"R.awareness": rated(3, evidence="2026")})
    (row,) = delta_table(compare(one, other)).to_dict("records")
    assert row["evidence_changed"]
    assert row["change"] == 0
    assert one.mode is Mode.SELF
