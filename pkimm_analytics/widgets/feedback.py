"""
The feedback page: from a form export to the meeting pack, in a browser.

For the working group's analysts. The page holds what is chosen and calls the package
for everything else: comments are read and kept by :mod:`.comments`, figures come from
:mod:`.feedback`, documents from its exports. What the user can mend is shown as a
message with its places; nothing else is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback import open_feedback
from pkimm_analytics.feedback.items import Answered, answered, newest_of_each
from pkimm_analytics.feedback.ratings import newest_round
from pkimm_analytics.feedback.wording import ModelSource
from pkimm_analytics.model import NEWEST, load_model, models
from pkimm_analytics.widgets import feedback_decide as decide
from pkimm_analytics.widgets import feedback_import as taking
from pkimm_analytics.widgets import feedback_question_views as question_views
from pkimm_analytics.widgets import feedback_rating_views as rating_views
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.feedback_meeting import handed, meeting_view
from pkimm_analytics.widgets.feedback_take import Take
from pkimm_analytics.widgets.feedback_view import Setting, View, heading, select
from pkimm_analytics.widgets.intake import TOO_LARGE, notice
from pkimm_analytics.widgets.markup import Markup, joined, tag
from pkimm_analytics.widgets.section import CSV, Action
from pkimm_analytics.widgets.sections import Page
from pkimm_analytics.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

ALL_ROUNDS = "all rounds"
BY = "working group"

VIEWS: Mapping[str, tuple[str, Callable[[Setting], View]]] = {
    "overview": ("Overview", rating_views.overview),
    "ratings": ("Ratings", rating_views.rating_view),
    "roles": ("Roles", rating_views.role_view),
    "weights": ("Weights", rating_views.weight_view),
    "questions": ("Questions", question_views.question_view),
    "reliability": ("Reliability", question_views.reliability_view),
    "texts": ("Texts", question_views.text_view),
    "rounds": ("Rounds", question_views.round_view),
}
DECIDE, MEETING = "decide", "meeting"
OTHER_TITLES = {DECIDE: "Decide", MEETING: "Meeting"}


class FeedbackPage(Page):
    """
    A page on the feedback that a working group got, for Voila and JupyterLab.

    Parameters
    ----------
    folder : Path or str
        Feedback place. It may not exist yet.
    workspace : Path or str, optional
        Assessments that tell how the questions work, beside those that lie in the folder
        ``assessments`` of the feedback place.

    Examples
    --------
    >>> page = FeedbackPage("feedback")  # doctest: +SKIP
    """

    def __init__(self, folder: Path | str, workspace: Path | str | None = None) -> None:
        super().__init__()
        self._place = open_feedback(folder)
        folders = [self._place.folder, *([workspace] if workspace else [])]
        self._workspaces = [Workspace(Path(one)) for one in folders]
        self._answers: tuple[str, Answered | None] = ("", None)
        self._model = load_model(NEWEST)
        self._take = Take(self._place, self._model)
        self._round: str | None = None
        self._view = "overview"
        self._shown = View(Markup(""), Markup(""))
        self._choices: dict[str, str] = {}
        self._comment = ""
        self._start = 0
        self._draft: dict[str, str] = {}
        self._source: ModelSource | None = None
        self._narrow = False

        self._add = self._section(taking.panel(), tells_width=True)
        self._map = self._private()
        self._nav = self._section()
        self._top = self._section()
        self._chart = ChartBox()
        self._below = self._private()
        self.children = [
            self._add,
            self._map,
            self._messages,
            self._nav,
            self._top,
            self._chart,
            self._below,
        ]
        self._comments: pd.DataFrame | None = None
        # The page is there before the comments are read, which takes seconds if they are many.
        self._top.html = tag("p", "Reading the comments …", data_load="reload")

    # --- what the user does ----------------------------------------------------------

    def _act(self, action: Action) -> None:
        name, _, detail = action.name.partition(":")
        handlers: dict[str, Callable[[Action, str], None]] = {
            "choice": self._choose,
            "decide": self._decide,
            "draft": self._fill_in,
            "edition": self._change_edition,
            "filter": self._filter,
            "hand": self._hand,
            "import": self._import,
            "keep-contacts": self._keep_contacts,
            "leave": self._leave,
            "map": self._change_map,
            "narrow": self._fit,
            "paste": self._paste,
            "reload": lambda *_: self._read(),
            "comment": self._open_comment,
            "round": self._change_round,
            "save": self._save,
            "shown": lambda *_: self._show_again(),
            "take-round": self._change_take_round,
            "too-large": self._refuse_large,
            "turn": self._turn,
            "upload": self._upload,
            "uploaded": lambda *_: self._show_taken(),
            "view": self._change_view,
        }
        handler = handlers.get(name)
        if handler is not None:
            self._guarded(lambda: handler(action, detail))

    def _show_again(self) -> None:
        for part in (self._map, self._below):
            part.show(part.shown)

    def _fit(self, action: Action, _detail: str) -> None:
        self._narrow = action.value == "yes"
        self._show_view()

    # --- reading ----------------------------------------------------------------------

    def _read(self) -> None:
        """Read the place again; look at the newest round if the chosen one is gone."""
        self._top.html = ""
        self._comments = self._place.comments()
        rounds = set(self._comments["round"])
        if self._round not in rounds and self._round != ALL_ROUNDS:
            self._round = newest_round(self._comments)
        self._show_nav()
        self._show_view()

    def _setting(self) -> Setting:
        if self._comments is None:
            raise FeedbackError("The feedback could not be read.")
        round_ = None if self._round == ALL_ROUNDS else self._round
        answers = self._answered()
        return Setting(self._comments, round_, self._model, answers, self._choices, self._narrow)

    def _answered(self) -> Answered | None:
        """Assessments of all respondents at hand, read once for each edition."""
        digest, answers = self._answers
        if digest != self._model.digest:
            stored = [o.assessment for place in self._workspaces for o in place.stored([])]
            known = {model.digest for model in models()}
            usable = [one for one in stored if one.model.digest in known]
            answers = answered(newest_of_each(usable), self._model) if usable else None
            self._answers = (self._model.digest, answers)
        return answers

    # --- choosing ---------------------------------------------------------------------

    def _change_view(self, action: Action, _detail: str) -> None:
        if action.value in {*VIEWS, *OTHER_TITLES}:
            self._view = action.value
            self._messages.html = ""
            self._show_nav()
            self._show_view()
            self._top.focus("pk-view-title")

    def _change_round(self, action: Action, _detail: str) -> None:
        self._round = action.value
        self._start, self._comment = 0, ""
        self._show_view()

    def _change_edition(self, action: Action, _detail: str) -> None:
        found = [model for model in models() if model.digest == action.value]
        if found:
            self._model = load_model(found[-1].version, found[-1].digest)
            self._take.change_model(self._model)
            self._map.show(taking.proposals(self._take))
            self._show_view()

    def _choose(self, action: Action, detail: str) -> None:
        self._choices[detail] = action.value
        self._show_view()

    # --- bringing something in ---------------------------------------------------------

    def _upload(self, action: Action, _detail: str) -> None:
        if action.value.lower().endswith((".yaml", ".yml")) and action.content is not None:
            text = action.content.decode("utf-8", "replace")
            self._source = ModelSource(text, Path(action.value).name)
            self._messages.html = notice("The model's YAML is there for the diff.", bad=False)
        else:
            self._take.file(action.value, action.content)

    def _refuse_large(self, action: Action, _detail: str) -> None:
        self._take.refuse(
            action.value,
            f"{TOO_LARGE}pkimm feedback import FILE",
        )

    def _paste(self, action: Action, _detail: str) -> None:
        if not action.value.strip():
            self._messages.html = notice("There is nothing in the field to import.")
            return
        self._take.text(action.value)
        self._show_taken()

    def _change_map(self, action: Action, detail: str) -> None:
        self._take.change(detail, action.value)
        self._show_taken()

    def _change_take_round(self, action: Action, detail: str) -> None:
        self._take.change_round(detail, action.value)
        self._show_taken()

    def _keep_contacts(self, action: Action, _detail: str) -> None:
        self._take.keeps_contacts = action.value == "yes"

    def _show_taken(self) -> None:
        if self._take.sources or self._take.refused:
            self._messages.html = taking.refusals(self._take)
            self._take.refused.clear()
        elif self._view == MEETING:
            self._show_view()  # a model file was added
        self._map.show(taking.proposals(self._take))

    def _leave(self, _action: Action, _detail: str) -> None:
        self._take.clear()
        self._map.show("")

    def _import(self, _action: Action, _detail: str) -> None:
        report = self._take.keep()
        self._map.show("")
        self._add.clear_fields()
        self._messages.html = taking.report(report)
        self._round = report.round or self._round
        self._read()

    # --- deciding ---------------------------------------------------------------------

    def _filter(self, action: Action, detail: str) -> None:
        self._choices[detail] = action.value
        self._start = 0
        self._show_view()

    def _turn(self, action: Action, _detail: str) -> None:
        self._start = max(int(action.value), 0) if action.value.isdigit() else 0
        self._show_view()

    def _open_comment(self, action: Action, _detail: str) -> None:
        self._comment = action.value
        self._draft = {"by": self._draft.get("by", BY)}
        self._show_view()

    def _fill_in(self, action: Action, detail: str) -> None:
        self._draft[detail] = action.value
        if detail in {"disposition", "field", "element"}:
            self._show_view()  # other fields belong to it

    def _decide(self, action: Action, _detail: str) -> None:
        said = self._draft.get("disposition", "accepted")
        wanted = decide.fields_of(said)
        given = {n: self._draft[n].strip() for n in wanted if self._draft.get(n, "").strip()}
        self._place.decide(action.value, said, by=self._draft.get("by", BY).strip(), **given)
        self._comment, self._draft = "", {"by": self._draft.get("by", BY)}
        self._messages.html = notice(f"Recorded: {said}.", bad=False)
        self._show_view()
        self._top.focus("pk-view-title")

    # --- showing ----------------------------------------------------------------------

    def _show_nav(self) -> None:
        comments = self._comments
        if comments is None or comments.empty:
            self._nav.html = ""
            return
        rounds = [(r, r) for r in sorted(comments["round"].unique(), reverse=True)]
        rounds.append((ALL_ROUNDS, ALL_ROUNDS))
        editions = {model.digest: str(model.edition) for model in models()}
        titles = {**{name: title for name, (title, _) in VIEWS.items()}, **OTHER_TITLES}
        buttons = [
            tag(
                "button",
                title,
                type="button",
                id=f"pk-view-{name}",
                data_action="view",
                data_value=name,
                aria_current="page" if name == self._view else None,
            )
            for name, title in titles.items()
        ]
        self._nav.html = joined(
            [
                tag(
                    "p",
                    select("pk-round", "Round", rounds, self._round or "", "round"),
                    select(
                        "pk-edition",
                        "Edition",
                        list(editions.items())[::-1],
                        self._model.digest,
                        "edition",
                    ),
                    tag("button", "Read again", type="button", data_action="reload"),
                    class_="pk-row",
                ),
                tag("nav", *buttons, class_="pk-row pk-views", aria_label="Views"),
                tag("p", class_="pk-soft pk-busy", data_status=True, role="status"),
            ]
        )

    def _show_view(self) -> None:
        if self._comments is None:
            return  # about to be read, or damaged
        if self._comments.empty:
            self._top.html = taking.empty(self._place.folder)
            self._chart.show(None)
            self._below.show("")
            return
        self._shown = self._drawn()
        self._top.html = self._shown.top
        self._chart.show(self._shown.figure)
        self._below.show(self._shown.below)

    def _drawn(self) -> View:
        try:
            if self._view == DECIDE:
                return self._decide_view()
            if self._view == MEETING:
                return meeting_view(self._setting(), self._place.current(), self._source)
            return VIEWS[self._view][1](self._setting())
        except ModuleNotFoundError as error:
            needed = f"This view needs a further package ({error.name}):"
            install = tag("code", "pip install 'pkimm-analytics[feedback]'")
            return View(heading("Not installed", needed), install)

    def _decide_view(self) -> View:
        setting = self._setting()
        names = setting.names
        decided = self._place.current()
        said = setting.said
        rows = decide.to_decide(said, decided, self._choices)
        used = sorted(set(said["element"]), key=_order(list(names)))
        parts = [decide.comment_list(rows, names, self._comment, self._start)]
        chosen = rows_of(said[said["id"] == self._comment])
        if chosen:
            history = self._place.history(self._comment)
            parts.append(decide.decision_form(chosen[0], names, self._model, self._draft, history))
        top = decide.filters(rows, self._choices, used, names)
        return View(top, joined(parts), None, {"comments.csv": rows})

    # --- taking something away ----------------------------------------------------------

    def _save(self, action: Action, _detail: str) -> None:
        from pkimm_analytics.overview import table_csv

        table = self._shown.tables.get(action.value)
        if table is not None:
            self._below.offer(action.value, CSV, table_csv(table))

    def _hand(self, _action: Action, detail: str) -> None:
        file = handed(detail, self._setting(), self._place.current(), self._source)
        self._below.offer(file.name, file.media_type, file.content)


def _order(keys: list[str]) -> Callable[[str], Any]:
    places = {key: place for place, key in enumerate(keys)}
    return lambda key: (places.get(key, len(places)), key)


__all__ = ["FeedbackPage"]
