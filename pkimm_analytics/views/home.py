"""
The first page: use cases with level and change, what to do next, and what else is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.benchmark import Benchmark
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.model import NEWEST, load_model
from pkimm_analytics.progress import compare
from pkimm_analytics.scoring import Scores, score
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.view import Card, Cell, Figure, Link, Row, Slot, Steps, Table, Text, View
from pkimm_analytics.views.words import DEFAULT_LANGUAGE, catalogue


@dataclass(frozen=True)
class Case:
    """
    One use case over time.

    Parameters
    ----------
    assessments : tuple of Assessment
        Oldest first; parallel ratings of one date do not count as a change.
    ids : tuple of str
        Name of each in the workspace.
    """

    assessments: tuple[Assessment, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """An assessment that was begun and not finished."""

    id: str
    name: str
    organization: str
    n_answered: int
    n_questions: int
    updated: str


@dataclass(frozen=True)
class Whole:
    """Everything that the first page looks at."""

    cases: tuple[Case, ...]
    drafts: tuple[Draft, ...] = ()
    bench: Benchmark | None = None
    n_findings: int | None = None
    feedback_round: str = ""
    done: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def home(whole: Whole, language: str = DEFAULT_LANGUAGE) -> View:
    """Answer how the PKIs of a workspace stand, and what to do next."""
    voice = Voice(catalogue(language), load_model(NEWEST))
    n = sum(len(case.assessments) for case in whole.cases)
    synthetic = [a.synthetic for case in whole.cases for a in case.assessments]
    said = [voice.say("home.cases", n=len(whole.cases)), voice.say("home.assessments", n=n)]
    subtitle = ", ".join(said) + "."
    if synthetic and all(synthetic):
        subtitle += f" {voice.say('home.synthetic')}"
    blocks = (
        Row((_cases_card(whole, voice), _steps_card(whole, voice)), (5, 4)),
        Row((_benchmark_card(whole, voice), _feedback_card(whole, voice))),
    )
    return View(voice.say("home.title"), subtitle if n else voice.say("home.empty"), blocks)


def _cases_card(whole: Whole, voice: Voice) -> Card:
    rows = [_case_row(case, whole.links, voice) for case in whole.cases]
    rows += [_draft_row(draft, whole.links, voice) for draft in whole.drafts]
    header = voice.head("use_case", "level", "score", "since", "trend", "assessed")
    table = Table(
        voice.say("card.cases"),
        header,
        tuple(rows),
        frozenset({2, 3, 5}),
        "cases",
        frozenset({3, 4}),
    )
    shown = (table,) if rows else (Text(voice.say("home.nothing"), "soft"),)
    return Card("", (*shown, Slot("import")), anchor="use-cases")


def _case_row(case: Case, links: Mapping[str, str], voice: Voice) -> tuple[str | Cell, ...]:
    newest = case.assessments[-1]
    name = Cell(
        newest.use_case.name or voice.say("value.unnamed"),
        below=newest.organization.name,
        link=f"{links.get('results', '')}{case.ids[-1]}",
    )
    scored = [found for found in map(_scores, case.assessments) if found is not None]
    if not scored or scored[-1].assessment is not newest:
        return name, voice.say("value.no_score"), "", "", "", voice.month(newest.date)
    whole = scored[-1].overall
    level = Cell(str(whole.level or "–"), float(whole.level or 0), "meter")
    trend = tuple(one.overall.score for one in scored if one.overall.score is not None)
    return (
        name,
        level,
        voice.figure(whole.value),
        _since(case, voice),
        Cell("", picture="trend", points=trend),
        voice.month(newest.date),
    )


def _scores(assessment: Assessment) -> Scores | None:
    try:
        return score(assessment)
    except PkimmError:
        return None


def _since(case: Case, voice: Voice) -> str | Cell:
    newest = case.assessments[-1]
    before = [a for a in case.assessments[:-1] if a.date and newest.date and a.date < newest.date]
    if not before:
        return voice.say("value.first")
    try:
        change = compare(before[-1], newest).overall.change
    except PkimmError:
        return "–"
    return Cell(voice.signed(change), None if change is None else float(change), "change")


def _draft_row(draft: Draft, links: Mapping[str, str], voice: Voice) -> tuple[str | Cell, ...]:
    said = voice.say("home.draft", n=draft.n_answered, total=draft.n_questions)
    name = Cell(draft.name or voice.say("value.unnamed"), below=said)
    target = f"{links.get('draft', '')}{draft.id}"
    return (
        name,
        "",
        "",
        "",
        Cell(voice.say("link.continue"), link=target),
        voice.month(draft.updated),
    )


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
    title = voice.say("card.feedback")
    links: Sequence[Link] = (Link(voice.say("link.feedback"), whole.links.get("feedback", "")),)
    if whole.n_findings is None:
        return Card(title, (Text(voice.say("home.no_feedback"), "soft"),), tuple(links))
    figure = Figure(
        str(whole.n_findings),
        voice.say("home.findings", n=whole.n_findings),
        sentences=(voice.say("home.round", round=whole.feedback_round),),
    )
    return Card(title, (figure,), tuple(links))
