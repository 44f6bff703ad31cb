"""The peer ladder: what is relaxed, in which order, and that it says so."""

import itertools

import pytest

from pkimm_analytics.assessment import Assessment, Assurance, Organization
from pkimm_analytics.benchmark import IMPORTANCE, cohort_of, open_release, peer_ladder
from pkimm_analytics.errors import BenchmarkError
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.organization import ALL
from pkimm_analytics.views.peers import group_sentence
from tests.benchmark.made import EVERYBODY, group, made_release

ASKED = {
    "sector": "finance",
    "size": "5000+",
    "region": "europe",
    "role": "internal",
    "assurance": "independent",
    "edition": "1.0.0",
}


def slow_ladder(bench, asked):
    """The published cohort that keeps the most important dimension, found by trying all."""
    best, every = None, bench.cohorts()
    for kept in itertools.product((False, True), repeat=len(IMPORTANCE)):
        cohort = {d: asked[d] for d, keep in zip(IMPORTANCE, kept, strict=True) if keep}
        table = every
        for dimension in bench.dimensions:
            table = table[table[dimension] == cohort.get(dimension, ALL)]
        if len(table) and table.iloc[0]["n"]:
            best = max(best or (kept, cohort), (kept, cohort), key=lambda pair: pair[0])
    return best[1]


def test_the_published_cohort_that_keeps_what_is_most_important_is_found(bench):
    """
    Finance with size 5,000+ is withheld, so finance in Europe; that beats size alone.
    """
    ladder = peer_ladder(bench, ASKED)
    assert ladder.found == {"sector": "finance", "region": "europe"}
    assert ladder.n == "30-49"
    gone = [dimension for dimension, _, _ in ladder.relaxed]
    assert gone == ["edition", "assurance", "role", "size"]


@pytest.mark.parametrize("sector", ["finance", "public", "health", "education", "services"])
@pytest.mark.parametrize("region", ["europe", "asia"])
def test_the_ladder_finds_what_trying_everything_finds(bench, sector, region):
    """
    For published and withheld sectors and regions.
    """
    asked = ASKED | {"sector": sector, "region": region}
    assert peer_ladder(bench, asked).found == slow_ladder(bench, asked)


def test_a_published_cohort_is_not_relaxed(bench):
    """
    Who asks for what there is gets it.
    """
    ladder = peer_ladder(bench, {"sector": "finance"})
    assert ladder.found == ladder.asked == {"sector": "finance"}
    assert ladder.relaxed == ()
    assert "broader" not in group_sentence(bench, ladder)


def test_what_was_given_up_and_what_is_pooled_is_said(bench):
    """
    In a sentence for people and as data for programs.
    """
    ladder = peer_ladder(bench, {"sector": "education"})
    assert ladder.found == {}
    sentence = group_sentence(bench, ladder)
    for said in ("sector relaxed", "assessed organizations are combined", "2.0.0 are combined"):
        assert said in sentence
    document = ladder.to_json()
    assert document["relaxed"] == [{"dimension": "sector", "from": "education", "to": "*"}]
    assert document["pooled"]["assurance"] == ["self", "independent"]
    one = peer_ladder(bench, {"assurance": "independent"})
    assert one.pooled["assurance"] == ("independent",)
    assert "assessed organizations are combined" not in group_sentence(bench, one)
    assert peer_ladder(bench, {"edition": "1.0.0"}).pooled["edition"] == ("1.0.0",)


def test_a_group_that_can_tell_nothing_is_passed_over_where_that_is_asked_for(tmp_path):
    """
    Thirteen peers all at level 1 say nothing about anybody; the sixty of the size do.
    """
    found = {
        EVERYBODY: {"overall": [90, 60, 40, 10, 0]},
        group(sector="health"): {"overall": [13, 0, 0, 0, 0]},
        group(size="5000+"): {"overall": [30, 20, 8, 2, 0]},
    }
    bench = open_release(made_release(tmp_path, found))
    asked = {"sector": "health", "size": "5000+"}
    nearest, telling = (peer_ladder(bench, asked, telling=choice) for choice in (False, True))
    assert (nearest.found, nearest.tells) == ({"sector": "health"}, False)
    assert (telling.found, telling.tells) == ({"size": "5000+"}, True)
    assert "too small to tell" in group_sentence(bench, nearest)


def test_leaf_codes_are_made_coarser_first(bench):
    """
    A country becomes its region, and that is said.
    """
    ladder = peer_ladder(bench, {"region": "CZE", "assurance": "formal"})
    assert ladder.found == {"region": "europe"}
    assert ("region", "CZE", "europe") in ladder.relaxed
    assert ("assurance", "formal", "independent") in ladder.relaxed


def test_another_order_of_importance_may_be_asked_for(bench):
    """
    Region before sector: Europe as a whole is kept where finance in Europe is asked.
    """
    order = ("assurance", "sector", "size", "role", "region", "edition")
    assert peer_ladder(bench, ASKED, order=order).found == {"assurance": "independent"}
    with pytest.raises(BenchmarkError, match="once"):
        peer_ladder(bench, ASKED, order=("sector",))


def test_the_measure_must_be_published_not_only_the_group(bench):
    """
    Overall is withheld in the public sector, where categories are published.
    """
    assert peer_ladder(bench, {"sector": "public"}).found == {}
    measure = "G.compliance"
    assert peer_ladder(bench, {"sector": "public"}, measure=measure).found == {"sector": "public"}


def test_a_release_without_anything_published_says_so(tmp_path):
    """
    Then there are no peers at all, and no error.
    """
    empty = open_release(made_release(tmp_path, {EVERYBODY: {}}, tier=10))
    ladder = peer_ladder(empty, {"sector": "finance"})
    assert not ladder.is_published
    assert "not even all organizations" in group_sentence(empty, ladder)


def test_unknown_codes_are_refused_with_those_that_there_are(bench):
    """
    All at once; a dimension that only this release lacks is relaxed instead.
    """
    with pytest.raises(BenchmarkError) as caught:
        peer_ladder(bench, {"sector": "banks", "planet": "mars"})
    assert [p.where for p in caught.value.problems] == ["sector", "planet"]
    with pytest.raises(BenchmarkError, match="no such measure"):
        peer_ladder(bench, {}, measure="X")


def test_a_dimension_that_the_release_does_not_have_is_given_up(tmp_path, counts):
    """
    Small releases are not broken down by sector.
    """
    small = open_release(made_release(tmp_path, {EVERYBODY: counts[EVERYBODY]}, tier=12))
    ladder = peer_ladder(small, {"sector": "finance"})
    assert ladder.relaxed == (("sector", "finance", "*"),)
    assert ladder.is_published
    assert "sector relaxed" in group_sentence(small, ladder)


def test_the_profile_of_an_assessment_starts_its_ladder():
    """
    Leaf codes become published ones; what was not said is left out.
    """
    stated = Organization(sector="L-finance", size="50-249", region="prefer-not-to-say")
    assessment = Assessment(
        model=shipped_model("1.1.0").edition, organization=stated, assurance=Assurance.FORMAL
    )
    assert cohort_of(assessment) == {
        "sector": "finance",
        "size": "up-to-249",
        "assurance": "independent",
        "edition": "1.1.0",
    }
