"""
Making a release: count, freeze, protect, attack, and only then hand it out.

The order is fixed. Groups with too few changes since they were last computed are
carried forward; the rest is computed anew and protected; the whole is attacked
together with all earlier releases, and made coarser until no attack finds anything.
A release that still gives something away after the last round is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.suite import attack_release
from pkimm_analytics.disclosure.contributions import quarter_ordinal, read_records
from pkimm_analytics.disclosure.cube import FamilyCounts, count_family, nested_counts
from pkimm_analytics.disclosure.freeze import stays
from pkimm_analytics.disclosure.history import Block, Publication
from pkimm_analytics.disclosure.plan import Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import (
    Flags,
    Link,
    Table,
    large_enough,
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
    """
    A release that passed its audit and is ready to be written.

    Parameters
    ----------
    quarter : str
    policy, plan : Policy, Plan
        What it was made with.
    tier : Tier
    published : Release
        The public table.
    members : pyarrow.Table
        The records behind it. Private.
    computed : frozenset of (Group, str)
        Blocks that are not carried forward. Private.
    decisions : tuple of Decision
        What was withheld and why. Private.
    rounds : int
        Audits that it took. Private.
    """

    quarter: str
    policy: Policy
    plan: Plan
    tier: Tier
    published: Release = field(repr=False)
    members: Any = field(repr=False)
    computed: frozenset[Block] = field(repr=False)
    decisions: tuple[Decision, ...] = field(repr=False)
    rounds: int

    @property
    def columns(self) -> dict[str, list[Any]]:
        """Columns of the public table."""
        return {name: values.tolist() for name, values in self.published.columns.items()}

    def publication(self, name: str = "") -> Publication:
        """Return what is remembered of it, under its id."""
        return Publication(
            name=name or self.quarter,
            quarter=self.quarter,
            policy=self.policy.digest,
            plan=self.plan.digest,
            tier=self.tier.start,
            release=self.published,
            computed=self.computed,
            load=lambda: self.members,
        )


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
    wanted = quarter_ordinal(quarter)
    if any(quarter_ordinal(one.quarter) > wanted for one in history):
        raise DisclosureError("There is a release for a later quarter. Nothing was published.")
    records = (
        contributions
        if isinstance(contributions, Records)
        else read_records(contributions, plan, policy, quarter)
    )
    work = _Work(records, quarter, policy, plan, history)
    rules = policy.rules
    earlier = [one.vintage for one in history]
    findings: list[Finding] = []
    for number in range(1, policy.rounds + 1):
        published = work.published(number)
        findings = []
        for quickly in (True, False):  # linear programs only where nothing else finds anything
            findings = findings or attack_release(
                published,
                rules=rules,
                truth=work.truth,
                earlier=earlier,
                quickly=quickly,
                advance=advance,
            )
        if not findings:
            return work.candidate(published, number)
        if not work.adjust(findings, number):
            break
    raise DisclosureError(
        f"The release was refused: the audit still found {len(findings)} way(s) to learn"
        " something about few contributors. Nothing was published.",
        [Problem(finding.attack, "found by this attack") for finding in findings[:20]],
    )


# --- one release in the making ------------------------------------------------------------


class _Work:
    """
    The steps of one release, in their order.

    It holds what the audit asked for so far: which groups to round more coarsely, which to
    withhold, and which to leave as they were.
    """

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
        self.coarser: dict[Place, int] = {}
        self.withheld: set[Place] = set()
        self.last = self._last_computed()
        self.tier = self._tier()
        self.counts: dict[Table, FamilyCounts] = {
            (family, part): count_family(records, plan, self.tier, family, measures)
            for family in self.tier.families
            for part, measures in plan.parts(self.tier, family).items()
        }
        self.links = [
            Link(
                outer, inner, nested_counts(records, plan, self.tier, self.counts[outer], inner[0])
            )
            for outer in self.counts
            for inner in self.counts
            if outer[1] == inner[1] and set(outer[0]) < set(inner[0])
        ]
        self.anew = {
            table: ~self._stays(table, counts, self.tier) for table, counts in self.counts.items()
        }

    def _tier(self) -> Tier:
        """
        Tier by number of contributors, as long as the whole is frozen that of the last release.

        It never becomes a coarser one.
        """
        whole = ((), "base")
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
        is_frozen = bool(self._stays(whole, counts, first)[0])
        tier = self.plan.tier(earlier if is_frozen else max(total, earlier))
        return first if tier is None else tier

    def _last_computed(self) -> dict[Block, Publication]:
        return {block: one for one in self.history for block in one.computed}

    def _stays(self, table: Table, counts: FamilyCounts, tier: Tier) -> NDArray[np.bool_]:
        """Find the groups of a table that have too few changes to be computed anew."""
        held = np.zeros(len(counts.groups), bool)
        newest = quarter_ordinal(self.quarter) - self.policy.age_months // 3
        for one in self.history:
            was = np.array([(group, table[1]) in one.computed for group in counts.groups])
            if not (was & ~held).any():
                continue
            printed = np.array(
                [[_is_printed(one, g, m) for m in counts.measures] for g in counts.groups]
            )
            held |= was & stays(
                self.records,
                counts,
                Records.of_table(one.members, self.plan),
                printed,
                plan=self.plan,
                tier=tier,
                policy=self.policy,
                oldest=newest - self.policy.window_months // 3 + 1,
            )
        return held

    def published(self, number: int) -> Release:
        """Protect the groups that are computed anew, and carry the others forward."""
        shown = large_enough(self.counts, self.policy, self.tier)
        if number == 1:
            for table, flags in shown.items():
                for group, measure in np.argwhere(~flags & self.anew[table][:, None]):
                    self._log(number, "threshold", (table, int(group)), int(measure), "withheld")
        for table, group in self.withheld:
            shown[table][group] = False
        rows = self._carried(shown)
        threshold = self.policy.threshold
        for table, group, measure in withhold_for_residuals(
            shown, self.anew, self.counts, self.links, threshold
        ):
            self._log(number, "residual", (table, group), measure, "withheld")
        for table, counts in self.counts.items():
            for group, measure in np.argwhere(shown[table] & self.anew[table][:, None]):
                figures = print_shares(
                    counts.counts[group, measure],
                    self.policy,
                    self.coarser.get((table, int(group)), 0),
                )
                if figures is not None:
                    key = counts.groups[group], counts.measures[measure]
                    rows[key] = printed_rows(figures, self.policy, self.quarter)
        columns = table_columns(self.plan, self.tier, rows)
        return Release.from_columns("candidate", columns)

    def _carried(self, shown: Flags) -> dict[tuple[Group, str], Rows]:
        """Return the rows that are carried forward; what is, is shown as it was."""
        rows: dict[tuple[Group, str], Rows] = {}
        for table, counts in self.counts.items():
            for group in np.flatnonzero(~self.anew[table]):
                name = counts.groups[group]
                cells = self.last[name, table[1]].release.cells
                for place, measure in enumerate(counts.measures):
                    cell = cells.get((name, measure))
                    shown[table][group, place] = cell is not None and not cell.withheld
                    if cell is not None and not cell.withheld:
                        rows[name, measure] = cell.rows
        return rows

    def adjust(self, findings: Iterable[Finding], number: int) -> bool:
        """
        Change the groups behind each finding. False if nothing is left to change.

        A group becomes coarser, then stays as it was, or is withheld if it never was. It is
        done to all measures of a block: if only one were coarser or missing, that would say
        what the audit found.
        """
        done: set[Place] = set()
        for finding in findings:
            found = self._smallest_concerned(finding)
            if found is None or found[:2] in done:
                continue
            place, measure = found[:2], found[2]
            done.add(place)
            self._log(
                number,
                finding.attack,
                place,
                measure,
                self._change(place, finding),
                finding.learned,
            )
        return bool(done)

    def _change(self, place: Place, finding: Finding) -> str:
        table, group = place
        counts = self.counts[table]
        coarser = self.coarser.get(place, 0) + 1
        largest = int(counts.n[group].max())
        fits = self.policy.step(largest, coarser)
        if finding.groups and fits and coarser <= 1:
            self.coarser[place] = coarser
            return "coarser"
        if (counts.groups[group], table[1]) in self.last:
            self.anew[table][group] = False
            return "left as it was"
        self.withheld.add(place)
        return "withheld"

    def _smallest_concerned(self, finding: Finding) -> tuple[Table, int, int] | None:
        """
        Smallest printed group, computed anew, that a finding is about or follows from.

        What is learned about a group without figures follows from those beside it, then
        from those around it, then from any.
        """
        anew = [
            (table, int(group), counts.groups[group])
            for table, counts in self.counts.items()
            for group in np.flatnonzero(self.anew[table])
        ]
        near = finding.groups
        for choice in (
            [p for p in anew if p[2] in near],
            [p for p in anew if any(_are_beside(p[2], g) for g in near)],
            [p for p in anew if any(contains(p[2], g) or contains(g, p[2]) for g in near)],
            anew,
        ):
            places = [
                (table, group, measure)
                for table, group, _ in choice
                for measure in self._printed_measures((table, group), finding.measure)
            ]
            if places:
                return min(places, key=lambda p: (int(self.counts[p[0]].n[p[1], p[2]]), p))
        return None

    def _printed_measures(self, place: Place, measure: str) -> list[int]:
        if place in self.withheld:
            return []
        counts = self.counts[place[0]]
        enough = counts.n[place[1]] >= self.policy.threshold
        return [m for m, n in enumerate(counts.measures) if measure in ("", n) and enough[m]]

    def candidate(self, published: Release, rounds: int) -> Candidate:
        """Close the work: what is published, and what is kept for next time."""
        computed = frozenset(
            (counts.groups[group], table[1])
            for table, counts in self.counts.items()
            for group in np.flatnonzero(self.anew[table])
        )
        return Candidate(
            quarter=self.quarter,
            policy=self.policy,
            plan=self.plan,
            tier=self.tier,
            published=published,
            members=self.members,
            computed=computed,
            decisions=tuple(self.decisions),
            rounds=rounds,
        )

    def _log(
        self, number: int, rule: str, place: Place, measure: int, action: str, detail: str = ""
    ) -> None:
        counts = self.counts[place[0]]
        n = int(counts.n[place[1], measure])
        group, name = counts.groups[place[1]], counts.measures[measure]
        self.decisions.append(Decision(number, rule, group, name, n, action, detail))


def _is_printed(one: Publication, group: Group, measure: str) -> bool:
    cell = one.release.cells.get((group, measure))
    return cell is not None and not cell.withheld


def _are_beside(one: Group, other: Group) -> bool:
    """Whether two groups of one table are parts of the same group, other than of the whole."""
    used = [a != ALL for a in one]
    return (
        one != other
        and used == [b != ALL for b in other]
        and any(u and a == b for u, a, b in zip(used, one, other, strict=True))
    )
