"""A score a hair below a whole number is that of the lower level, wherever it is shown."""

import io
import json
import re
import zipfile
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pkimm_analytics.analyses.findings import Findings
from pkimm_analytics.analyses.trend import PARTS
from pkimm_analytics.assessment import Assessment, Mode, Period, UseCase, rated
from pkimm_analytics.cli import app
from pkimm_analytics.model import load_model
from pkimm_analytics.progress import compare
from pkimm_analytics.reports import build, render
from pkimm_analytics.scoring import figure_text, score
from pkimm_analytics.views.analyses import findings_view
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.view import Table
from pkimm_analytics.views.words import catalogue

MODEL = load_model("2.0.0")


def all_at_three(day="2026-06-01", **other):
    """Rate every requirement at 3 but some others."""
    answers = dict.fromkeys(MODEL.requirements, rated(3))
    answers |= {key: rated(level) for key, level in other.items()}
    return Assessment(
        id=day,
        model=MODEL.edition,
        mode=Mode.FULL,
        answers=answers,
        use_case=UseCase(name="TLS"),
        period=Period(finish=day),
    )


@pytest.fixture(scope="module")
def just_below():
    """A full assessment that is at 3 but for the requirement that counts least."""
    found = [all_at_three(**{key: 2}) for key in MODEL.requirements]
    nearest = max(found, key=lambda one: score(one).overall.value)
    assert Fraction(299, 100) < score(nearest).overall.value < 3
    return nearest


def test_a_fraction_is_cut_exactly():
    """
    However near it comes; a float is taken for the simple fraction that it came from.
    """
    for n in (3, 9, 12, 30):
        assert figure_text(3 - Fraction(1, 10**n)) == "2.99"
    assert [figure_text(x) for x in (0.29, 1.1 + 2.2, 3 * (1 - 2**-53))] == ["0.29", "3.30", "3.00"]


@pytest.mark.parametrize("form", ["md", "html", "docx"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_report_shows_a_higher_score_than_there_is(just_below, form, language):
    """
    Nor does one name the higher level as reached.
    """
    if form == "docx":
        pytest.importorskip("docx")
    text = readable(render(build("assessment", just_below, language=language), form), form)
    plain = re.sub(r"<[^>]*>", " ", text).replace("*", "")
    assert len(re.findall(r"2[.,]99", plain)) >= 2
    assert not re.findall(r"(?:Overall|Gesamt)[^\d]{0,40}3[.,]00", plain)


def readable(content, form):
    """Text of a report."""
    if form == "docx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read("word/document.xml")
    text = re.sub(r"<(style|script|svg)\b.*?</\1>", "", content.decode(), flags=re.DOTALL)
    return text.replace("\\", "")


def test_no_command_or_notebook_shows_a_higher_score(just_below, tmp_path):
    """
    Score, progress and the view of a notebook; the document has level and exact score.
    """
    run, texts = CliRunner().invoke, []
    earlier, path = tmp_path / "earlier.pkimm.json", tmp_path / "one.pkimm.json"
    earlier.write_bytes(all_at_three("2025-06-01", **dict.fromkeys(MODEL.requirements, 2)).dumps())
    for one in (all_at_three(), just_below):
        path.write_bytes(one.dumps())
        shown = (
            run(app, ["score", str(path)]).stdout,
            run(app, ["progress", str(earlier), str(path)]).stdout,
            score(one)._repr_html_(),
            compare(load_one(earlier), one)._repr_html_(),
        )
        texts.append([readable(text.encode(), "html") for text in shown])
    for whole, below in zip(*texts, strict=True):
        assert "2.99" in below
        assert below.count("3.00") < whole.count("3.00")
    document = json.loads(run(app, ["score", str(path), "--json"]).stdout)
    assert document["overall"]["level"] == 2


def load_one(path):
    """Read an assessment."""
    return Assessment.loads(path.read_bytes())


def test_the_parts_of_a_trend_add_up_as_they_are_shown():
    """
    For 300 random tables: the parts of each row, in hundredths, are its change.
    """
    rng = np.random.default_rng(17)
    rows = rng.uniform(-1, 1, (300, len(PARTS)))
    table = pd.DataFrame(rows, columns=[*PARTS])
    table.insert(0, "measure", "overall")
    table.insert(1, "change", rows.sum(axis=1))
    found = Findings("trend-parts", "?", "", "", 300, 600, table.assign(like_for_like=0.0))
    blocks = [*findings_view(found, Voice(catalogue()))]
    (shown,) = [block for block in blocks if isinstance(block, Table)]
    for row in shown.rows:
        change, *parts = (Fraction(cell.text) for cell in row[1 : 2 + len(PARTS)])
        assert sum(parts) == change
