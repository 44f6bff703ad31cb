"""
A collection on object storage: the same behavior on a real S3-compatible server.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest
from pyarrow import fs

from pkimm_analytics.collection import Collection, verify
from pkimm_analytics.collection.place import open_place
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, read_records
from pkimm_analytics.errors import CollectionError
from tests.collection.conftest import CREDENTIALS
from tests.collection.invented import invented, invented_table, receipt_for, records

PREPARED = Path(__file__).parents[2] / ".cache" / "s3-server" / "bin"
SERVER = os.environ.get("PKIMM_TEST_S3_SERVER") or shutil.which(
    "moto_server", path=os.pathsep.join([str(PREPARED), str(Path(sys.executable).parent)])
)


@contextmanager
def running_server(**environment):
    """Run a server for as long as it is needed; its query in an address."""
    if not SERVER and os.environ.get("PKIMM_REQUIRE_S3"):
        pytest.fail("no S3-compatible server is installed, and PKIMM_REQUIRE_S3 is set")
    if not SERVER:
        pytest.skip("no S3-compatible server is installed: make s3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [SERVER, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        _wait_for(port, server)
        yield f"scheme=http&endpoint_override=127.0.0.1%3A{port}&region=us-east-1"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def bucket():
    """Address of a fresh bucket on a server that runs for these tests only."""
    with running_server() as endpoint, mock.patch.dict(os.environ, CREDENTIALS):
        yield f"s3://collections/{{}}?{endpoint}"


def _wait_for(port, server):
    """Wait until the server answers, and make the bucket."""
    for _ in range(300):
        assert server.poll() is None
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            break
        time.sleep(0.1)
    s3 = fs.S3FileSystem(
        access_key="test",
        secret_key="test",  # noqa: S106  # of a server that ends with the test
        region="us-east-1",
        scheme="http",
        endpoint_override=f"127.0.0.1:{port}",
        allow_bucket_creation=True,
    )
    s3.create_dir("collections")


def test_a_collection_on_object_storage_appends_withdraws_and_verifies(bucket):
    """
    From nothing to a verified collection, and back to one fewer; no part of a change stays.
    """
    place = bucket.format("one")
    collection = Collection(place, create=True)
    assert collection.place.folder is None
    table = invented_table(30)
    assert collection.append(table).added == 30
    assert collection.append(table).unchanged == 30
    one = invented(30)[4]
    receipt = receipt_for(one, 4)
    assert collection.withdraw([receipt]) == (1, ())
    assert collection.append(invented_table(2, 8)).added == 2
    again = Collection(place)
    assert verify(again).problems == ()
    assert records(again).num_rows == 31
    assert len(again.place.files()) == 5


def test_a_bucket_that_is_not_there_is_said(bucket):
    """
    Whoever writes is told that it has to be made first.
    """
    place = bucket.format("one").replace("s3://collections", "s3://none-of-these")
    with pytest.raises(CollectionError, match="no such bucket"):
        Collection(place, create=True).append(invented_table(3))
    with pytest.raises(CollectionError, match="no collection in this place"):
        Collection(place)


def test_a_server_that_does_not_answer_is_said_without_the_address():
    """
    The address may hold credentials.
    """
    address = "s3://KEYID:VERYSECRET@collections/one?scheme=http&region=us-east-1"
    place = f"{address}&endpoint_override=127.0.0.1%3A1"
    with pytest.raises(CollectionError, match="cannot be reached") as caught:
        Collection(place)
    assert "SECRET" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


@pytest.fixture
def strict():
    """Address of a bucket whose server checks credentials, with wrong ones."""
    with running_server(INITIAL_NO_AUTH_ACTION_COUNT="2") as endpoint:
        yield f"s3://KEYID:VERYSECRET@collections/one?{endpoint}"


def test_wrong_credentials_are_said_and_not_repeated(strict):
    """
    Reading and writing alike.
    """
    for create in (False, True):
        with pytest.raises(CollectionError, match="credentials") as caught:
            Collection(strict, create=create).append(invented_table(3))
        assert "KEYID" not in str(caught.value)
        assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("address", ["nonsense://secret:password@x/y", "s3://"])
def test_an_address_that_cannot_be_opened_is_not_repeated(address):
    """
    It may hold credentials.
    """
    with pytest.raises(CollectionError) as caught:
        open_place(address)
    assert "password" not in str(caught.value)


def test_a_local_address_is_a_folder(tmp_path):
    """
    ``file://`` gets the lock and the flushing of a folder.
    """
    assert open_place(tmp_path.as_uri()).folder == tmp_path


def test_a_release_is_made_from_object_storage(bucket):
    """
    The same records as from a folder, read row group by row group.
    """
    plan, policy = load_plan(), load_policy()
    place = bucket.format("release")
    Collection(place, create=True).append(invented_table(40, 3, ["2026Q1"]))
    found = read_records(open_contributions(place), plan, policy, "2026Q3")
    expected = read_records(records(Collection(place)), plan, policy, "2026Q3")
    assert len(found) == 40
    assert found.parent.tolist() == expected.parent.tolist()


def test_object_storage_is_counted_as_a_folder(bucket, tmp_path):
    """
    Through pyarrow's filesystem.
    """
    found = []
    for place in (tmp_path, bucket.format("counted")):
        collection = Collection(place, create=True)
        collection.append(invented_table(60, 11))
        rows = collection.open_rows(purpose="test of object storage")
        measures = ["overall", "M", "G.compliance", "pqc:G.compliance"]
        found.append(rows.count(["sector", "region", "quarter"], measures))
    pd.testing.assert_frame_equal(*found)
