"""
Parts of the questionnaire: the start, the scope, one question, and the finish.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import htpy as h

from pkimm_analytics.assessment import Assessment, Mode
from pkimm_analytics.edits import Conflict
from pkimm_analytics.missing import Finding
from pkimm_analytics.model import LEVELS, Extension, Model, extensions, models
from pkimm_analytics.organization import ATTRIBUTES, label, profile_codes
from pkimm_analytics.questionnaire import Page as Sheet
from pkimm_analytics.questionnaire import Question
from pkimm_analytics.session import is_intact, is_locked
from pkimm_analytics.widgets.page import address_of, button, check_box, choice, text_field
from pkimm_analytics.workspace import Workspace

MODES = {
    "self": "Self-assessment: one level for each category, about 15 minutes",
    "full": "Full assessment: every requirement, with evidence",
}
MOST_HINTS = 4
METHODS = {
    "": "not stated",
    "self": "by ourselves",
    "formal": "formally",
    "third-party": "by an independent third party",
}
POSITIONS = {"": "not stated", "internal": "internal", "external": "external"}


@dataclass(frozen=True)
class Shown:
    """
    What the parts are drawn from.

    Parameters
    ----------
    values : callable
        Values of a target as they are shown from now on.
    waiting : collection of str
        Targets whose change is not stored, because its reason is missing.
    conflicts : mapping of str to Conflict
        Changes that somebody else's change stands against.
    """

    assessment: Assessment
    model: Model
    values: Callable[[str], dict[str, Any]]
    waiting: Collection[str]
    conflicts: Mapping[str, Conflict]
    is_locked: bool = False


# --- the start ----------------------------------------------------------------------------


def start(workspace: Workspace, mode: Mode, edition: str) -> h.Node:
    """Drafts to go on with, then a new assessment in two steps."""
    open_ = [one for one in workspace.latest() if not is_locked(one)]
    return [
        h.div(".pk-head")[h.div[h.h1["Assess"], h.p["Every answer is stored on this computer."]]],
        h.div(".pk-row", style="--columns:minmax(0,1fr) minmax(0,1fr)")[
            h.section(".pk-card")[h.h3["New assessment"], _begin(mode, edition)],
            h.section(".pk-card")[h.h3["Continue"], _drafts(open_)],
        ],
    ]


def _begin(mode: Mode, edition: str) -> h.Element:
    known = {m.digest: str(m.edition) for m in reversed(models())}
    countries = sorted(label("region", code) for code in profile_codes("region"))
    names = {"sector": "Sector", "size": "Employees", "role": "PKI role"}

    def codes(attribute: str) -> h.Element:
        options = {"": "choose …"} | {c: label(attribute, c) for c in profile_codes(attribute)}
        return choice(attribute, names[attribute], options, "")

    return h.form[
        choice("mode", "Kind", MODES, str(mode)),
        text_field("name", "Name of the use case", placeholder="such as Internal TLS"),
        text_field("organization", "Organization"),
        codes("sector"),
        codes("size"),
        text_field("region", "Country", list="pk-countries", autocomplete="off"),
        h.datalist(id="pk-countries")[(h.option(value=name) for name in countries)],
        h.details(id="pk-begin-more")[
            h.summary["Edition, extensions, PKI role"],
            choice("edition", "Edition of the model", known, edition),
            codes("role"),
            [check_box(f"extension-{e.id}", f"{e.name} {e.version}") for e in extensions()],
        ],
        button("Begin", "begin", data_form="", class_="pk-button pk-primary"),
    ]


def _drafts(open_: Sequence[Any]) -> h.Node:
    if not open_:
        return h.p(".pk-soft")["Nothing was begun yet."]
    rows = (
        h.tr[
            h.td[
                h.a(".pk-link", href="#" + address_of("", assessment=one.id).partition("#")[2])[
                    one.use_case.name or "Unnamed use case"
                ],
                h.small[one.organization.name],
            ],
            h.td[str(one.mode), h.small[f"PKIMM {one.model.version}"]],
            h.td(".pk-number")[f"{len(one.answers)} answers", h.small[(one.updated or "")[:10]]],
        ]
        for one in open_
    )
    search = h.input(
        type="search", data_filter="pk-drafts", aria_label="Search", placeholder="Search"
    )
    return [
        search if len(open_) > 6 else None,
        h.div(".pk-scroll", tabindex="0", role="region", aria_label="Assessments")[
            h.table(id="pk-drafts")[h.tbody[rows]]
        ],
    ]


# --- one question -------------------------------------------------------------------------------


def question(asked: Question, sheet: Sheet, shown: Shown) -> h.Node:
    """Levels as rows with their texts, evidence hints in sight, all else folded."""
    answer = shown.values(asked.target)
    name = asked.target.replace(".", "-").replace(":", "-")
    rated = answer.get("level") if answer.get("state") == "rated" else None
    texts = asked.levels or sheet.levels or ("",) * len(LEVELS)

    def row(value: str, title: str, text: str, *, is_on: bool) -> h.Element:
        return h.label(".pk-answer")[
            h.input(
                type="radio",
                name=name,
                id=f"{name}-{value}",
                value=value,
                checked=is_on,
                data_action="rate",
                data_key=asked.target,
                data_digit=value if value.isdigit() else None,
                disabled=shown.is_locked,
            ),
            h.span[h.strong[title], " ", text],
        ]

    return h.fieldset(".pk-question.pk-card", id=f"q-{name}")[
        h.legend[f"{asked.label} {asked.title}"],
        _conflict(asked.target, shown),
        h.p[asked.text] if asked.text else None,
        h.ul[(h.li[p] for p in asked.prompts)] if asked.prompts else None,
        _hints(asked),
        [
            row(
                str(level),
                f"{level} {shown.model.level_name(level)}",
                texts[level - 1],
                is_on=rated == level,
            )
            for level in LEVELS
        ],
        row(
            "not_applicable",
            "Not applicable",
            "needs a reason",
            is_on=answer.get("state") == "not_applicable",
        ),
        row(
            "unanswered",
            "Not answered",
            "",
            is_on=answer.get("state", "unanswered") == "unanswered",
        ),
        _more(asked.target, name, answer, shown),
    ]


def _hints(asked: Question) -> h.Node:
    if not asked.hints:
        return None
    rest = asked.hints[MOST_HINTS:]
    return [
        h.p(".pk-soft")[h.strong["Evidence may be: "], "; ".join(asked.hints[:MOST_HINTS])],
        h.details(id=f"hints-{asked.label}")[
            h.summary[f"{len(rest)} more"], h.p(".pk-soft")["; ".join(rest)]
        ]
        if rest
        else None,
    ]


def _conflict(target: str, shown: Shown) -> h.Node:
    found = shown.conflicts.get(target)
    if found is None:
        return None
    return h.div(".pk-notice", role="alert")[
        h.p[f"You: {_said(found.edit.after)}. Somebody else: {_said(found.present)}."],
        button("Keep mine", "resolve", "mine", data_key=target),
        " ",
        button("Keep theirs", "resolve", "theirs", data_key=target),
    ]


def _said(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in fields.items() if v not in (None, "")) or "nothing"


def _more(target: str, name: str, answer: Mapping[str, Any], shown: Shown) -> h.Node:
    """Reason, notes and evidence; the reason in sight where one is needed."""

    def area(field: str, title: str, **attributes: Any) -> h.Element:
        return h.label(".pk-field")[
            h.span[title],
            h.textarea(
                id=f"{name}-{field}",
                data_action="field",
                data_key=f"{target}|{field}",
                rows="2",
                **attributes,
            )[str(answer.get(field) or "")],
        ]

    needs = answer.get("state") == "not_applicable" or bool(answer.get("partial"))
    waits = target in shown.waiting
    said = "Say why: it is not stored before." if waits else "Why"
    evidenced = {"": "as rated", **{str(level): str(level) for level in LEVELS}}
    return [
        area("reason", said, aria_invalid="true" if waits else None) if needs else None,
        h.details(id=f"{name}-more", open=bool(answer.get("notes") or answer.get("evidence")))[
            h.summary["Notes, evidence, applies in part"],
            area("notes", "Notes"),
            area("evidence", "Evidence that was seen"),
            h.label(".pk-field")[
                h.span["Level that the evidence shows"],
                h.select(
                    id=f"{name}-evidenced",
                    data_action="field",
                    data_key=f"{target}|evidenced_level",
                )[
                    (
                        h.option(
                            value=key, selected=key == str(answer.get("evidenced_level") or "")
                        )[text]
                        for key, text in evidenced.items()
                    )
                ],
            ],
            _tick(
                f"{name}-partial", "Applies only in part", answer.get("partial"), "partial", target
            ),
            _tick(
                f"{name}-flagged",
                "Look at this again",
                answer.get("flagged"),
                "field",
                f"{target}|flagged",
            ),
        ],
    ]


def _tick(id_: str, words: str, is_on: object, action: str, key: str) -> h.Element:
    box = h.input(type="checkbox", id=id_, checked=bool(is_on), data_action=action, data_key=key)
    return h.label(".pk-field")[box, " ", words]


# --- scope ---------------------------------------------------------------------------------------


def scope(shown: Shown, known: Iterable[Extension]) -> h.Node:
    """Ask what was assessed, by whom and how; what only a report needs is folded."""
    case, place = shown.values("use_case"), shown.values("organization")
    who, when = shown.values("assessor"), shown.values("period")
    around, how = shown.values("environment"), shown.values("assessment")

    def line(target: str, said: Mapping[str, Any], field: str, title: str, **more: Any) -> h.Node:
        return h.label(".pk-field")[
            h.span[title],
            h.input(
                id=f"pk-{target}-{field}",
                value=str(said.get(field) or ""),
                data_action="field",
                data_key=f"{target}|{field}",
                **more,
            ),
        ]

    def area(target: str, said: Mapping[str, Any], field: str, title: str) -> h.Node:
        return h.label(".pk-field")[
            h.span[title],
            h.textarea(
                id=f"pk-{target}-{field}", data_action="field", data_key=f"{target}|{field}"
            )[str(said.get(field) or "")],
        ]

    def pick(
        target: str, said: Mapping[str, Any], field: str, title: str, options: Mapping[str, str]
    ) -> h.Node:
        return h.label(".pk-field")[
            h.span[title],
            h.select(id=f"pk-{target}-{field}", data_action="field", data_key=f"{target}|{field}")[
                (
                    h.option(value=key, selected=key == str(said.get(field) or ""))[text]
                    for key, text in options.items()
                )
            ],
        ]

    def codes(name: str) -> dict[str, str]:
        return {"": "choose …"} | {code: label(name, code) for code in profile_codes(name)}

    region = str(place.get("region") or "")
    named = {**place, "region": label("region", region) if region else ""}
    countries = sorted(label("region", code) for code in profile_codes("region"))
    return [
        h.h2["Scope"],
        h.div(".pk-card")[
            line("use_case", case, "name", "Name of the use case"),
            line("organization", place, "name", "Organization"),
            [
                pick("organization", place, name, name.capitalize(), codes(name))
                for name in ATTRIBUTES
                if name != "region"
            ],
            line("organization", named, "region", "Country", list="pk-countries"),
            h.datalist(id="pk-countries")[(h.option(value=one) for one in countries)],
            pick("assessment", how, "assurance", "How it is assessed", METHODS),
        ],
        h.details(".pk-card", id="pk-scope-report")[
            h.summary["For the report: scope, assessor, period, environment"],
            area("use_case", case, "description", "Description"),
            area("use_case", case, "components", "Components"),
            area("use_case", case, "out_of_scope", "Out of scope"),
            line("assessor", who, "name", "Assessor"),
            line("assessor", who, "company", "Company of the assessor"),
            pick("assessor", who, "position", "Position of the assessor", POSITIONS),
            line("period", when, "start", "Begun", type="date"),
            line("period", when, "finish", "Finished", type="date"),
            line("organization", place, "parent", "Ultimate parent"),
            area("environment", around, "high_level_design", "High-level design"),
            area("environment", around, "points_of_interaction", "Points of interaction"),
        ],
        _switches(shown, known),
    ]


def _switches(shown: Shown, known: Iterable[Extension]) -> h.Node:
    on = {e.id for e in shown.assessment.extensions}
    fits = [e for e in known if shown.model.version in e.compatibility]
    if not fits:
        return None
    boxes = [
        _tick(f"pk-extension-{e.id}", f"{e.name} {e.version}", e.id in on, "extension", e.id)
        for e in fits
    ]
    return h.div(".pk-card")[h.h3["Extensions"], boxes]


# --- the finish ---------------------------------------------------------------------------


def finish(shown: Shown, found: Sequence[Finding], preview: Mapping[str, Any] | None) -> h.Node:
    """Say what is missing, then what comes next, in the order in which people go on."""
    a = shown.assessment
    required = [one for one in found if one.required]
    rest = [one for one in found if not one.required]
    return [
        h.h2["Finish"],
        h.div(".pk-card")[
            h.p(".pk-links")[
                h.a(".pk-link.pk-primary", href=address_of("results", assessment=a.id))[
                    "See the result →"
                ],
                h.a(".pk-link", href=address_of("benchmark", assessment=a.id))[
                    "Compare with peers →"
                ],
                h.a(".pk-link", href=address_of("results", assessment=a.id, tab="plan"))["Plan →"],
            ],
        ],
        h.div(".pk-card")[
            h.h3["Still missing" if found else "Nothing is missing"],
            h.ul[(h.li[h.strong["required: "], one.message] for one in required)],
            h.ul[(h.li[one.message] for one in rest)],
        ],
        h.div(".pk-card", id="contribute")[
            h.h3["Contribute to the benchmark"], _contribute(preview)
        ],
        h.div(".pk-card")[
            h.h3["Lock"],
            h.p["Closes the assessment against edits; a digest shows any later change."],
            h.p[h.strong["It was changed outside since it was locked."]]
            if is_intact(a) is False
            else None,
            button("Open it again", "reopen") if shown.is_locked else button("Lock", "lock"),
        ],
    ]


def _contribute(preview: Mapping[str, Any] | None) -> h.Node:
    form = h.form[
        h.p(".pk-soft")["Levels and profile leave; you see every byte first."],
        text_field("organization", "Register id of the organization, such as its LEI"),
        text_field("parent", "Register id of the ultimate parent, if there is one"),
        button("Show what would be contributed", "preview", data_form=""),
    ]
    if preview is None:
        return form
    rows = [h.tr[(h.td[str(cell)] for cell in row)] for row in preview["about"]]
    return [
        form,
        h.table[h.caption["What would leave"], h.tbody[rows]],
        h.p[f"Stays here: {', '.join(preview['stays'])}."] if preview["stays"] else None,
        h.ul[(h.li[remark] for remark in preview["remarks"])],
        h.details(id="pk-bytes")[h.summary["Every byte"], h.pre[preview["document"]]],
        h.p(".pk-links")[
            button("Save the contribution", "contribute", class_="pk-button pk-primary")
        ],
    ]
