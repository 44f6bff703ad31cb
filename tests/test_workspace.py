"""A workspace: good files are stored, bad ones kept aside, nothing is half written."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pkimm_analytics.assessment import Assessment, Organization, Period, UseCase, rated
from pkimm_analytics.errors import PkimmError, WorkspaceError
from pkimm_analytics.files import _claim, write_atomically
from pkimm_analytics.loaders import Source
from pkimm_analytics.model import load_model
from pkimm_analytics.workspace import Workspace, default_workspace

RECORD = "c0000000-0000-4000-8000-000000000003"


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


def test_what_was_saved_is_read_again_and_earlier_content_is_set_aside(tmp_path, assessment):
    """
    The name of the file tells a person what it is; saving the same again changes nothing.
    """
    workspace = Workspace(tmp_path)
    path = workspace.save(assessment)
    assert path == workspace.save(assessment)
    assert path.name == "2026-03-01.TLS-internal.a-1.pkimm.json"
    assert [s.assessment for s in workspace.stored()] == [assessment]
    assert not (tmp_path / "superseded").exists()
    changed = assessment.replace(period=Period(finish="2026-04-01"))
    assert workspace.save(changed) == path
    (kept,) = (tmp_path / "superseded").iterdir()
    assert Assessment.loads(kept.read_bytes()) == assessment


def revision(assessment, updated, level):
    """Return a revision of a record of the official tool."""
    return assessment.replace(
        id=RECORD, updated=updated, answers={"G.compliance": rated(level)}, period=Period()
    )


@pytest.mark.parametrize("days", [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-01-01")])
def test_of_two_revisions_of_a_record_the_later_one_stands(tmp_path, assessment, days):
    """
    In whichever order they come; the other one is set aside, and that is said.
    """
    workspace = Workspace(tmp_path)
    for day in days:
        level = 5 if day == max(days) else 1
        content = revision(assessment, f"{day}T10:00:00Z", level).dumps()
        imported = workspace.import_one(Source("x", content=content))
    assert not imported.is_refused
    assert len(imported.problems) == 1
    (kept,) = workspace.stored()
    assert kept.assessment.answers["G.compliance"].level == 5
    assert len(list((tmp_path / "superseded").iterdir())) == 1


def test_another_download_of_the_same_record_changes_nothing(tmp_path, assessment):
    """
    Only the stamps of the download differ.
    """
    workspace = Workspace(tmp_path)
    first = revision(assessment, "2026-01-01T10:00:00Z", 3)
    for stamp in ("2026-01-10", "2026-01-11"):
        again = first.replace(extra={"web_tool": {"name": "n", "exportedAt": stamp}})
        imported = workspace.import_one(Source("x", content=again.dumps()))
        assert imported.problems == ()
    assert len(workspace.files()) == 1
    assert not (tmp_path / "superseded").exists()


def test_a_locked_record_is_not_replaced(tmp_path, assessment):
    """
    The later revision is kept in quarantine until somebody reopens the record.
    """
    workspace = Workspace(tmp_path)
    first = revision(assessment, "2026-01-01T10:00:00Z", 3)
    workspace.save(first.replace(extra={"locked": {"digest": "x"}}))
    later = revision(assessment, "2026-03-01T10:00:00Z", 5)
    imported = workspace.import_one(Source("x", content=later.dumps()))
    assert imported.is_refused
    assert imported.quarantined.exists()
    assert workspace.stored()[0].assessment.answers == first.answers


def test_an_id_that_people_gave_twice_does_not_join_two_organizations(tmp_path, assessment):
    """
    Two tables that count their rows from one hold different assessments.
    """
    workspace = Workspace(tmp_path)
    for name in ("A", "B", "B", "A"):
        one = assessment.replace(id="1", organization=Organization(name=name))
        assert not workspace.import_one(Source("x", content=one.dumps())).is_refused
    names = [one.assessment.organization.name for one in workspace.stored()]
    assert sorted(names) == ["A", "B"]


def test_a_use_case_is_renamed_with_its_whole_history(tmp_path, assessment):
    """
    Not one of its assessments is left behind under the old name; others keep theirs.
    """
    workspace = Workspace(tmp_path)
    workspace.save(assessment)
    workspace.save(assessment.replace(id="a-0", period=Period(finish="2025-03-01")))
    workspace.save(assessment.replace(id="b", use_case=UseCase(name="VPN")))
    workspace.rename_use_case("a-1", " Web servers ")
    names = [one.assessment.use_case.name for one in workspace.stored()]
    assert sorted(names) == ["VPN", "Web servers", "Web servers"]
    sealed = assessment.replace(id="c", use_case=UseCase(name="VPN"), extra={"locked": {"at": ""}})
    workspace.save(sealed)
    for id_, name in (("b", "IPsec"), ("a-1", " "), ("z", "name")):
        with pytest.raises(WorkspaceError):
            workspace.rename_use_case(id_, name)


def test_an_archived_assessment_is_out_of_sight_and_comes_back(tmp_path, assessment):
    """
    The file moves; nothing of it changes.
    """
    workspace = Workspace(tmp_path)
    name = workspace.save(assessment).name
    workspace.archive("a-1")
    assert workspace.files() == []
    assert [one.assessment for one in workspace.stored(archived=True)] == [assessment]
    assert workspace.restore("a-1").name == name
    for refused in (lambda: workspace.restore("a-1"), lambda: workspace.archive("z")):
        with pytest.raises(WorkspaceError):
            refused()


def test_what_killed_writers_left_is_removed_unless_somebody_writes(tmp_path, assessment):
    """
    The next program that stores something tidies up.
    """
    folder = tmp_path / "assessments"
    folder.mkdir()
    left, busy = folder / ".left.part", folder / ".busy.part"
    for path in (left, busy):
        path.write_bytes(b"{")
        os.utime(path, (0, 0))
    with busy.open("rb") as stream:
        assert _claim(stream)
        Workspace(tmp_path).save(assessment)
        assert (left.exists(), busy.exists()) == (False, True)


def test_whatever_the_system_refuses_is_an_error_that_names_the_workspace(tmp_path, assessment):
    """
    A name too long, and a file where a folder should be.
    """
    (tmp_path / "taken").write_text("")
    for place in (tmp_path / ("x" * 300), tmp_path / "taken"):
        workspace = Workspace(place)
        for ask in (
            lambda w=workspace: w.save(assessment),
            lambda w=workspace: w.import_one(Source("x", content=b"")),
        ):
            with pytest.raises(WorkspaceError, match=place.name[:20]):
                ask()


def test_the_workspace_is_named_by_the_environment(tmp_path, monkeypatch):
    """
    `pkimm serve --workspace` tells the dashboards so.
    """
    monkeypatch.setenv("PKIMM_WORKSPACE", str(tmp_path))
    assert default_workspace() == tmp_path


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


def test_a_damaged_file_is_named_and_the_others_are_read(tmp_path, assessment):
    """
    One bad file does not hide the rest.
    """
    workspace = Workspace(tmp_path)
    workspace.save(assessment)
    for name, content in {"a": "{", "b": "[]", "c": '{"id": 1}', "d": "[" * 100_000}.items():
        (workspace.assessments_folder / f"{name}.pkimm.json").write_text(content)
    problems = []
    assert len(workspace.stored(problems)) == 1
    assert [p.where[0] for p in problems] == ["a", "b", "c", "d"]
    assert workspace.latest() == [assessment]
    with pytest.raises(PkimmError):
        workspace.stored()


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
    Date and use case are in the name of the file, and a foreign file may hold anything there.
    """
    workspace = Workspace(tmp_path / "deep" / "workspace")
    case = UseCase(name="../../etc/passwd\x00")
    foreign = assessment.replace(period=Period(), updated=updated, use_case=case)
    imported = workspace.import_one(Source("foreign.json", content=foreign.dumps()))
    assert [path.parent for path in imported.written] == [workspace.assessments_folder]
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
