"""
What the page hands to the meeting: the pack, issues, change lists, the public summary.

Content comes from the package; here it gets a file name. Everything but the public
summary quotes respondents or shows small groups, and says so where it is offered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback.summary import Summary, summarize
from pkimm_analytics.feedback.tracing import accepted_changes, proposed_decisions
from pkimm_analytics.feedback.weights import chosen_weights
from pkimm_analytics.feedback.wording import ModelSource
from pkimm_analytics.reports import FORMATS, render
from pkimm_analytics.reports.change_list import weights_table
from pkimm_analytics.reports.issues import issues
from pkimm_analytics.reports.meeting import meeting_pack
from pkimm_analytics.widgets.feedback_view import (
    Setting,
    View,
    figures_table,
    heading,
    save_button,
)
from pkimm_analytics.widgets.markup import Markup, joined, tag

if TYPE_CHECKING:
    from pkimm_analytics.feedback import Decision

Decided = Mapping[str, "Decision"]

MEDIA = {**FORMATS, "diff": "text/x-diff", "json": "application/json"}
FORMAT_WORDS = {"html": "HTML", "pdf": "PDF", "docx": "Word", "md": "Markdown"}


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that the browser saves."""

    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        """Media type, by the ending of the name."""
        return MEDIA[self.name.rsplit(".", 1)[-1]]


def meeting_view(setting: Setting, decided: Decided, source: ModelSource | None) -> View:
    """List what to decide, and offer everything that can be taken to the meeting."""
    summary = _summary(setting, decided)
    proposed = proposed_decisions(
        summary.comments,
        decided,
        alarms=summary.alarms,
        duplicates=summary.duplicates,
        weights=summary.weights,
    )
    wording, weights = accepted_changes(setting.comments, decided)
    accepted = sum(one.disposition == "accepted" for one in decided.values())
    n_open = int((summary.dispositions["disposition"] == "open").sum())
    sentence = (
        f"{n_open} comments of this round are open; the figures propose {len(proposed)} things to"
        f" decide. Over all rounds {accepted} comments are accepted, with {len(wording)} changes of"
        f" wording and {len(weights)} of weights."
    )
    shown = {"element": "Element", "proposal": "Proposal", "because": "Because"}
    table = figures_table(
        "Proposals; the group decides", proposed, shown, setting.names, "pk-props"
    )
    parts = [
        table if len(proposed) else tag("p", "Nothing is proposed."),
        save_button("proposals.csv") if len(proposed) else "",
        tag("h3", "For the next edition"),
        _buttons(
            ("issues", "Accepted comments as issues (Markdown)", bool(accepted)),
            ("weights", "Changes of weights (Markdown)", bool(weights)),
            ("diff", "Changes of wording (diff)", bool(wording and source)),
        ),
        _diff_note(source, n_wording=len(wording)),
        tag("h3", "For everybody"),
        tag(
            "p",
            "Bands, rounded shares and no text: what may be published of a round that has closed."
            " Publish a round once; two versions of it could be subtracted.",
        ),
        _buttons(("public", "Summary for publication (JSON)", True)),
    ]
    packs = [(f"pack:{form}", FORMAT_WORDS[form], True) for form in FORMATS]
    top = joined(
        [
            heading("Meeting", sentence, text=True),
            tag("p", tag("b", "Meeting pack, for the working group only:")),
            _buttons(*packs),
        ]
    )
    return View(top, joined(parts), None, {"proposals.csv": proposed})


def _buttons(*buttons: tuple[str, str, bool]) -> Markup:
    return tag(
        "p",
        *(
            tag("button", text, type="button", data_action=f"hand:{what}", disabled=not enabled)
            for what, text, enabled in buttons
        ),
        class_="pk-row",
        style="margin: 0.5rem 0",
    )


def _diff_note(source: ModelSource | None, *, n_wording: int) -> Markup:
    if source is not None:
        return tag("p", f"The diff is made against {source.name}.", class_="pk-soft")
    return tag(
        "p",
        "For the diff, add the model's YAML above." if n_wording else "",
        class_="pk-soft",
    )


def _summary(setting: Setting, decided: Decided) -> Summary:
    return summarize(
        setting.comments,
        setting.model,
        round_=setting.round_,
        answers=setting.answers,
        current=decided,
    )


def handed(what: str, setting: Setting, decided: Decided, source: ModelSource | None) -> Handed:
    """
    Write what is taken away.

    Parameters
    ----------
    what : str
        ``pack:html`` and the other formats, ``issues``, ``weights``, ``diff`` or ``public``.
    setting : Setting
    decided : mapping of str to Decision
        Newest decision by comment.
    source : ModelSource, optional
        The model's YAML, for the diff.

    Raises
    ------
    FeedbackError
        If there is nothing like that, or changes do not fit the model file.
    """
    kind, _, form = what.partition(":")
    round_ = setting.round_ or "all-rounds"
    if kind == "pack" and form in FORMATS:
        pack = meeting_pack(_summary(setting, decided), decided, everything=setting.comments)
        return Handed(f"meeting-pack-{round_}.{form}", render(pack, form))
    if kind == "issues":
        written = issues(setting.comments, decided, setting.model)
        text = "\n\n---\n\n".join(issue.to_markdown().strip() for issue in written)
        return Handed("issues.md", f"{text}\n".encode())
    wording, weights = accepted_changes(setting.comments, decided)
    if kind == "weights":
        chosen = chosen_weights(setting.said, setting.model)
        return Handed("weights.md", weights_table(weights, chosen, setting.model).encode())
    if kind == "diff" and source is not None:
        return Handed("wording.diff", source.diff(wording).encode())
    if kind == "public":
        return Handed(f"feedback-summary-{round_}.json", _public(setting))
    raise FeedbackError("There is nothing like that to save.")


def _public(setting: Setting) -> bytes:
    from pkimm_analytics.disclosure import load_policy
    from pkimm_analytics.disclosure.feedback import public_summary

    if setting.round_ is None:
        raise FeedbackError("Choose one round; a summary of all rounds could be subtracted.")
    summary = public_summary(setting.comments, setting.model, load_policy(), setting.round_)
    return (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode()
