"""
The server of the dashboards: Voila for whoever has the key, with so many sessions.

It is a program of its own, ``python -m pkimm_analytics.widgets.server FOLDER``, and ends
with the command that started it, however that ends. A session is the kernel of one open
page, and ends soon after its page.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async, run_sync
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Router
from tornado.web import Application, RequestHandler
from traitlets import Integer, Unicode
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from pkimm_analytics.widgets.door import Door, Verdict, without_token

LIGHT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Settings of libraries for many small programs instead of one large."""
NOISE = ("is not trusted", "websocket_ping_timeout", "Culling")
"""What libraries say that no user has to do anything about."""
REASONS = {
    Verdict.NO_KEY: "These pages need their key. Open them with the whole address that"
    " pkimm printed when it was started; it ends in ?token= and the key.",
    Verdict.OTHER_SITE: "This was asked for by another site, or under another name. Open"
    " the pages from their own address.",
    Verdict.OTHER_PERSON: "These pages belong to somebody else. Ask for an address of your own.",
}


class OneKernel(KernelSpecManager):
    """The one kernel of all pages, in the Python that runs the server."""

    def get_kernel_spec(self, _name: str) -> KernelSpec:
        """Say how it is started, whatever the notebook calls it."""
        command = [
            sys.executable,
            "-m",
            "pkimm_analytics.widgets.kernel",
            "-f",
            "{connection_file}",
        ]
        encryption = {"supported_encryption": ["curve"]}
        return KernelSpec(argv=command, env=LIGHT, language="python", metadata=encryption)


class Sessions(AsyncMappingKernelManager):
    """Kernels of pages, each ended soon after its page is gone."""

    gone_seconds = Integer(
        20, config=True, help="How long a session waits for its page to connect again."
    )
    never_came_seconds = Integer(
        120, config=True, help="How long it waits for a page of a slow browser to connect at all."
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._met: set[str] = set()
        self._alone_since: dict[str, float] = {}

    def notify_connect(self, kernel_id: str) -> None:
        """Note that the page of a kernel came."""
        self._met.add(kernel_id)
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel whose page is gone or never came; asked every few seconds."""
        if self._kernel_connections.get(kernel_id):
            self._alone_since.pop(kernel_id, None)
            return
        alone = time.monotonic() - self._alone_since.setdefault(kernel_id, time.monotonic())
        if alone > (self.gone_seconds if kernel_id in self._met else self.never_came_seconds):
            self._met.discard(kernel_id)
            del self._alone_since[kernel_id]
            await ensure_async(self.shutdown_kernel(kernel_id))  # type: ignore[no-untyped-call]

    def n_sessions(self) -> int:
        """Count the kernels that pages have; those that wait for a page are none."""
        waiting = sum(map(len, getattr(self, "_pools", {}).values()))
        return max(0, len(self.list_kernel_ids()) - waiting)


class Page(TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """A page, if there is room for one more session."""

    async def get(self, path: str | None = None) -> None:
        """Show the page, or say that there are too many."""
        most = self.settings["voila"].sessions
        if self.kernel_manager.n_sessions() < most:
            await super().get(path)
            return
        self.set_status(503)
        self.set_header("Retry-After", "20")
        await self.finish(self.render_template("full.html", most=most))


class Refusal(RequestHandler):
    """What is said to whoever does not come in, and to whoever brings the key."""

    def initialize(self, verdict: Verdict, door: Door) -> None:
        """Take what was decided."""
        self.verdict, self.door = verdict, door

    def prepare(self) -> None:
        """Answer every method alike."""
        page = self.settings["voila_jinja2_env"].get_template("door.html")
        self.set_header("Cache-Control", "no-store")
        if self.verdict is Verdict.TAKE_KEY:
            self.set_header("Set-Cookie", self.door.set_cookie)
            self.finish(page.render(target=without_token(self.request.uri or "/")))
        else:
            self.set_status(403)
            self.finish(page.render(reason=REASONS[self.verdict], base=self.door.base))


class Guarded(Router):
    """An application behind a door."""

    def __init__(self, application: Application, door: Door) -> None:
        self.application, self.door = application, door

    def find_handler(self, request: HTTPServerRequest, **_: Any) -> HTTPMessageDelegate | None:
        """Pass a request on, or answer it at the door."""
        headers = {name: str(value) for name, value in request.headers.items()}
        verdict = self.door.decide(request.method or "", request.uri or "", headers)
        if verdict is Verdict.COME_IN:
            return self.application.find_handler(request)
        arguments = {"verdict": verdict, "door": self.door}
        return self.application.get_handler_delegate(request, Refusal, arguments)


class Dashboards(Voila):  # type: ignore[misc]  # Voila has no types
    """Voila with a door and a limit of sessions."""

    sessions = Integer(30, config=True, help="Most pages that are open at the same time.")
    address = Unicode("", config=True, help="Address of the proxy in front of the server.")
    person = Unicode("", config=True, help="Only person whose requests the proxy passes on.")

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the settings, and take the key out of the environment of kernels."""
        super().initialize(argv)
        self.door = Door(os.environ.pop("PKIMM_TOKEN", ""), self.address, self.person)
        self.base_url = self.door.base
        self.voila_configuration.multi_kernel_manager_class = Sessions
        self.voila_configuration.kernel_spec_manager_class = OneKernel
        if zmq.has("curve"):  # else somebody on this computer could listen
            self.config.KernelManager.transport_encryption = "auto"
        logging.getLogger("tornado.access").setLevel(logging.ERROR)
        for name in ("tornado.general", self.log.name):
            logging.getLogger(name).addFilter(_is_for_users)

    def init_handlers(self) -> list[Any]:
        """Have pages counted."""
        handlers = super().init_handlers()
        return [(h[0], Page, *h[2:]) if h[1] is TornadoVoilaHandler else h for h in handlers]

    def listen(self) -> None:
        """Open the door, and serve until the end."""
        # The door has looked at the name already; Jupyter would take a proxy's for foreign.
        self.app.settings["allow_remote_access"] = True
        server = HTTPServer(Guarded(self.app, self.door), xheaders=bool(self.address))
        try:
            server.listen(self.port, self.ip)
        except OSError as error:
            self.log.critical("%s:%s: %s", self.ip, self.port, error.strerror)
            self.exit(1)
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass  # Ctrl-C reaches all programs of a terminal
        finally:
            self.stop()

    def stop(self) -> None:
        """End the kernels first: one that starts would miss the keys of its connection."""
        run_sync(self.kernel_manager.shutdown_all)()
        super().stop()


def _is_for_users(record: logging.LogRecord) -> bool:
    return not any(noise in record.getMessage() for noise in NOISE)


def end_with_parent() -> None:
    """End this program when nobody holds the other end of its standard input any more."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Serve the dashboards, or JupyterLab if the first word is ``lab``."""
    if os.environ.pop("PKIMM_ENDS_WITH_INPUT", ""):
        end_with_parent()
    if sys.argv[1:2] == ["lab"]:
        from jupyterlab.labapp import main as lab

        sys.argv[1:2] = []
        lab()
    else:
        Dashboards.launch_instance()


if __name__ == "__main__":
    main()
