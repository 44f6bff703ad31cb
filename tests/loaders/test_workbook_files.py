from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.errors import PkimmError, SourceFormatError
from pkimm_analytics.loaders.sheets import read_sheets
from pkimm_analytics.loaders.workbook import kind_of
from pkimm_analytics.scoring import score
from tests.examples import examples
from tests.loaders.invented_workbook import (
    full_workbook,
    levels,
    patched,
    read,
    saved,
    self_workbook,
    zipped,
)


def sniffed(content: bytes, name: str = "x") -> str | None:
    """Which official workbook a file is."""
    return kind_of(read_sheets(content, name))


def test_the_two_workbooks_are_told_apart_by_their_content():
    """
    Another workbook is neither, and reading it says what was expected.
    """
    other = saved(openpyxl.Workbook())
    assert sniffed(full_workbook()) == "full"
    assert sniffed(self_workbook()) == "self"
    assert sniffed(other) is None
    with pytest.raises(SourceFormatError, match="Overview, Scoping and Assessment"):
        read(other)


def test_a_workbook_in_the_strict_format_is_read():
    """
    Its namespaces differ, its cells do not.
    """
    content = full_workbook({"G.1.1": "Managed"})
    old = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    new = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    for part in ("xl/workbook.xml", *(f"xl/worksheets/sheet{n}.xml" for n in range(1, 6))):
        content = patched(content, part, old, new)
    assert levels(read(content).assessment) == {"G.1.1": 4}


# --- fuzzing -----------------------------------------------------------------------


def try_to_read(content: bytes) -> None:
    """Nothing but our own errors may come out."""
    try:
        loaded = read(content)
    except PkimmError:
        return
    score(loaded.assessment)
    assert Assessment.loads(loaded.assessment.dumps()) == loaded.assessment


def stored(content: bytes) -> bytes:
    """Archive with the same parts, not packed, so that damage reaches their XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({n: archive.read(n) for n in archive.namelist()}, zipfile.ZIP_STORED)


SMALL = self_workbook({"G.1": 3})
LARGE = full_workbook({"G.1.1": "Basic"}, stored={"overall": (2, 2.5)})
SOUND = [SMALL, LARGE, stored(SMALL), stored(LARGE)]


@given(st.data())
@examples(100)
def test_a_damaged_workbook_never_crashes_the_reader(data: st.DataObject):
    """
    It is cut off, or some bytes of it are changed; in a stored archive they are XML.
    """
    content = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try_to_read(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try_to_read(bytes(content))


@given(st.data())
@examples(60)
def test_damaged_xml_in_a_sound_archive_never_crashes_the_reader(data: st.DataObject):
    """
    The checksums are right, the parts are not.
    """
    with zipfile.ZipFile(io.BytesIO(data.draw(st.sampled_from([SMALL, LARGE])))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from([n for n in parts if n.startswith(("xl/w", "xl/_", "docP"))]))
    part = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(32, 126))
    try_to_read(zipped(parts | {name: bytes(part)}))
