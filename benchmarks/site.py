"""
The published site: weight of its pages, time to the first chart, growth.

Weight is counted raw and as a web host would send it (gzip). Times are measured in this
machine's Chromium, from a folder, side by side in shuffled order; they say how much more
one page takes than another, not how fast a machine is. Releases are made of given counts
and are not attacked, because that is not what is measured here.

Measured with `--rounds 3` on two cores that were busy with other work (load 7):

| site | groups | raw | gzip | first chart, times a page with one bar |
|---|---|---|---|---|
| 10 contributors or more, 1 release | 1 | 219 kB | 59 kB | 3.0 |
| 20 or more, 1 release | 19 | 301 kB | 72 kB | 3.1 |
| 100 or more, 1 release | 49 | 458 kB | 97 kB | 3.7 |
| 500 or more, 1 release | 107 | 1,199 kB | 200 kB | 4.5 |
| 500 or more, 4 releases | 107 | 2,530 kB | 384 kB | 5.1 |

The largest took 1.0 s to its first chart under that load, and is far below the goal of
1.5 MB over the wire.

Run it: python benchmarks/site.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import gzip
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from pkimm_analytics.benchmark import open_release  # noqa: E402 - after the path is set
from pkimm_analytics.disclosure.manifest import changes, readme  # noqa: E402
from pkimm_analytics.site.contents import Source, site_files  # noqa: E402
from tests.benchmark.made import PLAN, POLICY, made_release  # noqa: E402

LANDING = (
    "index.html",
    "assets/",
    "data/facts",
    "data/figures",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIRST_CHART = """
() => new Promise((done) => {
  const look = () => document.querySelector("#levels svg rect")
    ? done(performance.now()) : requestAnimationFrame(look);
  look();
})
"""


def release(folder: Path, tier: int, seed: int) -> Source:
    """Make a release with every group of a tier, all of them published."""
    rng = np.random.default_rng(seed)
    families = PLAN.tier(tier).families
    counts = {
        group: {
            measure: rng.multinomial(600 // 2 ** len(family), rng.dirichlet([2, 4, 5, 3, 1]))
            for measures in PLAN.parts(PLAN.tier(tier), family).values()
            for measure in measures
        }
        for family in families
        for group in PLAN.groups(tier, family)
    }
    place = made_release(folder, counts, tier=tier)
    bench = open_release(place)
    files = {path.name: path.read_bytes() for path in place.iterdir()}
    files["README.md"] = readme(bench.published, bench.quarter, POLICY)
    files["CHANGES.md"] = changes(None, bench.published, None)
    return Source(bench, files)


def weight(files: Mapping[str, bytes]) -> tuple[int, int]:
    """Bytes of the landing view, raw and compressed."""
    landing = [content for name, content in files.items() if name.startswith(LANDING)]
    return sum(map(len, landing)), sum(len(gzip.compress(c, 9, mtime=0)) for c in landing)


def write(files: Mapping[str, bytes], folder: Path) -> str:
    """Write a site; returns the address of its landing view."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return (folder / "index.html").as_uri()


def first_chart(browser: Any, address: str) -> float:
    """Milliseconds from the start of the navigation until the first bar is there."""
    page = browser.new_page()
    page.goto(address, wait_until="commit")
    found = float(page.evaluate(FIRST_CHART))
    page.close()
    return found


def empty_page(folder: Path) -> str:
    """Write a page with one bar and nothing else: what a browser takes anyway."""
    path = folder / "empty.html"
    path.write_text('<section id="levels"><svg><rect width="9" height="9"/></svg></section>')
    return path.as_uri()


def in_turns(measure: Callable[[str], float], pages: Mapping[str, str], rounds: int) -> None:
    """Measure all pages in shuffled turns and print medians and ratios to the first."""
    found: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds):
        for name in random.sample(list(pages), len(pages)):
            found[name].append(measure(pages[name]))
    reference = found[next(iter(pages))]
    for name, times in found.items():
        ratios = [a / b for a, b in zip(times, reference, strict=True)]
        print(f"{name:32} {statistics.median(times):8.0f} ms  x {statistics.median(ratios):5.1f}")


def main() -> None:
    """Weigh sites of growing releases and series, then time their landing views."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pages = {"a page with one bar": empty_page(folder)}
        print(f"{'site':32} {'groups':>6} {'raw':>10} {'gzip':>9} {'made in':>8}")
        for tier, n in ((10, 1), (20, 1), (100, 1), (500, 1), (500, 4)):
            sources = [release(folder / f"{tier}-{n}-{i}", tier, i) for i in range(n)]
            started = time.process_time()
            files = site_files(sources)
            took = time.process_time() - started
            name = f"tier {tier}, {n} release(s)"
            raw, packed = weight(files)
            groups = len(sources[-1].bench.published.all_groups)
            print(f"{name:32} {groups:6} {raw:10,} {packed:9,} {took:7.1f}s")
            pages[name] = write(files, folder / f"site-{tier}-{n}")
        executable = next((p for b in BROWSERS if (p := shutil.which(b))), None)
        if executable is None:
            print("There is no Chromium: times are left out.")
            return
        from playwright.sync_api import sync_playwright

        print("\nTime to the first chart, from a folder")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            in_turns(lambda address: first_chart(browser, address), pages, rounds)
            browser.close()


if __name__ == "__main__":
    main()
