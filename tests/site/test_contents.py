"""What a site holds."""

import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest

from pkimm_analytics.audit import check_manifest
from pkimm_analytics.audit.suite import Rules
from pkimm_analytics.charts import look
from pkimm_analytics.charts.heatmap import SCALE
from pkimm_analytics.site import SITE_MANIFEST, site_files
from pkimm_analytics.site.checking import RELEASE, attack_pages
from pkimm_analytics.site.contents import read_script, script, sha256
from pkimm_analytics.site.pages import Html, fill, markdown
from tests.site.released import CATEGORY, SMALL

PAGES = ("index.html", "embed.html", "method.html", "releases.html", "data.html")
LANDING = ("index.html", "assets/", "data/facts.js", RELEASE, "data/requirements.js", "data/series")
HOSTILE = '<img src=x onerror="alert(1)">'


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Keep an element with its attributes."""
        self.found.append((tag, dict(attrs)))


def elements(files, page):
    """Every element of a page of the site."""
    return Elements(files[page].decode()).found


def test_the_same_releases_give_the_same_bytes(files, sources):
    """
    Made again, every file is as it was.
    """
    assert site_files(sources) == files


def test_the_manifest_lists_every_other_file_with_its_hash(files):
    """
    Nothing is missing from it, and nothing stands in it that is not there.
    """
    listed = {one["name"]: one for one in json.loads(files[SITE_MANIFEST])["files"]}
    assert listed.keys() == files.keys() - {SITE_MANIFEST}
    for name, one in listed.items():
        assert one["sha256"] == sha256(files[name])
        assert one["bytes"] == len(files[name])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere_inside_the_site(files, page):
    """
    Links are relative, files exist, and so do the places inside pages.
    """
    ids = {p: {a["id"] for _, a in elements(files, p) if "id" in a} for p in PAGES}
    for _, attributes in elements(files, page):
        target = attributes.get("href") or attributes.get("src") or ""
        if not target:
            continue
        assert not re.match(r"[a-z]+:|//|/", target), target
        name, _, place = target.partition("#")
        name = str(PurePosixPath(page).parent / name) if name else page
        assert name in files, target
        assert not place or place in ids[name], target


@pytest.mark.parametrize("page", PAGES)
def test_a_page_may_connect_to_nothing_and_has_no_script_or_style_of_its_own(files, page):
    """
    The policy stands before everything that it governs, and nothing needs an exception.
    """
    found = elements(files, page)
    names = [tag for tag, _ in found]
    policy = next(a for _, a in found if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy["content"]
    assert "connect-src 'none'" in policy["content"]
    assert "unsafe" not in policy["content"]
    first = next(i for i, (_, a) in enumerate(found) if a is policy)
    assert not {"script", "link"} & set(names[:first])
    assert "style" not in names
    for tag, attributes in found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag != "script" or "src" in attributes


def test_the_landing_view_is_light(files):
    """
    Page, scripts, style and all figures: a tenth of the allowed 1.5 MB over the wire.
    """
    landing = [content for name, content in files.items() if name.startswith(LANDING)]
    assert sum(len(gzip.compress(content, mtime=0)) for content in landing) < 150_000


def test_figures_are_laid_out_far_below_what_looks_like_raw_data(files):
    """
    No array of numbers has more entries than a plan has measures.
    """

    def longest(value):
        if isinstance(value, dict):
            return max(map(longest, value.values()), default=0)
        if not isinstance(value, list):
            return 0
        own = len(value) if all(isinstance(one, int | float) for one in value) else 0
        return max([own, *map(longest, value)])

    for name in (RELEASE, "data/requirements.js", "data/series.js", "data/facts.js"):
        assert longest(read_script(files[name])) < 150


def test_the_pages_say_what_the_release_says(files, sources):
    """
    Read back from the scripts, every figure is that of the release; none is left out.
    """
    series = [source.bench for source in sources]
    assert attack_pages(files, series, Rules()) == []
    document = read_script(files[RELEASE])
    assert document["measures"] == ["overall", *SMALL.categories]
    assert len(document["groups"]) == series[-1].manifest["totals"]["groups"]


@pytest.mark.parametrize("place", [0, 4])
def test_a_figure_that_the_release_does_not_have_is_found(files, sources, place):
    """
    Once the value of a share differs, once only what is certain about it: the printed one.
    """
    document = read_script(files[RELEASE])
    number = document["patterns"][0][2][0]
    changed = document["estimates"][number]
    changed[0] += 10
    if place:
        document["groups"]["sector=invented"] = document["groups"][""]
        changed[0] -= 10
    tampered = files | {RELEASE: script("release", document)}
    found = attack_pages(tampered, [source.bench for source in sources], Rules())
    assert "T31" in {finding.attack for finding in found}


def test_without_javascript_all_organizations_are_a_table(files, sources):
    """
    The landing page has the shares of every category for readers and for search.
    """
    page = files["index.html"].decode()
    fallback = page[page.index("<noscript>") : page.index("</noscript>")]
    bench = sources[-1].bench
    assert fallback.count("<tr>") == 2 + len(SMALL.categories)
    shown = bench.distribution(bench.group(), CATEGORY)
    assert f"{round(100 * shown.levels[3].value)} %" in fallback
    assert "Self-assessments and independent ones are pooled." in fallback


def test_invented_data_is_marked_on_every_page(files):
    """
    Nobody takes synthetic organizations for real ones.
    """
    for page in PAGES:
        assert "Invented data." in files[page].decode()


def test_the_csv_has_the_rows_of_the_release_and_no_formula(files, sources):
    """
    A spreadsheet takes a cell that starts with an equals sign for a formula.
    """
    bench = sources[-1].bench
    text = files[f"data/{bench.id}.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = bench.published.columns
    assert len(rows) == len(columns["measure"])
    assert [row["measure"] for row in rows] == list(columns["measure"])
    values = [None if row["value"] == "" else float(row["value"]) for row in rows]
    assert values == list(columns["value"])
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "@")]


def test_colors_are_those_of_all_charts(files):
    """
    Levels and shades have one look, on the site and on the dashboards.
    """
    style = files["assets/site.css"].decode()
    for level, (color, ink) in enumerate(
        zip(look.LEVEL_COLORS, look.LEVEL_INK, strict=True), start=1
    ):
        assert f"--level-{level}: {color};" in style
        assert f"--level-ink-{level}: {ink};" in style
    for shade, (_, color) in enumerate(SCALE):
        assert f"--heat-{shade}: {color};" in style


def test_values_are_escaped_where_a_page_takes_them():
    """
    Only markup of ours is markup.
    """
    escaped = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"
    assert escaped in fill("head", pages=HOSTILE, mark=Html("<b>"))
    assert escaped in markdown(f"# {HOSTILE}\n\n- {HOSTILE}\n\n{HOSTILE} `{HOSTILE}`")
    assert "<img" not in markdown(HOSTILE)


def test_markdown_of_a_release_becomes_headings_lists_and_code():
    """
    The few forms that its texts use.
    """
    shown = markdown("# One\n\ntwo\nthree `four`\n\n- five\n- six\n  seven", base=3)
    assert shown == (
        "<h3>One</h3><p>two three <code>four</code></p><ul><li>five</li><li>six seven</li></ul>"
    )


def test_a_release_on_the_site_is_as_it_was_published(files, sources, tmp_path):
    """
    Nothing lies beside it that its manifest does not name: an audit of it finds nothing.
    """
    bench = sources[-1].bench
    folder = tmp_path / bench.id
    folder.mkdir()
    for name, content in files.items():
        if name.startswith(f"data/{bench.id}/"):
            (folder / name.rsplit("/", 1)[-1]).write_bytes(content)
    assert check_manifest(folder) == []
