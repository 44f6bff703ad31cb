"""
A workspace: a folder of assessments that stay with their organization.

``assessments/`` holds one ``*.pkimm.json`` for each, written whole or not at all.
``quarantine/`` keeps what could not be read, with the reasons beside it, and
``superseded/`` the earlier content of an assessment that was saved again. An import
never replaces an assessment: other content under the same id is kept beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.assessment import SUFFIX, Assessment
from pkimm_analytics.errors import PkimmError, Problem, WorkspaceError
from pkimm_analytics.files import read_json, read_limited, write_atomically
from pkimm_analytics.loaders import Loaded, Source, load
from pkimm_analytics.loaders.loaded import content_digest


@dataclass(frozen=True, slots=True)
class Stored:
    """One assessment in a workspace and the file that holds it."""

    path: Path
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one source: the files that were written and the problems found."""

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


class Workspace:
    """
    A folder of assessments.

    Parameters
    ----------
    folder : Path
        Created when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def assessments_folder(self) -> Path:
        """Folder of the assessment files."""
        return self.folder / "assessments"

    @property
    def quarantine_folder(self) -> Path:
        """Folder of what could not be read."""
        return self.folder / "quarantine"

    def files(self) -> list[Path]:
        """Files of all assessments, by name."""
        return sorted(self.assessments_folder.glob("*" + SUFFIX))

    def stored(self, problems: list[Problem] | None = None) -> list[Stored]:
        """
        All assessments, oldest first; undated ones come first.

        Parameters
        ----------
        problems : list of Problem, optional
            Takes a problem for each file that is not readable. Without it such a
            file is an error.

        Raises
        ------
        PkimmError
            If a file is not readable and `problems` is not given.
        """
        found = []
        for path in self.files():
            try:
                found.append(Stored(path, Assessment.loads(read_limited(path), path.name)))
            except PkimmError as error:
                if problems is None:
                    raise
                problems.append(Problem(path.name, error.message))
        return sorted(found, key=lambda s: (s.assessment.date or "", s.assessment.id))

    def find(self, id_: str) -> Path | None:
        """File of the assessment with an id, None if there is none."""
        ending = f"{_slug(id_)}{SUFFIX}"
        for path in self.assessments_folder.glob(f"*{ending}"):
            if path.name == ending or (path.name.endswith("." + ending) and _holds(path, id_)):
                return path
        return None

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
        path = self._path(assessment)
        content = assessment.dumps()
        try:
            if path.exists():
                earlier = path.read_bytes()
                if earlier == content:
                    return path
                if set_aside:
                    self._set_aside(path, earlier)
            write_atomically(path, content)
        except OSError as error:
            raise WorkspaceError(
                f"The workspace cannot be written: {error.strerror or error}."
                " What was there is untouched."
            ) from None
        return path

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
        """Import one source; a source that cannot be read at all lands in quarantine."""
        try:
            loaded = load(source)
        except PkimmError as error:
            problems = error.problems or (Problem(source.name, error.message),)
            return Imported(source.name, (), problems, self._quarantine(source, problems))
        added = [self._add(one.assessment) for one in loaded]
        written = tuple(path for path, _ in added)
        problems = tuple(problem for one in loaded for problem in one.problems)
        problems += tuple(problem for _, problem in added if problem is not None)
        kept = self._quarantine(source, problems) if any(map(_partial, loaded)) else None
        return Imported(source.name, written, problems, kept)

    def _add(self, assessment: Assessment) -> tuple[Path, Problem | None]:
        """Store an assessment beside another one of the same id, never over it."""
        there = self.find(assessment.id)
        content = assessment.dumps()
        if there is None or there.read_bytes() == content:
            return self.save(assessment), None
        other_id = f"{assessment.id[:60]}-{content_digest(content)[7:15]}"
        remark = Problem(
            assessment.id,
            f"the workspace holds another assessment with this id; both are kept, this one"
            f" as {other_id}",
            refused=False,
        )
        return self.save(assessment.replace(id=other_id)), remark

    def _path(self, assessment: Assessment) -> Path:
        """Existing file of that id, or a new name that a person can read."""
        existing = self.find(assessment.id)
        if existing is not None:
            return existing
        ending = f"{_slug(assessment.id)}{SUFFIX}"
        parts = [_slug(assessment.date or "undated"), _slug(assessment.use_case.name)[:40], ending]
        return self.assessments_folder / ".".join(part for part in parts if part)

    def _set_aside(self, path: Path, content: bytes) -> None:
        digest = content_digest(content)[7:15]
        name = path.name.removesuffix(SUFFIX) + f".{digest}{SUFFIX}"
        write_atomically(self.folder / "superseded" / name, content)

    def _quarantine(self, source: Source, problems: Iterable[Problem]) -> Path | None:
        try:
            content = source.read()
        except PkimmError:
            content = b""
        name = _slug(Path(source.name).name)[:80] or "source"
        target = self.quarantine_folder / f"{content_digest(content)[7:15]}-{name}"
        reasons = {"source": source.name, "problems": [problem.to_json() for problem in problems]}
        document = json.dumps(reasons, ensure_ascii=False, indent=1) + "\n"
        try:
            if content:
                write_atomically(target, content)
            write_atomically(target.with_name(target.name + ".problems.json"), document.encode())
        except OSError as error:
            raise WorkspaceError(
                f"The workspace cannot be written: {error.strerror or error}."
            ) from None
        return target

    def quarantined(self) -> Iterator[Path]:
        """Reasons of everything in quarantine, as JSON files."""
        yield from sorted(self.quarantine_folder.glob("*.problems.json"))


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


def _holds(path: Path, id_: str) -> bool:
    """Whether a file holds that assessment; a damaged one is taken at its name."""
    try:
        document = read_json(read_limited(path), path.name)
    except PkimmError:
        return True
    return not isinstance(document, dict) or document.get("id") == id_


def _partial(loaded: Loaded) -> bool:
    return loaded.is_partial


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
