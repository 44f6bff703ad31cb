"""
An assessment with a name, mail address, host, DN or comment in every text field.

Everything is invented, and every text is long enough not to occur by chance.
"""

from __future__ import annotations

from pkimm_analytics.assessment import (
    ActionPlan,
    Answer,
    Assessment,
    Assessor,
    Assurance,
    Environment,
    ExtensionAnswers,
    Mode,
    Organization,
    Period,
    Source,
    State,
    UseCase,
)
from pkimm_analytics.model import load_extension, load_model

PLANTED = (
    "Zorbax Widgets Holding",
    "Quixotl Group AG",
    "Wilhelmina Planted",
    "wilhelmina.planted@zorbax.example",
    "pki-core-01.zorbax.example",
    "CN=Zorbax Issuing CA 7,O=Zorbax,C=XX",
    "203.0.113.77",
    "https://intranet.zorbax.example/pki",
    "The vault door squeaks on Mondays",
    "Zorbax-PKI-Policy-v9.docx",
    "/srv/zorbax/audit/evidence",
    "zorbax-tls-assessment-77",
    "2026-08-17",
    "2026-05-03",
)
NAME, PARENT, PERSON, MAIL, HOST, DN, ADDRESS, URL, COMMENT, FILE, PATH, ID, FINISH, START = PLANTED

WORDS = ("zorbax", "quixotl", "wilhelmina", "squeaks", "intranet", "203.0.113")
"""Parts of the planted texts that occur nowhere else."""


def planted_assessment(**changes: object) -> Assessment:
    """Return a full assessment of 2.0.0 with planted texts; `changes` replace its fields."""
    model = load_model("2.0.0")
    extension = load_extension("pqc", model="2.0.0")
    said = {"notes": COMMENT, "evidence": FILE, "reason": f"{MAIL} {DN}", "extra": {HOST: PATH}}
    answers = {
        key: Answer(state=State.RATED, level=number % 5 + 1, **said)
        for number, key in enumerate(model.requirements)
    }
    answers["G.compliance"] = Answer(state=State.NOT_APPLICABLE, **said)
    one = Assessment(
        model=model.edition,
        mode=Mode.FULL,
        id=ID,
        use_case=UseCase(name=HOST, description=COMMENT, components=DN, out_of_scope=URL),
        organization=Organization(
            name=NAME,
            parent=PARENT,
            sector="L-finance",
            size="250-999",
            region="CZE",
            role="enterprise-internal",
            extra={"contact": MAIL},
        ),
        assessor=Assessor(name=PERSON, position="external", company=PARENT),
        assurance=Assurance.FORMAL,
        period=Period(start=START, finish=FINISH),
        environment=Environment(high_level_design=COMMENT, points_of_interaction=ADDRESS),
        answers=answers,
        extensions=(
            ExtensionAnswers(
                id="pqc",
                version=extension.version,
                answers={
                    key: Answer(state=State.RATED, level=2, **said) for key in extension.relevance
                },
            ),
        ),
        action_plans=(ActionPlan(element="G.compliance", objectives=(COMMENT,), tasks=(URL,)),),
        source=Source(kind="workbook-full", detail=FILE, digest="sha256:" + "0" * 64),
        updated=f"{FINISH}T10:00:00Z",
        extra={PERSON: {MAIL: [PATH]}},
    )
    return one.replace(**changes)


def found_in(content: bytes | str) -> list[str]:
    """Return the planted texts, and single words of them, that occur in some content."""
    text = content if isinstance(content, str) else content.decode("latin-1")
    shown = text.casefold()
    return [planted for planted in (*PLANTED, *WORDS) if planted.casefold() in shown]
