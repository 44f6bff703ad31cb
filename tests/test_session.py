from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkimm_analytics.assessment import (
    Assessment,
    Mode,
    Period,
    State,
    UseCase,
    not_applicable,
    rated,
)
from pkimm_analytics.catalog import previous_assessment, summaries
from pkimm_analytics.edits import Edit, apply, changed_targets, conflict, invert, values
from pkimm_analytics.errors import AssessmentError, PkimmError, WorkspaceError
from pkimm_analytics.model import load_model
from pkimm_analytics.scoring import score
from pkimm_analytics.session import (
    EditingSession,
    content_digest_of,
    is_intact,
    is_locked,
    revision,
)
from pkimm_analytics.standing import (
    category_limits,
    evidenced,
    figure_text,
    findings,
    limits,
    standing,
)
from pkimm_analytics.workspace import Workspace, default_workspace

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
    Return a session on a new full assessment, on a fixed day.
    """
    clock = lambda: datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # noqa: E731
    return EditingSession.start(workspace, mode="full", clock=clock)


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
            print(session.revision, flush=True)
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
    assert resumed.revision == session.revision == 2


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


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_an_error_and_changes_nothing(
    session: EditingSession,
) -> None:
    """
    The session still holds what is stored.
    """
    session.workspace.assessments_folder.chmod(0o500)
    with pytest.raises(WorkspaceError):
        session.edit([rate(REQUIREMENT, 4)])
    assert session.assessment.answer(REQUIREMENT).level is None


def test_autosave_does_not_fill_the_folder_of_superseded_files(session: EditingSession) -> None:
    """
    A workshop makes hundreds of edits, and one file.
    """
    for level in (1, 2, 3):
        session.edit([rate(REQUIREMENT, level, values(session.assessment, REQUIREMENT))])
    assert not (session.workspace.folder / "superseded").exists()
    assert len(session.workspace.files()) == 1


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
    The second author saw an unanswered question, but there is a 4 now.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.edit([rate(REQUIREMENT, 4)])
    outcome = other.edit([rate(REQUIREMENT, 2)])
    (found,) = outcome.conflicts
    assert found.present == {"state": "rated", "level": 4}
    assert stored(session).answer(REQUIREMENT).level == 4


def test_a_conflict_is_settled_by_an_edit_that_has_seen_the_other_value(
    session: EditingSession,
) -> None:
    """
    Who chooses "use mine" has seen the 4.
    """
    other = EditingSession.resume(session.workspace, session.assessment.id)
    session.edit([rate(REQUIREMENT, 4)])
    other.edit([rate(REQUIREMENT, 2)])
    outcome = other.edit([rate(REQUIREMENT, 2, {"state": "rated", "level": 4})])
    assert not outcome.conflicts
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
    assert session.revision == 2


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


def test_undo_takes_steps_back_one_by_one(session: EditingSession) -> None:
    """
    Rated 4, changed to 5, back to 4, back to unanswered.
    """
    session.edit([rate(REQUIREMENT, 4)], "first")
    session.edit([rate(REQUIREMENT, 5, {"state": "rated", "level": 4})], "second")
    assert session.undo_label == "second"
    session.undo()
    assert session.assessment.answer(REQUIREMENT).level == 4
    session.undo()
    assert stored(session).answer(REQUIREMENT).state is State.UNANSWERED
    assert session.undo_label is None


def test_undo_of_a_bulk_operation_is_one_step(session: EditingSession) -> None:
    """
    Twenty rows set not applicable by mistake come back together.
    """
    off = {"state": "not_applicable", "level": None, "reason": "outsourced"}
    session.edit([Edit(REQUIREMENT, {}, off), Edit(OTHER, {}, off)])
    session.undo()
    assert session.assessment.answers == {}


def test_undo_of_not_applicable_brings_the_level_back(session: EditingSession) -> None:
    """
    The level was set aside, not thrown away.
    """
    session.edit([rate(REQUIREMENT, 4)])
    off = {"state": "not_applicable", "level": None, "reason": "outsourced"}
    session.edit([Edit(REQUIREMENT, {"state": "rated", "level": 4}, off)])
    assert session.assessment.answer(REQUIREMENT).set_aside_level == 4
    session.undo()
    assert session.assessment.answer(REQUIREMENT) == rated(4)


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


@settings(max_examples=100)
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
        (REQUIREMENT, {"notes": "x" * 20_001}),
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


def test_the_good_edits_of_a_step_are_stored_beside_a_refused_one(session: EditingSession) -> None:
    """
    One bad row does not cost the others.
    """
    outcome = session.edit([rate(REQUIREMENT, 4), rate(OTHER, 9)])
    assert outcome.changed == (REQUIREMENT,)
    assert len(outcome.refused) == 1


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


# --- what else is in the workspace -----------------------------------------------------------


def test_the_list_of_assessments_leaves_out_what_is_not_readable(
    session: EditingSession, workspace: Workspace
) -> None:
    """
    A broken file must not keep everybody from their work.
    """
    session.edit([rate(REQUIREMENT, 4), Edit("use_case", {}, {"name": "TLS"})])
    for name, content in {"a": "{", "b": "[]", "c": '{"id": 1}', "d": "[" * 100_000}.items():
        (workspace.assessments_folder / f"{name}.pkimm.json").write_text(content)
    (found,) = summaries(workspace)
    assert (found.use_case, found.n_answers, found.is_locked) == ("TLS", 1, False)


def assessment(name: str, day: str, **details: Any) -> Assessment:
    """
    Return a full assessment of a use case that was changed on a day.
    """
    return Assessment(
        model=MODEL.edition,
        mode=Mode.FULL,
        use_case=UseCase(name=name),
        updated=f"{day}T10:00:00+00:00",
        **details,
    )


def test_the_previous_assessment_is_the_latest_earlier_one_of_the_same_use_case(
    workspace: Workspace,
) -> None:
    """
    Not another use case, not a later one, not itself.
    """
    for name, day in [("TLS", "2024-01-01"), ("tls ", "2025-01-01"), ("VPN", "2025-06-01")]:
        workspace.save(assessment(name, day))
    workspace.save(assessment("TLS", "2027-01-01"))
    present = assessment("TLS", "2026-01-01")
    workspace.save(present)
    found = previous_assessment(workspace, present)
    assert found is not None
    assert found.date == "2025-01-01"
    assert previous_assessment(workspace, assessment("", "2026-01-01")) is None


def test_the_previous_assessment_is_carried_to_the_present_edition(workspace: Workspace) -> None:
    """
    An answer of 1.1.0 is shown beside the same requirement of 2.0.0.
    """
    older = load_model("1.1.0")
    key = "M.key-management.key-inventory"
    workspace.save(
        assessment("TLS", "2025-01-01").replace(model=older.edition, answers={key: rated(2)})
    )
    found = previous_assessment(workspace, assessment("TLS", "2026-01-01"))
    assert found is not None
    assert found.model == MODEL.edition
    assert found.answer(key).level == 2


def test_the_workspace_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    `pkimm serve --workspace` tells the dashboards so.
    """
    monkeypatch.setenv("PKIMM_WORKSPACE", "somewhere")
    assert default_workspace() == Path("somewhere")


# --- where it stands ----------------------------------------------------------------------------


def self_assessment(**levels: int) -> Assessment:
    """
    Return a self-assessment with levels of governance categories.
    """
    answers = {f"G.{name.replace('_', '-')}": rated(level) for name, level in levels.items()}
    return Assessment(model=MODEL.edition, answers=answers)


def test_what_limits_the_next_level_is_what_raises_the_score_most() -> None:
    """
    The gains of all limiting categories, raised to the next level, reach that level.
    """
    scores = score(self_assessment(strategy_and_vision=1, compliance=2, cryptography=5), MODEL)
    found = limits(scores)
    whole = scores.overall.value
    assert whole is not None
    assert [limit.key for limit in found] == ["G.strategy-and-vision", "G.compliance"]
    assert whole + sum(limit.gain for limit in found) >= 3
    weights = {key: MODEL.categories[key].weight for key in scores.categories}
    total = sum(weights[key] for key, f in scores.categories.items() if f.value is not None)
    assert found[0].gain == pytest.approx(2 * weights["G.strategy-and-vision"] / total)


def test_a_category_that_is_at_the_next_level_already_limits_nothing() -> None:
    """
    Raising a 3 to 3 would gain nothing.
    """
    scores = score(self_assessment(strategy_and_vision=2, compliance=3, cryptography=2), MODEL)
    assert [limit.key for limit in limits(scores)] == ["G.strategy-and-vision", "G.cryptography"]


def test_a_score_below_a_level_is_never_shown_as_that_level() -> None:
    """
    2.999 is 2.99, and level 2.
    """
    assert figure_text(Fraction(2999, 1000)) == "2.99"
    assert figure_text(Fraction(3)) == "3.00"
    assert figure_text(None) == "–"


def test_nothing_limits_an_empty_assessment_and_one_at_the_top() -> None:
    """
    There is no next level to speak of.
    """
    assert limits(score(self_assessment(), MODEL)) == ()
    assert limits(score(self_assessment(compliance=5), MODEL)) == ()


def test_a_category_is_limited_by_its_rated_requirements_below_its_next_level() -> None:
    """
    Unrated requirements limit nothing: they are not part of the score.
    """
    full = Assessment(
        model=MODEL.edition, mode=Mode.FULL, answers={REQUIREMENT: rated(1), OTHER: rated(5)}
    )
    scores = score(full, MODEL)
    assert [limit.key for limit in category_limits(scores, CATEGORY)] == [REQUIREMENT]
    assert category_limits(scores, "G.compliance") == ()


def test_figures_are_those_of_the_scores() -> None:
    """
    The questionnaire shows what `pkimm score` computes, rounded down.
    """
    shown = standing(self_assessment(strategy_and_vision=4, compliance=3), MODEL)
    scores = score(self_assessment(strategy_and_vision=4, compliance=3), MODEL)
    assert shown["overall"]["score"] == scores.overall.score
    assert shown["overall"]["text"] == figure_text(scores.overall.value)
    assert shown["categories"]["G.cryptography"]["state"] == "unanswered"
    assert shown["categories"]["G.cryptography"]["text"] == "–"
    assert json.loads(json.dumps(shown)) == shown


def test_claimed_and_evidenced_level_are_both_kept_and_the_gap_is_shown(
    session: EditingSession,
) -> None:
    """
    The claim is scored; what the evidence shows stands beside it.
    """
    session.edit([rate(REQUIREMENT, 4)])
    session.edit([Edit(REQUIREMENT, {}, {"evidenced_level": 2})])
    answer = stored(session).answer(REQUIREMENT)
    assert (answer.level, answer.extra["evidenced_level"]) == (4, 2)
    shown = standing(session.assessment, MODEL)
    assert (shown["overall"]["text"], shown["evidenced"]) == ("4.00", "2.00")
    messages = [f.message for f in findings(session.assessment, MODEL)]
    assert "G1.1: level 4 is claimed, level 2 is evidenced." in messages
    assert evidenced(self_assessment(compliance=3)) is None


def test_validation_names_what_is_missing_and_where() -> None:
    """
    A reason that an imported file lacks is required; an unanswered question is not.
    """
    answers = {key: rated(3) for key in MODEL.categories} | {"G.compliance": not_applicable()}
    del answers["R.sourcing"]
    found = findings(Assessment(model=MODEL.edition, answers=answers), MODEL)
    assert [f.target for f in found if f.required] == ["use_case", "G.compliance"]
    assert [f.target for f in found if "not answered" in f.message] == ["R.sourcing"]


def test_a_question_of_a_category_that_does_not_apply_is_not_missing() -> None:
    """
    Its category was taken out with a reason, so nothing is left to answer.
    """
    off = Assessment(model=MODEL.edition, mode=Mode.FULL, answers={"G": not_applicable("no")})
    assert not [f for f in findings(off, MODEL) if f.target.startswith("G.")]


def test_a_finish_before_the_start_is_found() -> None:
    """
    Dates of two years are easily mixed up.
    """
    period = Period(start="2026-05-01", finish="2025-05-02")
    found = findings(Assessment(model=MODEL.edition, period=period), MODEL)
    assert [f.target for f in found if f.required] == ["use_case", "period"]
