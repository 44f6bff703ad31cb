"""
Words of forms, in the languages that they come in, and what they stand for.

Beginnings of words are enough ("verständlich" is found by "verstandl"): everything is
compared folded, without capitals, accents and punctuation. The lists are short on
purpose; what they miss, the user says once in a column map.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

HEADERS: Mapping[str, tuple[str, ...]] = {
    "received": (
        "timestamp", "submitted", "completion time", "date", "zeitstempel", "datum", "eingang",
        "horodat", "marca temporal", "fecha", "carimbo", "data", "informazioni cronolog",
        "tijdstempel", "casov", "sygnatura", "タイムスタンプ", "时间",
    ),
    "email": (
        "email", "e mail", "mail", "correo", "courriel", "メール", "邮箱", "邮件",
    ),
    "respondent": (
        "respondent", "response id", "participant", "id", "teilnehmer", "antwort id",
        "repondant", "participante", "respuesta id", "rispondente", "deelnemer",
    ),
    "name": (
        "your name", "full name", "name", "ihr name", "nom", "nombre", "nome", "naam", "jmeno",
    ),
    "organization": (
        "organization", "organisation", "company", "employer", "firma", "unternehmen", "empresa",
        "entreprise", "azienda", "bedrijf", "spolecnost",
    ),
    "role": (
        "role", "rolle", "function", "funktion", "rol", "ruolo", "papel", "funcao", "役割", "角色",
    ),
    "edition": ("edition", "model version", "version", "ausgabe", "modellversion", "edicion"),
    "round": ("round", "runde", "ronda", "tour", "ronde"),
    "element": (
        "element", "which part", "which requirement", "which category", "requirement",
        "category", "welchem", "anforderung", "kategorie", "quel element", "exigence",
        "categorie", "que elemento", "requisito", "categoria", "quale", "welk", "pozadavek",
    ),
    "clarity": (
        "clear", "clarity", "understand", "comprehens", "verstandl", "klar", "clart", "clair",
        "clarid", "claro", "clareza", "chiar", "duidelijk", "srozumitel", "jasn", "明確", "清晰",
    ),
    "relevance": (
        "relevan", "important", "wichtig", "pertinen", "importan", "rilevan", "belangrijk",
        "dulezit", "関連", "相关",
    ),
    "suggested_weight": (
        "which weight", "what weight", "suggested weight", "weight would", "your weight",
        "welches gewicht", "gewicht wurden", "vorgeschlagenes gewicht", "quel poids",
        "poids propose", "que peso", "peso propuesto", "peso sugerid", "quale peso",
        "welk gewicht",
    ),
    "weight": (
        "weight", "gewicht", "ponderation", "poids", "peso", "ponderacion", "vaha", "重み", "权重",
    ),
    "minutes": (
        "minute", "how long", "duration", "effort", "time spent", "aufwand", "dauer", "wie lange",
        "duree", "combien de temps", "minuto", "cuanto tiempo", "quanto tempo", "hoe lang",
        "jak dlouho", "時間", "分钟",
    ),
    "difficulty": (
        "difficult", "hard", "schwierig", "schwer", "difficil", "moeilijk", "obtizn", "難", "难",
    ),
    "usefulness": (
        "useful", "nutzlich", "hilfreich", "utile", "util", "nuttig", "uzitec", "有用",
    ),
    "kind": ("kind of comment", "kind", "type of", "art der", "type de", "tipo", "soort", "druh"),
    "text": (
        "comment", "comment", "feedback", "suggestion", "explain", "anything else", "free text",
        "kommentar", "anmerkung", "bemerkung", "vorschlag", "commentaire", "remarque",
        "comentario", "observacion", "commento", "osservazion", "opmerking", "komentar",
        "コメント", "意见", "评论",
    ),
}  # fmt: skip
"""Beginnings of words and phrases by field; longer ones count more."""

VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "role": {
        "operator": ("operator", "pki operator", "operations", "betreiber", "betrieb", "exploitant",
                     "operador", "operatore", "beheerder", "provozovatel"),
        "assessor": ("assessor", "auditor", "prufer", "auditeur", "evaluateur", "evaluador",
                     "valutatore", "beoordelaar", "auditora"),
        "vendor": ("vendor", "supplier", "provider", "hersteller", "anbieter", "lieferant",
                   "fournisseur", "editeur", "proveedor", "fornitore", "fornecedor", "leverancier"),
        "relying-party": ("relying party", "vertrauende partei", "relying parties",
                          "partie utilisatrice", "parte que confia", "parte confiante",
                          "parte facente affidamento", "vertrouwende partij"),
        "other": ("other", "sonstige", "andere", "anderes", "autre", "otro", "altro", "outro",
                  "anders", "jine"),
    },
    "weight": {
        "too-low": ("too low", "low", "should be higher", "zu niedrig", "zu gering", "trop bas",
                    "trop faible", "demasiado bajo", "muy bajo", "troppo basso", "muito baixo",
                    "te laag", "prilis nizka", "低すぎる", "太低"),
        "right": ("right", "about right", "just right", "ok", "appropriate", "correct", "richtig",
                  "passt", "angemessen", "juste", "adapte", "adecuado", "correcto", "giusto",
                  "adequado", "goed", "spravna", "適切", "合适"),
        "too-high": ("too high", "high", "should be lower", "zu hoch", "trop haut", "trop eleve",
                     "demasiado alto", "muy alto", "troppo alto", "muito alto", "te hoog",
                     "prilis vysoka", "高すぎる", "太高"),
    },
    "kind": {
        "typo": ("typo", "spelling", "tippfehler", "schreibfehler", "faute de frappe", "coquille",
                 "errata", "erro de digitacao", "refuso", "typfout"),
        "unclear": ("unclear", "not clear", "confusing", "unklar", "unverstandlich", "pas clair",
                    "flou", "poco claro", "non chiaro", "pouco claro", "onduidelijk", "nejasne"),
        "missing": ("missing", "something is missing", "fehlt", "etwas fehlt", "manque", "manquant",
                    "falta", "manca", "ontbreekt", "chybi"),
        "weight": ("weight", "i disagree with the weight", "disagree with weight", "gewichtung",
                   "gewicht", "poids", "peso", "ponderation"),
        "out-of-scope": ("out of scope", "not in scope", "nicht im umfang", "ausserhalb",
                         "hors perimetre", "hors sujet", "fuera de alcance", "fuori ambito",
                         "fora do escopo", "buiten scope"),
        "idea": ("idea", "suggestion", "improvement", "idee", "vorschlag", "sugerencia",
                 "suggerimento", "sugestao", "napad"),
    },
    "element": {
        "process": ("process", "the process", "the assessment process", "assessment process",
                    "der prozess", "prozess", "le processus", "processus", "el proceso", "proceso",
                    "il processo", "processo", "o processo", "het proces"),
        "model": ("model", "the model", "the model as a whole", "whole model", "general",
                  "das modell", "modell", "allgemein", "le modele", "modele", "el modelo", "modelo",
                  "il modello", "modello", "het model"),
    },
}  # fmt: skip
"""What people choose in a form, folded, by the value that it stands for."""

RATINGS: Mapping[int, tuple[str, ...]] = {
    1: ("strongly disagree", "not at all", "very poor", "stimme gar nicht zu", "gar nicht",
        "sehr schlecht", "pas du tout d accord", "pas du tout", "totalmente en desacuerdo", "nada"),
    2: ("disagree", "poor", "slightly", "stimme nicht zu", "schlecht", "kaum", "pas d accord",
        "peu", "en desacuerdo", "poco"),
    3: ("neutral", "neither agree nor disagree", "undecided", "moderately", "teils teils",
        "unentschieden", "neutre", "ni d accord ni pas d accord", "regular"),
    4: ("agree", "good", "very", "stimme zu", "gut", "ziemlich", "d accord", "assez",
        "de acuerdo", "bastante"),
    5: ("strongly agree", "very good", "completely", "extremely", "stimme voll zu", "sehr gut",
        "vollig", "tout a fait d accord", "tout a fait", "totalmente de acuerdo", "mucho"),
}  # fmt: skip

NOTHING = frozenset(
    {
        "", "n a", "na", "none", "no answer", "don t know", "i don t know", "not sure",
        "no opinion",
        "keine angabe", "k a", "weiss nicht", "sans avis", "ne sait pas", "sin opinion", "no se",
        "ns nc", "non so", "nao sei", "weet niet",
    }
)  # fmt: skip
"""Answers that say that there is none."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """
    Text as it is compared: no capitals, accents and punctuation, single blanks.

    Examples
    --------
    >>> fold("Wie VERSTÄNDLICH ist es? (1–5)")
    'wie verstandlich ist es 1 5'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", letters))


_CODES = {
    field: {word: code for code, words in codes.items() for word in map(fold, (code, *words))}
    for field, codes in VALUES.items()
}
_RATING_WORDS = {fold(word): step for step, words in RATINGS.items() for word in words}


@lru_cache(maxsize=4096)
def value_of(field: str, text: str) -> str | None:
    """Code of a chosen value, None if the word is unknown."""
    return _CODES[field].get(fold(text))


@lru_cache(maxsize=4096)
def rating_of(text: str) -> int | None:
    """
    Step of a rating that is written as a number, as stars or in words.

    Examples
    --------
    >>> rating_of("4 - mostly clear"), rating_of("★★★☆☆"), rating_of("Stimme voll zu")
    (4, 3, 5)
    """
    stripped = text.strip()
    if stripped and set(stripped) <= {"★", "☆", "⭐", "\ufe0f"}:
        return stripped.count("★") + stripped.count("⭐") or None
    match = re.match(r"([1-5])(?:[.,]0+)?(?![\w.,%])", stripped)
    return int(match[1]) if match else _RATING_WORDS.get(fold(stripped))


@lru_cache(maxsize=4096)
def header_score(field: str, header: str) -> float:
    """
    Tell how much the words of a header speak for a field.

    Returns
    -------
    float
        0 for nothing; the length in letters of the best phrase that begins somewhere at
        the start of a word; phrases without letters of a word, as Chinese has, count
        four times.
    """
    folded = f" {fold(header)}"
    best = 0.0
    for word in HEADERS[field]:
        is_wide = not word.isascii()
        at = folded.find(fold(word) if is_wide else f" {word}")
        if at >= 0 and (len(word) > 3 or is_wide or f" {word} " in f"{folded} "):
            best = max(best, len(word) * (4.0 if is_wide else 1.0))
    return best
