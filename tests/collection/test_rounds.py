"""
Rounds: the same parent is the same in every contribution, and a ticket vouches for one.
"""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
import pytest

from pkimm_analytics.anonymize import Identity, KeyStore, anonymize
from pkimm_analytics.anonymize.identifiers import registered
from pkimm_analytics.collection import Collection, verify
from pkimm_analytics.collection.doubts import doubts
from pkimm_analytics.disclosure import (
    load_plan,
    load_policy,
    make_release,
    open_contributions,
)
from pkimm_analytics.errors import CollectionError, ContributionError, DisclosureError
from tests.collection.invented import invented
from tests.planted import planted_assessment

PARENT, OTHER = "529900T8BM49AURSDO55", "Example Holding SE/FRA"


@pytest.fixture
def collection(tmp_path):
    """A collection without anything in it."""
    return Collection(tmp_path / "c", create=True)


@pytest.fixture
def given(tmp_path):
    """Contribution of an organization from a computer of its own."""

    def contribute(name, invitation, ticket=None, **stated):
        key = hashlib.sha256(name.encode()).digest()
        store = KeyStore(key)
        one = planted_assessment()
        who = one.organization.replace(name=name, parent="", region="DEU")
        same = one.replace(
            id=name.replace(" ", "-"), organization=who, assessor={"position": "internal"}
        )
        identity = Identity(ticket=ticket, **{"parent": PARENT, **stated})
        return anonymize(same, store, identity, invitation).contribution

    return contribute


def rows(collection):
    """Stored rows by the order of adding, as dicts."""
    table = pa.concat_tables(collection.open_rows(purpose="rows for a test").tables())
    return {row["contribution"]: row for row in table.to_pylist()}


# --- identifiers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Müller & Söhne, a.s./CZE", "muller and sohne AS / cze"),
        ("Example  Bank AG/DEU", "EXAMPLE BANK/DEU"),
        ("L’Exemple S.A./FRA", "lexemple/FRA"),
        ("5299 00T8 BM49 AURSDO55", "529900t8bm49aursdo55"),
    ],
)
def test_an_organization_is_spelled_one_way(text, same):
    """
    Case, accents, punctuation and legal forms make no difference.
    """
    assert registered(text) == registered(same) is not None


@pytest.mark.parametrize(
    "text", ["Example Bank", "Example Bank/XXX", "529900T8BM49AURSDO56", "/DEU", "AG/", "-/DEU"]
)
def test_what_is_no_identifier_is_none(text):
    """
    A wrong check digit, no country, no name.
    """
    assert registered(text) is None


def test_a_name_that_is_a_legal_form_stays():
    """
    Nothing would be left of it otherwise.
    """
    assert registered("SE SA/DEU") == "se/DEU"


# --- one organization, one voice ---------------------------------------------------------------


def test_ten_subsidiaries_of_one_parent_are_one_parent(collection, given):
    """
    From ten computers with ten keys; without the round nobody could know.
    """
    invitation = collection.open_round()
    tickets = collection.new_tickets(10)
    made = [given(f"Sub {n} Ltd", invitation, ticket) for n, ticket in enumerate(tickets)]
    assert collection.append(made).added == 10
    found = rows(collection).values()
    assert len({row["parent"] for row in found}) == 1
    assert len({row["org"] for row in found}) == 10
    assert all(row["is_verified"] for row in found)
    apart = [given(f"Sub {n} Ltd", None) for n in range(10)]
    assert len({one.parent for one in apart}) == 10


def test_the_parent_itself_meets_its_subsidiaries(collection, given):
    """
    Whoever has no parent is its own; the name stands for it, with its country.
    """
    invitation = collection.open_round()
    head = given("Example Holding", invitation, parent=None, organization="Example Holding SE/DEU")
    member = given("Sub", invitation, parent="EXAMPLE HOLDING/deu")
    assert head.parent == member.parent
    assert head.org != member.org
    assert given("Example Holding", invitation, parent=None).org == head.org


def test_in_a_round_whoever_is_named_is_named_so_that_all_name_it_alike(collection, given):
    """
    An external assessor and a parent need an id as well.
    """
    invitation = collection.open_round()
    with pytest.raises(ContributionError) as caught:
        given("Sub", invitation, parent="The Holding")
    assert [p.where for p in caught.value.problems] == ["parent-id"]
    one = planted_assessment()
    store = KeyStore(hashlib.sha256(b"of a test").digest())
    with pytest.raises(ContributionError) as caught:
        anonymize(one, store, Identity(organization=PARENT, parent=PARENT), invitation)
    assert [p.where for p in caught.value.problems] == ["assessor-id"]


def test_nothing_in_the_collection_can_make_a_pseudonym(collection, given):
    """
    The key of the round is in the invitation and nowhere else; tickets are hashes.
    """
    invitation = collection.open_round()
    (ticket,) = collection.new_tickets(1)
    collection.append([given("Sub", invitation, ticket)])
    every = b"".join(p.read_bytes() for p in collection.place.folder.rglob("*") if p.is_file())
    for secret in (invitation.key, ticket, PARENT):
        assert secret.encode() not in every
    assert invitation.key not in repr(invitation)


# --- tickets -------------------------------------------------------------------------------------


def test_without_a_ticket_a_contribution_is_kept_and_not_vouched_for(collection, given):
    """
    In no round, without a ticket, with one that nobody made, of a round that is not here.
    """
    invitation = collection.open_round()
    collection.new_tickets(1)
    strange = invitation.replace(round="2026Q4-ZZZZZZ")
    code = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
    made = [
        given("A", None),
        given("B", invitation),
        given("C", invitation, code),
        given("D", strange, code),
    ]
    result = collection.append(made)
    assert result.added == 4
    assert [p.where for p in result.problems] == ["ticket", "ticket"]
    assert not any(row["is_verified"] for row in rows(collection).values())
    assert (collection.info().contributions, collection.info().verified) == (4, 0)


def test_a_ticket_is_for_one_organization_and_one_parent(collection, given):
    """
    A second use case of the same may come with it; whoever else does is named.
    """
    invitation = collection.open_round()
    (ticket,) = collection.new_tickets(1)
    assert collection.append([given("A", invitation, ticket)]).problems == ()
    again = given("A", invitation, ticket).replace(contribution="A" * 26)
    assert collection.append([again]).problems == ()
    problems = collection.append([given("B", invitation, ticket)]).problems
    assert "another organization" in str(problems[0])
    other = given("A", invitation, ticket, parent=OTHER).replace(contribution="B" * 26)
    assert "another parent" in str(collection.append([other]).problems[0])
    verified = [row["is_verified"] for row in rows(collection).values()]
    assert sorted(verified) == [False, False, True, True]


def test_a_revision_keeps_its_ticket_and_a_ticket_may_come_later(collection, given):
    """
    The proof of the receipt says that it is the same contributor.
    """
    invitation = collection.open_round()
    (ticket,) = collection.new_tickets(1)
    bare, good = given("A", invitation), given("A", invitation, ticket)
    collection.append([bare])
    result = collection.append([good])
    assert (result.unchanged, result.added) == (1, 0)
    assert rows(collection)[good.id]["is_verified"]
    revised = bare.replace(answers={"G.compliance": 3})
    assert collection.append([revised]).refused == 1
    assert collection.append([revised], prove=proof_of("A")).replaced == 1
    assert rows(collection)[good.id]["is_verified"]
    assert collection.append([bare]).refused == 1


def proof_of(name):
    """What the key of an organization proves."""
    from pkimm_analytics.anonymize.identifiers import receipt_token

    key = hashlib.sha256(name.encode()).digest()
    return lambda contribution, content: receipt_token(key, contribution, content)


# --- rounds that follow ---------------------------------------------------------------------------


def test_linked_rounds_link_and_others_are_refused(collection, given):
    """
    A round of another key would count everybody twice.
    """
    first = collection.open_round()
    for options in ({}, {"link": first.replace(round="2026Q4-ZZZZZZ")}):
        with pytest.raises(CollectionError, match="tied to the newest"):
            collection.open_round(**options)
    second = collection.open_round(link=first)
    assert second.round != first.round
    assert given("A", first).parent == given("A", second).parent
    assert [*collection.info().rounds] == [first.round, second.round]


def test_a_key_is_renewed_without_counting_twice(collection, given):
    """
    What comes with the new key says what it was called before, and the rows follow.
    """
    first = collection.open_round()
    tickets = collection.new_tickets(2)
    collection.append([given(n, first, t) for n, t in zip("AB", tickets, strict=True)])
    second = collection.open_round(renew=first)
    (ticket,) = collection.new_tickets(1)
    later = given("A", second, ticket)
    assert later.parent != given("A", first).parent
    other = later.replace(contribution="C" * 26)
    assert collection.append([other]).added == 1
    found = rows(collection)
    assert {row["parent"] for row in found.values()} == {later.parent}
    assert len({row["org"] for row in found.values()}) == 2
    assert verify(collection).problems == ()
    bad = given("C", second, "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", parent=OTHER)
    collection.append([bad.replace(former=later.former.replace(org=bad.former.org))])
    assert {row["parent"] for row in rows(collection).values() if row["is_verified"]} == {
        later.parent
    }


def test_invented_ones_count_only_among_themselves(collection, given):
    """
    Nobody has to vouch for what is invented, unless there is something to protect.
    """
    synthetic = invented(5)
    collection.append(synthetic)
    records = list(collection.open_rows(purpose="records for a test").records())
    assert all(v for t in records for v in t.column("is_verified").to_pylist())
    with collection.open_rows(purpose="records for a test").on() as table:
        assert table.is_verified.all().execute()
    collection.append([given("A", None)])
    records = list(collection.open_rows(purpose="records for a test").records())
    assert not any(v for t in records for v in t.column("is_verified").to_pylist())


# --- careless or invented -----------------------------------------------------------------------


def test_what_looks_careless_is_listed_and_decided_about(collection, given):
    """
    All equal, a copy of another, and a jump; the decision is noted and survives no revision.
    """
    invitation = collection.open_round()
    tickets = collection.new_tickets(4)
    keys = list(given("A", invitation).answers)
    low = {key: 1 + number % 2 for number, key in enumerate(keys)}
    high = {key: 4 + number % 2 for number, key in enumerate(keys)}
    flat = given("F", invitation, tickets[0]).replace(answers=dict.fromkeys(keys, 4))
    one = given("A", invitation, tickets[1]).replace(answers=low)
    copy = given("B", invitation, tickets[2]).replace(answers=low)
    jump = one.replace(answers=high, quarter="2026Q4", contribution="J" * 26)
    collection.append([flat, one, copy, jump])
    found = doubts(collection, purpose="careless data").set_index("contribution")
    assert found["sign"].to_dict().keys() >= {flat.id, jump.id}
    assert found.loc[flat.id, "sign"] == "flat"
    assert set(found.index[found["sign"] == "copy"]) <= {one.id, copy.id}
    assert (found["sign"] == "copy").sum() == 1
    assert found.loc[jump.id, "other"] == one.id
    collection.decide(flat.id, "set-aside", reason="looks invented")
    collection.decide(jump.id, "keep", reason="was explained by mail")
    found = doubts(collection, purpose="careless data").set_index("contribution")
    assert found["decision"].to_dict() | {flat.id: "set-aside", jump.id: "keep"} == (
        found["decision"].to_dict()
    )
    assert not found.loc[flat.id, "is_verified"]
    assert verify(collection).problems == ()
    collection.append([flat])
    assert not rows(collection)[flat.id]["is_verified"]
    with pytest.raises(CollectionError, match="Nothing was decided"):
        collection.decide("Z" * 26, "keep", reason="looks invented")


# --- commands -------------------------------------------------------------------------------------


def test_a_round_from_the_command_line(run, tmp_path):
    """
    Open, invite, contribute with a ticket, look, decide.
    """
    opened = run("collection", "open-round", "c", "--out", "invitation.json", "--json")
    assert (tmp_path / "invitation.json").stat().st_mode & 0o077 == 0
    round_ = json.loads(opened.stdout)["round"]
    assert run("collection", "open-round", "c", "--out", "invitation.json").exit_code == 1
    tickets = run("collection", "tickets", "c", "--number", 2).stdout.split()
    assert len(set(tickets)) == 2
    one = planted_assessment(assessor={"position": "internal"})
    (tmp_path / "a.json").write_bytes(one.dumps())
    ids = ("--organization-id", "Zorbax Widgets AG/DEU", "--parent-id", PARENT)
    invited = ("--invitation", "invitation.json", "--ticket", tickets[0])
    shown = json.loads(run("contribute", "a.json", *ids, *invited, "--preview").stdout)[0]
    assert (shown["round"], shown["ticket"]) == (round_, tickets[0])
    assert run("contribute", "a.json", *ids, *invited, "-c", "c").exit_code == 0
    info = json.loads(run("collection", "info", "c", "--json").stdout)
    assert (info["contributions"], info["verified"]) == (1, 1)
    assert info["rounds"] == {round_: {"tickets": 2, "used": 1}}
    assert "1 of 2 tickets used" in run("collection", "info", "c").stdout
    found = run("collection", "check", "c", "--purpose", "careless data", "--json")
    assert json.loads(found.stdout)["doubts"] == []
    reason = ("--reason", "was never invited", "-c", "c")
    assert run("collection", "decide", shown["contribution"], "set-aside", *reason).exit_code == 0
    assert json.loads(run("collection", "info", "c", "--json").stdout)["verified"] == 0
    alone = run("contribute", "a.json", "--ticket", tickets[1], "-c", "c")
    assert alone.exit_code == 1
    assert "give its invitation" in alone.stderr


def test_only_who_is_vouched_for_is_published_and_a_parent_counts_once(collection, given, tmp_path):
    """
    Ten subsidiaries, or nine invented ones beside a genuine one, are no group of ten.
    """
    plan, quarter = load_plan(), "2026Q4"
    invitation = collection.open_round()
    tickets = collection.new_tickets(30)

    def n_published(place):
        found = open_contributions(place.place.folder)
        try:
            made = make_release(found, quarter=quarter, policy=load_policy(), plan=plan)
        except DisclosureError:
            return 0
        return sum(not suppressed for suppressed in made.columns["suppressed"])

    collection.append([given(f"Sub {n}", invitation, tickets[n]) for n in range(10)])
    assert n_published(collection) == 0
    collection.append([given(f"Invented {n}", invitation, parent=None) for n in range(9)])
    collection.append([given(f"Own use {n}", None, parent=None) for n in range(9)])
    assert n_published(collection) == 0
    others = [given(f"Other {n}", invitation, tickets[10 + n], parent=None) for n in range(12)]
    collection.append(others)
    assert n_published(collection) > 0
