"""
Several assessors who rated the same questions: where they differ, and what they agree on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import htpy as h

from pkimm_analytics.agreement import Compared, Rating, agreement, is_available, merge
from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.edits import Edit
from pkimm_analytics.model import LEVELS
from pkimm_analytics.questionnaire import Question
from pkimm_analytics.views.words import Language
from pkimm_analytics.widgets.page import button, text_field

OUT = "not_applicable"


@dataclass(frozen=True)
class Round:
    """
    Ratings that are laid side by side.

    Parameters
    ----------
    chosen : tuple of Assessment
    rows : tuple of Compared
        Largest differences first.
    present : str
        Who takes part in the consensus.
    """

    chosen: tuple[Assessment, ...]
    rows: tuple[Compared, ...]
    present: str

    @property
    def names(self) -> list[str]:
        """Name of each assessor."""
        return [a.assessor.name or f"Assessor {n}" for n, a in enumerate(self.chosen, 1)]


def laid_out(chosen: Sequence[Assessment], asked: Sequence[str], present: str) -> Round:
    """
    Lay ratings side by side.

    Raises
    ------
    AssessmentError
        If there are fewer than two, or they answer different questions.
    """
    return Round(tuple(chosen), tuple(merge(chosen, asked)), present)


def consensus(found: Round, target: str, agreed: str, today: date) -> Edit:
    """Write down what was agreed on a question, with the ratings before it and who was there."""
    ratings = next(row.ratings for row in found.rows if row.target == target)
    record = {
        "present": found.present,
        "date": today.isoformat(),
        "ratings": [
            {"assessor": name, "level": rating.level}
            for name, rating in zip(found.names, ratings, strict=True)
        ],
    }
    after: dict[str, Any] = {"consensus": record}
    if agreed == OUT:
        after |= {"state": OUT, "level": None, "reason": f"agreed by {found.present}"}
    else:
        after |= {"state": "rated", "level": int(agreed)}
    return Edit(target, {}, after)


def choose(listed: Sequence[Assessment], present: str, words: Language) -> h.Node:
    """Choose whose ratings are compared."""
    boxes = (
        h.label(".pk-field")[
            h.input(type="checkbox", name="id", value=one.id),
            f" {one.assessor.name or '–'}: {one.use_case.name or '–'}, {(one.updated or '')[:10]}",
        ]
        for one in listed
    )
    return h.form(".pk-card")[
        h.p[words.word("assessors.choose")],
        boxes,
        text_field("present", words.word("assessors.present"), present),
        button(words.word("step.peers"), "compare", data_form="", class_="pk-button pk-primary"),
    ]


def compared(found: Round, asked: dict[str, Question], now: Assessment, words: Language) -> h.Node:
    """Every question on which they differ, with a field for what is agreed."""
    differ = [row for row in found.rows if row.spread]
    rows = (
        h.tr[
            h.td[asked[row.target].title, h.small[asked[row.target].label]],
            (h.td[_text(rating, words)] for rating in row.ratings),
            h.td[_agree(row.target, now, words)],
        ]
        for row in differ
    )
    say = words.word
    head = [say("assessors.question"), *found.names, say("assessors.agreed")]
    return h.div(".pk-card")[
        h.p[
            say("assessors.differ", n=len(differ), total=len(found.rows)),
            " ",
            _figures(found.rows, words),
        ],
        h.div(".pk-scroll", tabindex="0", role="region", aria_label=say("assessors.ratings"))[
            h.table[
                h.thead[h.tr[(h.th(scope="col")[name] for name in head)]],
                h.tbody[rows],
            ]
        ],
    ]


def _agree(target: str, now: Assessment, words: Language) -> h.Node:
    answer = now.answer(target)
    chosen = OUT if answer.state is State.NOT_APPLICABLE else str(answer.level or "")
    options = {"": words.word("assessors.open"), **{str(level): str(level) for level in LEVELS}}
    options[OUT] = words.word("value.not_applicable")
    return h.select(
        data_action="agree", data_key=target, aria_label=words.word("assessors.agreed")
    )[(h.option(value=key, selected=key == chosen)[text] for key, text in options.items())]


def _text(rating: Rating, words: Language) -> str:
    return str(rating.level) if rating.level else words.word(f"value.{rating.state}")


def _figures(rows: Sequence[Compared], words: Language) -> str:
    if not is_available():
        return ""
    found = agreement(rows)
    alpha = "–" if found.alpha is None else words.number(f"{found.alpha:.2f}")
    return words.word("assessors.alpha", alpha=alpha, n=found.n_equal, total=found.n_compared)
