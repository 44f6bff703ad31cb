"""
The results of one assessment: level and peers at a glance, every figure, and its files.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import htpy as h

from pkimm_analytics.assessment import MEDIA_TYPE, SUFFIX, Assessment
from pkimm_analytics.errors import AssessmentError, PkimmError
from pkimm_analytics.loaders import tabular, web_tool
from pkimm_analytics.model import model_of, models
from pkimm_analytics.planning import PlanningError
from pkimm_analytics.planning.action_plans import action_plans, tracked, with_action_plans
from pkimm_analytics.planning.exports import to_csv, to_icalendar, to_markdown
from pkimm_analytics.planning.roadmap import Roadmap
from pkimm_analytics.render.html import fragment
from pkimm_analytics.session import is_locked
from pkimm_analytics.views import plan, progress, results, scores
from pkimm_analytics.views.view import Block, Facts, Heading
from pkimm_analytics.widgets.handover import report_menu, save_report
from pkimm_analytics.widgets.page import (
    CSV,
    Page,
    address_of,
    button,
    check_box,
    choice,
    import_early,
    menu,
    tabs,
    text_field,
)
from pkimm_analytics.widgets.plan_form import first_settings, plan_form, roadmap_of
from pkimm_analytics.widgets.result import TABS, Result, file_name
from pkimm_analytics.workspace import Workspace

EXPORTS = {
    "json": (SUFFIX, MEDIA_TYPE),
    "xlsx": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (".csv", CSV),
    "yaml": (".yaml", "application/yaml"),
    "link": (".link.txt", "text/plain"),
}
"""Ending and media type of each format of an assessment."""
PLAN_FILES = {
    "csv": ("CSV", to_csv, CSV),
    "ics": ("iCalendar", to_icalendar, "text/calendar"),
    "md": ("Markdown", to_markdown, "text/markdown"),
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
        self.place = self._workspace.folder.name
        self._release = Path(release) if release else None
        self._default = assessment
        self._settings: dict[str, str] = {}
        self._roads: dict[str, Roadmap] = {}
        import_early("scipy.optimize", *(["pyarrow.parquet"] if release else []))

    # --- what is shown -----------------------------------------------------------------

    def content(self) -> h.Node:
        """Return the chosen tab of the chosen assessment."""
        say, result = self.words.word, self._read()
        if result is None:
            return [
                h.div(".pk-head")[h.h1[say("page.results")]],
                h.p[say("home.empty")],
                h.p[h.a(".pk-link", href="home.ipynb")[say("results.begin")]],
            ]
        self.title = f"{result.title} · {say('page.results')}"
        parts = dict(
            zip(
                TABS,
                (self._overview, self._categories, self._progress, self._plan, self._data),
                strict=True,
            )
        )
        tab = self.address.get("tab", "")
        tab = tab if tab in parts else "overview"
        names = {name: say(f"tab.{name}") for name in TABS}
        return [
            self._head(result),
            tabs(names, tab, assessment=result.assessment.id),
            parts[tab](result),
        ]

    def _read(self) -> Result | None:
        """Read the workspace again and choose the assessment that the address names."""
        found = [stored.assessment for stored in self._workspace.stored([])]
        if not found:
            return None
        wanted = self.address.get("assessment") or self._default
        chosen = next((a for a in found if a.id == wanted), found[-1])
        return Result(chosen, found, self.address, self._release, self.language)

    def _chosen(self) -> Result:
        found = self._read()
        if found is None:
            raise PkimmError("No assessment is chosen.")
        return found

    def _head(self, result: Result) -> h.Node:
        a, voice, whole = result.assessment, result.voice, result.scores.overall
        dates = {
            one.id: f"{voice.day(one.date)}, {voice.say(f'mode.{one.mode}')}"
            for one in result.dates
        }
        badge = h.span(".pk-badge")[voice.say("value.synthetic_badge")] if a.synthetic else None
        when = choice(
            "date", voice.say("results.date"), dates, a.id, action="choose", is_labelled=False
        )
        said = voice.say("results.answered", share=voice.percent(whole.coverage))
        return h.div(".pk-head")[
            h.div[
                h.h1[result.title, " ", badge],
                h.p[
                    f"{a.organization.name} · " if a.organization.name else None,
                    when,
                    f" · PKIMM {a.model.version} · {said} · ",
                    h.strong[voice.level(whole)],
                ],
            ],
            h.div(".pk-acts")[
                h.a(".pk-button", href=address_of("assess", assessment=a.id))[
                    voice.say("results.edit")
                ],
                h.a(".pk-button", href=address_of("benchmark", assessment=a.id))[
                    voice.say("step.peers")
                ],
                self._export_menu(),
                report_menu(
                    a, self._workspace.previous(a), self.words, has_peers=self._release is not None
                ),
            ],
        ]

    def _export_menu(self) -> h.Element:
        say = self.words.word
        buttons = [h.div[button(say(f"export.{form}"), "export", form)] for form in EXPORTS]
        return menu(say("results.export"), buttons, name="export")

    def _overview(self, result: Result) -> h.Node:
        around = results.Around(result.step, result.peers, result.plan)
        return fragment(results.overview(result.scores, around, result.voice, result.links))

    def _categories(self, result: Result) -> h.Node:
        voice, found = result.voice, result.scores
        blocks: list[Block] = [scores.level_table(found, voice), *scores.extensions(found, voice)]
        blocks += [Heading(voice.say("section.details")), *scores.details(found, voice)]
        return fragment(blocks)

    def _progress(self, result: Result) -> h.Node:
        voice = result.voice
        days = {
            str(at): f"{voice.day(a.date)} – {voice.day(b.date)}"
            for at, (a, b) in enumerate(
                itertools.pairwise(one.assessment for one in result.history)
            )
        }
        chosen = self.address.get("step") or str(result.place_of_step)
        field = choice("step", voice.say("results.between"), days, chosen, moves="step")
        step = result.step_at(int(chosen) if chosen.isdecimal() else -1)
        blocks = progress.progress(result.history, step, voice)
        return [h.div(".pk-fields")[field] if days else None, fragment(blocks)]

    def _plan(self, result: Result) -> h.Node:
        say, settings = self.words.word, first_settings(result.scores) | self._settings
        road = self._road(result, settings)
        made: h.Node = None
        if road is not None:
            files = (
                button(say("plan.save", form=name), "save_plan", form)
                for form, (name, *_) in PLAN_FILES.items()
            )
            made = [
                fragment(list(plan.plan(road, result.voice))),
                h.p(".pk-links")[
                    button(say("plan.keep"), "keep_plan", class_="pk-button pk-primary"), files
                ],
            ]
        kept = fragment(plan.followed(tracked(result.case), result.voice))
        return [plan_form(settings, result.scores.model, self.words), made, kept]

    def _road(self, result: Result, settings: dict[str, str]) -> Roadmap | None:
        """Return the plan that was made, or one to the next level to begin with."""
        id_ = result.assessment.id
        if id_ not in self._roads:
            try:
                self._roads[id_] = roadmap_of(result.assessment, settings)
            except PlanningError:
                return None  # such as at the top: the fields say what can be asked for
        return self._roads[id_]

    def _data(self, result: Result) -> h.Node:
        voice, a = result.voice, result.assessment
        installed = {model.digest: str(model.edition) for model in models()}
        edition = choice(
            "edition",
            voice.say("data.edition"),
            {"": voice.say("data.as_assessed", version=a.model.version), **installed},
            self.address.get("edition", ""),
            moves="edition",
        )
        zero = check_box("zero", voice.say("data.zero"), is_on=result.is_zero, action="zero")
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
        return [h.div(".pk-fields")[edition, zero], fragment(blocks), self._naming(a)]

    def _naming(self, assessment: Assessment) -> h.Node:
        """Fields to rename the use case, and to put the assessment out of sight."""
        say = self.words.word
        return h.form(".pk-card")[
            h.h3[say("data.manage")],
            h.div(".pk-fields")[
                text_field("name", say("data.rename_label"), assessment.use_case.name),
                button(say("data.rename"), "rename", data_from="#pk-name"),
                button(say("data.archive"), "archive"),
            ],
            h.p(".pk-soft")[say("data.archive_text")],
        ]

    # --- what the user does --------------------------------------------------------------

    def on_choose(self, value: str, _content: bytes | None) -> None:
        """Show another assessment of the use case."""
        self.move(assessment=value, edition="")

    def on_zero(self, value: str, _content: bytes | None) -> None:
        """Count unanswered questions as 0, or leave them out."""
        self.move(zero=value if value == "yes" else "")

    def on_rename(self, value: str, _content: bytes | None) -> None:
        """Give the use case another name, in its whole history."""
        self._workspace.rename_use_case(self._chosen().assessment.id, value)
        self.say(self.words.word("data.renamed", name=value.strip()), tone="good")

    def on_archive(self, _value: str, _content: bytes | None) -> None:
        """Put the assessment out of sight; the first page brings it back."""
        self._workspace.archive(self._chosen().assessment.id)
        self.move(assessment="", tab="")
        self.say(self.words.word("data.archived"), tone="good")
        self.go("home.ipynb")

    def on_make_plan(self, value: str, _content: bytes | None) -> None:
        """Find the cheapest way to a target, in phases."""
        pairs = parse_qsl(value, keep_blank_values=True)
        locked = sorted(key for name, key in pairs if name == "locked")
        self._settings = {**dict(pairs), "locked": " ".join(locked)}
        assessment = self._chosen().assessment
        self._roads.pop(assessment.id, None)
        self._roads[assessment.id] = roadmap_of(assessment, self._settings)

    def on_keep_plan(self, _value: str, _content: bytes | None) -> None:
        """Keep the steps as action plans of the assessment."""
        adopted = self._adopted()
        if is_locked(adopted):
            raise AssessmentError("The assessment is locked: open it again to add action plans.")
        self._workspace.save(adopted)
        self.say(self.words.word("plan.kept"), tone="good")

    def on_save_plan(self, value: str, _content: bytes | None) -> None:
        """Save the steps as a file."""
        if value in PLAN_FILES:
            _, write, media_type = PLAN_FILES[value]
            adopted = self._adopted()
            made = {step.key for step in self._roads[adopted.id].plan.raises}
            plans = [one for one in tracked([adopted]) if one.plan.element in made]
            self.offer(f"action-plans.{value}", media_type, write(plans))

    def _adopted(self) -> Assessment:
        result = self._chosen()
        road = self._roads.get(result.assessment.id)
        if road is None:
            raise AssessmentError("There is no plan yet: make one first.")
        return with_action_plans(result.assessment, action_plans(road))

    def on_report(self, value: str, _content: bytes | None) -> None:
        """Save a report."""
        save_report(self, self._workspace, self._chosen().assessment, value, self._release)

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
            ending, media_type = EXPORTS[value]
            name = file_name(assessment) + ending
            self.offer(name, media_type, write[value]())
            self.say(self.words.word("page.saved", name=name), tone="good")
