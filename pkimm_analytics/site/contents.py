"""
Every file of a site, from the folders of its releases: the same bytes each time.

Nothing is written here; see :mod:`.writing`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pkimm_analytics import vendor
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.disclosure.manifest import software_version
from pkimm_analytics.release import CHANGES_FILE, README_FILE
from pkimm_analytics.render.html import asset
from pkimm_analytics.site.figures import figures_data
from pkimm_analytics.site.pages import Appearance, Pages
from pkimm_analytics.site.reading import (
    names_data,
    questions_data,
    reading_data,
    words_data,
)
from pkimm_analytics.views.words import Language, catalogue

FORMAT = "pkimm-site/1"
SITE_MANIFEST = "site-manifest.json"
TEXTS = (CHANGES_FILE, README_FILE)

VIEWS = ("source", "score", "release", "words", "draw", "charts", "save", "mine", "page")
"""Scripts that show the benchmark, also in a notebook."""
READING = ("webtool", "compare", "static")
"""Scripts that read and compare an assessment in the browser."""


@dataclass(frozen=True)
class Source:
    """One release: what it prints and the files of its folder, by name."""

    bench: Benchmark
    files: Mapping[str, bytes]


def read_files(folder: Path, bench: Benchmark) -> Source:
    """Take over the files of a release folder, which has been checked."""
    return Source(bench, {path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def site_files(
    sources: Sequence[Source],
    appearance: Appearance | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """
    Make every file of a site.

    Parameters
    ----------
    sources : sequence of Source
        Releases of one series, oldest first; the last one is shown.
    appearance : Appearance, optional
    pictures : mapping of str to bytes, optional
        Logo and share image, by their names in the appearance.

    Returns
    -------
    dict of str to bytes
        By path inside the site, with ``/``; in the order of the paths.
    """
    look = appearance or Appearance()
    files: dict[str, bytes] = {}
    for source in sources:
        for name, content in source.files.items():
            files[f"data/{source.bench.id}/{name}"] = content
        files[f"data/{source.bench.id}.csv"] = csv_bytes(source.bench)  # no part of the release
    downloads = [(path, len(files[path]), sha256(files[path])) for path in sorted(files)]
    series = [source.bench for source in sources]
    texts = {s.bench.id: [s.files[name].decode() for name in TEXTS] for s in sources}
    for name, text in Pages(series, look).all(texts, downloads).items():
        files[name] = text.encode()
    for name, document in page_data(series, look.language).items():
        files[f"data/{name}.js"] = script(document)
    files |= {f"assets/{name}": content for name, content in (pictures or {}).items()}
    files |= _assets()
    files[SITE_MANIFEST] = _manifest(series, files)
    return dict(sorted(files.items()))


def page_data(series: Sequence[Benchmark], language: str = "en") -> dict[str, dict[str, Any]]:
    """Return what a page knows: ``facts`` with words and questions, and ``figures``."""
    questions = questions_data(series[-1].edition)
    words = words_data(catalogue(language))
    return {
        "facts": {"facts": {**reading_data(), "questions": questions}, "words": words},
        "figures": {"figures": figures_data(series)},
    }


def notebook_data(series: Sequence[Benchmark], language: Language) -> dict[str, Any]:
    """Return what the page knows in a notebook, where Python reads and compares."""
    questions = questions_data(series[-1].edition)
    return {
        "facts": {**names_data(), "questions": questions},
        "words": words_data(language),
        "figures": figures_data(series),
    }


def scripts(*names: str) -> str:
    """Scripts of the page as one, in the order in which they need each other."""
    folder = resources.files("pkimm_analytics.site") / "js"
    return "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)


def page_style() -> str:
    """Style of the page: tokens, then its own."""
    folder = resources.files("pkimm_analytics.site") / "page"
    return asset("tokens.css") + (folder / "site.css").read_text(encoding="utf-8")


def script(document: Mapping[str, Any]) -> bytes:
    """
    Return data as a script, because a page that is opened as a file may not fetch one.

    The second line is JSON, so that it can be read without running anything.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"Object.assign((globalThis.pkimmData ??= {{}}),\n{text}\n);\n".encode()


def read_script(content: bytes) -> Any:
    """Read the data of a script of a site."""
    return json.loads(content.decode().split("\n")[1])


def csv_bytes(bench: Benchmark) -> bytes:
    """
    Table of a release as CSV: the same rows and columns as the Parquet file.

    ``qualifier`` is spelled ``eq``, ``le`` or ``ge``; see the data page.
    """
    words = {"=": "eq", "<=": "le", ">=": "ge"}
    columns = bench.published.columns
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        cells = dict(zip(columns, row, strict=True))
        cells["qualifier"] = words.get(cells["qualifier"], "")
        cells["suppressed"] = "true" if cells["suppressed"] else "false"
        writer.writerow(["" if cell is None else cell for cell in cells.values()])
    return sink.getvalue().encode()


def sha256(content: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _assets() -> dict[str, bytes]:
    icon = resources.files("pkimm_analytics.site") / "page" / "icon.svg"
    page = f'"use strict";\n(() => {{\n{scripts(*VIEWS, *READING)}\nstart();\n}})();\n'
    return {
        "assets/site.css": page_style().encode(),
        "assets/icon.svg": icon.read_bytes(),
        "assets/vendor.js": vendor.joined().encode(),
        "assets/benchmark.js": page.encode(),
    }


def _manifest(series: Sequence[Benchmark], files: Mapping[str, bytes]) -> bytes:
    document = {
        "format": FORMAT,
        "releases": [bench.id for bench in series],
        "shown": series[-1].id,
        "synthetic": any(bench.synthetic for bench in series),
        "software": {"name": "pkimm-analytics", "version": software_version()},
        "files": [
            {"name": name, "sha256": sha256(content), "bytes": len(content)}
            for name, content in sorted(files.items())
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
