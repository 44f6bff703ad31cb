"""
The examples of the hosting guide, as they stand there.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import http.client
import ipaddress
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("voila")

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from pkimm_analytics.widgets.serving import HOST, free_port
from tests.installing import install, new_environment
from tests.widgets.test_server import becomes_true

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs/guide/hosting"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HOME = "voila/render/home.ipynb"
KEY = "the-secret-key-of-ana"


@contextmanager
def running(command: list[str], said: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a server until the test is over.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **settings}
    with (
        said.open("wb") as file,
        subprocess.Popen(command, stdout=file, stderr=file, env=environment) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()


class Visitor:
    """
    A browser of somebody, at one address.
    """

    def __init__(self, port: int, certificate: Path | None = None, **headers: str) -> None:
        self.trust = ssl.create_default_context(cafile=str(certificate)) if certificate else None
        self.place, self.headers = f"{HOST}:{port}", headers

    def asks(self, path: str) -> tuple[int, str]:
        """
        Return status and text of a page; 0 if nobody answers.
        """
        connection: http.client.HTTPConnection = http.client.HTTPConnection(self.place, timeout=90)
        if self.trust is not None:
            connection = http.client.HTTPSConnection(self.place, timeout=90, context=self.trust)
        try:
            connection.request("GET", path, headers=self.headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except ConnectionError:
            return 0, ""
        finally:
            connection.close()

    def reaches_its_kernel(self, base: str) -> bool:
        """
        Open the first page, and talk to its kernel.
        """
        status, page = self.asks(base + HOME)
        assert status == 200, page
        kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', page)
        assert kernel is not None
        scheme = "ws" if self.trust is None else "wss"
        address = f"{scheme}://{self.place}{base}api/kernels/{kernel[1]}/channels"
        return asyncio.run(self._kernel_answers(address))

    async def _kernel_answers(self, address: str) -> bool:
        origin = f"{'http' if self.trust is None else 'https'}://{self.place}"
        request = HTTPRequest(
            address, headers={**self.headers, "Origin": origin}, ssl_options=self.trust
        )
        channel = await websocket_connect(request)
        asked = {
            "header": {"msg_id": "1", "msg_type": "kernel_info_request", "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": {},
            "channel": "shell",
        }
        await channel.write_message(json.dumps(asked))
        answer = await asyncio.wait_for(channel.read_message(), 60)
        channel.close()
        while await channel.read_message() is not None:
            pass
        return bool(answer)


def by_password(name: str) -> Mapping[str, str]:
    """
    Return the header of somebody whose password is the name.
    """
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{name}".encode()).decode()}


def certificate(folder: Path) -> tuple[Path, Path]:
    """
    Make a certificate for this machine; return it and its key.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.org")])
    now = dt.datetime.now(dt.UTC)
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(place, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "example.pem", folder / "example.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
    return paths


@pytest.mark.skipif(NGINX is None, reason="nginx is not here")
def test_nginx_serves_one_person_below_a_path(tmp_path: Path) -> None:
    """
    Over HTTPS, with pages and websockets; nobody else comes in, whoever they are.
    """
    assert NGINX is not None
    port, inner = free_port(0), free_port(0)
    pem, key = certificate(tmp_path)
    people = "".join(f"{name}:{{PLAIN}}{name}\n" for name in ("ana", "bob"))
    (tmp_path / "people").write_text(people)
    site = (EXAMPLES / "nginx.conf").read_text()
    for there, here in {
        "listen 443": f"listen {HOST}:{port}",
        "/etc/ssl/example.org.pem": pem,
        "/etc/ssl/example.org.key": key,
        "/etc/nginx/people": tmp_path / "people",
        "127.0.0.1:8866": f"{HOST}:{inner}",
    }.items():
        assert there in site, there
        site = site.replace(there, str(here))
    (tmp_path / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path / kind};" for kind in kinds)
    user = "user root;" if os.name == "posix" and os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"{user} daemon off; pid {tmp_path / 'pid'}; error_log stderr; events {{}}"
        f" http {{ access_log off; {places} include {tmp_path / 'site.conf'}; }}"
    )
    address = f"https://{HOST}:{port}/pki/ana/"
    serve = [sys.executable, "-m", "pkimm_analytics", "serve", "--no-browser", "--cold"]
    serve += ["--port", str(inner), "--address", address, "--person", "ana"]
    serve += ["--workspace", str(tmp_path / "ana")]
    proxy = [NGINX, "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    with (
        running(serve, tmp_path / "serve.txt", PKIMM_TOKEN=KEY),
        running(proxy, tmp_path / "nginx.txt"),
    ):
        ana = Visitor(port, pem, **by_password("ana"))
        assert becomes_true(lambda: ana.asks("/pki/ana/")[0] == 200, 90), (
            tmp_path / "serve.txt"
        ).read_text() + (tmp_path / "nginx.txt").read_text()
        assert ana.reaches_its_kernel("/pki/ana/")
        assert Visitor(port, pem).asks("/pki/ana/")[0] == 401
        assert Visitor(port, pem, **by_password("bob")).asks("/pki/ana/")[0] == 403
        assert Visitor(inner).asks("/pki/ana/")[0] == 403
        foreign = {**by_password("ana"), "Sec-Fetch-Site": "cross-site"}
        assert Visitor(port, pem, **foreign).asks("/pki/ana/" + HOME)[0] == 403


def test_a_jupyter_server_of_the_hub_has_the_dashboards_of_its_person(tmp_path: Path) -> None:
    """
    As JupyterHub starts it for ana; the token of that server opens them, and nothing else.
    """
    pytest.importorskip("jupyter_server_proxy")
    port, folder = free_port(0), tmp_path / "etc"
    folder.mkdir()
    shutil.copy(EXAMPLES / "jupyter_server_config.py", folder)
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"]
    command += ["--ServerApp.base_url=/user/ana/", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={tmp_path}"]
    settings = {
        "JUPYTER_CONFIG_PATH": str(folder),
        "JUPYTER_TOKEN": "the-token-of-the-hub",
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with running(command, tmp_path / "said.txt", **settings):
        ana = Visitor(port, Authorization="token the-token-of-the-hub")
        assert becomes_true(lambda: ana.asks("/user/ana/api")[0] == 200, 90)
        status, page = ana.asks("/user/ana/pkimm/")
        assert status == 200, page + (tmp_path / "said.txt").read_text()
        assert ana.reaches_its_kernel("/user/ana/pkimm/")
        assert Visitor(port).asks("/user/ana/pkimm/" + HOME)[0] in {302, 403}


def test_the_steps_of_the_dockerfile_make_a_server_that_answers(tmp_path: Path) -> None:
    """
    Its copies and installations in a fresh environment, then its command.
    """
    app, programs = tmp_path / "app", new_environment(tmp_path / "environment")
    app.mkdir()
    settings, command = {}, []
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        step, _, words = line.partition(" ")
        if step == "COPY":
            *sources, _ = words.split()
            for source in sources:
                one = ROOT / source
                (shutil.copytree if one.is_dir() else shutil.copy)(one, app / source)
        elif step == "RUN" and words.startswith("python -m pip install"):
            options = words.removeprefix("python -m pip install").replace("--no-cache-dir", "")
            install(programs, *options.split(), cwd=app)
        elif step == "ENV":
            settings = dict(pair.split("=") for pair in words.split())
        elif step == "CMD":
            command = json.loads(words)
    settings = {k: v.replace("/data", str(tmp_path / "data")) for k, v in settings.items()}
    settings["PKIMM_TOKEN"] = KEY
    port = free_port(0)
    start = [str(programs / command[0]), *command[1:]]
    start[start.index("8866")] = str(port)
    with running(start, tmp_path / "said.txt", **settings):
        visitor = Visitor(port, Authorization=f"token {KEY}")
        assert becomes_true(lambda: visitor.asks("/")[0] == 200, 90), (
            tmp_path / "said.txt"
        ).read_text()
        assert visitor.reaches_its_kernel("/")
        assert Visitor(port).asks("/")[0] == 403
