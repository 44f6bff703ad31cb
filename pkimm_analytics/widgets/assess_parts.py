"""
Parts of the questionnaire: the start, the scope, one question, and the finish.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import htpy as h

from pkimm_analytics.assessment import Assessment, Assurance, Mode
from pkimm_analytics.edits import Conflict
from pkimm_analytics.missing import Finding
from pkimm_analytics.model import LEVELS, Extension, Model, extensions, models
from pkimm_analytics.organization import ATTRIBUTES, label, profile_codes
from pkimm_analytics.questionnaire import Page as Sheet
from pkimm_analytics.questionnaire import Question
from pkimm_analytics.session import is_intact, is_locked
from pkimm_analytics.views.words import Language
from pkimm_analytics.widgets.page import address_of, button, check_box, choice, text_field

MOST_HINTS = 4
SEARCHED = 6
"""Drafts above which a field to search them is shown."""


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
    words: Language
    values: Callable[[str], dict[str, Any]]
    waiting: Collection[str]
    conflicts: Mapping[str, Conflict]
    is_locked: bool = False


# --- the start ----------------------------------------------------------------------------


def start(found: Sequence[Assessment], mode: Mode, edition: str, words: Language) -> h.Node:
    """Drafts to go on with, then a new assessment in two steps."""
    say, open_ = words.word, [one for one in found if not is_locked(one)]
    return [
        h.div(".pk-head")[h.div[h.h1[say("page.assess")], h.p[say("assess.about")]]],
        h.div(".pk-row", style="--columns:minmax(0,1fr) minmax(0,1fr)")[
            h.section(".pk-card")[h.h3[say("link.new")], _begin(mode, edition, words)],
            h.section(".pk-card")[h.h3[say("assess.continue")], _drafts(open_, words)],
        ],
    ]


def _codes(attribute: str, words: Language) -> dict[str, str]:
    named = {code: label(attribute, code) for code in profile_codes(attribute)}
    named = {code: words.named(f"{attribute}.{code}", name) for code, name in named.items()}
    return {"": words.word("assess.choose"), **named}


def countries(words: Language) -> dict[str, str]:
    """Return the code of each country by its name."""
    named = _codes("region", words)
    return {name: code for code, name in sorted(named.items(), key=lambda one: one[1]) if code}


def _country_list(words: Language) -> h.Element:
    return h.datalist(id="pk-countries")[(h.option(value=name) for name in countries(words))]


def _begin(mode: Mode, edition: str, words: Language) -> h.Element:
    say = words.word
    known = {m.digest: str(m.edition) for m in reversed(models())}
    modes = {str(one): say(f"assess.mode.{one}") for one in Mode}

    def codes(attribute: str) -> h.Element:
        return choice(attribute, say(f"assess.{attribute}"), _codes(attribute, words), "")

    return h.form[
        choice("mode", say("report.kind"), modes, str(mode)),
        text_field("name", say("data.rename_label"), placeholder=say("assess.name_example")),
        text_field("organization", say("assess.organization.name")),
        codes("sector"),
        codes("size"),
        text_field("region", say("assess.region"), list="pk-countries", autocomplete="off"),
        _country_list(words),
        h.details(id="pk-begin-more")[
            h.summary[say("assess.begin_more")],
            choice("edition", say("assess.edition"), known, edition),
            codes("role"),
            [check_box(f"extension-{e.id}", f"{e.name} {e.version}") for e in extensions()],
        ],
        button(say("assess.begin"), "begin", data_form="", class_="pk-button pk-primary"),
    ]


def _drafts(open_: Sequence[Assessment], words: Language) -> h.Node:
    say = words.word
    if not open_:
        return h.p(".pk-soft")[say("assess.no_drafts")]
    rows = (
        h.tr[
            h.td[
                h.a(".pk-link", href=place_of(one.id))[one.use_case.name or say("value.unnamed")],
                h.small[one.organization.name],
            ],
            h.td[say(f"mode.{one.mode}"), h.small[f"PKIMM {one.model.version}"]],
            h.td(".pk-number")[
                say("assess.answers", n=len(one.answers)), h.small[(one.updated or "")[:10]]
            ],
        ]
        for one in open_
    )
    search = say("page.search")
    field = h.input(type="search", data_filter="pk-drafts", aria_label=search, placeholder=search)
    return [
        field if len(open_) > SEARCHED else None,
        h.div(".pk-scroll", tabindex="0", role="region", aria_label=say("assess.continue"))[
            h.table(id="pk-drafts")[h.tbody[rows]]
        ],
    ]


def place_of(assessment: str, step: str = "") -> str:
    """Address of a step within the questionnaire."""
    return "#" + address_of("", assessment=assessment, step=step).partition("#")[2]


# --- fields that store what is typed into them at once ----------------------------------------


def _stored(target: str, name: str) -> dict[str, str]:
    return {"data_action": "field", "data_key": f"{target}|{name}"}


def _area(target: str, name: str, text: str, value: object, **more: Any) -> h.Element:
    box = h.textarea(id=_id(target, name), rows="2", **_stored(target, name), **more)
    return h.label(".pk-field")[h.span[text], box[str(value or "")]]


def _line(target: str, name: str, text: str, value: object, **more: Any) -> h.Element:
    field = h.input(id=_id(target, name), value=str(value or ""), **_stored(target, name), **more)
    return h.label(".pk-field")[h.span[text], field]


def _pick(
    target: str, name: str, text: str, value: object, options: Mapping[str, str]
) -> h.Element:
    chosen = str(value or "")
    box = h.select(id=_id(target, name), **_stored(target, name))[
        (h.option(value=key, selected=key == chosen)[shown] for key, shown in options.items())
    ]
    return h.label(".pk-field")[h.span[text], box]


def _tick(id_: str, text: str, is_on: object, action: str, key: str) -> h.Element:
    box = h.input(type="checkbox", id=id_, checked=bool(is_on), data_action=action, data_key=key)
    return h.label(".pk-field")[box, " ", text]


def _id(target: str, name: str) -> str:
    return f"pk-{target.replace('.', '-').replace(':', '-')}-{name}"


# --- one question -------------------------------------------------------------------------------


def question(asked: Question, sheet: Sheet, shown: Shown) -> h.Node:
    """Levels as rows with their texts, evidence hints in sight, all else folded."""
    say, answer = shown.words.word, shown.values(asked.target)
    name = asked.target.replace(".", "-").replace(":", "-")
    texts = asked.levels or sheet.levels or ("",) * len(LEVELS)
    state = answer.get("state", "unanswered")
    chosen = str(answer.get("level")) if state == "rated" else state

    def row(value: str, title: str, text: str = "") -> h.Element:
        return h.label(".pk-answer")[
            h.input(
                type="radio",
                name=name,
                id=f"{name}-{value}",
                value=value,
                checked=value == chosen,
                data_action="rate",
                data_key=asked.target,
                data_digit=value if value.isdigit() else None,
                disabled=shown.is_locked,
            ),
            h.span[h.strong[title], " ", text],
        ]

    def level(number: int) -> h.Element:
        called = shown.words.named(f"level.{number}", shown.model.level_name(number))
        return row(str(number), f"{number} {called}", texts[number - 1])

    return h.fieldset(".pk-question.pk-card", id=f"q-{name}")[
        h.legend[f"{asked.label} {asked.title}"],
        _conflict(asked.target, shown),
        h.p[asked.text] if asked.text else None,
        h.ul[(h.li[p] for p in asked.prompts)] if asked.prompts else None,
        _hints(asked, shown.words),
        [level(number) for number in LEVELS],
        row("not_applicable", say("assess.not_applicable"), say("assess.needs_reason")),
        row("unanswered", say("assess.unanswered")),
        _more(asked.target, answer, shown),
    ]


def _hints(asked: Question, words: Language) -> h.Node:
    if not asked.hints:
        return None
    rest = asked.hints[MOST_HINTS:]
    folded = h.details(id=f"hints-{asked.label}")[
        h.summary[words.word("assess.more", n=len(rest))], h.p(".pk-soft")["; ".join(rest)]
    ]
    first = "; ".join(asked.hints[:MOST_HINTS])
    return [
        h.p(".pk-soft")[h.strong[words.word("assess.hints")], " ", first],
        folded if rest else None,
    ]


def _conflict(target: str, shown: Shown) -> h.Node:
    found, say = shown.conflicts.get(target), shown.words.word
    if found is None:
        return None
    said = say(
        "assess.conflict",
        mine=_said(found.edit.after, shown.words),
        theirs=_said(found.present, shown.words),
    )
    return h.div(".pk-notice", role="alert")[
        h.p[said],
        button(say("assess.mine"), "resolve", "mine", data_key=target),
        " ",
        button(say("assess.theirs"), "resolve", "theirs", data_key=target),
    ]


def _said(fields: Mapping[str, Any], words: Language) -> str:
    said = ", ".join(f"{k} {v}" for k, v in fields.items() if v not in (None, ""))
    return said or words.word("assess.nothing")


def _more(target: str, answer: Mapping[str, Any], shown: Shown) -> h.Node:
    """Reason, notes and evidence; the reason in sight where one is needed."""
    say, waits = shown.words.word, target in shown.waiting
    needs = answer.get("state") == "not_applicable" or bool(answer.get("partial"))
    evidenced = {"": say("assess.as_rated"), **{str(level): str(level) for level in LEVELS}}
    reason = say("assess.reason_waits" if waits else "assess.reason")
    is_open = bool(answer.get("notes") or answer.get("evidence"))
    return [
        _area(target, "reason", reason, answer.get("reason"), aria_invalid=waits and "true")
        if needs
        else None,
        h.details(id=_id(target, "more"), open=is_open)[
            h.summary[say("assess.more_fields")],
            _area(target, "notes", say("column.notes"), answer.get("notes")),
            _area(target, "evidence", say("assess.evidence"), answer.get("evidence")),
            _pick(
                target,
                "evidenced_level",
                say("assess.evidenced"),
                answer.get("evidenced_level"),
                evidenced,
            ),
            _tick(
                _id(target, "partial"),
                say("assess.partial"),
                answer.get("partial"),
                "partial",
                target,
            ),
            _tick(
                _id(target, "flagged"),
                say("assess.flagged"),
                answer.get("flagged"),
                "field",
                f"{target}|flagged",
            ),
        ],
    ]


# --- scope ---------------------------------------------------------------------------------------


def scope(shown: Shown, known: Iterable[Extension]) -> h.Node:
    """Ask what was assessed, by whom and how; what only a report needs is folded."""
    say, words = shown.words.word, shown.words
    said = {
        target: shown.values(target)
        for target in (
            *("use_case", "organization", "assessor", "period", "environment", "assessment"),
        )
    }
    region = str(said["organization"].get("region") or "")
    said["organization"]["region"] = _codes("region", words)[region] if region else ""

    def field(kind: Callable[..., h.Element], target: str, name: str, **more: Any) -> h.Element:
        text = say(f"assess.{target}.{name}")
        return kind(target, name, text, said[target].get(name), **more)

    assurances = {"": say("value.not_stated")}
    assurances |= {str(one): say(f"assess.assurance.{one}") for one in Assurance}
    positions = {"": say("value.not_stated")}
    positions |= {one: say(f"value.{one}") for one in ("internal", "external")}
    return [
        h.h2[say("assess.scope")],
        h.div(".pk-card")[
            field(_line, "use_case", "name"),
            field(_line, "organization", "name"),
            [
                _pick(
                    "organization",
                    name,
                    say(f"assess.{name}"),
                    said["organization"].get(name),
                    _codes(name, words),
                )
                for name in ATTRIBUTES
                if name != "region"
            ],
            _line(
                "organization",
                "region",
                say("assess.region"),
                said["organization"]["region"],
                list="pk-countries",
            ),
            _country_list(words),
            field(_pick, "assessment", "assurance", options=assurances),
        ],
        h.details(".pk-card", id="pk-scope-report")[
            h.summary[say("assess.for_report")],
            [
                field(_area, "use_case", name)
                for name in ("description", "components", "out_of_scope")
            ],
            field(_line, "assessor", "name"),
            field(_line, "assessor", "company"),
            field(_pick, "assessor", "position", options=positions),
            field(_line, "period", "start", type="date"),
            field(_line, "period", "finish", type="date"),
            field(_line, "organization", "parent"),
            field(_area, "environment", "high_level_design"),
            field(_area, "environment", "points_of_interaction"),
        ],
        _switches(shown, known),
    ]


def _switches(shown: Shown, known: Iterable[Extension]) -> h.Node:
    on = {e.id for e in shown.assessment.extensions}
    boxes = [
        _tick(f"pk-extension-{e.id}", f"{e.name} {e.version}", e.id in on, "extension", e.id)
        for e in known
        if shown.model.version in e.compatibility
    ]
    title = h.h3[shown.words.word("section.extensions")]
    return h.div(".pk-card")[title, boxes] if boxes else None


# --- the finish ---------------------------------------------------------------------------


def finish(
    shown: Shown,
    result: h.Node,
    report: h.Node,
    found: Sequence[Finding],
    preview: Mapping[str, Any] | None,
) -> h.Node:
    """Say how it ended and what is missing, then what comes next, as people go on."""
    a, say = shown.assessment, shown.words.word
    required = h.strong[say("assess.required"), ": "]
    onward = {
        "assess.see_result": address_of("results", assessment=a.id),
        "link.peers": address_of("benchmark", assessment=a.id),
        "link.plan": address_of("results", assessment=a.id, tab="plan"),
    }
    links = (h.a(".pk-link", href=target)[say(key)] for key, target in onward.items())
    lock = ("assess.open_again", "reopen") if shown.is_locked else ("assess.lock", "lock")
    return [
        h.h2[say("assess.finish")],
        result,
        h.div(".pk-links")[report, links],
        h.div(".pk-card")[
            h.h3[say("assess.missing" if found else "assess.complete")],
            h.ul[
                (
                    h.li[required if one.required else None, one.message]
                    for one in sorted(found, key=lambda one: not one.required)
                )
            ],
        ],
        h.div(".pk-card", id="contribute")[
            h.h3[say("assess.contribute")], _contribute(preview, shown.words)
        ],
        h.div(".pk-card")[
            h.h3[say("assess.lock")],
            h.p[say("assess.lock_about")],
            h.p[h.strong[say("assess.broken")]] if is_intact(a) is False else None,
            button(say(lock[0]), lock[1]),
        ],
    ]


def _contribute(preview: Mapping[str, Any] | None, words: Language) -> h.Node:
    say = words.word
    form = h.form[
        h.p(".pk-soft")[say("assess.contribute_about")],
        text_field("organization", say("assess.organization_id")),
        text_field("parent", say("assess.parent_id")),
        button(say("assess.preview"), "preview", data_form=""),
    ]
    if preview is None:
        return form
    rows = [h.tr[(h.td[str(cell)] for cell in row)] for row in preview["about"]]
    stays = say("assess.stays", what=", ".join(preview["stays"]))
    return [
        form,
        h.table[h.caption[say("contribution.title")], h.tbody[rows]],
        h.p[stays] if preview["stays"] else None,
        h.ul[(h.li[remark] for remark in preview["remarks"])],
        h.details(id="pk-bytes")[
            h.summary[say("contribution.document")], h.pre[preview["document"]]
        ],
        h.p(".pk-links")[
            button(say("assess.save_contribution"), "contribute", class_="pk-button pk-primary")
        ],
    ]
