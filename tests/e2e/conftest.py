"""
A real browser in front of a real dashboard server.

The browser is the Chromium or Chrome of this machine; Playwright never fetches
one of its own. Nothing may leave this machine: every other request is blocked
and fails the test, and so does any error on the console of the page.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pkimm_analytics.widgets.door import Door
from pkimm_analytics.widgets.serving import dashboard_environment, free_port, voila_command

ROOT = Path(__file__).parents[2]
KEY = "the-key-of-all-tests"
COOKIE = {
    "name": Door(KEY).cookie,
    "value": KEY,
    "domain": "127.0.0.1",
    "path": "/",
    "httpOnly": True,
}
CACHE = ROOT / ".cache"
AXE = CACHE / "axe/node_modules/axe-core/axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Whatever slips past the interception below finds no host to talk to.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
LOCAL = {"localhost", "127.0.0.1"}
WIDTHS = {"wide": 1280, "phone": 390}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Mark every test of this folder.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


def missing(reason: str) -> None:
    """
    Skip the test, or fail it where the machine was to be complete.
    """
    if os.environ.get("PKIMM_REQUIRE_BROWSER"):
        pytest.fail(f"{reason} (PKIMM_REQUIRE_BROWSER is set)", pytrace=False)
    pytest.skip(reason)


# --- the browser -------------------------------------------------------------


@dataclass
class Watch:
    """
    What a page did that it must not do.
    """

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def findings(self) -> list[str]:
        """
        List everything that was seen, requests first.
        """
        return [f"left this machine: {url}" for url in self.outside] + self.errors


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """
    Fail a test whose page reached out or reported an error.
    """
    result = yield
    watch = getattr(item, "funcargs", {}).get("watch")
    if isinstance(watch, Watch) and watch.findings():
        pytest.fail("\n".join(watch.findings()), pytrace=False)
    return result


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """
    Start this machine's Chromium once for all tests.
    """
    named = os.environ.get("PKIMM_CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else BROWSERS))
    executable = next((path for path in found if path), None)
    if executable is None:
        missing("no Chromium or Chrome on this machine; `make e2e` installs one where it can")
    playwright = pytest.importorskip("playwright.sync_api")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, "--no-sandbox"] if as_root else list(FLAGS)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Watch:
    """
    Collect what the pages of this test must not do.
    """
    return Watch()


@pytest.fixture
def new_page(browser: Any, watch: Watch) -> Iterator[Callable[..., Any]]:
    """
    Open pages with options of Playwright's contexts: `color_scheme`, `locale` and so on.
    """
    with contextlib.ExitStack() as contexts:

        def open_page(**options: Any) -> Any:
            viewport = {"width": WIDTHS["wide"], "height": 900}
            context = browser.new_context(**{"viewport": viewport, **options})
            contexts.callback(context.close)
            context.add_cookies([COOKIE])
            context.set_default_timeout(60_000)
            context.route("**/*", functools.partial(_let_through_if_local, watch))
            context.on("weberror", lambda error: watch.errors.append(f"page: {error.error}"))
            page = context.new_page()
            page.on("console", functools.partial(_record_console, watch))
            page.on("websocket", functools.partial(_record_websocket, watch))
            return page

        yield open_page


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """
    Open an empty page, 1280 pixels wide.
    """
    return new_page()


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"about", "blob", "data", "file"} or parts.hostname in LOCAL


def _let_through_if_local(watch: Watch, route: Any) -> None:
    if _is_local(route.request.url):
        route.continue_()
    else:
        watch.outside.append(route.request.url)
        route.abort()


def _record_websocket(watch: Watch, socket: Any) -> None:
    if not _is_local(socket.url):
        watch.outside.append(socket.url)


def _record_console(watch: Watch, message: Any) -> None:
    if message.type == "error":
        place = message.location.get("url", "") if message.location else ""
        watch.errors.append(f"console: {message.text} {place}".strip())


@pytest.fixture
def screenshot() -> Callable[[Any, str, str], Path]:
    """
    Return ``screenshot(page, name, width)``: the whole page as a PNG in .cache/screenshots.

    The width is ``"wide"`` (1280 pixels) or ``"phone"`` (390 pixels).
    """

    def take(page: Any, name: str, width: str = "wide") -> Path:
        page.set_viewport_size({"width": WIDTHS[width], "height": 900})
        page.wait_for_timeout(500)  # charts redraw after the resize
        path = CACHE / "screenshots" / f"{name}-{width}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True)
        return path

    return take


@pytest.fixture
def axe() -> Callable[..., list[dict[str, Any]]]:
    """
    Return ``axe(page)``: the accessibility rules that the page breaks, by axe-core.

    Rules that a page cannot meet for a known reason are named in ``ignore``.
    """
    if not AXE.exists():
        missing("axe-core is not here; `make e2e` fetches it where npm is installed")
    script = AXE.read_text(encoding="utf-8")

    def violations(page: Any, ignore: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        page.evaluate(script)
        rules = {rule: {"enabled": False} for rule in ignore}
        # Without preload: it would fetch style sheets, which a page may forbid.
        found = page.evaluate("rules => axe.run({rules, preload: false})", rules)["violations"]
        return [
            {
                "rule": one["id"],
                "impact": one["impact"],
                "help": one["help"],
                "where": [node["html"][:200] for node in one["nodes"]],
            }
            for one in found
        ]

    return violations


# --- the server --------------------------------------------------------------


@pytest.fixture(scope="session")
def voila_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """
    Return ``voila_server(workspace=None, release=None)``: the address of a running server.

    Each combination is started once and ends with the test session. `dashboards` serves
    another folder, in the same frame and with the same settings; `feedback` is the place
    of a working group.
    """
    with contextlib.ExitStack() as servers:

        @functools.cache
        def start(
            workspace: Path | None = None,
            release: Path | None = None,
            dashboards: Path = ROOT / "dashboards",
            warm: bool = False,
            feedback: Path | None = None,
        ) -> str:
            log = tmp_path_factory.mktemp("voila") / "log.txt"
            port = free_port(0)
            environment = dashboard_environment(
                dashboards, workspace=workspace, release=release, feedback=feedback, key=KEY
            )
            # The user's own Jupyter and IPython settings must not decide a test.
            home = tmp_path_factory.mktemp("home")
            environment |= {"JUPYTER_CONFIG_DIR": str(home), "IPYTHONDIR": str(home)}
            environment["PKIMM_HOME"] = str(home)  # keys and receipts of the tests alone
            with log.open("wb") as output:
                server = subprocess.Popen(
                    voila_command(dashboards, port=port, warm=warm),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            servers.callback(_stop, server)
            _wait_for(port, server, log)
            return f"http://127.0.0.1:{port}/"

        yield start


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    pytest.fail(f"the dashboard server did not start:\n{log.read_text()}", pytrace=False)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def pytest_report_header() -> str:
    """
    Say which browser the end-to-end tests would use.
    """
    names = [os.environ.get("PKIMM_CHROMIUM") or "", *BROWSERS]
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return f"browser: {found or 'none'}, axe-core: {'here' if AXE.exists() else 'none'}"
