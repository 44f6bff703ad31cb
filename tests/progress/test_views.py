"""
One use case over time as it is shown: parts that add up, and marks for what does not compare.
"""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from pkimm_analytics.assessment import Assessment, Period, not_applicable, rated
from pkimm_analytics.model import Edition, load_model
from pkimm_analytics.progress import PARTS, Bridge, compare
from pkimm_analytics.progress.portfolio import usable
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.views import progress as views
from pkimm_analytics.views.scores import voice_of

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


def read(text):
    """Read a figure as it is shown."""
    return Fraction(text.replace("−", "-"))


def test_the_shown_parts_add_up_to_the_shown_scores():
    """
    For 10,000 random bridges, and a part of zero stays zero where others can take it.
    """
    random = np.random.default_rng(8)
    for _ in range(10_000):
        parts = {
            name: Fraction(int(random.integers(-300, 300)), int(random.integers(100, 999)))
            * int(random.integers(0, 2))
            for name in PARTS
        }
        before = Fraction(int(random.integers(500, 1500)), 301)
        after = before + sum(parts.values())
        shown = Bridge(before, after, parts).in_hundredths()
        if after >= 0:
            assert sum(shown.values()) == 100 * (
                read(figure_text(after)) - read(figure_text(before))
            )
        assert not any(parts.values()) or not any(shown[name] for name in PARTS if not parts[name])
        assert all(abs(shown[name] - 100 * parts[name]) < 2 for name in PARTS)


def test_what_is_listed_adds_up(five):
    """
    In the table of a step, and in that of all steps.
    """
    steps = [compare(one, other) for one, other in pairwise(five)]
    for step in steps:
        rows = views.bridge_table(step, voice_of(step.after)).rows
        before, *parts, after = (read(row[1]) for row in rows if not row[0].startswith("of it"))
        assert before + sum(parts) == after
        of_it = [read(row[1]) for row in rows if row[0].startswith("of it")]
        assert 100 * sum(of_it) == step.overall.in_hundredths()["answers"]
    table = views.steps_table(steps, voice_of(steps[-1].after))
    for row in table.rows:
        reasons = [part.rsplit(" ", 1)[1] for part in row[2].split("\n")]
        assert sum(map(read, reasons)) == read(row[1])


def test_without_a_score_there_is_nothing_to_explain():
    """
    A sentence instead of a chart, and dashes in the table.
    """
    step = compare(Assessment(id="a", model=MODEL.edition), on("2026-01-01"))
    voice = voice_of(step.after)
    assert step.overall.in_hundredths() == {}
    assert len([*views.what_changed(step, voice)]) == 2
    assert views.steps_table([step], voice).rows[0][1:3] == ("–", "–")


def test_each_part_that_moved_is_named():
    """
    One category taken out, one raised.
    """
    later = on("2026-06-01", **{"R.awareness": rated(5), "G.compliance": not_applicable("x")})
    step = compare(on("2026-01-01"), later)
    assert {name for name, part in step.overall.in_hundredths().items() if part} == {"answers"}
    assert [row[3].value for row in views.category_changes(step, voice_of(step.after)).rows].count(
        2.0
    ) == 1


def test_an_unknown_edition_is_left_out(five):
    """
    What can be scored is the rest.
    """
    odd = five[2].replace(model=UNKNOWN)
    assert usable([five[1], odd, five[3]]) == [five[1], five[3]]


def test_a_category_that_an_edition_lacks_is_empty_there(five):
    """
    Cryptography is absent from 1.0.0, and rated in what came later.
    """
    history = [score(one) for one in five]
    rows = views.over_time(history, voice_of(history[-1])).rows
    (row,) = [row for row in rows if row[0] == "Cryptography"]
    assert row[1:3] == ("–", "–")
    assert all(cell != "–" for cell in row[3:])
    (delta,) = [d for d in compare(five[1], five[2]).deltas if d.key == "G.cryptography"]
    assert (delta.state_before, delta.state_after, delta.comparable) == ("absent", "rated", "no")


def test_new_evidence_is_a_change_of_its_own():
    """
    The level stays, the evidence differs.
    """
    one = on("2026-01-01", **{"R.awareness": rated(3, evidence="2025")})
    other = on("2026-06-01", **{"R.awareness": rated(3, evidence="2026")})
    (delta,) = [d for d in compare(one, other).deltas if d.evidence_changed]
    assert (delta.key, delta.change) == ("R.awareness", 0)
