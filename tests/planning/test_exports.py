"""Action plans in other programs: text stays text, and the same plans make the same bytes."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.assessment import ActionPlan, Assessment, Period, UseCase, rated
from pkimm_analytics.model import load_model
from pkimm_analytics.planning.action_plans import tracked
from pkimm_analytics.planning.exports import has_day, issues, to_csv, to_icalendar, to_markdown
from tests.examples import examples

MODEL = load_model("2.0.0")
KEY = "R.awareness"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def plans_of(*texts_, day="2026-06-30", id_="one", target=4, name="TLS"):
    """Return one tracked plan with these tasks."""
    made = ActionPlan(element=KEY, target_level=target, target_date=day, tasks=texts_)
    return tracked(
        [
            Assessment(
                id=id_,
                model=MODEL.edition,
                use_case=UseCase(name=name),
                period=Period(finish="2026-01-05"),
                answers={KEY: rated(2)},
                action_plans=(made,),
            )
        ]
    )


def unfolded(content):
    """Read a calendar as RFC 5545 says: lines by CRLF, folds taken out."""
    assert content.endswith(b"\r\n")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    text = content.decode().replace("\r\n ", "")
    return [line for line in text.split("\r\n") if line]


def value_of(lines, name):
    """Return the only value of a property."""
    (found,) = [line.split(":", 1)[1] for line in lines if re.match(f"{name}[:;]", line)]
    return found


def test_a_calendar_has_an_all_day_event_on_the_target_date():
    """
    It ends on the next day, which RFC 5545 does not count.
    """
    lines = unfolded(to_icalendar(plans_of("Write it down")))
    assert value_of(lines, "DTSTART") == "20260630"
    assert value_of(lines, "DTEND") == "20260701"
    assert value_of(lines, "DTSTAMP") == "20260105T000000Z"
    assert value_of(lines, "SUMMARY").endswith("Awareness to level 4")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"


def test_an_event_keeps_its_identifier_and_others_have_another():
    """
    The same plan with other words is the same event; another assessment's is not.
    """
    one, again = (value_of(unfolded(to_icalendar(plans_of(t))), "UID") for t in ("a", "b"))
    other = value_of(unfolded(to_icalendar(plans_of("a", id_="two"))), "UID")
    assert one == again != other


@examples(100)
@given(text=texts)
def test_no_text_becomes_a_property_of_the_calendar(text):
    """
    Whatever a task says, there is one event with nine properties.
    """
    lines = unfolded(to_icalendar(plans_of(text, name=text)))
    assert len(lines) == 5 + 1 + 8 + 1 + 1
    description = value_of(lines, "DESCRIPTION")
    assert re.fullmatch(r"(?:[^\\;,\x00-\x1f\x7f]|\\[\\;,n])*", description)


def test_a_plan_without_a_date_is_not_in_the_calendar():
    """
    Nor is one with a date that is none.
    """
    for day in (None, "soon", "2026-02-30"):
        plans = plans_of("x", day=day)
        assert not has_day(plans[0])
        assert b"VEVENT" not in to_icalendar(plans)


def test_a_formula_in_a_task_stays_text_in_the_table():
    """
    A spreadsheet shows it and does not calculate it.
    """
    content = to_csv(plans_of("=HYPERLINK(1)")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    assert row["tasks"] == "'=HYPERLINK(1)"
    assert row["state"] == "open"


def test_an_issue_mentions_nobody_and_links_nothing():
    """
    Mentions, references, markup, links and lines of their own stay text.
    """
    hostile = "@everyone see #12, GH-3 <img src=x> [x](https://example.org) `c`\n# big\n- [x] done"
    (issue,) = issues(plans_of(hostile, name=hostile))
    assert not re.search(r"@\w|#\d|GH-\d|<img|\]\(|https://", issue.body)
    assert not re.search(r"^#+ big", issue.body, re.MULTILINE)
    assert issue.body.count("- [ ] ") == 1
    assert "\n" not in issue.title


@examples(100)
@given(text=texts)
def test_every_markdown_issue_has_the_same_frame(text):
    """
    One heading for the plan and one for each part, whatever the texts say.
    """
    content = to_markdown(plans_of(text, name=text)).decode()
    assert len(re.findall(r"^## ", content, re.MULTILINE)) == 1
    assert len(re.findall(r"^### ", content, re.MULTILINE)) == 7
    assert not re.search(r"<(?!br>|!-- -->)", content)


def test_the_same_plans_make_the_same_bytes():
    """
    No clock and no chance.
    """
    for write in (to_csv, to_icalendar, to_markdown):
        assert write(plans_of("a", "b")) == write(plans_of("a", "b"))
    assert to_markdown([]) == b"There are no action plans.\n"
