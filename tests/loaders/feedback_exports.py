"""
Exports of form tools as they are written, in three languages, with what they have to give.

Each maker returns the bytes of an export, and for each row what has to arrive: element,
clarity, text. Mistakes are put in on purpose; their cells have to be named.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field

import numpy as np
import openpyxl

from pkimm_analytics.model import load_model

MODEL = load_model("2.0.0")
KEYS = [*MODEL.categories, *MODEL.requirements]
QUESTIONS = {
    "en": ("Which part of the model is this about?", "How clear is it? (1-5)", "Your comment"),
    "de": (
        "Um welchen Teil des Modells geht es?",
        "Wie verständlich ist es? (1-5)",
        "Ihr Kommentar",
    ),
    "fr": ("Quelle partie du modèle ?", "Est-ce clair ? (1-5)", "Votre commentaire"),
}
FORMS_HEADS = {
    "en": ("ID", "Start time", "Completion time", "Email", "Name"),
    "de": ("ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"),
    "fr": ("ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"),
}
LIME_HEADS = {
    "en": ("Response ID", "Date submitted", "Last page", "Start language", "Seed"),
    "de": ("Antwort-ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Zufallsstartwert"),
    "fr": ("ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Seed"),
}
STAMPS = {"en": "Timestamp", "de": "Zeitstempel", "fr": "Horodateur"}
SENTENCES = ("Needs an example, please.", "Unklar; was ist gemeint?", 'Le mot "clé" manque.')


@dataclass
class Expected:
    """What has to arrive, and how many cells have to be named."""

    rows: list[tuple[str, int | None, str | None]] = field(default_factory=list)
    n_bad: int = 0


def answers(rng: np.random.Generator, n: int) -> tuple[list[tuple[str, str, str]], Expected]:
    """Draw what people fill in, some of it wrong."""
    expected, rows = Expected(), []
    for number in range(n):
        key = KEYS[rng.integers(len(KEYS))]
        kind = rng.integers(3)
        element = (key, MODEL.name(key), f"{MODEL.native_id(key)} {MODEL.name(key)}")[kind]
        names = [MODEL.name(k) for k in KEYS]
        if kind == 1 and names.count(MODEL.name(key)) > 1:
            element = key
        step = int(rng.integers(1, 6))
        cell, text = str(step), f"{SENTENCES[rng.integers(3)]} ({number})"
        mistake = rng.random()
        if mistake < 0.08:
            cell = str(rng.choice(["9", "3-4", "80%", "often"]))
            expected.rows.append((key, None, text))
            expected.n_bad += 1
        elif mistake < 0.14:
            element = "Frobnication of keys"
            expected.n_bad += 1
        elif mistake < 0.3:
            text = ""
            expected.rows.append((key, step, None))
        else:
            expected.rows.append((key, step, text))
        rows.append((element, cell, text))
    return rows, expected


def as_csv(rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as a tool writes them."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


def as_xlsx(rows: list[list[str]]) -> bytes:
    """Rows as a workbook, numbers as numbers."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([int(c) if str(c).isdigit() else c or None for c in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def microsoft_forms(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """A workbook with numbers and times."""
    head = [*FORMS_HEADS[language], *QUESTIONS[language]]
    time = "2026-10-{:02} 09:{:02}:00"
    body = [
        [
            str(i),
            time.format(1 + i % 28, i % 50),
            time.format(1 + i % 28, i % 50 + 9),
            "anonymous",
            "",
            *row,
        ]
        for i, row in enumerate(rows, 1)
    ]
    return as_xlsx([head, *body])


def google_forms(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """A CSV file with times, and nobody's name."""
    body = [[f"2026/10/25 1:{i % 60:02}:11 PM GMT+1", *row] for i, row in enumerate(rows)]
    return as_csv([[STAMPS[language], *QUESTIONS[language]], *body])


def typeform(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """Long ids, and network ids that are nobody's comment."""
    head = [
        "#",
        *QUESTIONS[language],
        "Start Date (UTC)",
        "Submit Date (UTC)",
        "Network ID",
        "Tags",
    ]
    body = [
        [f"{i:032x}", *row, "2026-10-25 09:05:14", "2026-10-25 09:15:40", "d3560842b2", ""]
        for i, row in enumerate(rows, 1)
    ]
    return as_csv([head, *body])


def limesurvey(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """Codes before the questions, semicolons between the cells."""
    asked = [f"G01Q0{i}. {q}" for i, q in enumerate(QUESTIONS[language], 1)]
    body = [
        [str(i), f"2026-10-25 10:{i % 60:02}:00", "3", language, "123456", *row]
        for i, row in enumerate(rows, 1)
    ]
    return as_csv([[*LIME_HEADS[language], *asked], *body], ";", "utf-8-sig")


def qualtrics(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """Three rows of headers, and a preview that is nobody's answer."""
    codes = ["StartDate", "EndDate", "Status", "Duration (in seconds)", "ResponseId"]
    said = ["Start Date", "End Date", "Response Type", "Duration (in seconds)", "Response ID"]
    ids = [json.dumps({"ImportId": code}) for code in (*codes, "QID1", "QID2", "QID3_TEXT")]
    fixed = ["2026-10-25 10:00:00", "2026-10-25 10:05:00"]
    preview = [*fixed, "Survey Preview", "9", "R_preview0001", KEYS[0], "1", "only a try"]
    body = [[*fixed, "IP Address", "300", f"R_{i:012}", *row] for i, row in enumerate(rows)]
    head = [[*codes, "Q1", "Q2", "Q3"], [*said, *QUESTIONS[language]], ids]
    return as_csv([*head, preview, *body])


def surveymonkey(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """Two rows of headers."""
    fixed = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address"]
    second = ["", "", "", "", "", "Response", "Response", "Open-Ended Response"]
    body = [
        [
            f"11805221{i:04}",
            "446111201",
            "10/25/2026 10:00:00",
            "10/25/2026 10:05:00",
            "192.0.2.1",
            *row,
        ]
        for i, row in enumerate(rows)
    ]
    return as_csv([[*fixed, *QUESTIONS[language]], second, *body])


def kobo(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """System columns at both ends, semicolons."""
    tail = ["_id", "_uuid", "_submission_time", "_index"]
    body = [
        ["2026-10-25T10:00:00.000+02:00", "2026-10-25T10:05:00.000+02:00", *row, str(900 + i),
         f"uuid-{i:08}-0000", "2026-10-25T08:05:10", str(i)]
        for i, row in enumerate(rows, 1)
    ]  # fmt: skip
    return as_csv([["start", "end", *QUESTIONS[language], *tail], *body], ";")


def airtable(language: str, rows: list[tuple[str, str, str]]) -> bytes:
    """A table that somebody made, with a title above it."""
    body = [[*row, f"rec{i:014}", "10/25/2026 10:00am"] for i, row in enumerate(rows)]
    return as_csv([[*QUESTIONS[language], "Record ID", "Created time"], *body])


MAKERS = {
    "Microsoft Forms": microsoft_forms,
    "Google Forms": google_forms,
    "Typeform": typeform,
    "LimeSurvey": limesurvey,
    "Qualtrics": qualtrics,
    "SurveyMonkey": surveymonkey,
    "Kobo": kobo,
    "Airtable": airtable,
}
