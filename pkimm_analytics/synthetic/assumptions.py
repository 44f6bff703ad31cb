"""
Every number and word that synthetic organizations are made from.

No real assessment was looked at: all of this was chosen to look plausible, and
nothing in it says anything about a country, a sector or a role. Frequencies are
relative; effects are differences on the scale of maturity levels.
"""

from __future__ import annotations

from pkimm_analytics.organization import PREFER_NOT_TO_SAY

QUARTERS = ("2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")
"""Quarters that are simulated unless others are asked for."""

ADOPTED = {"1.0.0": "0001Q1", "1.1.0": "2025Q2", "2.0.0": "2026Q1"}
"""Quarter from which new assessments use an edition; organizations follow within a year."""

SECTORS = {
    "A-agriculture": (1, "Farm Cooperative"),
    "B-mining": (1, "Mining Company"),
    "C-manufacturing": (14, "Manufacturer"),
    "D-energy": (6, "Power Company"),
    "E-water": (2, "Water Works"),
    "F-construction": (2, "Builder"),
    "G-trade": (6, "Retailer"),
    "H-transport": (5, "Carrier"),
    "I-hospitality": (1, "Hotel Group"),
    "J-media": (2, "Publisher"),
    "K-information-technology": (16, "Technology Company"),
    "L-finance": (18, "Bank"),
    "M-real-estate": (1, "Estate Company"),
    "N-professional": (4, "Consultancy"),
    "O-support": (2, "Service Company"),
    "P-public-administration": (9, "Agency"),
    "Q-education": (4, "University"),
    "R-health": (5, "Hospital"),
    "S-arts": (1, "Museum"),
    "T-other-services": (1, "Association"),
    "V-international": (1, "International Body"),
    PREFER_NOT_TO_SAY: (1, "Organization"),
}
"""Sector: relative frequency, and what its organizations are called."""

SECTOR_EFFECTS = {
    "finance": 0.35,
    "information": 0.2,
    "energy-and-water": 0.1,
    "public": 0.05,
    "trade-and-hospitality": -0.25,
    "education": -0.3,
    "services": -0.15,
}
"""Difference in levels by sector group; 0 where not named."""

SIZES = {
    "up-to-49": (8, -0.4),
    "50-249": (16, -0.25),
    "250-999": (22, -0.05),
    "1000-4999": (26, 0.1),
    "5000-49999": (20, 0.25),
    "50000+": (6, 0.4),
    PREFER_NOT_TO_SAY: (2, 0.0),
}
"""Size: relative frequency, and difference in levels."""

REGIONS = {
    "USA": 20, "DEU": 9, "GBR": 7, "CZE": 5, "FRA": 5, "NLD": 5, "CHE": 3, "SWE": 3, "ESP": 3,
    "ITA": 3, "POL": 3, "CAN": 4, "BRA": 3, "MEX": 2, "IND": 5, "JPN": 4, "SGP": 3, "ARE": 2,
    "KOR": 2, "AUS": 4, "NZL": 1, "ZAF": 2, "KEN": 1, "NGA": 1, PREFER_NOT_TO_SAY: 2,
}  # fmt: skip
"""Country: relative frequency."""

ROLES = {
    "enterprise-internal": 52,
    "public-trust-ca": 8,
    "qualified-trust-service": 8,
    "government": 7,
    "device-iot-product": 11,
    "managed-pki-service": 8,
    "other": 5,
    PREFER_NOT_TO_SAY: 1,
}
"""Role of the PKI: relative frequency."""

USE_CASES = (
    "Internal TLS", "Smart cards of employees", "Device identity", "Document signing",
    "Code signing", "Secure email", "Network access", "Mobile devices", "Partner connections",
    "Website certificates", "Container platform", "Remote signing",
)  # fmt: skip

PARENTS_WITH_SEVERAL = 0.06
"""Share of parents that own two to five organizations."""

LEANING = {
    "P-public-administration": "government",
    "C-manufacturing": "device-iot-product",
    "K-information-technology": "managed-pki-service",
}
"""Role that a third of the organizations of a sector have instead."""

# --- maturity ----------------------------------------------------------------------

BASE = 2.55
"""Level of an organization of no particular size and sector at its first assessment."""

RATE = 0.3
"""Mean improvement between two assessments of one use case."""

INFLATION = {"self": 0.4, "formal": 0.08, "third-party": 0.0}
"""How much higher an assessment sees the same PKI than a third party does."""

PQC_GAP = 0.7
"""How far relevance answers of the PQC extension lie below their category."""

SPREAD = {
    "group": 0.25,  # between parents
    "organization": 0.45,
    "use case": 0.2,
    "module": 0.25,  # within an organization
    "category": 0.35,  # within a use case
    "requirement": 0.45,
    "difficulty": 0.2,  # of a category, and again of a requirement, for everybody
    "rate": 0.12,  # between organizations
    "step": 0.25,  # from one assessment to the next: some fall back
    "category step": 0.15,
    "requirement step": 0.12,
    "category level": 0.2,  # of judging a category as a whole
    "relevance": 0.4,
    "optimism": 0.4,  # of organizations, relative to INFLATION
}
"""Standard deviations, in levels."""

# --- answers -----------------------------------------------------------------------

MOST_USE_CASES = 3
USE_CASE_COUNTS = (0.55, 0.3, 0.15)
"""Share of organizations with one, two and three use cases."""

ASSURANCE_CUTS = (0.25, 1.1)
"""Standard normal values above which an assessment is formal, and a third party's."""

FULL_SELF_ASSESSMENTS = 0.4
"""Share of self-assessments that answer requirements; all others do."""

CATEGORY_NOT_APPLICABLE = 0.015
REQUIREMENT_NOT_APPLICABLE = 0.025
LEFT_UNANSWERED = {0.0: 0.6, 0.03: 0.33, 0.35: 0.07}
"""Share of questions that an assessment leaves, and how many assessments leave so many."""

PQC_USERS = 0.35
"""Share of assessments of the newest edition that answer the extension as well."""

REASONS = (
    "Invented: this use case has no such component.",
    "Invented: another organization operates this part.",
    "Invented: not needed for this use case.",
)
PARTIAL_REASONS = (
    "Invented: applies to the production site only.",
    "Invented: applies to the newer of two systems.",
)
