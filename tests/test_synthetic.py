"""
Synthetic organizations: repeatable, valid, plausible, and equal to their truth.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import Assessment, Mode, State, check
from pkimm_analytics.errors import SimulationError, WorkspaceError
from pkimm_analytics.model import load_model, model_of
from pkimm_analytics.model.shipped import shipped_model, shipped_versions
from pkimm_analytics.organization import check_profile
from pkimm_analytics.scoring import score
from pkimm_analytics.synthetic import (
    QUARTERS,
    sample_history,
    simulate,
    write_simulation,
)
from pkimm_analytics.tables import TRUTH, arrow_schema, truth_table
from tests.examples import examples

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"


@pytest.fixture(scope="module")
def few():
    """
    Sixty organizations, small enough to look at each assessment.
    """
    return simulate(organizations=60, seed=7)


@pytest.fixture(scope="module")
def assessments(few):
    """
    All assessments of the few.
    """
    return list(few.assessments)


@pytest.fixture(scope="module")
def truth():
    """
    The truth of three thousand organizations, enough for averages.
    """
    return pd.DataFrame(simulate(organizations=3_000, seed=11).truth)


@pytest.fixture(scope="module")
def written(few, tmp_path_factory):
    """
    The few as files.
    """
    out = tmp_path_factory.mktemp("synthetic")
    write_simulation(few, out)
    return out


def categories_of(frame):
    """
    Name the columns of categories.
    """
    return [name for name in frame if name.count(".") == 1]


def mean_score(frame):
    """
    Average the categories of each assessment.
    """
    return frame[categories_of(frame)].mean(axis=1)


# --- repeatable ----------------------------------------------------------------------


@given(seed=st.integers(0, 2**63 - 1), n=st.integers(1, 12))
@examples(15)
def test_the_same_seed_gives_the_same_bytes(seed, n):
    """
    Twice the same documents, and the same truth.
    """
    one, two = (simulate(organizations=n, seed=seed) for _ in range(2))
    assert [a.dumps() for a in one.assessments] == [a.dumps() for a in two.assessments]
    pd.testing.assert_frame_equal(pd.DataFrame(one.truth), pd.DataFrame(two.truth))


# --- valid -----------------------------------------------------------------------------


def test_every_assessment_is_marked_as_synthetic(assessments):
    """
    By the flag, by the source, and by each name and text in it.
    """
    for one in assessments:
        assert one.synthetic
        assert one.source.kind == "synthetic"
        assert one.organization.name.startswith("Synthetic ")
        assert one.organization.parent.startswith("Synthetic ") or not one.organization.parent
        assert one.assessor.name.startswith("Synthetic ")
        assert one.assessor.company.startswith("Synthetic ") or not one.assessor.company
        for answer in one.answers.values():
            for text in (answer.reason, answer.notes, answer.evidence):
                assert text.startswith("Invented") or not text


def test_every_assessment_meets_the_schema_and_its_model(assessments):
    """
    Nothing unknown, nothing that the published schema forbids, and a known profile.
    """
    for one in assessments:
        organization = one.organization
        profile = {
            name: getattr(organization, name) for name in ("sector", "size", "region", "role")
        }
        assert check_profile(**profile) == []
        assert check(one, model_of(one.model)) == []


def test_what_lies_below_something_not_applicable_is_not_answered(assessments):
    """
    A category that is out of scope takes its requirements along without naming them.
    """
    out = [
        (one, key)
        for one in assessments
        for key, answer in one.answers.items()
        if answer.state is State.NOT_APPLICABLE and key.count(".") == 1
    ]
    assert any(one.mode is Mode.FULL for one, _ in out)
    assert not any(other.startswith(f"{key}.") for one, key in out for other in one.answers)


def test_an_organization_is_assessed_once_in_a_quarter_at_most(few):
    """
    So that a row of the truth is one assessment, and ids differ.
    """
    frame = pd.DataFrame(few.truth)
    assert not frame.duplicated(["org", "quarter"]).any()
    assert len(set(few.ids)) == len(few) == len(frame)
    assert frame["org"].nunique() == 60


def test_assessments_are_built_from_shipped_editions_whatever_the_user_installed(
    few, tmp_path, monkeypatch
):
    """
    The folder of installed models plays no part.
    """
    before = few.assessment(0).dumps()
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    assert simulate(organizations=60, seed=7).assessment(0).dumps() == before


# --- the truth ---------------------------------------------------------------------------


def test_the_truth_is_what_scoring_the_documents_gives(few, assessments):
    """
    Every category has the same score to the last bit, or none in both.
    """
    truth = few.truth
    for row, one in enumerate(assessments):
        figures = score(one).categories
        for key in categories_of(truth):
            expected = figures[key].score if key in figures else None
            found = None if math.isnan(truth[key][row]) else float(truth[key][row])
            assert found == expected, (one.id, key)


def test_a_category_of_a_full_assessment_is_the_weighted_mean_of_its_requirements(truth):
    """
    Recomputed slowly from the columns of the truth alone.
    """
    for version in shipped_versions():
        model = shipped_model(version)
        frame = truth[truth["edition"] == version]
        frame = frame[frame[list(model.requirements)].gt(0).any(axis=1)]
        for category in model.categories.values():
            levels = frame[[r.key for r in category.requirements]].to_numpy().astype(float)
            weights = np.where(levels > 0, [r.weight for r in category.requirements], 0)
            with np.errstate(invalid="ignore"):
                expected = (levels * weights).sum(axis=1) / weights.sum(axis=1)
            np.testing.assert_allclose(frame[category.key], expected, rtol=0, atol=1e-12)


def test_levels_of_requirements_in_the_truth_are_those_of_the_documents(few, assessments):
    """
    Also where a whole category was taken out.
    """
    requirements = [key for key in few.truth if key.count(".") == 2]
    for row, one in enumerate(assessments):
        for key in requirements:
            assert (one.answer(key).level or 0) == few.truth[key][row]


def test_the_truth_file_has_the_described_columns_and_null_where_there_is_nothing(few, written):
    """
    No pandas metadata, no NaN, no 0 in place of a level.
    """
    table = pq.read_table(written / "truth.parquet")
    elements = [name for name in few.truth if "." in name]
    described = truth_table(elements)
    assert table.schema.names == [*TRUTH.column_names, *elements] == list(described.column_names)
    assert table.schema.types == arrow_schema(described).types
    assert pq.read_metadata(written / "truth.parquet").metadata is None
    frame = table.to_pandas()
    for key in elements:
        assert frame[key].dropna().between(1, 5).all()
        nothing = np.isnan(few.truth[key]) if key.count(".") == 1 else few.truth[key] == 0
        assert table[key].null_count == nothing.sum()


# --- plausible ---------------------------------------------------------------------------


def test_categories_correlate(truth):
    """
    Every pair does, and two of one module more than two of different ones.
    """
    correlation = truth[categories_of(truth)].corr()
    pairs = list(itertools.combinations(correlation, 2))
    inside = [correlation.loc[a, b] for a, b in pairs if a[0] == b[0]]
    across = [correlation.loc[a, b] for a, b in pairs if a[0] != b[0]]
    assert min(inside + across) > 0.3
    assert max(inside + across) < 0.9
    assert np.mean(inside) > np.mean(across) + 0.03


def test_larger_organizations_and_banks_score_higher(truth):
    """
    Size and sector have effects.
    """
    scores = mean_score(truth)
    by_size = scores.groupby(truth["size"]).mean()
    by_sector = scores.groupby(truth["sector"]).mean()
    assert by_size["up-to-49"] < by_size["250-999"] < by_size["50000+"]
    assert by_sector["L-finance"] > by_sector["Q-education"] + 0.3


def test_self_assessments_see_the_pki_higher(truth):
    """
    By a quarter of a level or more.
    """
    by_assurance = mean_score(truth).groupby(truth["assurance"]).mean()
    assert by_assurance["self"] > by_assurance["third-party"] + 0.25
    assert by_assurance["self"] > by_assurance["formal"] + 0.25


def test_use_cases_improve_on_average_and_sometimes_fall_back():
    """
    Compared within a use case and an assurance.
    """
    history = defaultdict(list)
    for one in simulate(organizations=250, seed=3).assessments:
        history[one.organization.name, one.use_case.name].append(
            (one.assurance, score(one).overall.score)
        )
    steps = [
        later - earlier
        for rounds in history.values()
        for (before, earlier), (after, later) in itertools.pairwise(rounds)
        if before == after
    ]
    assert 0.1 < np.mean(steps) < 0.5
    assert 0.03 < np.mean([step < 0 for step in steps]) < 0.4


def test_a_use_case_keeps_its_strong_and_weak_categories():
    """
    What stands out in one assessment mostly stands out in the next.
    """
    history = defaultdict(list)
    for one in simulate(organizations=150, seed=9).assessments:
        figures = score(one)
        overall = figures.overall.score
        history[one.organization.name, one.use_case.name].append(
            {key: f.score - overall for key, f in figures.categories.items() if f.score is not None}
        )
    pairs = [
        (before[key], after[key])
        for rounds in history.values()
        for before, after in itertools.pairwise(rounds)
        for key in before.keys() & after.keys()
    ]
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.65


def test_use_cases_are_assessed_again_after_two_to_six_quarters():
    """
    Or later, where another use case of the organization was more overdue.
    """
    history = defaultdict(list)
    for one in simulate(organizations=200, seed=5).assessments:
        year, month = int(one.date[:4]), int(one.date[5:7])
        history[one.organization.name, one.use_case.name].append(year * 4 + (month - 1) // 3)
    gaps = [b - a for quarters in history.values() for a, b in itertools.pairwise(quarters)]
    assert min(gaps) == 2
    assert np.mean([gap <= 6 for gap in gaps]) > 0.9
    use_cases = pd.Series([name for name, _ in history]).value_counts()
    assert set(use_cases) == {1, 2, 3}


def test_editions_follow_each_other(truth):
    """
    Only the oldest at first, mostly the newest at last, and nobody goes back.
    """
    shares = pd.crosstab(truth["quarter"], truth["edition"], normalize="index")
    assert shares.loc[QUARTERS[0], "1.0.0"] == 1
    assert shares.loc[QUARTERS[-1], "2.0.0"] > 0.6
    assert (truth["edition"].value_counts(normalize=True) > 0.1).all()
    assert all(editions.is_monotonic_increasing for _, editions in truth.groupby("org")["edition"])


@pytest.mark.parametrize("attribute", ["sector", "size", "region", "role"])
def test_every_profile_code_that_is_drawn_exists(truth, attribute):
    """
    Frequencies name leaf codes only.
    """
    assert not any(check_profile(**{attribute: code}) for code in truth[attribute].unique())


# --- settings ------------------------------------------------------------------------------


def test_more_organizations_than_are_drawn_at_a_time_have_different_names():
    """
    Blocks are put behind each other.
    """
    simulation = simulate(organizations=4_100, seed=1)
    names = list(simulation.truth["org"])
    assert [int(name[-4:]) for name in dict.fromkeys(names)] == list(range(1, 4_101))
    last = simulation.assessment(len(names) - 1)
    assert last.organization.name == names[-1]
    assert "-4100-" in last.id


def test_all_bad_settings_are_named_at_once():
    """
    With what would be right, and nothing is simulated.
    """
    with pytest.raises(SimulationError) as caught:
        simulate(organizations=0, seed=-1)
    assert [problem.where for problem in caught.value.problems] == ["organizations", "seed"]


@pytest.mark.parametrize("n", [1_000_001, 2.5, True])
@pytest.mark.parametrize("seed", [1, 2**63, "1"])
def test_settings_that_cannot_be_used_are_refused(n, seed):
    """
    Each on its own, with an error of ours.
    """
    with pytest.raises(SimulationError):
        simulate(organizations=n, seed=1)
    with pytest.raises(SimulationError):
        simulate(organizations=1 if seed != 1 else 0, seed=seed)


# --- files ---------------------------------------------------------------------------------


def test_an_interrupted_simulation_has_no_truth_and_can_be_finished(tmp_path):
    """
    The truth comes last, so that a folder with it is complete.
    """
    simulation = simulate(organizations=3, seed=1)

    def stop():
        raise KeyboardInterrupt

    write_simulation(simulation, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write_simulation(simulation, tmp_path, stop)
    assert not (tmp_path / "truth.parquet").exists()
    write_simulation(simulation, tmp_path)
    assert pq.read_metadata(tmp_path / "truth.parquet").num_rows == len(simulation)


def test_a_folder_with_other_assessments_is_left_alone(tmp_path):
    """
    The truth would not belong to them.
    """
    stranger = tmp_path / "assessments" / "mine.pkimm.json"
    stranger.parent.mkdir()
    stranger.write_text("kept")
    with pytest.raises(WorkspaceError, match="folder of its own"):
        write_simulation(simulate(organizations=1, seed=1), tmp_path)
    assert [path.name for path in stranger.parent.iterdir()] == ["mine.pkimm.json"]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path):
    """
    A file in the place of the folder.
    """
    (tmp_path / "out").write_text("a file")
    with pytest.raises(WorkspaceError, match="could not be written"):
        write_simulation(simulate(organizations=1, seed=1), tmp_path / "out")


# --- the history to look at ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_sample_history_shows_one_organization_over_three_editions(seed):
    """
    Five assessments of one use case, oldest first, and one of another.
    """
    history = sample_history(seed)
    first = history[0]
    assert all(one.organization == first.organization for one in history)
    assert [one.use_case.name == first.use_case.name for one in history] == [True] * 5 + [False]
    assert [one.model.version for one in history[:5]] == [
        "1.0.0",
        "1.0.0",
        "1.1.0",
        "2.0.0",
        "2.0.0",
    ]
    dates = [one.date for one in history[:5]]
    assert dates == sorted(dates)
    assert {one.mode for one in history} == {Mode.SELF, Mode.FULL}
    assert len({one.id for one in history}) == 6
    assert all(Assessment.loads(one.dumps()) == one and one.synthetic for one in history)


def test_the_sample_history_is_repeatable_and_no_part_of_a_simulation():
    """
    The same seed gives the same history, whose ids no simulation of that seed has.
    """
    assert sample_history(4) == sample_history(4)
    assert not {one.id for one in sample_history(4)} & set(simulate(organizations=5, seed=4).ids)


# --- the committed samples ---------------------------------------------------------------------


def test_the_committed_samples_are_small_synthetic_and_valid():
    """
    Three to five assessments that score, and nothing that is not marked.
    """
    paths = sorted(SAMPLES.rglob("*.pkimm.json"))
    assert 3 <= len(paths) <= 5
    for path in paths:
        assert path.stat().st_size < 20_000
        one = Assessment.loads(path.read_bytes(), path.name)
        assert one.synthetic
        assert one.organization.name.startswith("Synthetic ")
        assert check(one, model_of(one.model)) == []
        assert score(one).overall.score is not None


def test_the_committed_table_is_marked_and_answers_each_category_once():
    """
    Categories of its edition, by element key, with a level on the scale.
    """
    with (SAMPLES / "self-assessment.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = {row["element"]: row["value"] for row in rows if row["value"]}
    assert values["synthetic"] == "true"
    assert values["organization.name"].startswith("Synthetic ")
    ((version, digest),) = {(row["model_version"], row["model_digest"]) for row in rows}
    answers = [(row["element"], row["level"]) for row in rows if row["state"]]
    keys = [key for key, _ in answers]
    assert keys == [key for key in load_model(version, digest).categories if key in keys]
    assert len(keys) > 10
    assert {level for _, level in answers} <= {"1", "2", "3", "4", "5"}
