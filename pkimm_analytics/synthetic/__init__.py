"""Invented organizations and their assessments, seeded, with the truth kept beside them."""

from pkimm_analytics.synthetic.assumptions import QUARTERS
from pkimm_analytics.synthetic.simulation import (
    Simulation,
    sample_history,
    simulate,
    write_simulation,
)

__all__ = ["QUARTERS", "Simulation", "sample_history", "simulate", "write_simulation"]
