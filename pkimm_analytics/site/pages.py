"""
The pages of a site: what does not depend on its visitor, in the language of the site.

Without JavaScript the landing page still says its finding and shows all organizations as
a table. Every text is escaped; texts of a release and the method are Markdown without
markup of its own, links or pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import htpy as h
from markdown_it import MarkdownIt

from pkimm_analytics.audit import number_of_attacks
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.benchmark.release import kind_of
from pkimm_analytics.model import LEVELS
from pkimm_analytics.render.html import trusted
from pkimm_analytics.tables import BENCHMARK, OVERALL
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.words import catalogue

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'"
)
"""Content security policy: files of the site itself, and no connection to anything."""

SCRIPTS = ("data/facts.js", "data/figures.js", "assets/vendor.js", "assets/benchmark.js")
PAGES = ("index", "method", "data")
HEADLINE_LEVEL = 3
"""Level whose share is the finding of the landing page, as in ``js/page.js``."""


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """
    Whose site it is, and how it presents itself.

    Parameters
    ----------
    title : str
        Name of the benchmark; the language's own if left out.
    address : str
        Where the site will stand, which only a share image needs.
    logo, share_image : str
        Names of the files in ``assets``.
    contact, take_part : str
        Addresses (https or mailto) to write to, and to take part.
    license, citation : str
        How the figures may be used, and how to quote them.
    language : str
    """

    title: str = ""
    address: str = ""
    logo: str = ""
    share_image: str = ""
    contact: str = ""
    take_part: str = ""
    license: str = ""
    citation: str = ""
    language: str = "en"


class Pages:
    """
    Writer of the pages of a series of releases, of which the last is shown.

    Parameters
    ----------
    series : sequence of Benchmark
    appearance : Appearance
    """

    def __init__(self, series: Sequence[Benchmark], appearance: Appearance) -> None:
        self.series, self.bench = series, series[-1]
        self.language = catalogue(appearance.language)
        self.say = self.language.word
        self.voice = Voice(self.language, self.bench.edition)
        self.look = replace(appearance, title=appearance.title or self.say("site.title"))

    def all(self, texts: Mapping[str, Sequence[str]], downloads: Sequence[Any]) -> dict[str, str]:
        """
        Write every page.

        Parameters
        ----------
        texts : mapping
            By release id: what changed, and its notes for readers.
        downloads : sequence of (path, bytes, sha256)

        Returns
        -------
        dict of str to str
            HTML by name of the file.
        """
        return {
            "index.html": self._page("index", self._landing()),
            "embed.html": self._page("embed", self._embed()),
            "method.html": self._page("method", self._method()),
            "data.html": self._page("data", self._data(texts, downloads)),
        }

    # --- the frame -------------------------------------------------------------------------

    def _page(self, name: str, body: h.Node) -> str:
        title = self.look.title if name == "index" else f"{self._name(name)} · {self.look.title}"
        classes = "pk-view pk-site embed" if name == "embed" else "pk-view pk-site"
        return str(
            h.html(
                lang=self.look.language,
                class_=classes,
                data_theme="light" if name == "embed" else None,  # as most host pages are
            )[
                h.head[self._meta(name, title)],
                h.body[
                    None if name == "embed" else self._top(name),
                    self._invented(),
                    h.main("#main.wide")[body],
                    self._foot(name),
                ],
            ]
        )

    def _meta(self, name: str, title: str) -> h.Node:
        shared = {"og:title": title, "og:description": self._finding(), "og:type": "website"}
        if self.look.share_image:
            base = self.look.address.rstrip("/")
            shared["og:image"] = f"{base}/assets/{self.look.share_image}".lstrip("/")
        return [
            h.meta(charset="utf-8"),
            h.meta({"http-equiv": "Content-Security-Policy", "content": POLICY}),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="referrer", content="no-referrer"),
            h.meta(name="description", content=self._finding()),
            [h.meta(property=key, content=text) for key, text in shared.items()],
            h.title[title],
            h.link(rel="icon", href="assets/icon.svg", type="image/svg+xml"),
            h.link(rel="stylesheet", href="assets/site.css"),
            [h.script(defer=True, src=src) for src in SCRIPTS if name in {"index", "embed"}],
        ]

    def _name(self, page: str) -> str:
        return self.say(f"site.page.{page}")

    def _top(self, current: str) -> h.Node:
        logo = self.look.logo or "icon.svg"
        return [
            h.a(".skip", href="#main")[self.say("site.skip_link")],
            h.header(".top")[
                h.a(".brand", href="index.html")[
                    h.img(src=f"assets/{logo}", alt="", height="28"), self.look.title
                ],
                h.nav(aria_label=self.say("site.pages"))[
                    [
                        h.a(href=f"{page}.html", aria_current="page" if page == current else None)[
                            self._name(page)
                        ]
                        for page in PAGES
                    ]
                ],
                self._link(self.look.take_part, "site.take_part", ".main-action"),
            ],
        ]

    def _link(self, address: str, word: str, classes: str = ".plain") -> h.Node:
        return h.a(classes, href=address, rel="noopener")[self.say(word)] if address else None

    def _invented(self) -> h.Node:
        if not self.bench.synthetic:
            return None
        return h.div(".invented", role="note")[h.p[self.say("site.invented")]]

    def _foot(self, name: str) -> h.Node:
        values = {
            "release": self.bench.id,
            "software": self.bench.manifest["software"]["version"],
            "attacks": number_of_attacks(),
            "threshold": self.bench.threshold,
        }
        whole = h.a(href="index.html", target="_blank", rel="noopener")[self.say("site.whole")]
        return h.footer(".foot")[
            h.p[whole] if name == "embed" else None,
            h.p[self.say("site.foot", **values)],
            h.p[self.look.license] if self.look.license else None,
            h.p[self._link(self.look.contact, "site.contact")] if self.look.contact else None,
        ]

    # --- the landing page ------------------------------------------------------------------

    def _finding(self) -> str:
        """Return the finding of all organizations, as the page says it with JavaScript."""
        level = HEADLINE_LEVEL
        name = self.voice.level_name(level)
        reaching = self.say("site.or_above", level=level, name=name)
        values = {"group": self.say("site.everybody"), "reaching": reaching}
        found = self.bench.distribution(self.bench.group(), OVERALL)
        if found is None:
            return self.say("site.finding_withheld", **values)
        one = found.share(level)
        share = self.voice.share(one.value, one.qualifier)
        return self.say("site.finding", share=share, **values)

    def _landing(self) -> h.Node:
        return [
            h.div("#benchmark.benchmark"),
            h.noscript[h.h1[self._finding()], h.p[self.say("site.no_script")], self._table()],
        ]

    def _embed(self) -> h.Node:
        return h.div("#benchmark.benchmark", data_embedded=True)

    def _table(self) -> h.Node:
        """All organizations at a glance, for readers without JavaScript."""
        measures = [m for m in self.bench.measures if kind_of(m) in {"overall", "category"}]
        heads = [self.say("column.name"), *(self.say("site.level", level=k) for k in LEVELS)]
        rows = [[self.voice.name(measure), *self._shares(measure)] for measure in measures]
        return _table(self.say("site.categories_caption"), heads, rows)

    def _shares(self, measure: str) -> list[str]:
        found = self.bench.distribution(self.bench.group(), measure)
        if found is None:
            return [self.say("site.withheld")] * len(LEVELS)
        levels = [found.levels[level] for level in LEVELS]
        return [self.voice.share(one.value, one.qualifier) for one in levels]

    # --- the other pages -------------------------------------------------------------------

    def _method(self) -> h.Node:
        policy, dates = self.bench.manifest["policy"], self.bench.manifest["contributions"]
        folder = resources.files("pkimm_analytics.site") / "page"
        text = (folder / f"method.{self.look.language}.md").read_text(encoding="utf-8")
        values = {
            "quarter": quarter_words(self.bench.quarter),
            "from": quarter_words(str(dates["from"])),
            "to": quarter_words(str(dates["to"])),
            "threshold": self.bench.threshold,
            "attacks": number_of_attacks(),
            "limits": "\n".join(f"- {text}" for text in self.bench.manifest.get("limits", ())),
            **{name: policy[name] for name in ("age_months", "window_months", "changes")},
        }
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return h.article(".text")[markdown(text)]

    def _data(self, texts: Mapping[str, Sequence[str]], downloads: Sequence[Any]) -> h.Node:
        columns = [[column.name, column.description] for column in BENCHMARK.columns]
        heads = [self.say("site.column"), self.say("site.meaning")]
        quote = self.look.citation or self.say("site.citation", title=self.look.title)
        return h.article(".text")[
            h.h1[self._name("data")],
            h.p[self.say("site.data_lead")],
            h.p[self.say("site.quote", text=quote)],
            h.p[self.look.license] if self.look.license else None,
            [self._release(bench, texts[bench.id], downloads) for bench in reversed(self.series)],
            h.h2[self.say("site.columns")],
            _table(self.say("site.columns_caption"), heads, columns),
            h.p[self.say("site.csv_note")],
        ]

    def _release(self, bench: Benchmark, texts: Sequence[str], downloads: Sequence[Any]) -> h.Node:
        totals = bench.manifest["totals"]
        counted = {"release": bench.id, "n": totals["published"], "total": totals["groups"]}
        heads = [self.say("site.file"), self.say("site.bytes"), "SHA-256"]
        rows = [
            [h.a(href=path, download=True)[path.rsplit("/", 1)[-1]], f"{size:,}", digest]
            for path, size, digest in downloads
            if path.startswith(f"data/{bench.id}")
        ]
        return h.section[
            h.h2(id=bench.quarter)[quarter_words(bench.quarter)],
            h.p[self.say("site.release_facts", **counted)],
            _table(self.say("site.files_caption", release=bench.id), heads, rows),
            [
                h.details[h.summary[self.say(word)], markdown(text, base=3)]
                for word, text in zip(("site.changes", "site.notes_of"), texts, strict=True)
            ],
        ]


def quarter_words(quarter: str) -> str:
    """
    Spell a quarter for readers.

    Examples
    --------
    >>> quarter_words("2026Q3")
    '2026 Q3'
    """
    return f"{quarter[:4]} {quarter[4:]}"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[h.Node]]) -> h.Node:
    return h.div(".scroll", tabindex="0", role="region", aria_label=caption)[
        h.table[
            h.caption[caption],
            h.thead[h.tr[[h.th(scope="col")[head] for head in heads]]],
            h.tbody[
                [
                    h.tr[h.th(scope="row")[first], [h.td[cell] for cell in cells]]
                    for first, *cells in rows
                ]
            ],
        ]
    ]


_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_MARKDOWN.disable(["image", "autolink"])


def markdown(text: str, *, base: int = 1) -> h.Node:
    """
    Turn Markdown into HTML; no markup in it has an effect, and no picture is loaded.

    Parameters
    ----------
    base : int
        Rank of the heading that ``#`` becomes.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type.startswith("heading_"):
            token.tag = f"h{min(int(token.tag[1]) + base - 1, 6)}"
    return trusted(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))
