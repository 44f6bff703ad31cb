"""
What respondents said of the model and the process, what the figures say, what was decided.

The records and the folder that keeps them are public here; the analyses, which need the
extra ``feedback``, are imported from their own files. What may be published of a round
comes from :mod:`pkimm_analytics.disclosure.feedback` alone.
"""

from pkimm_analytics.feedback.comment import (
    FIELDS,
    KINDS,
    MAX_TEXT,
    MODEL,
    PROCESS,
    RATINGS,
    ROLES,
    WEIGHTS,
    Comment,
    comment_of,
)
from pkimm_analytics.feedback.decision import DISPOSITIONS, Decision, describe_decision
from pkimm_analytics.feedback.document import FORMAT, dumps, read_comments
from pkimm_analytics.feedback.folder import Added, Contact, Feedback, comments_table, open_feedback

__all__ = [
    "DISPOSITIONS",
    "FIELDS",
    "FORMAT",
    "KINDS",
    "MAX_TEXT",
    "MODEL",
    "PROCESS",
    "RATINGS",
    "ROLES",
    "WEIGHTS",
    "Added",
    "Comment",
    "Contact",
    "Decision",
    "Feedback",
    "comment_of",
    "comments_table",
    "describe_decision",
    "dumps",
    "open_feedback",
    "read_comments",
]
