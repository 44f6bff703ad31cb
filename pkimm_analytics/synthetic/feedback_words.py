"""
Every word that synthetic respondents say, and how often they say what.

No real comment was looked at. A comment is a subject, what it does to what, when that
came up and what is wished; the lists have the same prime length, and are combined
so that no two comments share more than one part. Numbers are chosen to look plausible.
"""

from __future__ import annotations

SUBJECTS = (
    "The wording of level three",
    "Our auditors read this paragraph and",
    "The sample evidence",
    "A newcomer to the subject",
    "The second sentence of the guidance",
    "Whoever runs several certificate hierarchies",
    "The difference between two neighboring levels",
    "This title",
    "A small company without full-time staff",
    "The reference list",
    "Our colleagues in Brazil",
    "Anybody who outsources hosting",
    "The rating of hybrid deployments",
    "Cloud tenants under shared responsibility",
    "The interview with our management",
    "Embedded device makers",
    "The yearly review",
)

DOINGS = (
    "stumbled over",
    "leaves open",
    "mixes up",
    "overlaps with",
    "takes for granted",
    "cannot rate",
    "rewards",
    "wrongly praises",
    "argued for hours about",
    "ignores",
    "repeats",
    "punishes",
    "confuses readers with",
    "makes a luxury of",
    "seems to forbid",
    "never mentions",
    "breaks down at",
)

MATTERS = (
    "abbreviations that nobody explained.",
    "which department signs off.",
    "technical and legal duties.",
    "an ISO control that we report already.",
    "hardware modules where software keystores are usual.",
    "purchases before procurement finishes.",
    "paperwork instead of working automation.",
    "idioms that Portuguese lacks.",
    "meetings until everybody agrees.",
    "offline roots kept in vaults.",
    "sentences from two pages earlier.",
    "subscribers that are machines.",
    "revocation latency.",
    "quarterly drills.",
    "conditional verbs.",
    "post-quantum migration.",
    "foreign anchors after mergers.",
)

WISHES = (
    "A glossary entry would settle it.",
    "Please split the sentence.",
    "Two worked examples might help beginners.",
    "Drop the adjective entirely.",
    "Perhaps swap the order of columns.",
    "Link the NIST publication instead.",
    "Ask vendors for measurable thresholds.",
    "We propose a checklist with five boxes.",
    "Consider a footnote about exemptions.",
    "Number the bullets, so minutes can cite them.",
    "State whose budget pays.",
    "Otherwise fine, thank you!",
    "Screenshots from real consoles were nicer.",
    "Let respondents choose partial applicability.",
    "Maybe postpone until the next plenary.",
    "Translate it into plain language 🙂",
    "Raise this with the editors soon.",
)

OCCASIONS = (
    "Noticed during spring.",
    "Seen twice last month.",
    "Reported by an intern.",
    "Came up on the helpdesk.",
    "Found while migrating directories.",
    "Discussed over lunch.",
    "Our bank raised it.",
    "Hospital staff agreed.",
    "Spotted on page nine.",
    "A customer complained.",
    "Known since 2024.",
    "Only on mobile screens.",
    "Legal counsel objected.",
    "Observed across Nordic subsidiaries.",
    "Pointed out by regulators.",
    "Happens every renewal season.",
    "Tested with students.",
)

PARAPHRASES = (
    (
        "The guidance does not say whether expired test certificates belong in the inventory, so"
        " every team counts them differently."
    ),
    (
        "It is not said whether test certificates that expired belong in the inventory. Each team"
        " counts differently!"
    ),
    (
        "Does an expired test certificate belong in the inventory? Guidance does not say, and"
        " each team is counting in a different way."
    ),
)
"""One comment in three wordings: planted, to be found as one."""

UNCLEAR_TEXTS = (
    "I read this four times and still cannot tell what is being asked.",
    "Unclear: who is meant, the operator of the root or the subscriber?",
    "No idea what would count as evidence here.",
    "What does it mean? We left it to chance.",
)
"""What people write about the requirement that everyone finds unclear."""

ROLE_SHARES = {
    "operator": 0.36,
    "assessor": 0.24,
    "vendor": 0.18,
    "relying-party": 0.14,
    "other": 0.08,
}

KIND_SHARES = {
    "typo": 0.1,
    "unclear": 0.3,
    "missing": 0.2,
    "out-of-scope": 0.1,
    "idea": 0.3,
}

CLARITY = 3.9
RELEVANCE = 3.8
STRICTNESS = 0.5
"""Standard deviation between respondents: some are strict about everything."""
NOISE = 0.8
"""Standard deviation of one respondent between elements."""

UNCLEAR_BY = 2.2
"""How much lower the planted requirement is rated."""

DISPUTING = 0.16
"""Share of elements whose weight a usual respondent disputes."""

RATED_SHARE = 0.3
"""Share of all elements that a respondent rates."""
WRITING_SHARE = 0.4
"""Share of respondents who write something."""

MINUTES = (95.0, 0.6)
"""Median effort of an assessment in minutes, and its spread on the logarithmic scale."""

FACTOR_LOADING = 0.65
"""Share of maturity that all requirements have in common, as a correlation."""
CATEGORY_LOADING = 0.35
COPIED = 0.93
"""Share of assessments that answer the redundant requirement like its twin."""
SKIPPED = 0.04
NOT_APPLICABLE = 0.03
