"""
The scripts of a site, run by Node where it is at hand; a browser runs them in tests/e2e.
"""

import json
import re
import shutil
import subprocess
import zlib
from importlib import resources

import pytest

from pkimm_analytics.assessment import Assessment, rated
from pkimm_analytics.benchmark import compare
from pkimm_analytics.loaders.sources import Source, load
from pkimm_analytics.loaders.web_tool import write_link, write_yaml_export
from pkimm_analytics.model import load_model, model_of
from pkimm_analytics.site.contents import READING, VIEWS, page_data
from pkimm_analytics.site.reading import reading_data, words_data
from pkimm_analytics.synthetic import sample_history, simulate
from pkimm_analytics.views.words import catalogue
from tests.site.cases import BY_SCRIPT, COMPARED, differences, differing, encoded, texts

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not at hand")
SCRIPTS = ("assets/vendor.js", "data/facts.js", "data/figures.js", "assets/benchmark.js")


@pytest.fixture(scope="module")
def run(tmp_path_factory, files):
    """Return ``run(expression, argument)``: what a script gives with the page's own loaded."""
    folder = tmp_path_factory.mktemp("scripts")
    texts_ = "\n".join(files[name].decode() for name in SCRIPTS)
    (folder / "page.js").write_text(texts_)
    start = (
        'const fs = require("fs");'
        'require("vm").runInThisContext(fs.readFileSync("page.js", "utf8"));'
        "pkimm.learn(pkimmData.facts);"
        'const given = JSON.parse(fs.readFileSync(0, "utf8"));'
    )

    def by_node(expression, argument):
        body = f"{start}(async () => ({expression})(given))()"
        (folder / "run.js").write_text(
            f"{body}.then((found) => process.stdout.write(JSON.stringify(found)))"
        )
        done = subprocess.run(
            [NODE, "run.js"],
            input=json.dumps(argument).encode(),
            capture_output=True,
            check=False,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return by_node


@needs_node
def test_every_source_scores_as_in_python(run):
    """
    Exact fractions, states and counts of hundreds of sources, and the same are refused.
    """
    sources = texts()
    assert len(sources) > 250
    assert differing(sources, run(BY_SCRIPT, encoded(sources))) == {}


@needs_node
def test_where_several_editions_fit_it_is_said(run):
    """
    Of a link with levels of categories; not of a file, which names every element.
    """
    one = Assessment(model=load_model("2.0.0").edition, answers={"G.compliance": rated(3)})
    link = write_link(one, model_of(one.model)).encode()
    file = write_yaml_export(one, model_of(one.model)).encode()
    expression = """async (encoded) => Promise.all(Object.values(encoded).map(async (content) => {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      return (await pkimm.readSource(bytes)).problems;
    }))"""
    told = run(expression, encoded({"link": link, "file": file}))
    assert told == [[["edition_of_several", "", "PKIMM 2.0.0, 77"]], []]


@needs_node
def test_comparisons_are_the_documents_of_the_command(run, sources):
    """
    Of both modes and several editions, with their own peers and with groups that are chosen.
    """
    bench = sources[-1].bench
    some = [*simulate(organizations=12, seed=11).assessments, *sample_history(3)]
    given = {f"json-{n}": one.dumps() for n, one in enumerate(some)}
    given |= {f"link-{n}": write_link(a, model_of(a.model)).encode() for n, a in enumerate(some)}
    groups = [None, {}, {"sector": "finance"}, {"size": "5000+", "assurance": "self"}]
    found = run(COMPARED, [encoded(given), groups])
    for name, content in given.items():
        (loaded,) = load(Source("source", content=content))
        for group, document in zip(groups, found[name], strict=True):
            told = compare(loaded.assessment, bench, group).to_json()
            assert list(differences(told, document)) == [], (name, group)


@needs_node
def test_an_exact_mean_of_three_is_level_three(run):
    """
    Seven thirds, ten thirds and ten thirds make three, and 2.999 never reads as 3.00.
    """
    expression = """(given) => {
      const requirement = (key) => ({ key, weight: 1 });
      const categories = ["G.a", "G.b", "G.c"].map((key) => (
        { key, weight: 1, requirements: [1, 2, 3].map((n) => requirement(`${key}.${n}`)) }));
      const edition = { modules: ["G"], categories, requirements: new Map() };
      const answers = Object.fromEntries(categories.flatMap((c, i) => c.requirements.map(
        (r, j) => [r.key, { state: "rated", level: given[i][j] }])));
      const { overall } = pkimm.score({ mode: "full", answers }, edition);
      return [pkimm.levelOf(overall), String(overall.n), String(overall.d),
        pkimm.levelOf(pkimm.fraction(2999n, 1000n)), pkimm.figure(2.999), pkimm.figure(3)];
    }"""
    levels = [[2, 2, 3], [3, 3, 4], [3, 3, 4]]
    assert run(expression, levels) == [3, "3", "1", 2, "2.99", "3.00"]


@needs_node
def test_what_unpacks_to_too_much_and_other_formats_are_refused(run):
    """
    Ten million zeros in ten kilobytes stop before they are there; other formats have a name.
    """
    packed = zlib.compress(bytes(10_000_000), 9)[2:-4]
    expression = """async ([packed, texts]) => {
      const told = (work) => work.then(() => "read", (error) => error.message);
      const bytes = (text) => new TextEncoder().encode(text);
      return Promise.all([told(pkimm.inflate(Uint8Array.from(packed))),
        ...texts.map((text) => told(pkimm.readSource(bytes(text))))]);
    }"""
    given = ["PK\x03\x04", "%PDF-1.7", "element,level\nG.1,3", "Dear all", ""]
    told = run(expression, [list(packed), given])
    assert told == ["too_large", "workbook", "pdf", "table", "unknown", "empty"]


def test_every_script_is_part_of_the_site(files):
    """
    No file of the package is forgotten.
    """
    folder = resources.files("pkimm_analytics.site") / "js"
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.js" for name in (*READING, *VIEWS, "notebook")
    }
    for name in (*READING, *VIEWS):
        assert (folder / f"{name}.js").read_bytes().strip() in files["assets/benchmark.js"], name


def test_every_word_of_the_scripts_is_in_the_catalogue():
    """
    Sentences, what is refused and what is remarked; a page never shows a key.
    """
    words = words_data(catalogue())["words"]
    folder = resources.files("pkimm_analytics.site") / "js"
    text = "\n".join(path.read_text("utf-8") for path in folder.iterdir())
    said = set(re.findall(r'say\("([\w.]+)"', text))
    said |= {f"site.refused.{c}" for c in re.findall(r'(?:Refused|refuse)\("(\w+)"', text)}
    said |= {f"site.problem.{c}" for c in re.findall(r'problems.push\(\["(\w+)"', text)}
    assert len(said) > 120
    assert said <= words.keys()


def test_facts_do_not_depend_on_what_a_publisher_installed(monkeypatch, tmp_path, sources):
    """
    Only shipped editions are exported.
    """
    before = reading_data()
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    assert reading_data() == before
    facts = page_data([source.bench for source in sources])["facts"]["facts"]
    assert {key: facts[key] for key in before} == before
