"""
A whole round: every plant is found from the exports, and a round without plants is quiet.
"""

from __future__ import annotations

import pytest

from pkimm_analytics.feedback import open_feedback
from pkimm_analytics.feedback.alarms import alarms
from pkimm_analytics.feedback.duplicates import near_duplicates
from pkimm_analytics.feedback.items import answered
from pkimm_analytics.feedback.kinds import RATE
from pkimm_analytics.feedback.summary import summarize, to_json
from pkimm_analytics.feedback.weights import chosen_weights
from pkimm_analytics.loaders import Source, load
from pkimm_analytics.loaders.feedback import load_feedback
from pkimm_analytics.synthetic.feedback import simulate_feedback, write_feedback_round
from tests.feedback.rounds import answers_of, of_simulation

EXPORTS = ("form.csv", "form.xlsx")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A round of 300 respondents with plants, as files of a form tool."""
    simulated = simulate_feedback(respondents=300, seed=11)
    folder = tmp_path_factory.mktemp("round")
    write_feedback_round(simulated, folder)
    return simulated, folder


def imported(folder, name, model, place):
    """Import one export into a feedback place."""
    content = (folder / name).read_bytes()
    loaded = load_feedback(content, name, model=model, round_="2026Q4", pseudonym=place.pseudonym)
    assert loaded.problems == ()
    return place.append(loaded.comments)


def test_every_plant_is_found_from_either_export_and_both_are_the_same(written, tmp_path):
    """
    CSV adds every submission and xlsx none, so what is found in one is found in the other.
    """
    simulated, folder = written
    model, plants = simulated.model, simulated.plants
    place = open_feedback(tmp_path / "feedback")
    first, second = (imported(folder, name, model, place) for name in EXPORTS)
    assert (first.added, first.known) == (len(simulated.answers), 0)
    assert (second.added, second.known) == (0, len(simulated.answers))
    comments = place.comments()

    loaded = load(Source("assessments.csv", folder / "assessments.csv"))
    answers = answered((one.assessment for one in loaded), model)
    assert (answers.requirements == simulated.requirements).all()
    found = alarms(comments, answers)
    by_kind = {kind: {*rows["element"]} for kind, rows in found.groupby("kind")}
    assert by_kind.pop("unclear") == {plants.unclear}
    assert by_kind.pop("weight disputed") == {plants.disputed}
    assert by_kind.pop("dead") == {plants.dead}
    by_kind.pop("redundant")
    pair = found[found["kind"] == "redundant"][["element", "other"]].to_numpy().tolist()
    assert [{*one} for one in pair] == [{*plants.redundant}]
    assert by_kind == {}

    groups = near_duplicates(comments, names=model.name)
    same = groups[groups["element"] == plants.paraphrased]
    assert same.groupby("group").size().max() == 3
    weights = chosen_weights(comments, model).set_index("element")
    assert weights.loc[plants.disputed, "n"] > 20


def test_the_same_seed_gives_the_same_round_and_another_seed_another():
    """
    Also the files, byte by byte, but for the time that a workbook carries.
    """
    one, two = (simulate_feedback(respondents=20, seed=4) for _ in range(2))
    assert one.answers == two.answers
    assert (one.requirements == two.requirements).all()
    assert simulate_feedback(respondents=20, seed=5).answers != one.answers


def quiet_rounds(seeds, respondents):
    """Rounds without plants, and how many of them raised an alarm."""
    noisy = 0
    for seed in seeds:
        simulated = simulate_feedback(respondents=respondents, seed=seed, plant=False)
        answers = answers_of(simulated.model, simulated.requirements)
        noisy += not alarms(of_simulation(simulated), answers).empty
    return noisy


def test_a_few_rounds_without_plants_are_quiet():
    """
    At a rate of 5 percent, six rounds with two alarms or more are one chance in thirty.
    """
    assert quiet_rounds(range(500, 506), 100) <= 1


@pytest.mark.slow
def test_rounds_without_plants_raise_alarms_at_the_stated_rate_at_most():
    """
    One hundred rounds: more alarms than the rate allows would be one chance in a thousand.
    """
    from scipy.stats import binom

    assert quiet_rounds(range(1_000, 1_100), 200) <= binom.ppf(0.999, 100, RATE)


def test_a_summary_holds_no_text_and_is_a_document():
    """
    Ids of comments, never their words; no NaN.
    """
    import json

    small = simulate_feedback(respondents=40, seed=2)
    comments = of_simulation(small)
    summary = summarize(comments, small.model, answers=answers_of(small.model, small.requirements))
    text = json.dumps(to_json(summary), allow_nan=False)
    assert all(said not in text for said in comments["text"].dropna())
    assert "@" not in text
