"""
One Spark session, what a server of the tests calls credentials, and a small collection.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from unittest import mock

import pytest
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from tests.collection.invented import invented_table

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


@pytest.fixture
def thirty(tmp_path):
    """A collection of thirty contributions in three quarters."""
    collection = Collection(tmp_path / "c", create=True)
    collection.append(invented_table(30))
    return collection


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own and give back its result."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PKIMM_PSEUDONYM_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])
