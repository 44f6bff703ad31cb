"""Exact figures of a collection, against scoring one contribution after the other."""

import json
from collections import defaultdict
from unittest import mock

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.assessment import Assessment, ExtensionAnswers, Mode, not_applicable, rated
from pkimm_analytics.benchmark import MARK, open_internal
from pkimm_analytics.benchmark.evidence import shared_by_all
from pkimm_analytics.benchmark.like_for_like import own_figures
from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.journal import read_journal
from pkimm_analytics.errors import BenchmarkError, CollectionError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.organization import coarsen
from pkimm_analytics.scoring import score
from tests.collection.invented import invented

QUARTERS = ["2026Q1", "2026Q2", "2026Q3"]


def assessment_of(contribution):
    """The assessment that a contribution says it was."""
    answers = {key: answer_of(word) for key, word in contribution.answers.items()}
    extensions = tuple(
        ExtensionAnswers(
            id=name,
            version=one.version,
            answers={key: answer_of(word) for key, word in one.answers.items()},
        )
        for name, one in contribution.extensions.items()
    )
    return Assessment(
        model=shipped_model(contribution.edition).edition,
        mode=Mode(contribution.mode),
        answers=answers,
        extensions=extensions,
    )


def answer_of(word):
    """Answer of a contribution's word."""
    return not_applicable() if word == "not_applicable" else rated(word)


@pytest.fixture(scope="module", autouse=True)
def _any_coverage():
    """Count every row: what too few answers mean has a test of its own."""
    with mock.patch("pkimm_analytics.benchmark.evidence.least_coverage", return_value=0):
        yield


@pytest.fixture(scope="module")
def contributions():
    """Three hundred invented contributions of as many organizations, two of one parent."""
    return invented(300, seed=5, quarters=QUARTERS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, contributions):
    """A collection of them."""
    place = tmp_path_factory.mktemp("internal") / "collection"
    added = Collection(place, create=True).append(contributions)
    assert added.added == len(contributions)
    return place


@pytest.fixture(scope="module")
def internal(folder):
    """The collection, opened for exact statistics."""
    return open_internal(folder, purpose="tests of statistics")


@pytest.fixture(scope="module")
def twin(contributions):
    """Exact scores by measure, one list entry for each contribution; slow and obvious."""
    found = defaultdict(list)
    for one in contributions:
        scores = score(assessment_of(one))
        figures = {"overall": scores.overall, **scores.modules, **scores.categories}
        values = {key: figure.value for key, figure in figures.items()}
        values |= {name: e.score for name, e in scores.extensions.items()}
        for key, value in values.items():
            found[key].append((one, value))
    return found


def test_every_score_is_the_one_of_the_single_assessment(internal, twin):
    """
    The same numbers, for all editions and kinds.
    """
    members = internal.members()
    for measure, rows in twin.items():
        values = sorted(float(value) for _, value in rows if value is not None)
        tolerance = 1e-9 if measure == "pqc" else 0
        assert internal.scores(members, measure) == pytest.approx(values, abs=tolerance, rel=0)


def test_like_for_like_everybody_is_scored_over_what_all_editions_share(folder, contributions):
    """
    Carried to one edition, without what the others lack; the own assessment, too.
    """
    found = open_internal(folder, purpose="tests of statistics", edition="1.1.0")
    edition, shared = shipped_model("1.1.0"), shared_by_all()
    expected = defaultdict(list)
    for one in contributions:
        for key, value in own_figures(assessment_of(one), edition, shared).scores.items():
            expected[key].append(value)
    for measure in ("overall", "G", "M.key-management", "pqc"):
        exact = sorted(map(float, expected[measure]))
        assert found.scores(found.members(), measure) == pytest.approx(exact, abs=1e-9)
    assert found.scores(found.members(), "G.cryptography").size == 0
    table = found.compare(assessment_of(contributions[0]))
    own = own_figures(assessment_of(contributions[0]), edition, shared).scores
    assert table.set_index("measure").loc["overall", "own_score"] == float(own["overall"])
    assert "that all editions share" in found.notes()[0]
    with pytest.raises(BenchmarkError, match="Expected an edition"):
        open_internal(folder, purpose="tests of statistics", edition="9.9.9")


@pytest.mark.parametrize(
    "cohort", [{}, {"sector": "finance"}, {"region": "europe", "mode": "full"}]
)
def test_figures_are_those_of_numpy_and_scipy_on_the_rows(internal, twin, cohort):
    """
    Mean, spread, quantiles and shares of the cohort agree to 1e-9.
    """
    table = internal.figures(cohort, ["overall", "M", "O.automation"]).set_index("measure")
    for measure, row in table.iterrows():
        scores = np.array(
            [
                float(value)
                for one, value in twin[measure]
                if value is not None and all(fits(one, d, code) for d, code in cohort.items())
            ]
        )
        assert row["n"] == len(scores) > 20
        assert row["mean"] == pytest.approx(scores.mean(), abs=1e-9)
        assert row["std"] == pytest.approx(scores.std(ddof=1), abs=1e-9)
        assert row["iqr"] == pytest.approx(stats.iqr(scores), abs=1e-9)
        for name, q in {"median": 50, "p25": 25, "p75": 75, "p10": 10, "p90": 90}.items():
            assert row[name] == pytest.approx(np.percentile(scores, q), abs=1e-9)
        for level in (2, 3, 4, 5):
            assert row[f"at_least_{level}"] == pytest.approx((scores >= level).mean(), abs=1e-9)
        expected = stats.quantile_test(scores, p=0.5).confidence_interval(0.95)
        assert (row["median_low"], row["median_high"]) == pytest.approx(expected, abs=1e-9)


def fits(one, dimension, code):
    """Whether a profile has a code, or a leaf of it."""
    value = getattr(one, dimension)
    if value is None or dimension == "mode":
        return value == code
    return code in (value, coarsen(dimension, value, "group"))


def test_a_whole_of_too_few_answers_counts_nowhere(tmp_path):
    """
    One rated category of sixteen is no overall score to compare with.
    """
    full = next(c for c in invented(20, seed=5) if c.mode == "full" and c.edition == "2.0.0")
    every = dict.fromkeys(shipped_model("2.0.0").requirements, 4)
    few = {key: 1 for key in every if key.startswith("G.compliance.")}
    one, other = (
        full.replace(answers=every),
        full.replace(answers=few, contribution="B" * 26, org="B" * 26, parent="B" * 26),
    )
    Collection(tmp_path / "c", create=True).append([one, other])
    with mock.patch("pkimm_analytics.benchmark.evidence.least_coverage", return_value=80):
        found = open_internal(tmp_path / "c", purpose="tests of coverage")
    counts = found.figures({}, ["overall", "G", "G.compliance"]).set_index("measure")["n"]
    assert counts.to_dict() == {"overall": 1, "G": 1, "G.compliance": 2}


@pytest.mark.parametrize("measure", ["overall", "pqc"])
def test_a_rank_counts_half_of_the_equal_and_lies_in_its_interval(internal, twin, measure):
    """
    Mid-rank percentile of an exact score; also of extensions, whose scores are sums of floats.
    """
    scores = [value for _, value in twin[measure] if value is not None]
    for own in scores[:20]:
        rank, low, high = internal.rank(internal.members(), measure, own)
        below, equal = sum(v < own for v in scores), sum(v == own for v in scores)
        assert rank == pytest.approx(100 * (below + equal / 2) / len(scores), abs=1e-9)
        assert low <= rank <= high


def test_an_extension_is_no_element_that_an_edition_lacks(internal, contributions):
    """
    Its row has no note, while that of a changed category has one.
    """
    own = next(assessment_of(c) for c in contributions if c.extensions)
    notes = internal.compare(own).set_index("measure")["note"]
    assert notes["pqc"] == ""
    assert "2.0.0 has one requirement less" in notes["M.key-management"]


def test_notes_name_the_edition_that_an_assessment_was_scored_in(internal, contributions):
    """
    Peers of one edition are compared in that edition, and an assessment of it as it is.
    """
    own = next(assessment_of(c) for c in contributions if c.edition == "1.1.0")
    assert internal.notes(own, {"edition": "1.1.0"}) == []
    assert "scored again with PKIMM 1.0.0" in internal.notes(own, {"edition": "1.0.0"})[0]
    assert "scored again with PKIMM 2.0.0" in internal.notes(own)[0]


def test_requirements_are_counted_where_they_were_rated(internal, contributions):
    """
    Unanswered and not applicable requirements are nobody's level.
    """
    key = "M.key-management.key-inventory"
    levels = [c.answers.get(key, 0) for c in contributions]
    levels = [-1 if level == "not_applicable" else level for level in levels]
    row = internal.figures({}, [key]).iloc[0]
    assert row["n"] == sum(level > 0 for level in levels)
    share = sum(level >= 3 for level in levels) / row["n"]
    assert row["at_least_3"] == pytest.approx(share, abs=1e-9)


def test_a_parent_counts_once_with_its_newest_and_strongest_record(tmp_path):
    """
    Three records of one parent: the newest quarter counts, there the independent one.
    """
    given = invented(3, seed=9)
    profiles = [("2026Q1", "third-party"), ("2026Q3", "self"), ("2026Q3", "formal")]
    rows = [
        one.replace(parent=given[0].parent, quarter=quarter, assurance=assurance)
        for one, (quarter, assurance) in zip(given, profiles, strict=True)
    ]
    place = tmp_path / "collection"
    Collection(place, create=True).append(rows)
    found = open_internal(place, purpose="tests of statistics")
    assert found.pooled(found.members())["assurance"] == {"formal": 1}
    assert found.pooled(found.members({"assurance": "self"}))["assurance"] == {"self": 1}
    earlier = open_internal(place, purpose="tests of statistics", quarter="2026Q2")
    assert earlier.pooled(earlier.members())["assurance"] == {"third-party": 1}


def test_every_result_says_that_it_is_internal_and_the_journal_says_why(folder):
    """
    The mark is in tables and JSON; opening leaves the purpose in the journal.
    """
    found = open_internal(folder, purpose="look at regions")
    assert read_journal(Collection(folder).place)[-1]["why"] == "look at regions"
    assert set(found.figures({}, ["overall"])["mark"]) == {MARK}
    document = found.to_json({"region": "europe"})
    assert document["mark"] == MARK
    assert document["cohort"]["pooled"]["assurance"]
    json.dumps(document, allow_nan=False)


def test_without_a_purpose_a_collection_stays_closed(folder):
    """
    A name is no purpose either.
    """
    for purpose in ("", "Jane Doe"):
        with pytest.raises(CollectionError, match="opened for"):
            open_internal(folder, purpose=purpose)


def test_unknown_cohorts_and_measures_are_named(internal):
    """
    All problems at once, with what there is.
    """
    with pytest.raises(BenchmarkError) as caught:
        internal.members({"sector": "nowhere", "planet": "mars"})
    assert [p.where for p in caught.value.problems] == ["sector", "planet"]
    with pytest.raises(BenchmarkError, match="no such measure"):
        internal.figures({}, ["X.unknown"])
    with pytest.raises(BenchmarkError, match="like 2026Q3"):
        open_internal("nowhere", purpose="tests of statistics", quarter="Q3 2026")


def test_a_cohort_without_anybody_has_no_figures(internal, contributions):
    """
    NaN and null, never 0; nothing warns, and nobody is told apart from nobody.
    """
    cohort = {"sector": "finance", "region": "asia", "size": "5000+", "role": "internal"}
    cohort |= {"assurance": "third-party", "edition": "1.0.0", "mode": "self", "quarter": "2026Q1"}
    row = internal.figures(cohort, ["overall"]).iloc[0]
    assert row["n"] == 0
    assert np.isnan(row["mean"])
    assert np.isnan(row["at_least_3_high"])
    document = internal.to_json(cohort, assessment_of(contributions[0]))
    assert {one["verdict"] for one in document["measures"].values()} == {"no peers"}
