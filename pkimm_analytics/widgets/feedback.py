"""
The feedback page: what needs a decision, what it rests on, and what goes to the meeting.

For the working group's analysts; it quotes respondents and stays on this computer. Views
come from :mod:`pkimm_analytics.views.feedback`; the page holds what is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.feedback import DISPOSITIONS, open_feedback
from pkimm_analytics.feedback.decision import CHANGES, Decision
from pkimm_analytics.feedback.editions import edition_of
from pkimm_analytics.feedback.findings import findings
from pkimm_analytics.feedback.items import Answered, answered, newest_of_each
from pkimm_analytics.feedback.ratings import newest_round, of_round
from pkimm_analytics.feedback.summary import Summary, rows_of, summarize
from pkimm_analytics.feedback.tracing import accepted_changes
from pkimm_analytics.feedback.wording import ModelSource
from pkimm_analytics.model import NEWEST, Model, load_model, models
from pkimm_analytics.render.documents import FORMATS, render
from pkimm_analytics.render.html import fragment
from pkimm_analytics.render.markdown import markdown
from pkimm_analytics.reports.issues import issues
from pkimm_analytics.views import feedback as views
from pkimm_analytics.views.view import Block, Heading, Row
from pkimm_analytics.widgets.feedback_take import Take, pending
from pkimm_analytics.widgets.page import (
    Page,
    button,
    choice,
    drop_zone,
    menu,
    tabs,
    text_field,
)
from pkimm_analytics.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

TABS = {
    "findings": "Findings",
    "ratings": "Ratings",
    "themes": "Themes",
    "weights": "Weights",
    "questions": "Questions",
    "comments": "Comments",
    "round": "Who answered",
}
FORMS = {"html": "HTML", "pdf": "PDF", "docx": "Word", "md": "Markdown"}
GROUP = "working group"
MOST_SHOWN = 50
"""Comments that are listed at a time."""
CARDS_BESIDE = 2

Blocks = Iterator[Block]


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

    title = "Feedback"

    def __init__(self, folder: Path | str, workspace: Path | str | None = None) -> None:
        super().__init__()
        self._folder = open_feedback(folder)
        folders = [self._folder.folder, *([workspace] if workspace else [])]
        self._workspaces = [Workspace(Path(one)) for one in folders]
        self._take = Take(self._folder, load_model(NEWEST))
        self._source: ModelSource | None = None
        self._round: Round | None = None
        self._chosen: frozenset[str] = frozenset()
        self._is_all = False

    # --- what is shown -----------------------------------------------------------------

    def content(self) -> h.Node:
        """Return findings first; import folds away once there is a round."""
        zone = drop_zone(
            "Drop form exports, mail or issues here, or",
            "choose files",
            "or paste a thread",
        )
        waiting = pending(self._take)
        try:
            comments = self._folder.comments()
        except FeedbackError as error:
            return h.div(".pk-bad")[str(error)]
        if comments.empty:
            note = h.p["Import the answers of a form, and the findings of the round are shown."]
            return [h.div(".pk-head")[h.h1["No feedback yet"]], note, zone, waiting]
        shown = self._read(comments)
        tab = self.address.get("tab", "findings")
        return [
            self._head(shown, zone),
            waiting,
            tabs(TABS, tab, round=shown.name, edition=self.address.get("edition", "")),
            self._parts(shown).get(tab, self._parts(shown)["findings"])(),
        ]

    def _parts(self, shown: Round) -> Mapping[str, Callable[[], h.Node]]:
        s = shown.summary
        return {
            "findings": lambda: self._findings(shown),
            "ratings": lambda: _shown(views.clarity_chart(s), views.least_clear(s), views.split(s)),
            "themes": lambda: _shown(views.themes(s), views.repeated(s)),
            "weights": lambda: _shown(views.weights(s)),
            "questions": lambda: _shown(views.questions(s)) or h.p["Add assessments for these."],
            "comments": lambda: self._comments(shown),
            "round": lambda: _shown(
                views.facts(s),
                views.changed(s, shown.everything),
                views.who_answered(s),
                views.decided(s),
            ),
        }

    def _read(self, comments: pd.DataFrame) -> Round:
        """Analyze the round of the address, unless that is at hand already."""
        wanted = self.address.get("round", "")
        name = wanted if wanted in set(comments["round"]) else str(newest_round(comments))
        edition = self.address.get("edition") or edition_of(of_round(comments, name)) or NEWEST
        current, left_out = self._folder.current(), self._folder.left_out()
        state = (name, edition, len(comments), len(self._folder.decisions()), left_out)
        if self._round is None or self._round.state != state:
            model = load_model(edition)
            self._take.change_model(model)
            workspaces = self._workspaces
            self._round = Round(comments, name, model, current, left_out, workspaces, state)
        return self._round

    def _head(self, shown: Round, zone: h.Node) -> h.Node:
        covered = shown.summary.coverage
        rounds = {r: r for r in sorted(shown.everything["round"].unique(), reverse=True)}
        editions = {m.version: f"PKIMM {m.version}" for m in models()}
        packs = [button(f"Pack, {text}", "pack", form) for form, text in FORMS.items()]
        return h.div(".pk-head")[
            h.div[
                h.h1[f"Feedback {shown.name}"],
                h.p[
                    f"{covered.n_respondents} respondents · {covered.n_comments} comments,"
                    f" {covered.n_texts} in words · PKIMM"
                    f" {' and '.join(shown.summary.editions['edition'])}"
                ],
            ],
            h.div(".pk-acts")[
                choice("round", "Round", rounds, shown.name, action="round", is_labelled=False),
                choice(
                    "edition",
                    "Edition",
                    editions,
                    shown.model.version,
                    action="edition",
                    is_labelled=False,
                ),
                menu(
                    "Meeting pack", h.p["It quotes respondents."], packs, name="pack", is_main=True
                ),
                menu("Export", self._exports(shown), name="export"),
                menu("Import", zone, name="import"),
            ],
        ]

    def _exports(self, shown: Round) -> h.Node:
        changes = shown.wording + shown.weights
        diff = f"Changes of wording ({len(shown.wording)})"
        needs = "" if self._source else " Drop the model's YAML for the diff."
        return [
            h.p[f"{len(changes)} accepted changes.{needs}"],
            button("Accepted comments as issues", "export", "issues"),
            button("Changes of weights", "export", "weights"),
            button(diff, "export", "diff") if self._source and shown.wording else None,
            h.p["For everybody: no text, no small group. Publish a round once."],
            button("Page for publication", "export", "public.html"),
            button("Figures for publication (JSON)", "export", "public.json"),
        ]

    def _findings(self, shown: Round) -> h.Node:
        cards = views.finding_cards(shown.summary, shown.current)
        rows = [Row(cards[i : i + CARDS_BESIDE]) for i in range(0, len(cards), CARDS_BESIDE)]
        lead = "What needs a decision, surest first" if cards else "Nothing stands out"
        again = None
        if n_left := shown.summary.n_left_out:
            text = f"{n_left} respondents are left out. "
            again = h.p[text, button("Let them count again", "count_again")]
        return [
            fragment([Heading(lead)]),
            again,
            fragment(rows),
            fragment([*views.rate_of_alarms()]),
        ]

    # --- comments and decisions ----------------------------------------------------------

    def _comments(self, shown: Round) -> h.Node:
        say, states = shown.sayings, shown.summary.dispositions
        rows = [
            row
            for row in rows_of(states)
            if (self._is_all or row.disposition == "open") and say.text(row.id)
        ]
        rows.sort(key=lambda row: row.id not in self._chosen)
        listed = [
            h.tr[
                h.td[
                    h.input(
                        type="checkbox",
                        name="comment",
                        value=row.id,
                        id=f"pk-c-{row.id[:8]}",
                        checked=row.id in self._chosen,
                        aria_label=f"Choose comment {row.id[:8]}",
                    )
                ],
                h.td[h.code[row.id[:8]], h.br, row.said if row.said != "open" else ""],
                h.td[
                    say.name(row.element),
                    h.br,
                    h.small[row.kind if isinstance(row.kind, str) else ""],
                ],
                h.td(".pk-text")[
                    say.text(row.id),
                    button("Split at blank lines", "split", row.id)
                    if "\n\n" in say.text(row.id)
                    else None,
                ],
            ]
            for row in rows[:MOST_SHOWN]
        ]
        head = h.tr[(h.th(scope="col")[name] for name in ("", "Id", "Element", "Comment"))]
        more = len(rows) - MOST_SHOWN
        switch = "Show open ones only" if self._is_all else "Show decided ones too"
        return h.form[
            self._decision_form(shown),
            h.p[button(switch, "all")],
            h.div(".pk-scroll", tabindex="0", role="region", aria_label="Comments")[
                h.table(".pk-table")[h.thead[head], h.tbody[listed]]
            ],
            h.p[f"And {more} more; decide about some of these first."] if more > 0 else None,
        ]

    def _decision_form(self, shown: Round) -> h.Node:
        elements = {"": "as commented on"} | {key: shown.sayings.name(key) for key in shown.keys}
        manners = {
            "add": "add a sentence",
            "phrase": "replace a phrase",
            "text": "replace the text",
        }
        return h.fieldset[
            h.legend["Decide about the chosen comments"],
            h.div(".pk-fields")[
                choice("disposition", "Decision", {d: d for d in DISPOSITIONS}, "accepted"),
                text_field("reason", "Reason"),
                text_field("duplicate_of", "Duplicate of (id)"),
                text_field("edition", "Done in edition"),
                text_field("link", "Issue (https://)"),
                choice("element", "Element", elements, ""),
                text_field("by", "By (a role)", GROUP),
            ],
            h.details(id="pk-change")[
                h.summary["Change of the model"],
                h.div(".pk-fields")[
                    choice("field", "What changes", {"": "nothing", **{c: c for c in CHANGES}}, ""),
                    choice("manner", "How a text changes", manners, "add"),
                    text_field("phrase", "Phrase that is replaced"),
                ],
                h.label(".pk-field")[
                    h.span["Sentence, new words or weight"], h.textarea(name="value", id="pk-value")
                ],
            ],
            button("Record the decision", "decide", data_form="", class_="pk-button pk-primary"),
        ]

    def on_choose(self, value: str, _content: bytes | None) -> None:
        """Choose the comments behind a finding, to decide about them together."""
        shown = self._at_hand()
        found = findings(shown.summary)
        if value.isdigit() and int(value) < len(found):
            ids = found[int(value)].comments
            self._chosen = frozenset(id_ for id_ in ids if id_ not in shown.current)
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
            raise FeedbackError("Tick at least one comment. Nothing was decided.")
        if not given.get("field") or given["field"] == "weight":
            given.pop("manner", None)
        if given.get("manner") == "text":
            self._check_replaced(ids, given)
        entries = [{"comment": id_, **given} for id_ in ids if id_ != given.get("duplicate_of")]
        decisions = self._folder.decide_all(entries)
        self._chosen = frozenset()
        self.say(
            f"Recorded for {len(decisions)} comments: {decisions[0].disposition}.", tone="good"
        )

    def _check_replaced(self, ids: Sequence[str], given: Mapping[str, str]) -> None:
        """Show the text that would go; a text is replaced only where it is known."""
        element = given.get("element") or self._at_hand().element(ids[0])
        found = self._source.find(element, given["field"]) if self._source else None
        if found is None:
            raise FeedbackError(
                "To replace a whole text, drop the model's YAML first, so that the diff can be"
                " made. Nothing was decided."
            )

    def on_split(self, value: str, _content: bytes | None) -> None:
        """Split a comment at its blank lines."""
        text = self._at_hand().sayings.text(value)
        parts = [part.strip() for part in text.split("\n\n") if part.strip()]
        self._folder.split(value, parts, by=GROUP)
        self.say(f"Split into {len(parts)} parts.", tone="good")

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
            self.say("The model's YAML is there for the diff.", tone="good")
        else:
            self._take.file(value, content)

    def on_too_large(self, value: str, _content: bytes | None) -> None:
        """Say how a large file is imported."""
        self._take.refuse(value, "too large for the page; use: pkimm feedback import FILE")

    def on_paste(self, value: str, content: bytes | None) -> None:
        """Take pasted text."""
        self._take.text(value)
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
        for place in range(len(self._take.sources)):
            self._take.change_round(str(place), value)

    def on_contacts(self, value: str, _content: bytes | None) -> None:
        """Keep contacts, or forget them."""
        self._take.keeps_contacts = value == "yes"

    def on_forget(self, _value: str, _content: bytes | None) -> None:
        """Forget what waits."""
        self._take.clear()

    def on_import(self, _value: str, _content: bytes | None) -> None:
        """Add what waits to the feedback."""
        kept = self._take.keep()
        known = f"; {kept.known} were there already" if kept.known else ""
        self.say(f"{kept.added} comments added{known}.", tone="good" if kept.added else "notice")
        self.move(round=kept.round or "", tab="findings")

    # --- taking something away --------------------------------------------------------------

    def on_pack(self, value: str, _content: bytes | None) -> None:
        """Save the meeting pack."""
        shown = self._at_hand()
        if value in FORMATS:
            pack = views.pack(shown.summary, shown.everything)
            self.offer(f"meeting-pack-{shown.name}.{value}", FORMATS[value], render(pack, value))

    def on_export(self, value: str, _content: bytes | None) -> None:
        """Save issues, changes, or what may be published."""
        shown = self._at_hand()
        if value == "issues":
            written = issues(shown.everything, shown.current, shown.model)
            text = "\n\n---\n\n".join(issue.to_markdown().strip() for issue in written)
            self.offer("issues.md", FORMATS["md"], f"{text}\n".encode())
        elif value == "weights":
            view = views.weight_changes(shown.weights, shown.summary.weights, shown.model)
            self.offer("weights.md", FORMATS["md"], markdown(view).encode())
        elif value == "diff" and self._source is not None:
            self.offer("wording.diff", "text/x-diff", self._source.diff(shown.wording).encode())
        elif value.startswith("public."):
            self._publish(shown, value.removeprefix("public."))

    def _publish(self, shown: Round, form: str) -> None:
        from pkimm_analytics.disclosure import load_policy
        from pkimm_analytics.disclosure.feedback import public_summary

        document = public_summary(shown.counted, shown.model, load_policy(), shown.name)
        name = f"feedback-{shown.name}.{form}"
        if form == "html":
            self.offer(name, FORMATS[form], render(views.published(document, shown.model), form))
        else:
            content = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
            self.offer(name, "application/json", content.encode())

    def _at_hand(self) -> Round:
        return self._read(self._folder.comments())


class Round:
    """
    One round with what is asked of it, each computed when it is needed.

    Parameters
    ----------
    everything : pandas.DataFrame
        Comments of all rounds.
    name : str
    model : Model
        Edition that figures are of.
    current : mapping of str to Decision
    left_out : frozenset of str
    workspaces : sequence of Workspace
        Where assessments are looked for.
    state : tuple
        What it was made from, to notice that it is old.
    """

    def __init__(
        self,
        everything: pd.DataFrame,
        name: str,
        model: Model,
        current: Mapping[str, Decision],
        left_out: frozenset[str],
        workspaces: Sequence[Workspace],
        state: tuple[Any, ...],
    ) -> None:
        self.everything, self.name, self.model = everything, name, model
        self.current, self.left_out, self.state = current, left_out, state
        self._workspaces = workspaces
        self.keys = [*model.categories, *model.requirements]

    @property
    def counted(self) -> pd.DataFrame:
        """Comments of respondents who are not left out."""
        return self.everything[~self.everything["respondent"].isin(list(self.left_out))]

    @cached_property
    def summary(self) -> Summary:
        """All analyses."""
        return summarize(
            self.everything,
            self.model,
            round_=self.name,
            answers=self._answers(),
            current=self.current,
            leave_out=self.left_out,
        )

    @cached_property
    def sayings(self) -> views.Sayings:
        """Names and texts."""
        return views.Sayings(self.summary)

    def element(self, id_: str) -> str:
        """Element that a comment is on."""
        return str(self.everything.set_index("id").loc[id_, "element"])

    @property
    def wording(self) -> list[Any]:
        """Accepted changes of texts."""
        return accepted_changes(self.everything, self.current)[0]

    @property
    def weights(self) -> list[Any]:
        """Accepted changes of weights."""
        return accepted_changes(self.everything, self.current)[1]

    def _answers(self) -> Answered | None:
        problems: list[Problem] = []
        stored = [one.assessment for w in self._workspaces for one in w.stored(problems)]
        known = {model.digest for model in models()}
        usable = [one for one in stored if one.model.digest in known]
        return answered(newest_of_each(usable), self.model) if usable else None


def _shown(*parts: Blocks) -> h.Node:
    blocks = [block for part in parts for block in part]
    return fragment(blocks) if blocks else None
