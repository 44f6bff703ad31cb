"""
The feedback page: what needs a decision, what it rests on, and what goes to the meeting.

For the working group's analysts; it quotes respondents and stays on this computer. Views
come from :mod:`pkimm_analytics.views.feedback`; the page holds what is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback import DISPOSITIONS, Feedback, open_feedback
from pkimm_analytics.feedback.decision import CHANGES
from pkimm_analytics.feedback.editions import edition_of
from pkimm_analytics.feedback.findings import findings
from pkimm_analytics.feedback.items import Answered, answered, newest_of_each
from pkimm_analytics.feedback.ratings import newest_round, of_round
from pkimm_analytics.feedback.summary import rows_of, summarize
from pkimm_analytics.feedback.tracing import accepted_changes, wanted_changes
from pkimm_analytics.feedback.wording import ModelSource
from pkimm_analytics.model import NEWEST, Model, load_model, models
from pkimm_analytics.render.documents import FORMATS, render
from pkimm_analytics.render.html import fragment
from pkimm_analytics.render.markdown import markdown
from pkimm_analytics.reports.issues import issues
from pkimm_analytics.views import feedback as views
from pkimm_analytics.views.view import Heading, Row
from pkimm_analytics.widgets.feedback_take import Take, pending
from pkimm_analytics.widgets.page import Page, button, choice, drop_zone, menu, tabs, text_field
from pkimm_analytics.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

TABS = ("findings", "ratings", "themes", "weights", "questions", "comments", "round")
FORMS = {"html": "HTML", "pdf": "PDF", "docx": "Word", "md": "Markdown"}
MANNERS = ("add", "phrase", "text")
GROUP = "working group"
MOST_SHOWN = 50
"""Comments that are listed at a time."""
CARDS_BESIDE = 2


class Round:
    """One round with its views, and what it was made from, to notice that it is old."""

    def __init__(
        self, state: tuple[Any, ...], everything: pd.DataFrame, say: views.Sayings
    ) -> None:
        self.state, self.everything, self.say = state, everything, say
        self.summary, self.model, self.name = say.summary, say.model, say.summary.round


class FeedbackPage(Page):
    """
    A page on the feedback that a working group got, for Voila, JupyterLab and notebooks.

    Parameters
    ----------
    folder : Path or str
        Feedback folder. It may not exist yet.
    workspace : Path or str, optional
        Assessments that tell how the questions work, beside those that lie in the folder
        ``assessments`` of the feedback folder.

    Examples
    --------
    >>> page = FeedbackPage("feedback")  # doctest: +SKIP
    """

    def __init__(self, folder: Path | str, workspace: Path | str | None = None) -> None:
        super().__init__()
        self._folder: Feedback = open_feedback(folder)
        folders = [self._folder.folder, *([workspace] if workspace else [])]
        self._workspaces = [Workspace(Path(one)) for one in folders]
        self._take = Take(self._folder, load_model(NEWEST), self._word)
        self._source: ModelSource | None = None
        self._round: Round | None = None
        self._chosen: frozenset[str] = frozenset()
        self._is_all = False
        self._read_diff = ""
        self._typed: dict[str, str] = {}  # what waits for the diff to be read

    def _word(self, key: str, **values: object) -> str:
        return self.words.word(f"feedback.{key}", **values)

    # --- what is shown -----------------------------------------------------------------

    def content(self) -> h.Node:
        """Return findings first; import folds away once there is a round."""
        self.title = self._word("page")
        zone = drop_zone(
            *(self._word(f"page.{name}") for name in ("drop", "choose", "paste", "import"))
        )
        waiting = pending(self._take)
        try:
            comments = self._folder.comments()
        except FeedbackError as error:
            return h.div(".pk-bad")[str(error)]
        if comments.empty:
            head = h.div(".pk-head")[h.h1[self._word("page.nothing")]]
            return [head, h.p[self._word("page.import_first")], zone, waiting]
        shown = self._read(comments)
        tab = self.address.get("tab", "")
        tab = tab if tab in TABS else "findings"
        names = shown.say.words_of("tab", TABS)
        edition = self.address.get("edition", "")
        return [
            self._head(shown, zone),
            waiting,
            tabs(names, tab, round=shown.name, edition=edition),
            self._part(tab, shown),
        ]

    def _part(self, tab: str, shown: Round) -> h.Node:
        say = shown.say
        parts: Mapping[str, Sequence[Callable[..., views.Blocks]]] = {
            "ratings": (views.clarity_chart, views.least_clear, views.split),
            "themes": (views.themes, views.repeated),
            "weights": (views.weights,),
            "questions": (views.questions,),
            "round": (
                views.facts,
                partial(views.changed, everything=shown.everything),
                views.who_answered,
                views.decided,
            ),
        }
        if tab not in parts:
            return self._comments(shown) if tab == "comments" else self._findings(shown)
        blocks = [block for part in parts[tab] for block in part(say)]
        return fragment(blocks) if blocks else h.p[self._word("page.add_assessments")]

    def _read(self, comments: pd.DataFrame) -> Round:
        """Analyze the round of the address, unless that is at hand already."""
        wanted = self.address.get("round", "")
        name = wanted if wanted in set(comments["round"]) else str(newest_round(comments))
        edition = self.address.get("edition") or edition_of(of_round(comments, name)) or NEWEST
        left_out, n_decisions = self._folder.left_out(), len(self._folder.decisions())
        state = (name, edition, len(comments), n_decisions, left_out)
        if self._round is None or self._round.state != state:
            model = load_model(edition)
            self._take.change_model(model)
            summary = summarize(
                comments,
                model,
                round_=name,
                answers=self._answers(model),
                current=self._folder.current(),
                leave_out=left_out,
            )
            self._round = Round(state, comments, views.Sayings(summary, self.language))
        if self._round.say.language.code != self.language:
            self._round.say = views.Sayings(self._round.summary, self.language)
        return self._round

    def _answers(self, model: Model) -> Answered | None:
        problems: list[Problem] = []
        stored = [one.assessment for w in self._workspaces for one in w.stored(problems)]
        known = {one.digest for one in models()}
        usable = [one for one in stored if one.model.digest in known]
        return answered(newest_of_each(usable), model) if usable else None

    def _at_hand(self) -> Round:
        return self._read(self._folder.comments())

    def _changes(self, shown: Round) -> tuple[list[Any], list[Any]]:
        return accepted_changes(shown.everything, self._folder.current())

    def _head(self, shown: Round, zone: h.Node) -> h.Node:
        covered, word = shown.summary.coverage, self._word
        rounds = {r: r for r in sorted(shown.everything["round"].unique(), reverse=True)}
        editions = {m.version: f"PKIMM {m.version}" for m in models()}
        now = {"round": (rounds, shown.name), "edition": (editions, shown.model.version)}
        packs = [button(f"{word('page.pack')}, {text}", "pack", f) for f, text in FORMS.items()]
        below = word(
            "page.below",
            respondents=covered.n_respondents,
            comments=covered.n_comments,
            texts=covered.n_texts,
            editions=shown.say.listed(list(shown.summary.editions["edition"])),
        )
        quotes = h.p[word("page.quotes")]
        return h.div(".pk-head")[
            h.div[h.h1[word("page.round", round=shown.name)], h.p[below]],
            h.div(".pk-acts")[
                (
                    choice(n, word(f"page.{n}"), options, one, action=n, is_labelled=False)
                    for n, (options, one) in now.items()
                ),
                menu(word("page.meeting_pack"), quotes, packs, name="pack", is_main=True),
                menu(word("page.export"), self._exports(shown), name="export"),
                menu(word("page.import"), zone, name="import"),
            ],
        ]

    def _exports(self, shown: Round) -> h.Node:
        word, (wording, weights) = self._word, self._changes(shown)
        diff = button(word("page.export_diff", n=len(wording)), "export", "diff")
        return [
            h.p[word("page.n_changes", n=len(wording + weights))],
            None if self._source else h.p[word("page.drop_model")],
            button(word("page.export_issues"), "export", "issues"),
            button(word("page.export_weights"), "export", "weights"),
            diff if self._source and wording else None,
            h.p[word("page.for_everybody")],
            button(word("page.export_page"), "export", "public.html"),
            button(word("page.export_figures"), "export", "public.json"),
        ]

    def _findings(self, shown: Round) -> h.Node:
        cards = views.finding_cards(shown.say, self._folder.current())
        rows = [Row(cards[i : i + CARDS_BESIDE]) for i in range(0, len(cards), CARDS_BESIDE)]
        n = shown.summary.n_left_out
        again = button(self._word("page.count_again"), "count_again")
        return [
            fragment([Heading(self._word("page.lead" if cards else "findings.none"))]),
            h.p[self._word("page.left_out", n=n), " ", again] if n else None,
            fragment(rows),
            fragment([*views.rate_of_alarms(shown.say)]),
        ]

    # --- comments and decisions ----------------------------------------------------------

    def _comments(self, shown: Round) -> h.Node:
        say, states = shown.say, shown.summary.dispositions
        rows = [
            row
            for row in rows_of(states)
            if (self._is_all or row.disposition == "open") and say.text(row.id)
        ]
        rows.sort(key=lambda row: row.id not in self._chosen)
        names = ("", *self._word("undecided.head").split(" | "))
        head = h.tr[(h.th(scope="col")[name] for name in names)]
        more = len(rows) - MOST_SHOWN
        switch = self._word("page.open_only" if self._is_all else "page.decided_too")
        return h.form[
            self._decision_form(shown),
            h.p[button(switch, "all")],
            h.div(".pk-scroll", tabindex="0", role="region", aria_label=self._word("tab.comments"))[
                h.table(".pk-table")[
                    h.thead[head], h.tbody[(self._row(say, row) for row in rows[:MOST_SHOWN])]
                ]
            ],
            h.p[self._word("more", n=more)] if more > 0 else None,
        ]

    def _row(self, say: views.Sayings, row: Any) -> h.Node:
        short, text = row.id[:8], say.text(row.id)
        box = h.input(
            type="checkbox",
            name="comment",
            value=row.id,
            id=f"pk-c-{short}",
            checked=row.id in self._chosen,
            aria_label=self._word("page.choose_comment", id=short),
        )
        cut = button(self._word("page.split"), "split", row.id) if "\n\n" in text else None
        said = say.decision(row) if row.disposition != "open" else ""
        return h.tr[
            h.td[box],
            h.td[h.code[short], h.br, said],
            h.td[say.element(row.element)],
            h.td[views.kind_word(say, row.kind)],
            h.td(".pk-text")[text, cut],
        ]

    def _decision_form(self, shown: Round) -> h.Node:
        word, say = self._word, shown.say
        keys = [*shown.model.categories, *shown.model.requirements]
        elements = {"": word("page.as_commented")} | {key: say.element(key) for key in keys}
        options = say.words_of("state", DISPOSITIONS)
        fields = {"": word("page.changes_nothing"), **{c: c for c in CHANGES}}
        manners = say.words_of("manner", MANNERS)

        def text(name: str, value: str = "") -> h.Element:
            value = self._typed.get(name, value)
            return text_field(name, word(f"page.decide.{name}"), value)

        def chosen(name: str, known: Mapping[str, str], value: str) -> h.Element:
            value = self._typed.get(name, value)
            return choice(name, word(f"page.decide.{name}"), known, value)

        return h.fieldset[
            h.legend[word("page.decide_chosen")],
            h.div(".pk-fields")[
                chosen("disposition", options, "accepted"),
                (text(name) for name in ("reason", "duplicate_of", "edition", "link")),
                chosen("element", elements, ""),
                text("by", GROUP),
            ],
            h.details(id="pk-change", open=bool(self._typed))[
                h.summary[word("page.change")],
                h.div(".pk-fields")[
                    chosen("field", fields, ""), chosen("manner", manners, "add"), text("phrase")
                ],
                h.label(".pk-field")[
                    h.span[word("page.decide.value")],
                    h.textarea(name="value", id="pk-value")[self._typed.get("value")],
                ],
            ],
            self._diff_to_confirm(),
            button(word("page.record"), "decide", data_form="", class_="pk-button pk-primary"),
        ]

    def _diff_to_confirm(self) -> h.Node:
        if not self._read_diff:
            return None
        return h.div(".pk-notice")[h.p[self._word("page.confirm")], h.pre[self._read_diff]]

    def on_choose(self, value: str, _content: bytes | None) -> None:
        """Choose the comments behind a finding, to decide about them together."""
        listed = findings(self._at_hand().summary)
        if value.isdigit() and int(value) < len(listed):
            decided = self._folder.current()
            ids = listed[int(value)].comments
            self._chosen = frozenset(id_ for id_ in ids if id_ not in decided)
            self.move(tab="comments")

    def on_all(self, _value: str, _content: bytes | None) -> None:
        """Show decided comments too, or open ones only."""
        self._is_all = not self._is_all

    def on_decide(self, value: str, _content: bytes | None) -> None:
        """Record one decision about every comment that is ticked."""
        said = parse_qsl(value)
        ids = [v for name, v in said if name == "comment"]
        given = {name: v.strip() for name, v in said if name != "comment" and v.strip()}
        if not ids:
            raise FeedbackError(self._word("page.tick_one"))
        if not given.get("field") or given["field"] == "weight":
            given.pop("manner", None)
        entries = [{"comment": id_, **given} for id_ in ids if id_ != given.get("duplicate_of")]
        if given.get("manner") == "text" and not self._is_read(entries):
            self._chosen, self._typed = frozenset(ids), given
            self.say(self._word("page.read_diff"))
            return
        decisions = self._folder.decide_all(entries)
        self._chosen, self._read_diff, self._typed = frozenset(), "", {}
        state = self._word(f"state.{decisions[0].disposition}")
        self.say(self._word("page.recorded", n=len(decisions), state=state), tone="good")

    def _is_read(self, entries: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the diff of a whole text stood on the page when it was decided; show it else."""
        if self._source is None:
            raise FeedbackError(self._word("page.diff_first"))
        changes = wanted_changes(entries, {c.id: c.element for c in self._folder.stored()})
        diff = self._source.diff(list(dict.fromkeys(changes)))
        was_read, self._read_diff = diff == self._read_diff, diff
        return was_read

    def on_split(self, value: str, _content: bytes | None) -> None:
        """Split a comment at its blank lines."""
        text = self._at_hand().say.text(value)
        parts = [part.strip() for part in text.split("\n\n") if part.strip()]
        self._folder.split(value, parts, by=GROUP)
        self.say(self._word("page.was_split", n=len(parts)), tone="good")

    def on_leave_out(self, value: str, _content: bytes | None) -> None:
        """Leave out the respondents that have a flag."""
        flagged = self._at_hand().summary.flagged
        for respondent in flagged[flagged["flag"] == value]["respondent"]:
            self._folder.leave_out(respondent, by=GROUP)

    def on_count_again(self, _value: str, _content: bytes | None) -> None:
        """Let everybody who was left out count again."""
        for respondent in self._folder.left_out():
            self._folder.leave_out(respondent, by=GROUP, out=False)

    # --- choosing and bringing something in -----------------------------------------------

    def on_round(self, value: str, _content: bytes | None) -> None:
        """Look at another round."""
        self.move(round=value, edition="")

    def on_edition(self, value: str, _content: bytes | None) -> None:
        """Give figures of another edition."""
        self.move(edition=value)

    def on_upload(self, value: str, content: bytes | None) -> None:
        """Take one file: a source of feedback, or the model's YAML."""
        if value.lower().endswith((".yaml", ".yml")) and content is not None:
            self._source = ModelSource(content.decode("utf-8", "replace"), Path(value).name)
            self.say(self._word("page.model_there"), tone="good")
        else:
            self._take.file(value, content)

    def on_too_large(self, value: str, _content: bytes | None) -> None:
        """Say how a large file is imported."""
        self._take.refuse(value, self._word("page.too_large"))

    def on_paste(self, value: str, content: bytes | None) -> None:
        """Take pasted text: a document, a table, or the text of an issue."""
        self._take.file(self._word("page.pasted"), value.encode("utf-8", "replace"))
        self.on_uploaded(value, content)

    def on_uploaded(self, _value: str, _content: bytes | None) -> None:
        """Say what could not be read."""
        for text, problems in self._take.refused:
            self.say(text, problems)
        self._take.refused.clear()

    def on_map(self, value: str, _content: bytes | None) -> None:
        """Correct the map of a form: ``source.column=field`` or ``source.word.number=code``."""
        where, _, to = value.partition("=")
        self._take.change(where, to)

    def on_take_round(self, value: str, _content: bytes | None) -> None:
        """Set the round of all that waits."""
        self._take.change_round(value.strip())

    def on_contacts(self, value: str, _content: bytes | None) -> None:
        """Keep contacts, or forget them."""
        self._take.keeps_contacts = value == "yes"

    def on_forget(self, _value: str, _content: bytes | None) -> None:
        """Forget what waits."""
        self._take.clear()

    def on_import(self, _value: str, _content: bytes | None) -> None:
        """Add what waits to the feedback."""
        added, newest = self._take.keep()
        text = self._word("page.added", n=added.added, known=added.known)
        self.say(text, tone="good" if added.added else "notice")
        self.move(round=newest, tab="findings")

    # --- taking something away --------------------------------------------------------------

    def on_pack(self, value: str, _content: bytes | None) -> None:
        """Save the meeting pack."""
        shown = self._at_hand()
        if value in FORMATS:
            pack = views.pack(shown.summary, shown.everything, self.language)
            self.offer(f"meeting-pack-{shown.name}.{value}", FORMATS[value], render(pack, value))

    def on_export(self, value: str, _content: bytes | None) -> None:
        """Save issues, changes, or what may be published."""
        shown = self._at_hand()
        wording, weights = self._changes(shown)
        if value == "issues":
            written = issues(shown.everything, self._folder.current(), shown.model)
            text = "\n\n---\n\n".join(issue.to_markdown().strip() for issue in written)
            self.offer("issues.md", FORMATS["md"], f"{text}\n".encode())
        elif value == "weights":
            view = views.weight_changes(weights, shown.summary.weights, shown.model)
            self.offer("weights.md", FORMATS["md"], markdown(view).encode())
        elif value == "diff" and self._source is not None:
            self.offer("wording.diff", "text/x-diff", self._source.diff(wording).encode())
        elif value.startswith("public."):
            self._publish(shown, value.removeprefix("public."))

    def _publish(self, shown: Round, form: str) -> None:
        from pkimm_analytics.disclosure import load_policy
        from pkimm_analytics.disclosure.feedback import public_summary

        left_out = list(self._folder.left_out())
        kept = shown.everything[~shown.everything["respondent"].isin(left_out)]
        document = public_summary(kept, shown.model, load_policy(), shown.name)
        name = f"feedback-{shown.name}.{form}"
        if form == "html":
            view = views.published(document, shown.model, self.language)
            self.offer(name, FORMATS[form], render(view, form))
        else:
            content = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
            self.offer(name, "application/json", content.encode())
