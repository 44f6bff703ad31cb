from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import (
    Assessment,
    Mode,
    State,
    rated,
)
from pkimm_analytics.edits import Edit, apply, changed_targets, conflict, invert
from pkimm_analytics.errors import AssessmentError, PkimmError, WorkspaceError
from pkimm_analytics.model import load_model
from pkimm_analytics.session import (
    EditingSession,
    Outcome,
    content_digest_of,
    is_intact,
    is_locked,
    revision,
)
from pkimm_analytics.workspace import Workspace
from tests.examples import examples

MODEL = load_model("2.0.0")
CATEGORY = "G.strategy-and-vision"
REQUIREMENT = "G.strategy-and-vision.sponsor-support"
OTHER = "G.strategy-and-vision.responsible-leadership"
HOSTILE = '<img src=x onerror=alert(1)> =HYPERLINK("x") \ud800'


def rate(target: str, level: int, before: dict[str, Any] | None = None) -> Edit:
    """
    Return the edit that rates a target.
    """
    return Edit(target, before or {}, {"state": "rated", "level": level})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """
    Return an empty workspace.
    """
    return Workspace(tmp_path)


@pytest.fixture
def session(workspace: Workspace) -> EditingSession:
    """
    Return a session on a stored full assessment, on a fixed day.
    """
    clock = lambda: datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # noqa: E731
    session = EditingSession.start(workspace, mode="full", clock=clock)
    workspace.save(session.assessment)
    return session


def stored(session: EditingSession) -> Assessment:
    """
    Read what is on the disk.
    """
    path = session.workspace.find(session.assessment.id)
    assert path is not None
    return Assessment.loads(path.read_bytes())


# --- never lose an answer ---------------------------------------------------------


def test_every_edit_is_on_the_disk_when_it_is_confirmed(session: EditingSession) -> None:
    """
    What a program that is killed now has lost: nothing.
    """
    session.edit([rate(REQUIREMENT, 4)])
    assert stored(session).answer(REQUIREMENT) == rated(4)
    assert stored(session) == session.assessment


def test_a_process_that_is_killed_while_it_stores_leaves_a_whole_file(tmp_path: Path) -> None:
    """
    Killed at any moment, the file is readable and lacks at most the edit under way.
    """
    program = """
import os, signal, sys, threading
from pathlib import Path
from pkimm_analytics.edits import Edit
from pkimm_analytics.session import EditingSession
from pkimm_analytics.workspace import Workspace
session = EditingSession.start(Workspace(Path(sys.argv[1])), mode="full")
timer = threading.Timer(float(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL))
while True:
    for key in session.model.requirements:
        for level in (1, 5):
            now = session.assessment.answer(key)
            before = {"state": str(now.state), "level": now.level}
            session.edit([Edit(key, before, {"state": "rated", "level": level})])
            print(session.assessment.extra['revision'], flush=True)
            if timer.ident is None:
                timer.start()
"""
    confirmed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), "0.15"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout.split()
    (path,) = Workspace(tmp_path).files()
    assert revision(Assessment.loads(path.read_bytes())) - int(confirmed[-1]) in (0, 1)


def test_a_resumed_session_goes_on_where_the_last_one_ended(session: EditingSession) -> None:
    """
    Answers, scope and revision are those that were stored.
    """
    session.edit([rate(REQUIREMENT, 4), Edit("use_case", {}, {"name": "Device certificates"})])
    resumed = EditingSession.resume(session.workspace, session.assessment.id)
    assert resumed.assessment == session.assessment
    assert revision(resumed.assessment) == 1


def test_resuming_an_unknown_assessment_is_an_error_of_ours(workspace: Workspace) -> None:
    """
    The address of the page may name an assessment that was removed.
    """
    with pytest.raises(WorkspaceError, match="no assessment of that id"):
        EditingSession.resume(workspace, "../../etc/passwd")


def test_a_damaged_file_is_never_overwritten(session: EditingSession) -> None:
    """
    The edit is not stored, its author is told, and what is there can still be repaired.
    """
    path = session.workspace.find(session.assessment.id)
    assert path is not None
    path.write_bytes(b"{ half a file")
    with pytest.raises(PkimmError):
        session.edit([rate(REQUIREMENT, 4)])
    assert path.read_bytes() == b"{ half a file"


def test_a_file_that_was_removed_is_written_again(session: EditingSession) -> None:
    """
    Tidying up in the folder does not cost the answers of an open session.
    """
    session.edit([rate(REQUIREMENT, 4)])
    path = session.workspace.find(session.assessment.id)
    assert path is not None
    path.unlink()
    session.edit([rate(OTHER, 2)])
    assert stored(session).answer(REQUIREMENT).level == 4
    assert stored(session).answer(OTHER).level == 2


def test_a_new_session_is_stored_with_its_first_edit(workspace: Workspace) -> None:
    """
    Opening the page and leaving it again leaves nothing behind.
    """
    session = EditingSession.start(workspace)
    session.sync()
    assert session.undo() == session.redo() == Outcome()
    assert workspace.files() == []
    session.edit([rate(CATEGORY, 3)])
    assert stored(session).answer(CATEGORY).level == 3


def test_a_folder_that_cannot_be_written_is_an_error_and_changes_nothing(
    session: EditingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The session still holds what is stored, and says which workspace is full.
    """
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(full))
    with pytest.raises(WorkspaceError, match=str(session.workspace.folder)):
        session.edit([rate(REQUIREMENT, 4)])
    assert session.assessment.answer(REQUIREMENT).level is None


# --- two sessions -------------------------------------------------------------------


def test_changes_of_different_questions_by_two_sessions_are_joined(
    session: EditingSession,
) -> None:
    """
    Neither overwrites the other, and each learns what the other did.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.edit([rate(REQUIREMENT, 4)])
    outcome = other.edit([rate(OTHER, 2)])
    assert outcome.from_elsewhere == (REQUIREMENT,)
    assert not outcome.conflicts
    assert {stored(session).answer(key).level for key in (REQUIREMENT, OTHER)} == {2, 4}
    assert session.sync().from_elsewhere == (OTHER,)
    assert session.assessment == other.assessment


def test_a_change_of_the_same_question_is_a_conflict_and_nobody_is_overwritten(
    session: EditingSession,
) -> None:
    """
    The second author saw no answer, but there is a 4 now; having seen that, it may be replaced.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.edit([rate(REQUIREMENT, 4)])
    outcome = other.edit([rate(REQUIREMENT, 2)])
    (found,) = outcome.conflicts
    assert found.present == {"state": "rated", "level": 4}
    assert stored(session).answer(REQUIREMENT).level == 4
    assert not other.edit([rate(REQUIREMENT, 2, dict(found.present))]).conflicts
    assert stored(session).answer(REQUIREMENT).level == 2


def test_notes_and_level_of_one_question_do_not_conflict(session: EditingSession) -> None:
    """
    One person rates while the other takes notes.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.edit([rate(REQUIREMENT, 4)])
    assert not other.edit([Edit(REQUIREMENT, {}, {"notes": "Budget seen."})]).conflicts
    assert stored(session).answer(REQUIREMENT) == rated(4, notes="Budget seen.")


def test_sending_an_edit_twice_changes_nothing_the_second_time(session: EditingSession) -> None:
    """
    A page that did not hear back sends its edit again after the reload.
    """
    session.edit([rate(REQUIREMENT, 4)])
    outcome = session.edit([rate(REQUIREMENT, 4)])
    assert outcome.changed == ()
    assert not outcome.conflicts
    assert revision(session.assessment) == 1


def test_an_assessment_that_another_session_locked_refuses_edits(session: EditingSession) -> None:
    """
    The session that did not lock it learns so with its next edit.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.lock()
    outcome = other.edit([rate(REQUIREMENT, 2)])
    assert [problem.where for problem in outcome.refused] == [REQUIREMENT]
    assert stored(session).answer(REQUIREMENT).state is State.UNANSWERED


# --- undo -----------------------------------------------------------------------------


def test_undo_and_redo_go_over_the_steps_one_by_one_and_name_them(session: EditingSession) -> None:
    """
    Rated 4, changed to 5; back to 4, back to unanswered; forward to 4, and a new way.
    """
    level = lambda: stored(session).answer(REQUIREMENT).level  # noqa: E731
    session.edit([rate(REQUIREMENT, 4)], "first")
    session.edit([rate(REQUIREMENT, 5, {"state": "rated", "level": 4})], "second")
    assert (session.undo_label, session.redo_label) == ("second", None)
    assert (session.undo().label, level()) == ("second", 4)
    assert (session.undo().label, level()) == ("first", None)
    assert session.undo_label is None
    assert (session.redo().label, level()) == ("first", 4)
    assert (session.undo_label, session.redo_label) == ("first", "second")
    session.edit([rate(OTHER, 1)], "third")
    assert (session.undo_label, session.redo_label) == ("third", None)


def test_undo_of_not_applicable_brings_the_level_back(session: EditingSession) -> None:
    """
    The level was set aside, not thrown away; what was changed together comes back together.
    """
    session.edit([rate(REQUIREMENT, 4)])
    off = {"state": "not_applicable", "level": None, "reason": "outsourced"}
    session.edit([Edit(REQUIREMENT, {"state": "rated", "level": 4}, off), Edit(OTHER, {}, off)])
    assert session.assessment.answer(REQUIREMENT).set_aside_level == 4
    session.undo()
    assert session.assessment.answers == {REQUIREMENT: rated(4)}
    assert not (session.workspace.folder / "superseded").exists()


def test_undo_does_not_overwrite_what_somebody_else_did_since(session: EditingSession) -> None:
    """
    My 4 became their 2; my undo leaves their 2 alone and says so.
    """
    session.edit([rate(REQUIREMENT, 4)])
    other = EditingSession.resume(session.workspace, session.assessment.id)
    other.edit([rate(REQUIREMENT, 2, {"state": "rated", "level": 4})])
    assert len(session.undo().conflicts) == 1
    assert stored(session).answer(REQUIREMENT).level == 2


def test_typing_on_in_one_text_is_one_step(session: EditingSession) -> None:
    """
    A note that was sent in three parts is taken back at once.
    """
    for before, after in (("", "On"), ("On", "One "), ("One ", "One note")):
        session.edit([Edit(REQUIREMENT, {"notes": before}, {"notes": after})])
    session.undo()
    assert session.assessment.answers == {}
    assert session.undo_label is None


keys = st.sampled_from([REQUIREMENT, OTHER, CATEGORY])
changes = st.one_of(
    st.builds(lambda n: {"state": "rated", "level": n}, st.integers(1, 5)),
    st.just({"state": "unanswered", "level": None, "partial": False}),
    st.just({"state": "not_applicable", "level": None, "reason": "outsourced"}),
    st.builds(lambda text: {"notes": text}, st.text(max_size=8)),
    st.builds(lambda flag: {"flagged": flag}, st.booleans()),
)


@examples(100)
@given(st.lists(st.tuples(keys, changes), max_size=8))
def test_every_edit_can_be_inverted(steps: list[tuple[str, dict[str, Any]]]) -> None:
    """
    Whatever is done, the inverse edits in reverse order lead back to the beginning.
    """
    first = current = Assessment(model=MODEL.edition, mode=Mode.FULL, id="x")
    back = []
    for target, change in steps:
        changed = apply(current, Edit(target, {}, change), MODEL)
        back.append(invert(current, changed, target))
        assert conflict(changed, back[-1]) is None
        current = changed
    for edit in reversed(back):
        current = apply(current, edit, MODEL)
    assert current == first
    assert changed_targets(current, first) == []


# --- what an edit may say ---------------------------------------------------------------


def test_not_applicable_and_in_part_need_a_reason(session: EditingSession) -> None:
    """
    The scope of an assessment is only believed with reasons.
    """
    off = Edit(REQUIREMENT, {}, {"state": "not_applicable", "level": None, "reason": "  "})
    part = Edit(OTHER, {}, {"partial": True})
    refused = session.edit([off, part]).refused
    assert [problem.message for problem in refused] == [
        "Say why this is not applicable.",
        "Say why this is partially applicable.",
    ]


@pytest.mark.parametrize(
    ("target", "after"),
    [
        (REQUIREMENT, {"state": "rated", "level": 6}),
        (REQUIREMENT, {"state": "rated", "level": True}),
        (REQUIREMENT, {"state": "rated"}),
        (REQUIREMENT, {"state": "excellent"}),
        (REQUIREMENT, {"notes": 3}),
        (REQUIREMENT, {"notes": "x" * 100_001}),
        (REQUIREMENT, {"owner": "me"}),
        (REQUIREMENT, {"consensus": {"present": ""}}),
        ("G.no-such-category", {"state": "rated", "level": 3}),
        ("G", {"state": "rated", "level": 3}),
        ("pqc:G.strategy-and-vision", {"state": "rated", "level": 3}),
        ("organization", {"sector": "my own sector"}),
        ("period", {"start": "2026-02-30"}),
        ("assessor", {"position": "somewhere"}),
        ("assessment", {"assurance": "trust me"}),
        ("assessment", {"extensions": ["no-such"]}),
        ("assessment", {"extensions": "pqc"}),
        ("assessment", {"owner": "me"}),
        ("nonsense", {"state": "rated", "level": 3}),
    ],
)
def test_an_edit_that_is_not_allowed_is_refused_and_nothing_is_stored(
    session: EditingSession, target: str, after: dict[str, Any]
) -> None:
    """
    The browser is not trusted: each value is checked here.
    """
    before = session.assessment
    outcome = session.edit([Edit(target, {}, after)])
    assert outcome.refused
    assert session.assessment == before
    assert stored(session) == before


def test_a_consensus_may_be_that_something_does_not_apply(session: EditingSession) -> None:
    """
    What each assessor had said stays beside the answer, be it a level or not.
    """
    said = [{"assessor": "A", "level": 3}, {"assessor": "B", "state": "not_applicable"}]
    agreed = {"present": "A, B", "date": "2026-11-20", "ratings": said}
    off = {"state": "not_applicable", "reason": "outsourced", "consensus": agreed}
    assert not session.edit([Edit(REQUIREMENT, {}, off)]).refused
    answer = stored(session).answer(REQUIREMENT)
    assert answer.state is State.NOT_APPLICABLE
    assert answer.consensus is not None
    assert [one.level for one in answer.consensus.ratings] == [3, None]
    assert not session.undo().conflicts
    assert stored(session).answers == {}


def test_a_consensus_on_a_part_of_what_does_not_apply_is_refused(session: EditingSession) -> None:
    """
    It would look recorded and change nothing.
    """
    off = {"state": "not_applicable", "reason": "outsourced"}
    session.edit([Edit(CATEGORY, {}, off)])
    agreed = {"state": "rated", "level": 3, "consensus": {"present": "A, B"}}
    assert session.edit([Edit(REQUIREMENT, {}, agreed)]).refused
    assert REQUIREMENT not in stored(session).answers


def test_text_is_stored_as_it_was_typed(session: EditingSession) -> None:
    """
    Markup and formulas are text; half a surrogate pair, which is none, becomes "?".
    """
    session.edit([Edit(REQUIREMENT, {}, {"notes": HOSTILE})])
    assert stored(session).answer(REQUIREMENT).notes == HOSTILE.replace("\ud800", "?")


def test_problems_never_repeat_what_was_typed(session: EditingSession) -> None:
    """
    Messages end up in logs.
    """
    outcome = session.edit([Edit("organization", {}, {"sector": "Secret Bank"})])
    assert "Secret" not in str(outcome.refused)


def test_an_extension_can_be_switched_on_answered_and_off_again(session: EditingSession) -> None:
    """
    It is not switched off while it has answers, for they would be lost.
    """
    session.edit([Edit("assessment", {}, {"extensions": ["pqc"]})])
    session.edit([rate(f"pqc:{CATEGORY}", 3)])
    off = Edit("assessment", {"extensions": ["pqc"]}, {"extensions": []})
    assert "has answers" in session.edit([off]).refused[0].message
    clear = {"state": "unanswered", "level": None}
    session.edit([Edit(f"pqc:{CATEGORY}", {"state": "rated", "level": 3}, clear)])
    assert not session.edit([off]).refused
    assert session.assessment.extensions == ()


def test_what_an_edit_does_not_name_survives(session: EditingSession, workspace: Workspace) -> None:
    """
    Fields of other programs are kept by every edit.
    """
    answer = rated(2, extra={"interviewDate": "2026-01-01"})
    foreign = session.assessment.replace(answers={REQUIREMENT: answer}, extra={"theirs": [1]})
    workspace.save(foreign, set_aside=False)
    session.edit([rate(REQUIREMENT, 3, {"state": "rated", "level": 2})])
    kept = stored(session)
    assert kept.answer(REQUIREMENT).extra == {"interviewDate": "2026-01-01"}
    assert kept.extra["theirs"] == [1]


# --- lock --------------------------------------------------------------------------------


def test_a_locked_assessment_refuses_edits_until_it_is_reopened(session: EditingSession) -> None:
    """
    Reopening keeps the locked content and remembers that there was a lock.
    """
    session.edit([rate(REQUIREMENT, 4)])
    digest = session.lock()
    locked = stored(session)
    assert is_locked(locked)
    assert content_digest_of(locked) == digest
    assert session.edit([rate(OTHER, 1)]).refused
    session.reopen()
    assert not is_locked(stored(session))
    assert stored(session).extra["reopened"][0]["digest"] == digest
    assert len(list((session.workspace.folder / "superseded").iterdir())) == 1
    assert not session.edit([rate(OTHER, 1)]).refused


def test_a_change_outside_is_noticed_by_the_digest(session: EditingSession) -> None:
    """
    One level changed in the file, and the seal no longer fits.
    """
    session.edit([rate(REQUIREMENT, 4)])
    session.lock()
    assert is_intact(stored(session)) is True
    tampered = stored(session).replace(answers={REQUIREMENT: rated(5)})
    assert is_intact(Assessment.loads(tampered.dumps())) is False
    assert is_intact(tampered.replace(extra={})) is None


def test_locking_states_the_day_it_was_finished(session: EditingSession) -> None:
    """
    A finish date that the assessor gave is left alone; here there was none.
    """
    session.lock()
    assert stored(session).period.finish == "2026-11-20"
    with pytest.raises(AssessmentError, match="locked already"):
        session.lock()
