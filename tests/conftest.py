"""
Settings for all tests.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.examples import load_profile

load_profile()


@pytest.fixture(scope="session")
def site_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return two small releases of one series, which the site is made of.
    """
    from tests.site.released import two_releases

    return two_releases(tmp_path_factory.mktemp("series"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """
    Say how many notebooks and dashboards ran, which a test records as a property.
    """
    passed = terminalreporter.stats.get("passed", [])
    ran = Counter(v for one in passed for name, v in one.user_properties if name == "ran")
    if ran:
        counts = ", ".join(f"{n} {kind}" for kind, n in sorted(ran.items(), reverse=True))
        terminalreporter.write_line(f"Ran from top to bottom: {counts}")
