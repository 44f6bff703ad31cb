"""
A collection on object storage: the same behavior on a real S3-compatible server.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from pyarrow import fs

from pkimm_analytics.anonymize import Receipt
from pkimm_analytics.disclosure import load_plan, load_policy, open_contributions, read_records
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store import open_collection, open_raw, records, verify
from pkimm_analytics.store import storage as storage_file
from pkimm_analytics.store.storage import ObjectStorage, open_storage
from tests.store.conftest import CREDENTIALS
from tests.store.invented import invented, invented_table, token_of

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
    From nothing to a verified collection, and back to one fewer.
    """
    place = bucket.format("one")
    collection = open_collection(place, create=True)
    assert isinstance(collection.storage, ObjectStorage)
    table = invented_table(30)
    assert collection.append(table).added == 30
    assert collection.append(table).unchanged == 30
    one = invented(30)[4]
    receipt = Receipt(one.id, one.content_digest(), token_of(4))
    assert collection.withdraw([receipt]) == (1, ())
    again = open_collection(place)
    assert verify(again).problems == ()
    assert records(again).num_rows == 29
    assert all("lock/" not in path for path in again.storage.files())


def test_compaction_works_on_object_storage(bucket):
    """
    Old objects are deleted, rows stay.
    """
    collection = open_collection(bucket.format("two"), create=True)
    for seed in range(3):
        collection.append(invented_table(2, seed, ["2026Q3"]))
    assert collection.compact() == 2
    assert verify(collection).contributions == 6
    assert len(collection.storage.files()) == 2


def test_writers_on_object_storage_take_turns(bucket):
    """
    Three writers at once, each with a lease, lose nothing.
    """
    place = bucket.format("three")
    failures = []

    def work(seed):
        try:
            collection = open_collection(place, create=True)
            for number in range(3):
                collection.append(invented_table(2, seed + number, ["2026Q3"]))
        except Exception as error:  # noqa: BLE001  # shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert verify(open_collection(place)).contributions == 18


def test_the_lease_of_a_killed_writer_runs_out(bucket, monkeypatch):
    """
    It holds others back for a while, and not for good.
    """
    collection = open_collection(bucket.format("four"), create=True)
    collection.append(invented_table(1))
    collection.storage.write("lock/dead", b"-")
    monkeypatch.setattr(storage_file, "LOCK_SECONDS", 0.2)
    with pytest.raises(CollectionError, match="Another writer"):
        collection.append(invented_table(1, 1))
    monkeypatch.setattr(storage_file, "LEASE_SECONDS", 0.1)
    monkeypatch.setattr(storage_file.ObjectStorage, "check_lock", lambda _: None)
    monkeypatch.setattr(storage_file, "LOCK_SECONDS", 20)
    time.sleep(1.1)  # times of objects have whole seconds
    assert collection.append(invented_table(1, 1)).added == 1


def test_a_writer_that_lost_its_lease_does_not_commit(bucket, monkeypatch):
    """
    Whoever was taken for dead may not overwrite what others did since.
    """
    collection = open_collection(bucket.format("five"), create=True)
    collection.append(invented_table(1))
    monkeypatch.setattr(storage_file, "LEASE_SECONDS", 0.0)
    with pytest.raises(CollectionError, match="lease"):
        collection.append(invented_table(1, 1))
    assert verify(collection).contributions == 1


def test_a_bucket_that_is_not_there_is_said(bucket):
    """
    Whoever writes is told that it has to be made first.
    """
    place = bucket.format("one").replace("s3://collections", "s3://none-of-these")
    with pytest.raises(CollectionError, match="no such bucket"):
        open_collection(place, create=True).append(invented_table(3))
    with pytest.raises(CollectionError, match="no collection in this place"):
        open_collection(place)


def test_a_server_that_does_not_answer_is_said_without_the_address():
    """
    The address may hold credentials.
    """
    address = "s3://KEYID:VERYSECRET@collections/one?scheme=http&region=us-east-1"
    place = f"{address}&endpoint_override=127.0.0.1%3A1"
    with pytest.raises(CollectionError, match="cannot be reached") as caught:
        open_collection(place)
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
            open_collection(strict, create=create).append(invented_table(3))
        assert "KEYID" not in str(caught.value)
        assert "SECRET" not in str(caught.value)


def test_there_is_no_collection_in_an_empty_prefix(bucket):
    """
    The message is that of a folder.
    """
    with pytest.raises(CollectionError, match="no collection"):
        open_collection(bucket.format("nothing"))


@pytest.mark.parametrize("address", ["nonsense://secret:password@x/y", "s3://"])
def test_an_address_that_cannot_be_opened_is_not_repeated(address):
    """
    It may hold credentials.
    """
    with pytest.raises(CollectionError) as caught:
        open_storage(address)
    assert "password" not in str(caught.value)


def test_a_local_address_is_a_folder(tmp_path):
    """
    ``file://`` gets the lock and the flushing of a folder.
    """
    assert not isinstance(open_storage(tmp_path.as_uri()), ObjectStorage)


def test_a_release_is_made_from_object_storage(bucket):
    """
    The same records as from a folder, read row group by row group.
    """
    plan, policy = load_plan(), load_policy()
    place = bucket.format("release")
    open_collection(place, create=True).append(invented_table(40, 3, ["2026Q1"]))
    found = read_records(open_contributions(place, plan), plan, policy, "2026Q3")
    expected = read_records(records(open_collection(place)), plan, policy, "2026Q3")
    assert len(found) == 40
    assert found.record_tag.tolist() == expected.record_tag.tolist()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "engine",
    [
        "numpy",
        "duckdb",
        *(pytest.param(n, marks=pytest.mark.spark) for n in ("spark", "spark-arrow")),
    ],
)
def test_every_engine_counts_object_storage_as_a_folder(bucket, tmp_path, engine, request):
    """
    Tasks of Spark open the storage themselves, in other processes, through pyarrow.
    """
    session = None
    if engine.startswith("spark"):
        session = request.getfixturevalue("spark")
    elif engine == "duckdb":
        pytest.importorskip("ibis")
        pytest.importorskip("duckdb")
    raws = []
    for place in (tmp_path, bucket.format(f"engines-{engine}")):
        collection = open_collection(place, create=True)
        collection.append(invented_table(60, 11))
        raws.append(open_raw(collection, purpose="test of object storage"))
    measures = ["overall", "M", "G.compliance", "pqc:G.compliance"]
    expected = raws[0].count(["sector", "region", "quarter"], measures)
    found = raws[1].count(["sector", "region", "quarter"], measures, engine, session=session)
    assert found.dimensions == expected.dimensions
    np.testing.assert_array_equal(found.counts, expected.counts)
