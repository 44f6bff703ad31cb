"""
Analyses find what was planted, find nothing where nothing was, and say when few are too few.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from pkimm_analytics.analyses import (
    ANALYSES,
    assurance_gap,
    extension_readiness,
    level_steps,
    peer_profile,
    trend_parts,
)
from pkimm_analytics.analyses.pairs import matched_pairs
from pkimm_analytics.analyses.trend import PARTS
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.statistics import student_interval
from tests.analyses.invented import CATEGORIES, category_scores, evidence, rows

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
    frames = nothing_planted(np.random.default_rng(2), 8)
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
        ("extension-readiness", {"extension": "unknown"}),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(name, option):
    """
    With what would be right.
    """
    with pytest.raises(CollectionError):
        ANALYSES[name](nothing_planted(np.random.default_rng(1)), **option)


def equal_groups(rng, n, n_others, common):
    """Two sectors of one population, levels or scores, whose categories may go together."""
    scores = category_scores(rng, n + n_others, common)
    if common:
        scores = np.round(scores)
    sectors = np.where(np.arange(n + n_others) < n, "finance", "public")
    return evidence(rows(scores, sector=sectors))


def equal_pairs(rng, n, _, common):
    """Self-assessments and independent ones of the same organizations, without a shift."""
    both = [np.round(category_scores(rng, n, common)) for _ in range(2)]
    return evidence(
        rows(both[0], assurance="self", quarter="2026Q1"), rows(both[1], quarter="2026Q2")
    )


def unrelated(rng, n, n_others, _):
    """Categories that have nothing to do with each other: few organizations at a level."""
    return evidence(rows(category_scores(rng, n + n_others)))


NULLS = {
    "peer-profile": (peer_profile, equal_groups, ["is_strength", "is_weakness"], {}),
    "assurance-gap": (assurance_gap, equal_pairs, ["is_found"], {}),
    "level-steps": (level_steps, unrelated, ["is_found"], {"lower": 2}),
}
SIZES = [(5, 20, 0), (10, 20, 0.5)]
MORE = [(5, 5, 0), (5, 60, 0.5), (6, 30, 0), (10, 10, 0.5), (20, 60, 0.5)]


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize(
    ("n", "n_others", "common", "runs"),
    [(*size, 60) for size in SIZES]
    + [pytest.param(*size, 600, marks=pytest.mark.slow) for size in MORE],
)
def test_where_nothing_is_planted_something_is_rarely_found(name, n, n_others, common, runs):
    """
    In at most 5% of null data anything of a table is marked, from five organizations on.
    """
    analysis, made, columns, options = NULLS[name]
    wrong = 0
    for run in range(runs):
        rng = np.random.default_rng([n, n_others, run])
        table = analysis(made(rng, n, n_others, common), **options).table
        wrong += bool(table[columns].any(axis=None))
    rate = 0.055
    assert wrong / runs <= rate + 3 * (rate * (1 - rate) / runs) ** 0.5


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
    listed = data.to_dict("records")
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
    At least 93% of 2,000 samples, also where most organizations do not differ at all.
    """
    rng = np.random.default_rng(n)
    for chances in ([0.05, 0.6, 0.35], [0.0, 0.95, 0.05], [0.2, 0.6, 0.2]):
        truth = np.dot(chances, [-1, 0, 1])
        samples = rng.choice([-1, 0, 1], (2000, n), p=chances)
        covered = 0
        for sample in samples:
            _, low, high = student_interval(sample)
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
    parts = row[list(PARTS)].sum()
    assert parts == pytest.approx(row["change"], abs=1e-12)
    assert row["change"] == pytest.approx(row["mean_end"] - row["mean_start"], abs=1e-12)
    assert row["same_edition"] == pytest.approx(0.2, abs=1e-4)
    assert row["like_for_like"] == pytest.approx(0.2, abs=1e-4)
    assert row[["other_edition", "other_use_cases"]].abs().max() < 1e-12
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
        frame.loc[rng.random(30) < 0.2, FIRST] = np.nan
        frames.append(frame)
    data = evidence(*frames)
    row = row_of(trend_parts(data, start="2025Q2", end="2026Q2"), measure=FIRST)
    old, new = {}, {}
    for record in data[::-1].to_dict("records"):
        target = old if record["quarter"] < "2026" else new
        target[record["parent"]] = record
    old = {k: (r[FIRST], r["edition"]) for k, r in old.items() if r[FIRST] > 0}
    new = {k: (r[FIRST], r["edition"]) for k, r in new.items() if r[FIRST] > 0}
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


def test_other_use_cases_are_no_progress():
    """
    Ten organizations with two unchanged use cases, one assessed early and one late.
    """
    low, high = np.full((10, 16), 2.0), np.full((10, 16), 4.0)
    findings = trend_parts(
        evidence(
            rows(low, quarter="2025Q2", use_case="a"), rows(high, quarter="2026Q2", use_case="b")
        )
    )
    row = row_of(findings, measure="overall")
    assert row["change"] == row["other_use_cases"] == 2
    assert row["same_edition"] == row["n_like_for_like"] == 0
    assert math.isnan(row["like_for_like"])
    again = trend_parts(
        evidence(
            *(
                rows(s, quarter=q, use_case=c)
                for s, c in ((low, "a"), (high, "b"))
                for q in QUARTERS
            )
        )
    )
    row = row_of(again, measure="overall")
    assert row["change"] == row["like_for_like"] == row["same_edition"] == 0
    assert row["n_like_for_like"] == 10


QUARTERS = ("2025Q2", "2026Q2")


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
    assert (others["q"] < 0.05).mean() > 0.6
    assert others["is_strength"].sum() == 0
    test = stats.ttest_ind(finance[:, 0], public[:, 0], equal_var=False)
    assert strong["difference"] == pytest.approx(test.statistic * test._standard_error, abs=1e-3)
    assert strong["low"] == pytest.approx(test.confidence_interval().low, abs=1e-3)


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


# --- extensions -------------------------------------------------------------------------------


def test_organizations_that_are_not_ready_are_counted_as_behind():
    """
    Mature ones whose extension score lags by a level and a half.
    """
    rng = np.random.default_rng(19)
    frame = rows(np.tile(np.concatenate([np.full(20, 2.4), np.full(20, 4.4)])[:, None], (1, 16)))
    noise = rng.normal(0, 0.05, 40)
    frame["pqc"] = frame["overall"] + noise
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
    from pkimm_analytics.anonymize import anonymize
    from pkimm_analytics.anonymize.keys import KeyStore
    from pkimm_analytics.collection import Collection
    from pkimm_analytics.coverage import is_covered
    from pkimm_analytics.scoring import score
    from pkimm_analytics.synthetic import simulate

    store = KeyStore(bytes.fromhex("9f3ac1580e77d2b46c1da9e4f0357b82" * 2))
    given = list(simulate(organizations=14, seed=4).assessments)
    made = [anonymize(one, store).contribution for one in given]
    collection = Collection(tmp_path / "c", create=True)
    collection.append(made)
    frame = read_evidence(collection.open_rows(purpose="test of the evidence"))
    place = {c: i for i, c in enumerate(frame["contribution"])}
    overall, n_ready = frame["overall"], 0
    for assessment, one in zip(given, made, strict=True):
        row, scores = place[one.id], score(assessment)
        if is_covered(scores.overall):
            assert overall[row] == float(scores.overall.value)
        else:
            assert math.isnan(overall[row])
        for extension in scores.extensions.values():
            n_ready += 1
            assert frame["pqc"][row] == pytest.approx(float(extension.score), abs=1e-9)
    assert n_ready >= 2
