"""What people sent that was once read wrong, each with what is right."""

from __future__ import annotations

import openpyxl
import pytest

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.loaders import Loaded, Source, load
from pkimm_analytics.model import load_model
from tests.loaders.invented_workbook import saved

KEYS = [*load_model("2.0.0").categories]


def read(content: str | bytes, name: str) -> list[Loaded]:
    """Read a content."""
    raw = content.encode() if isinstance(content, str) else content
    return load(Source(name, content=raw))


def book(**sheets: list[object]) -> bytes:
    """Workbook with the level of every category in each sheet."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, levels in sheets.items():
        sheet = made.create_sheet(name.replace("_", " "))
        sheet.append(["element", "level"])
        for key, level in zip(KEYS, levels, strict=True):
            sheet.append([key, level])
    return saved(made)


def refused(loaded: Loaded) -> list[str]:
    """Places of what was left out."""
    return [problem.where for problem in loaded.problems if problem.refused]


def test_formulas_without_a_stored_result_are_named():
    """
    Half of the levels are formulas that no program has computed (T01).
    """
    (loaded,) = read(book(S=[*["=1+2"] * 8, *[3] * 8]), "T01.xlsx")
    assert refused(loaded) == [f"T01.xlsx, S!B{row}" for row in range(2, 10)]
    assert len(loaded.assessment.answers) == 8


def test_numbers_and_titles_of_another_edition_are_refused():
    """
    They are those of 1.0.0, and the table says 1.1.0 (T03).
    """
    rows = [f"{c.native_id},{c.name},3" for c in load_model("1.0.0").categories.values()]
    text = "model_version,native_id,name,level\n" + "".join(f"1.1.0,{row}\n" for row in rows)
    with pytest.raises(SourceFormatError) as caught:
        read(text, "T03.csv")
    assert sum("another element's" in problem.message for problem in caught.value.problems) == 8
    (loaded,) = read(text.replace("1.1.0,", "1.0.0,"), "T03.csv")
    assert len(loaded.assessment.answers) == 15


def test_profile_values_that_are_no_codes_are_named_with_the_nearest():
    """
    Kept as they are, because only a contribution needs codes (T06, 08).
    """
    text = (
        "assessment,model_version,organization.sector,organization.size,organization.region,"
        "organization.role,G.compliance,O.automation\n"
        "ca-1,2.0.0,Banking,12000,Germany,CA operator,3,3\n"
    )
    (loaded,) = read(text, "T06.csv")
    found = {p.where: p.message for p in loaded.problems if "not a known code" in p.message}
    assert [*found] == [f"T06.csv!{column}2" for column in "CDEF"]
    for code, message in zip(
        ("L-finance", "5000-49999", "DEU", "public-trust-ca"), found.values(), strict=True
    ):
        assert f"did you mean '{code}'?" in message
    assert loaded.assessment.organization.sector == "Banking"
    assert not loaded.is_partial
