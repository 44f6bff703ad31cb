"""
The dashboards inside the Jupyter server of each person, as JupyterHub starts it.

Install jupyter-server-proxy beside pkimm-analytics[dashboards] in the image or the
environment of those servers, and put this file into /etc/jupyter there. A tile in the
launcher opens them; so does the address /user/NAME/pkimm/ of the hub.
"""

import secrets
from pathlib import Path

KEY = secrets.token_urlsafe(24)
WORKSPACE = Path.home() / "pkimm" / "workspace"

c = get_config()  # noqa: F821  # Jupyter gives it to files of settings
c.ServerProxy.servers = {
    "pkimm": {
        "command": [
            *("pkimm", "serve", "--no-browser", "--port", "{port}", "--workspace", str(WORKSPACE)),
            *("--address", "{base_url}pkimm/"),
        ],
        # The hub has checked who it is; the key says so to the dashboards.
        "environment": {"PKIMM_TOKEN": KEY},
        "request_headers_override": {"Authorization": f"token {KEY}"},
        "absolute_url": True,
        "timeout": 90,
        "launcher_entry": {"title": "PKI maturity"},
    }
}
