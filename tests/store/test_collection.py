"""
The collection: what is appended stays, once; what is withdrawn is gone.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.anonymize import Receipt
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.store import collection as collection_file
from pkimm_analytics.store import migrate, open_collection, open_raw, records, verify
from pkimm_analytics.store.collection import Collection
from pkimm_analytics.store.manifest import NAME, dump_manifest, load_manifest
from pkimm_analytics.store.parts import encode, read_part
from pkimm_analytics.store.rows import check_rows, from_table, to_table
from pkimm_analytics.store.storage import LocalStorage
from tests.planted import COMMENT, DN, HOST, MAIL, found_in
from tests.planted import NAME as ORGANIZATION
from tests.store.invented import invented, invented_table, token_of


@pytest.fixture
def empty(tmp_path):
    """A place for a collection."""
    return open_collection(tmp_path / "c", create=True)


@pytest.fixture
def thirty(empty):
    """A collection of thirty contributions in three quarters."""
    empty.append(invented_table(30))
    return empty


def held(collection):
    """All contributions, by pseudonym."""
    parts = collection.manifest().parts
    tables = [read_part(collection.storage, part) for part in parts]
    return {one.id: one for one in from_table(pa.concat_tables(tables))} if tables else {}


def receipt_for(number, seed=0, n=30):
    """Receipt of the invented contribution with a number."""
    one = invented(n, seed)[number]
    return Receipt(one.id, one.content_digest(), token_of(number))


def every_byte(folder):
    """Content of all files, their names included; columns of Parquet files decompressed."""
    found = []
    for path in folder.rglob("*"):
        found.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            found.append(path.read_bytes())
            if path.suffix == ".parquet":
                table = pq.read_table(path, partitioning=None)
                found += [str(table.to_pylist()).encode(), str(table.schema).encode()]
                found.append(str(pq.read_metadata(path).metadata).encode())
    return b"\n".join(found)


# --- append ------------------------------------------------------------------------------


def test_what_is_appended_is_read_back_equal(empty):
    """
    Every value survives, as a contribution and as columns.
    """
    given = invented(50)
    assert empty.append(given).added == 50
    assert held(empty) == {one.id: one for one in given}
    assert verify(empty).problems == ()


def test_a_table_and_its_contributions_are_the_same(tmp_path):
    """
    Turning rows into contributions and back changes nothing.
    """
    table = invented_table(40)
    assert to_table(from_table(table)).equals(table)


def test_the_same_contribution_twice_is_one(thirty):
    """
    Repeating a contribution, also within one call, adds nothing.
    """
    before = thirty.manifest()
    again = invented(30)
    result = thirty.append([*again, *again[:5]])
    assert (result.added, result.unchanged) == (0, 35)
    assert thirty.manifest() == before


def test_a_changed_contribution_replaces_the_earlier_one_with_its_receipt(thirty):
    """
    The newer content stands in place of the older; the count stays.
    """
    old = invented(30)[3]
    new = replace(old, answers={}, values={**old.values, "commitment": "B" * 26})
    shown = []

    def prove(contribution, content):
        shown.append((contribution, content))
        return token_of(3)

    result = thirty.append([new], prove=prove)
    assert result.replaced == 1
    assert shown == [(old.id, old.content_digest())]
    assert held(thirty)[old.id] == new
    assert len(held(thirty)) == 30
    assert verify(thirty).is_sound


def test_a_contribution_file_may_bring_its_proof(thirty):
    """
    The proof is checked and never stored.
    """
    old = invented(30)[3]
    new = replace(old, answers={}, replaces=token_of(3))
    assert thirty.append([new]).replaced == 1
    assert token_of(3).encode() not in every_byte(thirty.storage.root)


@pytest.mark.parametrize("token", [None, "A" * 52])
def test_nobody_replaces_what_another_contributed(thirty, token):
    """
    Without the right receipt the earlier content stays.
    """
    old = invented(30)[3]
    result = thirty.append([replace(old, answers={}, replaces=token)])
    assert (result.refused, result.replaced) == (1, 0)
    assert held(thirty)[old.id] == old


def test_a_replaced_contribution_may_move_to_another_quarter(thirty):
    """
    A corrected date does not make two of one.
    """
    old = next(one for one in invented(30) if one.values["quarter"] == "2026Q1")
    number = invented(30).index(old)
    new = replace(old, values={**old.values, "quarter": "2026Q3"}, replaces=token_of(number))
    assert thirty.append([new]).replaced == 1
    assert held(thirty)[old.id].values["quarter"] == "2026Q3"
    assert verify(thirty).contributions == 30


def test_parts_lie_in_folders_of_their_quarter(thirty):
    """
    One part for each quarter of a call, partitioned by period only.
    """
    assert sorted(part.period for part in thirty.manifest().parts) == ["2026Q1", "2026Q2", "2026Q3"]


def test_many_small_parts_are_merged_on_the_way(empty, monkeypatch):
    """
    Single appends do not fill the folder with files.
    """
    monkeypatch.setattr(collection_file, "SMALL_PARTS", 5)
    for seed in range(12):
        empty.append(invented_table(1, seed, ["2026Q3"]))
    assert len(empty.manifest().parts) < 5
    assert verify(empty).contributions == 12


# --- hygiene of the files -----------------------------------------------------------------


def test_a_part_holds_no_more_than_its_rows(thirty):
    """
    No statistics, no foreign metadata, rows in the order of their pseudonyms.
    """
    for path in thirty.storage.root.rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        assert metadata.metadata == {b"pkimm.contributions": b"1"}
        group = metadata.row_group(0)
        assert all(not group.column(i).is_stats_set for i in range(group.num_columns))
        ids = pq.read_table(path, partitioning=None)["contribution"].to_pylist()
        assert ids == sorted(ids)


def test_answers_are_stored_as_small_whole_numbers(thirty):
    """
    One byte for each element, compressed with zstd.
    """
    path = next(thirty.storage.root.rglob("*.parquet"))
    table = pq.read_table(path, partitioning=None)
    assert table.schema.field("G.compliance").type == pa.int8()
    assert pq.read_metadata(path).row_group(0).column(0).compression == "ZSTD"


# --- what does not validate ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("org", ORGANIZATION),
        ("sector", ORGANIZATION),
        ("region", HOST),
        ("quarter", "2026-08-17"),
        ("commitment", MAIL),
        ("pqc", COMMENT),
        ("digest", DN),
        ("mode", "Self"),
        ("edition", "1.0"),
        ("G.compliance", 6),
        ("G.compliance", -2),
    ],
)
def test_rows_that_hold_more_than_codes_are_refused_and_the_rest_is_added(
    empty, caplog, column, value
):
    """
    The reasons are kept and nothing of the row: no planted byte is in the collection.
    """
    caplog.set_level(logging.DEBUG)
    table = invented_table(5)
    values = table.column(column).to_pylist()
    values[2] = value
    place = table.column_names.index(column)
    table = table.set_column(
        place, table.schema.field(column), pa.array(values, table.schema.field(column).type)
    )
    result = empty.append(table)
    assert (result.added, result.refused) == (4, 1)
    assert result.problems[0].where == column
    assert found_in(every_byte(empty.storage.root)) == []
    assert found_in(str(result.problems) + caplog.text) == []
    assert empty.info().quarantined == 1
    assert verify(empty).is_sound


def test_answers_to_elements_that_the_edition_lacks_are_refused(empty):
    """
    A cell that means nothing could carry something.
    """
    one = next(o for o in invented(30) if o.values["edition"] == "1.0.0")
    known = {key for o in invented(30) if o.values["edition"] == "2.0.0" for key in o.answers}
    odd = next(key for key in sorted(known) if key not in load_keys("1.0.0"))
    result = empty.append([replace(one, answers={**one.answers, odd: 3})])
    assert result.refused == 1
    assert odd in [problem.where for problem in result.problems]


def load_keys(version):
    """Element keys of a shipped edition."""
    from pkimm_analytics.model import load_model

    return load_model(version).keys


def test_a_table_of_other_columns_is_refused_without_naming_them(empty):
    """
    A column's name may be a text too.
    """
    table = invented_table(2).append_column(ORGANIZATION, pa.array([1, 2]))
    with pytest.raises(CollectionError) as caught:
        empty.append(table)
    assert found_in(str(caught.value)) == []
    assert [p.where for p in caught.value.problems] == ["columns"]


def test_nulls_and_text_in_place_of_codes_are_refused():
    """
    Types are part of the schema.
    """
    table = invented_table(2)
    bad = table.set_column(
        table.column_names.index("G.compliance"), "G.compliance", pa.array(["x", "y"])
    )
    with pytest.raises(CollectionError):
        check_rows(bad)


# --- withdraw ---------------------------------------------------------------------------------


def test_a_withdrawn_contribution_is_gone_from_every_byte(thirty):
    """
    Its pseudonyms occur in no file any more, decompressed content included.
    """
    one = invented(30)[7]
    assert one.id.encode() in every_byte(thirty.storage.root)
    assert thirty.withdraw([receipt_for(7)]) == (1, ())
    left = every_byte(thirty.storage.root)
    for name in ("contribution", "org", "commitment"):
        assert one.values[name].encode() not in left
    assert verify(thirty).contributions == 29


def test_withdrawal_equals_never_having_contributed(tmp_path):
    """
    What releases are made from is the same.
    """
    with_it, without = (open_collection(tmp_path / n, create=True) for n in ("a", "b"))
    table = invented_table(30)
    with_it.append(table)
    with_it.withdraw([receipt_for(7)])
    without.append(table.filter(pa.array([i != 7 for i in range(30)])))
    assert records(with_it).equals(records(without))


def test_withdrawing_all_leaves_an_empty_collection(thirty):
    """
    No rows is a state like any other.
    """
    n, problems = thirty.withdraw([receipt_for(i) for i in range(30)])
    assert (n, problems) == (30, ())
    assert verify(thirty).contributions == 0
    assert records(thirty).num_rows == 0


def test_a_receipt_of_another_removes_nothing(thirty):
    """
    The pseudonym alone is no proof, and a receipt works once.
    """
    wrong = Receipt(receipt_for(7).contribution, "0" * 64, token_of(8))
    n, problems = thirty.withdraw([wrong])
    assert (n, len(problems)) == (0, 1)
    thirty.withdraw([receipt_for(7)])
    assert thirty.withdraw([receipt_for(7)])[0] == 0


def test_what_a_killed_writer_left_is_gone_after_a_withdrawal(thirty):
    """
    Old bytes do not survive in files that nothing names.
    """
    stray = thirty.storage.root / "period=2026Q1" / "part-dead.parquet"
    stray.write_bytes(b"left behind")
    assert [p.refused for p in verify(thirty).problems] == [False]
    thirty.withdraw([receipt_for(7)])
    assert not stray.exists()


# --- compaction, damage, migration --------------------------------------------------------------


def test_compaction_keeps_every_contribution(empty):
    """
    Fewer parts, the same rows.
    """
    for seed in range(6):
        empty.append(invented_table(4, seed, ["2026Q2", "2026Q3"]))
    before = held(empty)
    n_parts = len(empty.manifest().parts)
    assert empty.compact() == n_parts - 2
    assert held(empty) == before
    assert verify(empty).problems == ()
    assert empty.compact() == 0


def test_a_changed_byte_is_found(thirty):
    """
    Wherever it is.
    """
    path = thirty.storage.root / thirty.manifest().parts[1].path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(bytes(content))
    found = verify(thirty)
    assert not found.is_sound
    assert {p.where.split(":")[0] for p in found.problems} == {thirty.manifest().parts[1].path}


def test_a_missing_part_is_found(thirty):
    """
    The others are still counted.
    """
    part = thirty.manifest().parts[0]
    (thirty.storage.root / part.path).unlink()
    assert [p.where for p in verify(thirty).problems if p.refused] == [part.path]
    with pytest.raises(CollectionError):
        records(thirty)


def test_a_duplicate_is_found(thirty):
    """
    Even if somebody put it there with a matching manifest.
    """
    part = thirty.manifest().parts[0]
    copy = f"{part.path.split('-')[0]}-{'0' * 32}.parquet"
    content = (thirty.storage.root / part.path).read_bytes()
    (thirty.storage.root / copy).write_bytes(content)
    twice = replace(part, path=copy, sha256=hashlib.sha256(content).hexdigest())
    (thirty.storage.root / NAME).write_bytes(dump_manifest(thirty.manifest().changed(add=[twice])))
    assert [p.where for p in verify(thirty).problems] == ["contribution"]


def test_a_damaged_manifest_stops_everything_and_nothing_is_deleted(thirty):
    """
    Sweeping with a wrong list of parts would delete the collection.
    """
    files = set(thirty.storage.files())
    path = thirty.storage.root / NAME
    path.write_bytes(path.read_bytes().replace(b"2026Q1", b"2026Q4", 1))
    for change in (lambda: thirty.append(invented_table(1, 9)), thirty.compact):
        with pytest.raises(CollectionError, match="damaged"):
            change()
    path.unlink()
    with pytest.raises(CollectionError, match="not empty"):
        thirty.append(invented_table(1, 9))
    assert set(thirty.storage.files()) == files - {NAME}


def test_a_collection_is_not_made_in_a_folder_of_other_files(tmp_path):
    """
    A mistyped folder stays as it was.
    """
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(CollectionError, match="not empty"):
        open_collection(tmp_path, create=True).append(invented_table(1))
    with pytest.raises(CollectionError, match="no collection"):
        open_collection(tmp_path)


def test_an_older_schema_is_migrated_and_a_newer_one_refused(thirty):
    """
    A made-up version 0 called the size `employees` and had no column of the role.
    """
    root = thirty.storage.root
    expected = {
        id_: replace(o, values={**o.values, "role": None}) for id_, o in held(thirty).items()
    }
    parts = []
    for part in thirty.manifest().parts:
        table = read_part(thirty.storage, part).drop_columns(["role"])
        names = ["employees" if n == "size" else n for n in table.column_names]
        content = bytes(encode(table.rename_columns(names), version=0))
        (root / part.path).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        parts.append(replace(part, bytes=len(content), sha256=digest))
    manifest = replace(thirty.manifest(), schema=0, parts=tuple(parts))
    (root / NAME).write_bytes(dump_manifest(manifest))
    with pytest.raises(CollectionError, match="migrate"):
        thirty.append(invented_table(1, 9))
    with pytest.raises(CollectionError, match="cannot be brought"):
        migrate(thirty)

    def from_0(table):
        names = ["size" if n == "employees" else n for n in table.column_names]
        return table.rename_columns(names).append_column("role", pa.nulls(len(table), pa.string()))

    assert migrate(thirty, {0: from_0}) == 0
    assert held(thirty) == expected
    assert verify(thirty).problems == ()
    (root / NAME).write_bytes(dump_manifest(replace(thirty.manifest(), schema=2)))
    with pytest.raises(CollectionError, match="newer version"):
        verify(thirty)


def test_a_migration_that_loses_a_row_changes_nothing(thirty):
    """
    All of it or nothing.
    """
    path = thirty.storage.root / NAME
    path.write_bytes(dump_manifest(replace(thirty.manifest(), schema=0)))
    before = path.read_bytes()
    with pytest.raises(CollectionError, match="does not fit"):
        migrate(thirty, {0: lambda table: table.slice(1)})
    assert path.read_bytes() == before


# --- raw access and counts -----------------------------------------------------------------------


def test_opening_the_rows_leaves_a_line_in_the_log(thirty, caplog):
    """
    It says what for and how many, and nothing of any row.
    """
    open_raw(thirty, purpose="check of the counts")
    assert caplog.messages == ["raw contributions opened: check of the counts (30 rows)"]


@pytest.mark.parametrize("purpose", ["", "x", ORGANIZATION, MAIL, "for jane.doe@x.example"])
def test_rows_open_for_a_purpose_without_names_only(thirty, purpose):
    """
    The log is no place for names either.
    """
    with pytest.raises(CollectionError):
        open_raw(thirty, purpose=purpose)


@pytest.mark.parametrize("dimensions", [[], ["sector"], ["quarter", "sector", "mode"]])
def test_counts_equal_those_of_a_plain_loop(empty, dimensions):
    """
    Over several parts whose dictionaries differ.
    """
    given = [
        invented(40, seed, quarters)
        for seed, quarters in enumerate([["2026Q1"], ["2026Q2", "2026Q3"]])
    ]
    for some in given:
        empty.append(some)
    measures = ["G.compliance.compliance-policies", "pqc:G.compliance"]
    found = open_raw(empty, purpose="test of the counts").count(dimensions, measures)
    expected = {}
    for one in itertools.chain(*given):
        cell = tuple(one.values[name] for name in dimensions)
        codes = (
            one.answers.get(measures[0], 0),
            one.extensions.get("pqc", ("", {}))[1].get("G.compliance", 0),
        )
        for measure, code in zip(measures, codes, strict=True):
            key = (*cell, measure, code)
            expected[key] = expected.get(key, 0) + 1
    axes = [*found.dimensions.values(), found.measures, range(-1, 6)]
    counted = {
        key: int(n)
        for key, n in zip(itertools.product(*axes), found.counts.ravel(), strict=True)
        if n
    }
    assert counted == expected


def test_records_have_the_scores_of_each_assessment(tmp_path):
    """
    Levels of categories and of the whole are those of scoring each assessment alone.
    """
    from pkimm_analytics.anonymize import anonymize
    from pkimm_analytics.anonymize.keys import KeyStore
    from pkimm_analytics.scoring import score
    from pkimm_analytics.synthetic import simulate

    store = KeyStore(bytes.fromhex("9f3ac1580e77d2b46c1da9e4f0357b82" * 2), tmp_path / "i.json")
    expected, given = {}, []
    for assessment in simulate(organizations=12, seed=5).assessments:
        one = anonymize(assessment, store).contribution
        given.append(one)
        scores = score(assessment)
        levels = {key: f.level for key, f in scores.categories.items()}
        levels["overall"] = scores.overall.level
        expected[one.values["commitment"]] = levels
    collection = open_collection(tmp_path / "c", create=True)
    collection.append(given)
    table = records(collection)
    orders = [one.values["commitment"] for one in held_in_order(collection)]
    for commitment, row in zip(orders, table.to_pylist(), strict=True):
        for key, level in expected[commitment].items():
            assert max(row[key], 0) == (level or 0)


def held_in_order(collection):
    """Contributions in the order in which records come."""
    parts = collection.manifest().parts
    return [one for part in parts for one in from_table(read_part(collection.storage, part))]


def test_a_release_accepts_the_records(thirty):
    """
    The border to disclosure control: its own check takes the table.
    """
    disclosure = pytest.importorskip("pkimm_analytics.disclosure.records")
    from pkimm_analytics.disclosure.plan import load_plan
    from pkimm_analytics.disclosure.policy import load_policy

    found = disclosure.read_records(records(thirty), load_plan(), load_policy(), "2026Q4")
    assert len(found) == 30


def test_reading_does_not_grow_with_the_collection(empty, monkeypatch):
    """
    No table that is handed out is larger than a batch, however rows lie in files.
    """
    monkeypatch.setattr("pkimm_analytics.store.parts.BATCH_ROWS", 8)
    monkeypatch.setattr("pkimm_analytics.store.parts.GROUP_ROWS", 12)
    monkeypatch.setattr("pkimm_analytics.store.parts.PART_ROWS", 50)
    empty.append(invented_table(100, quarters=["2026Q3"]))
    raw = open_raw(empty, purpose="sizes of batches")
    tables = list(raw.groups())
    assert sum(table.num_rows for table in tables) == 100
    assert max(table.num_rows for table in tables) == 8
    found = [one for table in tables for one in table.column("contribution").to_pylist()]
    whole = [read_part(empty.storage, part, ["contribution"]) for part in raw.parts]
    assert found == [one for table in whole for one in table.column(0).to_pylist()]


def test_small_batches_give_the_counts_of_large_ones(thirty, monkeypatch):
    """
    Counts of a batch are added to those of the batches before it.
    """
    raw = open_raw(thirty, purpose="counts by batches")
    expected = raw.count(["sector", "size"], ["overall", "M", "G.compliance"])
    monkeypatch.setattr("pkimm_analytics.store.parts.BATCH_ROWS", 3)
    found = raw.count(["sector", "size"], ["overall", "M", "G.compliance"])
    assert found.dimensions == expected.dimensions
    assert found.counts.tolist() == expected.counts.tolist()
    assert found.counts[..., 0, :].sum() == 30


# --- crashes at every step --------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of a process."""


class Dying(LocalStorage):
    """A folder whose process ends at its n-th write or deletion."""

    def __init__(self, root, steps):
        super().__init__(root)
        self.steps = steps

    def write(self, path, content):
        """Write, unless the end has come."""
        self._step()
        super().write(path, content)

    def delete(self, path):
        """Delete, unless the end has come."""
        self._step()
        super().delete(path)

    def _step(self):
        if self.steps == 0:
            raise Killed
        self.steps -= 1


@pytest.mark.parametrize("change", ["append", "replace", "withdraw", "compact"])
def test_a_process_that_ends_at_any_step_leaves_the_old_state_or_the_new(tmp_path, change):
    """
    Every write and deletion of a change is tried as the last one.
    """
    changes = {
        "append": lambda c: c.append(invented_table(9, 2)),
        "replace": lambda c: c.append([replace(invented(30)[3], answers={}, replaces=token_of(3))]),
        "withdraw": lambda c: c.withdraw([receipt_for(7), receipt_for(8)]),
        "compact": lambda c: c.compact(),
    }
    for steps in range(100):
        root = tmp_path / str(steps)
        sound = open_collection(root, create=True)
        sound.append(invented_table(30))
        sound.append(invented_table(6, 1))
        before = held(sound)
        dying = Collection(Dying(root, steps))
        try:
            changes[change](dying)
        except Killed:
            ended = True
        else:
            ended = False
        after = held(sound)
        assert verify(sound).is_sound
        if not ended:
            break
        if after == before:
            sound.append(invented_table(1, 99))  # the next change sweeps and works
            assert verify(sound).problems == ()
            assert len(held(sound)) == len(before) + 1
    assert not ended
    assert steps >= 3
    assert (after == before) == (change == "compact")


def test_the_manifest_reads_back_equal(thirty):
    """
    And its digest is its own.
    """
    manifest = thirty.manifest()
    assert load_manifest(dump_manifest(manifest)) == manifest
