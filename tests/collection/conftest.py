"""
One Spark session, and what a server of the tests calls credentials.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from unittest import mock

import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="session")
def spark():
    """
    One Spark session for all tests, because its start takes long.

    Its tasks open object storage themselves and have the environment it started with.
    """
    missing = [n for n in ("pyspark", "ibis") if importlib.util.find_spec(n) is None]
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        missing.append("Java")
    if missing:
        reason = f"Spark is not tested: {' and '.join(missing)} missing"
        if os.environ.get("PKIMM_REQUIRE_SPARK"):
            pytest.fail(reason)
        pytest.skip(reason)
    from pkimm_analytics.collection.engines import spark_session

    with mock.patch.dict(os.environ, CREDENTIALS):
        session = spark_session()
    yield session
    session.stop()
