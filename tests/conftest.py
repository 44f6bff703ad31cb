"""
Settings for all tests.
"""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# A busy machine is slow now and then, which is no defect. CI tries the same
# examples every time, so that a failure there can be repeated.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def site_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return two small releases of one series, which the site is made of.
    """
    from tests.site.released import two_releases

    return two_releases(tmp_path_factory.mktemp("series"))
