"""
Personal data in what people write: found, counted, and masked for everybody else.

Mail addresses, telephone numbers, logins, hosts and network addresses are told by their
form; names by the words around them, and those of respondents are known while a source
is read. Patterns begin at the borders of words and are bounded, so that their time grows
with the length of a text and no faster.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

_EDGE = r"(?<![\w.+-])"
_TITLE = (
    r"Mr|Mrs|Ms|Dr|Prof|Hr|Herrn?|Frau|Monsieur|Madame|Mme|Sr|Sra|Señora?|Sig|Signora?|Dhr|Mevr"
)
_GREETING = (
    r"[Rr]egards|Best wishes|Best|Cheers|Sincerely|Thanks|Thank you|Grüßen?|Grüsse|MfG|LG|VG|"
    r"Cordialement|Salutations|Bien à vous|Saludos|Atentamente|Saluti|Groeten|Groet"
)
_NAME = r"[A-Z][\w'’-]{1,30}(?: [A-Z][\w'’.-]{0,30}){0,2}"
KINDS = {
    "mail address": (
        rf"{_EDGE}[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}"
        rf"|{_EDGE}[\w.+-]{{1,64}} ?(?:[\[(]at[\])]| at ) ?[\w.-]{{1,63}}"
        r" ?(?:[\[(]dot[\])]| (?:dot|punkt|point|punto) ) ?[a-z]{2,10}\b"
    ),
    "network address": (
        rf"{_EDGE}(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.])"
        r"|(?<![\w:])(?=[\d:]{0,30}(?:::|[a-fA-F]))(?:[\da-fA-F]{0,4}:){2,7}[\da-fA-F]{0,4}(?![\w:])"
    ),
    "telephone number": (
        r"(?<![\w.+/-])(?:\+\d{1,3}[ .()/-]{0,2}|\(?0)(?:\d{1,5}[ .()/-]{0,2}){2,6}\d{2,4}(?![\w-])"
    ),
    "login": (
        r"(?<![\w/.])@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?![\w@])|\b[A-Z][A-Z0-9]{1,14}\\[\w.-]{2,20}"
    ),
    "host": (
        rf"{_EDGE}(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}"
        r"(?:com|org|net|edu|gov|io|eu|de|fr|es|it|nl|be|at|ch|uk|cz|pl|local|lan|internal|corp)\b"
        r"(?![\w-])"
    ),
    "name": (
        rf"(?<=\b)(?:(?:{_TITLE})\.? |(?:My name is|I am called|Mein Name ist|Je m'appelle|"
        rf"Me llamo|Mi chiamo|Ik heet) )(?P<name>{_NAME})"
        rf"|(?:{_GREETING}),?[ \t]*\n\s{{0,4}}(?P<signed>{_NAME})\s*$"
    ),
}
"""Kinds of personal data and their forms; in each the first that fits counts."""

_FORMS = {kind: re.compile(form, re.MULTILINE) for kind, form in KINDS.items()}


def personal_data(text: str, names: Collection[str] = ()) -> list[tuple[str, int, int]]:
    """
    Find personal data in a text.

    Parameters
    ----------
    text : str
    names : collection of str
        Names and logins that are known to be of people.

    Returns
    -------
    list of (str, int, int)
        Kind, start and end of each, in the order of the text; none overlaps another.

    Examples
    --------
    >>> personal_data("ask a.b@example.org")
    [('mail address', 4, 19)]
    """
    taken: list[tuple[str, int, int]] = []
    for kind, start, end in _candidates(text, names):
        if not any(start < other_end and other < end for _, other, other_end in taken):
            taken.append((kind, start, end))
    return sorted(taken, key=lambda entry: entry[1])


def _candidates(text: str, names: Collection[str]) -> Iterator[tuple[str, int, int]]:
    for kind, form in _FORMS.items():
        for match in form.finditer(text):
            part = next((n for n, value in match.groupdict().items() if value), 0)
            yield kind, *match.span(part)
    known = sorted((name for name in names if len(name) > 2), key=len, reverse=True)
    if known:
        pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, known)) + r")(?!\w)"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield "name", *match.span()


def masked(text: str, names: Collection[str] = (), *, only: Collection[str] = tuple(KINDS)) -> str:
    """
    Text without personal data of some kinds; what stood there is said in brackets.

    Examples
    --------
    >>> masked("Ask a.b@example.org or call +49 30 1234567.")
    'Ask [mail address] or call [telephone number].'
    """
    for kind, start, end in reversed(personal_data(text, names)):
        if kind in only:
            text = f"{text[:start]}[{kind}]{text[end:]}"
    return text


def counted(texts: Collection[str], names: Collection[str] = ()) -> Counter[str]:
    """Count the texts that hold each kind of personal data."""
    kinds = ({kind for kind, _, _ in personal_data(text, names)} for text in texts)
    return Counter(kind for found in kinds for kind in found)
