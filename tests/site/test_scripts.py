"""
The scripts of a site, run by Node where it is at hand.

The browser runs the same, and workbooks too, in tests/e2e/test_site.py.
"""

import json
import shutil
import subprocess
import zlib

import pytest

from pkimm_analytics.site.contents import READING, data_documents, sha256
from pkimm_analytics.site.reading import reading_data
from tests.site.cases import BY_SCRIPT, differing, encoded, texts

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not at hand")


@pytest.fixture(scope="module")
def run(tmp_path_factory, files):
    """Return ``run(expression, argument)``: what a script gives with the reading part loaded."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in ("data/facts.js", "assets/reading.js"):
        (folder / name.split("/")[1]).write_bytes(files[name])
    start = 'require("./facts.js"); require("./reading.js");'
    read = 'const given = JSON.parse(require("fs").readFileSync(0, "utf8"));'

    def by_node(expression, argument):
        body = f"{start}{read}(async () => ({expression})(given))()"
        script = folder / "run.js"
        script.write_text(f"{body}.then((found) => process.stdout.write(JSON.stringify(found)))")
        done = subprocess.run(
            [NODE, script],
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
    assert len(sources) > 300
    assert differing(sources, run(BY_SCRIPT, encoded(sources))) == {}


@needs_node
def test_an_exact_mean_of_three_is_level_three(run):
    """
    Seven thirds, ten thirds and ten thirds make three, and 2.999 never reads as 3.00.
    """
    expression = """(given) => {
      const requirement = (key) => ({ key, weight: 1 });
      const categories = ["G.a", "G.b", "G.c"].map((key) => (
        { key, weight: 1, requirements: [1, 2, 3].map((n) => requirement(`${key}.${n}`)) }));
      const edition = { modules: ["G"], categories };
      const answers = Object.fromEntries(categories.flatMap((c, i) => c.requirements.map(
        (r, j) => [r.key, { state: "rated", level: given[i][j] }])));
      const { overall } = pkimm.score({ mode: "full", answers }, edition);
      const below = pkimm.fraction(2999n, 1000n);
      return [pkimm.level(overall), String(overall.n), String(overall.d), pkimm.figure(overall),
        pkimm.level(below), pkimm.figure(below)];
    }"""
    levels = [[2, 2, 3], [3, 3, 4], [3, 3, 4]]
    assert run(expression, levels) == [3, "3", "1", "3.00", 2, "2.99"]


@needs_node
def test_digests_are_those_of_everybody_else(run):
    """
    Texts around the length of a block, empty, and beyond ASCII.
    """
    given = ["", "abc", "ü" * 60, *("x" * n for n in (55, 56, 63, 64, 65, 1000))]
    found = run("(given) => given.map(pkimm.sha256)", given)
    assert found == [sha256(text.encode()) for text in given]


@needs_node
def test_what_unpacks_to_too_much_is_stopped(run):
    """
    Ten million zeros in ten kilobytes are refused before they are there.
    """
    packed = zlib.compress(bytes(10_000_000), 9)[2:-4]
    expression = """async ([bytes]) => {
      try { await pkimm.inflate(Uint8Array.from(bytes)); return "read"; }
      catch (error) { return error instanceof pkimm.Refused ? "refused" : String(error); }
    }"""
    assert run(expression, [list(packed)]) == "refused"


def test_every_script_is_part_of_the_site(files):
    """
    No file of the package is forgotten, and all are in the order in which they need each other.
    """
    from importlib import resources

    folder = resources.files("pkimm_analytics.site") / "page"
    for part, asset in (("read", "assets/reading.js"), ("view", "assets/benchmark.js")):
        for path in (folder / part).iterdir():
            assert path.read_bytes().strip() in files[asset], path.name
    assert len(READING) == len(list((folder / "read").iterdir()))


def test_facts_do_not_depend_on_what_a_publisher_installed(monkeypatch, tmp_path, sources):
    """
    Only shipped editions are exported.
    """
    before = reading_data()
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path))
    assert reading_data() == before
    assert data_documents([source.bench for source in sources])["facts"] == before
