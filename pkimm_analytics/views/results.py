"""
The results of one assessment at a glance: level, peers, the way to the next level, shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from pkimm_analytics.benchmark import Comparison
from pkimm_analytics.planning import Plan
from pkimm_analytics.progress import Step
from pkimm_analytics.scoring import Scores
from pkimm_analytics.views import progress
from pkimm_analytics.views import scores as parts
from pkimm_analytics.views.figures import Voice
from pkimm_analytics.views.plan import n_steps
from pkimm_analytics.views.view import (
    Block,
    Card,
    Figure,
    Items,
    Link,
    Meter,
    Row,
    Text,
    Tone,
)

MOST_STEPS = 4
MOST_WEAK = 3


@dataclass(frozen=True)
class Around:
    """
    What is known beside one assessment.

    Parameters
    ----------
    step : Step, optional
        From the assessment before.
    peers : Comparison, optional
        Its place in a release.
    plan : Plan, optional
        Cheapest way to the next level.
    """

    step: Step | None = None
    peers: Comparison | None = None
    plan: Plan | None = None


def overview(scores: Scores, around: Around, voice: Voice, links: dict[str, str]) -> list[Block]:
    """
    Three answers, two pictures and two lists.

    Parameters
    ----------
    scores : Scores
    around : Around
    voice : Voice
    links : dict of str to str
        Target by name: ``plan``, ``progress``, ``peers``, ``categories``.
    """
    before = around.step.before if around.step else None
    beside = around.peers
    return [
        Row(
            (
                Card(voice.say("value.overall"), (_whole(scores, around.step, voice),)),
                _peer_card(beside, voice, links),
                _next_card(scores, around.plan, voice, links),
            )
        ),
        Row(
            (
                Card(voice.say("card.shape"), (parts.radar(scores, voice, peers=beside),)),
                Card(
                    voice.say("card.categories"),
                    (parts.category_chart(scores, voice, before=before, peers=beside),),
                    _link(links, "categories", voice),
                ),
            )
        ),
        Row(
            (
                Card(voice.say("section.limits"), tuple(parts.limits(scores, voice))),
                Card(
                    voice.say("card.changed"),
                    tuple(changes(around.step, voice)),
                    _link(links, "progress", voice) if around.step else (),
                ),
            )
        ),
        *parts.remarks(scores),
    ]


def ending(scores: Scores, peers: Comparison | None, voice: Voice) -> list[Block]:
    """Answer what an assessment came to: level, place among peers, and what to work on."""
    if scores.overall.level is None:
        return []
    cards = [Card(voice.say("value.overall"), (parts.overall_figure(scores, voice),))]
    if peers is not None:
        cards.append(_peer_card(peers, voice, {}))
    rated = [(f.value, key) for key, f in scores.categories.items() if f.value is not None]
    weakest = [key for _, key in sorted(rated)[:MOST_WEAK]]
    asked = tuple(_next_level(scores, key, voice) for key in weakest)
    return [Row(tuple(cards)), Row((Card(voice.say("card.weakest"), (Items(asked),)),))]


def _next_level(scores: Scores, key: str, voice: Voice) -> tuple[str, str]:
    """Return a category with its level, and what the next one asks for."""
    level = scores.categories[key].level or 1
    lead = f"{voice.name(key)}, {voice.say('value.level', level=level).lower()}:"
    texts = scores.model.categories[key].levels
    if level >= len(texts):
        return lead, voice.say("text.top")
    return lead, voice.say("text.next_asks", level=level + 1, text=texts[level])


def _link(links: dict[str, str], name: str, voice: Voice) -> tuple[Link, ...]:
    return (Link(voice.say(f"link.{name}"), links[name]),) if name in links else ()


def _whole(scores: Scores, step: Step | None, voice: Voice) -> Figure:
    if step is None or step.overall.change is None:
        return parts.overall_figure(scores, voice)
    change = step.overall.change
    tone: Tone = "good" if change > 0 else "bad" if change < 0 else "soft"
    said = voice.say(
        "text.since",
        change=voice.signed(change),
        day=voice.day(step.before.assessment.date),
    )
    return parts.overall_figure(scores, voice, (said, tone))


def _peer_card(peers: Comparison | None, voice: Voice, links: dict[str, str]) -> Card:
    name = voice.say("card.peers")
    whole = None if peers is None else next(iter(peers.positions), None)
    if peers is None or whole is None or whole.rank is None or whole.at_or_below is None:
        said = voice.say("text.no_release" if peers is None else "text.no_peers")
        return Card(name, (Text(said, "soft"),), _link(links, "peers", voice))
    rank = whole.rank
    figure = Figure(
        voice.share_range(whole.at_or_below.low, whole.at_or_below.high),
        voice.say("text.at_or_below"),
        Meter(rank.value, rank.interval.low, rank.interval.high, (0, 100)),
        (
            voice.say("text.peer_group", n=peers.ladder.n, quarter=peers.bench.quarter),
            voice.interval(rank.interval.low / 100, rank.interval.high / 100),
        ),
    )
    return Card(name, (figure,), _link(links, "peers", voice))


def _next_card(scores: Scores, plan: Plan | None, voice: Voice, links: dict[str, str]) -> Card:
    missing = parts.missing_to_next(scores)
    if missing is None:
        done = scores.overall.level is not None
        said = voice.say("text.top" if done else "text.nothing_rated")
        return Card(voice.say("card.next"), (Text(said),), _link(links, "plan", voice))
    level, distance = missing
    blocks: list[Block] = [Figure(voice.figure(distance), voice.say("text.to_go"))]
    if plan is not None:
        first, total = plan.raises[:MOST_STEPS], n_steps(plan.raises)
        shown = [f"{voice.name(one.key)} {one.before}→{one.after}" for one in first]
        if total > n_steps(first):
            shown.append(voice.say("text.more", n=total - n_steps(first)))
        blocks.append(Text(voice.say("text.steps_reach", n=total), "soft"))
        blocks.append(Items(tuple(shown)))
    title = voice.say("card.to_level", level=level, name=voice.level_name(level))
    return Card(title, tuple(blocks), _link(links, "plan", voice))


def changes(step: Step | None, voice: Voice) -> list[Block]:
    """Say what moved the score since the assessment before, and by how much."""
    if step is None:
        return [Text(voice.say("text.first"), "soft")]
    return [progress.bridge_table(step, voice)]
