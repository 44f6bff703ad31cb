"""A release on the disk: whole, frozen, reproducible, scanned, honest."""

import hashlib
import json
import os

import pyarrow.parquet as pq
import pytest

from pkimm_analytics.audit import Secrets, check_manifest, scan_folder
from pkimm_analytics.disclosure import load_policy, publish, publishing
from pkimm_analytics.disclosure.contributions import read_records
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import read_release
from tests.disclosure.population import FEW, join, population, rows

FILES = {"benchmark.parquet", "manifest.json", "README.md", "CHANGES.md"}


def make(tmp_path, columns, quarter="2026Q3", out="releases", private="private"):
    """Publish to a folder of the test."""
    return publish(
        columns,
        out=tmp_path / out,
        private=tmp_path / private,
        quarter=quarter,
        policy=load_policy(),
        plan=FEW,
    )


@pytest.fixture
def columns():
    """Contributions of thirty organizations."""
    return population(30, 1, plan=FEW)


def test_a_release_is_a_folder_named_by_quarter_and_content(tmp_path, columns):
    """
    Four files; the name is the beginning of the table's hash.
    """
    written = make(tmp_path, columns)
    assert {path.name for path in written.folder.iterdir()} == FILES
    digest = hashlib.sha256((written.folder / "benchmark.parquet").read_bytes()).hexdigest()
    assert written.folder.name == f"2026Q3-{digest[:12]}"
    assert check_manifest(written.folder) == []


def test_the_same_again_gives_the_same_bytes_and_writes_nothing(tmp_path, columns):
    """
    Once more to the same place, then elsewhere from nothing.
    """
    one = make(tmp_path, columns)
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in one.folder.iterdir()}
    again = make(tmp_path, columns)
    assert (again.folder, again.is_new) == (one.folder, False)
    assert before == {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in one.folder.iterdir()}
    other = make(tmp_path, rows(columns, slice(None, None, -1)), out="other", private="other-p")
    assert {p.name: p.read_bytes() for p in other.folder.iterdir()} == {
        name: content for name, (content, _) in before.items()
    }


def test_nothing_unseen_travels_in_the_files(tmp_path, columns):
    """
    No pseudonym, no metadata, no statistics, one row group.
    """
    written = make(tmp_path, columns)
    words = {*columns["org"], *columns["parent"], *filter(None, columns["assessor"])}
    assert scan_folder(written.folder, Secrets(words=words)) == []
    file = pq.ParquetFile(written.folder / "benchmark.parquet")
    assert file.metadata.metadata is None
    assert file.metadata.num_row_groups == 1


def test_the_next_release_says_what_changed(tmp_path, columns):
    """
    Twelve join: the whole is renewed.
    """
    first = make(tmp_path, columns)
    newer = population(12, 7, plan=FEW)
    newer["assessor"][:] = None
    second = make(tmp_path, join(columns, newer), "2026Q4")
    text = (second.folder / "CHANGES.md").read_text()
    assert f"Since release {first.release}" in text
    assert "## Renewed" in text
    assert "- all" in text
    assert json.loads((second.folder / "manifest.json").read_text())["previous"] == first.release


def test_releases_that_the_state_does_not_know_are_refused(tmp_path, columns):
    """
    A lost state cannot be replaced by a guess.
    """
    make(tmp_path, columns)
    with pytest.raises(DisclosureError, match="state does not know"):
        make(tmp_path, columns, private="lost")


def test_a_release_that_was_changed_later_is_noticed(tmp_path, columns):
    """
    By the manifest's hashes.
    """
    written = make(tmp_path, columns)
    (written.folder / "README.md").write_text("Other words.\n")
    assert "hash of README.md" in check_manifest(written.folder)[0].learned


def test_a_crash_before_the_folder_is_mended_by_the_same_command(tmp_path, columns, monkeypatch):
    """
    The state is there, the release is not; the second run writes the same release.
    """
    expected = make(tmp_path, columns, out="other", private="other-p").release

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_release", crash)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, columns)
    assert not (tmp_path / "releases").exists()
    newer = join(columns, population(2, 8, plan=FEW))
    assert make(tmp_path, newer).release == expected


def test_a_name_in_a_file_stops_the_release(tmp_path, columns, monkeypatch):
    """
    The scan is the last gate.
    """
    name = columns["org"][3]
    monkeypatch.setattr(publishing, "readme", lambda *_: f"Thanks to {name}.".encode())
    with pytest.raises(DisclosureError, match="scan") as caught:
        make(tmp_path, columns)
    assert name not in str(caught.value)
    assert not (tmp_path / "releases").exists()


def test_refusals_are_kept_in_the_private_log(tmp_path):
    """
    A refused release leaves a line and no folder.
    """
    with pytest.raises(DisclosureError):
        make(tmp_path, population(5, 1, plan=FEW))
    log = [
        json.loads(line) for line in (tmp_path / "private" / "log.jsonl").read_text().splitlines()
    ]
    assert [line["what"] for line in log] == ["refused"]
    assert not (tmp_path / "releases").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_everybody_may_read_a_release_and_only_the_owner_its_private_state(tmp_path, columns):
    """
    A folder that is there keeps what was given to it.
    """
    written = make(tmp_path, columns)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in written.folder.iterdir())
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o770)
    make(tmp_path, columns, out="other", private="shared")
    assert shared.stat().st_mode & 0o777 == 0o770


def test_the_report_says_what_was_withheld_and_why(tmp_path, columns):
    """
    It is private and lies beside the state.
    """
    written = make(tmp_path, columns)
    report = pq.read_table(written.report).to_pylist()
    assert {line["rule"] for line in report} >= {"threshold"}
    assert all(line["action"] in ("withheld", "coarser") for line in report)
    assert read_release(written.folder).measures == tuple(sorted((*FEW.categories, "overall")))


def test_pseudonyms_are_recognized_among_words():
    """
    Of organizations, parents and assessors; short words and other words are none.
    """
    columns = population(30, 5, plan=FEW)
    records = read_records(columns, FEW, load_policy(), "2026Q3")
    assessors = {name for name in columns["assessor"] if name}
    words = [*columns["org"], *columns["parent"], *assessors]
    assert records.n_known(words) == 60 + len(assessors)
    assert records.n_known([word + "x" for word in words] + ["org", "zzzzzzzzzz"]) == 0
