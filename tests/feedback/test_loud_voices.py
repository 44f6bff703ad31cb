"""
Who is loud owns nothing: careless respondents, small groups, editions, and a messy round.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback import Comment, open_feedback, texts
from pkimm_analytics.feedback.findings import findings
from pkimm_analytics.feedback.rankings import ranking, round_mean
from pkimm_analytics.feedback.respondents import flagged
from pkimm_analytics.feedback.summary import summarize
from pkimm_analytics.feedback.tracing import accepted_changes
from pkimm_analytics.loaders.feedback import load_feedback
from pkimm_analytics.model import load_model
from pkimm_analytics.render.markdown import markdown
from pkimm_analytics.synthetic.feedback import form_rows, simulate_feedback
from pkimm_analytics.views.feedback import pack
from pkimm_analytics.yaml_text import read_yaml
from tests.feedback.rounds import comment, of_simulation, table

MODEL = load_model("2.0.0")
KEYS = [*MODEL.categories, *MODEL.requirements]
CASES = Path(__file__).parents[1] / "loaders" / "feedback_cases"


def imported(folder, *names, edition="2.0.0"):
    """A feedback folder with files of the field."""
    place = open_feedback(folder)
    for name in names:
        version = "1.1.0" if "1.1.0" in name else edition
        loaded = load_feedback(
            (CASES / name).read_bytes(),
            name,
            model=load_model(version),
            round_="2026Q4",
            pseudonym=place.pseudonym,
        )
        place.append(loaded.comments)
    return place


# --- respondents ------------------------------------------------------------------------


def test_a_respondent_is_flagged_by_stated_rules():
    """
    All alike, too fast, and what somebody said before; everybody else is not.
    """
    rng = np.random.default_rng(1)
    keys = KEYS[:12]
    text = "The same long sentence, word for word, of two respondents."
    said = [comment(1, key, clarity=1) for key in keys]
    said += [
        comment(2, key, clarity=1 + i % 5, seconds=5, received="2026-10-01")
        for i, key in enumerate(keys)
    ]
    said += [comment(3, key, clarity=2 + i % 4) for i, key in enumerate(keys)]
    said += [comment(4, key, clarity=2 + i % 4) for i, key in enumerate(keys)]
    said += [comment(5, text=text), comment(6, text=f" {text.upper()}")]
    said += [comment(7, key, clarity=int(rng.integers(1, 6))) for key in keys]
    found = {(row.respondent[-1], row.flag) for row in flagged(table(*said)).itertuples()}
    assert found == {
        ("1", "straight-lining"),
        ("2", "speeding"),
        ("4", "duplicate"),
        ("6", "duplicate"),
    }


def test_few_answers_that_are_alike_are_no_flag():
    """
    Nine times the same step is possible.
    """
    assert flagged(table(*(comment(1, key, clarity=4) for key in KEYS[:9]))).empty


def test_three_trolls_own_no_ranking(tmp_path):
    """
    They tick 1 for everything, and the truly unclear element stays first.
    """
    comments = imported(tmp_path / "f", "F10-trolls.csv").comments()
    loud = flagged(comments)
    assert (loud["flag"] == "straight-lining").sum() == 3
    doubtful = set(loud["respondent"])
    ranked = ranking(comments, "clarity", doubtful=doubtful)
    assert ranked["element"][0] == "M.key-management.key-inventory"
    assert abs(ranked["mean"][0] - ranked["mean_without"][0]) < 0.15
    without = comments[~comments["respondent"].isin(doubtful)]
    assert abs(round_mean(comments, "clarity") - round_mean(without, "clarity")) < 0.15


@pytest.mark.parametrize("seed", range(3))
def test_trolls_move_a_round_of_120_by_less_than_a_tenth(seed):
    """
    Three of 120: the unclear element stays first.
    """
    simulated = simulate_feedback(respondents=120, seed=seed)
    comments = of_simulation(simulated)
    trolls = [comment(900 + i, key, clarity=1) for i in range(3) for key in KEYS]
    from pandas import concat

    loud = concat([comments, table(*trolls)], ignore_index=True)
    before, after = (ranking(c, "clarity") for c in (comments, loud))
    assert before["element"][0] == after["element"][0] == simulated.plants.unclear
    assert abs(round_mean(comments, "clarity") - round_mean(loud, "clarity")) < 0.1


def test_small_groups_are_shrunk_and_tiny_ones_not_ranked():
    """
    Five who rate 1 are less sure than forty who rate 1.5; four are not ranked.
    """
    rng = np.random.default_rng(3)
    said = [
        comment(i, key, clarity=int(np.clip(rng.normal(4, 0.8) + 0.5, 1, 5)))
        for i in range(60)
        for key in KEYS[5:15]
    ]
    said += [comment(i, KEYS[0], clarity=1 + i % 2) for i in range(40)]
    said += [comment(i, KEYS[1], clarity=1 + i % 2) for i in range(5)]
    said += [comment(i, KEYS[2], clarity=1) for i in range(4)]
    ranked = ranking(table(*said), "clarity").set_index("element")
    assert ranked.loc[KEYS[0], "place"] == 1
    assert KEYS[2] not in ranked.index
    assert ranked.loc[KEYS[1], "adjusted"] > ranked.loc[KEYS[0], "adjusted"]


# --- editions, intervals, conflicts --------------------------------------------------------


def test_editions_have_figures_of_their_own(tmp_path):
    """
    Eight on each: two figures, and both editions in the title of the pack.
    """
    place = imported(tmp_path / "f", "F07-edition-1.1.0.csv", "F07-edition-2.0.0.csv")
    summary = summarize(place.comments(), MODEL)
    rows = summary.clarity.set_index("edition")
    assert rows["mean"].to_dict() == {"1.1.0": 1.0, "2.0.0": 5.0}
    assert rows["n"].to_dict() == {"1.1.0": 8, "2.0.0": 8}
    text = markdown(pack(summary)).replace("\\", "")
    assert "PKIMM 2.0.0 and 1.1.0" in text
    assert "3.00" not in text
    assert [f.other for f in findings(summary) if f.kind == "editions"] == ["1.1.0"]


def test_one_respondent_proposes_nothing(tmp_path):
    """
    No interval, no proposal.
    """
    place = imported(tmp_path / "f", "F08-one-weight.csv")
    summary = summarize(place.comments(), MODEL)
    assert findings(summary) == []
    assert "from 5 to 5" not in markdown(pack(summary))


def test_weights_that_contradict_each_other_are_refused(tmp_path):
    """
    As wordings are; the same weight twice is one.
    """
    place = open_feedback(tmp_path / "f")
    place.append([comment(i, text=f"words {i}") for i in range(2)])
    one, other = place.comments()["id"]
    for id_, value in ((one, "5"), (other, "3")):
        place.decide(id_, "accepted", by="chair", field="weight", value=value)
    with pytest.raises(FeedbackError, match="contradict"):
        accepted_changes(place.comments(), place.current())
    place.decide(other, "accepted", by="chair", field="weight", value="5")
    assert len(accepted_changes(place.comments(), place.current())[1]) == 1


# --- erased, left out, split -----------------------------------------------------------------


def test_a_respondent_is_erased_from_every_file(tmp_path):
    """
    By mail address; the log says how much it was, and nothing is left on disk.
    """
    place = open_feedback(tmp_path / "f")
    who = place.pseudonym("anna@example.org")
    other = comment(2, text="stays")
    fields = {"round": "2026Q4", "edition": "2.0.0", "element": "G", "respondent": who}
    place.append([Comment(**fields, text="SECRETWORD"), other])
    assert place.erase("anna@example.org", by="chair") == 1
    assert place.stored() == [other]
    everything = b"".join(p.read_bytes() for p in (tmp_path / "f").rglob("*") if p.is_file())
    assert b"SECRETWORD" not in everything
    assert who.encode() not in everything
    (entry,) = place._erasures.entries()
    assert entry["comments"] == 1
    with pytest.raises(FeedbackError):
        place.erase("anna@example.org", by="chair")


def test_an_erasure_that_was_cut_off_is_an_erasure(tmp_path):
    """
    The new part was written and the old one is still there: the shorter one counts.
    """
    place = open_feedback(tmp_path / "f")
    place.append([comment(1, text="gone"), comment(2, text="stays")])
    (part,) = place._comments.parts()
    content = part.read_bytes()
    place.erase(place.comments()["id"][0], by="chair")
    part.write_bytes(content)
    assert [c.text for c in place.stored()] == ["stays"]


def test_who_is_left_out_counts_for_nothing_until_they_count_again(tmp_path):
    """
    Their comments stay.
    """
    place = open_feedback(tmp_path / "f")
    place.append([comment(1, clarity=1), comment(2, clarity=5)])
    place.leave_out(place.comments()["id"][0], by="chair")
    summary = summarize(place.comments(), MODEL, leave_out=place.left_out())
    assert (summary.coverage.n_respondents, summary.n_left_out) == (1, 1)
    place.leave_out(place.comments()["id"][0], by="chair", out=False)
    assert place.left_out() == frozenset()


# --- a messy round ---------------------------------------------------------------------------

LABELLED = read_yaml((Path(__file__).parent / "labelled.yaml").read_text("utf-8"), "labelled.yaml")
WORDS = [
    *(text for theme in LABELLED["themes"].values() for text in (*theme["de"], *theme["fr"])),
    "Nuestro equipo no sabe cómo aplicar este apartado en la práctica diaria.",
    "Faltan definiciones de las siglas que aparecen en el segundo párrafo.",
    "Questo paragrafo andrebbe spiegato con un esempio tratto dalla pratica.",
    "La biblioteca dei riferimenti normativi non cita il regolamento eIDAS.",
]
"""Comments in four further languages, each said once."""


def messy(seed, folder):
    """120 respondents in two editions, partial answers, trolls, copies, five languages."""
    simulated = simulate_feedback(respondents=120, seed=seed)
    header, *rows = form_rows(simulated, "en")
    rng = np.random.default_rng(seed)
    foreign = iter(rng.permutation(WORDS).tolist())
    place = open_feedback(folder)
    old = load_model("1.1.0")
    by_edition = {"2.0.0": [], "1.1.0": []}
    for said, given in zip(simulated.answers, rows, strict=True):
        number, row = int(said["email"][10:15]), list(given)
        if number % 4 == 0 and said["element"] in {*old.keys, "process"}:
            edition = "1.1.0"
            row[header.index("Which part of the model is this about?")] = said["element"]
        else:
            edition = "2.0.0"
        if rng.random() < 0.1:
            row[4:8] = [""] * 4  # a partial answer
        if row[-1] and rng.random() < 0.4:
            row[-1] = next(foreign)
        by_edition[edition].append(row)
    for troll in range(3):
        for key in KEYS:
            row = [""] * len(header)
            row[:2] = "2026-10-25 10:00", f"troll{troll}@respondent.invalid"
            row[3:5] = key, 1
            by_edition["2.0.0"].append(row)
    by_edition["2.0.0"] += by_edition["2.0.0"][:30]  # submitted twice
    for edition, several in by_edition.items():
        stream = io.StringIO()
        csv.writer(stream).writerows([header, *several])
        loaded = load_feedback(
            stream.getvalue().encode(), "form.csv", model=load_model(edition),
            round_="2026Q4", pseudonym=place.pseudonym,
        )  # fmt: skip
        place.append(loaded.comments)
    return simulated.plants, place


@pytest.mark.parametrize("seed", [1, 2])
def test_the_first_lines_of_a_messy_round_are_its_known_truths(seed, tmp_path, monkeypatch):
    """
    The unclear element, the disputed weight, the repeated comment, the trolls, the edition.
    """
    monkeypatch.setattr(texts, "_model", lambda: None)  # the same with and without the extra
    plants, place = messy(seed, tmp_path / "f")
    summary = summarize(place.comments(), MODEL)
    found = findings(summary)
    allowed = {
        ("unclear", plants.unclear),
        ("weight disputed", plants.disputed),
        ("weight differs", plants.disputed),
        ("said again", plants.paraphrased),
        ("careless", ""),
        ("editions", ""),
    }
    assert {(f.kind, f.element) for f in found} <= allowed
    assert ("unclear", plants.unclear) == (found[0].kind, found[0].element)
    assert ("careless", "") in {(f.kind, f.element) for f in found}
    assert len(found) <= 10
    lines = [line for line in markdown(pack(summary)).splitlines() if line.startswith("| ")]
    assert re.search("found unclear", lines[2])


@pytest.mark.slow
def test_null_rounds_of_fifteen_people_propose_nothing():
    """
    In at most one of twenty is anything proposed.
    """
    noisy = sum(
        bool(findings(summarize(of_simulation(s), s.model)))
        for seed in range(300, 340)
        for s in [simulate_feedback(respondents=15, seed=seed, plant=False)]
    )
    assert noisy <= 4  # 2 are expected; more than 4 is one chance in twenty
