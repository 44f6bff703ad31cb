"""
The pages in Voila: time until they can be used, and the memory of a session.

Every page opens with a kernel that waits, as `pkimm serve` has it, in a browser that has
seen the pages before. Beside them stand an empty page in the same frame and, with
--streamlit PYTHON (one that has Streamlit), 16 questions there. A session's memory is
that of its kernel (RSS), and what it does not share with others (USS).

Run it: python benchmarks/pages.py [--rounds 5] [--streamlit PYTHON]

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

import nbformat
import psutil
from playwright.sync_api import Error, sync_playwright

from pkimm_analytics.cli.demo import make_releases
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.widgets.serving import dashboard_environment, free_port, voila_command
from pkimm_analytics.workspace import Workspace

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
KEY = "the-key-of-a-benchmark"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
PAGES = {
    "empty": ("#rendered_cells:not([style*='none'])", None, None),
    "home": (".pk-head h1", 2.0, 150),
    "assess": (".pk-head h1", 2.5, 150),
    "results": (".pk-head h1", 2.5, 200),
    "benchmark": ("#levels svg", 2.5, 150),
}
"""What shows that a page can be used, and the limits: seconds, and MB of a session."""
STREAMLIT = """
import streamlit as st
levels = [st.radio(f"Question {n}", range(1, 6), index=None) for n in range(16)]
st.markdown("usable")
"""


@contextmanager
def started(command: list[str], environment: dict[str, str], address: str) -> Iterator[int]:
    """Run a server until it is not needed any more; give its process id."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=environment, **quiet)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address)  # noqa: S310  # our own
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def prepared(folder: Path) -> dict[str, str]:
    """Put the dashboards, an empty page, a workspace and releases into a folder."""
    shutil.copytree(DASHBOARDS, folder / "pages")
    nbformat.write(nbformat.v4.new_notebook(), folder / "pages" / "empty.ipynb")
    settings = json.loads((folder / "pages/voila.json").read_text())
    settings["VoilaKernelManager"]["kernel_pools_config"]["empty.ipynb"] = {"pool_size": 1}
    (folder / "pages/voila.json").write_text(json.dumps(settings))
    workspace = Workspace(folder / "workspace")
    for assessment in sample_history(1):
        workspace.save(assessment)
    releases = make_releases(workspace.folder, 100)
    return dashboard_environment(
        folder / "pages", workspace=workspace.folder, release=releases, key=KEY
    )


def kernels(server: int) -> dict[str, psutil.Process]:
    """Kernels of a server, by their id."""
    found = {}
    for process in psutil.Process(server).children(recursive=True):
        names = [word for word in process.cmdline() if "kernel-" in word]
        if names:
            found[Path(names[-1]).stem.removeprefix("kernel-")] = process
    return found


def opened(context: Any, address: str, selector: str) -> tuple[Any, float]:
    """Open a page; return it and the seconds until it can be used."""
    page = context.new_page()
    page.set_default_timeout(120_000)
    begin = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(selector)
    return page, time.perf_counter() - begin


def measure(context: Any, address: str, server: int, rounds: int) -> dict[str, list[list[float]]]:
    """Open every page in turns; return seconds, RSS and USS of each round."""
    measured: dict[str, list[list[float]]] = {name: [] for name in PAGES}
    for place in range(rounds + 1):
        for name, (selector, _, _) in PAGES.items():
            time.sleep(12)  # the kernel that waits is there, and the last session has ended
            page, seconds = opened(context, f"{address}voila/render/{name}.ipynb", selector)
            configuration = page.locator("script#jupyter-config-data").text_content()
            kernel = kernels(server)[json.loads(configuration)["kernelId"]]
            time.sleep(1)
            memory = kernel.memory_full_info()
            if place:
                measured[name].append([seconds, memory.rss / 1e6, memory.uss / 1e6])
            page.close()
    return measured


def streamlit(context: Any, python: str, folder: Path, rounds: int) -> list[float]:
    """Open 16 questions in Streamlit; return the seconds of each round."""
    (folder / "app.py").write_text(STREAMLIT)
    port = free_port(0)
    options = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none"]
    command = [python, "-m", "streamlit", "run", str(folder / "app.py"), *options]
    address = f"http://127.0.0.1:{port}/"
    seconds = []
    with started(command, dict(os.environ), address):
        for place in range(rounds + 1):
            page, taken = opened(context, address, "text=usable")
            page.close()
            seconds += [taken] if place else []
    return seconds


def main() -> int:
    """Measure, print the table, and return how many limits do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streamlit", metavar="PYTHON")
    options = parser.parse_args()
    executable = os.environ.get("PKIMM_CHROMIUM") or shutil.which("chromium")
    broken = 0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        except Error as error:
            raise SystemExit(f"No browser to measure with: {error.message}") from None
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        folder, port = Path(name), free_port(0)
        address = f"http://127.0.0.1:{port}/"
        environment = prepared(folder)
        command = voila_command(folder / "pages", port=port, warm=True)
        with started(command, environment, f"{address}?token={KEY}") as server:
            opened(context, f"{address}?token={KEY}", PAGES["home"][0])[0].close()
            measured = measure(context, address, server, options.rounds)
        print("| page | usable after, median | slowest | session, RSS | of its own | limits |")
        print("|---|---|---|---|---|---|")
        for title, rows in measured.items():
            _, most_seconds, most_memory = PAGES[title]
            seconds, rss, uss = zip(*rows, strict=True)
            middle = statistics.median(seconds)
            broken += bool(most_seconds and (middle > most_seconds or max(rss) > most_memory))
            limits = f"{most_seconds} s, {most_memory} MB" if most_seconds else "-"
            cells = f"{middle:.2f} s | {max(seconds):.2f} s | {max(rss):.0f} MB | {max(uss):.0f} MB"
            print(f"| {title} | {cells} | {limits} |", flush=True)
        if options.streamlit:
            seconds = streamlit(context, options.streamlit, folder, options.rounds)
            cells = f"{statistics.median(seconds):.2f} s | {max(seconds):.2f} s"
            print(f"| Streamlit, 16 questions | {cells} | - | - | - |")
        browser.close()
    return broken


if __name__ == "__main__":
    raise SystemExit(main())
