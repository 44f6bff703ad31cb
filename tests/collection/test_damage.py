"""
A collection that somebody tampered with: an answer, never a traceback, and nothing lost.
"""

from __future__ import annotations

import hashlib
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.anonymize import write_receipt
from pkimm_analytics.collection import Collection, verify
from pkimm_analytics.collection.manifest import NAME, load_manifest
from pkimm_analytics.errors import CollectionError
from tests.collection.invented import invented, invented_table, receipt_for, records, token_of
from tests.planted import NAME as ORGANIZATION
from tests.planted import found_in


def with_file(collection, content):
    """Put other bytes in place of a file, and let the manifest say so."""
    path, file = first(collection)
    target(collection).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    other = file.replace(bytes=len(content), sha256=sha256)
    manifest = collection.manifest()
    changed = manifest.replace(files={**manifest.files, path: other})
    collection.place.write(NAME, changed.dumps())


def first(collection):
    """Path of the first file and what the manifest says of it."""
    return next(iter(collection.manifest().files.items()))


def target(collection):
    """Place of the first file on the disk."""
    return collection.place.folder / first(collection)[0]


FILE = {"rows": 3, "invented": 0, "verified": 0, "bytes": 3, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "change",
    [
        {"table": "one"},
        {"table": True},
        {"table": -1},
        {"id": ORGANIZATION},
        {"id": 5},
        {"scoring": ORGANIZATION},
        {"more": 1},
        {"files": 5},
        {"files": {"/etc/passwd": FILE}},
        {"files": {"period=2026Q1/../../other/part-0.parquet": FILE}},
        {"files": {"period=2026Q1/part-0.parquet": FILE | {"rows": "many"}}},
        {"files": {"period=2026Q1/part-0.parquet": FILE | {"rows": 10**30}}},
        {"files": {"period=2026Q1/part-0.parquet": FILE | {"sha256": "0"}}},
        {"pending": {f"{ORGANIZATION}.parquet": None}},
    ],
)
def test_a_manifest_with_odd_values_is_damaged(thirty, change):
    """
    No file outside the collection is read or deleted, and no wrong total is shown.
    """
    document = json.loads(thirty.place.read(NAME)) | change
    with pytest.raises(CollectionError, match="damaged") as caught:
        load_manifest(json.dumps(document).encode())
    assert found_in(str(caught.value)) == []


def other_columns(_):
    """A file with one column that is none of ours."""
    return parquet(pa.table({ORGANIZATION: [1]}))


def levels_as_numbers(table):
    """The same rows with fractions far off the scale."""
    place = table.column_names.index("G.compliance")
    return parquet(table.set_column(place, "G.compliance", pa.array([1e9] * table.num_rows)))


def fewer_rows(table):
    """One row is missing."""
    return parquet(table.slice(1))


def parquet(table):
    """Table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("made", [other_columns, levels_as_numbers, fewer_rows])
def test_a_part_with_other_columns_or_rows_is_refused_by_every_reader(thirty, made, run):
    """
    Even if somebody put it there with a matching manifest.
    """
    with_file(thirty, made(pq.read_table(target(thirty), partitioning=None)))
    for change in (lambda: thirty.append(invented_table(5)), lambda: records(thirty)):
        with pytest.raises(CollectionError, match=r"damaged|cannot be read"):
            change()
    assert not verify(thirty).is_sound
    done = run("release", "-c", "c", "-o", "r", "--quarter", "2026Q3", "--json")
    assert done.exit_code == 1
    assert "damaged" in json.loads(done.stdout)["message"]
    assert found_in(done.output) == []
    assert not (thirty.place.folder.parent / "r").exists()


def test_a_part_that_claims_a_billion_rows_is_refused_before_it_is_read(thirty):
    """
    The number in the footer of the file is not believed.
    """
    raw = target(thirty).read_bytes()
    length = int.from_bytes(raw[-8:-4], "little")
    footer = raw[-8 - length : -8].replace(varint(first(thirty)[1].rows), varint(10**9))
    with_file(thirty, raw[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    claimed = pq.read_metadata(target(thirty)).num_rows
    assert claimed == 10**9
    with pytest.raises(CollectionError, match="1000000000 rows, expected"):
        records(thirty)


def varint(number):
    """Whole number as a field of Parquet's footer."""
    found, rest = b"\x16", number * 2
    while rest > 127:
        found, rest = found + bytes([rest & 127 | 128]), rest >> 7
    return found + bytes([rest])


def readable_flip(path):
    """Change bits of a part until it is one that can still be read."""
    content = path.read_bytes()
    for place in range(40, len(content) - 8):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        try:
            pq.read_table(path, partitioning=None)
        except (pa.ArrowException, OSError):
            continue
        return
    raise AssertionError


def test_damage_gets_no_checksum_of_its_own(thirty, run):
    """
    Neither adding, nor replacing, nor scoring anew writes it again, and nothing is published.
    """
    before = thirty.place.read(NAME)
    readable_flip(target(thirty))
    for change in (lambda: thirty.append(invented_table(4, 7, ["2026Q1"])), thirty.rescore):
        with pytest.raises(CollectionError, match="damaged"):
            change()
    assert thirty.place.read(NAME) == before
    assert not verify(thirty).is_sound
    done = run("release", "-c", "c", "-o", "r", "--quarter", "2026Q3")
    assert done.exit_code == 1
    assert "its bytes are not those that were written" in done.stderr


def test_damage_is_named_with_its_file(thirty):
    """
    A byte that changed, a file that is gone, one that nobody wrote, levels of other answers.
    """
    paths = [*thirty.manifest().files]
    places = [thirty.place.folder / path for path in paths]
    content = bytearray(places[1].read_bytes())
    content[len(content) // 3] ^= 1
    places[1].write_bytes(bytes(content))
    places[2].unlink()
    (places[0].parent / "part-9.parquet").write_bytes(places[0].read_bytes())
    table = pq.read_table(places[0], partitioning=None)
    flat = pa.array([3] * table.num_rows, pa.int8())
    place = table.column_names.index("level:overall")
    with_file(thirty, parquet(table.set_column(place, table.schema.field(place), flat)))
    found = verify(thirty)
    assert not found.is_sound
    assert [p.where for p in found.problems] == [f"{paths[0]}: levels", *paths[1:], NAME]


def test_a_duplicate_is_found(thirty):
    """
    Even if somebody put it there with a matching manifest.
    """
    path, file = first(thirty)
    copy = path.replace("part-0", "part-7")
    thirty.place.write(copy, target(thirty).read_bytes())
    manifest = thirty.manifest()
    changed = manifest.replace(files={**manifest.files, copy: file})
    thirty.place.write(NAME, changed.dumps())
    assert [p.where for p in verify(thirty).problems] == ["contribution"]


def test_a_part_that_is_a_link_is_refused(thirty, tmp_path):
    """
    A withdrawal would remove the link and leave the bytes.
    """
    path = target(thirty)
    path.rename(tmp_path / "elsewhere.parquet")
    path.symlink_to(tmp_path / "elsewhere.parquet")
    found = verify(thirty)
    assert [p.message for p in found.problems] == ["is a link to another file"]
    with pytest.raises(CollectionError, match="cannot be read"):
        records(thirty)


def test_hidden_files_of_others_are_left_alone(thirty):
    """
    Only what a writer of ours left half-written goes away.
    """
    root = thirty.place.folder
    for name in (".gitignore", ".env"):
        (root / name).write_text("mine")
    (root / ".abc.part").write_text("half")
    (root / "loop").symlink_to(".")
    (root / "gone").symlink_to("nowhere")
    thirty.append(invented_table(1, 8))
    assert (root / ".gitignore").read_text() == (root / ".env").read_text() == "mine"
    assert not (root / ".abc.part").exists()
    assert verify(thirty).is_sound


# --- the same contribution twice in one batch -----------------------------------------------------


def changed(one):
    """The same contribution with other levels and no proof."""
    return one.replace(answers=dict.fromkeys(one.answers, 5))


def test_the_first_of_two_in_one_batch_stays_without_a_proof(tmp_path):
    """
    Whoever adds many files at once must not let one of them replace another.
    """
    first, other = invented(2)
    collection = Collection(tmp_path / "c", create=True)
    done = collection.append([first, changed(first), other, first])
    assert (done.added, done.replaced, done.unchanged, done.refused) == (2, 0, 1, 1)
    assert "comes twice" in str(done.problems[0])
    assert collection.append([first]).unchanged == 1


@pytest.mark.parametrize("with_key", [False, True])
def test_the_second_of_two_in_one_batch_replaces_the_first_with_a_proof(tmp_path, with_key):
    """
    By its own proof, or by the key of who contributes; a proof of another row is none.
    """
    first, other = invented(2)
    second = changed(first).replace(replaces=None if with_key else token_of(0))
    collection = Collection(tmp_path / "c", create=True)
    stranger = changed(other).replace(replaces=token_of(0))
    keys = {first.id: token_of(0)}
    prove = (lambda id_, _: keys.get(id_, "")) if with_key else None
    done = collection.append([first, other, second, stranger], prove=prove)
    assert (done.added, done.replaced, done.refused) == (2, 1, 1)
    assert collection.append([second.replace(replaces=None), other]).unchanged == 2


# --- what is said ------------------------------------------------------------------------------


PHONE = "420602123456"
NUMBER = json.dumps({"answers": {"G.compliance": int(PHONE)}}).encode()


@pytest.mark.parametrize("content", [None, b"", b"{", b"5", "{}".encode("utf-16"), NUMBER])
def test_the_name_of_a_file_and_its_numbers_are_in_no_message_and_not_kept(run, tmp_path, content):
    """
    They may be those of an organization; files are told apart by their numbers.
    """
    path = tmp_path / f"{ORGANIZATION}.json"
    if content is not None:
        path.write_bytes(content)
    (tmp_path / "good.json").write_bytes(b"[]")
    done = run("collection", "add", "c", path, tmp_path / "good.json", "--json")
    assert done.exit_code == 1
    assert "file 1" in json.loads(done.stdout)["problems"][0]["where"]
    kept = b"".join(p.read_bytes() for p in (tmp_path / "c").rglob("*") if p.is_file())
    assert found_in(done.output) == found_in(kept) == []
    assert PHONE not in done.output
    assert PHONE.encode() not in kept


def test_every_receipt_that_is_none_is_listed_and_the_good_ones_are_used(run, thirty, tmp_path):
    """
    All problems at once, each with the number of its receipt.
    """
    one = invented(30)[3]
    good = write_receipt(receipt_for(one, 3), tmp_path / "x")
    (tmp_path / "bad.json").write_text("{")
    wrong = write_receipt(receipt_for(one, 4), tmp_path / "y")
    done = run("collection", "withdraw", "c", "bad.json", "none.json", wrong, "--json")
    assert done.exit_code == 1
    places = [p["where"] for p in json.loads(done.stdout)["problems"]]
    assert places == ["receipt 1", "receipt 2", "receipt 3"]
    done = run("collection", "withdraw", "c", "bad.json", good, "--json")
    assert json.loads(done.stdout)["withdrawn"] == 1
    assert thirty.manifest().rows == 29


def test_nothing_is_withdrawn_while_a_release_is_being_made(run, thirty, tmp_path):
    """
    Its state could not be told; the message says that nothing was changed, and nothing was.
    """
    from pkimm_analytics.disclosure.history import alone

    one = invented(30)[3]
    good = write_receipt(receipt_for(one, 3), tmp_path / "x")
    with alone(tmp_path / "c-disclosure"):
        done = run("collection", "withdraw", "c", good, "--json")
    assert done.exit_code == 1
    assert "Nothing was changed" in json.loads(done.stdout)["message"]
    assert thirty.manifest().rows == 30
    assert run("collection", "withdraw", "c", good).exit_code == 0
