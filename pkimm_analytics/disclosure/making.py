"""
Making a release: count, freeze, protect, attack, and only then hand it out.

The order is fixed. Groups with too few changes since they were last computed are
carried forward; the rest is computed anew and protected; the whole is attacked
together with all earlier releases, and made coarser until no attack finds anything.
A release that still gives something away after the last round is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pkimm_analytics.audit.findings import Finding
from pkimm_analytics.audit.suite import JUDGED_BY_TRUTH, Rules, attack_release
from pkimm_analytics.audit.truth import Truth
from pkimm_analytics.disclosure.cube import FamilyCounts, count_family, nested_counts
from pkimm_analytics.disclosure.plan import Family, Plan, Tier
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.protect import (
    Figures,
    Flags,
    Link,
    large_enough,
    print_shares,
    withhold_for_residuals,
)
from pkimm_analytics.disclosure.records import Records, quarter_ordinal, read_records
from pkimm_analytics.disclosure.state import Members, State, current_members, enough_changed
from pkimm_analytics.disclosure.table import Block, table_columns
from pkimm_analytics.errors import DisclosureError, PolicyError, Problem
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import Group, Release, contains

Place = tuple[Family, int, int]
"""A table, a group in it and a measure of that."""


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
    columns : mapping of str to list
        The public table.
    blocks, as_of : mapping of Group
        What is printed about each group, and for which quarter it was computed.
    state : State
        To be kept for the next release. Private.
    decisions : tuple of Decision
        What was withheld and why. Private.
    rounds : int
        Audits that it took. Private.
    """

    quarter: str
    policy: Policy
    plan: Plan
    tier: Tier
    columns: Mapping[str, list[Any]] = field(repr=False)
    blocks: Mapping[Group, Block] = field(repr=False)
    as_of: Mapping[Group, str] = field(repr=False)
    state: State = field(repr=False)
    decisions: tuple[Decision, ...] = field(repr=False)
    rounds: int

    @property
    def published(self) -> Release:
        """The release as its readers see it."""
        return Release.from_columns("candidate", self.columns)


def make_release(
    contributions: Any,
    *,
    quarter: str,
    policy: Policy,
    plan: Plan,
    state: State | None = None,
    earlier: Sequence[Release] = (),
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
    state : State, optional
        What the last release left. None for the first release of a series.
    earlier : sequence of Release
        Earlier releases of the series, oldest first, for the audit.
    advance : callable, optional
        Called after each attack, of which there are more the more is found.

    Raises
    ------
    DisclosureError
        If contributions are not valid, there are too few, or the audit still finds
        something in the last round.
    PolicyError
        If the series was made with another policy or plan.
    """
    _check_series(policy, plan, state, quarter)
    records = (
        contributions
        if isinstance(contributions, Records)
        else read_records(contributions, plan, policy, quarter)
    )
    if state is not None:
        state = state.without_others(records.pseudonyms)
    work = _Work(records, quarter, policy, plan, state)
    rules = Rules(policy.threshold, policy.changes, policy.tail, policy.assessor_percent)
    for number in range(1, policy.rounds + 1):
        blocks = work.blocks(number)
        columns = table_columns(plan, work.tier, policy, blocks, work.as_of)
        published = Release.from_columns("candidate", columns)
        findings: list[Finding] = []
        for quickly in (True, False):  # linear programs only where nothing else finds anything
            findings = findings or work.concerned(
                attack_release(
                    published,
                    rules=rules,
                    truth=work.truth,
                    earlier=earlier,
                    quickly=quickly,
                    advance=advance,
                )
            )
        if not findings:
            return work.candidate(columns, blocks, number)
        if not work.adjust(findings, number):
            break
    raise DisclosureError(
        f"The release was refused: the audit still found {len(findings)} way(s) to learn"
        " something about few contributors. Nothing was published.",
        [Problem(finding.attack, "found by this attack") for finding in findings[:20]],
    )


def _check_series(policy: Policy, plan: Plan, state: State | None, quarter: str) -> None:
    if state is None:
        return
    problems = []
    if state.policy != policy.digest:
        problems.append(Problem("policy", "differs from that of the earlier releases"))
    if state.plan != plan.digest:
        problems.append(Problem("plan", "differs from that of the earlier releases"))
    if problems:
        raise PolicyError(
            "Two releases with different rules can be subtracted from each other. Nothing was"
            " published. Start a new series with a new private folder and a new release folder.",
            problems,
        )
    if state.as_of and quarter_ordinal(quarter) < max(map(quarter_ordinal, state.as_of.values())):
        raise DisclosureError("There is a release for a later quarter. Nothing was published.")


# --- one release in the making ------------------------------------------------------------


class _Work:
    """
    The steps of one release, in their order.

    It holds what the audit asked for so far: which figures to round more coarsely and
    which to withhold.
    """

    def __init__(
        self, records: Records, quarter: str, policy: Policy, plan: Plan, state: State | None
    ) -> None:
        self.records, self.quarter = records, quarter
        self.policy, self.plan, self.state = policy, plan, state
        self.truth: Truth = records.truth(plan)
        self.n_base = len(plan.categories) + 1
        self.decisions: list[Decision] = []
        self.coarser: dict[tuple[Family, int], int] = {}
        self.withheld: set[tuple[Family, int]] = set()
        self.refreshed: dict[Family, NDArray[np.bool_]] = {}
        self.counts: dict[Family, FamilyCounts] = {}
        base = count_family(records, plan, (), plan.measures_of(plan.tiers[0], ()))
        self.tier = self._tier(base)
        for family in self.tier.families:
            measures = plan.measures_of(self.tier, family)
            self.counts[family] = count_family(records, plan, family, measures)
        self.links = self._links()
        self._freeze()

    def _tier(self, base: FamilyCounts) -> Tier:
        """Tier by number of contributors; it is frozen as long as the whole is."""
        total = int(base.members[0])
        if self.state is not None and not self._refresh(base)[0]:
            total = self.state.tier
        tier = self.plan.tier(total)
        if tier is None or total < self.policy.threshold:
            raise DisclosureError(
                f"There are fewer than {max(self.plan.tiers[0].start, self.policy.threshold)}"
                " contributors that are old enough. Nothing was published."
            )
        return tier

    def _links(self) -> list[Link]:
        links = []
        for outer in self.counts:
            for inner in self.counts:
                if set(outer) < set(inner):
                    one, other = self.counts[outer].measures, self.counts[inner].measures
                    shared = one if len(one) < len(other) else other
                    nested = nested_counts(
                        self.records, self.plan, self.counts[outer], inner, shared
                    )
                    links.append(Link(outer, inner, nested))
        return links

    def _refresh(self, counts: FamilyCounts) -> NDArray[np.bool_]:
        """Find the groups to compute anew: those never computed, and those that changed."""
        if self.state is None:
            return np.ones(len(counts.groups), bool)
        places = {group: i for i, group in enumerate(counts.groups)}
        renamed = np.array([places.get(g, -1) for g in self.state.groups] or [-1], np.int32)
        before = self.state.members.moved(renamed)
        before = before.take(before.group >= 0)
        known = np.array([group in self.state.blocks for group in counts.groups])
        oldest = (
            quarter_ordinal(self.quarter)
            - self.policy.age_months // 3
            - self.policy.window_months // 3
            + 1
        )
        now = current_members(self.records, counts)
        changed = enough_changed(before, now, len(counts.groups), oldest, self.policy)
        return np.asarray(changed | ~known)

    def _freeze(self) -> None:
        self.as_of: dict[Group, str] = {}
        for family, counts in self.counts.items():
            self.refreshed[family] = self._refresh(counts)
            for group, anew in zip(counts.groups, self.refreshed[family], strict=True):
                self.as_of[group] = (
                    self.quarter if anew or self.state is None else (self.state.as_of[group])
                )

    def blocks(self, number: int) -> dict[Group, Block]:
        """Protect the groups that are computed anew, and carry the others forward."""
        published = large_enough(self.counts, self.policy, self.tier, self.n_base)
        self._log_small(published, number)
        for table, place in self.withheld:
            published[table][place] = False
        self._use_frozen(published)
        hit = withhold_for_residuals(
            published, self.refreshed, self.counts, self.links, self.policy.threshold
        )
        for one in hit:
            self._log(number, "residual", one, "withheld")
        blocks: dict[Group, Block] = {}
        for family, counts in self.counts.items():
            for index, group in enumerate(counts.groups):
                if self.refreshed[family][index] or self.state is None:
                    blocks[group] = self._block(family, index, published[family][index])
                else:
                    blocks[group] = self.state.blocks[group]
        return blocks

    def _use_frozen(self, published: Flags) -> None:
        """Publish, or withhold, what is carried forward as it was."""
        for family, counts in self.counts.items():
            for index in np.flatnonzero(~self.refreshed[family]):
                block = {} if self.state is None else self.state.blocks[counts.groups[index]]
                published[family][index] = [measure in block for measure in counts.measures]

    def _block(self, family: Family, index: int, shown: NDArray[np.bool_]) -> Block:
        counts = self.counts[family]
        block: dict[str, Figures] = {}
        for measure in np.flatnonzero(shown):
            coarser = self.coarser.get((family, index), 0)
            figures = print_shares(counts.counts[index, measure], self.policy, coarser)
            if figures is not None:
                block[counts.measures[measure]] = figures
        return block

    def concerned(self, findings: Sequence[Finding]) -> list[Finding]:
        """
        Leave out what is said about groups that are carried forward.

        They passed their audit when they were computed; the records of today are not
        those behind them. What follows from them together with new rows stays.
        """
        anew = {
            group
            for family, counts in self.counts.items()
            for group, is_new in zip(counts.groups, self.refreshed[family], strict=True)
            if is_new
        }
        return [
            f
            for f in findings
            if f.attack not in JUDGED_BY_TRUTH or not f.groups or anew & set(f.groups)
        ]

    def adjust(self, findings: Sequence[Finding], number: int) -> bool:
        """
        Make the groups behind each finding coarser, or withhold them. False if it cannot.

        It is done to all measures of a group: if only one were coarser or missing, that
        would say what the audit found.
        """
        done: set[tuple[Family, int]] = set()
        for finding in findings:
            place = self._smallest_concerned(finding)
            if place is None or place[:2] in done:
                continue
            family, group, _ = place
            done.add((family, group))
            coarser = self.coarser.get((family, group), 0) + 1
            smallest = int(self.counts[family].n[group].max())
            fits = self.policy.step(self.policy.band_start(smallest), coarser)
            if finding.groups and fits and coarser <= 1:
                self.coarser[family, group] = coarser
                self._log(number, finding.attack, place, "coarser", finding.learned)
            else:
                self.withheld.add((family, group))
                self._log(number, finding.attack, place, "withheld", finding.learned)
        return bool(done)

    def _smallest_concerned(self, finding: Finding) -> Place | None:
        """
        Smallest printed group, computed anew, that a finding is about or follows from.

        What is learned about a group without figures follows from those beside it, then
        from those around it, then from any.
        """
        anew = [
            (family, index, group)
            for family, counts in self.counts.items()
            for index, group in enumerate(counts.groups)
            if self.refreshed[family][index]
        ]
        near = finding.groups
        for choice in (
            [p for p in anew if p[2] in near],
            [p for p in anew if any(_are_beside(p[2], g) for g in near)],
            [p for p in anew if any(contains(p[2], g) or contains(g, p[2]) for g in near)],
            anew,
        ):
            places = [p for f, i, _ in choice for p in self._printed_places(f, i, finding.measure)]
            if places:
                return min(places, key=lambda p: (int(self.counts[p[0]].n[p[1], p[2]]), p))
        return None

    def _printed_places(self, family: Family, index: int, measure: str) -> list[Place]:
        counts = self.counts[family]
        if (family, index) in self.withheld:
            return []
        enough = counts.n[index] >= self.policy.threshold
        return [
            (family, index, m)
            for m, name in enumerate(counts.measures)
            if measure in ("", name) and enough[m]
        ]

    def candidate(
        self, columns: Mapping[str, list[Any]], blocks: Mapping[Group, Block], rounds: int
    ) -> Candidate:
        """Close the work: what is published, and what is kept for next time."""
        return Candidate(
            quarter=self.quarter,
            policy=self.policy,
            plan=self.plan,
            tier=self.tier,
            columns=columns,
            blocks=blocks,
            as_of=self.as_of,
            state=self._next_state(blocks),
            decisions=tuple(self.decisions),
            rounds=rounds,
        )

    def _next_state(self, blocks: Mapping[Group, Block]) -> State:
        old = self.state
        every = dict(old.blocks) | dict(blocks) if old else dict(blocks)
        dates = dict(old.as_of) | self.as_of if old else dict(self.as_of)
        order = {group: i for i, group in enumerate(sorted(every))}
        parts = []
        anew: set[Group] = set()
        for family, counts in self.counts.items():
            now = current_members(self.records, counts)
            parts.append(
                now.take(self.refreshed[family][now.group]).moved(
                    np.array([order[group] for group in counts.groups], np.int32)
                )
            )
            anew |= {g for g, r in zip(counts.groups, self.refreshed[family], strict=True) if r}
        if old is not None and len(old.groups):
            kept = np.array([-1 if g in anew else order[g] for g in old.groups], np.int32)
            carried = old.members.moved(kept)
            parts.append(carried.take(carried.group >= 0))
        return State(
            sequence=(old.sequence if old else 0) + 1,
            policy=self.policy.digest,
            plan=self.plan.digest,
            tier=self.tier.start,
            blocks=every,
            as_of=dates,
            members=Members.join(parts),
            releases=old.releases if old else (),
        )

    def _log(self, number: int, rule: str, place: Place, action: str, detail: str = "") -> None:
        counts = self.counts[place[0]]
        group, measure = counts.groups[place[1]], counts.measures[place[2]]
        n = int(counts.n[place[1], place[2]])
        self.decisions.append(Decision(number, rule, group, measure, n, action, detail))

    def _log_small(self, published: Flags, number: int) -> None:
        if number > 1:
            return
        for family, flags in published.items():
            for group, measure in np.argwhere(~flags & self.refreshed[family][:, None]):
                self._log(number, "threshold", (family, int(group), int(measure)), "withheld")


def _are_beside(one: Group, other: Group) -> bool:
    """Whether two groups of one table are parts of the same group, other than of the whole."""
    used = [a != ALL for a in one]
    return (
        one != other
        and used == [b != ALL for b in other]
        and any(u and a == b for u, a, b in zip(used, one, other, strict=True))
    )


def with_release(state: State, release_id: str) -> State:
    """State that knows one more release."""
    if release_id in state.releases:
        return state
    return replace(state, releases=(*state.releases, release_id))
