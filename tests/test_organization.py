"""
Profiles: closed lists, one parent at each grain, and missing kept apart from refused.
"""

from __future__ import annotations

import csv
import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.errors import AssessmentError
from pkimm_analytics.organization import (
    ALL,
    ATTRIBUTES,
    GRAINS,
    PREFER_NOT_TO_SAY,
    check_profile,
    coarsen,
    hierarchy,
    label,
    profile_codes,
)
from tests.examples import examples

COUNTRIES = Path("/usr/share/iso-codes/json/iso_3166-1.json")


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_every_leaf_has_exactly_one_parent_at_each_coarser_grain(attribute):
    """
    A leaf is listed once, its group is listed once, and everything ends in all.
    """
    lines = (resources.files("pkimm_analytics") / "hierarchies" / f"{attribute}.csv").read_text(
        "utf-8"
    )
    rows = list(csv.DictReader(line for line in lines.splitlines() if not line.startswith("#")))
    by_grain = {g: [row["code"] for row in rows if row["grain"] == g] for g in GRAINS}
    for codes in by_grain.values():
        assert len(codes) == len(set(codes))
    for row in rows:
        place = GRAINS.index(row["grain"]) + 1
        coarser = by_grain[GRAINS[place]] if place < len(GRAINS) else [""]
        assert coarser.count(row["parent"]) == 1, row
    assert by_grain["all"] == [ALL]
    assert set(by_grain["group"]) == {row["parent"] for row in rows if row["grain"] == "leaf"}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_every_code_of_every_grain_has_one_label(attribute):
    """
    No label is empty, and within a grain no two codes look alike; the list has a version.
    """
    assert hierarchy(attribute).version.isdigit()
    for grain in GRAINS:
        labels = [label(attribute, code) for code in profile_codes(attribute, grain)]
        assert all(labels)
        assert len(labels) == len(set(labels))


def test_the_number_of_groups_is_what_the_plan_counts_on():
    """
    Ten sectors, three sizes, five regions and three roles, each with prefer not to say.
    """
    counts = [len(profile_codes(attribute, "group")) - 1 for attribute in ATTRIBUTES]
    assert counts == [10, 3, 5, 3]


def test_sections_are_those_of_nace_revision_2_1():
    """
    22 letters without a gap; K is information technology and L is finance.
    """
    codes = [code for code in profile_codes("sector") if code != PREFER_NOT_TO_SAY]
    assert "".join(code[0] for code in codes) == "ABCDEFGHIJKLMNOPQRSTUV"
    assert coarsen("sector", "K-information-technology", "group") == "information"
    assert coarsen("sector", "L-finance", "group") == "finance"


def test_size_bands_follow_each_other_without_a_gap():
    """
    Each band begins one above the end of the one before, and so do the groups.
    """
    for grain in ("leaf", "group"):
        bands = [code for code in profile_codes("size", grain) if code != PREFER_NOT_TO_SAY]
        ends = [int(band.split("-")[-1]) for band in bands[:-1]]
        starts = [int(band.rstrip("+").split("-")[0]) for band in bands[1:]]
        assert starts == [end + 1 for end in ends]
        assert bands[0] == f"up-to-{ends[0]}"  # spreadsheets take 1-49 for a date


@pytest.mark.parametrize(
    ("country", "region"),
    [
        *[("KEN", "africa"), ("BRA", "americas"), ("CYP", "asia"), ("TUR", "asia")],
        *[("CZE", "europe"), ("RUS", "europe"), ("FJI", "oceania")],
    ],
)
def test_countries_lie_in_the_region_that_the_united_nations_list(country, region):
    """
    UN M49 puts Cyprus and Türkiye into Asia, and all of Russia into Europe.
    """
    assert coarsen("region", country, "group") == region


@pytest.mark.skipif(not COUNTRIES.is_file(), reason="the package iso-codes is not at hand")
def test_every_country_of_iso_3166_but_antarctica_is_listed():
    """
    Antarctica belongs to no region.
    """
    listed = {entry["alpha_3"] for entry in json.loads(COUNTRIES.read_text("utf-8"))["3166-1"]}
    assert set(profile_codes("region")) - {PREFER_NOT_TO_SAY} == listed - {"ATA"}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_prefer_not_to_say_is_an_answer_and_missing_is_none(attribute):
    """
    Who refused to answer is a group; who was never asked is in none but all.
    """
    assert PREFER_NOT_TO_SAY in profile_codes(attribute)
    assert coarsen(attribute, PREFER_NOT_TO_SAY, "group") == PREFER_NOT_TO_SAY
    assert coarsen(attribute, None, "group") is None
    assert coarsen(attribute, PREFER_NOT_TO_SAY, "all") == coarsen(attribute, None, "all") == ALL


@given(st.data())
@examples(50)
def test_coarsening_in_two_steps_is_coarsening_in_one(data):
    """
    From leaf to group to all ends where leaf to all does, and no step may go back.
    """
    attribute = data.draw(st.sampled_from(ATTRIBUTES))
    leaf = data.draw(st.sampled_from(profile_codes(attribute)))
    group = coarsen(attribute, leaf, "group")
    assert coarsen(attribute, leaf, "leaf") == leaf
    assert coarsen(attribute, group, "group") == group
    assert coarsen(attribute, group, "all") == coarsen(attribute, leaf, "all") == ALL


@pytest.mark.parametrize(
    "ask",
    [
        lambda: profile_codes("color"),
        lambda: profile_codes("size", "fine"),
        lambda: label("size", "huge"),
        lambda: coarsen("size", "huge", "all"),
        lambda: coarsen("size", "up-to-49", "fine"),
        lambda: coarsen("region", "europe", "leaf"),
        lambda: coarsen("region", ALL, "group"),
    ],
)
def test_unknown_attributes_codes_and_grains_are_refused(ask):
    """
    With an error of ours; and a group has no finer code.
    """
    with pytest.raises(AssessmentError):
        ask()


def test_all_problems_of_a_profile_are_named_at_once():
    """
    Each with its field and what would be right, also a group in place of a leaf.
    """
    assert check_profile() == check_profile(sector="L-finance", size=PREFER_NOT_TO_SAY) == []
    found = check_profile(sector="finance", size="up-to-249", region="europe", role="hobby")
    assert [problem.where.split(".")[1] for problem in found] == list(ATTRIBUTES)
    assert "'250-999'" in found[1].message
    assert "alpha-3" in found[2].message


@pytest.mark.parametrize(
    ("written", "meant"),
    [("cze", "CZE"), ("Czechia", "CZE"), ("germany ", "DEU"), ("united kingdom", "GBR")],
)
def test_a_country_written_otherwise_is_recognized_in_the_message(written, meant):
    """
    The code that was probably meant is proposed, and never taken in silence.
    """
    (problem,) = check_profile(region=written)
    assert problem.message.endswith(f"did you mean {meant!r}?")
    assert "ambiguous" in check_profile(sector="K")[0].message  # NACE Rev. 2 and 2.1 differ


@given(st.text(min_size=9))
@examples(100)
def test_messages_about_a_profile_never_repeat_what_was_written(text):
    """
    People write names into the wrong field.
    """
    private = f"Acme {text}"
    for problem in check_profile(sector=private, size=private, region=private, role=private):
        assert private not in problem.message
        assert "Acme" not in problem.message
