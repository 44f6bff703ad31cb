"""
Deciding in the page: the comments, one of them in full, and what the group decided.

Parts only, from tables to HTML; the page keeps what is chosen and records decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkimm_analytics.charts.look import rows_of
from pkimm_analytics.feedback import DISPOSITIONS, Decision, describe_decision
from pkimm_analytics.feedback.decision import CHANGES, NEEDED
from pkimm_analytics.model import Model
from pkimm_analytics.widgets.feedback_question_views import short
from pkimm_analytics.widgets.feedback_view import heading, select
from pkimm_analytics.widgets.feedback_words import KIND_WORDS, ROLE_WORDS
from pkimm_analytics.widgets.markup import Markup, joined, scrolled, tag, user

if TYPE_CHECKING:
    import pandas as pd

PAGE_SIZE = 50
ANY = ""


def fields_of(disposition: str) -> tuple[str, ...]:
    """
    Name the fields that a decision may have.

    Examples
    --------
    >>> fields_of("rejected")
    ('link', 'reason')
    """
    changing = ("element", "field", "value") if disposition in {"accepted", "done"} else ()
    needed = (NEEDED[disposition],) if disposition in NEEDED else ()
    return ("link", *needed, *changing)


def to_decide(
    comments: pd.DataFrame,
    decided: Mapping[str, Decision],
    choices: Mapping[str, str],
) -> pd.DataFrame:
    """
    Comments that fit what was chosen above the list, newest first.

    Parameters
    ----------
    comments : DataFrame
        Table ``comments``, of the round that is looked at.
    decided : mapping of str to Decision
        Newest decision by comment.
    choices : mapping of str to str
        ``disposition``, ``about`` (element key), ``kind`` and ``saying`` (``text``, or
        ``all`` for ratings too).
    """
    states = comments["id"].map(lambda id_: _state(decided.get(id_)))
    rows = comments.assign(disposition=states)
    if choices.get("saying", "text") == "text":
        rows = rows[rows["text"].notna()]
    wanted = choices.get("disposition", "open")
    if wanted:
        rows = rows[rows["disposition"] == wanted]
    for column, name in (("element", "about"), ("kind", "kind")):
        if choices.get(name):
            rows = rows[rows[column] == choices[name]]
    return rows[::-1]


def _state(decision: Decision | None) -> str:
    return "open" if decision is None else decision.disposition


def filters(
    rows: pd.DataFrame,
    choices: Mapping[str, str],
    elements: Sequence[str],
    names: Mapping[str, str],
) -> Markup:
    """Title, what is shown, and the choices above the list."""
    dispositions = [("", "any"), *((name, name) for name in DISPOSITIONS)]
    about = [(ANY, "anything"), *((key, names.get(key, key)) for key in elements)]
    kinds = [(ANY, "any"), *KIND_WORDS.items()]
    saying = [("text", "with text"), ("all", "all, also without text")]
    return heading(
        "Decide",
        f"{len(rows)} comments are like that. Decisions are added and never changed; the newest one"
        " counts.",
        select("pk-f-saying", "Comments", saying, choices.get("saying", "text"), "filter:saying"),
        select(
            "pk-f-state",
            "decided",
            dispositions,
            choices.get("disposition", "open"),
            "filter:disposition",
        ),
        select("pk-f-about", "about", about, choices.get("about", ANY), "filter:about"),
        select("pk-f-kind", "of kind", kinds, choices.get("kind", ANY), "filter:kind"),
        text=True,
    )


def comment_list(rows: pd.DataFrame, names: Mapping[str, str], chosen: str, start: int) -> Markup:
    """List a page of comments, one of which can be chosen."""
    if rows.empty:
        return Markup("")
    columns = ("Comment", "Kind", "Role", "Round", "Decided")
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    shown = rows.iloc[start : start + PAGE_SIZE]
    body = [_list_row(row, names, is_chosen=row.id == chosen) for row in rows_of(shown)]
    caption = f"{start + 1} to {start + len(shown)} of {len(rows)}, newest first"
    table = tag(
        "table",
        tag("caption", tag("span", caption), id="pk-comments-caption"),
        tag("thead", head),
        tag("tbody", *body),
        class_="pk-table",
    )
    turns = [
        tag("button", text, type="button", data_action="turn", data_value=at, id=f"pk-turn-{at}")
        for at, text in ((start - PAGE_SIZE, "Newer"), (start + PAGE_SIZE, "Older"))
        if 0 <= at < len(rows)
    ]
    return joined(
        [
            scrolled(table, id_="pk-comments", label="pk-comments-caption"),
            tag("p", *turns, class_="pk-row", style="margin-top: 0.5rem") if turns else "",
        ]
    )


def _list_row(row: Any, names: Mapping[str, str], *, is_chosen: bool) -> Markup:
    said = tag(
        "span",
        tag("b", names.get(row.element, row.element)),
        tag("br"),
        user(short(text_of(row), 160)),
    )
    choice = tag(
        "label",
        tag(
            "input",
            type="radio",
            name="pk-comment",
            id=f"pk-comment-{row.id[:12]}",
            data_action="comment",
            data_value=row.id,
            checked=is_chosen,
        ),
        said,
        class_="pk-choice",
    )
    return tag(
        "tr",
        tag("th", choice, scope="row"),
        tag("td", KIND_WORDS.get(row.kind, "–") if isinstance(row.kind, str) else "–"),
        tag("td", ROLE_WORDS.get(row.role, "–") if isinstance(row.role, str) else "–"),
        tag("td", user(row.round)),
        tag("td", row.disposition),
    )


def text_of(row: Any) -> str:
    """Text of a comment, or what it rates if it has none."""
    if isinstance(row.text, str):
        return row.text
    rated = [
        f"{name.replace('_', ' ')} {getattr(row, name)}"
        for name in (
            "clarity",
            "relevance",
            "weight",
            "suggested_weight",
            "difficulty",
            "usefulness",
        )
        if _is_there(getattr(row, name))
    ]
    return ", ".join(rated) or "–"


def _is_there(value: Any) -> bool:
    import pandas as pd

    return value is not None and not pd.isna(value)


def decision_form(
    row: Any,
    names: Mapping[str, str],
    model: Model,
    draft: Mapping[str, str],
    history: Sequence[Decision],
) -> Markup:
    """
    Write the chosen comment in full, the form of a decision, and what was decided before.

    Parameters
    ----------
    row : named tuple
        The comment.
    names : mapping of str to str
    model : Model
    draft : mapping of str to str
        What is filled in so far.
    history : sequence of Decision
        Decisions on this comment, oldest first.
    """
    said = draft.get("disposition", "accepted")
    changes = [("", "nothing, or not yet clear"), *((name, name) for name in CHANGES)]
    elements = [("", f"as it is: {names.get(row.element, row.element)}")]
    elements += [(k, n) for k, n in names.items() if k != row.element]
    fields = [
        select("pk-d-said", "Decision", [(d, d) for d in DISPOSITIONS], said, "draft:disposition")
    ]
    if said in NEEDED:
        labels = {
            "reason": "Reason",
            "duplicate_of": "Id of the comment that it repeats",
            "edition": "Edition in which it is done, such as 2.1.0",
        }
        fields.append(_input(NEEDED[said], labels[NEEDED[said]], draft))
    if said in {"accepted", "done"}:
        fields += [
            select(
                "pk-d-element",
                "Assigned to",
                elements,
                draft.get("element", ""),
                "draft:element",
            ),
            select("pk-d-field", "Changes", changes, draft.get("field", ""), "draft:field"),
        ]
        if draft.get("field"):
            fields.append(_value(draft, model, draft.get("element") or row.element))
    fields += [_input("link", "Link to the issue", draft)]
    fields += [_input("by", "Decided by (a role, no name)", draft)]
    return tag(
        "section",
        tag("h3", "The comment", id="pk-chosen", tabindex="-1"),
        tag("p", tag("b", names.get(row.element, row.element)), f", PKIMM {row.edition}"),
        tag("p", user(text_of(row)), class_="pk-words"),
        tag("p", "Id: ", tag("code", row.id), class_="pk-soft"),
        tag("div", *fields, class_="pk-fields"),
        tag(
            "p",
            tag(
                "button",
                "Record the decision",
                type="button",
                data_action="decide",
                data_value=row.id,
                class_="pk-main-action",
            ),
            class_="pk-row",
            style="margin-top: 0.5rem",
        ),
        _history(history),
        class_="pk-panel",
        aria_labelledby="pk-chosen",
        style="margin-top: 0.75rem",
    )


def _input(name: str, label: str, draft: Mapping[str, str]) -> Markup:
    id_ = f"pk-d-{name.replace('_', '-')}"
    return tag(
        "span",
        tag("label", label, for_=id_),
        tag(
            "input",
            type="text",
            id=id_,
            value=draft.get(name, ""),
            data_action=f"draft:{name}",
            maxlength="20000",
            autocomplete="off",
        ),
        class_="pk-field",
    )


def _value(draft: Mapping[str, str], model: Model, element: str) -> Markup:
    """Where the new text or weight goes; the model's own stands there to begin with."""
    given = draft.get("value", "")
    return tag(
        "span",
        tag("label", f"New {draft['field']}", for_="pk-d-value"),
        tag("textarea", given, id="pk-d-value", rows="3", data_action="draft:value"),
        tag("span", present_value(model, element, draft["field"]), class_="pk-soft"),
        class_="pk-field",
    )


def present_value(model: Model, element: str, field: str) -> str:
    """Say what the model has now for a field of an element, in words."""
    found = model.requirements.get(element) or model.categories.get(element)
    if found is None:
        return ""
    if field == "weight":
        return f"Now {found.weight}."
    return f"Now: {getattr(found, field)}" if isinstance(getattr(found, field, None), str) else ""


def _history(history: Sequence[Decision]) -> Markup:
    if not history:
        return tag("p", "Nothing was decided on it yet.", class_="pk-soft")
    items = [tag("li", user(describe_decision(one.to_json())), f", by {one.by}") for one in history]
    return joined([tag("h4", "Decided so far"), tag("ol", *items)])
