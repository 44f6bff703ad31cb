"""
Analyses find what was planted, find nothing where nothing was, and say when few are too few.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("scipy")

from scipy import stats

from pkimm_analytics.analyses import (
    ANALYSES,
    assurance_gap,
    category_structure,
    extension_readiness,
    level_steps,
    peer_profile,
    trend_parts,
    weight_sensitivity,
)
from pkimm_analytics.analyses.assurance_gap import matched_pairs
from pkimm_analytics.analyses.findings import difference_interval
from pkimm_analytics.analyses.level_steps import cliffs_delta
from pkimm_analytics.errors import CollectionError
from tests.analyses.invented import CATEGORIES, WEIGHTS, category_scores, evidence, rows

FIRST = CATEGORIES[0]
RUNS = 30


def row_of(findings, **values):
    """The one row of a table with some values."""
    table = findings.table
    for name, value in values.items():
        table = table[table[name] == value]
    return table.iloc[0]


def nothing_planted(rng, n=80):
    """Organizations of two sectors that differ by chance only, each assessed twice."""
    half = n // 2
    base = category_scores(rng, n)
    again = np.clip(base + rng.normal(0, 0.4, base.shape), 1, 5)
    sectors = np.where(np.arange(n) < half, "finance", "public")
    return evidence(
        rows(base, quarter="2025Q3", sector=sectors, assurance="self"),
        rows(again, quarter="2026Q2", sector=sectors),
    )


# --- all of them ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_states_how_it_was_made_and_that_it_is_internal(name):
    """
    The document holds no number that JSON does not know.
    """
    import json

    document = ANALYSES[name](nothing_planted(np.random.default_rng(1))).to_json()
    assert document["mark"] == "internal, not for publication"
    assert all(document[key] for key in ("question", "formula", "source", "notes"))
    assert document["n_organizations"] <= 80
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_few_organizations_give_no_figure_and_no_error(name, n):
    """
    Four organizations are stated, and nothing is said about them.
    """
    frames = nothing_planted(np.random.default_rng(2), 8).frame
    few = evidence(frames[frames["org"].isin([f"org{i}" for i in range(n)])].drop(columns="when"))
    findings = ANALYSES[name](few)
    assert findings.n_organizations <= n
    floats = findings.table.select_dtypes("float")
    ignored = [c for c in floats if c.startswith(("n_", "sh"))]
    assert floats.drop(columns=ignored).isna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("peer-profile", {"by": "org"}),
        ("peer-profile", {"edition": "9.9.9"}),
        ("level-steps", {"lower": 5}),
        ("level-steps", {"assurance": "none"}),
        ("trend-parts", {"start": "2026Q2", "end": "2026Q2"}),
        ("trend-parts", {"end": "last year"}),
        ("weight-sensitivity", {"spread": 0}),
        ("extension-readiness", {"extension": "unknown"}),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(name, option):
    """
    With what would be right.
    """
    with pytest.raises(CollectionError):
        ANALYSES[name](nothing_planted(np.random.default_rng(1)), **option)


def false_findings(analysis, column, seed, **options):
    """Share of runs without structure in which anything is found."""
    hits = 0
    for run in range(RUNS):
        rng = np.random.default_rng([seed, run])
        hits += bool(analysis(nothing_planted(rng), **options).table[column].any())
    return hits / RUNS


@pytest.mark.parametrize(
    ("analysis", "column", "options"),
    [
        (assurance_gap, "is_found", {}),
        (peer_profile, "is_strength", {}),
        (level_steps, "is_found", {"lower": 2}),
    ],
    ids=["assurance-gap", "peer-profile", "level-steps"],
)
def test_where_nothing_is_planted_something_is_rarely_found(analysis, column, options):
    """
    The rate of runs with any false finding is the 5 % that the method promises.

    Seven or more of thirty would occur once in five thousand times at 5 %.
    """
    assert false_findings(analysis, column, 11, **options) < 7 / RUNS


# --- self against independent -----------------------------------------------------------------


def test_planted_inflation_is_found_where_it_is():
    """
    One category is rated a level higher by half of the organizations, no other.
    """
    rng = np.random.default_rng(5)
    n = 60
    true = np.floor(category_scores(rng, n))
    own = true.copy()
    own[: n // 2, 0] = np.minimum(own[: n // 2, 0] + 1, 5)
    findings = assurance_gap(
        evidence(rows(own, assurance="self", quarter="2026Q1"), rows(true, quarter="2026Q2"))
    )
    planted = row_of(findings, measure=FIRST)
    expected = (own - true)[:, 0].mean()
    assert planted["gap"] == pytest.approx(expected)
    assert planted["low"] < expected < planted["high"]
    assert planted["is_found"]
    others = findings.table[~findings.table["measure"].isin([FIRST, "G", "overall"])]
    assert not others["is_found"].any()
    assert (others["gap"] == 0).all()
    assert (others["low"] < 0).all()


def test_pairs_are_those_of_a_plain_loop():
    """
    Closest in time, then newest; same use case and edition; one for each parent.
    """
    rng = np.random.default_rng(3)
    frames = []
    for _ in range(6):
        scores = category_scores(rng, 12)
        frame = rows(scores)
        frame["contribution"] = [f"c{rng.integers(10**9)}" for _ in range(12)]
        frame["assurance"] = rng.choice(["self", "formal", "third-party"], 12)
        frame["quarter"] = rng.choice(["2024Q4", "2025Q2", "2025Q4", "2026Q3"], 12)
        frame["edition"] = rng.choice(["1.1.0", "2.0.0"], 12)
        frame["use_case"] = rng.choice(["a", "b"], 12)
        frame["parent"] = [f"parent{i // 2}" for i in range(12)]
        frames.append(frame)
    data = evidence(*frames)
    found = matched_pairs(data)
    best = {}
    listed = data.frame.to_dict("records")
    for one, other in itertools.product(listed, listed):
        keys = ("parent", "org", "use_case", "edition")
        same = all(one[key] == other[key] for key in keys)
        apart = abs(one["when"] - other["when"])
        if same and one["assurance"] == "self" and other["assurance"] != "self" and apart <= 4:
            rank = (apart, -other["when"], -one["when"], other["contribution"], one["contribution"])
            best[one["parent"]] = min(best.get(one["parent"], rank), rank)
    pairs = zip(found["contribution_self"], found["contribution_other"], strict=True)
    assert set(pairs) == {(rank[4], rank[3]) for rank in best.values()}
    assert len(found) == len(best) >= 4


@pytest.mark.parametrize("n", [5, 10, 30])
def test_the_interval_of_a_gap_covers_the_truth(n):
    """
    At least 93 % of 2,000 samples, also where most organizations do not differ at all.
    """
    rng = np.random.default_rng(n)
    for chances in ([0.05, 0.6, 0.35], [0.0, 0.95, 0.05], [0.2, 0.6, 0.2]):
        truth = np.dot(chances, [-1, 0, 1])
        samples = rng.choice([-1, 0, 1], (2000, n), p=chances)
        covered = 0
        for sample in samples:
            _, low, high = difference_interval(sample)
            covered += low <= truth <= high
        assert covered / 2000 >= (0.93 if n >= 10 else 0.9), chances


# --- trend --------------------------------------------------------------------------------------


def test_the_parts_of_a_trend_add_up_and_are_what_was_planted():
    """
    Those who stayed rose by 0.2; those who joined are lower; who left was higher.
    """
    rng = np.random.default_rng(6)
    stay = np.clip(category_scores(rng, 40), 1, 4.7)
    joined, left = np.full((10, 16), 1.5), np.full((10, 16), 4.5)
    findings = trend_parts(
        evidence(
            rows(stay, quarter="2025Q2"),
            rows(left, first=100, quarter="2025Q2"),
            rows(stay + 0.2, quarter="2026Q2"),
            rows(joined, first=200, quarter="2026Q2"),
        )
    )
    row = row_of(findings, measure="overall")
    parts = row[["same_edition", "other_edition", "joined", "left"]].sum()
    assert parts == pytest.approx(row["change"], abs=1e-12)
    assert row["change"] == pytest.approx(row["mean_end"] - row["mean_start"], abs=1e-12)
    assert row["same_edition"] == pytest.approx(0.2, abs=1e-4)
    assert row["like_for_like"] == pytest.approx(0.2, abs=1e-4)
    assert row["other_edition"] == 0
    assert row["joined"] < 0
    assert row["left"] < 0
    assert (row["n_same"], row["n_joined"], row["n_left"]) == (40, 10, 10)
    assert "Assurance before: 50 formal; after: 50 formal." in " ".join(findings.notes)
    assert "Editions before: 50 2.0.0; after: 50 2.0.0." in " ".join(findings.notes)


def test_the_parts_of_a_trend_are_those_of_a_plain_computation():
    """
    With editions that change, and measures that some do not have.
    """
    rng = np.random.default_rng(7)
    frames = []
    for quarter, first in (("2025Q1", 0), ("2025Q2", 20), ("2026Q1", 10), ("2026Q2", 40)):
        frame = rows(category_scores(rng, 30), first=first, quarter=quarter)
        frame["edition"] = rng.choice(["1.1.0", "2.0.0"], 30)
        frame.loc[rng.random(30) < 0.2, FIRST] = 0
        frames.append(frame)
    data = evidence(*frames)
    row = row_of(trend_parts(data, start="2025Q2", end="2026Q2"), measure=FIRST)
    old, new = {}, {}
    for record in data.frame[::-1].to_dict("records"):
        target = old if record["quarter"] < "2026" else new
        target[record["parent"]] = record
    old = {k: (r[FIRST] / 10_000, r["edition"]) for k, r in old.items() if r[FIRST]}
    new = {k: (r[FIRST] / 10_000, r["edition"]) for k, r in new.items() if r[FIRST]}
    both = set(old) & set(new)
    same = [new[k][0] - old[k][0] for k in both if new[k][1] == old[k][1]]
    other = [new[k][0] - old[k][0] for k in both if new[k][1] != old[k][1]]
    joined = [new[k][0] for k in set(new) - both]
    left = [old[k][0] for k in set(old) - both]
    b_same, a_same = (np.mean([side[k][0] for k in both]) for side in (new, old))
    assert row["same_edition"] == pytest.approx(sum(same) / len(both))
    assert row["other_edition"] == pytest.approx(sum(other) / len(both))
    assert row["joined"] == pytest.approx(len(joined) / len(new) * (np.mean(joined) - b_same))
    assert row["left"] == pytest.approx(len(left) / len(old) * (a_same - np.mean(left)))
    assert row["like_for_like"] == pytest.approx(np.mean(same))
    assert row["n_like_for_like"] == len(same)


def test_a_trend_of_others_only_is_all_joined_and_left():
    """
    Nobody stayed: nothing can be said about anybody's progress.
    """
    rng = np.random.default_rng(8)
    findings = trend_parts(
        evidence(
            rows(category_scores(rng, 8), quarter="2025Q2"),
            rows(category_scores(rng, 8), first=50, quarter="2026Q2"),
        )
    )
    row = row_of(findings, measure="overall")
    assert row["same_edition"] == row["other_edition"] == 0
    assert row["joined"] + row["left"] == pytest.approx(row["change"])
    assert math.isnan(row["like_for_like"])


# --- groups -----------------------------------------------------------------------------------


def test_a_strength_of_a_group_is_found_and_its_maturity_told_apart():
    """
    One sector is half a level higher everywhere, and a level and a half in one category.
    """
    rng = np.random.default_rng(9)
    public, finance = category_scores(rng, 60), category_scores(rng, 60)
    finance = np.clip(finance + 0.5, 1, 5)
    finance[:, 0] = np.clip(finance[:, 0] + 1, 1, 5)
    findings = peer_profile(evidence(rows(public, sector="public"), rows(finance, first=100)))
    strong = row_of(findings, group="finance", measure=FIRST)
    assert strong["is_strength"]
    assert strong["relative"] < strong["difference"]
    others = findings.table[
        (findings.table["group"] == "finance") & (findings.table["measure"] != FIRST)
    ]
    assert (others["q"] < 0.05).mean() > 0.8
    assert others["is_strength"].sum() == 0
    test = stats.ttest_ind(finance[:, 0], public[:, 0], equal_var=False)
    assert strong["difference"] == pytest.approx(test.statistic * test._standard_error, abs=1e-3)
    assert strong["low"] == pytest.approx(test.confidence_interval().low, abs=1e-3)


# --- structure --------------------------------------------------------------------------------


def test_planted_clusters_are_found_and_nothing_else():
    """
    Two groups of three categories that go together; the others are alone.
    """
    rng = np.random.default_rng(10)
    scores = category_scores(rng, 150)
    for start in (0, 8):
        common = rng.normal(0, 0.7, 150)
        scores[:, start : start + 3] = np.clip(
            3 + common[:, np.newaxis] + rng.normal(0, 0.4, (150, 3)), 1, 5
        )
    findings = category_structure(evidence(rows(scores)))
    expected = [list(CATEGORIES[0:3]), list(CATEGORIES[8:11])]
    assert findings.figures["clusters"] == expected
    pair = row_of(findings, category=CATEGORIES[0], other=CATEGORIES[1])
    rho = stats.spearmanr(scores[:, 0], scores[:, 1]).statistic
    assert pair["rho"] == pytest.approx(rho, abs=1e-3)
    assert pair["low"] < rho < pair["high"]
    assert pair["is_found"]
    assert pair["same_cluster"]


def test_a_category_without_correlations_hides_no_cluster():
    """
    One where all are at the same level, and one that hardly anybody answered, are alone.
    """
    rng = np.random.default_rng(10)
    scores = category_scores(rng, 150)
    common = rng.normal(0, 0.7, (150, 1))
    scores[:, :3] = np.clip(3 + common + rng.normal(0, 0.4, (150, 3)), 1, 5)
    scores[:, 9] = 3
    frame = rows(scores)
    frame.loc[6:, CATEGORIES[12]] = 0
    findings = category_structure(evidence(frame))
    assert findings.figures["clusters"] == [list(CATEGORIES[:3])]
    assert math.isnan(row_of(findings, category=CATEGORIES[0], other=CATEGORIES[9])["rho"])


def test_independent_categories_have_no_clusters():
    """
    In about one run of twenty there is one; three of six would be one in five hundred.
    """
    hits = 0
    for seed in range(6):
        scores = category_scores(np.random.default_rng([12, seed]), 60)
        hits += bool(category_structure(evidence(rows(scores))).figures["clusters"])
    assert hits <= 2


def test_a_common_maturity_is_no_cluster_within_organizations():
    """
    Taking each organization's mean off leaves what goes together beyond it.
    """
    rng = np.random.default_rng(13)
    scores = category_scores(rng, 120, common=0.5)
    plain = category_structure(evidence(rows(scores)))
    within = category_structure(evidence(rows(scores)), within_organizations=True)
    assert plain.figures["median_rho"] > 0.3
    assert within.figures["median_rho"] < 0.05
    assert len(plain.figures["clusters"]) >= 1
    assert within.figures["clusters"] == []


# --- weights ----------------------------------------------------------------------------------


def test_weights_do_not_matter_where_all_categories_agree():
    """
    Every ranking is the same, and tau is 1.
    """
    level = np.linspace(1, 5, 40)[:, np.newaxis]
    findings = weight_sensitivity(evidence(rows(np.tile(level, (1, 16)))), draws=100)
    assert findings.figures["tau_p5"] == pytest.approx(1)
    assert (findings.table["rank_high"] - findings.table["rank_low"]).max() < 1e-9


def test_weights_matter_more_the_less_categories_agree():
    """
    The more spread in the weights, the lower is tau; equal seeds give equal figures.
    """
    scores = category_scores(np.random.default_rng(14), 50)
    data = evidence(rows(scores))
    near, far = (weight_sensitivity(data, spread=s, draws=100) for s in (0.1, 0.6))
    assert 0.5 < far.figures["tau_median"] < near.figures["tau_median"] < 1
    again = weight_sensitivity(data, spread=0.1, draws=100)
    pd.testing.assert_frame_equal(near.table, again.table)
    assert near.table["n"].sum() == 50


def test_the_model_s_own_weights_give_its_own_ranking():
    """
    A slow twin for one set of weights, with categories that some do not have.
    """
    from pkimm_analytics.analyses.weight_sensitivity import overall_of

    scores = category_scores(np.random.default_rng(15), 20)
    scores[np.random.default_rng(16).random(scores.shape) < 0.2] = np.nan
    found = overall_of(scores, WEIGHTS[np.newaxis])[:, 0]
    for row, value in zip(scores, found, strict=True):
        pairs = [(s, w) for s, w in zip(row, WEIGHTS, strict=True) if not math.isnan(s)]
        assert value == pytest.approx(sum(s * w for s, w in pairs) / sum(w for _, w in pairs))


# --- levels -----------------------------------------------------------------------------------


def test_what_separates_levels_is_found():
    """
    One category follows the maturity of the others, one is noise.
    """
    rng = np.random.default_rng(17)
    scores = category_scores(rng, 200, common=0.6)
    scores[:, 5] = rng.permutation(scores[:, 5])
    findings = level_steps(evidence(rows(scores)), lower=2)
    noise = row_of(findings, category=CATEGORIES[5])
    assert not noise["is_found"]
    assert noise["low"] < 0 < noise["high"]
    others = findings.table[findings.table["category"] != CATEGORIES[5]]
    assert others["is_found"].all()
    assert (others["low"] > 0).all()


def test_delta_and_its_test_agree_with_a_loop_and_with_scipy():
    """
    With ties, and with samples that do not overlap.
    """
    rng = np.random.default_rng(18)
    for _ in range(5):
        below, above = rng.integers(1, 5, 9) / 2.0, rng.integers(2, 6, 13) / 2.0
        delta, low, high, p = cliffs_delta(below, above)
        signs = [np.sign(b - a) for a, b in itertools.product(below, above)]
        assert delta == pytest.approx(np.mean(signs))
        assert p == pytest.approx(stats.brunnermunzel(below, above).pvalue)
        assert low <= delta <= high
    delta, low, high, p = cliffs_delta(np.array([1.0, 1, 2, 2, 2]), np.array([3.0, 4, 4, 4, 5]))
    assert (delta, high) == (1, 1)
    assert -0.1 < low < 0.5
    assert p < 0.05
    assert cliffs_delta(np.ones(5), np.ones(6))[3] == 1


# --- extensions -------------------------------------------------------------------------------


def test_organizations_that_are_not_ready_are_counted_as_behind():
    """
    Mature ones whose extension score lags by a level and a half.
    """
    rng = np.random.default_rng(19)
    frame = rows(np.tile(np.concatenate([np.full(20, 2.4), np.full(20, 4.4)])[:, None], (1, 16)))
    noise = rng.normal(0, 0.05, 40)
    frame["pqc"] = frame["overall"] / 10_000 + noise
    frame.loc[20:, "pqc"] -= 1.5
    findings = extension_readiness(evidence(frame))
    low, high = (row_of(findings, baseline_level=level) for level in (2, 4))
    assert low["share_behind"] == 0
    assert high["share_behind"] == 1
    assert high["gap"] == pytest.approx(-1.5 + noise[20:].mean())
    assert -1.6 < high["low"] < high["gap"] < high["high"] < -1.4
    assert 0.75 < high["share_low"] < 1


def test_readiness_follows_the_published_text_for_each_assessment(tmp_path):
    """
    Scores of the extension and the whole are those of scoring each assessment alone.
    """
    from pkimm_analytics.analyses import read_evidence
    from pkimm_analytics.analyses.evidence import scores_of
    from pkimm_analytics.anonymize import anonymize
    from pkimm_analytics.anonymize.keys import KeyStore
    from pkimm_analytics.collection import Collection
    from pkimm_analytics.scoring import score
    from pkimm_analytics.synthetic import simulate

    store = KeyStore(bytes.fromhex("9f3ac1580e77d2b46c1da9e4f0357b82" * 2))
    given = list(simulate(organizations=14, seed=4).assessments)
    made = [anonymize(one, store).contribution for one in given]
    collection = Collection(tmp_path / "c", create=True)
    collection.append(made)
    frame = read_evidence(collection.open_rows(purpose="test of the evidence")).frame
    place = {c: i for i, c in enumerate(frame["contribution"])}
    overall, n_ready = scores_of(frame, "overall"), 0
    for assessment, one in zip(given, made, strict=True):
        row, scores = place[one.id], score(assessment)
        assert math.floor(overall[row] * 1e4 + 1e-6) == math.floor(scores.overall.value * 10_000)
        for extension in scores.extensions.values():
            n_ready += 1
            assert frame["pqc"][row] == pytest.approx(float(extension.score), abs=1e-9)
    assert n_ready >= 2
