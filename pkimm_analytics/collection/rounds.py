"""
Rounds of a collection, their tickets, and whether a contribution is vouched for.

The collection knows the public id of a round and hashes of its tickets, never the key:
with the key and the rows, names could be tested. A ticket belongs to the organization and
parent that came with it first; whoever comes with it later is named and not vouched for.
What is kept of that are hashes that nobody can test without the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from pkimm_analytics.anonymize.contribution import Coded, Contribution
from pkimm_analytics.anonymize.identifiers import hashed
from pkimm_analytics.anonymize.invitation import Invitation, new_invitation, new_ticket
from pkimm_analytics.collection.journal import about
from pkimm_analytics.collection.place import Place
from pkimm_analytics.collection.revisions import Held
from pkimm_analytics.errors import CollectionError, PkimmError, Problem
from pkimm_analytics.files import read_json
from pkimm_analytics.records import ClosedRecord

NAME = "_rounds.json"
MOST_TICKETS = 100_000

Hash = Annotated[str, Coded("commitment")]
Use = tuple[Hash, Hash]
"""Organization and parent that came with a ticket, as hashes that only the ticket can tell."""


class Round(ClosedRecord):
    """One round: its id, and by the hash of each ticket who used it."""

    id: Annotated[str, Coded("round")]
    renews_key: bool = False
    tickets: Mapping[Hash, Use | None] = Field(default_factory=dict)

    def tickets_used(self) -> dict[str, int]:
        """How many tickets there are, and how many were used."""
        used = sum(use is not None for use in self.tickets.values())
        return {"tickets": len(self.tickets), "used": used}


class Rounds(ClosedRecord):
    """All rounds of a collection, the oldest first."""

    FORMAT = "pkimm-rounds/1"
    ERROR = CollectionError
    rounds: tuple[Round, ...] = ()

    def of(self, id_: str | None) -> Round | None:
        """Return the round with an id."""
        return next((one for one in self.rounds if one.id == id_), None)

    def changed(self, one: Round) -> Rounds:
        """Return the rounds with one of them added, or in the place of what it was."""
        every = {other.id: other for other in self.rounds} | {one.id: one}
        return self.replace(rounds=tuple(every.values()))


def read_rounds(place: Place) -> Rounds:
    """
    Read the rounds of a collection.

    Raises
    ------
    CollectionError
        If the file is damaged.
    """
    try:
        return Rounds.read(read_json(place.read(NAME), NAME), NAME)
    except FileNotFoundError:
        return Rounds()
    except PkimmError:
        raise CollectionError(
            "The rounds of the collection are damaged. Nothing was changed.",
            [Problem(NAME, "restore it from a backup")],
        ) from None


def opened(
    rounds: Rounds, *, link: Invitation | None = None, renew: Invitation | None = None
) -> tuple[Rounds, Invitation]:
    """
    Open a round.

    Parameters
    ----------
    link, renew : Invitation, optional
        To the newest round: its key is kept, or renewed.

    Raises
    ------
    CollectionError
        If there are rounds and the new one is not tied to the newest: the same parent would
        have two pseudonyms, and count twice.
    """
    given = link or renew
    newest = rounds.rounds[-1].id if rounds.rounds else None
    if (given and given.round) != newest or (link and renew):
        expected = f"--link or --renew with the invitation to {newest}" if newest else "neither"
        raise CollectionError(
            "A round is tied to the newest one, so that nobody counts twice. Nothing was opened.",
            [Problem("round", f"expected {expected}")],
        )
    invitation = new_invitation(link=link, renew=renew)
    return rounds.changed(Round(id=invitation.round, renews_key=bool(renew))), invitation


def with_tickets(rounds: Rounds, id_: str | None, n: int) -> tuple[Rounds, list[str]]:
    """
    Make tickets of a round, the newest one if none is named.

    Raises
    ------
    CollectionError
        If there is no such round, or the number is not one of tickets.
    """
    one = rounds.of(id_ or (rounds.rounds[-1].id if rounds.rounds else None))
    if one is None:
        raise CollectionError("There is no such round; see: pkimm collection open-round.")
    if not 1 <= n <= MOST_TICKETS:
        raise CollectionError(f"Expected 1 to {MOST_TICKETS:,} tickets.")
    codes = [new_ticket() for _ in range(n)]
    tickets = {**one.tickets, **dict.fromkeys(map(ticket_tag, codes))}
    return rounds.changed(one.replace(tickets=tickets)), codes


def ticket_tag(code: str) -> str:
    """Hash of a ticket, which the collection knows it by."""
    return hashed("ticket", code)


def vouch(
    rounds: Rounds,
    given: Sequence[Contribution],
    held: Mapping[str, Held],
    decided: Mapping[str, str],
) -> tuple[Rounds, list[tuple[str | None, bool]], list[Problem]]:
    """
    Tell which contributions are vouched for, and bind their tickets.

    A revision needs no ticket where the organization, its parent and the round stay. What
    was set aside is not vouched for.

    Returns
    -------
    tuple
        The rounds afterwards; the hash of the ticket of each, and whether it is vouched
        for; and a remark for each ticket that was no good.
    """
    found: list[tuple[str | None, bool]] = []
    problems = []
    for one in given:
        earlier = held.get(one.id)
        if not one.ticket:
            is_same = earlier is not None and _is_by_the_same(one, earlier)
            kept = earlier if is_same else None
            found.append((kept.ticket, kept.is_verified) if kept else (None, False))
            continue
        round_ = rounds.of(one.round)
        why = _not_vouched(one, round_)
        is_aside = decided.get(about(one.id, one.commitment)) == "set-aside"
        found.append((ticket_tag(one.ticket), not why and not is_aside))
        if round_ and not why:
            use = _bound(one, one.org, one.parent)
            tickets = {**round_.tickets, ticket_tag(one.ticket): use}
            rounds = rounds.changed(round_.replace(tickets=tickets))
        else:
            name = ticket_tag(one.ticket)[:8]
            message = f"{name} {why}; the contribution is kept as unverified"
            problems.append(Problem("ticket", message, refused=False))
    return rounds, found, problems


def _is_by_the_same(one: Contribution, earlier: Held) -> bool:
    before = earlier.contribution
    return (one.org, one.parent, one.round) == (before.org, before.parent, before.round)


def _not_vouched(one: Contribution, round_: Round | None) -> str:
    """Why a ticket does not vouch for a contribution; empty if it does."""
    if round_ is None:
        return "is of a round that the collection does not know"
    tag = ticket_tag(str(one.ticket))
    if tag not in round_.tickets:
        return "is none of the round"
    use = round_.tickets[tag]
    if use is None:
        return ""
    called: list[Any] = [one, one.former] if one.former else [one]
    orgs, parents = zip(*(_bound(one, who.org, who.parent) for who in called), strict=True)
    if use[0] not in orgs:
        return "was used by another organization before"
    return "" if use[1] in parents else "was used with another parent before"


def _bound(one: Contribution, org: str, parent: str) -> Use:
    code = str(one.ticket)
    return hashed("ticket-org", code, org), hashed("ticket-parent", code, parent)


def new_names(given: Sequence[Contribution], rounds: Rounds) -> dict[str, dict[str, str]]:
    """By column: what pseudonyms of earlier rounds are called with the renewed key."""
    found: dict[str, dict[str, str]] = {"org": {}, "parent": {}, "assessor": {}}
    for one in given:
        round_ = rounds.of(one.round)
        for name, names in found.items():
            old, new = getattr(one.former, name, None), getattr(one, name)
            if round_ and round_.renews_key and old and new:
                names[old] = new
    return {name: names for name, names in found.items() if names}
