"""
The benchmark page in Voila: from a choice to what it shows, and to the first chart.

Choices are made in the browser and need no kernel, so their speed does not depend on how
many contributed; this shows it with a release in which every group of the plan is
published. Beside it stand the same figures counted anew from the rows.

Run it: python benchmarks/dashboard.py [--sizes 100000 1000000] [--choices 40]

Chromium is found as in the end-to-end tests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from playwright.sync_api import Error, sync_playwright
from sidebyside import compare

from pkimm_analytics.benchmark import open_release
from pkimm_analytics.disclosure import load_plan, load_policy
from pkimm_analytics.disclosure.manifest import manifest
from pkimm_analytics.disclosure.protect import print_shares
from pkimm_analytics.disclosure.table import printed_rows, table_columns
from pkimm_analytics.organization import ALL
from pkimm_analytics.release import MANIFEST_FILE, TABLE_FILE, Release, release_id, table_bytes
from pkimm_analytics.tables import DIMENSIONS
from pkimm_analytics.widgets.serving import dashboard_environment, free_port, voila_command

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
PLAN, POLICY = load_plan(), load_policy()
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
KEY = "the-key-of-a-benchmark"
PAGE = f"voila/render/benchmark.ipynb?token={KEY}"
CHART = "#levels svg"

# The time from a choice until the frame after it is shown.
CHOOSE = """
([list, value]) => new Promise(done => {
  const target = document.querySelector(list);
  const start = performance.now();
  target.value = value;
  target.dispatchEvent(new Event("change", {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})
"""


# --- releases ----------------------------------------------------------------------------


def rows(n: int) -> tuple[dict[str, NDArray[Any]], NDArray[np.int8]]:
    """Profile codes and levels of `n` organizations: one factor, every code often enough."""
    rng = np.random.default_rng(n)
    codes = {d: rng.integers(len(PLAN.codes[d]), size=n, dtype=np.int8) for d in DIMENSIONS}
    measures = (*PLAN.categories, "overall")
    factor = rng.normal(0, 0.7, n).astype(np.float32)
    levels = np.empty((len(measures), n), np.int8)
    for place in range(len(measures)):
        drawn = 2.9 + factor + rng.normal(0, 0.6, n).astype(np.float32)
        levels[place] = np.clip(np.floor(drawn + 0.5), 1, 5)
    return codes, levels


def count(
    codes: dict[str, NDArray[Any]], levels: NDArray[np.int8], group: tuple[str, ...]
) -> NDArray[np.int64]:
    """Count levels 1 to 5 of every measure in one group, from the rows."""
    inside = np.ones(levels.shape[1], bool)
    for dimension, code in zip(DIMENSIONS, group, strict=True):
        if code != ALL:
            inside &= codes[dimension] == PLAN.codes[dimension].index(code)
    return np.stack([np.bincount(one[inside], minlength=6)[1:] for one in levels])


def release_of(
    folder: Path, codes: dict[str, NDArray[Any]], levels: NDArray[np.int8], quarter: str
) -> None:
    """Write a release of all groups, protected as a real one is; it is not attacked."""
    tier = PLAN.tier(500)
    measures = (*PLAN.categories, "overall")
    printed = {}
    for family in tier.families:
        for group in PLAN.groups(tier, family):
            for measure, counts in zip(measures, count(codes, levels, group), strict=True):
                figures = print_shares(counts, POLICY)
                if figures is not None:
                    printed[group, measure] = printed_rows(figures, POLICY, quarter)
    columns = table_columns(PLAN, tier, printed)
    table = table_bytes(columns)
    place = folder / release_id(quarter, table)
    place.mkdir(parents=True)
    content = manifest(
        quarter=quarter,
        policy=POLICY,
        plan=PLAN,
        tier=tier.start,
        release=Release.from_columns(place.name, columns),
        previous=None,
        files={TABLE_FILE: table},
        synthetic=True,
    )
    (place / TABLE_FILE).write_bytes(table)
    (place / MANIFEST_FILE).write_bytes(content)


# --- the browser --------------------------------------------------------------------------


@contextmanager
def served(releases: Path, *, ready: bool) -> Iterator[tuple[psutil.Process, str]]:
    """Start the dashboards, with a kernel ready for the benchmark page or without."""
    with tempfile.TemporaryDirectory() as folder:
        dashboards = Path(shutil.copytree(DASHBOARDS, Path(folder) / "dashboards"))
        settings = json.loads((dashboards / "voila.json").read_text())
        pools = settings["VoilaKernelManager"]["kernel_pools_config"]
        nothing = {"pool_size": 0, "kernel_env_variables": {}}
        pools.clear()
        pools.update({"default": nothing, "benchmark.ipynb": {"pool_size": 1}})
        (dashboards / "voila.json").write_text(json.dumps(settings))
        port = free_port(0)
        workspace = Path(folder) / "workspace"
        environment = dashboard_environment(
            dashboards, workspace=workspace, release=releases, key=KEY
        )
        process = subprocess.Popen(
            voila_command(dashboards, port=port, warm=ready),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(1200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/?token={KEY}")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not answer")


def memory(root: psutil.Process) -> float:
    """Memory of a server and everything it started, in MB."""
    return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)]) / 1e6


def opened(browser: Any, address: str) -> tuple[Any, float]:
    """Open the page; return it and the seconds to its first chart."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(180_000)
    started = time.perf_counter()
    page.goto(address + PAGE)
    page.wait_for_selector(CHART)
    return page, time.perf_counter() - started


def choices(page: Any, n: int) -> list[float]:
    """Milliseconds from `n` choices of peers, category and level to what they show."""
    lists = {
        "#peers-sector": [*PLAN.codes["sector"], "*"],
        "#levels-show": _categories(),
        "#gaps-level": ["2", "4", "3", "5"],
    }
    times = []
    for place in range(n):
        name = list(lists)[place % len(lists)]
        page.wait_for_timeout(200)
        times.append(page.evaluate(CHOOSE, [name, lists[name][place % len(lists[name])]]))
    return times


# --- what is printed -----------------------------------------------------------------------


def choice_table(browser: Any, sizes: list[int], n_choices: int) -> None:
    """Print the choices of every size, and the same figures counted from the rows."""
    print("| contributions | choice, median | p95 | table of the release |")
    print("|---|---|---|---|")
    for size in sizes:
        codes, levels = rows(size)
        with tempfile.TemporaryDirectory() as folder:
            for quarter in ("2026Q2", "2026Q3"):
                release_of(Path(folder), codes, levels, quarter)
            newest = max(Path(folder).iterdir())
            weight = (newest / TABLE_FILE).stat().st_size / 1000
            with served(Path(folder), ready=False) as (_, address):
                page, _ = opened(browser, address)
                choices(page, 4)
                times = choices(page, n_choices)
                page.close()
            p95 = statistics.quantiles(times, n=20)[-1]
            cells = f"{statistics.median(times):.0f} ms | {p95:.0f} ms | {weight:.0f} kB"
            print(f"| {size:,} | {cells} |\n", flush=True)
            bench = open_release(newest)
            group = ("finance", *([ALL] * 5))
            compare(
                {
                    "release": lambda: bench.figures({"sector": "finance"}, _categories()),  # noqa: B023
                    "rows": lambda: count(codes, levels, group),  # noqa: B023
                },
                reference="release",
                rounds=5,
            )
            print(flush=True)


def _categories() -> list[str]:
    return ["overall", *PLAN.categories]


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--choices", type=int, default=40)
    arguments = parser.parse_args()
    executable = os.environ.get("PKIMM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        except Error as error:
            raise SystemExit(
                f"No browser to measure with: {error.message.splitlines()[0]}"
            ) from None
        choice_table(browser, arguments.sizes, arguments.choices)
        browser.close()


if __name__ == "__main__":
    main()
