"""
Small rounds of feedback for the tests, built from comments as respondents give them.
"""

from __future__ import annotations

import numpy as np

from pkimm_analytics.feedback import Comment, comments_table
from pkimm_analytics.feedback.items import Answered


def comment(who, element="M.key-management", **said):
    """What respondent number `who` says about an element."""
    fixed = {"round": "2026Q4", "edition": "2.0.0", "element": element}
    return Comment(**{**fixed, "respondent": f"RESPONDENT{who:05}", **said})


def table(*comments):
    """The table of some comments."""
    return comments_table(comments)


def of_simulation(simulated, round_="2026Q4"):
    """The table of a simulated round, without the way through a form."""
    return comments_table(
        Comment(
            round=round_,
            edition=simulated.model.version,
            respondent=said["email"].split("@")[0],
            received=said["received"].isoformat(),
            **{k: v for k, v in said.items() if k not in {"email", "received"}},
        )
        for said in simulated.answers
    )


def answers_of(model, requirements):
    """Answer codes as full assessments of one edition."""
    n = len(requirements)
    return Answered(
        model,
        np.asarray(requirements, np.int8),
        np.zeros((n, len(model.categories)), np.int8),
        np.ones((n, len(model.requirements)), bool),
        np.full((n, len(model.requirements)), np.nan),
    )
