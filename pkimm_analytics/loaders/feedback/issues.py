"""
Pasted text of issues to comments: one comment for each post of the thread.

The text may be what ``gh issue view --comments`` prints, a copy of the page, or plain
Markdown. Who wrote a post becomes a pseudonym; mail addresses and mentions are taken
out, and so are quotations of earlier comments and what robots wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pkimm_analytics.errors import FeedbackError, Problem, SourceFormatError
from pkimm_analytics.feedback import MODEL, Comment
from pkimm_analytics.feedback.comment import KINDS
from pkimm_analytics.loaders.feedback.cells import clean_text, day_of
from pkimm_analytics.loaders.feedback.rows import Read, Setting

_PAGE = re.compile(
    r"^\W{0,4}@?([A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\[bot\])?)\W{0,4}\s+"
    r"(?:commented|opened this issue|opened|wrote)\b:?(.*)$",
    re.IGNORECASE,
)
_GH_FIELD = re.compile(r"^(title|author|association|edited|status|state|labels|number):\s*(.*)$")
_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")
_MENTION = re.compile(r"(?<![\w/])@[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_KIND_WORDS = {
    "typo": r"\btypos?\b|\bspelling\b|\bmisspell",
    "weight": r"\bweights?\b|\bweighting\b",
    "out-of-scope": r"\bout of scope\b|\boff[- ]topic\b",
    "unclear": r"\bunclear\b|\bambiguous\b|\bconfus|\bwhat does\b|\bnot clear\b",
    "missing": r"\bmissing\b|\black(?:s|ing)?\b|\bshould (?:also )?(?:mention|include|cover)\b",
    "idea": r"\bpropos|\bsuggest|\bidea\b|\bwould be (?:nice|good|helpful)\b",
}


@dataclass(frozen=True, slots=True)
class Post:
    """One post: who wrote it (may be empty), the day if known, where it begins, its text."""

    author: str
    day: str | None
    line: int
    text: str


def read_issue(text: str, name: str, setting: Setting) -> Read:
    """
    Read a thread.

    Parameters
    ----------
    text : str
        Markdown of one thread or of several below each other.
    name : str
        How to call it in messages.
    setting : Setting

    Returns
    -------
    Read
        A comment on the element that a post names, else on the one that the thread
        names first, else on the model as a whole.

    Raises
    ------
    SourceFormatError
        If nobody says anything.
    """
    read = Read()
    subject: str | None = None
    for post in posts(text):
        where = f"{name}, line {post.line}"
        if post.author.endswith("[bot]"):
            read.problems.append(Problem(where, "written by a robot; left out", refused=False))
            continue
        element = _element(post.text, setting)
        subject = subject or element
        body, reason = clean_text(_impersonal(post.text))
        if body is None:
            if reason:
                read.problems.append(Problem(where, reason))
            continue
        who = post.author or f"post\0{body}"
        try:
            read.comments.append(
                Comment(
                    round=setting.round,
                    respondent=setting.pseudonym(who),
                    edition=setting.elements.model.version,
                    digest=setting.elements.model.digest,
                    element=element or subject or MODEL,
                    kind=_kind(body),
                    text=body,
                    received=post.day,
                )
            )
        except FeedbackError as error:
            read.problems += [Problem(where, p.message) for p in error.problems]
    if not read.comments:
        raise SourceFormatError(
            f"{name} holds no post. Nothing was imported.",
            read.problems or [Problem(name, "expected the text of an issue with its comments")],
        )
    return read


def posts(text: str) -> Iterator[Post]:
    """Split a thread into comments; text without any mark is one post."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    author, day, start, body = "", None, 1, list[str]()
    fields: dict[str, str] = {}
    in_head = False
    for number, line in enumerate(lines, 1):
        head = _GH_FIELD.match(line)
        page = _PAGE.match(line)
        if head and (in_head or head[1] in {"title", "author"}):
            if not in_head:
                yield from _post(author, day, start, body)
                author, day, start, body, in_head = "", None, number, [], True
            fields[head[1]] = head[2].strip()
        elif in_head and line.strip() == "--":
            in_head = False
            author = fields.get("author", "")
            body = [fields["title"]] if "title" in fields else []
            fields = {}
        elif page:
            yield from _post(author, day, start, body)
            author, day, start, body = page[1], _day_in(page[2]), number, []
            in_head = False
        else:
            in_head = False
            if line.strip() != "--":
                body.append(line)
    yield from _post(author, day, start, body)


def _post(author: str, day: str | None, line: int, body: Sequence[str]) -> Iterator[Post]:
    said = [text for text in body if not text.lstrip().startswith(">")]
    text = "\n".join(said).strip()
    if text:
        yield Post(author, day, line, text)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _day_in(text: str) -> str | None:
    """Day in a line such as ``on Nov 3, 2026`` or ``on 2026-11-03``; None if it has no year."""
    if match := re.search(r"\d{4}-\d{1,2}-\d{1,2}", text):
        return day_of(match[0], "iso")
    match = re.search(r"\b([A-Za-z]{3})[a-z]*\.? (\d{1,2}), (\d{4})\b", text)
    if match and match[1].lower() in _MONTHS:
        month = _MONTHS.index(match[1].lower()) + 1
        return day_of(f"{match[3]}-{month}-{match[2]}", "iso")
    return None


def _impersonal(text: str) -> str:
    return _MENTION.sub("@…", _MAIL.sub("…@…", text))


def _element(text: str, setting: Setting) -> str | None:
    """Return the one element that a text states, or the first that it names."""
    stated = setting.elements.stated(text)
    if len(stated) == 1:
        return next(iter(stated))
    first = next((line for line in text.split("\n") if line.strip()), "")
    in_first = setting.elements.stated(first)
    if len(in_first) == 1:
        return next(iter(in_first))
    return setting.elements.named(first) or setting.elements.named(text)


def _kind(text: str) -> str | None:
    """Kind of comment that the words of a post speak for, None if none does."""
    lowered = text.casefold()
    found = (kind for kind, form in _KIND_WORDS.items() if re.search(form, lowered))
    kind = next(found, None)
    return kind if kind in KINDS else None
