"""What ``import pkimm_analytics`` offers: a dozen names, each of use in a notebook."""

import subprocess
import sys

import pytest

import pkimm_analytics as pk
from pkimm_analytics.errors import SourceWarning

SAMPLE = "data/samples/self-assessment.csv"
NAMES = {
    *("Assessment", "BenchmarkPage", "Collection", "FeedbackPage", "HomePage", "Questionnaire"),
    *("ResultsPage", "Workspace", "compare", "load", "open_release", "plan"),
    *("report", "score", "what_changed"),
}


def test_the_names_are_these_and_each_can_be_imported():
    """
    Who adds one changes this list on purpose.
    """
    assert set(pk.__all__) == NAMES <= set(dir(pk))
    assert all(getattr(pk, name) is not None for name in pk.__all__)
    with pytest.raises(AttributeError, match="it offers"):
        _ = pk.nonsense


def test_importing_the_package_imports_nothing_heavy():
    """
    Each name costs when it is used.
    """
    code = (
        "import sys, pkimm_analytics; print(sorted({'pandas','numpy','pydantic'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_results_show_themselves_as_a_line_and_as_a_view(tmp_path, history):
    """
    Not as a page of numbers.
    """
    before, now = history[3], history[4]
    place = pk.Workspace(tmp_path)
    place.save(now)
    shown = [
        pk.score(now),
        pk.what_changed(before, now),
        pk.plan(now, 5),
        pk.report("self", now),
        place,
    ]
    for one in shown[:3]:
        assert len(repr(one)) < 200
        assert type(one).__name__ in repr(one)
    for one in [*shown, place]:
        assert "pk-view" in one._repr_html_()


def test_what_cannot_be_read_is_a_warning_and_the_rest_is_there(tmp_path):
    """
    Never in silence.
    """
    (found,) = pk.load(SAMPLE)
    assert pk.score(found).overall.level
    path = tmp_path / "a.csv"
    path.write_text("element,level\nG.compliance,3\nM.key-management,eleven\n", "utf-8")
    with pytest.warns(SourceWarning) as said:
        (partial,) = pk.load(path)
    assert any("B3" in str(one.message) for one in said)
    assert partial.answers["G.compliance"].level == 3


@pytest.fixture
def history():
    """One use case over time."""
    from pkimm_analytics.synthetic import sample_history

    return sample_history(3)
