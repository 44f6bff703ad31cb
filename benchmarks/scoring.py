"""
Scoring many full assessments, beside pandas and beside a copy of the same bytes.

Run it: python benchmarks/scoring.py [--n 100000] [--rounds 7]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from sidebyside import compare

from pkimm_analytics.model import Model, category_of, load_model, module_of
from pkimm_analytics.scoring import score_batch


def pandas_group_by(model: Model, long: pd.DataFrame) -> pd.DataFrame:
    """Score the long table the plain way: weighted sums, three group-bys."""
    rated = long[long["level"] > 0]
    weighted = rated.assign(product=rated["level"] * rated["weight"])
    by_category = weighted.groupby(["assessment", "category"], sort=False)
    categories = by_category[["product", "weight"]].sum()
    scores = (categories["product"] / categories["weight"]).rename("score").reset_index()
    scores["module"] = scores["category"].map(module_of)
    scores["weight"] = scores["category"].map({k: c.weight for k, c in model.categories.items()})
    scores["product"] = scores["score"] * scores["weight"]
    modules = scores.groupby(["assessment", "module"], sort=False)[["product", "weight"]].sum()
    overall = scores.groupby("assessment", sort=False)[["product", "weight"]].sum()
    modules["score"] = modules["product"] / modules["weight"]
    overall["score"] = overall["product"] / overall["weight"]
    return overall


def main() -> None:
    """Build the answers, check that both ways agree, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    model = load_model("2.0.0")
    random = np.random.default_rng(1)
    answers = random.integers(-1, 6, (arguments.n, len(model.requirements))).astype(np.int8)
    keys = list(model.requirements)
    long = pd.DataFrame(
        {
            "assessment": np.repeat(np.arange(arguments.n), len(keys)),
            "category": np.tile([category_of(key) for key in keys], arguments.n),
            "level": answers.ravel(),
            "weight": np.tile([r.weight for r in model.requirements.values()], arguments.n),
        }
    )
    tuned = long.astype({"category": "category"})
    ours = score_batch(model, requirements=answers)
    figures = 1 + len(model.modules) + len(model.categories)
    results = np.empty((arguments.n, figures))
    theirs = pandas_group_by(model, tuned)["score"].to_numpy()
    np.testing.assert_allclose(ours.overall.score, theirs, atol=1e-12)

    def score_everything() -> None:
        batch = score_batch(model, requirements=answers)
        for ratio in (*batch.categories.values(), *batch.modules.values(), batch.overall):
            _ = ratio.score, ratio.level

    print(f"{arguments.n:,} assessments, {len(keys)} requirements, {figures} figures each")
    compare(
        {
            "copy of the bytes in and out": lambda: (answers.copy(), results.copy()),
            "score_batch, with scores and levels": score_everything,
            "pandas, group-by on the long table": lambda: pandas_group_by(model, long),
            "pandas, the same by codes of categories": lambda: pandas_group_by(model, tuned),
        },
        reference="copy of the bytes in and out",
        rounds=arguments.rounds,
    )


if __name__ == "__main__":
    main()
