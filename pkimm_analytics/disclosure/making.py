"""
Making a release: count, freeze, protect, attack, and only then hand it out.

The order is fixed. Groups with too few changes since they were last computed are
carried forward; the rest is computed anew and protected; the whole is attacked
together with all earlier releases, and made coarser until no attack finds anything.
A release that still gives something away after the last round is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pkimm_analytics.audit import Finding, attack_release
from pkimm_analytics.disclosure.contributions import read_records
from pkimm_analytics.disclosure.cube import FamilyCounts, count_family
from pkimm_analytics.disclosure.freeze import frozen
from pkimm_analytics.disclosure.history import Block, Publication
from pkimm_analytics.disclosure.plan import Family, Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import (
    Flags,
    Sheet,
    Table,
    large_enough,
    links_of,
    print_shares,
    withhold_for_residuals,
)
from pkimm_analytics.disclosure.records import Records, truth_of
from pkimm_analytics.disclosure.table import Rows, printed_rows, table_columns
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Group, Release, contains

Place = tuple[Table, int]
"""A table, and a group in it: what is computed, made coarser or withheld together."""


_PATIENCE = 5
"""Rounds in which only the smallest group behind a finding is changed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the private report: a rule, what it hit, what was done."""

    round: int
    rule: str
    group: Group
    measure: str
    contributors: int
    action: str
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A release that passed its audit, as it will be remembered, and why figures are withheld."""

    remembered: Publication
    decisions: tuple[Decision, ...] = field(repr=False)

    @property
    def published(self) -> Release:
        """Public table."""
        return self.remembered.release

    @property
    def columns(self) -> dict[str, list[Any]]:
        """Columns of the public table."""
        return {name: values.tolist() for name, values in self.published.columns.items()}

    def publication(self, name: str = "") -> Publication:
        """Return what is remembered of it, under its id."""
        return replace(self.remembered, name=name or self.remembered.name)


def make_release(
    contributions: Any,
    *,
    quarter: str,
    policy: Policy,
    plan: Plan,
    history: Sequence[Publication] = (),
    advance: Callable[[], None] = lambda: None,
) -> Candidate:
    """
    Make a release from contributions.

    Parameters
    ----------
    contributions : Records, pyarrow.Table, mapping of str to array, or Contributions
        See :func:`.records.read_records`. Records must have been read for the same quarter,
        policy and plan.
    quarter : str
        Quarter of the release, such as ``2026Q3``.
    history : sequence of Publication
        Every release that was made of these contributions before, of whatever series and
        by whatever rules, oldest first.
    advance : callable, optional
        Called after each attack, of which there are more the more is found.

    Raises
    ------
    DisclosureError
        If contributions are not valid, there are too few, the audit still finds something
        in the last round, or there is a release for a later quarter.
    """
    policy.window(quarter)
    if any(one.quarter > quarter for one in history):
        raise DisclosureError("There is a release for a later quarter. Nothing was published.")
    records = (
        contributions
        if isinstance(contributions, Records)
        else read_records(contributions, plan, policy, quarter)
    )
    work = _Work(records, quarter, policy, plan, history)
    findings: list[Finding] = []
    for number in range(1, policy.rounds + 1):
        published = work.published(number)
        findings = []
        for quickly in (True, False):  # linear programs only where nothing else finds anything
            findings = findings or work.attacked(published, quickly=quickly, advance=advance)
        if not findings:
            return work.candidate(published)
        if not work.adjust(findings, number):
            break
    raise DisclosureError(
        f"The release was refused: the audit still found {len(findings)} way(s) to learn"
        " something about few contributors. Nothing was published.",
        [Problem(finding.attack, "found by this attack") for finding in findings[:20]],
    )


# --- one release in the making ------------------------------------------------------------


class _Work:
    """The steps of one release, in their order; its sheets hold what the audit asked for so far."""

    def __init__(
        self,
        records: Records,
        quarter: str,
        policy: Policy,
        plan: Plan,
        history: Sequence[Publication],
    ) -> None:
        self.records, self.quarter = records, quarter
        self.policy, self.plan, self.history = policy, plan, history
        self.members = records.table(plan)
        self.truth = truth_of(self.members)
        self.decisions: list[Decision] = []
        self.last = {block: one for one in history for block in one.computed}
        self.tier = self._tier()
        self.sheets = {
            (family, part): self._sheet(part, family, measures, self.tier)
            for family in self.tier.families
            for part, measures in plan.parts(self.tier, family).items()
        }
        self.links = links_of(self.sheets, records, plan, self.tier)
        for table, sheet in self.sheets.items():
            for group, measure in np.argwhere(~sheet.large & sheet.anew[:, None]):
                self._log(1, "threshold", (table, int(group)), int(measure), "withheld")

    def _sheet(self, part: str, family: Family, measures: Sequence[str], tier: Tier) -> Sheet:
        counts = count_family(self.records, self.plan, tier, family, measures)
        large = large_enough(counts, part, self.policy, tier)
        return Sheet(counts, large, ~self._frozen(counts, part, tier))

    def _frozen(self, counts: FamilyCounts, part: str, tier: Tier) -> Any:
        return frozen(
            self.records,
            counts,
            part,
            self.history,
            plan=self.plan,
            tier=tier,
            policy=self.policy,
            quarter=self.quarter,
        )

    def _tier(self) -> Tier:
        """
        Tier by number of contributors, as long as the whole is frozen that of the last release.

        It never becomes a coarser one.
        """
        first = self.plan.tiers[0]
        measures = self.plan.parts(first, ())["base"]
        counts = count_family(self.records, self.plan, first, (), measures)
        total = int(counts.members[0])
        least = max(first.start, self.policy.threshold)
        if total < least:
            raise DisclosureError(
                f"There are fewer than {least} contributors that are old enough. Nothing was"
                " published."
            )
        earlier = max((one.tier for one in self.history), default=0)
        is_frozen = bool(self._frozen(counts, "base", first)[0])
        tier = self.plan.tier(earlier if is_frozen else max(total, earlier))
        return first if tier is None else tier

    def published(self, number: int) -> Release:
        """Protect the groups that are computed anew, and carry the others forward."""
        shown = {t: sheet.large & ~sheet.withheld[:, None] for t, sheet in self.sheets.items()}
        rows = self._carried(shown)
        for table, group, measure in withhold_for_residuals(
            shown, self.sheets, self.links, self.policy.threshold
        ):
            self._log(number, "residual", (table, group), measure, "withheld")
        for table, sheet in self.sheets.items():
            for group, measure in np.argwhere(shown[table] & sheet.anew[:, None]):
                counts, coarser = sheet.counts.counts[group, measure], int(sheet.coarser[group])
                figures = print_shares(counts, self.policy, coarser)
                if figures is not None:
                    key = sheet.counts.groups[group], sheet.counts.measures[measure]
                    rows[key] = printed_rows(figures, self.policy, self.quarter)
        return Release.from_columns("candidate", table_columns(self.plan, self.tier, rows))

    def _carried(self, shown: Flags) -> dict[tuple[Group, str], Rows]:
        """Return the rows that are carried forward; what is, is shown as it was."""
        rows: dict[tuple[Group, str], Rows] = {}
        for table, sheet in self.sheets.items():
            for group in np.flatnonzero(~sheet.anew):
                name = sheet.counts.groups[group]
                before = self.last[name, table[1]]
                for place, measure in enumerate(sheet.counts.measures):
                    shown[table][group, place] = before.is_printed(name, measure)
                    if shown[table][group, place]:
                        rows[name, measure] = before.release.cells[name, measure].rows
        return rows

    def attacked(
        self, published: Release, *, quickly: bool, advance: Callable[[], None]
    ) -> list[Finding]:
        """Attack it, together with all releases before it."""
        return attack_release(
            published,
            rules=self.policy.rules,
            truth=self.truth,
            earlier=[one.vintage for one in self.history],
            quickly=quickly,
            advance=advance,
        )

    def adjust(self, findings: Iterable[Finding], number: int) -> bool:
        """
        Change the groups behind each finding. False if nothing is left to change.

        The smallest one; after some rounds twice as many in each, so that it comes to an end.
        A group becomes coarser, then stays as it was, or is withheld if it never was. It is
        done to all measures of a block: if only one were coarser or missing, that would say
        what the audit found.
        """
        done: set[Place] = set()
        for finding in findings:
            n_places = 2 ** max(0, number - _PATIENCE)
            for table, group, measure in self._smallest_concerned(finding)[:n_places]:
                place = (table, group)
                if place not in done:
                    done.add(place)
                    action = self._change(place, finding)
                    self._log(number, finding.attack, place, measure, action, finding.learned)
        return bool(done)

    def _change(self, place: Place, finding: Finding) -> str:
        table, group = place
        sheet = self.sheets[table]
        is_first = sheet.coarser[group] == 0
        if finding.groups and is_first and self.policy.step(int(sheet.counts.n[group].max()), 1):
            sheet.coarser[group] = 1
            return "coarser"
        if (sheet.counts.groups[group], table[1]) in self.last:
            sheet.anew[group] = False
            return "left as it was"
        sheet.withheld[group] = True
        return "withheld"

    def _smallest_concerned(self, finding: Finding) -> list[tuple[Table, int, int]]:
        """
        Find printed groups, computed anew, that a finding is of or follows from, smallest first.

        What is learned about a group without figures follows from those beside it, then
        from those around it, then from any.
        """
        near = finding.groups
        nearness: tuple[Callable[[Group], bool], ...] = (
            lambda group: group in near,
            lambda group: any(_are_beside(group, g) for g in near),
            lambda group: any(contains(group, g) or contains(g, group) for g in near),
            lambda _: True,
        )
        for is_near in nearness:
            places = [
                (table, int(group), measure)
                for table, sheet in self.sheets.items()
                for group in np.flatnonzero(sheet.anew & ~sheet.withheld)
                if is_near(sheet.counts.groups[group])
                for measure, name in enumerate(sheet.counts.measures)
                if finding.measure in ("", name)
                if sheet.counts.n[group, measure] >= self.policy.threshold
            ]
            if places:
                return sorted(places, key=lambda p: (self.sheets[p[0]].counts.n[p[1], p[2]], p))
        return []

    def candidate(self, published: Release) -> Candidate:
        """Close the work: what is published, and what is kept for next time."""
        computed = frozenset[Block](
            (sheet.counts.groups[group], table[1])
            for table, sheet in self.sheets.items()
            for group in np.flatnonzero(sheet.anew)
        )
        remembered = Publication(
            name=self.quarter,
            quarter=self.quarter,
            policy=self.policy.digest,
            plan=self.plan.digest,
            tier=self.tier.start,
            release=published,
            computed=computed,
            load=lambda: self.members,
        )
        return Candidate(remembered, tuple(self.decisions))

    def _log(
        self, number: int, rule: str, place: Place, measure: int, action: str, detail: str = ""
    ) -> None:
        counts = self.sheets[place[0]].counts
        n = int(counts.n[place[1], measure])
        group, name = counts.groups[place[1]], counts.measures[measure]
        self.decisions.append(Decision(number, rule, group, name, n, action, detail))


def _are_beside(one: Group, other: Group) -> bool:
    """Whether two groups of one table are parts of the same group, other than of the whole."""
    used = [a != ALL for a in one]
    return (
        one != other
        and used == [b != ALL for b in other]
        and any(u and a == b for u, a, b in zip(used, one, other, strict=True))
    )
