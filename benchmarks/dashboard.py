"""
The benchmark dashboard: from a click to the redrawn chart, and to the first chart.

The page reads a release, so that its speed does not depend on how many contributed;
this shows it with releases of 100,000 and 1,000,000 organizations in which every group
of the plan is published. For comparison: the same figures counted anew from the rows.
Then the time from opening the page to its first chart, with and without a kernel that
was started before, and the memory of a session.

The processor time of a click in Python alone is measured as well, because it moves less
with what else the machine does; `--no-browser` measures nothing else.

Measured with `--clicks 40` on two cores that had nothing else to do, headless Chromium
without a graphics card: a click took 89 ms median and 168 ms p95 with 100,000
contributions, 87 and 162 ms with 1,000,000. The slowest views are those with a text in
every cell (levels and groups, 145 to 195 ms, of which plotly takes about 90). Before charts
were drawn once (decision 52) the same took 295 and 623 ms; before each view was rehearsed,
102 and 277 ms. First chart: 6.6 s (5.8 to 6.9) with a kernel that was started for the page,
3.8 s (3.5 to 4.3) with one that waited. A session takes 248 MB; one that waited has taken
them before.

Run it: python benchmarks/dashboard.py [--sizes 100000 1000000] [--clicks 20] [--rounds 3]

Chromium is found as in the end-to-end tests.
"""

from __future__ import annotations

import argparse
import itertools
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
from pkimm_analytics.widgets.benchmark import BenchmarkPage
from pkimm_analytics.widgets.section import Action
from pkimm_analytics.widgets.serving import dashboard_environment, free_port, voila_command

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
PLAN, POLICY = load_plan(), load_policy()
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
PAGE = "voila/render/benchmark.ipynb"
CHART = ".pk-benchmark-chart .js-plotly-plot"
VIEWS = ("steps", "quartiles", "groups", "gaps", "trend", "levels")

# The time ends when other data than before is drawn, in the chart that stands there or in a
# new one.
CLICK = """
([what, value, chart]) => new Promise(done => {
  const before = document.querySelector(chart);
  const old = before?.data;
  const target = document.querySelector(what);
  const start = performance.now();
  const look = () => {
    const now = document.querySelector(chart);
    const isDrawn = now?.querySelector(".main-svg") && now.data !== old && !now.ariaBusy;
    if (isDrawn) done(performance.now() - start);
    else if (performance.now() - start > 5000) done(-1);
    else requestAnimationFrame(look);
  };
  if (value) { target.value = value; target.dispatchEvent(new Event("change", {bubbles: true})); }
  else target.click();
  look();
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
    rows = {}
    for family in tier.families:
        for group in PLAN.groups(family):
            found = zip(measures, count(codes, levels, group), strict=True)
            printed = {measure: print_shares(counts, POLICY) for measure, counts in found}
            rows |= {
                (group, measure): printed_rows(figures, POLICY, quarter)
                for measure, figures in printed.items()
                if figures is not None
            }
    columns = table_columns(PLAN, tier, rows)
    table = table_bytes(columns)
    place = folder / release_id(quarter, table)
    place.mkdir(parents=True)
    content = manifest(
        quarter=quarter,
        policy=POLICY,
        plan=PLAN,
        tier=tier,
        release=Release.from_columns(place.name, columns),
        previous=None,
        files={TABLE_FILE: table},
        table=table,
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
        environment = dashboard_environment(dashboards, workspace=workspace, release=releases)
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
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
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
    page.wait_for_selector(f"{CHART} .main-svg")
    return page, time.perf_counter() - started


def clicks(page: Any, n: int) -> list[float]:
    """
    Milliseconds from `n` choices of group and view to the chart they lead to.

    A sector changes nothing where all sectors stand beside each other; those are not counted.
    """
    found: list[float] = []
    sectors = [*PLAN.codes["sector"], "*"]
    places = itertools.count()
    while len(found) < n:
        place = next(places)
        page.wait_for_timeout(400)
        chosen = ["#pk-pick-sector", sectors[place % len(sectors)]]
        what = chosen if place % 2 else [f"#pk-view-{VIEWS[place // 2 % len(VIEWS)]}", ""]
        if (took := page.evaluate(CLICK, [*what, CHART])) > 0:
            found.append(took)
    return found


def processor_times(releases: Path, n: int) -> list[float]:
    """Milliseconds of processor time that Python takes for `n` clicks, without a browser."""
    page, found = BenchmarkPage(releases), []
    sectors = [*PLAN.codes["sector"], "*"]
    for place in range(4 + n):
        choice = Action("pick-sector", sectors[place % len(sectors)])
        view = Action("view", VIEWS[place // 2 % len(VIEWS)])
        started = time.process_time()
        page._act(choice if place % 2 else view)
        found.append(1000 * (time.process_time() - started))
    return found[4:]


# --- what is printed -----------------------------------------------------------------------


def click_table(browser: Any | None, sizes: list[int], n_clicks: int) -> None:
    """Print the clicks of every size, and the same figures counted from the rows."""
    print("| contributions | click | median | p95 | table of the release |")
    print("|---|---|---|---|---|")
    for size in sizes:
        codes, levels = rows(size)
        with tempfile.TemporaryDirectory() as folder:
            for quarter in ("2026Q2", "2026Q3"):
                release_of(Path(folder), codes, levels, quarter)
            newest = max(Path(folder).iterdir())
            weight = (newest / TABLE_FILE).stat().st_size / 1000
            times = {"Python, processor time": processor_times(Path(folder), n_clicks)}
            if browser is not None:
                with served(Path(folder), ready=False) as (_, address):
                    page, _ = opened(browser, address)
                    clicks(page, 4)
                    times["to the redrawn chart"] = clicks(page, n_clicks)
                    page.close()
            for what, found in times.items():
                p95 = statistics.quantiles(found, n=20)[-1]
                cells = f"{statistics.median(found):.0f} ms | {p95:.0f} ms | {weight:.0f} kB"
                print(f"| {size:,} | {what} | {cells} |", flush=True)
            bench = open_release(newest)
            group = ("finance", *([ALL] * 5))
            print()
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


def start_table(browser: Any, rounds: int) -> None:
    """Print the time to the first chart, cold and with a ready kernel, and the memory."""
    print("| kernel | first chart, median | fastest to slowest | memory of a session |")
    print("|---|---|---|---|")
    codes, levels = rows(100_000)
    with tempfile.TemporaryDirectory() as folder:
        release_of(Path(folder), codes, levels, "2026Q3")
        for ready in (False, True):
            times, sizes = [], []
            with served(Path(folder), ready=ready) as (process, address):
                for _ in range(rounds):
                    time.sleep(25 if ready else 0)  # the kernel that was asked for is there
                    before = memory(process)
                    page, seconds = opened(browser, address)
                    times.append(seconds)
                    sizes.append(memory(process) - before)
                    page.close()
            name = "started before" if ready else "started for the page"
            span = f"{min(times):.1f} to {max(times):.1f} s"
            middle, size = statistics.median(times), statistics.median(sizes)
            print(f"| {name} | {middle:.1f} s | {span} | {size:.0f} MB |", flush=True)


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    if arguments.no_browser:
        click_table(None, arguments.sizes, arguments.clicks)
        return
    executable = os.environ.get("PKIMM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        except Error as error:
            raise SystemExit(
                f"No browser to measure with: {error.message.splitlines()[0]}"
            ) from None
        click_table(browser, arguments.sizes, arguments.clicks)
        start_table(browser, arguments.rounds)
        browser.close()


if __name__ == "__main__":
    main()
