"""
Growth with the number of remarks: what ten times as many cost.

    python benchmarks/feedback.py [most remarks]

A round is measured at a tenth of the remarks and at all of them, side by side in one
process, in seconds of the processor, which other programs do not disturb. A ratio near 10
is growth in proportion. No time is asserted, because machines differ; what both sizes return is.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pkimm_analytics.remarks import Remark, open_feedback

from pkimm_analytics.feedback import (
    alarms,
    coverage,
    find_themes,
    likert,
    near_duplicates,
    split_opinions,
)
from pkimm_analytics.model import load_model
from pkimm_analytics.synthetic import feedback_words as words

MODEL = load_model("2.0.0")
TEXT_SHARE = 0.1
REMARKS_OF_ONE = 30


def a_round(n: int) -> list[Remark]:
    """Invent `n` remarks, one in ten with a text of words that are drawn for it."""
    rng = np.random.default_rng(n)
    keys = [*MODEL.categories, *MODEL.requirements]
    bag = " ".join((*words.SUBJECTS, *words.MATTERS, *words.WISHES, *words.OCCASIONS)).split()
    found = []
    for i in range(n):
        text = None
        if rng.random() < TEXT_SHARE:
            text = f"{' '.join(rng.choice(bag, 12))} {i}"
        found.append(
            Remark(
                round="2026Q4",
                respondent=f"RESPONDENT{i // REMARKS_OF_ONE:06}",
                edition=MODEL.version,
                element=keys[i * 7 % len(keys)],
                role=("operator", "assessor", "vendor")[i // REMARKS_OF_ONE % 3],
                clarity=int(rng.integers(1, 6)),
                relevance=int(rng.integers(1, 6)),
                weight=("too-low", "right", "right", "too-high")[int(rng.integers(4))],
                text=text,
            )
        )
    return found


def measure(n: int, folder: Path) -> dict[str, float]:
    """Seconds of each step for `n` remarks."""
    remarks = a_round(n)
    place = open_feedback(folder / str(n))
    seconds = {}

    def timed(name, action):
        start = time.process_time()
        result = action()
        seconds[name] = time.process_time() - start
        return result

    added = timed("append", lambda: place.append(remarks))
    assert added.added == len(remarks)
    assert timed("append again", lambda: place.append(remarks)).added == 0
    table = timed("read", place.remarks)
    assert len(table) == len(remarks)
    assert timed("coverage", lambda: coverage(table, MODEL)).n_remarks == len(remarks)
    counted = timed("likert", lambda: likert(table, "clarity"))
    assert counted["n"].sum() <= len(remarks)
    timed("consensus", lambda: split_opinions(table, "weight"))
    timed("alarms", lambda: alarms(table))
    timed("near-duplicates", lambda: near_duplicates(table, names=MODEL.name))
    timed("themes", lambda: find_themes(table))
    return seconds


def main() -> None:
    """Print seconds at both sizes and the ratio between them."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        measure(1_000, Path(folder))  # libraries are loaded before anything is measured
        small, large = (measure(n, Path(folder)) for n in (most // 10, most))
    print(f"{'':18}{most // 10:>12,}{most:>12,}{'ratio':>8}")
    for name, seconds in large.items():
        print(f"{name:18}{small[name]:11.2f}s{seconds:11.2f}s{seconds / small[name]:8.1f}")


if __name__ == "__main__":
    main()
