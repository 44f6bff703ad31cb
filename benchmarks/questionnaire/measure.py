"""
The questionnaire in Voila beside the same form in Streamlit, in a real browser.

Measured for 16 questions (self) and 78 (full, model 1.1.0), each in fresh sessions:
time from opening the page to a form that can be answered; time from a click to the
updated score on the page; websocket messages and bytes of a click; memory of a
session. Ours also stores every click in a file, the peer does not.

Run it: python benchmarks/questionnaire/measure.py --peer-python PYTHON [--rounds 5]

PYTHON is the Python of an environment that has streamlit and plotly. Without it
only ours is measured. Chromium is found as in the end-to-end tests.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from pkimm_analytics.model import load_model
from pkimm_analytics.questionnaire import form, pages
from pkimm_analytics.widgets.serving import dashboard_environment, free_port, voila_command

HERE = Path(__file__).parent
DASHBOARDS = HERE.parents[1] / "dashboards"
EDITION = "1.1.0"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]

# Waits in the page, so that the time does not include the driver's own round trips. A click
# that changes no score would be waited for without end, so there is one.
CLICK = """
([click, shown]) => new Promise((done, fail) => {
  const place = () => document.evaluate(shown, document, null, 9, null).singleNodeValue;
  const before = place()?.textContent;
  const start = performance.now();
  const seen = () => {
    if (place()?.textContent !== before) { observer.disconnect(); done(performance.now() - start); }
  };
  setTimeout(() => { observer.disconnect(); fail(new Error(`no new score: ${click}`)); }, 20000);
  const observer = new MutationObserver(seen);
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
  document.querySelector(click).click();
})
"""

MARK = """
([question, level]) => {
  document.querySelectorAll(".measured").forEach(one => one.classList.remove("measured"));
  const group = document.querySelectorAll("[role=radiogroup]")[question];
  group.querySelectorAll("input[type=radio]")[level - 1].classList.add("measured");
}
"""


@dataclass
class Measured:
    """What was measured of one side with one number of questions."""

    usable: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def row(self) -> list[str]:
        """One line of the table: medians, and the 95th percentile of the clicks."""
        p95 = statistics.quantiles(self.clicks, n=20)[-1]
        return [
            f"{statistics.median(self.usable):.1f} s",
            f"{statistics.median(self.clicks):.0f} ms",
            f"{p95:.0f} ms",
            f"{statistics.median(self.messages):.0f}",
            f"{statistics.median(self.sizes) / 1000:.1f} kB",
            f"{statistics.median(self.memory):.0f} MB",
        ]


class Traffic:
    """Websocket frames of a page, counted in both directions."""

    def __init__(self, page: Any) -> None:
        self.messages = self.bytes = 0
        page.on("websocket", self._watch)

    def _watch(self, socket: Any) -> None:
        socket.on("framesent", self._count)
        socket.on("framereceived", self._count)

    def _count(self, payload: Any) -> None:
        self.messages += 1
        self.bytes += len(payload if isinstance(payload, bytes) else payload.encode())


@contextmanager
def server(command: list[str], environment: dict[str, str], port: int) -> Iterator[psutil.Process]:
    """Start a server, wait until it answers, end it."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def memory(root: psutil.Process) -> float:
    """Memory of a server and everything it started, in MB."""
    return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)]) / 1e6


def ours(browser: Any, mode: str, rounds: int, n_clicks: int, *, warm: bool) -> Measured:
    """Measure the dashboard of one mode, with a kernel started before it is asked for, or not."""
    result, port = Measured(), free_port(0)
    model = load_model(EDITION)
    with tempfile.TemporaryDirectory() as folder:
        environment = dashboard_environment(DASHBOARDS, workspace=Path(folder))
        command = voila_command(DASHBOARDS, port=port, warm=warm)
        with server(command, environment, port) as process:
            for _ in range(rounds):
                time.sleep(20 if warm else 0)  # the kernels that were asked for are there
                before = memory(process)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                traffic = Traffic(page)
                started = time.perf_counter()
                page.goto(f"http://127.0.0.1:{port}/voila/render/{mode}_assessment.ipynb")
                page.get_by_label("Edition of the model").select_option(model.digest)
                page.get_by_role("button", name="Start a new assessment").click()
                page.get_by_role("button", name="2 Questions").click()
                page.locator(".pkq-q").first.wait_for()
                result.usable.append(time.perf_counter() - started)
                targets = [q.target for one in pages(model, mode) for q in one.questions]
                owners = [one.id for one in pages(model, mode) for _ in one.questions]

                def click(index: int, level: int, page: Any = page) -> tuple[str, str]:
                    page.locator(f'[data-page="{owners[index]}"]').first.click()  # noqa: B023
                    card = f'[data-target="{targets[index]}"]'  # noqa: B023
                    return f"{card} input[value='{level}']", "//*[contains(@class,'pkq-totals')]"

                measure_clicks(page, click, len(targets), n_clicks, traffic, result)
                result.memory.append(memory(process) - before)
                page.close()
    return result


def peer(browser: Any, python: str, mode: str, rounds: int, n_clicks: int) -> Measured:
    """Measure the same form in Streamlit."""
    result, port = Measured(), free_port(0)
    model = load_model(EDITION)
    laid_out = pages(model, mode)
    questions = [q.target for one in laid_out for q in one.questions]
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "form.json"
        document.write_text(json.dumps(form(model, laid_out)), encoding="utf-8")
        options = [
            "--server.headless=true",
            f"--server.port={port}",
            "--server.fileWatcherType=none",
        ]
        command = [python, "-m", "streamlit", "run", str(HERE / "peer.py"), *options]
        command += ["--browser.gatherUsageStats=false", "--", str(document)]
        with server(command, dict(os.environ), port) as process:
            for _ in range(rounds):
                before = memory(process)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                traffic = Traffic(page)
                started = time.perf_counter()
                page.goto(f"http://127.0.0.1:{port}/")
                page.locator("[role=radiogroup]").nth(len(questions) - 1).wait_for()
                result.usable.append(time.perf_counter() - started)
                page.wait_for_timeout(1500)

                def click(index: int, level: int, page: Any = page) -> tuple[str, str]:
                    page.evaluate(MARK, [index, level])
                    return ".measured", "//p[starts-with(text(), 'Overall')]"

                measure_clicks(page, click, len(questions), n_clicks, traffic, result)
                result.memory.append(memory(process) - before)
                page.close()
    return result


def measure_clicks(
    page: Any,
    click: Callable[[int, int], tuple[str, str]],
    n_questions: int,
    n_clicks: int,
    traffic: Traffic,
    result: Measured,
) -> None:
    """
    Click on questions all over the form, each so that the score changes.

    More clicks than questions go through the form again, and answer the other way round.
    """
    for n in range(n_clicks):
        turn, place = divmod(n, n_questions)
        question = place if n_clicks > n_questions else n * n_questions // n_clicks
        where = click(question, 1 + 4 * ((place + turn) % 2))
        page.wait_for_timeout(300)
        messages, size = traffic.messages, traffic.bytes
        result.clicks.append(page.evaluate(CLICK, list(where)))
        page.wait_for_timeout(700)
        result.messages.append(traffic.messages - messages)
        result.sizes.append(traffic.bytes - size)


def main() -> None:
    """Measure both sides in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", help="Python of an environment with streamlit and plotly")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=10)
    arguments = parser.parse_args()
    head = ["questions", "construction", "usable after", "click, median", "click, p95"]
    print("| " + " | ".join([*head, "messages", "bytes", "memory"]) + " |")
    print("|" + "---|" * 8)
    executable = os.environ.get("PKIMM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        for mode in ("self", "full"):
            n = len([q for one in pages(load_model(EDITION), mode) for q in one.questions])
            for warm, name in ((True, "ours"), (False, "ours, `--cold`")):
                measured = ours(browser, mode, arguments.rounds, arguments.clicks, warm=warm)
                print("| " + " | ".join([str(n), name, *measured.row()]) + " |", flush=True)
            if arguments.peer_python:
                measured = peer(
                    browser, arguments.peer_python, mode, arguments.rounds, arguments.clicks
                )
                print("| " + " | ".join([str(n), "Streamlit", *measured.row()]) + " |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
