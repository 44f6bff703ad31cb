"""What a site holds."""

import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest

from pkimm_analytics.audit import Rules
from pkimm_analytics.site import SITE_MANIFEST, Appearance, site_files
from pkimm_analytics.site.checking import FIGURES, attack_pages
from pkimm_analytics.site.contents import read_script, script, sha256
from pkimm_analytics.site.pages import markdown
from tests.site.released import CATEGORY, SMALL

PAGES = ("index.html", "embed.html", "method.html", "data.html")
HOSTILE = '<img src=x onerror="alert(1)">'
LOOK = Appearance(
    title=f"Ours {HOSTILE}",
    address="https://us.example/benchmark/",
    logo="logo.png",
    share_image="share.png",
    contact="mailto:us@us.example",
    take_part="https://us.example/take-part",
    license="CC BY 4.0",
    citation="Us, 2026",
    language="de",
)


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
    names = ("index.html", "assets/", "data/facts.js", FIGURES)
    landing = [content for name, content in files.items() if name.startswith(names)]
    assert sum(len(gzip.compress(content, mtime=0)) for content in landing) < 150_000


def test_the_pages_say_what_the_release_says(files, sources):
    """
    Read back from the scripts, every figure is that of the release, and none is left out.
    """
    series = [source.bench for source in sources]
    assert attack_pages(files, series, Rules()) == []
    newest = read_script(files[FIGURES])["figures"]["releases"][-1]
    assert newest["measures"] == ["overall", *SMALL.categories, *SMALL.requirements]
    assert len(newest["groups"]) == series[-1].manifest["totals"]["groups"]
    assert max(map(len, newest["groups"].values())) < 150


@pytest.mark.parametrize("is_value", [True, False])
def test_a_figure_that_the_release_does_not_have_is_found(files, sources, is_value):
    """
    Once the value of a share differs, once there is a group more.
    """
    document = read_script(files[FIGURES])
    figures = document["figures"]
    if is_value:
        figures["estimates"][figures["patterns"][0][3][0]][0] += 0.01
    else:
        groups = figures["releases"][-1]["groups"]
        groups["sector=invented"] = groups[""]
    tampered = files | {FIGURES: script(document)}
    found = attack_pages(tampered, [source.bench for source in sources], Rules())
    assert "T31" in {finding.attack for finding in found}


def test_without_javascript_there_is_a_finding_and_a_table_of_all_organizations(files, sources):
    """
    The landing page has the shares of every category for readers and for search.
    """
    page = files["index.html"].decode()
    fallback = page[page.index("<noscript>") : page.index("</noscript>")]
    bench = sources[-1].bench
    assert fallback.count("<tr>") == 2 + len(SMALL.categories)
    shown = bench.distribution(bench.group(), CATEGORY)
    assert f"{round(100 * shown.levels[3].value)}%" in fallback
    assert re.search(r"<h1>All organizations: .*% reach level 3 \(Advanced\) or above</h1>", page)
    for name in PAGES:
        assert "Invented data: " in files[name].decode()


def test_a_publisher_says_whose_site_it_is_and_in_which_language(sources):
    """
    Title, logo, contact, license, citation, share image and the way to take part.
    """
    files = site_files(sources, LOOK, {"logo.png": b"logo", "share.png": b"share"})
    page, data = (files[name].decode() for name in ("index.html", "data.html"))
    assert files["assets/logo.png"] == b"logo"
    for text in (
        *("assets/logo.png", "https://us.example/benchmark/assets/share.png", "CC BY 4.0"),
        *("mailto:us@us.example", "https://us.example/take-part", "Teilnehmen", 'lang="de"'),
        "Alle Organisationen:",
    ):
        assert text in page
    assert "So zitieren: Us, 2026" in data
    assert HOSTILE not in page
    assert "Was gezählt wird" in files["method.html"].decode()
    assert read_script(files["data/facts.js"])["words"]["words"]["site.share"] == "Anteil"


def test_the_csv_has_the_rows_of_the_release_and_no_formula(files, sources):
    """
    A spreadsheet takes a cell that starts with an equals sign for a formula.
    """
    bench = sources[-1].bench
    rows = list(csv.DictReader(io.StringIO(files[f"data/{bench.id}.csv"].decode())))
    columns = bench.published.columns
    assert [row["measure"] for row in rows] == list(columns["measure"])
    values = [None if row["value"] == "" else float(row["value"]) for row in rows]
    assert values == list(columns["value"])
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "@")]


def test_markdown_of_a_release_has_ranks_below_the_page_and_no_markup_of_its_own():
    """
    Headings, lists and code are shown; everything else as it stands.
    """
    shown = str(markdown(f"# One\n\n- two `three`\n\n{HOSTILE}\n\n![x](https://x)", base=3))
    assert shown.startswith("<h3>One</h3>\n<ul>\n<li>two <code>three</code></li>")
    assert "<img" not in shown


def test_a_release_on_the_site_is_as_it_was_published(files, sources):
    """
    Every file of it is there, byte for byte, and nothing beside it.
    """
    for source in sources:
        start = f"data/{source.bench.id}/"
        published = {k.removeprefix(start): v for k, v in files.items() if k.startswith(start)}
        assert published == source.files
