"""
The first page: use cases with level and change, what to do next, and what else is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pkimm_analytics.assessment import Assessment, State
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.history import histories
from pkimm_analytics.model import NEWEST, load_model
from pkimm_analytics.progress import compare
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.session import is_locked
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.view import (
    Block,
    Card,
    Cell,
    Figure,
    Link,
    Row,
    Slot,
    Steps,
    Table,
    Text,
    View,
)
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, catalogue
from pkimm_analytics.workspace import Workspace

MOST_NAMED = 2
Case = tuple[Assessment, ...]
"""Assessments of one use case, oldest first, one for each day."""


@dataclass(frozen=True)
class Whole:
    """Everything that the first page looks at."""

    cases: tuple[Case, ...]
    drafts: tuple[Assessment, ...] = ()
    bench: Benchmark | None = None
    feedback: tuple[str, int] = ("", 0)  # newest round, and texts that wait for a decision
    due: tuple[Assessment, ...] = ()  # newest assessments that no report was made of
    done: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def sorted_out(
    assessments: Iterable[Assessment],
) -> tuple[tuple[Case, ...], tuple[Assessment, ...]]:
    """Use cases, the newest first, and drafts: what was begun here and is not finished."""
    found = list(assessments)
    drafts = [a for a in found if _is_draft(a)]
    cases = map(tuple, histories(a for a in found if not _is_draft(a)).values())
    newest_first = sorted(cases, key=lambda case: case[-1].date or "", reverse=True)
    return tuple(newest_first), tuple(drafts)


def _is_draft(assessment: Assessment) -> bool:
    begun_here = assessment.source.kind == "pkimm" and not assessment.period.finish
    return begun_here and not is_locked(assessment)


def workspace_view(workspace: Workspace) -> View:
    """Show the use cases of a workspace."""
    problems: list[Problem] = []
    cases, drafts = sorted_out(one.assessment for one in workspace.stored(problems))
    voice = Voice(catalogue(), load_model(NEWEST))
    notices = tuple(Text(str(problem), "notice") for problem in problems)
    blocks = (*notices, *_cases_table(Whole(cases, drafts), voice))
    return View(voice.say("home.title"), counted(cases, voice), blocks)


def home(whole: Whole, language: str = DEFAULT_LANGUAGE) -> View:
    """Answer how the PKIs of a workspace stand, and what to do next."""
    voice = Voice(catalogue(language), load_model(NEWEST))
    subtitle = counted(whole.cases, voice)
    blocks = (
        Row((_cases_card(whole, voice), _steps_card(whole, voice)), (3, 2)),
        Row((_benchmark_card(whole, voice), _feedback_card(whole, voice), _due_card(whole, voice))),
    )
    return View(voice.say("home.title"), subtitle, blocks)


def counted(cases: Sequence[Case], voice: Voice) -> str:
    """Count use cases and assessments, and say where all are invented."""
    assessments = [a for case in cases for a in case]
    if not assessments:
        return voice.say("home.empty")
    said = [
        voice.say("home.cases", n=len(cases)),
        voice.say("home.assessments", n=len(assessments)),
    ]
    invented = all(a.synthetic for a in assessments)
    return f"{', '.join(said)}." + (f" {voice.say('home.synthetic')}" if invented else "")


def _cases_card(whole: Whole, voice: Voice) -> Card:
    shown = _cases_table(whole, voice) or (Text(voice.say("home.nothing"), "soft"),)
    return Card("", (Slot("search"), *shown, Slot("import")), anchor="use-cases")


def _cases_table(whole: Whole, voice: Voice) -> tuple[Block, ...]:
    rows = [_case_row(case, whole.links, voice) for case in whole.cases]
    rows += [_draft_row(draft, whole.links, voice) for draft in whole.drafts]
    header = voice.head("use_case", "level", "score", "since", "trend", "assessed")
    numeric, minor = frozenset({2, 3, 5}), frozenset({3, 4, 5})
    caption = voice.say("card.cases")
    table = Table(caption, header, tuple(rows), numeric, "cases", minor, is_sortable=True)
    return (table,) if rows else ()


def _case_row(case: Case, links: Mapping[str, str], voice: Voice) -> tuple[str | Cell, ...]:
    newest = case[-1]
    name = Cell(
        newest.use_case.name or voice.say("value.unnamed"),
        below=newest.organization.name,
        link=f"{links.get('results', '')}{newest.id}",
    )
    scored = [found for found in map(_scores, case) if found is not None]
    if not scored or scored[-1].assessment is not newest:
        return name, voice.say("value.no_score"), "", "", "", _month(newest, voice)
    whole = scored[-1].overall
    level = Cell(str(whole.level or "–"), float(whole.level or 0), "meter")
    trend = tuple(one.overall.score for one in scored if one.overall.score is not None)
    return (
        name,
        level,
        voice.figure(whole.value),
        _since(case, voice),
        Cell("", picture="trend", points=trend),
        _month(newest, voice),
    )


def _month(assessment: Assessment, voice: Voice) -> Cell:
    day = (assessment.date or "").replace("-", "")
    return Cell(voice.month(assessment.date), float(day) if day.isdecimal() else 0.0)


def _scores(assessment: Assessment) -> Scores | None:
    try:
        return score(assessment)
    except PkimmError:
        return None


def _since(case: Case, voice: Voice) -> str | Cell:
    newest = case[-1]
    before = [a for a in case[:-1] if a.date and newest.date and a.date < newest.date]
    if not before:
        return voice.say("value.first")
    try:
        change = compare(before[-1], newest).overall.change
    except PkimmError:
        return "–"
    return Cell(voice.signed(change), None if change is None else float(change), "change")


def _draft_row(draft: Assessment, links: Mapping[str, str], voice: Voice) -> tuple[str | Cell, ...]:
    answered = [one for one in draft.answers.values() if one.state is not State.UNANSWERED]
    said = voice.say("home.draft", n=len(answered))
    name = Cell(draft.use_case.name or voice.say("value.unnamed"), below=said)
    go_on = Cell(voice.say("link.continue"), link=f"{links.get('draft', '')}{draft.id}")
    return name, "", "", "", go_on, _month(draft, voice)


def _steps_card(whole: Whole, voice: Voice) -> Card:
    names = ("assess", "results", "plan", "peers", "contribute")
    steps = tuple(
        (
            name in whole.done,
            voice.say(f"step.{name}"),
            voice.say(f"step.{name}.text"),
            Link(voice.say(f"step.{name}"), whole.links[name]) if name in whole.links else None,
        )
        for name in names
    )
    return Card(voice.say("card.steps"), (Steps(steps),))


def _benchmark_card(whole: Whole, voice: Voice) -> Card:
    title, link = voice.say("card.benchmark"), whole.links.get("peers", "")
    bench = whole.bench
    if bench is None:
        return Card(title, (Text(voice.say("text.no_release"), "soft"),))
    group = bench.group({})
    found = bench.distribution(group, "overall")
    title = f"{title} {bench.quarter}"
    links = (Link(voice.say("link.benchmark"), link),)
    if found is None:
        return Card(title, (Text(voice.say("text.no_peers"), "soft"),), links)
    share = found.share(3)
    figure = Figure(
        voice.share_range(share.printed.low, share.printed.high),
        voice.say("home.at_level_3"),
        sentences=(voice.say("home.n", n=found.band),),
    )
    return Card(title, (figure,), links)


def _feedback_card(whole: Whole, voice: Voice) -> Card:
    title, (feedback_round, n) = voice.say("card.feedback"), whole.feedback
    links = (Link(voice.say("link.feedback"), whole.links.get("feedback", "")),)
    if not feedback_round:
        return Card(title, (Text(voice.say("home.no_feedback"), "soft"),), links)
    said = voice.say("home.round", round=feedback_round)
    return Card(
        title, (Figure(str(n), voice.say("home.undecided", n=n), sentences=(said,)),), links
    )


def _due_card(whole: Whole, voice: Voice) -> Card:
    """Name the use cases whose newest assessment was not reported on."""
    names = [one.use_case.name or voice.say("value.unnamed") for one in whole.due]
    shown = names[:MOST_NAMED]
    if len(names) > len(shown):
        shown.append(voice.say("home.others", n=len(names) - len(shown)))
    key = "home.due_names" if names else "home.none_due"
    said = voice.say(key, n=len(names), names=voice.listed(shown))
    figure = Figure(str(len(names)), voice.say("home.due"), sentences=(said,))
    target = f"{whole.links.get('results', '')}{whole.due[0].id}" if whole.due else ""
    links = (Link(voice.say("link.report"), target),) if target else ()
    return Card(voice.say("card.reports"), (figure, Slot("portfolio")), links)
