"""
The progress view without a browser: histories go in, HTML, charts and files come out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("anywidget")

from pkimm_analytics.assessment import Assessment, UseCase
from pkimm_analytics.errors import WorkspaceError
from pkimm_analytics.model import Edition
from pkimm_analytics.synthetic import sample_history
from pkimm_analytics.widgets.chart import ChartBox
from pkimm_analytics.widgets.progress import ProgressView
from pkimm_analytics.widgets.section import Section

HISTORY = sample_history(3)
FIVE, SINGLE = HISTORY[:5], HISTORY[5:]


def html_of(view: ProgressView) -> str:
    """
    Return the HTML of all parts.
    """
    return "".join(child.html for child in view.children if isinstance(child, Section))


def titles_of(view: ProgressView) -> list[str]:
    """
    Return the titles of the charts that are shown.
    """
    boxes = [child for child in view.children if isinstance(child, ChartBox)]
    figures = [json.loads(box.figure) for box in boxes if box.figure]
    return [figure["layout"]["title"]["text"] for figure in figures]


def do(view: ProgressView, action: str, value: str = "") -> None:
    """
    Do one thing, as the page reports it.
    """
    section = next(child for child in view.children if isinstance(child, Section))
    section._receive(None, {"action": action, "value": value, "id": 1}, [])


def test_a_long_history_shows_timeline_bridge_and_categories() -> None:
    """
    The last step is chosen, and another one can be.
    """
    view = ProgressView()
    view.show(FIVE)
    assert titles_of(view) == [
        "Overall score over time",
        "From one score to the next",
        "Categories over time",
    ]
    assert "5 assessments over 3 editions" in html_of(view)
    do(view, "progress-step", "1")
    assert "another edition −" in html_of(view)
    do(view, "progress-step", "99")
    assert "another edition −" in html_of(view)


@pytest.mark.parametrize("assessment", [SINGLE[0], FIVE[0], FIVE[0].replace(answers={})])
def test_a_single_assessment_has_a_view_without_a_bridge(assessment: Assessment) -> None:
    """
    Also if nothing in it is rated.
    """
    view = ProgressView()
    view.show([assessment])
    assert "From one score to the next" not in titles_of(view)
    assert "pk-plan-target" in html_of(view)
    do(view, "plan-make")
    assert "pk-phases" in html_of(view) or "no score yet" in html_of(view)


def test_nothing_and_unknown_editions_show_nothing() -> None:
    """
    No parts, no charts, no error.
    """
    view = ProgressView()
    odd = FIVE[0].replace(
        model=Edition(version="9.9.9", digest="sha256:" + "0" * 64, requirements=1)
    )
    for history in ([], [odd], FIVE, []):
        view.show(history)
    assert html_of(view) == ""
    assert titles_of(view) == []


def test_a_plan_is_made_kept_and_tracked() -> None:
    """
    Its action plans reach who stores them, and the burn-down appears.
    """
    stored: list[Assessment] = []
    view = ProgressView(keep=stored.append)
    view.show(FIVE)
    do(view, "plan-target", "4,5")
    do(view, "plan-phases", "3")
    do(view, "plan-make")
    assert view.roadmap is not None
    assert len(view.roadmap.phases) == 3
    assert "Overall score after each phase" in titles_of(view)
    do(view, "plan-keep")
    assert [p.element for p in stored[0].action_plans] == [r.key for r in view.roadmap.plan.raises]
    assert "Planned against achieved" in titles_of(view)
    assert "kept in the assessment" in html_of(view)


def test_the_plan_can_be_taken_away() -> None:
    """
    As a table, a calendar and issues.
    """
    files: dict[str, bytes] = {}

    def take(content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if "save" in content:
            files[content["save"]] = bytes(buffers[0])

    view = ProgressView()
    for child in view.children:
        if isinstance(child, Section):
            child.send = take
    view.show(FIVE)
    do(view, "plan-csv")
    assert files == {}
    do(view, "plan-make")
    for kind in ("csv", "ics", "md"):
        do(view, f"plan-{kind}")
    assert set(files) == {"action-plans.csv", "action-plans.ics", "action-plans.md"}
    assert all(files.values())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("target", "nine", "a number from 1 to 5"),
        ("target", "", "a number from 1 to 5"),
        ("start", "soon", "YYYY-MM-DD"),
        ("months", "0", "from 1 to 60"),
        ("phases", "²", "from 1 to 60"),
    ],
)
def test_a_field_that_makes_no_plan_is_named(field: str, value: str, message: str) -> None:
    """
    What was typed stays in its field.
    """
    view = ProgressView()
    view.show(FIVE)
    do(view, f"plan-{field}", value)
    do(view, "plan-make")
    assert view.roadmap is None
    assert message in html_of(view)
    assert f'value="{value}"' in html_of(view)


def test_a_failed_store_is_said() -> None:
    """
    The plan stays, and nothing claims to be kept.
    """

    def refuse(_assessment: Assessment) -> None:
        raise WorkspaceError("The disk is full.")

    view = ProgressView(keep=refuse)
    view.show(FIVE)
    do(view, "plan-make")
    do(view, "plan-keep")
    assert "The disk is full." in html_of(view)
    assert "kept in the assessment" not in html_of(view)


def test_no_text_of_a_user_becomes_markup() -> None:
    """
    A field and a name that are programs.
    """
    name = "<img src=x onerror=alert(1)>"
    view = ProgressView()
    view.show([one.replace(use_case=UseCase(name=name)) for one in FIVE])
    do(view, "plan-target", name)
    do(view, "plan-make")
    assert "<img" not in html_of(view)


def test_a_plan_takes_efforts_locks_dependencies_and_several_targets() -> None:
    """
    The plan is the one that `pkimm plan` makes with the same words.
    """
    from pkimm_analytics.planning import cheapest_plan
    from pkimm_analytics.planning.inputs import read_effort, read_needs, read_target

    view = ProgressView()
    view.show(FIVE)
    do(view, "plan-target", "3.6 M=3.7")
    do(view, "plan-effort", "1,1,4,9")
    do(view, "plan-needs", "M.key-management.key-inventory=R.awareness.single-point-of-contact")
    do(view, "plan-lock:G.cryptography", "yes")
    do(view, "plan-lock:O", "yes")
    do(view, "plan-lock:O", "no")
    do(view, "plan-make")
    assert view.roadmap is not None
    expected = cheapest_plan(
        FIVE[-1],
        [read_target("3.6"), read_target("M=3.7")],
        effort=read_effort("1,1,4,9"),
        locked=frozenset({"G.cryptography"}),
        needs=read_needs(["M.key-management.key-inventory=R.awareness.single-point-of-contact"]),
    )
    assert view.roadmap.plan.raises == expected.raises
    assert view.roadmap.plan.effort == expected.effort
    assert not any(r.key.startswith("G.cryptography") for r in expected.raises)
    assert 'data-action="plan-lock:G.cryptography" checked' in html_of(view)


def test_phases_follow_from_what_fits_into_one() -> None:
    """
    Without a number of phases, a capacity decides.
    """
    view = ProgressView()
    view.show(FIVE)
    do(view, "plan-phases", "")
    do(view, "plan-capacity", "8")
    do(view, "plan-make")
    assert view.roadmap is not None
    assert all(phase.effort <= 8 for phase in view.roadmap.phases)


def test_every_field_that_cannot_be_read_is_named() -> None:
    """
    All at once, each with what would be right.
    """
    view = ProgressView()
    view.show(FIVE)
    for name, text in (("effort", "1,2"), ("capacity", "-1"), ("needs", "A"), ("target", "9")):
        do(view, f"plan-{name}", text)
    do(view, "plan-make")
    html = html_of(view)
    assert view.roadmap is None
    for label in ("Effort of each step", "fits into a phase", "Dependencies", "score to reach"):
        assert f"{label}: expected" in html


def test_peers_of_the_releases_stand_behind_the_scores(tmp_path: Any) -> None:
    """
    Who they are, how many, and the same figures in a table; without a release, nothing.
    """
    import numpy as np

    from tests.benchmark.made import EVERYBODY, PLAN, made_release

    levels = {measure: np.array([40, 90, 150, 60, 20]) for measure in (*PLAN.categories, "overall")}
    view = ProgressView(release=made_release(tmp_path, {EVERYBODY: levels}))
    view.show(FIVE)
    assert "all organizations" in html_of(view)
    assert "250-499" in html_of(view)
    assert "2026Q3" in html_of(view)
    chart = next(child for child in view.children if isinstance(child, ChartBox))
    names = [one.get("name") for one in json.loads(chart.figure)["data"]]
    assert "peers, median level" in names
    alone = ProgressView()
    alone.show(FIVE)
    assert "pk-peers" not in html_of(alone)


def test_a_release_that_cannot_be_read_is_said_and_hides_nothing(tmp_path: Any) -> None:
    """
    The own scores are shown all the same.
    """
    view = ProgressView(release=tmp_path)
    view.show(FIVE)
    assert "Overall score over time" in titles_of(view)
    assert "pk-peers-words" in html_of(view)
