"""
The pages of a site as text: templates with every value escaped.

A page holds what does not depend on its visitor. Without JavaScript the landing page
still shows all organizations as a table.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from pkimm_analytics.audit.suite import number_of_attacks
from pkimm_analytics.benchmark import IMPORTANCE, Benchmark
from pkimm_analytics.benchmark.ladder import pooled_words
from pkimm_analytics.benchmark.printed import Distribution, Estimate
from pkimm_analytics.benchmark.release import kind_of
from pkimm_analytics.disclosure.manifest import POOLED
from pkimm_analytics.model import LEVELS
from pkimm_analytics.release import CHANGES_FILE, README_FILE
from pkimm_analytics.tables import BENCHMARK, OVERALL

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'"
)
"""Content security policy: files of the site itself, and no connection to anything."""

SCRIPTS = ("reading.js", "benchmark.js")
DATA_SCRIPTS = ("facts.js", "release.js", "requirements.js", "series.js")
MENU = {
    "index.html": "Benchmark",
    "method.html": "Method",
    "releases.html": "Releases",
    "data.html": "Data",
}

_SNIPPET = (
    '<iframe src="https://your.site/benchmark/embed.html#sector=finance"\n'
    '  title="PKI maturity benchmark" loading="lazy" referrerpolicy="no-referrer"\n'
    '  sandbox="allow-scripts allow-popups allow-downloads"\n'
    '  style="width: 100%; height: 60rem; border: 0"></iframe>'
)


class Html(str):
    """Markup of ours; any other text is escaped where it is put into a page."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """
    Put values into a template of the package, escaped unless they are :class:`Html`.

    Parameters
    ----------
    template : str
        Name of a file in ``page/html``, without its ending.

    Raises
    ------
    KeyError
        If the template wants a value that is not given.
    """
    text = (
        resources.files("pkimm_analytics.site") / "page" / "html" / f"{template}.html"
    ).read_text(encoding="utf-8")
    return Html(re.sub(r"\{\{(\w+)\}\}", lambda found: esc(values[found[1]]), text).rstrip("\n"))


def esc(value: object) -> str:
    """Escape a text for element or attribute content; leave markup of ours as it is."""
    return str(value) if isinstance(value, Html) else html.escape(str(value), quote=True)


def site_pages(
    series: Sequence[Benchmark], texts: Mapping[str, Mapping[str, str]], files: Sequence[Any]
) -> dict[str, str]:
    """
    Write every page of a site.

    Parameters
    ----------
    series : sequence of Benchmark
        Oldest first; the last one is shown.
    texts : mapping
        By release id: its texts for readers, by name of the file.
    files : sequence of (path, bytes, sha256)
        Downloads, for the data page.

    Returns
    -------
    dict of str to str
        HTML by name of the file.
    """
    bench = series[-1]
    common = _common(bench)
    method = {
        "pooled": " ".join(POOLED.values()),
        "limits": _items(bench.manifest.get("limits", ())),
        "ladder": ", then ".join(reversed(IMPORTANCE)),
        "snippet": _SNIPPET,
    }
    title = f"PKI maturity benchmark {common['quarter']}"
    return {
        "index.html": _page("benchmark", title, bench, common | {"table": _table(bench)}),
        "embed.html": _page("embed", title, bench, common),
        "method.html": _page("method", f"Method · {title}", bench, common | method),
        "releases.html": _page(
            "releases",
            f"Releases · {title}",
            bench,
            common | {"releases": _releases(series, texts)},
        ),
        "data.html": _page(
            "data",
            f"Data · {title}",
            bench,
            common | {"files": _files(series, files), "columns": _columns()},
        ),
    }


_NAMES = {
    "benchmark": "index.html",
    "method": "method.html",
    "releases": "releases.html",
    "data": "data.html",
}


def _page(template: str, title: str, bench: Benchmark, values: Mapping[str, object]) -> str:
    is_synthetic = bench.synthetic
    mark = fill("mark") if is_synthetic else Html("")
    has_charts = template in {"benchmark", "embed"}
    names = [*(f"data/{name}" for name in DATA_SCRIPTS), *(f"assets/{name}" for name in SCRIPTS)]
    scripts = [f'<script defer src="{name}"></script>' for name in names if has_charts]
    frame = {
        "mark": mark,
        "head": fill("head", pages=_menu(_NAMES.get(template, "")), mark=mark),
        "foot": fill("foot", **values),
    }
    return (
        fill(
            "frame",
            synthetic="yes" if is_synthetic else "no",
            policy=POLICY,
            description="How mature the PKI of organizations is, by the PKI Maturity Model.",
            title=title,
            scripts=Html("\n".join(scripts)),
            body=fill(template, **values, **frame),
            **{"class": Html(' class="embed"' if template == "embed" else "")},
        )
        + "\n"
    )


def _menu(current: str) -> Html:
    mark = ' aria-current="page"'
    return Html(
        "\n".join(
            f'<a href="{name}"{mark if name == current else ""}>{esc(label)}</a>'
            for name, label in MENU.items()
        )
    )


def _common(bench: Benchmark) -> dict[str, object]:
    manifest = bench.manifest
    policy, dates, totals = manifest["policy"], manifest["contributions"], manifest["totals"]
    everybody = bench.distribution(bench.group(), OVERALL)
    levels = bench.edition.level_names
    return {
        "release": bench.id,
        "quarter": quarter_words(bench.quarter),
        "from": quarter_words(str(dates["from"])),
        "to": quarter_words(str(dates["to"])),
        "n": "withheld" if everybody is None else everybody.band.replace("-", "–"),
        "published": totals["published"],
        "groups": totals["groups"],
        "threshold": bench.threshold,
        "age": policy["age_months"],
        "window": policy["window_months"],
        "changes": policy["changes"],
        "attacks": number_of_attacks(),
        "software": manifest["software"]["version"],
        "level1": levels[0],
        "level5": levels[-1],
    }


def quarter_words(quarter: str) -> str:
    """
    Spell a quarter for readers.

    Examples
    --------
    >>> quarter_words("2026Q3")
    '2026 Q3'
    """
    return f"{quarter[:4]} {quarter[4:]}"


# --- parts -----------------------------------------------------------------------------------


def _table(bench: Benchmark) -> Html:
    """All organizations at a glance, for readers without JavaScript."""
    measures = [m for m in bench.measures if kind_of(m) in {"overall", "category"}]
    head = "".join(f'<th scope="col" class="number">Level {level}</th>' for level in LEVELS)
    rows = "".join(_row(bench, measure) for measure in measures)
    pooled = pooled_words(bench.pooled())
    caption = " ".join(["Share of all organizations at each level.", *pooled])
    return Html(
        f'<div class="scroll"><table><caption>{esc(caption)}</caption>'
        f'<thead><tr><th scope="col">Measure</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(bench: Benchmark, measure: str) -> str:
    name = "Overall" if measure == OVERALL else bench.edition.name(measure)
    found = bench.distribution(bench.group(), measure)
    cells = "".join(f'<td class="number">{esc(cell)}</td>' for cell in _cells(found))
    return f'<tr><th scope="row">{esc(name)}</th>{cells}</tr>'


def _cells(found: Distribution | None) -> list[str]:
    if found is None:
        return ["withheld"] * len(LEVELS)
    return [share_words(found.levels[level]) for level in LEVELS]


def share_words(one: Estimate) -> str:
    """Share as printed, such as ``≤ 10 %``."""
    mark = {"<=": "≤ ", ">=": "≥ "}.get(one.qualifier, "")
    return f"{mark}{round(100 * one.value)} %"


def _items(texts: Sequence[str]) -> Html:
    return Html("".join(f"<li>{esc(text)}</li>" for text in texts))


def _releases(series: Sequence[Benchmark], texts: Mapping[str, Mapping[str, str]]) -> Html:
    parts = []
    for bench in reversed(series):
        own = texts[bench.id]
        parts += [
            f'<section><h2 id="{esc(bench.quarter)}">{esc(quarter_words(bench.quarter))}</h2>',
            f"<p>{_summary(bench)}</p>",
            "<details><summary>What changed</summary>",
            markdown(own[CHANGES_FILE], base=3),
            "</details><details><summary>Notes for readers</summary>",
            markdown(own[README_FILE], base=3),
            "</details></section>",
        ]
    return Html("".join(parts))


def _summary(bench: Benchmark) -> str:
    totals = bench.manifest["totals"]
    return (
        f"Release <code>{esc(bench.id)}</code>. {totals['published']} of {totals['groups']} groups"
        f" are published, {totals['published_carried_forward']} of them carried forward."
    )


def _files(series: Sequence[Benchmark], files: Sequence[Any]) -> Html:
    parts = []
    for bench in reversed(series):
        own = [entry for entry in files if entry[0].startswith(f"data/{bench.id}/")]
        rows = "".join(
            f'<tr><th scope="row"><a href="{esc(path)}" download>{esc(path.rsplit("/", 1)[-1])}</a>'
            f'</th><td class="number">{size:,}</td><td class="mono">{esc(digest)}</td></tr>'
            for path, size, digest in own
        )
        label = f"files-{esc(bench.quarter)}"
        parts.append(
            f'<h2 id="{label}">{esc(quarter_words(bench.quarter))}</h2>'
            f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{label}"><table>'
            f"<caption>Release {esc(bench.id)}</caption>"
            '<thead><tr><th scope="col">File</th><th scope="col" class="number">Bytes</th>'
            f'<th scope="col">SHA-256</th></tr></thead><tbody>{rows}</tbody></table></div>'
        )
    return Html("".join(parts))


def _columns() -> Html:
    return Html(
        "".join(
            f'<tr><th scope="row"><code>{esc(column.name)}</code></th>'
            f"<td>{esc(column.description)}</td></tr>"
            for column in BENCHMARK.columns
        )
    )


# --- texts of a release -------------------------------------------------------------------------


def markdown(text: str, *, base: int = 2) -> Html:
    """
    Turn the Markdown of a release's own texts into HTML: headings, paragraphs, lists, code.

    Everything else is shown as it stands; no markup in the text has an effect.

    Parameters
    ----------
    base : int
        Rank of the heading that ``#`` becomes.
    """
    parts: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        heading = re.fullmatch(r"(#{1,4}) +(.*)", lines[0])
        if heading and len(lines) == 1:
            rank = min(base + len(heading[1]) - 1, 6)
            parts.append(f"<h{rank}>{_inline(heading[2])}</h{rank}>")
        elif lines[0].startswith("- "):
            items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
            parts.append("<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>")
        else:
            parts.append(f"<p>{_inline(block)}</p>")
    return Html("".join(parts))


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", esc(" ".join(text.split())))
