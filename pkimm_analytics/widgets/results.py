"""
The results of one assessment: level and peers at a glance, every figure, and its files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.assessment import MEDIA_TYPE, SUFFIX, Assessment, carry
from pkimm_analytics.benchmark import Comparison, compare, open_release
from pkimm_analytics.errors import AssessmentError, PkimmError
from pkimm_analytics.history import histories, history_key, previous_assessment
from pkimm_analytics.loaders import tabular, web_tool
from pkimm_analytics.model import model_of, models
from pkimm_analytics.planning import Plan, Target, cheapest_plan
from pkimm_analytics.planning.action_plans import action_plans, tracked, with_action_plans
from pkimm_analytics.planning.exports import to_csv, to_icalendar, to_markdown
from pkimm_analytics.planning.roadmap import Roadmap
from pkimm_analytics.progress import Step
from pkimm_analytics.progress import compare as compare_with
from pkimm_analytics.render.html import fragment
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.session import is_locked
from pkimm_analytics.views import plan, progress, results, scores
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.view import Block, Facts, Heading
from pkimm_analytics.widgets.handover import ReportWish, choices, report_files
from pkimm_analytics.widgets.page import (
    Page,
    address_of,
    button,
    check_box,
    choice,
    import_early,
    menu,
    tabs,
)
from pkimm_analytics.widgets.plan_form import first_settings, plan_form, roadmap_of
from pkimm_analytics.workspace import Workspace

TABS = {
    "overview": "Overview",
    "categories": "Categories",
    "progress": "Progress",
    "plan": "Plan",
    "data": "Data",
}
KINDS = {
    "self": "Self-assessment",
    "assessment": "Assessment (management)",
    "detailed": "Detailed (who runs the PKI)",
    "attestation": "Attestation (customers)",
}
FORMS = {"pdf": "PDF", "docx": "Word", "html": "HTML", "md": "Markdown"}
EXPORTS = {
    "json": "JSON (everything)",
    "xlsx": "Excel table",
    "csv": "CSV table",
    "yaml": "Web tool file (YAML)",
    "link": "Web tool link",
}


class ResultsPage(Page):
    """
    The results of one assessment of a workspace.

    Parameters
    ----------
    workspace : Path or str
    release : Path or str, optional
        Release, or a folder of them, to compare with.
    assessment : str, optional
        Id of the assessment to show; the newest one unless the address names another.

    Examples
    --------
    >>> page = ResultsPage("workspace")  # doctest: +SKIP
    """

    title = "Results"

    def __init__(
        self,
        workspace: Path | str,
        release: Path | str | None = None,
        assessment: str = "",
    ) -> None:
        super().__init__()
        self._workspace = Workspace(Path(workspace))
        self._release = Path(release) if release else None
        self._default = assessment
        self._result: Result | None = None
        self._settings: dict[str, str] = {}
        self._roads: dict[str, Roadmap] = {}
        import_early("scipy.optimize", *(["pyarrow.parquet"] if release else []))

    # --- what is shown -----------------------------------------------------------------

    def content(self) -> h.Node:
        """Return the chosen tab of the chosen assessment."""
        result = self._read()
        if result is None:
            return [
                h.div(".pk-head")[h.h1["Results"]],
                h.p["No assessment is here yet."],
                h.p[h.a(".pk-link", href="home.ipynb")["Start or import one →"]],
            ]
        self.title = f"{result.title} · Results"
        tab = self.address.get("tab", "overview")
        parts: Mapping[str, Callable[[Result], h.Node]] = {
            "overview": self._overview,
            "categories": self._categories,
            "progress": self._progress,
            "plan": self._plan,
            "data": self._data,
        }
        return [
            self._head(result),
            tabs(TABS, tab, assessment=result.assessment.id),
            parts.get(tab, self._overview)(result),
        ]

    def _read(self) -> Result | None:
        """Read the workspace again and choose the assessment that the address names."""
        found = [stored.assessment for stored in self._workspace.stored([])]
        if not found:
            return None
        wanted = self.address.get("assessment") or self._default
        chosen = next((a for a in found if a.id == wanted), found[-1])
        self._result = Result(chosen, found, self.address, self._release)
        return self._result

    def _chosen(self) -> Result:
        found = self._read()
        if found is None:
            raise PkimmError("No assessment is chosen.")
        return found

    def _head(self, result: Result) -> h.Node:
        a = result.assessment
        dates = {
            one.id: f"{result.voice.day(one.date)}, {result.voice.say(f'mode.{one.mode}')}"
            for one in result.dates
        }
        badge = h.span(".pk-badge")["synthetic"] if a.synthetic else None
        when = choice("date", "Assessment", dates, a.id, action="choose", is_labelled=False)
        said = result.voice.coverage(result.scores.overall)
        return h.div(".pk-head")[
            h.div[
                h.h1[result.title, " ", badge],
                h.p[a.organization.name, " · ", when, f" · PKIMM {a.model.version} · {said}"],
                h.p[h.strong[result.voice.level(result.scores.overall)]],
            ],
            h.div(".pk-acts")[
                h.a(".pk-button", href=address_of("assess", assessment=a.id))["Edit answers"],
                h.a(".pk-button", href=address_of("benchmark", assessment=a.id))["Compare"],
                self._export_menu(),
                self._report_menu(result),
            ],
        ]

    def _export_menu(self) -> h.Element:
        buttons = [h.div[button(label, "export", form)] for form, label in EXPORTS.items()]
        return menu("Export", buttons, name="export")

    def _report_menu(self, result: Result) -> h.Element:
        can = choices(self._workspace, result.assessment)
        before = can["earlier"]
        return menu(
            "Report",
            h.form[
                choice("kind", "Kind", KINDS, can["kind"]),
                choice("form", "Format", FORMS, "pdf"),
                choice("language", "Language", dict(can["languages"]), "en"),
                check_box("compares", f"Compare with {before}", is_on=True) if before else None,
                check_box("peers", "Compare with peers", is_on=True) if self._release else None,
                button(
                    "Save the report",
                    "report",
                    data_form="",
                    data_busy="Writing …",
                    class_="pk-button pk-primary",
                ),
            ],
            name="report",
            is_main=True,
        )

    def _overview(self, result: Result) -> h.Node:
        around = results.Around(result.step, result.peers, result.plan)
        return fragment(results.overview(result.scores, around, result.voice, result.links))

    def _categories(self, result: Result) -> h.Node:
        voice, found = result.voice, result.scores
        blocks: list[Block] = [scores.level_table(found, voice), *scores.extensions(found, voice)]
        blocks += [Heading(voice.say("section.details")), *scores.details(found, voice)]
        return fragment(blocks)

    def _progress(self, result: Result) -> h.Node:
        days = {
            str(at): f"{result.voice.day(a.date)} – {result.voice.day(b.date)}"
            for at, (a, b) in enumerate(
                itertools.pairwise(one.assessment for one in result.history)
            )
        }
        chosen = self.address.get("step") or str(result.place_of_step)
        field = choice("step", "What changed between", days, chosen, action="step")
        step = result.step_at(int(chosen) if chosen.isdecimal() else -1)
        blocks = progress.progress(result.history, step, result.voice)
        return [h.div(".pk-fields")[field] if days else None, fragment(blocks)]

    def _plan(self, result: Result) -> h.Node:
        settings = first_settings(result.scores) | self._settings
        road = self._roads.get(result.assessment.id)
        made: h.Node = None
        if road is not None:
            forms = {"csv": "CSV", "ics": "iCalendar", "md": "Markdown"}
            made = [
                fragment(list(plan.plan(road, result.voice))),
                h.p(".pk-links")[
                    button("Keep as action plans", "keep_plan", class_="pk-button pk-primary"),
                    (button(f"Save as {name}", "save_plan", form) for form, name in forms.items()),
                ],
            ]
        kept = fragment(plan.followed(tracked(result.case), result.voice))
        return [plan_form(settings, result.scores.model), made, kept]

    def _data(self, result: Result) -> h.Node:
        voice, a = result.voice, result.assessment
        installed = {model.digest: str(model.edition) for model in models()}
        edition = choice(
            "edition",
            "Map the answers to an edition",
            {"": f"as assessed ({a.model.version})", **installed},
            self.address.get("edition", ""),
            action="edition",
        )
        zero = check_box(
            "zero",
            "Count unanswered questions as 0, as the full workbook does",
            is_on=result.is_zero,
            action="zero",
        )
        facts = Facts(
            (
                (voice.say("fact.model"), str(a.model)),
                (voice.say("fact.digest"), a.model.digest),
                (voice.say("fact.date"), voice.day(a.date)),
                (voice.say("fact.method"), voice.coded(a.assurance)),
                (voice.say("fact.source"), f"{a.source.kind} {a.source.detail}".strip()),
            )
        )
        blocks: list[Block] = [facts, *scores.tool_part(result.scores, voice)]
        blocks += scores.not_in_scope(a, result.scores.model, voice)
        blocks.append(scores.level_table(result.scores, voice))
        return [h.div(".pk-fields")[edition, zero], fragment(blocks)]

    # --- what the user does --------------------------------------------------------------

    def on_choose(self, value: str, _content: bytes | None) -> None:
        """Show another assessment of the use case."""
        self.move(assessment=value, edition="")

    def on_edition(self, value: str, _content: bytes | None) -> None:
        """Map the answers to another edition."""
        self.move(edition=value)

    def on_zero(self, value: str, _content: bytes | None) -> None:
        """Count unanswered questions as 0, or leave them out."""
        self.move(zero=value if value == "yes" else "")

    def on_step(self, value: str, _content: bytes | None) -> None:
        """Show what changed between two other dates."""
        self.move(step=value)

    def on_make_plan(self, value: str, _content: bytes | None) -> None:
        """Find the cheapest way to a target, in phases."""
        pairs = parse_qsl(value, keep_blank_values=True)
        self._settings = dict(pairs)
        locked = frozenset(key for name, key in pairs if name == "locked")
        self._settings["locked"] = " ".join(sorted(locked))
        result = self._chosen()
        self._roads.pop(result.assessment.id, None)
        self._roads[result.assessment.id] = roadmap_of(result.assessment, self._settings, locked)

    def on_keep_plan(self, _value: str, _content: bytes | None) -> None:
        """Keep the steps as action plans of the assessment."""
        adopted = self._adopted()
        if is_locked(adopted):
            raise AssessmentError("The assessment is locked: open it again to add action plans.")
        self._workspace.save(adopted)
        self.say("Kept with the assessment; later ones say what became of them.", tone="good")

    def on_save_plan(self, value: str, _content: bytes | None) -> None:
        """Save the steps as a file."""
        road = self._roads[self._chosen().assessment.id]
        made = {step.key for step in road.plan.raises}
        plans = [one for one in tracked([self._adopted()]) if one.plan.element in made]
        write = {
            "csv": (to_csv, "text/csv;charset=utf-8"),
            "ics": (to_icalendar, "text/calendar"),
            "md": (to_markdown, "text/markdown"),
        }
        if value in write:
            make, media = write[value]
            self.offer(f"action-plans.{value}", media, make(plans))

    def _adopted(self) -> Assessment:
        result = self._chosen()
        road = self._roads.get(result.assessment.id)
        if road is None:
            raise AssessmentError("There is no plan yet: make one first.")
        return with_action_plans(result.assessment, action_plans(road))

    def on_report(self, value: str, _content: bytes | None) -> None:
        """Save a report."""
        asked = dict(parse_qsl(value))
        wish = ReportWish(
            asked.get("kind", ""),
            asked.get("form", ""),
            asked.get("language", "en"),
            compares="compares" in asked,
            peers="peers" in asked,
        )
        files, said = report_files(self._workspace, self._chosen().assessment, wish)
        for one in files:
            self.offer(one.name, one.media_type, one.content)
        self.say(said or f"Saved as {files[0].name}.", tone="good")

    def on_export(self, value: str, _content: bytes | None) -> None:
        """Save the assessment in another format."""
        assessment = self._chosen().assessment
        model = model_of(assessment.model)
        write: dict[str, Callable[[], bytes]] = {
            "json": assessment.dumps,
            "xlsx": lambda: tabular.write_xlsx([assessment]),
            "csv": lambda: tabular.write_csv([assessment]),
            "yaml": lambda: web_tool.write_yaml_export(assessment, model).encode(),
            "link": lambda: web_tool.write_link(assessment, model).encode(),
        }
        if value in write:
            name = file_name(assessment) + ENDINGS[value]
            self.offer(name, MEDIA.get(value, MEDIA_TYPE), write[value]())
            self.say(f"Saved as {name}.", tone="good")


ENDINGS = {"json": SUFFIX, "xlsx": ".xlsx", "csv": ".csv", "yaml": ".yaml", "link": ".link.txt"}
MEDIA = {"csv": "text/csv;charset=utf-8", "yaml": "application/yaml", "link": "text/plain"}


class Result:
    """
    One assessment with what stands beside it, each computed when it is asked for.

    Parameters
    ----------
    assessment : Assessment
    everything : list of Assessment
        All of the workspace.
    address : mapping of str to str
        Edition and counting of unanswered questions, as the page's address has them.
    release : Path, optional
    """

    def __init__(
        self,
        assessment: Assessment,
        everything: list[Assessment],
        address: Mapping[str, str],
        release: Path | None,
    ) -> None:
        self.assessment, self._everything = assessment, everything
        self._edition, self._release = address.get("edition", ""), release
        self.is_zero = address.get("zero") == "yes"

    @cached_property
    def scores(self) -> Scores:
        """Scores in the chosen edition."""
        target = next((m for m in models() if m.digest == self._edition), None)
        carried = self.assessment
        if target is not None and target.digest != carried.model.digest:
            carried = carry(carried, model_of(carried.model), target)
        return score(carried, unanswered="zero" if self.is_zero else "excluded")

    @cached_property
    def voice(self) -> Voice:
        """Words for it."""
        return scores.voice_of(self.scores)

    @property
    def title(self) -> str:
        """Name of the use case."""
        return scores.title(self.assessment, self.voice)

    @cached_property
    def case(self) -> list[Assessment]:
        """Assessments of the same use case, oldest first, one for each day."""
        found = histories(self._everything).get(history_key(self.assessment), [])
        return found or [self.assessment]

    @cached_property
    def dates(self) -> list[Assessment]:
        """All assessments of the use case, newest first, parallel ratings among them."""
        key = history_key(self.assessment)
        same = [a for a in self._everything if history_key(a) == key]
        return sorted(same, key=lambda a: (a.date or "", a.id), reverse=True)

    @cached_property
    def history(self) -> list[Scores]:
        """Scores of the use case, oldest first; what cannot be scored is left out."""
        return [found for found in map(_scored, self.case) if found is not None]

    @cached_property
    def step(self) -> Step | None:
        """Change since the assessment before, None for the first one."""
        before = previous_assessment(self.assessment, self._everything)
        return None if before is None else compare_with(before, self.scores.assessment)

    @property
    def place_of_step(self) -> int:
        """Place in the history of the step that leads to the shown assessment."""
        ids = [a.id for a in self.case]
        return max(ids.index(self.assessment.id) - 1, 0) if self.assessment.id in ids else 0

    def step_at(self, place: int) -> Step | None:
        """Change from one assessment of the history to the next; None if there is none."""
        if not 0 <= place < len(self.history) - 1:
            return None
        before, after = self.history[place : place + 2]
        return compare_with(before.assessment, after.assessment)

    @cached_property
    def peers(self) -> Comparison | None:
        """Place among the peers of the release, None without a release."""
        if self._release is None:
            return None
        try:
            return compare(self.assessment, open_release(self._release))
        except PkimmError:
            return None

    @cached_property
    def plan(self) -> Plan | None:
        """Cheapest way to the next level, None where there is none."""
        missing = scores.missing_to_next(self.scores)
        if missing is None:
            return None
        try:
            return cheapest_plan(
                self.scores.assessment,
                [Target("overall", Fraction(missing[0]))],
                model=self.scores.model,
            )
        except PkimmError:
            return None

    @property
    def links(self) -> dict[str, str]:
        """Where work goes on."""
        id_ = self.assessment.id
        here = {
            tab: f"#{address_of('', assessment=id_, tab=tab).partition('#')[2]}" for tab in TABS
        }
        return here | {"peers": address_of("benchmark", assessment=id_)}


def _scored(assessment: Assessment) -> Scores | None:
    try:
        return score(assessment)
    except PkimmError:
        return None


def file_name(assessment: Assessment) -> str:
    """Name of a file for an assessment: date, use case and edition."""
    parts = (assessment.date or "undated", assessment.use_case.name, assessment.model.version)
    return ".".join(
        re.sub(r"[^A-Za-z0-9._-]+", "-", part)[:60].strip("-.") for part in parts if part
    )
