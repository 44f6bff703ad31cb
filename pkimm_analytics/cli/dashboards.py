"""
Commands that start something to look at: the dashboards and the notebooks.

The server is a program of its own. It is started here, its address is printed once
it answers, and it ends when this command ends: with Ctrl-C, when the terminal is
closed, or when the system asks the command to stop.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import subprocess
import tempfile
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from pkimm_analytics.cli import demo
from pkimm_analytics.cli.console import ends_cleanly, out, say, shown
from pkimm_analytics.errors import PkimmError, WorkspaceError
from pkimm_analytics.files import write_atomically
from pkimm_analytics.model import models_folder
from pkimm_analytics.widgets.serving import (
    HOST,
    Hosting,
    dashboard_environment,
    free_port,
    jupyterlab_command,
    voila_command,
)
from pkimm_analytics.workspace import Workspace

DASHBOARD_PORT = 8866
NOTEBOOK_PORT = 8888
NEEDED = ("anywidget", "ipywidgets", "plotly", "voila")
START_SECONDS = 90
STOP_SECONDS = 15

PortOption = Annotated[
    int, typer.Option(min=0, max=65_535, help="Port to listen on; another one if it is taken.")
]
BrowserOption = Annotated[
    bool, typer.Option("--no-browser", help="Only print the address, open no browser.")
]
WarmOption = Annotated[
    bool,
    typer.Option(
        "--warm/--cold",
        help="Keep kernels ready for the questionnaires and the benchmark, which open faster.",
    ),
]
ReleaseOption = Annotated[
    Path | None,
    typer.Option(
        "--release",
        "-r",
        help="Release to compare with, or a folder of them.",
        envvar="PKIMM_RELEASE",
    ),
]
FeedbackOption = Annotated[
    Path | None,
    typer.Option(
        "--feedback",
        help="Feedback place of a working group; made with the first import.",
        envvar="PKIMM_FEEDBACK",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo_command)
    app.command("serve")(serve_command)
    app.command("lab")(lab_command)


# --- the commands ----------------------------------------------------------------


@ends_cleanly
def demo_command(
    port: PortOption = DASHBOARD_PORT,
    no_browser: BrowserOption = False,
    warm: WarmOption = True,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", help="Where the invented assessments are kept, and found again."
        ),
    ] = None,
    organizations: Annotated[
        int,
        typer.Option(
            "--organizations",
            "-n",
            min=40,
            max=100_000,
            help="How many organizations to invent for the benchmark, the first time.",
        ),
    ] = demo.BENCHMARK_ORGANIZATIONS,
) -> None:
    """Start the dashboards on an invented workspace and benchmark, which are made if missing."""
    _need(*NEEDED)
    place = Workspace(workspace or demo_workspace())
    if not place.files():
        demo.fill_workspace(place)
    say(f"Invented assessments, in {place.folder}")
    releases = demo.make_releases(place.folder, organizations)
    say(f"Invented releases, in {releases}")
    feedback = demo.make_feedback(place.folder)
    say(f"Invented feedback, in {feedback}")
    _serve(
        place.folder,
        releases,
        feedback=feedback,
        port=port,
        open_browser=not no_browser,
        warm=warm,
        hosting=Hosting(),
    )


@ends_cleanly
def serve_command(
    workspace: Annotated[
        Path,
        typer.Option("--workspace", "-w", help="Folder of assessments.", envvar="PKIMM_WORKSPACE"),
    ] = Path("workspace"),
    release: ReleaseOption = None,
    feedback: FeedbackOption = None,
    port: PortOption = DASHBOARD_PORT,
    no_browser: BrowserOption = False,
    warm: WarmOption = True,
    sessions: Annotated[
        int, typer.Option(min=1, help="Most pages that are open at the same time.")
    ] = 30,
    address: Annotated[
        str,
        typer.Option(help="Address of the proxy in front of it, such as https://example.org/pki/."),
    ] = "",
    listen: Annotated[str, typer.Option(help="Address of this machine to listen on.")] = HOST,
    person: Annotated[
        str,
        typer.Option(help="Only person whose requests the proxy passes on, by X-Forwarded-User."),
    ] = "",
) -> None:
    """Start the dashboards on a workspace."""
    _need(*NEEDED)
    if release is not None and not release.is_dir():
        raise PkimmError(f"There is no release folder {release}. Nothing was started.")
    if workspace.exists() and not workspace.is_dir():
        raise WorkspaceError(f"{workspace} is a file, not a folder. Nothing was started.")
    if not workspace.exists():
        say(f"{workspace} does not exist yet: it is made with the first import.")
    _serve(
        workspace,
        release,
        feedback=feedback,
        port=port,
        open_browser=not no_browser,
        warm=warm,
        hosting=Hosting(listen, address, person, sessions),
    )


@ends_cleanly
def lab_command(
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", help="Workspace that notebooks open.", envvar="PKIMM_WORKSPACE"
        ),
    ] = None,
    release: ReleaseOption = None,
    folder: Annotated[
        Path,
        typer.Option(help="Where notebooks are copied to, unless this is a checkout."),
    ] = Path("pkimm-notebooks"),
    port: PortOption = NOTEBOOK_PORT,
    no_browser: BrowserOption = False,
) -> None:
    """Open the notebooks in JupyterLab."""
    _need(*NEEDED, "jupyterlab")
    notebooks = writable_notebooks(folder)
    environment = dashboard_environment(
        shipped_folder("dashboards"), workspace=workspace, release=release
    )
    chosen = free_port(port)
    command = jupyterlab_command(notebooks, port=chosen, open_browser=not no_browser)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in most containers; the token still guards it
    with _running(command, environment) as server:
        _wait_until_ready(server, HOST, chosen, path="/api")
        out().print(f"Notebooks: {shown(str(notebooks))}")
        say("JupyterLab prints its address with a token. End with Ctrl-C.")
        server.wait()


# --- where things are ------------------------------------------------------------


def demo_workspace() -> Path:
    """Workspace of ``pkimm demo``: in the user's data folder, or in ``PKIMM_HOME``."""
    return models_folder().parent / "demo" / "workspace"


def shipped_folder(name: str) -> Path:
    """
    Folder of the dashboards or the notebooks, in a checkout or an installed wheel.

    Raises
    ------
    PkimmError
        If the installation has no such folder.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / f"_{name}", package.parent / name):
        if any(folder.glob("*.ipynb")):
            return folder
    raise PkimmError(f"This installation has no {name}. Install the package again.")


def writable_notebooks(folder: Path) -> Path:
    """
    Notebooks that can be changed: those of the checkout, or copies of the installed ones.

    Parameters
    ----------
    folder : Path
        Where copies go. A file that is already there stays as it is.

    Raises
    ------
    WorkspaceError
        If `folder` cannot be written.
    """
    shipped = shipped_folder("notebooks")
    if not shipped.name.startswith("_"):
        return shipped
    try:
        for source in sorted(shipped.rglob("*")):
            target = folder / source.relative_to(shipped)
            is_ours = source.is_file() and "__pycache__" not in source.parts
            if is_ours and not target.exists():
                write_atomically(target, source.read_bytes())
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be written: {error.strerror or error}.") from None
    return folder


def _need(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise PkimmError(
            f"The dashboards need further packages ({', '.join(missing)})."
            " Install them with: pip install 'pkimm-analytics[dashboards]'"
        )


# --- the server ------------------------------------------------------------------


def _serve(
    workspace: Path,
    release: Path | None,
    *,
    feedback: Path | None,
    port: int,
    open_browser: bool,
    warm: bool,
    hosting: Hosting,
) -> None:
    from pkimm_analytics.widgets.door import Door

    dashboards = shipped_folder("dashboards")
    key = os.environ.get("PKIMM_TOKEN") or secrets.token_urlsafe(24)
    try:
        door = Door(key, hosting.address, hosting.person)
    except ValueError as error:
        raise PkimmError(
            f"The dashboards cannot be served: {error}. Nothing was started."
        ) from None
    environment = dashboard_environment(
        dashboards, workspace=workspace, release=release, feedback=feedback, key=key
    )
    chosen = free_port(port, hosting.listen)
    if port not in (0, chosen):
        say(f"Port {port} is taken.")
    command = voila_command(dashboards, port=chosen, warm=warm, hosting=hosting)
    address = f"{door.address_at(chosen)}?token={key}"
    with _running(command, environment) as server:
        _wait_until_ready(server, hosting.listen, chosen)
        out().print(f"Dashboards: {shown(address)}")
        say(f"Whoever has this address can open them, {_in_words(hosting)}")
        if open_browser:
            _open_in_browser(address)
        server.wait()


def _in_words(hosting: Hosting) -> str:
    place = "on this computer" if hosting.listen == HOST else f"through {hosting.listen}"
    return f"{place}: up to {hosting.sessions} pages at once. End with Ctrl-C."


def _open_in_browser(address: str) -> None:
    """Lead a browser to the pages by a file, because arguments of programs can be seen."""
    with tempfile.NamedTemporaryFile("w", prefix="pkimm-", suffix=".html", delete=False) as file:
        file.write(f'<meta http-equiv="refresh" content="0;url={escape(address)}">')
    webbrowser.open(Path(file.name).as_uri())


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server and end it with us, whichever way we are asked to end."""
    handlers = {one: signal.signal(one, _end) for one in _ending_signals()}
    ends_with_us = {**environment, "PKIMM_ENDS_WITH_INPUT": "1"}
    server = subprocess.Popen(  # noqa: S603  # our own words
        command,
        env=ends_with_us,
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this command, which ends the server in order
    )
    try:
        yield server
        if server.returncode:
            raise PkimmError(f"The server ended by itself with status {server.returncode}.")
    except (KeyboardInterrupt, _Ended):
        say("Ending ...")
    finally:
        for one in handlers:
            signal.signal(one, signal.SIG_IGN)
        _stop(server)
        for one, handler in handlers.items():
            signal.signal(one, handler)


class _Ended(BaseException):
    """The system asked this command to end."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def _ending_signals() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, which ends its kernels; without mercy if it does not."""
    if server.stdin is not None:
        server.stdin.close()
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_until_ready(
    server: subprocess.Popen[bytes], host: str, port: int, path: str = "/"
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise PkimmError(f"The server did not start; it ended with status {server.returncode}.")
        if _answers(host, port, path):
            return
        time.sleep(0.1)
    raise PkimmError(f"The server did not answer within {START_SECONDS} seconds.")


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)  # never through a proxy
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
