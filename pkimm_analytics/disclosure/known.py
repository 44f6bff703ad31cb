"""What an auditor with the collection knows about its releases: who was behind each."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

from pkimm_analytics.audit.artifacts import Secrets
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.disclosure.contributions import (
    open_contributions,
    private_folder,
    read_records,
)
from pkimm_analytics.disclosure.cube import count_family
from pkimm_analytics.disclosure.history import read_history
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.publishing import names_of
from pkimm_analytics.disclosure.records import Records, truth_of
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.quarters import last_quarter
from pkimm_analytics.release import Release
from pkimm_analytics.tables import DIMENSIONS

_COLUMN = 10
"""Levels of a group that are looked for; shorter lists of small numbers are everywhere."""


class Known:
    """
    Contributions, as they were for each release.

    Parameters
    ----------
    place : str
        Collection, or the folder of a simulation.
    private : Path, optional
        Folder of the history; the one beside the collection if left out.
    """

    def __init__(self, place: str, private: Path | None, policy: Policy, plan: Plan) -> None:
        self.policy, self.plan = policy, plan
        self.contributions = open_contributions(place)
        history = read_history(private or private_folder(place)).publications
        self.remembered = {one.name: one for one in history}
        self._read: dict[str, Records] = {}

    def truth(self, folder: Path, release: Release) -> Truth:
        """Return the records behind a release: as remembered, or those of its quarter."""
        if folder.name in self.remembered:
            return truth_of(self.remembered[folder.name].members)
        return truth_of(self._records(_date_of(folder, release)).table(self.plan))

    def _records(self, quarter: str) -> Records:
        if quarter not in self._read:
            read = read_records(self.contributions, self.plan, self.policy, quarter)
            self._read = {quarter: read}
        return self._read[quarter]

    def secrets(self, folder: Path | None = None, release: Release | None = None) -> Secrets:
        """List what must not be found in the files of a release, or in any file."""
        quarter = last_quarter() if folder is None or release is None else _date_of(folder, release)
        records, plan = self._records(quarter), self.plan
        families = [f for size in range(3) for f in combinations(DIMENSIONS, size)]
        tables = [
            count_family(records, plan, plan.tiers[-1], family, plan.all_measures)
            for family in families
        ]
        rows = (row for table in tables for row in table.counts.reshape(-1, 5).tolist())
        levels = {tuple(row) for row in rows if sum(row) >= _COLUMN}  # weights look like fewer
        return Secrets(names_of(self.contributions), level_counts=levels, n_known=records.n_known)


def _date_of(folder: Path, release: Release) -> str:
    """Quarter that the newest rows were computed for; their records are the truth."""
    dates = [cell.as_of for cell in release.cells.values() if cell.as_of]
    named = re.match(r"\d{4}Q[1-4]", folder.name)
    if not dates and named:
        return named[0]
    if not dates:
        problem = Problem(folder.name, "nothing is published in it, or it has no dates")
        raise DisclosureError("The quarter of a release is not known.", [problem])
    return max(dates)
