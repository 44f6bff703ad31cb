"""
Settings for all tests.
"""

from __future__ import annotations

import os

import hypothesis

# A busy machine is slow now and then, which is no defect. CI tries the same
# examples every time, so that a failure there can be repeated.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")
