"""T28: nothing private in the history of a repository, and a planted one is found out."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from pkimm_analytics.audit import Secrets
from pkimm_analytics.errors import DisclosureError
from tests.audit.repository import scan_repository
from tests.planted import COMMENT, MAIL, PLANTED

ROOT = Path(__file__).resolve().parents[2]
SECRETS = Secrets(words=PLANTED)


@pytest.fixture
def repository(tmp_path):
    """A repository of one harmless commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "README.md", "Nothing to see.")
    return folder


def git(folder, *arguments):
    """Run git as somebody invented."""
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    command = [shutil.which("git"), "-C", str(folder), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(folder, name, text):
    """Commit a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")


def test_a_clean_repository_has_no_findings(repository):
    """
    Also invented samples, whose names look private.
    """
    commit(repository, "data/samples/assessments/one.pkimm.json", "{}")
    assert scan_repository(repository, SECRETS) == []


@pytest.mark.parametrize(
    "name",
    [
        "workspace/assessments/bank.pkimm.json",
        "keys/pseudonym.key",
        "collection/period=2026Q1/part-1.parquet",
        "collection-disclosure/members-1f.parquet",
        "receipts/ABC.receipt.json",
    ],
)
def test_a_private_file_that_was_deleted_later_is_found_by_its_name(repository, name):
    """
    The commit before still has it.
    """
    commit(repository, name, "x")
    git(repository, "rm", "-q", name)
    git(repository, "commit", "-qm", "remove")
    (found,) = scan_repository(repository)
    assert found.attack == "T28"
    assert found.where.endswith(name)


def test_a_canary_is_found_in_every_corner(repository):
    """
    In a message, in an encoded file of a deleted branch, in large-file storage and a log.
    """
    commit(repository, "notes.txt", "fine")
    git(repository, "commit", "-q", "--allow-empty", "-m", COMMENT)
    git(repository, "checkout", "-qb", "side")
    commit(repository, "page.html", base64.b64encode(f"<p>{COMMENT}</p>".encode()).decode())
    git(repository, "checkout", "-q", "-")
    git(repository, "branch", "-qD", "side")
    for place in (".git/lfs/objects/ab/cd/abcd", ".cache/ci.log"):
        path = repository / place
        path.parent.mkdir(parents=True)
        path.write_text(f"told {MAIL}")
    places = [found.where.split()[0] for found in scan_repository(repository, SECRETS)]
    assert sorted(set(places)) == [".cache/ci.log", "blob", "commit", "lfs/objects/ab/cd/abcd"]


def test_what_is_no_repository_is_refused(tmp_path):
    """
    With an error of ours.
    """
    with pytest.raises(DisclosureError, match="repository"):
        scan_repository(tmp_path)


def test_this_repository_holds_no_private_file():
    """
    In any commit that this copy has, nor in its caches.
    """
    if not (ROOT / ".git").exists():
        pytest.skip("not a working copy")
    assert [str(found) for found in scan_repository(ROOT)] == []
