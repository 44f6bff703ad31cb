"""
The questionnaire: drafts, scope, questions page by page, and what comes after the last one.

Every answer is stored as it is given; what is shown is always what is stored. Who
changes what somebody else changed meanwhile is asked. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.assessment import Assessment, Mode, State
from pkimm_analytics.edits import Conflict, Edit, values
from pkimm_analytics.errors import AssessmentError, PkimmError, Problem
from pkimm_analytics.missing import findings, state_of
from pkimm_analytics.model import NEWEST, category_of, extensions, load_model, models
from pkimm_analytics.organization import ATTRIBUTES
from pkimm_analytics.questionnaire import Page as Sheet
from pkimm_analytics.questionnaire import pages, questions
from pkimm_analytics.render.html import fragment
from pkimm_analytics.scoring import score
from pkimm_analytics.session import EditingSession, Outcome, is_locked
from pkimm_analytics.views import results, scores
from pkimm_analytics.widgets import assessors
from pkimm_analytics.widgets.assess_parts import (
    Shown,
    countries,
    finish,
    place_of,
    question,
    scope,
    start,
)
from pkimm_analytics.widgets.handover import (
    contribution_file,
    prepared,
    preview_document,
    report_menu,
    save_report,
)
from pkimm_analytics.widgets.page import Page, address_of, button
from pkimm_analytics.widgets.result import Result
from pkimm_analytics.workspace import Workspace, default_workspace


class Questionnaire(Page):
    """
    A questionnaire that stores every answer at once.

    Parameters
    ----------
    workspace : Path or str, optional
        Folder that keeps the assessments; :func:`.workspace.default_workspace` if it
        is not given.
    mode : {"self", "full"}
        What is proposed for a new assessment: rate categories, or requirements.
    edition : str
        Version of the model that is proposed.
    id : str, optional
        Go on with this assessment instead of asking which one.
    release : Path or str, optional
        Release, or a folder of them, to compare the result with.

    Examples
    --------
    >>> form = Questionnaire("workspace", mode="full")  # doctest: +SKIP
    >>> form.assessment  # doctest: +SKIP
    """

    title = "Assess"

    def __init__(
        self,
        workspace: Path | str | None = None,
        *,
        mode: Mode | str = Mode.SELF,
        edition: str = NEWEST,
        id: str | None = None,  # noqa: A002  # the word that the assessment itself uses
        release: Path | str | None = None,
    ) -> None:
        if mode not in list(Mode):
            raise AssessmentError("The mode of a questionnaire is 'self' or 'full'.")
        super().__init__()
        self._workspace = Workspace(Path(workspace) if workspace else default_workspace())
        self.place = self._workspace.folder.name
        self._release = Path(release) if release else None
        self._mode, self._edition = Mode(mode), load_model(edition).digest
        self._session = EditingSession.resume(self._workspace, id) if id else None
        self._seen: dict[str, dict[str, Any]] = {}  # what the page shows of each target
        self._pending: dict[str, dict[str, Any]] = {}  # what waits for its reason
        self._conflicts: dict[str, Conflict] = {}
        self._preview: dict[str, Any] | None = None
        self._round: assessors.Round | None = None

    @property
    def assessment(self) -> Assessment | None:
        """The assessment as it is stored, None before one was begun or chosen."""
        return self._session.assessment if self._session else None

    # --- what is shown ------------------------------------------------------------------

    def content(self) -> h.Node:
        """Show the start, or the chosen step of the assessment that is open."""
        wanted = self.address.get("assessment")
        if wanted and (self._session is None or self._session.assessment.id != wanted):
            self._open(wanted)
        if self._session is None:
            return start(self._workspace.latest(), self._mode, self._edition, self.words)
        self._session.sync()
        return self._step(self._session)

    def _open(self, id_: str) -> None:
        self._session = None
        self._forget()
        self._session = EditingSession.resume(self._workspace, id_)

    def _forget(self) -> None:
        self._seen, self._pending, self._conflicts = {}, {}, {}
        self._preview = self._round = None

    def _step(self, session: EditingSession) -> h.Node:
        laid_out = self._sheets(session)
        say = self.words.word
        names = {"scope": say("assess.scope"), **{s.id: f"{s.label} {s.title}" for s in laid_out}}
        names |= {"assessors": say("assess.assessors"), "finish": say("assess.finish")}
        step = self.address.get("step", "")
        chosen = step if step in names else next(iter(names)) if not step else "finish"
        sheet = next((s for s in laid_out if s.id == chosen), None)
        body: h.Node
        if sheet is not None:
            body = self._sheet(session, sheet)
        elif chosen == "scope":
            body = scope(self._shown(session), extensions())
        elif chosen == "assessors":
            body = self._assessors(session)
        else:
            body = self._finish(session)
        return [
            self._head(session),
            h.div(".pk-assess")[
                self._contents(session, laid_out, names, chosen),
                h.div[body, self._onward(list(names), names, chosen)],
            ],
        ]

    def _sheets(self, session: EditingSession) -> tuple[Sheet, ...]:
        return pages(session.model, session.assessment.mode, session.extensions)

    def _findings(self, session: EditingSession) -> list[Any]:
        return findings(session.assessment, session.model, session.extensions)

    def _shown(self, session: EditingSession) -> Shown:
        def seen(target: str) -> dict[str, Any]:
            self._seen[target] = values(session.assessment, target)
            return self._seen[target] | self._pending.get(target, {})

        return Shown(
            session.assessment,
            session.model,
            self.words,
            seen,
            self._pending.keys(),
            self._conflicts,
            is_locked=is_locked(session.assessment),
        )

    def _head(self, session: EditingSession) -> h.Node:
        a, model = session.assessment, session.model
        found = score(a, model)
        voice = scores.voice_of(found, self.language)
        undo, redo = session.undo_label, session.redo_label
        figure = scores.overall_figure(found, voice)
        stored = voice.say("assess.waits" if self._pending else "assess.stored")
        return h.div(".pk-head")[
            h.div[
                h.h1[scores.title(a, voice)],
                h.p[scores.subtitle(a, voice), " · ", stored],
            ],
            h.div(".pk-so-far")[fragment([figure])],
            h.div(".pk-acts")[
                button(voice.say("assess.undo", what=undo), "undo") if undo else None,
                button(voice.say("assess.redo", what=redo), "redo") if redo else None,
                h.a(".pk-button", href=address_of("results", assessment=a.id))[
                    voice.say("page.results")
                ],
                button(voice.say("assess.close"), "close"),
            ],
        ]

    def _contents(
        self,
        session: EditingSession,
        laid_out: tuple[Sheet, ...],
        names: Mapping[str, str],
        chosen: str,
    ) -> h.Node:
        def count(sheet: Sheet) -> str:
            open_ = [q for q in sheet.questions if _is_open(session.assessment, q.target)]
            n = len(sheet.questions)
            return f"{n - len(open_)}/{n}"

        counts = {sheet.id: count(sheet) for sheet in laid_out}
        items = (
            h.li[
                h.a(
                    href=self._place(step),
                    aria_current="step" if step == chosen else None,
                )[name, h.small[f" {counts[step]}"] if step in counts else None]
            ]
            for step, name in names.items()
        )
        title = self.words.word("assess.contents")
        return h.nav(".pk-contents", aria_label=title)[
            h.details(id="pk-contents", open=True)[h.summary[title], h.ol[items]]
        ]

    def _place(self, step: str) -> str:
        return place_of(self._session.assessment.id if self._session else "", step)

    def _onward(self, steps: list[str], names: Mapping[str, str], chosen: str) -> h.Node:
        at = steps.index(chosen)
        back = steps[at - 1] if at else ""
        on = steps[at + 1] if at + 1 < len(steps) else ""
        return h.p(".pk-links")[
            h.a(".pk-button", href=self._place(back))[f"← {names[back]}"] if back else None,
            h.a(".pk-link.pk-primary", href=self._place(on))[f"{names[on]} →"] if on else None,
        ]

    def _sheet(self, session: EditingSession, sheet: Sheet) -> h.Node:
        shown = self._shown(session)
        return [
            h.h2[f"{sheet.label} {sheet.title}"],
            h.p(".pk-soft")[sheet.text] if sheet.text else None,
            [question(one, sheet, shown) for one in sheet.questions],
        ]

    def _finish(self, session: EditingSession) -> h.Node:
        a = session.assessment
        result = Result(a, [a], {}, self._release, self.language)
        ending = results.ending(result.scores, result.peers, result.voice)
        before, has_peers = self._workspace.previous(a), self._release is not None
        report = report_menu(a, before, self.words, has_peers=has_peers)
        shown, missing = self._shown(session), self._findings(session)
        return finish(shown, fragment(ending), report, missing, self._preview)

    def _assessors(self, session: EditingSession) -> h.Node:
        a = session.assessment
        listed = [one for one in self._workspace.latest() if one.mode == a.mode]
        present = self._round.present if self._round else str(a.extra.get("present", ""))
        asked = questions(self._sheets(session))
        return [
            h.h2[self.words.word("assess.assessors")],
            assessors.choose(listed, present, self.words),
            assessors.compared(self._round, asked, a, self.words) if self._round else None,
        ]

    # --- what the user does -----------------------------------------------------------------

    def on_begin(self, value: str, _content: bytes | None) -> None:
        """Begin an assessment with what was said of the organization."""
        said = dict(parse_qsl(value))
        model = next((m for m in models() if m.digest == said.get("edition")), load_model())
        chosen = [e.id for e in extensions() if f"extension-{e.id}" in said]
        self._forget()
        self._session = EditingSession.start(
            self._workspace,
            mode=said.get("mode", self._mode),
            model=load_model(model.version, model.digest),
            extensions=chosen,
        )
        region = said.get("region", "")
        codes = countries(self.words)
        if region and region not in codes:
            self.say(self.words.word("assess.no_country", name=region[:60]))
        profile = {"region": codes.get(region, ""), "name": said.get("organization", "")}
        profile |= {name: said.get(name, "") for name in ATTRIBUTES if name != "region"}
        edits = [
            Edit("use_case", {}, {"name": said.get("name", "")}),
            Edit("organization", {}, {k: v for k, v in profile.items() if v}),
        ]
        self._did(self._session.edit([e for e in edits if any(e.after.values())], "the start"))
        first = self._sheets(self._session)[0].id
        self.move(assessment=self._session.assessment.id, step=first)

    def on_close(self, _value: str, _content: bytes | None) -> None:
        """Go back to the list."""
        self._session = None
        self._forget()
        self.move(assessment="", step="")

    def on_rate(self, value: str, _content: bytes | None) -> None:
        """Rate the question of the key: a level, a state, or nothing."""
        if value in {"1", "2", "3", "4", "5"}:
            after: dict[str, Any] = {"state": "rated", "level": int(value)}
        else:
            after = {"state": value, "level": None}
        self._change(after)

    def on_partial(self, value: str, _content: bytes | None) -> None:
        """Say that it applies only in part."""
        self._change({"partial": value == "yes"})

    def on_field(self, value: str, _content: bytes | None) -> None:
        """Store a text or a choice; the key is ``target|field``."""
        target, _, name = self.key.rpartition("|")
        after: Any = value
        if name == "evidenced_level":
            after = int(value) if value else None
        elif name == "flagged":
            after = value == "yes"
        elif target == "organization" and name == "region":
            after = countries(self.words).get(value, value)
        self.key = target
        self._change({name: after})

    def on_extension(self, value: str, _content: bytes | None) -> None:
        """Switch an extension on or off."""
        session = self._open_session()
        present = [e.id for e in session.assessment.extensions if e.id != self.key]
        chosen = [*present, self.key] if value == "yes" else present
        before = {"extensions": [e.id for e in session.assessment.extensions]}
        edit = Edit("assessment", before, {"extensions": chosen})
        self._did(session.edit([edit], "an extension"))

    def _change(self, after: dict[str, Any]) -> None:
        """Store a change of the key's target; one that lacks its reason waits for it."""
        session, target = self._open_session(), self.key
        wanted = self._pending.pop(target, {}) | after
        before = self._seen.get(target, {})
        if _lacks_reason(before | wanted) and "reason" not in after:
            self._pending[target] = wanted
            return
        edit = Edit(target, {k: v for k, v in before.items() if k in wanted}, wanted)
        self._did(session.edit([edit], self._label(session, target)))

    def _label(self, session: EditingSession, target: str) -> str:
        asked = questions(self._sheets(session)).get(target)
        return asked.label if asked else target.replace("_", " ")

    def _did(self, outcome: Outcome) -> None:
        self._conflicts |= {one.edit.target: one for one in outcome.conflicts}
        if outcome.refused:
            self.say(self.words.word("assess.refused"), outcome.refused)
        elif outcome.conflicts:
            self.say(self.words.word("assess.both"))
        elif outcome.from_elsewhere:
            self.say(self.words.word("assess.elsewhere", n=len(outcome.from_elsewhere)))

    def on_resolve(self, value: str, _content: bytes | None) -> None:
        """Keep mine or theirs where two changed the same."""
        found = self._conflicts.pop(self.key, None)
        if found is not None and value == "mine":
            edit = Edit(self.key, dict(found.present), dict(found.edit.after))
            session = self._open_session()
            self._did(session.edit([edit], self._label(session, self.key)))

    def on_undo(self, _value: str, _content: bytes | None) -> None:
        """Take the last step back, and say which."""
        self._pending.clear()
        self._stepped("assess.undone", self._open_session().undo())

    def on_redo(self, _value: str, _content: bytes | None) -> None:
        """Do again what was undone last, and say which."""
        self._pending.clear()
        self._stepped("assess.redone", self._open_session().redo())

    def _stepped(self, key: str, outcome: Outcome) -> None:
        self._did(outcome)
        if self.message is None and outcome.label:
            self.say(self.words.word(key, what=outcome.label), tone="good")

    def on_compare(self, value: str, _content: bytes | None) -> None:
        """Lay the ratings of several assessors side by side."""
        session, said = self._open_session(), parse_qsl(value)
        ids = [one for name, one in said if name == "id"]
        chosen = [EditingSession.resume(self._workspace, one).assessment for one in ids]
        present = dict(said).get("present", "")
        asked = list(questions(self._sheets(session)))
        self._round = assessors.laid_out(chosen, asked, present)

    def on_agree(self, value: str, _content: bytes | None) -> None:
        """Store what was agreed on a question."""
        session = self._open_session()
        if self._round is None or not value:
            return
        if not self._round.present.strip():
            self.say(self.words.word("assessors.who"))
            return
        category = category_of(self.key)
        if session.assessment.answer(category).state is State.NOT_APPLICABLE:
            name = session.model.name(category)
            self.say(self.words.word("assessors.category_out", name=name))
            return
        edit = assessors.consensus(self._round, self.key, value, session.clock().date())
        seen = Edit(edit.target, values(session.assessment, edit.target), edit.after)
        self._did(session.edit([seen], self._label(session, self.key)))

    def on_lock(self, _value: str, _content: bytes | None) -> None:
        """Close the assessment against edits, unless something required is missing."""
        session = self._open_session()
        missing = [f for f in self._findings(session) if f.required]
        if missing:
            problems = [Problem(f.target, f.message) for f in missing]
            self.say(self.words.word("assess.not_yet"), problems)
            return
        session.lock()
        self.say(self.words.word("assess.locked"), tone="good")

    def on_reopen(self, _value: str, _content: bytes | None) -> None:
        """Allow edits again."""
        self._open_session().reopen()

    # --- handing over -----------------------------------------------------------------------

    def on_report(self, value: str, _content: bytes | None) -> None:
        """Save a report."""
        save_report(self, self._workspace, self._open_session().assessment, value, self._release)

    def on_preview(self, value: str, _content: bytes | None) -> None:
        """Show every byte that would be contributed."""
        said = dict(parse_qsl(value))
        made = prepared(self._open_session().assessment, said)
        self._preview = preview_document(made) | {"ids": said}

    def on_contribute(self, _value: str, _content: bytes | None) -> None:
        """Save the contribution that was shown, and nothing else."""
        if self._preview is None:
            return
        made = prepared(self._open_session().assessment, self._preview["ids"])
        if preview_document(made)["digest"] != self._preview["digest"]:
            self._preview = None
            self.say(self.words.word("assess.look_again"))
            return
        written, receipt = contribution_file(made)
        self.offer(written.name, written.media_type, written.content)
        said = self.words.word("assess.contributed", name=written.name, receipt=receipt)
        self.say(said, tone="good")

    def _open_session(self) -> EditingSession:
        if self._session is None:
            raise PkimmError("No assessment is open. Choose one.")
        return self._session


def _is_open(assessment: Assessment, target: str) -> bool:
    return state_of(assessment, target) is State.UNANSWERED


def _lacks_reason(answer: Mapping[str, Any]) -> bool:
    needs = answer.get("state") == "not_applicable" or bool(answer.get("partial"))
    return needs and not str(answer.get("reason") or "").strip()


__all__ = ["Questionnaire"]
