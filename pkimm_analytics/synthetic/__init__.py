"""Invented organizations and their assessments, seeded, with the truth kept beside them."""

from pkimm_analytics.synthetic.assumptions import QUARTERS
from pkimm_analytics.synthetic.simulation import (
    MOST_ORGANIZATIONS,
    Simulation,
    sample_history,
    simulate,
    write_simulation,
)

__all__ = [
    "MOST_ORGANIZATIONS",
    "QUARTERS",
    "Simulation",
    "sample_history",
    "simulate",
    "write_simulation",
]
