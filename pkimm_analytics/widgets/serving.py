"""
How the dashboards and the notebooks are started.

Both run as a program of their own, Voila or JupyterLab, by default on this machine only.
This file says with which words and in which environment; who calls it starts
the process, waits for it and ends it.

What the dashboards may do is set in ``voila.json`` beside them: no tracebacks,
no sources, nothing loaded from elsewhere. Who may come in is said in ``door.py``.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
"""Where a server of ours listens, unless another address is asked for."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """
    Where and for whom the dashboards are served; by default this machine and its user.

    Attributes
    ----------
    listen : str
        Address of this machine to listen on.
    address : str
        Address that people type, where a proxy stands in front of the server.
    person : str
        The one person whose requests the proxy may pass on.
    sessions : int
        Most pages that are open at the same time.
    """

    listen: str = HOST
    address: str = ""
    person: str = ""
    sessions: int = 30


def voila_command(
    dashboards: Path, *, port: int, warm: bool = False, hosting: Hosting | None = None
) -> list[str]:
    """
    Build the command that serves a folder of dashboards.

    Parameters
    ----------
    dashboards : Path
        Folder of the dashboards, with their ``voila.json``.
    port : int
        Port to listen on. The server ends with an error if it is taken.
    warm : bool
        Whether to keep a kernel ready for each page that ``voila.json`` names: those
        that look into the workspace and the releases when they are opened, so that an
        early kernel shows nothing old. Each waits with 80 to 150 MB;
        the next one is started once a page had time to load.
    hosting : Hosting, optional
        Where and for whom.

    Returns
    -------
    list of str
        Program and arguments, to be run with :func:`dashboard_environment`.

    Examples
    --------
    >>> voila_command(Path("dashboards"), port=8866)[1:4]
    ['-m', 'pkimm_analytics.widgets.server', 'dashboards']
    """
    place = hosting or Hosting()
    options = [
        f"--Voila.config_file_paths={dashboards.resolve()}",
        f"--Voila.ip={place.listen}",
        f"--Voila.port={port}",
        f"--Dashboards.sessions={place.sessions}",
        f"--Dashboards.address={place.address}",
        f"--Dashboards.person={place.person}",
        f"--VoilaConfiguration.preheat_kernel={warm}",
    ]
    return [sys.executable, "-m", "pkimm_analytics.widgets.server", str(dashboards), *options]


def jupyterlab_command(notebooks: Path, *, port: int, open_browser: bool = True) -> list[str]:
    """
    Build the command that opens a folder of notebooks in JupyterLab.

    JupyterLab keeps its own login token, because whoever reaches it can run
    programs. It neither looks for updates nor for news.

    Parameters
    ----------
    notebooks : Path
        Folder to open.
    port : int
        Port to listen on; the next free one is taken if it is in use.
    open_browser : bool
        Whether to open JupyterLab in the user's browser.

    Returns
    -------
    list of str
        Program and arguments, to be run with :func:`dashboard_environment`.

    Examples
    --------
    >>> jupyterlab_command(Path("notebooks"), port=8888)[1:5]
    ['-m', 'pkimm_analytics.widgets.server', 'lab', 'notebooks']
    """
    options = [
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={open_browser}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--KernelManager.transport_encryption=auto",
    ]
    return [sys.executable, "-m", "pkimm_analytics.widgets.server", "lab", str(notebooks), *options]


def dashboard_environment(
    dashboards: Path,
    *,
    workspace: Path | None = None,
    release: Path | None = None,
    feedback: Path | None = None,
    key: str | None = None,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """
    Build the environment that dashboards and notebooks run in.

    Parameters
    ----------
    dashboards : Path
        Folder of the dashboards; our page template is found through it.
    workspace : Path, optional
        Workspace to show. Notebooks read it from ``PKIMM_WORKSPACE``.
    release : Path, optional
        Release to compare with. Notebooks read it from ``PKIMM_RELEASE``.
    feedback : Path, optional
        Feedback place of a working group. Notebooks read it from ``PKIMM_FEEDBACK``.
    key : str, optional
        Key of the dashboards; a new one each time without it.
    base : mapping of str to str, optional
        Environment to start from: this process's own by default.

    Returns
    -------
    dict of str to str
        The whole environment, to be given to the started process.

    Examples
    --------
    >>> environment = dashboard_environment(Path("dashboards"), base={})
    >>> "PKIMM_WORKSPACE" in environment
    False
    """
    environment = dict(os.environ if base is None else base)
    ours = str(dashboards.resolve() / "jupyter")
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        paths = [ours, environment.get(name, "")]
        environment[name] = os.pathsep.join(path for path in paths if path)
    environment["PKIMM_TOKEN"] = key or secrets.token_urlsafe(24)
    # The kernel is the Python that runs us, not one that the user once installed.
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    places = {"PKIMM_WORKSPACE": workspace, "PKIMM_RELEASE": release, "PKIMM_FEEDBACK": feedback}
    for name, path in places.items():
        environment.pop(name, None)
        if path is not None:
            environment[name] = str(path.resolve())
    return environment


def free_port(preferred: int, host: str = HOST) -> int:
    """
    Find a port to listen on: the preferred one, or any if it is taken.

    Parameters
    ----------
    preferred : int
        Port to try first; 0 takes any free port.
    host : str
        Address of this machine to listen on.

    Returns
    -------
    int
        A port that was free a moment ago.
    """
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # one that was used a moment ago is free, as for the server
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port of {host} is free")
