"""
Parts of a report that compare: with the assessment before, and with peers.

Peers are read from a published release on this computer. What is withheld has no
figure here either, and what could be read off is a range, not a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pkimm_analytics.benchmark import Comparison, Ladder, Position, code_label
from pkimm_analytics.benchmark.comparison import ABSENT
from pkimm_analytics.organization import ALL
from pkimm_analytics.progress import Step
from pkimm_analytics.views.figures import NOTHING, Voice
from pkimm_analytics.views.view import Block, Chart, Facts, Heading, Mark, Table, Text

PEER_KINDS = ("overall", "module", "category")
"""What is compared with peers in a report; single requirements are not."""


def before_and_now(step: Step, voice: Voice) -> Iterator[Block]:
    """Say what changed since the assessment before: the parts of it, and each category."""
    yield Heading(voice.say("section.comparison"))
    older, newer = step.like_for_like
    yield Text(
        voice.say(
            "text.comparison",
            change=voice.signed(step.overall.change),
            before=voice.figure(older.overall.value),
            after=voice.figure(newer.overall.value),
        )
    )
    if step.overall.parts:
        parts = tuple(
            (voice.say(f"cause.{name}"), voice.signed(part))
            for name, part in step.overall.parts.items()
        )
        yield Table(voice.say("column.cause"), voice.head("cause", "change"), parts, frozenset({1}))
    yield Table(
        voice.say("section.comparison"),
        voice.head("element", "name", "before", "after", "change"),
        tuple(_change_rows(step, voice)),
        frozenset({2, 3, 4}),
    )


def _change_rows(step: Step, voice: Voice) -> Iterator[tuple[str, ...]]:
    for delta in step.deltas:
        if delta.key not in voice.model.categories:
            continue
        before, after = (
            voice.figure(value) if value else voice.say(f"value.{state}")
            for value, state in (
                (delta.before, delta.state_before),
                (delta.after, delta.state_after),
            )
        )
        native = voice.model.native_id(delta.key)
        yield native, voice.name(delta.key), before, after, voice.signed(delta.change)


# --- peers -------------------------------------------------------------------------


def among_peers(found: Comparison, voice: Voice) -> Iterator[Block]:
    """Say where the assessment stands among the peers of a release, and how sure that is."""
    yield Heading(voice.say("section.peers"))
    yield Facts(tuple(_peer_facts(found, voice)))
    if not found.ladder.is_published:
        yield Text(voice.say("text.no_peers"))
        return
    if found.edition.digest != voice.model.digest:
        yield Text(voice.say("text.carried", version=found.edition.version))
    positions = [p for p in found.positions if p.kind in PEER_KINDS and p.verdict != ABSENT]
    shown = [one for one in positions if one.peers is not None]
    yield Chart("peers", voice.say("text.peers_chart"), tuple(_peer_bar(p, voice) for p in shown))
    yield Table(
        voice.say("section.peers"),
        voice.head("name", "own", "median", "quartiles", "share", "n"),
        tuple(_peer_row(one, voice) for one in positions),
        frozenset({1, 2, 3}),
    )
    yield Text(voice.say("text.peers"))


def _peer_facts(found: Comparison, voice: Voice) -> Iterator[tuple[str, str]]:
    ladder = found.ladder
    yield voice.say("peers.release"), f"{found.bench.id} ({found.bench.quarter})"
    yield voice.say("peers.asked"), _cohort(ladder.asked, voice)
    yield voice.say("peers.found"), _cohort(ladder.found, voice)
    yield voice.say("peers.relaxed"), "\n".join(_relaxed(ladder, voice))
    yield voice.say("peers.n"), ladder.n or voice.say("value.withheld")
    joined = [
        ", ".join(_code(name, kind, voice) for kind in kinds)
        for name, kinds in ladder.pooled.items()
        if len(kinds) > 1
    ]
    if joined:
        yield voice.say("peers.pooled"), "\n".join(joined)


def _relaxed(ladder: Ladder, voice: Voice) -> list[str]:
    lines = [
        f"{voice.say(f'dimension.{name}')}: {_code(name, old, voice)} → {_code(name, new, voice)}"
        for name, old, new in ladder.relaxed
    ]
    return lines or [voice.say("value.nothing")]


def _cohort(cohort: Mapping[str, str], voice: Voice) -> str:
    parts = [
        f"{voice.say(f'dimension.{name}')}: {_code(name, code, voice)}"
        for name, code in cohort.items()
        if code != ALL
    ]
    return "\n".join(parts) or voice.say("value.everybody")


def _code(dimension: str, code: str, voice: Voice) -> str:
    if code == ALL:
        return voice.say("value.any")
    if dimension == "assurance" and code in {"self", "independent"}:
        return voice.say(f"dimension.{code}")
    return voice.language.named(f"{dimension}.{code}", code_label(dimension, code))


def _peer_row(one: Position, voice: Voice) -> tuple[str, ...]:
    name, own = _peer_name(one, voice), voice.figure(one.own)
    if one.peers is None:
        return name, own, voice.say("value.withheld"), NOTHING, NOTHING, NOTHING
    quantiles = one.peers.quantiles
    median = f"{quantiles['median'].value:g}" if "median" in quantiles else NOTHING
    half = NOTHING
    if {"p25", "p75"} <= set(quantiles):
        half = f"{quantiles['p25'].value:g} – {quantiles['p75'].value:g}"
    return name, own, median, half, _share(one, voice), one.peers.band


def _share(one: Position, voice: Voice) -> str:
    if one.at_or_below is None:
        return NOTHING
    share = voice.share_range(one.at_or_below.low, one.at_or_below.high)
    if one.rank is None:
        return share
    low, high = one.rank.interval.low / 100, one.rank.interval.high / 100
    return f"{share} [{voice.share_range(low, high)}]"


def _peer_name(one: Position, voice: Voice) -> str:
    return voice.language.named(one.measure, one.name)


def _peer_bar(one: Position, voice: Voice) -> Mark:
    quantiles = {} if one.peers is None else one.peers.quantiles

    def value(name: str) -> float | None:
        return quantiles[name].value if name in quantiles else None

    score = None if one.own is None else float(one.own)
    return Mark(
        _peer_name(one, voice),
        score,
        voice.figure(one.own) if score else voice.say("value.no_score"),
        low=value("p25"),
        middle=value("median"),
        high=value("p75"),
    )
