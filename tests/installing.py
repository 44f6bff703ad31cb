"""
Environments that tests make and install into: by uv, which is fast, or by pip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
PLACE = "bin" if os.name == "posix" else "Scripts"


def new_environment(folder: Path) -> Path:
    """
    Make an environment and return the folder of its programs.
    """
    venv.create(folder, with_pip=True)
    return folder / PLACE


def install(programs: Path, *words: str, cwd: Path | None = None) -> None:
    """
    Install into an environment; by pip where uv does not get at what pip does.
    """
    python = str(programs / "python")
    by_uv = [UV, "pip", "install", "--quiet", "--system-certs", "--python", python, *words]
    if UV is None or subprocess.run(by_uv, cwd=cwd, check=False, capture_output=True).returncode:
        by_pip = [python, "-m", "pip", "install", "--quiet", *words]
        subprocess.run(by_pip, cwd=cwd, check=True)
