"""What people sent that was once read wrong, each with what is right."""

from __future__ import annotations

import time

import pytest

from pkimm_analytics.errors import PkimmError, SourceFormatError
from pkimm_analytics.loaders import Loaded, Source, load
from tests.official import SHARED, needs_shared

CASES = SHARED / "field-cases" / "assessments"
HOSTILE = sorted((SHARED / "field-cases" / "hostile").glob("*"))


def refused(loaded: Loaded) -> list[str]:
    """Places of what was left out, without the name of the file."""
    return [p.where.partition("!")[2] for p in loaded.problems if p.refused]


@needs_shared
@pytest.mark.parametrize(
    ("name", "n_answers", "left_out"),
    [
        ("T01-half-formulas.xlsx", [8], [f"B{row}" for row in range(2, 10)]),
        ("T02-pki-header.csv", [4], []),
        ("T04-sheet-per-organization.xlsx", [16, 16], []),
        ("T05-nbsp-header.csv", [16], []),
        ("T06-sector-in-words.csv", [4], []),
        ("05-attestation-one-category.csv", [1], []),
        ("06-link-1.0.0.csv", [15], []),
    ],
)
def test_a_table_of_the_field_is_read_in_full_or_says_what_is_missing(
    name: str, n_answers: list[int], left_out: list[str]
):
    """
    As many assessments as there are, and no cell is passed over.
    """
    loaded = load(Source(name, path=CASES / name))
    assert [len(one.assessment.answers) for one in loaded] == n_answers
    assert [place for one in loaded for place in refused(one)] == left_out


@needs_shared
def test_numbers_and_titles_of_another_edition_are_refused():
    """
    They are those of 1.0.0, and the table says 1.1.0 (T03).
    """
    content = (CASES / "T03-numbers-and-names.csv").read_bytes()
    with pytest.raises(SourceFormatError) as caught:
        load(Source("x", content=content))
    assert sum("another element's" in problem.message for problem in caught.value.problems) == 8
    (loaded,) = load(Source("x", content=content.replace(b"1.1.0", b"1.0.0")))
    assert not refused(loaded)


def test_profile_values_that_are_no_codes_are_named_with_the_nearest():
    """
    Kept as they are, because only a contribution needs codes (T06, 08).
    """
    text = (
        "assessment,model_version,organization.sector,organization.size,organization.region,"
        "organization.role,G.compliance,O.automation\n"
        "ca-1,2.0.0,Banking,12000,Germany,CA operator,3,3\n"
    )
    (loaded,) = load(Source("x", content=text.encode()))
    found = {p.where: p.message for p in loaded.problems if "not a known code" in p.message}
    assert [*found] == [f"x!{column}2" for column in "CDEF"]
    codes = ("L-finance", "5000-49999", "DEU", "public-trust-ca")
    for code, message in zip(codes, found.values(), strict=True):
        assert f"did you mean '{code}'?" in message
    assert loaded.assessment.organization.sector == "Banking"
    assert not loaded.is_partial


@needs_shared
@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name)
def test_a_hostile_file_is_refused_at_once(path):
    """
    With one of our errors, in a second instead of minutes.
    """
    start = time.process_time()
    with pytest.raises(PkimmError):
        load(Source(path.name, path=path))
    assert time.process_time() - start < 5
