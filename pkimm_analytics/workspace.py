"""
A workspace: a folder of assessments that stay with their organization.

``assessments/`` holds one ``*.pkimm.json`` for each, written whole or not at all;
``archived/`` those that were put out of sight. ``quarantine/`` keeps what could not be
read, with the reasons beside it, and ``superseded/`` the earlier content of an
assessment that was saved again or replaced by a later revision.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.assessment import SUFFIX, Assessment
from pkimm_analytics.display import Shown
from pkimm_analytics.errors import PkimmError, Problem, WorkspaceError
from pkimm_analytics.files import (
    raised_as,
    read_json,
    read_limited,
    write_atomically,
)
from pkimm_analytics.history import (
    history_key,
    is_later,
    is_same_content,
    is_same_record,
    previous_assessment,
)
from pkimm_analytics.loaders import Source, load
from pkimm_analytics.loaders.loaded import content_digest

LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stored:
    """One assessment in a workspace and the file that holds it."""

    path: Path
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one source: the files that hold it now and the problems found."""

    source: str
    written: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()
    quarantined: Path | None = None

    @property
    def is_refused(self) -> bool:
        """Whether something of the source was not taken over."""
        return any(problem.refused for problem in self.problems)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of all sources; `interrupted` if the user stopped in between."""

    imported: tuple[Imported, ...] = ()
    interrupted: bool = False


class Workspace(Shown):
    """
    A folder of assessments.

    Whatever the system refuses (a full disk, an overlong path, a folder that cannot be
    read) is a :class:`WorkspaceError` that names the workspace.

    Parameters
    ----------
    folder : Path
        Created when something is first written.
    """

    VIEW = "pkimm_analytics.views.home:workspace_view"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assessments_folder = folder / "assessments"
        self.archive_folder = folder / "archived"
        self.quarantine_folder = folder / "quarantine"

    # --- reading -----------------------------------------------------------------

    def files(self, *, archived: bool = False) -> list[Path]:
        """Files of all assessments, or of the archived ones, by name."""
        folder = self.archive_folder if archived else self.assessments_folder
        with self._readable():
            try:
                found = list(folder.iterdir())
            except FileNotFoundError:
                return []
        return sorted(path for path in found if path.name.endswith(SUFFIX))

    def stored(
        self, problems: list[Problem] | None = None, *, archived: bool = False
    ) -> list[Stored]:
        """
        All assessments, oldest first; undated ones come first.

        Parameters
        ----------
        problems : list of Problem, optional
            Takes a problem for each file that is not readable. Without it such a
            file is an error.
        archived : bool
            The archived ones instead.

        Raises
        ------
        PkimmError
            If a file is not readable and `problems` is not given.
        """
        found = []
        for path in self.files(archived=archived):
            try:
                found.append(Stored(path, Assessment.loads(read_limited(path), path.name)))
            except PkimmError as error:
                if problems is None:
                    raise
                problems.append(Problem(path.name, error.message))
        return sorted(found, key=lambda s: (s.assessment.date or "", s.assessment.id))

    def latest(self) -> list[Assessment]:
        """Every assessment that is readable, the one that was changed last first."""
        found = [one.assessment for one in self.stored([])]
        return sorted(found, key=lambda a: a.updated or "", reverse=True)

    def find(self, id_: str) -> Path | None:
        """File of the assessment with an id, None if there is none."""
        return _find(self.files(), id_)

    def previous(self, assessment: Assessment) -> Assessment | None:
        """Latest earlier assessment of the same use case, as it was made."""
        return previous_assessment(assessment, [one.assessment for one in self.stored([])])

    def quarantined(self) -> Iterator[Path]:
        """Reasons of everything in quarantine, as JSON files."""
        yield from sorted(self.quarantine_folder.glob("*.problems.json"))

    # --- writing -----------------------------------------------------------------

    def save(self, assessment: Assessment, *, set_aside: bool = True) -> Path:
        """
        Store an assessment under its id; earlier content of that id is set aside.

        Parameters
        ----------
        assessment : Assessment
        set_aside : bool
            Whether to keep the earlier content; a questionnaire, which stores after
            every answer, does not.

        Raises
        ------
        WorkspaceError
            If the folder cannot be written; what was there is untouched.
        """
        content = assessment.dumps()
        with self._writable():
            path = self.find(assessment.id) or self._new_path(assessment)
            if path.exists():
                earlier = path.read_bytes()
                if earlier == content:
                    return path
                if set_aside:
                    self._set_aside(path, earlier)
            write_atomically(path, content)
        return path

    def rename_use_case(self, id_: str, name: str) -> list[Path]:
        """
        Give another name to the use case of an assessment and of its whole history.

        Raises
        ------
        WorkspaceError
            If there is no such assessment, no name, or one of the history is locked.
        """
        stored = self.stored([])
        chosen = next((one.assessment for one in stored if one.assessment.id == id_), None)
        if chosen is None or not name.strip():
            raise WorkspaceError("Choose an assessment and give a name. Nothing was renamed.")
        history = [
            one.assessment for one in stored if history_key(one.assessment) == history_key(chosen)
        ]
        if sealed := [one for one in history if one.extra.get("locked")]:
            raise WorkspaceError(
                "An assessment of this use case is locked. Nothing was renamed.",
                [Problem(one.date or "undated", "reopen it to rename it") for one in sealed],
            )
        return [self._renamed(one.id, name.strip()) for one in history]

    def archive(self, id_: str) -> Path:
        """Put an assessment out of sight, or raise a WorkspaceError if there is none."""
        return self._move(id_, self.files(), self.archive_folder)

    def restore(self, id_: str) -> Path:
        """Bring an archived assessment back, unless another one has its id now."""
        if self.find(id_) is not None:
            raise WorkspaceError("The workspace has a newer one of this id. Nothing was restored.")
        return self._move(id_, self.files(archived=True), self.assessments_folder)

    @contextmanager
    def locked(self, id_: str) -> Iterator[None]:
        """
        Keep other programs from changing an assessment.

        Raises
        ------
        WorkspaceError
            If another program holds it too long, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        folder = self.folder / ".locks"
        lock = FileLock(folder / f"{id_}.lock", timeout=LOCK_SECONDS)
        with self._writable():
            folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout:
                raise WorkspaceError(
                    "Another program has held this assessment for ten seconds. Nothing was changed."
                ) from None
        try:
            yield
        finally:
            lock.release()

    # --- importing ---------------------------------------------------------------

    def import_sources(
        self,
        sources: Iterable[Source],
        progress: Callable[[Imported], None] = lambda _: None,
    ) -> ImportReport:
        """
        Import sources one by one; the good ones are stored, the bad ones kept aside.

        An interrupt (Ctrl-C) stops between two files; everything that was imported
        until then is stored.

        Parameters
        ----------
        sources : iterable of Source
        progress : callable
            Called after each source with what became of it.
        """
        done: list[Imported] = []
        try:
            for source in sources:
                done.append(self.import_one(source))
                progress(done[-1])
        except KeyboardInterrupt:
            return ImportReport(tuple(done), interrupted=True)
        return ImportReport(tuple(done))

    def import_one(self, source: Source) -> Imported:
        """
        Import one source; a source that cannot be read at all lands in quarantine.

        A later revision of a record takes the place of the earlier one, which is set
        aside; an earlier one is set aside itself. Both are said.
        """
        try:
            loaded = load(source)
        except PkimmError as error:
            problems = error.problems or (Problem(source.name, error.message),)
            return Imported(source.name, (), problems, self._quarantine(source, problems))
        added = [self._add(item.assessment) for item in loaded]
        problems = tuple(problem for item in loaded for problem in item.problems)
        problems += tuple(problem for _, problem in added if problem is not None)
        is_refused = any(problem.refused for problem in problems)
        kept = self._quarantine(source, problems) if is_refused else None
        return Imported(source.name, tuple(path for path, _ in added), problems, kept)

    def _add(self, assessment: Assessment) -> tuple[Path, Problem | None]:
        if self.find(assessment.id) is None:
            return self.save(assessment), None
        with self.locked(assessment.id):
            path = self.find(assessment.id)
            held = None if path is None else _loaded(path)
            if path is None or held is None:
                return self.save(assessment), None
            if is_same_content(held, assessment):
                return path, None
            if is_same_record(held, assessment):
                return self._revise(path, held, assessment)
        other_id = f"{assessment.id[:60]}-{content_digest(assessment.dumps())[7:15]}"
        message = (
            "the workspace holds another assessment with this id; both are kept, this one"
            f" as {other_id}"
        )
        remark = Problem(assessment.id, message, refused=False)
        return self.save(assessment.replace(id=other_id)), remark

    def _revise(
        self, path: Path, held: Assessment, assessment: Assessment
    ) -> tuple[Path, Problem | None]:
        """Let the later of two revisions of a record stand."""
        if held.extra.get("locked"):
            message = "the workspace holds this record and it is locked; reopen it to replace it"
            return path, Problem(assessment.id, message)
        if is_later(held, assessment):
            with self._writable():
                self._set_aside(path, assessment.dumps())
            message = "earlier than what the workspace holds of this record; set aside"
        else:
            path = self.save(assessment)
            message = "replaces an earlier revision of this record, which was set aside"
        return path, Problem(assessment.id, message, refused=False)

    # --- files -------------------------------------------------------------------

    def _renamed(self, id_: str, name: str) -> Path:
        with self.locked(id_):
            path = self.find(id_)
            if path is None:
                raise WorkspaceError("An assessment was removed meanwhile. Choose again.")
            present = Assessment.loads(read_limited(path), path.name)
            return self.save(present.replace(use_case=present.use_case.replace(name=name)))

    def _readable(self) -> AbstractContextManager[None]:
        return raised_as(WorkspaceError, f"The workspace {self.folder} cannot be read")

    def _writable(self) -> AbstractContextManager[None]:
        message = f"The workspace {self.folder} cannot be written; what was there is untouched"
        return raised_as(WorkspaceError, message)

    def _new_path(self, assessment: Assessment) -> Path:
        """Return a name that a person can read."""
        ending = f"{_slug(assessment.id)}{SUFFIX}"
        parts = [_slug(assessment.date or "undated"), _slug(assessment.use_case.name)[:40], ending]
        return self.assessments_folder / ".".join(part for part in parts if part)

    def _move(self, id_: str, files: Iterable[Path], folder: Path) -> Path:
        path = _find(files, id_)
        if path is None:
            raise WorkspaceError("The workspace has no assessment of that id. Nothing was moved.")
        with self.locked(id_), self._writable():
            folder.mkdir(parents=True, exist_ok=True)
            return path.replace(folder / path.name)

    def _set_aside(self, path: Path, content: bytes) -> None:
        digest = content_digest(content)[7:15]
        name = path.name.removesuffix(SUFFIX) + f".{digest}{SUFFIX}"
        write_atomically(self.folder / "superseded" / name, content)

    def _quarantine(self, source: Source, problems: Iterable[Problem]) -> Path:
        try:
            content = source.read()
        except PkimmError:
            content = b""
        name = _slug(Path(source.name).name)[:80] or "source"
        target = self.quarantine_folder / f"{content_digest(content)[7:15]}-{name}"
        reasons = {"source": source.name, "problems": [problem.to_json() for problem in problems]}
        document = json.dumps(reasons, ensure_ascii=False, indent=1) + "\n"
        with self._writable():
            if content:
                write_atomically(target, content)
            write_atomically(target.with_name(target.name + ".problems.json"), document.encode())
        return target


def default_workspace() -> Path:
    """Folder of the workspace: ``PKIMM_WORKSPACE``, or one in the user's data folder."""
    named = os.environ.get("PKIMM_WORKSPACE")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_path("pkimm", appauthor=False)) / "workspace"


def default_feedback() -> Path:
    """Feedback place of the working group: ``PKIMM_FEEDBACK``, or one in the data folder."""
    named = os.environ.get("PKIMM_FEEDBACK")
    return Path(named) if named else default_workspace().with_name("group-feedback")


def _find(files: Iterable[Path], id_: str) -> Path | None:
    ending = f"{_slug(id_)}{SUFFIX}"
    for path in files:
        if path.name == ending or (path.name.endswith("." + ending) and _holds(path, id_)):
            return path
    return None


def _holds(path: Path, id_: str) -> bool:
    """Whether a file holds that assessment; a damaged one is taken at its name."""
    try:
        document = read_json(read_limited(path), path.name)
    except PkimmError:
        return True
    return not isinstance(document, dict) or document.get("id") == id_


def _loaded(path: Path) -> Assessment | None:
    try:
        return Assessment.loads(read_limited(path), path.name)
    except PkimmError:
        return None  # damaged: what is saved in its place sets it aside


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
