from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from pkimm_analytics.widgets.serving import (
    HOST,
    dashboard_environment,
    free_port,
    jupyterlab_command,
    voila_command,
)

DASHBOARDS = Path(__file__).parents[2] / "dashboards"


def test_both_servers_listen_on_this_machine_only() -> None:
    """
    The address is given in words of the command, so that no user setting widens it.
    """
    assert "--Voila.ip=127.0.0.1" in voila_command(DASHBOARDS, port=8866)
    assert "--ServerApp.ip=127.0.0.1" in jupyterlab_command(DASHBOARDS, port=8888)


def test_kernels_are_ready_only_for_pages_that_read_late() -> None:
    """
    An early kernel of another page would show the data of the moment it was started.
    """
    assert "--VoilaConfiguration.preheat_kernel=False" in voila_command(DASHBOARDS, port=8866)
    command = voila_command(DASHBOARDS, port=8866, warm=True)
    assert "--VoilaConfiguration.preheat_kernel=True" in command
    settings = json.loads((DASHBOARDS / "voila.json").read_text("utf-8"))
    pools = settings["VoilaKernelManager"]["kernel_pools_config"]
    assert pools.pop("default")["pool_size"] == 0
    assert set(pools) == {f"{page}.ipynb" for page in ("home", "assess", "results", "benchmark")}
    assert all((DASHBOARDS / name).exists() for name in pools)


def test_the_environment_names_what_the_dashboards_show(tmp_path: Path) -> None:
    """
    A workspace is handed on as a whole path; one that is not given is not inherited.
    """
    base = {"PATH": "/bin", "PKIMM_RELEASE": "/from/before", "JUPYTER_PATH": "/mine"}
    environment = dashboard_environment(DASHBOARDS, workspace=tmp_path, base=base)
    assert environment["PKIMM_WORKSPACE"] == str(tmp_path)
    assert "PKIMM_RELEASE" not in environment
    assert environment["PATH"] == "/bin"
    assert environment["JUPYTER_PATH"].split(os.pathsep) == [str(DASHBOARDS / "jupyter"), "/mine"]


def test_a_free_port_is_found_beside_a_taken_one() -> None:
    """
    The preferred port is used while it is free, and another one when it is not.
    """
    preferred = free_port(0)
    assert free_port(preferred) == preferred
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_a_page_is_told_to_load_nothing_from_elsewhere() -> None:
    """
    Neither by a mistake of ours nor by what somebody wrote into an answer.
    """
    settings = json.loads((DASHBOARDS / "voila.json").read_text(encoding="utf-8"))
    tornado = settings["Voila"]["tornado_settings"]
    policy = tornado["headers"]["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
