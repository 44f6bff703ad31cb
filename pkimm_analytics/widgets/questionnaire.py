"""
The questionnaire as one widget, for a notebook cell, JupyterLab and Voila.

The browser draws the form and tells Python each change; Python stores it, scores
the assessment and answers with the figures that changed. Nothing is computed in
the browser and nothing here: this file passes messages on to the files that know.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget

from pkimm_analytics.assessment import SUFFIX, Assessment, Mode, carry
from pkimm_analytics.edits import Conflict, Edit, answer_values, targets, values
from pkimm_analytics.errors import AssessmentError, PkimmError, Problem
from pkimm_analytics.model import NEWEST, Model, extensions, load_model, model_of, models
from pkimm_analytics.organization import ATTRIBUTES, label, profile_codes
from pkimm_analytics.questionnaire import form, pages, questions
from pkimm_analytics.session import (
    EditingSession,
    Outcome,
    is_intact,
    is_locked,
    revision,
)
from pkimm_analytics.standing import findings, standing
from pkimm_analytics.widgets.feedback_desk import FeedbackDesk
from pkimm_analytics.workspace import Workspace, default_workspace

PAGE = Path(__file__).parent / "questionnaire_page"
PARTS = (
    "dom",
    "../feedback_page/state",
    "../feedback_page/panel",
    "messages",
    "opening",
    "edits",
    "frame",
    "scores",
    "questions",
    "answering",
    "fields",
    "scope",
    "previous",
    "assessors",
    "finish",
    "handover",
    "feedback",
    "form",
)
"""Files of the browser's side in the order in which they are joined to one program."""
STYLES = ("page.css", "../feedback_page/feedback.css")

Message = dict[str, Any]


class Questionnaire(anywidget.AnyWidget):
    """
    A questionnaire that stores every answer at once.

    Parameters
    ----------
    workspace : Path or str, optional
        Folder that keeps the assessments; :func:`.workspace.default_workspace` if it
        is not given.
    mode : {"self", "full"}
        Rate categories, or requirements.
    edition : str
        Version of the model that a new assessment uses unless the user chooses.
    extensions : iterable of str
        Ids of extensions that a new assessment has switched on.
    id : str, optional
        Go on with this assessment instead of asking which one.

    Examples
    --------
    >>> form = Questionnaire("workspace", mode="full")  # doctest: +SKIP
    >>> form.assessment  # doctest: +SKIP
    """

    _esm = "\n".join((PAGE / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    _css = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in STYLES)

    def __init__(
        self,
        workspace: Path | str | None = None,
        *,
        mode: Mode | str = Mode.SELF,
        edition: str = NEWEST,
        extensions: Iterable[str] = (),
        id: str | None = None,  # noqa: A002  # the word that the assessment itself uses
    ) -> None:
        if mode not in list(Mode):
            raise AssessmentError("The mode of a questionnaire is 'self' or 'full'.")
        super().__init__()
        self._workspace = Workspace(Path(workspace) if workspace else default_workspace())
        self._mode = Mode(mode)
        self._default = load_model(edition)
        self._default_extensions = tuple(extensions)
        self._session = EditingSession.resume(self._workspace, id) if id else None
        self._desk = FeedbackDesk(self._workspace.folder / "feedback")
        self._sent: dict[str, Any] = {}  # the standing that the browser has
        self._asked: list[str] = []  # the extensions whose questions it has
        self.on_msg(self._receive)

    @property
    def session(self) -> EditingSession | None:
        """The editing session, None before an assessment was begun or chosen."""
        return self._session

    @property
    def assessment(self) -> Assessment | None:
        """The assessment as it is stored, None before one was begun or chosen."""
        return self._session.assessment if self._session else None

    # --- messages ----------------------------------------------------------------

    def _receive(self, _widget: Any, message: Message, _buffers: Any) -> None:
        answer: Callable[[Message], Message] | None = {
            "hello": self._hello,
            "list": self._list,
            "create": self._create,
            "open": self._open,
            "edit": self._edit,
            "undo": self._undo,
            "sync": self._sync,
            "check": self._check,
            "lock": self._lock,
            "reopen": self._reopen,
            "export": self._export,
            "previous": self._previous,
            "merge": self._merge,
            "choices": self._choices,
            "report": self._report,
            "contribute": self._contribute,
            "feedback": self._feedback,
        }.get(str(message.get("type")))
        if answer is None:
            return
        try:
            reply = answer(message)
        except PkimmError as error:
            reply = {"type": "failed", "of": message["type"], **_failure(error)}
        self.send({"client": message.get("client"), "seq": message.get("seq"), **reply})

    def _hello(self, message: Message) -> Message:
        if message.get("id"):
            return self._open(message)
        return self._opened() if self._session else self._list(message)

    def _list(self, _message: Message) -> Message:
        listed = [asdict(summary) for summary in self._workspace.summaries()]
        return {
            "type": "start",
            "mode": str(self._mode),
            "stored": [one for one in listed if one["mode"] == self._mode],
            "editions": [_edition(model) for model in _distinct(models())],
            "edition": self._default.digest,
            "extensions": _extensions(),
            "extension": list(self._default_extensions),
        }

    def _create(self, message: Message) -> Message:
        wanted = message.get("edition")
        model = next((m for m in models() if m.digest == wanted), self._default)
        chosen = message.get("extensions", self._default_extensions)
        self._session = EditingSession.start(
            self._workspace,
            mode=self._mode,
            model=load_model(model.version, model.digest),
            extensions=chosen,
        )
        return self._opened()

    def _open(self, message: Message) -> Message:
        try:
            self._session = EditingSession.resume(self._workspace, str(message["id"]))
        except PkimmError as error:
            return {**self._list(message), "failed": error.message}
        return self._opened()

    def _edit(self, message: Message) -> Message:
        edits = [
            Edit(str(e["target"]), dict(e.get("before", {})), dict(e["after"]))
            for e in message.get("edits", [])
        ]
        return self._saved(self._open_session().edit(edits, str(message.get("label", ""))[:200]))

    def _undo(self, _message: Message) -> Message:
        return self._saved(self._open_session().undo())

    def _sync(self, _message: Message) -> Message:
        return self._saved(self._open_session().sync())

    def _check(self, _message: Message) -> Message:
        session = self._open_session()
        session.sync()
        found = findings(session.assessment, session.model, session.extensions)
        return {"type": "checked", "findings": [asdict(finding) for finding in found]}

    def _lock(self, message: Message) -> Message:
        session = self._open_session()
        session.sync()
        found = findings(session.assessment, session.model, session.extensions)
        if any(finding.required for finding in found):
            return self._check(message)
        session.lock()
        return self._opened()

    def _reopen(self, _message: Message) -> Message:
        self._open_session().reopen()
        return self._opened()

    def _export(self, message: Message) -> Message:
        session = self._open_session()
        session.sync()
        kind = str(message.get("format"))
        name, media_type, content, dropped = exported(session.assessment, session.model, kind)
        return {
            "type": "exported",
            "format": kind,
            "name": name,
            "media_type": media_type,
            "content": base64.b64encode(content).decode(),
            "dropped": dropped,
        }

    def _choices(self, _message: Message) -> Message:
        from pkimm_analytics.widgets import handover

        session = self._open_session()
        return {"type": "choices", **handover.choices(self._workspace, session.assessment)}

    def _report(self, message: Message) -> Message:
        from pkimm_analytics.widgets import handover

        session = self._open_session()
        session.sync()
        wish = handover.ReportWish(
            str(message.get("kind")),
            str(message.get("format")),
            str(message.get("language", "en")),
            compares=bool(message.get("compares")),
            peers=bool(message.get("peers")),
        )
        files, said = handover.report_files(self._workspace, session.assessment, wish)
        return {"type": "reported", "files": [_file(one) for one in files], "said": said}

    def _contribute(self, message: Message) -> Message:
        from pkimm_analytics.widgets import handover

        session = self._open_session()
        session.sync()
        made = handover.prepared(session.assessment, dict(message.get("ids", {})))
        preview = handover.preview_document(made)
        if message.get("digest") != preview["digest"]:  # nothing is saved that was not shown
            return {"type": "contribution", "changed": "digest" in message, **preview}
        written, receipt = handover.contribution_file(made)
        place = handover.shown_place(receipt)
        return {"type": "contributed", "files": [_file(written)], "receipt": place}

    def _previous(self, _message: Message) -> Message:
        session = self._open_session()
        made = self._workspace.previous(session.assessment)
        if made is None:
            return {"type": "previous", "found": False}
        earlier = carry(made, model_of(made.model), session.model)
        return {
            "type": "previous",
            "found": True,
            "date": earlier.date,
            "mode": str(earlier.mode),
            "answers": {k: answer_values(a) for k, a in earlier.answers.items()},
            "categories": standing(earlier, session.model)["categories"],
            "caveats": [caveat.message for caveat in earlier.caveats],
        }

    def _merge(self, message: Message) -> Message:
        from pkimm_analytics import agreement

        session = self._open_session()
        chosen = [
            EditingSession.resume(self._workspace, str(id_)).assessment
            for id_ in message.get("ids", [])
        ]
        asked = questions(pages(session.model, session.assessment.mode, session.extensions))
        compared = agreement.merge(chosen, asked)
        figures = agreement.agreement(compared) if agreement.is_available() else None
        return {
            "type": "merged",
            "assessors": [a.assessor.name or f"Assessor {n}" for n, a in enumerate(chosen, 1)],
            "rows": [asdict(row) for row in compared],
            "agreement": None if figures is None else _figures(figures),
        }

    def _feedback(self, message: Message) -> Message:
        return self._desk.answer(message, self._open_session().model)

    # --- what is sent ------------------------------------------------------------

    def _open_session(self) -> EditingSession:
        if self._session is None:
            raise AssessmentError("No assessment is open. Reload the page and choose one.")
        return self._session

    def _opened(self) -> Message:
        session = self._open_session()
        assessment, model = session.assessment, session.model
        self._sent = standing(assessment, model)
        self._asked = [extension.id for extension in session.extensions]
        return {
            "type": "opened",
            "id": assessment.id,
            "mode": str(assessment.mode),
            "form": form(model, pages(model, assessment.mode, session.extensions)),
            "extensions": _extensions(model.version),
            "codes": _codes(),
            "values": {target: values(assessment, target) for target in targets(assessment)},
            "standing": self._sent,
            **_status(session, self._workspace),
        }

    def _saved(self, outcome: Outcome) -> Message:
        session = self._open_session()
        present = standing(session.assessment, session.model)
        difference = changed_parts(self._sent, present)
        self._sent = present
        if [e.id for e in session.extensions] != self._asked:  # one was switched on or off
            return {**self._opened(), **_outcome(session, outcome)}
        return {
            "type": "saved",
            "standing": difference,
            **_status(session, self._workspace),
            **_outcome(session, outcome),
        }


def exported(assessment: Assessment, model: Model, kind: str) -> tuple[str, str, bytes, list[str]]:
    """
    Write an assessment in one of the formats of ``pkimm export``.

    Returns
    -------
    tuple of str, str, bytes, list of str
        File name, media type, content, and what the format cannot hold.

    Raises
    ------
    AssessmentError
        If there is no such format.
    """
    name = f"pkimm-{assessment.date or 'undated'}-{assessment.id[:8]}"
    if kind == "json":
        return name + SUFFIX, "application/json", assessment.dumps(), []
    if kind in {"link", "yaml"}:
        from pkimm_analytics.loaders import web_tool

        if kind == "link":
            link = web_tool.write_link(assessment, model)
            return name + ".txt", "text/plain", link.encode(), web_tool.dropped_by_link(assessment)
        text = web_tool.write_yaml_export(assessment, model)
        dropped = web_tool.dropped_by_yaml(assessment)
        return name + ".yaml", "text/yaml", text.encode(), dropped
    if kind in {"csv", "xlsx"}:
        from pkimm_analytics.loaders import tabular

        if kind == "xlsx":
            media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            return name + ".xlsx", media, tabular.write_xlsx([assessment]), []
        dropped = tabular.dropped_by_csv(assessment, "long")
        content = tabular.write_csv([assessment], layout="long")
        return name + ".csv", "text/csv", content, list(dropped)
    raise AssessmentError("There is no such format; choose json, link, yaml, xlsx or csv.")


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Parts of a document that changed; of mappings of mappings, only the changed entries.

    Examples
    --------
    >>> before = {"a": 1, "b": {"x": {}, "y": {"n": 1}}}
    >>> changed_parts(before, {"a": 1, "b": {"x": {}, "y": {"n": 2}}})
    {'b': {'y': {'n': 2}}}
    """
    result: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name)
        if value == old:
            continue
        if name != "overall" and isinstance(value, dict) and isinstance(old, dict):
            result[name] = {key: part for key, part in value.items() if part != old.get(key)}
        else:
            result[name] = value
    return result


def _outcome(session: EditingSession, outcome: Outcome) -> Message:
    changed = dict.fromkeys([*outcome.changed, *(c.edit.target for c in outcome.conflicts)])
    return {
        "changed": {target: values(session.assessment, target) for target in changed},
        "elsewhere": list(outcome.from_elsewhere),
        "conflicts": [_conflict(conflict) for conflict in outcome.conflicts],
        "refused": [_refusal(problem) for problem in outcome.refused],
    }


def _status(session: EditingSession, workspace: Workspace) -> Message:
    assessment = session.assessment
    seal = assessment.extra.get("locked")
    path = workspace.find(assessment.id)
    return {
        "revision": revision(session.assessment),
        "undo": session.undo_label,
        "file": path.name if path else "",
        "locked": seal if is_locked(assessment) else None,
        "intact": is_intact(assessment),
    }


def _conflict(conflict: Conflict) -> Message:
    return {
        "target": conflict.edit.target,
        "mine": dict(conflict.edit.after),
        "present": dict(conflict.present),
    }


def _failure(error: PkimmError) -> Message:
    lines = [error.message, *map(str, error.problems)]
    problems = [_refusal(one) for one in error.problems]
    return {"message": " ".join(lines), "summary": error.message, "problems": problems}


def _file(written: Any) -> Message:
    content = base64.b64encode(written.content).decode()
    return {"name": written.name, "media_type": written.media_type, "content": content}


def _refusal(problem: Problem) -> Message:
    return {"where": problem.where, "message": problem.message}


def _figures(figures: Any) -> Message:
    return {
        "alpha": figures.alpha,
        "kappas": [{"pair": list(pair), "kappa": k} for pair, k in figures.kappas.items()],
        "n_compared": figures.n_compared,
        "n_equal": figures.n_equal,
    }


def _distinct(every: Iterable[Model]) -> list[Model]:
    """Newest first; an edition in two wordings is one choice."""
    return list({model.digest: model for model in every}.values())[::-1]


def _edition(model: Model) -> Message:
    return {"digest": model.digest, "version": model.version, "name": str(model.edition)}


def _extensions(version: str | None = None) -> list[Message]:
    return [
        {"id": e.id, "name": e.name, "version": e.version, "compatibility": list(e.compatibility)}
        for e in extensions()
        if version is None or version in e.compatibility
    ]


def _codes() -> dict[str, list[list[str]]]:
    return {name: [[c, label(name, c)] for c in profile_codes(name)] for name in ATTRIBUTES}


__all__ = ["Questionnaire", "changed_parts", "exported"]
