"""
Weights that people would choose, and scores under them.
"""

from __future__ import annotations

import numpy as np
import pytest

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.weights import (
    chosen_weights,
    rescored,
    with_weights,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import category_score
from tests.feedback.rounds import comment, table

MODEL = load_model("2.0.0")
KEY = "M.key-management"


def test_right_chooses_the_weight_of_the_model_and_too_low_alone_none():
    """
    Two find it right, three name 9, one only says too low: five choices, median 9.
    """
    said = [comment(i, KEY, weight="right") for i in range(2)]
    said += [comment(i + 5, KEY, weight="too-low", suggested_weight=9) for i in range(3)]
    said += [comment(9, KEY, weight="too-low")]
    row = chosen_weights(table(*said), MODEL).iloc[0]
    assert (row["n"], row["chosen"]) == (5, 9)
    assert row["weight"] == MODEL.categories[KEY].weight


def test_a_weight_differs_once_its_interval_leaves_the_models():
    """
    Thirty who all name another weight are enough, two are not.
    """
    many = table(*(comment(i, KEY, suggested_weight=9) for i in range(30)))
    few = table(
        comment(1, KEY, suggested_weight=9),
        comment(2, KEY, weight="right"),
    )
    assert chosen_weights(many, MODEL)["differs"].tolist() == [True]
    assert chosen_weights(few, MODEL)["differs"].tolist() == [False]


def test_an_interval_is_there_only_where_one_exists():
    """
    Fewer than six choices have no 95 percent interval of their median, and propose nothing.
    """
    few = chosen_weights(table(*(comment(i, KEY, suggested_weight=9) for i in range(5))), MODEL)
    assert few[["chosen_from", "chosen_to"]].isna().all(axis=None)
    more = chosen_weights(table(*(comment(i, KEY, suggested_weight=9) for i in range(6))), MODEL)
    assert (more["chosen_from"][0], more["chosen_to"][0]) == (9, 9)
    assert not more["differs"].any()


def test_elements_without_weight_are_left_out():
    """
    The process has none, and neither has a key that the edition does not know.
    """
    said = table(comment(1, "process", suggested_weight=3), comment(1, "M.x", suggested_weight=3))
    assert chosen_weights(said, MODEL).empty


def test_other_weights_change_the_score_as_the_formula_says():
    """
    One category, scored by hand with its new weights.
    """
    category = MODEL.categories[KEY]
    inside = [r.key for r in category.requirements]
    codes = np.zeros((1, len(MODEL.requirements)), np.int8)
    keys = list(MODEL.requirements)
    levels = [1 + i % 5 for i in range(len(inside))]
    for key, level in zip(inside, levels, strict=True):
        codes[0, keys.index(key)] = level
    weights = {key: 3 + i for i, key in enumerate(inside)}
    found = rescored(MODEL, weights, requirements=codes).set_index("measure")
    before = category_score(levels, [r.weight for r in category.requirements])
    after = category_score(levels, list(weights.values()))
    assert found.loc[KEY, "mean_before"] == pytest.approx(before, abs=1e-12)
    assert found.loc[KEY, "mean_after"] == pytest.approx(after, abs=1e-12)
    assert found.loc["overall", "mean_change"] == pytest.approx(after - before, abs=1e-12)
    assert found.loc["G", "n"] == 0


def test_the_models_own_weights_change_nothing():
    """
    Trying what is there moves no score and no level.
    """
    rng = np.random.default_rng(2)
    codes = rng.integers(-1, 6, (40, len(MODEL.requirements))).astype(np.int8)
    own = {r.key: r.weight for r in MODEL.requirements.values()}
    found = rescored(MODEL, own, requirements=codes)
    assert (found["largest_change"].dropna() == 0).all()
    assert found[["n_level_up", "n_level_down"]].to_numpy().sum() == 0


def test_weights_that_cannot_be_are_all_named():
    """
    An unknown element, zero, and a fraction.
    """
    with pytest.raises(FeedbackError) as caught:
        with_weights(MODEL, {"M.none": 1, KEY: 0, "G.strategy-and-vision": 1.5})
    assert [p.where for p in caught.value.problems] == ["M.none", KEY, "G.strategy-and-vision"]
