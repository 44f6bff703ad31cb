"""
Contributions: what leaves, what never does, and who can be linked to whom.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import uuid
import zlib
from contextlib import suppress

import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import HealthCheck, given

from pkimm_analytics.anonymize import (
    Contribution,
    Identity,
    anonymize,
    dumps,
    loads,
    pseudonym,
    read_receipt,
    receipt_of,
    write_receipt,
)
from pkimm_analytics.anonymize.contribution import FIELDS
from pkimm_analytics.anonymize.identifiers import commitment_of
from pkimm_analytics.anonymize.keys import KeyStore
from pkimm_analytics.anonymize.scrubber import looks_like
from pkimm_analytics.anonymize.vocabulary import is_allowed
from pkimm_analytics.assessment import Answer, Organization, Period, State, UseCase, rated
from pkimm_analytics.errors import ContributionError, SourceFormatError
from pkimm_analytics.model import Edition, load_model
from pkimm_analytics.render.html import document as page_of
from pkimm_analytics.views.contribution import contribution
from tests.examples import examples
from tests.planted import HOST, MAIL, NAME, PARENT, found_in, planted_assessment
from tests.strategies import assessments

KEY = hashlib.sha256(b"first test key").digest()
OTHER_KEY = hashlib.sha256(b"second test key").digest()


@pytest.fixture
def store():
    """A key store of its own."""
    return KeyStore(KEY)


def made(assessment, store, **identity):
    """Contribution of an assessment."""
    return anonymize(assessment, store, Identity(**identity)).contribution


def preview_page(given):
    """What would leave, as a page."""
    return page_of(contribution(given), for_print=True).encode()


# --- what leaves -------------------------------------------------------------------


def test_no_planted_text_leaves(store):
    """
    Names, addresses, comments, ids, files and dates stay; not a word of them is left.
    """
    one = anonymize(planted_assessment(), store)
    assert found_in(dumps([one.contribution])) == []
    assert found_in(preview_page([one])) == []


def test_a_contribution_says_codes_only(store):
    """
    A country becomes a region of the world, a day a quarter; levels stay, also of extensions.

    A category that does not apply takes its requirements with it.
    """
    document = made(planted_assessment(), store).to_json()
    coarse = {"region": "europe", "sector": "finance", "size": "250-4999", "role": "internal"}
    assert document | coarse | {"quarter": "2026Q3"} == document
    assert document["answers"]["G.strategy-and-vision.sponsor-support"] == 1
    assert document["answers"]["G.compliance"] == "not_applicable"
    assert document["answers"]["G.compliance.compliance-policies"] == "not_applicable"
    assert document["extensions"]["pqc"]["version"] == "0.6.0"
    assert set(document["extensions"]["pqc"]["answers"].values()) == {2}
    own = made(planted_assessment(mode="self"), store).to_json()
    assert all(key.count(".") == 1 for key in own["answers"])


def test_use_cases_without_a_name_are_never_the_same(store):
    """
    Two of them are two; one that is named differs in its letters only.
    """
    named = [planted_assessment(id=id_, use_case=UseCase(name=name)) for id_, name in CASES]
    pseudonyms = [made(one, store).use_case for one in named]
    assert pseudonyms[0] != pseudonyms[1]
    assert pseudonyms[2] == pseudonyms[3]


CASES = (("a", ""), ("b", ""), ("c", "TLS"), ("d", " tls"))


def test_an_unknown_extension_is_left_out_and_said(store):
    """
    The id of an extension that somebody wrote for itself would identify it.
    """
    assessment = planted_assessment()
    own = assessment.extensions[0].replace(id="zorbax-internal")
    one = anonymize(assessment.replace(extensions=(own,)), store)
    assert one.contribution.extensions == {}
    assert [p.where for p in one.remarks] == ["extensions"]
    assert found_in(str(one.remarks)) == []


def test_the_document_has_the_fields_of_the_table_and_no_other(store):
    """
    Nothing else can leave: the schema takes no other field.
    """
    document = made(planted_assessment(), store).to_json()
    said = [name for name in FIELDS if name not in ("carried", "round")]
    assert list(document) == ["format", *said, "answers", "extensions"]
    assert jsonschema_problems(document) == []
    assert jsonschema_problems(document | {"more": 1}) != []


def jsonschema_problems(document):
    """What an independent reader of the published schema says."""
    validator = jsonschema.Draft202012Validator(Contribution.json_schema())
    return [error.message for error in validator.iter_errors(document)]


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(assessment=assessments(), quarter=st.sampled_from([None, "2026Q2"]))
def test_every_assessment_gives_a_document_of_codes_or_a_plain_refusal(
    tmp_path, assessment, quarter
):
    """
    Whatever the texts are, the document is valid and reads back equal, or none is made.
    """
    store = KeyStore(KEY)
    codes = {"sector": None, "size": "250-999", "region": "CZE", "role": None}
    assessment = assessment.replace(organization=assessment.organization.replace(**codes))
    where: set[str] = set()
    try:
        one = made(assessment, store, quarter=quarter)
    except ContributionError as error:
        where = {p.where for p in error.problems}
    assert where == {"period"} if where else loads(dumps([one]), "x") == ([one], [])


def test_an_edition_of_ones_own_is_contributed_as_the_published_one(store):
    """
    A changed model would stand out like a name; what the published one lacks is left out.
    """
    assessment = planted_assessment(
        model=Edition(version="2.0.0", digest="sha256:" + "1" * 64, requirements=77)
    )
    extra = {"G.compliance.zorbax-own": rated(3)}
    one = anonymize(assessment.replace(answers={**assessment.answers, **extra}), store)
    assert one.contribution.digest == load_model("2.0.0").digest
    assert "1 answer(s)" in one.remarks[0].message
    assert found_in(dumps([one.contribution])) == []


def test_an_edition_that_is_not_at_hand_is_refused(store):
    """
    It cannot be compared with anything.
    """
    unknown = Edition(version="9.9.9", digest="sha256:" + "1" * 64, requirements=77)
    with pytest.raises(ContributionError, match=r"not a published edition; expected 1\.0\.0"):
        made(planted_assessment(model=unknown), store)


def test_an_assessment_without_a_date_needs_a_quarter(store):
    """
    The quarter is not guessed.
    """
    undated = planted_assessment(period=Period(), updated=None)
    with pytest.raises(ContributionError, match="no date"):
        made(undated, store)
    assert made(undated, store, quarter="2025Q4").quarter == "2025Q4"


def test_assurance_that_is_not_stated_counts_as_the_weakest_and_is_said(store):
    """
    Somebody's own word is what nobody has confirmed.
    """
    one = anonymize(planted_assessment(assurance=None), store)
    assert one.contribution.assurance == "self"
    assert one.remarks[0].where == "assurance"


def test_a_profile_that_is_no_code_is_refused_without_repeating_it(store):
    """
    People write names into the wrong field.
    """
    wrong = planted_assessment().organization.replace(sector=NAME, region="Czechia")
    with pytest.raises(ContributionError) as caught:
        made(planted_assessment(organization=wrong), store)
    assert len(caught.value.problems) == 2
    assert found_in(str(caught.value)) == []


# --- pseudonyms ------------------------------------------------------------------------


def test_the_same_key_links_assessments_of_one_organization(store):
    """
    A later assessment has the same pseudonyms, and one of its own.
    """
    first = made(planted_assessment(), store).to_json()
    another = planted_assessment(id="another", period=Period(finish="2026-11-02"))
    later = made(another, store).to_json()
    same = [name for name in ("org", "parent", "use_case", "assessor") if first[name]]
    assert len(same) == 4
    assert all(first[name] == later[name] for name in same)
    assert first["contribution"] != later["contribution"]


def test_keys_and_kinds_of_pseudonyms_have_nothing_in_common(store):
    """
    Not even the first eight letters, with one id for the organization, parent and assessor.
    """
    ids = dict.fromkeys(("organization", "parent", "assessor"), "5299-1")
    values = [made(planted_assessment(), s, **ids).to_json() for s in (store, KeyStore(OTHER_KEY))]
    names = ("contribution", "org", "parent", "use_case", "assessor", "commitment")
    assert len({one[name][:8] for one in values for name in names}) == 2 * len(names)


def test_an_organization_without_a_parent_is_its_own(store):
    """
    The head of a group and its members meet under one parent.
    """
    head = planted_assessment(organization=Organization(name=PARENT), id="head")
    member = planted_assessment(organization=Organization(name=NAME, parent=PARENT))
    assert made(head, store).parent == made(member, store).parent
    assert made(head, store).org != made(member, store).org


def test_an_internal_assessor_has_no_pseudonym(store):
    """
    Only who assesses for others can supply much of a group.
    """
    assessment = planted_assessment()
    internal = assessment.assessor.replace(position="internal")
    assert made(assessment.replace(assessor=internal), store).assessor is None


def test_ids_are_compared_without_case_width_and_blanks():
    """
    The same register number is the same organization however it is typed.
    """
    assert pseudonym(KEY, "org", " ５２９９abc ") == pseudonym(KEY, "org", "5299ABC")


def test_no_hash_of_a_guess_gives_a_pseudonym(store):
    """
    Names and ids in five spellings through nine hashes and keys that people would guess.
    """
    lei = "529900T8BM49AURSDO55"
    values = made(planted_assessment(), store, organization=lei).to_json()
    shown = {v for name, v in values.items() if name in {"org", "parent", "contribution"}}
    hashes = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b")
    guesses = set()
    for text in (lei, NAME, HOST, MAIL):
        for spelling in (text, text.lower(), text.upper(), text.strip("AG "), text[::-1]):
            raw = spelling.encode()
            for salt in (b"", b"pkimm", b"pkimm/org/v1\0", b"salt"):
                digests = [hashlib.new(name, salt + raw).digest() for name in hashes]
                digests.append(uuid.uuid5(uuid.NAMESPACE_DNS, spelling).bytes)
                digests.append(zlib.crc32(raw).to_bytes(4, "big"))
                guesses |= {base64.b32encode(d).decode()[:8] for d in digests}
                guesses |= {d.hex()[:8].upper() for d in digests}
            for key in (b"k" * 32, b"pkimm", b"secret", bytes(32)):
                guesses.add(pseudonym(key, "org", spelling)[:8])
                guesses.add(pseudonym(key, "parent", spelling)[:8])
    assert {value[:8] for value in shown} & guesses == set()


@pytest.mark.parametrize(
    "given", [NAME, "zorbax widgets-holding", MAIL, HOST, "", "a\nb", "x" * 201]
)
def test_an_id_that_anybody_could_guess_is_refused(store, given):
    """
    A name or a host is no register id; the message does not repeat it.
    """
    with pytest.raises(ContributionError) as caught:
        made(planted_assessment(), store, organization=given)
    assert [p.where for p in caught.value.problems] == ["organization-id"]
    assert found_in(str(caught.value)) == []


# --- scrubber ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("jane.doe@pki.example.org", "a mail address"),
        ("see https://pki.example/x", "a web address"),
        ("www.example", "a web address"),
        ("CN=Root CA, O=Example", "a distinguished name"),
        ("o=Example", "a distinguished name"),
        ("ca01.corp.example", "a host name"),
        ("10.1.2.3", "an IP address"),
        ("2001:db8::1", "an IP address"),
        ("C:\\pki\\keys", "a path"),
        ("/srv/pki/keys", "a path"),
        ("policy.docx", "a file name"),
        ("+49 30 1234567", "a telephone number"),
        ("Jane Doe", "a name"),
        ("Müller & Söhne", "a name"),
    ],
)
def test_the_scrubber_knows_what_identifies(text, kind):
    """
    One invented example of each kind.
    """
    assert kind in looks_like(text)


@pytest.mark.parametrize("field", [*FIELDS, "ticket", "replaces"])
@pytest.mark.parametrize("text", [NAME, MAIL, "lower case comment", 420602123456])
def test_no_field_takes_a_text(store, field, text):
    """
    Every field that holds more than a code is refused, and what it held is not repeated.
    """
    document = {**made(planted_assessment(), store).to_json(), field: text}
    good, problems = loads(json.dumps(document).encode(), "file")
    assert good == []
    assert [p.where for p in problems] == [f"file, document 1: {field}"]
    assert str(text) not in str(problems)


# --- contribution files -----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"comment": MAIL},
        {"sector": NAME},
        {"answers": {NAME: 3}},
        {"answers": {"G.compliance": NAME}},
        {"answers": {"G.compliance": 6}},
        {"answers": {"G.compliance": True}},
        {"extensions": {NAME: {"version": "0.2.0", "answers": {}}}},
        {"extensions": {"pqc": {"version": "0.2.0", "answers": {MAIL: 1}}}},
        {"extensions": {"pqc": {"version": "0.2.0", "answers": {}, MAIL: HOST}}},
        {"org": "SHORT"},
        {"quarter": "2026-08-17"},
        {"edition": "2.0.1"},
        {"digest": "sha256:" + "f" * 64},
    ],
)
def test_a_file_that_says_more_than_codes_is_refused_without_repeating_it(store, change):
    """
    Unknown fields, elements and values are problems; what they say stays where it is.
    """
    document = made(planted_assessment(), store).to_json() | change
    good, problems = loads(json.dumps([document]).encode(), "file")
    assert good == []
    assert problems
    assert found_in(str(problems)) == []


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
@examples(80)
def test_any_json_gives_contributions_or_problems(document):
    """
    No file makes the reader fail in another way.
    """
    with suppress(SourceFormatError):
        loads(json.dumps(document).encode(), "file")


def test_the_preview_page_shows_the_document_byte_for_byte_and_needs_nothing_else(store):
    """
    A person reads on the page what the file holds. No script, no address, nothing to load.
    """
    one = anonymize(planted_assessment(), store)
    page = html.unescape(preview_page([one]).decode())
    assert page.count(dumps([one.contribution]).decode()) == 1
    assert not re.search(r"<script|<link|<img|https?:|src=|@import|url\(", page)
    assert "default-src 'none'" in page


# --- receipts --------------------------------------------------------------------------


def test_a_receipt_fits_its_commitment_and_no_other(store):
    """
    The collection can check a token; another content has another one.
    """
    one = anonymize(planted_assessment(), store)
    later = anonymize(planted_assessment().replace(answers={"G.pki": rated(1)}), store)
    assert commitment_of(one.token) == one.contribution.commitment
    assert commitment_of(later.token) != one.contribution.commitment
    assert one.contribution.id == later.contribution.id
    assert one.token not in dumps([one.contribution]).decode()


def test_receipts_are_kept_for_their_owner_only(store, tmp_path):
    """
    A receipt reads back equal, and nobody else can read the file.
    """
    receipt = receipt_of(anonymize(planted_assessment(), store))
    path = write_receipt(receipt, tmp_path / "receipts")
    assert read_receipt(path) == receipt
    assert path.stat().st_mode & 0o077 == 0
    assert receipt.token not in repr(receipt)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"nonsense", b'{"format": "pkimm-receipt/1"}'])
def test_what_is_no_receipt_is_refused(tmp_path, content):
    """
    Damaged files are problems, not crashes.
    """
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(SourceFormatError):
        read_receipt(path)


# --- vocabulary ------------------------------------------------------------------------


def test_an_unanswered_element_has_no_entry(store):
    """
    Unanswered is neither a level nor not applicable.
    """
    answers = {"G.compliance": Answer(state=State.UNANSWERED, notes="later")}
    assert made(planted_assessment(answers=answers), store).to_json()["answers"] == {}
    assert not is_allowed("mode", "unanswered")
