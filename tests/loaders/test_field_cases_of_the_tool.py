"""Official files, links and models as people have them, each with what is right."""

import json

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.loaders import Source, load, web_tool
from pkimm_analytics.model import add_definition, load_extension, load_model
from pkimm_analytics.scoring import score, tool_figures
from tests.official import SHARED, needs_shared

pytestmark = needs_shared
CASES = SHARED / "field-cases"
DRAFT, RELEASED = 76, 77


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def read(name):
    """Return the only assessment of a case, and its problems."""
    path = CASES / "assessments" / name
    (loaded,) = load(Source(path.name, content=path.read_bytes()))
    return loaded


def run(*arguments):
    """Run a command that ends well."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("installed", [False, True])
def test_a_link_of_the_released_edition_is_of_it_and_says_so(installed):
    """
    Case 02: 76 of 77 are rated; an installed official file wins, and the draft fits too.
    """
    if installed:
        file = CASES / "models" / "model-2.0.0-77.yaml"
        assert add_definition(file.read_bytes(), file.name).digest == load_model("2.0.0").digest
    loaded = read("02-link-of-77.txt")
    overall = score(loaded.assessment).overall
    assert (overall.n_rated, overall.n_in_scope) == (RELEASED - 1, RELEASED)
    [remark] = loaded.problems
    assert "several editions of PKIMM 2.0.0 fit" in remark.message
    assert ("(installed)" in remark.message) is installed


def test_overlays_count_where_relevance_is_not_rated():
    """
    Case 01: 2.939, level 2, floor 2; both agree, so there is no reason.
    """
    loaded = read("01-overlay-without-relevance.yaml")
    assert loaded.assessment.model.requirements == DRAFT  # what PQC 0.2.0 was made for
    shown = tool_figures(score(loaded.assessment))["extensions"]["pqc"]
    figure = {"level": 2, "value": pytest.approx(97 / 33)}
    assert (shown["overall"], shown["floor"]) == (figure, figure)
    assert shown["differs_because"] == []
    text = run("score", CASES / "assessments" / "01-overlay-without-relevance.yaml").stdout
    assert text.count("2.93 (floor 2.93)") == 3  # ours, and beside the tool's


def test_a_second_download_of_a_record_is_no_second_assessment(tmp_path):
    """
    Case 03, against case 04: two records without a name, which are never joined.
    """
    for case, n_histories in (("03", 1), ("04", 2)):
        run("import", *sorted((CASES / "assessments").glob(f"{case}-*")), "-w", tmp_path / case)
        found = json.loads(run("progress", tmp_path / case, "--json").stdout)
        assert len(found["use_cases"]) == n_histories
        assert all(len(one["assessments"]) == 1 for one in found["use_cases"])


def test_a_link_of_1_0_opens_on_the_page_that_it_names(tmp_path):
    """
    Case 06: the address and the numbers of the consortium's own page.
    """
    run("export", CASES / "assessments" / "06-link-1.0.0.csv", "--to", "link", "-o", "link.txt")
    link = (tmp_path / "link.txt").read_text()
    assert link.startswith("https://pkic.org/wg/pkimm/1.0.0/tools/self-assessment/#")
    assessment = web_tool.read_link(link, "link").assessment
    assert assessment.source.detail == "web tool 1.0.x, data-1.0.0-site"
    assert score(assessment).overall.value == 3


def test_what_js_yaml_writes_once_and_names_again_is_read():
    """
    Case 11: an alias for a shared object.
    """
    assert read("11-alias.yaml").assessment.answers


def test_what_the_official_schema_allows_is_installed():
    """
    Weight 0, and an extension that is newer than ours.
    """
    for name in ("model-2.3.0-zero-weight.yaml", "extension-pqc-0.6.0-structure.yaml"):
        file = CASES / "models" / name
        added = add_definition(file.read_bytes(), name)
        assert added.notes == () or "crosswalk does not know version 2.3.0" in added.notes[0]
    assert load_extension("pqc", "0.6.0").official
    assert {0} < {r.weight for r in load_model("2.3.0").requirements.values()}
