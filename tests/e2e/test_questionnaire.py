"""
The questionnaire in a real browser, in front of a real kernel.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.edits import Edit
from pkimm_analytics.model import load_model
from pkimm_analytics.session import EditingSession
from pkimm_analytics.workspace import Workspace

MODEL = load_model()
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
FORMULA = '=HYPERLINK("http://127.0.0.1/","click")'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return the folder that all tests of this file store in.
    """
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture
def address(voila_server: Callable[..., str], workspace: Path) -> Callable[[str], str]:
    """
    Return ``address(mode)``: where the self or full assessment is served.
    """
    base = voila_server(workspace=workspace)
    return lambda mode: f"{base}voila/render/{mode}_assessment.ipynb"


def begin(page: Any, url: str, name: str) -> str:
    """
    Start a new assessment, name its use case and return its id.
    """
    page.goto(url)
    page.get_by_role("button", name="Start a new assessment").click()
    page.get_by_label("Name").first.fill(name)
    page.get_by_role("button", name="2 Questions").click()
    saved(page)
    return identity(page)


def identity(page: Any) -> str:
    """
    Return the id of the open assessment, which is in the address.
    """
    page.wait_for_function("location.hash.includes('assessment=')")
    return str(page.url.split("#assessment=")[1])


def saved(page: Any) -> None:
    """
    Wait until every answer is saved.
    """
    page.locator(".pkq-saving[data-state=saved]").wait_for()


def on_disk(workspace: Path, id_: str) -> Assessment:
    """
    Read what is stored.
    """
    path = Workspace(workspace).find(id_)
    assert path is not None
    return Assessment.loads(path.read_bytes())


def scored(path: Path) -> dict[str, Any]:
    """
    Return what ``pkimm score --json`` prints of a file.
    """
    command = [sys.executable, "-m", "pkimm_analytics", "score", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def forgive_shutdown(watch: Any) -> None:
    """
    Voila asks to end the kernel when a page is left, and refuses it itself (issue 1458).
    """
    watch.errors[:] = [error for error in watch.errors if "/api/shutdown/" not in error]


def test_a_full_assessment_is_completed_by_keyboard_alone(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path, tmp_path: Path
) -> None:
    """
    From the start button to the exported file, and the numbers are those of `pkimm score`.
    """
    page.goto(address("full"))
    page.get_by_role("button", name="Start a new assessment").wait_for()
    keys = page.keyboard
    until_focused(page, "Start a new assessment")
    keys.press("Enter")
    page.get_by_label("Name").first.wait_for()
    until_focused(page, "", "input[type=text]")
    keys.type("Device certificates")
    until_focused(page, "2 Questions", backwards=True)
    keys.press("Enter")
    for n in range(len(MODEL.requirements)):
        keys.press("n")
        keys.press("12345"[n % 5])
    keys.press("k")
    keys.press("ArrowLeft")  # the last but one: one level lower
    keys.press("a")
    keys.type("outsourced")
    keys.press("Enter")
    keys.press("u")
    keys.press("e")
    keys.type("Seen in the audit log.")
    keys.press("Escape")
    saved(page)
    page.wait_for_timeout(600)
    saved(page)
    until_focused(page, "4 Finish", backwards=True)
    keys.press("Enter")
    until_focused(page, "JSON (everything)")
    with page.expect_download() as download:
        keys.press("Enter")
    exported = tmp_path / "exported.pkimm.json"
    download.value.save_as(exported)

    id_ = identity(page)
    assert Assessment.loads(exported.read_bytes()) == on_disk(workspace, id_)
    answers = Assessment.loads(exported.read_bytes()).answers
    levels = [answers[key].level for key in MODEL.requirements]
    assert levels[:5] == [1, 2, 3, 4, 5]
    assert None not in levels
    assert levels[-2] == (len(levels) - 2) % 5 + 1 - 1  # rated as the others, then one lower
    assert "Seen in the audit log." in {answer.notes for answer in answers.values()}

    document = scored(exported)
    shown = page.locator(".pkq-total")
    assert float(shown.get_attribute("data-score")) == document["overall"]["score"]
    assert page.locator(".pkq-totals").inner_text().startswith(shown.inner_text())
    level = document["overall"]
    assert f"Level {level['level']} {level['name']}" in page.locator(".pkq-totals").inner_text()
    for key, module in document["modules"].items():
        cell = page.locator(f".pkq-scores td[data-key={key}]")
        assert float(cell.get_attribute("data-score")) == module["score"]
    forgive_shutdown(watch)


def until_focused(page: Any, text: str, selector: str = "button", backwards: bool = False) -> None:
    """
    Press Tab until a control has the focus.
    """
    for _ in range(200):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        found = page.evaluate(
            "([s, t]) => { const e = document.activeElement;"
            " return e.matches(s) && e.textContent.includes(t) }",
            [selector, text],
        )
        if found:
            return
    pytest.fail(f"{text or selector} cannot be reached with the Tab key")


def test_a_self_assessment_is_completed_by_mouse(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    Every category rated with a click, one not applicable with its reason, then locked.
    """
    id_ = begin(page, address("self"), "Web server certificates")
    for n, module in enumerate(MODEL.modules):
        page.locator(f".pkq-page[data-page={module.id}]").click()
        for card in page.locator(".pkq-q").all():
            card.locator(".pkq-level-card").nth(2 + n % 2).click()
    first = page.locator(".pkq-q").first
    first.get_by_role("button", name="Not applicable").click()
    page.get_by_label("Why is this not applicable?").fill("Bought as a service")
    page.get_by_role("button", name="Set not applicable").click()
    assert first.get_attribute("data-state") == "not_applicable"
    page.locator(".pkq-page[data-page=G]").click()
    card = page.locator(".pkq-q").first
    assert card.locator("input:checked").get_attribute("value") == "3"
    saved(page)

    stored = on_disk(workspace, id_)
    assert len(stored.answers) == len(MODEL.categories)
    assert [a.reason for a in stored.answers.values() if a.reason] == ["Bought as a service"]
    page.get_by_role("button", name="4 Finish").click()
    page.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_role("button", name="Reopen for changes").wait_for()
    assert (
        on_disk(workspace, id_).extra["locked"]["digest"] in page.locator(".pkq-main").inner_text()
    )
    forgive_shutdown(watch)


def test_a_killed_kernel_costs_at_most_one_answer_and_a_reload_resumes(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    What was confirmed is on the disk; what was not waits in the tab and is saved later.
    """
    psutil = pytest.importorskip("psutil")
    id_ = begin(page, address("full"), "Killed in the middle")
    for level in "123":
        page.keyboard.press("n")
        page.keyboard.press(level)
    saved(page)
    page.keyboard.press("n")
    page.keyboard.press("4")
    newest(psutil, workspace).kill()
    confirmed = len(on_disk(workspace, id_).answers)
    assert confirmed >= 3
    page.keyboard.press("n")
    page.keyboard.press("5")
    page.locator(".pkq-saving[data-state=unsaved]").wait_for()
    assert "Not saved" in page.locator(".pkq-saving").inner_text()

    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before leaving
    page.reload()
    page.locator(".pkq-totals").wait_for()
    saved(page)
    levels = [answer.level for answer in on_disk(workspace, id_).answers.values()]
    assert sorted(filter(None, levels)) == [1, 2, 3, 4, 5]
    assert "5 of 76 rated" in page.locator(".pkq-totals").inner_text()
    watch.errors.clear()  # a server whose kernel is killed under its hands complains


def newest(psutil: Any, workspace: Path) -> Any:
    """
    Return the kernel that was started last for this workspace, by our own server.
    """
    kernels = [
        process
        for process in psutil.Process().children(recursive=True)
        if "ipykernel_launcher" in " ".join(process.cmdline())
        and process.environ().get("PKIMM_WORKSPACE") == str(workspace)
    ]
    return max(kernels, key=lambda process: process.create_time())


def test_two_tabs_on_one_assessment_are_joined_and_conflicts_are_asked(
    new_page: Callable[..., Any], watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    Different questions are joined; for the same question somebody has to choose.
    """
    one = new_page()
    id_ = begin(one, address("self"), "Two tabs")
    two = one.context.new_page()
    two.goto(one.url)
    two.locator(".pkq-totals").wait_for()
    two.get_by_role("button", name="2 Questions").click()
    one.get_by_text("open in another tab too").wait_for()

    one.locator(".pkq-q").nth(0).locator(".pkq-level-card").nth(3).click()
    two.locator(".pkq-q").nth(0).locator("input[value='4']:checked").wait_for()
    two.evaluate("BroadcastChannel.prototype.postMessage = () => {}")
    one.evaluate("BroadcastChannel.prototype.postMessage = () => {}")
    two.locator(".pkq-q").nth(1).locator(".pkq-level-card").nth(1).click()
    saved(two)
    one.locator(".pkq-q").nth(1).locator(".pkq-level-card").nth(4).click()
    one.get_by_text("was changed elsewhere").wait_for()
    key = list(MODEL.categories)[1]
    assert on_disk(workspace, id_).answer(key).level == 2
    one.get_by_role("button", name="Use mine").click()
    saved(one)
    assert on_disk(workspace, id_).answer(key).level == 5
    forgive_shutdown(watch)


def test_hostile_text_stays_text_on_the_page_and_in_every_export(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path, tmp_path: Path
) -> None:
    """
    Markup and formulas typed as names, notes and reasons do nothing anywhere.
    """
    id_ = begin(page, address("self"), HOSTILE)
    card = page.locator(".pkq-q").first
    card.locator(".pkq-level-card").first.click()
    card.locator("summary", has_text="Notes and evidence").click()
    card.get_by_label("Notes", exact=True).fill(HOSTILE + FORMULA)
    card.get_by_label("Evidence seen").fill(FORMULA)
    card.get_by_role("button", name="In part").click()
    page.get_by_label("Why does this apply only in part?").fill(HOSTILE)
    page.get_by_role("button", name="Set in part").click()
    saved(page)
    page.wait_for_timeout(600)
    saved(page)
    answer = on_disk(workspace, id_).answer(next(iter(MODEL.categories)))
    assert (answer.notes, answer.evidence, answer.reason) == (HOSTILE + FORMULA, FORMULA, HOSTILE)

    page.get_by_role("button", name="4 Finish").click()
    contents = {}
    for kind in ("xlsx", "csv", "yaml"):
        with page.expect_download() as download:
            page.locator(f"button[data-format={kind}]").click()
        contents[kind] = tmp_path / f"exported.{kind}"
        download.value.save_as(contents[kind])
    page.locator("button[data-format=link]").click()
    link = page.get_by_label("Share link").input_value()
    assert re.match(r"https://\S+#progress=[A-Za-z0-9%]+&assessmentName=", link)

    import openpyxl

    book = openpyxl.load_workbook(contents["xlsx"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert re.search(r'(^|[,;\n])"?=HYPERLINK', contents["csv"].read_text("utf-8-sig")) is None
    assert page.locator("img, .pkq script").count() == 0
    assert page.title() != "owned"
    page.reload()
    page.locator(".pkq-title").get_by_text("<img src=x").wait_for()
    assert page.title() != "owned"
    forgive_shutdown(watch)


def test_a_workshop_agrees_on_what_its_assessors_rated_differently(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    The largest difference comes first; the consensus is stored with who was present.
    """
    keys = list(MODEL.categories)
    for name, levels in (("Ann", (1, 3, 4)), ("Bob", (2, 3, 1))):
        one = EditingSession.start(Workspace(workspace), mode="self")
        edits = [
            Edit(key, {}, {"state": "rated", "level": level})
            for key, level in zip(keys, levels, strict=False)
        ]
        one.edit([*edits, Edit("assessor", {}, {"name": name})])
    id_ = begin(page, address("self"), "Workshop")
    page.get_by_role("button", name="3 Assessors").click()
    page.get_by_label("Ann").check()
    page.get_by_label("Bob").check()
    page.get_by_role("button", name="Compare").click()
    first = page.locator(".pkq-merged tbody tr").first
    assert first.get_attribute("data-spread") == "3"
    first.get_by_role("button", name="level 2").click()
    page.get_by_text("Say first who is present.").wait_for()
    page.get_by_label("Who is present").fill("Ann, Bob, Eve")
    first.get_by_role("button", name="level 2").click()
    first.locator("[aria-pressed=true]").wait_for()
    saved(page)
    answer = on_disk(workspace, id_).answer(keys[2])
    assert answer.level == 2
    assert answer.extra["consensus"]["present"] == "Ann, Bob, Eve"
    assert {one["level"] for one in answer.extra["consensus"]["ratings"]} == {1, 4}
    forgive_shutdown(watch)


def test_a_whole_module_is_taken_out_of_scope_at_once_and_undone_at_once(
    page: Any, watch: Any, address: Callable[[str], str], workspace: Path
) -> None:
    """
    Bulk operations need a reason, and one undo takes them back.
    """
    id_ = begin(page, address("full"), "Bulk")
    page.get_by_role("button", name="1 Scope").click()
    page.get_by_label("Select R Resources").check()
    page.get_by_role("button", name="Set not applicable").click()
    assert on_disk(workspace, id_).answers == {}
    page.get_by_label("Reason", exact=True).fill("Run by the parent company")
    page.get_by_role("button", name="Set not applicable").click()
    saved(page)
    reasons = {answer.reason for answer in on_disk(workspace, id_).answers.values()}
    assert reasons == {"Run by the parent company"}
    assert len(on_disk(workspace, id_).answers) == 4  # the module and its three categories
    assert "of 63 rated" in page.locator(".pkq-totals").inner_text()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("0 of 76 rated").wait_for()
    assert on_disk(workspace, id_).answers == {}
    forgive_shutdown(watch)


def test_a_report_and_a_contribution_are_made_by_keyboard_alone(
    page: Any,
    watch: Any,
    address: Callable[[str], str],
    workspace: Path,
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
    tmp_path: Path,
) -> None:
    """
    What is saved as a contribution is what was shown, byte for byte, and names nobody.
    """
    begin(page, address("self"), "Planted Name")
    for key in "n4n2n5n3n3":
        page.keyboard.press(key)
    saved(page)
    until_focused(page, "4 Finish", backwards=True)
    page.keyboard.press("Enter")
    page.get_by_label("Kind").wait_for()
    until_focused(page, "Build the report")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "Self-assessment report" in report
    assert page.locator(".pkq-total").inner_text() in report

    page.get_by_label("Kind").select_option("attestation")
    page.get_by_role("button", name="Build the report").click()
    page.get_by_text("Give out the fingerprint").wait_for()
    assert page.get_by_role("link", name="-attestation.html").count() == 2

    until_focused(page, "Show exactly what would leave")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save the contribution file").wait_for()
    shown = page.locator(".pkq-bytes").text_content()
    assert shown is not None
    assert "Planted" not in shown
    assert serious(axe(page)) == []
    for size in ("wide", "phone"):
        screenshot(page, "questionnaire-handover", size)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    until_focused(page, "Save the contribution file")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "contribution.json")
    assert (tmp_path / "contribution.json").read_text("ascii") == shown
    assert "The receipt lies in" in page.locator(".pkq-main").inner_text()
    forgive_shutdown(watch)


@pytest.mark.parametrize(("mode", "scheme"), [("self", "light"), ("full", "dark")])
def test_every_step_is_accessible_wide_and_narrow(
    mode: str,
    scheme: str,
    new_page: Callable[..., Any],
    watch: Any,
    address: Callable[[str], str],
    axe: Callable[..., list[dict[str, Any]]],
    screenshot: Callable[[Any, str, str], Path],
) -> None:
    """
    No step has a serious or critical finding, and none is wider than a phone.
    """
    page = new_page(color_scheme=scheme)
    page.goto(address(mode))
    page.get_by_role("button", name="Start a new assessment").wait_for()
    assert serious(axe(page)) == []
    begin(page, address(mode), "Looks")
    for key in "n4n2n5n3f":
        page.keyboard.press(key)
    page.keyboard.press("?")
    page.locator(".pkq-details summary").first.click()
    saved(page)
    for step in ("1 Scope", "2 Questions", "3 Assessors", "4 Finish"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("button", name=step).click()
        page.wait_for_timeout(200)
        assert serious(axe(page)) == [], step
        name = f"questionnaire-{mode}-{step[2:].lower()}"
        screenshot(page, name, "wide")
        screenshot(page, name, "phone")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, step
    forgive_shutdown(watch)


def serious(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the findings that the issue does not accept.
    """
    return [one for one in findings if one["impact"] in {"serious", "critical"}]
