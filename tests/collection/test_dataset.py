"""
The collection: what is appended stays, once; what is withdrawn is gone.
"""

from __future__ import annotations

import logging

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.anonymize import KeyStore, anonymize
from pkimm_analytics.collection import Collection, dataset, verify
from pkimm_analytics.collection.contribution_rows import check_rows, from_table, to_table
from pkimm_analytics.collection.journal import read_journal
from pkimm_analytics.collection.manifest import NAME, load_manifest
from pkimm_analytics.collection.place import Place
from pkimm_analytics.errors import CollectionError
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from pkimm_analytics.synthetic import simulate
from tests.collection.invented import (
    every_byte,
    invented,
    invented_table,
    receipt_for,
    records,
    token_of,
)
from tests.planted import COMMENT, DN, HOST, MAIL, found_in
from tests.planted import NAME as ORGANIZATION


@pytest.fixture
def empty(tmp_path):
    """A place for a collection."""
    return Collection(tmp_path / "c", create=True)


def held(collection):
    """All contributions, by pseudonym."""
    tables = collection.open_rows(purpose="what is held").tables()
    return {one.id: one for one in from_table(pa.concat_tables(tables))}


def folder(collection):
    """Folder of a collection."""
    return collection.place.folder


def receipt(number):
    """Receipt of one of the thirty."""
    return receipt_for(invented(30)[number], number)


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
    new = old.replace(answers={}, commitment="B" * 26)
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
    The proof is checked and never stored; a corrected date does not make two of one.
    """
    old = invented(30)[3]
    new = old.replace(quarter="2026Q4", replaces=token_of(3))
    assert thirty.append([new]).replaced == 1
    assert token_of(3).encode() not in every_byte(folder(thirty))
    assert held(thirty)[old.id].quarter == "2026Q4"
    assert verify(thirty).contributions == 30


@pytest.mark.parametrize("token", [None, "A" * 52])
def test_nobody_replaces_what_another_contributed(thirty, token):
    """
    Without the right receipt the earlier content stays.
    """
    old = invented(30)[3]
    result = thirty.append([old.replace(answers={}, replaces=token)])
    assert (result.refused, result.replaced) == (1, 0)
    assert held(thirty)[old.id] == old


# --- hygiene of the files -----------------------------------------------------------------


def test_a_part_holds_no_more_than_its_rows(thirty):
    """
    No statistics, no foreign metadata, rows in the order of their pseudonyms; small numbers.
    """
    for path in folder(thirty).rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        assert metadata.metadata is None
        group = metadata.row_group(0)
        assert all(not group.column(i).is_stats_set for i in range(group.num_columns))
        assert group.column(0).compression == "ZSTD"
        table = pq.read_table(path, partitioning=None)
        ids = table["contribution"].to_pylist()
        assert ids == sorted(ids)
        assert table.schema.field("G.compliance").type == pa.int8()


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
    assert found_in(every_byte(folder(empty))) == []
    assert found_in(str(result.problems) + caplog.text) == []
    assert empty.info().quarantined == 1
    assert verify(empty).is_sound


def test_answers_to_elements_that_the_edition_lacks_are_refused(empty):
    """
    A cell that means nothing could carry something.
    """
    one = next(o for o in invented(30) if o.edition == "1.0.0")
    known = {key for o in invented(30) if o.edition == "2.0.0" for key in o.answers}
    odd = next(key for key in sorted(known) if key not in load_model("1.0.0").keys)
    result = empty.append([one.replace(answers={**one.answers, odd: 3})])
    assert result.refused == 1
    assert odd in [problem.where for problem in result.problems]


@pytest.mark.parametrize(("column", "values"), [(ORGANIZATION, [1, 2]), ("mode", ["x", "y"])])
def test_a_table_of_other_columns_is_refused_without_naming_them(empty, column, values):
    """
    A column's name may be a text too; one that comes twice or has another type is none.
    """
    table = invented_table(2).append_column(column, pa.array(values))
    with pytest.raises(CollectionError) as caught:
        empty.append(table)
    assert found_in(str(caught.value)) == []
    assert [p.where for p in caught.value.problems] == ["columns"]


@pytest.mark.parametrize("values", [["x", "y"], [None, 1]])
def test_nulls_and_text_in_place_of_codes_are_refused(values):
    """
    Types are part of the schema.
    """
    table = invented_table(2)
    place = table.column_names.index("G.compliance")
    with pytest.raises(CollectionError):
        check_rows(table.set_column(place, "G.compliance", pa.array(values)))


# --- withdraw ---------------------------------------------------------------------------------


def test_a_withdrawn_contribution_is_gone_from_every_byte(thirty):
    """
    Its pseudonyms occur in no file any more, decompressed content included.
    """
    one = invented(30)[7]
    assert one.id.encode() in every_byte(folder(thirty))
    assert thirty.withdraw([receipt(7)]) == (1, ())
    left = every_byte(folder(thirty))
    for name in ("contribution", "org", "commitment"):
        assert getattr(one, name).encode() not in left
    assert verify(thirty).contributions == 29


def test_withdrawal_equals_never_having_contributed(tmp_path):
    """
    What releases are made from is the same.
    """
    with_it, without = (Collection(tmp_path / n, create=True) for n in ("a", "b"))
    table = invented_table(30)
    with_it.append(table)
    with_it.withdraw([receipt(7)])
    without.append(table.filter(pa.array([i != 7 for i in range(30)])))
    assert records(with_it).equals(records(without))


def test_a_receipt_of_another_removes_nothing(thirty):
    """
    The pseudonym alone is no proof, and a receipt works once.
    """
    wrong = receipt(7).replace(token=token_of(8))
    n, problems = thirty.withdraw([wrong])
    assert (n, len(problems)) == (0, 1)
    thirty.withdraw([receipt(7)])
    assert thirty.withdraw([receipt(7)])[0] == 0


def test_withdrawing_all_leaves_an_empty_collection(thirty):
    """
    No rows is a state like any other.
    """
    assert thirty.withdraw([receipt(i) for i in range(30)]) == (30, ())
    assert verify(thirty).contributions == records(thirty).num_rows == 0


# --- a plain data set ----------------------------------------------------------------------------


def test_others_read_the_folder_without_us(thirty):
    """
    pandas, DuckDB and pyarrow see all rows; the rest of the folder is passed over.
    """
    duckdb = pytest.importorskip("duckdb")
    root = folder(thirty)
    thirty.open_rows(purpose="a line in the journal")
    assert len(pd.read_parquet(root)) == 30
    rows = duckdb.read_parquet(f"{root}/**/*.parquet", hive_partitioning=True)
    assert {row[0] for row in rows.project("period").fetchall()} == {"2026Q1", "2026Q2", "2026Q3"}
    assert sorted(path.name for path in root.glob("period=*")) == [
        f"period=2026Q{quarter}" for quarter in (1, 2, 3)
    ]


def test_adding_fills_a_file_and_leaves_full_ones_alone(empty, monkeypatch):
    """
    Many additions make few files, and a full one keeps its bytes.
    """
    monkeypatch.setattr(dataset, "FULL", 5)
    monkeypatch.setattr(dataset, "FILE_ROWS", 8)
    for seed in range(10):
        empty.append(invented_table(2, seed, ["2026Q3"]))
    files = empty.manifest().files
    assert [file.rows for file in files.values()] == [6, 6, 6, 2]
    empty.append(invented_table(20, 99, ["2026Q3"]))
    assert [file.rows for file in empty.manifest().files.values()] == [6, 6, 6, 8, 8, 6]
    assert {path: files[path] for path in [*files][:3]}.items() <= empty.manifest().files.items()
    assert verify(empty).problems == ()


def test_a_collection_says_what_it_is(thirty, tmp_path):
    """
    In a notebook, and before there is one.
    """
    assert repr(thirty) == "<Collection of 30 contributions, 2026Q1 to 2026Q3>"
    assert repr(Collection(tmp_path / "x", create=True)) == "<Collection: empty>"


def test_a_data_frame_has_the_scores_of_each_assessment(tmp_path):
    """
    As scoring each assessment alone; levels that are stored are those scores, rounded down.
    """
    store = KeyStore(bytes.fromhex("9f3ac1580e77d2b46c1da9e4f0357b82" * 2))
    collection, expected = Collection(tmp_path / "c", create=True), {}
    given = []
    for assessment in simulate(organizations=12, seed=5).assessments:
        given.append(anonymize(assessment, store).contribution)
        expected[given[-1].id] = score(assessment)
    collection.append(given)
    frame = collection.to_pandas(purpose="scores of a test").set_index("contribution")
    table = records(collection)
    for place, (id_, row) in enumerate(frame.iterrows()):
        wanted = {"overall": expected[id_].overall, **expected[id_].modules}
        wanted |= expected[id_].categories
        for name, figure in wanted.items():
            exact = None if figure.score is None else pytest.approx(float(figure.score))
            assert (None if pd.isna(row[name]) else row[name]) == exact
            covered = row.get(f"coverage:{name}", 100) >= 80
            assert max(table[name][place].as_py(), 0) == (figure.level or 0) * covered


def test_coverage_is_stored_by_weight(empty):
    """
    All answered is 100; nothing rated is 0; without one heavy category it is between.
    """
    full = next(o for o in invented(40) if o.mode == "full")
    edition = load_model(full.edition)
    everything = dict.fromkeys(edition.requirements, 3)
    heavy = next(iter(edition.modules[0].categories))
    part = {k: v for k, v in everything.items() if not k.startswith(heavy.key + ".")}
    ids = ["A" * 26, "B" * 26, "C" * 26]
    empty.append(
        full.replace(answers=answers, contribution=id_)
        for id_, answers in zip(ids, (everything, {}, part), strict=True)
    )
    frame = empty.to_pandas(purpose="coverage of a test")
    share = 1 - heavy.weight / sum(c.weight for c in edition.categories.values())
    assert frame["coverage:overall"].tolist() == [100, 0, int(100 * share)]
    assert frame["coverage:" + edition.modules[1].id].tolist() == [100, 0, 100]


def test_other_rules_are_renewed_and_never_mixed(thirty, monkeypatch):
    """
    Nothing is counted or added until the levels are those of this software.
    """
    monkeypatch.setattr("pkimm_analytics.collection.contribution_rows.SCORING_VERSION", "7")
    for change in (lambda: thirty.append(invented_table(1, 9)), lambda: records(thirty)):
        with pytest.raises(CollectionError, match="collection rescore"):
            change()
    before = thirty.info()
    assert thirty.rescore() == 30
    assert verify(thirty).problems == ()
    assert thirty.append(invented_table(1, 9)).added == 1
    assert before.contributions == 30


def test_a_later_edition_is_a_column_that_rescoring_adds(thirty):
    """
    Rows of before have no answer to what did not exist.
    """
    before = held(thirty)
    manifest = thirty.manifest()
    tables = {}
    for path, file in manifest.files.items():
        table = thirty.read(path, file)
        tables[path] = table.drop_columns(["pqc:G.compliance", "level:G.compliance"])
    thirty.commit(manifest.replace(scoring="1-" + "0" * 16), tables)
    thirty.rescore()
    assert verify(thirty).problems == ()
    assert held(thirty).keys() == before.keys()


# --- places ---------------------------------------------------------------------------------------


def test_a_damaged_manifest_stops_everything_and_nothing_is_deleted(thirty):
    """
    A wrong list of files is no reason to write.
    """
    files = thirty.place.files()
    path = folder(thirty) / NAME
    path.write_bytes(path.read_bytes().replace(b"2026Q1", b"2026Q9", 1))
    for change in (lambda: thirty.append(invented_table(1, 9)), thirty.rescore):
        with pytest.raises(CollectionError, match="damaged"):
            change()
    path.unlink()
    with pytest.raises(CollectionError, match="not empty"):
        thirty.append(invented_table(1, 9))
    assert thirty.place.files() == [file for file in files if file != NAME]


def test_a_collection_is_not_made_in_a_folder_of_other_files(tmp_path):
    """
    A mistyped folder stays as it was.
    """
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(CollectionError, match="not empty"):
        Collection(tmp_path, create=True).append(invented_table(1))
    with pytest.raises(CollectionError, match="no collection"):
        Collection(tmp_path)


@pytest.mark.parametrize("version", [1, 9])
def test_another_version_of_the_table_is_refused(thirty, version):
    """
    With the way out.
    """
    manifest = thirty.manifest().replace(table=version)
    (folder(thirty) / NAME).write_bytes(manifest.dumps())
    with pytest.raises(CollectionError, match="software that fits"):
        verify(thirty)


def test_rows_may_be_added_while_the_same_program_reads(thirty):
    """
    Nobody waits for themselves.
    """
    tables = thirty.open_rows(purpose="reading and writing").tables()
    first = next(tables)
    assert thirty.append(invented_table(2, 9, ["2026Q4"])).added == 2
    rest = list(tables)
    assert sum(table.num_rows for table in (first, *rest)) == 30
    assert thirty.info().contributions == 32


# --- opening ------------------------------------------------------------------------------------


def test_opening_the_rows_leaves_a_line_that_stays(thirty, caplog):
    """
    Who, when, what for and how many; the terminal of the analyst is left alone.
    """
    caplog.set_level(logging.INFO)
    thirty.open_rows(purpose="check of the counts")
    (line,) = read_journal(thirty.place)
    assert line.keys() == {"at", "who", "what", "why", "rows"}
    assert (line["what"], line["why"], line["rows"]) == ("opened", "check of the counts", 30)
    assert thirty.info().opened == 1
    assert caplog.text == ""


@pytest.mark.parametrize(
    "purpose", ["", "x", "xxxxx", "xxxxx xxxxx", ORGANIZATION, MAIL, "for jane.doe@x.example"]
)
def test_rows_open_for_a_purpose_that_says_something_and_names_nobody(thirty, purpose):
    """
    What says nothing is asked for again.
    """
    with pytest.raises(CollectionError, match="Say again"):
        thirty.open_rows(purpose=purpose)
    assert read_journal(thirty.place) == []


# --- ends at every step ------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of a process."""


class Dying(Place):
    """A folder whose process ends at its n-th change."""

    steps = 0

    def write(self, path, content):
        """Write, unless the end has come."""
        self._step()
        super().write(path, content)

    def move(self, path, target):
        """Move, unless the end has come."""
        self._step()
        super().move(path, target)

    def delete(self, path):
        """Delete, unless the end has come."""
        self._step()
        super().delete(path)

    def _step(self):
        if self.steps == 0:
            raise Killed
        self.steps -= 1


CHANGES = {
    "append": lambda c: c.append(invented_table(9, 2)),
    "replace": lambda c: c.append([invented(30)[3].replace(answers={}, replaces=token_of(3))]),
    "withdraw": lambda c: c.withdraw([receipt(7), receipt(8)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_process_that_ends_at_any_step_leaves_the_old_state_or_the_new(tmp_path, change):
    """
    Every change of the disk is tried as the last one; what it left half-done goes away.
    """
    for steps in range(100):
        sound = Collection(tmp_path / str(steps), create=True)
        sound.append(invented_table(30))
        before = held(sound)
        dying = Collection(tmp_path / str(steps))
        dying.place = Dying(sound.place.filesystem, sound.place.base)
        dying.place.steps = steps
        try:
            CHANGES[change](dying)
        except Killed:
            ended = True
        else:
            ended = False
        found = Collection(tmp_path / str(steps))
        assert verify(found).problems == ()
        assert not list((tmp_path / str(steps)).rglob("*.part"))
        assert set(pd.read_parquet(tmp_path / str(steps))["contribution"]) == held(found).keys()
        if not ended:
            break
        after = held(found)
        assert after == before or after == {**before, **after} or change == "withdraw"
        CHANGES[change](found)
        assert len(held(found)) == {"append": 39, "replace": 30, "withdraw": 28}[change]
    assert not ended
    assert steps >= 4


def test_the_manifest_reads_back_equal(thirty):
    """
    Also while a change is under way.
    """
    manifest = thirty.manifest()
    pending = manifest.replace(pending=dict.fromkeys(manifest.files))
    for one in (manifest, pending):
        assert load_manifest(one.dumps()) == one
