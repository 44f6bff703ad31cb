"""
An editing session: one assessment, changed answer by answer and never lost.

Every edit is stored before it is confirmed: the file is written whole or not at
all, under a lock, with a revision number that grows by one. Before it applies an
edit, a session reads what others have stored meanwhile; changes of different
fields are joined, a change of the same field is a conflict that is reported and
stored by nobody. There is no browser in this file.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.edits import (
    Conflict,
    Edit,
    apply,
    changed_targets,
    conflict,
    invert,
    values,
)
from pkimm_analytics.errors import AssessmentError, PkimmError, Problem, WorkspaceError
from pkimm_analytics.files import raised_as, read_limited
from pkimm_analytics.loaders.loaded import content_digest
from pkimm_analytics.model import Extension, Model, load_extension, load_model, model_of
from pkimm_analytics.workspace import Workspace

MAX_UNDO = 200
TEXT_FIELDS = frozenset({"notes", "evidence", "reason", "flag_note", "name", "description"})

Clock = Callable[[], datetime]


def now() -> datetime:
    """Time of the machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of some edits.

    Parameters
    ----------
    changed : tuple of str
        Targets whose values are others than before, by us or by somebody else.
    conflicts : tuple of Conflict
        Edits that were not applied because somebody else changed the same fields.
    refused : tuple of Problem
        Edits that were not applied because they are not allowed.
    from_elsewhere : tuple of str
        Targets that another session changed.
    label : str
        What was undone or done again.
    """

    changed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refused: tuple[Problem, ...] = ()
    from_elsewhere: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """What undo takes back, or redo brings back: the edits, in the order to apply them."""

    label: str
    edits: tuple[Edit, ...]


@dataclass
class EditingSession:
    """
    One assessment that is being edited and stored in a workspace.

    A session is the one thing here that changes; `assessment` is always what is
    stored, or was last. A new one is stored with its first edit.

    Parameters
    ----------
    workspace : Workspace
    assessment : Assessment
        A new one, or one that was read from the workspace.
    clock : callable
        Returns the time, for tests.
    """

    workspace: Workspace
    assessment: Assessment
    clock: Clock = now
    _undo: list[_Step] = field(default_factory=list)
    _redo: list[_Step] = field(default_factory=list)
    _seen: tuple[int, int, int] | None = None

    @property
    def model(self) -> Model:
        """Edition that is being answered."""
        return model_of(self.assessment.model)

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """Extensions that are switched on and installed."""
        found = []
        for answers in self.assessment.extensions:
            try:
                found.append(load_extension(answers.id, answers.version))
            except PkimmError:
                continue  # its answers are kept; the scores say that it is not installed
        return tuple(found)

    @property
    def undo_label(self) -> str | None:
        """What :meth:`undo` would take back, None if there is nothing."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What :meth:`redo` would do again, None if there is nothing."""
        return self._redo[-1].label if self._redo else None

    # --- opening -----------------------------------------------------------------

    @classmethod
    def start(
        cls,
        workspace: Workspace,
        *,
        mode: Mode | str = Mode.SELF,
        model: Model | None = None,
        extensions: Iterable[str] = (),
        clock: Clock = now,
    ) -> EditingSession:
        """
        Begin a new assessment; the first edit stores it.

        Raises
        ------
        AssessmentError
            If the mode does not exist or an extension does not fit the edition.
        """
        model = model or load_model()
        if mode not in list(Mode):
            raise AssessmentError("The mode of an assessment is 'self' or 'full'.")
        started = Assessment(model=model.edition, mode=Mode(mode), id=str(uuid.uuid4()))
        started = started.replace(period=started.period.replace(start=_day(clock())))
        wanted = Edit("assessment", {}, {"extensions": list(extensions)})
        return cls(workspace, apply(started, wanted, model), clock)

    @classmethod
    def resume(cls, workspace: Workspace, id_: str) -> EditingSession:
        """
        Go on with a stored assessment.

        Raises
        ------
        WorkspaceError
            If the workspace has no assessment of that id.
        SourceFormatError, UnknownEditionError
            If its file is damaged, or its edition is not installed.
        """
        path = workspace.find(id_)
        if path is None:
            raise WorkspaceError("The workspace has no assessment of that id.")
        seen = _stamp(path)
        assessment = Assessment.loads(read_limited(path), "the assessment")
        model_of(assessment.model)
        return cls(workspace, assessment, _seen=seen)

    # --- changing ----------------------------------------------------------------

    def edit(self, edits: Sequence[Edit], label: str = "the last change") -> Outcome:
        """
        Apply some edits as one step and store the result.

        Edits that conflict or are refused are left out and reported; the others are
        stored together.

        Raises
        ------
        WorkspaceError
            If the workspace cannot be read or written; nothing has then changed.
        SourceFormatError
            If the stored file was damaged meanwhile; it is not overwritten.
        """
        outcome, back = self._change(edits, label)
        if back:
            self._redo.clear()
            self._remember(_Step(label, back))
        return outcome

    def undo(self) -> Outcome:
        """
        Take the last step of this session back, and say which it was.

        What somebody else changed since is left alone and reported as a conflict.
        """
        return self._step_over(self._undo, self._redo)

    def redo(self) -> Outcome:
        """Do again what was undone last, and say which step it was."""
        return self._step_over(self._redo, self._undo)

    def sync(self) -> Outcome:
        """Read what other sessions stored meanwhile; cheap if nobody did."""
        with self.workspace.locked(self.assessment.id):
            elsewhere = self._read()
        return Outcome(changed=elsewhere, from_elsewhere=elsewhere)

    def lock(self) -> str:
        """
        Close the assessment against edits and return the digest of its content.

        Raises
        ------
        AssessmentError
            If it is locked already.
        """
        with self.workspace.locked(self.assessment.id):
            self._read()
            if is_locked(self.assessment):
                raise AssessmentError("The assessment is locked already.")
            finished = self.assessment
            if finished.period.finish is None:
                finished = finished.replace(
                    period=finished.period.replace(finish=_day(self.clock()))
                )
            finished = self._next(finished)
            digest = content_digest_of(finished)
            seal = {"digest": digest, "at": _time(self.clock())}
            self._store(finished.replace(extra={**finished.extra, "locked": seal}))
        self._undo.clear()
        self._redo.clear()
        return digest

    def reopen(self) -> None:
        """Allow edits again; the locked content is set aside and its digest recorded."""
        with self.workspace.locked(self.assessment.id):
            self._read()
            seal = self.assessment.extra.get("locked")
            if not seal:
                return
            extra = {k: v for k, v in self.assessment.extra.items() if k != "locked"}
            earlier = [*extra.get("reopened", []), {**seal, "reopened": _time(self.clock())}]
            opened = self.assessment.replace(extra={**extra, "reopened": earlier})
            self._store(self._next(opened), set_aside=True)

    # --- the work ----------------------------------------------------------------

    def _change(self, edits: Sequence[Edit], label: str = "") -> tuple[Outcome, tuple[Edit, ...]]:
        """Apply and store; return also the edits that lead back."""
        with self.workspace.locked(self.assessment.id):
            elsewhere = self._read()
            changed, back, conflicts, refused = self._applied(edits)
            ours = changed_targets(self.assessment, changed)
            if ours:
                self._store(self._next(changed))
        outcome = Outcome(
            changed=tuple(dict.fromkeys([*elsewhere, *ours])),
            conflicts=tuple(conflicts),
            refused=tuple(refused),
            from_elsewhere=elsewhere,
            label=label,
        )
        return outcome, tuple(reversed(back))

    def _step_over(self, steps: list[_Step], other: list[_Step]) -> Outcome:
        """Apply the last step of one list, and remember in the other how to get back."""
        if not steps:
            return self.sync()
        step = steps.pop()
        outcome, back = self._change(step.edits, step.label)
        if back:
            other.append(_Step(step.label, back))
        return outcome

    def _applied(
        self, edits: Sequence[Edit]
    ) -> tuple[Assessment, list[Edit], list[Conflict], list[Problem]]:
        if is_locked(self.assessment):
            message = "the assessment is locked; reopen it to change it"
            return self.assessment, [], [], [Problem(edit.target[:120], message) for edit in edits]
        current, model = self.assessment, self.model
        back: list[Edit] = []
        conflicts: list[Conflict] = []
        refused: list[Problem] = []
        for edit in edits:
            try:
                # Applied first: it refuses targets that do not exist.
                changed = apply(current, edit, model)
                found = conflict(current, edit)
            except AssessmentError as error:
                refused += error.problems or (Problem(edit.target[:120], error.message),)
                continue
            if found is not None:
                conflicts.append(found)
            elif values(changed, edit.target) != values(current, edit.target):
                back.append(invert(current, changed, edit.target))
                current = changed
        return current, back, conflicts, refused

    def _remember(self, step: _Step) -> None:
        """Remember a step; typing on in one text is one step, back to where it began."""
        last = self._undo[-1] if self._undo else None
        if last and _is_typing(step) and _is_typing(last) and _place(step) == _place(last):
            (older,), (newer,) = last.edits, step.edits
            joined = Edit(older.target, before=newer.before, after=older.after)
            self._undo[-1] = _Step(step.label, (joined,))
            return
        self._undo.append(step)
        del self._undo[:-MAX_UNDO]

    def _next(self, assessment: Assessment) -> Assessment:
        """Give the assessment the next revision number and the time."""
        extra = {**assessment.extra, "revision": revision(self.assessment) + 1}
        return assessment.replace(extra=extra, updated=_time(self.clock()))

    def _store(self, assessment: Assessment, *, set_aside: bool = False) -> None:
        path = self.workspace.save(assessment, set_aside=set_aside)
        self.assessment, self._seen = assessment, _stamp(path)

    def _read(self) -> tuple[str, ...]:
        """Take over what is stored, and return the targets that others changed."""
        path = self.workspace.find(self.assessment.id)
        if path is None:
            return ()  # removed by somebody: the next edit writes it again
        stamp = _stamp(path)
        if stamp == self._seen:
            return ()
        theirs = Assessment.loads(read_limited(path), "the assessment")
        if theirs.model != self.assessment.model or theirs.mode != self.assessment.mode:
            raise WorkspaceError(
                "The stored assessment was replaced by one of another kind. Open it again."
            )
        elsewhere = changed_targets(self.assessment, theirs)
        self.assessment, self._seen = theirs, stamp
        return tuple(elsewhere)


def revision(assessment: Assessment) -> int:
    """How often a session stored an assessment; 0 if none did."""
    number = assessment.extra.get("revision", 0)
    return number if type(number) is int and number >= 0 else 0


def is_locked(assessment: Assessment) -> bool:
    """Whether the assessment was closed against edits."""
    return bool(assessment.extra.get("locked"))


def content_digest_of(assessment: Assessment) -> str:
    """SHA-256 of the canonical document without the seal itself."""
    extra = {k: v for k, v in assessment.extra.items() if k != "locked"}
    return content_digest(assessment.replace(extra=extra).dumps())


def is_intact(assessment: Assessment) -> bool | None:
    """Whether a locked assessment still has its digest; None if it is not locked."""
    seal = assessment.extra.get("locked")
    if not seal:
        return None
    return isinstance(seal, dict) and seal.get("digest") == content_digest_of(assessment)


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes whenever a file is replaced: its number, time and size."""
    with raised_as(WorkspaceError, "The stored assessment cannot be read"):
        found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _is_typing(step: _Step) -> bool:
    return (
        len(step.edits) == 1
        and len(step.edits[0].after) == 1
        and set(step.edits[0].after) <= TEXT_FIELDS
    )


def _place(step: _Step) -> tuple[str, tuple[str, ...]]:
    return step.edits[0].target, tuple(step.edits[0].after)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
