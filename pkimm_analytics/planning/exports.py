"""
Action plans for other programs: a spreadsheet, a calendar and an issue tracker.

Texts of users are data there too: no formula in the CSV, no property in the calendar,
no mention, link or markup in an issue. The same plans give the same bytes: times come
from the assessments and identifiers from what a plan is about.

References
----------
RFC 5545, "Internet Calendaring and Scheduling Core Object Specification (iCalendar)".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pkimm_analytics.assessment import PLAN_PARTS
from pkimm_analytics.loaders.tabular import to_csv_text
from pkimm_analytics.planning.action_plans import PlanState, Tracked, action_plan_table
from pkimm_analytics.planning.roadmap import is_day

PART_TITLES = {
    "objectives": "Objectives",
    "responsibility": "Responsibility",
    "schedule": "Schedule",
    "resources": "Resources and dependencies",
    "outputs": "Outputs",
    "tasks": "Tasks",
    "comments": "Comments",
}
_NO_TIME = "19700101T000000Z"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of a tracker: a title on one line, a body, and labels."""

    title: str
    body: str
    labels: tuple[str, ...]


# --- spreadsheet --------------------------------------------------------------------


def to_csv(plans: Sequence[Tracked]) -> bytes:
    """
    Write action plans as CSV; what a spreadsheet would take for a formula stays text.

    It begins with a byte order mark, so that a spreadsheet program knows the encoding.
    """
    table = action_plan_table(plans).map(lambda v: to_csv_text(v) if isinstance(v, str) else v)
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig", "replace")


# --- calendar -----------------------------------------------------------------------


def to_icalendar(plans: Sequence[Tracked]) -> bytes:
    """
    Write target dates as all-day events.

    Plans without a target date have no place in a calendar and are left out, as are
    those that were overtaken.

    Returns
    -------
    bytes
        iCalendar in UTF-8. An event keeps its identifier as long as its plan keeps
        element and target level, so that a second import changes it.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//pkimm_analytics//action plans//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for plan in plans:
        if has_day(plan):
            lines += _event(plan)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def has_day(plan: Tracked) -> bool:
    """Whether a plan goes into a calendar."""
    day = plan.plan.target_date
    return day is not None and is_day(day) and plan.state is not PlanState.OVERTAKEN


def _event(tracked: Tracked) -> Iterator[str]:
    plan = tracked.plan
    day = date.fromisoformat(plan.target_date or "")
    yield "BEGIN:VEVENT"
    yield f"UID:{_identifier(tracked)}"
    yield f"DTSTAMP:{_stamp(tracked)}"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_calendar_text(_title(tracked))}"
    yield f"DESCRIPTION:{_calendar_text(_plain_body(tracked))}"
    yield "CATEGORIES:PKIMM"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _identifier(tracked: Tracked) -> str:
    about = f"{tracked.since.id}\n{tracked.plan.element}\n{tracked.plan.target_level}"
    return f"{hashlib.sha256(about.encode('utf-8', 'replace')).hexdigest()[:40]}@pkimm.invalid"


def _stamp(tracked: Tracked) -> str:
    """Time of the assessment that made the plan: a calendar asks for one, and we read no clock."""
    day = tracked.since.date or ""
    return f"{day.replace('-', '')}T000000Z" if is_day(day) else _NO_TIME


def _calendar_text(text: str) -> str:
    unified = re.sub(r"\r\n?", "\n", text)
    plain = "".join(c for c in unified if c == "\n" or (c >= " " and c != "\x7f"))
    for char in "\\;,":
        plain = plain.replace(char, f"\\{char}")
    return plain.encode("utf-8", "replace").decode().replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold a line to 75 bytes, the first of each further line being a space; never in a letter."""
    parts, size, current = [], 0, ""
    for char in line:
        width = len(char.encode())
        if size + width > 75:
            parts.append(current)
            current, size = " ", 1
        current += char
        size += width
    return "\r\n".join([*parts, current])


# --- issues -------------------------------------------------------------------------


def issues(plans: Sequence[Tracked]) -> list[Issue]:
    """Write each action plan as an issue in GitHub's Markdown."""
    return [Issue(_one_line(_title(t)), _body(t), ("pkimm", str(t.state))) for t in plans]


def to_markdown(plans: Sequence[Tracked]) -> bytes:
    """Write all issues one below the other, each with its title as a heading."""
    parts = [f"## {_markdown(issue.title)}\n\n{issue.body}" for issue in issues(plans)]
    return ("\n---\n\n".join(parts) or "There are no action plans.\n").encode("utf-8", "replace")


def _title(tracked: Tracked) -> str:
    target = tracked.plan.target_level
    goal = f" to level {target}" if target else ""
    # An id that is an element key says nothing that the name does not.
    number = f"{tracked.native_id} " if len(tracked.native_id) <= 8 else ""
    return f"{number}{tracked.name}{goal}"


def _body(tracked: Tracked) -> str:
    lines = [f"- **{_markdown(name)}:** {_markdown_lines(text)}" for name, text in _facts(tracked)]
    for part in PLAN_PARTS:
        items = getattr(tracked.plan, part)
        lines += ["", f"### {PART_TITLES[part]}", ""]
        box = "[ ] " if part == "tasks" else ""
        lines += [f"- {box}{_markdown_lines(item)}" for item in items] or ["*Not stated*"]
    return "\n".join(lines) + "\n"


def _plain_body(tracked: Tracked) -> str:
    lines = [f"{name}: {text}" for name, text in _facts(tracked)]
    for part in PLAN_PARTS:
        items = getattr(tracked.plan, part)
        if items:
            lines += ["", PART_TITLES[part], *(f"- {item}" for item in items)]
    return "\n".join(lines)


def _facts(tracked: Tracked) -> list[tuple[str, str]]:
    level = "–" if tracked.level is None else str(tracked.level)
    late = ", late" if tracked.is_late else ""
    return [
        ("Use case", tracked.since.use_case.name or "Unnamed use case"),
        ("Element", tracked.plan.element),
        ("Edition", str(tracked.since.model)),
        ("Level", f"{level}, target {tracked.plan.target_level or '–'}"),
        ("Target date", tracked.plan.target_date or "not stated"),
        ("State", f"{tracked.state}{late} ({tracked.why})"),
    ]


_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()+\-.!|~>:=$^])")


def _markdown(text: str) -> str:
    """
    Escape a text: no markup, link, mention of a person or reference to an issue.

    A tracker looks for mentions and references after Markdown, where a backslash is
    gone; an empty comment between the sign and what follows keeps them apart.
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", plain)
    escaped = escaped.replace("@", "@<!-- -->").replace("#", "\\#<!-- -->")
    return re.sub(r"(?i)\b(GH)(\\-)", r"\1<!-- -->\2", escaped)


def _markdown_lines(text: str) -> str:
    lines = re.split(r"\r\n|\r|\n", text)
    return "<br>".join(_markdown(line) for line in lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())
