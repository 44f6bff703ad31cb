"""
The server of the dashboards as it runs: its key, its sessions and its end.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("voila")

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from pkimm_analytics.widgets.serving import (
    HOST,
    Hosting,
    dashboard_environment,
    free_port,
    voila_command,
)

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
KEY = "a-key-that-is-long-enough"
BY_KEY = {"Authorization": f"token {KEY}"}
PAGE = "/voila/render/home.ipynb"
not_on_windows = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def answer(port: int, path: str = "/", **headers: str) -> tuple[int | None, str]:
    """
    Return what a server answers; None if there is none.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except ConnectionError:
        return None, ""
    finally:
        connection.close()


def becomes_true(question: Callable[[], bool], seconds: float = 30) -> bool:
    """
    Ask until it is true, or too late.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def serve(tmp_path: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """
    Run ``pkimm serve`` until it has printed its address; give it and what it says.
    """
    command = [sys.executable, "-m", "pkimm_analytics", "serve", "--no-browser", "--cold"]
    said = tmp_path / "said.txt"
    environment = {**os.environ, "PKIMM_TOKEN": KEY, "PYTHONUNBUFFERED": "1"}
    with (
        said.open("w") as file,
        subprocess.Popen(
            [*command, "--workspace", str(tmp_path / "w"), "--port", str(port)],
            stdout=file,
            stderr=file,
            text=True,
            env=environment,
        ) as server,
    ):
        try:
            assert becomes_true(lambda: "Ctrl-C" in said.read_text(), 60), said.read_text()
            yield server, said
        finally:
            server.kill()


@not_on_windows
def test_the_printed_address_answers_until_the_command_ends(tmp_path: Path) -> None:
    """
    However it ends nothing runs on, and the next one has the same port at once.
    """
    port = free_port(0)
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with serve(tmp_path, port) as (server, said):
            assert f"Dashboards: http://{HOST}:{port}/?token={KEY}\n" in said.read_text()
            status, page = answer(port, f"/?token={KEY}")
            assert (status, KEY in page) == (200, False)
            assert answer(port)[0] == 403
            assert answer(port, **BY_KEY)[0] == 200
            assert answer(port, **BY_KEY, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
            server.send_signal(ending)
            assert server.wait(timeout=30) == (-ending if ending is signal.SIGKILL else 0)
            assert becomes_true(lambda: answer(port)[0] is None)
        assert said.read_text().count("\n") <= 4, said.read_text()


@pytest.fixture
def two_places(tmp_path: Path) -> Iterator[int]:
    """
    Serve an empty page to two at a time, each session for a second; give the port.
    """
    shutil.copytree(DASHBOARDS / "jupyter", tmp_path / "jupyter")
    shutil.copy(DASHBOARDS / "voila.json", tmp_path)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "home.ipynb")
    port = free_port(0)
    command = voila_command(tmp_path, port=port, hosting=Hosting(sessions=2))
    seconds = ["--Sessions.gone_seconds=1", "--MappingKernelManager.cull_interval=1"]
    environment = dashboard_environment(tmp_path, key=KEY)
    with subprocess.Popen([*command, *seconds], env=environment) as server:
        try:
            assert becomes_true(lambda: answer(port)[0] is not None, 60)
            yield port
        finally:
            server.terminate()


def test_a_session_ends_after_its_page_and_makes_room(two_places: int) -> None:
    """
    Beyond the limit there is a page that says so; a closed page gives its place back.
    """

    def opened() -> tuple[int | None, str]:
        status, page = answer(two_places, PAGE, **BY_KEY)
        found = re.search(r'"kernelId": "([0-9a-f-]+)"', page)
        return status, found[1] if found else page

    async def look() -> None:
        kernels = [opened()[1] for _ in range(2)]
        channels = [
            await websocket_connect(
                HTTPRequest(f"ws://{HOST}:{two_places}/api/kernels/{k}/channels", headers=BY_KEY)
            )
            for k in kernels
        ]
        stays_full = asyncio.to_thread(becomes_true, lambda: opened()[0] != 503, 4)
        assert not await stays_full
        assert "2 pages are open" in opened()[1]
        channels[0].close()
        assert await asyncio.to_thread(becomes_true, lambda: opened()[0] == 200)
        assert answer(two_places, f"/api/kernels/{kernels[0]}", **BY_KEY)[0] == 404
        assert answer(two_places, f"/api/kernels/{kernels[1]}", **BY_KEY)[0] == 200
        channels[1].close()
        for channel in channels:
            while await channel.read_message() is not None:
                pass

    asyncio.run(look())
