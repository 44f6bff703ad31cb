"""A workspace: good files are stored, bad ones kept aside, nothing is half written."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pkimm_analytics.assessment import Assessment, Period, UseCase, rated
from pkimm_analytics.files import write_atomically
from pkimm_analytics.loaders import Source
from pkimm_analytics.model import load_model
from pkimm_analytics.workspace import Workspace


@pytest.fixture
def assessment():
    """One answer on a known day."""
    return Assessment(
        id="a-1",
        model=load_model("2.0.0").edition,
        use_case=UseCase(name="TLS / internal"),
        period=Period(finish="2026-03-01"),
        answers={"G.compliance": rated(3)},
    )


def test_what_was_saved_is_read_again(tmp_path, assessment):
    """
    The name of the file tells a person what it is.
    """
    workspace = Workspace(tmp_path)
    path = workspace.save(assessment)
    assert path.name == "2026-03-01.TLS-internal.a-1.pkimm.json"
    assert [s.assessment for s in workspace.stored()] == [assessment]


def test_saving_the_same_again_changes_nothing(tmp_path, assessment):
    """
    One assessment, one file, nothing superseded.
    """
    workspace = Workspace(tmp_path)
    workspace.save(assessment)
    workspace.save(assessment)
    assert len(workspace.files()) == 1
    assert not (tmp_path / "superseded").exists()


def test_earlier_content_of_an_assessment_is_set_aside(tmp_path, assessment):
    """
    The newer content stands under the same file; the older one is kept.
    """
    workspace = Workspace(tmp_path)
    first = workspace.save(assessment)
    changed = assessment.replace(period=Period(finish="2026-04-01"))
    assert workspace.save(changed) == first
    (kept,) = (tmp_path / "superseded").iterdir()
    assert Assessment.loads(kept.read_bytes()) == assessment


def test_an_import_never_replaces_an_assessment(tmp_path, assessment):
    """
    Other content under the same id is kept beside it; the same content is one.
    """
    workspace = Workspace(tmp_path)
    other = assessment.replace(answers={"G.compliance": rated(5)})
    for content in (assessment.dumps(), other.dumps(), other.dumps(), assessment.dumps()):
        imported = workspace.import_one(Source("x", content=content))
        assert not imported.is_refused
    levels = [s.assessment.answers["G.compliance"].level for s in workspace.stored()]
    assert sorted(levels) == [3, 5]


def test_ids_that_end_alike_are_different_assessments(tmp_path, assessment):
    """
    The id b is not found in the file of a.b.
    """
    workspace = Workspace(tmp_path)
    workspace.save(assessment.replace(id="a.b"))
    assert workspace.find("b") is None
    assert workspace.find("a.b") is not None


def test_good_files_are_imported_and_bad_ones_quarantined_with_reasons(tmp_path, assessment):
    """
    One message for each bad file, and its content is kept.
    """
    workspace = Workspace(tmp_path)
    sources = [
        Source("good.json", content=assessment.dumps()),
        Source("bad.json", content=b'{"format": "pkimm-assessment/1"}'),
        Source("empty.csv", content=b""),
    ]
    report = workspace.import_sources(sources)
    assert [bool(one.written) for one in report.imported] == [True, False, False]
    reasons = [json.loads(path.read_text("utf-8")) for path in workspace.quarantined()]
    assert {reason["source"] for reason in reasons} == {"bad.json", "empty.csv"}
    assert all(reason["problems"] for reason in reasons)
    kept = report.imported[1].quarantined
    assert kept.read_bytes() == b'{"format": "pkimm-assessment/1"}'


def test_an_interrupt_keeps_what_was_imported(tmp_path, assessment):
    """
    Ctrl-C between two files loses nothing that was done.
    """

    def sources():
        yield Source("one", content=assessment.dumps())
        raise KeyboardInterrupt

    report = Workspace(tmp_path).import_sources(sources())
    assert report.interrupted
    assert len(Workspace(tmp_path).stored()) == 1


def test_a_file_name_cannot_leave_the_workspace(tmp_path, assessment):
    """
    Use case and id come from strangers.
    """
    hostile = assessment.replace(use_case=UseCase(name="../../etc/passwd\x00"))
    path = Workspace(tmp_path / "w").save(hostile)
    assert path.parent == tmp_path / "w" / "assessments"


def test_a_damaged_file_is_named_and_the_others_are_read(tmp_path, assessment):
    """
    One bad file does not hide the rest.
    """
    workspace = Workspace(tmp_path)
    workspace.save(assessment)
    (workspace.assessments_folder / "x.pkimm.json").write_bytes(b"{")
    problems = []
    assert len(workspace.stored(problems)) == 1
    assert problems[0].where == "x.pkimm.json"


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """
    No part of the new content is ever seen.
    """
    path = tmp_path / "x"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_a_killed_import_leaves_only_whole_files(tmp_path, assessment):
    """
    Killed at any moment, every file under its name is complete.
    """
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n in range(200):
        (inbox / f"{n:03}.json").write_bytes(assessment.replace(id=f"a-{n}").dumps())
    command = [sys.executable, "-m", "pkimm_analytics", "import", str(inbox), "-w"]
    for attempt in range(4):
        place = tmp_path / f"w{attempt}"
        process = subprocess.Popen(
            [*command, str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while not Workspace(place).files() and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(0.01 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        stored = Workspace(place).stored()
        assert stored
        assert all(one.assessment.answers == assessment.answers for one in stored)


@pytest.mark.parametrize("updated", ["../../../evil", "bell\x07 nul\x00", "/etc/x", "a\\..\\b"])
def test_no_field_of_an_assessment_leads_out_of_the_workspace(tmp_path, assessment, updated):
    """
    The date is part of the name of the file, and a foreign file may hold anything there.
    """
    workspace = Workspace(tmp_path / "deep" / "workspace")
    foreign = assessment.replace(period=Period(), updated=updated)
    imported = workspace.import_one(Source("foreign.json", content=foreign.dumps()))
    assert [path.parent for path in imported.written] == [workspace.assessments_folder]
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
