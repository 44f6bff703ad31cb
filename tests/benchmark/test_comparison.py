"""An assessment among its peers: positions, like-for-like scores, and no trace of it."""

import json
import os
import sys
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pkimm_analytics.assessment import carry, not_applicable, rated
from pkimm_analytics.benchmark import compare
from pkimm_analytics.benchmark.comparison import position
from pkimm_analytics.benchmark.printed import read_distribution
from pkimm_analytics.benchmark.verdicts import ALIKE
from pkimm_analytics.loaders import find_sources, load
from pkimm_analytics.model import model_of
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.scoring import score
from tests.benchmark.made import EVERYBODY, PLAN, columns_of

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples" / "assessments"


@pytest.fixture(scope="module")
def mine():
    """A synthetic full assessment of edition 2.0.0."""
    path = SAMPLES / "synthetic-history-21-2026Q3.pkimm.json"
    return load(find_sources(str(path))[0])[0].assessment


def peers_of(levels):
    """What would be printed of peers with these counts of levels."""
    from pkimm_analytics.release import Release

    release = Release.from_columns(
        "x", columns_of({EVERYBODY: {"overall": np.array(levels)}}, tier=10)
    )
    return read_distribution(release.cells[EVERYBODY, "overall"])


def test_own_scores_are_those_of_the_assessment(mine, bench):
    """
    In the same edition nothing is computed differently.
    """
    found = {one.measure: one for one in compare(mine, bench).positions}
    scores = score(mine)
    assert found["overall"].own == found["overall"].as_assessed == scores.overall.value
    for key, figure in scores.categories.items():
        assert found[key].own == figure.value
        assert found[key].level == figure.level
    for key in PLAN.requirements:
        if key in found:
            level = mine.answer(key).level
            assert found[key].own == (None if level is None else level)


def test_peers_figures_are_those_of_the_cohort(mine, bench):
    """
    The table repeats what the release says of the cohort that was found.
    """
    comparison = compare(mine, bench, {"sector": "finance"})
    expected = bench.figures({"sector": "finance"}).set_index("measure")
    table = comparison.table.set_index("measure")
    for column in ("n", "at_least_3", "at_least_3_low", "median", "level_5_high"):
        for measure in ("overall", *PLAN.categories):
            found, wanted = table.loc[measure, column], expected.loc[measure, column]
            assert found == wanted or (np.isnan(found) and np.isnan(wanted))


def test_the_position_holds_the_true_one(bench, counts):
    """
    Share of peers at lower, and at the same or lower levels, for every level and measure.
    """
    for key, found in counts.items():
        for measure, levels in found.items():
            peers = bench.distribution(key, measure)
            for level in range(1, 6) if peers else ():
                one = position(measure, "", Fraction(level), None, peers)
                n = levels.sum()
                below, at = levels[: level - 1].sum() / n, levels[:level].sum() / n
                assert one.below.low - 1e-9 <= below <= one.below.high + 1e-9
                assert one.at_or_below.low - 1e-9 <= at <= one.at_or_below.high + 1e-9
                rank = 50 * (below + at)
                assert one.rank.printed.low - 1e-6 <= rank <= one.rank.printed.high + 1e-6
                assert one.rank.interval.low <= one.rank.printed.low + 1e-9
                assert one.rank.interval.high >= one.rank.printed.high - 1e-9


def test_few_peers_are_not_distinguishable():
    """
    Seven of twelve at lower levels is no clear majority.
    """
    one = position("overall", "", Fraction(7, 2), None, peers_of([3, 4, 4, 1, 0]))
    assert one.verdict == ALIKE
    assert one.text.startswith("not distinguishable: at or above ")


def test_without_a_score_or_peers_nothing_is_claimed(mine, bench):
    """
    A category that does not apply, and a module that is withheld.
    """
    answers = {**mine.answers, "O.automation": not_applicable("none of it")}
    found = {p.measure: p for p in compare(mine.replace(answers=answers), bench).positions}
    assert found["O.automation"].verdict == "no score of your own"
    assert found["M"].verdict == "withheld"
    assert found["M"].own is not None
    comparison = compare(mine, bench, {"sector": "public"})
    assert comparison.ladder.found == {}


def test_another_edition_is_scored_like_for_like(mine, bench):
    """
    Edition 1.0.0 has no Cryptography: the overall is that of the shared categories.
    """
    old = carry(mine, model_of(mine.model), shipped_model("1.0.0"))
    found = compare(old, bench, {"sector": "finance"})
    positions = {p.measure: p for p in found.positions}
    new = shipped_model("2.0.0")
    expected = score(carry(old, shipped_model("1.0.0"), new), new)
    assert positions["overall"].own == expected.overall.value
    assert positions["overall"].as_assessed == score(old).overall.value
    assert positions["G.cryptography"].own is None
    assert "PKIMM 1.0.0 does not have it." in positions["G.cryptography"].note
    assert "Computed without Cryptography" in positions["overall"].note
    assert "one requirement less" in positions["M.key-management"].note
    assert any("scored again with PKIMM 2.0.0" in note for note in found.notes)


def test_peers_of_one_edition_are_compared_in_that_edition(mine, bench):
    """
    Then the own answers are carried to it instead, and nothing is pooled.
    """
    found = compare(mine, bench, {"edition": "1.0.0"})
    assert found.edition.version == "1.0.0"
    assert "G.cryptography" not in {p.measure for p in found.positions}
    carried = carry(mine, model_of(mine.model), shipped_model("1.0.0"))
    assert found.positions[0].own == score(carried).overall.value


def test_a_self_assessment_has_no_requirements_to_compare(mine, bench):
    """
    Its categories are levels.
    """
    from pkimm_analytics.assessment import Mode

    answers = {key: rated(3) for key in model_of(mine.model).categories}
    simple = mine.replace(mode=Mode.SELF, answers=answers, extensions=())
    kinds = {p.kind for p in compare(simple, bench).positions}
    assert kinds == {"overall", "module", "category"}


def test_the_document_says_all_that_the_table_says(mine, bench):
    """
    One JSON document without NaN; the same numbers, and what is pooled.
    """
    found = compare(mine, bench)
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["format"] == "pkimm-benchmark/1"
    assert document["cohort"]["pooled"]["edition"] == ["1.0.0", "1.1.0", "2.0.0"]
    for row in found.table.to_dict("records"):
        one = document["measures"][row["measure"]]
        assert one["position"]["text"] == row["position"]
        if one["own"]["score"] is not None:
            assert one["own"]["score"] == pytest.approx(row["own_score"])
        if one["peers"] is not None:
            three = one["peers"]["at_least_3"]
            assert three["value"] == pytest.approx(row["at_least_3"])
            assert three["interval"] == pytest.approx(
                [row["at_least_3_low"], row["at_least_3_high"]], abs=1e-8
            )
            assert one["position"]["rank"]["interval"] == pytest.approx(
                [row["rank_low"], row["rank_high"]], abs=1e-8
            )


def test_levels_are_floors_of_exact_scores(bench):
    """
    A score just below 3 is level 2.
    """
    one = position("overall", "", 3 - Fraction(1, 10**12), None, peers_of([0, 50, 100, 50, 0]))
    assert one.level == 2


def test_one_category_is_no_position_of_the_whole(mine, bench):
    """
    One of sixteen rated: the overall is not compared, and the category is.
    """
    model = model_of(mine.model)
    inside = [r.key for r in model.categories["G.compliance"].requirements]
    answers = {key: mine.answer(key) for key in inside}
    found = compare(mine.replace(answers=answers, extensions=()), bench)
    assert found["overall"].verdict == "too little rated"
    assert found["overall"].rank is None
    assert found["overall"].coverage < 0.2
    assert found["G.compliance"].rank is not None
    assert found.context().to_json()["coverage_by_weight"] == found["overall"].coverage


def test_a_group_that_can_tell_nothing_stands_beside_one_that_can(mine, bench):
    """
    Twelve in health tell nothing; all organizations do.
    """
    found = compare(mine, bench, {"sector": "health"})
    assert not found.ladder.tells
    assert found.beside.ladder.found == {}
    assert found.to_json()["beside"]["cohort"]["tells"]
    own = mine.replace(organization=mine.organization.replace(sector="R-health"))
    assert compare(mine, bench, {}).beside is None
    assert compare(own, bench).ladder.tells


def test_a_rank_is_the_range_that_is_printed():
    """
    Of thirteen peers all at level 1, level 5 is above them: at least 70, perhaps 100.
    """
    one = position("overall", "", Fraction(5), None, peers_of([13, 0, 0, 0, 0]))
    assert (one.rank.qualifier, one.rank.printed.high) == (">=", 100)
    assert one.rank.value == one.rank.printed.low >= 65
    middle = position("overall", "", Fraction(3), None, peers_of([20, 50, 60, 50, 20]))
    assert middle.rank.qualifier == "~"
    assert middle.rank.printed.low < middle.rank.value < middle.rank.printed.high


# --- attack T29: a comparison leaves no trace -------------------------------------------

_seen = []
_watching = False
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_CHANGES = (
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)


def _hook(event, arguments):
    if not _watching:
        return
    if event.startswith("socket.") or event in ("subprocess.Popen", "os.system", *_CHANGES):
        _seen.append((event, arguments))
    elif event == "open":
        _, mode, flags = arguments
        if (mode and set(mode) & set("wax+")) or (flags and flags & _WRITES):
            _seen.append((event, arguments))


@contextmanager
def watched():
    """Collect every connection, started program and file that is opened for writing."""
    global _watching  # noqa: PLW0603  # a hook of the interpreter cannot be taken off
    if not _seen and not getattr(watched, "is_set", False):
        sys.addaudithook(_hook)
        watched.is_set = True
    _seen.clear()
    _watching = True
    try:
        yield _seen
    finally:
        _watching = False


def test_a_comparison_connects_to_nothing_and_writes_nothing(mine, bench):
    """
    Attack T29: 0 connections, 0 files opened for writing, 0 programs started.
    """
    compare(mine, bench).to_json()  # so that everything is imported
    with watched() as seen:
        compare(mine, bench).to_json()
        _ = compare(mine, bench, {"sector": "finance"}).table
    assert seen == []


def test_the_watch_sees_what_it_should(tmp_path):
    """
    A file that is written and a socket that is made are both noticed.
    """
    import socket

    with watched() as seen:
        (tmp_path / "trace").write_text("x")
        socket.socket().close()
    assert {event for event, _ in seen} >= {"open", "socket.__new__"}
