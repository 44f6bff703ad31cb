"""
The words of the feedback form and of the page that shows what came of it.

Questions, answers on each scale, and which of them are asked about what. The values
that are stored are those of :mod:`.comments`; a test holds both together.
"""

from __future__ import annotations

from dataclasses import dataclass

from pkimm_analytics.feedback import FIELDS, MODEL, PROCESS


@dataclass(frozen=True, slots=True)
class Scale:
    """A question with five answers: short name, question, answers 1 to 5, and the good end."""

    name: str
    question: str
    words: tuple[str, str, str, str, str]


SCALES = {
    "clarity": Scale(
        "clarity",
        "How clear is it?",
        ("very unclear", "unclear", "so-so", "clear", "very clear"),
    ),
    "relevance": Scale(
        "relevance",
        "How relevant is it?",
        ("irrelevant", "little relevant", "so-so", "relevant", "very relevant"),
    ),
    "difficulty": Scale(
        "difficulty",
        "How difficult is it to answer?",
        ("very easy", "easy", "so-so", "difficult", "very difficult"),
    ),
    "usefulness": Scale(
        "usefulness",
        "How useful is the result?",
        ("useless", "little useful", "so-so", "useful", "very useful"),
    ),
}
"""Questions that are answered from 1 to 5, by the field that holds the answer."""

WEIGHT_WORDS = {"too-low": "too low", "right": "right", "too-high": "too high"}
KIND_WORDS = {
    "typo": "typing error",
    "unclear": "unclear",
    "missing": "something is missing",
    "weight": "disagrees with the weight",
    "out-of-scope": "out of scope",
    "idea": "idea",
}
ROLE_WORDS = {
    "operator": "PKI operator",
    "assessor": "assessor",
    "vendor": "vendor",
    "relying-party": "relying party",
    "other": "other",
}
ELEMENT_WORDS = {MODEL: "The model as a whole", PROCESS: "The assessment process"}

FORMS = {
    "element": ("clarity", "relevance", "weight", "difficulty", "minutes"),
    MODEL: ("clarity", "relevance", "usefulness"),
    PROCESS: ("minutes", "difficulty", "usefulness"),
}
"""Fields that are asked about an element, the whole model, and the process."""

SAID = tuple(
    field
    for field in FIELDS
    if field not in {"id", "round", "respondent", "role", "edition", "digest", "element"}
    and field != "received"
)
"""Fields of a comment that a respondent fills in for one element."""
