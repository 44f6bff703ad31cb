"""The one file of colors, and scripts of others that pages load."""

import hashlib
from importlib import resources
from pathlib import Path

import pytest

from pkimm_analytics import vendor
from pkimm_analytics.charts import look
from pkimm_analytics.charts.groups import SCALE

PACKAGE = resources.files("pkimm_analytics")


def test_pictures_and_pages_have_the_same_colors():
    """
    Levels and shades have one look, wherever they are shown.
    """
    tokens = (PACKAGE / "render" / "tokens.css").read_text("utf-8")
    levels = zip(look.LEVEL_COLORS, look.LEVEL_INK, strict=True)
    for level, (color, ink) in enumerate(levels, start=1):
        assert f"--pk-l{level}: {color};" in tokens
        assert f"--pk-on-l{level}: {ink};" in tokens
    for shade, (_, color) in enumerate(SCALE):
        assert f"--pk-h{shade}: {color};" in tokens


def test_the_frame_of_the_dashboards_has_the_same_tokens():
    """
    Its copy, which Voila serves, is the package's file.
    """
    static = Path(__file__).parents[2] / "dashboards/jupyter/nbconvert/templates/pkimm/static"
    tokens = (PACKAGE / "render" / "tokens.css").read_text("utf-8")
    assert (static / "tokens.css").read_text("utf-8") == tokens


@pytest.mark.parametrize("name", vendor.LIBRARIES)
def test_a_script_of_others_is_as_it_was_published(name):
    """
    Its hash is the one that the list states, and its license lies beside it.
    """
    folder = PACKAGE / "vendor"
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    row = next(
        line
        for line in (folder / "README.md").read_text("utf-8").splitlines()
        if f"`{name}`" in line
    )
    assert digest in row
    assert (folder / f"{row.split('|')[2].split()[0]}.LICENSE").is_file()
