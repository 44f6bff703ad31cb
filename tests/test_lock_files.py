from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(path: Path) -> dict[tuple[str, str], str]:
    """
    Return the version of each package of a lock file, by name and marker.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    found = (re.match(r"([\w.-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", line) for line in lines)
    return {(pin[1], (pin[3] or "").strip()): pin[2] for pin in found if pin}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_names_no_host(path: Path) -> None:
    """
    Whoever installs decides where packages come from; the hashes decide what they are.
    """
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    assert text.count("--hash=sha256:") >= len(pins(path)) > 0


def test_users_and_developers_run_the_same_versions() -> None:
    """
    What the tests passed with is what `make demo` installs.
    """
    run = pins(ROOT / "requirements.lock")
    dev = pins(ROOT / "requirements-dev.lock")
    assert run.items() <= dev.items()
